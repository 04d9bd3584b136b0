"""A broker, a database and settings that name them; workers as processes of their own, as the supervisor spawns them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from celery import Celery

import workers
from pipeline import resources
from pipeline.config import Settings
from pipeline.storage import work
from pipeline.storage.db import Database
from pipeline.storage.work import NewWork
from schemas.outcome import Offered
from workers.app import create

MAIN = str(Path(workers.__file__).with_name("__main__.py"))
T = TypeVar("T")


def until(what: Callable[[], T], *, deadline_s: float = 30) -> T:
    """What `what` says, as soon as it is true; fails after the deadline."""
    end = time.monotonic() + deadline_s
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < end, f"not within {deadline_s} s"
        time.sleep(0.05)


@pytest.fixture
def settings(database_url: str, valkey_url: str, tmp_path: Path) -> Iterator[Settings]:
    """Of this test's database and broker, in force in this process too."""
    made = Settings(home=str(tmp_path / "home"), database_url=database_url, redis_url=valkey_url, log_format="json", children=1)
    resources.close()
    resources.use(made)
    yield made
    resources.close()
    resources._settings = None


@pytest.fixture
def celery_app(settings: Settings) -> Iterator[Celery]:
    """An app bound to those settings."""
    app = create()
    yield app
    app.close()
    app.pool.force_close_all()


@pytest.fixture
def start(settings: Settings, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a role in a process of its own: `start("worker")`, `start("beat")`, with other settings: `start("worker", failpoints=…)`."""
    with ExitStack() as stack:

        def starting(role: str, **changed: Any) -> subprocess.Popen[bytes]:
            return stack.enter_context(process(role, msgspec.structs.replace(settings, **changed), tmp_path / f"{role}.log"))

        yield starting


@contextmanager
def process(role: str, settings: Settings, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as out:
        command = [sys.executable, "-P", MAIN, role]
        started = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, stderr=out, start_new_session=True)
    assert started.stdin is not None
    with started.stdin as stdin:
        stdin.write(json.dumps({"parent": os.getpid(), "settings": msgspec.to_builtins(settings)}).encode() + b"\n")
    try:
        yield started
    finally:
        started.terminate()
        with suppress(subprocess.TimeoutExpired):
            started.wait(15)
        with suppress(ProcessLookupError):
            os.killpg(started.pid, 9)
        started.wait()


def add(database: Database, count: int = 1, *, stage: str = "enrich", lane: str = "normal", **more: Any) -> list[Offered]:
    """Rows of work that nobody has offered yet."""
    with database.write() as conn:
        now = database.now(conn)
        rows = [NewWork(stage=stage, lane=lane, label=f"test · {n}", **({"refs": (n + 1,)} | more)) for n in range(count)]
        return work.add(conn, rows, now)


def celery(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    """The `celery` command, as users type it, with our settings in the environment."""
    environment = os.environ | {f"NEWSWIRE_{name.upper()}": str(getattr(settings, name)) for name in ("home", "database_url", "redis_url")}
    return subprocess.run(
        [sys.executable, "-m", "celery", *words],
        cwd=Path(workers.__file__).parent.parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

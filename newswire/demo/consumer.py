"""Another team's consumer, as a process of its own: `examples/consumer`, where importing ours is blocked.

It lives as long as the standard input that we hold: however the demo ends, the consumer ends too.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from newswire.places import examples
from pipeline.errors import Infrastructure

TASK, QUEUE = "stories.receive", "stories"
REDIS_DATABASE = 9
"""Of its own, on the server that the demo started."""
_PATIENCE_S = 8
_LAUNCHER = """
import os, signal, sys, threading

OURS = {"newswire", "workers", "pipeline", "press", "migrations", "schemas", "desk"}

class Blocked:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in OURS:
            raise ImportError(f"{name} is not to be had in the consumer's environment")

sys.meta_path.insert(0, Blocked)
for name in OURS:
    try:
        __import__(name)
    except ImportError:
        continue
    sys.exit(f"{name} can be imported where it must not be")

def end_with_who_started_us():
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGKILL)

threading.Thread(target=end_with_who_started_us, daemon=True).start()
sys.path.insert(0, sys.argv.pop(1))
sys.argv[0] = "celery"
import consumer
from celery.__main__ import main

assert not OURS & set(sys.modules), "the consumer imports newswire"
main()
"""


class Held(msgspec.Struct, frozen=True):
    """What the consumer holds of an item."""

    item: int
    seq: int
    status: str
    headline: str | None
    text: str | None
    message: dict[str, Any]
    """The message as it came."""


class Consumer:
    """Reads what that process wrote into its own file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def held(self) -> dict[int, Held]:
        """By item."""
        rows = self._rows("SELECT item, seq, status, headline, text, message FROM held")
        return {row[0]: Held(row[0], row[1], row[2], row[3], row[4], json.loads(row[5])) for row in rows}

    def received(self) -> int:
        """Messages that reached it."""
        return int(self._rows("SELECT count(*) FROM received")[0][0])

    def _rows(self, statement: str) -> list[tuple[Any, ...]]:
        if not self._file.exists():
            return []
        try:
            with closing(sqlite3.connect(self._file, timeout=10)) as conn:
                return conn.execute(statement).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise


def file_in(home: Path) -> Path:
    """Where it keeps what it holds."""
    return home / "held.sqlite"


def target(redis_url: str) -> dict[str, Any]:
    """What a subscription has to know of it."""
    return {"broker": broker(redis_url), "task": TASK, "queue": QUEUE}


def broker(redis_url: str) -> str:
    return f"{redis_url.rpartition('/')[0]}/{REDIS_DATABASE}"


@contextmanager
def consuming(home: Path, redis_url: str, environment: Mapping[str, str]) -> Iterator[None]:
    """Start the consumer; end it with the block."""
    home.mkdir(parents=True, exist_ok=True)
    folder = examples() / "consumer"
    if not folder.is_dir():
        raise Infrastructure(f"There is no example of a consumer in {folder}: this installation is not whole.")
    command = [sys.executable, "-P", "-c", _LAUNCHER, str(folder), "-A", "consumer", "worker", "-Q", QUEUE, "--pool=solo"]
    command += ["--loglevel=INFO", "--without-gossip", "--without-mingle", "--hostname=consumer@%h"]
    with (home / "consumer.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=home,
            start_new_session=True,
            env={**environment, "CONSUMER_BROKER": broker(redis_url), "CONSUMER_FILE": str(file_in(home))},
        )
    assert process.stdin is not None
    try:
        yield
        if process.poll() is not None:
            raise Infrastructure(f"The consumer ended by itself with {process.returncode}; its log is {home / 'consumer.log'}.")
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdin.close()


def inherited() -> dict[str, str]:
    """Only what a process needs to run: nothing of newswire's settings reaches the consumer."""
    return {"PATH": os.defpath}

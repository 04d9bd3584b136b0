"""What a health check is told of a process: that it gets on with its work, not that it is there."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from newswire.cli import INFRASTRUCTURE, main
from pipeline import resources
from pipeline.config import Settings
from pipeline.errors import Infrastructure, Misconfigured
from pipeline.storage.db import Database
from tests.workers.conftest import until
from workers.alive import OLDEST_S, check
from workers.app import create
from workers.schedule import Scheduler

Start = Callable[..., subprocess.Popen[bytes]]


def is_well(settings: Settings, role: str) -> bool:
    try:
        return bool(check(settings, role))
    except Infrastructure:
        return False


def test_beat_is_well_while_its_sweep_runs(settings: Settings, database: Database) -> None:
    with pytest.raises(Infrastructure, match="The sweep has not run yet"):
        check(settings, "beat")
    scheduler = Scheduler(app=create())
    scheduler.tick()
    scheduler.close()
    assert "The sweep has last run" in check(settings, "beat")


def test_a_round_that_failed_is_no_sign_of_life(settings: Settings, database: Database) -> None:
    away = msgspec.structs.replace(settings, database_url="postgresql://nobody@127.0.0.1:1/none")
    resources.use(away)
    scheduler = Scheduler(app=create())
    scheduler.tick()
    scheduler.close()
    assert not is_well(away, "beat")


def test_what_is_long_ago_is_no_sign_of_life(settings: Settings, tmp_path: Path) -> None:
    mark = tmp_path / "home" / "alive" / "deliver"
    mark.parent.mkdir(parents=True)
    mark.touch()
    assert is_well(settings, "deliver")
    long_ago = time.time() - OLDEST_S - 5
    os.utime(mark, (long_ago, long_ago))
    with pytest.raises(Infrastructure, match=r"The deliverer has last looked 3\d s ago"):
        check(settings, "deliver")


def test_the_deliverer_is_well_while_it_looks(settings: Settings, database: Database, start: Start) -> None:
    start("deliver")
    until(lambda: is_well(settings, "deliver"))


def test_a_worker_is_well_while_its_word_reaches_redis(settings: Settings, database: Database, start: Start, tmp_path: Path) -> None:
    assert not is_well(settings, "worker")
    worker = start("worker")
    mark = tmp_path / "home" / "alive" / "worker"
    until(lambda: is_well(settings, "worker"))
    first = mark.stat().st_mtime_ns
    until(lambda: mark.stat().st_mtime_ns > first)
    worker.send_signal(signal.SIGSTOP)  # there, and of no use: no later mark
    last = mark.stat().st_mtime
    os.utime(mark, (last - OLDEST_S, last - OLDEST_S))
    assert not is_well(settings, "worker")
    worker.send_signal(signal.SIGCONT)
    until(lambda: is_well(settings, "worker"))


def test_flower_that_does_not_answer_is_not_well(settings: Settings) -> None:
    with pytest.raises(Infrastructure, match="Flower does not answer on port 1"):
        check(msgspec.structs.replace(settings, flower_port=1), "flower")


def test_a_role_that_is_none_is_refused(settings: Settings) -> None:
    with pytest.raises(Misconfigured, match="No process has the role cook"):
        check(settings, "cook")


def test_the_command_says_it_and_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("NEWSWIRE_HOME", str(tmp_path))
    assert main(("health", "beat")) == INFRASTRUCTURE
    assert "The sweep has not run yet" in capsys.readouterr().err
    (tmp_path / "alive").mkdir()
    (tmp_path / "alive" / "beat").touch()
    assert main(("health", "beat")) == 0
    assert "The sweep has last run" in capsys.readouterr().out

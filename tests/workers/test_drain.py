"""`newswire drain` on running processes: they finish what they hold, take nothing more, and go on at its end, without a restart."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from celery import Celery
from sqlalchemy import func, select

from newswire.cli import main
from pipeline.config import Settings
from pipeline.storage.db import Database
from schemas import tables
from tests.workers.conftest import add, until
from workers import offer

Start = Callable[..., subprocess.Popen[bytes]]


def rows(database: Database) -> int:
    with database.read() as conn:
        return int(conn.execute(select(func.count()).select_from(tables.work)).scalar_one())


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_running_workers_take_nothing_new_until_it_ends(
    celery_app: Celery, database: Database, settings: Settings, start: Start, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    for name in ("home", "database_url", "redis_url"):
        monkeypatch.setenv(f"NEWSWIRE_{name.upper()}", str(getattr(settings, name)))
    start("all")
    start("beat")
    add(database, stage="release")
    until(lambda: rows(database) == 0)  # they work
    assert main(["drain", "--reason", "moves"]) == 0
    assert "Nothing is in hand." in capsys.readouterr().out
    offer.publish(celery_app, add(database, stage="release"), window=8)  # a message that is there all the same
    until(lambda: celery_app.connection().default_channel.client.llen("release") == 0)  # it was read, and its claim refused
    assert rows(database) == 1
    assert main(["trigger", "--due"]) == 3
    assert "drained since" in capsys.readouterr().err
    assert main(["status"]) == 0
    assert "moves" in capsys.readouterr().out
    assert main(["drain", "--end"]) == 0
    until(lambda: rows(database) == 0)

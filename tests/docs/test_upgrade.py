"""docs/how-to/upgrade.md: a migration while workers run, then one process after the other; nothing is lost, nothing done twice."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from celery import Celery
from sqlalchemy import inspect, select

from pipeline.config import Settings
from pipeline.sources import declare
from pipeline.storage import schema, sources
from pipeline.storage.db import Database
from schemas import tables
from tests.stories import HARBOUR
from tests.workers.conftest import celery_app, settings, start, until

__all__ = ["celery_app", "settings", "start"]

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "upgrade.md").read_text(encoding="utf-8")
NEXT = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "9001", "{head}"


def upgrade() -> None:
    op.add_column("item", sa.Column("a_test", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("item", "a_test")
"""


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """The next newswire: this one, and one more migration."""
    folder = tmp_path / "newer"
    for name in ("newswire", "workers", "pipeline", "schemas", "migrations"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "migrations" / "versions" / "9001_a_test.py").write_text(NEXT.format(head=schema.head()))
    return folder


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_migration_while_workers_run_then_one_process_after_the_other(
    celery_app: Celery, database: Database, settings: Settings, start: Callable[..., subprocess.Popen[bytes]], newer: Path, tmp_path: Path
) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    with database.write() as conn:
        declared = {"name": "drop", "kind": "folder", "location": str(drop), "every": "1s"}
        sources.add(conn, declare.from_table(declared), database.now(conn))

    def arrive(number: int) -> None:
        (drop / f"{number}.txt").write_text(f"Report {number}\n\n{number} ships came. {HARBOUR[number * 7 :]}")

    def stored(count: int) -> bool:
        with database.read() as conn:
            return len(conn.execute(select(tables.verdict.c.id)).all()) == count

    old, beat = start("all"), start("beat")
    arrive(1)
    until(lambda: stored(1))

    # the page's command, by the newer code, while the older one runs
    env = {
        "PATH": os.environ["PATH"],
        "NEWSWIRE_HOME": settings.home,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
    }
    [command, *_] = re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    newswire = [sys.executable, "-m", "newswire"]
    words = command.split()
    assert words[0] == "newswire"
    done = subprocess.run([*newswire, *words[1:]], cwd=newer, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "at revision 9001, from" in done.stdout
    assert "a_test" in {column["name"] for column in inspect(database.engine).get_columns("item")}
    arrive(2)
    until(lambda: stored(2))  # the older code works on with the newer tables

    # one after the other: the newer first, then the older are told to stop, in the middle of work
    log = (tmp_path / "newer.log").open("wb")
    young = [
        subprocess.Popen([*newswire, *role], cwd=newer, env=env, stdout=log, stderr=log)
        for role in (("worker", "--name", "newer"), ("beat",))
    ]
    try:
        until(lambda: any(name.startswith("newer@") for answer in celery_app.control.ping(timeout=1) for name in answer), deadline_s=90)
        for number in range(3, 9):
            arrive(number)
        for process in (old, beat):
            process.send_signal(signal.SIGTERM)
        assert [process.wait(30) for process in (old, beat)] == [0, 0]
        until(lambda: stored(8), deadline_s=60)
        with database.read() as conn:
            assert len(conn.execute(select(tables.item.c.id)).all()) == 8
            assert conn.execute(select(tables.quarantine.c.id)).all() == []
            assert conn.execute(select(tables.work.c.attempts).where(tables.work.c.attempts > 1)).all() == []
        refused = subprocess.run([*newswire, "status"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
        assert (refused.returncode, "too far migrated" in refused.stderr) == (2, True)  # who comes too late is told
    finally:
        for process in young:
            process.terminate()
            process.wait(30)
        log.close()

"""How a job, and a worker, come to their end when something takes too long."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from celery.exceptions import Retry
from sqlalchemy import func, select

from pipeline.config import Settings
from pipeline.storage.db import Database
from pipeline.storage.work import Claimed
from schemas import tables
from schemas.outcome import Outcome
from tests.workers.conftest import add
from tests.workers.test_worker import rows
from workers import tasks

HANGS = """
from threading import Event
from workers import worker
worker.STOP_DEADLINE_S = 0.1
worker._ending(lambda: Event().wait())()
"""


def test_the_soft_time_limit_is_no_document_s_own_error(database: Database, settings: Settings) -> None:
    """What sets one document's trouble aside catches every Exception: this is none."""
    blamed = []

    def step(db: Database, claimed: Claimed, settings: Settings) -> Outcome:
        try:
            os.kill(os.getpid(), signal.SIGUSR1)  # as Celery's pool does
        except Exception as error:
            blamed.append(error)
        raise AssertionError("it went on")

    [offered] = add(database, refs=(1,))
    with pytest.raises(Retry, match="put off"):
        tasks._work(offered.id, 1, step)
    assert blamed == []
    [row] = rows(database)
    assert (row.attempts, row.token, row.leased_until) == (1, "", None), "as if its worker had died: free at once, and counted"


def test_a_statement_that_was_interrupted_spoils_no_later_one(database: Database, settings: Settings) -> None:
    """The signal came while the connection waited for its server: whoever had it next was told that it was in use, and was blamed."""

    def step(db: Database, claimed: Claimed, settings: Settings) -> Outcome:
        with db.write() as conn:
            conn.execute(select(func.count()).select_from(tables.work))
            os.kill(os.getpid(), signal.SIGUSR1)
        raise AssertionError("it went on")

    for offered in add(database, 3, refs=(1,)):
        with pytest.raises(Retry, match="put off"):
            tasks._work(offered.id, 1, step)
    assert rows(database, tables.quarantine) == []
    assert [row.attempts for row in rows(database)] == [1, 1, 1]


def test_a_worker_that_waits_for_ever_in_its_end_is_ended() -> None:
    """A child that was killed while it wrote leaves half a message in a pipe, and Celery waits for the other half."""
    assert subprocess.run([sys.executable, "-c", HANGS], timeout=60, check=False).returncode == 1

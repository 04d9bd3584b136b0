"""A real worker on a real broker: what a person sees of each end of a job, and what is left in the database."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from sqlalchemy import func, select, update

from pipeline.config import Settings
from pipeline.storage import work
from pipeline.storage.db import Database
from schemas import tables
from tests.workers.conftest import add, celery, until
from workers import offer

Start = Callable[..., subprocess.Popen[bytes]]


def rows(database: Database, table: Any = tables.work) -> list[Any]:
    with database.read() as conn:
        return list(conn.execute(select(table).order_by(table.c.id)).all())


def end_of(app: Celery, task_id: str) -> Any:
    result = app.AsyncResult(task_id)
    until(lambda: result.state in ("SUCCESS", "FAILURE", "RETRY"))
    return result


def ready(app: Celery, count: int = 1) -> None:
    until(lambda: len(app.control.ping(timeout=0.3)) >= count)


def test_jobs_end_as_a_person_reads_them(celery_app: Celery, database: Database, settings: Settings, start: Start, tmp_path: Path) -> None:
    """One worker for all of it: starting one takes seconds."""
    marks = tmp_path / "marks"
    marks.mkdir()
    start("all", failpoints=f"enrich.before_commit=error@{marks}")
    ready(celery_app)

    # a fault of our own with a single: red, with the sentence; the item is in quarantine
    red = add(database)[0]
    offer.sweep(celery_app, database, window=8)
    end = end_of(celery_app, red.task_id)
    (aside,) = rows(database, tables.quarantine)
    assert end.state == "FAILURE"
    assert str(end.result) == f"quarantined: RuntimeError: failpoint enrich.before_commit; newswire quarantine show {aside.id}"
    assert (aside.stage, aside.refs, aside.error) == ("enrich", [1], "RuntimeError")

    # done: the sentence is the result, the row is gone
    green = add(database)[0]
    offer.sweep(celery_app, database, window=8)
    assert end_of(celery_app, green.task_id).result.startswith("0 texts enriched")
    assert not rows(database)

    # a message for a row that is done says nothing: the end that the job had stays
    message = celery_app.amqp.as_task_v2(green.task_id, "newswire.enrich", args=(green.id, 1), kwargs={})
    with celery_app.producer_pool.acquire(block=True) as producer:
        celery_app.amqp.send_task_message(producer, "newswire.enrich", message, queue="enrich")
    last = add(database)[0]
    offer.sweep(celery_app, database, window=8)
    end_of(celery_app, last.task_id)
    assert celery_app.AsyncResult(green.task_id).result.startswith("0 texts enriched")

    # as Celery users look at it
    assert "1 node online" in celery(settings, "-A", "workers.app", "inspect", "active").stdout

    # revoked while it waits: into quarantine, by id and attempt
    revoked = add(database, due_at=None, refs=(77,))[0]
    celery_app.control.revoke(revoked.task_id)
    ready(celery_app)  # control commands are read in order: it knows of the revoke
    offer.sweep(celery_app, database, window=8)
    until(lambda: not rows(database))
    aside = rows(database, tables.quarantine)[-1]
    assert (aside.refs, aside.message) == ([77], "revoked by an operator")


def test_a_killed_child_frees_its_row_at_once_and_its_chunk_is_split(
    celery_app: Celery, database: Database, start: Start, tmp_path: Path
) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    start("all", failpoints=f"task.after_claim=kill@{marks}")
    ready(celery_app)
    chunk = add(database, refs=(1, 2, 3))[0]
    offer.sweep(celery_app, database, window=8)
    until((marks / "task.after_claim").exists)
    # ready at once: its lease of 30 s is gone
    (row,) = until(lambda: [row for row in rows(database) if row.token == "" and row.attempts == 1])
    assert row.last_error == "its worker died"
    offer.sweep(celery_app, database, window=8)
    assert end_of(celery_app, f"enrich-{chunk.id}-2").result.startswith("was lost with its worker; split into 3 singles")
    assert str(end_of(celery_app, chunk.task_id).result).startswith("Worker exited prematurely: signal 9")
    assert [row.refs for row in rows(database)] == [[1], [2], [3]]


def test_a_database_that_is_away_shows_as_a_retry_and_blames_nobody(
    celery_app: Celery, database: Database, start: Start, tmp_path: Path
) -> None:
    start("all")
    ready(celery_app)
    with database.write() as conn:  # somebody holds what the claim needs
        row = work.add(conn, [work.NewWork(stage="enrich", lane="normal", label="test", refs=(1,))], database.now(conn), offered=True)[0]
    with database.write() as conn:
        conn.execute(update(tables.work).values(label="locked")) if not database.is_postgresql else conn.exec_driver_sql("LOCK TABLE work")
        offer.publish(celery_app, [row], window=8)
        put_off = end_of(celery_app, row.task_id)
        assert put_off.state == "RETRY"
        assert str(put_off.result).startswith("The database is not to be had")
    assert rows(database)[0].attempts == 0
    with database.write() as conn:
        conn.execute(update(tables.work).values(offered_at=None))
    offer.sweep(celery_app, database, window=8)
    until(lambda: not rows(database))
    with database.read() as conn:
        assert conn.execute(select(func.count()).select_from(tables.quarantine)).scalar_one() == 0


def test_a_worker_told_to_stop_ends_soon(celery_app: Celery, database: Database, start: Start) -> None:
    worker = start("all")
    ready(celery_app)
    os.kill(worker.pid, signal.SIGTERM)
    worker.wait(10)


@pytest.mark.parametrize("role", ["worker", "beat", "flower"])
def test_what_is_not_there_is_said_in_one_sentence(settings: Settings, start: Start, tmp_path: Path, role: str) -> None:
    died = start(role, redis_url="redis://127.0.0.1:1/0")
    assert died.wait(30) == 1
    said = (tmp_path / f"{role}.log").read_text()
    assert "Redis at redis://127.0.0.1:1/0 is not to be had" in said
    assert "Traceback" not in said

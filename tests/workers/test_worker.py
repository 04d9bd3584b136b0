"""A real worker on a real broker: what a person sees of each end of a job, and what is left in the database."""

from __future__ import annotations

import os
import re
import signal
import socket
import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from celery import Celery, signals
from celery.concurrency.prefork import TaskPool
from celery.worker.consumer.tasks import Tasks
from sqlalchemy import select, update

from pipeline import resources
from pipeline.config import Settings
from pipeline.errors import Infrastructure, Misconfigured
from pipeline.storage.db import Database
from schemas import tables
from tests.workers.conftest import add, celery, until
from workers import offer, worker

Start = Callable[..., subprocess.Popen[bytes]]


def rows(database: Database, table: Any = tables.work) -> list[Any]:
    with database.read() as conn:
        return list(conn.execute(select(table).order_by(table.c.id)).all())


def end_of(app: Celery, task_id: str) -> Any:
    result = app.AsyncResult(task_id)
    until(lambda: result.state in ("SUCCESS", "FAILURE", "RETRY"))
    return result


def publish(app: Celery, id: int, attempt: int = 1) -> None:
    """A message that names a row, whatever the row is like."""
    message = app.amqp.as_task_v2(f"enrich-{id}-{attempt}", "newswire.enrich", args=(id, attempt), kwargs={})
    with app.producer_pool.acquire(block=True) as producer:
        app.amqp.send_task_message(producer, "newswire.enrich", message, queue="enrich")


@pytest.fixture
def marks(tmp_path: Path) -> Path:
    folder = tmp_path / "marks"
    folder.mkdir()
    return folder


@pytest.mark.slow
def test_jobs_end_as_a_person_reads_them(celery_app: Celery, database: Database, settings: Settings, start: Start, marks: Path) -> None:
    """One worker for all of it: starting one takes seconds."""
    start("all", failpoints=f"enrich.before_commit=error@{marks}")
    until(lambda: celery_app.control.ping(timeout=0.3))

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
    publish(celery_app, green.id)
    publish(celery_app, last := add(database)[0].id)
    end_of(celery_app, f"enrich-{last}-1")
    assert celery_app.AsyncResult(green.task_id).result.startswith("0 texts enriched")

    # as Celery users look at it
    assert "1 node online" in celery(settings, "-A", "workers.app", "inspect", "active").stdout
    assert [name for answer in celery_app.control.ping() for name in answer] == [f"all@{socket.gethostname()}"], "one name a host"

    # revoked while it waits: into quarantine, by id and attempt
    revoked = add(database, refs=(77,))[0]
    celery_app.control.revoke(revoked.task_id)
    until(lambda: celery_app.control.ping(timeout=0.3))  # commands are read in order: it knows of the revoke
    offer.sweep(celery_app, database, window=8)
    until(lambda: not rows(database))
    aside = rows(database, tables.quarantine)[-1]
    assert (aside.refs, aside.message) == ([77], "revoked by an operator")

    # the database is away for longer than a lock is waited for: a retry, nobody's loss, done when it is back
    held = add(database, refs=(1, 2))[0]
    with database.write() as conn:
        if database.is_postgresql:
            conn.exec_driver_sql("LOCK TABLE work")
        publish(celery_app, held.id)
        put_off = end_of(celery_app, held.task_id)
        assert put_off.state == "RETRY"
        assert str(put_off.result).startswith("The database is not to be had")
    assert [row.attempts for row in rows(database)] == [0]
    offer.sweep(celery_app, database, window=8)
    until(lambda: not rows(database))
    assert len(rows(database, tables.quarantine)) == 2


@pytest.mark.slow
def test_a_killed_child_frees_its_row_at_once_and_its_chunk_is_split(
    celery_app: Celery, database: Database, start: Start, marks: Path
) -> None:
    started = start("all", failpoints=f"task.after_claim=kill@{marks}")
    until(lambda: celery_app.control.ping(timeout=0.3))
    chunk = add(database, refs=(1, 2, 3))[0]
    offer.sweep(celery_app, database, window=8)

    # ready at once: its lease of 30 s is gone
    (row,) = until(lambda: [row for row in rows(database) if row.token == "" and row.attempts == 1], deadline_s=15)
    assert (marks / "task.after_claim").exists()
    assert row.last_error == "its worker died"
    offer.sweep(celery_app, database, window=8)
    assert end_of(celery_app, f"enrich-{chunk.id}-2").result.startswith("was lost with its worker; split into 3, so that")
    assert str(end_of(celery_app, chunk.task_id).result).startswith("Worker exited prematurely: signal 9")
    assert [row.refs for row in rows(database)] == [[1], [2], [3]]

    # a single that was lost too often goes to quarantine, and says so in red
    with database.write() as conn:
        conn.execute(update(tables.work).values(attempts=5, due_at=database.now(conn)))
    offer.sweep(celery_app, database, window=8)
    until(lambda: not rows(database))
    lost = rows(database, tables.quarantine)
    assert sorted((aside.refs, aside.message) for aside in lost) == [([n], "crashed its worker 5 times") for n in (1, 2, 3)]
    ended = end_of(celery_app, f"enrich-{row.id + 1}-6")
    assert re.fullmatch(r"quarantined: crashed its worker 5 times; newswire quarantine show \d+", str(ended.result))

    # told to stop, it ends soon
    os.kill(started.pid, signal.SIGTERM)
    started.wait(10)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_worker_that_ends_asks_no_pool_for_its_size_that_is_gone(celery_app: Celery) -> None:
    """Its signal stops the pool in the midst of a turn of Celery's loop; a message that is there then is looked at still."""
    with celery_app.connection() as connection:
        controller = SimpleNamespace(max_concurrency=None)
        ending = SimpleNamespace(
            app=celery_app,
            connection=connection,
            controller=controller,
            pool=TaskPool(limit=1),
            initial_prefetch_count=1,
            update_strategies=lambda: None,
            on_decode_error=None,
        )
        Tasks(ending).start(ending)
        can_consume = ending.task_consumer.channel.qos.can_consume
        with pytest.raises(AttributeError, match="_processes"):
            can_consume()
        worker._take_nothing_at_the_end(controller)
        signals.worker_shutting_down.send(sender="worker", sig="SIGQUIT", how="Cold", exitcode=0)
        assert not can_consume()


def test_it_does_not_start_where_redis_is_away_too_old_or_refuses_us(settings: Settings) -> None:
    resources.use(msgspec.structs.replace(settings, redis_url="redis://:secret@127.0.0.1:1/0"))
    with pytest.raises(Infrastructure, match=r"Redis at redis://\*\*\*@127.0.0.1:1/0 is not to be had"):
        worker.check()
    resources.use(msgspec.structs.replace(settings, redis_url=settings.redis_url.replace("://", "://nobody:secret@")))
    with pytest.raises(Misconfigured, match="refuses us"):
        worker.check()
    resources.use(msgspec.structs.replace(settings, redis_url="http://127.0.0.1"))
    with pytest.raises(Misconfigured, match="REDIS_URL is no Redis URL"):
        worker.check()
    for version, says in (("6.0.16", "is version 6.0.16: newswire needs 6.2"), ("5.0.7", "refuses what every Redis from 6.0 on knows")):
        with old_redis(version) as url:
            resources.use(msgspec.structs.replace(settings, redis_url=url))
            with pytest.raises(Misconfigured, match=says):
                worker.check()


@contextmanager
def old_redis(version: str) -> Iterator[str]:
    """A server that says it is an old Redis and does nothing else: so old a one can't be installed beside the tests."""
    said = f"redis_version:{version}\r\n".encode()
    answers = {b"INFO": b"$%d\r\n%s\r\n" % (len(said), said)}
    if version >= "6":
        answers[b"HELLO"] = b"%1\r\n$5\r\nproto\r\n:3\r\n"

    class Server(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while head := self.rfile.readline():
                words = [self.rfile.read(int(self.rfile.readline()[1:]) + 2)[:-2] for _ in range(int(head[1:]))]
                self.wfile.write(answers.get(words[0], b"-ERR unknown command\r\n"))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"redis://127.0.0.1:{server.server_address[1]}/0"
        server.shutdown()


def test_it_does_not_start_on_a_database_that_is_not_migrated(settings: Settings, tmp_path: Path) -> None:
    resources.use(msgspec.structs.replace(settings, database_url=f"sqlite:///{tmp_path / 'empty'}"))
    with pytest.raises(Misconfigured, match="is not migrated: run `newswire db upgrade`"):
        worker.check()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_not_there_is_said_in_one_sentence(settings: Settings, start: Start, tmp_path: Path) -> None:
    assert start("beat", redis_url="redis://127.0.0.1:1/0").wait(30) == 1
    said = (tmp_path / "beat.log").read_text()
    assert "Redis at redis://127.0.0.1:1/0 is not to be had" in said
    assert "Traceback" not in said

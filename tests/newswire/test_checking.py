"""`newswire subscriptions check` against real workers of foreign Celery apps: each way in which no acknowledgement would come, by a sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery

from newswire.checking import examine
from pipeline.storage import deliveries, subscriptions
from pipeline.storage.db import Database
from schemas import tables
from tests.consumer import until
from tests.hook import Hook
from tests.wire import LONG, Wire

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

_APP = """
import os
from celery import Celery

app = Celery("theirs", broker=os.environ["BROKER"])
app.conf.update(broker_connection_retry_on_startup=True, task_ignore_result=True)
SETTINGS = {settings}
if "task_queues" in SETTINGS:
    from kombu import Queue
    SETTINGS["task_queues"] = [Queue(name) for name in SETTINGS["task_queues"]]
app.conf.update(SETTINGS)

@app.task(name="their.task")
def task(message):
    pass
"""


@contextmanager
def working(folder: Path, broker: str, **settings: Any) -> Iterator[None]:
    """Their worker, until the end of the block."""
    (folder / "theirs.py").write_text(_APP.replace("{settings}", repr(settings)))
    command = [sys.executable, "-m", "celery", "-A", "theirs", "worker", "--pool=solo", "--loglevel=INFO"]
    command += ["--without-gossip", "--without-mingle", *([] if "task_queues" in settings else ["-Q", "theirs"])]
    environment = {"PATH": os.defpath, "BROKER": broker}
    with (folder / "theirs.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            until(lambda: b" ready." in (folder / "theirs.log").read_bytes(), "their worker")
            yield
        finally:
            process.kill()
            process.wait()


def says(db: Database, patience_s: float = 60, **settings: Any) -> tuple[bool, str]:
    """Whether all is well with such a target, and what is said of it."""
    kind = settings.pop("kind", "celery")
    name = f"team-{abs(hash(str(settings)))}"
    with db.write() as conn:
        subscriptions.add(conn, db.now(conn), name=name, kind=kind, target=settings, is_log=kind in ("stream", "files"))
    found = examine(db, name, patience_s)
    return all(one.ok for one in found), " ".join(one.says for one in found)


def test_a_worker_that_is_well_acknowledges_a_probe_and_what_is_spelt_wrong_is_named(
    database: Database, valkey_url: str, tmp_path: Path
) -> None:
    theirs: dict[str, Any] = {"broker": valkey_url, "task": "their.task", "queue": "theirs"}
    with working(tmp_path, valkey_url):
        well, said = says(database, **theirs)
        assert (well, "A probe was taken and acknowledged." in said) == (True, True)
        well, said = says(database, **theirs | {"task": "their.tsk"})
        assert (well, "knows no task their.tsk" in said, "their.task" in said) == (False, True, True)
        well, said = says(database, **theirs | {"queue": "others"})
        assert (well, "No worker reads the queue others: they read theirs" in said) == (False, True)


def test_an_app_that_makes_no_queues_or_reruns_what_kills_it_is_told(database: Database, valkey_url: str, tmp_path: Path) -> None:
    settings = {"task_create_missing_queues": False, "task_queues": ["theirs"], "task_reject_on_worker_lost": True}
    with working(tmp_path, valkey_url, **settings):
        well, said = says(database, broker=valkey_url, task="their.task", queue="theirs")
    assert not well
    assert "task_create_missing_queues=False and does not declare newswire-ack-theirs" in said
    assert "task_reject_on_worker_lost" in said


def test_our_tasks_that_somebody_revoked_there_are_told(database: Database, valkey_url: str, tmp_path: Path) -> None:
    """Their worker keeps a revoked id for hours, and acknowledges nothing of it."""
    with working(tmp_path, valkey_url):
        with Celery("they", broker=valkey_url, set_as_current=False) as they:
            they.control.revoke(["newswire-1-17-3-abcd", "their-own-task"], reply=True, timeout=10, limit=1)
        well, said = says(database, broker=valkey_url, task="their.task", queue="theirs")
    assert not well
    assert "1 of our tasks were revoked there, newswire-1-17-3-abcd for one: those are never acknowledged." in said


def test_a_worker_that_may_not_write_to_our_queue_is_told(database: Database, valkey_url: str, tmp_path: Path) -> None:
    """As by an ACL of its Redis."""
    with redis.Redis.from_url(valkey_url) as client:
        client.execute_command(
            "ACL", "SETUSER", "them", "on", ">pw", "+@all", "&*", "resetkeys", "~theirs*", "~_kombu*", "~unacked*", "~celery*", "~*pidbox*"
        )
        try:
            with working(tmp_path, valkey_url.replace("redis://", "redis://them:pw@")):
                well, said = says(database, 3, broker=valkey_url, task="their.task", queue="theirs")
        finally:
            client.execute_command("ACL", "DELUSER", "them")
    assert (well, "took the probe, and no acknowledgement came" in said, "ACL" in said) == (False, True, True)


def test_nobody_there_is_told(database: Database, valkey_url: str) -> None:
    well, said = says(database, broker=valkey_url, task="their.task", queue="theirs")
    assert (well, "No worker answers" in said) == (False, True)


@pytest.mark.parametrize(("status", "is_well"), [(204, True), (401, False), (410, False)])
def test_a_webhook_is_sent_a_signed_probe(database: Database, status: int, is_well: bool) -> None:
    hook = Hook()
    hook.script = [status]
    well, said = says(database, kind="webhook", **hook.settings())
    hook.close()
    assert well is is_well
    assert ("took a signed probe" if is_well else str(status)) in said


def test_a_stream_tells_of_its_readers_and_a_folder_of_its_space(database: Database, valkey_url: str, tmp_path: Path) -> None:
    well, said = says(database, kind="stream", url=valkey_url, stream="stories", groups="desk")
    assert (well, "group desk is not there yet" in said) == (True, True)
    well, said = says(database, kind="files", folder=str(tmp_path / "news"))
    assert (well, "bytes are free" in said) == (True, True)


def test_a_task_that_ends_without_a_word_is_told_by_what_is_parked(database: Database, valkey_url: str, tmp_path: Path) -> None:
    """By Ignore, Reject, an expiry: its app is well, and a probe comes back."""
    wire = Wire(database)
    target = {"broker": valkey_url, "task": "their.task", "queue": "theirs"}
    with database.write() as conn:
        id = subscriptions.add(conn, wire.now, name="silent", kind="celery", target=target).id
    wire.arrive(uri="tag:hw:1", version="1", headline="Harbour opens", body_text=LONG)
    with database.write() as conn:
        row = {"subscription": id, "item": 1, "seq": 1, "lane": 2, "due_at": wire.now, "parked_at": wire.now}
        conn.execute(tables.delivery.insert().values(**row, last_error=deliveries.UNCONFIRMED))
    with working(tmp_path, valkey_url):
        said = " ".join(one.says for one in examine(database, "silent", 60))
    assert "A probe was taken and acknowledged. Taken from its queue and never acknowledged: 1." in said
    assert "Ignore" in said

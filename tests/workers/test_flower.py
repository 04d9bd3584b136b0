"""Flower's HTTP API shows real jobs as sentences: a poll, an ingest, a failed, a revoked and a retried one."""

from __future__ import annotations

import base64
import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from sqlalchemy import select, update

from pipeline.config import Settings
from pipeline.sources import declare
from pipeline.storage import sources
from pipeline.storage.db import Database
from schemas import tables
from tests.workers.conftest import add, celery, until
from workers import flower
from workers.embedded import free_port

pytestmark = pytest.mark.timeout(180)

STORY = """\
Harbour reopens after storm

By Ada Marsh

WESTPORT, March 3 (Coastline) - The harbour of Westport opened again on Tuesday, two days after a storm had closed it.

Ferries to the islands sailed from noon. Fishermen counted eleven lost boats, and the town promised them help before the season begins.

"We were lucky that nobody was out," said the harbour master, who had ordered all crews ashore on Sunday morning.
"""


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_jobs_read_as_sentences(
    celery_app: Celery, database: Database, settings: Settings, start: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    port = free_port()
    with database.write() as conn:
        sources.add(conn, declare.from_table({"name": "drop", "kind": "folder", "location": str(folder)}), database.now(conn))
    start("flower", flower_port=port)
    start("all")
    start("beat")
    user = base64.b64encode(flower.auth(settings).encode()).decode()

    def jobs() -> dict[str, dict[str, Any]]:
        request = urllib.request.Request(f"http://127.0.0.1:{port}/api/tasks?limit=1000", headers={"Authorization": f"Basic {user}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)  # type: ignore[no-any-return]

    def job(stage: str, state: str) -> dict[str, Any]:
        named = f"newswire.{stage}"
        return until(lambda: next((one for one in jobs().values() if one["name"] == named and one["state"] == state), {}), deadline_s=40)

    def answers() -> bool:
        try:
            return jobs() is not None
        except OSError:
            return False

    until(answers)
    for path in ("/", "/tasks", "/api/tasks", "/api/workers"):  # who does not know the password sees nothing
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10)
    until(lambda: celery_app.control.ping(timeout=0.3))

    # a poll, as the documentation gives it for other schedulers
    (folder / "harbour.txt").write_text(STORY)
    words = ("-A", "workers.app", "call", "newswire.poll_source", "--queue", "poll", "--args", '["drop"]')
    called = celery(settings, *words)
    assert called.returncode == 0, called.stderr
    assert "1 source due" in job("poll_source", "SUCCESS")["result"]

    # an ingest: what it holds, and what came of it
    done = job("ingest", "SUCCESS")
    assert "drop" in done["args"]
    assert "1 new" in done["result"]
    assert done["uuid"].startswith("ingest-")

    # a failed one: after its commit, with what to do
    (folder / "noise.txt").write_bytes(bytes(range(256)) * 20)
    failed = job("ingest", "FAILURE")
    assert "quarantined" in failed["exception"]
    assert "newswire quarantine show" in failed["exception"]

    # a revoked one: as an operator does it in Flower
    waiting = add(database, due_at=datetime(2100, 1, 1, tzinfo=UTC), refs=(1,), stage="release")[0]
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/task/revoke/{waiting.task_id}", data=b"", headers={"Authorization": f"Basic {user}"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200
    with database.write() as conn:
        conn.execute(update(tables.work).where(tables.work.c.id == waiting.id).values(due_at=database.now(conn)))
    revoked = job("release", "REVOKED")
    assert (revoked["uuid"], revoked["args"]) == (waiting.task_id, "test · 0")
    until(lambda: "revoked by an operator" in set_aside(database))

    # a retried one: somebody holds what it needs for longer than a lock is waited for
    put_off = add(database, stage="release", refs=(1,))[0]
    with database.write() as conn:
        conn.execute(update(tables.work).values(label="held"))
        message = celery_app.amqp.as_task_v2(put_off.task_id, "newswire.release", args=(put_off.id, 1), kwargs={}, argsrepr="held")
        with celery_app.producer_pool.acquire(block=True) as producer:
            celery_app.amqp.send_task_message(producer, "newswire.release", message, queue="release")
        retried = job("release", "RETRY")
    assert "The database is not to be had" in retried["exception"]
    assert retried["args"] == "held"


def set_aside(database: Database) -> list[str]:
    with database.read() as conn:
        return list(conn.execute(select(tables.quarantine.c.message)).scalars())


def test_a_password_is_made_once_and_kept_for_its_owner(tmp_path: Path) -> None:
    settings = Settings(home=str(tmp_path))
    assert flower.auth(settings) == flower.auth(settings)
    assert (tmp_path / "flower-auth").stat().st_mode & 0o077 == 0


def test_it_keeps_as_many_jobs_as_it_is_told(tmp_path: Path) -> None:
    assert "--max-tasks=500" in flower.arguments(Settings(home=str(tmp_path), flower_jobs=500))


def test_it_listens_on_loopback_with_a_password_and_shows_arguments_and_results(tmp_path: Path) -> None:
    arguments = flower.arguments(Settings(home=str(tmp_path), flower_auth="ada:secret"))
    assert {"--address=127.0.0.1", "--basic-auth=ada:secret", "--persistent=True"} <= set(arguments)
    (columns,) = [word for word in arguments if word.startswith("--tasks-columns=")]
    assert {"args", "result"} <= set(columns.partition("=")[2].split(","))

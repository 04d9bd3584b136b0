"""Beat: claims what is due, offers what waits, watches folders; harmless when it runs twice, patient when something is away."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis
from celery import Celery
from sqlalchemy import select
from structlog.testing import capture_logs

from pipeline import resources
from pipeline.config import Settings
from pipeline.sources import declare
from pipeline.storage import sources, work
from pipeline.storage.db import Database
from schemas import tables
from tests.servers.valkey import Valkey
from tests.workers.conftest import add
from workers import offer
from workers.app import create
from workers.schedule import BACKLOG_TICK_S, LONGEST_WAIT_S, TICK_S, Scheduler, Watcher


@pytest.fixture
def scheduler(celery_app: Celery) -> Iterator[Scheduler]:
    made = Scheduler(app=celery_app)
    yield made
    made.close()


def messages(url: str, queue: str) -> list[Any]:
    with redis.Redis.from_url(url) as client:
        return [json.loads(message)["headers"] for message in reversed(client.lrange(queue, 0, -1))]


def a_source(database: Database, folder: Path, **more: Any) -> None:
    folder.mkdir()
    with database.write() as conn:
        sources.add(conn, declare.from_table({"name": folder.name, "kind": "folder", "location": str(folder)} | more), database.now(conn))


def runs(database: Database) -> list[Any]:
    with database.read() as conn:
        return list(conn.execute(select(tables.run.c.trigger, tables.run.c.label).order_by(tables.run.c.id)).all())


def test_a_due_source_is_polled_once_although_two_beats_tick(
    celery_app: Celery, scheduler: Scheduler, database: Database, valkey_url: str, tmp_path: Path
) -> None:
    a_source(database, tmp_path / "drop")
    other = Scheduler(app=celery_app)
    scheduler.tick()
    other.tick()
    other.close()
    (scan,) = messages(valkey_url, "scan")
    assert scan["argsrepr"] == "drop · scan · run 1"
    assert [run.trigger for run in runs(database)] == ["beat"]


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_what_redis_lost_comes_back_by_the_sweep_and_by_nothing_else(
    rule: str,
    clock: Any,
    celery_app: Celery,
    scheduler: Scheduler,
    database: Database,
    valkey_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if rule == "left out":
        monkeypatch.setattr(offer, "sweep", lambda *_, **__: False)
    row = add(database)[0]
    with database.write() as conn:
        offered = work.offer(conn, row.stage, row.lane, 1, clock())
    assert offer.publish(celery_app, offered, window=8) == 1
    with redis.Redis.from_url(valkey_url) as client:
        client.flushdb()
    clock.advance(hours=1)
    scheduler.tick()
    assert [one["id"] for one in messages(valkey_url, "enrich")] == ([row.task_id] if rule == "kept" else [])


def test_it_looks_each_second_and_faster_while_there_is_a_backlog(scheduler: Scheduler, database: Database) -> None:
    assert scheduler.tick() == TICK_S
    add(database, 100)
    assert scheduler.tick() == BACKLOG_TICK_S


def test_ticks_leave_nothing_in_the_queues_nor_in_the_table_of_runs(scheduler: Scheduler, database: Database, valkey_url: str) -> None:
    for _ in range(3):
        scheduler.tick()
    with redis.Redis.from_url(valkey_url) as client:
        assert [key for key in client.scan_iter() if b"_kombu" not in key] == []
    assert runs(database) == []


def test_it_waits_for_a_redis_that_is_away_with_one_line_and_resumes(settings: Settings, database: Database) -> None:
    with Valkey() as server:
        resources.use(msgspec.structs.replace(settings, redis_url=server.url()))
        scheduler = Scheduler(app=create())
        try:
            with capture_logs() as said:
                server.stop(keep=True)
                add(database)
                waits = [scheduler.tick() for _ in range(4)]
                server.start()
                scheduler.tick()
        finally:
            scheduler.close()
        assert waits == [1, 2, 4, LONGEST_WAIT_S]
        assert [line["event"] for line in said if line["event"].startswith("beat")] == ["beat.waits", "beat.resumes"]


def test_a_watched_folder_is_scanned_as_soon_as_a_file_arrives(
    celery_app: Celery, settings: Settings, database: Database, valkey_url: str, tmp_path: Path
) -> None:
    a_source(database, tmp_path / "drop", cron="0 0 1 1 *")  # its rhythm would not find it before January
    watcher = Watcher(celery_app, settings)
    watcher.start()
    try:
        began = time.monotonic()
        while not messages(valkey_url, "scan"):  # the watch may begin a moment after us
            assert time.monotonic() - began < 30
            (tmp_path / "drop" / f"{time.monotonic_ns()}.txt").write_text("A story.")
            time.sleep(0.2)
    finally:
        watcher.stop()
    assert not watcher.is_alive()
    assert runs(database)[0].trigger == "watch"


def test_a_change_during_a_poll_makes_the_source_due_again(
    celery_app: Celery, settings: Settings, database: Database, tmp_path: Path
) -> None:
    a_source(database, tmp_path / "drop", cron="0 0 1 1 *")
    watcher = Watcher(celery_app, settings)
    watcher._poll(database, {"drop"})
    watcher._poll(database, {"drop"})  # the first is under way
    with database.read() as conn:
        due_at = sources.named(conn, ["drop"])[0].due_at
        assert due_at is not None
        assert due_at <= database.now(conn)

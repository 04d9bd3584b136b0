"""Offering: bounded by the queues' room, repeated for what was lost, harmless when repeated for what was not."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import redis
from celery import Celery

from pipeline import failpoints, resources
from pipeline.config import Settings
from pipeline.errors import Infrastructure
from pipeline.storage import work
from pipeline.storage.db import Database
from tests.workers.conftest import add
from workers import offer
from workers.app import create

WINDOW = 8


@pytest.fixture
def queue(valkey_url: str) -> Any:
    with redis.Redis.from_url(valkey_url) as client:
        yield lambda name: [json.loads(message)["headers"] for message in reversed(client.lrange(name, 0, -1))]


def test_a_queue_holds_its_window_whatever_the_backlog(celery_app: Celery, database: Database, queue: Callable[[str], list[Any]]) -> None:
    add(database, 100)
    for _ in range(3):
        assert offer.sweep(celery_app, database, window=WINDOW)
    assert len(queue("enrich")) == WINDOW


def test_a_message_reads_as_a_job(celery_app: Celery, database: Database, queue: Callable[[str], list[Any]]) -> None:
    row = add(database, lane="flash")[0]
    offer.sweep(celery_app, database, window=WINDOW)
    (headers,) = queue("enrich-flash")
    assert (headers["task"], headers["id"]) == ("newswire.enrich", f"enrich-{row.id}-1")
    assert (headers["argsrepr"], headers["kwargsrepr"]) == ("test · 0", "")


def test_an_idle_sweep_says_so_and_writes_nothing(celery_app: Celery, database: Database) -> None:
    add(database, due_at=datetime(2100, 1, 1, tzinfo=UTC))
    with database.write():  # nobody else could write now
        assert not offer.sweep(celery_app, database, window=WINDOW)


def test_two_sweeps_offer_a_row_once(celery_app: Celery, database: Database, queue: Callable[[str], list[Any]]) -> None:
    add(database, 3)
    offer.sweep(celery_app, database, window=WINDOW)
    assert not offer.sweep(celery_app, database, window=WINDOW)
    assert len(queue("enrich")) == 3


def test_what_was_marked_and_not_published_is_offered_again(
    clock: Any, celery_app: Celery, database: Database, queue: Callable[[str], list[Any]], tmp_path: Any
) -> None:
    add(database)
    failpoints.arm(f"offer.after_commit=error@{tmp_path}")
    with pytest.raises(RuntimeError, match="after_commit"):
        offer.sweep(celery_app, database, window=WINDOW)
    assert not queue("enrich")
    assert not offer.sweep(celery_app, database, window=WINDOW)  # marked as offered
    clock.advance(seconds=6)
    offer.sweep(celery_app, database, window=WINDOW)
    assert len(queue("enrich")) == 1


def test_a_flushed_redis_costs_seconds(clock: Any, celery_app: Celery, database: Database, queue: Any, valkey_url: str) -> None:
    add(database, 3)
    offer.sweep(celery_app, database, window=WINDOW)
    with redis.Redis.from_url(valkey_url) as client:
        client.flushdb()
    clock.advance(seconds=6)
    offer.sweep(celery_app, database, window=WINDOW)
    assert len(queue("enrich")) == 3


def test_a_committer_publishes_as_far_as_there_is_room(celery_app: Celery, database: Database, queue: Callable[[str], list[Any]]) -> None:
    assert offer.publish(celery_app, add(database, 20), window=WINDOW) == WINDOW
    assert offer.publish(celery_app, add(database, 20), window=WINDOW) == 0
    assert len(queue("enrich")) == WINDOW


def test_a_redis_that_is_away_is_harmless_to_a_committer_and_told_by_the_sweep(settings: Settings, database: Database) -> None:
    resources.use(msgspec.structs.replace(settings, redis_url="redis://:secret@127.0.0.1:1/0"))
    app = create()
    rows = add(database)
    assert offer.publish(app, rows, window=WINDOW) == 0
    with pytest.raises(Infrastructure, match=r"Redis at redis://\*\*\*@127.0.0.1:1/0 is not to be had") as caught:
        offer.sweep(app, database, window=WINDOW)
    assert "secret" not in str(caught.value)


def test_what_is_due_first_is_offered_first(celery_app: Celery, database: Database, queue: Callable[[str], list[Any]]) -> None:
    late = add(database, due_at=datetime(2026, 1, 2, tzinfo=UTC))[0]
    early = add(database, due_at=datetime(2026, 1, 1, tzinfo=UTC))[0]
    offer.sweep(celery_app, database, window=WINDOW)
    assert [headers["id"] for headers in queue("enrich")] == [early.task_id, late.task_id]


def test_a_claimed_row_is_not_offered_until_its_lease_ends(clock: Any, celery_app: Celery, database: Database, queue: Any) -> None:
    row = add(database)[0]
    with database.write() as conn:
        assert work.claim(conn, row.id, worker="test:1", lease_s=30, now=clock())
    assert not offer.sweep(celery_app, database, window=WINDOW)
    clock.advance(seconds=31)
    offer.sweep(celery_app, database, window=WINDOW)
    assert [headers["id"] for headers in queue("enrich")] == [f"enrich-{row.id}-2"]

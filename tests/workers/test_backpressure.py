"""What is full or stopped: work waits in SQL, nothing fails, and it goes on by itself. On real servers that are really full."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from celery import Celery

from pipeline.errors import Infrastructure
from pipeline.storage import deliveries, subscriptions, work
from pipeline.storage.db import Database
from pipeline.storage.work import NewWork
from schemas import tables
from tests.pipeline.delivery.test_deliveries import Consumer, Desk, story
from tests.servers.valkey import Valkey
from tests.wire import LONG, Wire
from workers import offer
from workers.couriers import Courier, courier

FULL = "1mb"
"""Less than an empty server needs."""


class Memory:
    """A server whose memory runs out, and comes back."""

    def __init__(self, server: Valkey) -> None:
        self.url = server.url()
        self._client = redis.Redis.from_url(self.url)

    def runs_out(self) -> None:
        self._client.config_set("maxmemory", FULL)

    def is_back(self) -> None:
        self._client.config_set("maxmemory", "0")

    def length(self, key: str) -> int:
        return int(self._client.xlen(key) if self._client.type(key) == b"stream" else self._client.llen(key))

    def close(self) -> None:
        self._client.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Valkey]:
    with Valkey() as server:
        yield server


@pytest.fixture
def memory(server: Valkey) -> Iterator[Memory]:
    memory = Memory(server)
    server.flush(0)
    yield memory
    memory.is_back()
    memory.close()


def step(db: Database, wire: Wire, one: Courier) -> None:
    one._alone_until = 0.0
    if hasattr(one, "_rests_until"):
        one._rests_until = 0.0
    with db.read() as conn:
        _, looks = deliveries.waiting(conn, lambda: wire.now, "token")
    for look in looks:
        one.step(look, wire.now)


@pytest.mark.parametrize("kind", ["celery", "stream"])
def test_what_a_consumer_with_a_full_redis_is_owed_waits_in_sql_and_its_subscription_says_so(
    database: Database, memory: Memory, kind: str
) -> None:
    wire = Wire(database)
    target: dict[str, Any] = {
        "celery": {"broker": memory.url, "task": "their.task", "queue": "theirs"},
        "stream": {"url": memory.url, "stream": "theirs", "groups": "desk"},
    }[kind]
    with database.write() as conn:
        added = subscriptions.add(conn, wire.now, name="team", kind=kind, target=target, is_log=kind == "stream")
    one = courier(database, added, "token", threading.Event())
    memory.runs_out()
    for number in range(3):
        wire.arrive(uri=f"tag:hw:{number}", version="1", headline=f"Story {number}", body_text=f"{LONG}\n\nNumber {number}.")
        for _ in range(3):
            step(database, wire, one)
    with database.read() as conn:
        assert "has no memory left" in subscriptions.get(conn, "team").trouble
    assert {(row.attempts, row.parked_at) for row in wire.rows(tables.delivery)} <= {(0, None)}
    memory.is_back()
    for _ in range(6):
        step(database, wire, one)
    assert memory.length("theirs") == 3
    with database.read() as conn:
        assert subscriptions.get(conn, "team").trouble == ""
    one._close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_database_that_is_locked_for_long_is_no_trouble_of_the_target(
    database: Database, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = Wire(database)
    target = {"broker": memory.url, "task": "their.task", "queue": "theirs"}
    with database.write() as conn:
        added = subscriptions.add(conn, wire.now, name="team", kind="celery", target=target)
    wire.arrive(uri="tag:hw:1", version="1", headline="Story", body_text=LONG)
    monkeypatch.setattr("pipeline.storage.db.LOCK_TIMEOUT_S", 0)
    impatient = Database.open(database.engine.url.render_as_string(), clock=lambda: wire.now)
    one = courier(impatient, added, "token", threading.Event())
    with database.read() as conn:
        _, [look] = deliveries.waiting(conn, lambda: wire.now, "token")
    with database.write():
        assert not one.step(look, wire.now)
    assert one.step(look, wire.now), "the target is not left alone for it"
    assert memory.length("theirs") == 1
    one._close()
    impatient.close()


def test_work_waits_in_sql_while_our_own_redis_is_full(database: Database, memory: Memory) -> None:
    wire = Wire(database)
    with database.write() as conn:
        work.add(conn, [NewWork(stage="ingest", lane="normal", label="test", refs=(1,))], wire.now)
    app = Celery("newswire-test", broker=memory.url, set_as_current=False)
    memory.runs_out()
    with pytest.raises(Infrastructure, match="maxmemory"):
        offer.sweep(app, database, window=8)
    assert [(row.attempts, row.retries) for row in wire.rows(tables.work)] == [(0, 0)]
    memory.is_back()
    wire.pass_time(seconds=6)
    offer.sweep(app, database, window=8)
    assert memory.length("ingest") == 1
    app.close()


def test_a_stopped_enricher_holds_up_only_those_who_wait_for_facts(database: Database) -> None:
    desk = Desk(database)
    item = story(desk)
    at_once, with_facts = Consumer(), Consumer()
    desk.deliver(at_once)
    assert at_once.shows(item)
    with database.write() as conn:
        desk.one = subscriptions.add(conn, desk.wire.now, name="facts", kind="celery", target={}, after="enriched", from_start=True)
    desk.deliver(with_facts)
    assert with_facts.held == {}
    desk.wire.pass_time(hours=5)
    desk.wire.run("enrich")
    desk.lease()
    desk.deliver(with_facts)
    assert with_facts.shows(item)

"""After a restore: each consumer ends with what is true now, whatever it knew that the database has forgotten."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
import redis

from pipeline.delivery import targets
from pipeline.storage import ledger, subscriptions
from pipeline.storage.db import Database
from pipeline.storage.deliveries import Look
from pipeline.storage.restored import Restored, restored
from schemas import tables
from tests.pipeline.delivery.test_deliveries import Consumer, Desk, story
from workers.couriers import Logging

LOGS = [name for name, kind in targets().items() if kind.is_log]


def put_back(desk: Desk) -> Restored:
    with desk.db.write() as conn:
        done = restored(conn, desk.wire.now, since=desk.wire.now - timedelta(days=3), logs=LOGS)
    with desk.db.read() as conn:
        desk.one = subscriptions.get(conn, "team")
    return done


def lose_the_last_event(desk: Desk) -> None:
    """As if the backup were older: its number will be given again."""
    with desk.db.write() as conn:
        last = ledger.last(conn)
        conn.execute(tables.event.delete().where(tables.event.c.seq == last))
        conn.execute(tables.log_state.update().values(last=last - 1))
        conn.execute(tables.item.update().values(current=1, shown=1))
        conn.execute(tables.subscription.update().values(read_seq=last - 1))


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_a_consumer_that_knew_more_is_told_what_is_true_now(database: Database, rule: str) -> None:
    desk = Desk(database)
    item = story(desk)
    consumer = Consumer()
    desk.deliver(consumer)
    story(desk, 2)
    desk.deliver(consumer)
    shown = consumer.shows(item)
    lose_the_last_event(desk)
    if rule == "kept":
        put_back(desk)
    desk.lease()
    desk.deliver(consumer)
    assert (consumer.shows(item) != shown) is (rule == "kept")


def test_epoch_and_generations_only_grow(database: Database) -> None:
    desk = Desk(database)
    before = desk.one.generation
    first = put_back(desk)
    assert first.epoch == int(desk.wire.now.timestamp())
    assert desk.one.generation > before
    again = desk.one.generation
    assert put_back(desk).epoch == first.epoch + 1, "also where the clock stands still"
    assert desk.one.generation == again + 1


def test_what_did_not_change_lately_is_not_told_again(database: Database) -> None:
    desk = Desk(database)
    story(desk)
    desk.deliver(Consumer())
    desk.wire.pass_time(days=10)
    assert put_back(desk).items == 0
    assert desk.rows() == []


def test_a_stream_that_was_ahead_is_made_again(database: Database, valkey_url: str) -> None:
    desk = Desk(database)
    target = {"url": valkey_url, "stream": "stories", "groups": "desk"}
    with database.write() as conn:
        one = subscriptions.add(conn, desk.wire.now, name="log", kind="stream", target=target, is_log=True)
    story(desk)
    story(desk, 2)
    courier = Logging(database, one, "token", threading.Event())
    client: Any = redis.Redis.from_url(valkey_url, decode_responses=True)

    def run() -> None:
        for _ in range(5):
            with database.read() as conn:
                now = subscriptions.get(conn, "log")
                look = Look(id=one.id, behind=True, due=False, generation=now.generation, last=ledger.last(conn))
            courier._rests_until = courier._alone_until = 0.0
            courier.step(look, desk.wire.now)

    run()
    assert client.xlen("stories") == 2
    lose_the_last_event(desk)
    run()
    with database.read() as conn:
        assert "newswire db restored" in subscriptions.get(conn, "log").trouble
    put_back(desk)
    run()
    [(id, _)] = client.xrange("stories")
    with database.read() as conn:
        now = subscriptions.get(conn, "log")
    assert id == f"{now.generation}-1"
    assert now.trouble == ""
    courier._close()
    client.close()

"""What waits for what: a sentence for each thing that can hold work up, and servers that are really full."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import redis

from newswire.waits import Redis, look_at_redis, waits
from pipeline.delivery import target
from tests.servers.valkey import Valkey

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
IDLE: dict[str, Any] = {"drained": "", "backlog": [], "fetches": [], "paused_sources": [], "quarantine": 0, "subscriptions": []}
INGEST = {"stage": "ingest", "lane": "normal", "ready": 7, "leased": 0, "later": 0, "waits_s": 60}
TEAM = {
    "name": "team",
    "log_waits_for": "",
    "is_served": True,
    "paused": False,
    "reason": "",
    "trouble": "",
    "trouble_at": None,
    "behind": 0,
    "waiting": 4,
    "in_flight": 0,
    "parked": 0,
    "put_off": 0,
    "tried_at": None,
    "refused": "",
}


def told(redis: Redis | None = None, **status: Any) -> list[tuple[str, int, str]]:
    return [(one.what, one.count, one.waits_for) for one in waits(IDLE | status, redis or Redis())]


def test_nothing_waits_where_nothing_is_to_do() -> None:
    assert told() == []


@pytest.mark.parametrize(
    ("row", "redis", "drained", "says"),
    [
        ({}, Redis(trouble="Connection refused"), "", "Redis, which is not to be had: Connection refused"),
        ({}, Redis(is_full=True), "", "memory in Redis: its maxmemory is reached"),
        ({}, Redis(), "drained since noon", "the end of the drain"),
        ({"leased": 2}, Redis(), "", "its turn: 2 in work"),
        ({}, Redis(waiting={"ingest": 8}), "", "a worker: nobody takes from the queue ingest since 60 s"),
        ({}, Redis(), "", "to be offered, since 60 s: does the scheduler run?"),
        ({"waits_s": 1}, Redis(), "", "its turn"),
    ],
)
def test_work_waits_for_its_turn_a_worker_or_redis(row: dict[str, Any], redis: Redis, drained: str, says: str) -> None:
    assert told(redis, backlog=[INGEST | row], drained=drained) == [("ingest", 7, says)]


def test_what_is_due_later_waits_for_its_time() -> None:
    [(what, count, says)] = told(backlog=[INGEST | {"ready": 0, "later": 3, "lane": "flash"}])
    assert (what, count) == ("ingest (flash)", 3)
    assert "its time" in says


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"paused": True, "reason": "it moves"}, "it to be resumed: it moves"),
        ({"trouble": "The broker is away.", "trouble_at": AT}, "its target, since 2026-03-01 12:00: The broker is away."),
        ({"log_waits_for": target("stream").log_waits_for, "behind": 4, "waiting": 0}, "its readers"),
        ({"log_waits_for": target("files").log_waits_for, "behind": 4, "waiting": 0}, "the end of its file's period"),
        ({"log_waits_for": target("files").log_waits_for, "behind": 4, "waiting": 0, "is_served": False}, "the deliverer"),
        (
            {"put_off": 4, "tried_at": AT, "refused": "failed: 422"},
            "its consumer, which refused 4: failed: 422; tried again from 12:00:00 UTC on",
        ),
        ({"put_off": 1, "in_flight": 3, "tried_at": AT}, "its consumer, which did not answer 1; tried again from"),
        ({"put_off": 3, "tried_at": AT, "refused": "failed: 422"}, "the deliverer"),
        ({"in_flight": 4}, "its consumer: all of it is sent, and unanswered"),
        ({"in_flight": 1}, "room: 1 sent to its consumer"),
        ({}, "the deliverer"),
    ],
)
def test_what_a_consumer_is_owed_waits_for_it(row: dict[str, Any], says: str) -> None:
    [(what, count, waits_for)] = told(subscriptions=[TEAM | row])
    assert (what, count) == ("for team", 4)
    assert waits_for.startswith(says)


def test_parked_quarantined_and_paused_wait_for_a_person() -> None:
    status: dict[str, Any] = {
        "subscriptions": [TEAM | {"parked": 4}],
        "quarantine": 2,
        "paused_sources": [{"name": "wire", "pause_reason": "100 of its documents are in quarantine", "paused_at": AT}],
    }
    said = {what: waits_for for what, _, waits_for in told(**status)}
    assert "retry" in said["for team"]
    assert "replay" in said["quarantine"]
    assert "100 of its documents" in said["source wire"]


def test_a_redis_that_has_reached_its_memory_is_seen() -> None:
    with Valkey() as server:
        assert look_at_redis(server.url()) == Redis(waiting=look_at_redis(server.url()).waiting)
        with redis.Redis.from_url(server.url()) as client:
            client.lpush("ingest", "a message")
            client.config_set("maxmemory", "1")
        full = look_at_redis(server.url())
        url = server.url()
    assert full.is_full
    assert full.waiting["ingest"] == 1
    assert look_at_redis(url).trouble

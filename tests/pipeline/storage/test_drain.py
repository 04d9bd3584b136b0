"""While all is drained nobody takes anything new, what is in hand ends as ever, and the end of it lets all go on."""

from __future__ import annotations

import pytest

from pipeline import collect
from pipeline.config import Settings
from pipeline.errors import Infrastructure
from pipeline.sources import declare
from pipeline.storage import deliveries, drain, frontier, sources, subscriptions, work
from pipeline.storage.db import Database
from pipeline.storage.frontier import NewJob
from pipeline.storage.waiting import waiting
from pipeline.storage.work import NewWork
from schemas.tables import event, item, log_state, story
from tests.conftest import Clock

HOST = "http://example.org:80"


@pytest.fixture
def full(database: Database, clock: Clock) -> Database:
    """Two rows of work, a host with two jobs, a source that is due, a consumer to tell of an item."""
    with database.write() as conn:
        work.add(conn, [NewWork(stage="ingest", lane="normal", label="a", refs=(n,)) for n in (1, 2)], clock.now)
        feed = {"name": "feed", "kind": "feed", "location": f"{HOST}/rss.xml", "every": "5m"}
        id = sources.add(conn, declare.from_table(feed), clock.now)
        jobs = [NewJob(host=HOST, url=f"{HOST}/{n}", kind="page", source=id, lane="normal") for n in (1, 2)]
        frontier.add_jobs(conn, jobs, clock.now, pace_s=0)
        conn.execute(story.insert().values(original=1, created_at=clock.now))
        made = {"provider": "p", "story": 1, "status": "killed", "lane": "normal", "created_at": clock.now, "updated_at": clock.now}
        conn.execute(item.insert().values(**made))
        conn.execute(event.insert().values(seq=1, item=1, kind="killed", lane="normal", at=clock.now))
        subscriptions.add(conn, clock.now, name="desk", kind="celery", target={})
        conn.execute(log_state.update().values(last=1))
    return database


def test_nothing_new_is_taken_and_afterwards_all_of_it_is(full: Database, clock: Clock) -> None:
    with full.write() as conn:
        one = subscriptions.lease(conn, 1, clock.now)
        assert one is not None
        deliveries.read(conn, one, clock.now)
        drain.begin(conn, clock.now, reason="moves")
    for is_drained in (True, False):
        with full.write() as conn:
            if not is_drained:
                assert drain.end(conn)
            assert waiting(conn, [("ingest", "normal")], clock.now) == ([] if is_drained else [("ingest", "normal")])
            assert frontier.hosts_wait(conn, clock.now) is not is_drained
            assert len(work.offer(conn, "ingest", "normal", 9, clock.now)) == (0 if is_drained else 2)
            assert (work.claim(conn, 1, worker="w", lease_s=30, now=clock.now) is None) is is_drained
            assert len(frontier.offer_hosts(conn, 9, clock.now)) == (0 if is_drained else 1)
            assert (frontier.lease(conn, HOST, lease_s=30, now=clock.now) is None) is is_drained
            assert len(sources.claim(conn, clock.now)[1]) == (0 if is_drained else 1)
            assert [look.due for look in deliveries.waiting(conn, lambda: clock.now, one.token)[1]] == [not is_drained]
            assert len(deliveries.due(conn, one, clock.now, room=9, empty_at=None)) == (0 if is_drained else 1)


def test_what_is_in_hand_is_counted_until_it_ends(full: Database, clock: Clock) -> None:
    with full.write() as conn:
        held = work.claim(conn, 1, worker="w", lease_s=30, now=clock.now)
        host = frontier.lease(conn, HOST, lease_s=30, now=clock.now)
        assert held is not None
        assert host is not None
        drain.begin(conn, clock.now)
        assert drain.in_hand(conn, clock.now) == drain.InHand(work=1, hosts=1)
        assert frontier.take(conn, host, 9, clock.now) == []  # the pump ends with what it has
        assert work.finish(conn, held)
        frontier.release(conn, host)
        assert not drain.in_hand(conn, clock.now)


def test_a_dead_worker_does_not_keep_it(full: Database, clock: Clock) -> None:
    with full.write() as conn:
        work.claim(conn, 1, worker="w", lease_s=30, now=clock.now)
        assert drain.in_hand(conn, clock.now).work == 1
        assert drain.in_hand(conn, clock.advance(seconds=31)).work == 0


def test_twice_keeps_the_first_time_and_reason(database: Database, clock: Clock) -> None:
    with database.write() as conn:
        first = drain.begin(conn, clock.now, reason="moves")
        assert drain.begin(conn, clock.advance(hours=1), reason="other") == first == drain.state(conn)
        assert "2026-03-14 09:26 UTC (moves)" in first.sentence
        assert drain.end(conn)
        assert not drain.end(conn)
        assert drain.state(conn) is None


def test_a_trigger_says_why_nothing_is_polled_and_the_scheduler_says_nothing(full: Database, clock: Clock) -> None:
    with full.write() as conn:
        drain.begin(conn, clock.now, reason="moves")
    with pytest.raises(Infrastructure, match=r"drained since .*moves"):
        collect.claim_due(full, Settings(), trigger="cli")
    started = collect.claim_due(full, Settings(), trigger="beat")
    assert (started.claimed, started.run) == (0, None)

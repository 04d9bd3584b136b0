"""Rows of work: each rule of the protocol, and what goes wrong where it is left out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from pipeline.storage import quarantine, work
from pipeline.storage.db import Database
from pipeline.storage.work import Claimed, NewWork
from schemas import tables

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(seconds=31)


def add(database: Database, *refs: int, **more: object) -> int:
    with database.write() as conn:
        row = NewWork(stage="ingest", lane="normal", label="test · documents", refs=refs or (1,), **more)  # type: ignore[arg-type]
        return work.add(conn, [row], NOW)[0].id


def claim(database: Database, id: int, now: datetime = NOW, worker: str = "host:1") -> Claimed | None:
    with database.write() as conn:
        return work.claim(conn, id, worker=worker, lease_s=30, now=now)


def held(database: Database, id: int, now: datetime = NOW, worker: str = "host:1") -> Claimed:
    claimed = claim(database, id, now, worker)
    assert claimed is not None
    return claimed


def refs_anywhere(database: Database) -> list[int]:
    with database.read() as conn:
        return sorted(ref for refs in conn.execute(select(tables.work.c.refs)).scalars() for ref in refs)


def without_token(claimed: Claimed) -> object:
    return tables.work.c.id == claimed.id


# --- claim, finish --------------------------------------------------------------------------------------------------------------


def test_a_row_is_claimed_once_until_its_lease_ends(database: Database) -> None:
    id = add(database)
    assert held(database, id).attempts == 1
    assert claim(database, id) is None
    assert held(database, id, LATER).attempts == 2


def test_a_row_that_is_not_due_is_not_claimed(database: Database) -> None:
    assert claim(database, add(database, due_at=LATER)) is None


def test_finish_takes_the_row_away_once(database: Database) -> None:
    claimed = held(database, add(database))
    with database.write() as conn:
        assert work.finish(conn, claimed)
        assert not work.finish(conn, claimed)


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_a_zombie_cannot_finish_what_another_worker_holds(database: Database, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if rule == "left out":
        monkeypatch.setattr(work, "_held", without_token)
    id = add(database)
    zombie = held(database, id)
    held(database, id, LATER, "host:2")
    with database.write() as conn:
        assert work.finish(conn, zombie) is (rule == "left out")


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_a_zombie_cannot_give_back_split_or_quarantine_either(database: Database, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if rule == "left out":
        monkeypatch.setattr(work, "_held", without_token)
    broken = rule == "left out"
    writes: tuple[Callable[[Any, Claimed], bool], ...] = (
        lambda conn, zombie: work.give_back(conn, zombie, LATER, error="", delay_s=1),
        lambda conn, zombie: work.split(conn, zombie, LATER) is not None,
        lambda conn, zombie: work.quarantine_lost(conn, zombie, LATER) is not None,
    )
    for write in writes:
        id = add(database, 1, 2)
        zombie = held(database, id)
        held(database, id, LATER, "host:2")
        with database.write() as conn:
            assert write(conn, zombie) is broken


def test_of_many_claims_at_once_one_wins(database: Database) -> None:
    id = add(database)
    won: list[Claimed] = []

    def race(place: int) -> None:
        claimed = claim(database, id, worker=f"host:{place}")
        if claimed is not None:
            won.append(claimed)

    threads = [threading.Thread(target=race, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_a_claim_does_not_wait_for_a_zombie_that_commits(database: Database) -> None:
    if not database.is_postgresql:
        pytest.skip("SQLite has one writer at a time: there is nothing to wait for but the whole database")
    id = add(database)
    zombie = held(database, id)
    with database.write() as conn:
        assert work.finish(conn, zombie)
        with Database(database.engine).write() as other:  # a second connection, while the first has not committed
            assert work.claim(other, id, worker="host:2", lease_s=30, now=LATER) is None


# --- offer ----------------------------------------------------------------------------------------------------------------------


def offer(database: Database, free: int, now: datetime = NOW) -> list[int]:
    with database.write() as conn:
        return [row.id for row in work.offer(conn, "ingest", "normal", free, now)]


def test_as_many_are_offered_as_the_queue_has_room_for_the_longest_due_first(database: Database) -> None:
    ids = [add(database, due_at=NOW - timedelta(seconds=age)) for age in (1, 3, 2)]
    assert offer(database, 2) == [ids[1], ids[2]]
    assert offer(database, 2) == [ids[0]]
    assert offer(database, 0) == []


def test_what_was_offered_and_not_claimed_is_offered_again_after_five_seconds(database: Database) -> None:
    id = add(database)
    assert offer(database, 5) == [id]
    assert offer(database, 5, NOW + timedelta(seconds=4)) == []
    assert offer(database, 5, NOW + timedelta(seconds=6)) == [id]


def test_what_is_leased_or_due_later_is_not_offered_and_what_was_lost_is(database: Database) -> None:
    lost = add(database)
    held(database, lost)
    add(database, due_at=LATER + timedelta(seconds=1))
    assert offer(database, 5) == []
    assert offer(database, 5, LATER) == [lost]


def test_two_sweeps_at_once_offer_each_row_once(database: Database) -> None:
    ids = [add(database) for _ in range(20)]
    offered: list[int] = []
    threads = [threading.Thread(target=lambda: offered.extend(offer(database, 5))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    offered += offer(database, 20)
    assert sorted(offered) == ids


def test_an_offer_names_the_attempt_that_it_asks_for(database: Database) -> None:
    id = add(database)
    held(database, id)
    with database.write() as conn:
        [again] = work.offer(conn, "ingest", "normal", 1, LATER)
    assert again.task_id == f"ingest-{id}-2"


# --- losses ---------------------------------------------------------------------------------------------------------------------


def test_an_orderly_end_is_no_loss(database: Database) -> None:
    id = add(database)
    claimed = held(database, id)
    with database.write() as conn:
        assert work.give_back(conn, claimed, NOW, error="the database went away", delay_s=5)
    assert claim(database, id) is None
    assert held(database, id, NOW + timedelta(seconds=6)).attempts == 1


def test_a_lost_chunk_is_split_into_singles_and_nothing_is_lost(database: Database) -> None:
    id = add(database, 7, 8, 9)
    held(database, id)
    again = held(database, id, LATER)
    assert again.must_split
    with database.write() as conn:
        singles = work.split(conn, again, LATER)
    assert singles is not None and len(singles) == 3
    assert refs_anywhere(database) == [7, 8, 9]


def test_a_large_chunk_is_split_into_small_ones_and_those_into_singles(database: Database) -> None:
    id = add(database, *range(1, 21))
    held(database, id)
    again = held(database, id, LATER)
    with database.write() as conn:
        work.split(conn, again, LATER)
        offered = work.offer(conn, "ingest", "normal", 0, LATER)
    sizes = []
    for row in offered:
        part = held(database, row.id, LATER)
        sizes.append(len(part.refs))
        with database.write() as conn:
            assert len(work.split(conn, part, LATER) or ()) == len(part.refs)
    assert sizes == [7, 7, 6]


def test_what_was_lost_goes_before_all_that_came_with_it(database: Database) -> None:
    id = add(database, 7, 8, 9)
    waiting = add(database, 10, 11)
    chunk = held(database, id)
    with database.write() as conn:
        singles = work.split(conn, chunk, LATER)
        offered = work.offer(conn, "ingest", "normal", 1, LATER)
        later = work.offer(conn, "ingest", "normal", 1, LATER)
    assert [(row.id, row.goes_first) for row in offered] == [(id, True) for id in singles or ()], "whether there is room or not"
    assert [(row.id, row.goes_first) for row in later] == [(waiting, False)]


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_singles_come_only_from_what_the_delete_gave_back(database: Database, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    id = add(database, 7, 8)
    zombie = held(database, id)
    other = held(database, id, LATER, "host:2")
    with database.write() as conn:
        assert work.split(conn, other, LATER)
    with database.write() as conn:
        if rule == "kept":
            assert work.split(conn, zombie, LATER) is None
        else:  # what split would do if it took the members from its own memory
            work.add(conn, [NewWork(stage="ingest", lane="normal", label="", refs=(ref,)) for ref in zombie.refs], LATER)
    assert (refs_anywhere(database) == [7, 8]) is (rule == "kept")


def test_a_single_that_was_lost_five_times_goes_to_quarantine(database: Database) -> None:
    id = add(database, 7)
    now = NOW
    for _ in range(work.MOST_LOSSES):
        assert not held(database, id, now).is_deadly
        now += timedelta(seconds=31)
    claimed = held(database, id, now)
    assert claimed.is_deadly
    with database.write() as conn:
        number = work.quarantine_lost(conn, claimed, now)
    with database.read() as conn:
        row = conn.execute(select(tables.quarantine).where(tables.quarantine.c.id == number)).one()
    assert (row.message, row.refs) == ("crashed its worker 5 times", [7])
    assert refs_anywhere(database) == []


def test_what_a_dead_child_held_is_ready_at_once_and_counts_as_lost(database: Database) -> None:
    mine, other = add(database, 1), add(database, 2)
    held(database, mine, worker="host:7")
    held(database, other, worker="host:8")
    with database.write() as conn:
        assert work.free_child(conn, "host:7", NOW) == 1
    assert held(database, mine).attempts == 2
    assert claim(database, other) is None


# --- an operator ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("running", [False, True])
def test_a_revoked_row_goes_to_quarantine_and_returns_under_a_new_id(database: Database, running: bool) -> None:
    id = add(database, 7)
    claimed = held(database, id) if running else None
    with database.write() as conn:
        number = work.revoke(conn, id, 1, NOW)
        assert number is not None
        assert work.revoke(conn, id, 1, NOW) is None
        if claimed is not None:
            assert not work.finish(conn, claimed)
        assert quarantine.replay(conn, [number], NOW) == 1
        assert quarantine.replay(conn, [number], NOW) == 0
    with database.read() as conn:
        [row] = conn.execute(select(tables.work)).all()
    assert row.id != id and row.refs == [7]


def test_revoking_an_attempt_that_is_over_does_nothing(database: Database) -> None:
    id = add(database)
    held(database, id)
    held(database, id, LATER)
    with database.write() as conn:
        assert work.revoke(conn, id, 1, LATER) is None


def test_the_backlog_tells_ready_leased_and_later_apart(database: Database) -> None:
    add(database)
    held(database, add(database))
    add(database, due_at=LATER)
    with database.read() as conn:
        [waits] = work.backlog(conn, NOW)
    assert (waits.ready, waits.leased, waits.later, waits.oldest_due) == (1, 1, 1, NOW)

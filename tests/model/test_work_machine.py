"""Random interleavings of what workers, sweeps, zombies and operators do to rows of work, against a reference of a few lines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import delete, select, true

from pipeline.storage import quarantine, work
from pipeline.storage.db import Database
from pipeline.storage.work import Claimed, NewWork
from schemas import tables

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEASE_S = 30
WORKERS = ("host:1", "host:2")
choice = strategies.integers(min_value=0, max_value=1000)


@dataclass(frozen=True, kw_only=True)
class Row:
    """What a row of work should be."""

    refs: tuple[int, ...]
    due: datetime
    lost: int = 0
    token: str = ""
    worker: str = ""
    until: datetime | None = None
    offered: datetime | None = None
    error: str = ""

    @property
    def was_lost(self) -> bool:
        return self.lost > 0 or self.error == "its chunk was lost"

    def is_ready(self, now: datetime) -> bool:
        return self.due <= now and (self.until is None or self.until < now)


class WorkMachine(RuleBasedStateMachine):
    """Rows as they should be beside rows as they are. Claims are kept for ever: any of them may turn out to be a zombie's."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.db = database
        self.now = START
        self.rows: dict[int, Row] = {}
        self.claims: list[Claimed] = []
        self.done: list[int] = []
        self.aside: dict[int, tuple[int, ...]] = {}
        self.next_ref = 0

    @initialize()
    def empty(self) -> None:
        with self.db.write() as conn:
            conn.execute(delete(tables.work))
            conn.execute(delete(tables.quarantine))

    @rule(size=strategies.integers(min_value=1, max_value=3), later=strategies.sampled_from((0, 0, 40)))
    def add(self, size: int, later: int) -> None:
        refs = tuple(range(self.next_ref, self.next_ref + size))
        self.next_ref += size
        due = self.now + timedelta(seconds=later)
        with self.db.write() as conn:
            [new] = work.add(conn, [NewWork(stage="ingest", lane="normal", label="test", refs=refs, due_at=due)], self.now)
        self.rows[new.id] = Row(refs=refs, due=due)

    @rule(seconds=strategies.sampled_from((1, 6, LEASE_S + 1)))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(free=strategies.integers(min_value=0, max_value=3))
    def offer(self, free: int) -> None:
        """As many as there is room for, and what was lost besides."""
        stale = self.now - work.OFFER_AGAIN
        ready = [id for id, row in self.rows.items() if row.is_ready(self.now) and (row.offered is None or row.offered < stale)]
        in_order = sorted(ready, key=lambda id: (self.rows[id].due, id))
        wanted = [id for place, id in enumerate(in_order) if place < free or self.rows[id].was_lost]
        with self.db.write() as conn:
            offered = work.offer(conn, "ingest", "normal", free, self.now)
        assert [one.id for one in offered] == wanted
        assert [one.goes_first for one in offered] == [self.rows[id].was_lost for id in wanted]
        assert [one.attempt for one in offered] == [self.rows[id].lost + 1 for id in wanted]
        for id in wanted:
            self.rows[id] = replace(self.rows[id], offered=self.now)

    @precondition(lambda self: self.rows)
    @rule(which=choice, worker=strategies.sampled_from(WORKERS))
    def claim(self, which: int, worker: str) -> None:
        id = sorted(self.rows)[which % len(self.rows)]
        row = self.rows[id]
        with self.db.write() as conn:
            claimed = work.claim(conn, id, worker=worker, lease_s=LEASE_S, now=self.now)
        assert (claimed is not None) is row.is_ready(self.now)
        if claimed is None:
            return
        assert (claimed.refs, claimed.attempts) == (row.refs, row.lost + 1)
        self.claims.append(claimed)
        until = self.now + timedelta(seconds=LEASE_S)
        self.rows[id] = replace(row, lost=row.lost + 1, token=claimed.token, worker=worker, until=until, offered=None)

    def _is_held(self, claimed: Claimed) -> bool:
        return claimed.id in self.rows and self.rows[claimed.id].token == claimed.token

    @precondition(lambda self: self.claims)
    @rule(which=choice)
    def finish(self, which: int) -> None:
        claimed = self.claims[which % len(self.claims)]
        with self.db.write() as conn:
            assert work.finish(conn, claimed) is self._is_held(claimed)
        if self._is_held(claimed):
            self.done += self.rows.pop(claimed.id).refs

    @precondition(lambda self: self.claims)
    @rule(which=choice)
    def give_back(self, which: int) -> None:
        claimed = self.claims[which % len(self.claims)]
        with self.db.write() as conn:
            assert work.give_back(conn, claimed, self.now, error="away", delay_s=2) is self._is_held(claimed)
        if self._is_held(claimed):
            row = self.rows[claimed.id]
            due = self.now + timedelta(seconds=2)
            self.rows[claimed.id] = replace(row, lost=row.lost - 1, due=due, token="", worker="", until=None, error="away")

    @precondition(lambda self: self.claims)
    @rule(which=choice)
    def split(self, which: int) -> None:
        claimed = self.claims[which % len(self.claims)]
        with self.db.write() as conn:
            singles = work.split(conn, claimed, self.now)
            assert (singles is not None) is self._is_held(claimed)
            if singles is None:
                return
            dues = {row.id: row.due_at for row in conn.execute(select(tables.work).where(tables.work.c.id.in_(singles)))}
        chunk = self.rows.pop(claimed.id)
        refs = chunk.refs
        for id, ref in zip(singles, refs, strict=True):
            assert dues[id] <= self.now, "ready at once"
            assert dues[id] < chunk.due, "and before what came with its chunk"
            self.rows[id] = Row(refs=(ref,), due=dues[id], error="its chunk was lost")

    @precondition(lambda self: self.claims)
    @rule(which=choice)
    def set_aside(self, which: int) -> None:
        claimed = self.claims[which % len(self.claims)]
        with self.db.write() as conn:
            id = work.quarantine_lost(conn, claimed, self.now)
        assert (id is not None) is self._is_held(claimed)
        if id is not None:
            self.aside[id] = self.rows.pop(claimed.id).refs

    @rule(worker=strategies.sampled_from(WORKERS))
    def child_dies(self, worker: str) -> None:
        held = [id for id, row in self.rows.items() if row.worker == worker and row.token]
        with self.db.write() as conn:
            assert work.free_child(conn, worker, self.now) == len(held)
        for id in held:
            self.rows[id] = replace(self.rows[id], token="", worker="", until=None, offered=None, error="its worker died")

    @precondition(lambda self: self.rows)
    @rule(which=choice, attempt=strategies.integers(min_value=1, max_value=3))
    def revoke(self, which: int, attempt: int) -> None:
        id = sorted(self.rows)[which % len(self.rows)]
        row = self.rows[id]
        running = row.lost if row.token else row.lost + 1
        with self.db.write() as conn:
            aside = work.revoke(conn, id, attempt, self.now)
        assert (aside is not None) is (attempt == running)
        if aside is not None:
            self.aside[aside] = self.rows.pop(id).refs

    @precondition(lambda self: self.rows)
    @rule(which=choice)
    def retry_now(self, which: int) -> None:
        id = sorted(self.rows)[which % len(self.rows)]
        row = self.rows[id]
        free = row.until is None or row.until < self.now
        with self.db.write() as conn:
            assert work.retry_now(conn, id, self.now) is free
        if free:
            self.rows[id] = replace(row, due=self.now, offered=None)

    @precondition(lambda self: self.aside)
    @rule(which=choice)
    def release(self, which: int) -> None:
        id = sorted(self.aside)[which % len(self.aside)]
        refs = self.aside.pop(id)
        with self.db.write() as conn:
            assert quarantine.replay(conn, [id], self.now) == 1
            [new] = conn.execute(select(tables.work.c.id).where(tables.work.c.id.not_in(sorted(self.rows)))).scalars()
        assert new not in {claimed.id for claimed in self.claims}, "a released row under an id that was revoked is refused again"
        self.rows[new] = Row(refs=refs, due=self.now)

    @invariant()
    def rows_are_as_they_should_be(self) -> None:
        with self.db.read() as conn:
            held = {row.id: row for row in conn.execute(select(tables.work))}
            aside = {
                row.id: tuple(row.refs) for row in conn.execute(select(tables.quarantine).where(tables.quarantine.c.released_at.is_(None)))
            }
        found = {
            id: Row(
                refs=tuple(row.refs),
                due=row.due_at,
                lost=row.attempts,
                token=row.token,
                worker=row.claimed_by,
                until=row.leased_until,
                offered=row.offered_at,
                error=row.last_error,
            )
            for id, row in held.items()
        }
        assert found == self.rows
        assert aside == self.aside

    @invariant()
    def everything_is_in_one_place(self) -> None:
        places = [ref for row in self.rows.values() for ref in row.refs] + self.done + [ref for refs in self.aside.values() for ref in refs]
        assert sorted(places) == list(range(self.next_ref))


def run(db: Database, examples: int, **more: Any) -> None:
    run_state_machine_as_test(cast(Any, lambda: WorkMachine(db)), settings=settings(max_examples=examples, stateful_step_count=25, **more))


def test_whatever_order_things_happen_in_each_document_is_in_one_place(database: Database) -> None:
    run(database, settings().max_examples // 5)


@pytest.mark.parametrize("rule", ["_held", "_ready"])
def test_a_rule_taken_out_is_found(database: Database, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the token, or with claims of what is not ready."""
    taken_out = {"_held": lambda claimed: tables.work.c.id == claimed.id, "_ready": lambda now: true()}
    monkeypatch.setattr(work, rule, taken_out[rule])
    machine = WorkMachine(database)
    machine.empty()
    machine.add(size=1, later=0)
    machine.claim(which=0, worker=WORKERS[0])
    if rule == "_held":
        machine.time_passes(seconds=LEASE_S + 1)
        machine.claim(which=0, worker=WORKERS[1])
    with pytest.raises(AssertionError):
        machine.finish(which=0) if rule == "_held" else machine.claim(which=0, worker=WORKERS[1])

"""What is true, in one order. Whoever changes an item holds the ledger lock from before its first change to its commit.

    with db.write() as conn:
        with held(conn, now) as log:          # SELECT … FOR UPDATE of the one row; BEGIN IMMEDIATE on SQLite
            …                                  # changes
            log.append(item, version, "stored", "normal")

Events are numbered last + 1 under the lock, so they become visible in the order of seq, with no gap: readers need no sequencer.
Nothing waits for another lock while it holds this one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select, update

from pipeline.storage.db import insert_rows, lock_ledger
from schemas.tables import event, log_state, version


class Ledger:
    """The lock, held. `last` is the number of the newest event."""

    def __init__(self, epoch: int, last: int, now: datetime) -> None:
        self.epoch = epoch
        self.last = self._before = last
        self._now = now
        self._events: list[dict[str, Any]] = []

    def append(self, item: int, version: int | None, kind: str, lane: str) -> int:
        """Number one event; its seq."""
        self.last += 1
        self._events.append({"seq": self.last, "item": item, "version": version, "kind": kind, "lane": lane, "at": self._now})
        return self.last

    def take(self) -> tuple[Table, list[dict[str, Any]]]:
        """What was appended, for who inserts it with rows of its own."""
        events, self._events = self._events, []
        return event, events

    def write(self, conn: Connection) -> None:
        """Insert what nobody took, and say which number was the last."""
        insert_rows(conn, self.take())
        if self.last != self._before:
            conn.execute(update(log_state).where(log_state.c.id == 1).values(last=self.last))


@contextmanager
def held(conn: Connection, now: datetime) -> Iterator[Ledger]:
    """Take the lock; at the end of the block the events are inserted. It is free again when the transaction ends."""
    epoch, last = lock_ledger(conn)
    ledger = Ledger(epoch, last, now)
    yield ledger
    ledger.write(conn)


def last(conn: Connection) -> int:
    """The number of the newest committed event, without the lock."""
    return int(conn.execute(select(log_state.c.last).where(log_state.c.id == 1)).scalar_one())


def versions_since(conn: Connection, seq: int) -> list[int]:
    """Versions that events after `seq` brought: what a look-up of candidates before the lock could not see."""
    rows = conn.execute(select(event.c.version).where(event.c.seq > seq, event.c.version.is_not(None)).distinct())
    return sorted(int(value) for value in rows.scalars())


def having(conn: Connection, kind: str, versions: Sequence[int]) -> set[int]:
    """Those of these versions for which the ledger holds an event of this kind. By way of their items: events have no index of versions."""
    ids = list(versions)
    if not ids:
        return set()
    theirs = event.c.item.in_(select(version.c.item).where(version.c.id.in_(ids)))
    return set(conn.execute(select(event.c.version).where(theirs, event.c.version.in_(ids), event.c.kind == kind)).scalars())

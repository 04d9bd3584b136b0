"""Draining: what is in hand is finished, nothing new is taken, by nobody, until it ends. One row says so, so that no restart forgets it.

Every claim asks for it in its own statement: work, hosts and their jobs, sources, and what is due to consumers. Acknowledgements are taken.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, delete, exists, func, select

from pipeline.storage.db import insert
from schemas.tables import drain, host, work


class Draining(msgspec.Struct, frozen=True, kw_only=True):
    """Since when, and why."""

    since: datetime
    reason: str

    @property
    def sentence(self) -> str:
        because = f" ({self.reason})" if self.reason else ""
        return f"newswire is drained since {self.since:%Y-%m-%d %H:%M} UTC{because}: nothing new is taken until `newswire drain --end`."


class InHand(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody works on now."""

    work: int
    hosts: int

    def __bool__(self) -> bool:
        return bool(self.work or self.hosts)


def is_off() -> ColumnElement[bool]:
    """For the WHERE of whatever takes something new."""
    return ~exists(select(drain.c.id))


def state(conn: Connection) -> Draining | None:
    """None: all goes on."""
    row = conn.execute(select(drain.c.since, drain.c.reason)).one_or_none()
    return None if row is None else Draining(since=row.since, reason=row.reason)


def begin(conn: Connection, now: datetime, *, reason: str = "") -> Draining:
    """From this commit on nothing new is taken. Twice keeps the first time and reason."""
    conn.execute(insert(conn, drain).values(id=1, since=now, reason=reason).on_conflict_do_nothing())
    found = state(conn)
    assert found is not None
    return found


def end(conn: Connection) -> bool:
    """All goes on. False: nothing was drained."""
    return conn.execute(delete(drain)).rowcount > 0


def in_hand(conn: Connection, now: datetime) -> InHand:
    """What is under a lease: rows of work, and hosts that a pump asks. A dead worker's lease ends by itself."""
    rows = select(func.count()).select_from(work).where(work.c.leased_until >= now)
    hosts = select(func.count()).select_from(host).where(host.c.leased_until >= now)
    return InHand(work=int(conn.execute(rows).scalar_one()), hosts=int(conn.execute(hosts).scalar_one()))

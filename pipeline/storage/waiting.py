"""What the sweep looks at first: does anything wait to be offered? A reading transaction, so that an idle system writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, Table, and_, exists, or_, select
from sqlalchemy.sql.elements import ColumnElement

from pipeline.storage.work import OFFER_AGAIN
from schemas.tables import host, work


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Something waits in these."""

    pairs: tuple[tuple[str, str], ...]
    """Stage and lane."""
    hosts: bool

    def __bool__(self) -> bool:
        return bool(self.pairs) or self.hosts


def waiting(conn: Connection, pairs: Sequence[tuple[str, str]], now: datetime) -> Waiting:
    """Which of these stages and lanes, and whether hosts, have something that is due, not under a lease, and not offered just now."""

    def offerable(table: Table) -> ColumnElement[bool]:
        c = table.c
        return and_(
            c.due_at <= now,
            or_(c.leased_until.is_(None), c.leased_until < now),
            or_(c.offered_at.is_(None), c.offered_at < now - OFFER_AGAIN),
        )

    columns = [exists().where(work.c.stage == stage, work.c.lane == lane, offerable(work)) for stage, lane in pairs]
    found = conn.execute(select(*columns, exists().where(offerable(host)))).one()
    return Waiting(pairs=tuple(pair for pair, there in zip(pairs, found, strict=False) if there), hosts=bool(found[-1]))

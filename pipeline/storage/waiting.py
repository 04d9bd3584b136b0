"""What the sweep looks at first: does anything wait to be offered? A reading transaction, so that an idle system writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, exists, or_, select

from pipeline.storage import drain
from pipeline.storage.work import OFFER_AGAIN
from schemas.tables import work


def waiting(conn: Connection, pairs: Sequence[tuple[str, str]], now: datetime) -> list[tuple[str, str]]:
    """Those of these (stage, lane) that have a row which is due, not under a lease, and not offered just now."""
    offerable = (
        drain.is_off(),
        work.c.due_at <= now,
        or_(work.c.leased_until.is_(None), work.c.leased_until < now),
        or_(work.c.offered_at.is_(None), work.c.offered_at < now - OFFER_AGAIN),
    )
    found = conn.execute(select(*(exists().where(work.c.stage == stage, work.c.lane == lane, *offerable) for stage, lane in pairs))).one()
    return [pair for pair, there in zip(pairs, found, strict=True) if there]

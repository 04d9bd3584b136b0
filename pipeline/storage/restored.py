"""After a backup was put back: consumers know what the database has forgotten. Everything that they compare is raised above it.

epoch, generations    max(old + 1, unix seconds): greater than any that was lost, also after a second restore
push                  each item that changed in the last days is told again, as it is now
log                   the floor goes back to the first event of those days; the streams are made again under the new generation
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec
from sqlalchemy import Connection, and_, case, func, insert, literal, select, update

from pipeline.storage.db import lock_ledger
from schemas.tables import delivery, event, item, log_state, subscription
from schemas.verdict import ItemStatus

_KILL, _BACKFILL = 0, 3


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What was done."""

    epoch: int
    subscriptions: int
    items: int
    """To be told again, to each subscription that is pushed to."""


def restored(conn: Connection, now: datetime, *, since: datetime, logs: Collection[str]) -> Restored:
    """Under the ledger lock. `since`: what changed after it is told again. `logs`: the kinds of targets that keep each event."""
    epoch, last = lock_ledger(conn)
    greater = int(now.timestamp())
    epoch = max(epoch + 1, greater)
    conn.execute(update(log_state).where(log_state.c.id == 1).values(epoch=epoch))
    live = subscription.c.removed_at.is_(None)
    raised = case((subscription.c.generation + 1 > greater, subscription.c.generation + 1), else_=greater)
    conn.execute(update(subscription).where(live).values(generation=raised, token="", leased_until=None, trouble="", trouble_at=None))
    conn.execute(update(delivery).values(sent_seq=None, sent_at=None, due_at=now))
    for id in conn.execute(select(subscription.c.id).where(live, subscription.c.kind.not_in(sorted(logs)))).scalars().all():
        _tell_again(conn, id, last, now, since)
    floor = select(func.coalesce(func.min(event.c.seq) - 1, last)).where(event.c.at >= since).scalar_subquery()
    behind = and_(live, subscription.c.kind.in_(sorted(logs)), subscription.c.read_seq > floor)
    conn.execute(update(subscription).where(behind).values(read_seq=floor))
    return Restored(
        epoch=epoch,
        subscriptions=conn.execute(select(func.count()).select_from(subscription).where(live)).scalar_one(),
        items=conn.execute(select(func.count()).select_from(item).where(item.c.updated_at >= since)).scalar_one(),
    )


def _tell_again(conn: Connection, id: int, last: int, now: datetime, since: datetime) -> None:
    """A row for each item that has none yet."""
    has_row = select(delivery.c.item).where(delivery.c.subscription == id, delivery.c.item == item.c.id).exists()
    lane = case((item.c.status.in_([ItemStatus.KILLED, ItemStatus.PURGED]), _KILL), else_=_BACKFILL)
    due = literal(now, type_=delivery.c.due_at.type)
    owed = select(literal(id), item.c.id, literal(last), lane, due).where(item.c.updated_at >= since, ~has_row)
    conn.execute(insert(delivery).from_select(["subscription", "item", "seq", "lane", "due_at"], owed))

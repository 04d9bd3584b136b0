"""A subscription's settings are changed: what its consumer is told of that, under numbers greater than all that it holds.

    change    the new settings, and that all items have still to be looked at       one short transaction
    step      the next of them: those that leave the filter, or come back into it    without a lock
              an event for each, after another look at what changed meanwhile        under the ledger lock

So nobody waits for a change, however much is stored; deliverers take the steps (workers/couriers.py). What the new filter lets pass and the
consumer never had is told from its next change on, or by a rewind.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
from sqlalchemy import Connection, func, select, update

from pipeline.errors import Misconfigured
from pipeline.storage import ledger, messages, subscriptions
from pipeline.storage.db import Database
from pipeline.storage.messages import REFILTERED
from pipeline.storage.subscriptions import Past, Subscription
from schemas.tables import event, item, subscription, version

_STEP = 500
"""Items of one step: 10 ms under the ledger lock."""
_OPEN = 2**62
"""The last event of a change of which not all is looked at."""


def change(conn: Connection, now: datetime, before: Subscription, after: Subscription) -> None:
    """Write it. Raises Misconfigured for settings that can't be, where somebody else changed it since `before` was read, and where not all is
    told of its last change.
    """
    subscriptions.check(after.filter, after.after, after.embargo)
    here = subscription.c.id == before.id, subscription.c.revision == before.revision, subscription.c.removed_at.is_(None)
    values = {"target": after.target, "filter": after.filter, "after": after.after, "embargo": after.embargo}
    if not conn.execute(update(subscription).where(*here).values(**values, revision=before.revision + 1)).rowcount:
        raise Misconfigured(f"{before.name} was changed by somebody else just now.", hint="Look at it, and say it again.")
    if (before.filter, before.embargo) == (after.filter, after.embargo):
        return
    if before.refilter_from is not None:
        raise Misconfigured(f"{before.name}: not all items are looked at for its last change of filter.", hint="A deliverer does it.")
    with ledger.held(conn, now) as log:
        newest_version, newest_item = conn.execute(
            select(select(func.max(version.c.id)).scalar_subquery(), select(func.max(item.c.id)).scalar_subquery())
        ).one()
        past = Past(
            filter=before.filter,
            embargo=before.embargo,
            until=newest_version or 0,
            items=newest_item or 0,
            first=log.last + 1,
            last=_OPEN,
        )
        _write(conn, before.id, [*before.past, past], refilter_from=1)


def step(db: Database, name: str) -> bool:
    """Look at the next items for a change of filter; whether there are more. Commits. Twice at once does it once."""
    with db.read() as conn:
        after = subscriptions.get(conn, name)
        if after.refilter_from is None:
            return False
        *older, past = after.past
        before = msgspec.structs.replace(after, filter=past.filter, embargo=past.embargo, past=older)
        ids = range(after.refilter_from, min(after.refilter_from + _STEP, past.items + 1))
        seen = ledger.last(conn)
        told = _told(conn, before, after, ids)
    is_last = ids.stop > past.items
    with db.write() as conn:
        mine = update(subscription).where(
            subscription.c.id == after.id, subscription.c.revision == after.revision, subscription.c.refilter_from == ids.start
        )
        if not conn.execute(mine.values(refilter_from=None if is_last else ids.stop)).rowcount:
            return True  # another deliverer was quicker
        with ledger.held(conn, db.now(conn)) as log:
            newer = set(conn.execute(select(event.c.item).where(event.c.seq > seen, event.c.item.in_(ids))).scalars())
            told = {id: of for id, of in told.items() if id not in newer} | _told(conn, before, after, newer)
            for id, of in sorted(told.items()):
                log.append(id, of, REFILTERED, "backfill")
            if is_last:
                pasts = [*older, msgspec.structs.replace(past, last=log.last)]
                _write(conn, after.id, pasts, revision=after.revision + 1)
    return not is_last


def _told(conn: Connection, before: Subscription, after: Subscription, ids: Iterable[int]) -> dict[int, int | None]:
    """Of these items, those that left the filter, and those that came back of which the consumer was told once; with the version that may be
    seen now.
    """
    left, came = messages.differing(conn, before, after, sorted(ids))
    known = messages.ever_matched(conn, before, came) if came else set()
    return left | {id: of for id, of in came.items() if id in known}


def _write(conn: Connection, id: int, past: list[Past], **values: int) -> None:
    conn.execute(update(subscription).where(subscription.c.id == id).values(past=msgspec.to_builtins(past), **values))

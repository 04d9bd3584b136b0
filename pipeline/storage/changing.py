"""A subscription's settings are changed: what its consumer is told of that, under numbers greater than all that it holds.

    affected    items that leave the filter, or that come back into it      no lock: it may take long
    change      under the ledger lock: the same for what changed meanwhile; an event for each; the new settings

What the new filter lets pass and the consumer never had is told from its next change on, or by a rewind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, func, select, update

from pipeline.errors import Misconfigured
from pipeline.storage import ledger, messages, subscriptions
from pipeline.storage.db import Database
from pipeline.storage.messages import REFILTERED
from pipeline.storage.subscriptions import Past, Subscription
from schemas.tables import event, item, subscription, version

_BATCH = 500


class Affected(msgspec.Struct, frozen=True, kw_only=True):
    """What a change of settings changes of what the consumer shows."""

    left: dict[int, int] = {}
    """Items, and the version that may be seen now."""
    came: dict[int, int] = {}
    """Back: the consumer was told of them once."""
    seq: int = 0
    """Of the newest event that was looked at."""


def affected(db: Database, before: Subscription, after: Subscription, done: Callable[[int, int], None]) -> Affected:
    """`done`: items looked at, and of how many. Raises Misconfigured for settings that can't be."""
    subscriptions.check(after.filter, after.after, after.embargo)
    with db.read() as conn:
        found = Affected(seq=ledger.last(conn))
        top = conn.execute(select(func.coalesce(func.max(item.c.id), 0))).scalar_one() if _is_refiltered(before, after) else 0
    for first in range(1, top + 1, _BATCH):
        ids = range(first, min(first + _BATCH, top + 1))
        with db.read() as conn:
            found = _looked_at(conn, before, after, ids, found)
        done(ids[-1], top)
    return found


def _is_refiltered(before: Subscription, after: Subscription) -> bool:
    return (before.filter, before.embargo) != (after.filter, after.embargo)


def _looked_at(conn: Connection, before: Subscription, after: Subscription, ids: Sequence[int], found: Affected) -> Affected:
    """`found`, with what is true of these items now."""
    here = set(ids)
    left, came = messages.differing(conn, before, after, ids)
    known = messages.ever_matched(conn, before, came)
    return Affected(
        left={id: of for id, of in found.left.items() if id not in here} | left,
        came={id: of for id, of in found.came.items() if id not in here} | {id: of for id, of in came.items() if id in known},
        seq=found.seq,
    )


def change(conn: Connection, now: datetime, before: Subscription, after: Subscription, found: Affected) -> Affected:
    """Write it; what was told. Raises Misconfigured where somebody else changed it since `before` was read."""
    here = subscription.c.id == before.id, subscription.c.revision == before.revision, subscription.c.removed_at.is_(None)
    values = {"target": after.target, "filter": after.filter, "after": after.after, "embargo": after.embargo}
    if not conn.execute(update(subscription).where(*here).values(**values, revision=before.revision + 1)).rowcount:
        raise Misconfigured(f"{before.name} was changed by somebody else just now.", hint="Look at it, and say it again.")
    if not _is_refiltered(before, after):
        return found
    with ledger.held(conn, now) as log:
        newer = conn.execute(select(event.c.item).where(event.c.seq > found.seq).distinct()).scalars().all()
        for first in range(0, len(newer), _BATCH):
            found = _looked_at(conn, before, after, newer[first : first + _BATCH], found)
        told = found.left | found.came
        past = Past(
            filter=before.filter,
            embargo=before.embargo,
            until=conn.execute(select(func.coalesce(func.max(version.c.id), 0))).scalar_one(),
            first=log.last + 1,
            last=log.last + len(told),
        )
        for id, of in sorted(told.items()):
            log.append(id, of, REFILTERED, "backfill")
    pasts = msgspec.to_builtins([*before.past, past])
    conn.execute(update(subscription).where(subscription.c.id == before.id).values(past=pasts))
    return found

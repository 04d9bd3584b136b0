"""Who is told, of what, and how far they are: rows of subscriptions, and the set of items each has still to be told of.

A new one, a rewind and a pause change rows only; `workers/deliver.py` does what they say.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, func, insert, literal, or_, select, update

from pipeline.errors import Misconfigured
from pipeline.storage.messages import check_filter
from schemas.learnt import learn
from schemas.tables import delivery, event, item, log_state, subscription
from schemas.verdict import ItemStatus

LEASE = timedelta(seconds=6)
BACKFILL = 3
"""Lane of a delivery: 0 kill, 1 flash, 2 normal, 3 backfill."""


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """A filter that a subscription had: what its consumer was told of under it must be told when it leaves."""

    filter: dict[str, list[str]]
    embargo: str
    until: int
    """The newest version at that time."""
    items: int
    """The newest item: all up to it are looked at."""
    first: int
    last: int
    """The events that tell of the change (`refiltered`) are among these; first > last: there are none."""


learn(list[Past])


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """One consumer's subscription, as it stands."""

    id: int
    name: str
    kind: str
    target: dict[str, Any]
    filter: dict[str, list[str]]
    after: str
    embargo: str
    revision: int
    past: list[Past]
    refilter_from: int | None
    """From this item on they are still to be looked at for the last change of filter."""
    generation: int
    read_seq: int
    token: str
    paused_at: datetime | None
    pause_reason: str
    trouble: str
    trouble_at: datetime | None
    created_at: datetime


def _of(row: Any) -> Subscription:
    return Subscription(**{name: getattr(row, name) for name in Subscription.__struct_fields__ if name != "past"}, past=_pasts(row.past))


def _pasts(stored: object) -> list[Past]:
    return msgspec.convert(stored, list[Past])


def check(filter: Mapping[str, list[str]], after: str, embargo: str) -> None:
    """Raises Misconfigured."""
    check_filter(filter)
    if embargo not in ("wait", "early"):
        raise Misconfigured(f"embargo = {embargo!r}: what is under embargo is told when it ends (wait), or at once (early).")
    if after not in ("stored", "enriched"):
        raise Misconfigured(f"after = {after!r}: items are told of after they are stored, or after they are enriched.")


def add(
    conn: Connection,
    now: datetime,
    *,
    name: str,
    kind: str,
    target: Mapping[str, Any],
    filter: Mapping[str, list[str]] | None = None,
    after: str = "stored",
    embargo: str = "wait",
    from_start: bool = False,
    is_log: bool = False,
) -> Subscription:
    """Subscribe, from now on or with all that is stored. Raises Misconfigured for a name that is taken or a filter that is none.

    read_seq is set first, then the rows of the snapshot: the other way what is stored in between would be told to nobody. A log has no
    rows: it begins with the first event.
    """
    check(filter or {}, after, embargo)
    if conn.execute(select(subscription.c.id).where(subscription.c.name == name)).first():
        raise Misconfigured(f"There is a subscription {name} already.", hint="Choose another name, or `newswire subscriptions show`.")
    last = conn.execute(select(log_state.c.last).where(log_state.c.id == 1)).scalar_one()
    row = conn.execute(
        subscription.insert()
        .values(
            name=name,
            kind=kind,
            target=dict(target),
            filter=dict(filter or {}),
            after=after,
            embargo=embargo,
            generation=int(now.timestamp()),  # greater than that of any earlier subscription of this name
            read_seq=0 if is_log and from_start else last,
            created_at=now,
        )
        .returning(subscription)
    ).one()
    if from_start and last and not is_log:
        owed = select(literal(row.id), item.c.id, literal(last), literal(BACKFILL), literal(now, type_=delivery.c.due_at.type))
        if embargo == "wait":
            owed = owed.where(item.c.status != ItemStatus.HELD)
        conn.execute(insert(delivery).from_select(["subscription", "item", "seq", "lane", "due_at"], owed))
    return _of(row)


def listed(conn: Connection) -> list[Subscription]:
    """All that were not removed, by name."""
    return [_of(row) for row in conn.execute(select(subscription).where(subscription.c.removed_at.is_(None)).order_by(subscription.c.name))]


def get(conn: Connection, name: str) -> Subscription:
    """One. Raises Misconfigured where there is none of that name."""
    row = conn.execute(select(subscription).where(subscription.c.name == name, subscription.c.removed_at.is_(None))).one_or_none()
    if row is None:
        raise Misconfigured(f"There is no subscription {name}.", hint="`newswire subscriptions list` shows all.")
    return _of(row)


def pause(conn: Connection, name: str, now: datetime, reason: str) -> None:
    """Send nothing; reading and acknowledgements go on."""
    one = get(conn, name)
    conn.execute(update(subscription).where(subscription.c.id == one.id).values(paused_at=now, pause_reason=reason))


def resume(conn: Connection, name: str) -> None:
    """Send again."""
    one = get(conn, name)
    conn.execute(update(subscription).where(subscription.c.id == one.id).values(paused_at=None, pause_reason=""))


def remove(conn: Connection, name: str, now: datetime) -> None:
    """End it. Its name is free again; what it had still to tell is dropped."""
    one = get(conn, name)
    conn.execute(delivery.delete().where(delivery.c.subscription == one.id))
    gone = {"removed_at": now, "name": f"{name} (removed {now:%Y-%m-%d %H:%M:%S})", "token": ""}
    conn.execute(update(subscription).where(subscription.c.id == one.id).values(**gone))


def rewind(conn: Connection, name: str, *, to: int | datetime) -> Subscription:
    """Tell again what changed after a number or a time. Rows stay; acknowledgements of the older generation do nothing."""
    one = get(conn, name)
    if isinstance(to, datetime):
        seq = conn.execute(select(func.coalesce(func.max(event.c.seq), 0)).where(event.c.at < to)).scalar_one()
    else:
        seq = to
    if not 0 <= seq <= one.read_seq:
        raise Misconfigured(f"{name} has read up to {one.read_seq}: it can be rewound to a number from 0 to that.")
    row = conn.execute(
        update(subscription)
        .where(subscription.c.id == one.id)
        .values(generation=subscription.c.generation + 1, token="", leased_until=None, read_seq=seq)
        .returning(subscription)
    ).one()
    # what is in flight bears the older generation: its answer will not count
    flying = and_(delivery.c.subscription == one.id, delivery.c.sent_seq.is_not(None))
    conn.execute(update(delivery).where(flying).values(sent_seq=None, sent_at=None, due_at=delivery.c.sent_at))
    return _of(row)


def lease(conn: Connection, id: int, now: datetime, token: str = "") -> Subscription | None:
    """Take, or with its `token` keep, a subscription for a while; None where another deliverer has it."""
    free: ColumnElement[bool] = or_(subscription.c.leased_until.is_(None), subscription.c.leased_until < now)
    mine = and_(subscription.c.token == token, subscription.c.token != "")
    chosen = select(subscription.c.id).where(subscription.c.id == id, subscription.c.removed_at.is_(None), or_(free, mine))
    row = conn.execute(
        update(subscription)
        .where(subscription.c.id == chosen.with_for_update(skip_locked=True).scalar_subquery())
        .values(token=token or secrets.token_hex(8), leased_until=now + LEASE)
        .returning(subscription)
    ).one_or_none()
    return _of(row) if row else None


def note_trouble(conn: Connection, id: int, now: datetime, trouble: str) -> None:
    """Why its target takes nothing, since when; '' where it does again. Another reason keeps the time. For `newswire status`."""
    since = func.coalesce(subscription.c.trouble_at, literal(now, type_=subscription.c.trouble_at.type)) if trouble else None
    conn.execute(update(subscription).where(subscription.c.id == id).values(trouble=trouble, trouble_at=since))


def let_go(conn: Connection, token: str) -> None:
    """An orderly end of the deliverer that leased by this token: another one goes on at once."""
    conn.execute(update(subscription).where(subscription.c.token == token).values(token="", leased_until=None))

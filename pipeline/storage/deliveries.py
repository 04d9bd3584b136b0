"""Push: for each subscription the set of items that it has still to be told of. One row an item, however often it changed.

    read    events ─► rows            one transaction with the move of read_seq
    send    due rows ─► messages, made from the items' state now
    ack     the row goes, if nothing newer waits in it

So reading never waits for the consumer; a kill overtakes everything; an old text can't follow its kill.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, case, delete, exists, func, or_, select, tuple_, update

from pipeline.storage import drain, messages
from pipeline.storage.db import insert
from pipeline.storage.history import record_all
from pipeline.storage.messages import Wanted
from pipeline.storage.quarantine import code_version
from pipeline.storage.subscriptions import LEASE, Subscription
from schemas.messages import Message
from schemas.tables import delivery, event, history, log_state, subscription

KILL, FLASH, NORMAL, BACKFILL = 0, 1, 2, 3
_KILLS = messages.KILLS
_attempts = attrgetter("attempts")
_LANES = {"flash": FLASH, "normal": NORMAL, "backfill": BACKFILL}
_READ = 500
"""Events of one pass."""
RESEND = timedelta(seconds=10)
"""First wait for an acknowledgement; it doubles."""
RESEND_UNSEEN = timedelta(minutes=10)
"""In a queue that was not seen empty, what we sent is taken to wait still. After so long it is sent again all the same: what was lost
in a queue that is never empty would be lost for ever."""
MOST_ATTEMPTS = 8
PROBE = 0
"""No subscription's id: that of a probe's acknowledgement, whose seq is its number."""
UNCONFIRMED = "unconfirmed: it was sent and taken from the queue, and no acknowledgement came"
FAILED = "failed: the consumer's task raised an error"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An acknowledgement, good or bad."""

    generation: int
    item: int
    seq: int
    ok: bool
    why: str = ""
    """A sentence, where it is bad."""
    counts: bool = True
    """An attempt, if it is bad. False: it says nothing of this item."""


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """One message to send."""

    item: int
    seq: int
    message: Message
    is_urgent: bool
    """A kill or a flash."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription for which there is something to do: answers to wait for, at least."""

    id: int
    behind: bool
    """There are events to read."""
    due: bool
    """There are rows to send."""
    urgent: bool = False
    """Among them a kill or a flash."""
    refilters: bool = False
    """There are items to look at for a change of filter."""
    generation: int = 0
    """A rewind raises it."""
    revision: int = 0
    """A change of settings raises it."""
    last: int = 0
    """The newest event."""


def waiting(conn: Connection, now: Callable[[], datetime], token: str) -> tuple[datetime | None, list[Look]]:
    """Where there is something to do, and no other deliverer does it. One query where there is nothing: all that an idle system costs.

    With it the time, which was asked for only if there is something.
    """
    mine = delivery.c.subscription == subscription.c.id
    last = select(log_state.c.last).where(log_state.c.id == 1).scalar_subquery()
    columns = (
        subscription.c.id,
        subscription.c.generation,
        subscription.c.revision,
        (subscription.c.read_seq < last).label("behind"),
        last.label("last"),
    )
    refilters = and_(drain.is_off(), subscription.c.refilter_from.is_not(None))
    some = or_(subscription.c.read_seq < last, refilters, exists().where(mine, delivery.c.parked_at.is_(None)))
    found = conn.execute(select(*columns).where(subscription.c.removed_at.is_(None), some)).all()
    if not found:
        return None, []
    at = now()
    is_on = and_(drain.is_off(), subscription.c.paused_at.is_(None))
    is_due = and_(is_on, exists().where(mine, _is_ready(at)))
    is_urgent = and_(is_on, exists().where(mine, _is_ready(at), _IS_URGENT))
    free = or_(subscription.c.token == token, subscription.c.leased_until.is_(None), subscription.c.leased_until < at)
    rows = conn.execute(
        select(*columns, is_due.label("due"), is_urgent.label("urgent"), refilters.label("refilters"))
        .where(subscription.c.id.in_([row.id for row in found]), free)
        .order_by(subscription.c.id)
    )
    looks = [
        Look(
            id=row.id,
            behind=bool(row.behind),
            due=bool(row.due),
            urgent=bool(row.urgent),
            refilters=bool(row.refilters),
            generation=row.generation,
            revision=row.revision,
            last=row.last,
        )
        for row in rows
    ]
    return at, looks


def _is_ready(now: datetime) -> ColumnElement[bool]:
    return and_(delivery.c.parked_at.is_(None), delivery.c.due_at <= now)


_IS_URGENT = delivery.c.lane.in_((KILL, FLASH))


def has_urgent(conn: Connection, one: Subscription, now: datetime) -> bool:
    """Whether a kill or a flash is due."""
    return bool(conn.execute(select(exists().where(delivery.c.subscription == one.id, _is_ready(now), _IS_URGENT))).scalar_one())


def read(conn: Connection, one: Subscription, now: datetime) -> int:
    """Move read_seq over the next events and note the items they touch; how many events. 0 also where the token is lost.

    The token-checked UPDATE comes first, and locks: two deliverers never read the same events, and a rewind comes before or after.
    """
    held = conn.execute(
        update(subscription).where(_has(one)).values(leased_until=now + LEASE).returning(subscription.c.read_seq)
    ).one_or_none()
    if held is None:
        return 0
    events = conn.execute(select(event).where(event.c.seq > held.read_seq).order_by(event.c.seq).limit(_READ)).all()
    if not events:
        return 0
    fits = messages.ever_matched(conn, one, {row.item for row in events if row.kind not in _KILLS})
    owed: dict[int, tuple[int, int]] = {}
    for row in events:
        if not messages.is_told(one, row.kind, row.seq) or (row.kind not in _KILLS and row.item not in fits):
            continue
        lane = KILL if row.kind in _KILLS else _LANES.get(row.lane, NORMAL)
        owed[row.item] = (row.seq, min(lane, owed.get(row.item, (0, BACKFILL))[1]))
    _owe(conn, one.id, owed, now)
    conn.execute(update(subscription).where(subscription.c.id == one.id).values(read_seq=events[-1].seq))
    return len(events)


def _owe(conn: Connection, subscription_id: int, owed: Mapping[int, tuple[int, int]], now: datetime) -> None:
    """The greater seq, the faster lane; due now, unless one is in flight. A kill is due at once, whatever is in flight."""
    if not owed:
        return
    statement = insert(conn, delivery)
    new, kill = statement.excluded, _is_at_once(statement.excluded.lane)
    statement = statement.on_conflict_do_update(
        index_elements=["subscription", "item"],
        set_={
            "seq": case((new.seq > delivery.c.seq, new.seq), else_=delivery.c.seq),
            "lane": case((new.lane < delivery.c.lane, new.lane), else_=delivery.c.lane),
            "attempts": 0,
            "parked_at": None,
            "last_error": "",
            "due_at": case((and_(delivery.c.sent_seq.is_not(None), ~kill), delivery.c.due_at), else_=new.due_at),
            "sent_seq": case((kill, None), else_=delivery.c.sent_seq),
            "sent_at": case((kill, None), else_=delivery.c.sent_at),
        },
    )
    rows = [
        {"subscription": subscription_id, "item": id, "seq": seq, "lane": lane, "due_at": now} for id, (seq, lane) in sorted(owed.items())
    ]
    conn.execute(statement, rows)


def _is_at_once(lane: ColumnElement[int]) -> ColumnElement[bool]:
    return lane == KILL


# --- sending --------------------------------------------------------------------------------------------------------------------


def due(conn: Connection, one: Subscription, now: datetime, *, room: int, urgent: int = 0, empty_at: datetime | None) -> list[Due]:
    """Up to `room` messages, and up to `urgent` kills and flashes besides, marked as in flight. Commit, then send: what dies in between is
    due again. None where the token is lost.

    `empty_at`: when the target's queue was last seen empty. Silence about what was sent before that means something; otherwise what we sent
    waits there still: an hour's absence of the consumer must not park anything.
    """
    if room + urgent <= 0 or not _hold(conn, one, now):
        return []
    if room > 0:  # what is urgent does not wait for that
        _lost_patience(conn, one, now, empty_at=empty_at)
    rows = conn.execute(
        select(delivery)
        .where(delivery.c.subscription == one.id, _is_ready(now))
        .order_by(delivery.c.lane, delivery.c.seq)
        .limit(room + urgent)
    ).all()
    rows = [row for place, row in enumerate(rows) if place < room or row.lane <= FLASH]
    if not rows:
        return []
    made = messages.make(conn, one, [Wanted(item=row.item, seq=row.seq) for row in rows])
    mine = delivery.c.subscription == one.id
    if unseen := [row for row in rows if (row.item, row.seq) not in made]:  # what shows them will be an event of its own
        conn.execute(delete(delivery).where(mine, _are(delivery.c.seq, unseen)))
    for attempts, some in groupby(sorted(rows, key=_attempts), key=_attempts):
        later = now + RESEND * 2 ** min(attempts, MOST_ATTEMPTS)
        conn.execute(update(delivery).where(mine, _are(delivery.c.seq, some)).values(sent_seq=delivery.c.seq, sent_at=now, due_at=later))
    seen = [row for row in rows if (row.item, row.seq) in made]
    return [Due(item=row.item, seq=row.seq, message=made[row.item, row.seq], is_urgent=row.lane <= FLASH) for row in seen]


def _hold(conn: Connection, one: Subscription, now: datetime) -> bool:
    """The token-checked UPDATE: this deliverer still has the subscription, and nobody takes, rewinds or pauses it before the commit."""
    held = and_(_has(one), drain.is_off(), subscription.c.paused_at.is_(None), subscription.c.removed_at.is_(None))
    return conn.execute(update(subscription).where(held).values(leased_until=now + LEASE)).rowcount == 1


def _has(one: Subscription) -> ColumnElement[bool]:
    return and_(subscription.c.id == one.id, subscription.c.token == one.token, subscription.c.token != "")


def unsend(conn: Connection, one: Subscription, sent: Sequence[Due], now: datetime) -> None:
    """Pushing them failed: due at once, and nobody's silence."""
    here = and_(delivery.c.subscription == one.id, _are(delivery.c.sent_seq, sent))
    conn.execute(update(delivery).where(here).values(sent_seq=None, sent_at=None, due_at=now))


def _are(number: ColumnElement[int], of: Iterable[Any]) -> ColumnElement[bool]:
    """Rows of these items, at their numbers."""
    return tuple_(delivery.c.item, number).in_([(one.item, one.seq) for one in of])


def _lost_patience(conn: Connection, one: Subscription, now: datetime, *, empty_at: datetime | None) -> None:
    """Sent, not answered, and due again: an attempt only where the queue was seen empty since."""
    silent = and_(
        delivery.c.subscription == one.id, delivery.c.due_at <= now, delivery.c.sent_seq.is_not(None), delivery.c.parked_at.is_(None)
    )
    if empty_at is not None:
        taken = and_(silent, delivery.c.sent_at < empty_at)
        conn.execute(
            update(delivery)
            .where(taken, delivery.c.attempts + 1 >= MOST_ATTEMPTS)
            .values(attempts=delivery.c.attempts + 1, sent_seq=None, parked_at=now, last_error=UNCONFIRMED, code_version=code_version())
        )
        conn.execute(update(delivery).where(taken).values(attempts=delivery.c.attempts + 1, sent_seq=None))
    conn.execute(update(delivery).where(silent, delivery.c.sent_at < now - RESEND_UNSEEN).values(sent_seq=None))
    conn.execute(update(delivery).where(silent).values(due_at=now + RESEND))


def answer(conn: Connection, subscription_id: int, answers: Iterable[Answer], now: datetime) -> int:
    """Take acknowledgements; how many rows went. Idempotent, in any order. Those of another generation do nothing.

    The subscription's row is locked first: a rewind that committed in between would have its rows taken by the past.
    """
    if subscription_id == PROBE:
        conn.execute(history.insert(), [{"at": now, "what": "probed", "detail": {"number": said.seq}} for said in answers])
        return 0
    held = conn.execute(_locked(subscription_id)).one_or_none()
    if held is None:
        return 0
    told = [said for said in sorted(set(answers), key=lambda said: (said.item, said.seq)) if _names(said, held.generation)]
    mine = delivery.c.subscription == subscription_id
    done = delete(delivery).where(mine, _are_named([said for said in told if said.ok]))
    gone = {(row.item, row.seq) for row in conn.execute(done.returning(delivery.c.item, delivery.c.seq))}
    for said in told:
        if said.ok and (said.item, said.seq) in gone:
            continue
        here = and_(mine, delivery.c.item == said.item)
        if not said.ok:
            _refused(conn, here, said, now)
        # a greater one waits there, unless it is in flight itself
        passed = and_(here, delivery.c.seq > said.seq, delivery.c.sent_seq <= said.seq)
        conn.execute(update(delivery).where(passed).values(sent_seq=None, sent_at=None, due_at=now))
    rows = [{"item": item, "detail": {"subscription": held.name, "seq": seq}} for item, seq in sorted(gone)]
    record_all(conn, now, "delivered", rows, run=None)
    return len(gone)


def _locked(id: int) -> Select[tuple[str, int]]:
    return select(subscription.c.name, subscription.c.generation).where(subscription.c.id == id).with_for_update()


def _names(said: Answer, generation: int) -> bool:
    return said.generation == generation


def _are_named(said: Sequence[Answer]) -> ColumnElement[bool]:
    return _are(delivery.c.seq, said)


def _refused(conn: Connection, here: ColumnElement[bool], said: Answer, now: datetime) -> None:
    """Counts once, however often it is said: a hard time limit says it twice. What says nothing of this item only puts it off."""
    row = conn.execute(select(delivery.c.attempts).where(here, delivery.c.seq == said.seq, delivery.c.sent_seq == said.seq)).one_or_none()
    if row is None:
        return
    attempts = row.attempts + said.counts
    is_parked = said.counts and attempts >= MOST_ATTEMPTS
    conn.execute(
        update(delivery)
        .where(here)
        .values(
            attempts=attempts,
            sent_seq=None,
            sent_at=None,
            due_at=now + RESEND * 2 ** min(attempts, MOST_ATTEMPTS),
            parked_at=now if is_parked else None,
            last_error=said.why or FAILED,
            code_version=code_version() if is_parked else "",
        )
    )


# --- for an operator ------------------------------------------------------------------------------------------------------------


def lag(conn: Connection, now: datetime) -> dict[int, dict[str, Any]]:
    """By subscription: events to read, items to tell; of these in flight, parked, and put off: refused or not answered, and tried again later."""
    last = conn.execute(select(log_state.c.last).where(log_state.c.id == 1)).scalar_one()
    found = {
        row.id: {"behind": last - row.read_seq, "waiting": 0, "in_flight": 0, "parked": 0, "put_off": 0, "tried_at": None, "refused": ""}
        for row in conn.execute(select(subscription.c.id, subscription.c.read_seq).where(subscription.c.removed_at.is_(None)))
    }
    is_put_off = and_(delivery.c.parked_at.is_(None), delivery.c.sent_seq.is_(None), delivery.c.due_at > now)
    rows = conn.execute(
        select(
            delivery.c.subscription,
            func.count().label("rows"),
            func.sum(case((is_put_off, 1), else_=0)).label("put_off"),
            func.min(case((is_put_off, delivery.c.due_at))).label("tried_at"),
            func.max(case((is_put_off, delivery.c.last_error))).label("refused"),
            func.sum(case((and_(delivery.c.sent_seq.is_not(None), delivery.c.parked_at.is_(None)), 1), else_=0)).label("in_flight"),
            func.sum(case((delivery.c.parked_at.is_not(None), 1), else_=0)).label("parked"),
        ).group_by(delivery.c.subscription)
    )
    for row in rows:
        if row.subscription in found:
            counts = {"waiting": int(row.rows), "in_flight": int(row.in_flight), "parked": int(row.parked), "put_off": int(row.put_off)}
            found[row.subscription] |= counts | {"tried_at": row.tried_at, "refused": row.refused or ""}
    return found


def unconfirmed(conn: Connection, subscription_id: int) -> int:
    """How many are parked of which nothing was heard."""
    here = and_(delivery.c.subscription == subscription_id, delivery.c.parked_at.is_not(None), delivery.c.last_error == UNCONFIRMED)
    return int(conn.execute(select(func.count()).select_from(delivery).where(here)).scalar_one())


def is_probed(conn: Connection, number: int, since: datetime) -> bool:
    """Whether the acknowledgement of a probe came, to whichever process."""
    rows = conn.execute(select(history.c.detail).where(history.c.what == "probed", history.c.at >= since))
    return any(detail.get("number") == number for detail in rows.scalars())


def retry(conn: Connection, subscription_id: int, now: datetime, *, items: Sequence[int] = (), error: str = "") -> int:
    """Parked rows are due now: all, these items', or those whose reason has these words; how many."""
    chosen = and_(delivery.c.subscription == subscription_id, delivery.c.parked_at.is_not(None))
    if items:
        chosen = and_(chosen, delivery.c.item.in_(list(items)))
    if error:
        chosen = and_(chosen, delivery.c.last_error.icontains(error, autoescape=True))
    freed = {"parked_at": None, "attempts": 0, "sent_seq": None, "sent_at": None, "due_at": now, "code_version": ""}
    return conn.execute(update(delivery).where(chosen).values(**freed)).rowcount

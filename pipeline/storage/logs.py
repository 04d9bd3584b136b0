"""Log: for targets that keep each event in order, every version. No delivery rows; of each subscription (generation, floor) and no more.

    scan       events after a place ─► entries, as far as there is room
    advance    the floor goes up: all that is at it or below was acknowledged, or is none of this subscription's

The floor is subscription.read_seq. A log that is lost or wiped is made again from it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, case, select, update

from pipeline.storage import messages
from pipeline.storage.messages import KILLS, Wanted
from pipeline.storage.subscriptions import Subscription
from schemas.messages import Message
from schemas.tables import event, history, subscription

_SCANNED = 500
"""Events of one scan."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One event, as it is appended."""

    seq: int
    item: int
    at: datetime
    message: Message
    erases: tuple[int, ...] = ()
    """Older entries of the item that this one takes out of the log: it is a kill."""


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """What comes next in a log."""

    entries: tuple[Entry, ...]
    end: int
    """All events up to here were looked at: those that are no entries don't belong there."""


def scan(conn: Connection, one: Subscription, after: int, *, room: int) -> Scan:
    """Entries for the events after a place: `room` at most."""
    events = conn.execute(select(event).where(event.c.seq > after).order_by(event.c.seq).limit(_SCANNED)).all()
    if conn.execute(select(subscription.c.revision).where(subscription.c.id == one.id)).scalar() != one.revision:
        return Scan(entries=(), end=after)  # some of these events may be of after its settings were changed
    told = [row for row in events if messages.is_told(one, row.kind, row.seq)]
    fits = messages.ever_matched(conn, one, {row.item for row in told if row.kind not in KILLS})
    told = [row for row in told if row.kind in KILLS or row.item in fits]
    # made in parts: texts that find no room are not loaded
    entries: list[Entry] = []
    for place in range(0, len(told), room):
        part = told[place : place + room]
        made = messages.make(conn, one, [Wanted(item=row.item, seq=row.seq, version=row.version) for row in part])
        for row in part:
            if (row.item, row.seq) not in made:
                continue
            if len(entries) == room:
                return Scan(entries=tuple(entries), end=row.seq - 1)
            erases = _erased(conn, row.item, one.read_seq, row.seq) if row.kind in KILLS else ()
            entries.append(Entry(seq=row.seq, item=row.item, at=row.at, message=made[row.item, row.seq], erases=erases))
    return Scan(entries=tuple(entries), end=events[-1].seq if events else after)


def _erased(conn: Connection, item_id: int, floor: int, before: int) -> tuple[int, ...]:
    """What may be in the log of a killed item: its events between the floor and the kill."""
    return tuple(conn.execute(select(event.c.seq).where(event.c.item == item_id, event.c.seq > floor, event.c.seq < before)).scalars())


def advance(conn: Connection, one: Subscription, floor: int) -> bool:
    """Raise the floor under its generation; False: the generation is another by now, and nothing was written.

    A floor of before a rewind would jump over what the rewind is for.
    """
    raised = case((subscription.c.read_seq < floor, floor), else_=subscription.c.read_seq)
    return conn.execute(update(subscription).where(_is_of(one)).values(read_seq=raised)).rowcount == 1


def _is_of(one: Subscription) -> ColumnElement[bool]:
    return and_(subscription.c.id == one.id, subscription.c.generation == one.generation)


def note(conn: Connection, one: Subscription, entries: Iterable[Entry], now: datetime) -> None:
    """For `newswire why`: these are in the log now. Once: a file that was not complete is written again by the next deliverer."""
    told = {"subscription": one.name, "generation": one.generation, "until": "appended"}
    rows = [{"at": now, "what": "delivered", "item": entry.item, "detail": told | {"seq": entry.seq}} for entry in entries]
    known = select(history.c.item, history.c.detail).where(history.c.item.in_({row["item"] for row in rows}), history.c.what == "delivered")
    noted = [detail for _, detail in conn.execute(known)]
    if new := [row for row in rows if row["detail"] not in noted]:
        conn.execute(history.insert(), new)

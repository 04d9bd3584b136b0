"""Push: for each subscription the set of items that it has still to be told of. One row an item, however often it changed.

    read    events ─► rows            one transaction with the move of read_seq
    send    due rows ─► messages, made from the items' state now
    ack     the row goes, if nothing newer waits in it

So reading never waits for the consumer; a kill overtakes everything; an old text can't follow its kill.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, case, delete, exists, func, or_, select, update

from pipeline.storage import items
from pipeline.storage.db import insert
from pipeline.storage.subscriptions import Subscription
from schemas.article import Article, Rights
from schemas.messages import Message, Pickup, Showing, Version
from schemas.tables import delivery, event, fact, history, item, log_state, relation, rights, source, subscription, version
from schemas.verdict import ItemStatus

KILL, FLASH, NORMAL, BACKFILL = 0, 1, 2, 3
_LANES = {"flash": FLASH, "normal": NORMAL, "backfill": BACKFILL}
_READ = 500
"""Events of one pass."""
RESEND = timedelta(seconds=30)
"""First wait for an acknowledgement; it doubles."""
MOST_ATTEMPTS = 8
_CHANGES_SHOWN = ("enriched", "released", "rights", "killed", "revived", "purged")
"""What one who waits for facts is told of."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An acknowledgement, good or bad."""

    generation: int
    item: int
    seq: int
    ok: bool


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """One message to send."""

    item: int
    seq: int
    message: Message


def waiting(conn: Connection, now: datetime) -> list[int]:
    """Subscriptions for which there is something to do: events to read, rows to send, answers to wait for. The one query of an idle system."""
    last = select(log_state.c.last).where(log_state.c.id == 1).scalar_subquery()
    rows = conn.execute(
        select(subscription.c.id)
        .where(
            subscription.c.removed_at.is_(None),
            or_(subscription.c.read_seq < last, exists().where(delivery.c.subscription == subscription.c.id, delivery.c.parked_at.is_(None))),
        )
        .order_by(subscription.c.id)
    )
    return list(rows.scalars())


def read(conn: Connection, one: Subscription, now: datetime) -> int:
    """Move read_seq over the next events and note the items they touch; how many events. 0 also where the token is lost.

    The token-checked UPDATE is first: two deliverers never read the same events.
    """
    events = conn.execute(select(event).where(event.c.seq > one.read_seq).order_by(event.c.seq).limit(_READ)).all()
    if not events:
        return 0
    moved = conn.execute(
        update(subscription)
        .where(subscription.c.id == one.id, subscription.c.token == one.token, subscription.c.read_seq == one.read_seq)
        .values(read_seq=events[-1].seq)
    )
    if moved.rowcount != 1:
        return 0
    fits = _ever_matched(conn, one, {row.item for row in events if row.kind != "killed"})
    owed: dict[int, tuple[int, int]] = {}
    for row in events:
        if one.after == "enriched" and row.kind not in _CHANGES_SHOWN:
            continue
        if row.kind == "history" or (row.kind not in ("killed", "purged") and row.item not in fits):
            continue
        lane = KILL if row.kind in ("killed", "purged") else _LANES.get(row.lane, NORMAL)
        owed[row.item] = (row.seq, min(lane, owed.get(row.item, (0, BACKFILL))[1]))
    _owe(conn, one.id, owed, now)
    return len(events)


def _owe(conn: Connection, subscription_id: int, owed: Mapping[int, tuple[int, int]], now: datetime) -> None:
    """The greater seq, the faster lane; due now, unless one is in flight. A kill is due at once, whatever is in flight."""
    if not owed:
        return
    statement = insert(conn, delivery)
    new, kill = statement.excluded, statement.excluded.lane == KILL
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
        },
    )
    rows = [{"subscription": subscription_id, "item": id, "seq": seq, "lane": lane, "due_at": now} for id, (seq, lane) in sorted(owed.items())]
    conn.execute(statement, rows)


# --- what matches ---------------------------------------------------------------------------------------------------------------


def matches(filter: Mapping[str, Sequence[str]], *, provider: str, source: str, article: Article) -> bool:
    """Pure: each filter that is given names one of its values. Words of a keyword are looked for in the headline too."""
    values = {
        "provider": {provider.casefold()},
        "source": {source.casefold()},
        "language": {article.language.casefold()},
        "kind": {str(article.kind)},
        "keyword": {word.casefold() for word in article.keywords} | {word.strip(".,:;!?\"'()").casefold() for word in article.headline.split()},
    }
    return all(any(wanted.casefold() in values[name] for wanted in wanted_any) for name, wanted_any in filter.items() if wanted_any)


def _ever_matched(conn: Connection, one: Subscription, ids: Iterable[int]) -> set[int]:
    """Items of which some version matches: what left the filter must be told so, what never came needs no word."""
    ids = set(ids)
    if not any(one.filter.values()):
        return ids
    rows = conn.execute(
        select(version.c.id, version.c.item, item.c.provider, source.c.name)
        .join(item, item.c.id == version.c.item)
        .join(source, source.c.id == item.c.source)
        .where(version.c.item.in_(sorted(ids)))
    ).all()
    articles = items.load_articles(conn, [row.id for row in rows])
    return {
        row.item for row in rows if row.id in articles and matches(one.filter, provider=row.provider, source=row.name, article=articles[row.id])
    }


# --- sending --------------------------------------------------------------------------------------------------------------------


def due(conn: Connection, one: Subscription, now: datetime, *, room: int, is_empty: bool) -> list[Due]:
    """Up to `room` messages, marked as in flight. Commit, then send: what dies in between is due again.

    `is_empty`: the target's queue was seen empty, so that silence about what was sent means something. Otherwise what waits for its
    answer goes on waiting: an hour's absence of the consumer must not park anything.
    """
    if one.paused_at is not None or room <= 0:
        return []
    _lost_patience(conn, one, now, is_empty=is_empty)
    rows = conn.execute(
        select(delivery)
        .where(delivery.c.subscription == one.id, delivery.c.due_at <= now, delivery.c.parked_at.is_(None))
        .order_by(delivery.c.lane, delivery.c.seq)
        .limit(room)
        .with_for_update(skip_locked=True)
    ).all()
    if not rows:
        return []
    made = make(conn, one, {row.item: row.seq for row in rows})
    for row in rows:
        here = and_(delivery.c.subscription == one.id, delivery.c.item == row.item, delivery.c.seq == row.seq)
        if row.item not in made:  # nothing to see: what shows it will be an event of its own
            conn.execute(delete(delivery).where(here))
        else:
            later = now + RESEND * 2 ** min(row.attempts, 10)
            conn.execute(update(delivery).where(here).values(sent_seq=row.seq, sent_at=now, due_at=later))
    return [Due(item=row.item, seq=row.seq, message=made[row.item]) for row in rows if row.item in made]


def _lost_patience(conn: Connection, one: Subscription, now: datetime, *, is_empty: bool) -> None:
    """Sent, not answered, and due again: counts as an attempt only where the queue is empty."""
    silent = and_(
        delivery.c.subscription == one.id, delivery.c.due_at <= now, delivery.c.sent_seq.is_not(None), delivery.c.parked_at.is_(None)
    )
    if not is_empty:
        conn.execute(update(delivery).where(silent).values(due_at=now + RESEND))
        return
    conn.execute(
        update(delivery)
        .where(silent, delivery.c.attempts + 1 >= MOST_ATTEMPTS)
        .values(attempts=delivery.c.attempts + 1, parked_at=now, last_error="unconfirmed: sent, its queue was empty, and no answer came")
    )
    conn.execute(update(delivery).where(silent).values(attempts=delivery.c.attempts + 1, sent_seq=None))


def answer(conn: Connection, one: Subscription, answers: Sequence[Answer], now: datetime) -> int:
    """Take acknowledgements; how many rows went. Idempotent. Those of another generation do nothing."""
    gone = 0
    for one_answer in answers:
        if one_answer.generation != one.generation:
            continue
        here = and_(delivery.c.subscription == one.id, delivery.c.item == one_answer.item)
        if not one_answer.ok:
            _refused(conn, here, one_answer, now)
            continue
        done = conn.execute(delete(delivery).where(here, delivery.c.seq == one_answer.seq))
        if done.rowcount:
            gone += 1
            conn.execute(
                history.insert().values(at=now, what="delivered", item=one_answer.item, detail={"subscription": one.name, "seq": one_answer.seq})
            )
        else:  # a greater one waits there
            conn.execute(update(delivery).where(here, delivery.c.seq > one_answer.seq).values(sent_seq=None, due_at=now))
    return gone


def _refused(conn: Connection, here: Any, said: Answer, now: datetime) -> None:
    row = conn.execute(select(delivery).where(here, delivery.c.seq == said.seq, delivery.c.sent_seq == said.seq).with_for_update()).one_or_none()
    if row is None:
        return
    attempts = row.attempts + 1
    parked = attempts >= MOST_ATTEMPTS
    conn.execute(
        update(delivery)
        .where(here)
        .values(
            attempts=attempts,
            sent_seq=None,
            due_at=now + RESEND * 2 ** min(attempts, 10),
            parked_at=now if parked else None,
            last_error="failed: the consumer's task raised an error",
        )
    )


def make(conn: Connection, one: Subscription, wanted: Mapping[int, int]) -> dict[int, Message]:
    """Messages for these items (item → seq), from their state now; without those of which there is nothing to see."""
    epoch = int(conn.execute(select(log_state.c.epoch).where(log_state.c.id == 1)).scalar_one())
    rows = {
        row.id: row
        for row in conn.execute(
            select(item, source.c.name.label("source_name"))
            .outerjoin(source, source.c.id == item.c.source)
            .where(item.c.id.in_(sorted(wanted)))
        )
    }
    shown = [row.shown for row in rows.values() if row.shown and row.status == ItemStatus.USABLE]
    articles = items.load_articles(conn, shown)
    versions = {row.id: row for row in conn.execute(select(version).where(version.c.id.in_(shown)))}
    facts = _facts(conn, versions)
    terms = {
        row.version: Rights(copyright=row.copyright, usage_terms=row.usage_terms, license_url=row.license_url)
        for row in conn.execute(select(rights).where(rights.c.version.in_(shown)))
    }
    pickups = {
        row.item: Pickup(item=row.other, share_of_item=row.share_of_item, share_of_other=row.share_of_other)
        for row in conn.execute(select(relation).where(relation.c.kind == "pickup_of", relation.c.item.in_(sorted(wanted))))
    }
    enriched = _enriched(conn, shown) if one.after == "enriched" else set(shown)
    ever = _ever_matched(conn, one, wanted)
    made: dict[int, Message] = {}
    for id, row in rows.items():
        ids = {
            "epoch": epoch,
            "seq": wanted[id],
            "subscription": one.name,
            "generation": one.generation,
            "item": id,
            "provider": row.provider,
            "story": row.story,
        }
        if row.status in (ItemStatus.KILLED, ItemStatus.PURGED):
            made[id] = Message(status=Showing(row.status), **ids)
        elif row.shown not in articles or row.shown not in enriched:
            continue
        elif not matches(one.filter, provider=row.provider, source=row.source_name or "", article=articles[row.shown]):
            if id in ever:
                made[id] = Message(status=Showing.LEFT, **ids)
        else:
            of = versions[row.shown]
            made[id] = Message(
                status=Showing.USABLE,
                source=row.source_name or "",
                url=row.url,
                log_id=of.log_id,
                version=Version(
                    id=of.id,
                    number=of.number,
                    kind=of.kind,
                    publisher_version=of.publisher_version,
                    published_at=of.published_at,
                    version_at=of.version_at,
                    fetched_at=of.fetched_at,
                ),
                article=articles[row.shown],
                facts=facts.get(of.id, {}),
                pickup_of=pickups.get(id),
                rights=terms.get(of.id),
                **ids,
            )
    return made


def _facts(conn: Connection, versions: Mapping[int, Any]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    rows = conn.execute(select(fact).where(fact.c.version.in_(sorted(versions))).order_by(fact.c.at, fact.c.enricher_version))
    for row in rows:
        if row.text_hash == versions[row.version].text_hash:
            found.setdefault(row.version, {})[row.enricher] = row.value
    return found


def _enriched(conn: Connection, versions: Sequence[int]) -> set[int]:
    return set(conn.execute(select(event.c.version).where(event.c.kind == "enriched", event.c.version.in_(list(versions)))).scalars())


# --- for an operator ------------------------------------------------------------------------------------------------------------


def lag(conn: Connection, now: datetime) -> dict[int, dict[str, Any]]:
    """By subscription: events to read, items to tell, in flight, parked, since when the oldest waits."""
    last = conn.execute(select(log_state.c.last).where(log_state.c.id == 1)).scalar_one()
    found = {
        row.id: {"behind": last - row.read_seq, "waiting": 0, "in_flight": 0, "parked": 0}
        for row in conn.execute(select(subscription.c.id, subscription.c.read_seq).where(subscription.c.removed_at.is_(None)))
    }
    rows = conn.execute(
        select(
            delivery.c.subscription,
            func.count().label("rows"),
            func.sum(case((and_(delivery.c.sent_seq.is_not(None), delivery.c.parked_at.is_(None)), 1), else_=0)).label("in_flight"),
            func.sum(case((delivery.c.parked_at.is_not(None), 1), else_=0)).label("parked"),
        ).group_by(delivery.c.subscription)
    )
    for row in rows:
        if row.subscription in found:
            found[row.subscription] |= {"waiting": int(row.rows), "in_flight": int(row.in_flight), "parked": int(row.parked)}
    return found

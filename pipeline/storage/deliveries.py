"""Push: for each subscription the set of items that it has still to be told of. One row an item, however often it changed.

    read    events ─► rows            one transaction with the move of read_seq
    send    due rows ─► messages, made from the items' state now
    ack     the row goes, if nothing newer waits in it

So reading never waits for the consumer; a kill overtakes everything; an old text can't follow its kill.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, and_, case, delete, exists, func, or_, select, update

from pipeline.storage import drain, items
from pipeline.storage.db import insert
from pipeline.storage.subscriptions import LEASE, Subscription
from schemas.article import Article, Rights
from schemas.messages import Message, Pickup, Showing, Version
from schemas.tables import delivery, event, fact, history, identity, item, log_state, relation, rights, source, subscription, version
from schemas.verdict import ItemStatus

KILL, FLASH, NORMAL, BACKFILL = 0, 1, 2, 3
_KILLS = ("killed", "purged")
"""They ignore filters: rows are gone after an acknowledgement, so nobody knows who was told."""
_LANES = {"flash": FLASH, "normal": NORMAL, "backfill": BACKFILL}
_READ = 500
"""Events of one pass."""
RESEND = timedelta(seconds=10)
"""First wait for an acknowledgement; it doubles."""
RESEND_UNSEEN = timedelta(minutes=10)
"""In a queue that was not seen empty, what we sent is taken to wait still. After so long it is sent again all the same: what was lost
in a queue that is never empty would be lost for ever."""
MOST_ATTEMPTS = 8
UNCONFIRMED = "unconfirmed: it was sent and taken from the queue, and no acknowledgement came"
FAILED = "failed: the consumer's task raised an error"
_PUNCTUATION = ".,:;!?\"'()[]“”‘’«»"
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


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription for which there is something to do: answers to wait for, at least."""

    id: int
    behind: bool
    """There are events to read."""
    due: bool
    """There are rows to send."""


def waiting(conn: Connection, now: Callable[[], datetime], token: str) -> tuple[datetime | None, list[Look]]:
    """Where there is something to do, and no other deliverer does it. One query where there is nothing: all that an idle system costs.

    With it the time, which was asked for only if there is something.
    """
    mine = delivery.c.subscription == subscription.c.id
    last = select(log_state.c.last).where(log_state.c.id == 1).scalar_subquery()
    columns = (subscription.c.id, (subscription.c.read_seq < last).label("behind"))
    some = or_(subscription.c.read_seq < last, exists().where(mine, delivery.c.parked_at.is_(None)))
    found = conn.execute(select(*columns).where(subscription.c.removed_at.is_(None), some)).all()
    if not found:
        return None, []
    at = now()
    is_due = and_(
        drain.is_off(), subscription.c.paused_at.is_(None), exists().where(mine, delivery.c.parked_at.is_(None), delivery.c.due_at <= at)
    )
    free = or_(subscription.c.token == token, subscription.c.leased_until.is_(None), subscription.c.leased_until < at)
    rows = conn.execute(
        select(*columns, is_due.label("due")).where(subscription.c.id.in_([row.id for row in found]), free).order_by(subscription.c.id)
    )
    return at, [Look(id=row.id, behind=bool(row.behind), due=bool(row.due)) for row in rows]


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
    fits = _ever_matched(conn, one, {row.item for row in events if row.kind not in _KILLS})
    owed: dict[int, tuple[int, int]] = {}
    for row in events:
        if one.after == "enriched" and row.kind not in _CHANGES_SHOWN:
            continue
        if row.kind == "history" or (row.kind not in _KILLS and row.item not in fits):
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


# --- what matches ---------------------------------------------------------------------------------------------------------------


def matches(
    filter: Mapping[str, Sequence[str]],
    *,
    provider: str,
    source: str,
    language: str = "",
    headline: str = "",
    kind: str = "",
    keywords: Iterable[str] = (),
) -> bool:
    """Pure: each filter that is given names one of its values, in whatever case.

    A keyword is one of the publisher's, a word of the headline, or one that the enricher `keywords` found.
    """
    words = {word.casefold() for word in keywords} | {word.strip(_PUNCTUATION).casefold() for word in headline.split()}
    values = {
        "provider": {provider.casefold()},
        "source": {source.casefold()},
        "language": {language.casefold()},
        "kind": {kind.casefold()},
        "keyword": words,
    }
    return all(any(one.casefold() in values[name] for one in wanted) for name, wanted in filter.items() if wanted)


def _ever_matched(conn: Connection, one: Subscription, ids: Iterable[int]) -> set[int]:
    """Items of which a version that could be seen, now or before, matches.

    What left the filter must be told so; what never came needs no word.
    """
    ids = set(ids)
    if not any(one.filter.values()):
        return ids
    could_be_seen = and_(~version.c.is_history, or_(version.c.embargo_until.is_(None), version.c.released_at.is_not(None)))
    rows = conn.execute(
        select(version.c.id, version.c.item, version.c.language, version.c.headline, item.c.provider, source.c.name.label("source"))
        .join(item, item.c.id == version.c.item)
        .outerjoin(source, source.c.id == item.c.source)
        .where(version.c.item.in_(sorted(ids)), could_be_seen)
    ).all()
    texts: dict[int, Article] = {}
    if one.filter.get("keyword") or one.filter.get("kind"):  # what stands in the article only
        texts = items.load_articles(conn, [row.id for row in rows])
    found = _found_keywords(conn, one, [row.id for row in rows])
    return {row.item for row in rows if _matches(one, row, row.provider, row.source, texts.get(row.id), found)}


def _matches(
    one: Subscription, of: Any, provider: str, source: str | None, article: Article | None, found: Mapping[int, Sequence[str]]
) -> bool:
    """`of`: a row with a version's id, language and headline. `found`: what `_found_keywords` gave."""
    keywords = (*(article.keywords if article else ()), *found.get(of.id, ()))
    kind = str(article.kind) if article else ""
    return matches(
        one.filter, provider=provider, source=source or "", language=of.language, headline=of.headline, kind=kind, keywords=keywords
    )


def _found_keywords(conn: Connection, one: Subscription, versions: Sequence[int]) -> dict[int, list[str]]:
    """By version, whatever an enricher of any version ever said of it: what matched once must not be forgotten."""
    found: dict[int, list[str]] = {}
    if one.filter.get("keyword"):
        for row in conn.execute(select(fact.c.version, fact.c.value).where(fact.c.version.in_(versions), fact.c.enricher == "keywords")):
            found.setdefault(row.version, []).extend(str(word["word"]) for word in row.value.get("keywords", ()))
    return found


# --- sending --------------------------------------------------------------------------------------------------------------------


def due(conn: Connection, one: Subscription, now: datetime, *, room: int, empty_at: datetime | None) -> list[Due]:
    """Up to `room` messages, marked as in flight. Commit, then send: what dies in between is due again. None where the token is lost.

    `empty_at`: when the target's queue was last seen empty. Silence about what was sent before that means something; otherwise what we sent
    waits there still: an hour's absence of the consumer must not park anything.
    """
    if room <= 0 or not _hold(conn, one, now):
        return []
    _lost_patience(conn, one, now, empty_at=empty_at)
    rows = conn.execute(
        select(delivery)
        .where(delivery.c.subscription == one.id, delivery.c.due_at <= now, delivery.c.parked_at.is_(None))
        .order_by(delivery.c.lane, delivery.c.seq)
        .limit(room)
    ).all()
    if not rows:
        return []
    made = make(conn, one, {row.item: row.seq for row in rows})
    for row in rows:
        here = and_(delivery.c.subscription == one.id, delivery.c.item == row.item, delivery.c.seq == row.seq)
        if row.item not in made:  # nothing to see: what shows it will be an event of its own
            conn.execute(delete(delivery).where(here))
        else:
            later = now + RESEND * 2 ** min(row.attempts, MOST_ATTEMPTS)
            conn.execute(update(delivery).where(here).values(sent_seq=row.seq, sent_at=now, due_at=later))
    return [Due(item=row.item, seq=row.seq, message=made[row.item]) for row in rows if row.item in made]


def _hold(conn: Connection, one: Subscription, now: datetime) -> bool:
    """The token-checked UPDATE: this deliverer still has the subscription, and nobody takes, rewinds or pauses it before the commit."""
    held = and_(_has(one), drain.is_off(), subscription.c.paused_at.is_(None), subscription.c.removed_at.is_(None))
    return conn.execute(update(subscription).where(held).values(leased_until=now + LEASE)).rowcount == 1


def _has(one: Subscription) -> ColumnElement[bool]:
    return and_(subscription.c.id == one.id, subscription.c.token == one.token, subscription.c.token != "")


def unsend(conn: Connection, one: Subscription, sent: Sequence[Due], now: datetime) -> None:
    """Pushing them failed: due at once, and nobody's silence."""
    for row in sent:
        here = and_(delivery.c.subscription == one.id, delivery.c.item == row.item, delivery.c.sent_seq == row.seq)
        conn.execute(update(delivery).where(here).values(sent_seq=None, sent_at=None, due_at=now))


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
            .values(attempts=delivery.c.attempts + 1, sent_seq=None, parked_at=now, last_error=UNCONFIRMED)
        )
        conn.execute(update(delivery).where(taken).values(attempts=delivery.c.attempts + 1, sent_seq=None))
    conn.execute(update(delivery).where(silent, delivery.c.sent_at < now - RESEND_UNSEEN).values(sent_seq=None))
    conn.execute(update(delivery).where(silent).values(due_at=now + RESEND))


def answer(conn: Connection, subscription_id: int, answers: Iterable[Answer], now: datetime) -> int:
    """Take acknowledgements; how many rows went. Idempotent, in any order. Those of another generation do nothing.

    The subscription's row is locked first: a rewind that committed in between would have its rows taken by the past.
    """
    held = conn.execute(_locked(subscription_id)).one_or_none()
    if held is None:
        return 0
    gone: list[dict[str, Any]] = []
    for said in sorted(set(answers), key=lambda said: (said.item, said.seq)):
        if not _names(said, held.generation):
            continue
        here = and_(delivery.c.subscription == subscription_id, delivery.c.item == said.item)
        if said.ok and conn.execute(delete(delivery).where(here, _is_named(said))).rowcount:
            gone.append({"at": now, "what": "delivered", "item": said.item, "detail": {"subscription": held.name, "seq": said.seq}})
            continue
        if not said.ok:
            _refused(conn, here, said, now)
        # a greater one waits there, unless it is in flight itself
        passed = and_(here, delivery.c.seq > said.seq, delivery.c.sent_seq <= said.seq)
        conn.execute(update(delivery).where(passed).values(sent_seq=None, sent_at=None, due_at=now))
    if gone:
        conn.execute(history.insert(), gone)
    return len(gone)


def _locked(id: int) -> Select[tuple[str, int]]:
    return select(subscription.c.name, subscription.c.generation).where(subscription.c.id == id).with_for_update()


def _names(said: Answer, generation: int) -> bool:
    return said.generation == generation


def _is_named(said: Answer) -> ColumnElement[bool]:
    return delivery.c.seq == said.seq


def _refused(conn: Connection, here: ColumnElement[bool], said: Answer, now: datetime) -> None:
    """Counts once, however often it is said: a hard time limit says it twice."""
    row = conn.execute(select(delivery.c.attempts).where(here, delivery.c.seq == said.seq, delivery.c.sent_seq == said.seq)).one_or_none()
    if row is None:
        return
    attempts = row.attempts + 1
    conn.execute(
        update(delivery)
        .where(here)
        .values(
            attempts=attempts,
            sent_seq=None,
            sent_at=None,
            due_at=now + RESEND * 2 ** min(attempts, MOST_ATTEMPTS),
            parked_at=now if attempts >= MOST_ATTEMPTS else None,
            last_error=FAILED,
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
    kinds = {
        (row.item, row.seq): row.kind
        for row in conn.execute(select(event.c.item, event.c.seq, event.c.kind).where(event.c.seq.in_(wanted.values())))
    }
    urls = _urls(conn, [row.id for row in rows.values() if row.status == ItemStatus.USABLE])
    enriched = _enriched(conn, shown) if one.after == "enriched" else set(shown)
    ever = _ever_matched(conn, one, wanted)
    found = _found_keywords(conn, one, shown)
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
            "event": kinds.get((id, wanted[id]), "snapshot"),
        }
        if row.status in (ItemStatus.KILLED, ItemStatus.PURGED):
            made[id] = Message(status=Showing(row.status), **ids)
            continue
        if row.shown not in articles or row.shown not in enriched:
            continue
        of, article = versions[row.shown], articles[row.shown]
        if not _matches(one, of, row.provider, row.source_name, article, found):
            if id in ever:
                made[id] = Message(status=Showing.LEFT, **ids)
        else:
            made[id] = Message(
                status=Showing.USABLE,
                source=row.source_name or "",
                url=row.url,
                urls=tuple(dict.fromkeys(filter(None, (row.url, *urls.get(id, ()))))),
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
                article=article,
                facts=facts.get(of.id, {}),
                pickup_of=pickups.get(id),
                rights=terms.get(of.id),
                embargo_until=of.embargo_until,
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


def _urls(conn: Connection, ids: Sequence[int]) -> dict[int, list[str]]:
    """What identifies these items by URL, in canonical form."""
    found: dict[int, list[str]] = {}
    for row in conn.execute(
        select(identity.c.item, identity.c.key).where(identity.c.item.in_(ids), identity.c.kind == "url").order_by(identity.c.key)
    ):
        found.setdefault(row.item, []).append(row.key)
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

"""What the command line lists: runs, items, work, quarantine, the state of all. Reading only; every function takes an open reading connection."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, or_, select

from pipeline.errors import Misconfigured, Unreadable
from pipeline.storage import deliveries, drain, items, work
from pipeline.urls import canonical
from schemas import tables
from schemas.article import Article
from schemas.tables import fact, fetch_job, host, item, poll, quarantine, rendition, source, subscription, verdict, version

Row = dict[str, Any]


def _rows(conn: Connection, statement: Any) -> list[Row]:
    return [dict(row._mapping) for row in conn.execute(statement).all()]


def _row(conn: Connection, statement: Any) -> Row | None:
    row = conn.execute(statement).one_or_none()
    return None if row is None else dict(row._mapping)


def polls(conn: Connection, source_id: int, *, limit: int = 10) -> list[Row]:
    """The last polls of a source, the newest first."""
    columns = (poll.c.run, poll.c.started_at, poll.c.finished_at, poll.c.outcome, poll.c.entries, poll.c.new_entries, poll.c.note)
    return _rows(conn, select(*columns).where(poll.c.source == source_id).order_by(poll.c.id.desc()).limit(limit))


def item_list(
    conn: Connection, *, search: str = "", source_name: str = "", since: date | None = None, until: date | None = None, limit: int = 20
) -> list[Row]:
    """Items, the newest first; by words in headline or text, by source, by the day on which they came."""
    statement = (
        select(
            item.c.id,
            item.c.provider,
            source.c.name.label("source"),
            item.c.status,
            item.c.story,
            version.c.headline,
            version.c.number.label("versions"),
            version.c.language,
            item.c.url,
            item.c.created_at,
            item.c.updated_at,
        )
        .outerjoin(version, version.c.id == item.c.current)
        .outerjoin(source, source.c.id == item.c.source)
        .order_by(item.c.id.desc())
        .limit(limit)
    )
    if search:
        pattern = "%" + search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        holds = (
            select(rendition.c.version).where(rendition.c.version == version.c.id, rendition.c.text.ilike(pattern, escape="\\")).exists()
        )
        statement = statement.where(or_(version.c.headline.ilike(pattern, escape="\\"), holds))
    if source_name:
        statement = statement.where(source.c.name == source_name)
    if since is not None:
        statement = statement.where(item.c.created_at >= _midnight(since))
    if until is not None:
        statement = statement.where(item.c.created_at < _midnight(until) + timedelta(days=1))
    return _rows(conn, statement)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def item_show(conn: Connection, id: int) -> Row:
    """One item whole: its versions, its article, facts, keys, what it copies and who copies it. Raises Misconfigured."""
    found = _row(conn, select(item).where(item.c.id == id))
    if found is None:
        raise Misconfigured(f"There is no item {id}.", hint="`newswire items list` shows the newest.")
    hidden = found["status"] in ("killed", "purged")
    article: Article | None = (
        items.load_articles(conn, [found["current"]]).get(found["current"]) if found["current"] and not hidden else None
    )
    columns = (version.c.id, version.c.number, version.c.kind, version.c.headline, version.c.is_history, version.c.embargo_until)
    facts = conn.execute(select(fact.c.enricher, fact.c.value).where(fact.c.version == found["current"]).order_by(fact.c.at)).all()
    copies = tables.relation
    return found | {
        "article": article,
        "versions": _rows(
            conn, select(*columns, version.c.publisher_version, version.c.created_at).where(version.c.item == id).order_by(version.c.number)
        ),
        "facts": {} if hidden else {row.enricher: row.value for row in facts},
        "keys": _rows(conn, select(tables.identity.c.kind, tables.identity.c.key).where(tables.identity.c.item == id)),
        "copies": _rows(conn, select(copies).where(copies.c.item == id)),
        "copied_by": _rows(conn, select(copies).where(copies.c.other == id)),
    }


def items_of(conn: Connection, url: str) -> list[int]:
    """Ids of the items that an address names, or brought."""
    addresses = {url, canonical_or_same(url)}
    keys = tables.identity
    by_key = select(keys.c.item).where(keys.c.key.in_(addresses))
    by_capture = (
        select(verdict.c.item)
        .join(tables.capture, func.coalesce(tables.capture.c.continues, tables.capture.c.id) == verdict.c.capture)
        .where(or_(tables.capture.c.url.in_(addresses), tables.capture.c.final_url.in_(addresses)), verdict.c.item.is_not(None))
    )
    return sorted(set(conn.execute(by_key).scalars()) | set(conn.execute(by_capture).scalars()))


def item_of(conn: Connection, asked: str) -> int:
    """The item of a number or of an address. Raises Misconfigured where there is none, or several."""
    if asked.isdecimal():
        return int(asked)
    found = items_of(conn, asked)
    if len(found) != 1:
        what = f"names several items: {', '.join(map(str, found))}" if found else "names no item"
        raise Misconfigured(f"{asked} {what}.", hint=f"`newswire why {asked}` tells what is known of it.")
    return found[0]


def canonical_or_same(url: str) -> str:
    """The canonical form of what is a URL, else what was given."""
    try:
        return canonical(url)
    except Unreadable:
        return url


def version_texts(conn: Connection, id: int) -> list[tuple[int, str, Article]]:
    """(number, kind, article) of an item's versions, in their order. Raises Misconfigured for an item without any."""
    rows = conn.execute(select(version.c.id, version.c.number, version.c.kind).where(version.c.item == id).order_by(version.c.number)).all()
    articles = items.load_articles(conn, [row.id for row in rows])
    if not articles:
        raise Misconfigured(f"Item {id} has no text.", hint="`newswire items list` shows what there is.")
    return [(row.number, row.kind, articles[row.id]) for row in rows if row.id in articles]


def quarantine_list(conn: Connection, *, released: bool = False, run_id: int | None = None, error: str = "", limit: int = 50) -> list[Row]:
    """What is set aside, the newest first; of all runs, or of one; all of it, or what failed so."""
    statement = (
        select(
            quarantine.c.id,
            quarantine.c.stage,
            source.c.name.label("source"),
            quarantine.c.url,
            quarantine.c.error,
            quarantine.c.message,
            quarantine.c.hint,
            quarantine.c.run,
            quarantine.c.code_version,
            quarantine.c.at,
            quarantine.c.released_at,
            quarantine.c.refs,
        )
        .outerjoin(source, source.c.id == quarantine.c.source)
        .order_by(quarantine.c.id.desc())
        .limit(limit)
    )
    if run_id is not None:
        statement = statement.where(quarantine.c.run == run_id)
    if error:
        statement = statement.where(_failed_so(error))
    return _rows(conn, statement if released else statement.where(quarantine.c.released_at.is_(None)))


def _failed_so(words: str) -> ColumnElement[bool]:
    """A type of error, or words of the reason: one type has many reasons."""
    return or_(quarantine.c.error == words, quarantine.c.message.icontains(words, autoescape=True))


def quarantine_open(conn: Connection, *, error: str = "", source_name: str = "") -> list[int]:
    """Ids of all that is set aside, or of what failed so (a type of error, or words of the reason), or of one source."""
    statement = select(quarantine.c.id).where(quarantine.c.released_at.is_(None)).order_by(quarantine.c.id)
    if error:
        statement = statement.where(_failed_so(error))
    if source_name:
        statement = statement.join(source, source.c.id == quarantine.c.source).where(source.c.name == source_name)
    return list(conn.execute(statement).scalars())


def quarantine_show(conn: Connection, id: int) -> Row:
    """One row. Raises Misconfigured."""
    statement = select(quarantine, source.c.name.label("source_name")).outerjoin(source, source.c.id == quarantine.c.source)
    found = _row(conn, statement.where(quarantine.c.id == id))
    if found is None:
        raise Misconfigured(f"Nothing is in quarantine under {id}.", hint="`newswire quarantine list` shows all.")
    return found


def work_list(conn: Connection, now: datetime, *, limit: int = 50) -> list[Row]:
    """Rows of work, what is due first."""
    w = tables.work
    statement = select(
        w.c.id, w.c.stage, w.c.lane, w.c.label, w.c.due_at, w.c.leased_until, w.c.claimed_by, w.c.attempts, w.c.retries, w.c.last_error
    )
    found = _rows(conn, statement.order_by(w.c.due_at, w.c.id).limit(limit))
    for row in found:
        leased = row["leased_until"] is not None and row["leased_until"] >= now
        row["state"] = f"worked on by {row['claimed_by']}" if leased else "ready" if row["due_at"] <= now else "later"
    return found


def attempt(conn: Connection, id: int) -> int:
    """The attempt that a row of work is in, or waits for: what its job's id bears. 0: there is no such row."""
    row = conn.execute(select(tables.work.c.attempts, tables.work.c.token).where(tables.work.c.id == id)).one_or_none()
    return 0 if row is None else row.attempts if row.token else row.attempts + 1


def parked(conn: Connection, subscription_id: int, *, limit: int = 50) -> list[Row]:
    """What a subscription could not be told, the latest first."""
    d = tables.delivery
    statement = (
        select(d.c.item, d.c.parked_at, d.c.attempts, d.c.last_error, d.c.code_version, version.c.headline)
        .join(item, item.c.id == d.c.item)
        .outerjoin(version, version.c.id == item.c.shown)
        .where(d.c.subscription == subscription_id, d.c.parked_at.is_not(None))
        .order_by(d.c.parked_at.desc())
        .limit(limit)
    )
    return _rows(conn, statement)


def status(conn: Connection, now: datetime) -> Row:
    """The state of all, and what waits for what."""

    def count(table: Table, *where: Any) -> int:
        return int(conn.execute(select(func.count()).select_from(table).where(*where)).scalar_one())

    live = source.c.removed_at.is_(None)
    lag = deliveries.lag(conn, now)
    subs = conn.execute(select(subscription).where(subscription.c.removed_at.is_(None)).order_by(subscription.c.name)).all()
    drained = drain.state(conn)
    return {
        "drained": drained.sentence if drained else "",
        "items": {row[0]: row[1] for row in conn.execute(select(item.c.status, func.count()).group_by(item.c.status))},
        "sources": {
            "all": count(source, live),
            "paused": count(source, live, source.c.paused_at.is_not(None)),
            "failing": _rows(
                conn,
                select(source.c.name, source.c.failures, source.c.last_error, source.c.last_ok_at)
                .where(live, source.c.failures > 0)
                .order_by(source.c.name),
            ),
        },
        "backlog": [
            {
                "stage": row.stage,
                "lane": row.lane,
                "ready": row.ready,
                "leased": row.leased,
                "later": row.later,
                "waits_s": max(0, round((now - row.oldest_due).total_seconds())) if row.oldest_due and row.ready else 0,
            }
            for row in work.backlog(conn, now)
        ],
        "fetches": _rows(
            conn,
            select(fetch_job.c.host, func.count().label("jobs"), host.c.not_before, host.c.failures)
            .join(host, host.c.name == fetch_job.c.host)
            .group_by(fetch_job.c.host, host.c.not_before, host.c.failures)
            .order_by(fetch_job.c.host)
            .limit(50),
        ),
        "paused_sources": _rows(
            conn,
            select(source.c.name, source.c.pause_reason, source.c.paused_at)
            .where(live, source.c.paused_at.is_not(None))
            .order_by(source.c.name),
        ),
        "quarantine": count(quarantine, quarantine.c.released_at.is_(None)),
        "subscriptions": [
            {
                "name": row.name,
                "kind": row.kind,
                "paused": row.paused_at is not None,
                "reason": row.pause_reason,
                "trouble": row.trouble,
                "trouble_at": row.trouble_at,
                "is_served": row.leased_until is not None and row.leased_until >= now,
                **lag.get(row.id, {}),
            }
            for row in subs
        ],
    }

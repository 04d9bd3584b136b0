"""Items, their versions and texts: what ingest reads before it decides, and the rows that it writes after. No decisions here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, and_, func, select, text, update

from pipeline.storage.db import bands, insert_rows, versions_sharing
from schemas.article import Article, Draft
from schemas.learnt import learn
from schemas.tables import (
    band,
    capture,
    history,
    identity,
    item,
    relation,
    rendition,
    rights,
    sighting,
    source,
    story,
    tombstone,
    verdict,
    version,
)

_SEPARATOR = "\n\n"


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """A capture with what is known of how it came."""

    capture: int
    source: int
    source_name: str
    provider: str
    source_language: str
    run: int | None
    log_id: str
    url: str
    final_url: str
    fetched_at: datetime
    entry: dict[str, Any] | None
    """The listing's entry (schemas.document.Entry as JSON) that named it."""


class StoredVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version with its text, and what its item is."""

    item: int
    version: int
    story: int
    provider: str
    status: str
    number: int
    publisher_version: str
    version_at: datetime | None
    published_at: datetime | None
    fetched_at: datetime
    embargo_until: datetime | None
    released_at: datetime | None
    text_hash: str
    headline: str
    text: str


class StoredItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item and the number of its newest version."""

    item: int
    story: int
    status: str
    lane: str
    current: int | None
    shown: int | None
    versions: int


class Rows(msgspec.Struct):
    """What one chunk will insert, table by table: filled while it decides, written sorted by key."""

    story: list[dict[str, Any]] = []
    item: dict[int, dict[str, Any]] = {}
    item_changes: dict[int, dict[str, Any]] = {}
    """Of items that were there before."""
    version_changes: dict[int, dict[str, Any]] = {}
    identity: list[dict[str, Any]] = []
    version: list[dict[str, Any]] = []
    rendition: list[dict[str, Any]] = []
    rights: list[dict[str, Any]] = []
    band: list[dict[str, Any]] = []
    relation: list[dict[str, Any]] = []
    tombstone: list[dict[str, Any]] = []
    verdict: list[dict[str, Any]] = []
    history: list[dict[str, Any]] = []


def arrivals(conn: Connection, captures: Sequence[int]) -> list[Arrival]:
    """The captures of a chunk, in the order of their ids."""
    rows = conn.execute(
        select(
            capture.c.id.label("capture"),
            capture.c.source,
            source.c.name.label("source_name"),
            source.c.provider,
            source.c.language.label("source_language"),
            capture.c.run,
            capture.c.log_id,
            capture.c.url,
            capture.c.final_url,
            capture.c.fetched_at,
            sighting.c.entry,
        )
        .join(source, source.c.id == capture.c.source)
        .outerjoin(sighting, sighting.c.id == capture.c.sighting)
        .where(capture.c.id.in_(list(captures)))
        .order_by(capture.c.id)
    ).all()
    return [Arrival(**row._mapping) for row in rows]


def candidates(conn: Connection, hashes: Sequence[int], *, scheme: int, at_least: int = 2, limit: int = 20) -> list[int]:
    """Versions that may share text with this signature: at least two of its hashes in common."""
    return versions_sharing(conn, hashes, scheme=scheme, at_least=at_least, limit=limit)


def signatures(conn: Connection, versions: Sequence[int], *, scheme: int) -> dict[int, tuple[int, ...]]:
    """The indexed hashes of these versions."""
    if not versions:
        return {}
    rows = conn.execute(select(band.c.version, band.c.hashes).where(band.c.version.in_(list(versions)), band.c.scheme == scheme))
    return {row.version: tuple(row.hashes) for row in rows}


def stored_versions(conn: Connection, versions: Iterable[int]) -> dict[int, StoredVersion]:
    """These versions with their newest rendition's text."""
    ids = sorted(set(versions))
    if not ids:
        return {}
    latest = (
        select(rendition.c.version, func.max(rendition.c.id).label("id"))
        .where(rendition.c.version.in_(ids))
        .group_by(rendition.c.version)
        .subquery("latest")
    )
    rows = conn.execute(
        select(
            version.c.item,
            version.c.id.label("version"),
            item.c.story,
            item.c.provider,
            item.c.status,
            version.c.number,
            version.c.publisher_version,
            version.c.version_at,
            version.c.published_at,
            version.c.fetched_at,
            version.c.embargo_until,
            version.c.released_at,
            version.c.text_hash,
            version.c.headline,
            rendition.c.text,
        )
        .join(item, item.c.id == version.c.item)
        .join(latest, latest.c.version == version.c.id)
        .join(rendition, rendition.c.id == latest.c.id)
        .where(version.c.id.in_(ids))
    ).all()
    return {row.version: StoredVersion(**row._mapping) for row in rows}


def known_keys(conn: Connection, keys: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str, str], int]:
    """(provider, kind, key) → item, for those that are known."""
    found: dict[tuple[str, str, str], int] = {}
    for provider, kind, values in _by_kind(keys):
        where = and_(identity.c.provider == provider, identity.c.kind == kind, identity.c.key.in_(values))
        for row in conn.execute(select(identity.c.key, identity.c.item).where(where)):
            found[provider, kind, row.key] = row.item
    return found


def tombstones(conn: Connection, keys: Iterable[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    """Which of these keys were killed before, or without, our knowing the item."""
    found: set[tuple[str, str, str]] = set()
    for provider, kind, values in _by_kind(keys):
        where = and_(tombstone.c.provider == provider, tombstone.c.kind == kind, tombstone.c.key.in_(values))
        found |= {(provider, kind, key) for key in conn.execute(select(tombstone.c.key).where(where)).scalars()}
    return found


def _by_kind(keys: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, str, list[str]]]:
    for (provider, kind), triples in groupby(sorted(set(keys)), key=itemgetter(0, 1)):
        yield provider, kind, [key for _, _, key in triples]


def stored_items(conn: Connection, items: Iterable[int]) -> dict[int, StoredItem]:
    """These items."""
    ids = sorted(set(items))
    if not ids:
        return {}
    numbers = (
        select(version.c.item, func.max(version.c.number).label("versions"))
        .where(version.c.item.in_(ids))
        .group_by(version.c.item)
        .subquery("n")
    )
    rows = conn.execute(
        select(
            item.c.id.label("item"),
            item.c.story,
            item.c.status,
            item.c.lane,
            item.c.current,
            item.c.shown,
            func.coalesce(numbers.c.versions, 0),
        )
        .outerjoin(numbers, numbers.c.item == item.c.id)
        .where(item.c.id.in_(ids))
    ).all()
    return {
        row[0]: StoredItem(item=row[0], story=row[1], status=row[2], lane=row[3], current=row[4], shown=row[5], versions=int(row[6]))
        for row in rows
    }


def judged(conn: Connection, captures: Sequence[int]) -> set[tuple[int, str]]:
    """(capture, path) that have their verdict already."""
    rows = conn.execute(select(verdict.c.capture, verdict.c.path).where(verdict.c.capture.in_(list(captures))))
    return {(row.capture, row.path) for row in rows}


def reserve(conn: Connection, count: int, *tables: Table) -> list[Iterator[int]]:
    """Draw so many ids for each of these tables, for rows that will be inserted in this transaction.

    Only under the ledger lock: re-checks go by the order of ids.
    """
    if conn.dialect.name == "postgresql":
        draws = [func.pg_catalog.nextval(func.pg_get_serial_sequence(table.name, "id")) for table in tables]
        drawn = conn.execute(select(*draws).select_from(func.generate_series(1, count).table_valued("n"))).all()
        return [iter(sorted(ids)) for ids in zip(*drawn, strict=True)] or [iter(())] * len(tables)
    newest = {row.name: row.seq for row in conn.execute(text("SELECT name, seq FROM sqlite_sequence"))}
    return [iter(range(first, first + count)) for first in (int(newest.get(table.name) or 0) + 1 for table in tables)]


def write(conn: Connection, rows: Rows, events: tuple[Table, list[dict[str, Any]]]) -> None:
    """Insert all of it, parents before children, each sorted by key: two writers never wait for each other crosswise."""
    insert_rows(
        conn,
        (story, _by(rows.story, "id")),
        (item, _by(rows.item.values(), "id")),
        (version, _by(rows.version, "id")),
        (rendition, _by(rows.rendition, "version")),
        (rights, _by(rows.rights, "version")),
        (identity, _by(rows.identity, "provider", "kind", "key")),
        (relation, _by(rows.relation, "item", "kind", "other")),
        (tombstone, _by(rows.tombstone, "provider", "kind", "key")),
        (verdict, _by(rows.verdict, "capture", "path")),
        (history, rows.history),
        *bands(conn, _by(rows.band, "version")),
        events,
    )
    for id in sorted(rows.item_changes):
        conn.execute(update(item).where(item.c.id == id).values(**rows.item_changes[id]))
    for id in sorted(rows.version_changes):
        conn.execute(update(version).where(version.c.id == id).values(**rows.version_changes[id]))


def _by(rows: Iterable[dict[str, Any]], *keys: str) -> list[dict[str, Any]]:
    return sorted(rows, key=itemgetter(*keys))


learn(Article)


def article_row(article: Article) -> tuple[str, dict[str, Any]]:
    """An article as a rendition holds it: its text, and all else as JSON."""
    values = msgspec.to_builtins(article)
    del values["text"], values["paragraphs"]
    return article.text, values


def article_of(text: str, values: dict[str, Any]) -> Article:
    """The other way: `article_of(*article_row(a)) == a`."""
    return msgspec.convert({**values, "text": text, "paragraphs": text.split(_SEPARATOR) if text else []}, Article)


def draft_row(draft: Draft) -> dict[str, Any]:
    """A draft without its bodies, which the capture holds."""
    values: dict[str, Any] = msgspec.to_builtins(draft)
    for body in ("page_html", "body_html", "body_text"):
        del values[body]
    return values


def load_articles(conn: Connection, versions: Iterable[int]) -> dict[int, Article]:
    """The newest renditions of these versions; those without one (purged) are left out."""
    rows = conn.execute(
        select(rendition.c.version, rendition.c.text, rendition.c.article)
        .where(rendition.c.version.in_(sorted(set(versions))))
        .order_by(rendition.c.version, rendition.c.id)
    )
    return {row.version: article_of(row.text, row.article) for row in rows}


def load_article(conn: Connection, version_id: int) -> Article:
    """A version's newest rendition. Raises KeyError where there is none (purged)."""
    return load_articles(conn, [version_id])[version_id]


def change(conn: Connection, item_id: int, **values: Any) -> None:
    """Update an item. Under the ledger lock only."""
    conn.execute(update(item).where(item.c.id == item_id).values(**values))

"""The whole path of one document in this process: what `newswire ingest` does. The same rows, the same steps as the workers'."""

from __future__ import annotations

import mimetypes
import secrets
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy import Connection, select

from pipeline import collect, urls
from pipeline.clean.pages import MAX_PAGES
from pipeline.config import Settings
from pipeline.enriching import enrich_chunk
from pipeline.errors import Infrastructure, Misconfigured, NewswireError, Unreadable
from pipeline.ingest import ingest_chunk
from pipeline.storage import captures, drain, items, work
from pipeline.storage.captures import Arriving
from pipeline.storage.db import Database
from pipeline.storage.work import NewWork
from schemas import tables
from schemas.article import Article
from schemas.document import Document
from schemas.outcome import Outcome

_WORKER = "command-line"


class Ingested(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a document."""

    article: Article | None
    """None: a kill."""
    verdict: str
    """`new`, `version`, `pickup`, `unchanged`, `kill` …"""
    evidence: tuple[str, ...]
    item: int
    status: str


def ingest_here(db: Database, settings: Settings, location: str) -> list[Ingested]:
    """Fetch or read `location` (a URL or a file's path), store what it holds, find its facts; one value a draft.

    Raises what its fetch raises, Unreadable for a document that went to quarantine, Infrastructure.
    """
    with db.read() as conn:
        now = db.now(conn)
        drained = drain.state(conn)
    if drained is not None:
        raise Infrastructure(drained.sentence)
    document, *further = _pages(location, settings, now)
    with db.write() as conn:
        now = db.now(conn)
        source = _source(conn, document, now)
        run = int(
            conn.execute(
                tables.run.insert().values(trigger="cli", label=f"ingest {location}"[:500], created_at=now).returning(tables.run.c.id)
            ).scalar_one()
        )
        log_id = secrets.token_hex(6)
        capture = captures.store(conn, document, source=source, sighting=None, run=run, log_id=log_id, now=now)
        captures.store_many(
            conn,
            [Arriving(document=page, source=source, sighting=None, run=run, log_id=log_id, continues=capture) for page in further],
            now,
        )
        row = NewWork(stage="ingest", lane="normal", label=f"{location} · run {run}"[:500], refs=(capture,), run=run)
        [offered] = work.add(conn, [row], now, offered=True)
    outcome = _work(db, settings, offered.id)
    if outcome.quarantined:
        raise Unreadable(f"{outcome.failed.partition(' quarantined: ')[2] or outcome.failed}", url=document.url)
    for following in outcome.next:
        _work(db, settings, following.id)
    return _results(db, capture)


def _pages(location: str, settings: Settings, now: datetime) -> list[Document]:
    """A document, or the first page of the story that it continues, and the further pages, as far as they can be had.

    Raises what `fetch` raises for the first.
    """
    found = [fetch(location, settings, now)]
    while earlier := collect.earlier_page(found[0]):
        found = [fetch(earlier, settings, now)]
    first = found[0].final_url or found[0].url
    asked = {found[0].url, first}
    while len(found) < MAX_PAGES and (url := collect.next_page(found[-1], first if len(found) > 1 else "")) and url not in asked:
        asked.add(url)
        try:
            found.append(fetch(url, settings, now))
        except NewswireError:
            break  # the text is partial, and says so
    return found


def fetch(location: str, settings: Settings, now: datetime) -> Document:
    """The bytes at a URL or in a file, within our limits. Raises Unreadable or what a fetch raises."""
    if location.startswith(("http://", "https://")):
        return collect.get(location, settings, now)
    if "://" in location and not location.startswith("file://"):
        raise Misconfigured(f"{location} is no address that newswire fetches.", hint="Write http://, https:// or a file's path.")
    path = Path(location.removeprefix("file://")).expanduser()
    try:
        if path.is_dir():
            raise Unreadable(f"{path} is a folder.", hint=f"Ingest its files, or watch it: newswire sources add NAME folder {path}")
        size = path.stat().st_size
        if size > settings.max_body_bytes:
            raise Unreadable(f"{path} has {size:,} bytes, more than max_body_bytes allows ({settings.max_body_bytes:,}).")
        return Document(
            url=path.resolve().as_uri(),
            body=path.read_bytes(),
            fetched_at=now,
            content_type=mimetypes.guess_type(path.name)[0] or "",
        )
    except FileNotFoundError as error:
        raise Unreadable(f"There is no file {path}.", hint="A URL starts with http:// or https://.") from error
    except OSError as error:
        raise Unreadable(f"{path} can't be read: {error.strerror}.") from error


def _source(conn: Connection, document: Document, now: datetime) -> int:
    """Documents from the command line belong to a source of their own, one for each host: ids are counted by provider.

    It is removed from the first: never polled, not listed, no concern of a file of sources; what it brought stays.
    """
    provider = "local" if document.url.startswith("file:") else urls.host_key(document.url).partition("://")[2].rpartition(":")[0]
    name = f"command-line/{provider}"
    found = conn.execute(select(tables.source.c.id).where(tables.source.c.name == name)).scalar()
    if found is not None:
        return int(found)
    row = tables.source.insert().values(
        name=name,
        kind="url",
        location=document.url,
        provider=provider,
        settings={},
        removed_at=now,
        created_at=now,
    )
    return int(conn.execute(row.returning(tables.source.c.id)).scalar_one())


def _work(db: Database, settings: Settings, id: int) -> Outcome:
    with db.write() as conn:
        claimed = work.claim(conn, id, worker=_WORKER, lease_s=settings.lease_s, now=db.now(conn))
    if claimed is None:  # a running worker was faster: it does the same
        raise Infrastructure(
            "A running worker took this document first.", hint="Look at it with `newswire items list`, or stop the workers."
        )
    return (ingest_chunk if claimed.stage == "ingest" else enrich_chunk)(db, claimed, settings)


def _results(db: Database, capture: int) -> list[Ingested]:
    with db.read() as conn:
        rows = conn.execute(
            select(tables.verdict.c.kind, tables.verdict.c.evidence, tables.verdict.c.version, tables.item)
            .join(tables.item, tables.item.c.id == tables.verdict.c.item)
            .where(tables.verdict.c.capture == capture)
            .order_by(tables.verdict.c.path)
        ).all()
        articles = items.load_articles(conn, [version for row in rows for version in (row.version, row.current) if version])
    return [
        Ingested(
            article=articles.get(row.version or row.current) if row.status not in ("killed", "purged") else None,
            verdict=row.kind,
            evidence=tuple(row.evidence.get("sentences", ())),
            item=row.id,
            status=row.status,
        )
        for row in rows
    ]

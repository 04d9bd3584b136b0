"""Captures made ready before any lock is taken: decoded, parsed, cleaned, named and signed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

import msgspec
from sqlalchemy import Connection

from pipeline import clean, formats
from pipeline.dedupe import identity
from pipeline.dedupe.signature import signature
from pipeline.errors import NewswireError, Permanent, Unreadable
from pipeline.storage import captures, items
from pipeline.storage.db import Database
from pipeline.storage.items import Arrival
from schemas.article import Article, Draft, Usability
from schemas.document import Document, Entry, Listing

NO_END = datetime(9999, 12, 31, tzinfo=UTC)
"""Embargo of what is withheld until further notice (IPTC pubStatus): it ends only with a newer version."""


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """One draft, made ready before any lock is taken."""

    arrival: Arrival
    draft: Draft
    article: Article | None
    """None: a kill, which needs no text."""
    keys: tuple[tuple[str, str], ...]
    text_hash: str
    hashes: tuple[int, ...]
    provider: str
    embargo_until: datetime | None

    @property
    def triples(self) -> tuple[tuple[str, str, str], ...]:
        return tuple((self.provider, kind, key) for kind, key in self.keys)


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """A document that is its own trouble: its neighbours go on without it."""

    arrival: Arrival
    error: str
    message: str
    hint: str


def prepare(db: Database, capture_ids: Sequence[int]) -> tuple[list[Prepared], list[Broken]]:
    """Decode, parse, clean and sign what these captures hold."""
    with db.read() as conn:
        arrived = [(arrival, _load(conn, arrival), _further(conn, arrival)) for arrival in items.arrivals(conn, capture_ids)]
    prepared: list[Prepared] = []
    broken: list[Broken] = []
    for arrival, document, further in arrived:
        try:
            if isinstance(document, NewswireError):
                raise document
            prepared += read(arrival, document, further)
        except NewswireError as error:
            broken.append(Broken(arrival=arrival, error=type(error).__name__, message=str(error), hint=error.hint))
        except Exception as error:  # a fault of ours with this document: its own, or it would take the chunk along for ever
            broken.append(Broken(arrival=arrival, error=type(error).__name__, message=f"{type(error).__name__}: {error}"[:500], hint=""))
    return prepared, broken


def _load(conn: Connection, arrival: Arrival) -> Document | NewswireError:
    """The bytes; the error where they are no longer kept: that is the capture's trouble, not its chunk's."""
    try:
        return captures.load(conn, arrival.capture)
    except Permanent as error:
        return error


def _further(conn: Connection, arrival: Arrival) -> dict[str, Document]:
    """The further pages of its story by their addresses, as far as they were had and are kept."""
    found = {}
    for id in captures.further(conn, arrival.capture):
        with suppress(Permanent):
            document = captures.load(conn, id)
            found[document.url] = document
    return found


def read(arrival: Arrival, document: Document, further: Mapping[str, Document]) -> list[Prepared]:
    """Pure: a document's drafts, made ready; `further`: the other pages of its story. Raises Unreadable where there is nothing to store."""
    drafts = formats.read(document)
    if isinstance(drafts, Listing):
        raise Unreadable(f"{arrival.url} is a feed, not an article.", url=arrival.url, hint="Add it as a source of kind feed.")
    entry = msgspec.convert(arrival.entry, Entry) if arrival.entry else None

    def page(url: str) -> Draft | None:
        return formats.page_of(further[url]) if url in further else None

    return [_prepare(arrival, _with_entry(draft, arrival, entry), entry, page) for draft in drafts]


def _with_entry(draft: Draft, arrival: Arrival, entry: Entry | None) -> Draft:
    """What the listing said of it, where the document itself says nothing."""
    language = draft.language or (entry.language if entry else "") or arrival.source_language
    published = draft.published or (entry.published if entry else None)
    keywords = draft.keywords or (entry.categories if entry else ())
    url = draft.url or arrival.final_url or arrival.url
    return msgspec.structs.replace(draft, language=language, published=published, keywords=keywords, url=url)


def _prepare(arrival: Arrival, draft: Draft, entry: Entry | None, page: Callable[[str], Draft | None]) -> Prepared:
    provider = draft.provider or arrival.provider
    article: Article | None = None
    try:
        article = clean.clean_whole(draft, page, published=draft.published)
    except Unreadable:
        if draft.usability is not Usability.CANCELED:
            raise
    if article is not None and not article.headline and entry is not None:
        article = msgspec.structs.replace(article, headline=entry.title)
    return Prepared(
        arrival=arrival,
        draft=draft,
        article=article,
        keys=identity.keys(draft, article, final_url=arrival.final_url or arrival.url, entry=entry),
        text_hash=clean.text_hash(article) if article else "",
        hashes=tuple(signature(article.text)) if article else (),
        provider=provider,
        embargo_until=NO_END if draft.usability is Usability.WITHHELD else draft.embargo_until,
    )

"""An RSS or Atom feed: entries whose pages are owed, or, with `content = "feed"`, whose text the feed carries.

Pure: the pump asks, this reads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from html import escape

import msgspec

from pipeline.errors import Unreadable
from pipeline.sources import Asked, Found, Look, Parse, SourceKind, known_settings
from pipeline.sources.web import check_url, text_key
from schemas.document import Document, Entry, Listing
from schemas.source import Setting


def settings(given: Mapping[str, Setting]) -> dict[str, Setting]:
    """content: `page` (the text is on the entry's page), `feed` (the feed carries the whole text: no page is fetched)."""
    return known_settings(given, {"content": ("page", "feed")})


def read(asked: Asked, document: Document, parse: Parse) -> Look:
    """The entries of a feed. Raises Unreadable for what is no feed."""
    listing = parse(document)
    if not isinstance(listing, Listing):
        raise Unreadable(f"{asked.location} is not a feed.", url=asked.location, hint="One page is a source of kind url.")
    carries = asked.settings.get("content") == "feed"
    keys = Counter(entry.key for entry in listing.entries)
    found: list[Found] = []
    for entry in listing.entries:
        if keys[entry.key] > 1 and entry.key != entry.url:  # a guid that is used twice names nothing: the URL joins it
            entry = msgspec.structs.replace(entry, key=f"{entry.key} {entry.url}")
        whole = _document(entry, listing, document) if carries else None
        found.append(Found(entry=entry, hash=_state(entry), document=whole))
    return Look(found=tuple(found), listed=len(found), notes=listing.warnings)


def _state(entry: Entry) -> str:
    """What means that an entry changed. Not `published`: some feeds say now at each build."""
    updated = entry.updated.isoformat() if entry.updated else ""
    return text_key(entry.url, entry.title, entry.summary, entry.content_html, updated)


def _document(entry: Entry, listing: Listing, feed: Document) -> Document | None:
    """What the feed says of an entry as a page of its own; None where it says nothing, and the page is owed after all."""
    text = entry.content_html or entry.summary
    if not text.strip():
        return None
    language = entry.language or listing.language
    page = (
        f'<!DOCTYPE html><html{f" lang={chr(34)}{escape(language)}{chr(34)}" if language else ""}><head><meta charset="utf-8">'
        f"<title>{escape(entry.title)}</title></head><body><article><h1>{escape(entry.title)}</h1>\n{text}\n</article></body></html>"
    )
    return Document(
        url=entry.url, body=page.encode("utf-8", "replace"), fetched_at=feed.fetched_at, content_type="text/html; charset=utf-8"
    )


SOURCE = SourceKind(name="feed", rhythm_s=300.0, check=check_url, settings=settings, read=read)

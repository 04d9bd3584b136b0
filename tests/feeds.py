"""Sample feeds of our own writing, each beside the listing that must come of it; and short ones made in a test."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from schemas.document import Document, Listing

GOLDEN = Path(__file__).parent / "golden" / "feeds"
ADDRESS = "https://feeds.example.org/news/feed.xml"
ITEM = "<item><title>T{0}</title><link>https://example.org/{0}</link></item>"
ENTRY = "<entry><id>tag:example.org,2026:{0}</id><title>T{0}</title><link href='https://example.org/{0}'/></entry>"


def names(kind: str) -> list[str]:
    """The samples of a kind, `rss` or `atom`."""
    return sorted(path.stem for path in GOLDEN.glob(f"{kind}-*.xml"))


def document(body: bytes | str, content_type: str = "", url: str = ADDRESS) -> Document:
    """A feed as it is fetched."""
    encoded = body.encode() if isinstance(body, str) else body
    return Document(url=url, body=encoded, content_type=content_type, fetched_at=datetime(2026, 3, 1, 12, tzinfo=UTC))


def sample(name: str) -> tuple[Document, dict[str, Any]]:
    """A sample, and its listing as JSON, in which what is empty is left out."""
    return document((GOLDEN / f"{name}.xml").read_bytes()), json.loads((GOLDEN / f"{name}.expected.json").read_text(encoding="utf-8"))


def as_json(listing: Listing) -> dict[str, Any]:
    """A listing in the shape of the expectations."""
    found = msgspec.json.decode(msgspec.json.encode(listing))
    entries = [{name: value for name, value in entry.items() if value} for entry in found.pop("entries")]
    return {name: value for name, value in found.items() if value} | {"entries": entries}


def rss(*items: str, before: str = "") -> Document:
    """An RSS feed of these items."""
    return document(f'{before}<rss version="2.0"><channel><title>C</title>{"".join(items)}</channel></rss>')


def atom(*entries: str, before: str = "") -> Document:
    """An Atom feed of these entries."""
    return document(f'{before}<feed xmlns="http://www.w3.org/2005/Atom"><title>C</title>{"".join(entries)}</feed>')

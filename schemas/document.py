"""What arrives: bytes with their origin (`Document`), and what a listing says is at a source (`Entry`, `Listing`)."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes as they arrived, and from where. Nothing in here has been interpreted."""

    url: str
    """Where it was asked for: an absolute http(s) URL, or a file URL."""
    body: bytes
    fetched_at: datetime
    """Aware, UTC: when the last byte had arrived."""
    content_type: str = ""
    """The Content-Type header as sent, parameters included; empty when there was none."""
    final_url: str = ""
    """After redirects; empty when it equals `url`."""
    headers: dict[str, str] = {}
    """Response headers that later stages may need, names in lower case."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a listing (a feed, a folder) says exists. It names an item; it need not hold it."""

    key: str
    """What the source itself calls it: guid, Atom id, else the URL; a file's path. Never empty."""
    url: str
    """Where the whole of it is: an absolute URL."""
    title: str = ""
    summary: str = ""
    content_html: str = ""
    """The full text where the feed carries it (`content:encoded`, Atom `content`)."""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    language: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    is_permalink: bool = False
    """The guid is said to be a URL of the item (RSS `isPermaLink`)."""
    extra: dict[str, str] = {}
    """What has no place above, by the name it bears in the feed."""


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """A feed or a folder, read: its entries in the order in which it lists them."""

    entries: tuple[Entry, ...]
    title: str = ""
    language: str = ""
    link: str = ""
    ttl_s: int | None = None
    """How long the publisher asks to wait between polls (`ttl`, `sy:updatePeriod`)."""
    warnings: tuple[str, ...] = ()
    """What was wrong and was mended or left out, one sentence each: "entry 3 has neither a guid nor a link: left out"."""

"""What a format is, and the words that its errors use. Formats import this, never one another."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from schemas.article import Draft
from schemas.document import Document, Listing


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of document, known by its bytes."""

    name: str
    """Short and stable: stored in each Draft. `html`, `rss`, `ninjs`."""
    sniff: Callable[[Document], float]
    """How sure it is that a document is of this format, 0 to 1, from content type and first bytes. Fast; never raises."""
    read: Callable[[Document], Listing | tuple[Draft, ...]]
    """What the document holds. Raises Unreadable only."""


def name_of(document: Document) -> str:
    """How errors call a document: its URL, without `file://`."""
    return (document.final_url or document.url).removeprefix("file://") or "The document"

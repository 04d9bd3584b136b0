"""Bytes → Drafts or a Listing. Pure. A format is one file in this folder that exposes `FORMAT`; third parties add theirs as entry points.

document ─ what it is for sure not (empty, binary) ─► each format's sniff ─► the surest one's read ─► Listing | Draft, …
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

from pipeline.errors import Unreadable
from pipeline.formats.format import Format, name_of
from pipeline.text.binary import binary_of
from schemas.article import Draft
from schemas.document import Document, Listing

__all__ = ["Format", "formats", "name_of", "page_of", "read"]


@cache
def formats() -> dict[str, Format]:
    """All formats by name: the files of this folder, then entry points `newswire.formats`. A third party's never replaces one of ours."""
    found: dict[str, Format] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        format = getattr(import_module(f"{__name__}.{module.name}"), "FORMAT", None)
        if isinstance(format, Format):
            found[format.name] = format
    for entry in sorted(entry_points(group="newswire.formats"), key=lambda entry: entry.name):
        format = entry.load()
        if isinstance(format, Format):
            found.setdefault(format.name, format)
    return found


def read(document: Document, name: str = "") -> Listing | tuple[Draft, ...]:
    """Read a document as the format `name`, or as what its content type and first bytes say it is.

    Raises Unreadable, with a sentence that says what it is instead, for what is empty, binary, cut off or no news.
    """
    if not document.body.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise Unreadable(f"{name_of(document)} is empty.", url=document.url, hint="Fetch it again, or look whether it was written whole.")
    known = formats()
    if name:
        if name not in known:
            raise Unreadable(f"No format is called {name}.", url=document.url, hint=f"There are: {', '.join(known)}.")
        return known[name].read(document)
    binary = binary_of(document.body)
    if binary:
        raise Unreadable(f"{name_of(document)} is {binary}, not news.", url=document.url)
    surest = max(known.values(), key=lambda format: (format.sniff(document), format.name))
    if surest.sniff(document) <= 0:
        raise Unreadable(
            f"{name_of(document)} is of no format that newswire reads.", url=document.url, hint=f"It reads: {', '.join(known)}."
        )
    return surest.read(document)


def page_of(document: Document) -> Draft | None:
    """A web page as its draft; None for any other document."""
    try:
        drafts = read(document)
    except Unreadable:
        return None
    return drafts[0] if not isinstance(drafts, Listing) and len(drafts) == 1 and drafts[0].page_html else None

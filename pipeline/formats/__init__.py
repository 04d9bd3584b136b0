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
from schemas.article import Draft
from schemas.document import Document, Listing

__all__ = ["Format", "formats", "name_of", "page_of", "read"]

_MAGIC = (
    (b"%PDF", "a PDF file"), (b"\x89PNG", "a PNG picture"), (b"\xff\xd8\xff", "a JPEG picture"), (b"GIF8", "a GIF picture"),
    (b"PK\x03\x04", "a zip archive or an office document"), (b"\x1f\x8b", "a gzip archive"), (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"), (b"7z\xbc\xaf\x27\x1c", "a 7-zip archive"), (b"Rar!", "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"), (b"\x7fELF", "a program"), (b"MZ\x90\x00", "a program"),
    (b"\xd0\xcf\x11\xe0", "an old office document"), (b"SQLite format 3\x00", "a SQLite database"), (b"OggS", "an Ogg recording"),
    (b"ID3", "an MP3 recording"), (b"fLaC", "a FLAC recording"), (b"wOFF", "a font"), (b"wOF2", "a font"), (b"\x00asm", "a program"),
    (b"II*\x00", "a TIFF picture"), (b"MM\x00*", "a TIFF picture"), (b"{\\rtf", "an RTF document"), (b"\xca\xfe\xba\xbe", "a program"),
)  # fmt: skip
_SAMPLE = 8192


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
    binary = _binary(document.body)
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


def _binary(body: bytes) -> str:
    """What a binary file is; "" for text in whatever charset."""
    for magic, what in _MAGIC:
        if body.startswith(magic):
            return what
    if body[4:8] == b"ftyp":
        return "a film"
    if body[:4] == b"RIFF" and body[8:12] in (b"WAVE", b"WEBP", b"AVI "):
        return "a picture or a recording"
    sample = body[:_SAMPLE]
    if body[:2] in (b"\xff\xfe", b"\xfe\xff") or _is_wide(sample):
        return ""
    controls = sum(sample.count(code) for code in range(32) if code not in (7, 8, 9, 10, 12, 13, 27, *range(1, 6), *range(17, 26)))
    return "a binary file" if controls > len(sample) * 0.02 and controls > 8 or sample.count(0) > len(sample) * 0.05 else ""


def _is_wide(sample: bytes) -> bool:
    """UTF-16 without a byte order mark: each second byte is 0, the others are not."""
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = max(len(sample) // 2, 1)
    return max(even, odd) > half * 0.7 and min(even, odd) < half * 0.1

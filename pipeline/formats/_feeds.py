"""What RSS and Atom share: bytes mended to XML, and the careful reading of dates, texts and links. Pure. Not a format of its own.

Feeds in the wild are broken XML: bare `&`, HTML entities without a DTD, control characters. They are mended before parsing, since a parser that
recovers by itself drops what it does not understand (`AT&T` becomes `AT`).
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import ciso8601
import feedparser
from dateutil import parser as dateparser
from dateutil import tz
from lxml import etree

from pipeline import urls
from pipeline.errors import Unreadable
from schemas.document import Document, Entry, Listing

MOST_ENTRIES = 5_000
LONGEST_FIELD = 500_000
"""Characters of one field; a longer one is cut, with a warning."""

_ENTITY = re.compile(rb"<!\[CDATA\[.*?\]\]>|&(?:#\d+|#[xX][0-9a-fA-F]+|(?P<name>[A-Za-z][A-Za-z0-9]*));|(?P<bare>&)", re.DOTALL)
_XML_NAMES = (b"amp", b"lt", b"gt", b"quot", b"apos")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_DECLARED = re.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"'][^>]*\?>")
_CHARSET = re.compile(r"charset=[\"']?([A-Za-z0-9._-]+)", re.IGNORECASE)
_ZONES = {
    "UT": 0, "GMT": 0, "Z": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "BST": 1, "IST": 5.5, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "SGT": 8, "HKT": 8,
}  # fmt: skip
"""RFC 822 section 5.1, and those that feeds were seen to bear. Hours east of UTC."""
_TZINFOS = {name: tz.tzoffset(name, int(hours * 3600)) for name, hours in _ZONES.items()}
_TAGS = re.compile(r"<[^>]*>")
_BLANKS = re.compile(r"\s+")


def decoded(document: Document) -> bytes:
    """The body as UTF-8 without an XML declaration: BOM, then the declared charset, then the header's, then UTF-8, else Windows-1252."""
    body = document.body
    for bom, name in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if body.startswith(bom):
            return _undeclared(body[len(bom) :].decode(name, "replace").encode())
    declared = _DECLARED.match(body[:300])
    header = _CHARSET.search(document.content_type)
    names = ["utf-8", *([declared[1].decode("ascii")] if declared else []), *([header[1]] if header else []), "cp1252"]
    for name in names:  # strict UTF-8 first: what declares ISO-8859-1 often is UTF-8, and no other text passes for it
        try:
            return _undeclared(body.decode(name).encode())
        except (UnicodeDecodeError, LookupError):
            continue
    return _undeclared(body.decode("cp1252", "replace").encode())


def _undeclared(body: bytes) -> bytes:
    return re.sub(rb"^\s*<\?xml[^>]*\?>", b"", body, count=1).lstrip()


def mended(body: bytes) -> bytes:
    """HTML entities as numbers, bare `&` escaped, control characters dropped; CDATA sections untouched but for those."""

    def mend(match: re.Match[bytes]) -> bytes:
        if match["bare"]:
            return b"&amp;"
        name = match["name"]
        if name is None or name in _XML_NAMES:
            return match[0]
        text = html.entities.html5.get(name.decode("ascii") + ";")
        return "".join(f"&#{ord(character)};" for character in text).encode() if text else b"&amp;" + match[0][1:]

    return _ENTITY.sub(mend, _CONTROL.sub(b"", body))


def tree(document: Document) -> etree._Element:
    """The root element. Raises Unreadable. No entities, no network, no huge trees; recovers from what is not well-formed."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(mended(decoded(document)), parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable(f"{document.url} is not XML: {error.msg}.", url=document.url) from error
    if root is None:
        raise Unreadable(f"{document.url} is not XML: there is no element in it.", url=document.url)
    return root


def local(element: etree._Element) -> str:
    """Its name without a namespace, in lower case; '' for what is no element."""
    return etree.QName(element).localname.lower() if isinstance(element.tag, str) else ""


def text_of(element: etree._Element | None) -> str:
    """All text in it, trimmed, bounded."""
    return "".join(element.itertext()).strip()[:LONGEST_FIELD] if element is not None else ""


def plain(markup: str) -> str:
    """A title or summary as plain text: tags off, entities read, white space joined."""
    return _BLANKS.sub(" ", html.unescape(_TAGS.sub(" ", markup))).strip()


def moment(value: str) -> datetime | None:
    """An aware UTC time from what feeds write; None where there is none. Never now. A time without a zone is taken for UTC."""
    value = value.strip()
    if not value or len(value) > 100:
        return None
    # email.utils drops `GMT+0200` and `+02:00` silently
    normal = re.sub(r"(?:GMT|UTC)\s*([+-]\d{2}):?(\d{2})$", r"\1\2", value)
    for read in (_iso, _mail, _any):
        try:
            found = read(normal)
        except (ValueError, OverflowError, TypeError, AttributeError):
            continue
        if found is not None:
            found = found if found.tzinfo else found.replace(tzinfo=UTC)
            return found.astimezone(UTC) if datetime(1970, 1, 2, tzinfo=UTC) < found else None
    return None


def _iso(value: str) -> datetime | None:
    return ciso8601.parse_datetime(value) if value[:4].isdigit() else None


def _mail(value: str) -> datetime | None:
    zone = re.search(r"([A-Z]{1,4})$", value)
    if zone and zone[1] in _ZONES:
        found = parsedate_to_datetime(value[: zone.start()] + "+0000")
        return found - timedelta(hours=_ZONES[zone[1]])
    return parsedate_to_datetime(re.sub(r"([+-]\d{2}):(\d{2})$", r"\1\2", value))


def _any(value: str) -> datetime | None:
    # its default fills what is missing: a date that is not whole is none
    found = dateparser.parse(value, tzinfos=_TZINFOS, default=datetime(1, 1, 1))  # noqa: DTZ001 - the default must have no zone
    return found if found.year > 1 else None


def listing(
    document: Document,
    elements: Iterable[etree._Element],
    read: Callable[[etree._Element], Entry | str],
    *,
    title: str,
    language: str = "",
    link: str = "",
    ttl_s: int | None = None,
) -> Listing:
    """Read each entry on its own: one that is broken becomes a warning. `read` gives an Entry, or why it is left out."""
    entries: list[Entry] = []
    warnings: list[str] = []
    for number, element in enumerate(elements, 1):
        if number > MOST_ENTRIES:
            warnings.append(f"more than {MOST_ENTRIES} entries: the rest is left out")
            break
        try:
            found = read(element)
        except (Unreadable, ValueError) as error:
            found = str(error)
        if isinstance(found, str):
            warnings.append(f"entry {number}: {found.rstrip('.')}: left out")
        else:
            entries.append(found)
    if not entries:
        entries, more = _second_opinion(document)
        warnings += more
    return Listing(
        entries=tuple(_told_apart(entries, warnings)), title=title, language=language, link=link, ttl_s=ttl_s, warnings=tuple(warnings)
    )


def _told_apart(entries: list[Entry], warnings: list[str]) -> Iterable[Entry]:
    """A guid that stands twice in one document names nothing: the URL joins the key."""
    counts: dict[str, set[str]] = {}
    for entry in entries:
        counts.setdefault(entry.key, set()).add(entry.url)
    repeated = {key for key, addresses in counts.items() if len(addresses) > 1}
    if repeated:
        warnings.append(f"{len(repeated)} ids stand for several entries: their URLs tell them apart")
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        key = f"{entry.key} {entry.url}" if entry.key in repeated else entry.key
        if (key, entry.url) in seen:
            continue
        seen.add((key, entry.url))
        yield entry if key == entry.key else _rekeyed(entry, key)


def _rekeyed(entry: Entry, key: str) -> Entry:
    from msgspec.structs import replace

    return replace(entry, key=key)


def _second_opinion(document: Document) -> tuple[list[Entry], list[str]]:
    """feedparser, for what our reader makes nothing of."""
    parsed: Any = feedparser.parse(document.body, sanitize_html=False, resolve_relative_uris=False)
    entries = []
    for one in parsed.entries[:MOST_ENTRIES]:
        try:
            url = urls.resolve(document.final_url or document.url, one.get("link", ""))
        except Unreadable:
            continue
        entries.append(
            Entry(
                key=one.get("id") or url,
                url=url,
                title=plain(one.get("title", "")),
                summary=plain(one.get("summary", "")),
                published=moment(one.get("published", "")),
                updated=moment(one.get("updated", "")),
            )
        )
    return entries, [f"read by the second reader: {len(entries)} entries"] if entries else []

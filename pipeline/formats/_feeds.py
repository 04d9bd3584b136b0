"""What RSS and Atom share: bytes mended to XML, and the careful reading of dates, texts and links. Pure. Not a format of its own.

    bytes ─ decode ─ mend ─► tree ─► entry by entry ─► Listing
                             └─ no tree, or no entries: feedparser reads them once more

Feeds in the wild are broken XML: bare `&`, HTML entities without a DTD, control characters. They are mended before parsing, since a parser that
recovers by itself drops what it does not understand (`AT&T` becomes `AT`).
"""

from __future__ import annotations

import html
import html.entities
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any

import ciso8601
import feedparser
import msgspec
import xxhash
from dateutil import parser as dateparser
from dateutil import tz
from lxml import etree

from pipeline import urls
from pipeline.errors import Unreadable
from pipeline.text import charset
from schemas.document import Document, Entry, Listing

MOST_ENTRIES = 5_000
LONGEST_FIELD = 500_000
"""Characters of a text; a longer one is cut, with a warning."""
LONGEST_LINE = 2_000
"""Characters of a title, a name or a category."""
MOST_NAMES = 100
"""Authors, or categories, of one entry."""
LONGEST_KEY = 500
"""Characters of an entry's key; a longer one ends in the hash of the whole, so that two stay two."""
MOST_TWICE = 300_000
"""Characters of a feed that is read a second time: feedparser is slow."""
XML = "{http://www.w3.org/XML/1998/namespace}"

_HEAD = 4_000
_FIRST_TAG = re.compile(
    r"[^<]*(?>\s+|<\?.*?\?>|<!--.*?-->|<!doctype[^>\[]*(?:\[[^\]]*\])?\s*>)*+<(?:[\w.-]+:)?([a-z][\w.-]*)", re.DOTALL | re.IGNORECASE
)
_ROOTS = ("rss", "rdf", "channel", "feed", "entry", "html")
_ROOT = re.compile(r"<(?:[\w.-]+:)?(?:rss|rdf|feed)[\s>]", re.IGNORECASE)
_AMPERSAND = re.compile(r"&(?:#(?:(?P<decimal>\d{1,7})|[xX](?P<hex>[0-9a-fA-F]{1,6}));|(?P<name>[A-Za-z][A-Za-z0-9]{0,31});)?")
_XML_NAMES = ("amp", "lt", "gt", "quot", "apos")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DECLARATION = re.compile(r"\A[^<]*<\?xml\s[^>]*>")
_WHOLE_ENTRY = re.compile(r"</(?:[\w.-]{1,40}:)?(?:item|entry)\s*>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{0,31});")
_TAG = re.compile(
    # Names of HTML only: wire headlines bear <tickers>.
    r"</?(?:a|abbr|acronym|address|article|aside|b|big|blockquote|body|br|center|cite|code|dd|del|div|dl|dt|em|figcaption|figure|font|footer|form"
    r"|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|label|li|link|mark|meta|nav|noscript|object|ol|p|param|picture|pre|q|s|script|section"
    r"|small|source|span|strike|strong|style|sub|sup|table|tbody|td|tfoot|th|thead|time|tr|tt|u|ul|video|wbr)(?:[\s/][^<>]*)?>|<!--[^<>]*>",
    re.IGNORECASE,
)
_INLINE = re.compile(
    r"</?(?:a|abbr|acronym|b|big|cite|code|em|font|i|ins|mark|q|s|small|span|strike|strong|sub|sup|time|tt|u)\b", re.IGNORECASE
)
_BLOCK = re.compile(r"<(?:p|br|div|ul|ol|table|blockquote|h[1-6])[\s/>]", re.IGNORECASE)
_XMLNS = re.compile(r"\sxmlns(?::[\w.-]+)?=\"[^\"]*\"")
_BLANKS = re.compile(r"\s+")
_ZONES = {
    "UT": 0, "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10, "AST": -4, "ADT": -3,
    "IST": 5.5, "PKT": 5, "JST": 9, "KST": 9, "SGT": 8, "HKT": 8, "AWST": 8, "ACST": 9.5, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13, "SAST": 2, "BRT": -3,
}  # fmt: skip
"""RFC 822 section 5.1, and those that feeds were seen to bear. Hours east of UTC."""
_OFFSET = re.compile(r"(?:GMT|UTC|UT|Z)?\s*([+-])(\d{1,2}):?(\d{2})?\s*$")
_ZONE = re.compile(r"\s([A-Z]{1,4})$")
_EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
"""Before it, it is a zero of some clock."""


class Tree(msgspec.Struct, frozen=True):
    """A feed as XML."""

    root: Any
    """lxml.etree._Element"""
    warnings: tuple[str, ...]
    is_cut: bool
    """It ends within an entry."""
    is_closed: bool
    """Its root ends."""


def first_tag(document: Document) -> tuple[str, str]:
    """(name of the first element in lower case, the beginning of the document in lower case); ("", …) where no element begins it."""
    head = document.body[:_HEAD].replace(b"\x00", b"").decode("utf-8", "replace").removeprefix("\ufeff").lower()
    found = _FIRST_TAG.match(head)
    return (found[1] if found else ""), head


def mended(text: str) -> str:
    """HTML entities as numbers, bare `&` escaped, what XML forbids dropped; CDATA sections untouched but for that."""
    text = _NOT_XML.sub("", text)
    parts: list[str] = []
    place = 0
    while (start := text.find("<![CDATA[", place)) >= 0 and (end := text.find("]]>", start)) >= 0:
        parts += (_AMPERSAND.sub(_mend, text[place:start]), text[start : end + 3])
        place = end + 3
    parts.append(_AMPERSAND.sub(_mend, text[place:]))
    return "".join(parts)


def _mend(match: re.Match[str]) -> str:
    name, number = match["name"], match["decimal"] or match["hex"]
    if number:
        sign = _NOT_XML.sub("", html.unescape(match[0]))  # as browsers read it: &#146; is an apostrophe of Windows-1252
    elif name in _XML_NAMES:
        return match[0]
    else:
        sign = html.entities.html5.get(f"{name};", "") if name else ""
        if not sign:
            return f"&amp;{match[0][1:]}"
    return "".join(f"&#{ord(character)};" for character in sign)


def tree(document: Document) -> Tree:
    """The feed as XML. No entities, no network, no huge trees; recovers from what is not well-formed. Raises Unreadable."""
    text = charset.decode(document.body, document.content_type)
    if first_tag(document)[0] not in _ROOTS and (start := _ROOT.search(text[:MOST_TWICE])):
        text = text[start.start() :]  # a server's complaints stand before it: `<br />Warning: …`
    text = mended(_DECLARATION.sub("", text))
    text = text[max(0, text.find("<")) :]
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise Unreadable(f"{document.url} is not XML: {error.msg}.", url=document.url) from error
    if root is None:
        raise Unreadable(f"{document.url} is not XML: there is no element in it.", url=document.url)
    name = "entry" if local(root) == "feed" else "item"
    is_cut = max(text.rfind(f"<{name}>"), text.rfind(f"<{name} ")) > text.rfind(f"</{name}>")
    wrong = next((error for error in parser.error_log if error.level_name != "WARNING" and "Namespace" not in error.message), None)
    warnings = (f"not well-formed in line {wrong.line}, read all the same: {wrong.message.strip()}",) if wrong is not None else ()
    is_closed = text.rfind(
        f"</{root.prefix}:{etree.QName(root).localname}" if root.prefix else f"</{root.tag.rpartition('}')[2]}"
    ) >= 0 or text.rstrip().endswith("/>")
    return Tree(root, warnings, is_cut, is_closed)


def local(element: etree._Element) -> str:
    """Its name without a namespace or prefix, in lower case; "" for what is no element."""
    return element.tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(element.tag, str) else ""


def text_of(element: etree._Element | None, most: int = LONGEST_FIELD) -> str:
    """All text in it, trimmed, bounded."""
    return "".join(element.itertext()).strip()[:most] if element is not None else ""


def markup_of(element: etree._Element | None) -> str:
    """Its content as HTML: escaped, in CDATA, or as elements."""
    if element is None or not len(element):
        return text_of(element)
    for child in element.iterdescendants(etree.Element):
        child.tag = local(child)
    inner = [_XMLNS.sub("", etree.tostring(child, encoding="unicode", method="html")) for child in element]
    return (html.escape(element.text or "", quote=False) + "".join(inner)).strip()[:LONGEST_FIELD]


def plain(markup: str) -> str:
    """A title or summary as plain text: HTML's tags off, entities read, white space joined."""
    bare = _TAG.sub(lambda tag: "" if _INLINE.match(tag[0]) else " ", markup)
    return line(_ENTITY.sub(lambda entity: html.unescape(entity[0]), bare))


def line(text: str) -> str:
    """White space joined."""
    return _BLANKS.sub(" ", text).strip()


def title_of(markup: str) -> str:
    """A title, a name or a category: plain and bounded."""
    return plain(markup)[:LONGEST_LINE]


def names(markups: Iterable[str]) -> tuple[str, ...]:
    """Authors or categories: plain, each once, bounded."""
    return tuple(dict.fromkeys(filter(None, map(title_of, islice(markups, MOST_NAMES)))))


def has_blocks(markup: str) -> bool:
    """It is marked up in paragraphs: a text, more than a line about one."""
    return bool(_BLOCK.search(markup))


def based(base: str, element: etree._Element) -> str:
    """XML Base: `xml:base` governs relative references in an element. A broken one is ignored."""
    own = element.get(f"{XML}base")
    try:
        return urls.resolve(base, own) if own else base
    except Unreadable:
        return base


def moment(value: str) -> datetime | None:
    """An aware UTC time from what feeds write; None where there is none. Never now. A time without a zone is taken for UTC."""
    value = line(value[:100])
    if not value:
        return None
    # email.utils drops `GMT+0200` and `+02:00` silently
    numeric = _OFFSET.search(value) if ":" in value else None
    normal = f"{value[: numeric.start()].rstrip()} {numeric[1]}{numeric[2]:0>2}{numeric[3] or '00'}" if numeric else value
    for read in (_iso, _mail, _any):
        try:
            found = read(value if read is _iso else normal)
            if found is not None:
                found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
                return found if found > _EARLIEST else None
        except (ValueError, TypeError, ArithmeticError, AttributeError):
            continue
    return None


def _iso(value: str) -> datetime | None:
    return ciso8601.parse_datetime(value) if value[:4].isdigit() else None


def _mail(value: str) -> datetime | None:
    zone = _ZONE.search(value)
    if zone is None:
        return parsedate_to_datetime(value)
    hours = _ZONES.get(zone[1])
    return parsedate_to_datetime(f"{value[: zone.start()]} +0000") - timedelta(hours=hours) if hours is not None else None


def _any(value: str) -> datetime | None:
    def zone(name: str | None, offset: int | None) -> tz.tzoffset | None:
        if offset is not None:
            return tz.tzoffset(name, offset)
        return tz.tzoffset(name, int(_ZONES[name] * 3600)) if name in _ZONES else None

    # what is missing would be filled from the default: two that differ show whether a year, a month or a day is
    first, second = (dateparser.parse(value, tzinfos=zone, default=datetime(*day)) for day in ((2001, 1, 1), (2004, 2, 2)))
    return first if first == second else None


def listing(
    document: Document,
    xml: Tree,
    elements: Iterable[etree._Element],
    read: Callable[[etree._Element], Entry],
    *,
    title: str,
    language: str = "",
    link: str = "",
    ttl_s: int | None = None,
) -> Listing:
    """Read each entry on its own: one that is broken (`read` raises Unreadable) becomes a warning."""
    found = list(islice(elements, MOST_ENTRIES + 1))
    if not found and not xml.is_closed:
        raise Unreadable(f"{document.url} is cut off before its first entry.", url=document.url, hint="Fetch it again.")
    entries: list[Entry] = []
    warnings = list(xml.warnings)
    if len(found) > MOST_ENTRIES:
        warnings.append(f"more than {MOST_ENTRIES:,} entries: the rest is left out")
        found.pop()
    elif xml.is_cut and found:
        warnings.append(f"the feed ends within entry {len(found)}: left out")
        found.pop()
    for number, element in enumerate(found, 1):
        try:
            entry = read(element)
        except (Unreadable, ValueError) as error:
            warnings.append(f"entry {number}: {str(error).rstrip('.')}: left out")
            continue
        if LONGEST_FIELD in (len(entry.content_html), len(entry.summary)):
            warnings.append(f"entry {number}: its text is cut at {LONGEST_FIELD:,} characters")
        entries.append(entry)
    return Listing(
        entries=tuple(told_apart(entries, warnings)), title=title, language=language, link=link, ttl_s=ttl_s, warnings=tuple(warnings)
    )


def read_with_fallback(document: Document, read: Callable[[Document], Listing]) -> Listing:
    """Our own reader; feedparser for what it makes nothing of. Raises Unreadable where neither does."""
    try:
        own = read(document)
    except Unreadable:
        second = _second_opinion(document)
        if not second.entries:
            raise
        return second
    if own.entries or own.warnings == () or not (second := _second_opinion(document)).entries:
        return own
    return msgspec.structs.replace(own, entries=second.entries, warnings=(*own.warnings, *second.warnings))


def told_apart(entries: list[Entry], warnings: list[str]) -> Iterable[Entry]:
    """An id that stands twice in one document names nothing: the URL joins the key. What is the same twice is listed once."""
    times = Counter(key for key, _ in {(entry.key, entry.url) for entry in entries})
    repeated = {key for key, count in times.items() if count > 1}
    if repeated:
        warnings.append(f"{len(repeated)} {'id stands' if len(repeated) == 1 else 'ids stand'} for several entries: URLs tell them apart")
    seen: set[str] = set()
    for entry in entries:
        key = bounded(f"{entry.key} {entry.url}") if entry.key in repeated else entry.key
        if key not in seen:
            seen.add(key)
            yield msgspec.structs.replace(entry, key=key)


def bounded(key: str) -> str:
    """A key that an index can hold."""
    key = line(key)
    return key if len(key) <= LONGEST_KEY else f"{key[: LONGEST_KEY - 33]} {xxhash.xxh3_128_hexdigest(key.encode('utf-8', 'replace'))}"


def _second_opinion(document: Document) -> Listing:
    """By feedparser; no entries where it finds none, or where looking would take long."""
    text = charset.decode(document.body, document.content_type)
    if len(text) > MOST_TWICE or not _WHOLE_ENTRY.search(text):
        return Listing(entries=())
    # as a stream: bytes would be tried as a file's name first, and the document could name one of ours
    stream = io.BytesIO(mended(_DECLARATION.sub("", text)).encode())
    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        parsed: Any = feedparser.parse(stream, response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:  # its parser of tag soup raises what it likes
        return Listing(entries=(), warnings=(f"feedparser could not read it either: {type(error).__name__}",))
    entries: list[Entry] = []
    warnings: list[str] = []
    for number, one in enumerate(parsed.entries[:MOST_ENTRIES], 1):
        try:
            entries.append(_of_feedparser(one, document.final_url or document.url))
        except Unreadable as error:
            warnings.append(f"entry {number}: {str(error).rstrip('.')}: left out")
    warnings.append(f"read by feedparser, since our own reader found no entry: {len(entries)} of {len(parsed.entries)}")
    return Listing(
        entries=tuple(told_apart(entries, warnings)),
        title=title_of(parsed.feed.get("title", "")),
        language=parsed.feed.get("language", ""),
        link=parsed.feed.get("link", ""),
        warnings=tuple(warnings),
    )


def _of_feedparser(one: Any, base: str) -> Entry:
    if not one.get("link"):
        raise Unreadable("it has neither a link nor a guid that is one")
    url = urls.resolve(base, one["link"])
    content = "\n".join(part.get("value", "") for part in one.get("content", ()))
    summary = one.get("summary", "")
    return Entry(
        key=bounded(one.get("id", "")) or url,
        url=url,
        title=title_of(one.get("title", "")),
        summary=plain(summary[:LONGEST_FIELD]),
        content_html=(content or (summary if has_blocks(summary) else ""))[:LONGEST_FIELD],
        authors=names(author.get("name", "") for author in one.get("authors", ())),
        categories=names(tag.get("label") or tag.get("term") or "" for tag in one.get("tags", ())),
        published=moment(one.get("published", "")),
        updated=moment(dict.get(one, "updated", "")),  # its own `get` warns, and falls back to `published`
    )

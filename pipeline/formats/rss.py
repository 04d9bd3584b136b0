"""RSS 0.9x, 1.0 (RDF) and 2.0 → Listing. Pure. Sources of the rules: the RSS 2.0 specification, RSS 1.0, the Dublin Core and content modules."""

from __future__ import annotations

import re
from datetime import datetime

from lxml import etree

from pipeline import urls
from pipeline.errors import Unreadable
from pipeline.formats._feeds import (
    LONGEST_LINE,
    XML,
    based,
    bounded,
    first_tag,
    has_blocks,
    listing,
    local,
    markup_of,
    moment,
    names,
    plain,
    read_with_fallback,
    text_of,
    title_of,
    tree,
)  # fmt: skip
from pipeline.formats.format import Format
from schemas.document import Document, Entry, Listing

_PERIODS = {"hourly": 3_600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
"""RSS syndication module, `updatePeriod`."""
_MODULES = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/rss/1.0/modules/syndication/": "sy",
    "http://www.w3.org/2005/Atom": "atom",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
}
_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_MAIL = re.compile(r"\S+@\S+\s*\((.+)\)\s*")
"""RSS 2.0: an author is `lawyer@boyer.net (Lawyer Boyer)`."""


def sniff(document: Document) -> float:
    """How sure we are that this is RSS, 0 to 1."""
    tag, head = first_tag(document)
    if tag == "rss" or (tag == "rdf" and ("purl.org/rss" in head or "netscape.com/rdf" in head)):
        return 1.0
    return 0.6 if document.content_type.partition(";")[0].strip().lower() == "application/rss+xml" and tag != "html" else 0.0


def read(document: Document) -> Listing:
    """All items of the channel. Raises Unreadable."""
    return read_with_fallback(document, _read)


def _read(document: Document) -> Listing:
    xml = tree(document)
    if local(xml.root) not in ("rss", "rdf", "channel"):
        raise Unreadable(f"{document.url} is no RSS feed: its root is <{local(xml.root)}>.", url=document.url)
    channel = next((child for child in xml.root.iter() if local(child) == "channel"), xml.root)
    fields = _fields(channel)
    language = text_of(fields.get("language") if "language" in fields else fields.get("dc:language"), LONGEST_LINE) or channel.get(
        f"{XML}lang", ""
    )
    base = based(based(document.final_url or document.url, xml.root), channel)
    return listing(
        document,
        xml,
        (element for element in xml.root.iter(etree.Element) if local(element) == "item"),
        lambda element: _entry(element, base, language),
        title=title_of(text_of(fields.get("title"))),
        language=language,
        link=text_of(fields.get("link"), LONGEST_LINE),
        ttl_s=_ttl(fields),
    )


def _name(element: etree._Element, parent: etree._Element) -> str:
    """`title` for RSS's own, `dc:creator` for a module's, `` for the title of a picture (`media:title`) and other foreigners."""
    if not isinstance(element.tag, str):
        return ""
    namespace, _, name = element.tag.rpartition("}")
    if namespace == (parent.tag.rpartition("}")[0]):
        return str(element.tag).rpartition("}")[2].lower()  # with a prefix that nobody declared: `dc:creator`
    module = _MODULES.get(namespace[1:], "" if namespace else "rss")
    return name.lower() if module == "rss" else f"{module}:{name.lower()}" if module else ""


def _fields(parent: etree._Element) -> dict[str, etree._Element]:
    """The first child of each name."""
    return {_name(child, parent): child for child in reversed(parent)}


def _ttl(fields: dict[str, etree._Element]) -> int | None:
    minutes = text_of(fields.get("ttl"), 20)
    if minutes.isdecimal() and 0 < int(minutes) < 1_000_000:
        return int(minutes) * 60
    period = _PERIODS.get(text_of(fields.get("sy:updateperiod"), 20).lower())
    times = text_of(fields.get("sy:updatefrequency"), 20)
    return period // (int(times) if times.isdecimal() and 0 < int(times) <= 3_600 else 1) if period else None


def _entry(element: etree._Element, base: str, language: str) -> Entry:
    fields = _fields(element)
    of = {name: text_of(field) for name, field in fields.items() if name not in ("description", "content:encoded")}
    guid = of.get("guid", "") or element.get(_ABOUT, "")
    is_said_permalink = "guid" not in fields or fields["guid"].get("isPermaLink", "true").strip().lower() != "false"
    is_permalink = is_said_permalink and guid.lower().startswith(("http://", "https://"))
    atom = fields["atom:link"].get("href", "") if "atom:link" in fields else ""
    link = of.get("feedburner:origlink") or of.get("link") or atom or (guid if is_permalink else "")
    if not link:
        raise Unreadable("it has neither a link nor a guid that is one")
    url = urls.resolve(based(base, element), link)
    description = markup_of(fields.get("description") if "description" in fields else fields.get("dc:description"))
    return Entry(
        key=bounded(guid) or url,
        url=url,
        title=title_of(of.get("title") or of.get("dc:title", "")),
        summary=plain(description),
        content_html=markup_of(fields.get("content:encoded")) or (description if has_blocks(description) else ""),
        authors=names(_authors(element)),
        categories=names(text_of(child, LONGEST_LINE) for child in element if _name(child, element) in ("category", "dc:subject")),
        language=(of.get("dc:language") or element.get(f"{XML}lang", "") or language)[:100],
        published=_first_moment(of, "pubdate", "dc:date", "dcterms:issued", "dcterms:created", "atom:published"),
        updated=_first_moment(of, "atom:updated", "dcterms:modified"),
        is_permalink=is_permalink,
        extra={"source": title_of(of["source"])} if of.get("source") else {},
    )


def _first_moment(of: dict[str, str], *fields: str) -> datetime | None:
    return next(filter(None, (moment(of.get(name, "")) for name in fields)), None)


def _authors(element: etree._Element) -> list[str]:
    found = []
    for child in element:
        name = _name(child, element)
        if name in ("author", "dc:creator"):
            said = text_of(child, LONGEST_LINE)
            found.append(named[1] if (named := _MAIL.fullmatch(said)) else said)
        elif name == "atom:author":
            found.append(text_of(next((part for part in child if local(part) == "name"), None), LONGEST_LINE))
    return found


FORMAT = Format(name="rss", sniff=sniff, read=read)

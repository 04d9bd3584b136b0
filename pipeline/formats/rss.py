"""RSS 0.9x, 1.0 (RDF) and 2.0 → Listing. Pure. Sources of the rules: the RSS 2.0 specification, RSS 1.0, the Dublin Core and content modules."""

from __future__ import annotations

from lxml import etree

from pipeline import urls
from pipeline.formats.format import Format
from pipeline.formats._feeds import LONGEST_FIELD, listing, local, moment, plain, text_of, tree
from schemas.document import Document, Entry, Listing

_PERIODS = {"hourly": 3_600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
"""RSS syndication module, `updatePeriod`."""
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def sniff(document: Document) -> float:
    """How sure we are that this is RSS, 0 to 1."""
    head = document.body[:2_000].lower()
    if b"<rss" in head or (b"<rdf:rdf" in head and b"purl.org/rss" in head):
        return 1.0
    return 0.6 if document.content_type.partition(";")[0].strip().lower() == "application/rss+xml" else 0.0


def read(document: Document) -> Listing:
    """All items of the channel. Raises Unreadable."""
    root = tree(document)
    channel = next((child for child in root.iter() if local(child) == "channel"), root)
    fields = {local(child): child for child in reversed(channel) if local(child) != "item"}
    language = text_of(fields.get("language")) or channel.get(_XML_LANG, "")
    base = document.final_url or document.url
    return listing(
        document,
        (element for element in root.iter() if local(element) == "item"),
        lambda element: _entry(element, base, language),
        title=plain(text_of(fields.get("title"))),
        language=language,
        link=text_of(fields.get("link")),
        ttl_s=_ttl(fields),
    )


def _ttl(fields: dict[str, etree._Element]) -> int | None:
    minutes = text_of(fields.get("ttl"))
    if minutes.isdecimal() and len(minutes) < 7:
        return int(minutes) * 60
    period = _PERIODS.get(text_of(fields.get("updateperiod")).lower())
    times = text_of(fields.get("updatefrequency"))
    return period // max(1, int(times) if times.isdecimal() and len(times) < 5 else 1) if period else None


def _entry(element: etree._Element, base: str, language: str) -> Entry | str:
    first: dict[str, etree._Element] = {}
    for child in element:
        name = "content:encoded" if isinstance(child.tag, str) and local(child) == "encoded" else local(child)
        # RSS's own `title` and `link` win over those of media and Atom extensions
        if name and (name not in first or (etree.QName(child).namespace is None and etree.QName(first[name]).namespace is not None)):
            first[name] = child
    guid = text_of(first.get("guid"))
    is_permalink = bool(guid) and first["guid"].get("isPermaLink", "true").lower() == "true" and guid.startswith(("http://", "https://"))
    link = text_of(first.get("link")) or (first["link"].get("href", "") if "link" in first else "") or (guid if is_permalink else "")
    if not link:
        return "it has neither a link nor a guid that is one"
    url = urls.resolve(base, link)
    content = text_of(first.get("content:encoded"))
    description = text_of(first.get("description"))
    return Entry(
        key=guid or url,
        url=url,
        title=plain(text_of(first.get("title"))),
        summary=plain(description),
        content_html=content[:LONGEST_FIELD],
        authors=tuple(filter(None, (plain(text_of(child)) for child in element if local(child) in ("creator", "author")))),
        categories=tuple(filter(None, (plain(text_of(child)) for child in element if local(child) in ("category", "subject")))),
        language=text_of(first.get("language")) or element.get(_XML_LANG, "") or language,
        published=moment(text_of(first.get("pubdate"))) or moment(text_of(first.get("date"))),
        updated=moment(text_of(first.get("updated"))) or moment(text_of(first.get("modified"))),
        is_permalink=is_permalink,
        extra={"source": plain(text_of(first["source"]))} if "source" in first and text_of(first["source"]) else {},
    )


FORMAT = Format(name="rss", sniff=sniff, read=read)

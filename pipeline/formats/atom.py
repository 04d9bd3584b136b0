"""Atom 1.0 (RFC 4287) and 0.3 → Listing. Pure."""

from __future__ import annotations

import html

from lxml import etree

from pipeline import urls
from pipeline.errors import Unreadable
from pipeline.formats._feeds import (
    LONGEST_LINE,
    XML,
    based,
    bounded,
    first_tag,
    line,
    listing,
    local,
    markup_of,
    moment,
    names,
    plain,
    read_with_fallback,
    text_of,
    tree,
)  # fmt: skip
from pipeline.formats.format import Format
from schemas.document import Document, Entry, Listing


def sniff(document: Document) -> float:
    """How sure we are that this is Atom, 0 to 1."""
    tag, head = first_tag(document)
    if tag in ("feed", "entry") and ("w3.org/2005/atom" in head or "purl.org/atom" in head):
        return 1.0
    if tag == "feed" and "xmlns=" not in head:
        return 0.7
    return 0.6 if document.content_type.partition(";")[0].strip().lower() == "application/atom+xml" and tag != "html" else 0.0


def read(document: Document) -> Listing:
    """All entries of the feed. Raises Unreadable."""
    return read_with_fallback(document, _read)


def _read(document: Document) -> Listing:
    xml = tree(document)
    root = xml.root
    if local(root) not in ("feed", "entry"):
        raise Unreadable(f"{document.url} is no Atom feed: its root is <{local(root)}>.", url=document.url)
    base = based(document.final_url or document.url, root)
    language = root.get(f"{XML}lang", "")
    return listing(
        document,
        xml,
        [root] if local(root) == "entry" else (child for child in _own(root) if local(child) == "entry"),
        lambda element: _entry(element, base, language),
        title=next((_plain(child)[:LONGEST_LINE] for child in _own(root) if local(child) == "title"), ""),
        language=language,
        link=_link(root, base),
    )


def _own(element: etree._Element) -> list[etree._Element]:
    """Its children of Atom's own names: `media:title` is a picture's."""
    namespace = element.tag.rpartition("}")[0]
    return [child for child in element if isinstance(child.tag, str) and child.tag.rpartition("}")[0] == namespace]


def _link(element: etree._Element, base: str) -> str:
    """RFC 4287 section 4.2.7.2: no `rel` means alternate. HTML is preferred among several; "" where there is none, or it is broken."""
    links = [child for child in _own(element) if local(child) == "link" and child.get("href") and _rel(child) == "alternate"]
    if not links:
        return ""
    chosen = min(links, key=lambda child: "html" not in child.get("type", "text/html"))
    return urls.resolve(based(base, chosen), chosen.get("href", ""))


def _rel(link: etree._Element) -> str:
    """Its relation, which may be written as an IRI of IANA's registry."""
    return str(link.get("rel", "alternate")).strip().lower().removeprefix("http://www.iana.org/assignments/relation/")


def _is_markup(element: etree._Element) -> bool:
    """RFC 4287 section 3.1.1; Atom 0.3 writes media types."""
    return len(element) > 0 or "html" in element.get("type", "text").lower()


def _plain(element: etree._Element | None) -> str:
    """A text construct as plain text."""
    if element is None:
        return ""
    return plain(markup_of(element)) if _is_markup(element) else line(text_of(element))


def _content(element: etree._Element | None) -> str:
    """An entry's content as HTML; "" for what is no text (a picture in base 64) or stands elsewhere."""
    if element is None or element.get("src"):
        return ""
    if _is_markup(element):
        return markup_of(element)
    is_text = element.get("type", "text").lower() in ("text", "text/plain")
    parts = (" ".join(part.split()) for part in text_of(element).split("\n\n")) if is_text else ()
    return "\n".join(f"<p>{html.escape(part, quote=False)}</p>" for part in parts if part)


def _entry(element: etree._Element, base: str, language: str) -> Entry:
    own = _own(element)
    first = {local(child): child for child in reversed(own)}
    base = based(base, element)
    key = text_of(first.get("id"))
    content = first.get("content")
    link = _link(element, base) or (key if key.lower().startswith(("http://", "https://")) else "")
    if not link and content is not None:
        link = content.get("src", "")
    if not link:
        raise Unreadable("it has neither an alternate link nor an id that is one")
    url = urls.resolve(base, link)
    people = (next((part for part in one if local(part) == "name"), one) for one in own if local(one) == "author")
    categories = (child.get("label") or child.get("term") or "" for child in own if local(child) == "category")
    return Entry(
        key=bounded(key) or url,
        url=url,
        title=_plain(first.get("title"))[:LONGEST_LINE],
        summary=_plain(first.get("summary")),
        content_html=_content(content),
        authors=names(text_of(person, LONGEST_LINE) for person in people),
        categories=names(categories),
        language=(element.get(f"{XML}lang", "") or language)[:100],
        published=moment(text_of(first.get("published"))) or moment(text_of(first.get("issued"))) or moment(text_of(first.get("created"))),
        updated=moment(text_of(first.get("updated"))) or moment(text_of(first.get("modified"))),
    )


FORMAT = Format(name="atom", sniff=sniff, read=read)

"""Atom 1.0 (RFC 4287) and 0.3 → Listing. Pure."""

from __future__ import annotations

from lxml import etree

from pipeline import urls
from pipeline.errors import Unreadable
from pipeline.formats.format import Format
from pipeline.formats._feeds import LONGEST_FIELD, listing, local, moment, plain, text_of, tree
from schemas.document import Document, Entry, Listing

_XML = "{http://www.w3.org/XML/1998/namespace}"


def sniff(document: Document) -> float:
    """How sure we are that this is Atom, 0 to 1."""
    head = document.body[:2_000].lower()
    if b"<feed" in head and (b"w3.org/2005/atom" in head or b"purl.org/atom" in head):
        return 1.0
    return 0.6 if document.content_type.partition(";")[0].strip().lower() == "application/atom+xml" else 0.0


def read(document: Document) -> Listing:
    """All entries of the feed. Raises Unreadable."""
    root = tree(document)
    if local(root) != "feed":
        raise Unreadable(f"{document.url} is no Atom feed: its root is <{local(root)}>.", url=document.url)
    base = _based(document.final_url or document.url, root)
    title = next((plain(text_of(child)) for child in root if local(child) == "title"), "")
    language = root.get(f"{_XML}lang", "")
    return listing(
        document,
        (child for child in root if local(child) == "entry"),
        lambda element: _entry(element, base, language),
        title=title,
        language=language,
        link=_link(root) or "",
    )


def _based(base: str, element: etree._Element) -> str:
    """RFC 4287 section 2: `xml:base` governs relative references."""
    own = element.get(f"{_XML}base")
    return urls.resolve(base, own) if own else base


def _link(element: etree._Element) -> str | None:
    """RFC 4287 section 4.2.7.2: no `rel` means alternate. HTML is preferred among several."""
    links = [child for child in element if local(child) == "link" and child.get("rel", "alternate") == "alternate" and child.get("href")]
    links.sort(key=lambda child: "html" not in child.get("type", "text/html"))
    return links[0].get("href") if links else None


def _content(element: etree._Element | None) -> str:
    if element is None:
        return ""
    if element.get("type") == "xhtml":
        return "".join(etree.tostring(child, encoding="unicode", method="html") for child in element)[:LONGEST_FIELD]
    return text_of(element)


def _entry(element: etree._Element, base: str, language: str) -> Entry | str:
    first = {local(child): child for child in reversed(element)}
    base = _based(base, element)
    link = _link(element) or (first["content"].get("src") if "content" in first else None)
    key = text_of(first.get("id"))
    if not link and key.startswith(("http://", "https://")):
        link = key
    if not link:
        return "it has no alternate link"
    url = urls.resolve(base, link)
    people = (child for child in element if local(child) == "author")
    return Entry(
        key=key or url,
        url=url,
        title=plain(_content(first.get("title"))),
        summary=plain(_content(first.get("summary"))),
        content_html=_content(first.get("content")),
        authors=tuple(filter(None, (plain(text_of(next((part for part in one if local(part) == "name"), one))) for one in people))),
        categories=tuple(filter(None, (child.get("label") or child.get("term") or "" for child in element if local(child) == "category"))),
        language=element.get(f"{_XML}lang", "") or language,
        published=moment(text_of(first.get("published"))) or moment(text_of(first.get("issued"))),
        updated=moment(text_of(first.get("updated"))) or moment(text_of(first.get("modified"))),
    )


FORMAT = Format(name="atom", sniff=sniff, read=read)

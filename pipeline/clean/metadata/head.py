"""What a page tells machines, and its headings: gathered in one query, for each walks all of the page. Pure; decides nothing, and is bounded
whatever the page."""

from __future__ import annotations

from html import unescape

import msgspec
from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline.clean.metadata import names
from pipeline.text.whitespace import one_line

_MAX_METAS = 400
_MAX_VALUE = 4000
"""Characters of one attribute or title."""
_MAX_HEADINGS = 20
_MAX_MINOR = 8
_MAX_HEADING = 600
_MAX_JSON = 2_000_000
_MAX_SCRIPTS = 30
BREAKS = frozenset("br p div li h2 h3 tr td dd dt ul ol section time button figure header article".split())
_UNSEEN = frozenset(("script", "style", "noscript", "template"))


class Heading(msgspec.Struct, frozen=True, gc=False):
    """A first-level heading, or an element that calls itself the headline."""

    text: str
    label: str
    """Class and id, in lower case."""
    is_marked: bool
    """`itemprop=headline`."""
    is_minor: bool
    """One of the second level: read where the page has none of the first."""
    node: LexborNode


class Head(msgspec.Struct):
    """What was gathered. Names in lower case; of several values of one name, all."""

    meta: dict[str, list[str]] = msgspec.field(default_factory=dict)
    props: dict[str, list[str]] = msgspec.field(default_factory=dict)
    """`itemprop` of `meta` elements."""
    title: str = ""
    canonical: str = ""
    amp: str = ""
    next: str = ""
    """Of `link rel=next`."""
    language: str = ""
    """Of the `html` element."""
    scripts: list[str] = msgspec.field(default_factory=list)
    """JSON-LD."""
    headings: list[Heading] = msgspec.field(default_factory=list)

    def first(self, *names: str) -> tuple[str, str]:
        """The first of these names that is said, and its value; ("", "") where none is."""
        return next(((name, values[0]) for name in names if (values := self.meta.get(name))), ("", ""))


def gather(parser: LexborHTMLParser) -> Head:
    """All that the head says, wherever it stands in the page."""
    head = Head()
    html = parser.root
    if html is not None:
        said = html.attributes
        head.language = said.get("lang") or said.get("xml:lang") or ""
    metas = 0
    headings: list[LexborNode] = []
    for node in parser.css('meta,title,link[rel],script[type*="ld+json" i],h1,[itemprop~="headline"]'):
        tag = node.tag
        if tag == "meta":
            metas += 1
            attributes = node.attributes
            if metas <= _MAX_METAS:
                _meta(head, attributes)
            if "headline" in (attributes.get("itemprop") or "").split():
                headings.append(node)
        elif tag == "link":
            _link(head, node.attributes)
        elif tag == "title":
            head.title = head.title or line(node.text()[:_MAX_VALUE])
        elif tag == "script":
            if len(head.scripts) < _MAX_SCRIPTS and 2 < len(text := node.text()) <= _MAX_JSON:
                head.scripts.append(text)
        else:
            headings.append(node)
    for node in headings[:_MAX_HEADINGS] or parser.css("h2")[:_MAX_MINOR]:
        _heading(head, node)
    return head


def _meta(head: Head, attributes: dict[str, str | None]) -> None:
    content = attributes.get("content")
    name = attributes.get("property") or attributes.get("name") or attributes.get("http-equiv") or ""
    prop = attributes.get("itemprop") or ""
    if not content or not (name or prop):
        return
    name, prop = name[:80].strip().lower(), prop[:80].strip().lower()
    if (name in names.ALL or prop in names.PROPS) and (value := unescaped(line(content[:_MAX_VALUE]))):
        if name:
            head.meta.setdefault(name, []).append(value)
        if prop:
            head.props.setdefault(prop, []).append(value)


def _link(head: Head, attributes: dict[str, str | None]) -> None:
    rel = (attributes.get("rel") or "").lower()
    if rel == "canonical":
        head.canonical = head.canonical or (attributes.get("href") or "").strip()[:_MAX_VALUE]
    elif rel == "amphtml":
        head.amp = head.amp or (attributes.get("href") or "").strip()[:_MAX_VALUE]
    elif rel == "next":
        head.next = head.next or (attributes.get("href") or "").strip()[:_MAX_VALUE]


def _heading(head: Head, node: LexborNode) -> None:
    attributes = node.attributes
    text = (attributes.get("content") or "") if node.tag == "meta" else parted(node)
    if found := line(text)[:_MAX_HEADING]:
        label = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"[:300].strip().lower()
        head.headings.append(Heading(found, label, "headline" in (attributes.get("itemprop") or "").lower(), node.tag == "h2", node))


def parted(node: LexborNode) -> str:
    """The text of an element, a line's end where a line or a block begins: `<h1><div>Kicker</div>Headline</h1>`."""
    child = node.first_child
    if child is None or child.next is None and child.tag == "-text":
        return node.text()
    parts: list[str] = []
    for one in node.traverse(include_text=True):
        tag = one.tag or ""
        if tag == "-text":
            if one.parent is None or one.parent.tag not in _UNSEEN:
                parts.append(one.text_content or "")
        elif tag in BREAKS:
            parts.append("\n")
        if len(parts) > 200:
            break
    return "".join(parts)


def line(text: str) -> str:
    """White space collapsed, invisible signs off; quick where there is nothing to take off."""
    text = " ".join(text.split())
    return text if text.isprintable() else one_line(text)


def unescaped(text: str) -> str:
    """What is escaped once too often: `Q&amp;A`."""
    return unescape(text) if "&" in text else text

"""What readers see around a headline: bylines, stamps, labels, a second line. Pure.

Only elements so near to the headline are looked at, so that the cost does not grow with the page; and, wherever they stand, elements that
are marked for machines as author or date.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec
from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline.clean.metadata.head import line, parted

_ABOVE, _BELOW = 30, 80
"""Elements with a class above and below the headline that are looked at."""
_MAX_MARKED = 60
_FAR = 10_000
"""Place of what is marked but stands elsewhere: behind all that is near."""
_MAX_SHOWN = 300
"""Characters of a byline or a stamp; longer text is none, twice that is a box of several."""
_MAX_READ = 500_000
"""Characters of text that are read in all: elements of one name may stand inside each other."""
_MAX_LINES = 40
_MARKED = 'time,[itemprop],[rel~="author"],a[href*="/author"]'
_PERSON_PAGE = re.compile(r"/(?:authors?|autor(?:en|es)?|writers?|contributors?|profiles?|by|staff)/[^/?#]+/?(?:[?#]|$)")
"""The address of a page about one person."""
_CONTAINERS = frozenset("html body main article section form table ul ol nav footer aside".split())
_KINDS = (
    ("subtitle", ("subtitle", "sub-title", "standfirst", "subhead")),
    ("byline", ("byline", "author", "autor")),
    ("stamp", ("date", "time", "publish", "posted", "stamp", "datum", "fecha")),
    ("label", ("kicker", "eyebrow", "sponsor", "advertorial", "anzeige")),
)
"""Parts of class names, and what an element of such a class is likely to hold."""
_PROPS = {"author": "byline", "creator": "byline", "datepublished": "stamp", "datemodified": "stamp", "alternativeheadline": "subtitle"}
_WORDS = re.compile(r"[a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z]*")
_OTHERS = frozenset(
    "comment comments related recommended recommendation recommendations recirc teaser teasers promo promos popular trending"
    " sidebar footer carousel mostread newsletter nav menu ticker upnext disqus replies".split()
)
"""Words of a class or id whose element is about other stories, or by readers."""


class Shown(msgspec.Struct, frozen=True, gc=False):
    """A text that readers see, and how its element is marked."""

    text: str
    label: str
    """Class, in lower case."""
    value: str
    """What the element says for machines: `content`, `datetime`."""
    prop: str
    """Its `itemprop`, in lower case."""
    place: int
    """How many elements with a class stand between the headline and it; negative above."""
    is_exact: bool
    """Its element is a name itself: `rel=author`, `itemprop=author`, `class=author-name`, a link to a person's page."""
    node: LexborNode

    @property
    def is_aside(self) -> bool:
        """Is it in an element about other stories, or by readers?"""
        return self.is_within(7)

    def is_within(self, levels: int) -> bool:
        """Is one of so many elements, from this one outwards, about other stories, or by readers?"""
        above: LexborNode | None = self.node
        for _ in range(levels):
            if above is None or above.tag in ("body", "main", "html"):
                return False
            if above.tag in ("nav", "footer", "aside"):
                return True
            attributes = above.attributes
            if _is_other(f"{attributes.get('class') or ''} {attributes.get('id') or ''}"[:_MAX_SHOWN]):
                return True
            above = above.parent
        return False


class Around(msgspec.Struct):
    """What stands around the headline, in the order of the page."""

    bylines: list[Shown] = msgspec.field(default_factory=list)
    stamps: list[Shown] = msgspec.field(default_factory=list)
    subtitles: list[Shown] = msgspec.field(default_factory=list)
    labels: list[Shown] = msgspec.field(default_factory=list)
    """Kickers and marks of advertising."""


def look(parser: LexborHTMLParser, headline: LexborNode | None) -> Around:
    """Sort what is near the headline, or near the top of a page that has none."""
    found = Around()
    marked = parser.css(_MARKED)[: _MAX_MARKED * 10]
    special = {node.mem_id for node in marked}
    nodes = parser.css("[class],h1,time,[itemprop]")
    top = _place(nodes, headline)
    near: set[int] = set()
    budget = _MAX_READ
    for place in range(max(0, top - _ABOVE), min(len(nodes), top + _BELOW)):
        node = nodes[place]
        id = node.mem_id
        label = node.attrs.get("class") or ""
        if id in special or _kind(label[:_MAX_SHOWN]):
            near.add(id)
            budget -= _sort(found, node, label, place - top, is_marked=id in special)
            if budget < 0:
                return found
    for node in [node for node in marked if node.mem_id not in near][:_MAX_MARKED]:
        _sort(found, node, node.attrs.get("class") or "", _FAR, is_marked=True)
    return found


def _place(nodes: list[LexborNode], headline: LexborNode | None) -> int:
    if headline is None:
        return 0
    id = headline.mem_id
    return next((place for place, node in enumerate(nodes) if node.mem_id == id), 0)


@lru_cache(maxsize=16384)
def _kind(label: str) -> str:
    """What an element of this class is likely to hold; "" for most."""
    label = label.lower()
    for kind, parts in _KINDS:
        for part in parts:
            if part in label:
                return kind
    return ""


def _mark(node: LexborNode, tag: str) -> tuple[str, str, str]:
    """What an element says for machines that it holds, its `itemprop`, and the machine's form of its value."""
    attributes = node.attributes
    prop = (attributes.get("itemprop") or "").lower()
    value = (attributes.get("datetime") or attributes.get("content") or "").strip()[:100]
    if "author" in (attributes.get("rel") or "").lower().split() or tag == "a" and _PERSON_PAGE.search(attributes.get("href") or ""):
        return "byline", prop, value
    return "stamp" if tag == "time" else _PROPS.get(prop, ""), prop, value


def _sort(found: Around, node: LexborNode, label: str, place: int, *, is_marked: bool) -> int:
    """Put one element into its list. How many characters were read."""
    tag = node.tag or ""
    if tag in _CONTAINERS or tag in ("h1", "meta"):
        return 0
    kind = _kind(label[:_MAX_SHOWN])
    value, prop, is_exact = "", "", kind == "byline" and ("name" in label or "link" in label)
    if is_marked:
        mark, prop, value = _mark(node, tag)
        kind, is_exact = mark or kind, is_exact or mark == "byline"
    if not kind:
        return 0
    text = line(parted(node))
    if (text or value) and len(text) <= _MAX_SHOWN * 4:
        kept = {"byline": found.bylines, "stamp": found.stamps, "subtitle": found.subtitles, "label": found.labels}[kind]
        kept.append(Shown(text[: _MAX_SHOWN * 2], label.lower()[:_MAX_SHOWN], value, prop, place, is_exact, node))
    return len(text) + 1


@lru_cache(maxsize=4096)
def _is_other(label: str) -> bool:
    return not _OTHERS.isdisjoint(word.lower() for word in _WORDS.findall(label))


def lines_near(parser: LexborHTMLParser, headline: LexborNode | None) -> list[str]:
    """The lines of text below the headline, then those right above it."""
    top = headline or parser.css_first("h1") or parser.css_first("h2") or parser.body
    if top is None:
        return []
    above: list[str] = []
    node: LexborNode | None = top
    for _ in range(3):
        node = node.prev if node is not None else None
        while node is not None and (node.tag or "").startswith("-") and not (node.text_content or "").strip():
            node = node.prev
        if node is not None:
            above += _lines(node)[-3:]
    below: list[str] = []
    node = top if top.tag == "body" else _following(top)
    for _ in range(_MAX_LINES):
        if node is None or len(below) >= _MAX_LINES:
            break
        below += _lines(node)
        node = _following(node)
    return [*below[:_MAX_LINES], *above]


def _following(node: LexborNode) -> LexborNode | None:
    """What comes after an element, outside of it."""
    above: LexborNode | None = node
    for _ in range(30):
        if above is None or above.tag == "body":
            return None
        if above.next is not None:
            return above.next
        above = above.parent
    return None


def _lines(node: LexborNode) -> list[str]:
    if node.tag in ("script", "style", "nav", "footer", "aside", "form", "-comment"):
        return []
    if node.tag != "-text" and _is_other(f"{node.attrs.get('class') or ''} {node.attrs.get('id') or ''}"[:_MAX_SHOWN]):
        return []
    text = node.text_content if node.tag == "-text" else parted(node)
    return [found for part in (text or "").split("\n") if (found := line(part)[: _MAX_SHOWN * 2])]

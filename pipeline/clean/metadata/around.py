"""What readers see around a headline: bylines, stamps, labels, a second line. Pure.

Only elements so near to the headline are looked at, so that the cost does not grow with the page; and, wherever they stand, elements that
are marked for machines as author or date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from itertools import islice

import msgspec
from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline.clean.metadata.head import BREAKS, line, parted
from pipeline.clean.metadata.lines import (
    BELOW,
    MAX_MARKED,
    MAX_READ,
    MAX_SHOWN,
    OTHER_NODES,
    SKIPPED,
    WORDS,
    Lines,
    above,
    is_other,
    label_of,
    steps,
)
from pipeline.text.later import later

_INSIDE = 8
"""Elements inside the headline that may be a stamp."""
_PARAGRAPHS = 4
"""Behind so many the text has begun: bylines and stamps stand above it."""
_BESIDE, _NOTE = 10, 100
"""Elements beside the headline that may be a line of its own, and characters of such a line."""
_LINKING = frozenset("a li button label".split())
_FAR = 10_000
"""Place of what is marked but stands elsewhere: behind all that is near."""
_MARKED = 'time,[itemprop="author"],[itemprop="datePublished"],[itemprop="dateModified"],[rel~="author"],a[href*="/author"]'
_PERSON_PAGE = later(r"/(?:authors?|autor(?:en|es)?|writers?|contributors?|profiles?|by|staff|(?:authors?|staff)/\d+)/[^/?#]+/?(?:[?#]|$)")
"""The address of a page about one person."""
_CONTAINERS = frozenset("html body main article section form table ul ol nav footer aside h1 meta link script style svg".split())
_LISTS = frozenset("ul ol section".split())
"""Of these, what may be a byline by its class."""
_KINDS = (
    ("subtitle", ("subtitle", "sub-title", "standfirst", "subhead")),
    ("byline", ("byline", "author", "autor")),
    ("stamp", ("date", "time", "publish", "posted", "stamp", "datum", "fecha")),
    ("label", ("kicker", "eyebrow", "sponsor", "advertorial", "anzeige", "label", "overline", "category", "badge", "section-name")),
)
"""Parts of class names, and what an element of such a class is likely to hold."""
_PROPS = {"author": "byline", "creator": "byline", "datepublished": "stamp", "datemodified": "stamp", "alternativeheadline": "subtitle"}
_GLUED = re.compile(r"[a-zß-ÿ][A-ZÀ-Þ@]")
_OTHER_TAGS = frozenset("nav footer aside blockquote".split())
_SLOTS = frozenset("ad ads advert adunit leaderboard billboard".split())


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
    """How many elements stand between the headline and it; negative above."""
    is_exact: bool
    """Its element is a name itself: `rel=author`, `itemprop=author`, `class=author-name`, a link to a person's page."""
    node: LexborNode

    @property
    def is_aside(self) -> bool:
        """Is it in an element about other stories, or by readers? Seen from the element outwards, some levels."""
        around: LexborNode | None = self.node
        for _ in range(7):
            if around is None or around.tag in ("body", "main", "html"):
                return False
            if around.tag in _OTHER_TAGS or is_other(label_of(around)):
                return True
            around = around.parent
        return False

    @property
    def is_slot(self) -> bool:
        """Does it, or the element around it, bear the name of a place for advertisements: `ad-label`?"""
        parent = self.node.parent
        words = WORDS.findall(f"{self.label} {label_of(parent) if parent is not None else ''}")
        return not _SLOTS.isdisjoint(word.lower() for word in words)


class Around:
    """What stands around the headline, in the order of the page; and, where that does not tell, what stands elsewhere."""

    def __init__(self, parser: LexborHTMLParser, headline: LexborNode | None) -> None:
        self.bylines: list[Shown] = []
        self.stamps: list[Shown] = []
        self.subtitles: list[Shown] = []
        self.labels: list[Shown] = []
        """Kickers and marks of advertising."""
        self.notes: list[Shown] = []
        """Short lines of their own right beside the headline, of no such class."""
        self.lines = Lines(parser, headline)
        self._parser, self._headline = parser, headline

    @cached_property
    def elsewhere(self) -> Around:
        """What is marked for machines as author or time, wherever it stands."""
        found = Around(self._parser, self._headline)
        for node in self._parser.css(_MARKED)[:MAX_MARKED]:
            if (tag := node.tag or "") not in _CONTAINERS:
                _sort(found, node, tag, _FAR)
        return found


def look(parser: LexborHTMLParser, headline: LexborNode | None) -> Around:
    """Sort what is near the headline, or near the top of a page that has none."""
    found = Around(parser, headline)
    top = headline or parser.body
    if top is None:
        return found
    budget = MAX_READ
    for place, (node, tag) in enumerate(_below(top), start=1):
        if tag not in _CONTAINERS or tag in _LISTS and _kind(node.attributes.get("class") or "") == "byline":
            budget -= _sort(found, node, tag, place)
            if budget < 0:
                return found
    if headline is not None:
        if headline.child is not None and (headline.child.next is not None or headline.child.tag != "-text"):
            for node in islice(headline.traverse(include_text=False), 1, _INSIDE):
                if node.tag == "time" or "date" in (node.attributes.get("class") or ""):
                    _sort(found, node, node.tag or "", 0)
        for place, node in enumerate(above(headline), start=1):
            if (tag := node.tag or "") not in _CONTAINERS:
                _sort(found, node, tag, -place)
    return found


def _below(top: LexborNode) -> Iterator[tuple[LexborNode, str]]:
    """So many elements that come after the headline, in the order of the page."""
    left, paragraphs = BELOW, 0
    for node, tag in steps(top, BELOW * 6):
        if tag in OTHER_NODES:
            continue
        yield node, tag
        left -= 1
        paragraphs += tag == "p"
        if not left or paragraphs > _PARAGRAPHS:
            return


@lru_cache(maxsize=16384)
def _kind(label: str) -> str:
    """What an element of this class is likely to hold; "" for most."""
    label = label.lower()
    for kind, parts in _KINDS:
        for part in parts:
            if part in label:
                return kind
    return ""


def _sort(found: Around, node: LexborNode, tag: str, place: int) -> int:
    """Put one element into its list, if it is of any. How many characters were read."""
    attributes = node.attributes
    if not attributes and tag != "time":
        return _note(found, node, tag, "", place)
    label = (attributes.get("class") or "")[:MAX_SHOWN]
    kind = _kind(label) if label else ""
    is_exact = kind == "byline" and ("name" in (lowered := label.lower()) or "link" in lowered)
    prop = (attributes.get("itemprop") or "")[:40].lower()
    if tag == "a" and ("author" in (attributes.get("rel") or "") or _PERSON_PAGE.search(attributes.get("href") or "")):
        kind, is_exact = "byline", True
    elif tag == "time":
        kind = "stamp"
    elif prop in _PROPS:
        kind = _PROPS[prop]
        is_exact = is_exact or kind == "byline"
    if not kind:
        return _note(found, node, tag, label, place)
    text = line(_spoken(node) if kind == "byline" else parted(node))
    value = (attributes.get("datetime") or attributes.get("content") or "").strip()[:100]
    if (text or value) and len(text) <= MAX_SHOWN * 4:
        kept = {"byline": found.bylines, "stamp": found.stamps, "subtitle": found.subtitles, "label": found.labels}[kind]
        kept.append(Shown(text[: MAX_SHOWN * 2], label.lower(), value, prop, place, is_exact, node))
    return len(text) + 1


def _note(found: Around, node: LexborNode, tag: str, label: str, place: int) -> int:
    child = node.first_child if abs(place) <= _BESIDE and tag not in _LINKING else None
    if child is None or child.tag != "-text" or child.next is not None or (node.parent is not None and node.parent.tag in _LINKING):
        return 0
    text = line(child.text_content or "")
    if 5 <= len(text) <= _NOTE:
        found.notes.append(Shown(text, label.lower(), "", "", place, False, node))
    return len(text)


def _spoken(node: LexborNode) -> str:
    """The text of a byline, parted where an element's edge stands between two words: `Jane Doe<span>Staff Writer`, `Jane Doe<a>@jane`."""
    text = parted(node)
    if _GLUED.search(text) is not None:
        text = _unglued(node)
    return text.replace("\n", " · ") if node.tag in _LISTS else text


def _unglued(node: LexborNode) -> str:
    parts: list[str] = []
    for one in node.traverse(include_text=True):
        if one.tag == "-text" and (said := one.text_content) and (one.parent is None or one.parent.tag not in SKIPPED):
            is_glued = bool(parts) and _GLUED.search(parts[-1][-1:] + said[:1]) is not None
            parts.append(f" · {said}" if is_glued else said)
        elif one.tag in BREAKS:
            parts.append("\n")
        if len(parts) > 200:
            break
    return "".join(parts)

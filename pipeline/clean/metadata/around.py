"""What readers see around a headline: bylines, stamps, labels, a second line. Pure.

Only elements so near to the headline are looked at, so that the cost does not grow with the page; and, wherever they stand, elements that
are marked for machines as author or date.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from itertools import islice

import msgspec
from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline.clean.metadata.head import BREAKS, line, parted

_ABOVE, _BELOW = 20, 60
"""Elements above and below the headline that are looked at."""
_INSIDE = 8
"""Elements inside the headline that may be a stamp."""
_PARAGRAPHS = 4
"""Behind so many the text has begun: bylines and stamps stand above it."""
_MAX_MARKED = 60
_MAX_SIGNED = 400
_BESIDE, _NOTE = 10, 100
"""Elements beside the headline that may be a line of its own, and characters of such a line."""
_LINKING = frozenset("a li button label".split())
_FAR = 10_000
"""Place of what is marked but stands elsewhere: behind all that is near."""
_MAX_SHOWN = 300
"""Characters of a byline or a stamp; longer text is none, twice that is a box of several."""
_MAX_READ = 500_000
"""Characters of text that are read in all: elements of one name may stand inside each other."""
_STAMP_LINE = 40
"""Characters of the longest line that is a date and nothing else."""
_ENOUGH = 4000
"""Characters around a headline that hold what is said above a text."""
_MAX_LINES, _MAX_STEPS = 40, 400
_MARKED = 'time,[itemprop="author"],[itemprop="datePublished"],[itemprop="dateModified"],[rel~="author"],a[href*="/author"]'
_OWN = frozenset("header headline entry".split())
"""Words of a class that is the story's own, whatever stands beside them: `headline__footer`."""
_PERSON_PAGE = re.compile(
    r"/(?:authors?|autor(?:en|es)?|writers?|contributors?|profiles?|by|staff|(?:authors?|staff)/\d+)/[^/?#]+/?(?:[?#]|$)"
)
"""The address of a page about one person."""
_CONTAINERS = frozenset("html body main article section form table ul ol nav footer aside h1 meta link script style svg".split())
_LISTS = frozenset("ul ol section".split())
"""Of these, what may be a byline by its class."""
_SKIPPED = frozenset("script style noscript template svg select iframe nav form".split())
_OTHER_NODES = frozenset(("-", "-text", "-comment"))
_CLOSED = _SKIPPED | _OTHER_NODES
_KINDS = (
    ("subtitle", ("subtitle", "sub-title", "standfirst", "subhead")),
    ("byline", ("byline", "author", "autor")),
    ("stamp", ("date", "time", "publish", "posted", "stamp", "datum", "fecha")),
    ("label", ("kicker", "eyebrow", "sponsor", "advertorial", "anzeige", "label", "overline", "category", "badge", "section-name")),
)
"""Parts of class names, and what an element of such a class is likely to hold."""
_PROPS = {"author": "byline", "creator": "byline", "datepublished": "stamp", "datemodified": "stamp", "alternativeheadline": "subtitle"}
_GLUED = re.compile(r"[a-zß-ÿ][A-ZÀ-Þ@]")
_WORDS = re.compile(r"[a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z]*")
_OTHERS = frozenset(
    "comment comments related recommended recommendation recommendations recirc teaser teasers promo promos popular trending"
    " sidebar footer carousel mostread newsletter nav menu ticker upnext disqus replies embed embedded tweet".split()
)
"""Words of a class or id whose element is about other stories, by readers, or another site's."""
_OTHER_TAGS = frozenset("nav footer aside blockquote".split())
_SLOTS = frozenset("ad ads advert adunit leaderboard billboard".split())
_QUOTED = "blockquote,[class*=embed],[class*=tweet]"


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
        above: LexborNode | None = self.node
        for _ in range(7):
            if above is None or above.tag in ("body", "main", "html"):
                return False
            if above.tag in _OTHER_TAGS:
                return True
            if _is_other(_label(above)):
                return True
            above = above.parent
        return False

    @property
    def is_slot(self) -> bool:
        """Does it, or the element around it, bear the name of a place for advertisements: `ad-label`?"""
        above = self.node.parent
        words = _WORDS.findall(f"{self.label} {_label(above) if above is not None else ''}")
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
        self._parser, self._headline = parser, headline

    @cached_property
    def elsewhere(self) -> Around:
        """What is marked for machines as author or time, wherever it stands."""
        found = Around(self._parser, self._headline)
        for node in self._parser.css(_MARKED)[:_MAX_MARKED]:
            if (tag := node.tag or "") not in _CONTAINERS:
                _sort(found, node, tag, _FAR)
        return found

    def lines(self, telling: Callable[[str], bool]) -> list[str]:
        """The lines of text below the headline, then those right above it; none where no text near it tells anything.

        Telling what stands in which element costs more than all the rest, and mostly nothing is there.
        """
        return self._exact if any(telling(text) for text in self._texts) else []

    @cached_property
    def _texts(self) -> list[str]:
        """Texts around the headline, cut at each element's edge."""
        around = self._headline or self._parser.body
        text = ""
        for _ in range(8):
            if around is None or len(text) > _ENOUGH:
                break
            text = around.text(separator="\n")
            around = around.parent
        return list(islice(filter(None, map(str.strip, text[: _ENOUGH * 8].split("\n"))), _MAX_LINES * 8))

    def short_lines(self) -> list[str]:
        """The short texts of the whole page, cut at each element's edge, without what is quoted: a last resort."""
        body = self._parser.body
        parts = _parts(body.text(separator="\n")[:_MAX_READ]) if body is not None else []
        quoted = {part for node in self._parser.css(_QUOTED)[:_MAX_MARKED] for part in _parts(node.text(separator="\n")[:_ENOUGH])}
        return [part for part in parts if part not in quoted]

    def signatures(self) -> list[str]:
        """Emphasised last paragraphs of runs of them: where papers sign a text. A last resort."""
        found = []
        for node in self._parser.css("p")[-_MAX_SIGNED:]:
            text = line(node.text())
            if not 5 <= len(text) <= _STAMP_LINE or next(node.iter(), node).tag not in ("b", "strong", "i", "em"):
                continue
            before, behind = _beside(node, -1), _beside(node, 1)
            if before is not None and before.tag == "p" and (behind is None or behind.tag != "p"):
                found.append(text)
        return found

    @cached_property
    def _exact(self) -> list[str]:
        top = self._headline or self._parser.css_first("h2") or self._parser.body
        return _lines(top) if top is not None else []


def look(parser: LexborHTMLParser, headline: LexborNode | None) -> Around:
    """Sort what is near the headline, or near the top of a page that has none."""
    found = Around(parser, headline)
    top = headline or parser.body
    if top is None:
        return found
    budget = _MAX_READ
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
        for place, node in enumerate(_above(headline), start=1):
            if (tag := node.tag or "") not in _CONTAINERS:
                _sort(found, node, tag, -place)
    return found


def _below(top: LexborNode) -> Iterator[tuple[LexborNode, str]]:
    """So many elements that come after the headline, in the order of the page."""
    left, paragraphs = _BELOW, 0
    for node, tag in _steps(top, _BELOW * 6):
        if tag in _OTHER_NODES:
            continue
        yield node, tag
        left -= 1
        paragraphs += tag == "p"
        if not left or paragraphs > _PARAGRAPHS:
            return


def _steps(top: LexborNode, steps: int, *, with_others: bool = True) -> Iterator[tuple[LexborNode, str]]:
    """So many nodes, texts among them, that come after an element (in the body, where it is that), with their tags.

    `with_others`: also those inside elements about other stories.
    """
    node = top.first_child if top.tag == "body" else _following(top)
    while node is not None and steps > 0:
        steps -= 1
        tag = node.tag or "-"
        yield node, tag
        is_open = tag not in _CLOSED and (with_others or not (tag == "blockquote" or _is_other(_label(node))))
        node = is_open and node.first_child or node.next or _following(node)


def _above(headline: LexborNode) -> Iterator[LexborNode]:
    """Some elements right above the headline: those before it in its element, then in the elements around that."""
    left = _ABOVE
    around: LexborNode | None = headline
    for _ in range(4):
        if around is None or around.tag in ("body", "main"):
            return
        node = around.prev
        while node is not None and left > 0:
            if not (node.tag or "-").startswith("-"):
                for one in islice(node.traverse(include_text=False), 8):
                    left -= 1
                    yield one
            node = node.prev
        around = around.parent


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
    label = (attributes.get("class") or "")[:_MAX_SHOWN]
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
    if (text or value) and len(text) <= _MAX_SHOWN * 4:
        kept = {"byline": found.bylines, "stamp": found.stamps, "subtitle": found.subtitles, "label": found.labels}[kind]
        kept.append(Shown(text[: _MAX_SHOWN * 2], label.lower(), value, prop, place, is_exact, node))
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
        if one.tag == "-text" and (said := one.text_content) and (one.parent is None or one.parent.tag not in _SKIPPED):
            is_glued = bool(parts) and _GLUED.search(parts[-1][-1:] + said[:1]) is not None
            parts.append(f" · {said}" if is_glued else said)
        elif one.tag in BREAKS:
            parts.append("\n")
        if len(parts) > 200:
            break
    return "".join(parts)


def _label(node: LexborNode) -> str:
    """Class and id."""
    attributes = node.attributes
    return f"{attributes.get('class') or ''} {attributes.get('id') or ''}"[:_MAX_SHOWN]


@lru_cache(maxsize=4096)
def _is_other(label: str) -> bool:
    words = {word.lower() for word in _WORDS.findall(label)}
    return not words.isdisjoint(_OTHERS) and words.isdisjoint(_OWN)


def _lines(top: LexborNode) -> list[str]:
    lines: list[str] = []
    parts: list[str] = []
    for node, tag in _steps(top, _MAX_STEPS, with_others=False):
        if tag == "-text":
            parts.append(node.text_content or "")
        elif tag in BREAKS:
            _end(lines, parts)
            if len(lines) >= _MAX_LINES:
                break
    _end(lines, parts)
    above = [one for one in _above(top) if (child := one.first_child) is not None and child.tag == "-text" and child.next is None]
    return [*lines, *(line(one.text())[: _MAX_SHOWN * 2] for one in above)]


def _end(lines: list[str], parts: list[str]) -> None:
    if found := line("".join(parts))[: _MAX_SHOWN * 2]:
        lines.append(found)
    parts.clear()


def _parts(text: str) -> list[str]:
    """The lines of a text that are no longer than a stamp."""
    return [part for part in map(str.strip, text.split("\n")) if 6 <= len(part) <= _STAMP_LINE]


def _beside(node: LexborNode, step: int) -> LexborNode | None:
    """The element before or behind, white space passed over."""
    one = node.next if step > 0 else node.prev
    while one is not None and one.tag == "-text" and not (one.text_content or "").strip():
        one = one.next if step > 0 else one.prev
    return one


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

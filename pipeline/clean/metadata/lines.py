"""The lines of text around a headline, whatever their elements are called: where no mark tells, the words may. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline.clean.metadata.head import BREAKS, line

MAX_SHOWN = 300
"""Characters of a byline or a stamp; longer text is none, twice that is a box of several."""
MAX_READ = 500_000
"""Characters of text that are read in all: elements of one name may stand inside each other."""
MAX_MARKED = 60
_MAX_SIGNED = 400
_STAMP_LINE = 40
"""Characters of the longest line that is a date and nothing else."""
_ENOUGH = 4000
"""Characters around a headline that hold what is said above a text."""
_MAX_LINES, _MAX_STEPS = 40, 400
_OTHERS = frozenset(
    "comment comments related recommended recommendation recommendations recirc teaser teasers promo promos popular trending"
    " sidebar footer carousel mostread newsletter nav menu ticker upnext disqus replies embed embedded tweet".split()
)
"""Words of a class or id whose element is about other stories, by readers, or another site's."""
_QUOTED = "blockquote,[class*=embed],[class*=tweet]"
_UNSEEN = "script,style,noscript,template"
_OWN = frozenset("header headline entry".split())
"""Words of a class that is the story's own, whatever stands beside them: `headline__footer`."""
SKIPPED = frozenset("script style noscript template svg select iframe nav form".split())
OTHER_NODES = frozenset(("-", "-text", "-comment"))
_CLOSED = SKIPPED | OTHER_NODES
WORDS = re.compile(r"[a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z]*")
_ABOVE, BELOW = 20, 60
"""Elements above and below the headline that are looked at."""


class Lines:
    """The lines of one page, read when they are asked for."""

    def __init__(self, parser: LexborHTMLParser, headline: LexborNode | None) -> None:
        self._parser, self._headline = parser, headline

    def near(self, telling: Callable[[str], bool]) -> list[str]:
        """The lines of text below the headline, then those right above it; none where no text near it tells anything.

        Telling what stands in which element costs more than all the rest, and mostly nothing is there.
        """
        return self._exact if any(telling(text) for text in self.texts) else []

    @cached_property
    def texts(self) -> list[str]:
        """Texts around the headline, cut at each element's edge."""
        around = self._headline or self._parser.body
        text, unseen = "", set[str]()
        for _ in range(8):
            if around is None:
                break
            text = around.text(separator="\n")
            if len(text) > _ENOUGH and len(text) - sum(map(len, unseen := _unseen(around))) > _ENOUGH:
                break
            around = around.parent
        parts = (part.strip() for part in text[: _ENOUGH * 16].split("\n"))
        return list(islice((part for part in parts if part and part not in unseen), _MAX_LINES * 8))

    @cached_property
    def below(self) -> list[str]:
        """The first texts below the headline, cut at each element's edge, without those of other stories."""
        top = self._headline or self._parser.body
        found = (
            (line(node.text_content or "") for node, tag in steps(top, _MAX_STEPS, with_others=False) if tag == "-text")
            if top
            else iter(())
        )
        return list(islice(filter(None, found), _MAX_LINES))

    def short(self) -> list[str]:
        """The short texts of the whole page, cut at each element's edge, without what is quoted: a last resort."""
        body = self._parser.body
        if body is None:
            return []
        quoted = {part for node in self._parser.css(_QUOTED)[:MAX_MARKED] for part in _parts(node.text(separator="\n")[:_ENOUGH])}
        quoted |= _unseen(body)
        return [part for part in _parts(body.text(separator="\n")[:MAX_READ]) if part not in quoted]

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


def _unseen(node: LexborNode) -> set[str]:
    """The lines of scripts and the like within an element."""
    return {part.strip() for one in node.css(_UNSEEN) for part in one.text()[:MAX_READ].split("\n")}


def steps(top: LexborNode, steps: int, *, with_others: bool = True) -> Iterator[tuple[LexborNode, str]]:
    """So many nodes, texts among them, that come after an element (in the body, where it is that), with their tags.

    `with_others`: also those inside elements about other stories.
    """
    node = top.first_child if top.tag == "body" else following(top)
    while node is not None and steps > 0:
        steps -= 1
        tag = node.tag or "-"
        yield node, tag
        is_open = tag not in _CLOSED and (with_others or not (tag == "blockquote" or is_other(label_of(node))))
        node = is_open and node.first_child or node.next or following(node)


def above(headline: LexborNode) -> Iterator[LexborNode]:
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


def label_of(node: LexborNode) -> str:
    """Class and id."""
    attributes = node.attributes
    return f"{attributes.get('class') or ''} {attributes.get('id') or ''}"[:MAX_SHOWN]


@lru_cache(maxsize=4096)
def is_other(name: str) -> bool:
    """Is it a class and id of an element about other stories, or by readers?"""
    words = {word.lower() for word in WORDS.findall(name)}
    if "post" in words:
        words.discard("newsletter")  # a story that is sent as one
    return not words.isdisjoint(_OTHERS) and words.isdisjoint(_OWN)


def _lines(top: LexborNode) -> list[str]:
    lines: list[str] = []
    parts: list[str] = []
    for node, tag in steps(top, _MAX_STEPS, with_others=False):
        if tag == "-text":
            parts.append(node.text_content or "")
        elif tag in BREAKS:
            _end(lines, parts)
            if len(lines) >= _MAX_LINES:
                break
    _end(lines, parts)
    over = [one for one in above(top) if (child := one.first_child) is not None and child.tag == "-text" and child.next is None]
    return [*lines, *(line(one.text())[: MAX_SHOWN * 2] for one in over)]


def _end(lines: list[str], parts: list[str]) -> None:
    if found := line("".join(parts))[: MAX_SHOWN * 2]:
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


def following(node: LexborNode) -> LexborNode | None:
    """What comes after an element, outside of it."""
    around: LexborNode | None = node
    for _ in range(30):
        if around is None or around.tag == "body":
            return None
        if around.next is not None:
            return around.next
        around = around.parent
    return None

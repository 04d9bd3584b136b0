"""Rules over all blocks of a page that were judged: what a model of form can't know of a block. Pure."""

from __future__ import annotations

from collections import Counter

import msgspec

from pipeline.clean import names
from pipeline.clean.blocks import CAPTION, HEADING, LINK, LIST_ITEM
from pipeline.clean.tree import Box, Raw
from pipeline.text.later import later

_DOUBTED = 0.9
"""The model's word counts for more than a name or a phrase from this likelihood on."""
_MUCH_DOUBTED = 0.8
_COMMENTS = names.COMMENTS | names.BODY
"""Of these, an element of readers' words has the first and not the second: `comment-body` is within one."""
NO_STORY = names.COMMENTS | names.RELATED | names.FRAME | names.PROMO
"""Names of elements in which no story is looked for but where they hold most of the page."""
_KICKER = 32
"""Characters. No label above a headline is longer."""
_CARDS, _CARD = 3, 12
"""So many elements alike or more, of so many blocks or fewer each, are a list of teasers."""
_OFFER = later(
    r"newsletter|subscri(?:be|ption)|\bsign(?:ing)? up\b|\bcookies?\b|privacy policy|terms of (?:use|service)|affiliate|earn a (?:small )?commission"
    r"|all rights reserved|follow us|may contain advertising|click here|download (?:the|our) app|independently (?:selected|reviewed)"
    r"|editorial independence|partner links|(?:purchase|buy|buy something) through (?:our )?links"
    r"|^<(?:a|img|iframe|ins|script)\b"  # markup that is shown
    r"|\babonnier|\babonne[zr]|datenschutz|suscr[ií]b|iscri(?:viti|zione)|\bassine\b"
)
"""What a site says to its readers of itself, in lower case, in the languages that most of it is written in."""
_OF_OFFERS = (
    "newsletter subscri sign cookie privacy terms affiliate commission rights follow advertising click download independen links < abonn daten"
    " suscr iscri assine"
).split()
"""One of these is in each of them: looking for these first is ten times faster."""
_CELLS = 4
"""A table has so many or more."""
_LONG = 60
"""Characters from which a text that comes twice is the same one, and no refrain."""


class Judged(msgspec.Struct, gc=False):
    """A block, whether it is kept, and why."""

    raw: Raw
    is_kept: bool
    likelihood: float
    rule: str


def tidy(judged: list[Judged], boxes: list[Box], *, without: str = "") -> None:
    """Apply the rules of TIDYING; all, or all but one, so that its worth can be measured."""
    for name, rule in TIDYING.items():
        if name != without:
            rule(judged, boxes)


def _drop_offers(judged: list[Judged], _: list[Box]) -> None:
    """Doubted blocks with words of newsletters, consent and commissions: they come in too many forms for a model of form."""
    for one in judged:
        if one.is_kept and one.likelihood < _DOUBTED:
            text = one.raw.text.lower()
            if any(map(text.__contains__, _OF_OFFERS)) and _OFFER.search(text):
                one.is_kept, one.rule = False, "the site's word to its readers"


def _drop_asides(judged: list[Judged], boxes: list[Box]) -> None:
    """Doubted blocks in elements that call themselves a comment, a disclaimer or a biography, and together hold the lesser part of the prose."""
    prose: Counter[str] = Counter()
    for box in boxes:
        if box.bits & names.ASIDE:
            prose[box.label] += box.prose
    if not prose:
        return
    limit = boxes[0].prose * 0.5
    is_aside = [False] * len(boxes)
    for index, box in enumerate(boxes):
        is_aside[index] = index > 0 and is_aside[box.parent] or box.bits & names.ASIDE > 0 and prose[box.label] < limit
    for one in judged:
        if one.is_kept and one.likelihood < _DOUBTED and is_aside[one.raw.box]:
            one.is_kept, one.rule = False, "in an aside, by its name"


def _drop_teasers(judged: list[Judged], boxes: list[Box]) -> None:
    """Much doubted blocks of teaser cards: elements side by side and alike, each with a headline that is a link, apart from the story's."""
    story = _story(judged, boxes)
    if story is None:
        return
    doubted = [one for one in judged if one.is_kept and one.likelihood < _MUCH_DOUBTED and boxes[one.raw.box].parent != story]
    if not doubted:
        return
    linked = {
        index
        for one in judged
        if one.raw.linked > len(one.raw.text) * 0.66 and len(one.raw.text) > 15 and one.raw.tag != "li"
        for index in inside(boxes, one.raw.box, 6)
    }
    alike: dict[tuple[int, str], list[int]] = {}
    for index in sorted(linked):
        if boxes[index].blocks <= _CARD:
            alike.setdefault((boxes[index].parent, boxes[index].tag), []).append(index)
    limit = boxes[0].prose * 0.6
    cards = {index for some in alike.values() if len(some) >= _CARDS and sum(boxes[one].prose for one in some) < limit for index in some}
    for one in doubted:
        if _is_in_card(boxes, one.raw.box, cards):
            one.is_kept, one.rule = False, "a teaser of another story"


def _is_in_card(boxes: list[Box], index: int, cards: set[int]) -> bool:
    """Is a block inside one of these? Above an element with more blocks than a card has there is none."""
    while index > 0 and boxes[index].blocks <= _CARD:
        if index in cards:
            return True
        index = boxes[index].parent
    return False


def inside(boxes: list[Box], index: int, levels: int) -> list[int]:
    """So many elements around a block, `body` apart, the innermost first."""
    found: list[int] = []
    while index > 0 and len(found) < levels:
        found.append(index)
        index = boxes[index].parent
    return found


def _take_link_lists(judged: list[Judged], boxes: list[Box]) -> None:
    """The items of lists of links right inside the story's element, between its paragraphs: of offers, winners, games."""
    story = _story(judged, boxes)
    if story is None:
        return
    kept = [place for place, one in enumerate(judged) if one.is_kept and one.raw.prose and boxes[one.raw.box].parent == story]
    for one in judged[kept[0] : kept[-1]]:
        raw = one.raw
        if raw.tag == "li" and not one.is_kept and len(raw.text) > 10 and raw.linked > len(raw.text) * 0.66:
            around = boxes[raw.box].parent
            if around > 0 and boxes[around].parent == story:
                one.is_kept, one.rule = True, "a list of links between the story's paragraphs"
                raw.role = LIST_ITEM


def _whole_tables(judged: list[Judged], boxes: list[Box]) -> None:
    """All cells of a table or none: of one that stands between the story's paragraphs, or most of which was kept, all; else none.

    A table that lays out the page, with paragraphs in its cells, is none.
    """
    inner = {
        index: index for index, box in enumerate(boxes) if box.tag == "table" and box.blocks >= _CELLS and box.prose <= box.chars * 0.5
    }
    if not inner:
        return
    for index in range(min(inner), len(boxes)):
        if index not in inner and boxes[index].parent in inner:
            inner[index] = inner[boxes[index].parent]
    tables: dict[int, list[tuple[int, Judged]]] = {}
    for place, one in enumerate(judged):
        if one.raw.box in inner:
            tables.setdefault(inner[one.raw.box], []).append((place, one))
    story = _story(judged, boxes)
    prose = [place for place, one in enumerate(judged) if one.is_kept and one.raw.prose and boxes[one.raw.box].parent == story]
    for table, cells in tables.items():
        size = boxes[table].chars
        if any(boxes[one.raw.box].tag == "p" and one.raw.prose for _, one in cells):
            continue
        kept = sum(len(one.raw.text) for _, one in cells if one.is_kept)
        is_between = bool(prose) and prose[0] < cells[0][0] < prose[-1] and story in inside(boxes, table, 4)
        is_whole = kept > size * 0.5 or is_between and boxes[table].linked < size * 0.5
        for _, one in cells:
            if one.is_kept != is_whole:
                one.is_kept, one.rule = is_whole, "a cell of a table that is the story's" if is_whole else "a cell of a table that is not"


def _story(judged: list[Judged], boxes: list[Box]) -> int | None:
    """The element right inside which most of the kept prose stands; None where there is none."""
    prose: dict[int, int] = {}
    for one in judged:
        if one.is_kept and one.raw.prose:
            parent = boxes[one.raw.box].parent
            prose[parent] = prose.get(parent, 0) + one.raw.prose
    return max(prose, key=prose.__getitem__) if prose else None


def _drop_comments(judged: list[Judged], boxes: list[Box]) -> None:
    """What readers say below a story of some paragraphs, though they say more than it does; where it was taken for the story, that is kept instead.

    A story is two paragraphs or more side by side, below the page's `h1`, in no element of a bad name.
    """
    comments = {index for index, box in enumerate(boxes) if box.prose and box.bits & _COMMENTS == names.COMMENTS}
    taken = [one for one in judged if one.is_kept and _is_in(boxes, one.raw.box, comments)] if comments else []
    if not taken:
        return
    first = next(place for place, one in enumerate(judged) if one.raw.prose and _is_in(boxes, one.raw.box, comments))
    top = next((place for place, one in enumerate(judged[:first]) if one.raw.tag == "h1"), first)
    above: dict[int, list[Judged]] = {}
    for one in judged[top:first]:
        if one.raw.prose and one.raw.role is not LINK and not any(boxes[index].bits & NO_STORY for index in inside(boxes, one.raw.box, 6)):
            above.setdefault(boxes[one.raw.box].parent, []).append(one)
    story = max(above.values(), key=lambda some: sum(one.raw.prose for one in some), default=[])
    if len(story) < 2:
        return
    for one in taken:
        one.is_kept, one.rule = False, "readers' words below the story"
    for one in story:
        if not one.is_kept:
            one.is_kept, one.rule = True, "a story above its readers' words"


def _is_in(boxes: list[Box], index: int, some: set[int]) -> bool:
    while index > 0 and index not in some:
        index = boxes[index].parent
    return index > 0


def _take_above_list(judged: list[Judged], boxes: list[Box]) -> None:
    """The paragraphs right above a list whose items are most of the story, in the element around it."""
    story = _story(judged, boxes)
    if story is None or boxes[story].tag not in ("ol", "ul") or boxes[story].parent <= 0:
        return
    around = boxes[story].parent
    for one in judged:
        if one.raw.box > story:
            return
        if not one.is_kept and one.raw.prose and one.raw.role is not LINK and boxes[one.raw.box].parent == around:
            one.is_kept, one.rule = True, "a paragraph above the story's list"


def _drop_labels(judged: list[Judged], _: list[Box]) -> None:
    """A kicker, a section's name, a label of what is paid for: short, no sentence, above the headline and all of the story."""
    top = next((place for place, one in enumerate(judged) if one.raw.tag == "h1"), 0)
    for one in judged[:top]:
        if one.is_kept and one.raw.prose:
            return
        if one.is_kept and one.raw.role is not HEADING and len(one.raw.text) <= _KICKER:
            one.is_kept, one.rule = False, "a label above the headline"


def _drop_repeats(judged: list[Judged], boxes: list[Box]) -> None:
    seen: dict[str, int] = {}
    for one in judged:
        if one.is_kept and len(one.raw.text) > _LONG:
            parent = boxes[one.raw.box].parent
            if seen.setdefault(one.raw.text, parent) != parent:  # within one element it is said twice
                one.is_kept, one.rule = False, "stands above already"


def _take_headings(judged: list[Judged], boxes: list[Box]) -> None:
    """Headings right above a kept block, all of them side by side with most of the story: of a list of short entries the model doubts each."""
    story = _story(judged, boxes)
    if story is None:
        return
    below: Judged | None = None
    for one in reversed(judged):
        if one.raw.role is CAPTION:
            continue
        is_beside = boxes[one.raw.box].parent == story
        if one.raw.role is not HEADING:
            below = one if one.is_kept and is_beside else None
        elif below and is_beside and not one.is_kept and one.raw.linked < len(one.raw.text) * 0.5:
            one.is_kept, one.rule = True, "a heading of the story's paragraphs"


def _drop_last_headings(judged: list[Judged], _: list[Box]) -> None:
    for one in reversed(judged):
        if one.is_kept:
            if one.raw.role is not HEADING:
                return
            one.is_kept, one.rule = False, "a heading that nothing follows"


TIDYING = {
    "readers' words below the story": _drop_comments,
    "a paragraph above the story's list": _take_above_list,
    "a label above the headline": _drop_labels,
    "the site's word to its readers": _drop_offers,
    "in an aside, by its name": _drop_asides,
    "a teaser of another story": _drop_teasers,
    "a list of links between the story's paragraphs": _take_link_lists,
    "a table, all of it or nothing": _whole_tables,
    "a heading of the story's paragraphs": _take_headings,
    "what stands above already": _drop_repeats,
    "a heading that nothing follows": _drop_last_headings,
}
"""Rules over all that was judged, by what they take or drop."""

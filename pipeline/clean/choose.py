"""Which of a page's blocks are the story's, and the rule that decided on each. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from pipeline.clean import model
from pipeline.clean.blocks import Role
from pipeline.clean.features import measure
from pipeline.clean.tree import Box, Raw, Tree
from pipeline.text import furniture

SHORT = 1000
"""Prose of a page from which the model is asked. On shorter ones hand-set rules are right more often."""
_FEW = 40
"""Blocks of a page so short that all of it may be the story, where nothing looks like one."""
_LONG = 60
"""Characters from which a text that comes twice is the same one, and no refrain."""


class Judged(msgspec.Struct, gc=False):
    """A block, whether it is kept, and why."""

    raw: Raw
    is_kept: bool
    likelihood: float
    rule: str


def choose(tree: Tree) -> list[Judged]:
    """All blocks of a page in their order. Captions are kept where they stand within the story, or between its top and its text."""
    cut = model.table().cut
    judged = []
    is_short = bool(tree.boxes) and tree.boxes[0].prose < SHORT
    for one in measure(tree):
        if one.raw.role is Role.CAPTION:
            judged.append(Judged(one.raw, False, 0.0, "a caption outside the story"))
        elif one.is_sure is None and is_short:
            judged.append(Judged(one.raw, one.by_hand, float(one.by_hand), "a short page: by its element and names"))
        elif one.is_sure is None:
            likely = model.likelihood(one.row)
            judged.append(Judged(one.raw, likely >= cut, likely, "the model"))
        elif one.is_sure:
            judged.append(Judged(one.raw, True, 1.0, "a paragraph among its like"))
        else:
            judged.append(Judged(one.raw, False, 0.0, one.why))
    if not any(one.is_kept for one in judged):
        _take_what_there_is(judged)
    tidy(judged, tree.boxes)
    _keep_around(judged, tree.boxes)
    return judged


def tidy(judged: list[Judged], boxes: list[Box], *, without: str = "") -> None:
    """Apply the rules of TIDYING; all, or all but one, so that its worth can be measured."""
    for name, rule in TIDYING.items():
        if name != without:
            rule(judged, boxes)


def _take_what_there_is(judged: list[Judged]) -> None:
    """Of a short page without anything that looks like a story: all that is no link."""
    if len(judged) < _FEW:
        for one in judged:
            if one.raw.role not in (Role.CAPTION, Role.LINK) and one.raw.linked < len(one.raw.text) * 0.5:
                one.is_kept, one.rule = True, "a short page without a story: all of it"


def _drop_repeats(judged: list[Judged], boxes: list[Box]) -> None:
    seen: dict[str, int] = {}
    for one in judged:
        if one.is_kept and len(one.raw.text) > _LONG:
            parent = boxes[one.raw.box].parent
            if seen.setdefault(one.raw.text, parent) != parent:  # within one element it is said twice
                one.is_kept, one.rule = False, "stands above already"


def _take_headings(judged: list[Judged], boxes: list[Box]) -> None:
    """Headings right above a kept block, all of them side by side with most of the story: of a list of short entries the model doubts each."""
    prose: Counter[int] = Counter()
    for one in judged:
        if one.is_kept and one.raw.prose:
            prose[boxes[one.raw.box].parent] += one.raw.prose
    if not prose:
        return
    story = prose.most_common(1)[0][0]
    below: Judged | None = None
    for one in reversed(judged):
        if one.raw.role is Role.CAPTION:
            continue
        is_beside = boxes[one.raw.box].parent == story
        if one.raw.role is not Role.HEADING:
            below = one if one.is_kept and is_beside else None
        elif below and is_beside and not one.is_kept and one.raw.linked < len(one.raw.text) * 0.5:
            one.is_kept, one.rule = True, "a heading of the story's paragraphs"


def _drop_last_headings(judged: list[Judged], _: list[Box]) -> None:
    for one in reversed(judged):
        if one.is_kept:
            if one.raw.role is not Role.HEADING:
                return
            one.is_kept, one.rule = False, "a heading that nothing follows"


def _keep_around(judged: list[Judged], boxes: list[Box]) -> None:
    """Captions and links to other stories between the story's paragraphs; captions between its top and its first paragraph."""
    kept = [place for place, one in enumerate(judged) if one.is_kept and one.raw.prose]
    if not kept:
        return
    first, last = kept[0], kept[-1]
    parents = {boxes[judged[place].raw.box].parent for place in kept}
    story = set(_around(boxes, judged[first].raw.box, 4))
    for place, one in enumerate(judged):
        inside = first < place < last
        if one.raw.role is Role.CAPTION and (inside or place < first and story.intersection(_around(boxes, one.raw.box, 8))):
            one.is_kept, one.rule = True, "a caption within the story" if inside else "a caption above the story"
        elif inside and not one.is_kept and one.raw.hrefs and boxes[one.raw.box].parent in parents and _is_link(one.raw):
            one.is_kept, one.rule = True, "a link between the story's paragraphs"


def _is_link(raw: Raw) -> bool:
    """A paragraph that leads to another story: all of it a link, or with words that say so."""
    return raw.tag != "li" and (raw.role is Role.LINK or furniture.related_of(raw.text) is not None)


def _around(boxes: list[Box], index: int, levels: int) -> list[int]:
    """So many elements around one, `body` and what calls itself the page apart."""
    found: list[int] = []
    while index > 0 and len(found) < levels:
        found.append(index)
        if boxes[index].tag in ("article", "main"):
            break
        index = boxes[index].parent
    return found


def doubts(judged: Sequence[Judged], tree: Tree) -> tuple[float, ...]:
    """What a page's confidence is made of, each 0 to 1: a constant, how sure the model was of its prose, how much of the page's prose is kept,
    how little hand-set rules and the model differ, how much prose there is, how well what is kept hangs together."""
    prose = sum(one.raw.prose for one in judged) or 1
    kept = [one for one in judged if one.is_kept and one.raw.prose]
    text = sum(one.raw.prose for one in kept)
    sure = sum(one.raw.prose * abs(2 * one.likelihood - 1) for one in judged) / prose
    certain = sum(one.raw.prose for one in kept if one.likelihood == 1) / (text or 1)
    parents: dict[int, int] = {}
    for one in kept:
        parent = tree.boxes[one.raw.box].parent
        parents[parent] = parents.get(parent, 0) + one.raw.prose
    return 1.0, sure, text / prose, certain, min(text / 3000, 1.0), max(parents.values(), default=0) / (text or 1)


def confidence(judged: Sequence[Judged], tree: Tree) -> float:
    """The F1 that pages with such doubts reached: a straight line fitted by benchmarks/clean/train.py, cut to 0 to 1."""
    weights = model.table().confidence
    return min(1.0, max(0.0, sum(weight * doubt for weight, doubt in zip(weights, doubts(judged, tree), strict=True))))


TIDYING = {
    "a heading of the story's paragraphs": _take_headings,
    "what stands above already": _drop_repeats,
    "a heading that nothing follows": _drop_last_headings,
}
"""Rules over all that was judged, by what they take or drop."""

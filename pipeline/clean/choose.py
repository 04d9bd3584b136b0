"""Which of a page's blocks are the story's, and the rule that decided on each. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.clean import model, tidying
from pipeline.clean.blocks import CAPTION, LINK, PARAGRAPH
from pipeline.clean.features import measure
from pipeline.clean.tidying import Judged
from pipeline.clean.tree import Box, Raw, Tree
from pipeline.text import furniture

SHORT = 1000
"""Prose of a page from which the model is asked. On shorter ones hand-set rules are right more often."""
_FEW = 40
"""Blocks of a page so short that all of it may be the story, where nothing looks like one."""
_CAPTIONS, _CAPTION = 2, 40
"""So many captions of so many characters or more, which say more than all the text, are the words of a gallery."""
_BESIDE = 200
"""Characters of prose kept elsewhere, from which pictures go with a text, and are no gallery."""


def choose(tree: Tree) -> list[Judged]:
    """All blocks of a page in their order. Captions are kept where they stand within the story, or between its top and its text."""
    cut = model.table().cut
    judged = []
    is_short = bool(tree.boxes) and tree.boxes[0].prose < SHORT
    for one in measure(tree):
        if one.is_sure is None and is_short:
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
    tidying.tidy(judged, tree.boxes)
    _take_gallery(judged, tree.boxes)
    _keep_around(judged, tree.boxes)
    return judged


def _take_what_there_is(judged: list[Judged]) -> None:
    """Of a short page without anything that looks like a story: all that is no link."""
    if len(judged) < _FEW:
        for one in judged:
            if one.raw.role not in (CAPTION, LINK) and one.raw.linked < len(one.raw.text) * 0.5:
                one.is_kept, one.rule = True, "a short page without a story: all of it"


def _take_gallery(judged: list[Judged], boxes: list[Box]) -> None:
    """Is it a page of pictures, whose captions say more than all of its text? Then these are kept, and what stands beside them."""
    captions = [one for one in judged if one.raw.role is CAPTION and len(one.raw.text) - 2 * one.raw.linked >= _CAPTION]
    if len(captions) < _CAPTIONS or not any(one.raw.tag == "h1" for one in judged):
        return
    words = sum(len(one.raw.text) - 2 * one.raw.linked for one in captions)
    if words <= sum(one.raw.prose for one in judged if one.is_kept):
        return
    common = set.intersection(*(set(tidying.inside(boxes, one.raw.box, len(boxes))) for one in captions))
    if not common:
        return
    around = _around(boxes, max(common), 4)
    if any(boxes[index].bits & tidying.NO_STORY for index in around):
        return
    inside = set(around)
    for index, box in enumerate(boxes):
        if box.parent in inside and index not in inside and index > around[-1]:
            inside.add(index)
    outside = [one for one in judged if one.is_kept and one.raw.box not in inside]
    if sum(one.raw.prose for one in outside) > _BESIDE:
        return
    for one in outside:
        one.is_kept, one.rule = False, "outside the gallery"
    for one in judged:
        if not one.is_kept and one.raw.prose and one.raw.role is PARAGRAPH and boxes[one.raw.box].parent in around:
            one.is_kept, one.rule = True, "the text of a gallery"
    for one in captions:
        one.is_kept, one.rule, one.raw.prose = True, "a caption of a gallery", len(one.raw.text) - 2 * one.raw.linked


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
        if one.raw.role is CAPTION and (inside or place < first and story.intersection(_around(boxes, one.raw.box, 8))):
            one.is_kept, one.rule = True, "a caption within the story" if inside else "a caption above the story"
        elif one.raw.role is CAPTION and place > last and _is_beside(boxes, one.raw, parents):
            one.is_kept, one.rule = True, "a caption right below the story"
        elif inside and not one.is_kept and one.raw.hrefs and boxes[one.raw.box].parent in parents and _is_link(one.raw):
            one.is_kept, one.rule = True, "a link between the story's paragraphs"


def link_below(judged: list[Judged], tree: Tree, *, with_buttons: bool = False) -> str:
    """The words of a link right below the story's last paragraph, in the element around it; "" where none is there. `with_buttons`: or of a button,
    or a line that is no sentence: what looks like one."""
    boxes = tree.boxes
    last = next((place for place in range(len(judged) - 1, -1, -1) if judged[place].is_kept and judged[place].raw.prose), len(judged))
    for before, index, words in tree.buttons if with_buttons and last < len(judged) else ():
        if before == last + 1 and words and boxes[judged[last].raw.box].parent in tidying.inside(boxes, index, 3):
            return words
    for one in judged[last + 1 : last + 2]:
        is_control = one.raw.role is LINK or with_buttons and one.raw.role is PARAGRAPH and not one.raw.prose
        if is_control and one.raw.tag != "li" and boxes[judged[last].raw.box].parent in tidying.inside(boxes, one.raw.box, 3):
            return one.raw.text
    return ""


def buttons_below(judged: list[Judged], tree: Tree) -> list[str]:
    """The words of all buttons below the story's first paragraph."""
    first = next((place for place, one in enumerate(judged) if one.is_kept and one.raw.prose), len(judged))
    return [words for before, _, words in tree.buttons if before > first]


def is_brief(judged: list[Judged], boxes: list[Box]) -> bool:
    """Does a page's only `article` with prose hold its only `h1` and what is kept, and nothing with a bad name hold any of it?"""
    titles = [one.raw.box for one in judged if one.raw.tag == "h1"]
    articles = [index for index, box in enumerate(boxes) if box.tag == "article" and box.prose]
    if len(titles) != 1 or len(articles) != 1 or articles[0] not in tidying.inside(boxes, titles[0], len(boxes)):
        return False
    kept = [one.raw.box for one in judged if one.is_kept and one.raw.prose]
    around = [tidying.inside(boxes, index, len(boxes)) for index in kept]
    return bool(kept) and all(articles[0] in some and not any(boxes[index].bits & tidying.NO_STORY for index in some) for some in around)


def _is_beside(boxes: list[Box], raw: Raw, parents: set[int]) -> bool:
    """Does a caption's figure stand right inside an element of the story's paragraphs, and lead nowhere?"""
    figure = boxes[raw.box].figure
    return figure > 0 and boxes[figure].parent in parents and raw.linked < len(raw.text) * 0.5


def _is_link(raw: Raw) -> bool:
    """A paragraph that leads to another story: all of it a link, or with words that say so."""
    return raw.tag != "li" and (raw.role is LINK or furniture.related_of(raw.text) is not None)


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

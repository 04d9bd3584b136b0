"""Raw blocks → the numbers that decide which of them are the story's, in one pass. Pure.

Where a block stands says more than what it says: beside which others, under elements of which names, and how much of the page's prose
those elements hold. An element of a bad name that holds most of it is the article all the same.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache, lru_cache

import msgspec

from pipeline.clean import names
from pipeline.clean.blocks import CAPTION, HEADING, LINK, LIST_ITEM, PARAGRAPH
from pipeline.clean.tree import Box, Raw, Tree
from pipeline.text import furniture
from pipeline.text.later import later

_MOST = 0.62
"""Descend into the element that holds this share of its parent's prose, or more."""
_SPARED = 0.45
"""An element of a bad name that holds this share of the page's prose may be the article."""
_LONG = 100
"""Characters of a paragraph that is one beyond doubt, where it stands among its like."""
_LITTLE_BAD, _LITTLE = 0.05, 0.01
"""Shares of the page's prose that are next to none."""
_MANY = 5000
"""Blocks of a page from which those that are no sentence are not asked about: no news page has a tenth of it."""
_CELLS = ("td", "th")
_STAMP = later(r"\d{1,2}[:.]\d{2}(?: ?[ap]\.?m\.?)?(?: [A-Z]{2,4}| Uhr)?$", re.IGNORECASE)
_ROLES = {PARAGRAPH: 0, HEADING: 1, LIST_ITEM: 2, LINK: 3, CAPTION: 4}
_TAGS = {"p": 1, "div": 2, "li": 3, "td": 4, "th": 4, "h1": 5, "h2": 6, "h3": 7, "h4": 8, "h5": 9, "h6": 9, "blockquote": 10, "pre": 11}
_BITS = (names.COMMENTS, names.RELATED, names.FRAME, names.META, names.PROMO, names.AUTHOR, names.MEDIA, names.BODY, names.SURE)
_KNOWN = sum(_BITS)
_BAD = slice(0, 6)
NONE = 1.1
"""The share of an element that is not there."""
NAMES = (
    "size", "link_share", "prose", "role", "tag", "ends", "stops", "words", "depth",
    "share1", "share2", "share3", "link_density1", "link_density2", "before", "after",
    "in_related", "in_frame", "in_meta", "in_author", "in_media", "in_body", "in_sure", "in_article",
    "like_parent", "like_label", "prev_size", "prev_links", "next_size", "next_prose", "around", "repeated", "since_furniture", "odd_signs",
    "after_h1", "blocks1", "blocks2", "container_share", "to_last", "up_first", "down_first", "max_up", "article", "bad", "hand",
)  # fmt: skip
"""The columns of a row, as the model knows them."""


class Measured(msgspec.Struct, gc=False):
    """What is known of one block before the model."""

    raw: Raw
    is_sure: bool | None
    """True: a paragraph among its like. False: links among links. None: ask the model."""
    row: tuple[float, ...]
    """The columns NAMES; empty where the answer is sure."""
    why: str = ""

    @property
    def by_hand(self) -> bool:
        """What rules set by hand say: in the story's element, under no bad name, mostly no links."""
        return self.is_sure if self.is_sure is not None else bool(self.row[-1])


def container(boxes: list[Box]) -> int:
    """The innermost element with most of the page's prose; not one of several of one name: they are parts of one text."""
    best = [-1] * len(boxes)
    has_like = [False] * len(boxes)
    for index in range(1, len(boxes)):
        box = boxes[index]
        if box.prose:
            parent = box.parent
            if best[parent] < 0:
                best[parent] = index
            else:
                other = boxes[best[parent]]
                is_like = box.label == other.label and box.tag == other.tag and len(box.label) > 1
                has_like[parent] = is_like or has_like[parent] and box.prose <= other.prose
                if box.prose > other.prose:
                    best[parent] = index
    current = 0
    while True:
        inner = best[current]
        if (
            inner < 0
            or has_like[current]
            or boxes[inner].prose < boxes[current].prose * _MOST
            or boxes[inner].tag in ("p", "li", "blockquote", "td")
        ):
            return current
        current = inner


def shares(boxes: list[Box]) -> list[tuple[float, ...]]:
    """For each element: of each kind of name, the least share of the page's prose that the elements of such a name around it hold, else NONE.

    Elements of one name are taken together: each paragraph may be called `paywall`. The last column is of `article` and `main`.
    """
    total = boxes[0].prose or 1
    found = [(NONE,) * (len(_BITS) + 1)]
    add = found.append
    of_label: dict[str, int] = {}
    for box in boxes:
        if box.bits and box.prose:
            of_label[box.label] = of_label.get(box.label, 0) + box.prose
    for box in boxes[1:]:
        above = found[box.parent]
        bits = box.bits & _KNOWN
        is_article = box.tag in ("article", "main")
        if box.blocks and (bits or is_article):
            share = min(of_label.get(box.label, 0) / total, 1.0)
            lower = [column for column in _columns(bits) if share < above[column]]
            if lower or is_article:
                own = list(above)
                for column in lower:
                    own[column] = share
                if is_article:
                    own[-1] = box.prose / total
                above = tuple(own)
        add(above)
    return found


@cache
def _columns(bits: int) -> tuple[int, ...]:
    """Where the shares of these names stand."""
    return tuple(column for column, bit in enumerate(_BITS) if bits & bit)


def measure(tree: Tree) -> list[Measured]:
    """All blocks of a page, in their order."""
    raws, boxes = tree.blocks, tree.boxes
    if not raws:
        return []
    total = boxes[0].prose or 1
    inner = container(boxes)
    inner_path = _path(boxes, inner)
    from_inner = _steps(boxes, inner_path)
    named = shares(boxes)
    like_parent: defaultdict[tuple[int, str], int] = defaultdict(int)
    like_label: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    texts = Counter([raw.text for raw in raws])
    proses = [raw.prose for raw in raws]
    for raw in raws:
        if raw.prose:
            box = boxes[raw.box]
            like_parent[box.parent, box.tag] += raw.prose
            like_label[box.tag, box.label, boxes[max(box.parent, 0)].label] += raw.prose
    first = _first(tree, like_parent)
    from_first = _steps(boxes, _path(boxes, first))
    articles = _articles(boxes)
    container_share = boxes[inner].prose / total
    count = len(raws)
    last_prose = next((place for place in range(count - 1, 0, -1) if proses[place]), 0)
    of_parents: dict[int, tuple[tuple[float, ...], tuple[int, ...]]] = {}
    before = after_h1 = max_up = 0
    furniture_at = -100
    begun = False
    elsewhere = others(tree)
    found = []
    for place, raw in enumerate(raws):
        text, linked, prose = raw.text, raw.linked, raw.prose
        length = len(text)
        box = boxes[raw.box]
        parent = boxes[box.parent] if box.parent >= 0 else box
        if raw.tag == "h1":
            after_h1 = place
        up_first, down = from_first[raw.box]
        if prose:
            begun = begun or up_first == 0
            if begun and up_first > max_up:
                max_up = up_first
        if length < 60 and _is_furniture(text):
            furniture_at = place
        if count > _MANY and not prose:
            found.append(Measured(raw, False, (), "one of very many"))
            continue
        if length < 16 and text[0].isdigit() and raw.tag not in _CELLS and _STAMP.match(text):
            found.append(Measured(raw, False, (), "a time of day"))
            continue
        if raw.box in elsewhere or linked > length * 0.66 and not prose and parent.linked > parent.chars * 0.66:
            found.append(Measured(raw, False, (), "another article below this one" if raw.box in elsewhere else "links among links"))
            continue
        of_names = named[raw.box]
        bad = min(of_names[_BAD])
        index = inner_path[from_inner[raw.box][0]]
        limit = 0.5 if raw.role is LIST_ITEM else 0.7
        hand = index == inner and bad > _SPARED and raw.role is not LINK and linked <= length * limit
        if raw.role is CAPTION:
            found.append(Measured(raw, False, (), "a caption outside the story"))
            continue
        if box.parent not in of_parents:
            of_parents[box.parent] = _of_parent(boxes, parent, total)
        around, held = of_parents[box.parent]
        if not hand and not prose and _is_beside(raw, bad, around[2], begun=begun):
            found.append(Measured(raw, False, (), "beside the story, by its names"))
            continue
        like = like_parent.get((box.parent, box.tag), 0) / total
        if hand and prose > _LONG and like > 0.5:
            found.append(Measured(raw, True, ()))
            before += prose
            continue
        prev, following = raws[place - 1] if place else None, raws[place + 1] if place + 1 < count else None
        row = (
            length,
            linked / length,
            prose,
            _ROLES[raw.role],
            _TAGS.get(raw.tag, 0),
            text[-1] in '.!?…。！？؟।"”',
            text.count(".") + text.count(",") + text.count("，") + text.count("。"),
            text.count(" ") + 1,
            boxes[index].depth - boxes[inner].depth if index != inner else box.depth - boxes[inner].depth,
            *around,
            before / total,
            (total - before - prose) / total,
            of_names[1],
            of_names[2],
            of_names[3],
            of_names[5],
            of_names[6],
            of_names[7],
            of_names[8],
            of_names[9],
            like,
            like_label.get((box.tag, box.label, parent.label), 0) / total,
            len(prev.text) if prev else 0,
            prev.linked / len(prev.text) if prev else 0,
            len(following.text) if following else 0,
            following.prose if following else 0,
            sum(proses[max(0, place - 3) : place + 4]),
            texts[text],
            min(place - furniture_at, 100),
            ("©" in text) + ("@" in text) * 2 + ("|" in text) * 4,
            place - after_h1,
            *held,
            container_share,
            last_prose - place,
            up_first,
            down,
            max_up if begun else -1,
            articles[raw.box],
            bad,
            hand,
        )
        found.append(Measured(raw, None, row))
        before += prose
    return found


def _is_beside(raw: Raw, bad: float, share: float, *, begun: bool) -> bool:
    """Is a block with no prose, outside the story's element, one that the model never takes? Of 4,208 such blocks of the tuning half it took none.

    `bad`, `share`: of the page's prose, what elements of a bad name around it hold, and the third element around it.
    """
    if raw.role is LINK:
        return bad < _SPARED
    return begun and raw.role is PARAGRAPH and bad <= _LITTLE_BAD and share <= _LITTLE


@lru_cache(maxsize=8192)
def _is_furniture(text: str) -> bool:
    """A heading of the page's own lists, or words that it puts between paragraphs. Remembered: a site's pages bear the same."""
    return furniture.is_tail_head(text) or furniture.is_inline(text)


def _of_parent(boxes: list[Box], parent: Box, total: int) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """The columns `share1` to `link_density2`, `blocks1` and `blocks2` of what stands right inside an element."""
    grand = boxes[parent.parent] if parent.parent >= 0 else parent
    great = boxes[grand.parent] if grand.parent >= 0 else grand
    held = (parent.prose / total, grand.prose / total, great.prose / total)
    return (*held, parent.linked / (parent.chars or 1), grand.linked / (grand.chars or 1)), (parent.blocks, grand.blocks)


def _steps(boxes: list[Box], path: list[int]) -> list[tuple[int, int]]:
    """For each element: the place in a path, which ends with the root, of the element nearest around it; and how many levels it is away."""
    places = {index: up for up, index in enumerate(path)}
    found: list[tuple[int, int]] = []
    for index, box in enumerate(boxes):
        if index in places:
            found.append((places[index], 0))
        else:
            up, down = found[box.parent]
            found.append((up, down + 1))
    return found


def _path(boxes: list[Box], index: int) -> list[int]:
    """The element and those around it, the innermost first."""
    found = []
    while index >= 0:
        found.append(index)
        index = boxes[index].parent
    return found


def _first(tree: Tree, like_parent: Mapping[tuple[int, str], int]) -> int:
    """The element around the story's first paragraphs: the first that holds half as much prose of its own as any."""
    if not like_parent:
        return 0
    enough = max(like_parent.values()) * 0.5
    boxes = tree.boxes
    return next(
        max(boxes[raw.box].parent, 0)
        for raw in tree.blocks
        if raw.prose and like_parent[boxes[raw.box].parent, boxes[raw.box].tag] >= enough
    )


def others(tree: Tree) -> frozenset[int]:
    """The elements of other articles that a page loads below its own: alike, side by side, each with its own `h1`."""
    boxes = tree.boxes
    titles = [raw.box for raw in tree.blocks if raw.tag == "h1"]
    roots: set[int] = set()
    for title in titles[1:50]:
        first, other = titles[0], title
        while boxes[first].parent != boxes[other].parent and min(first, other) > 0:
            if boxes[first].depth >= boxes[other].depth:
                first = boxes[first].parent
            else:
                other = boxes[other].parent
        one, two = boxes[first], boxes[other]
        if first != other and one.tag == two.tag and one.label == two.label and one.prose and two.prose:
            roots.add(other)
    if not roots:
        return frozenset()
    inside = set(roots)
    for index, box in enumerate(boxes):
        if box.parent in inside:
            inside.add(index)
    return frozenset(inside)


def _articles(boxes: list[Box]) -> list[int]:
    """For each element, the number of the `article` with prose that it is in; 0: in none."""
    found = [0] * len(boxes)
    seen = 0
    for index, box in enumerate(boxes):
        if box.tag == "article" and box.prose:
            seen += 1
            found[index] = seen
        elif index:
            found[index] = found[box.parent]
    return found

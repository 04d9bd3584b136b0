"""What a page hides and its readers can show: the other slides of a story, and the rest of it behind "Show more". Pure.

Hidden text without such a sign is nobody's to read: menus, forms, words for machines.
"""

from __future__ import annotations

from selectolax.lexbor import LexborNode

from pipeline.clean import names, tree
from pipeline.clean.access_words import MORE, SHOW
from pipeline.clean.tree import Box, Hidden, Tree

_PROSE = 150
"""Characters of prose from which a hidden element holds a part of the story."""
_MOST_LOOKED_AT = 200
_AROUND = 3
"""Elements around a control in which it stands right beside what it shows."""
_SHOWING = frozenset(MORE + SHOW)
_NO_STORY = names.COMMENTS | names.RELATED | names.PROMO | names.AUTHOR | names.ASIDE
"""`hidden` is a name of the frame's, too, so that one says nothing here."""


def read_tree(root: LexborNode) -> Tree:
    """The page's blocks as a reader can come to see them."""
    found = tree.read_tree(root)
    if not found.hidden or (story := _story(found)) <= 0:
        return found
    has_control = _has_control(found, story)
    shown = frozenset(one.node.mem_id for one in found.hidden[:_MOST_LOOKED_AT] if _is_story(found, one, story, has_control=has_control))
    return tree.read_tree(root, shown) if shown else found


def _story(found: Tree) -> int:
    """The element right inside which most of the shown prose stands; 0 for none."""
    prose: dict[int, int] = {}
    for raw in found.blocks:
        if raw.prose:
            parent = found.boxes[raw.box].parent
            prose[parent] = prose.get(parent, 0) + raw.prose
    return max(prose, key=prose.__getitem__, default=0)


def _is_story(found: Tree, one: Hidden, story: int, *, has_control: bool) -> bool:
    boxes = found.boxes
    is_slide = one.box == boxes[story].parent and _is_like(boxes[story], one)
    if one.bits & _NO_STORY or not (is_slide or one.box == story and has_control):
        return False
    inside = tree.read_tree(one.node).boxes[0]
    return inside.prose >= _PROSE and inside.linked < 0.5 * inside.chars


def _is_like(box: Box, one: Hidden) -> bool:
    """Are two elements of one tag, and first of all of one class?"""
    return box.tag == one.tag and bool(one.label.strip()) and box.label.split(" ")[0] == one.label.split(" ")[0]


def _has_control(found: Tree, story: int) -> bool:
    """Is there something to click on, in the story's element or right beside it, that says it shows more?"""
    controls = [(index, words) for _, index, words in found.buttons] + [(raw.box, raw.text) for raw in found.blocks if len(raw.text) < 40]
    return any(words.casefold().strip(" .…»>→+↓▼") in _SHOWING and story in _inside(found.boxes, index) for index, words in controls)


def _inside(boxes: list[Box], index: int) -> list[int]:
    found = []
    for _ in range(_AROUND):
        found.append(index)
        index = max(boxes[index].parent, 0)
    return found

"""A web page → the blocks of its article, and what the page says about it. Pure; no rule names a site.

Where the article is: the innermost element that holds most of the page's prose (sentences with few links), elements that call
themselves comments, related, footer and the like aside, unless they hold most of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from selectolax.lexbor import LexborHTMLParser

from pipeline.clean import access, islands, tree
from pipeline.clean.blocks import Block, Role
from pipeline.clean.metadata import Metadata, read_metadata
from pipeline.clean.tree import Raw, Tree
from pipeline.errors import Blocked
from pipeline.text import furniture
from pipeline.text.whitespace import paragraphs, size
from schemas.article import Access

_MOST = 0.62
"""Descend into the element that holds this share of its parent's prose, or more."""
_SPARED = 0.45
"""An element of a bad name that holds this share of the page's prose is the article, whatever its name."""
_SHOWN = 600
"""Characters of prose below which a page's scripts may be what shows its text: then its data is searched."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in a draft, a page or another, before the rules of wire text."""

    blocks: tuple[Block, ...]
    said: Metadata = Metadata()
    """What the page says of itself."""
    access: Access = Access.FULL
    access_reason: str = ""
    why_empty: str = ""
    """What is wrong with it, where `blocks` hold no story."""


def read_page(html: str, *, url: str = "") -> Page:
    """Find the article of a page. Raises Blocked for challenge pages, consent walls, errors, logins and pages that hold none."""
    parser = tree.parse(html)
    said = read_metadata(parser, url=url)
    body = parser.body
    found = tree.read_tree(body, base=url) if body is not None else Tree([], [], {}, [], [], False, 0)
    raws = _article(found)
    prose = sum(size(raw.text) for raw in raws if _prose(raw))
    blocks = tuple(_block(raw) for raw in raws)
    if data := _of_data(said, parser, prose):
        blocks = tuple(Block(text) for text in data)
        prose = sum(map(len, data))
    judged = access.judge(
        said,
        [raw.text for raw in found.blocks],
        [block.text for block in blocks],
        prose=prose,
        links=found.links,
    )
    if judged.access is Access.BLOCKED:
        raise Blocked(f"{url or 'The page'} {judged.reason}", url=url, hint=judged.hint)
    return Page(blocks=blocks, said=said, access=judged.access, access_reason=judged.reason)


def _of_data(said: Metadata, parser: LexborHTMLParser, prose: int) -> tuple[str, ...]:
    """The paragraphs of the text that the page's data holds, where that is much more than what it shows; () else."""
    text = said.body
    if len(text) <= 2 * prose + 200 and prose < _SHOWN:
        text = islands.read(parser)
    return _of_json(text) if len(text) > 2 * prose + 200 else ()


def read_body(html: str, *, url: str = "") -> tuple[Block, ...]:
    """The blocks of a body in markup (ninjs `body_html`, a feed's `content`): all of it is the item's, nothing has to be found."""
    parser = tree.parse(html)
    body = parser.body
    return tuple(_block(raw) for raw in tree.read_tree(body, base=url).blocks) if body is not None else ()


def _block(raw: Raw) -> Block:
    return Block(raw.text, raw.role, raw.url)


def _prose(raw: Raw) -> int:
    """How much running text a block is: its characters, those inside links twice subtracted; 0 for what is no sentence."""
    length = size(raw.text)
    if raw.role in (Role.CAPTION, Role.HEADING) or length < 25:
        return 0
    ends = raw.text.rstrip("\"”’'»)] ")[-1:] in ".!?…:。！？؟।」"
    if not (ends and length >= 40 or length >= 120 or not raw.text.isascii() and length >= 60):
        return 0
    return max(0, length - 2 * raw.linked) if raw.role is not Role.LINK else 0


def _article(found: Tree) -> list[Raw]:
    """The blocks of the article, in their order."""
    raws = found.blocks
    prose = [_prose(raw) for raw in raws]
    total = sum(prose)
    if not total:
        return [raw for raw in raws if not _is_under_bad(raw, found, frozenset())] if len(raws) < 40 else []
    under: dict[int, int] = {}
    for raw, amount in zip(raws, prose, strict=True):
        if amount:
            for index in raw.chain:
                under[index] = under.get(index, 0) + amount
    spared = frozenset(index for index, amount in under.items() if amount >= total * _SPARED)
    clean_under: dict[int, int] = {}
    for raw, amount in zip(raws, prose, strict=True):
        if amount and not _is_under_bad(raw, found, spared):
            for index in raw.chain:
                clean_under[index] = clean_under.get(index, 0) + amount
    container = _container(found, clean_under or under)
    inside = [*_pictures_above(found, container), *(raw for raw in raws if container in raw.chain)]
    kept = [
        raw
        for raw in inside
        if container not in raw.chain
        or not _is_under_bad(raw, found, spared, within=container)
        or raw.role is Role.CAPTION
        and not _is_aside(raw, found, container)
    ]
    return _trimmed(kept)


def _container(found: Tree, under: dict[int, int]) -> int:
    """The innermost element with most of the prose; one that calls itself the article's body, where it holds a good part."""
    total = under.get(0, 0) or 1
    sure = [index for index, box in enumerate(found.boxes) if box.is_sure and under.get(index, 0) >= total * 0.4]
    children: dict[int, list[int]] = {}
    for index in under:
        if index:
            children.setdefault(found.boxes[index].parent, []).append(index)
    current = sure[0] if sure else 0
    while True:
        best = max(children.get(current, ()), key=lambda index: under[index], default=None)
        if best is None or under[best] < under.get(current, 0) * _MOST or found.boxes[best].tag in ("p", "li", "blockquote", "td"):
            return current
        current = best


def _pictures_above(found: Tree, container: int) -> list[Raw]:
    """Captions that stand between the top of the article and its text."""
    outer = container
    for _ in range(3):
        parent = found.boxes[outer].parent
        if parent <= 0 or found.boxes[outer].tag in ("article", "main"):
            break
        outer = parent
    first = next((place for place, raw in enumerate(found.blocks) if container in raw.chain), 0)
    return [raw for raw in found.blocks[:first] if raw.role is Role.CAPTION and outer in raw.chain and not _is_aside(raw, found, outer)]


def _is_under_bad(raw: Raw, found: Tree, spared: frozenset[int], *, within: int = -1) -> bool:
    """Is it inside an element of a bad name, between it and the container?"""
    inside = within < 0
    for index in raw.chain:
        if inside and found.boxes[index].is_bad and index not in spared:
            return True
        inside = inside or index == within
    return False


def _is_aside(raw: Raw, found: Tree, container: int) -> bool:
    """A caption inside a related box or an aside, not inside a figure of the article."""
    inside = False
    for index in raw.chain:
        box = found.boxes[index]
        if (
            inside
            and box.is_bad
            and box.tag not in ("figure", "figcaption")
            and "caption" not in box.label.lower()
            and "credit" not in box.label.lower()
        ):
            return True
        inside = inside or index == container
    return False


def _trimmed(raws: Sequence[Raw]) -> list[Raw]:
    """Without lists of links, and without headings that nothing follows."""
    kept: list[Raw] = []
    for place, raw in enumerate(raws):
        if raw.role is Role.LIST_ITEM and raw.linked > len(raw.text) * 0.5:
            continue
        if raw.role is Role.LINK and not furniture.related_of(raw.text) and _in_a_list(raws, place):
            continue
        if raw.role is Role.PARAGRAPH and raw.linked > len(raw.text) * 0.7 and furniture.related_of(raw.text) is None:
            continue
        kept.append(raw)
    while kept and (kept[-1].role in (Role.HEADING, Role.LINK)):
        kept.pop()
    return kept


def _in_a_list(raws: Sequence[Raw], place: int) -> bool:
    """Do other links stand beside it, or is it a short label?"""
    neighbours = [*raws[max(0, place - 1) : place], *raws[place + 1 : place + 2]]
    return len(raws[place].text) < 25 or any(one.role is Role.LINK for one in neighbours) or raws[place].tag == "li"


def _of_json(text: str) -> tuple[str, ...]:
    if "<p" in text or "<br" in text:
        return tuple(block.text for block in read_body(text))
    return paragraphs(text)

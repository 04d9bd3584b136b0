"""What the blocks of a story are, and where they stand in its text. Pure.

raw blocks, kept ─ types ─► blocks ─ the rules of wire text ─► paragraphs ─ typed ─► the article's blocks, with ids, offsets and links
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Sequence
from itertools import groupby

import xxhash

from pipeline.clean import names, tree
from pipeline.clean.blocks import CAPTION, PARAGRAPH, Block
from pipeline.clean.tree import Box, Raw, Tree
from pipeline.clean.wire import Body
from pipeline.text import marks
from pipeline.text.whitespace import normalized, one_line, plain
from schemas.article import BlockKind, Picture, TextBlock, TextLink

_REACH = 6
"""Elements around a block in which its type is looked for."""
_MOST_EMBEDS = 100
_ENTRIES, _MOST = 3, 0.6
"""So many entries or more, with this share of a story's prose, make it a live blog."""
_ENDS = '.!?…。！？؟।"”'
_ICON = 3
"""What a page shows so often is an icon."""
_PICTURES = 200
"""Pictures that are compared with a caption."""
_SLACK = 64
"""Characters by which a link's place may be off, in a text without its invisible signs."""
_POSTS = ("twitter-tweet", "twitter-video", "instagram-media", "tiktok-embed", "bluesky-embed", "mastodon-embed", "fb-post", "reddit-embed")
"""Classes that the sites of posts give to the markup that others embed."""

_OF_TAG = {
    "li": BlockKind.LIST,
    "dd": BlockKind.LIST,
    "dt": BlockKind.LIST,
    "td": BlockKind.TABLE,
    "th": BlockKind.TABLE,
    "pre": BlockKind.CODE,
}


def types(found: Tree, raws: Sequence[Raw], *, base: str = "", is_live: bool = False) -> tuple[Block, ...]:
    """Blocks of raw ones: white space and signs cleaned, the cells of a table's row made one; what other sites show, where it stands."""
    times = _times(found) if is_live or len(found.times) >= _ENTRIES and _is_live(found, raws) else {}
    blocks: list[Block] = []
    embeds = _embeds(found, raws, base)
    places = {id(raw): place for place, raw in enumerate(found.blocks)} if embeds else {}
    if embeds:
        raws = [raw for raw in raws if _post(found.boxes, raw.box) is None]

    def together(raw: Raw) -> tuple[int | None, int]:
        above = bisect_right(embeds, places[id(raw)], key=lambda embed: embed[0]) if embeds else 0
        return _above(found.boxes, raw.box, "tr"), above

    shown = 0
    for (row, above), some in groupby(raws, key=together):
        cells = list(some)
        blocks.extend(embed for _, embed in embeds[shown:above])
        shown = above
        if row is not None and len(cells) > 1 and not any(cell.prose for cell in cells):
            text = " | ".join(filter(None, (_clean(cell.text) for cell in cells)))
            blocks.append(Block(text, PARAGRAPH, kind=BlockKind.TABLE))
        else:
            blocks.extend(block for raw in cells if (block := _block(found, raw, base, times)).text)
    return (*blocks, *(embed for _, embed in embeds[shown:]))


def _embeds(found: Tree, raws: Sequence[Raw], base: str) -> list[tuple[int, Block]]:
    """Frames, posts and pictures without a caption within the elements that hold the story's paragraphs, and not among what sells: before which
    block, and what they are."""
    boxes = found.boxes
    posts = {index for index, box in enumerate(boxes) if box.tag == "blockquote" and any(post in box.label for post in _POSTS)}
    if not posts and not found.shown:
        return []
    story = {boxes[raw.box].parent for raw in raws if raw.prose and _post(boxes, raw.box) is None}
    often = Counter(shown.url for shown in found.shown)
    kept = [
        (shown.before, Block("", url=url, kind=BlockKind.PICTURE if shown.is_picture else BlockKind.EMBED))
        for shown in found.shown
        if often[shown.url] < _ICON and _is_within(boxes, shown.box, story) and (url := tree.absolute(shown.url, base))
    ]
    said: dict[int, list[tuple[int, Raw]]] = {}
    for place, raw in enumerate(found.blocks if posts else ()):
        if (post := _post(boxes, raw.box)) is not None:
            said.setdefault(post, []).append((place, raw))
    for post, parts in said.items():
        if _is_within(boxes, boxes[post].parent, story):
            link = next((raw.hrefs[-1][2] for _, raw in reversed(parts) if raw.hrefs), "")
            words = " ".join(_clean(raw.text) for _, raw in parts)
            kept.append((parts[0][0], Block(words, url=tree.absolute(link, base) if link else "", kind=BlockKind.EMBED)))
    return sorted(kept, key=lambda one: one[0])[:_MOST_EMBEDS]


def _is_within(boxes: list[Box], index: int, story: set[int]) -> bool:
    for _ in range(_REACH):
        if index in story:
            return True
        if index <= 0 or boxes[index].bits & (names.PROMO | names.COMMENTS | names.RELATED | names.AUTHOR):
            return False
        index = boxes[index].parent
    return False


def _post(boxes: list[Box], index: int) -> int | None:
    """The post of another site that a block belongs to, as the index of its `blockquote`."""
    for _ in range(_REACH):
        if index <= 0:
            return None
        if boxes[index].tag == "blockquote":
            return index if any(post in boxes[index].label for post in _POSTS) else None
        index = boxes[index].parent
    return None


def _block(found: Tree, raw: Raw, base: str, times: dict[int, str]) -> Block:
    kind, level = _kind(found.boxes, raw)
    is_code = kind is BlockKind.CODE and "\n" in raw.text
    text = "\n".join(map(_clean_code, raw.text.split("\n"))) if is_code else _clean(raw.text)
    time = _time(found.boxes, raw.box, times) if times else ""
    if time and kind is BlockKind.PARAGRAPH:
        kind = BlockKind.LIVE
    url = tree.absolute(raw.url, base) if raw.url else ""
    return Block(text, raw.role, url, kind, level, time, _links(raw, text, base) if raw.hrefs else ())


def _clean(text: str) -> str:
    return text if text.isprintable() else one_line(text)


def _clean_code(line: str) -> str:
    return " " * (len(line) - len(line.lstrip())) + _clean(line.lstrip())


def _kind(boxes: list[Box], raw: Raw) -> tuple[BlockKind, int]:
    if raw.role is CAPTION:
        return BlockKind.PICTURE, 0
    if raw.tag[0] == "h" and raw.tag[1:].isdigit():
        return BlockKind.HEADING, int(raw.tag[1:])
    kind = BlockKind.PARAGRAPH
    index = raw.box
    for _ in range(_REACH):
        if index <= 0:
            break
        box = boxes[index]
        if box.tag == "blockquote":
            return BlockKind.QUOTE, 0
        if kind is BlockKind.PARAGRAPH:
            kind = _OF_TAG.get(box.tag, kind)
            if kind is BlockKind.TABLE and raw.prose:
                kind = BlockKind.PARAGRAPH  # a table that lays out the page
            elif kind is BlockKind.CODE and raw.prose and "\n" not in raw.text and raw.text[-1] in _ENDS:
                kind = BlockKind.PARAGRAPH  # plain text
        index = box.parent
    return kind, 0


def _above(boxes: list[Box], index: int, tag: str) -> int | None:
    for _ in range(3):
        if index <= 0:
            return None
        if boxes[index].tag == tag:
            return index
        index = boxes[index].parent
    return None


def _times(found: Tree) -> dict[int, str]:
    """What `time` elements say, by the element that they stand in, and by the one around that."""
    own = dict(found.times)
    return {found.boxes[box].parent: said for box, said in own.items()} | own


def _is_live(found: Tree, raws: Sequence[Raw]) -> bool:
    """Is most of the story in elements side by side and alike, each with its own `time`?"""
    boxes = found.boxes
    times = _times(found)
    prose: dict[tuple[int, str], dict[int, int]] = {}
    for raw in raws:
        entry = _entry(boxes, raw.box, times) if raw.prose else 0
        if entry:
            of_like = prose.setdefault((boxes[entry].parent, boxes[entry].tag), {})
            of_like[entry] = of_like.get(entry, 0) + raw.prose
    most = max(prose.values(), key=lambda of_like: sum(of_like.values()), default={})
    return len(most) >= _ENTRIES and sum(most.values()) > _MOST * sum(raw.prose for raw in raws)


def _time(boxes: list[Box], index: int, times: dict[int, str]) -> str:
    """The time of the entry that a block is in: what a `time` says in an element around it, or beside it."""
    return times.get(_entry(boxes, index, times), "")


def _entry(boxes: list[Box], index: int, times: dict[int, str]) -> int:
    """The element around a block that has a `time` of its own; 0 for none."""
    for _ in range(_REACH):
        if index <= 0 or boxes[index].tag in ("main", "body"):
            return 0
        if index in times:
            return index
        index = boxes[index].parent
    return 0


def _links(raw: Raw, text: str, base: str) -> tuple[TextLink, ...]:
    found = []
    is_plain = text == raw.text
    before = done = 0
    is_parted = False
    for first, end, href in sorted(raw.hrefs):
        above = "".join(raw.pieces[done:first])
        words = (above if is_plain else plain(above)).split()
        if words:  # how long the text above is, its white space collapsed
            before += sum(map(len, words)) + len(words) - 1 + (before > 0 and (is_parted or above[0].isspace()))
        is_parted = above[-1:].isspace() if words else is_parted or bool(above)
        done = first
        label = one_line("".join(raw.pieces[first:end]))
        start = max(0, before - 2)
        at = text.find(label, start, start + len(label) + _SLACK) if label else -1
        url = tree.absolute(href, base) if at >= 0 else ""
        if url.startswith(("http://", "https://")):
            found.append(TextLink(at, at + len(label), url))
    return tuple(found)


def typed(blocks: Sequence[Block], body: Body, pictures: Sequence[Picture]) -> tuple[TextBlock, ...]:
    """The article's blocks: its paragraphs as the rules of wire text left them, in order; pictures and notes where they stood."""
    seen: dict[str, int] = {}
    start = 0
    waiting = deque(body.paragraphs)
    notes = frozenset(body.advisories)
    shown = 0
    found: list[TextBlock] = []
    for block in blocks:
        if block.kind is BlockKind.EMBED or not block.text:
            found.append(TextBlock(kind=block.kind, text=block.text, id=_id(block.text or block.url, seen), url=block.url))
        elif block.role is CAPTION:
            for place in (at % len(pictures) for at in range(shown, shown + min(len(pictures), _PICTURES))):  # they come in the same order
                if pictures[place].caption and pictures[place].caption in block.text or block.url and pictures[place].url == block.url:
                    found.append(_of_picture(pictures[place], seen))
                    shown = place + 1
                    break
        elif waiting and waiting[0] in block.text:
            text = waiting.popleft()
            found.append(_of_text(block, text, start, seen))
            start += len(text) + 2
        elif block.text in notes:
            kind = BlockKind.ADVISORY if marks.correction_of(block.text) is None else BlockKind.CORRECTION
            found.append(TextBlock(kind=kind, text=block.text, id=_id(block.text, seen)))
    for text in waiting:  # what the rules made of several blocks
        found.append(_of_text(Block(text), text, start, seen))
        start += len(text) + 2
    return tuple(found)


def _of_picture(picture: Picture, seen: dict[str, int]) -> TextBlock:
    return TextBlock(
        kind=BlockKind.PICTURE,
        text=picture.caption,
        id=_id(picture.caption + picture.credit_raw, seen),
        url=picture.url or "",
        credit=picture.credit_raw,
    )


def _of_text(block: Block, text: str, start: int, seen: dict[str, int]) -> TextBlock:
    moved = block.text.find(text)
    links = (TextLink(link.start - moved, link.end - moved, link.url) for link in block.links)
    return TextBlock(
        kind=block.kind,
        text=text,
        id=_id(text, seen),
        start=start,
        level=block.level,
        time=block.time,
        url=block.url,
        links=tuple(link for link in links if link.start >= 0 and link.end <= len(text)),
    )


def _id(text: str, seen: dict[str, int]) -> str:
    """Twelve hexadecimal digits of the NFC text's xxh3_64, `-2` for its twin."""
    name = xxhash.xxh3_64_hexdigest(normalized(text).encode("utf-8", "replace"))[:12]
    seen[name] = seen.get(name, 0) + 1
    return name if seen[name] == 1 else f"{name}-{seen[name]}"

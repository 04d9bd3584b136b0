"""HTML → raw blocks with what their markup says, in one walk. Pure, and bounded in time and memory whatever the markup.

selectolax (lexbor) parses. Its time grows with the square of the nesting (100,000 nested `div`s: 44 s) and of a tag's attributes, so markup
that no page has is refused before it is parsed; looking for it costs a small part of the parse.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import urljoin

import msgspec
from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline.clean import names
from pipeline.clean.blocks import CAPTION, HEADING, LINK, LIST_ITEM, PARAGRAPH, Role
from pipeline.errors import Unreadable
from pipeline.text.whitespace import paragraphs

MAX_DEPTH = 1500
"""Browsers stop at 512 levels."""
_DEEP = MAX_DEPTH * 4
"""Elements of all names that may be open at once."""
MAX_NODES = 100_000
"""The largest news pages have some 20,000; what comes after this many is not read."""
MAX_TAGS = 400_000
"""Opened and closed. What comes behind so many is not parsed: lexbor takes some 150 bytes a node, ten times what a page of mere tags has."""
_CHUNK = 65_536
MAX_ATTRIBUTES = 1000
"""lexbor compares each attribute of a tag with all others: 50,000 of them took 6 s."""
_MAX_LABEL = 300
"""Characters of a class and id that are looked at."""
_STRIDE = 32_768
"""Bytes from one look for a monster of a tag to the next."""
_LONG = 2048
"""Bytes of a tag from which its attributes are counted."""
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_VALUE = rb"\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)"
_TO_TAGS_END = re.compile(rb"(?:[^>=]++|=\s*+(?:" + _VALUE + rb")|=)*+>")
"""Up to the `>` that ends a tag: one in the quoted value of an attribute does not."""
_GIVEN = re.compile(rb"\s*+(?:" + _VALUE + rb")")
_ATTRIBUTES = rb"(?:[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s>]*+))?+)"
_MONSTER = re.compile(rb"<[a-zA-Z][^\s/>]*+" + _ATTRIBUTES + b"{%d}" % (MAX_ATTRIBUTES + 1))
"""A tag with more attributes than that, as the HTML standard parts them."""
_MARKUP = re.compile(rb"<(?:(?P<comment>!--)|[!?][^>]*+|(?P<end>/?)(?P<name>[a-zA-Z][^\s/>]*+)" + _ATTRIBUTES + b"*+)")
_FEW_TAGS = 2000
"""In so few no trap takes longer than a large page."""
_LEFT_OPEN = 500
"""Tags more than are closed: most pages have some hundred, of pictures and line breaks."""
_MANY_OPTIONS = 2000
"""lexbor's time grows with the square of them: 200,000 take a minute."""
_OPTION = re.compile(rb"<option\b", re.IGNORECASE)
_FORMATTING = re.compile(rb"<(/?)(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s>/])[^>]*+>", re.IGNORECASE)
"""The HTML standard's formatting elements but `a`."""
_SHADOW = re.compile(r"<template(\s[^<>]*\bshadowrootmode\b)", re.IGNORECASE)
_OPAQUE = frozenset(b"textarea title style xmp iframe noembed noframes noscript svg math frameset select".split())
"""Elements in which a tag may be none, or a script one."""
_WHOLE_URL = re.compile(r"https?://[a-z0-9.-]+/(?:[\w/.%~+=&?,-]*[\w/])?", re.ASCII)
"""An address that joining leaves as it is."""
_ROOTED = re.compile(r"(?:/(?![/.]))(?:[\w.%~+=&?,-]|/(?![/.]))*(?<=[\w/])", re.ASCII)
"""The path of an address that joining only puts behind a host."""
_ORIGIN = re.compile(r"https?://[a-z0-9.:-]+(?=/|\Z)", re.ASCII)
_NEVER_DEEP = frozenset(
    "area base br col embed hr img input link meta param source track wbr p li td th tr tbody thead tfoot"
    " option optgroup dt dd rp rt html head body".split()
)

_SKIPPED = (
    "script style noscript template nav select svg annotation annotation-xml object canvas audio video dialog menu textarea input label head"
    " link meta title datalist map area progress meter source track base frame frameset noframes amp-ad amp-analytics amp-sidebar amp-consent"
)
_INLINE = (
    "abbr acronym b bdi bdo big center cite code data del dfn em font i ins kbd mark nobr picture q rp rt ruby s samp small span strike"
    " strong sub sup tt u var wbr math mrow mi mn mo mtext mfrac msqrt mroot msub msup msubsup munder mover munderover semantics"
)
_BLOCKS = (
    "p div article section main header footer aside h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table thead tbody tr td th blockquote pre figure figcaption"
    " form fieldset details summary address body"
)
_SKIP, _TEXT, _IN, _LINK, _BREAK, _IMAGE, _FRAME, _TIME, _BUTTON, _BLOCK = range(10)
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_FRAME_TAGS = {
    "footer": names.FRAME,
    "aside": names.RELATED,
    "header": names.META,
    "figure": names.MEDIA,
    "figcaption": names.MEDIA,
    "form": names.PROMO,
}
_PARTS, _MOST = 3, 0.8
"""So many parts or more, of which sentences are this share, are paragraphs of plain text; of a `pre`, one fewer."""
_SENTENCE_ENDS = ".!?…:。！？؟।"
_PICTURE_FILES = (".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif")
_BLANK = re.compile(r"\n[^\S\n]*\n")
_INITIALS = frozenset("BCDFGHJLMNPQRTX")
"""Letters that are no word by themselves in any language that we know: a paragraph does not begin with one and a space."""
_NAMING = frozenset(("class", "id"))
"""Attributes that neither hide an element nor say what it is."""
_FRAME_ROLES = frozenset(("navigation", "complementary", "banner", "contentinfo", "search", "dialog", "alert"))


def _tag_ids() -> tuple[dict[int, int], dict[int, str]]:
    """lexbor's numbers of the tags that we know → what to do with them, and their names."""
    kinds = dict.fromkeys(_SKIPPED.split(), _SKIP) | dict.fromkeys(_INLINE.split(), _IN) | dict.fromkeys(_BLOCKS.split(), _BLOCK)
    kinds |= {"a": _LINK, "br": _BREAK, "img": _IMAGE, "iframe": _FRAME, "embed": _FRAME, "time": _TIME, "button": _BUTTON}
    parser = LexborHTMLParser("<p>x")
    found, known = {}, {}
    for name, kind in kinds.items():
        number = parser.create_node(name).tag_id
        found[number], known[number] = kind, name
    text = parser.css("p")[0].first_child
    assert text is not None
    found[text.tag_id] = _TEXT
    for special in LexborHTMLParser("<body><!-- c -->").body.traverse(include_text=True):  # type: ignore[union-attr]
        if special.tag == "-comment":
            found[special.tag_id] = _SKIP
    return found, known


_KINDS, _NAMES = _tag_ids()
_BR = "\n\x1e"
"""What `br` leaves among the pieces of a text: white space, and no text node's."""


class Raw(msgspec.Struct, gc=False):
    """One block as it stood in the page."""

    text: str
    role: Role
    tag: str
    box: int
    """Index of the innermost block element around it."""
    linked: int
    """How many of its characters are inside links."""
    prose: int
    """How much running text it is; 0 for what is no sentence."""
    links: int
    pieces: list[str]
    """The text as it stood, white space and all, where there are links in it; else none are kept."""
    hrefs: list[tuple[int, int, str]]
    """Links: first piece, the piece after the last, where to."""
    url: str = ""
    """Of its only link, or of the picture that it is a caption of; as it stands there, not yet absolute."""


class Box(msgspec.Struct, gc=False):
    """An element that holds blocks."""

    tag: str
    parent: int
    depth: int
    bits: int
    """What its name and tag say: `names`."""
    label: str
    """Class and id."""
    is_caption: bool = False
    figure: int = -1
    """Index of the innermost `figure`: itself, or one around it; -1: none."""
    prose: int = 0
    """Of all blocks inside."""
    blocks: int = 0
    chars: int = 0
    linked: int = 0


class Shown(msgspec.Struct, gc=False):
    """A picture or a frame."""

    before: int
    """The index of the block that comes next."""
    box: int
    url: str
    """As it stands there, not yet absolute."""
    is_picture: bool


class Hidden(msgspec.Struct, gc=False):
    """An element that the page does not show, and that was not read."""

    node: LexborNode
    box: int
    """The element around it."""
    tag: str
    label: str
    bits: int


class Tree(msgspec.Struct):
    """What one walk found."""

    blocks: list[Raw] = []
    boxes: list[Box] = []
    """The first is `body`; parents come before their children."""
    shown: list[Shown] = []
    """Pictures that have no caption, and what other sites show in frames."""
    buttons: list[tuple[int, int, str]] = []
    """Before which block, in which element, and what they say."""
    hidden: list[Hidden] = []
    times: list[tuple[int, str]] = []
    """`time` elements: in which element, what the machine's form says."""
    was_cut: bool = False
    links: int = 0


def parse(html: str) -> LexborHTMLParser:
    """Parse. Raises Unreadable for markup that nests too deep to be a page."""
    data = html.encode("utf-8", "replace")
    tags = data.count(b"<")
    if tags > MAX_TAGS:
        data = _cut(data)
    if tags > _FEW_TAGS and tags - 2 * data.count(b"</") > _LEFT_OPEN:
        data = _without_traps(data)
    if tags > _DEEP and _may_be_deep(data, tags):
        _refuse_abyss(html)
    if _may_have_monster(data) and _has_monster(data):
        raise Unreadable(
            f"The HTML has a tag with more than {MAX_ATTRIBUTES} attributes: no page of news does.",
            hint="It looks like an attack or a fault.",
        )
    try:
        return LexborHTMLParser(data)
    except Exception as error:  # selectolax raises its own kinds for what lexbor gives up on
        raise Unreadable(f"The HTML can't be parsed: {type(error).__name__}.") from error


def with_shadows(html: str) -> str:
    """With the shadow trees that a page declares as parts of it: a browser shows them where they stand. "" for a page without."""
    whole, count = _SHADOW.subn(r"<div\1", html) if "shadowrootmode" in html else (html, 0)
    return whole.replace("</template>", "</div>") if count else ""


def _without_traps(data: bytes) -> bytes:
    """Without what lexbor, as the standard asks, makes many nodes or comparisons of: options without end, and marks of text that are never closed
    and so are opened again in each paragraph. Neither says anything to us."""
    if data.count(b"<option") + data.count(b"<OPTION") > _MANY_OPTIONS:
        data = _OPTION.sub(b"<br", data)
    found = _FORMATTING.findall(data)
    return _FORMATTING.sub(b"", data) if len(found) - 2 * found.count(b"/") > _LEFT_OPEN else data


def _may_be_deep(data: bytes, tags: int) -> bool:
    """Could too many elements be open at once? By counting opened and closed ones in stretches: a bound from above, far below any page's."""
    if tags - data.count(b"</") <= _DEEP:
        return False
    opened = 0
    step = max(len(data) // 8, 20_000)
    for start in range(0, len(data), step):
        tags, closed = data.count(b"<", start, start + step), data.count(b"</", start, start + step)
        if opened + tags - closed > _DEEP:
            return True
        opened = max(0, opened + tags - 2 * closed)
    return False


def _may_have_monster(data: bytes) -> bool:
    """Is there a long stretch in which no tag ends, and is it one of attributes? By a look here and there, at a small part of parsing's cost.

    What a look cannot know is whether it begins within a value, so it takes each for possible. A script's data has such stretches, too, but
    no tag is open before it.
    """
    is_same = False
    for at in range(_STRIDE, len(data) - _LONG, _STRIDE):
        if data.find(b">", at, at + _LONG) < 0:
            has_other = data.find(b"<", at, at + _LONG) >= 0
            begins = data.rfind(b">" if has_other else b"<", 0, at)
            if not is_same and begins >= 0 and (_MONSTER.search if has_other else _MONSTER.match)(data, begins, at + _LONG):
                return True
            is_same = True
            continue
        is_same = False
        given = _GIVEN.match(data, at)
        starts = (at, given.end() if given else 0, data.find(b'"', at, at + _STRIDE) + 1, data.find(b"'", at, at + _STRIDE) + 1)
        if any(start and _is_long(data, start) for start in starts):
            return True
    return False


def _is_long(data: bytes, start: int) -> bool:
    """Do all `>` of the next stretch stand in values, if there is an attribute's name at its start?"""
    return data.find(b">", start, start + _LONG) >= 0 and _TO_TAGS_END.match(data, start, start + _LONG) is None


def _has_monster(data: bytes) -> bool:
    """Is what looks like a monster one? In scripts `a<b` may look like a tag, and so may what a comment holds: both are left out where it is
    beyond doubt that they are a script and a comment."""
    lower = data.lower()
    doubts = dict.fromkeys(_OPAQUE, 0)
    at = 0
    while token := _MARKUP.search(data, at):
        at = token.end()
        name, is_end = (token["name"] or b"").lower(), token["end"]
        if at - token.start() > MAX_ATTRIBUTES and not is_end and _MONSTER.match(data, token.start()):
            return True
        if name in doubts:
            doubts[name] += -1 if is_end else 1
        elif token["comment"] and max(doubts.values()) <= 0:
            at = end + 3 if (end := data.find(b"-->", token.start() + 2)) >= 0 else len(data)
        elif name == b"script" and not is_end and max(doubts.values()) <= 0:
            at = end if (end := lower.find(b"</script", at)) >= 0 else len(data)
    return False


def _cut(data: bytes) -> bytes:
    """What stands before tag number MAX_TAGS, give or take."""
    left = MAX_TAGS
    for start in range(0, len(data), _CHUNK):
        left -= data.count(b"<", start, start + _CHUNK)
        if left < 0:
            return data[:start]
    return data


def _refuse_abyss(html: str) -> None:
    depth: dict[str, int] = {}
    total = deepest = 0
    for match in _TAG.finditer(html):
        tag = match[2].lower()
        if tag in _NEVER_DEEP:
            continue
        if not match[1]:
            depth[tag] = depth.get(tag, 0) + 1
            total += 1
            if total > deepest:
                deepest = total
                if deepest > _DEEP or depth[tag] > MAX_DEPTH:
                    raise Unreadable(
                        f"The HTML nests deeper than {MAX_DEPTH} levels: no page of news does.", hint="It looks like an attack or a fault."
                    )
        elif depth.get(tag, 0) > 0:
            depth[tag] -= 1
            total -= 1


def read_tree(root: LexborNode, shown: frozenset[int] = frozenset()) -> Tree:
    """Walk once, gather text into blocks. `shown`: the `mem_id` of elements that are read though the page hides them."""
    tree = _walk(root, shown)
    boxes = tree.boxes
    for raw in tree.blocks:
        box = boxes[raw.box]
        box.prose += raw.prose
        box.blocks += 1
        box.chars += len(raw.text)
        box.linked += raw.linked
    for box in reversed(boxes):
        if box.blocks and box.parent >= 0:
            parent = boxes[box.parent]
            parent.prose += box.prose
            parent.blocks += box.blocks
            parent.chars += box.chars
            parent.linked += box.linked
    return tree


def _walk(root: LexborNode, shown: frozenset[int]) -> Tree:
    """One loop with its state in locals: it runs once for each node of the page, and is a fifth of what cleaning costs."""
    tree = Tree(boxes=[Box("body", -1, 0, 0, "")])
    boxes, kinds, known, of_tag = tree.boxes, _KINDS, _NAMES, _FRAME_TAGS
    stack: list[tuple[LexborNode, int]] = []
    opened: list[tuple[int, str]] = []
    pieces: list[str] = []
    hrefs: list[tuple[int, int, str]] = []
    box, index = boxes[0], 0
    in_caption = in_link = linked = breaks = 0
    node: LexborNode | None = root.first_child
    for seen in range(MAX_NODES + 1):
        while node is None and stack:
            last, kind = stack.pop()
            if kind == _BLOCK:
                if pieces:
                    _flush(tree, index, in_caption, pieces, hrefs, linked, breaks)
                    pieces, hrefs, linked, breaks = [], [], 0, 0
                in_caption -= box.is_caption
                index = box.parent
                box = boxes[index]
            elif kind == _LINK:
                in_link -= 1
                start, href = opened.pop()
                hrefs.append((min(start, len(pieces)), len(pieces), href))
            node = last.next
        if node is None or seen == MAX_NODES:
            break
        number = node.tag_id
        kind = kinds.get(number, _BLOCK)
        child = None
        if kind == _TEXT:
            text = node.text_content
            if text and (pieces or not text.isspace()):
                pieces.append(text)
                if in_link:
                    linked += len(text.strip())
        elif kind == _BLOCK:
            child = node.first_child
            if child is not None:
                attributes = node.attributes
                tag = known.get(number) or (node.tag or "")[:_MAX_LABEL]
                label, bits, is_caption = "", of_tag.get(tag, 0), tag == "figcaption"
                if attributes:
                    class_, id_ = attributes.get("class") or "", attributes.get("id") or ""
                    label, bits, is_caption = _called(tag, class_[:_MAX_LABEL], id_[:_MAX_LABEL])
                    if not _NAMING.issuperset(attributes):
                        if _is_hidden(attributes) and tag != "figure" and node.mem_id not in shown:
                            tree.hidden.append(Hidden(node, index, tag, label, bits))
                            node = node.next
                            continue
                        bits |= _of_attributes(attributes)
                if pieces:
                    _flush(tree, index, in_caption, pieces, hrefs, linked, breaks)
                    pieces, hrefs, linked, breaks = [], [], 0, 0
                place = len(boxes)
                box = Box(tag, index, box.depth + 1, bits, label, is_caption, place if tag == "figure" else box.figure)
                index = place
                boxes.append(box)
                in_caption += is_caption
        elif kind == _SKIP:
            pass
        elif kind == _BREAK:
            pieces.append(_BR)
            breaks += 1
        elif kind == _IMAGE:
            if not in_link or _leads_to_picture(opened[-1][1]):
                _show(tree, index, bool(pieces), _of_picture(node.attributes))
        elif kind == _FRAME:
            if url := _of_frame(node.attributes):
                tree.shown.append(Shown(len(tree.blocks) + bool(pieces), index, url, False))
        elif kind == _BUTTON and pieces and _has_text(node.next):  # a word of a sentence that explains itself
            child = node.first_child
        elif kind == _BUTTON:
            tree.buttons.append((len(tree.blocks) + bool(pieces), index, " ".join(node.text()[:_MAX_LABEL].split())))
        elif (child := node.first_child) is not None:
            if kind == _LINK:
                in_link += 1
                opened.append((len(pieces), node.attributes.get("href") or ""))
                tree.links += 1
            elif kind == _TIME and (said := node.attributes.get("datetime")):
                tree.times.append((index, said))
        if child is not None:
            stack.append((node, kind))
            node = child
        else:
            node = node.next
    tree.was_cut = node is not None
    if pieces:
        _flush(tree, index, in_caption, pieces, hrefs, linked, breaks)
    return tree


def _flush(tree: Tree, index: int, in_caption: int, pieces: list[str], hrefs: list[tuple[int, int, str]], linked: int, breaks: int) -> None:
    """Make a block of what was gathered in an element, or several where line breaks part it."""
    if len(pieces) > 1 and pieces[0].strip() in _INITIALS:
        _join_initial(pieces)
    text = "".join(pieces).strip()
    if "  " in text or not text.isprintable():
        tag = tree.boxes[index].tag
        if "\n" in text and (not hrefs or tag == "pre") and (lines := _lines(tag, text, pieces)):
            for line in lines:
                _add(tree, index, in_caption, line, linked if len(lines) == 1 else 0, [], [])
            return
        text = " ".join(text.split())
    if not text:
        return
    parts = _parted(pieces, hrefs, 1 if breaks >= _PARTS - 1 and _is_lined(pieces) else 2) if breaks > 1 else ()
    if len(parts) < 2:
        _add(tree, index, in_caption, text, min(linked, len(text)), pieces, hrefs)
        return
    for some, links in parts:
        line = " ".join("".join(some).split())
        if line:
            within = sum(len("".join(some[start:end]).strip()) for start, end, _ in links)
            _add(tree, index, in_caption, line, min(within, len(line)), some, links)


def _lines(tag: str, text: str, pieces: list[str]) -> Sequence[str]:
    """The paragraphs of plain text in a `pre`, or in one text node that blank lines part; code as one text with its lines; () for what is neither."""
    if tag == "pre":
        parts = paragraphs(text)
        code = "\n".join(
            line.rstrip() for line in "".join(pieces).replace(_BR, "\n").expandtabs(4).split("\n") if line and not line.isspace()
        )
    elif len(pieces) == 1 and text.count("\n") >= _PARTS:
        parts, code = tuple(" ".join(part.split()) for part in _BLANK.split(text) if part and not part.isspace()), ""
    else:
        return ()
    prose = sum(len(part) for part in parts if prose_of(part, 0))
    return parts if len(parts) >= _PARTS - (tag == "pre") and prose > len(text) * _MOST else (code,) if code else ()


def _join_initial(pieces: list[str]) -> None:
    """A paragraph's first letter, set large in an element of its own, joined to the rest of its word: `<span>T</span> he harbour`."""
    rest = next((place for place in range(1, len(pieces)) if not pieces[place].isspace()), 0)
    if rest and pieces[rest].lstrip()[0].islower():
        pieces[: rest + 1] = [pieces[0].strip(), *[""] * (rest - 1), pieces[rest].lstrip()]  # places stay: links count them


def _add(tree: Tree, index: int, in_caption: int, line: str, linked: int, pieces: list[str], hrefs: list[tuple[int, int, str]]) -> None:
    box = tree.boxes[index]
    tag = box.tag
    role = PARAGRAPH
    url = ""
    prose = 0
    if in_caption:
        role = CAPTION
        url = _take_picture(tree, box.figure)
    elif tag in _HEADINGS:
        role = HEADING
    elif len(hrefs) == 1 and linked >= len(line) * 0.8:
        role = LINK
        url = hrefs[0][2]
    else:
        if tag == "li" or box.parent >= 0 and tree.boxes[box.parent].tag == "li":
            role = LIST_ITEM
        elif len(hrefs) == 1:
            url = hrefs[0][2]
        prose = prose_of(line, linked)
    tree.blocks.append(Raw(line, role, tag, index, linked, prose, len(hrefs), pieces if hrefs else [], hrefs, url))


@lru_cache(maxsize=8192)
def _called(tag: str, class_: str, id_: str) -> tuple[str, int, bool]:
    """Label, bits and whether it is a caption's, of an element by its tag, class and id: pages repeat them."""
    bits = _FRAME_TAGS.get(tag, 0)
    label = f"{class_} {id_}"[:_MAX_LABEL]
    if label != " ":
        bits |= names.verdict(label)
    return label, bits, tag == "figcaption" or bits & names.CAPTION > 0


def _is_lined(pieces: list[str]) -> bool:
    """Is each line a paragraph: three or more, and most of the text in such as are sentences? A poem's and an address's are not."""
    lines = [" ".join(line.split()) for line in "".join(pieces).split(_BR)]
    sizes = [len(line) for line in lines if line]
    ended = [len(line) for line in lines if prose_of(line, 0)]
    return len(ended) >= _PARTS and sum(ended) > sum(sizes) * _MOST


def _parted(pieces: list[str], hrefs: list[tuple[int, int, str]], least: int) -> list[tuple[list[str], list[tuple[int, int, str]]]]:
    """Cut at so many line breaks or more with nothing between them; each part with its own links."""
    cuts: list[tuple[int, int]] = []
    start = run = 0
    for place, piece in enumerate(pieces):
        if piece is _BR:
            run += 1
        elif piece.strip():
            if run >= least:
                cuts.append((start, place))
                start = place
            run = 0
    cuts.append((start, len(pieces)))
    links: list[list[tuple[int, int, str]]] = [[] for _ in cuts]
    starts = [first for first, _ in cuts]
    for one, end, url in hrefs:
        for part in range(max(bisect_right(starts, one) - 1, 0), len(cuts)):
            first, last = cuts[part]
            if first >= end:
                break
            links[part].append((max(one, first) - first, min(end, last) - first, url))
    return [(pieces[first:last], within) for (first, last), within in zip(cuts, links, strict=True)]


def _has_text(node: LexborNode | None) -> bool:
    return node is not None and _KINDS.get(node.tag_id) == _TEXT and any(map(str.isalnum, node.text_content or ""))


def _show(tree: Tree, index: int, has_pieces: bool, url: str) -> None:
    """Keep a picture: for the caption that stands above it in its figure, or the one that is to come, or for itself."""
    figure = tree.boxes[index].figure
    if not url:
        return
    last = tree.blocks[-1] if tree.blocks else None
    if figure > 0 and last is not None and last.role is CAPTION and tree.boxes[last.box].figure == figure:
        last.url = last.url or url
    elif figure < 0 or not tree.shown or tree.boxes[tree.shown[-1].box].figure != figure:  # else another size of the same, or a second one
        tree.shown.append(Shown(len(tree.blocks) + has_pieces, index, url, True))


def _take_picture(tree: Tree, figure: int) -> str:
    """The address of the picture that a caption belongs to: in the same figure, or, where there is none, right above it; "" for none."""
    last = tree.shown[-1] if tree.shown else None
    if last is None or not last.is_picture or tree.boxes[last.box].figure != figure or figure < 0 and last.before != len(tree.blocks):
        return ""
    return tree.shown.pop().url


def _leads_to_picture(url: str) -> bool:
    """Does a link around a picture only show it larger? One that leads to a page is a card or an advertisement."""
    return url.partition("?")[0].lower().endswith(_PICTURE_FILES)


def _of_picture(attributes: dict[str, str | None]) -> str:
    """The address of a picture; "" for an icon, and for one that stands in the page itself."""
    for name in ("width", "height"):
        size = attributes.get(name) or ""
        if size.isdecimal() and len(size) < 3:
            return ""
    given = (attributes.get(name) or "" for name in ("data-src", "src", "data-original"))
    return next((url for url in given if url and not url.startswith("data:") and not url.endswith(".svg")), "")


def _of_frame(attributes: dict[str, str | None]) -> str:
    """The address of what a frame shows; "" for a frame that nobody sees."""
    if _is_hidden(attributes) or {attributes.get("width"), attributes.get("height")} & {"0", "1"}:
        return ""
    given = (attributes.get(name) or "" for name in ("data-src", "src"))
    return next((url for url in given if url and not url.startswith(("about:", "javascript:", "data:", "#"))), "")


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    style = attributes.get("style")
    return style is not None and "display:none" in style[:200].replace(" ", "")


def _of_attributes(attributes: dict[str, str | None]) -> int:
    """The bits that a role and `itemprop` earn."""
    bits = names.FRAME if attributes.get("role") in _FRAME_ROLES else 0
    return bits | names.SURE if attributes.get("itemprop") == "articleBody" else bits


def prose_of(text: str, linked: int) -> int:
    """How much running text a block is: its characters, those inside links twice subtracted; 0 for what is no sentence."""
    length = len(text)
    if length < 12:
        return 0
    if not text.isascii():
        wide = len(text.encode("utf-8", "replace"))
        if wide > 2.2 * length:  # Chinese, Japanese, Korean, Thai: a sign says more
            length = length * 5 // 2
        elif wide > 1.5 * length and length >= 60:
            return max(0, length - 2 * linked)
    if length >= 120 or length >= 40 and text.rstrip("\"”’'»)] ")[-1:] in _SENTENCE_ENDS:
        return max(0, length - 2 * linked)
    return 0


def absolute(url: str, base: str) -> str:
    """A link's address; empty for what is none."""
    if _WHOLE_URL.fullmatch(url):
        return url
    if _ROOTED.fullmatch(url, 0, 2000) and (origin := _ORIGIN.match(base)):
        return origin[0] + url
    try:
        return urljoin(base, url.strip()[:2000])
    except ValueError:
        return ""

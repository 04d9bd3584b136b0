"""HTML → raw blocks with what their markup says, in one walk. Pure, and bounded in time and memory whatever the markup.

selectolax (lexbor) parses. Its time grows with the square of the nesting (100,000 nested `div`s: 44 s), so markup that nests deeper
than any page is refused before it is parsed.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urljoin

import msgspec
from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline.clean.blocks import Role
from pipeline.errors import Unreadable
from pipeline.text.whitespace import one_line

MAX_DEPTH = 1500
"""Browsers stop at 512 levels."""
MAX_NODES = 200_000
"""The largest news pages have some 20,000; what comes after this many is not read."""
_MANY_TAGS = 4000
"""Fewer tags than this can't nest deep enough to hurt; then the depth needs no counting."""
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
MAX_ATTRIBUTES = 1000
"""lexbor compares each attribute of a tag with all others: 50,000 of them took 6 s."""
_LONG_TAG = re.compile(r"<[a-zA-Z][^<>]{8000,}")
_SCRIPTS = re.compile(r"<script\b(?![^>]{0,200}ld\+json).*?</script\s*>", re.IGNORECASE | re.DOTALL)
_QUOTED = re.compile(r"=\s*(?:\"[^\"]*\"|'[^']*')")
_NEVER_DEEP = frozenset(
    "area base br col embed hr img input link meta param source track wbr p li td th tr tbody thead tfoot"
    " option optgroup dt dd rp rt html head body".split()
)
_SKIPPED = frozenset(
    "script style noscript template nav button select svg math iframe object embed canvas audio video dialog"
    " menu textarea input label head link meta title "
    "-comment datalist map area progress meter source track base frame frameset noframes applet amp-ad amp-analytics"
    " amp-sidebar amp-consent".split()
)
_INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd mark nobr q ruby rp rt s samp small"
    " span strike strong sub sup time tt u var wbr "
    "-text br img picture center".split()
)
_HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
_WORDS = re.compile(r"[a-z]+|[A-Z][a-z]*|\d+")
_BAD_WORDS = frozenset(
    "comment comments disqus related share sharing sharebar social sidebar promo promos promotion advert advertisement"
    " adverts advertising ads ad sponsor sponsored sponsors newsletter "
    "newsletters signup subscribe subscription footer nav navbar navigation menu menus breadcrumb breadcrumbs"
    " crumb crumbs popular trending recommend recommended recommendation "
    "recommendations outbrain taboola widget widgets banner cookie cookies consent modal popup overlay tags"
    " taglist tagcloud topics mostread mostpopular most "
    "readmore morefrom seealso upnext carousel slider toolbar tools masthead rail aside login paywall-offer"
    " skip print byline author authors bio dateline timestamp "
    "meta metadata credit credits caption copyright disclaimer poll quiz rating ratings pagination pager pages"
    " alsoread recirc recirculation teaser teasers inbrief "
    "livechat feedback survey donate donation weather ticker marquee jump sr visually screenreader offscreen noprint hide hidden".split()
)
_GOOD_WORDS = frozenset(
    "article articlebody story storybody content body entry post text main page maincontent paragraph bodytext copy prose".split()
)
_SURE_BODY = re.compile(
    r"article[-_]?_?body|story[-_]?_?body|articlebody|storybody|entry[-_]content|post[-_]content|article[-_]?_?content"
    r"|article[-_]?_?text|story[-_]?text|story[-_]?content|body[-_]?copy|post[-_]body|body[-_]text|news[-_]?text"
    r"|article[-_]copy|rich[-_]?text[-_]?body"
)


class Raw(msgspec.Struct, frozen=True, gc=False):
    """One block as it stood in the page."""

    text: str
    role: Role
    tag: str
    chain: tuple[int, ...]
    """Indices of the elements around it, the outermost first."""
    linked: int
    """How many of its characters are inside links."""
    url: str = ""
    """Of its only link, or of the picture that it is a caption of."""


class Box(msgspec.Struct, gc=False):
    """An element that holds blocks."""

    tag: str
    parent: int
    is_bad: bool
    is_sure: bool
    """Says that it is the body of an article: `itemprop=articleBody`, `class=entry-content`."""
    label: str
    """Class and id, for byline and caption."""


class Tree(msgspec.Struct):
    """What one walk found."""

    blocks: list[Raw]
    boxes: list[Box]
    pictures: dict[int, str]
    """The first picture's address, by the index of the `figure` around it."""
    times: list[str]
    """What `time` elements say, the machine's form first."""
    bylines: list[str]
    """Texts of elements whose class or rel says author."""
    was_cut: bool
    links: int


def parse(html: str) -> LexborHTMLParser:
    """Parse. Raises Unreadable for markup that nests too deep to be a page."""
    if html.count("<") > _MANY_TAGS:
        _refuse_abyss(html)
    if _has_monster_tag(html):
        html = _SCRIPTS.sub("", html)  # in scripts `a<b` may look like a tag
        if _has_monster_tag(html):
            raise Unreadable(
                f"The HTML has a tag with more than {MAX_ATTRIBUTES} attributes: no page of news does.",
                hint="It looks like an attack or a fault.",
            )
    try:
        return LexborHTMLParser(html)
    except Exception as error:  # selectolax raises its own kinds for what lexbor gives up on
        raise Unreadable(f"The HTML can't be parsed: {type(error).__name__}.") from error


def _has_monster_tag(html: str) -> bool:
    return any(len(_QUOTED.sub("", tag[0]).split()) > MAX_ATTRIBUTES for tag in _LONG_TAG.finditer(html))


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
                if deepest > MAX_DEPTH * 4 or depth[tag] > MAX_DEPTH:
                    raise Unreadable(
                        f"The HTML nests deeper than {MAX_DEPTH} levels: no page of news does.", hint="It looks like an attack or a fault."
                    )
        elif depth.get(tag, 0) > 0:
            depth[tag] -= 1
            total -= 1


@lru_cache(maxsize=4096)
def _verdict(label: str) -> tuple[bool, bool]:
    """(is bad, is sure body) from class and id."""
    if _SURE_BODY.search(label.lower()):
        return False, True
    words = {word.lower() for word in _WORDS.findall(label)}
    bad = words & _BAD_WORDS
    return bool(bad) and not (
        words & _GOOD_WORDS
        and not words
        & {"related", "share", "comments", "comment", "sidebar", "recommended", "footer", "newsletter", "promo", "popular", "trending"}
    ), False


def read_tree(root: LexborNode, *, base: str = "") -> Tree:
    """Walk once, gather text into blocks."""
    return _Walk(base).run(root)


class _Walk:
    def __init__(self, base: str) -> None:
        self.base = base
        self.tree = Tree([], [Box("body", -1, False, False, "")], {}, [], [], False, 0)
        self.chain: list[int] = [0]
        self.buffer: list[str] = []
        self.tag = "body"
        self.in_link = 0
        self.linked = 0
        self.hrefs: list[str] = []
        self.in_caption = 0
        self.byline: list[str] | None = None

    def run(self, root: LexborNode) -> Tree:
        stack: list[tuple[LexborNode, str]] = []
        node: LexborNode | None = root
        seen = 0
        while node is not None:
            seen += 1
            if seen > MAX_NODES:
                self.tree.was_cut = True
                break
            tag = node.tag or ""
            if tag == "-text":
                self._text(node.text_content or "")
            elif tag not in _SKIPPED and self._enter(node, tag):
                child = node.child
                if child is not None:
                    stack.append((node, tag))
                    node = child
                    continue
                self._leave(tag)
            following = node.next if node is not root else None
            while following is None and stack:
                above, above_tag = stack.pop()
                self._leave(above_tag)
                following = above.next if above is not root else None
            node = following
        self._flush()
        return self.tree

    def _enter(self, node: LexborNode, tag: str) -> bool:
        if tag in _INLINE:
            return self._enter_inline(node, tag)
        attributes = node.attributes
        if (
            "hidden" in attributes
            or attributes.get("aria-hidden") == "true"
            and tag != "figure"
            or "display:none" in (attributes.get("style") or "").replace(" ", "")[:200]
        ):
            return False
        self._flush()
        label = f"{attributes.get('class') or ''} {attributes.get('id') or ''}".strip()[:300]
        is_bad, is_sure = _verdict(label) if label else (False, False)
        if tag in ("aside", "footer") or attributes.get("role") in (
            "navigation",
            "complementary",
            "banner",
            "contentinfo",
            "search",
            "dialog",
            "alert",
        ):
            is_bad = True
        if attributes.get("itemprop") == "articleBody":
            is_bad, is_sure = False, True
        self.tree.boxes.append(Box(tag, self.chain[-1], is_bad, is_sure, label))
        self.chain.append(len(self.tree.boxes) - 1)
        self.tag = tag
        self.in_caption += tag == "figcaption"
        if attributes.get("itemprop") == "author" or (is_bad and "author" in label.lower() or "byline" in label.lower()):
            self._start_byline()
        return True

    def _enter_inline(self, node: LexborNode, tag: str) -> bool:
        if tag == "br":
            self.buffer.append("\n")
        elif tag == "img":
            self._picture(node)
        elif tag == "a":
            self.in_link += 1
            attributes = node.attributes
            self.hrefs.append(attributes.get("href") or "")
            self.tree.links += 1
            if attributes.get("rel") == "author" or attributes.get("itemprop") == "author":
                self._start_byline()
        elif tag == "time":
            self.tree.times.append(node.attributes.get("datetime") or one_line(node.text())[:60])
        elif tag == "span":
            label = node.attributes.get("class") or ""
            if "author" in label or "byline" in label or node.attributes.get("itemprop") == "author":
                self._start_byline()
        return tag not in ("br", "img")

    def _leave(self, tag: str) -> None:
        if tag == "a":
            self.in_link -= 1
            if self.byline is not None:
                self._end_byline()
        elif tag == "span" and self.byline is not None:
            self._end_byline()
        if tag in _INLINE:
            return
        self._flush()
        if self.byline is not None:
            self._end_byline()
        self.in_caption -= tag == "figcaption"
        if len(self.chain) > 1:
            self.chain.pop()
        self.tag = self.tree.boxes[self.chain[-1]].tag

    def _start_byline(self) -> None:
        if self.byline is None and len(self.tree.bylines) < 20:
            self.byline = []

    def _end_byline(self) -> None:
        text = one_line("".join(self.byline or []))
        self.byline = None
        if 2 < len(text) < 120:
            self.tree.bylines.append(text)

    def _picture(self, node: LexborNode) -> None:
        figure = next((index for index in reversed(self.chain) if self.tree.boxes[index].tag == "figure"), None)
        if figure is not None and figure not in self.tree.pictures:
            attributes = node.attributes
            source = next(
                (
                    value
                    for name in ("data-src", "src", "data-original")
                    if (value := attributes.get(name)) and not value.startswith("data:")
                ),
                "",
            )
            if source:
                self.tree.pictures[figure] = self._absolute(source)

    def _absolute(self, url: str) -> str:
        try:
            return urljoin(self.base, url.strip()[:2000])
        except ValueError:
            return ""

    def _text(self, text: str) -> None:
        self.buffer.append(text if self.tag == "pre" else text.replace("\n", " "))
        if self.in_link:
            self.linked += len(text.strip())
        if self.byline is not None:
            self.byline.append(text)

    def _flush(self) -> None:
        if not self.buffer:
            return
        text = "".join(self.buffer)
        linked, hrefs = self.linked, self.hrefs
        self.buffer, self.linked, self.hrefs = [], 0, []
        for part in re.split(r"\n[ \t\r\f\xa0]*\n\s*", text) if "\n" in text else (text,):
            line = one_line(part)
            if line:
                self._add(line, min(linked, len(line)), hrefs)

    def _add(self, line: str, linked: int, hrefs: list[str]) -> None:
        tag = self.tag
        role = Role.PARAGRAPH
        url = ""
        if self.in_caption:
            role = Role.CAPTION
            figure = next((index for index in reversed(self.chain) if self.tree.boxes[index].tag == "figure"), None)
            url = self.tree.pictures.get(figure, "") if figure is not None else ""
        elif tag in _HEADINGS:
            role = Role.HEADING
        elif len(hrefs) == 1 and linked >= len(line) * 0.8:
            role = Role.LINK
            url = self._absolute(hrefs[0]) if hrefs[0] else ""
        elif any(self.tree.boxes[index].tag == "li" for index in self.chain[-2:]):
            role = Role.LIST_ITEM
        elif len(hrefs) == 1 and hrefs[0]:
            url = self._absolute(hrefs[0])
        self.tree.blocks.append(Raw(line, role, tag, tuple(self.chain), linked, url))

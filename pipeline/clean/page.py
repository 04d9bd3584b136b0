"""A web page → the blocks of its article, and what the page says about it. Pure; no rule names a site.

Where the article is: the innermost element that holds most of the page's prose (sentences with few links), elements that call
themselves comments, related, footer and the like aside, unless they hold most of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

import msgspec

from pipeline.clean import tree
from pipeline.clean.blocks import Block, Role
from pipeline.clean.metadata import Metadata, read_metadata, without_site
from pipeline.clean.tree import Raw, Tree
from pipeline.errors import Unreadable
from pipeline.text import bylines, furniture
from pipeline.text.dates import timestamp
from pipeline.text.whitespace import one_line, paragraphs, size

_MOST = 0.62
"""Descend into the element that holds this share of its parent's prose, or more."""
_SPARED = 0.45
"""An element of a bad name that holds this share of the page's prose is the article, whatever its name."""
_LEAST_PROSE = 120
"""Characters of prose below which a page that does not call itself an article holds none."""
_BLOCKED = re.compile(
    r"just a moment\b|attention required|checking your browser|verify(?:ing)? (?:that )?you are (?:a )?human"
    r"|are you a (?:robot|human)|unusual traffic|"
    r"enable javascript and cookies|please enable (?:js|javascript)|access (?:to this page has been )?denied"
    r"|request (?:was )?blocked|pardon our interruption|"
    r"security check|bot (?:verification|detection)|complete the captcha|ddos protection|403 forbidden|robot or human|press (?:&|and) hold",
    re.IGNORECASE,
)
_NOT_FOUND = re.compile(
    r"^(?:404\b|error 404|page (?:not found|does not exist)|not found|this page (?:can.t be found|isn.t available)"
    r"|oops|server error|500\b|502\b|503\b|service unavailable)",
    re.IGNORECASE,
)


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in a draft, a page or another, before the rules of wire text."""

    blocks: tuple[Block, ...]
    headline: str = ""
    subtitle: str = ""
    byline: str = ""
    language: str = ""
    published: datetime | None = None
    modified: datetime | None = None
    canonical_url: str = ""
    keywords: tuple[str, ...] = ()
    why_empty: str = ""
    """What is wrong with it, where `blocks` hold no story."""


def read_page(html: str, *, url: str = "") -> Page:
    """Find the article of a page. Raises Unreadable for blocked and challenge pages, errors, and pages that hold none."""
    parser = tree.parse(html)
    said = read_metadata(parser, url=url)
    body = parser.body
    found = tree.read_tree(body, base=url) if body is not None else Tree([], [], {}, [], [], False, 0)
    raws = _article(found)
    prose = sum(size(raw.text) for raw in raws if _prose(raw))
    blocks = tuple(_block(raw) for raw in raws)
    _refuse_blocked(said, found, prose, url)
    if len(said.body) > 2 * prose + 200:  # the text lies in the page's data, scripts would show it
        blocks = tuple(Block(text) for text in _of_json(said.body))
        prose = len(said.body)
    if prose < _LEAST_PROSE and not (said.is_article and prose >= 30):
        raise Unreadable(f"{url or 'The page'} holds no article: {_what(found, prose)}.", url=url)
    headline = _headline(said, found)
    return Page(
        blocks=blocks,
        headline=headline,
        byline=_byline(said, found),
        language=said.language,
        published=said.published or next((time for time in map(timestamp, found.times[:5]) if time), None),
        modified=said.modified,
        canonical_url=said.canonical_url,
        keywords=said.keywords,
    )


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


def _headline(said: Metadata, found: Tree) -> str:
    """The page's first-level heading where the head confirms it, else what the head says without the site's name."""
    tops = [raw.text for raw in found.blocks if raw.tag == "h1"][:5]
    stated = [text for text in (said.headline, said.title) if text]
    for top in tops:
        key = _letters(top)
        if len(key) > 8 and any(
            key in _letters(text) or _letters(without_site(text, said.site)) in key for text in stated if _letters(text)
        ):
            return top
    telling = [top for top in tops if len(top.split()) >= 3 and _letters(top) != _letters(said.site)]
    if len(telling) == 1 and (not stated or _shared_words(telling[0], stated[0]) or not said.headline):
        return telling[0]
    if said.headline:
        return without_site(said.headline, said.site) if said.site and said.site.casefold() in said.headline.casefold() else said.headline
    return without_site(said.title, said.site) if said.title else (tops[0] if tops else "")


def _shared_words(one: str, other: str) -> bool:
    """Do two headlines share a word of substance? Then the one that readers see is another wording of what search engines are told."""
    words = [set(re.findall(r"\w{4,}", text.casefold())) for text in (one, other)]
    return bool(words[0] & words[1])


def _letters(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _byline(said: Metadata, found: Tree) -> str:
    if said.authors:
        names = [name for name in said.authors if name.casefold() != said.site.casefold()]
        if names:
            return ", ".join(names)
    for text in found.bylines:
        stated = bylines.byline_of(text)
        if stated:
            return stated
    for text in found.bylines:
        words = text.split()
        if 2 <= len(words) <= 6 and all(word[0].isupper() or len(word) < 4 for word in words) and not any(sign.isdigit() for sign in text):
            return text
    return ""


def _refuse_blocked(said: Metadata, found: Tree, prose: int, url: str) -> None:
    """Challenge pages, consent walls and errors that are served as if they were pages are never articles."""
    if prose > 1500:
        return
    shown = [said.title, *(raw.text for raw in found.blocks[:12])]
    where = url or "The page"
    if not said.is_article and any(_NOT_FOUND.match(one_line(text)) for text in shown[:4]):
        raise Unreadable(f"{where} is an error page served as a page: {shown[0][:80]!r}.", url=url)
    if any(_BLOCKED.search(text) for text in shown if len(text) < 300) and not said.is_article:
        raise Unreadable(
            f"{where} is a challenge page, not an article: the site wants to see a browser.",
            url=url,
            hint="Ask the publisher for a feed or access.",
        )


def _what(found: Tree, prose: int) -> str:
    if not found.blocks:
        return "it shows no text without scripts"
    if found.links > 20 and prose < 400:
        return f"it is a list of {found.links} links"
    return f"{prose} characters of running text are too few"

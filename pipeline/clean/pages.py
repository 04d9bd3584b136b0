"""Stories on several pages: where the next one is, and how the articles of all of them become one. Pure.

The next page is what `rel=next` or a list of page numbers leads to, if its address is the story's own with the next number in it: the next
article, an archive, pages of comments have other addresses, or stand among comments or other stories.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from urllib.parse import urlsplit

import msgspec
from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline.clean import tree
from pipeline.clean.metadata import Metadata
from pipeline.errors import Unreadable
from pipeline.text.captions import merged
from pipeline.text.later import later
from pipeline.text.whitespace import word_count
from pipeline.urls import canonical
from schemas.article import Access, Article, Link, TextBlock

MAX_PAGES = 20
"""Of one story. A list that counts further is an archive's."""
_MAX_LINKS = 3000
_LABEL_NODES = 12
"""Of a link that may be a page's number: `<a><i class=icon></i> <span>2</span></a>`."""
_LONG = 60
"""Characters from which a text that stands on an earlier page too is the same one, and no refrain."""
_ZEROS = {"ar": 0x660, "fa": 0x6F0, "ur": 0x6F0, "ps": 0x6F0, "hi": 0x966, "mr": 0x966, "ne": 0x966, "bn": 0x9E6, "my": 0x1040}
"""The digit 0 of languages whose page numbers may be written in digits of their own (Unicode, chapter 22)."""
_REL = re.compile(rb"rel=[\"']?[a-z ]*next")
_LISTED = re.compile("(?:{})\\s*<".format("|".join(["2", *{chr(zero + 2) for zero in _ZEROS.values()}])).encode())
_WORD = (
    "pages?|p|pg|pag|paging|pageno|page_no|pagenum|pagenumber|paged|currentpage|pagina|página|páxina|seite|sida|side|strana|stranica|stran|strona|str"
    "|sayfa|sahife|halaman|hal|trang|oldal|sivu|lk|puslapis|pagi"
)
"""How addresses name a page, in the languages of the sites that do."""
_QUERY = later(rf"(?:{_WORD})\Z", re.IGNORECASE)
_PATH = later(rf"(?P<stem>.+?)(?P<parted>[/_,-])(?:(?P<word>{_WORD})[/_=,-]?)?(?P<number>\d{{1,2}})\Z", re.IGNORECASE)
_EXTENSION = re.compile(r"\.(?:html?|shtml|xhtml|php|aspx?|jsp|cms)\Z", re.IGNORECASE)
_ELSEWHERE = re.compile(r"comment|kommentar|discuss|repl(?:y|ies)|related|recommend|latest|popular|archive", re.IGNORECASE)
"""Names of elements whose page numbers are not the story's."""
_AROUND = 8
"""Elements around a link that are asked for their names."""


class _Reading(msgspec.Struct, frozen=True):
    """An address as a page of a story."""

    story: tuple[str, str, str]
    """Host, path and query without the page's number."""
    number: int | None
    is_named: bool = True
    """A word says that the number is a page's: `page`, `seite`."""
    is_bare: bool = False
    """Only a number behind a hyphen or its like says so: it may as well end a headline."""
    is_query: bool = False


def next_page(parser: LexborHTMLParser, html: str, said: Metadata, *, url: str, first: str = "") -> str:
    """The address of the page on which the story of this one goes on; "" where it ends here.

    `said`: what the page says of itself. `first`: the story's first page, if that is not this one.
    """
    stories = {one.story for one in _readings(first or url) if one.is_named} if url.startswith(("http://", "https://")) else set()
    here = _place(url, stories)
    if here is None:
        return ""
    labelled = _listed(parser, url, stories) if _may_be_listed(html, said.language, here) else {}
    if max(labelled.values(), default=0) > MAX_PAGES:
        return ""
    anchors = parser.css('a[rel~="next" i]')
    by_rel = [_address(said.next_link, url)] if said.is_article else []
    by_rel += [_address(node.attributes.get("href"), url) for node in anchors if not _is_elsewhere(node)]
    for found in (*by_rel, *sorted(labelled, key=labelled.__getitem__)):
        place = _place(found, stories)
        if place is None or not _follows(place, here):
            continue
        if found in labelled or not place.is_bare and place.number != 1:
            return found
    return ""


def earlier_page(html: str, *, url: str, asked: str) -> str:
    """The address of the earlier page of its story, mostly the first, that a page says it continues; "" where it says none.

    By its canonical address, `rel=prev` or the 1 of a list of pages, if that is its own address with no number or a smaller one. `asked` is
    the address that was asked for: one that led to another page of the story says nothing. So who follows from one to the next comes to an end.
    """
    here = [one for one in _readings(url) if (one.number or 0) > 1 and one.story[1] and not one.is_bare and one in _readings(asked)]
    if not here:
        return ""
    parser = tree.parse(html)
    links = parser.css('link[rel~="canonical" i], link[rel~="prev" i], a[rel~="prev" i]')
    links += [node for node in parser.css("a[href]")[:_MAX_LINKS] if (label := _label(node)).isdecimal() and int(label[:4]) == 1]
    for node in links:
        found = _address(node.attributes.get("href"), url)
        if any(_precedes(there, one) for there in _readings(found) for one in here) and not _is_elsewhere(node):
            return found
    return ""


def may_go_on(body: bytes) -> bool:
    """Whether it is worth to look for the next page of a first one: a small part of what reading it costs."""
    return bool(_REL.search(body) or _LISTED.search(body))


def _may_be_listed(html: str, language: str, here: _Reading) -> bool:
    """Does the number of the next page stand in the markup as all of an element's text? A look before any query, which costs more."""
    numbers = [2] if here.number is None else [here.number + 1, here.number + 2]
    wanted = {str(number) for number in numbers} | {_digits(number, language) for number in numbers}
    return any(html[max(0, m.start() - 1)] in "> \n\t" for digits in wanted for m in re.finditer(rf"{digits}\s*<", html))


def _listed(parser: LexborHTMLParser, url: str, stories: set[tuple[str, str, str]]) -> dict[str, int]:
    """Pages of the story whose links are numbers: the number by the address. Some count from 0 in their query, and from 1 for readers."""
    found: dict[str, int] = {}
    for node in parser.css("a[href]")[:_MAX_LINKS]:
        label = _label(node)
        if len(label) > 4 or not label.isdecimal() or _is_elsewhere(node):
            continue
        address = _address(node.attributes.get("href"), url)
        place = _place(address, stories)
        if place is not None and (place.number == int(label) or place.is_query and place.number == int(label) - 1):
            found.setdefault(address, int(label))
    return found


def _label(node: LexborNode) -> str:
    """What a link says, if that is short: links may hold one another, and all of the page."""
    return "".join(part.text_content or "" for part in islice(node.traverse(include_text=True), _LABEL_NODES) if part.is_text_node).strip()


def _digits(number: int, language: str) -> str:
    zero = _ZEROS.get(language, 0x30)
    return "".join(chr(zero + int(digit)) for digit in str(number))


def _follows(place: _Reading, here: _Reading) -> bool:
    if place.number is None or here.number is None:
        return place.number == 2 or place.number == 1 and place.is_query  # some count from 0 in their query
    return place.number == here.number + 1


def _precedes(place: _Reading, here: _Reading) -> bool:
    if place.story != here.story:
        return False
    return place.number is None or here.is_named and place.is_named and place.number < (here.number or 0)


def _address(link: str | None, url: str) -> str:
    """Where a link leads, in its canonical form; "" where that is no page of this host."""
    try:
        found = canonical(tree.absolute(link or "", url)) if link else ""
    except Unreadable:
        return ""
    return found if urlsplit(found).netloc == urlsplit(url).netloc.lower() else ""


def _is_elsewhere(node: LexborNode) -> bool:
    """Does a link stand among comments or other stories?"""
    around: LexborNode | None = node
    for _ in range(_AROUND):
        if around is None or around.tag in ("article", "main", "body", "html"):
            return False
        named = around.attributes
        if _ELSEWHERE.search(f"{named.get('class') or ''} {named.get('id') or ''}"[:300]):
            return True
        around = around.parent
    return False


def _place(url: str, stories: set[tuple[str, str, str]]) -> _Reading | None:
    """Which page of the story an address is; None for none of it."""
    found = [one for one in _readings(url) if one.story in stories]
    return max(found, key=lambda one: one.number is not None) if found else None


@lru_cache(maxsize=256)
def _readings(url: str) -> tuple[_Reading, ...]:
    """All that an address may be: a whole one, and a page by its query or the end of its path."""
    try:
        parts = urlsplit(canonical(url))
    except Unreadable:
        return ()
    path, query = parts.path.rstrip("/"), parts.query
    found = [_Reading((parts.netloc, path, query), None)]
    fields = query.split("&")
    for place, field in enumerate(fields):
        name, _, value = field.partition("=")
        if _QUERY.match(name) and value.isdecimal() and len(value) <= 2:
            rest = "&".join(fields[:place] + fields[place + 1 :])
            found.append(_Reading((parts.netloc, path, rest), int(value), is_query=True))
    ending = match[0] if (match := _EXTENSION.search(path)) else ""
    if split := _PATH.match(path.removesuffix(ending)):
        is_named = split["word"] is not None
        is_bare = not is_named and split["parted"] != "/"
        found.append(_Reading((parts.netloc, split["stem"] + ending, query), int(split["number"]), is_named, is_bare))
    return tuple(found)


def joined(pages: Sequence[Article], addresses: Sequence[str] = ()) -> Article:
    """One article of a story's pages, in their order: the first one's metadata, the blocks of all.

    What a later page repeats (the lead, headings, captions) goes. `addresses` are those of all pages: what leads back to one leads nowhere.
    Where the last page still names a next one, the text is partial.
    """
    first, last = pages[0], pages[-1]
    if len(pages) == 1 and not first.next_page:
        return first
    blocks = tuple(_blocks(pages))
    paragraphs = tuple(block.text for block in blocks if block.start is not None)
    text = "\n\n".join(paragraphs)
    words = [page.word_count or 1 for page in pages]
    article = msgspec.structs.replace(
        first,
        blocks=blocks,
        paragraphs=paragraphs,
        text=text,
        word_count=word_count(text),
        pictures=merged([picture for page in pages for picture in page.pictures]),
        related_links=tuple(_related(pages, paragraphs)),
        advisories=tuple(dict.fromkeys(note for page in pages for note in page.advisories)),
        tails=tuple(dict.fromkeys(tail for page in pages for tail in page.tails)),
        correction=next((page.correction for page in pages if page.correction is not None), None),
        confidence=round(sum(page.confidence * count for page, count in zip(pages, words, strict=True)) / sum(words), 3),
        pages=len(pages),
        next_page=last.next_page if last.next_page not in addresses else None,
    )
    gated = next((page for page in pages if page.access is Access.PARTIAL and (page.is_paywalled or page is last)), None)
    if gated is not None:
        return msgspec.structs.replace(article, access=Access.PARTIAL, access_reason=gated.access_reason)
    if article.next_page:
        return msgspec.structs.replace(article, access=Access.PARTIAL, access_reason=f"goes on at {article.next_page}, which was not read")
    return msgspec.structs.replace(article, access=Access.FULL, access_reason="")


def _blocks(pages: Sequence[Article]) -> Iterator[TextBlock]:
    """The blocks of all pages, with offsets in the whole text and twins of ids numbered through it."""
    first = pages[0]
    seen = {text for text in (first.headline, first.subtitle, first.byline) if text}
    ids: dict[str, int] = {}
    start = 0
    for page in pages:
        has_news = page is first
        here: set[str] = set()
        for block in page.blocks:
            key = block.text or block.url
            here.add(key)
            if page is not first and key in seen and (not has_news or len(key) > _LONG or block.start is None):
                continue
            has_news = has_news or block.start is not None and len(block.text) > _LONG
            name = block.id.partition("-")[0]
            ids[name] = ids.get(name, 0) + 1
            id = name if ids[name] == 1 else f"{name}-{ids[name]}"
            if block.start is None:
                yield msgspec.structs.replace(block, id=id)
            else:
                yield msgspec.structs.replace(block, id=id, start=start)
                start += len(block.text) + 2
        seen |= here


def _related(pages: Sequence[Article], paragraphs: Sequence[str]) -> Iterator[Link]:
    """Links to other stories, once each, behind the paragraph that they stood behind."""
    places = {text: place for place, text in reversed(list(enumerate(paragraphs, 1)))}
    seen: set[tuple[str, str | None]] = set()
    for page in pages:
        for link in page.related_links:
            if (link.text, link.url) in seen:
                continue
            seen.add((link.text, link.url))
            above = page.paragraphs[link.after_paragraph - 1] if link.after_paragraph else ""
            yield link if page is pages[0] else msgspec.structs.replace(link, after_paragraph=places.get(above, len(paragraphs)))

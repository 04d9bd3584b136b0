"""A web page → the blocks of its article, and what the page says about it. Pure; no rule names a site.

Which blocks are the story's: `choose`.
"""

from __future__ import annotations

from html import unescape

import msgspec
from selectolax.lexbor import LexborHTMLParser

from pipeline.clean import access, choose, hidden, islands, pages, tree, typed
from pipeline.clean.blocks import Block
from pipeline.clean.metadata import Metadata, completed, read_metadata
from pipeline.clean.metadata.jsonld import Thing
from pipeline.clean.tree import Tree
from pipeline.errors import Blocked, Unreadable
from pipeline.text import charset
from pipeline.text.binary import binary_of
from pipeline.text.later import later
from pipeline.text.whitespace import paragraphs, size
from schemas.article import Access, Genre

_FEED = later(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:[^-]|-(?!->))*-->\s*)*<(rss|feed|rdf:RDF|urlset|sitemapindex)[\s>]")
"""How a feed or a sitemap begins: RSS 2.0, RFC 4287, RSS 1.0, sitemaps.org."""
_CODE = "{};=()[]"
_MUCH_CODE = 0.05
"""The share of these signs that a program or a style sheet has; plain text has a tenth of it."""
_SHOWN = 600
"""Characters of prose below which a page's scripts may be what shows its text: then its data is searched."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in a draft, a page or another, before the rules of wire text."""

    blocks: tuple[Block, ...]
    said: Metadata = Metadata()
    """What the page says of itself."""
    access: Access = Access.FULL
    access_reason: str = ""
    confidence: float = 1.0
    """How good the choice of blocks is likely to be; 1 where there was none to make."""
    why_empty: str = ""
    """What is wrong with it, where `blocks` hold no story."""
    next_page: str = ""
    """Where its story goes on; "" where it ends here."""


def read_page(html: str, *, url: str = "", first: str = "") -> Page:
    """Find the article of a page. `first`: the address of its story's first page, if that is another one.

    Raises Blocked for challenge pages, consent walls, errors, logins and pages that hold none.
    """
    if feed := _FEED.match(html, 0, 5000):
        raise Unreadable(
            f"{url or 'It'} is a feed or a sitemap (<{feed[1]}>), not a page.", url=url, hint="`newswire sources add` takes its address."
        )
    if is_program(html):
        raise Unreadable(f"{url or 'It'} is a program or data, not a page: it begins with {html.strip()[:40]!r}.", url=url)
    parser = tree.parse(html)
    said = read_metadata(parser, url=url)
    body = parser.body
    found = hidden.read_tree(body) if body is not None else Tree()
    if (not found.blocks or found.boxes[0].prose < access.LEAST_PROSE) and (whole := tree.with_shadows(html)):
        return read_page(whole, url=url, first=first)
    chosen = choose.choose(found)
    raws = [one.raw for one in chosen if one.is_kept]
    confidence = choose.confidence(chosen, found)
    prose = sum(raw.prose for raw in raws)
    blocks = typed.types(found, raws, base=url, is_live=Genre.LIVE in said.genres)
    data, holder = _of_data(said, parser, prose, is_shell=not found.blocks or found.boxes[0].prose < access.LEAST_PROSE)
    if data:
        said = completed(said, holder)
        blocks = tuple(Block(text) for text in data)
        prose = sum(map(size, data))
    judged = access.judge(
        said,
        [raw.text for raw in found.blocks],
        [block.text for block in blocks],
        prose=prose,
        links=found.links,
        below=choose.link_below(chosen, found, with_buttons=prose < access.LITTLE),
        is_brief=prose < access.LEAST_PROSE and choose.is_brief(chosen, found.boxes),
        buttons=choose.buttons_below(chosen, found),
    )
    if judged.access is Access.BLOCKED:
        raise Blocked(f"{url or 'The page'} {judged.reason}", url=url, hint=judged.hint)
    if found.was_cut and judged.access is Access.FULL:
        judged = access.Judgement(Access.PARTIAL, f"has more than {tree.MAX_NODES} elements, and the rest was not read")
    if judged.access is Access.PARTIAL:
        blocks = access.without_gate(blocks)
    return Page(
        blocks=blocks,
        said=said,
        access=judged.access,
        access_reason=judged.reason,
        confidence=confidence,
        next_page=pages.next_page(parser, html, said, url=url or said.canonical_url, first=first),
    )


def decoded(body: bytes, *, url: str = "", content_type: str = "") -> str:
    """The text of a page's bytes. Raises Unreadable for pictures, archives and other binary files."""
    if binary := binary_of(body):
        raise Unreadable(f"{url or 'It'} is {binary}, not a web page.", url=url)
    return charset.decode(body, content_type)


def is_program(text: str) -> bool:
    """Is it source code, a style sheet or JSON, by its first characters?"""
    start = text[:5000].strip()
    if start.startswith(("{", "[")) and '":' in start:
        return True
    return bool(start) and not start.startswith("<") and sum(map(start.count, _CODE)) > _MUCH_CODE * len(start) and "<p" not in start


def _of_data(said: Metadata, parser: LexborHTMLParser, prose: int, *, is_shell: bool) -> tuple[tuple[str, ...], Thing]:
    """The paragraphs of the text that the page's data holds, where that is much more than what it shows, and the object around it; (), {} else."""
    enough = 2 * prose + 200
    text, holder = said.body, Thing()
    if size(text) <= enough and prose < _SHOWN:
        text, holder = islands.read(parser, is_shell=is_shell)
    is_text = not text.lstrip().startswith(("{", "["))  # settings of a shop or a paywall are no story
    found = _of_json(text) if is_text and size(text) > enough else ()
    return (found, holder) if sum(map(size, found)) > enough else ((), {})  # markup that is escaped once more is longer than what it says


def read_body(html: str, *, url: str = "") -> tuple[Block, ...]:
    """The blocks of a body in markup (ninjs `body_html`, a feed's `content`): all of it is the item's, nothing has to be found."""
    parser = tree.parse(html)
    body = parser.body
    found = tree.read_tree(body) if body is not None else Tree()
    return typed.types(found, found.blocks, base=url)


def _of_json(text: str) -> tuple[str, ...]:
    if "&lt;p" in text:
        text = unescape(text)
    if "<p" in text or "<br" in text:
        return tuple(block.text for block in read_body(text))
    return paragraphs(text)

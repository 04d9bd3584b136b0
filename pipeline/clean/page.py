"""A web page → the blocks of its article, and what the page says about it. Pure; no rule names a site.

Which blocks are the story's: `choose`.
"""

from __future__ import annotations

import msgspec
from selectolax.lexbor import LexborHTMLParser

from pipeline.clean import access, choose, islands, tree
from pipeline.clean.blocks import Block
from pipeline.clean.metadata import Metadata, read_metadata
from pipeline.clean.tree import Raw, Tree
from pipeline.errors import Blocked
from pipeline.text.whitespace import one_line, paragraphs, size
from schemas.article import Access

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
    found = tree.read_tree(body) if body is not None else Tree()
    raws = [one.raw for one in choose.choose(found) if one.is_kept]
    prose = sum(raw.prose for raw in raws)
    blocks = tuple(block for raw in raws if (block := _block(raw, url)).text)
    if data := _of_data(said, parser, prose):
        blocks = tuple(Block(text) for text in data)
        prose = sum(map(size, data))
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
    if size(text) <= 2 * prose + 200 and prose < _SHOWN:
        text = islands.read(parser)
    return _of_json(text) if size(text) > 2 * prose + 200 else ()


def read_body(html: str, *, url: str = "") -> tuple[Block, ...]:
    """The blocks of a body in markup (ninjs `body_html`, a feed's `content`): all of it is the item's, nothing has to be found."""
    parser = tree.parse(html)
    body = parser.body
    found = tree.read_tree(body).blocks if body is not None else []
    return tuple(block for raw in found if (block := _block(raw, url)).text)


def _block(raw: Raw, base: str) -> Block:
    text = raw.text
    return Block(
        text if text.isascii() and text.isprintable() else one_line(text), raw.role, tree.absolute(raw.url, base) if raw.url else ""
    )


def _of_json(text: str) -> tuple[str, ...]:
    if "<p" in text or "<br" in text:
        return tuple(block.text for block in read_body(text))
    return paragraphs(text)

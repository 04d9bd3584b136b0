"""Blocks of a body → Article, by the rules of wire text: what is the story, and what only stands around it. Pure.

before the lead   captions, byline, time stamp, words to editors, a subtitle
the lead          its dateline
between           related links, captions, advertisements
after the story   end marks, credits, contacts, and the page's own lists
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec

from pipeline.clean.blocks import CAPTION, HEADING, LINK, LIST_ITEM, PARAGRAPH, Block
from pipeline.text import bylines, captions, credits, furniture, marks
from pipeline.text.datelines import Lead, split_lead
from pipeline.text.dates import date_at_start, timestamp
from pipeline.text.marks import Mark
from pipeline.text.whitespace import one_line, size
from schemas.article import BlockKind, Dateline, Link, Picture

_LEAD_WITHIN = 14
"""A dateline stands in one of the first blocks; further down it would be a quotation or another story."""
_PROSE_ABOVE = 4
"""Paragraphs of prose above a dateline: the points of a summary, a caption, a note to readers. Below more of them none is looked for."""
_NEAR_THE_END = 0.35
"""A list of contacts ends the text when this share of the story's characters, or more, stands above it."""
_SURELY_THE_END = 0.85
"""A heading of the page's lists ends the text from this share on, whatever follows it."""


_DAY = 20
"""Characters. No day of a year is longer."""
_CREDIT = 80
"""Characters. No name or source that signs a text is longer."""
_STORY = 2
"""So many paragraphs of prose or more below a line: the story of a page goes on."""
_MARK = 60
"""Characters. No take line below a story is longer."""
_FEW = 4
"""So many paragraphs are more than a copyright notice."""


class Body(msgspec.Struct, kw_only=True):
    """What was found in the blocks; filled from top to bottom."""

    paragraphs: list[str] = []
    dateline: Dateline | None = None
    byline: str = ""
    signed: str = ""
    """The names that sign it at its end."""
    subtitle: str = ""
    stamp: str = ""
    pictures: list[Picture] = []
    links: list[Link] = []
    advisories: list[str] = []
    tails: list[str] = []
    correction: str | None = None
    is_writethru: bool = False


def read_body(blocks: Sequence[Block], *, published: datetime | None = None, headline: str = "", is_page: bool = False) -> Body:
    """Sort the blocks of one story. `published` only finds the year that its dateline leaves out. `is_page`: markup told the story apart."""
    body = Body()
    blocks = [block for block in blocks if block.text and block.kind is not BlockKind.EMBED]
    if published is None:
        stamps = (bylines.stamp_of(block.text) for block in blocks[:_LEAD_WITHIN])
        stamp = next((found for found in stamps if found), None)
        published = timestamp(stamp) if stamp else None
    blocks = _until_the_end(_without_repeats(blocks, headline), is_page=is_page)
    signed = _signed(blocks)
    blocks = [block for block in blocks if block.text not in signed] if signed else blocks
    if len(blocks) > 2 and bylines.stamp_of(blocks[1].text) is not None and bylines.may_be_names(blocks[0].text):
        body.byline = blocks[0].text  # Jana Nováková, and below it when it came out
        blocks = blocks[1:]
    lead = _find_lead(blocks, published)
    end = next((place for place in range(len(blocks) - 1, -1, -1) if len(blocks[place].text) > _CREDIT or _is_prose(blocks[place].text)), 0)
    below = _prose_below(blocks)
    for place, block in enumerate(blocks):
        _take(body, block, place, lead, is_below=place > end, is_amid=is_page and below[place] >= _STORY, is_page=is_page)
    if len(body.paragraphs) < _FEW and all(map(furniture.is_rights, body.paragraphs)):
        body.tails[:0], body.paragraphs = body.paragraphs, []
    while body.paragraphs:
        if len(body.paragraphs) > 1 and furniture.is_reached(body.paragraphs[-1]):
            body.tails.insert(0, body.paragraphs.pop())
        last, tail = furniture.split_tail(marks.without_end(body.paragraphs[-1]))
        if tail:
            body.tails.insert(0, tail)
        if last == body.paragraphs[-1]:
            break
        body.paragraphs[-1] = last
        if not last:
            body.paragraphs.pop()
    body.byline = body.byline or (bylines.byline_of(signed[0]) or "" if signed else "")
    body.signed = next((names for text in body.tails if (names := _names_in(text))), "")
    if not is_page:  # there markup tells captions apart, and some repeat a paragraph below its picture
        _drop_bare_captions(body)
    return body


def _names_in(tail: str) -> str:
    return credits.authors_of(tail) or bylines.reporters_of(tail) or bylines.signature_of(tail) or ""


def _without_repeats(blocks: Sequence[Block], headline: str) -> list[Block]:
    """Without the headline where the body repeats it above the lead, marks or none before it."""
    key = one_line(headline).casefold()
    if not key or len(blocks) < 2:
        return list(blocks)
    return [block for place, block in enumerate(blocks) if place >= 4 or not _is_headline(block.text, key)]


def _is_headline(text: str, key: str) -> bool:
    folded = text.casefold()
    return folded == key or folded.endswith(key) and marks.of_headline(text).text.casefold() == key


def _signed(blocks: Sequence[Block]) -> list[str]:
    """Bylines that stand below each entry of a live blog: three times or more."""
    times = Counter([block.text for block in blocks if len(block.text) < _MARK])
    return [text for text, often in times.items() if often > 2 and bylines.byline_of(text) is not None]


def _until_the_end(blocks: list[Block], *, is_page: bool) -> list[Block]:
    """Cut at an end mark, a notepad, a contact list, or a heading that opens the page's own lists.

    Of a page only the story is here: what looks like an end, and has its paragraphs below it, is a number in a list or a sentence.
    """
    total = sum(len(block.text) for block in blocks) or 1
    below = _prose_below(blocks)
    above = 0
    prose = 0
    kept: list[Block] = []
    skipping = False
    for place, block in enumerate(blocks):
        text = block.text
        is_amid = is_page and below[place] >= _STORY
        if furniture.is_notepad(text) and place and not is_amid:
            return kept
        if marks.is_end(text) and prose and not (is_page and below[place] and (block.role is HEADING or text.isalnum())):
            return kept + [Block(one.text) for one in blocks[place + 1 : place + 6] if furniture.is_tail(one.text)]
        if furniture.is_contact(text) and above / total >= _NEAR_THE_END and prose > 1 and not is_amid:
            return kept
        if furniture.is_tail_head(text) and prose:
            is_box = furniture.is_related_head(text)
            if not _goes_on(blocks[place + 1 :], least=1 if is_box else 2, found_in_page=is_page) or (
                above / total >= _SURELY_THE_END and not is_box and not is_page
            ):
                return kept
            skipping = True
            continue
        skipping = skipping and not _is_prose(text) and block.role is not CAPTION
        if skipping:
            kept.append(Block(text, LINK, block.url) if len(text.split()) > 3 else block)
            continue
        above += len(text)
        prose += _is_prose(text)
        kept.append(block)
    return kept


def _is_prose(text: str) -> bool:
    """A sentence or more of running text, white space collapsed."""
    words = text.count(" ") + 1
    return (
        (words >= 8 or size(text) >= 60)
        and text.rstrip("\"”’'»)] ")[-1:] in (".", "!", "?", "…", "。", "！", "？", "؟", "।", ":", "」")
        or words >= 30
    )


def _prose_below(blocks: Sequence[Block]) -> list[int]:
    """For each block, how many with prose stand below it."""
    found = [0]
    for block in reversed(blocks[1:]):
        found.append(found[-1] + _is_prose(block.text))
    return found[::-1]


def _goes_on(blocks: Sequence[Block], *, least: int, found_in_page: bool) -> bool:
    """Does the story go on below a box: so many paragraphs in a row? In a list of other stories each one has its headline above it.

    Of a page only the article's own element is here: any prose in it goes on.
    """
    if found_in_page:
        return any(_is_prose(block.text) for block in blocks)
    run, is_first_run = 0, True
    for block in blocks:
        if block.role is CAPTION or furniture.is_inline(block.text):
            continue
        if _is_prose(block.text):
            run += 1
            if run >= 2:
                return True
            if not is_first_run:
                return False
        elif run:
            if furniture.is_tail_head(block.text):
                break
            is_first_run, run = False, 0
    return is_first_run and run >= least


def _find_lead(blocks: Sequence[Block], published: datetime | None) -> tuple[int, Lead] | None:
    """Which block bears the dateline, taken apart; None where none of the first ones does. Captions have none: theirs is a picture's."""
    prose = 0
    for place, block in enumerate(blocks[:_LEAD_WITHIN]):
        if block.role in (PARAGRAPH, LINK):
            if prose == _PROSE_ABOVE:
                return None
            prose += _is_prose(block.text)
            found = split_lead(block.text, published=published)
            if found.dateline is not None and (found.text.strip() or place + 1 < len(blocks)) and _is_candidate(block.text):
                return place, found
    return None


def _is_candidate(text: str) -> bool:
    return (
        captions.caption_of(text) is None
        and furniture.related_of(text) is None
        and not marks.is_advisory(text)
        and not furniture.is_tail(text)
    )


def _take(body: Body, block: Block, place: int, lead: tuple[int, Lead] | None, *, is_below: bool, is_amid: bool, is_page: bool) -> None:
    """Put one block where it belongs. `is_below`: no prose follows. `is_amid`: the story of a page goes on below."""
    text = block.text
    is_above = place < lead[0] if lead is not None else not body.paragraphs
    if lead is not None and place == lead[0]:
        found = lead[1]
        body.dateline = found.dateline
        body.byline = body.byline or found.byline or ""
        if found.text.strip():
            body.paragraphs.append(found.text.strip())
    elif block.role is CAPTION and not furniture.is_inline(text):
        body.pictures.append(_picture(block))
    elif (
        link := furniture.related_of(text, is_linked=not is_page or bool(block.links or block.url))
    ) is not None and block.role is not HEADING:
        body.links.append(Link(text=link, url=block.url or None, after_paragraph=len(body.paragraphs)))
    elif (correction := marks.correction_of(text)) is not None:
        body.correction = correction
        body.advisories.append(text)
    elif marks.is_advisory(text) or marks.is_embargo(text) and not body.paragraphs:
        body.advisories.append(text)
    elif (picture := captions.caption_of(text)) is not None:
        body.pictures.append(picture)
    elif furniture.is_inline(text) or marks.is_more(text) or (is_above and _take_above(body, block, has_lead=lead is not None)):
        pass
    elif (
        body.paragraphs
        and not is_amid
        and (furniture.is_tail(text) or is_below and (credits.is_credit(text) or bylines.reporters_of(text) is not None))
    ):
        body.tails.append(text)
    elif body.paragraphs and len(text) < _MARK and "ritethr" in text and Mark.WRITETHRU in (marks.of_line(text) or ()):
        body.tails.append(text)
        body.is_writethru = True
    elif furniture.is_tail_head(text) and block.role is not LIST_ITEM:
        pass
    elif block.role is LINK and not _is_prose(text):
        body.links.append(Link(text=text, url=block.url or None, after_paragraph=len(body.paragraphs)))
    else:
        body.paragraphs.append(text)


def _take_above(body: Body, block: Block, *, has_lead: bool) -> bool:
    """Blocks above the lead that are no part of the story: byline, stamp, header lines, a subtitle."""
    text = block.text
    of_line = marks.of_line(text)
    if of_line is not None:
        body.is_writethru = body.is_writethru or Mark.WRITETHRU in of_line
        body.advisories.append(text)
        return True
    byline = bylines.byline_of(text) or (credits.authors_of(text) if credits.is_credit(text) else None)
    if byline is not None:
        body.byline = body.byline or byline
        return True
    if bylines.is_staff_line(text):
        return True
    if bylines.stamp_of(text) is not None or len(text) < _DAY and _is_day(text):
        body.stamp = body.stamp or text
        return True
    if has_lead and block.role is not LIST_ITEM and not text.startswith(("* ", "• ", "- ")) and not body.paragraphs:
        if not body.subtitle and len(text) <= 300:
            body.subtitle = text
            return True
        return text == body.subtitle
    return False


def _is_day(text: str) -> bool:
    """A day and a month, nothing else: `10 May`."""
    printed, length = date_at_start(text)
    return printed is not None and length == len(text) and not text.isdecimal()


def _picture(block: Block) -> Picture:
    return msgspec.structs.replace(captions.of_caption(block.text), url=block.url or None)


def _drop_bare_captions(body: Body) -> None:
    """A caption also comes without its credit: then it looks like a paragraph or a subtitle."""
    known = {captions.key(picture.caption) for picture in body.pictures if picture.caption}
    if not known:
        return
    if captions.key(body.subtitle) in known:
        body.subtitle = ""
    kept: list[str] = []
    moved = [0]
    for text in body.paragraphs:
        if len(text) < 30 or captions.key(text) not in known:
            kept.append(text)
        moved.append(len(kept))
    body.links = [msgspec.structs.replace(link, after_paragraph=moved[link.after_paragraph]) for link in body.links]
    body.paragraphs = kept

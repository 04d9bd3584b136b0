"""Drafts and pages → clean Articles. Pure: no network, no clock, no database; the same bytes and the same CLEANER give the same Article.

Draft ─ page_html ─ page ─┐
      ─ body_html ─ markup ─► blocks ─ wire ─► Article
      ─ body_text ────────┘
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import xxhash

from pipeline.clean import page, pages, typed, wire
from pipeline.clean.blocks import Block
from pipeline.clean.described import described
from pipeline.clean.page import Page
from pipeline.errors import Unreadable
from pipeline.text import language, marks
from pipeline.text.bylines import byline_of
from pipeline.text.captions import merged
from pipeline.text.dates import timestamp
from pipeline.text.marks import Mark
from pipeline.text.whitespace import normalized, one_line, paragraphs, word_count
from schemas.article import Article, Draft, Kind, Urgency, Usability

CLEANER = "14"
"""Version of all rules that `clean` applies. A change of what it gives for any input raises it: renditions are kept apart by it."""

_ALERT_WORDS = 60
"""An alert is a sentence or two."""


def clean_whole(draft: Draft, get: Callable[[str], Draft | None], *, published: datetime | None = None) -> Article:
    """The Article of a draft and of the pages on which its story goes on, one after the other, as far as `get` has them.

    Partial where a page is named and not to be had, or holds no text. Raises Unreadable for the first page, as `clean` does.
    """
    read = [clean(draft, published=published)]
    addresses = [draft.url]
    while (address := read[-1].next_page) and address not in addresses and len(read) < pages.MAX_PAGES and (further := get(address)):
        try:
            read.append(clean(further, published=published, first=draft.url))
        except Unreadable:
            break
        addresses += [address, further.url]
    return pages.joined(read, addresses)


def clean(draft: Draft, *, published: datetime | None = None, first: str = "") -> Article:
    """The Article of a draft, of this page alone. `published` (aware) is when it was first published, where that is known from elsewhere;
    `first` the address of the story's first page, if that is another one.

    Raises Unreadable where there is no article in it: a blocked or challenge page, a page of links, a body with no words.
    """
    found = _read(draft, first)
    when = published or draft.published or found.said.published or draft.version_at or timestamp(draft.extra.get("stamp", ""))
    headline = marks.of_headline(one_line(draft.headline) or found.said.headline)
    said = headline.marks | _marks_of_lines(draft)
    body = wire.read_body(found.blocks, published=when, headline=headline.text, is_page=bool(draft.page_html))
    if not body.paragraphs and not (headline.text and (_may_be_bare(draft, said) or _is_gallery(draft, body))):
        raise Unreadable(f"{draft.url or 'It'} holds no article: {found.why_empty or 'no paragraph of a story is left'}.", url=draft.url)
    text = "\n\n".join(body.paragraphs)
    kind = _kind(draft, said, body.paragraphs)
    told = described(draft, found.said, body, headline.text)
    byline = byline_of(told.byline) or told.byline
    correction = body.correction
    if correction is None and (Mark.CORRECTION in said):
        correction = ""
    note = one_line(draft.editor_note)
    if note and (stated := marks.correction_of(note)) is not None:
        correction = correction or stated
    advisories = tuple(dict.fromkeys([*([note] if note else []), *body.advisories]))
    pictures = merged([*draft.pictures, *body.pictures])
    return Article(
        headline=headline.text or (one_line(text) if kind is Kind.ALERT else ""),
        paragraphs=tuple(body.paragraphs),
        text=text,
        subtitle=told.subtitle or None,
        byline=byline or None,
        dateline=body.dateline,
        pictures=pictures,
        related_links=tuple(body.links),
        advisories=advisories,
        tails=tuple(body.tails),
        kind=kind,
        correction=correction,
        writethru=Mark.WRITETHRU in said or body.is_writethru or any(map(marks.is_update_note, advisories)),
        urgency=draft.urgency or (Urgency.FLASH if said & {Mark.ALERT, Mark.URGENT} else Urgency.NORMAL),
        language=language.of_text(text or headline.text, draft.language or found.said.language),
        credited_source=told.credited_source,
        published=told.published,
        modified=told.modified,
        canonical_url=found.said.canonical_url or None,
        keywords=draft.keywords or found.said.keywords,
        word_count=word_count(text),
        authors=told.authors,
        published_local=told.published_local,
        section=found.said.section,
        site=found.said.site,
        declared_language=language.primary(draft.language) or found.said.language,
        amp_url=found.said.amp_url or None,
        lead_picture=found.said.picture,
        access=found.access,
        access_reason=found.access_reason,
        is_paywalled=None if found.said.is_free is None else not found.said.is_free,
        genres=told.genres,
        provenance=told.provenance,
        blocks=typed.typed(found.blocks, body, pictures),
        confidence=round(found.confidence, 3),
        next_page=found.next_page or None,
    )


def text_hash(article: Article) -> str:
    """xxh3_128 of the NFC headline and text, 32 hexadecimal digits: equal where a reader sees the same words."""
    return xxhash.xxh3_128_hexdigest(normalized(f"{article.headline}\n\n{article.text}").encode())


def _read(draft: Draft, first: str) -> Page:
    if draft.page_html:
        return page.read_page(draft.page_html, url=draft.url, first=first)
    if draft.body_html:
        return Page(blocks=page.read_body(draft.body_html, url=draft.url))
    return Page(blocks=tuple(Block(text) for text in paragraphs(draft.body_text)))


def _marks_of_lines(draft: Draft) -> frozenset[Mark]:
    """Marks of header lines that the format kept: take lines, `URGENT`, a note to editors."""
    lines = [*draft.extra.get("header", "").split("\n"), draft.extra.get("slugline", "")]
    said = {mark for line in lines for mark in marks.of_line(line) or () if line}
    return frozenset(said)


def _may_be_bare(draft: Draft, said: frozenset[Mark]) -> bool:
    """Alerts are a headline and nothing else; so is what a publisher calls off."""
    return draft.kind is Kind.ALERT or draft.usability is Usability.CANCELED or bool(said & {Mark.ALERT, Mark.KILL})


def _is_gallery(draft: Draft, body: wire.Body) -> bool:
    """A page whose words are the captions of its pictures."""
    return bool(draft.page_html) and sum(bool(picture.caption) for picture in body.pictures) > 1


def _kind(draft: Draft, said: frozenset[Mark], body: list[str]) -> Kind:
    if draft.kind is not None:
        return draft.kind
    is_short = len(body) <= 2 and sum(len(text.split()) for text in body) <= _ALERT_WORDS
    if Mark.ALERT in said and is_short or Mark.URGENT in said and is_short and len(body) <= 1:
        return Kind.ALERT
    return Kind.ADVISORY if Mark.ADVISORY in said else Kind.STORY

"""What a draft, its page and its text say about an article, made one: who wrote it, when it came out, whom it credits. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from pipeline.clean.metadata import Metadata, kinds
from pipeline.clean.metadata.people import people
from pipeline.clean.metadata.said import Said, believed, letters
from pipeline.clean.wire import Body
from pipeline.text import marks
from pipeline.text.agencies import agencies, named_in
from pipeline.text.credits import source_of
from pipeline.text.whitespace import one_line
from schemas.article import Author, Draft, Genre, Origin, Provenance

_OF_FORMAT = 0.95
"""How often a feed's or a wire format's own field is right."""


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of an Article that several sources speak of."""

    authors: tuple[Author, ...]
    byline: str
    """As printed, or as the authors' names."""
    published: datetime | None
    published_local: str
    modified: datetime | None
    credited_source: str | None
    subtitle: str
    genres: tuple[Genre, ...]
    provenance: dict[str, Provenance]


def described(draft: Draft, said: Metadata, body: Body, headline: str) -> Described:
    """A format's own fields outrank what a page says, which outranks what the text's lines say."""
    known = dict(said.provenance)
    authors, how = _authors(draft, said, body)
    known.pop("authors", None)
    if how is not None:
        known["authors"] = how
    for name, given in (
        ("published", draft.published),
        ("modified", draft.version_at),
        ("headline", draft.headline),
        ("keywords", draft.keywords),
        ("declared_language", draft.language),
    ):
        if given:
            known[name] = Provenance(origin=Origin.FORMAT, confidence=_OF_FORMAT, where=draft.format)
    byline = one_line(draft.byline) or body.byline or ", ".join(one.name for one in said.authors if one.name) or body.signed
    credited = _credited(said, body, authors, byline)
    if credited is not None:
        known["credited_source"] = credited[1]
    genres = {genre: known[genre.value] for genre in said.genres}
    for genre in kinds.named(body.subtitle):
        genres.setdefault(genre, Provenance(origin=Origin.VISIBLE, confidence=0.9, where="text"))
    if credited is not None and (agency := agencies().get(credited[0])) is not None and agency.is_press:
        genres.setdefault(Genre.PRESS_RELEASE, credited[1])
    known |= {genre.value: one for genre, one in genres.items()}
    return Described(
        authors=authors,
        byline=byline,
        published=draft.published or said.published,
        published_local=draft.published.isoformat() if draft.published else said.published_local,
        modified=draft.version_at or said.modified,
        credited_source=credited[0] if credited else None,
        subtitle=_subtitle(draft, said, body, headline),
        genres=tuple(genres),
        provenance=known,
    )


def _subtitle(draft: Draft, said: Metadata, body: Body, headline: str) -> str:
    """Neither a label (`PRESS RELEASE`), nor the headline with its mark once more (`UPDATE 2-…`)."""
    found = (one_line(draft.subtitle), body.subtitle, said.subtitle)
    return next((one for one in found if one and not kinds.named(one) and letters(marks.of_headline(one).text) != letters(headline)), "")


def _authors(draft: Draft, said: Metadata, body: Body) -> tuple[tuple[Author, ...], Provenance | None]:
    if named := people(one_line(draft.byline), is_structured=True):
        return named, Provenance(origin=Origin.FORMAT, confidence=_OF_FORMAT, where="byline")
    if said.authors:
        return said.authors, said.provenance.get("authors")
    if named := people(body.byline, is_structured=True):
        return named, Provenance(origin=Origin.WIRE, confidence=0.9, where="byline")
    if named := people(body.signed, is_structured=True):
        return named, Provenance(origin=Origin.WIRE, confidence=0.8, where="tail")
    return (), None


def _credited(said: Metadata, body: Body, authors: Sequence[Author], byline: str) -> tuple[str, Provenance] | None:
    """The agency or house that dateline, byline, credits, machines' fields and a label near the headline name, in this order; and how it is known."""
    found = [one for one in _credits(said, body, authors, byline) if one.value]
    if not found:
        return None
    return found[0].value, believed(
        found[0], found, same=lambda one, other: one == other, alone=_SURE.get(found[0].where, 0.8), differing_keeps=0.9
    )


_SURE = {"dateline": 0.97, "byline": 0.95, "tail": 0.9}


def _credits(said: Metadata, body: Body, authors: Sequence[Author], byline: str) -> Iterable[Said[str]]:
    if body.dateline and body.dateline.agency:
        yield Said(body.dateline.agency, Origin.WIRE, "dateline")
    yield Said(named_in(byline) or "", Origin.WIRE if body.byline else Origin.FORMAT, "byline")
    how = said.provenance.get("authors")
    for author in authors:
        yield Said(author.agency, how.origin if how else Origin.FORMAT, "byline")
    for text in body.tails:
        yield Said(source_of(text) or named_in(text) or "", Origin.WIRE, "tail")
    where = said.provenance.get("source")
    if where:
        house = said.source if where.origin is Origin.VISIBLE and letters(said.source) != letters(said.site) else ""
        yield Said(named_in(said.source) or house, where.origin, where.where)

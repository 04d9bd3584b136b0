"""Opinion, advertising, press releases, live blogs: what a page says that its text is, beside news. Pure; by words of many languages."""

from __future__ import annotations

from functools import cache
from urllib.parse import unquote, urlsplit

from pipeline.clean.metadata import names
from pipeline.clean.metadata.around import Around
from pipeline.clean.metadata.head import Head
from pipeline.clean.metadata.jsonld import Graph, types
from pipeline.clean.metadata.said import Said
from pipeline.clean.metadata.words import GENRES, SLOTS, SPONSORED_BY
from pipeline.text.later import later
from schemas.article import Genre, Origin, Provenance

_TYPES = {
    "OpinionNewsArticle": Genre.OPINION,
    "AdvertiserContentArticle": Genre.SPONSORED,
    "LiveBlogPosting": Genre.LIVE,
}
_NOTED = (Genre.SPONSORED, Genre.PRESS_RELEASE)
"""What a line of its own says too, where no class marks it as a label."""
_NEAR, _RIGHT_ABOVE = 30, 4
"""Elements between the headline and a label; and one that might head a place for advertisements."""
_LABEL = later(r"^([^|:：–—•]{2,30}?)\s*(?:[|:–—•]\s|：)")
_SURE = {Origin.JSON_LD: 0.95, Origin.META: 0.9, Origin.VISIBLE: 0.9, Origin.URL: 0.8}


def read(head: Head, around: Around, graph: Graph, section: str, url: str) -> dict[Genre, Provenance]:
    """Each genre that is said, and by what. Several may hold: a sponsored opinion."""
    found: dict[Genre, Provenance] = {}
    for said in _said(head, around, graph, section, url):
        if said.value not in found:
            found[said.value] = Provenance(origin=said.origin, confidence=_SURE[said.origin], where=said.where)
    return found


def _said(head: Head, around: Around, graph: Graph, section: str, url: str) -> list[Said[Genre]]:
    found = [Said(_TYPES[kind], Origin.JSON_LD, "@type") for kind in sorted(types(graph.article)) if kind in _TYPES]
    found += [Said(genre, Origin.META, "section") for genre in named(section)]
    for name in names.GENRES:
        found += [Said(genre, Origin.META, name) for value in head.meta.get(name, ())[:5] for genre in named(value)]
        if name == "article:opinion" and head.first(name)[1].lower() == "true":
            found.append(Said(Genre.OPINION, Origin.META, name))
    for text in (head.title, *(one.text for one in head.headings[:2])):
        if label := _LABEL.match(text):
            found += [Said(genre, Origin.VISIBLE, "title") for genre in named(label[1])]
    for one in around.labels:
        is_slot = one.text.casefold() in SLOTS and not -_RIGHT_ABOVE <= one.place < 0
        if abs(one.place) < _NEAR and not is_slot and not one.is_aside and not one.is_slot:
            found += [Said(genre, Origin.VISIBLE, one.label[:40]) for genre in named(one.text)]
    for one in around.notes:
        if (genres := named(one.text)) and one.text.casefold() not in SLOTS and not one.is_aside and not one.is_slot:
            found += [Said(genre, Origin.VISIBLE, one.label[:40] or "text") for genre in genres if genre in _NOTED]
    return found + [Said(genre, Origin.URL, "address") for genre in _of_address(url)]


def _of_address(url: str) -> list[Genre]:
    """By the folders of an address: `/opinion/`, `/pressemitteilungen/`; the last part is the text's own name."""
    try:
        folders = [unquote(part) for part in urlsplit(url[:2000]).path.split("/")[1:-1]]
    except ValueError:
        return []
    return [genre for folder in folders[:4] for genre in named(folder.replace("-", " ").replace("_", " "))]


def named(text: str) -> tuple[Genre, ...]:
    """Genres that a short label names as a whole: `Opinion`, `Paid content by Example Ltd.`"""
    key = " ".join(text.casefold().split())
    return (_genres().get(key, ()) if len(key) < 40 else ()) or ((Genre.SPONSORED,) if key.startswith(SPONSORED_BY) else ())


@cache
def _genres() -> dict[str, tuple[Genre, ...]]:
    found: dict[str, tuple[Genre, ...]] = {}
    for name, phrases in GENRES.items():
        for phrase in phrases:
            found[phrase] = (*found.get(phrase, ()), Genre(name))
    return found

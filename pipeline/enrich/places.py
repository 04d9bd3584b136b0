"""Which places a text names: the dateline's first, then cities and countries in the headline and the body, with where they stand.

The table is GeoNames' (CC BY 4.0), see pipeline/text/gazetteer.py. A city counts where its name stands alone: not in `Paris Hilton`, `Jack London`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import ahocorasick

from pipeline.enrich.enricher import Enricher
from pipeline.text import gazetteer
from schemas.article import Article

FEWEST_PEOPLE = 100_000
"""A smaller city is named by its dateline, or not at all: too many of them are words and surnames."""
MOST = 30
_LONGEST_TEXT = 50_000
_WORDS_TOO = frozenset(
    # names that are words, given names or surnames more often than places
    "Reading Nice Mobile Bath Split Male Bar Nancy Florence Victoria Charlotte Sydney Lincoln Jackson Houston Austin Orlando Independence"
    " Aurora Regina Union Of Un Van Man Chad Jordan Georgia Guinea Turkey Hull Cork Pau Tours Troyes Angers Mary Most Ho Ash Cary Clinton"
    " Salem Eden Elgin Santa San Los Santiago Marsh Sale Worth Gary Cicero Columbia Central Southend Can Date Ise Same Oral Ufa Lot Taylor"
    " Spring Wells Bo Enterprise Best Young Ruby Bell Kent Ore Home Police March Of Ely Ra Ina Anna Carmen Natal Sabah Kaiser Derby Windsor"
    " Alexandria Lancaster Valencia Vitoria Antony Warren Hamilton Cali Lima Paradise Metro Green Eagle Cancer Hope Power Sun".split()
)
_SENTENCE_ENDS = frozenset('.!?:;"”»\n')


@cache
def _names() -> ahocorasick.Automaton:
    automaton = ahocorasick.Automaton()
    for name, code in gazetteer.countries().items():
        if len(name) > 3 and name not in _WORDS_TOO and name[0].isupper():
            automaton.add_word(name, (name, None, code))
    for city in reversed(gazetteer.cities()):  # the largest last: it wins over smaller ones of its name
        if city.population < FEWEST_PEOPLE and not city.is_capital:
            continue
        for name in (city.name, *city.other_names):
            # a short or lower-case form is a word of some language; a script without capitals has no such test
            if len(name) > 3 and name not in _WORDS_TOO and not name.islower():
                automaton.add_word(name, (name, city, city.country))
    automaton.make_automaton()
    return automaton


def enrich(article: Article) -> dict[str, Any]:
    """`{"places": [{"name", "country", "geonameid", "latitude", "longitude", "from": "dateline"|"text", "count", "offset"}, …]}`

    `country` is ISO 3166-1 alpha-2; `offset` counts characters in the article's text, null for what only dateline or headline name.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for place in article.dateline.places if article.dateline else ():
        if place.city:
            city = gazetteer.find_city(place.city, country=place.country_code)
            _count(found, place.city, city, place.country_code or (city.country if city else ""), source="dateline", offset=None)
    for text, is_body in ((article.headline, False), (article.text, True)):
        for start, name, city, code in _standing_alone(text[:_LONGEST_TEXT]):
            _count(found, name, city, code, source="text", offset=start if is_body else None)
    ordered = sorted(found.values(), key=lambda one: (one["from"] != "dateline", -one["count"], one["name"]))
    return {"places": ordered[:MOST]}


def _count(
    found: dict[tuple[str, str], dict[str, Any]], name: str, city: gazetteer.City | None, code: str, *, source: str, offset: int | None
) -> None:
    one = found.setdefault(
        (name if city is None else city.name, code),
        {
            "name": name if city is None else city.name,
            "country": code,
            "geonameid": city.geonameid if city and city.geonameid else None,
            "latitude": city.latitude if city and city.geonameid else None,
            "longitude": city.longitude if city and city.geonameid else None,
            "from": source,
            "count": 0,
            "offset": offset,
        },
    )
    one["count"] += 1
    if one["offset"] is None:
        one["offset"] = offset


def _standing_alone(text: str) -> list[tuple[int, str, gazetteer.City | None, str]]:
    """Names on word boundaries that are no part of a longer name."""
    matches = []
    for last, (name, city, code) in _names().iter_long(text):
        start = last - len(name) + 1
        if _is_alone(text, start, last + 1):
            matches.append((start, name, city, code))
    return matches


def _is_alone(text: str, start: int, end: int) -> bool:
    if (start and (text[start - 1].isalnum() or text[start - 1] in "-'’")) or (
        end < len(text) and (text[end].isalnum() or text[end] == "-")
    ):
        return False
    after = text[end : end + 2]
    if len(after) == 2 and after[0] == " " and after[1].isupper():
        return False
    before = text[max(0, start - 40) : start]
    if not before.endswith(" "):
        return True
    word = before.split()[-1] if before.split() else ""
    return not (word[:1].isupper() and word[-1].isalpha() and not _starts_sentence(before, word) and word not in ("In", "The", "From"))


def _starts_sentence(before: str, word: str) -> bool:
    ahead = before.rstrip()[: -len(word)].rstrip()
    return not ahead or ahead[-1] in _SENTENCE_ENDS


ENRICHER = Enricher(name="places", version="1", enrich=enrich)

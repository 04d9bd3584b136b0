"""Which places a text names, and where."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.enrich.places import MOST, enrich
from pipeline.text import gazetteer
from schemas.article import Article, Dateline, Place


def places(text: str, headline: str = "", dateline: Dateline | None = None) -> list[dict[str, Any]]:
    found = enrich(Article(headline=headline, paragraphs=(text,), text=text, dateline=dateline))["places"]
    assert isinstance(found, list)
    return found


def test_a_city_comes_with_its_country_its_point_and_where_it_stands() -> None:
    text = "The ships went from Hamburg to Hamburg."
    [found] = places(text)
    assert (found["name"], found["country"], found["from"], found["count"]) == ("Hamburg", "DE", "text", 2)
    assert text[found["offset"] :].startswith("Hamburg to")
    assert (round(found["latitude"]), round(found["longitude"])) == (54, 10)
    assert found["geonameid"] == 2911298


def test_a_country_has_no_point() -> None:
    [found] = places("It was sold to Norway.")
    assert (found["name"], found["country"], found["geonameid"], found["latitude"]) == ("Norway", "NO", None, None)


def test_datelines_come_first_and_are_counted_with_the_text() -> None:
    dateline = Dateline(raw="PARIS (Wire) - ", places=(Place(raw="PARIS", city="Paris", country_code="FR"),))
    found = places("They flew to Hamburg and Hamburg, and back to Paris.", dateline=dateline)
    assert [(one["name"], one["from"], one["count"]) for one in found] == [("Paris", "dateline", 2), ("Hamburg", "text", 2)]
    assert found[0]["offset"] == 46


def test_a_small_town_is_known_by_its_dateline_alone() -> None:
    dateline = Dateline(raw="PORT ELLERY - ", places=(Place(raw="PORT ELLERY", city="Port Ellery", country_code="AU"),))
    [found] = places("Nothing.", dateline=dateline)
    assert (found["name"], found["country"], found["geonameid"]) == ("Port Ellery", "AU", None)


def test_what_only_the_headline_names_stands_nowhere_in_the_text() -> None:
    [found] = places("Nothing.", headline="Storm over Hamburg")
    assert (found["name"], found["offset"]) == ("Hamburg", None)


@pytest.mark.parametrize(
    "text",
    [
        "the singer Paris Hilton", "the writer Jack London said", "she was Reading it", "a Nice day", "President Lincoln said", "the Hamburgers",
        "a hamburg steak", "Neu-Hamburg", "Hamburg-Altona", "in Jordan's hands",
    ],
)  # fmt: skip
def test_a_name_within_another_word_or_name_is_no_place(text: str) -> None:
    assert places(text) == []


@pytest.mark.parametrize("text", ["In Hamburg, it rained.", "It rained. Hamburg slept.", "Hamburg's mayor", "(Hamburg)", "“Hamburg”"])
def test_what_stands_around_a_place_does_not_hide_it(text: str) -> None:
    [found] = places(text)
    assert found["name"] == "Hamburg"
    assert text[found["offset"] :].startswith("Hamburg")


def test_another_name_of_a_city_is_that_city_where_it_is_printed() -> None:
    text = "The minister flew to Moskau on Monday."
    names = [one for one in places(text) if one["country"] == "RU"]
    assert [(one["name"], one["offset"]) for one in names] in ([("Moscow", 21)], [])


def test_a_long_list_is_bounded() -> None:
    names = {city.name for city in gazetteer.cities()[:400] if city.name.isascii()}
    assert len(places(". ".join(sorted(names)))) == MOST

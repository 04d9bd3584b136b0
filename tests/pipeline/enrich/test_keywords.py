"""What a text is about."""

from __future__ import annotations

import pytest

from pipeline.enrich.keywords import MOST, enrich
from schemas.article import Article
from tests.stories import HARBOUR, HAVEN


def keywords(headline: str, *paragraphs: str, language: str = "en") -> dict[str, float]:
    one = Article(headline=headline, paragraphs=paragraphs, text="\n\n".join(paragraphs), language=language)
    return {found["word"]: found["weight"] for found in enrich(one)["keywords"]}


def test_the_heaviest_come_first_with_weights_relative_to_it() -> None:
    found = keywords("Port Ellery to deepen its harbour", *HARBOUR.split("\n\n"))
    assert next(iter(found)) == "Port Ellery"
    assert "harbour" in found
    assert len(found) <= MOST
    weights = list(found.values())
    assert weights[0] == 1.0
    assert weights == sorted(weights, reverse=True)
    assert all(0 < weight <= 1 for weight in weights)


def test_the_headline_weighs_more_than_the_lead_and_the_lead_more_than_the_rest() -> None:
    found = keywords("herring", "plaice", "halibut")
    assert found["herring"] > found["plaice"] > found["halibut"]


def test_what_is_said_often_weighs_more() -> None:
    found = keywords("", "", "the ferry met the tug, the ferry met the pilot, the ferry sank")
    assert next(iter(found)) == "ferry"


def test_names_keep_their_capitals_and_lose_their_genitive() -> None:
    found = keywords("", "a plan", "the plan of Ilse Varga, then Ilse Varga's plan, and NATO")
    assert {"Ilse Varga", "NATO"} <= set(found)


def test_a_capital_at_the_start_of_a_sentence_makes_no_name() -> None:
    found = keywords("", "", "It rained. Herring swam. “Plaice swam.” The end of it.")
    assert {"herring", "plaice"} <= set(found)


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "which would have been about this"), ("de", "der die das und nicht"), ("fr", "le la les dans une"), ("es", "el los para una")],
)
def test_words_that_mean_nothing_are_left_out(language: str, text: str) -> None:
    assert keywords(text, text, language=language) == {}


def test_a_part_of_a_name_is_not_listed_beside_it() -> None:
    found = keywords("Port Ellery", "then Port Ellery and then Port Ellery again", "the mayor of Ellery")
    assert "Port Ellery" in found
    assert "Ellery" not in found


def test_a_language_that_does_not_part_its_words_has_none() -> None:
    assert keywords("港口委员会投票", HAVEN, language="zh") == {}


def test_addresses_and_codes_are_no_words() -> None:
    assert keywords("", "x" * 41 + " " + "A" * 500) == {}

"""What holds of every enricher, ours and third parties'."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pipeline.enrich
from pipeline.enrich import Enricher, enrichers
from schemas.article import Article, Dateline, Place
from tests.stories import HARBOUR, HAVEN

LARGEST = 20_000
"""Bytes of a fact: it is kept beside each text, and sent."""
EACH = pytest.mark.parametrize("enricher", enrichers().values(), ids=enrichers())
HOSTILE = {
    "one letter": "a" * 1_000_000,
    "one capital": "A" * 1_000_000,
    "one digit": "1" * 1_000_000,
    "one sign of Chinese": "港" * 1_000_000,
    "blanks": "a" + " " * 1_000_000 + "b",
    "many words": " ".join(f"w{number} Word{number}." for number in range(60_000)),
    "short runs": "Aa 1 " * 200_000,
    "one place": "Paris. " * 150_000,
    "apostrophes": "a'" * 500_000,
    "line ends": "a\n" * 500_000,
    "half signs": "\ud800" * 1_000,
    "controls": "\x00\x1b\u202e" * 1_000,
}


def article(text: str, headline: str = "", language: str = "en") -> Article:
    paragraphs = tuple(text.split("\n\n"))
    return Article(headline=headline or text[:80], paragraphs=paragraphs, text=text, language=language)


def dated(text: str) -> Article:
    dateline = Dateline(raw="PARIS (Wire) - ", places=(Place(raw="PARIS", city="Paris", country_code="FR"),))
    return msgspec.structs.replace(article(text), dateline=dateline)


def is_plain_json(fact: object) -> bool:
    """Nothing is lost on the way through strict JSON in UTF-8."""
    return bool(json.loads(json.dumps(fact, allow_nan=False, ensure_ascii=False).encode()) == fact)


def test_a_file_that_exposes_one_is_found_by_its_name() -> None:
    files = {path.stem for path in Path(pipeline.enrich.__path__[0]).glob("*.py") if "\nENRICHER = " in path.read_text(encoding="utf-8")}
    assert {"language", "keywords", "places"} <= files <= set(enrichers())


@EACH
def test_has_a_name_that_it_is_listed_by_and_a_version(enricher: Enricher) -> None:
    assert enrichers()[enricher.name] is enricher
    assert enricher.name.isidentifier()
    assert enricher.version


@EACH
@pytest.mark.parametrize("text", [HARBOUR, HAVEN, "", "One."], ids=["english", "chinese", "empty", "short"])
def test_gives_the_same_plain_fact_each_time(enricher: Enricher, text: str) -> None:
    one = dated(text)
    fact = enricher.enrich(one)
    assert isinstance(fact, dict)
    assert is_plain_json(fact)
    assert enricher.enrich(msgspec.json.decode(msgspec.json.encode(one), type=Article)) == fact


@EACH
@given(st.text(max_size=300), st.text(max_size=80), st.sampled_from(["", "en", "de", "xx", "zh"]))
def test_no_text_breaks_it(enricher: Enricher, text: str, headline: str, language: str) -> None:
    assert is_plain_json(enricher.enrich(article(text, headline, language)))


@EACH
@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_is_bounded_on_hostile_text_wherever_it_stands(enricher: Enricher, text: str) -> None:
    for one in (article(text), article("Short.", headline=text)):
        fact = enricher.enrich(one)
        assert is_plain_json(fact)
        assert len(json.dumps(fact)) <= LARGEST

"""What a page and its text say of an article, made one."""

from __future__ import annotations

import pytest

from pipeline.clean import clean
from schemas.article import Article, Draft, Genre, Origin

LEAD = "The harbour commission will deepen the main channel by two metres, the company that dredges it said, and it will do so by October."
PROSE = (
    "<p>Seven of the eleven members were in favour, the chairwoman told reporters after the meeting in the town hall.</p>"
    "<p>Dredging is to begin in October, and the fishing fleet will be paid for the days on which it cannot leave.</p>"
)
H1 = "<h1>Channel to be deepened</h1>"


def page(body: str) -> Article:
    return clean(Draft(format="html", page_html=f"<!doctype html><html lang='en'><body><article>{body}</article></body></html>"))


@pytest.mark.parametrize(
    "dateline", ["OSLO, May 10, 2024 /PRNewswire/ -- ", "OSLO--(BUSINESS WIRE)--", "OSLO, May 10, 2024 (GLOBE NEWSWIRE) -- "]
)
def test_what_a_press_wire_carries_is_a_press_release(dateline: str) -> None:
    article = page(f"{H1}<p>{dateline}{LEAD}</p>{PROSE}")
    assert article.genres == (Genre.PRESS_RELEASE,)
    assert article.provenance["press release"].origin is Origin.WIRE


def test_what_a_news_agency_carries_is_none() -> None:
    assert page(f"{H1}<p>OSLO, May 10 (Reuters) - {LEAD}</p>{PROSE}").genres == ()


@pytest.mark.parametrize("label", ["PRESS RELEASE", "Sponsored content", "Paid post", "Opinion"])
def test_a_label_is_no_subtitle(label: str) -> None:
    assert page(f"<div>{label}</div>{H1}<p>OSLO, May 10 (Reuters) - {LEAD}</p>{PROSE}").subtitle is None


def test_the_headline_with_its_mark_is_no_subtitle() -> None:
    article = page(f"<h1>UPDATE 2-Channel to be deepened</h1><p>OSLO, May 10 (Reuters) - {LEAD}</p>{PROSE}")
    assert (article.headline, article.subtitle) == ("Channel to be deepened", None)


def test_a_second_line_is_one() -> None:
    article = page(f"{H1}<p>Nine years of dispute end in the town hall</p><p>OSLO, May 10 (Reuters) - {LEAD}</p>{PROSE}")
    assert article.subtitle == "Nine years of dispute end in the town hall"

"""What a page and its text say of an article, made one."""

from __future__ import annotations

import json
from typing import Any

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


def shell(head: str = "", *, url: str = "https://example.org/2024/05/12/a", **fields: Any) -> Article:
    """A page that shows nothing until its script ran, with a story in its data."""
    data = json.dumps({"page": {"author": "Somebody Else", "story": {"body": [{"type": "p", "text": LEAD}] * 4, **fields}}})
    html = (
        f"<!doctype html><html><head>{head}</head><body><div id='app'></div><script type='application/json'>{data}</script></body></html>"
    )
    return clean(Draft(format="html", page_html=html, url=url))


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "Channel to be deepened", "author": {"name": "Ama Mensah"}, "publishedAt": "2024-05-10T10:00:00Z"},
        {"headline": "Channel to be deepened", "byline": "By Ama Mensah", "published_date": "2024-05-10T10:00:00Z"},
        {"title": "Channel to be deepened", "authors": [{"name": "Ama Mensah"}], "publish-date": 1715335200},
    ],
)
def test_what_stands_beside_the_text_in_a_pages_data_is_read(fields: dict[str, Any]) -> None:
    article = shell("<title>Example News</title>", **fields)
    assert article.headline == "Channel to be deepened"
    assert [one.name for one in article.authors] == ["Ama Mensah"]
    assert article.published_local == "2024-05-10T10:00:00+00:00"
    assert {article.provenance[name].origin for name in ("headline", "authors", "published")} == {Origin.DETECTED}


def test_what_the_page_says_itself_outranks_its_data() -> None:
    head = (
        "<meta property='og:title' content='Channel to be deepened'><meta name='author' content='Ama Mensah'>"
        "<meta property='article:published_time' content='2024-05-10T10:00:00Z'>"
    )
    article = shell(head, title="A harbour", author="Jan Moor", publishedAt="2020-01-01")
    assert (article.headline, article.authors[0].name, article.published_local) == (
        "Channel to be deepened",
        "Ama Mensah",
        "2024-05-10T10:00:00+00:00",
    )

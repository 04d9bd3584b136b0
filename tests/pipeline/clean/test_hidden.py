"""What a page hides: read where its readers can show it, and left where they can't."""

from __future__ import annotations

import pytest

from pipeline.clean import clean
from schemas.article import Article, Draft

PROSE = [
    "The harbour commission voted on Monday to deepen the main channel by two metres, ending a dispute of nine years.",
    "Seven of the eleven members were in favour, the chairwoman told reporters after the meeting in the town hall.",
    "Dredging is to begin in October, and the fishing fleet will be paid for the days on which it cannot leave.",
    "The money comes from the state, which wants larger ships to call; the town pays for the lights and the quay wall.",
    "Two of the four shipyards have said that they will hire again, for the first time since the old basin was closed.",
]
FIRST, REST = ("".join(f"<p>{text}</p>" for text in some) for some in (PROSE[:2], PROSE[2:]))


def page(body: str) -> Article:
    html = f"<!doctype html><html><head><title>Channel to be deepened</title></head><body><main><h1>Channel to be deepened</h1>{body}</main></body></html>"
    return clean(Draft(format="html", page_html=html, url="https://example.org/a/1"))


@pytest.mark.parametrize(
    "body",
    [
        f"<div>{FIRST}<div style='display: none'>{REST}</div><button>Show more</button></div>",
        f"<div>{FIRST}<div hidden>{REST}</div><a href='#'>Weiterlesen …</a></div>",
        f"<div>{FIRST}<section aria-hidden='true'>{REST}</section><div><span class='b'>続きを読む</span></div></div>",
        f"<div><div class='slide one'>{FIRST}</div><div class='slide' style='display:none'>{REST}</div></div>",
    ],
)
def test_the_rest_that_readers_can_show_is_the_storys(body: str) -> None:
    assert [text for text in page(body).paragraphs if text in PROSE] == PROSE


@pytest.mark.parametrize(
    "body",
    [
        f"<div>{FIRST}<div style='display: none'>{REST}</div></div>",
        f"<div>{FIRST}<div hidden class='newsletter-popup'>{REST}</div><button>Show more</button></div>",
        f"<div>{FIRST}</div><div hidden>{REST}</div><footer><button>Show more</button></footer>",
        f"<div>{FIRST}<div hidden><ul>{'<li><a href=/x>A storm closed two airports in the north on Sunday, they said.</a></li>' * 9}</ul></div>"
        "<button>Show more</button></div>",
        f"<div><div class='slide'>{FIRST}</div><div class='dialog' hidden>{REST}</div></div>",
    ],
)
def test_what_nobody_can_show_is_nobodys_to_read(body: str) -> None:
    assert list(page(body).paragraphs) == PROSE[:2]

"""Rules over all blocks that were judged."""

from __future__ import annotations

import pytest

from pipeline.clean import tidying, tree
from pipeline.clean.blocks import Role
from pipeline.clean.tidying import Judged

ENTRY = "<li><a href='/{0}'>The trawler of the year {0}, and its crew</a></li>"
PROSE = "The harbour commission voted on Monday to deepen the main channel by two metres, ending a dispute of nine years."


def kept_headings(body: str) -> list[str]:
    """Of a page whose paragraphs are all kept and whose headings are all doubted."""
    root = tree.parse(f"<html><body>{body}</body></html>").body
    assert root is not None
    found = tree.read_tree(root)
    judged = [Judged(raw, raw.role is Role.PARAGRAPH, 0.0, "") for raw in found.blocks]
    tidying.tidy(judged, found.boxes)
    return [one.raw.text for one in judged if one.is_kept and one.raw.role is Role.HEADING]


def test_each_entry_of_a_list_of_events_keeps_its_heading() -> None:
    names = ["John Doe", "The Nutcracker", "Light up the pier"]
    assert kept_headings("".join(f"<h3>{name}</h3><p>{at}: {PROSE}</p>" for at, name in enumerate(names))) == names


def test_a_heading_elsewhere_or_above_nothing_is_not_taken() -> None:
    story = f"<div><p>{PROSE}</p><p>It is to begin in October, and the fleet will be paid for each of the days in port.</p>"
    assert kept_headings(f"{story}</div><div><h3>More stories</h3><p>Seven of eleven members were in favour, it is said.</p></div>") == []
    assert kept_headings(f"{story}<h3>More stories</h3></div>") == []
    assert kept_headings(f"{story}<h3><a href='/x'>A story of another day</a></h3><p>Read all of it in the paper of today.</p></div>") == []


def kept(body: str, *, likelihood: float) -> list[str]:
    """Of a page whose paragraphs are all kept, each with this likelihood, and whose links are all dropped."""
    root = tree.parse(f"<html><body>{body}</body></html>").body
    assert root is not None
    found = tree.read_tree(root)
    judged = [Judged(raw, raw.role is not Role.LINK, likelihood, "") for raw in found.blocks]
    tidying.tidy(judged, found.boxes)
    return [one.raw.text for one in judged if one.is_kept]


@pytest.mark.parametrize(
    "aside",
    [
        "<p>Sign up for our newsletter and have the harbour in your inbox on each morning of the week.</p>",
        "<p>Abonnieren Sie den Hafenbrief. Es gilt unsere Datenschutzerklärung, die Sie jederzeit lesen können.</p>",
        "<div class='comment-text'><p>I have said for years that this channel is too shallow, and nobody would hear of it.</p></div>",
        "<div class='author-bio'><p>Jane Roe has written about the harbour and its fleet for as long as there is one.</p></div>",
    ],
)
def test_what_a_site_says_of_itself_goes_where_it_is_doubted(aside: str) -> None:
    body = f"<p>{PROSE}</p>{aside}<p>It is to begin in October. {PROSE}</p>"
    assert len(kept(body, likelihood=0.6)) == 2
    assert len(kept(body, likelihood=0.95)) == 3


def test_an_element_called_comment_that_holds_the_story_stays() -> None:
    assert kept(f"<div class='comment'><p>{PROSE}</p></div><p>Read by many.</p>", likelihood=0.6)[0] == PROSE


def test_a_list_of_links_between_the_storys_paragraphs_is_its_own() -> None:
    entries = "".join(ENTRY.format(year) for year in (2021, 2022, 2023))
    top, end = f"<p>{PROSE}</p>", f"<p>It is to begin in October. {PROSE}</p>"
    assert len(kept(f"<div>{top}<ul>{entries}</ul>{end}</div>", likelihood=1.0)) == 5
    assert len(kept(f"<div>{top}{end}<ul>{entries}</ul></div>", likelihood=1.0)) == 2
    assert len(kept(f"<div>{top}<div><ul>{entries}</ul></div>{end}</div>", likelihood=1.0)) == 2


def test_teasers_of_other_stories_go_where_they_are_doubted() -> None:
    cards = "".join(f"<li><h4><a href='/{at}'>The trawler of the year {at}</a></h4><p>{PROSE[:80]} {at}.</p></li>" for at in range(4))
    body = f"<div><p>{PROSE} {PROSE}</p><p>It is to begin in October. {PROSE} {PROSE}</p></div><ul>{cards}</ul>"
    assert len(kept(body, likelihood=0.85)) == 2 + 4 * 2
    assert len(kept(body, likelihood=0.7)) == 2


TABLE = (
    "<table><tr><th>Day</th><th>Match</th><th>Time</th></tr><tr><td>Sat</td><td>Saltmarsh v Port Earl</td><td>15:00</td></tr>"
    "<tr><td>Sun</td><td>Cannery Town v Ropewalk</td><td>12:30</td></tr></table>"
)
OTHER = "Seven of the eleven members were in favour, the chairwoman told reporters after the meeting in the town hall."


@pytest.mark.parametrize(
    ("body", "cells"),
    [
        (f"<div><p>{PROSE}</p>{TABLE}<p>{OTHER}</p></div>", 9),
        (f"<div><p>{PROSE}</p><figure>{TABLE}</figure><p>{OTHER}</p></div>", 9),
        (f"<div><p>{PROSE}</p><p>{OTHER}</p></div><aside>{TABLE}</aside>", 0),
    ],
)
def test_a_table_is_kept_with_all_its_cells_or_with_none(body: str, cells: int) -> None:
    root = tree.parse(f"<html><body>{body}</body></html>").body
    assert root is not None
    found = tree.read_tree(root)
    judged = [Judged(raw, raw.prose > 0 or raw.text == "12:30", 0.0, "") for raw in found.blocks]
    tidying.tidy(judged, found.boxes)
    assert sum(one.is_kept for one in judged if one.raw.tag in ("td", "th")) == cells

"""Rules over all blocks that were judged."""

from __future__ import annotations

from pipeline.clean import choose, tree
from pipeline.clean.blocks import Role
from pipeline.clean.choose import Judged

PROSE = "The harbour commission voted on Monday to deepen the main channel by two metres, ending a dispute of nine years."


def kept_headings(body: str) -> list[str]:
    """Of a page whose paragraphs are all kept and whose headings are all doubted."""
    root = tree.parse(f"<html><body>{body}</body></html>").body
    assert root is not None
    found = tree.read_tree(root)
    judged = [Judged(raw, raw.role is Role.PARAGRAPH, 0.0, "") for raw in found.blocks]
    choose.tidy(judged, found.boxes)
    return [one.raw.text for one in judged if one.is_kept and one.raw.role is Role.HEADING]


def test_each_entry_of_a_list_of_events_keeps_its_heading() -> None:
    names = ["John Doe", "The Nutcracker", "Light up the pier"]
    assert kept_headings("".join(f"<h3>{name}</h3><p>{at}: {PROSE}</p>" for at, name in enumerate(names))) == names


def test_a_heading_elsewhere_or_above_nothing_is_not_taken() -> None:
    story = f"<div><p>{PROSE}</p><p>It is to begin in October, and the fleet will be paid for each of the days in port.</p>"
    assert kept_headings(f"{story}</div><div><h3>More stories</h3><p>Seven of eleven members were in favour, it is said.</p></div>") == []
    assert kept_headings(f"{story}<h3>More stories</h3></div>") == []
    assert kept_headings(f"{story}<h3><a href='/x'>A story of another day</a></h3><p>Read all of it in the paper of today.</p></div>") == []

"""What two versions differ in, word by word; lines in a pipe are plain."""

from __future__ import annotations

import io

from rich.console import Console

from newswire.demo.telling import ADDED, REMOVED, Teller, difference, marked
from schemas.article import Article

OLD = Article(headline="Ferry aground", paragraphs=("A ferry with 212 aboard ran aground.", "Nobody was hurt.", "Fog lay on the river."))
NEW = Article(
    headline="Ferry aground", paragraphs=("A ferry with 221 aboard ran aground.", "Nobody was hurt.", "Fog lay on the river.", "Tugs came.")
)


def test_only_what_differs_is_shown_word_by_word() -> None:
    assert [marked(line) for line in difference(OLD, NEW)] == [
        "… 1 paragraph unchanged",
        "A ferry with [-212-] {+221+} aboard ran aground.",
        "… 2 paragraphs unchanged",
        "{+Tugs came.+}",
    ]


def test_what_goes_is_red_and_what_comes_is_green() -> None:
    line = difference(OLD, NEW)[1]
    assert [(line.plain[span.start : span.end], span.style) for span in line.spans] == [("212", REMOVED), ("221", ADDED)]


def test_equal_texts_have_no_difference() -> None:
    assert [marked(line) for line in difference(OLD, OLD)] == ["… 4 paragraphs unchanged"]


def test_in_a_pipe_all_is_plain_text() -> None:
    out = io.StringIO()
    teller = Teller(Console(file=out, highlight=False))
    teller.panel("A title", "a [line] of https://example.org/x")
    teller.step(3, "A step")
    teller.says("something")
    teller.holds("true " * 60)
    teller.story("Headline", "text")
    teller.table(("a", "b"), [("1", "[2]")])
    teller.difference(OLD, NEW)
    lines = out.getvalue().splitlines()
    assert "  a [line] of https://example.org/x" in lines
    assert "    1 | [2]" in lines
    assert "\x1b" not in out.getvalue()
    assert not set("─│╭▸✓") & set(out.getvalue())
    assert f"ok {'true ' * 60}".rstrip() in [line.rstrip() for line in lines], "a long line is one line"

"""What two versions differ in, word by word."""

from __future__ import annotations

from newswire.diff import ADDED, REMOVED, difference, marked
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

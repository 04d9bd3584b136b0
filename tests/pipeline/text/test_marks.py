"""Marks of wires: corrections, writethrus, alerts, kills, ends."""

from __future__ import annotations

import pytest

from pipeline.text import marks
from pipeline.text.marks import Mark


@pytest.mark.parametrize(
    ("headline", "text", "mark"),
    [
        ("CORRECTED-Bank holds rate", "Bank holds rate", Mark.CORRECTION),
        ("Correction: Bank holds rate", "Bank holds rate", Mark.CORRECTION),
        ("REFILE-Bank holds rate", "Bank holds rate", Mark.CORRECTION),
        ("UPDATE 2-Bank holds rate", "Bank holds rate", Mark.WRITETHRU),
        ("WRAPUP 1-Bank holds rate", "Bank holds rate", Mark.WRITETHRU),
        ("(LEAD) Bank holds rate", "Bank holds rate", Mark.WRITETHRU),
        ("(2nd LD) Bank holds rate", "Bank holds rate", Mark.WRITETHRU),
        ("1st Ld-Writethru: Bank holds rate", "Bank holds rate", Mark.WRITETHRU),
        ("URGENT - Bank holds rate", "Bank holds rate", Mark.URGENT),
        ("(URGENT) Bank holds rate", "Bank holds rate", Mark.URGENT),
        ("FLASH: Bank holds rate", "Bank holds rate", Mark.ALERT),
        ("EIL: Bank holds rate", "Bank holds rate", Mark.ALERT),
        ("KILL: Bank holds rate", "Bank holds rate", Mark.KILL),
        ("MEDIA ADVISORY: Bank to speak", "Bank to speak", Mark.ADVISORY),
    ],
)
def test_a_headline_loses_its_mark_and_keeps_its_words(headline: str, text: str, mark: Mark) -> None:
    found = marks.of_headline(headline)
    assert found.text == text
    assert mark in found.marks


@pytest.mark.parametrize(
    "headline",
    [
        "Update on the bank's rate",
        "Correction fluid makers merge",
        "Lead pipes found in 400 schools",
        "Kill fees rise",
        "Alert driver saves bus",
        "Flash floods hit town",
        "Lead-contaminated water found in 400 schools",
        "BUDGET: what it means for you",
        "SNAP: what the cut means for families",
    ],
)
def test_a_headline_that_begins_with_such_a_word_keeps_it(headline: str) -> None:
    assert marks.of_headline(headline) == marks.Marked(headline, frozenset())


def test_header_lines_are_told_from_headlines() -> None:
    assert Mark.WRITETHRU in (marks.of_line("BC-EU--Trade, 2nd Ld-Writethru,330") or ())
    assert Mark.ALERT in (marks.of_line("APNewsAlert") or ())
    assert Mark.URGENT in (marks.of_line("URGENT") or ())
    assert marks.of_line("Trade talks go on") is None


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("(Corrects second paragraph to say Monday, not Sunday)", "Corrects second paragraph to say Monday, not Sunday"),
        ("(In Jan. 3 story, corrects name of the minister)", "In Jan. 3 story, corrects name of the minister"),
        ("Eds: CORRECTS: Spelling of the town. Adds quote.", "Spelling of the town. Adds quote."),
        ("Correction: The vote was on Monday.", "The vote was on Monday."),
        ("An earlier version of this story misstated the day.", "An earlier version of this story misstated the day."),
        (
            "(This March 1 story has been corrected to fix the day in paragraph 2)",
            "This March 1 story has been corrected to fix the day in paragraph 2",
        ),
        (
            "• This article was amended on 2 March 2024. The vote was on Monday.",
            "This article was amended on 2 March 2024. The vote was on Monday.",
        ),
        (
            "A correction was made on March 2, 2024: The vote was on Monday.",
            "A correction was made on March 2, 2024: The vote was on Monday.",
        ),
    ],
)
def test_what_a_correction_corrects_is_kept(line: str, what: str) -> None:
    assert marks.correction_of(line) == what


@pytest.mark.parametrize(
    "line",
    [
        "(Adds details, background)",
        "Eds: UPDATES: Adds crest.",
        "Editor's note: Times are local.",
        "(Recasts, adds CEO comment (paragraph 3))",
    ],
)
def test_words_to_editors_are_known(line: str) -> None:
    assert marks.is_advisory(line)
    assert marks.correction_of(line) is None


@pytest.mark.parametrize(
    "line",
    [
        "(He adds nothing to the debate.)",
        "Editors of three papers resigned on Monday.",
        "The correction was made on Friday.",
        "This article of the law was amended in 1998.",
        "The report found that two officers had mistakenly let three ships pass.",
    ],
)
def test_sentences_with_the_same_words_are_not(line: str) -> None:
    assert not marks.is_advisory(line)
    assert marks.correction_of(line) is None


@pytest.mark.parametrize("line", ["-30-", "- 30 -", "###", "# # #", "ENDS", "(END)", "-0-", "--ENDS--", "Enditem", "NNNN"])
def test_an_end_mark_ends(line: str) -> None:
    assert marks.is_end(line)


def test_a_word_is_no_end_mark() -> None:
    assert not marks.is_end("Endings are hard.")
    assert not marks.is_end("30 people came.")
    assert marks.is_more("-more-")
    assert not marks.is_more("More people came.")


@pytest.mark.parametrize(
    "line",
    [
        "EDITORS: Please kill the story slugged BC-Merger.",
        "The story about the merger has been withdrawn",
        "STORY WITHDRAWN",
        "Kill is mandatory",
    ],
)
def test_a_kill_notice_is_known(line: str) -> None:
    assert marks.is_kill_notice(line) or marks.of_line(line) is not None


def test_a_story_about_a_kill_is_none() -> None:
    assert not marks.is_kill_notice("Hunters may kill 40 wolves this winter, the ministry said.")
    assert not marks.is_kill_notice("Killer whales came back to the bay.")


def test_a_note_of_what_is_new_marks_an_update_and_one_of_what_was_wrong_does_not() -> None:
    assert marks.is_update_note("(Updates with repair, cost)")
    assert marks.is_update_note("Eds: UPDATES: Adds crest.")
    assert not marks.is_update_note("(Corrects second paragraph to say Monday)")
    assert not marks.is_update_note("Editor's note: Times are local.")


def test_a_correction_may_say_when_it_was_made() -> None:
    assert marks.correction_of("Correction 8/29/10 7:05 a.m. PDT: The harbour has two cranes.") == "The harbour has two cranes."
    assert marks.correction_of("Correction (May 3, 2024): The harbour has two cranes.") == "The harbour has two cranes."
    assert marks.correction_of("Correction of 3 errors took a year: nobody minded.") is None

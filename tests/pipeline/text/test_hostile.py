"""What holds of every rule of wire text, whatever it is given: it answers, and its work grows with the text and not with its square.

No clock is read: what is quadratic in a megabyte does not come back before the suite's deadline.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text import agencies, bylines, captions, charset, dates, embargo, furniture, gazetteer, head, language, marks, whitespace
from pipeline.text.datelines import split_lead
from pipeline.text.datelines.places import read_places

NOW = datetime(2026, 3, 1, tzinfo=UTC)
OF_A_LINE: dict[str, Callable[[str], object]] = {
    "agency_of": agencies.agency_of,
    "named_in": agencies.named_in,
    "byline_of": bylines.byline_of,
    "is_staff_line": bylines.is_staff_line,
    "stamp_of": bylines.stamp_of,
    "caption_of": captions.caption_of,
    "split_lead": split_lead,
    "read_places": read_places,
    "date_at_end": dates.date_at_end,
    "date_at_start": dates.date_at_start,
    "timestamp": dates.timestamp,
    "embargo": lambda text: embargo.until(text, arrived=NOW),
    "related_of": furniture.related_of,
    "is_tail_head": furniture.is_tail_head,
    "is_related_head": furniture.is_related_head,
    "is_inline": furniture.is_inline,
    "is_notepad": furniture.is_notepad,
    "is_tail": furniture.is_tail,
    "is_contact": furniture.is_contact,
    "split_tail": furniture.split_tail,
    "find_city": gazetteer.find_city,
    "country_code": gazetteer.country_code,
    "find_region": gazetteer.find_region,
    "read_head": lambda text: head.read_head([text, text[:50], text]),
    "language": language.of_text,
    "of_headline": marks.of_headline,
    "of_line": marks.of_line,
    "is_kill_notice": marks.is_kill_notice,
    "is_embargo": marks.is_embargo,
    "is_advisory": marks.is_advisory,
    "correction_of": marks.correction_of,
    "is_end": marks.is_end,
    "is_more": marks.is_more,
    "without_end": marks.without_end,
}
OF_A_TEXT: dict[str, Callable[[str], object]] = {
    "date_in": dates.date_in,
    "plain": whitespace.plain,
    "one_line": whitespace.one_line,
    "paragraphs": whitespace.paragraphs,
    "size": whitespace.size,
    "word_count": whitespace.word_count,
    "decode": lambda text: charset.decode(text.encode("utf-8", "surrogatepass"), text[:80]),
    "decode Latin": lambda text: charset.decode(text.encode("latin-1", "replace"), "text/html; charset=iso-8859-1"),
}
UNITS = [
    *"a A _ ( ) [ - -- / , . : 1 12: # * < > é 日 【 | © = @ \u0301 \u202e \u200b \ud800 \x00 A, A/ (( (a 5.5. a-".split(),
    *(" ", "\n", "\u3000", "A ", "A. ", "and A ", "SEOUL/", "SEOUL, ", "(AP) — ", "AP ", "Aug. 5 ", "5 Aug ", "2026-", "By A ", "By "),
    *(
        "UPDATE 1-",
        "(Adds (",
        "(Adds ",
        "Eds: ",
        "RELATED ",
        "Photo by A/",
        "(Photo by ",
        "(Reporting by ",
        "The story ",
        "KILL ",
        "at 5 pm ",
    ),
]
BEFORE = ["", "By ", "SEOUL, Aug. 5 ", "(Adds ", "A ship. (Photo by "]


@pytest.mark.parametrize("name", OF_A_LINE)
def test_a_line_of_a_megabyte_costs_little(name: str) -> None:
    for start in BEFORE[:2]:
        for unit in UNITS:
            OF_A_LINE[name](start + unit * (1_000_000 // len(unit)))


@pytest.mark.parametrize("name", OF_A_LINE)
def test_the_longest_lines_that_are_looked_at_cost_little_too(name: str) -> None:
    for start in BEFORE:
        for unit in UNITS:
            for length in (190, 1900):
                OF_A_LINE[name](start + unit * (length // len(unit)))


@pytest.mark.parametrize("name", OF_A_TEXT)
def test_a_text_of_much_of_the_same_costs_little(name: str) -> None:
    for unit in UNITS:
        OF_A_TEXT[name]("SEOUL, Aug. 5 " + unit * (100_000 // len(unit)))


WORDS = st.sampled_from([unit.strip() or unit for unit in UNITS])
HOSTILE = st.one_of(
    st.text(st.characters(), max_size=300),  # surrogates, NULs and marks of direction among them
    st.lists(WORDS, max_size=60).map(" ".join),
    st.lists(st.sampled_from(["\u202b", "\u200f", "مرحبا", "שלום", "abc", "12", "(", ")", "\x00", "\udfff", "-", ", "]), max_size=60).map(
        "".join
    ),
)


@given(HOSTILE)
def test_every_rule_answers_whatever_it_is_asked(text: str) -> None:
    for rule in (*OF_A_LINE.values(), *OF_A_TEXT.values()):
        rule(text)


@given(HOSTILE)
def test_a_dateline_and_its_lead_are_the_paragraph(text: str) -> None:
    lead = split_lead(text)
    assert (lead.dateline.raw if lead.dateline else "") + lead.text == text


@given(HOSTILE)
def test_what_stands_before_a_date_is_the_texts_beginning(text: str) -> None:
    before, printed = dates.date_at_end(text)
    assert text.startswith(before)
    assert printed is None or dates.is_possible(printed)


@given(HOSTILE)
def test_a_paragraph_and_its_tail_are_of_the_paragraph(text: str) -> None:
    kept, tail = furniture.split_tail(text)
    assert text.startswith(kept)
    assert tail is None or tail in text
    assert text.startswith(marks.without_end(text))

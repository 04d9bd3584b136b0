"""White space and paragraphs."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.whitespace import one_line, paragraphs, plain, word_count

SENTENCES = [
    "The council voted on Monday to go on with the plan for the bridge, which has been drawn four times since the war and built none.",
    "It will cost 84 million crowns, of which the state pays two thirds, the chairwoman said after a meeting of seven hours.",
    "Work begins in October.",
]


def test_a_line_may_be_a_paragraph() -> None:
    assert paragraphs("\n".join(SENTENCES)) == tuple(SENTENCES)


def test_hand_wrapped_lines_are_joined() -> None:
    wrapped = "\n\n".join(textwrap.fill(sentence, 66) for sentence in SENTENCES)
    assert paragraphs(wrapped) == tuple(SENTENCES)


def test_an_indent_begins_a_paragraph_where_no_blank_line_does() -> None:
    wrapped = "\n".join(textwrap.fill(sentence, 66, initial_indent="   ") for sentence in SENTENCES)
    assert paragraphs(wrapped) == tuple(SENTENCES)


def test_line_ends_of_all_kinds_are_line_ends() -> None:
    assert paragraphs("One here.\r\n\r\nTwo here.\rThree here.\u2028Four here.\x85Five here.") == (
        "One here.",
        "Two here.",
        "Three here.",
        "Four here.",
        "Five here.",
    )


def test_invisible_signs_go_and_joiners_stay() -> None:
    assert plain("a\u00adb\u200bc\ufeffd\x00e") == "abcde"
    assert plain("می\u200cخواهم") == "می\u200cخواهم"
    assert one_line("a\u00a0 \t b\n") == "a b"


@given(st.text())
def test_plain_text_can_always_be_encoded_and_is_stable(text: str) -> None:
    once = plain(text)
    once.encode()
    assert plain(once) == once


@given(st.text())
def test_paragraphs_of_paragraphs_are_the_same(text: str) -> None:
    once = paragraphs(text)
    assert paragraphs("\n\n".join(once)) == once


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The council voted on Monday.", 5),
        ("一封信在湖底六十一年后送达。", 13),
        ("島の銭湯はBGMを流す。", 9),  # 8 kana and kanji, one Latin word
        ("마을에 종이 울렸다.", 3),
        ("ตลาดน้ำกลับมาคึกคัก", 4),  # a fifth of its 19 letters and signs
        ("", 0),
    ],
)
def test_words_are_counted_as_word_processors_do(text: str, words: int) -> None:
    assert word_count(text) == words


def test_a_lone_surrogate_is_no_accident() -> None:
    assert plain("a\ud800b").encode()

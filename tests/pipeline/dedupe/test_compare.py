"""How two texts share their words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedupe.compare import overlap, replaced_details, shared_shingles
from tests.stories import HARBOUR, LIBRARY, auction

TEXTS = st.one_of(
    st.text(max_size=200), st.lists(st.sampled_from("the port of Ellery voted on 12 March 7".split()), max_size=40).map(" ".join)
)


@given(TEXTS, TEXTS)
def test_shares_lie_between_nothing_and_all_and_mirror_each_other(one: str, other: str) -> None:
    there, back = overlap(one, other), overlap(other, one)
    assert all(0 <= share <= 1 for share in (there.of_new, there.of_other, there.jaccard))
    assert (there.of_new, there.of_other, there.jaccard) == (back.of_other, back.of_new, back.jaccard)
    assert there.jaccard <= min(there.of_new, there.of_other)
    assert shared_shingles(one, other) == shared_shingles(other, one)


@given(TEXTS)
def test_a_text_shares_all_with_itself_and_replaces_nothing(text: str) -> None:
    shares = overlap(text, text)
    assert {shares.of_new, shares.of_other, shares.jaccard} in ({1.0}, {0.0})
    assert replaced_details(text, text)[0] == 0


def test_a_cut_copy_is_all_of_itself_and_a_part_of_the_whole() -> None:
    shares = overlap(HARBOUR[:500], HARBOUR)
    assert shares.of_new > 0.95
    assert 0.4 < shares.of_other < 0.7


def test_texts_without_words_share_nothing() -> None:
    assert overlap("", "").jaccard == overlap("", HARBOUR).of_other == 0.0


def test_other_stories_share_nothing() -> None:
    assert shared_shingles(HARBOUR, LIBRARY) == 0


def test_the_next_report_of_a_series_replaces_numbers_and_names() -> None:
    replaced, kept = replaced_details(auction("Monday", "300", "512", "Nordbank"), auction("Thursday", "450", "610", "Sparhaus"))
    assert replaced >= 3
    assert replaced > kept


def test_a_copy_replaces_none_whatever_is_cut_or_put_before() -> None:
    copy = "Port Ellery (Wire) - More of the day's news from 12 towns. " + HARBOUR[: len(HARBOUR) // 2]
    assert replaced_details(copy, HARBOUR)[0] == 0


@pytest.mark.parametrize("hostile", ["A " * 500_000, "1" * 1_000_000, "a" * 1_000_000, "x, " * 300_000])
def test_hostile_texts_are_aligned_in_bounded_time(hostile: str) -> None:
    replaced, kept = replaced_details(hostile, hostile[::-1])
    assert replaced >= 0
    assert kept <= 3_000

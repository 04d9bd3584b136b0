"""What the benchmark of clean text counts, by hand on small cases."""

from __future__ import annotations

import random

import pytest

from benchmarks.clean.data import Truth, half_of, names_of, original
from benchmarks.clean.fuzz import mutated
from benchmarks.clean.metrics import Counts, author_counts, bootstrap, mean_f1, script_of, shingles, snippet_counts, summed_f1, text_counts


def test_shingles_are_multisets_of_runs_of_four_tokens() -> None:
    assert shingles("a b c d a b c d")[("a", "b", "c", "d")] == 2
    assert shingles("a b") == {("a", "b"): 1}
    assert shingles("...") == {}


def test_a_pages_counts_are_shares_of_their_sum() -> None:
    assert text_counts("a b c d e", "a b c d f") == Counts(1 / 3, 1 / 3, 1 / 3)
    assert text_counts("A b c d", "a b c d") == Counts(0, 0.5, 0.5)


def test_text_f1_is_that_of_the_mean_precision_and_the_mean_recall() -> None:
    assert mean_f1([Counts(1, 0, 0), Counts(0, 0, 1)]) == pytest.approx(2 * 1 * 0.5 / 1.5)  # nothing found: nothing of it is wrong


def test_snippets_ignore_how_white_space_is_set() -> None:
    truth = Truth(set="snippets", page="", url="", must=("one  two", "three"), must_not=("four",))
    assert snippet_counts("one\ntwo four", truth) == Counts(1, 1, 1)
    assert summed_f1([Counts(1, 1, 1)]) == 0.5


def test_names_are_equal_whatever_their_case_and_stops() -> None:
    assert author_counts(["AMA K. MENSAH", "Desk"], ["Ama K Mensah"]) == Counts(1, 1, 0)
    assert names_of("Ama Mensah, Will Drake and Eva Noor; Olu Ade") == ("Ama Mensah", "Will Drake", "Eva Noor", "Olu Ade")


def test_a_page_from_an_archive_counts_as_the_site_that_it_was_of() -> None:
    assert original("https://web.archive.org/web/20160526181643/http://example.org/a") == "http://example.org/a"
    assert original("https://example.org/web/1/a") == "https://example.org/web/1/a"
    assert {half_of("example.org"), half_of("example.com"), half_of("example.net")} <= {"tuning", "reporting"}


def test_an_interval_holds_the_difference_and_is_the_same_each_time() -> None:
    one, other = [Counts(1, 0, 0)] * 10, [Counts(0.5, 0.5, 0)] * 9 + [Counts(1, 0, 0)]
    domains = [f"{n}.example" for n in range(10)]
    first, again = (bootstrap(domains, one, other, mean_f1) for _ in range(2))
    assert first == again
    assert 0 <= first.low <= first.difference <= first.high


@pytest.mark.parametrize(
    ("text", "script"),
    [("The council", "LATIN"), ("La région a voté", "LATIN, accented"), ("会議は月曜日に", "CJK"), ("مجلس", "ARABIC"), ("1", "none")],
)
def test_scripts_are_told_apart(text: str, script: str) -> None:
    assert script_of(text) == script


def test_a_seed_decides_a_mutation() -> None:
    body = b"<html><body><p>The council voted on Monday.</p></body></html>"
    assert mutated(body, random.Random(3)) == mutated(body, random.Random(3))
    assert len({mutated(body, random.Random(seed)) for seed in range(20)}) > 10

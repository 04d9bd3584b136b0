"""Copies are recognised in a labelled set of a kind that no rule was tuned on: the other half of its stories."""

from __future__ import annotations

from pathlib import Path

from benchmarks.dedupe_quality import pairs, stream


def test_copies_in_a_stream_find_their_story(shared: Path) -> None:
    score = stream(shared / "samples/dedupe/dev.jsonl.gz", "reporting")
    assert score.right + score.missed > 1_000
    assert score.precision >= 0.97
    assert score.recall >= 0.98


def test_resends_are_told_from_recurring_reports(shared: Path) -> None:
    score = pairs(shared / "samples/dedupe/real_pairs.jsonl.gz", "reporting")
    assert score.right + score.missed > 40
    assert score.f1 >= 0.85

"""Generated stories: the same from one seed, distinct from one another, clean enough to be told apart from what surrounds them."""

from __future__ import annotations

from collections import Counter

from pipeline.dedupe.signature import shingles, signature
from press.generate import documents


def test_the_same_seed_gives_the_same_stories() -> None:
    assert list(documents(20, seed=7)) == list(documents(20, seed=7))
    assert list(documents(20, seed=7)) != list(documents(20, seed=8))
    assert list(documents(20, seed=7))[10:] == list(documents(10, seed=7, first=11))


def test_no_two_could_be_taken_for_copies() -> None:
    """A copy of half of a text shares eight hashes or more with it; by chance two may meet."""
    holders: dict[int, list[int]] = {}
    for number, document in enumerate(documents(3_000)):
        for value in signature("\n\n".join(document.paragraphs)):
            holders.setdefault(value, []).append(number)
    pairs = Counter(
        (low, high) for found in holders.values() if len(found) > 1 for place, low in enumerate(found) for high in found[place + 1 :]
    )
    assert [pair for pair, shared in pairs.items() if shared > 3] == []


def test_each_has_words_enough_to_be_known_by() -> None:
    for document in documents(200):
        assert len(shingles("\n\n".join(document.paragraphs))) > 40
        assert len(document.paragraphs) >= 4
        assert document.headline
        assert document.byline

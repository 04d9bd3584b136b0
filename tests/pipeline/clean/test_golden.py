"""Each golden sample becomes exactly what stands beside it."""

from __future__ import annotations

import pytest

from tests.golden_samples import agrees, expected, read_one, samples, seen


@pytest.mark.parametrize("name", samples())
def test_a_golden_sample_becomes_what_stands_beside_it(name: str) -> None:
    path, wanted = expected(name)
    draft, article = read_one(path)
    left_out = wanted.pop("must_not_be_in_body", [])
    kept = wanted.pop("must_stay_verbatim", [])
    assert agrees(seen(draft, article), wanted) == wanted
    assert [words for words in left_out if words in article.text] == []
    assert [words for words in kept if words not in article.text] == []


def test_there_are_samples_of_many_agencies() -> None:
    assert len(samples()) >= 20


def test_there_are_pages_in_many_languages() -> None:
    wanted = [expected(name) for name in samples()]
    assert len({sample["language"] for path, sample in wanted if path.suffix == ".html" and sample.get("language")}) >= 18

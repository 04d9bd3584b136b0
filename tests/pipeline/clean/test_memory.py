"""What a page of 20 MB takes at its peak, in a process of its own."""

from __future__ import annotations

import pytest

from benchmarks.clean.cost import memory_mb


@pytest.mark.parametrize(("kind", "most_mb"), [("text", 200), ("tags", 100)])
def test_a_large_page_takes_no_more_than_ten_times_its_size(kind: str, most_mb: int) -> None:
    assert memory_mb(kind) <= most_mb

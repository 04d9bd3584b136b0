"""The figures that the documentation gives are those that the benchmark wrote."""

from __future__ import annotations

from benchmarks.clean.table import PAGE, figures, with_figures


def test_the_figures_of_the_page_are_those_of_the_run() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_figures(page, figures()), "run python -m benchmarks.clean.table"

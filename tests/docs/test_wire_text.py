"""The figures in docs/reference/wire-text.md are the benchmark's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def row(name: str, half: dict[str, Any]) -> str:
    wrong = half["wrong"]
    aspects = (wrong[aspect] for aspect in ("found", "places", "printed country", "date", "agency"))
    countries = f"{half['countries_right']} of {half['countries_judged']}"
    cells = (name, half["lines"], half["wrong_lines"], *aspects, countries, f"{half['false_datelines']} of {half['no_datelines']}")
    return f"| {' | '.join(map(str, cells))} |"


def test_the_figures_of_datelines_are_the_benchmarks() -> None:
    result = json.loads((ROOT / "benchmarks" / "results" / "datelines.json").read_text(encoding="utf-8"))
    page = (ROOT / "docs" / "reference" / "wire-text.md").read_text(encoding="utf-8")
    pages = result["pages"]
    assert row("looked at", result["tuning"]) in page
    assert row("not looked at", result["reporting"]) in page
    assert pages["missed"] == pages["false_datelines"] == 0
    assert (
        f"In {pages['paragraphs']:,} paragraphs of {pages['pages']} pages it found {pages['datelines']} datelines that are there, and none"
        in page
    )

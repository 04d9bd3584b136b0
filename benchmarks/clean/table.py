"""The figures of docs/reference/clean.md, from what the benchmark wrote: `python -m benchmarks.clean.table` puts them there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "clean.json"
PAGE = ROOT / "docs" / "reference" / "clean.md"
START, END = "<!-- figures: written by python -m benchmarks.clean.table -->\n", "<!-- end of figures -->\n"


def markdown(results: dict[str, Any]) -> str:
    """Tables of one run."""
    lines = ["| measure | pages | newswire | best peer | | difference, 95 % interval |", "| --- | --- | --- | --- | --- | --- |"]
    for name, entry in results["measures"].items():
        best, difference = entry["best_peer"], entry["difference"]
        lines.append(
            f"| {name} | {entry['pages']} | {entry['scores']['newswire']:.3f} | {entry['scores'][best]:.3f} | {best} |"
            f" {difference['difference']:+.3f} ({difference['low']:+.3f} to {difference['high']:+.3f}) |"
        )
    ratios = ", ".join(f"{name} {low:.1f} ({high:.1f})" for name, (low, high) in results["ratio"].items())
    lines += ["", f"CPU a page as a multiple of a bare parse, median (95th percentile): {ratios}.", ""]
    lines += ["| confidence | pages | mean confidence | mean F1 |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {row['from']:.2f} to {row['to']:.2f} | {row['pages']} | {row['confidence']:.2f} | {row['f1']:.2f} |"
        for row in results["confidence"]
    ]
    return "\n".join(lines) + "\n"


def with_figures(page: str, figures: str) -> str:
    """The page, what stands between the marks replaced."""
    before, _, rest = page.partition(START)
    return f"{before}{START}\n{figures}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    figures = markdown(json.loads(RESULTS.read_text(encoding="utf-8")))
    PAGE.write_text(with_figures(PAGE.read_text(encoding="utf-8"), figures), encoding="utf-8")

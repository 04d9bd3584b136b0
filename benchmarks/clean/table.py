"""The figures of docs/reference/clean.md, from what the benchmark wrote: `python -m benchmarks.clean.table` puts them there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "clean.json"
RULES = ROOT / "benchmarks" / "results" / "clean_rules.json"
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
    cost, memory, fuzz = results["cost"], results["memory_mb_of_20"], results["fuzz"]
    lines += [
        f"Of ours, told apart: cleaning {_pair(cost['cleaning'])}, charset {_pair(cost['charset'])}, language {_pair(cost['language'])}; a bare parse"
        f" takes {cost['parse_ms'][0]:.2f} ms ({cost['parse_ms'][1]:.2f}). A page of 20 MB: {memory['text']:.0f} MB where it is text,"
        f" {memory['tags']:.0f} MB where it is tags. Of {fuzz['pages']:,} mutated pages {fuzz['crashes']} crashed; the worst took"
        f" {fuzz['worst_ms']:.0f} ms, and one {fuzz['allowance_used']:.1f} times 5 ms and 50 ms a MB.",
        "",
        "| script | pages | F1 |",
        "| --- | --- | --- |",
        *(f"| {name} | {one['pages']} | {one['f1']:.2f} |" for name, one in results["by_script"].items()),
        "",
    ]
    lines += ["| confidence | pages | mean confidence | mean F1 |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {row['from']:.2f} to {row['to']:.2f} | {row['pages']} | {row['confidence']:.2f} | {row['f1']:.2f} |"
        for row in results["confidence"]
    ]
    return "\n".join(lines) + "\n"


def worth(rows: Sequence[dict[str, Any]]) -> str:
    """What the scores of the tuning half, by cross-validation, lose without each rule and each group of the model's columns."""
    base = rows[0]
    sets = [name for name in base if name != "without"]
    lines = [
        "What each is worth, by cross-validation over the domains of the tuning half: F1 without it.",
        "",
        f"| without | {' | '.join(sets)} |",
        f"| --- |{' --- |' * len(sets)}",
        f"| nothing | {' | '.join(f'{base[name]:.4f}' for name in sets)} |",
    ]
    lines += [
        f"| {row['without']} | {' | '.join(f'{row[name]:.4f} ({row[name] - base[name]:+.4f})' for name in sets)} |" for row in rows[1:]
    ]
    return "\n".join(lines) + "\n"


def _pair(values: Sequence[float]) -> str:
    return f"{values[0]:.1f} ({values[1]:.1f})"


def with_figures(page: str, figures: str) -> str:
    """The page, what stands between the marks replaced."""
    before, _, rest = page.partition(START)
    return f"{before}{START}\n{figures}\n{END}{rest.partition(END)[2]}"


def figures() -> str:
    """All tables, from the results that are there."""
    results, rules = (json.loads(path.read_text(encoding="utf-8")) for path in (RESULTS, RULES))
    return f"{markdown(results)}\n{worth(rules)}"


if __name__ == "__main__":
    PAGE.write_text(with_figures(PAGE.read_text(encoding="utf-8"), figures()), encoding="utf-8")

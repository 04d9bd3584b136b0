"""One command: newswire and its peers over one half of the labelled pages → a table, and with --write benchmarks/results/clean.json."""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks.clean import cost, metrics, tools
from benchmarks.clean.data import SETS, Truth, load
from benchmarks.clean.metrics import Counts, Found

RESULTS = Path(__file__).parents[1] / "results" / "clean.json"
OURS = "newswire"
_BINS = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.01)
_FUZZED = 10_000
Scored = dict[str, list[Counts]]
"""For each tool what it got right on each page of a measure."""


def main() -> None:
    options = _options()
    truths = load(options.folder, options.half, tuple(options.sets))
    names = [name for name in tools.PEERS if not options.peers or name in options.peers]
    found = {OURS: [tools.timed(tools.ours, truth) for truth in truths]}
    found |= {name: tools.run_peer(name, truths, options.cache) for name in names}
    result = {"half": options.half, "pages": len(truths), **measures(truths, found), "ratio": ratios(found)}
    result["by_script"] = by_script(truths, found[OURS])
    result["confidence"] = by_confidence(truths, found[OURS])
    if options.write:
        RESULTS.write_text(json.dumps(_rounded(result), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if options.cost or options.write:
        result["cost"] = msgspec.to_builtins(cost.cost(truths))
        result["memory_mb_of_20"] = {kind: cost.memory_mb(kind) for kind in ("text", "tags")}
    if options.write:  # what a later part may not live to see
        RESULTS.write_text(json.dumps(_rounded(result), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if options.write or options.fuzz:
        result["fuzz"] = msgspec.to_builtins(cost.fuzz(truths, options.fuzz or _FUZZED))
    show(result)
    if options.half == "tuning":
        show_worst(truths, found[OURS], options.worst)
    if options.write:
        RESULTS.write_text(json.dumps(_rounded(result), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clean", description=__doc__)
    parser.add_argument("folder", type=Path, help="with aed.jsonl and the others in it")
    parser.add_argument("--half", choices=["tuning", "reporting"], default="tuning", help="reporting: only to report, never to look at")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--peers", nargs="*", default=[], help="only these")
    parser.add_argument("--cache", type=Path, help="a folder outside the repository: what peers found is read from there, and kept")
    parser.add_argument("--cost", action="store_true", help="also CPU by part, and memory")
    parser.add_argument("--fuzz", type=int, default=0, metavar="N", help="also time N mutated pages")
    parser.add_argument("--worst", type=int, default=0, metavar="N", help="show the N worst pages of the tuning half")
    parser.add_argument("--write", action="store_true", help=f"all of it, into {RESULTS.name}; an empty cache only")
    options = parser.parse_args()
    if options.write and options.cache and options.cache.exists():
        parser.error(f"{options.cache} holds earlier results: what is written comes from one run.")
    return options


def measures(truths: Sequence[Truth], found: dict[str, list[Found]]) -> dict[str, Any]:
    """Each measure of each set: scores by tool, the best peer, and the difference to it with its interval."""
    result: dict[str, Any] = {}
    for name, these, applies, count, score in _MEASURES:
        pages = [place for place, truth in enumerate(truths) if applies(truth)]
        if not pages:
            continue
        scored = {tool: [count(found[tool][place], truths[place]) for place in pages] for tool in (OURS, *these) if tool in found}
        scores = {tool: score(counts) for tool, counts in scored.items()}
        peers = [tool for tool in scores if tool != OURS]
        entry: dict[str, Any] = {"pages": len(pages), "scores": scores}
        if peers:
            best = max(peers, key=lambda tool: scores[tool])
            interval = metrics.bootstrap([truths[place].domain for place in pages], scored[OURS], scored[best], score)
            entry |= {"best_peer": best, "difference": msgspec.to_builtins(interval)}
        result[name] = entry
    return {"measures": result}


def _equal_title(found: Found, truth: Truth) -> Counts:
    return Counts(float(metrics.key(found.title) == metrics.key(truth.title or "")), 0, 0)


def _same_day(found: Found, truth: Truth) -> Counts:
    return Counts(float(found.date == truth.date), 0, 0)


def _share(pages: Sequence[Counts]) -> float:
    return sum(page.right for page in pages) / len(pages)


def _text(found: Found, truth: Truth) -> Counts:
    return metrics.text_counts(found.text, truth.text or "")


def _snippets(found: Found, truth: Truth) -> Counts:
    return metrics.snippet_counts(found.text, truth)


def _authors(found: Found, truth: Truth) -> Counts:
    return metrics.author_counts(found.authors, truth.authors or ())


_Measure = tuple[str, Sequence[str], Callable[[Truth], bool], Callable[[Found, Truth], Counts], Callable[[Sequence[Counts]], float]]


def _of_set(set_: str) -> list[_Measure]:
    return [
        (f"{set_} text F1", tools.OF_TEXT, lambda truth: truth.set == set_ and bool(truth.text), _text, metrics.mean_f1),
        (f"{set_} snippets F1", tools.OF_TEXT, lambda truth: truth.set == set_ and bool(truth.must), _snippets, metrics.summed_f1),
        (f"{set_} title", tools.OF_TITLES, lambda truth: truth.set == set_ and bool(truth.title), _equal_title, _share),
        (
            f"{set_} authors F1",
            tools.OF_AUTHORS,
            lambda truth: truth.set == set_ and truth.authors is not None,
            _authors,
            metrics.summed_f1,
        ),
        (f"{set_} date", tools.OF_DATES, lambda truth: truth.set == set_ and bool(truth.date), _same_day, _share),
    ]


_MEASURES = [measure for set_ in SETS for measure in _of_set(set_)]


def ratios(found: dict[str, list[Found]]) -> dict[str, tuple[float, float]]:
    """CPU as a multiple of a bare parse, one run a page: median and 95th percentile; pages on which a peer was ended apart."""
    return {name: metrics.spread([one.ratio for one in pages if one.ratio]) for name, pages in found.items()}


def page_score(found: Found, truth: Truth) -> float:
    """F1 of one page alone, whatever its set judges."""
    return (_text(found, truth) if truth.text else _snippets(found, truth)).f1


def by_script(truths: Sequence[Truth], found: Sequence[Found]) -> dict[str, Any]:
    """Text and snippets F1 by the script of the true text, where a weak one would show."""
    groups: dict[tuple[str, str], list[Counts]] = defaultdict(list)
    for truth, one in zip(truths, found, strict=True):
        script = metrics.script_of(truth.text or " ".join(truth.must))
        groups["text" if truth.text else "snippets", script].append(_text(one, truth) if truth.text else _snippets(one, truth))
    return {
        f"{script}, {kind}": {"pages": len(pages), "f1": metrics.mean_f1(pages) if kind == "text" else metrics.summed_f1(pages)}
        for (kind, script), pages in sorted(groups.items(), key=lambda group: (group[0][0], -len(group[1])))
    }


def by_confidence(truths: Sequence[Truth], found: Sequence[Found]) -> list[dict[str, Any]]:
    """How good pages are, by how sure the cleaner says to be."""
    sure = [(one.confidence, page_score(one, truth)) for truth, one in zip(truths, found, strict=True) if one.confidence is not None]
    rows = []
    for low, high in pairwise(_BINS):
        inside = [(said, got) for said, got in sure if low <= said < high]
        if inside:
            said, got = (sum(column) / len(inside) for column in zip(*inside, strict=True))
            rows.append({"from": low, "to": min(high, 1.0), "pages": len(inside), "confidence": said, "f1": got})
    return rows


def show(result: dict[str, Any]) -> None:
    """Tables in a terminal, or as wide as they are in a file."""
    console = Console(width=None if sys.stdout.isatty() else 220)
    names = [OURS, *(name for name in tools.PEERS if name in result["ratio"])]
    table = Table("measure", "pages", *names, "to the best peer", "95 %", title=f"{result['half']} half, {result['pages']} pages")
    for name, entry in result["measures"].items():
        difference = entry.get("difference")
        table.add_row(
            name,
            str(entry["pages"]),
            *(f"{entry['scores'][tool]:.3f}" if tool in entry["scores"] else "" for tool in names),
            f"{difference['difference']:+.3f}" if difference else "",
            f"{difference['low']:+.3f} to {difference['high']:+.3f}" if difference else "",
        )
    table.add_row("CPU ratio, median", "", *(f"{result['ratio'][name][0]:.1f}" for name in names))
    table.add_row("CPU ratio, 95th", "", *(f"{result['ratio'][name][1]:.1f}" for name in names))
    console.print(table)
    for name in ("by_script", "confidence", "cost", "memory_mb_of_20", "fuzz"):
        if result.get(name):
            console.print(name, _rounded(result[name]))


def show_worst(truths: Sequence[Truth], found: Sequence[Found], count: int) -> None:
    """The pages with the least F1."""
    worst = sorted(zip(truths, found, strict=True), key=lambda pair: page_score(pair[1], pair[0]))[:count]
    table = Table("F1", "precision", "recall", "page", "url", "refused")
    for truth, one in worst:
        counts = _text(one, truth) if truth.text else _snippets(one, truth)
        table.add_row(f"{counts.f1:.2f}", f"{counts.precision:.2f}", f"{counts.recall:.2f}", truth.page, truth.url[:70], one.refused[-60:])
    if count:
        Console(width=220).print(table)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list | tuple) else value


if __name__ == "__main__":
    main()

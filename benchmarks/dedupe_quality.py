"""How well copies are recognised, on two labelled sets.

    python benchmarks/dedupe_quality.py ../shared/samples/dedupe

Stream: each article in published order is assigned to its best match, as in operation; all pairs of one story are counted.
Pairs: two real wire texts, same or different. What has an even first byte in the sha1 digest of its label is for tuning, the rest for reporting.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from pipeline.dedupe.decide import Incoming, Neighbour, decide
from pipeline.dedupe.signature import signature
from schemas.article import Article, Draft
from schemas.verdict import Verdict, VerdictKind

AT_LEAST_SHARED = 2
"""As in pipeline/ingest/judge.py."""


class Score(msgspec.Struct, frozen=True):
    """Pairs that are one story: found rightly, found wrongly, missed."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, 2 * self.right + self.wrong + self.missed)


def half(label: str) -> str:
    """`tuning` or `reporting`."""
    return "tuning" if hashlib.sha1(label.encode()).digest()[0] % 2 == 0 else "reporting"


def stream(path: Path, which: str) -> Score:
    """Score of streaming assignment over one half of the articles."""
    articles = [one for one in _lines(path) if half(one["story"]) == which]
    found, true = _pairs(_assign(articles)), _pairs([one["story"] for one in articles])
    return Score(len(found & true), len(found - true), len(true - found))


def pairs(path: Path, which: str) -> Score:
    """Score over one half of the labelled pairs; what is labelled `rewritten` is no copy."""
    counts: Counter[tuple[bool, bool]] = Counter()
    for pair in _lines(path):
        texts = ["\n\n".join(pair[side]["paras"]) for side in "AB"]
        if half(pair["a"] + pair["b"]) != which or not all(texts):
            continue
        first, second = (
            datetime.strptime(pair[side]["date"].split(".")[0].strip(), "%d-%b-%Y %H:%M:%S").replace(tzinfo=UTC) for side in "AB"
        )
        other = Neighbour(item=1, version=1, provider="a", headline=pair["A"]["title"], text=texts[0], at=first, story=1)
        near = [other] if len(set(signature(texts[0])) & set(signature(texts[1]))) >= AT_LEAST_SHARED else []
        counts[pair["label"] == "same", _judge("b", pair["B"]["title"], texts[1], second, near).kind is VerdictKind.PICKUP] += 1
    return Score(counts[True, True], counts[False, True], counts[True, False])


def _lines(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _judge(provider: str, headline: str, text: str, at: datetime, near: list[Neighbour]) -> Verdict:
    article = Article(headline=headline, paragraphs=(text,), text=text, published=at)
    draft = Draft(format="text")
    incoming = Incoming(provider=provider, draft=draft, article=article, keys=(), matched_by=None, text_hash="", fetched_at=at)
    return decide(incoming, None, near, is_killed=False)


def _assign(articles: list[dict[str, Any]]) -> list[int]:
    index: dict[int, list[int]] = defaultdict(list)
    stories: list[int] = []
    kept: list[Neighbour] = []
    for place, one in enumerate(articles):
        hashes = signature(one["text"])
        shared = Counter(other for value in hashes for other in index[value])
        near = [kept[other] for other, count in shared.most_common(20) if count >= AT_LEAST_SHARED]
        at = datetime.fromisoformat(one["published"]).replace(tzinfo=UTC)
        original = _judge(f"p{place}", one["title"], one["text"], at, near).pickup_of
        stories.append(place if original is None else stories[original])
        kept.append(
            Neighbour(item=place, version=place, provider=f"p{place}", headline=one["title"], text=one["text"], at=at, story=stories[place])
        )
        for value in hashes:
            index[value].append(place)
    return stories


def _pairs(labels: list[Any]) -> set[tuple[int, int]]:
    groups: dict[object, list[int]] = defaultdict(list)
    for place, label in enumerate(labels):
        groups[label].append(place)
    return {pair for members in groups.values() for pair in combinations(members, 2)}


def main() -> None:
    """Measure both halves of both sets, print a table."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("usage: python benchmarks/dedupe_quality.py FOLDER    with dev.jsonl.gz and real_pairs.jsonl.gz in it")
    table = Table("set", "half", "pairs of one story", "precision", "recall", "F1")
    for name, measure, file in (("stream", stream, "dev.jsonl.gz"), ("pairs", pairs, "real_pairs.jsonl.gz")):
        for which in ("tuning", "reporting"):
            score = measure(Path(sys.argv[1]) / file, which)
            table.add_row(name, which, str(score.right + score.missed), f"{score.precision:.3f}", f"{score.recall:.3f}", f"{score.f1:.3f}")
    Console().print(table)


if __name__ == "__main__":
    main()

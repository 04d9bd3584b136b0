"""How well copies are recognised, on a labelled set: each article in published order is assigned to its best match, as in operation.

    python benchmarks/dedupe_quality.py ../shared/samples/dedupe/dev.jsonl.gz

Stories whose label's sha1 digest has an even first byte are for tuning, odd ones for reporting. Prints a table for each half.
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

from rich.console import Console
from rich.progress import track
from rich.table import Table

from pipeline.dedupe.decide import Incoming, Neighbour, decide
from pipeline.dedupe.signature import signature
from schemas.article import Article, Draft
from schemas.verdict import VerdictKind


def half(label: str) -> str:
    """`tuning` or `reporting`."""
    return "tuning" if hashlib.sha1(label.encode()).digest()[0] % 2 == 0 else "reporting"


def assign(articles: list[dict[str, str]]) -> list[int]:
    """The story of each article, as streaming assignment gives it."""
    index: dict[int, list[int]] = defaultdict(list)
    stories: list[int] = []
    kept: list[Neighbour] = []
    for place, one in enumerate(track(articles, description="assigning", transient=True)):
        hashes = signature(one["text"])
        shared = Counter(other for value in hashes for other in index[value])
        at = datetime.fromisoformat(one["published"]).replace(tzinfo=UTC)
        article = Article(headline=one["title"], paragraphs=(one["text"],), text=one["text"], published=at)
        incoming = Incoming(
            provider=f"p{place}", draft=Draft(format="text"), article=article, keys=(), matched_by=None, text_hash="", fetched_at=at
        )
        neighbours = [kept[other] for other, count in shared.most_common(20) if count >= 2]
        verdict = decide(incoming, None, neighbours, is_killed=False)
        story = stories[verdict.pickup_of] if verdict.kind is VerdictKind.PICKUP and verdict.pickup_of is not None else place
        stories.append(story)
        kept.append(Neighbour(item=place, version=place, provider=f"p{place}", headline=one["title"], text=one["text"], at=at, story=story))
        for value in hashes:
            index[value].append(place)
    return stories


def pairs(labels: list[object]) -> set[tuple[int, int]]:
    """All pairs that bear one label."""
    groups: dict[object, list[int]] = defaultdict(list)
    for place, label in enumerate(labels):
        groups[label].append(place)
    return {pair for members in groups.values() for pair in combinations(members, 2)}


def main() -> None:
    """Read, assign, compare."""
    with gzip.open(Path(sys.argv[1]), "rt", encoding="utf-8") as lines:
        articles = [json.loads(line) for line in lines]
    table = Table("half", "articles", "precision", "recall", "F1")
    for name in ("tuning", "reporting"):
        chosen = [one for one in articles if half(str(one["story"])) == name]
        found, true = pairs(list(assign(chosen))), pairs([one["story"] for one in chosen])
        precision = len(found & true) / max(1, len(found))
        recall = len(found & true) / max(1, len(true))
        f1 = 2 * precision * recall / max(1e-9, precision + recall)
        table.add_row(name, str(len(chosen)), f"{precision:.3f}", f"{recall:.3f}", f"{f1:.3f}")
    Console().print(table)


if __name__ == "__main__":
    main()

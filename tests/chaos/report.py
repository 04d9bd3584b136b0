"""What a run says: a line a fault class, the verdict, and on failure the seed and the life of the item."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.chaos.course import RECOVER_S, Plan, Result
from tests.chaos.verdict import KINDS

console = Console(width=140)


def begin(plan: Plan) -> None:
    console.print(f"chaos: {plan.database}, {plan.documents} documents, {plan.faults} faults, seed {plan.seed}", highlight=False)


def tell(sentence: str) -> None:
    console.print(f"  {sentence}", highlight=False)


def show(result: Result) -> None:
    """Tables for people."""
    plan, wrong = result.plan, Counter(found.kind for found in result.findings)
    table = Table("fault", "times", title=f"{plan.database}, seed {plan.seed}: {sum(result.counts.values())} faults")
    for name, count in sorted(result.counts.items()):
        table.add_row(name, str(count))
    for name, why in sorted(result.skipped.items()):
        table.add_row(name, f"not here: {why}")
    console.print(table)
    table = Table(
        "verdict", "count", title=f"{result.published} documents published, {result.stored} items, {sum(result.messages.values())} messages"
    )
    for kind in KINDS:
        table.add_row(kind, str(wrong[kind]))
    table.add_row(f"recovered after the last fault (at most {RECOVER_S:.0f} s)", _seconds(result.recovered_s))
    table.add_row("all was quiet after", _seconds(result.quiet_s))
    table.add_row("failpoints hit", f"{sum(1 for count in result.hits.values() if count)} of {len(result.hits)}")
    table.add_row("took", _seconds(result.took_s))
    console.print(table)
    for found in result.findings[:20]:
        console.print(f"  {found.kind}: {found.words}", highlight=False, markup=False)
    for life in result.lives:
        console.print(life, highlight=False, markup=False)
    if result.findings:
        console.print(
            f"To see it again: python -m tests.chaos --database {plan.database} --documents {plan.documents} --faults {plan.faults} --seed {plan.seed}",
            highlight=False,
        )


def _seconds(value: float | None) -> str:
    return "not" if value is None else f"{value:.0f} s"


def as_json(result: Result) -> dict[str, Any]:
    """For benchmarks/results and docs."""
    plan, wrong = result.plan, Counter(found.kind for found in result.findings)
    return {
        "database": plan.database,
        "seed": plan.seed,
        "code": result.code,
        "documents": plan.documents,
        "faults": dict(sorted(result.counts.items())),
        "skipped": result.skipped,
        "failpoints": result.hits,
        "published": result.published,
        "items": result.stored,
        "messages": result.messages,
        "held": {moment: held._asdict() for moment, held in result.held.items()},
        "verdict": {kind: wrong[kind] for kind in KINDS},
        "findings": [f"{found.kind}: {found.words}" for found in result.findings[:20]],
        "recovered_s": None if result.recovered_s is None else round(result.recovered_s, 1),
        "quiet_s": None if result.quiet_s is None else round(result.quiet_s, 1),
        "took_s": round(result.took_s),
    }

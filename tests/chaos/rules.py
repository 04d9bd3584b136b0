"""The test is tested: each rule taken out makes a short run of the same harness fail. `python -m tests.chaos --rules`

Without any rule taken out the same runs end well: that is the row `nothing`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.chaos.course import Plan, Result, run
from tests.chaos.parts.sitecustomize import SWITCHES
from tests.model.checker import check
from tests.model.places import ASKED_FOR_BY, BEYOND, HELD_BY, MODELS

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results" / "rules.json"
PAGE = Path(__file__).parents[2] / "docs" / "why" / "rules-taken-out.md"
FLUSHES = ("Redis flushed",)
THEIRS = ("a consumer's Redis flushed",)
KILLS = ("kill -9 at task.after_claim",)
"""With a row in hand: three kills at random hit nobody at work."""
POISON = ("a poison document",)
GUARD, RESTORED = "a consumer applies only what is greater by (epoch, seq)", "after a restore the epoch and every generation are raised"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Which faults show what it is for, and how PROTOCOL.md's reader would call what goes wrong."""

    faults: tuple[str, ...]
    shows: str
    times: int = 3
    database: str = "sqlite"
    documents: int = 40


RULES: dict[str, Rule] = {
    "what was offered and not claimed is offered again": Rule(faults=FLUSHES, shows="work whose message Redis lost is never done"),
    "a lease ends, and a dead child's rows are free": Rule(faults=KILLS, shows="what a killed worker held is never done"),
    "a lost chunk is split into singles": Rule(faults=POISON, shows="innocents beside a poison document are never stored", times=3),
    "a single that was lost too often is set aside": Rule(faults=POISON, shows="a poison document kills workers for ever", times=3),
    "whoever stores an embargoed version inserts its release": Rule(faults=(), shows="what was under embargo is never shown", times=0),
    "whatever changes an item holds the ledger lock": Rule(
        faults=(), shows="two workers give one number, and documents are blamed", times=0, database="postgresql", documents=200
    ),
    "what is not acknowledged is sent again": Rule(faults=THEIRS, shows="what a consumer's Redis lost is never told"),
    "an acknowledgement names the seq": Rule(faults=("revised in flight",), shows="a consumer keeps the older text", times=4),
    GUARD: Rule(faults=("a consumer's Redis back with an older AOF",), shows="an effect happens twice"),
    RESTORED: Rule(faults=("restore of a backup",), shows="consumers take what is new for what is old", times=1),
}


def some_runs(names: Sequence[str], tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """Each rule's run with it, and without it; kept in a file as they end. All rows that are there then."""
    for name in names:
        for without in ("", name):
            tell(f"{name}: {'taken out' if without else 'kept'}")
            row = _row(name, RULES[name], without, run(_plan(RULES[name], without), tell=tell))
            others = [one for one in kept_rows() if (one["rule"], one["taken_out"]) != (name, bool(without))]
            RESULTS.write_text(json.dumps([*others, row], indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return kept_rows()


def kept_rows() -> list[dict[str, Any]]:
    return json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else []


def _plan(rule: Rule, without: str) -> Plan:
    """With the rule, a run has long to become quiet; without it, it need not."""
    return Plan(
        database=rule.database,
        documents=rule.documents,
        faults=rule.times,
        seed=11,
        kinds=("celery",),
        consumers=1,
        only=rule.faults or ("none",),
        without=without,
        quiet_deadline_s=40 if without else 240,
        probes=False,
    )


def _row(name: str, rule: Rule, without: str, result: Result) -> dict[str, Any]:
    wrong = Counter(found.kind for found in result.findings)
    return {
        "rule": name,
        "taken_out": bool(without),
        "faults": dict(result.counts),
        "shows": rule.shows,
        "wrong": dict(wrong),
        "example": result.findings[0].words if result.findings else "",
        "took_s": round(result.took_s),
    }


def page(rows: list[dict[str, Any]]) -> str:
    """The table, as a page of docs/."""
    by_key = {(row["rule"], row["taken_out"]): row for row in rows}
    lines = [
        "# Rules taken out",
        "",
        "The run that kills everything (`make chaos`) finds nothing wrong. Would it, if something were? Each rule below is taken out by a switch",
        "that exists in tests only (`tests/chaos/parts/sitecustomize.py`), and a short run of the same harness is made with it and without it.",
        "",
        "Written by `python -m tests.chaos --rules`; do not edit.",
        "",
        "| rule taken out | faults | what it is for | with the rule | without it the run found |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name in RULES:
        kept, out = by_key.get((name, False)), by_key.get((name, True))
        if kept is None or out is None:
            lines.append(f"| {name} | | {RULES[name].shows} | not run yet | not run yet |")
            continue
        faults = ", ".join(f"{count} × {fault}" for fault, count in out["faults"].items()) or "none"
        lines.append(f"| {name} | {faults} | {out['shows']} | {_wrongs(kept)} | {_wrongs(out)}: {out['example']} |")
    lines += [
        "",
        "## Every rule, taken out of its model",
        "",
        "A run of whole processes shows a rule where its absence strikes often and nothing stands behind it. The models (`tests/model/`) show each:",
        "the checker goes through every order of events and finds what goes wrong without it, or that nothing but luck leads to the end. The last",
        "column names the test of the code that asks for the rule.",
        "",
        "| rule | stands in | its model without it | the test of the code |",
        "| --- | --- | --- | --- |",
        *(f"| {rule} | {_place(rule)} | {_shown(model, rule)} | {_test(rule)} |" for model in MODELS for rule in model.TAKEN_OUT),
        "",
        "## Rules that no model holds",
        "",
        "What is of one function, or of a time that models leave out.",
        "",
        "| rule | the test of the code |",
        "| --- | --- |",
        *(f"| {rule} | `{test}` |" for rule, test in BEYOND.items()),
        "",
    ]
    return "\n".join(lines)


def _place(rule: str) -> str:
    return f"`{HELD_BY[rule]}`" if rule in HELD_BY else "not built yet, or a consumer's own"


def _test(rule: str) -> str:
    return f"`{ASKED_FOR_BY[rule]}`" if rule in ASKED_FOR_BY else ""


def _shown(model: Any, rule: str) -> str:
    """What the checker finds in the scenario that shows what the rule is for."""
    scenario = model.TAKEN_OUT[rule]
    found = check(replace(model.SCENARIOS[scenario], without=rule))
    return f"{model.__name__.rpartition('.')[2]}, “{scenario}”: {found.sentence}"


def _wrongs(row: dict[str, Any]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in row["wrong"].items()) or "nothing wrong"


def main(names: Sequence[str], tell: Callable[[str], None]) -> int:
    """The runs of some rules, or of all, and the page. Non-zero where a rule that is taken out goes unnoticed, or a kept one finds something."""
    rows = some_runs(names or list(RULES), tell)
    PAGE.write_text(page(rows), encoding="utf-8")
    wrong = [row for row in rows if bool(row["wrong"]) is not row["taken_out"]]
    for row in wrong:
        tell(
            f"{row['rule']}: {'taken out and not noticed' if row['taken_out'] else 'kept, and yet ' + _wrongs(row) + ': ' + row['example']}"
        )
    return 1 if wrong else 0


assert set(SWITCHES) <= set(RULES)

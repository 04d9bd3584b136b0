"""Results as a page: benchmarks/results/{chaos,nothing-lost,rules}.json → docs/why/nothing-lost.md. `python -m benchmarks.nothing_lost_page`"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[1]
_RESULTS = _ROOT / "benchmarks" / "results"
PAGE = _ROOT / "docs" / "why" / "nothing-lost.md"
_HEAD = """# Nothing lost, nothing twice: how we know

The promise is in these words: stored once; delivered at least once; our own effects idempotent; consumers get the recipe to make theirs so.
[Architecture](../architecture.md) says how it is kept. This page says how we know, and is written by `python -m benchmarks.nothing_lost_page`
from the files in `benchmarks/results/`; do not edit it.

1. **Models** (`tests/model/`): small explicit-state models of each part of the protocol. A checker visits every state that they can reach; each
   rule taken out shows the shortest way to what goes wrong.
2. **State machines** (`tests/model/test_*_machine.py`): random interleavings drive the real storage functions on PostgreSQL and SQLite, and are
   compared with a reference of a few lines. The suite has time for a few; `make properties` for twenty times as many.
3. **A smoke** in the suite (`tests/faults/test_smoke.py`): the whole system, each failpoint kills once.
4. **`make chaos`** (`tests/chaos/`): the whole system under a press, consumers of every kind and an enricher that fails now and then; everything
   is killed, frozen, cut, filled and put back, in an order that a seed gives. The verdict compares ledgers that know nothing of one another: what
   the press served, what the tables hold, what each consumer wrote down itself. Connections, files, memory and keys of Redis are compared with
   what was held at the start of the run, when all was quiet after its first documents.
5. **The test is tested**: [rules taken out](rules-taken-out.md).

```sh
make chaos                                                               # 20,000 documents, 300 faults, both databases
make chaos CHAOS="--database sqlite --documents 500 --faults 40 --seed 7"
```

## What is not shown yet

A starved machine does find things: what takes longer than its time limit five times is set aside, though it is innocent, and such a run fails;
on the two cores of the runs below other work went on at the same time. The network to the press itself, to webhooks and to folders of files is
not cut: the press's own bad answers stand for the first. Runs with a verdict of connections or files that were “left” compared those, and memory,
with fixed limits, not with the start of the run; the first could not fail.

One more full run, on SQLite with seed 8318, said that one document was lost: of seven that kill whoever reads them, six were set aside. A second
worker, started beside the first as a fault, had not been told of the run's own format, and read the seventh as plain text. That was the run's
mistake; second processes are told now.
"""


def page() -> str:
    """The page, from the results that are there."""
    parts = [_HEAD]
    if runs := _read("chaos"):
        parts.append(runs_table(runs))
    if measured := _read("nothing-lost"):
        parts.append(_measures(measured))
    return "\n".join(parts)


def _read(name: str) -> Any:
    path = _RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def runs_table(runs: list[dict[str, Any]]) -> str:
    """What each run was of, its verdict, and its faults."""
    heads = [f"{run['database']}, seed {run['seed']}" for run in runs]
    lines = ["## The runs", "", f"| | {' | '.join(heads)} |", f"| --- |{' --- |' * len(runs)}"]

    def line(name: str, values: list[Any]) -> None:
        lines.append(f"| {name} | {' | '.join(str(value) for value in values)} |")

    line("code (`python -m tests.chaos.code`)", [run.get("code", "not recorded") for run in runs])
    line("documents published", [run["published"] for run in runs])
    line("items stored", [run["items"] for run in runs])
    line("consumers", [len(run["messages"]) for run in runs])
    line("messages that consumers received", [sum(run["messages"].values()) for run in runs])
    line("faults", [sum(run["faults"].values()) for run in runs])
    line("named failpoints hit", [f"{sum(1 for count in run['failpoints'].values() if count)} of {len(run['failpoints'])}" for run in runs])
    for kind in dict.fromkeys(kind for run in runs for kind in run["verdict"]):
        line(f"**{kind}**", [f"**{run['verdict'].get(kind, 'not judged then')}**" for run in runs])
    line("a story that came after the last fault reached every consumer after, s", [run["recovered_s"] for run in runs])
    line("all was quiet after, s", [run["quiet_s"] for run in runs])
    line("took, s", [run["took_s"] for run in runs])
    names = sorted({name for run in runs for name in (*run["faults"], *run["skipped"])})
    lines += ["", "| fault | " + " | ".join(heads) + " |", f"| --- |{' --- |' * len(runs)}"]
    for name in names:
        line(name, [run["faults"].get(name) or f"not here: {run['skipped'].get(name, 'not drawn')}" for run in runs])
    return "\n".join(lines) + "\n"


def _measures(measured: dict[str, Any]) -> str:
    lines = ["## Measured", "", "| measure | reach | came out | beside it |", "| --- | --- | --- | --- |"]
    for name in measured:
        lines += [f"| {' | '.join(row)} |" for row in _ROWS[name](measured[name])]
    loads = ", ".join(f"{name} {value['load_of_the_machine']}" for name, value in measured.items())
    lines += ["", f"Two shared cores; other work ran beside. Load average at the end of each part: {loads}.", ""]
    return "\n".join(lines)


def _memory(one: dict[str, Any]) -> list[tuple[str, ...]]:
    ours, plain = one["ours_bytes"] / 1e6, one["a_message_each_bytes"] / 1e6
    return [("Redis memory, 1,000,000 items waiting", "under 20 MB", f"{ours:.1f} MB", f"a message each: {plain:,.0f} MB")]


def _lock(one: dict[str, Any]) -> list[tuple[str, ...]]:
    return [
        (
            f"share of time that the ledger lock is held at 300 items/s, PostgreSQL, {size}",
            "under 30 %",
            f"{value['share_at_300']:.0%} (at {value['items_per_s']} items/s {value['share_held']:.0%}); a hold: median"
            f" {value['hold_ms_median']} ms",
            "",
        )
        for size, value in one.items()
        if isinstance(value, dict)
    ]


def _latency(one: dict[str, Any]) -> list[tuple[str, ...]]:
    idle, flash = one["idle"], one["flash"]
    return [
        ("a file's arrival to the consumer's effect, idle", "150 / 400 ms", f"median {idle['median_ms']} ms, 99th {idle['p99_ms']} ms", ""),
        (
            "the same for a flash with 20,000 waiting in the normal lane",
            "200 / 600 ms",
            f"median {flash['median_ms']} ms, 99th {flash['p99_ms']} ms ({flash['still_waiting']} still waited at the end)",
            "",
        ),
    ]


def _recovery(one: dict[str, Any]) -> list[tuple[str, ...]]:
    reach = {"a pool child": "3 s", "a whole worker": "40 s"}
    return [
        (
            f"recovery after kill -9 of {what}, 50 documents in hand, 20,000 waiting",
            reach[what],
            f"worst of {value['samples']}: {value['worst_s']} s",
            "",
        )
        for what, value in one.items()
        if isinstance(value, dict)
    ]


def _away(one: dict[str, Any]) -> list[tuple[str, ...]]:
    return [
        (
            f"a consumer that was away comes back: {'a Celery task' if kind == 'celery' else 'a stream'}",
            "5 × 100/s, none parked",
            f"{value['told']} of {value['owed']} at {value['per_s']}/s, {value['parked']} parked; live consumers: median"
            f" {value['live_median_ms']} ms, 99th {value['live_p99_ms']} ms",
            f"that consumer alone, of messages that lie in its queue: {value['alone_per_s']}/s" if "alone_per_s" in value else "",
        )
        for kind, value in one.items()
        if isinstance(value, dict)
    ]


def _plain(one: dict[str, Any]) -> list[tuple[str, ...]]:
    ours = "see the runs above"
    lost = f"plain Celery, acks_late: {one['lost']} lost, {one['doubled']} doubled of {one['tasks']} over {one['kills']} kills"
    again = f"last recovered {one['last_recovered_after_s']} s after the last kill (visibility timeout {one['visibility_timeout_s']} s)"
    return [("lost or doubled under kill -9", "0", ours, lost), ("recovery by Celery's visibility timeout", "", "", again)]


_ROWS = {"memory": _memory, "lock": _lock, "latency": _latency, "recovery": _recovery, "away": _away, "plain": _plain}

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

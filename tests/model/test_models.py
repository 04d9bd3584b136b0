"""The protocol holds in every state that its models can reach; each rule taken out, something goes wrong, and the trace says how.

The models are of the code as it is: `HELD_BY` says where each rule stands, and a test that it stands there.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.model import afterwards, fetching, ledger, push, stream, work
from tests.model.checker import check

ROOT = Path(__file__).parents[2]
MODELS: tuple[Any, ...] = (work, fetching, ledger, afterwards, push, stream)
HELD_BY = {
    "a commit asks for the token": "pipeline/storage/work.py finish",
    "what sets aside asks for the token": "pipeline/storage/work.py quarantine_lost",
    "what was offered and not claimed is offered again": "pipeline/storage/work.py offer",
    "a claim takes only what is ready": "pipeline/storage/work.py claim",
    "a task runs one row": "workers/tasks.py _work",
    "a split makes what its own DELETE gave back": "pipeline/storage/work.py split",
    "an orderly end is no loss": "pipeline/storage/work.py give_back",
    "what is revoked is set aside": "pipeline/storage/work.py revoke",
    "what is released gets a new id": "pipeline/storage/quarantine.py replay",
    "validators and owed pages commit together": "pipeline/collect/hosts.py _keep_listing",
    "a batch writes only what its DELETE gave back": "pipeline/storage/frontier.py finish",
    "validators are kept only when the listing parsed": "pipeline/collect/hosts.py _keep_listing",
    "only a new sighting owes its page": "pipeline/storage/frontier.py sight",
    "attempts are marked when jobs are taken": "pipeline/storage/frontier.py take",
    "a job that was lost is fetched alone": "pipeline/storage/frontier.py take",
    "the lock is held from before the first change": "pipeline/storage/ledger.py held",
    "events are numbered under the lock": "pipeline/storage/ledger.py append",
    "last is read by a statement after the one that waited": "pipeline/storage/db.py lock_ledger",
    "last is read before the candidates": "pipeline/ingest/__init__.py ingest_chunk",
    "what came since the look-up is looked at again": "pipeline/storage/ledger.py versions_since",
    "that look goes by events, not by new items": "pipeline/storage/ledger.py versions_since",
    "a transaction that does nothing is ended": "pipeline/storage/db.py _postgresql",
    "nothing waits for another lock while it holds the ledger's": "pipeline/enriching.py _store",
    "whether all facts are there is looked up under the lock": "pipeline/enriching.py enrich_chunk",
    "a killed item gets no event": "pipeline/enriching.py enrich_chunk",
    "whoever stores an embargoed version inserts its release": "pipeline/ingest/__init__.py _commit",
    "a release clears its version only": "pipeline/releasing.py release_chunk",
    "a release looks for a kill": "pipeline/releasing.py release_chunk",
    "kills ignore filters": "pipeline/storage/deliveries.py read",
    "what left the filter is told": "pipeline/storage/messages.py ever_matched",
    "an acknowledgement names the seq": "pipeline/storage/deliveries.py _are_named",
    "an acknowledgement of an older generation does nothing": "pipeline/storage/deliveries.py _names",
    "a rewind keeps the rows": "pipeline/storage/subscriptions.py rewind",
    "a new subscription sets read_seq first": "pipeline/storage/subscriptions.py add",
    "what is not answered is sent again": "pipeline/storage/deliveries.py _lost_patience",
    "an append names the last id it expects": "pipeline/delivery/stream.py append",
    "a new stream's group begins at the floor": "pipeline/delivery/stream.py append",
    "pending and last-delivered are read at once": "pipeline/delivery/stream.py look",
    "the floor is written under its generation": "pipeline/storage/logs.py advance",
    "the floor passes what is filtered": "workers/couriers.py _move",
    "the floor passes what is filtered only when all is acknowledged": "workers/couriers.py _is_all_acknowledged",
    "a kill acknowledges what it deletes": "pipeline/storage/logs.py _erased",
    "the consumer applies only what is greater": "examples/consumer/consumer.py apply",
    "the consumer keeps tombstones": "examples/consumer/consumer.py apply",
}
NOT_OURS = {
    "a purge empties an item's row and never deletes it",  # purges are designed, and not built
    "what a consumer refuses it acknowledges",  # a consumer's own
    "a consumer claims what another one had",
}


def _id(model: Any, title: str) -> str:
    return f"{model.__name__.rpartition('.')[2]}: {title}"


@pytest.mark.parametrize(("model", "title"), [pytest.param(m, title, id=_id(m, title)) for m in MODELS for title in m.SCENARIOS])
def test_the_rules_hold(model: Any, title: str) -> None:
    found = check(model.SCENARIOS[title])
    assert (found.verdict, found.sentence, found.trace) == ("holds", "", ())


@pytest.mark.parametrize(("model", "rule"), [pytest.param(m, rule, id=_id(m, rule)) for m in MODELS for rule in m.TAKEN_OUT])
def test_a_rule_taken_out_shows_what_it_was_for(model: Any, rule: str) -> None:
    found = check(replace(model.SCENARIOS[model.TAKEN_OUT[rule]], without=rule))
    assert found.verdict != "holds"
    assert found.sentence


def test_a_shortest_way_to_the_wrong_is_told() -> None:
    found = check(replace(work.SCENARIOS["one kill, Redis wiped"], without="a commit asks for the token"))
    assert found.sentence == "item 0 is stored twice"
    assert [label for label in found.trace if "commits" in label] == ["0 commits 0", "1 commits 0"]
    assert "!the lease of 0 ends" in found.trace


def test_each_rule_stands_where_it_is_said_to() -> None:
    rules = {rule for model in MODELS for rule in model.TAKEN_OUT}
    assert rules == set(HELD_BY) | NOT_OURS
    missing = []
    for place in sorted(set(HELD_BY.values())):
        path, _, name = place.partition(" ")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        if not any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name for node in ast.walk(tree)):
            missing.append(place)
    assert missing == []

"""The protocol holds in every state that its models can reach; each rule taken out, something goes wrong, and the trace says how.

The models are of the code as it is: `tests/model/places.py` says where each rule stands and which test asks for it, and tests here that it is so.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.model import work
from tests.model.checker import check
from tests.model.places import ASKED_FOR_BY, BEYOND, HELD_BY, MODELS, NOT_OURS

ROOT = Path(__file__).parents[2]


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


def test_each_rule_stands_where_it_is_said_to_and_is_asked_for_by_a_test() -> None:
    rules = {rule for model in MODELS for rule in model.TAKEN_OUT}
    assert rules == set(HELD_BY) | NOT_OURS
    assert set(ASKED_FOR_BY) == set(HELD_BY)
    assert not set(BEYOND) & rules
    tests = {place.replace("::", " ") for place in (*ASKED_FOR_BY.values(), *BEYOND.values())}
    missing = []
    for place in sorted({*HELD_BY.values(), *tests}):
        path, _, name = place.partition(" ")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        if not any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name for node in ast.walk(tree)):
            missing.append(place)
    assert missing == []

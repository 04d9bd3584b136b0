"""What the long runs found is in docs/ as it was found: each rule has its row, and the pages are those that the results make."""

from __future__ import annotations

import json

import pytest

from benchmarks import nothing_lost_page
from tests.chaos import faults, rules
from tests.chaos.driver import FAILPOINTS
from tests.chaos.parts.sitecustomize import SWITCHES

ROWS = json.loads(rules.RESULTS.read_text(encoding="utf-8"))


def test_each_switch_is_of_a_rule_that_is_run() -> None:
    assert set(SWITCHES) <= set(rules.RULES)


@pytest.mark.parametrize("rule", rules.RULES)
def test_each_rule_has_its_row(rule: str) -> None:
    assert f"| {rule} |" in rules.PAGE.read_text(encoding="utf-8")


def test_a_rule_is_missed_where_it_is_taken_out_and_only_there() -> None:
    assert [row["rule"] for row in ROWS if bool(row["wrong"]) is not row["taken_out"]] == []


def test_the_pages_are_those_that_the_results_make() -> None:
    assert rules.PAGE.read_text(encoding="utf-8") == rules.page(ROWS)
    assert nothing_lost_page.PAGE.read_text(encoding="utf-8") == nothing_lost_page.page()


def test_every_named_failpoint_is_a_fault_and_no_name_is_used_twice() -> None:
    names = [fault.name for fault in faults.table()]
    assert len(set(names)) == len(names)
    assert {f"kill -9 at {name}" for name in FAILPOINTS} <= set(names)

"""What the long runs found is in docs/ as it was found: each rule has its row, and the pages are those that the results make."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
import redis

from benchmarks import nothing_lost_page
from pipeline.delivery import targets
from tests.chaos import faults, leaks, report, rules
from tests.chaos.code import sources
from tests.chaos.course import Plan, Result, chosen_of, wait_for_facts
from tests.chaos.driver import FAILPOINTS
from tests.chaos.parts.sitecustomize import SWITCHES
from tests.chaos.place import MOST_CONNECTIONS
from tests.chaos.system import Team
from tests.chaos.verdict import KINDS

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


def test_code_is_known_by_what_its_files_say(tmp_path: Path) -> None:
    module = tmp_path / "pipeline" / "one.py"
    module.parent.mkdir()
    seen = {sources(tmp_path)}
    for text in ("a = 1\n", "a = 2\n"):
        module.write_text(text)
        seen.add(sources(tmp_path))
    module.rename(module.with_name("two.py"))
    seen.add(sources(tmp_path))
    assert len(seen) == 4
    assert sources() == sources()


def test_a_run_records_its_code_and_the_page_says_it_or_that_nobody_did() -> None:
    result = Result(plan=Plan(database="sqlite"))
    assert report.as_json(result)["code"] == sources()
    assert sources() in nothing_lost_page.runs_table([report.as_json(result)])
    assert "not recorded" in nothing_lost_page.runs_table(
        [{name: value for name, value in report.as_json(result).items() if name != "code"}]
    )


@pytest.mark.parametrize(("waiting", "yes"), [((), False), (("stored", "enriched"), False), (("enriched", "enriched"), True)])
def test_what_an_enricher_failed_with_is_tried_again_where_all_others_are_served(
    waiting: tuple[str, ...], yes: bool, tmp_path: Path
) -> None:
    teams = [Team(f"team-{number}", "celery", tmp_path, {}, after) for number, after in enumerate(waiting)]
    assert wait_for_facts(teams) is yes


def test_each_role_and_kind_of_consumer_is_killed_stopped_restarted_and_doubled() -> None:
    names = {fault.name for fault in faults.table()}
    assert set(faults.KINDS) == set(targets())
    for role in ("beat", "worker", "flash", "fetch", "deliver"):
        assert {f"kill -9 of {role}", f"{role} stopped past its lease", f"an orderly restart of {role}", f"a second {role}"} <= names
    for kind in targets():
        assert {f"kill -9 of a {kind} consumer", f"a {kind} consumer stopped", f"an orderly restart of a {kind} consumer"} <= names


def test_a_run_of_three_hundred_faults_draws_each_line_of_the_table() -> None:
    chosen = chosen_of(faults.table(), 300, Random(7))
    assert len(chosen) == 300
    assert {fault.name for fault in chosen} == {fault.name for fault in faults.table()}


QUIET = leaks.Held(  # about what a run on PostgreSQL held at its start
    connections=11,
    files={"worker": 29, "a child of worker": 23},
    resident={"worker": 90 << 20, "a child of worker": 150 << 20},
    keys={"_kombu.binding.ingest in our Redis, 0": 1},
    redis_bytes={"our Redis": 2 << 20},
)


def test_what_has_not_grown_by_more_than_its_margin_is_no_leak() -> None:
    assert leaks.grown(QUIET, QUIET) == []
    assert leaks.grown(QUIET, QUIET._replace(connections=11 + leaks.MORE_CONNECTIONS)) == []


@pytest.mark.parametrize(
    ("leak", "kind"),
    [
        ({"connections": 11 + leaks.MORE_CONNECTIONS + 1}, "connections grown"),
        ({"files": {"worker": 29 + leaks.MORE_FILES + 1}}, "files grown"),
        ({"resident": {"a child of worker": (150 << 20) + leaks.MORE_BYTES + 1}}, "memory grown"),
        ({"keys": {"unacked in our Redis, 0": leaks.MORE_ENTRIES + 1}}, "Redis grown"),
        ({"keys": {f"reply {n} in our Redis, 0": 1 for n in range(leaks.MORE_ENTRIES + 2)}}, "Redis grown"),
        ({"redis_bytes": {"our Redis": (2 << 20) + leaks.MORE_REDIS_BYTES + 1}}, "Redis grown"),
    ],
)
def test_a_leak_turns_the_verdict_red(leak: dict[str, Any], kind: str) -> None:
    assert [found for found, _ in leaks.grown(QUIET, QUIET._replace(**leak))] == [kind]
    assert kind in KINDS


def test_margins_leave_room_to_fail() -> None:
    """The server's own limit would end a run before a bound above it."""
    assert QUIET.connections + leaks.MORE_CONNECTIONS < MOST_CONNECTIONS


def test_keys_that_never_expire_are_counted_and_results_that_do_are_not(valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url, decode_responses=True) as client:
        client.rpush("forgotten", 1, 2, 3)
        client.xadd("entries", {"a": 1})
        client.set("result", 1, ex=60)
        assert dict(leaks.lasting(client)) == {"forgotten": 3, "entries": 1}

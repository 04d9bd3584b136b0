"""Each rule that can be taken out of the code by a line: does a random machine find it, and after how many examples? Part of `make properties`.

No part of the suite: chance decides how long one takes. What it asks for in so many words is in the tests that tests/model/places.py names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from sqlalchemy import Connection, delete, func, select, true

from pipeline.storage import deliveries, ledger, messages, subscriptions, work
from pipeline.storage.db import Database
from pipeline.storage.subscriptions import Subscription
from schemas import tables
from schemas.messages import Message
from tests.model.test_delivery_machine import DeliveryMachine
from tests.model.test_identity_machine import IdentityMachine
from tests.model.test_work_machine import WorkMachine


def newest_fits(conn: Connection, one: Subscription, ids: Iterable[int]) -> set[int]:
    version = tables.version
    newest = select(func.max(version.c.id)).where(version.c.item.in_(sorted(ids))).group_by(version.c.item)
    rows = conn.execute(select(version.c.item, version.c.headline).where(version.c.id.in_(newest))).all()
    return {row.item for row in rows if all(word in row.headline for word in one.filter.get("keyword", []))}


def rewind_that_clears(conn: Connection, name: str, *, to: int) -> Subscription:
    conn.execute(delete(tables.delivery))
    return rewind(conn, name, to=to)


rewind = subscriptions.rewind


class AppliesAll(DeliveryMachine):
    def applies(self, message: Message, held: Message | None) -> bool:
        return True


class Forgets(DeliveryMachine):
    def applies(self, message: Message, held: Message | None) -> bool:
        return super().applies(message, held) and (held is not None or message.status != "killed")


Machine = Callable[[Database, pytest.MonkeyPatch], RuleBasedStateMachine]
Out = tuple[Machine, Any, str, Any]


def of_work(database: Database, monkeypatch: pytest.MonkeyPatch) -> RuleBasedStateMachine:
    return WorkMachine(database)


def of_delivery(machine: Callable[[Database], RuleBasedStateMachine] = DeliveryMachine) -> Machine:
    return lambda database, monkeypatch: machine(database)


RULES: dict[str, Out] = {
    "a commit asks for the token": (of_work, work, "_held", lambda claimed: tables.work.c.id == claimed.id),
    "a claim takes only what is ready": (of_work, work, "_ready", lambda now: true()),
    "what came since the look-up is looked at again": (IdentityMachine, ledger, "versions_since", lambda conn, seq: []),
    "an acknowledgement names the seq": (
        of_delivery(), deliveries, "_are_named", lambda said: tables.delivery.c.item.in_([one.item for one in said]),
    ),
    "an acknowledgement of an older generation does nothing": (of_delivery(), deliveries, "_names", lambda said, generation: True),
    "a rewind keeps the rows": (of_delivery(), subscriptions, "rewind", rewind_that_clears),
    "kills ignore filters": (of_delivery(), deliveries, "_KILLS", frozenset()),
    "what left the filter is told": (of_delivery(), messages, "ever_matched", newest_fits),
    "what is not answered is sent again": (of_delivery(), deliveries, "RESEND", timedelta(days=365)),
    "the consumer applies only what is greater": (of_delivery(AppliesAll), None, "", None),
    "the consumer keeps tombstones": (of_delivery(Forgets), None, "", None),
}  # fmt: skip
"""Rule → the machine that should find it, and what is put in the place of what keeps it."""


@pytest.mark.parametrize("rule", RULES)
def test_a_machine_finds_the_rule_taken_out(
    database: Database, rule: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine, module, name, instead = RULES[rule]
    if module is not None:
        monkeypatch.setattr(module, name, instead)
    numbers, examples = count(1), [0]

    def made() -> RuleBasedStateMachine:
        examples[0] = next(numbers)
        return machine(database, monkeypatch)

    chosen = settings(stateful_step_count=25, phases=[Phase.generate], database=None)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(made, settings=chosen)  # type: ignore[arg-type]
    with capsys.disabled():
        print(f"\n  {database.engine.dialect.name}: without “{rule}” found by example {examples[0]}", end="")

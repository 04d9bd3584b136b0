"""Order of locks: work, facts, ledger, items. Who holds the ledger's lock stops all others, so nothing that may wait comes after it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event

from pipeline.storage.db import Database
from tests.wire import LONG, NOW, Wire

MAY_WAIT = re.compile(r"(UPDATE|DELETE FROM) (work|fact|source|host|fetch_job|subscription|delivery)\b|INSERT INTO fact\b|FOR UPDATE")
"""Rows that others write to without the ledger's lock. New rows of work are nobody else's."""


@pytest.fixture
def transactions(database: Database) -> list[list[str]]:
    """The statements of each transaction that took the ledger's lock, from there on."""
    held: list[list[str]] = []

    def executed(conn: Connection, cursor: object, statement: str, *_: object) -> None:
        words = " ".join(statement.split())
        if "since" in conn.info:
            conn.info["since"].append(words)
        elif words.startswith("SELECT log_state.epoch"):
            held.append([])
            conn.info["since"] = held[-1]

    event.listen(database.engine, "before_cursor_execute", executed)
    for end in ("commit", "rollback"):
        event.listen(database.engine, end, lambda conn: conn.info.pop("since", None))
    return held


def all_that_changes_an_item(wire: Wire) -> None:
    wire.arrive(uri="tag:hw:1", headline="Port Ellery votes", body_text=LONG, embargoed=(NOW + timedelta(hours=1)).isoformat())
    wire.arrive(uri="tag:hw:2", headline="Another vote", body_text=f"{LONG}\n\nAnd more.")
    wire.run("enrich")
    wire.pass_time(hours=2)
    wire.run("release", "enrich")
    wire.arrive(uri="tag:hw:2", version="9", pubstatus="canceled", headline="", body_text="")


def test_nothing_waits_for_another_lock_while_it_holds_the_ledgers(database: Database, transactions: list[list[str]]) -> None:
    wire = Wire(database)
    all_that_changes_an_item(wire)
    assert [kind for _, kind in wire.events()] == ["stored", "stored", "enriched", "enriched", "released", "killed"]
    assert len(transactions) >= 5
    assert [words[:100] for statements in transactions for words in statements if MAY_WAIT.search(words)] == []


def test_whether_all_facts_are_there_is_looked_up_under_the_lock(database: Database, transactions: list[list[str]]) -> None:
    wire = Wire(database)
    wire.arrive(uri="tag:hw:1", headline="Port Ellery votes", body_text=LONG)
    transactions.clear()
    wire.run("enrich")
    [statements] = transactions
    assert any(re.search(r"^SELECT fact\..* FROM fact\b", words) for words in statements)

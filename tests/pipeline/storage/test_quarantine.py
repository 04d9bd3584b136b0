"""Quarantine: what is set aside says by which version of the code; too much of one source pauses it."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline import resources
from pipeline.config import Settings
from pipeline.storage import listing, quarantine, sources, work
from pipeline.storage.db import Database
from schemas import tables
from tests.wire import LONG, Wire


def set_aside(wire: Wire, source: int, error: str = "Unreadable") -> int:
    with wire.database.write() as conn:
        return quarantine.add(
            conn, wire.now, stage="ingest", refs=[1], lane="normal", source=source, error=error, message="It holds no article."
        )


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "_limit", 3)


def state(wire: Wire, id: int) -> Any:
    return next(row for row in wire.rows(tables.source) if row.id == id)


def test_a_source_of_which_too_much_is_set_aside_is_paused_and_says_so(database: Database, few: None) -> None:
    wire = Wire(database)
    bad, good = wire.source("bad-wire"), wire.source("good-wire")
    set_aside(wire, good)
    set_aside(wire, bad)
    set_aside(wire, bad)
    assert state(wire, bad).paused_at is None
    set_aside(wire, bad)
    assert (state(wire, bad).paused_at, state(wire, good).paused_at) == (wire.now, None)
    assert state(wire, bad).pause_reason == "3 of its documents are in quarantine: newswire quarantine list"
    with database.read() as conn:
        assert [one["name"] for one in listing.status(conn, wire.now)["paused_sources"]] == ["bad-wire"]
    assert [row.what for row in wire.rows(tables.history)] == ["paused"]


def test_one_that_was_resumed_may_fail_again_for_a_while(database: Database, few: None) -> None:
    wire = Wire(database)
    bad = wire.source("bad-wire")
    for _ in range(3):
        set_aside(wire, bad)
    with database.write() as conn:
        sources.resume(conn, ["bad-wire"], wire.now)
    set_aside(wire, bad)
    assert state(wire, bad).paused_at is None
    for _ in range(2):
        set_aside(wire, bad)
    assert state(wire, bad).paused_at is not None


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_workers_that_do_not_see_one_another_let_it_pass_for_one_document_at_most(database: Database, few: None) -> None:
    """On SQLite they come one after the other."""
    wire = Wire(database)
    bad = wire.source("bad-wire")
    set_aside(wire, bad)
    with database.write() as conn:
        about: dict[str, Any] = {
            "stage": "ingest",
            "lane": "normal",
            "source": bad,
            "error": "Unreadable",
            "message": "It holds no article.",
        }
        quarantine.add(conn, wire.now, refs=[1], **about)
        set_aside(wire, bad)
    assert state(wire, bad).paused_at is None, "each saw two"
    set_aside(wire, bad)
    assert state(wire, bad).pause_reason.startswith("4 of its documents")


def test_what_was_replayed_does_not_count(database: Database, few: None) -> None:
    wire = Wire(database)
    bad = wire.source("bad-wire")
    ids = [set_aside(wire, bad), set_aside(wire, bad)]
    with database.write() as conn:
        assert quarantine.replay(conn, ids, wire.now) == 2
    set_aside(wire, bad)
    assert state(wire, bad).paused_at is None


def test_it_is_found_by_its_reason_and_by_its_source(database: Database) -> None:
    wire = Wire(database)
    one, other = wire.source("one"), wire.source("other")
    first, second, third = set_aside(wire, one), set_aside(wire, one, "Gone"), set_aside(wire, other)
    with database.read() as conn:
        assert listing.quarantine_open(conn) == [first, second, third]
        assert listing.quarantine_open(conn, error="Unreadable") == [first, third]
        assert listing.quarantine_open(conn, source_name="one") == [first, second]
        assert listing.quarantine_open(conn, source_name="one", error="Gone") == [second]
        assert listing.quarantine_open(conn, error="no ARTICLE") == [first, second, third], "words of the reason"
        assert listing.quarantine_open(conn, error="100%") == []
        assert [row["id"] for row in listing.quarantine_list(conn, error="Gone")] == [second]
        assert listing.quarantine_show(conn, first)["code_version"] == quarantine.code_version()


def test_the_limit_is_a_setting() -> None:
    before = quarantine._limit
    resources.use(Settings(quarantine_limit=7))
    assert (before, quarantine._limit) == (100, 7)
    quarantine.limit(before)


def test_what_crashed_its_worker_says_where_it_came_from(database: Database) -> None:
    """All that is known of it is its number: nobody lived to say more."""
    wire = Wire(database)
    claimed = wire.chunk(wire.capture(uri="tag:hw:1", version="1", url="https://wire.example/1"))
    with database.write() as conn:
        work.quarantine_lost(conn, claimed, wire.now)
    [row] = wire.rows(tables.quarantine)
    assert (row.source, row.url, row.error) == (wire.source("harbour-wire"), "https://wire.example/1", "WorkerLost")


def test_a_chunk_of_several_sources_that_is_set_aside_names_none_of_them(database: Database) -> None:
    wire = Wire(database)
    claimed = wire.chunk(wire.capture(uri="tag:hw:1"), wire.capture("other-wire", uri="tag:ow:1"))
    with database.write() as conn:
        work.quarantine_lost(conn, claimed, wire.now)
    [row] = wire.rows(tables.quarantine)
    assert (row.source, row.url) == (None, "")


def test_an_enricher_that_fails_names_the_item_and_pauses_no_source(database: Database, few: None) -> None:
    wire = Wire(database)
    wire.arrive(uri="tag:hw:1", version="1", headline="Harbour opens", body_text=LONG)
    [version] = wire.rows(tables.version)
    for _ in range(3):
        with database.write() as conn:
            quarantine.add(conn, wire.now, stage="enrich", refs=[version.id], lane="normal", error="EnricherFailed", message="It fails.")
    [source] = wire.rows(tables.source)
    assert {row.source for row in wire.rows(tables.quarantine)} == {source.id}
    assert source.paused_at is None

"""A run tells the next morning what it did: by source, what failed and what to do, how long it took, what is still to do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from pipeline.errors import Misconfigured
from pipeline.storage import quarantine, runs, work
from pipeline.storage.db import Database
from pipeline.storage.work import NewWork
from schemas import tables
from tests.wire import LONG, Wire


@pytest.fixture
def wire(database: Database) -> Wire:
    return Wire(database)


def test_by_source_it_counts_documents_and_verdicts_and_says_how_long_it_took(wire: Wire) -> None:
    run = a_run(wire)
    wire.pass_time(seconds=4)
    wire.arrive("harbour-wire", uri="urn:1", headline="Channel to be deepened", body_html=LONG)
    wire.arrive("other-wire", uri="urn:2", headline="Channel to be deepened", body_html=LONG)
    ids = {"harbour-wire": wire.source("harbour-wire"), "other-wire": wire.source("other-wire")}
    with wire.database.write() as conn:
        for table in (tables.capture, tables.verdict):
            conn.execute(update(table).values(run=run))
        for name, outcome, note in (("harbour-wire", "changed", ""), ("other-wire", "failed", "It answered 500.")):
            poll = {"run": run, "source": ids[name], "started_at": wire.now - timedelta(seconds=2), "outcome": outcome}
            conn.execute(tables.poll.insert().values(**poll, entries=7, note=note, finished_at=wire.now))
        quarantine.add(
            conn, wire.now, stage="ingest", refs=[9], lane="normal", error="Unreadable", message="No text.", run=run, source=ids["harbour-wire"]
        )  # fmt: skip
    with wire.database.read() as conn:
        report = runs.report(conn, run)
    first, second = report["sources"]
    assert (first["name"], first["outcome"], first["entries"], first["documents"], first["took_s"]) == (
        "harbour-wire",
        "changed",
        7,
        1,
        2.0,
    )
    assert (first["verdicts"], second["verdicts"]) == ({"new": 1}, {"pickup": 1})
    assert (first["quarantined"], second["quarantined"]) == (1, 0)
    assert report["took_s"] == 4.0
    assert report["verdicts"] == {"new": 1, "pickup": 1}
    assert report["failures"] == [
        {"source": "other-wire", "times": 1, "why": "It answered 500.", "do": "newswire sources show other-wire"},
        {"source": "harbour-wire", "times": 1, "why": "No text.", "do": "newswire quarantine show 1"},
    ]
    assert runs.kinds_of([{"verdicts": {"kill": 1, "new": 2}}]) == ["new", "version", "pickup", "unchanged", "kill"]


def a_run(wire: Wire) -> int:
    with wire.database.write() as conn:
        return runs.begin(conn, wire.now, trigger="cli", label="a test")


def test_it_tells_what_is_still_to_do_and_what_is_due_much_later_keeps_nobody_waiting(wire: Wire) -> None:
    run = a_run(wire)
    with wire.database.write() as conn:
        soon = NewWork(stage="enrich", lane="normal", label="x", refs=(1,), run=run)
        later = NewWork(stage="release", lane="flash", label="x", refs=(1,), run=run, due_at=wire.now + timedelta(hours=2))
        work.add(conn, [soon, later], wire.now)
    with wire.database.read() as conn:
        report, state = runs.report(conn, run), runs.progress(conn, run, wire.now)
        listed = runs.listed(conn)
    assert (report["trigger"], report["label"], report["work_to_do"], report["took_s"]) == ("cli", "a test", 2, None)
    assert (state["open"], state["later"]) == (1, 1)
    assert [(row["id"], row["polls"], row["verdicts"]) for row in listed] == [(run, 0, {})]


def test_a_number_that_is_none_is_told(wire: Wire) -> None:
    with wire.database.read() as conn, pytest.raises(Misconfigured, match="no run 99"):
        runs.report(conn, 99)

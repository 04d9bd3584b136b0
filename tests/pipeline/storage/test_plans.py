"""Cost per article does not grow with what is stored: no statement on an article's way reads a table of theirs from end to end.

By SQLite's own plans, which need no statistics and so are the same with ten rows and ten million.
"""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from pipeline.storage import deliveries, subscriptions
from pipeline.storage.deliveries import Answer
from tests.wire import LONG, Wire

GROWING = (
    "capture",
    "delivery",
    "event",
    "fact",
    "history",
    "identity",
    "item",
    "relation",
    "rendition",
    "rights",
    "story",
    "tombstone",
    "verdict",
    "version",
)
"""Tables that have rows for each article, for ever or while it waits."""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_statement_on_an_articles_way_scans_a_table_of_articles(database: Any) -> None:
    wire = Wire(database)
    scans: set[str] = set()

    @event.listens_for(database.engine, "before_cursor_execute")
    def explain(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if statement.lstrip().partition(" ")[0] not in ("SELECT", "UPDATE", "DELETE", "WITH"):
            return
        plan = conn.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters[0] if many else parameters).fetchall()
        for *_, step in plan:
            if any(step.startswith(f"SCAN {table}") for table in GROWING):
                scans.add(f"{step}: {' '.join(statement.split())}")

    with database.write() as conn:
        added = subscriptions.add(conn, wire.now, name="desk", kind="celery", target={}, after="enriched")
        one = subscriptions.lease(conn, added.id, wire.now, "token")
    assert one is not None
    for number, status in ((1, "usable"), (2, "usable"), (1, "canceled")):
        wire.arrive(uri=f"tag:plans:{number}", version=str(number), pubstatus=status, headline=f"Story {number}", body_text=LONG)
        wire.run("enrich")
        with database.read() as conn:
            deliveries.waiting(conn, lambda: wire.now, "token")
        with database.write() as conn:
            assert deliveries.read(conn, one, wire.now)
            due = deliveries.due(conn, one, wire.now, room=10, urgent=2, empty_at=wire.now)
            assert due
        with database.write() as conn:
            deliveries.answer(
                conn, one.id, [Answer(generation=one.generation, item=row.item, seq=row.seq, ok=True) for row in due], wire.now
            )
    assert not scans

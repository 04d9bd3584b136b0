"""A database's rows in another one: all of them, as they were, under the same ids; or none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, text

from pipeline import config
from pipeline.errors import Misconfigured, NewswireError, Unreadable
from pipeline.here import ingest_here
from pipeline.storage import copying, schema, work
from pipeline.storage.db import Database
from pipeline.storage.work import NewWork
from schemas import tables
from tests.conftest import _numbers
from tests.servers.postgres import Postgres
from tests.stories import HARBOUR, LIBRARY


@pytest.fixture
def other(database: Database, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of the other kind, without a table."""
    if database.is_postgresql:
        opened = Database.open(f"sqlite:///{tmp_path / 'other.sqlite'}")
    else:
        server: Postgres = request.getfixturevalue("postgres")
        opened = Database.open(server.create(f"other_{next(_numbers)}"))
    yield opened
    opened.close()


@pytest.fixture
def filled(database: Database, tmp_path: Path) -> Database:
    """Two stories, and a row of work that is done."""
    for name, words in (("harbour", HARBOUR), ("library", LIBRARY)):
        path = tmp_path / f"{name}.txt"
        path.write_text(f"{name}\n\n{words}")
        ingest_here(database, config.Settings(), str(path))
    with database.write() as conn:
        now = database.now(conn)
        rows = work.add(conn, [NewWork(stage="enrich", lane="normal", label="x", refs=(n,)) for n in range(3)], now)
        conn.execute(delete(tables.work).where(tables.work.c.id == rows[-1].id))
    return database


def contents(conn: Connection) -> dict[str, list[tuple[Any, ...]]]:
    found = {}
    for table in schema.tables_for(""):
        found[table.name] = [tuple(row) for row in conn.execute(select(table).order_by(*table.primary_key))]
    return found


def test_all_rows_come_and_ids_go_on_after_the_last_one_given(filled: Database, other: Database) -> None:
    told: list[tuple[str, int, int]] = []
    totals = copying.copy(filled, other, lambda *step: told.append(step))
    with filled.read() as here, other.read() as there:
        assert contents(here) == contents(there)
        assert totals == {name: len(rows) for name, rows in contents(here).items()}
    assert totals["item"] == 2
    assert totals["capture_body"] == 2
    assert ("item", 2, 2) in told
    with filled.write() as here, other.write() as there:
        now = other.now(there)
        one = NewWork(stage="enrich", lane="normal", label="next", refs=(1,))
        assert work.add(there, [one], now)[0].id == work.add(here, [one], now)[0].id  # not that of the row that is gone
    if not other.is_postgresql:
        with other.read() as conn:
            assert conn.execute(text("SELECT count(*) FROM band_hash")).scalar_one() > 0


def test_what_was_copied_goes_on(filled: Database, other: Database, tmp_path: Path) -> None:
    copying.copy(filled, other)
    again = ingest_here(other, config.Settings(), str(tmp_path / "harbour.txt"))
    assert [one.verdict for one in again] == ["unchanged"]


def test_a_target_with_rows_is_refused_and_stays_as_it_is(filled: Database, other: Database) -> None:
    copying.copy(filled, other)
    with pytest.raises(Misconfigured, match=r"holds rows already, in .*: nothing was copied"):
        copying.copy(filled, other)


def test_a_target_of_another_kind_is_refused(filled: Database, other: Database) -> None:
    with other.write() as conn:
        conn.execute(text("CREATE TABLE somebody_elses (id integer)"))
    with pytest.raises(Misconfigured, match="is not migrated"):
        copying.copy(filled, other)


def test_a_source_that_changes_meanwhile_leaves_nothing_behind(filled: Database, other: Database) -> None:
    def meddle(table: str, done: int, total: int) -> None:
        if (table, done) == ("drain", 0):
            with filled.write() as conn:
                now = filled.now(conn)
                work.add(conn, [NewWork(stage="enrich", lane="normal", label="late", refs=(1,))], now)

    with pytest.raises(NewswireError, match=r"changed while it was copied \(work: 2 rows, now 3\)"):
        copying.copy(filled, other, meddle)
    with other.read() as conn:
        assert {name for name, rows in contents(conn).items() if rows} == {"log_state"}
    copying.copy(filled, other)  # as before: nothing stands in its way


def test_batches_are_smaller_than_a_table(filled: Database, other: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "BATCH_ROWS", 2)
    told: list[tuple[str, int, int]] = []
    totals = copying.copy(filled, other, lambda *step: told.append(step))
    assert [done for table, done, _ in told if table == "history"] == [*range(0, totals["history"], 2), totals["history"]]


def test_a_row_that_the_target_can_not_hold_is_named(migrated_sqlite: Path, postgres: Postgres, tmp_path: Path) -> None:
    path = tmp_path / "source.sqlite"
    path.write_bytes(migrated_sqlite.read_bytes())
    source, target = Database.open(f"sqlite:///{path}"), Database.open(postgres.create(f"other_{next(_numbers)}"))
    with source.write() as conn:
        row = {"trigger": "cli", "label": "with a \x00", "created_at": source.now(conn)}
        conn.execute(insert(tables.run), row)
    with pytest.raises(Unreadable, match=r"Table run, rows from .'id': 1. to .* the target refused one"):
        copying.copy(source, target)
    source.close()
    target.close()

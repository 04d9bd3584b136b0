"""Migrations make exactly the tables that schemas/tables.py states, and say in one sentence what is wrong with a database."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection, insert, select, text

from pipeline.errors import Misconfigured
from pipeline.storage import schema
from pipeline.storage.db import Database
from schemas.tables import capture_body, log_state, metadata
from tests.servers.postgres import Postgres

_CATALOGUE = {
    "columns": """SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
                  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                  LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
                  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
                  ORDER BY 1, a.attnum""",
    "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
    "constraints": """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
                      FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2""",
    "sequences": "SELECT sequencename, data_type::text FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1",
}


def _shape(conn: Connection) -> dict[str, list[tuple[object, ...]]]:
    """Tables, columns with types, defaults and order, indexes, constraints, as the database itself tells; without Alembic's own table."""
    if conn.dialect.name == "postgresql":
        parts = {part: [tuple(row) for row in conn.execute(text(query))] for part, query in _CATALOGUE.items()}
    else:
        rows = conn.execute(
            text("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY 1, 2")
        )
        parts = {"objects": [(row.type, row.name, tuple(sorted(re.split(r",?\s*\n\s*", row.sql)))) for row in rows]}
    return {part: [row for row in rows if "alembic_version" not in str(row[0]) + str(row[1])] for part, rows in parts.items()}


@pytest.fixture
def empty(database: Database) -> Database:
    """A database without a table."""
    with database.write() as conn:
        metadata.drop_all(conn, tables=schema.tables_for(conn.dialect.name))
        conn.execute(text("DROP TABLE alembic_version"))
    return database


def test_migrations_equal_the_metadata(empty: Database) -> None:
    with empty.write() as conn:
        metadata.create_all(conn, tables=schema.tables_for(conn.dialect.name))
        stated = _shape(conn)
        metadata.drop_all(conn, tables=schema.tables_for(conn.dialect.name))
    schema.upgrade(empty)
    with empty.read() as conn:
        made = _shape(conn)
    assert any(made.values())
    assert made == stated


def test_down_to_nothing_and_up_again_is_as_before(database: Database) -> None:
    with database.read() as conn:
        before = _shape(conn)
    schema.downgrade(database, "base")
    with database.read() as conn:
        assert not any(_shape(conn).values())
    schema.upgrade(database)
    with database.read() as conn:
        assert _shape(conn) == before


def test_the_ledger_begins_with_its_one_row(empty: Database) -> None:
    schema.upgrade(empty)
    with empty.read() as conn:
        assert [tuple(row) for row in conn.execute(select(log_state))] == [(1, 1, 0)]


def test_postgresql_does_not_compress_bodies_again(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url("migrated")) as conn:
        storage = "SELECT attstorage::text FROM pg_attribute WHERE attrelid = 'capture_body'::regclass AND attname = 'body'"
        assert conn.execute(storage).fetchone() == ("e",)


def test_upgrading_twice_changes_nothing_and_keeps_rows(database: Database) -> None:
    with database.write() as conn:
        conn.execute(insert(capture_body).values(day="2026-03-14", hash="h", body=b"x"))
    schema.upgrade(database)
    assert schema.current(database) == schema.head()
    with database.read() as conn:
        assert conn.execute(select(capture_body.c.hash)).scalars().all() == ["h"]


def test_two_that_upgrade_at_once_wait_for_each_other(empty: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(schema.upgrade, empty) for _ in range(4)]:
            done.result()
    schema.check(empty)


def test_a_migrated_database_passes_the_check(database: Database) -> None:
    schema.check(database)


def test_a_database_that_was_never_migrated_is_told_so(empty: Database) -> None:
    assert schema.current(empty) == ""
    with pytest.raises(Misconfigured, match=r"^The database \S+ is not migrated: run `newswire db upgrade`\.$"):
        schema.check(empty)


def _set_revision(database: Database, revision: str) -> None:
    with database.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def test_a_database_of_a_newer_newswire_is_left_alone(database: Database) -> None:
    _set_revision(database, "9999")
    for refused in (schema.check, schema.upgrade):
        with pytest.raises(Misconfigured, match=r"too far migrated: at revision 9999, .* restore a backup"):
            refused(database)
    assert schema.current(database) == "9999"


def test_a_database_of_an_older_newswire_is_to_be_upgraded(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "head", lambda: "0002")
    with pytest.raises(Misconfigured, match=r"at revision 0001, and this newswire needs 0002: stop .* `newswire db upgrade`\.$"):
        schema.check(database)


def test_a_server_that_is_too_old_is_refused(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "OLDEST_POSTGRESQL", 99)
    monkeypatch.setattr(schema, "OLDEST_SQLITE", (99, 0))
    with pytest.raises(Misconfigured, match=r"(PostgreSQL|SQLite) \d+.*: newswire needs 99(\.0)? or newer"):
        schema.check(database)


def test_a_password_is_not_told(tmp_path: Path) -> None:
    opened = Database.open("postgresql://someone:secret@127.0.0.1:1/none")
    assert "secret" not in schema._name(opened)
    opened.close()


def test_a_failed_migration_leaves_nothing_behind(empty: Database) -> None:
    with empty.write() as conn:
        conn.execute(text("CREATE TABLE verdict (id integer)"))  # in the way of the migration
    with pytest.raises(Exception, match="verdict"):
        schema.upgrade(empty)
    with empty.write() as conn:
        conn.execute(text("DROP TABLE verdict"))
        assert not any(_shape(conn).values())
    schema.upgrade(empty)

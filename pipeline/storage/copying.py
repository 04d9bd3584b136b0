"""All rows of one database into another, empty one: from SQLite to PostgreSQL as an installation grows, or back.

    snapshot of the source ─► batches ─► the target, all of it in one transaction ─► counts compared ─► commit

Ids stay, and so does the last id ever given: a job's name must never come again. Where the source changed meanwhile, nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Table, delete, func, inspect, select
from sqlalchemy.exc import DataError, StatementError

from pipeline.errors import Misconfigured, NewswireError, Unreadable
from pipeline.storage import schema
from pipeline.storage.db import Database, bands, be_patient, last_ids, set_last_ids
from schemas.tables import band, capture_body, log_state

BATCH_ROWS = 500
BATCH_BODIES = 20
"""A captured body has up to `max_body_bytes`."""

Told = Callable[[str, int, int], object]
"""Table, rows copied so far, rows in all."""


def copy(source: Database, target: Database, told: Told = lambda *_: None) -> dict[str, int]:
    """Copy all rows; how many by table. The target is made where it has no tables.

    Raises Misconfigured for a target that is no empty newswire database, or a source that is not of this code's revision; Unreadable for a
    row that the target can't hold; NewswireError where the source changed meanwhile; Infrastructure. Then the target is as it was.
    """
    schema.check(source)
    with target.read() as conn:
        is_bare = not inspect(conn).get_table_names()
    if is_bare:
        schema.upgrade(target)
    schema.check(target)
    tables = schema.tables_for("")
    with source.snapshot() as reading, target.write() as writing:
        be_patient(writing)
        _refuse_filled(writing, tables)
        writing.execute(delete(log_state))
        totals = {table.name: _count(reading, table) for table in tables}
        for table in tables:
            _copy_table(reading, writing, table, totals[table.name], told)
        set_last_ids(writing, last_ids(reading))
        _compare(source, writing, totals)
    return totals


def _refuse_filled(conn: Connection, tables: list[Table]) -> None:
    filled = [table.name for table in tables if table is not log_state and conn.execute(select(table).limit(1)).first() is not None]
    if filled:
        raise Misconfigured(
            f"The target holds rows already, in {', '.join(filled[:3])}{' …' if filled[3:] else ''}: nothing was copied.",
            hint="Copy into an empty database.",
        )


def _count(conn: Connection, table: Table) -> int:
    return int(conn.execute(select(func.count()).select_from(table)).scalar_one())


def _copy_table(reading: Connection, writing: Connection, table: Table, total: int, told: Told) -> None:
    done = 0
    told(table.name, done, total)
    for rows in _batches(reading, table):
        try:
            for into, values in bands(writing, rows) if table is band else [(table, rows)]:
                writing.execute(into.insert(), values)
        except (DataError, StatementError) as error:
            keys = [column.name for column in table.primary_key]
            first, last = ({name: row[name] for name in keys} for row in (rows[0], rows[-1]))
            cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            raise Unreadable(f"Table {table.name}, rows from {first} to {last}: the target refused one: {cause}") from error
        done += len(rows)
        told(table.name, done, total)


def _batches(conn: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """By primary key, so that a row comes after those of its own table that it refers to."""
    size = BATCH_BODIES if table is capture_body else BATCH_ROWS
    rows = conn.execution_options(yield_per=size).execute(select(table).order_by(*table.primary_key))
    for part in rows.mappings().partitions():
        yield [dict(row) for row in part]


def _compare(source: Database, writing: Connection, totals: dict[str, int]) -> None:
    """What stands in the target, and what the source holds by now, both against what was read."""
    with source.read() as conn:
        for table in schema.tables_for(""):
            here, there, now = totals[table.name], _count(writing, table), _count(conn, table)
            if there != here:
                raise NewswireError(f"Of {here} rows of {table.name}, {there} came: nothing was kept. Report this.")
            if now != here:
                raise NewswireError(
                    f"The source changed while it was copied ({table.name}: {here} rows, now {now}): nothing was kept.",
                    hint="Stop its processes, or `newswire drain`, and copy again.",
                )

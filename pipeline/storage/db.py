"""One database, opened once per process (after the fork). What differs between PostgreSQL and SQLite stands here, and only here.

    db = Database.open("sqlite:///news.sqlite")
    with db.write() as conn:            # SQLite: BEGIN IMMEDIATE, so a writer never fails half way
        now = db.now(conn)              # the database's clock; tests inject theirs

Time is the database's: hosts' clocks differ, and leases are compared across hosts.
"""

from __future__ import annotations

import itertools
import os
import socket
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Table, TextClause, create_engine, event, func, make_url, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, NoSuchModuleError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pipeline.errors import DatabaseAway, Misconfigured
from schemas.tables import band, band_hash, log_state

LOCK_TIMEOUT_S = 5
"""Longest wait for a lock; then it is an infrastructure error and the work is given back. Less than the hard time limit of a task."""
SIGNED = "newswire "
"""So begin the names of our connections; then host, process, engine and size of its pool: `newswire web1:812.1/2`."""
_engines = itertools.count(1)
IDLE_IN_TRANSACTION_S = 10
"""PostgreSQL ends a transaction that does nothing for so long: a frozen host must not keep the ledger lock."""


class Database:
    """An engine and a clock. `write()` and `read()` give connections in a transaction that ends with the block."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] | None = None) -> None:
        self.engine = engine
        self.is_postgresql = engine.dialect.name == "postgresql"
        self._clock = clock

    @classmethod
    def open(cls, url: str, *, clock: Callable[[], datetime] | None = None, pool_size: int = 2) -> Database:
        """Open `sqlite:///path` or `postgresql://…`. Connects lazily. Raises Misconfigured for a URL that is no database's."""
        try:
            parsed = make_url(url)
            if parsed.get_backend_name() == "postgresql":
                return cls(_postgresql(url, pool_size), clock)
            if parsed.get_backend_name() == "sqlite":
                return cls(_sqlite(url), clock)
        except (ArgumentError, NoSuchModuleError) as error:
            raise Misconfigured("DATABASE_URL is no database URL.", hint="sqlite:///path/to/file or postgresql://user@host/name") from error
        raise Misconfigured(f"DATABASE_URL names {parsed.get_backend_name()}; newswire runs on SQLite and on PostgreSQL.")

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A writing transaction: committed at the end of the block, rolled back by an exception.

        Raises DatabaseAway for what is not the data's fault: connection, lock, deadlock, disk.
        """
        with translated(), self.engine.begin() as conn:
            yield conn

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A reading transaction; on SQLite it takes no lock that others wait for."""
        with translated(), self.engine.connect().execution_options(newswire_read=True) as conn, conn.begin():
            yield conn

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A reading transaction that sees one moment, however long it takes, and keeps nobody from writing."""
        options = {"isolation_level": "REPEATABLE READ"} if self.is_postgresql else {"newswire_read": True}
        with translated(), self.engine.connect().execution_options(**options) as conn, conn.begin():
            be_patient(conn)
            yield conn

    def now(self, conn: Connection) -> datetime:
        """The database's time, aware, UTC; the injected clock's where there is one. SQLite's host is ours."""
        if self._clock is not None:
            return self._clock()
        if not self.is_postgresql:
            return host_clock()
        return conn.execute(select(func.clock_timestamp())).scalar_one().astimezone(UTC)  # type: ignore[no-any-return]


def host_clock() -> datetime:
    """This machine's time. SQLite has no other; nobody else asks for it but who compares clocks."""
    return datetime.now(UTC)


@contextmanager
def translated() -> Iterator[None]:
    """Database errors that are nobody's data's fault, as DatabaseAway. Data errors (IntegrityError, DataError) pass as they are."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise DatabaseAway(f"The database is not to be had: {_first_line(error)}.", hint=_remedy(str(error))) from error
    except DBAPIError as error:
        if error.connection_invalidated or _is_drivers(error):
            raise DatabaseAway(f"The connection to the database broke: {_first_line(error)}.") from error
        raise


def _is_drivers(error: DBAPIError) -> bool:
    """A statement that the driver would not begin, since another one was interrupted there: no server has refused anything."""
    return isinstance(error, ProgrammingError) and getattr(error.orig, "sqlstate", "") is None


def _remedy(said: str) -> str:
    if "disk is full" in said or "No space left" in said:
        return "Free some space on its disk; nothing is lost."
    if "disk I/O error" in said:  # SQLite's, also where there is no space for the file beside it that it makes to begin with
        return "Its disk is full, or broken: newswire doctor; nothing is lost."
    if "locked" in said:
        return "Another process writes to it for long; try again."
    return "Start it, or set DATABASE_URL; workers wait for it by themselves."


def _first_line(error: Exception) -> str:
    origin = getattr(error, "orig", None) or error
    return str(origin).strip().splitlines()[0].rstrip(".") if str(origin).strip() else type(origin).__name__


def _postgresql(url: str, pool_size: int) -> Engine:
    settings = f"-c lock_timeout={LOCK_TIMEOUT_S}s -c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_S}s -c timezone=UTC"
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        isolation_level="READ COMMITTED",  # each statement sees what was committed when it began: the ledger leans on it
        connect_args={
            "options": settings,
            "connect_timeout": 5,
            "client_encoding": "utf8",  # also where the database has none (SQL_ASCII): `newswire doctor` can say so
            "keepalives": 1,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "application_name": f"{SIGNED}{socket.gethostname()[:24]}:{os.getpid()}.{next(_engines)}/{pool_size}",
        },
    )


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": LOCK_TIMEOUT_S, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def connected(raw: sqlite3.Connection, _: Any) -> None:
        raw.isolation_level = None  # the driver begins nothing by itself
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={LOCK_TIMEOUT_S * 1000}"):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begun(conn: Connection) -> None:
        reading = conn.get_execution_options().get("newswire_read", False)
        conn.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def insert(conn: Connection, table: Table) -> Any:
    """INSERT of this database's dialect, for ON CONFLICT."""
    return postgresql.insert(table) if conn.dialect.name == "postgresql" else sqlite.insert(table)


def insert_rows(conn: Connection, *parts: tuple[Table, Sequence[dict[str, Any]]]) -> None:
    """Insert rows into tables, parents first; the rows of one table name the same columns, none of them bytes.

    Under the ledger lock, so cheaply: on PostgreSQL all of it is one statement, and the rows of a table go as one JSON text. An executemany
    costs the client four to eight times as much, a statement a table half as much again.
    """
    filled = [(table, rows) for table, rows in parts if rows]
    if conn.dialect.name != "postgresql":
        for table, rows in filled:
            conn.execute(table.insert(), rows)
    elif filled:
        values = {f"rows_{place}": msgspec.json.encode(rows).decode() for place, (_, rows) in enumerate(filled)}
        conn.execute(_insert_of_json(tuple((table.name, tuple(rows[0])) for table, rows in filled)), values)


@cache
def _insert_of_json(parts: tuple[tuple[str, tuple[str, ...]], ...]) -> TextClause:
    """Foreign keys are looked at when the whole statement has ended."""
    inserts = []
    for place, (table, names) in enumerate(parts):
        columns = ", ".join(f'"{name}"' for name in names)
        rows = f"json_populate_recordset(NULL::{table}, CAST(:rows_{place} AS json))"
        inserts.append(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {rows}")  # noqa: S608 our own tables
    *first, last = inserts
    common = ", ".join(f"part_{place} AS ({insert})" for place, insert in enumerate(first))
    return text(f"WITH {common} {last}" if first else last)


def lock_ledger(conn: Connection) -> tuple[int, int]:
    """Take the ledger lock; (epoch, last) as committed. In a statement of its own: FOR UPDATE reads its row anew when it had to wait,
    all else in such a statement is of the time before.

    On SQLite BEGIN IMMEDIATE is that lock already.
    """
    row = conn.execute(select(log_state.c.epoch, log_state.c.last).where(log_state.c.id == 1).with_for_update()).one()
    return int(row.epoch), int(row.last)


def bands(conn: Connection, rows: Sequence[dict[str, Any]]) -> list[tuple[Table, list[dict[str, Any]]]]:
    """What indexes signatures, rows of {version, item, scheme, hashes}: PostgreSQL's GIN index is a table of hashes in SQLite."""
    parts = [(band, list(rows))]
    if conn.dialect.name == "sqlite":
        parts.append((band_hash, [{"hash": value, "version": row["version"]} for row in rows for value in sorted(set(row["hashes"]))]))
    return parts


def versions_sharing(conn: Connection, hashes: Sequence[int], *, scheme: int, at_least: int, limit: int) -> list[int]:
    """Ids of versions whose signature has `at_least` of these hashes, those that share most first."""
    if not hashes:
        return []
    if conn.dialect.name == "postgresql":
        statement = text(
            "SELECT version FROM (SELECT version, (SELECT count(*) FROM unnest(hashes) AS h WHERE h = ANY(:hashes)) AS shared"
            " FROM band WHERE hashes && CAST(:hashes AS integer[]) AND scheme = :scheme) AS near"
            " WHERE shared >= :at_least ORDER BY shared DESC, version DESC LIMIT :limit"
        )
        found = conn.execute(statement, {"hashes": list(hashes), "scheme": scheme, "at_least": at_least, "limit": limit})
    else:
        shared = func.count().label("shared")
        near = (
            select(band_hash.c.version, shared)
            .join(band, band.c.version == band_hash.c.version)
            .where(band_hash.c.hash.in_(list(hashes)), band.c.scheme == scheme)
            .group_by(band_hash.c.version)
            .having(shared >= at_least)
            .order_by(shared.desc(), band_hash.c.version.desc())
            .limit(limit)
        )
        found = conn.execute(near)
    return [int(row.version) for row in found]


def be_patient(conn: Connection) -> None:
    """This transaction may wait for long between two statements: nobody takes it for one whose host is frozen."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))


def last_ids(conn: Connection) -> dict[str, int]:
    """The last id that each table gave, also where its row is gone: ids never come again."""
    if conn.dialect.name == "postgresql":
        owned = (
            "SELECT t.relname AS name, pg_sequence_last_value(s.oid) AS seq FROM pg_class s JOIN pg_depend d ON d.objid = s.oid"
            " AND d.deptype = 'a' JOIN pg_class t ON t.oid = d.refobjid WHERE s.relkind = 'S' AND s.relnamespace = current_schema()::regnamespace"
        )
    else:
        owned = "SELECT name, seq FROM sqlite_sequence"
    return {row.name: int(row.seq) for row in conn.execute(text(owned)) if row.seq is not None}


def set_last_ids(conn: Connection, ids: Mapping[str, int]) -> None:
    """The next id of each table is the one after."""
    rows = [{"name": name, "seq": seq} for name, seq in ids.items()]
    if not rows:
        return
    if conn.dialect.name == "postgresql":
        for row in rows:
            conn.execute(text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :seq)"), row)
    else:
        conn.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), rows)
        conn.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)"), rows)

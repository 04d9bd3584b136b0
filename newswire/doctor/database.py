"""The database: whether it keeps what it confirmed, its clock, its schema, its connections."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, text

from newswire.doctor.finding import Finding, advice, clock, ok, wrong
from pipeline.errors import Misconfigured
from pipeline.storage import connections, schema
from pipeline.storage.db import Database
from schemas.outcome import counted

KEEPS = {
    "fsync": "a crash of its machine may leave it broken",
    "full_page_writes": "a crash of its machine may leave it broken",
    "synchronous_commit": "a crash of its machine loses the last commits, whose sources were told that we have their news",
}
"""Settings of PostgreSQL that may not be off, and what happens if they are."""
CLOCK_MATTERS = "embargoes end by the database's clock, and logs and Flower tell this machine's"


def look(db: Database, host_now: Callable[[], datetime]) -> Iterator[Finding]:
    """Raises Infrastructure where it is not to be had."""
    if not db.is_postgresql and not Path(db.engine.url.database or "").exists():
        yield wrong("schema", f"There is no database yet: {db.engine.url.database} does not exist.", "newswire db upgrade")
        return
    try:
        schema.check(db)
        yield ok("schema", f"at revision {schema.head()}, which this newswire needs")
    except Misconfigured as error:
        yield wrong("schema", str(error), error.hint)
    if not db.is_postgresql:
        yield from _sqlite(db)
        return
    with db.read() as conn:
        before = host_now()
        theirs = conn.execute(text("SELECT clock_timestamp()")).scalar_one().astimezone(UTC)
        yield clock("The database", before, theirs, host_now(), matters=CLOCK_MATTERS)
        yield from _postgresql(conn)
    yield _connections(db)


def damaged(how: str) -> Finding:
    """Its bytes are no longer what was written."""
    return wrong("database", f"The database is damaged: {how}.", "Restore a backup: docs/how-to/backup.md.")


def _sqlite(db: Database) -> Iterator[Finding]:
    with db.read() as conn:
        mode = conn.exec_driver_sql("PRAGMA journal_mode").scalar_one()
        size = Path(db.engine.url.database or "").stat().st_size
        yield ok("versions", f"SQLite {sqlite3.sqlite_version}, a file of {size / 1e6:.0f} MB")
        if mode != "wal":
            yield wrong("database", f"SQLite can't use its write-ahead log here (journal_mode {mode}).", "Put it on a local disk.")
        damage = conn.exec_driver_sql("PRAGMA quick_check(1)").scalar_one() if size < 500_000_000 else "ok"
        if damage != "ok":
            yield wrong(
                "database", f"The file is damaged: {str(damage).strip().splitlines()[-1]}.", "Restore a backup (docs/how-to/backup.md)."
            )


def _postgresql(conn: Connection) -> Iterator[Finding]:
    shown = {
        name: str(conn.execute(text(f"SHOW {name}")).scalar_one()) for name in (*KEEPS, "server_version", "server_encoding", "autovacuum")
    }
    size = conn.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
    yield ok("versions", f"PostgreSQL {shown['server_version'].split()[0]}, a database of {size / 1e6:.0f} MB")
    for name, matters in KEEPS.items():
        if shown[name] == "off":
            yield wrong(
                "database", f"{name} is off: {matters}.", f"ALTER SYSTEM SET {name} = on; and see whether the role or database sets it."
            )
    if shown["server_encoding"] != "UTF8":
        yield wrong(
            "database",
            f"The database's encoding is {shown['server_encoding']}: not every text fits.",
            "Make one with ENCODING 'UTF8', and `newswire db copy` this one into it.",
        )
    if shown["autovacuum"] == "off":
        yield advice("database", "autovacuum is off: tables of work grow with all that was ever done.", "ALTER SYSTEM SET autovacuum = on;")
    failed = conn.execute(
        text(
            "SELECT last_failed_wal, failed_count FROM pg_stat_archiver WHERE last_failed_time > coalesce(last_archived_time, '-infinity')"
        )
    ).one_or_none()
    if failed is not None:
        yield wrong(
            "database",
            f"Archiving of its log fails since {failed.last_failed_wal}, {counted(failed.failed_count, 'time')}: its disk fills, and no backup is complete.",
            "See archive_command and the server's log.",
        )


def _connections(db: Database) -> Finding:
    found = connections.room(db)
    assert found is not None
    if short := connections.shortage(db, 0):
        return wrong("connections", short.partition(": raise")[0] + ".", f"Raise{short.partition(': raise')[2]}")
    says = f"our processes may hold {found.promised}, others hold {found.others}, PostgreSQL grants {found.granted}"
    return ok("connections", says)

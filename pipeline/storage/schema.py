"""The tables of a database: made, moved to this code's revision, and checked. The revisions themselves are Alembic's, in migrations/.

upgrade(database)      newswire db upgrade
check(database)        at the start of whatever works with the database: better a sentence now than a strange error later
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, inspect, select, text
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table

from pipeline.errors import Misconfigured
from pipeline.storage.db import Database
from schemas.tables import metadata

if TYPE_CHECKING:
    from alembic.config import Config

OLDEST_POSTGRESQL = 15
"""The oldest that the tests run on; what we use is there from 13 on."""
OLDEST_SQLITE = (3, 35)
"""RETURNING, UPDATE … FROM and MATERIALIZED."""
_LOCK = 7_236_402
"""Number of the advisory lock that lets one process migrate at a time; any number that nobody else uses."""


def tables_for(dialect: str) -> list[Table]:
    """The tables that belong to `postgresql` or `sqlite`, in an order in which they can be made."""
    return [table for table in metadata.sorted_tables if table.info.get("only", dialect) == dialect]


def head() -> str:
    """The revision that this code needs."""
    from alembic.script import ScriptDirectory

    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None, "migrations/versions is part of the distribution"
    return revision


def current(database: Database) -> str:
    """The database's revision; '' where it was never migrated. Raises Infrastructure when it can't be reached."""
    with database.read() as conn:
        return _revision(conn)


def upgrade(database: Database, revision: str = "head") -> None:
    """Move the database up to a revision, in one transaction; nothing to do is fine. Two at once wait for each other.

    Raises Misconfigured where the database is of a newer newswire, or its server too old.
    """
    from alembic import command

    _refuse_newer(database)
    _migrate(database, command.upgrade, revision)


def downgrade(database: Database, revision: str) -> None:
    """Move the database down to a revision, `base` for none: what only later revisions hold is lost."""
    from alembic import command

    _migrate(database, command.downgrade, revision)


def check(database: Database) -> None:
    """Raises Misconfigured unless the database is of the revision that this code needs, on a server that is new enough."""
    _refuse_newer(database)
    found, needed = current(database), head()
    if not found:
        raise Misconfigured(f"The database {_name(database)} is not migrated: run `newswire db upgrade`.")
    if found != needed:
        raise Misconfigured(
            f"The database {_name(database)} is at revision {found}, and this newswire needs {needed}:"
            " stop the workers and run `newswire db upgrade`."
        )


def _refuse_newer(database: Database) -> None:
    from alembic.script import ScriptDirectory

    with database.read() as conn:
        _refuse_old_server(conn)
        found = _revision(conn)
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found and found not in known:
        raise Misconfigured(
            f"The database {_name(database)} is too far migrated: at revision {found}, and this newswire knows up to {head()};"
            " install the newswire that migrated it, or restore a backup from before."
        )


def _refuse_old_server(conn: Connection) -> None:
    if conn.dialect.name == "postgresql":
        found = conn.execute(text("SHOW server_version")).scalar_one()
        if int(found.split(".")[0].split("beta")[0]) < OLDEST_POSTGRESQL:
            raise Misconfigured(f"The database server is PostgreSQL {found}: newswire needs {OLDEST_POSTGRESQL} or newer.")
    elif sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise Misconfigured(
            f"This Python was built with SQLite {sqlite3.sqlite_version}: newswire needs {'.'.join(map(str, OLDEST_SQLITE))} or newer."
        )


def _revision(conn: Connection) -> str:
    if not inspect(conn).has_table("alembic_version"):
        return ""
    return str(conn.execute(select(sql_column("version_num")).select_from(sql_table("alembic_version"))).scalar() or "")


def _migrate(database: Database, command: Callable[[Config, str], Any], revision: str) -> None:
    config = _config()
    with database.write() as conn:
        if database.is_postgresql:  # on SQLite the writing transaction is that lock
            conn.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        config.attributes["connection"] = conn
        command(config, revision)


def _config() -> Config:
    from alembic.config import Config

    import migrations

    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__path__[0])).replace("%", "%%"))
    return config


def _name(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=True)

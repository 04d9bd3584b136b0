"""One migrated PostgreSQL database that tests have one after the other: emptying it costs a fortieth of making one.

It is made anew after some uses (nobody vacuums it), and whenever a test changed more than rows.
"""

from __future__ import annotations

import itertools

import psycopg
from psycopg import sql

from pipeline.storage import schema
from tests.servers.postgres import Postgres

MOST_USES = 50
_numbers = itertools.count(1)
_SHAPE = "SELECT count(*), max(oid)::bigint, (SELECT max(version_num) FROM alembic_version) FROM pg_class WHERE relnamespace = 'public'::regnamespace"


class Emptied:
    """`take()` it, `give_back()` it: to one at a time."""

    def __init__(self, server: Postgres, template: str) -> None:
        self._server, self._template = server, template
        self._uses = 0
        self._name = ""
        self._shape: object = None
        self._kept: list[tuple[int, int, int]] = []

    def take(self) -> str:
        """Its URL: migrated, without a row but those that migrating puts there."""
        if not self._name:
            self._uses = 0
            self._name = f"emptied_{next(_numbers)}"
            with psycopg.connect(self._server.create(self._name, template=self._template)) as conn:
                self._shape = conn.execute(_SHAPE.encode()).fetchone()
                self._kept = conn.execute(b"SELECT id, epoch, last FROM log_state").fetchall()
        return self._server.url(self._name)

    def give_back(self) -> None:
        """Whoever is still connected is thrown out."""
        self._uses += 1
        if self._uses >= MOST_USES or not self._empty():
            self._server.drop(self._name)
            self._name = ""

    def _empty(self) -> bool:
        """False: it is not as it was made."""
        tables = [sql.Identifier(table.name) for table in reversed(schema.tables_for("postgresql"))]
        with psycopg.connect(self._server.url(self._name), autocommit=True) as conn:
            conn.execute(
                b"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            try:
                if conn.execute(_SHAPE.encode()).fetchone() != self._shape:
                    return False
            except psycopg.errors.UndefinedTable:
                return False
            with conn.transaction(), conn.cursor() as cursor:
                cursor.execute(sql.SQL("; ").join(sql.SQL("DELETE FROM {}").format(table) for table in tables))
                cursor.executemany(b"INSERT INTO log_state (id, epoch, last) VALUES (%s, %s, %s)", self._kept)
                cursor.execute(
                    b"SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace"
                )
        return True

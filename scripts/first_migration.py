"""Write migrations/versions/0001_first_tables.py anew from schemas/tables.py: `python -m scripts.first_migration`.

Only until the first release: after it, what has run somewhere must never change, and a change of a table is a revision of its own, written
by hand (tests/pipeline/storage/test_schema.py tells what is missing from it).
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import render_op
from alembic.migration import MigrationContext
from alembic.operations import ops
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import SchemaItem

from schemas import tables

TARGET = Path(__file__).parents[1] / "migrations" / "versions" / "0001_first_tables.py"

HEAD = '''"""The first tables. Written by scripts/first_migration.py from schemas/tables.py."""

import sqlalchemy as sa
from alembic import op

from schemas.tables import Hashes, Id, Json, Moment

revision = "0001"
down_revision = None

'''
SEED = """
    op.execute("INSERT INTO log_state (id, epoch, last) VALUES (1, 1, 0)")  # the ledger lock is this row
    if dialect == "postgresql":
        op.execute("ALTER TABLE capture_body ALTER COLUMN body SET STORAGE EXTERNAL")  # it is compressed already: 74 µs a row, not 128
"""


def _type_name(kind: str, item: Any, _: AutogenContext) -> str | bool:
    """Our own types by name, all others as Alembic writes them."""
    if kind != "type":
        return False
    if isinstance(item, tables.Moment):
        return "Moment()"
    return next((name for name in ("Id", "Json", "Hashes") if item is getattr(tables, name)), False)


def _lines(operation: ops.MigrateOperation, item: SchemaItem, context: AutogenContext) -> Iterable[str]:
    only = item.info.get("only")
    if only:
        yield f'    if dialect == "{only}":'
    for line in render_op(context, operation):
        yield from (f"{'        ' if only else '    '}{part}" for part in line.splitlines())


def _create(table: Table) -> ops.CreateTableOp:
    operation = ops.CreateTableOp.from_table(table)
    operation.info = {}
    operation.kw = {name: value for name, value in operation.kw.items() if (name, value) != ("sqlite_autoincrement", False)}
    return operation


def main() -> None:
    options = {"render_item": _type_name, "sqlalchemy_module_prefix": "sa.", "alembic_module_prefix": "op.", "user_module_prefix": None}
    context = AutogenContext(MigrationContext.configure(dialect=postgresql.dialect()), metadata=tables.metadata, opts=options)  # type: ignore[no-untyped-call]
    up: list[str] = []
    down: list[str] = []
    for table in tables.metadata.sorted_tables:
        up += _lines(_create(table), table, context)
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            up += _lines(ops.CreateIndexOp.from_index(index), index, context)
        down[:0] = _lines(ops.DropTableOp(table.name), table, context)
    begin = "    dialect = op.get_bind().dialect.name"
    parts = [HEAD, "def upgrade() -> None:", begin, *up, SEED, "", "def downgrade() -> None:", begin, *down, ""]
    TARGET.write_text("\n".join(parts), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(TARGET)], check=True)
    subprocess.run([sys.executable, "-m", "ruff", "check", "--quiet", "--fix", str(TARGET)], check=True)


if __name__ == "__main__":
    main()

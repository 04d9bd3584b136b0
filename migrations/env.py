"""Run by Alembic for each command, on a connection of `pipeline/storage/schema.py`, in one transaction that all revisions share."""

from alembic import context

from schemas.tables import metadata

# SQLite's DDL is transactional too, as long as the driver does not begin and commit by itself (pipeline/storage/db.py sees to that).
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()

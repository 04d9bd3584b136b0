"""Alembic's migrations, for PostgreSQL and SQLite alike. Imports `schemas.tables` only; `pipeline/storage/schema.py` runs them."""

"""What a child of the supervisor does. Importing this imports all that the children share: Celery, SQLAlchemy, the pipeline."""

from __future__ import annotations

import os

import structlog

from pipeline import resources
from pipeline.config import Settings
from pipeline.errors import NewswireError
from pipeline.storage import schema
from pipeline.storage.db import Database
from workers import flower, logs, schedule, worker
from workers.supervisor import FETCH_CHILDREN

log = structlog.get_logger()

LESS_URGENT = 10
"""Niceness of what may wait: on a machine that all share, a flash and its delivery get the processor first."""


def prepare(settings: Settings) -> str:
    """Before the children start: the database is there and migrated, Redis is fit. Flower's `user:password`.

    A SQLite file is ours to make and to migrate; a PostgreSQL database is its operator's. Raises Misconfigured or Infrastructure.
    """
    logs.set_up(settings)
    db = Database.open(settings.database, pool_size=1)
    try:
        if not db.is_postgresql:
            schema.upgrade(db)
    finally:
        db.close()
    worker.check()
    return flower.auth(settings)


def run(role: str, settings: Settings) -> int:
    """Run one role in this process until it is told to stop; its exit code: 1 where it can't start, which its log says in a sentence."""
    resources.use(settings)
    logs.set_up(settings, role=role)
    try:
        return _run(role, settings)
    except NewswireError as error:
        log.error("refused", why=str(error), hint=error.hint)
        return 1


def _run(role: str, settings: Settings) -> int:
    match role:
        case "worker":
            os.nice(LESS_URGENT)
            return worker.run(settings, ("enrich", "ingest"), name=role)
        case "flash":
            return worker.run(settings, ("flash",), children=1, name=role)
        case "fetch":
            return worker.run(settings, ("fetch",), children=FETCH_CHILDREN, name=role)
        case "all":
            return worker.run(settings, ("all",), name=role)
        case "beat":
            return schedule.run(settings)
        case "deliver":
            from workers import deliver

            return deliver.run(settings)
        case _:
            return flower.run(settings)

"""Rows of runs: one a trigger, and all that it sets off bears its id."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from schemas.tables import run

LONGEST_LABEL = 500


def begin(conn: Connection, now: datetime, *, trigger: str, label: str) -> int:
    """A new run; its id. `trigger`: beat, cli, call, watch, replay."""
    row = run.insert().values(trigger=trigger, label=label[:LONGEST_LABEL], created_at=now)
    return int(conn.execute(row.returning(run.c.id)).scalar_one())

"""The log ids of what a piece of work holds: one id for an item's whole way, in every process's logs."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from schemas.tables import capture, version

_TABLES = {"ingest": capture, "enrich": version, "release": version}


def log_ids(conn: Connection, stage: str, refs: Sequence[int]) -> list[str]:
    """Of captures (ingest) or versions (enrich, release), in the order of their ids; none for other stages."""
    table = _TABLES.get(stage)
    if table is None:
        return []
    return list(conn.execute(select(table.c.log_id).where(table.c.id.in_(list(refs))).order_by(table.c.id)).scalars())

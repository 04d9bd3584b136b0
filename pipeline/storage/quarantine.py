"""What was set aside: who, what, where, why, since when, by which version of the code. Released under a new id, or a revoked one stays revoked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from pipeline.config import Settings
from pipeline.storage import history
from schemas.tables import capture, fetch_job, host, item, quarantine, sighting, source, version, work

_OF_THE_SOURCE = ("scan", "fetch", "ingest")
"""Stages in which what fails is the source's. An enricher that fails says nothing of where a text came from."""
_limit = Settings().quarantine_limit


def limit(documents: int) -> None:
    """Documents of one source in quarantine, at which it is paused, in this process: something is wrong with all of it, not with some."""
    global _limit
    _limit = documents


@cache
def code_version() -> str:
    """Of the installed distribution; `source` where it runs from a checkout that is not installed."""
    try:
        return installed("newswire")
    except PackageNotFoundError:
        return "source"


def add(
    conn: Connection,
    now: datetime,
    *,
    stage: str,
    refs: Sequence[int],
    lane: str,
    error: str,
    message: str,
    hint: str = "",
    only: str = "",
    source: int | None = None,
    run: int | None = None,
    url: str = "",
) -> int:
    """Set something aside; its quarantine id. `stage` fetch: refs are sightings (or the source, for a listing, when `url` has none).

    Where the caller does not know source and URL, they are looked up: of a document that kills its worker nothing else is known.
    """
    if source is None:
        source, known = _origin(conn, stage, refs)
        url = url or known
    row = quarantine.insert().values(
        stage=stage,
        refs=list(refs),
        only=only,
        lane=lane,
        source=source,
        run=run,
        url=url,
        error=error,
        message=message,
        hint=hint,
        code_version=code_version(),
        at=now,
    )
    id = int(conn.execute(row.returning(quarantine.c.id)).scalar_one())
    if source is not None and stage in _OF_THE_SOURCE:
        _pause_if_too_many(conn, source, now)
    return id


def _origin(conn: Connection, stage: str, refs: Sequence[int]) -> tuple[int | None, str]:
    """The source, if all of it is of one, and the URL, if it is one document."""
    ids = list(refs)
    if stage == "ingest":
        rows = conn.execute(select(capture.c.source, capture.c.url).where(capture.c.id.in_(ids))).all()
    elif stage in ("enrich", "release"):
        of = select(item.c.source, item.c.url).join(version, version.c.item == item.c.id)
        rows = conn.execute(of.where(version.c.id.in_(ids))).all()
    else:
        return None, ""
    sources = {row.source for row in rows}
    return sources.pop() if len(sources) == 1 else None, rows[0].url if len(rows) == 1 else ""


def _pause_if_too_many(conn: Connection, source_id: int, now: datetime) -> None:
    """Of what was set aside since it was resumed, so that it may go on for a while.

    At that number or beyond: what others set aside at the same time is not seen, and then the next document pauses it. Never waits for the
    source's row (the ledger lock may be held): who holds it is about to ask that source, and the next document is near.
    """
    excused = select(source.c.excused).where(source.c.id == source_id).scalar_subquery()
    counts = (quarantine.c.released_at.is_(None), quarantine.c.id > excused, quarantine.c.stage.in_(_OF_THE_SOURCE))
    here = select(func.count()).select_from(quarantine).where(quarantine.c.source == source_id, *counts)
    count = conn.execute(here).scalar_one()
    if count < _limit:
        return
    free = select(source.c.id).where(source.c.id == source_id, source.c.paused_at.is_(None)).with_for_update(skip_locked=True)
    reason = f"{count} of its documents are in quarantine: newswire quarantine list"
    paused = update(source).where(source.c.id == free.scalar_subquery()).values(paused_at=now, pause_reason=reason)
    if conn.execute(paused.returning(source.c.name)).scalar() is not None:
        history.record(conn, now, "paused", source=source_id, message=reason)


def replay(conn: Connection, ids: Sequence[int], now: datetime, *, run: int | None = None) -> int:
    """Put what is still set aside back to work, under new ids; how many."""
    freed = conn.execute(
        update(quarantine)
        .where(quarantine.c.id.in_(list(ids)), quarantine.c.released_at.is_(None))
        .values(released_at=now)
        .returning(quarantine)
    ).all()
    for row in freed:
        if row.stage == "fetch":
            _fetch_again(conn, row, now, run)
        else:
            conn.execute(
                insert(work).values(
                    stage=row.stage,
                    lane=row.lane,
                    label=f"replay of quarantine {row.id} · {len(row.refs)} of {row.stage}",
                    run=run or row.run,
                    refs=row.refs,
                    only=row.only,
                    due_at=now,
                )
            )
    return len(freed)


def _fetch_again(conn: Connection, row: Any, now: datetime, run: int | None) -> None:
    from pipeline.urls import host_key

    seen = conn.execute(select(sighting).where(sighting.c.id.in_(row.refs))).all()
    for entry in seen:
        name = host_key(entry.url)
        conn.execute(
            fetch_job.insert().values(
                host=name, url=entry.url, kind="page", source=entry.source, sighting=entry.id, lane=row.lane, run=run or row.run, due_at=now
            )
        )
        conn.execute(update(host).where(host.c.name == name).values(due_at=now, offered_at=None))

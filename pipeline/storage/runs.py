"""Runs: one trigger, and all that it set off. What it sets off bears its id; that tells the next morning what it did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, select

from pipeline.errors import Misconfigured
from schemas.tables import capture, fetch_job, poll, quarantine, run, source, verdict, work

LONGEST_LABEL = 500
LATER_S = 60.0
"""What a run still has to do after so long does not keep `newswire trigger --wait`: a host that asked us to wait, an embargo's end."""
UNDER_WAY = "under way"

Row = dict[str, Any]


def begin(conn: Connection, now: datetime, *, trigger: str, label: str) -> int:
    """A new run; its id. `trigger`: beat, cli, call, watch, replay."""
    row = run.insert().values(trigger=trigger, label=label[:LONGEST_LABEL], created_at=now)
    return int(conn.execute(row.returning(run.c.id)).scalar_one())


def listed(conn: Connection, *, limit: int = 20) -> list[Row]:
    """The newest runs: id, trigger, label, when, and what came of them so far."""
    found = [dict(row) for row in conn.execute(select(run).order_by(run.c.id.desc()).limit(limit)).mappings()]
    ids = [row["id"] for row in found]
    counted = conn.execute(select(poll.c.run, func.count().label("n")).where(poll.c.run.in_(ids)).group_by(poll.c.run))
    asked = {row.run: row.n for row in counted}
    came: dict[int, dict[str, int]] = {}
    kinds = select(verdict.c.run, verdict.c.kind, func.count().label("n")).where(verdict.c.run.in_(ids))
    for row in conn.execute(kinds.group_by(verdict.c.run, verdict.c.kind).order_by(verdict.c.kind)):
        came.setdefault(row.run, {})[row.kind] = row.n
    for one in found:
        one["polls"] = asked.get(one["id"], 0)
        one["verdicts"] = came.get(one["id"], {})
    return found


def report(conn: Connection, id: int) -> Row:
    """What one run did, by source and in all, what failed with the next step, and what is still to do. Raises Misconfigured: no such run.

    `took_s`: from its beginning to the last document that it brought, so far; enriching is not counted.
    """
    found = conn.execute(select(run).where(run.c.id == id)).mappings().one_or_none()
    if found is None:
        raise Misconfigured(f"There is no run {id}.", hint="`newswire runs list` shows the newest.")
    by_source = _by_source(conn, id)
    ends = [row.pop("ended_at") for row in by_source]
    last = max((end for end in ends if end is not None), default=None)
    return dict(found) | {
        "took_s": round((last - found["created_at"]).total_seconds(), 1) if last else None,
        "sources": by_source,
        "captures": _count(conn, capture, id),
        "verdicts": _verdicts(conn, id),
        "quarantined": _count(conn, quarantine, id),
        "failures": _failures(conn, id),
        "fetches_to_do": _count(conn, fetch_job, id),
        "work_to_do": _count(conn, work, id),
    }


def _by_source(conn: Connection, id: int) -> list[Row]:
    """One row a source: how its poll went, what it listed, what became of its documents, and from its beginning to its last one, in seconds."""
    names = {row.id: row.name for row in conn.execute(select(source.c.id, source.c.name).where(_touched(id)))}
    rows: dict[int, Row] = {}
    empty: Row = {"outcome": "", "note": "", "entries": 0, "new_entries": 0, "documents": 0, "verdicts": {}, "quarantined": 0}
    for key, name in sorted(names.items(), key=lambda pair: pair[1]):
        rows[key] = {"name": name, **empty, "verdicts": {}, "started_at": None, "ended_at": None}
    for one in conn.execute(select(poll).where(poll.c.run == id).order_by(poll.c.id)):
        row = rows[one.source]
        row |= {"outcome": one.outcome or UNDER_WAY, "note": one.note, "entries": one.entries, "new_entries": one.new_entries}
        row |= {"started_at": one.started_at, "ended_at": one.finished_at}
    for one in conn.execute(
        select(capture.c.source, func.count().label("n"), func.max(capture.c.fetched_at).label("last"))
        .where(capture.c.run == id)
        .group_by(capture.c.source)
    ):
        rows[one.source]["documents"] = one.n
        _ended(rows[one.source], one.last)
    for one in conn.execute(
        select(capture.c.source, verdict.c.kind, func.count().label("n"), func.max(verdict.c.at).label("last"))
        .join(capture, capture.c.id == verdict.c.capture)
        .where(verdict.c.run == id)
        .group_by(capture.c.source, verdict.c.kind)
    ):
        rows[one.source]["verdicts"][one.kind] = one.n
        _ended(rows[one.source], one.last)
    aside = select(quarantine.c.source, func.count().label("n")).where(quarantine.c.run == id, quarantine.c.source.is_not(None))
    for one in conn.execute(aside.group_by(quarantine.c.source)):
        rows[one.source]["quarantined"] = one.n
    for row in rows.values():
        began, ended = row["started_at"], row["ended_at"]
        row["took_s"] = round((ended - began).total_seconds(), 1) if began and ended else None
    return list(rows.values())


def _touched(id: int) -> ColumnElement[bool]:
    """Sources that a run polled, or of which it worked on a document or set one aside."""
    documents = select(capture.c.source).join(verdict, verdict.c.capture == capture.c.id).where(verdict.c.run == id)
    parts = [select(table.c.source).where(table.c.run == id) for table in (poll, capture, quarantine)]
    return source.c.id.in_(documents.union(*parts))


def _ended(row: Row, at: datetime) -> None:
    row["ended_at"] = max(filter(None, (row["ended_at"], at)))


def _failures(conn: Connection, id: int, limit: int = 20) -> list[Row]:
    """What went wrong, with how often and what to do: polls first, then what was set aside, by its reason."""
    polls = conn.execute(
        select(source.c.name, poll.c.note)
        .join(source, source.c.id == poll.c.source)
        .where(poll.c.run == id, poll.c.outcome.in_(("failed", "put off")))
        .order_by(source.c.name)
    ).all()
    aside = conn.execute(
        select(source.c.name, quarantine.c.message, func.count().label("n"), func.min(quarantine.c.id).label("first"))
        .outerjoin(source, source.c.id == quarantine.c.source)
        .where(quarantine.c.run == id)
        .group_by(source.c.name, quarantine.c.message)
        .order_by(func.count().desc(), func.min(quarantine.c.id))
        .limit(limit)
    ).all()
    failed = [{"source": row.name, "times": 1, "why": row.note, "do": f"newswire sources show {row.name}"} for row in polls]
    show = "newswire quarantine show"
    return [*failed, *({"source": row.name, "times": row.n, "why": row.message, "do": f"{show} {row.first}"} for row in aside)]


def progress(conn: Connection, id: int, now: datetime) -> Row:
    """How far a run is: what is still open, what is put off for long, what came, which polls failed."""
    polls = conn.execute(
        select(source.c.name, poll.c.outcome, poll.c.note).join(source, source.c.id == poll.c.source).where(poll.c.run == id)
    ).all()
    soon = now + timedelta(seconds=LATER_S)
    owed = _count(conn, fetch_job, id, fetch_job.c.due_at <= soon) + _count(conn, work, id, work.c.due_at <= soon)
    later = _count(conn, fetch_job, id, fetch_job.c.due_at > soon) + _count(conn, work, id, work.c.due_at > soon)
    verdicts = _verdicts(conn, id)
    # a listing that is put off ends its poll's row: what is still asked for is its job
    return {
        "open": max(owed, sum(not row.outcome for row in polls)),
        "later": later,
        "polls": len(polls),
        "failed": {row.name: row.note for row in polls if row.outcome in ("failed", "put off")},
        "documents": sum(verdicts.values()),
        "verdicts": verdicts,
        "quarantined": _count(conn, quarantine, id),
    }


def _verdicts(conn: Connection, id: int) -> dict[str, int]:
    counted = select(verdict.c.kind, func.count()).where(verdict.c.run == id).group_by(verdict.c.kind).order_by(verdict.c.kind)
    return {row[0]: row[1] for row in conn.execute(counted)}


def _count(conn: Connection, table: Table, run_id: int, *where: ColumnElement[bool]) -> int:
    return int(conn.execute(select(func.count()).select_from(table).where(table.c.run == run_id, *where)).scalar_one())


def kinds_of(rows: Iterable[Row], first: Sequence[str] = ("new", "version", "pickup", "unchanged")) -> list[str]:
    """Kinds of verdicts to show as columns: the usual ones, then those that occur."""
    more = sorted({kind for row in rows for kind in row["verdicts"]} - set(first))
    return [*first, *more]

"""From a trigger to what it owes: polls, and the listing jobs and scans that they begin with. One transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, update

from pipeline.collect.intake import poll_failed
from pipeline.config import Settings
from pipeline.errors import Infrastructure, NewswireError
from pipeline.sources import kind
from pipeline.storage import drain, frontier, sources, work
from pipeline.storage.db import Database
from pipeline.storage.frontier import NewJob
from pipeline.storage.sources import Source
from pipeline.storage.work import NewWork
from pipeline.urls import host_key
from schemas.outcome import Offered, counted
from schemas.tables import poll
from schemas.tables import run as run_table

QUIET_TRIGGERS = ("beat", "watch")
"""They come every second: only when they found something are they a run."""


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """What a trigger set off."""

    run: int | None
    """None: a tick that found nothing."""
    due: int
    claimed: int
    sources: tuple[str, ...] = ()
    """The names of those that were claimed."""
    work: tuple[Offered, ...] = ()
    """Scans, inserted as offered: publish them after this call."""
    notes: tuple[str, ...] = ()
    """Why a source that was named is not polled."""

    @property
    def sentence(self) -> str:
        """`12 sources due, 12 claimed, run 41`"""
        under_way = f" ({self.due - self.claimed} under way already)" if self.due > self.claimed else ""
        found = f"{counted(self.due, 'source')} due, {self.claimed} claimed{under_way}"
        return "; ".join([found + (f", run {self.run}" if self.run else ""), *self.notes])


def claim_due(
    db: Database,
    settings: Settings,
    *,
    trigger: str,
    run: int | None = None,
    names: Collection[str] | None = None,
    only_due: bool = True,
) -> Started:
    """Begin polls of the sources that are due (or of all, or of those named). Commits. Twice at once does the work once.

    Raises Misconfigured for a name that is none, Infrastructure; also while all is drained, where the scheduler just claims nothing.
    """
    with db.write() as conn:
        now = db.now(conn)
        drained = drain.state(conn)
        if drained is not None and trigger not in QUIET_TRIGGERS:
            raise Infrastructure(drained.sentence)
        notes = [
            f"{one.name} is paused{f': {one.pause_reason}' if one.pause_reason else ''}"
            for one in (sources.named(conn, names) if names is not None else [])
            if one.paused_at is not None
        ]
        due, claimed = sources.claim(conn, now, names=names, only_due=only_due)
        if run is None and (claimed or trigger not in QUIET_TRIGGERS):
            run = _new_run(conn, now, trigger, names=names, only_due=only_due)
        polls = _new_polls(conn, now, claimed, run)
        jobs: list[NewJob] = []
        scans: list[NewWork] = []
        for one in claimed:
            try:
                if kind(one.kind).look is not None:
                    label = f"{one.name} · scan{f' · run {run}' if run else ''}"
                    scans.append(NewWork(stage="scan", lane=one.lane, label=label, refs=(one.id,), run=run))
                else:
                    jobs.append(_listing_job(one, polls[one.id], run))
            except NewswireError as error:
                poll_failed(conn, now, one, polls[one.id], run, error)
        frontier.add_jobs(conn, jobs, now, pace_s=settings.host_pace_s)
        offered = work.add(conn, scans, now, offered=True)
    return Started(
        run=run, due=due, claimed=len(claimed), sources=tuple(one.name for one in claimed), work=tuple(offered), notes=tuple(notes)
    )


def _listing_job(one: Source, poll_id: int, run: int | None) -> NewJob:
    return NewJob(host=host_key(one.location), url=one.location, kind="listing", source=one.id, lane=one.lane, poll=poll_id, run=run)


def _new_run(conn: Connection, now: datetime, trigger: str, *, names: Collection[str] | None, only_due: bool) -> int:
    what = ", ".join(sorted(names)[:5]) if names is not None else "what is due" if only_due else "all sources"
    row = run_table.insert().values(trigger=trigger, label=what, created_at=now)
    return int(conn.execute(row.returning(run_table.c.id)).scalar_one())


def _new_polls(conn: Connection, now: datetime, claimed: Sequence[Source], run: int | None) -> dict[int, int]:
    """Poll ids by source id. What was still open is lost: its lease has ended."""
    if not claimed:
        return {}
    stale = update(poll).where(poll.c.source.in_([one.id for one in claimed]), poll.c.finished_at.is_(None))
    conn.execute(stale.values(finished_at=now, outcome="failed", note="it was lost: its worker ended"))
    rows = [{"source": one.id, "run": run, "started_at": now} for one in claimed]
    ids = conn.execute(poll.insert().returning(poll.c.id, sort_by_parameter_order=True), rows).scalars().all()
    return {one.id: id for one, id in zip(claimed, ids, strict=True)}

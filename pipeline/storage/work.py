"""What we owe ourselves: rows of work. A Celery message only names a row; losing it costs seconds, repeating it costs nothing.

    offer → (publish) → claim → run → finish, in the transaction that stores the outcome

ready      due, and not under a lease
token      of the claim that holds the row; *every* write to a claimed row asks for it, or a zombie undoes what another worker did
attempts   losses: counted up by a claim, down by each orderly end
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, or_, select, update

from pipeline.storage import drain, quarantine
from schemas.outcome import Offered
from schemas.tables import work

OFFER_AGAIN = timedelta(seconds=5)
"""An offer that nobody claimed for so long is taken for lost."""
MOST_LOSSES = 5
"""A single that took its worker with it so often goes to quarantine."""
SPLIT_JITTER_S = 1.0
SMALL_CHUNK = 7
"""Documents of the parts of a lost chunk; one that holds no more becomes singles."""
MOST_LOST = 50
"""Rows that are offered beyond what a queue has room for, since they were lost before."""
_LOST_WITH_ITS_CHUNK = "its chunk was lost"
_WAS_LOST = or_(work.c.attempts > 0, work.c.last_error == _LOST_WITH_ITS_CHUNK)


class NewWork(msgspec.Struct, frozen=True, kw_only=True):
    """A row to add."""

    stage: str
    lane: str
    label: str
    refs: tuple[int, ...]
    """Ids: sources (scan), captures (ingest), versions (enrich, release)."""
    run: int | None = None
    due_at: datetime | None = None
    """None: now."""
    only: str = ""
    """For enrich: the one enricher that is asked for."""
    retries: int = 0
    last_error: str = ""


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """A row that this process holds until its lease ends."""

    id: int
    stage: str
    lane: str
    label: str
    run: int | None
    refs: tuple[int, ...]
    only: str
    attempts: int
    """1 the first time: more means that it was lost before."""
    retries: int
    token: str

    @property
    def must_split(self) -> bool:
        """A chunk that was lost: one of its members may have killed its worker, and must not take the others along again."""
        return self.attempts > 1 and len(self.refs) > 1

    @property
    def is_deadly(self) -> bool:
        """A single that was lost too often."""
        return self.attempts > MOST_LOSSES and len(self.refs) == 1


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """How much waits in one stage and lane."""

    stage: str
    lane: str
    ready: int
    leased: int
    later: int
    oldest_due: datetime | None


def add(conn: Connection, rows: Sequence[NewWork], now: datetime, *, offered: bool = False) -> list[Offered]:
    """Insert rows; with `offered`, the caller publishes them after its commit (else the sweep finds them)."""
    if not rows:
        return []
    values = [
        {
            "stage": row.stage,
            "lane": row.lane,
            "label": row.label,
            "run": row.run,
            "refs": list(row.refs),
            "only": row.only,
            "due_at": row.due_at or now,
            "offered_at": now if offered else None,
            "retries": row.retries,
            "last_error": row.last_error,
        }
        for row in rows
    ]
    ids = conn.execute(work.insert().returning(work.c.id, sort_by_parameter_order=True), values).scalars().all()
    return [Offered(id=id, attempt=1, stage=row.stage, lane=row.lane, label=row.label) for id, row in zip(ids, rows, strict=True)]


def _ready(now: datetime) -> ColumnElement[bool]:
    return and_(work.c.due_at <= now, or_(work.c.leased_until.is_(None), work.c.leased_until < now))


def offer(conn: Connection, stage: str, lane: str, free: int, now: datetime) -> list[Offered]:
    """Mark up to `free` ready rows as offered, the longest due first, and what was lost whether there is room or not. Commit, then publish
    them: a row lost in between is offered again.
    """
    rows = conn.execute(
        select(work.c.id, work.c.attempts, work.c.label, _WAS_LOST.label("was_lost"))
        .where(
            work.c.stage == stage,
            work.c.lane == lane,
            _ready(now),
            drain.is_off(),
            or_(work.c.offered_at.is_(None), work.c.offered_at < now - OFFER_AGAIN),
        )
        .order_by(work.c.due_at, work.c.id)
        .limit(free + MOST_LOST)
        .with_for_update(skip_locked=True)
    ).all()
    chosen = [row for place, row in enumerate(rows) if place < free or row.was_lost]
    if chosen:
        conn.execute(update(work).where(work.c.id.in_([row.id for row in chosen])).values(offered_at=now))
    return [
        Offered(id=row.id, attempt=row.attempts + 1, stage=stage, lane=lane, label=row.label, goes_first=row.was_lost) for row in chosen
    ]


def claim(conn: Connection, id: int, *, worker: str, lease_s: float, now: datetime) -> Claimed | None:
    """Take a ready row, for `lease_s`. None: done, taken, not due, or all is drained. Commit before running: a crash must count.

    SKIP LOCKED: a plain claim waited for a zombie that was committing.
    """
    ready = select(work.c.id).where(work.c.id == id, _ready(now), drain.is_off()).with_for_update(skip_locked=True).scalar_subquery()
    row = conn.execute(
        update(work)
        .where(work.c.id == ready)
        .values(
            leased_until=now + timedelta(seconds=lease_s),
            offered_at=None,
            token=secrets.token_hex(8),
            attempts=work.c.attempts + 1,
            claimed_by=worker,
        )
        .returning(work)
    ).one_or_none()
    if row is None:
        return None
    return Claimed(
        id=row.id,
        stage=row.stage,
        lane=row.lane,
        label=row.label,
        run=row.run,
        refs=tuple(row.refs),
        only=row.only,
        attempts=row.attempts,
        retries=row.retries,
        token=row.token,
    )


def _held(claimed: Claimed) -> ColumnElement[bool]:
    return and_(work.c.id == claimed.id, work.c.token == claimed.token)


def finish(conn: Connection, claimed: Claimed) -> bool:
    """The row goes, in the transaction that stores its outcome. False: the lease was lost; write nothing."""
    return conn.execute(delete(work).where(_held(claimed))).rowcount == 1


def give_back(conn: Connection, claimed: Claimed, now: datetime, *, error: str, delay_s: float) -> bool:
    """An orderly end without an outcome (database or broker away, a worker that stops): nobody's loss, due again later."""
    done = conn.execute(
        update(work)
        .where(_held(claimed))
        .values(
            attempts=work.c.attempts - 1,
            retries=work.c.retries + 1,
            due_at=now + timedelta(seconds=delay_s),
            leased_until=None,
            token="",
            claimed_by="",
            last_error=error,
        )
    )
    return done.rowcount == 1


def split(conn: Connection, claimed: Claimed, now: datetime) -> list[int] | None:
    """A lost chunk becomes smaller ones, made of what its own DELETE gave back, a small one becomes singles; their ids. None: the lease was
    lost.

    At once into singles, fifty innocents take nearly twice as long.
    """
    row = conn.execute(delete(work).where(_held(claimed)).returning(work.c.refs, work.c.due_at)).one_or_none()
    if row is None:
        return None
    # a little before their chunk, or what was lost would stand behind all that came with it; a little apart, so that they keep their order
    first = row.due_at - timedelta(seconds=SPLIT_JITTER_S)
    size = SMALL_CHUNK if len(row.refs) > SMALL_CHUNK else 1
    step = SPLIT_JITTER_S / max(1, len(row.refs))
    parts = [
        NewWork(
            stage=claimed.stage,
            lane=claimed.lane,
            label=f"{claimed.label.split(' · ')[0]} · {len(refs)} of a lost chunk of {len(row.refs)}",
            refs=refs,
            run=claimed.run,
            only=claimed.only,
            due_at=first + timedelta(seconds=step * place),
            last_error=_LOST_WITH_ITS_CHUNK,
        )
        for place in range(0, len(row.refs), size)
        for refs in [tuple(row.refs[place : place + size])]
    ]
    return [offered.id for offered in add(conn, parts, now)]


def quarantine_lost(conn: Connection, claimed: Claimed, now: datetime) -> int | None:
    """A single that was lost too often; its quarantine id. None: the lease was lost."""
    if not finish(conn, claimed):
        return None
    return quarantine.add(
        conn,
        now,
        stage=claimed.stage,
        refs=claimed.refs,
        only=claimed.only,
        lane=claimed.lane,
        run=claimed.run,
        error="WorkerLost",
        message=f"crashed its worker {claimed.attempts - 1} times",
        hint="`newswire quarantine replay` tries it once more, after a fix.",
    )


def free_child(conn: Connection, worker: str, now: datetime) -> int:
    """A worker's parent saw its child die: what it held is ready at once, and counts as lost. How many rows."""
    freed = conn.execute(
        update(work)
        .where(work.c.claimed_by == worker, work.c.token != "")
        .values(leased_until=None, offered_at=None, token="", claimed_by="", last_error="its worker died")
    )
    return freed.rowcount


def revoke(conn: Connection, id: int, attempt: int, now: datetime) -> int | None:
    """An operator revoked this attempt: the row moves to quarantine, or it would be offered for ever under a revoked id.

    Returns its quarantine id; None where that attempt is over.
    """
    row = conn.execute(
        delete(work)
        .where(
            work.c.id == id,
            or_(and_(work.c.token == "", work.c.attempts == attempt - 1), and_(work.c.token != "", work.c.attempts == attempt)),
        )
        .returning(work)
    ).one_or_none()
    if row is None:
        return None
    return quarantine.add(
        conn,
        now,
        stage=row.stage,
        refs=tuple(row.refs),
        only=row.only,
        lane=row.lane,
        run=row.run,
        error="Revoked",
        message="revoked by an operator",
        hint="`newswire quarantine replay` puts it back to work.",
    )


def retry_now(conn: Connection, id: int, now: datetime) -> bool:
    """An operator wants a row that waits to be tried at once. False: not there, or somebody works on it."""
    row = update(work).where(work.c.id == id, or_(work.c.leased_until.is_(None), work.c.leased_until < now))
    return conn.execute(row.values(due_at=now, offered_at=None)).rowcount == 1


def backlog(conn: Connection, now: datetime) -> list[Backlog]:
    """What waits, by stage and lane."""
    leased = and_(work.c.leased_until.is_not(None), work.c.leased_until >= now)
    rows = conn.execute(
        select(
            work.c.stage,
            work.c.lane,
            func.sum(case((_ready(now), 1), else_=0)).label("ready"),
            func.sum(case((leased, 1), else_=0)).label("leased"),
            func.sum(case((and_(work.c.due_at > now, work.c.leased_until.is_(None)), 1), else_=0)).label("later"),
            func.min(work.c.due_at).label("oldest_due"),
        )
        .group_by(work.c.stage, work.c.lane)
        .order_by(work.c.stage, work.c.lane)
    ).all()
    return [
        Backlog(stage=r.stage, lane=r.lane, ready=int(r.ready), leased=int(r.leased), later=int(r.later), oldest_due=r.oldest_due)
        for r in rows
    ]

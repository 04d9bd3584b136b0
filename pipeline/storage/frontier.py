"""What is owed to hosts: their leases, the jobs that wait for them, and what was sighted.

    lease → take (attempts are marked) → fetch → finish, in the transaction that stores what came of it → release

host       leased by one pump at a time, so that pace, Retry-After and back-off are durable, and need no shared limiter
finish     a micro-batch writes only what its own DELETE … RETURNING gave back: a zombie pump would make two rows of ingest
sight      says what of a listing is new; only that owes a page

Order of locks: fetch_job, source, host (by name). Whoever inserts jobs has the host's row first, so that a release can't overlook them.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, case, delete, exists, func, or_, select, update

from pipeline.storage import drain, history, quarantine
from pipeline.storage.db import insert
from schemas.document import Entry
from schemas.tables import capture, fetch_job, host, sighting

OFFER_AGAIN = timedelta(seconds=5)
"""An offer that no pump took up for so long is taken for lost."""
MOST_LOSSES = 5
"""A job that took its pump with it so often goes to quarantine."""
_MANY = 500
"""Values in one IN list."""


class NewJob(msgspec.Struct, frozen=True, kw_only=True):
    """Something to fetch."""

    host: str
    url: str
    kind: str
    """listing or page"""
    source: int
    lane: str
    sighting: int | None = None
    poll: int | None = None
    continues: int | None = None
    """Of a further page of a story: the capture of its first one."""
    run: int | None = None


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job that this pump took."""

    id: int
    url: str
    kind: str
    source: int
    sighting: int | None
    poll: int | None
    continues: int | None
    lane: str
    run: int | None
    attempts: int
    """1 the first time: more means that it was lost before."""
    retries: int
    log_id: str
    """Of its sighting; a listing has none."""
    first: str
    """Where the first page of its story stands; "" if that is this one."""

    @property
    def is_deadly(self) -> bool:
        """It was lost too often."""
        return self.attempts > MOST_LOSSES


class Leased(msgspec.Struct, frozen=True, kw_only=True):
    """A host that this pump holds until its lease ends."""

    name: str
    token: str
    pace_s: float
    failures: int


class Sighted(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that is news: its sighting, and the id that its whole way is told under."""

    place: int
    """Its index in what was given."""
    sighting: int
    log_id: str


# --- jobs come ------------------------------------------------------------------------------------------------------------------


def lock_hosts(conn: Connection, names: Collection[str]) -> None:
    """Lock host rows by name, before writing several of them in whatever order."""
    conn.execute(select(host.c.name).where(host.c.name.in_(sorted(names))).order_by(host.c.name).with_for_update()).all()


def add_jobs(conn: Connection, jobs: Sequence[NewJob], now: datetime, *, pace_s: float) -> None:
    """Insert jobs, due now; their hosts are due as well, and new ones keep `pace_s` between two requests."""
    if not jobs:
        return
    for name in sorted({job.host for job in jobs}):
        row = insert(conn, host).values(name=name, pace_s=pace_s, due_at=now)
        earlier = case((host.c.due_at.is_(None), now), (host.c.due_at > now, now), else_=host.c.due_at)
        conn.execute(row.on_conflict_do_update(index_elements=[host.c.name], set_={"due_at": earlier, "pace_s": pace_s}))
    conn.execute(
        fetch_job.insert(),
        [{name: getattr(job, name) for name in NewJob.__struct_fields__} | {"due_at": now} for job in jobs],
    )


# --- hosts are offered, leased, released ----------------------------------------------------------------------------------------


def _waiting(now: datetime) -> ColumnElement[bool]:
    return and_(
        drain.is_off(),
        host.c.due_at <= now,
        or_(host.c.not_before.is_(None), host.c.not_before <= now),
        or_(host.c.leased_until.is_(None), host.c.leased_until < now),
    )


def hosts_wait(conn: Connection, now: datetime) -> bool:
    """Whether a host has something due, no lease, and no fresh offer."""
    offerable = and_(_waiting(now), or_(host.c.offered_at.is_(None), host.c.offered_at < now - OFFER_AGAIN))
    return bool(conn.execute(select(exists().where(offerable))).scalar_one())


def offer_hosts(conn: Connection, free: int, now: datetime) -> list[str]:
    """Mark up to `free` hosts as offered, those with flash jobs first, then those longest due. Commit, then publish a pump for each."""
    if free <= 0:
        return []
    has_flash = exists().where(fetch_job.c.host == host.c.name, fetch_job.c.lane == "flash", fetch_job.c.due_at <= now)
    chosen = (
        select(host.c.name)
        .where(_waiting(now), or_(host.c.offered_at.is_(None), host.c.offered_at < now - OFFER_AGAIN))
        .order_by(case((has_flash, 0), else_=1), host.c.due_at, host.c.name)
        .limit(free)
        .with_for_update(skip_locked=True)
    )
    names = list(conn.execute(chosen).scalars())
    conn.execute(update(host).where(host.c.name.in_(names)).values(offered_at=now))
    return names


def lease(conn: Connection, name: str, *, lease_s: float, now: datetime, worker: str = "") -> Leased | None:
    """Take a host that has something due. None: another pump has it, or there is nothing to do. `worker` is for `free_child`."""
    free = select(host.c.name).where(host.c.name == name, _waiting(now)).with_for_update(skip_locked=True).scalar_subquery()
    row = conn.execute(
        update(host)
        .where(host.c.name == free)
        .values(token=f"{worker}/{secrets.token_hex(8)}", leased_until=now + timedelta(seconds=lease_s), offered_at=None)
        .returning(host)
    ).one_or_none()
    return None if row is None else Leased(name=row.name, token=row.token, pace_s=row.pace_s, failures=row.failures)


def _held(leased: Leased) -> ColumnElement[bool]:
    return and_(host.c.name == leased.name, host.c.token == leased.token)


def keep(conn: Connection, leased: Leased, *, not_before: datetime | None, failures: int) -> bool:
    """Note when the host may be asked again, and how often it failed in a row. False: the lease was lost; take no more."""
    return conn.execute(update(host).where(_held(leased)).values(not_before=not_before, failures=failures)).rowcount == 1


def release(conn: Connection, leased: Leased) -> None:
    """The pump leaves: the host is due when its next job is. Nothing happens where the lease was lost."""
    if conn.execute(select(host.c.name).where(_held(leased)).with_for_update()).one_or_none() is None:
        return
    # in a statement after the lock: jobs of whoever held the host's row before are seen here, or they would never be offered
    due_at = conn.execute(select(func.min(fetch_job.c.due_at)).where(fetch_job.c.host == leased.name)).scalar()
    conn.execute(update(host).where(_held(leased)).values(token="", leased_until=None, offered_at=None, due_at=due_at))


def free_child(conn: Connection, worker: str, now: datetime) -> int:
    """A worker's parent saw its child die: the hosts that its pumps held may be leased at once. How many."""
    rows = update(host).where(host.c.token.startswith(f"{worker}/", autoescape=True))
    return conn.execute(rows.values(token="", leased_until=None, offered_at=None, due_at=now)).rowcount


# --- jobs are taken, finished, put off ------------------------------------------------------------------------------------------


def take(conn: Connection, leased: Leased, limit: int, now: datetime, *, lost: bool = False) -> list[Job]:
    """Take up to `limit` due jobs, marking the attempt: a job that kills its pump is known by it. Commit before fetching.

    With `lost`, one job that was lost before, to be fetched alone: it must not take others along again.
    """
    chosen = (
        select(fetch_job.c.id)
        .where(
            fetch_job.c.host == leased.name,
            fetch_job.c.due_at <= now,
            fetch_job.c.attempts > 0 if lost else fetch_job.c.attempts == 0,
            drain.is_off(),
        )
        .order_by(
            case((fetch_job.c.lane == "flash", 0), (fetch_job.c.kind == "listing", 1), (fetch_job.c.lane == "normal", 2), else_=3),
            fetch_job.c.due_at,
            fetch_job.c.id,
        )
        .limit(1 if lost else limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(conn.execute(chosen).scalars())
    if not ids:
        return []
    conn.execute(update(fetch_job).where(fetch_job.c.id.in_(ids)).values(attempts=fetch_job.c.attempts + 1))
    log_id = func.coalesce(sighting.c.log_id, "").label("log_id")
    first = func.coalesce(func.nullif(capture.c.final_url, ""), capture.c.url, "").label("first")
    rows = conn.execute(
        select(*(fetch_job.c[name] for name in Job.__struct_fields__ if name not in ("log_id", "first")), log_id, first)
        .outerjoin(sighting, sighting.c.id == fetch_job.c.sighting)
        .outerjoin(capture, capture.c.id == fetch_job.c.continues)
        .where(fetch_job.c.id.in_(ids))
    )
    jobs = {row.id: Job(**row._mapping) for row in rows}
    return [jobs[id] for id in ids]


def finish(conn: Connection, jobs: Iterable[Job]) -> set[int]:
    """The jobs go, in the transaction that stores what came of them. Ids that went: write nothing for the others, another pump had them."""
    ids = sorted(job.id for job in jobs)
    if not ids:
        return set()
    return set(conn.execute(delete(fetch_job).where(fetch_job.c.id.in_(ids)).returning(fetch_job.c.id)).scalars())


def put_off(conn: Connection, job: Job, due_at: datetime, *, error: str) -> bool:
    """Tried again later. Not a loss. False: another pump has it."""
    mine = update(fetch_job).where(fetch_job.c.id == job.id, fetch_job.c.attempts == job.attempts)
    back = mine.values(attempts=fetch_job.c.attempts - 1, retries=fetch_job.c.retries + 1, due_at=due_at, last_error=error)
    return conn.execute(back).rowcount == 1


def give_back(conn: Connection, jobs: Iterable[Job]) -> None:
    """Taken and not fetched after all: an orderly end, which is no loss."""
    for job in jobs:
        mine = update(fetch_job).where(fetch_job.c.id == job.id, fetch_job.c.attempts == job.attempts)
        conn.execute(mine.values(attempts=fetch_job.c.attempts - 1))


def set_aside(conn: Connection, job: Job, now: datetime, *, error: str, message: str, hint: str = "") -> int:
    """A page that can't be had goes to quarantine, and history is told; its quarantine id."""
    id = quarantine.add(
        conn,
        now,
        stage="fetch",
        refs=[job.sighting] if job.sighting is not None else [],
        lane=job.lane,
        source=job.source,
        run=job.run,
        url=job.url,
        error=error,
        message=message,
        hint=hint,
    )
    what = {"Gone": "gone", "Refused": "refused"}.get(error, "failed")
    history.record(conn, now, what, source=job.source, run=job.run, url=job.url, log_id=job.log_id, error=message, hint=hint, quarantine=id)
    return id


# --- what was sighted -----------------------------------------------------------------------------------------------------------


def latest(conn: Connection, source: int, keys: Sequence[str]) -> dict[str, Entry]:
    """What was seen last under each key that was ever seen at a source."""
    newest = {key: rows[-1] for key, rows in _seen(conn, source, keys).items()}
    return {key: msgspec.convert(row.entry, Entry) for key, row in newest.items()}


def sight(
    conn: Connection,
    source: int,
    entries: Sequence[tuple[Entry, str]],
    now: datetime,
    *,
    run: int | None,
    again: bool = False,
    limit: int | None = None,
) -> list[Sighted]:
    """Which of these (entry, hash) are news at a source, `limit` at most; each is noted, and told to history.

    News is what was never seen so, and what reads again as it did before it last changed: A, B, A are three. With `again`, all is news.
    """
    seen = _seen(conn, source, [entry.key for entry, _ in entries])
    once: dict[str, int] = {}
    for entry, _ in entries:
        once[entry.key] = once.get(entry.key, 0) + 1
    found: list[Sighted] = []
    for place, (entry, hash) in enumerate(entries):
        if limit is not None and len(found) >= limit:
            break
        rows = seen.get(entry.key, [])
        same = next((row for row in rows if row.entry_hash == hash), None)
        if same is None:
            log_id = secrets.token_hex(4)
            id = _insert(conn, source, entry, hash, now, run, log_id)
            if id is None:
                continue  # listed twice here, or another poll was faster
        elif again or (same is not rows[-1] and once[entry.key] == 1):
            id, log_id = same.id, secrets.token_hex(4)
            values = {"seen_at": now, "entry": _entry(entry), "log_id": log_id, "run": run}
            conn.execute(update(sighting).where(sighting.c.id == id).values(**values))
        else:
            if same.entry != _entry(entry) and same is rows[-1]:
                conn.execute(update(sighting).where(sighting.c.id == same.id).values(entry=_entry(entry)))
            continue
        found.append(Sighted(place=place, sighting=id, log_id=log_id))
        history.record(conn, now, "listed", source=source, run=run, url=entry.url, log_id=log_id, key=entry.key, title=entry.title)
    return found


def _seen(conn: Connection, source: int, keys: Collection[str]) -> Mapping[str, list[Any]]:
    """Sightings by key, the newest last."""
    found: dict[str, list[Any]] = {}
    wanted = sorted(set(keys))
    for start in range(0, len(wanted), _MANY):
        group = wanted[start : start + _MANY]
        rows = select(sighting.c.id, sighting.c.entry_key, sighting.c.entry_hash, sighting.c.entry).where(
            sighting.c.source == source, sighting.c.entry_key.in_(group)
        )
        for row in conn.execute(rows.order_by(sighting.c.seen_at, sighting.c.id)):
            found.setdefault(row.entry_key, []).append(row)
    return found


def _insert(conn: Connection, source: int, entry: Entry, hash: str, now: datetime, run: int | None, log_id: str) -> int | None:
    row = insert(conn, sighting).values(
        source=source, entry_key=entry.key, entry_hash=hash, url=entry.url, entry=_entry(entry), log_id=log_id, seen_at=now, run=run
    )
    id = conn.execute(row.on_conflict_do_nothing().returning(sighting.c.id)).scalar()
    return None if id is None else int(id)


def _entry(entry: Entry) -> dict[str, Any]:
    return msgspec.to_builtins(entry)  # type: ignore[no-any-return]

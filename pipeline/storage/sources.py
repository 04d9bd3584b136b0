"""Rows of sources: what their operator wants (`apply`), and how their polls went. Takes declarations that `pipeline.sources` has checked.

A poll holds its source under a lease, so that triggers may come twice; its end, with what it found, is one transaction with the lease's.
Every write to a source that is polled comes after `hold`: two ends of polls wait for one another.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from cronsim import CronSim
from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select, update

from pipeline.errors import Misconfigured
from pipeline.storage import drain
from schemas.source import Declared, Setting
from schemas.tables import fetch_job, quarantine, source

LEASE_S = 600.0
"""Of a poll: a lost one is made anew after it. What keeps its twin away while it waits for its host is its job's row."""
MOST_A_CLAIM = 500
"""Sources that one trigger takes in one transaction, unless they are named; the next tick takes the rest."""
LONGEST_BACK_OFF_S = 86_400.0
"""A source that fails is asked once a day at least: never given up."""
JITTER = 0.1
"""Part of a rhythm by which polls are spread, so that what was added together does not come together for ever."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A row of sources."""

    id: int
    name: str
    kind: str
    location: str
    provider: str
    language: str
    lane: str
    rhythm_s: float | None
    cron: str
    settings: dict[str, Setting]
    cursor: dict[str, Any]
    due_at: datetime | None
    leased_until: datetime | None
    etag: str
    last_modified: str
    body_hash: str
    window_taken: bool
    failures: int
    last_poll_at: datetime | None
    last_ok_at: datetime | None
    last_change_at: datetime | None
    last_error: str
    paused_at: datetime | None
    pause_reason: str
    removed_at: datetime | None
    created_at: datetime

    @property
    def declared(self) -> Declared:
        return Declared(**{name: getattr(self, name) for name in Declared.__struct_fields__})


_COLUMNS = [source.c[name] for name in Source.__struct_fields__]


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """What `apply` did, by names."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]


def next_due(rhythm_s: float | None, cron: str, now: datetime, *, chance: float) -> datetime | None:
    """When the next poll is due, polled now; None: only when triggered. `chance`, 0 to 1, is the jitter's. Pure."""
    if cron:
        return next(CronSim(cron, now))
    if rhythm_s is None:
        return None
    return now + timedelta(seconds=rhythm_s * (1 + JITTER * (chance - 0.5)))


def back_off(rhythm_s: float | None, cron: str, failures: int, now: datetime) -> datetime | None:
    """When a source that failed so often in a row is asked again: its rhythm doubled each time, up to a day; a cron line stays. Pure."""
    if cron or rhythm_s is None:
        return next_due(rhythm_s, cron, now, chance=0.5)
    doubled = rhythm_s * 2 ** min(failures, 30)
    return now + timedelta(seconds=min(doubled, max(rhythm_s, LONGEST_BACK_OFF_S)))


def add(conn: Connection, declared: Declared, now: datetime) -> int:
    """A new source, due at once (or by its cron line); one that was removed comes back. Its id. Raises Misconfigured: the name is taken."""
    held = _by_name(conn, [declared.name], lock=True).get(declared.name)
    if held is not None and held.removed_at is None:
        raise Misconfigured(f"There is a source {declared.name} already.", hint=f"`newswire sources show {declared.name}`")
    if held is not None:
        _change(conn, held, declared, now)
        return held.id
    row = source.insert().values(**_wanted(declared), due_at=_first_due(declared, now), created_at=now)
    return int(conn.execute(row.returning(source.c.id)).scalar_one())


def apply(conn: Connection, declared: Collection[Declared], now: datetime, *, keep: bool = False) -> Applied:
    """Make the sources equal these: nothing of what they brought is touched. Applying twice changes nothing. `keep`: others stay."""
    rows = {row.name: row for row in listed(conn, removed=True, lock=True)}
    added, changed, unchanged = [], [], []
    for one in sorted(declared, key=lambda one: one.name):
        held = rows.get(one.name)
        if held is None or held.removed_at is not None:
            add(conn, one, now)
            added.append(one.name)
        elif held.declared != one:
            _change(conn, held, one, now)
            changed.append(one.name)
        else:
            unchanged.append(one.name)
    wanted = {one.name for one in declared}
    removed = [] if keep else sorted(name for name, row in rows.items() if row.removed_at is None and name not in wanted)
    remove(conn, removed, now)
    return Applied(added=tuple(added), changed=tuple(changed), unchanged=tuple(unchanged), removed=tuple(removed))


def remove(conn: Connection, names: Collection[str], now: datetime) -> int:
    """No longer asked; what they brought stays. How many."""
    rows = update(source).where(source.c.name.in_(list(names)), source.c.removed_at.is_(None))
    return conn.execute(rows.values(removed_at=now, due_at=None)).rowcount


def pause(conn: Connection, names: Collection[str], now: datetime, *, reason: str = "") -> int:
    """Not asked until it is resumed, whoever triggers. How many were not paused before. Raises Misconfigured for a name that is none."""
    named(conn, names)
    rows = update(source).where(source.c.name.in_(list(names)), source.c.paused_at.is_(None))
    return conn.execute(rows.values(paused_at=now, pause_reason=reason)).rowcount


def resume(conn: Connection, names: Collection[str], now: datetime) -> int:
    """Asked again, and due at once unless only a trigger says when. How many were paused. Raises Misconfigured for a name that is none."""
    rows = [row for row in named(conn, names) if row.paused_at is not None]
    newest = conn.execute(select(func.coalesce(func.max(quarantine.c.id), 0))).scalar_one()
    for row in rows:
        values = {"paused_at": None, "pause_reason": "", "excused": newest, "due_at": row.due_at and min(row.due_at, now)}
        conn.execute(update(source).where(source.c.id == row.id).values(**values))
    return len(rows)


def listed(conn: Connection, *, removed: bool = False, lock: bool = False) -> list[Source]:
    """All sources by name; those that were removed only if asked for."""
    rows = select(*_COLUMNS).order_by(source.c.name)
    if not removed:
        rows = rows.where(source.c.removed_at.is_(None))
    return [_source(row) for row in conn.execute(rows.with_for_update() if lock else rows)]


def named(conn: Connection, names: Collection[str]) -> list[Source]:
    """Sources by their names, in that order. Raises Misconfigured, naming one that there is not."""
    rows = _by_name(conn, names)
    for name in names:
        if name not in rows or rows[name].removed_at is not None:
            raise Misconfigured(f"There is no source {name}.", hint="`newswire sources list`")
    return [rows[name] for name in names]


def by_ids(conn: Connection, ids: Iterable[int]) -> dict[int, Source]:
    """Sources by id."""
    rows = conn.execute(select(*_COLUMNS).where(source.c.id.in_(sorted(set(ids)))))
    return {row.id: _source(row) for row in rows}


def make_due(conn: Connection, names: Collection[str], now: datetime) -> int:
    """Due at once: something changed there. Paused ones stay as they are. How many were not due before."""
    later = or_(source.c.due_at > now, source.c.due_at.is_(None))
    rows = update(source).where(source.c.name.in_(list(names)), source.c.removed_at.is_(None), source.c.paused_at.is_(None), later)
    return conn.execute(rows.values(due_at=now)).rowcount


def claim(conn: Connection, now: datetime, *, names: Collection[str] | None = None, only_due: bool = True) -> tuple[int, list[Source]]:
    """How many sources are due, and those of them that this poll now holds: a second trigger finds them held, or no longer due.

    A source whose listing still waits to be fetched is under way, however long its host makes us wait.
    """
    wanted: list[ColumnElement[bool]] = [source.c.removed_at.is_(None), source.c.paused_at.is_(None)]
    if names is not None:
        wanted.append(source.c.name.in_(list(names)))
    if only_due:
        wanted.append(source.c.due_at <= now)
    due = int(conn.execute(select(func.count()).select_from(source).where(*wanted)).scalar_one())
    under_way = exists().where(fetch_job.c.source == source.c.id, fetch_job.c.kind == "listing")
    free = and_(or_(source.c.leased_until.is_(None), source.c.leased_until < now), ~under_way, drain.is_off())
    rows = conn.execute(
        select(*_COLUMNS)
        .where(*wanted, free)
        .order_by(source.c.due_at, source.c.id)
        .limit(MOST_A_CLAIM if names is None else None)
        .with_for_update(skip_locked=True)
    ).all()
    claimed = [_source(row) for row in rows]
    for row in claimed:
        conn.execute(
            update(source)
            .where(source.c.id == row.id)
            .values(
                token=secrets.token_hex(8),
                leased_until=now + timedelta(seconds=LEASE_S),
                due_at=next_due(row.rhythm_s, row.cron, now, chance=random.random()),
                last_poll_at=now,
            )
        )
    return due, claimed


def hold(conn: Connection, id: int) -> Source:
    """A source as it is now, locked until the transaction ends."""
    return _source(conn.execute(select(*_COLUMNS).where(source.c.id == id).with_for_update()).one())


def finish(conn: Connection, held: Source, now: datetime, *, again_s: float | None = None, **values: Any) -> None:
    """A poll went well. `values`: validators, cursor and the like, which so far nobody but this poll may have written."""
    if again_s is not None and held.paused_at is None and held.removed_at is None:
        soon = now + timedelta(seconds=again_s)
        values["due_at"] = soon if held.due_at is None else min(held.due_at, soon)
    row = update(source).where(source.c.id == held.id)
    conn.execute(row.values(leased_until=None, token="", failures=0, last_error="", last_ok_at=now, **values))


def go_on(conn: Connection, held: Source, cursor: Mapping[str, object]) -> None:
    """A poll goes on with another look, from here."""
    conn.execute(update(source).where(source.c.id == held.id).values(cursor=dict(cursor)))


def fail(conn: Connection, held: Source, now: datetime, error: str) -> None:
    """A poll failed: told, counted, asked again later."""
    failures = held.failures + 1
    due = back_off(held.rhythm_s, held.cron, failures, now) if held.removed_at is None else None
    row = update(source).where(source.c.id == held.id)
    conn.execute(row.values(leased_until=None, token="", failures=failures, last_error=error, due_at=due))


def _source(row: Row[Any]) -> Source:
    return Source(**row._mapping)


def _by_name(conn: Connection, names: Collection[str], *, lock: bool = False) -> dict[str, Source]:
    rows = select(*_COLUMNS).where(source.c.name.in_(list(names))).order_by(source.c.id)
    return {row.name: _source(row) for row in conn.execute(rows.with_for_update() if lock else rows)}


def _wanted(declared: Declared) -> dict[str, Any]:
    return {name: getattr(declared, name) for name in Declared.__struct_fields__}


def _first_due(declared: Declared, now: datetime) -> datetime | None:
    return now if declared.rhythm_s is not None else next_due(None, declared.cron, now, chance=0.5)


def _change(conn: Connection, held: Source, declared: Declared, now: datetime) -> None:
    values: dict[str, Any] = _wanted(declared) | {"removed_at": None}
    if (held.kind, held.location) != (declared.kind, declared.location):
        values |= {"etag": "", "last_modified": "", "body_hash": "", "cursor": {}}  # of another place: they would hide this one
    if held.removed_at is not None or held.declared != declared:
        values["due_at"] = _first_due(declared, now)
    conn.execute(update(source).where(source.c.id == held.id).values(**values))

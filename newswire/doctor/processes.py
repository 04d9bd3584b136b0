"""What should run and does not: told by what waits in the database, and by which workers answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError
from sqlalchemy import Connection, and_, exists, func, or_, select

from newswire.doctor.finding import Finding, advice, ok, wrong
from pipeline.storage import drain
from pipeline.storage.db import Database
from schemas.outcome import counted
from schemas.tables import fetch_job, log_state, source, subscription, work

PATIENCE = timedelta(seconds=60)
"""The scheduler looks each second: what waits longer waits for a process that is not there."""
ANSWER_S = 1.0


def look(db: Database, redis_url: str) -> Iterator[Finding]:
    """Raises Infrastructure."""
    with db.read() as conn:
        now = db.now(conn)
        drained = drain.state(conn)
        waits = _waits(conn, now)
    if drained is not None:
        yield advice("processes", drained.sentence, "newswire drain --end")
        return
    try:
        yield from _workers(_readers(), waits["stages"])
    except (OperationalError, RedisError) as error:
        yield advice("processes", f"Workers can't be asked: {str(error).rstrip('.')}.", "Mend Redis first.")
    if waits["unpolled"]:
        yield wrong("processes", f"Sources that are due since a minute and that nobody polls: {waits['unpolled']}.", "newswire beat")
    elif waits["unoffered"]:
        yield wrong(
            "processes", f"Pieces of work that are due since a minute and were never offered: {waits['unoffered']}.", "newswire beat"
        )
    if waits["untold"]:
        yield wrong("processes", f"Nobody reads the log for {', '.join(waits['untold'])}.", "newswire deliver")


def _waits(conn: Connection, now: datetime) -> dict[str, Any]:
    since = now - PATIENCE
    free = or_(work.c.leased_until.is_(None), work.c.leased_until < now)
    ready = and_(work.c.due_at < since, free)
    under_way = exists().where(fetch_job.c.source == source.c.id, fetch_job.c.kind == "listing")
    unpolled = and_(
        source.c.due_at < since,
        source.c.paused_at.is_(None),
        source.c.removed_at.is_(None),
        or_(source.c.leased_until.is_(None), source.c.leased_until < since),
        ~under_way,
    )
    behind = and_(
        subscription.c.removed_at.is_(None),
        subscription.c.read_seq < select(log_state.c.last).where(log_state.c.id == 1).scalar_subquery(),
        or_(subscription.c.leased_until.is_(None), subscription.c.leased_until < since),
    )
    return {
        "stages": [(row.stage, row.lane) for row in conn.execute(select(work.c.stage, work.c.lane).where(ready).distinct())],
        "unoffered": _count(conn, work, and_(ready, work.c.offered_at.is_(None))) if not _offered_lately(conn, since) else 0,
        "unpolled": _count(conn, source, unpolled),
        "untold": list(conn.execute(select(subscription.c.name).where(behind).order_by(subscription.c.name)).scalars()),
    }


def _offered_lately(conn: Connection, since: datetime) -> bool:
    """The scheduler is there: what was not offered waits for room in its queue."""
    return bool(conn.execute(select(exists().where(or_(work.c.offered_at > since, work.c.leased_until > since)))).scalar_one())


def _count(conn: Connection, table: Any, where: Any) -> int:
    return int(conn.execute(select(func.count()).select_from(table).where(where)).scalar_one())


def _readers() -> dict[str, list[str]]:
    """Queues, each with the workers that read it: those that answer within a second."""
    from workers.app import app

    answers = app.control.inspect(timeout=ANSWER_S).active_queues() or {}
    found: dict[str, list[str]] = {}
    for worker, queues in answers.items():
        for queue in queues:
            found.setdefault(queue["name"], []).append(worker)
    return found


def _workers(readers: dict[str, list[str]], stages: list[tuple[str, str]]) -> Iterator[Finding]:
    from workers.queues import QUEUES, ROLES, queue_of

    if not readers:
        make = wrong if stages else advice
        yield make("processes", "No worker answers.", "newswire up, or newswire worker --role ROLE on each machine.")
        return
    unread = [queue for queue in QUEUES if queue not in readers]
    waited_for = {queue_of(*pair) for pair in stages}
    if not unread:
        workers = sorted({worker for names in readers.values() for worker in names})
        yield ok("processes", f"All queues are read by {counted(len(workers), 'worker')}: {', '.join(workers)}")
        return
    roles = [role for role, queues in ROLES.items() if role != "all" and set(queues) & set(unread)]
    make = wrong if waited_for & set(unread) else advice
    yield make("processes", f"No worker reads {', '.join(unread)}.", f"newswire worker {' '.join(f'--role {role}' for role in roles)}")

"""An installation, looked at: what is wrong with it, what could be better, and what to do. Reading only.

    settings ─► machine, database, broker, processes ─► findings

wrong     loses something, or does not run       advice    goes on, but not for ever, or not as well as it could       ok    looked at, and fine
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from newswire.doctor.finding import Finding, Level, away
from pipeline.config import Settings
from pipeline.errors import NewswireError

__all__ = ["Finding", "Level", "examine"]


def examine(settings: Settings, *, host_now: Callable[[], datetime] | None = None) -> Iterator[Finding]:
    """Findings as they are made. `host_now`: this machine's clock, injected by tests. Never raises for what is away: that is a finding."""
    from sqlalchemy.exc import DatabaseError

    from newswire.doctor import broker, database, machine, processes
    from pipeline import resources
    from pipeline.storage.db import Database, host_clock

    now = host_now or host_clock
    yield from machine.look(settings)
    db = Database.open(settings.database)
    try:
        fits = True
        try:
            for finding in database.look(db, now):
                fits = fits and (finding.about != "schema" or finding.level == "ok")
                yield finding
        except NewswireError as error:
            fits = False
            yield away("database", error)
        except DatabaseError as error:
            fits = False
            yield database.damaged(str(error.orig))
        try:
            url = resources.redis_url()
            yield from broker.look(url, settings, now)
        except NewswireError as error:
            yield away("redis", error)
            return
        if fits:
            yield from processes.look(db, url)
    finally:
        db.close()

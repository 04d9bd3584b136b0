"""Beat: each second it claims what is due, and offers what waits; every 100 ms while there is a backlog.

There are no tasks for ticks, so nothing of it fills Flower. Two beats are harmless: sources are claimed with a lease, offers are marked.
Database or Redis away: one line in the log, waiting that grows to 5 s, and one line when it goes on.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from typing import Any

import structlog
from celery import beat

from pipeline import collect, resources
from pipeline.config import Settings
from pipeline.errors import Infrastructure
from pipeline.storage.db import Database
from workers import logs, offer, worker
from workers.app import app

log = structlog.get_logger()

TICK_S = 1.0
BACKLOG_TICK_S = 0.1
LONGEST_WAIT_S = 5.0


class Scheduler(beat.Scheduler):
    """For `celery -A workers.app beat -S workers.schedule:Scheduler`, and for `newswire beat`. It keeps no file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._next_due = 0.0
        self._failures = 0
        self._watcher: threading.Thread | None = None

    def setup_schedule(self) -> None:
        """What is due stands in the database: no entries of Celery's."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """One look at what is due and what waits. Seconds until the next."""
        settings, db = resources.settings(), resources.database()
        try:
            backlog = self._tick(db, settings)
        except Infrastructure as error:
            self._failures += 1
            if self._failures == 1:
                log.warning("beat.waits", why=str(error))
            return min(LONGEST_WAIT_S, TICK_S * 2 ** min(self._failures - 1, 10))
        if self._failures:
            log.warning("beat.resumes", failures=self._failures)
            self._failures = 0
        return BACKLOG_TICK_S if backlog else TICK_S

    def _tick(self, db: Database, settings: Settings) -> bool:
        if time.monotonic() >= self._next_due:
            started = collect.claim_due(db, settings, trigger="beat")
            self._next_due = time.monotonic() + TICK_S
            offer.publish(self.app, started.work, window=settings.queue_window)
        return offer.sweep(self.app, db, window=settings.queue_window)

    def sync(self) -> None:
        """Nothing to keep."""


def run(settings: Settings) -> int:
    """Run beat in this process until it is told to stop. Raises Misconfigured or Infrastructure before it starts."""
    resources.use(settings)
    logs.set_up(settings, role="beat")
    worker.check()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    beat.Service(app, scheduler_cls=Scheduler).start()
    resources.close()
    return 0

"""Beat: each second it claims what is due, and offers what waits; every 100 ms while there is a backlog. Folders are watched meanwhile.

There are no tasks for ticks, so nothing of it fills Flower. Two beats are harmless: sources are claimed with a lease, offers are marked.
Database or Redis away: one line in the log, waiting that grows to 5 s, and one line when it goes on.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import structlog
from celery import Celery, beat

from pipeline import resources
from pipeline.config import Settings
from pipeline.errors import Infrastructure
from pipeline.sources import watch
from pipeline.storage import connections, sources
from pipeline.storage.db import Database
from workers import logs, offer, worker
from workers.alive import Marker
from workers.app import app

log = structlog.get_logger()

TICK_S = 1.0
BACKLOG_TICK_S = 0.1
LONGEST_WAIT_S = 5.0
FOLDERS_S = 3.0
"""How soon a new folder source is watched."""


class Scheduler(beat.Scheduler):
    """For `celery -A workers.app beat -S workers.schedule:Scheduler`, and for `newswire beat`. It keeps no file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._next_due = 0.0
        self._failures = 0
        self._watcher: Watcher | None = None
        self._marker: Marker | None = None

    def setup_schedule(self) -> None:
        """What is due stands in the database: no entries of Celery's."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """One look at what is due and what waits. Seconds until the next."""
        settings, db = resources.settings(), resources.database()
        if self._watcher is None:
            self._watcher = Watcher(self.app, settings)
            self._watcher.start()
            self._marker = Marker(settings, "beat")
        try:
            backlog = self._tick(db, settings)
        except Infrastructure as error:
            self._failures += 1
            if self._failures == 1:
                log.warning("beat.waits", why=str(error))
            return min(LONGEST_WAIT_S, TICK_S * 2.0 ** min(self._failures - 1, 10))
        if self._marker is not None:
            self._marker.mark()
        if self._failures:
            log.warning("beat.resumes", failures=self._failures)
            self._failures = 0
        return BACKLOG_TICK_S if backlog else TICK_S

    def _tick(self, db: Database, settings: Settings) -> bool:
        if time.monotonic() >= self._next_due:
            offer.poll(self.app, db, settings, trigger="beat")
            self._next_due = time.monotonic() + TICK_S
        return offer.sweep(self.app, db, window=settings.queue_window)

    def close(self) -> None:
        """Beat ends; there is nothing to keep."""
        if self._watcher is not None:
            self._watcher.stop()


class Watcher(threading.Thread):
    """Polls a folder source as soon as something changes there. What it misses, the source's rhythm finds."""

    def __init__(self, app: Celery, settings: Settings) -> None:
        super().__init__(name="watch", daemon=True)
        self._app = app
        self._settings = settings
        self._ended = threading.Event()

    def stop(self) -> None:
        """Ask it to end, and wait for that."""
        self._ended.set()
        self.join(5)

    def run(self) -> None:
        db = Database.open(self._settings.database, pool_size=connections.BEAT - connections.CHILD)
        try:
            while not self._ended.is_set():
                try:
                    self._watch(db, self._folders(db))
                except (Infrastructure, OSError) as error:
                    log.warning("watch.waits", why=str(error))
                    self._ended.wait(LONGEST_WAIT_S)
        finally:
            db.close()

    def _watch(self, db: Database, folders: dict[str, Path]) -> None:
        """Until other folders are to be watched."""
        looked, there = time.monotonic(), _present(folders)
        for names in watch.changed(folders, self._ended):
            if names:
                self._poll(db, names)
            if time.monotonic() - looked > FOLDERS_S:
                looked, now = time.monotonic(), self._folders(db)
                if now != folders or _present(now) != there:
                    return

    def _poll(self, db: Database, names: set[str]) -> None:
        started = offer.poll(self._app, db, self._settings, trigger="watch", names=sorted(names), only_due=False)
        if started.claimed < len(names):  # a poll is under way, and may have looked already: another one after it
            with db.write() as conn:
                sources.make_due(conn, names, db.now(conn))

    def _folders(self, db: Database) -> dict[str, Path]:
        with db.read() as conn:
            return {row.name: Path(row.location) for row in sources.listed(conn) if row.kind == "folder" and row.paused_at is None}


def _present(folders: dict[str, Path]) -> set[str]:
    return {name for name, path in folders.items() if path.exists()}


def run(settings: Settings) -> int:
    """Run beat in this process until it is told to stop. Raises Misconfigured or Infrastructure before it starts."""
    resources.use(settings)
    logs.set_up(settings, role="beat")
    worker.check(connections.BEAT)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    beat.Service(app, scheduler_cls=Scheduler).start()
    resources.close()
    return 0

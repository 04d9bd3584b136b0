"""A database, a web server and a clock put together, for tests of polls: declare sources, trigger, pump, look at rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

import msgspec
from sqlalchemy import Row, select, update

from pipeline import collect
from pipeline.config import Settings
from pipeline.sources import declare
from pipeline.storage import sources, work
from pipeline.storage.db import Database
from pipeline.storage.sources import Source
from schemas import tables
from schemas.outcome import Outcome
from tests.pipeline.web import ALLOW, Web


class Settable(Protocol):
    now: datetime

    def advance(self, **delta: float) -> datetime: ...


def feed(*entries: tuple[str, str], title: str = "News", text: str = "") -> bytes:
    """An RSS feed of (URL, title) pairs; the URL is the guid."""
    items = "".join(
        f"<item><guid>{url}</guid><link>{url}</link><title>{name}</title>{f'<description>{text}</description>' if text else ''}</item>"
        for url, name in entries
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{title}</title>{items}</channel></rss>'.encode()


class Newsroom:
    """What one host of one worker would do, one step at a time."""

    def __init__(self, database: Database, web: Web, clock: Settable, **settings: Any) -> None:
        self.database, self.web, self.clock = database, web, clock
        given: dict[str, Any] = {
            "host_pace_s": 0.0,
            "allow_networks": ALLOW,
            "fetch_deadline_s": 5.0,
            "max_body_bytes": 1_000_000,
        } | settings
        self.settings = Settings(**given)

    def declare(self, name: str = "wire", kind: str = "feed", location: str = "/feed", *, fresh: bool = False, **more: Any) -> int:
        """A source; unless `fresh`, its first window is behind it."""
        place = self.web.url(location) if kind != "folder" else location
        table = {"name": name, "kind": kind, "location": place} | more
        with self.database.write() as conn:
            id = sources.add(conn, declare.from_table(table), self.clock.now)
            conn.execute(update(tables.source).where(tables.source.c.id == id).values(window_taken=not fresh))
        return id

    def trigger(self, **more: Any) -> collect.Started:
        return collect.claim_due(self.database, self.settings, **({"trigger": "cli"} | more))

    def pump(self, host: str = "", **more: Any) -> Outcome:
        return collect.pump(self.database, host or self.web.host, self.settings, **more)

    def poll(self, **more: Any) -> Outcome:
        """One poll of all sources now, to its end."""
        self.trigger(only_due=False, **more)
        return self.pump()

    def scan(self) -> list[Outcome]:
        """All scans that wait."""
        outcomes = []
        for row in self.rows(tables.work, tables.work.c.stage == "scan"):
            with self.database.write() as conn:
                claimed = work.claim(conn, row.id, worker="test:1", lease_s=30, now=self.clock.now)
            assert claimed is not None
            outcomes.append(collect.scan_chunk(self.database, claimed, self.settings))
        return outcomes

    def look(self, **more: Any) -> Outcome:
        """One poll of a folder, to the end of its first scan."""
        self.trigger(only_due=False, **more)
        [outcome] = self.scan()
        return outcome

    def rows(self, table: Any, *where: Any) -> list[Row[Any]]:
        with self.database.read() as conn:
            return list(conn.execute(select(table).where(*where).order_by(*table.primary_key.columns)).all())

    def source(self, name: str = "wire") -> Source:
        with self.database.read() as conn:
            return sources.named(conn, [name])[0]

    def ingest(self) -> list[tuple[str, str, int]]:
        """(lane, label, documents) of what waits for ingest."""
        return [(row.lane, row.label, len(row.refs)) for row in self.rows(tables.work, tables.work.c.stage == "ingest")]

    def captured(self) -> list[str]:
        """Paths of what was captured."""
        return [row.url.removeprefix(self.web.host) for row in self.rows(tables.capture)]

    def history(self) -> list[str]:
        return [row.what for row in self.rows(tables.history)]

    def last_poll(self) -> Row[Any]:
        return self.rows(tables.poll)[-1]

    def with_settings(self, **changes: Any) -> None:
        self.settings = msgspec.structs.replace(self.settings, **changes)

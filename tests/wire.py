"""A source of small ninjs items for tests: each call is one item arriving, ingested through the real path."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, select

from pipeline.config import Settings
from pipeline.enriching import enrich_chunk
from pipeline.ingest import ingest_chunk
from pipeline.releasing import release_chunk
from pipeline.storage import captures, work
from pipeline.storage.db import Database
from pipeline.storage.work import Claimed, NewWork
from schemas import tables
from schemas.document import Document
from schemas.outcome import Outcome

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
STAGES = {"ingest": ingest_chunk, "enrich": enrich_chunk, "release": release_chunk}

LONG = (
    "The harbour commission of Port Ellery voted on Monday to deepen the main channel by two metres, ending a dispute of nine years between "
    "shipping lines and the fishing fleet. Seven of the eleven members were in favour, the chairwoman, Ilse Varga, told reporters after the "
    "meeting. Dredging is to begin in October and to last for fourteen months.\n\n"
    "The fleet's union had asked for a study of the eel grass beds north of the breakwater, where half of its catch is spawned. The commission "
    "promised one, but will not wait for its result. The union's secretary called the vote a mistake that the town would pay for twice.\n\n"
    "Port Ellery handles a fifth of the country's grain, and larger ships have had to unload in part at sea since 2019. The work will cost 84 "
    "million crowns, of which the state pays two thirds."
)


class Wire:
    """Feeds a database. `now` is what the caller's clock says; sources are made as they are named."""

    def __init__(self, database: Database, now: datetime = NOW) -> None:
        self.database = database
        self.now = now
        database._clock = lambda: self.now
        self.settings = Settings()

    def pass_time(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    def source(self, provider: str) -> int:
        with self.database.write() as conn:
            found = conn.execute(select(tables.source.c.id).where(tables.source.c.name == provider)).scalar()
            if found is not None:
                return int(found)
            row = tables.source.insert().values(
                name=provider, kind="folder", location=f"/drop/{provider}", provider=provider, settings={}, created_at=self.now
            )
            return int(conn.execute(row.returning(tables.source.c.id)).scalar_one())

    def capture(
        self, provider: str = "harbour-wire", *, body: bytes | None = None, url: str = "", fetched_at: datetime | None = None, **ninjs: Any
    ) -> int:
        """Store one document; its capture id. Keywords are ninjs fields."""
        source = self.source(provider)
        if body is None:
            body = json.dumps({"type": "text", "language": "en", "pubstatus": "usable"} | ninjs).encode()
        document = Document(
            url=url or f"file:///drop/{provider}/{ninjs.get('uri', 'item').replace(':', '-')}.json",
            body=body,
            fetched_at=fetched_at or self.now,
            content_type="application/json",
        )
        with self.database.write() as conn:
            return captures.store(conn, document, source=source, sighting=None, run=None, log_id="test", now=self.now)

    def chunk(self, *capture_ids: int, lane: str = "normal") -> Claimed:
        """A claimed row of work for these captures."""
        with self.database.write() as conn:
            row = NewWork(stage="ingest", lane=lane, label="test · documents", refs=capture_ids)
            [offered] = work.add(conn, [row], self.now)
            claimed = work.claim(conn, offered.id, worker="test:1", lease_s=30, now=self.now)
        assert claimed is not None
        return claimed

    def arrive(self, provider: str = "harbour-wire", **ninjs: Any) -> Outcome:
        """One item arrives and is ingested."""
        return ingest_chunk(self.database, self.chunk(self.capture(provider, **ninjs)), self.settings)

    def run(self, *stages: str) -> list[Outcome]:
        """Work on all rows of these stages that are due now."""
        outcomes: list[Outcome] = []
        while True:
            with self.database.write() as conn:
                rows = conn.execute(
                    select(tables.work.c.id, tables.work.c.stage)
                    .where(tables.work.c.stage.in_(stages), tables.work.c.due_at <= self.now)
                    .order_by(tables.work.c.id)
                    .limit(1)
                ).all()
                claimed = [work.claim(conn, row.id, worker="test:1", lease_s=30, now=self.now) for row in rows]
            if not claimed:
                return outcomes
            for one in claimed:
                assert one is not None
                outcomes.append(STAGES[one.stage](self.database, one, self.settings))

    def rows(self, table: Any) -> list[Row[Any]]:
        """All rows of a table, in the order of its key."""
        with self.database.read() as conn:
            return list(conn.execute(select(table).order_by(*table.primary_key.columns)).all())

    def events(self) -> list[tuple[int, str]]:
        return [(row.item, row.kind) for row in self.rows(tables.event)]

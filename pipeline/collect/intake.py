"""What one look at a source brought, on its way into the database; and how its poll ends. Each within its caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, update

from pipeline.errors import NewswireError
from pipeline.sources import Asked, Found, Look, kind
from pipeline.storage import captures, frontier, history, quarantine, sources
from pipeline.storage.captures import Arriving
from pipeline.storage.frontier import NewJob
from pipeline.storage.sources import Source
from pipeline.storage.work import NewWork
from pipeline.urls import host_key
from schemas.outcome import counted
from schemas.tables import poll

MOST_NEW = 2_000
"""New entries of a listing in one transaction: the rest comes with the next poll, at once."""


class Taken(msgspec.Struct):
    """What came of one look, on its way into the database."""

    listed: int = 0
    new: int = 0
    owed: int = 0
    documents: list[int] = []
    """Capture ids."""
    jobs: list[NewJob] = []
    set_aside: list[tuple[int, str]] = []
    """Quarantine id and sentence."""
    more: bool = False

    @property
    def sentence(self) -> str:
        """`12 listed, 3 new, 3 pages owed`"""
        parts = [f"{self.listed} listed", f"{self.new} new" if self.new else "nothing new"]
        parts += [f"{counted(self.owed, 'page')} owed"] if self.owed else []
        parts += [f"{len(self.set_aside)} quarantined"] if self.set_aside else []
        return ", ".join(parts) + (", and more to come" if self.more else "")


def take_in(conn: Connection, now: datetime, one: Source, look: Look, run: int | None, *, again: bool = False) -> Taken:
    """Note what is new, keep what came whole, say which pages are owed. A source's first window goes to the backfill lane."""
    lane = lane_of(one)
    entries = [(found.entry, found.hash) for found in look.found]
    news = frontier.sight(conn, one.id, entries, now, run=run, again=again, limit=MOST_NEW)
    taken = Taken(listed=look.listed, new=len(news), more=look.more or len(news) == MOST_NEW)
    arriving: list[Arriving] = []
    for seen in news:
        found = look.found[seen.place]
        try:
            if found.trouble is not None:
                raise found.trouble
            if found.document is not None:
                arriving.append(Arriving(document=found.document, source=one.id, sighting=seen.sighting, run=run, log_id=seen.log_id))
            else:
                host = host_key(found.entry.url)
                taken.jobs.append(
                    NewJob(host=host, url=found.entry.url, kind="page", source=one.id, lane=lane, sighting=seen.sighting, run=run)
                )
        except NewswireError as error:
            taken.set_aside.append(_entry_aside(conn, now, one, found, seen, lane, run, error))
    taken.owed = len(taken.jobs)
    taken.documents = captures.store_many(conn, arriving, now)
    return taken


def lane_of(one: Source) -> str:
    return one.lane if one.window_taken else "backfill"


def _entry_aside(
    conn: Connection, now: datetime, one: Source, found: Found, seen: frontier.Sighted, lane: str, run: int | None, error: NewswireError
) -> tuple[int, str]:
    """One bad entry does not fail its listing."""
    own_look = kind(one.kind).look is not None
    id = quarantine.add(
        conn,
        now,
        stage="scan" if own_look else "fetch",
        refs=[one.id] if own_look else [seen.sighting],
        only=found.entry.key if own_look else "",
        lane=lane,
        source=one.id,
        run=run,
        url=found.entry.url,
        error=type(error).__name__,
        message=str(error),
        hint=error.hint,
    )
    history.record(
        conn,
        now,
        type(error).__name__.lower(),
        source=one.id,
        run=run,
        url=found.entry.url,
        log_id=seen.log_id,
        error=str(error),
        hint=error.hint,
        quarantine=id,
    )
    return id, str(error)


def ingest_rows(name: str, lane: str, run: int | None, capture_ids: Sequence[int], chunk: int) -> list[NewWork]:
    """Chunks of one source: what is lost with a chunk, and what a person reads, stays together."""
    parts = [tuple(capture_ids[start : start + chunk]) for start in range(0, len(capture_ids), chunk)]
    end = f" · run {run}" if run else ""
    return [
        NewWork(stage="ingest", lane=lane, label=f"{name} · {counted(len(part), 'document')}{end}", refs=part, run=run) for part in parts
    ]


def asked_of(one: Source) -> Asked:
    """What its kind is told of a source."""
    return Asked(name=one.name, location=one.location, language=one.language, settings=one.settings, cursor=one.cursor)


def poll_done(conn: Connection, now: datetime, poll_id: int | None, outcome: str, *, listed: int = 0, new: int = 0, note: str = "") -> None:
    """Close a poll, or (outcome `''` or `put off`) say how it stands. Counts add up over its parts."""
    if poll_id is None:
        return
    values: dict[str, Any] = {"outcome": outcome, "note": note, "new_entries": poll.c.new_entries + new}
    values |= {"entries": listed} if listed else {}
    values |= {"finished_at": now} if outcome not in ("", "put off") else {}
    conn.execute(update(poll).where(poll.c.id == poll_id).values(**values))


def poll_failed(conn: Connection, now: datetime, one: Source, poll_id: int | None, run: int | None, error: NewswireError) -> None:
    """A listing that can't be had: told, counted, asked again later. Never given up, never in quarantine."""
    message = f"{error} {error.hint}".strip()
    poll_done(conn, now, poll_id, "failed", note=message)
    sources.fail(conn, one, now, message)
    history.record(conn, now, type(error).__name__.lower(), source=one.id, run=run, url=error.url or one.location, error=message)


def quarantined(set_aside: Sequence[tuple[int, str]], of: int) -> str:
    """How a job ends that set something aside: how many, the first, and what to look at; '' where there is nothing."""
    if not set_aside:
        return ""
    id, message = set_aside[0]
    return f"{len(set_aside)} of {of} quarantined: {message} newswire quarantine show {id}"


def in_short(notes: Sequence[str]) -> str:
    """The first notes of a look, and how many more there are."""
    return "; ".join(notes[:3]) + (f"; and {len(notes) - 3} more" if len(notes) > 3 else "")

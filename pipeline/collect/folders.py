"""A folder, or whatever does its own I/O: one look ─► captures, sightings, ingest work. One transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, select

from pipeline.collect.intake import MOST_NEW, asked_of, in_short, ingest_rows, lane_of, poll_done, poll_failed, quarantined, take_in
from pipeline.config import Settings
from pipeline.errors import FetchFailed, Infrastructure, Misconfigured, NewswireError
from pipeline.failpoints import hit
from pipeline.sources import Look, Reach, kind
from pipeline.storage import frontier, sources, work
from pipeline.storage.db import Database
from pipeline.storage.sources import Source
from pipeline.storage.work import Claimed, NewWork
from schemas.document import Entry
from schemas.outcome import Outcome
from schemas.tables import poll


def scan_chunk(db: Database, claimed: Claimed, settings: Settings) -> Outcome:
    """Look at the source of a claimed row, which does its own I/O. Commits. Raises Infrastructure only."""
    with db.read() as conn:
        now = db.now(conn)
        one = sources.by_ids(conn, claimed.refs)[claimed.refs[0]]

    def known(keys: Sequence[str]) -> Mapping[str, Entry]:
        with db.read() as conn:
            return frontier.latest(conn, one.id, keys)

    look, failure = None, None
    try:
        own_look = kind(one.kind).look
        if own_look is None:
            raise Misconfigured(f"{one.name} is a source of kind {one.kind}, which is not scanned.")
        look = own_look(asked_of(one), Reach(known=known, now=now, max_body_bytes=settings.max_body_bytes, only=claimed.only))
    except Infrastructure:
        raise
    except NewswireError as error:
        failure = error
    hit("fetch.before_commit")
    with db.write() as conn:
        outcome = _commit_scan(conn, db.now(conn), claimed, settings, look, failure)
    hit("fetch.after_commit")
    return outcome


def _commit_scan(
    conn: Connection, now: datetime, claimed: Claimed, settings: Settings, look: Look | None, failure: NewswireError | None
) -> Outcome:
    if not work.finish(conn, claimed):
        return Outcome(sentence="the lease was lost: another worker has this work", lease_lost=True)
    held = sources.hold(conn, claimed.refs[0])
    poll_id = _open_poll(conn, held.id, claimed.run)
    if failure is not None or look is None:
        assert failure is not None
        return _failed(conn, now, held, poll_id, claimed, failure)
    if held.removed_at is not None:
        poll_done(conn, now, poll_id, "unchanged", note="the source was removed meanwhile")
        return Outcome(sentence=f"{held.name}: removed meanwhile")
    taken = take_in(conn, now, held, look, claimed.run, again=bool(claimed.only))
    rows = ingest_rows(held.name, lane_of(held), claimed.run, taken.documents, settings.chunk_documents)
    if taken.more:
        rows.append(NewWork(stage="scan", lane=claimed.lane, label=claimed.label, refs=claimed.refs, run=claimed.run))
        if taken.new < MOST_NEW:
            sources.go_on(conn, held, look.cursor)
        poll_done(conn, now, poll_id, "", listed=taken.listed, new=taken.new)
    else:
        poll_done(
            conn, now, poll_id, "changed" if taken.new else "unchanged", listed=taken.listed, new=taken.new, note=in_short(look.notes)
        )
        changed = {"last_change_at": now} if taken.new else {}
        cursor = held.cursor if claimed.only else dict(look.cursor)
        sources.finish(conn, held, now, again_s=look.again_s, cursor=cursor, window_taken=True, **changed)
    offered = work.add(conn, rows, now, offered=True)
    return Outcome(
        sentence=f"{held.name}: {taken.sentence}",
        failed=quarantined(taken.set_aside, taken.new),
        next=tuple(offered),
        quarantined=tuple(id for id, _ in taken.set_aside),
    )


def give_up_scan(db: Database, claimed: Claimed) -> Outcome:
    """A look that was lost with its worker too often, as any failure of its source: it is asked again later, and nothing is in quarantine."""
    with db.write() as conn:
        if not work.finish(conn, claimed):
            return Outcome(sentence="the lease was lost: another worker has this work", lease_lost=True)
        held = sources.hold(conn, claimed.refs[0])
        failure = FetchFailed(
            f"{held.location} could not be looked at: {claimed.attempts - 1} times the worker ended, or it took too long.",
            url="",
            hint="A machine with too much to do? It is looked at again by itself.",
        )
        return _failed(conn, db.now(conn), held, _open_poll(conn, held.id, claimed.run), claimed, failure)


def _open_poll(conn: Connection, source: int, run: int | None) -> int | None:
    is_open = and_(poll.c.source == source, poll.c.finished_at.is_(None), poll.c.run.is_not_distinct_from(run))
    return conn.execute(select(poll.c.id).where(is_open).order_by(poll.c.id.desc()).limit(1)).scalar()


def _failed(conn: Connection, now: datetime, held: Source, poll_id: int | None, claimed: Claimed, failure: NewswireError) -> Outcome:
    poll_failed(conn, now, held, poll_id, claimed.run, failure)
    return Outcome(sentence=f"{held.name}: failed", failed=f"{held.name}: {failure} {failure.hint}".strip())

"""The whole path of one chunk, from captures to stored items. The only package that sees both the pure stages and storage.

captures ─► document ─► draft ─► article, keys, signature          pure; no lock is held                                prepare.py
         ─► last, then candidates                                  a reading transaction
         ─► the work row goes ─► ledger lock ─► what came since `last` ─► decide, each seeing those before it           judge.py
         ─► items, versions, texts, bands, verdicts, events, the next stage's work                      one transaction
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from pipeline.config import Settings
from pipeline.dedupe.signature import SCHEME
from pipeline.failpoints import hit
from pipeline.ingest.judge import AT_LEAST_SHARED, Chunk
from pipeline.ingest.prepare import Broken, Prepared, prepare
from pipeline.storage import items, ledger, quarantine, work
from pipeline.storage.db import Database
from pipeline.storage.work import Claimed
from schemas.outcome import Outcome


def ingest_chunk(db: Database, claimed: Claimed, settings: Settings) -> Outcome:
    """Store what the captures of a claimed row hold. Commits. Raises Infrastructure only; what is an item's own fault ends in quarantine."""
    prepared, broken = prepare(db, claimed.refs)
    with db.read() as conn:
        seen = ledger.last(conn)
        near = {place: items.candidates(conn, one.hashes, scheme=SCHEME, at_least=AT_LEAST_SHARED) for place, one in enumerate(prepared)}
    hit("ingest.before_commit")
    try:
        with db.write() as conn:
            outcome = _commit(conn, db.now(conn), claimed, prepared, broken, near, seen)
    except DBAPIError as error:
        return _blame(db, claimed, error)
    hit("ingest.after_commit")
    return outcome


def _commit(
    conn: Connection,
    now: datetime,
    claimed: Claimed,
    prepared: Sequence[Prepared],
    broken: Sequence[Broken],
    near: dict[int, list[int]],
    seen: int,
) -> Outcome:
    if not work.finish(conn, claimed):
        return Outcome(sentence="the lease was lost: another worker has this work", lease_lost=True)
    set_aside = [_set_aside(conn, now, claimed, one) for one in broken]
    with ledger.held(conn, now) as log:
        chunk = Chunk(conn, now, claimed, log, prepared, near, seen)
        for place, one in enumerate(prepared):
            chunk.judge(place, one)
        for trouble in broken:
            chunk.tell("quarantined", None, trouble.arrival, error=trouble.error, message=trouble.message)
        items.write(conn, chunk.rows, log.take())
    work.add(conn, chunk.releases, now)
    following = work.add(conn, chunk.enrichments(), now, offered=True)
    return Outcome(
        sentence=chunk.sentence(len(broken)),
        failed=_failed(broken, set_aside, len(claimed.refs)),
        next=tuple(following),
        quarantined=tuple(set_aside),
    )


def _set_aside(conn: Connection, now: datetime, claimed: Claimed, one: Broken) -> int:
    return quarantine.add(
        conn,
        now,
        stage=claimed.stage,
        refs=[one.arrival.capture],
        lane=claimed.lane,
        source=one.arrival.source,
        run=claimed.run,
        url=one.arrival.url,
        error=one.error,
        message=one.message,
        hint=one.hint,
    )


def _failed(broken: Sequence[Broken], ids: Sequence[int], of: int) -> str:
    if not broken:
        return ""
    return f"{len(broken)} of {of} quarantined: {broken[0].message} newswire quarantine show {ids[0]}"


def _blame(db: Database, claimed: Claimed, error: DBAPIError) -> Outcome:
    """The database refused the data: with one document the fault is its own, in a chunk it has to be found."""
    reason = str(error.orig).strip().splitlines()[0]
    with db.write() as conn:
        now = db.now(conn)
        if len(claimed.refs) > 1:
            parts = work.split(conn, claimed, now)
            if parts is None:
                return Outcome(sentence="the lease was lost: another worker has this work", lease_lost=True)
            return Outcome(sentence=f"split into {len(parts)}: the database refused one of them", put_off=reason)
        if not work.finish(conn, claimed):
            return Outcome(sentence="the lease was lost: another worker has this work", lease_lost=True)
        arrival = items.arrivals(conn, claimed.refs)[0]
        one = Broken(arrival=arrival, error=type(error.orig).__name__, message=f"the database refused it: {reason}.", hint="")
        id = _set_aside(conn, now, claimed, one)
    return Outcome(sentence="0 stored, 1 quarantined", failed=_failed([one], [id], 1), quarantined=(id,))

"""Thin shells around the pipeline: claim → run → (the pipeline commits) → publish what comes next → a sentence as the result.

A job ends green with what it did; red, after its commit, with what failed and what to do; as a retry, when it was put off: nothing is
re-sent, the sweep offers the row again when it is due.
"""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime

import structlog
from celery.exceptions import Ignore, Retry
from sqlalchemy import Connection

from pipeline import collect, resources
from pipeline.config import Settings
from pipeline.enriching import enrich_chunk
from pipeline.errors import Infrastructure, Misconfigured
from pipeline.failpoints import hit
from pipeline.ingest import ingest_chunk
from pipeline.releasing import release_chunk
from pipeline.storage import quarantine, work
from pipeline.storage.db import Database
from pipeline.storage.journey import log_ids
from pipeline.storage.work import Claimed
from schemas.outcome import Offered, Outcome
from workers import offer
from workers.app import app
from workers.identity import stopping, this_child
from workers.retry import Action, Decision, TookTooLong, decide

log = structlog.get_logger()

PUMP_SOFT_LIMIT_S = 55
PUMP_LIMIT_S = 60
"""At least `collect.longest_pump_s` with any setting: a pump ends by itself. One that is killed costs its host a lease at most."""

Step = Callable[[Database, Claimed, Settings], Outcome]


class JobFailed(Exception):
    """Something in this job failed, after its commit: the text says what, and what to do."""


class PutOff(Exception):
    """It is tried again later: the text says why."""


@app.task(name="newswire.scan", throws=(JobFailed,))
def scan(id: int, attempt: int) -> str:
    """Read a folder for what is new in it."""
    return _work(id, attempt, collect.scan_chunk)


@app.task(name="newswire.ingest", throws=(JobFailed,))
def ingest(id: int, attempt: int) -> str:
    """Store what documents hold."""
    return _work(id, attempt, ingest_chunk)


@app.task(name="newswire.enrich", throws=(JobFailed,))
def enrich(id: int, attempt: int) -> str:
    """Find facts about texts."""
    return _work(id, attempt, enrich_chunk)


@app.task(name="newswire.release", throws=(JobFailed,))
def release(id: int, attempt: int) -> str:
    """End embargoes."""
    return _work(id, attempt, release_chunk)


@app.task(name="newswire.fetch", throws=(JobFailed,), soft_time_limit=PUMP_SOFT_LIMIT_S, time_limit=PUMP_LIMIT_S)
def fetch(host: str) -> str:
    """Fetch what is owed at a host, politely, for up to 20 s."""
    started = time.perf_counter()
    settings = resources.settings()

    def publish(offered: Sequence[Offered]) -> None:
        offer.publish(app, offered, window=settings.queue_window)

    with structlog.contextvars.bound_contextvars(host=host):
        try:
            outcome = collect.pump(resources.database(), host, settings, publish=publish, worker=this_child(), stopping=stopping.is_set)
        except Infrastructure as error:
            raise _put_off(str(error), 5.0) from error
        if outcome.lease_lost:
            raise Ignore
        return _end(outcome, started)


@app.task(name="newswire.poll_source", throws=(JobFailed,))
def poll_source(name: str) -> str:
    """What `newswire trigger NAME` does, for any other scheduler that speaks Celery."""
    db, settings = resources.database(), resources.settings()
    try:
        started = offer.poll(app, db, settings, trigger="call", names=[name], only_due=False)
    except Misconfigured as error:
        raise JobFailed(f"{error} {error.hint}".strip()) from error
    except Infrastructure as error:
        # whoever called knows of no row that would be offered again: red, so that they call again
        raise JobFailed(f"{error} Nothing was polled: call again.") from error
    return started.sentence


def _work(id: int, attempt: int, step: Step) -> str:
    started = time.perf_counter()
    db, settings = resources.database(), resources.settings()
    try:
        with db.write() as conn:
            claimed = work.claim(conn, id, worker=this_child(), lease_s=settings.lease_s, now=db.now(conn))
    except Infrastructure as error:
        raise _put_off(str(error), 5.0) from error
    if claimed is None:
        raise Ignore  # done, taken or put off: saying anything here would hide how the running copy ends
    hit("task.after_claim")
    with structlog.contextvars.bound_contextvars(stage=claimed.stage, lane=claimed.lane, work=id, attempt=attempt, run=claimed.run):
        try:
            with _in_time():
                outcome = _lost_before(db, claimed) or step(db, claimed, settings)
        except BaseException as error:
            if isinstance(error, TookTooLong):
                resources.close()  # it may have come in the midst of a statement: that connection is of no use to anybody
                db = resources.database()
            outcome = _ended_by(db, claimed, error)
            if not isinstance(error, Exception | TookTooLong):
                log.warning("work.interrupted", put_off=outcome.put_off)
                raise
        hit("task.after_commit")
        return _end(outcome, started, claimed)


@contextmanager
def _in_time() -> Iterator[None]:
    """The soft time limit's signal as what no stage can take for a document's own error: a document was blamed for a slow machine."""

    def too_long(*_: object) -> None:
        raise TookTooLong

    if threading.current_thread() is not threading.main_thread():  # a pool of threads has no such limits
        yield
        return
    before = signal.signal(signal.SIGUSR1, too_long)
    try:
        yield
    finally:
        signal.signal(signal.SIGUSR1, before)


def _lost_before(db: Database, claimed: Claimed) -> Outcome | None:
    """What a row needs that was lost with its worker, in place of another try of the same kind."""
    if claimed.must_split:
        with db.write() as conn:
            parts = work.split(conn, claimed, db.now(conn))
        if parts is None:
            return _lease_lost()
        return Outcome(sentence=f"was lost with its worker; split into {len(parts)}, so that one bad document stands alone in the end")
    if claimed.is_deadly and claimed.stage == "scan" and not claimed.only:
        return collect.give_up_scan(db, claimed)
    if claimed.is_deadly:
        with db.write() as conn:
            set_aside = work.quarantine_lost(conn, claimed, db.now(conn))
        if set_aside is None:
            return _lease_lost()
        failed = f"quarantined: crashed its worker {claimed.attempts - 1} times; newswire quarantine show {set_aside}"
        return Outcome(sentence="", failed=failed, quarantined=(set_aside,))
    return None


def _ended_by(db: Database, claimed: Claimed, error: BaseException) -> Outcome:
    """The step did not commit. Where the database is away too, the lease ends by itself, and the loss counts."""
    decision = decide(error, retries=claimed.retries, chance=random.random())
    log.warning(
        "work.stopped", action=decision.action.value, why=decision.sentence, error=type(error).__name__, exc_info=_is_ours(decision)
    )
    with suppress(Infrastructure), db.write() as conn:
        now = db.now(conn)
        if decision.action is Action.GIVE_BACK:
            held = work.give_back(conn, claimed, now, error=decision.sentence, delay_s=decision.delay_s)
        elif len(claimed.refs) > 1:
            held = work.split(conn, claimed, now) is not None
        elif decision.action is Action.LOST:
            held = work.free_child(conn, this_child(), now) > 0
        else:
            held = work.finish(conn, claimed)
            if held:
                return _quarantined(_set_aside(conn, now, claimed, error, decision), decision)
        if not held:
            return _lease_lost()
    what = "split: " if len(claimed.refs) > 1 and decision.action is not Action.GIVE_BACK else ""
    return Outcome(sentence="", put_off=f"{what}{decision.sentence}", put_off_s=decision.delay_s)


def _set_aside(conn: Connection, now: datetime, claimed: Claimed, error: BaseException, decision: Decision) -> int:
    return quarantine.add(
        conn,
        now,
        stage=claimed.stage,
        refs=claimed.refs,
        only=claimed.only,
        lane=claimed.lane,
        run=claimed.run,
        error=type(error).__name__,
        message=decision.sentence,
        hint="`newswire quarantine replay` puts it back to work, after a mend.",
    )


def _quarantined(id: int, decision: Decision) -> Outcome:
    return Outcome(sentence="", failed=f"quarantined: {decision.sentence}; newswire quarantine show {id}", quarantined=(id,))


def _lease_lost() -> Outcome:
    return Outcome(sentence="the lease was lost: another worker has this work", lease_lost=True)


def _is_ours(decision: Decision) -> bool:
    """A fault of our own code deserves its traceback."""
    return decision.action is Action.BLAME


def _end(outcome: Outcome, started: float, claimed: Claimed | None = None) -> str:
    """Publish what comes next, log, and end the job in the colour that fits."""
    offer.publish(app, outcome.next, window=resources.settings().queue_window)
    how = "failed" if outcome.failed else "put_off" if outcome.put_off else "lease_lost" if outcome.lease_lost else "done"
    log.info(
        f"work.{how}" if claimed else f"fetch.{how}",
        outcome=outcome.failed or outcome.put_off or outcome.sentence,
        took_s=round(time.perf_counter() - started, 4),
        **({"documents": len(claimed.refs), "log_ids": outcome_log_ids(claimed)} if claimed else {}),
    )
    if outcome.failed:
        raise JobFailed(f"{outcome.failed} ({outcome.sentence})" if outcome.sentence else outcome.failed)
    if outcome.put_off:
        raise _put_off(f"{outcome.put_off} ({outcome.sentence})" if outcome.sentence else outcome.put_off, outcome.put_off_s)
    return outcome.sentence


def outcome_log_ids(claimed: Claimed) -> list[str]:
    """The documents' ids in all logs; none where the database is away by now."""
    with suppress(Infrastructure), resources.database().read() as conn:
        return log_ids(conn, claimed.stage, claimed.refs)
    return []


def _put_off(why: str, seconds: float) -> Retry:
    """Shows as a retry; nothing is re-sent."""
    return Retry("put off", PutOff(why), seconds)

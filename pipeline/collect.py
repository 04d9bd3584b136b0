"""From due sources to captures and work for ingest: the only module that sees source kinds, the fetcher and storage.

    claim_due    due sources ─► listing jobs of their hosts, scans of folders                               one transaction
    pump         a host ─► its jobs, politely ─► captures, sightings, owed pages, validators, ingest work   a transaction a micro-batch
    scan_chunk   a folder ─► captures, sightings, ingest work                                               one transaction

A Celery task names a host (pump) or a row of work (scan); what it does is told in the sentence that it returns.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update
from sqlalchemy.exc import DBAPIError

from pipeline import formats, resources
from pipeline.config import Settings
from pipeline.errors import Infrastructure, Misconfigured, NewswireError, Throttled, Transient, Unreadable
from pipeline.failpoints import hit
from pipeline.fetch import Answer, Fetcher, Validators
from pipeline.sources import Asked, Found, Look, Reach, kind
from pipeline.storage import captures, drain, frontier, history, quarantine, sources, work
from pipeline.storage.captures import Arriving, body_hash
from pipeline.storage.db import Database
from pipeline.storage.frontier import Job, Leased, NewJob
from pipeline.storage.sources import Source
from pipeline.storage.work import Claimed, NewWork
from pipeline.urls import host_key
from schemas.document import Document, Entry
from schemas.outcome import Offered, Outcome
from schemas.tables import poll
from schemas.tables import run as run_table

PUMP_S = 20.0
"""A pump begins no request after it."""
CONNECTIONS_A_HOST = 4
TAKEN_AT_MOST = 20
"""Jobs that a pump holds at a time: what is lost with it is fetched one by one."""
BATCH_DOCUMENTS = 50
BATCH_S = 0.2
"""A micro-batch is committed when it holds so many, or its first has waited so long."""
HORIZON_S = 0.5
"""Jobs are taken so long before they may begin."""
MOST_NEW = 2_000
"""New entries of a listing in one transaction: the rest comes with the next poll, at once."""
MOST_RETRIES = {"page": 6, "listing": 1}
"""Of transient errors, beyond the first try. A listing is asked again in its rhythm anyway."""
FIRST_RETRY_S = 5.0
LONGEST_RETRY_S = 3_600.0
FAILURES_TO_BACK_OFF = 3
"""Failures of a host in a row, of whatever page, before all of it has to wait."""
WHOLE_EVERY = timedelta(days=1)
"""So often a listing is asked for without conditions: some servers say "not modified" for ever."""
QUIET_TRIGGERS = ("beat", "watch")
"""They come every second: only when they found something are they a run."""

Publish = Callable[[Sequence[Offered]], object]


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """What a trigger set off."""

    run: int | None
    """None: a tick that found nothing."""
    due: int
    claimed: int
    sources: tuple[str, ...] = ()
    """The names of those that were claimed."""
    work: tuple[Offered, ...] = ()
    """Scans, inserted as offered: publish them after this call."""
    notes: tuple[str, ...] = ()
    """Why a source that was named is not polled."""

    @property
    def sentence(self) -> str:
        """`12 sources due, 12 claimed, run 41`"""
        under_way = f" ({self.due - self.claimed} under way already)" if self.due > self.claimed else ""
        counted = f"{_count(self.due, 'source')} due, {self.claimed} claimed{under_way}"
        return "; ".join([counted + (f", run {self.run}" if self.run else ""), *self.notes])


def longest_pump_s(settings: Settings) -> float:
    """How long a pump may take, its last request's deadline and commit included: for time limits of its task."""
    return PUMP_S + settings.fetch_deadline_s + 5.0


def host_lease_s(settings: Settings) -> float:
    """More than a pump ever takes: a lease that ends first lets two pumps at one host."""
    return longest_pump_s(settings) + 5.0


def get(url: str, settings: Settings, now: datetime) -> Document:
    """Fetch one URL now, guarded as everywhere, without a source. Raises what `Fetcher.get` raises."""

    async def ask() -> Answer:
        async with _fetcher(settings, lambda: now) as fetcher:
            return await fetcher.get(url)

    document = resources.run(ask()).document
    assert document is not None  # without validators nobody answers "not modified"
    return document


def _fetcher(settings: Settings, now: Callable[[], datetime]) -> Fetcher:
    return Fetcher(
        user_agent=settings.user_agent,
        allow_networks=settings.allow_networks,
        max_body_bytes=settings.max_body_bytes,
        deadline_s=settings.fetch_deadline_s,
        now=now,
    )


# --- triggers -------------------------------------------------------------------------------------------------------------------


def claim_due(
    db: Database,
    settings: Settings,
    *,
    trigger: str,
    run: int | None = None,
    names: Collection[str] | None = None,
    only_due: bool = True,
) -> Started:
    """Begin polls of the sources that are due (or of all, or of those named). Commits. Twice at once does the work once.

    Raises Misconfigured for a name that is none, Infrastructure; also while all is drained, where the scheduler just claims nothing.
    """
    with db.write() as conn:
        now = db.now(conn)
        drained = drain.state(conn)
        if drained is not None and trigger not in QUIET_TRIGGERS:
            raise Infrastructure(drained.sentence)
        notes = [
            f"{one.name} is paused{f': {one.pause_reason}' if one.pause_reason else ''}"
            for one in (sources.named(conn, names) if names is not None else [])
            if one.paused_at is not None
        ]
        due, claimed = sources.claim(conn, now, names=names, only_due=only_due)
        if run is None and (claimed or trigger not in QUIET_TRIGGERS):
            run = _new_run(conn, now, trigger, names=names, only_due=only_due)
        polls = _new_polls(conn, now, claimed, run)
        jobs: list[NewJob] = []
        scans: list[NewWork] = []
        for one in claimed:
            try:
                if kind(one.kind).look is not None:
                    label = f"{one.name} · scan{f' · run {run}' if run else ''}"
                    scans.append(NewWork(stage="scan", lane=one.lane, label=label, refs=(one.id,), run=run))
                else:
                    jobs.append(_listing_job(one, polls[one.id], run))
            except NewswireError as error:
                _poll_failed(conn, now, one, polls[one.id], run, error)
        frontier.add_jobs(conn, jobs, now, pace_s=settings.host_pace_s)
        offered = work.add(conn, scans, now, offered=True)
    return Started(
        run=run, due=due, claimed=len(claimed), sources=tuple(one.name for one in claimed), work=tuple(offered), notes=tuple(notes)
    )


def _listing_job(one: Source, poll_id: int, run: int | None) -> NewJob:
    return NewJob(host=host_key(one.location), url=one.location, kind="listing", source=one.id, lane=one.lane, poll=poll_id, run=run)


def _new_run(conn: Connection, now: datetime, trigger: str, *, names: Collection[str] | None, only_due: bool) -> int:
    what = ", ".join(sorted(names)[:5]) if names is not None else "what is due" if only_due else "all sources"
    row = run_table.insert().values(trigger=trigger, label=what, created_at=now)
    return int(conn.execute(row.returning(run_table.c.id)).scalar_one())


def _new_polls(conn: Connection, now: datetime, claimed: Sequence[Source], run: int | None) -> dict[int, int]:
    """Poll ids by source id. What was still open is lost: its lease has ended."""
    if not claimed:
        return {}
    stale = update(poll).where(poll.c.source.in_([one.id for one in claimed]), poll.c.finished_at.is_(None))
    conn.execute(stale.values(finished_at=now, outcome="failed", note="it was lost: its worker ended"))
    rows = [{"source": one.id, "run": run, "started_at": now} for one in claimed]
    ids = conn.execute(poll.insert().returning(poll.c.id, sort_by_parameter_order=True), rows).scalars().all()
    return {one.id: id for one, id in zip(claimed, ids, strict=True)}


def _poll_done(
    conn: Connection, now: datetime, poll_id: int | None, outcome: str, *, listed: int = 0, new: int = 0, note: str = ""
) -> None:
    """Close a poll, or (outcome `''` or `put off`) say how it stands. Counts add up over its parts."""
    if poll_id is None:
        return
    values: dict[str, Any] = {"outcome": outcome, "note": note, "new_entries": poll.c.new_entries + new}
    values |= {"entries": listed} if listed else {}
    values |= {"finished_at": now} if outcome not in ("", "put off") else {}
    conn.execute(update(poll).where(poll.c.id == poll_id).values(**values))


def _poll_failed(conn: Connection, now: datetime, one: Source, poll_id: int | None, run: int | None, error: NewswireError) -> None:
    """A listing that can't be had: told, counted, asked again later. Never given up, never in quarantine."""
    message = f"{error} {error.hint}".strip()
    _poll_done(conn, now, poll_id, "failed", note=message)
    sources.fail(conn, one, now, message)
    history.record(conn, now, type(error).__name__.lower(), source=one.id, run=run, url=error.url or one.location, error=message)


# --- what a look brought --------------------------------------------------------------------------------------------------------


class _Taken(msgspec.Struct):
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
        parts += [f"{_count(self.owed, 'page')} owed"] if self.owed else []
        parts += [f"{len(self.set_aside)} quarantined"] if self.set_aside else []
        return ", ".join(parts) + (", and more to come" if self.more else "")


def _take_in(conn: Connection, now: datetime, one: Source, look: Look, run: int | None, *, again: bool = False) -> _Taken:
    """Note what is new, keep what came whole, say which pages are owed. A source's first window goes to the backfill lane."""
    lane = _lane(one)
    entries = [(found.entry, found.hash) for found in look.found]
    news = frontier.sight(conn, one.id, entries, now, run=run, again=again, limit=MOST_NEW)
    taken = _Taken(listed=look.listed, new=len(news), more=look.more or len(news) == MOST_NEW)
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


def _lane(one: Source) -> str:
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


def _ingest_rows(name: str, lane: str, run: int | None, capture_ids: Sequence[int], chunk: int) -> list[NewWork]:
    """Chunks of one source: what is lost with a chunk, and what a person reads, stays together."""
    parts = [tuple(capture_ids[start : start + chunk]) for start in range(0, len(capture_ids), chunk)]
    end = f" · run {run}" if run else ""
    return [
        NewWork(stage="ingest", lane=lane, label=f"{name} · {_count(len(part), 'document')}{end}", refs=part, run=run) for part in parts
    ]


def _asked(one: Source) -> Asked:
    return Asked(name=one.name, location=one.location, language=one.language, settings=one.settings, cursor=one.cursor)


# --- folders and their like -----------------------------------------------------------------------------------------------------


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
        look = own_look(_asked(one), Reach(known=known, now=now, max_body_bytes=settings.max_body_bytes, only=claimed.only))
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
    open_polls = select(poll.c.id).where(
        poll.c.source == held.id, poll.c.finished_at.is_(None), poll.c.run.is_not_distinct_from(claimed.run)
    )
    poll_id = conn.execute(open_polls.order_by(poll.c.id.desc()).limit(1)).scalar()
    if failure is not None or look is None:
        assert failure is not None
        _poll_failed(conn, now, held, poll_id, claimed.run, failure)
        return Outcome(sentence=f"{held.name}: failed", failed=f"{held.name}: {failure} {failure.hint}".strip())
    if held.removed_at is not None:
        _poll_done(conn, now, poll_id, "unchanged", note="the source was removed meanwhile")
        return Outcome(sentence=f"{held.name}: removed meanwhile")
    taken = _take_in(conn, now, held, look, claimed.run, again=bool(claimed.only))
    rows = _ingest_rows(held.name, _lane(held), claimed.run, taken.documents, settings.chunk_documents)
    if taken.more:
        rows.append(NewWork(stage="scan", lane=claimed.lane, label=claimed.label, refs=claimed.refs, run=claimed.run))
        _poll_done(conn, now, poll_id, "", listed=taken.listed, new=taken.new)
    else:
        _poll_done(conn, now, poll_id, "changed" if taken.new else "unchanged", listed=taken.listed, new=taken.new, note=_notes(look.notes))
        changed = {"last_change_at": now} if taken.new else {}
        cursor = held.cursor if claimed.only else dict(look.cursor)
        sources.finish(conn, held, now, again_s=look.again_s, cursor=cursor, window_taken=True, **changed)
    offered = work.add(conn, rows, now, offered=True)
    return Outcome(
        sentence=f"{held.name}: {taken.sentence}",
        failed=_quarantined(taken.set_aside, taken.new),
        next=tuple(offered),
        quarantined=tuple(id for id, _ in taken.set_aside),
    )


# --- hosts ----------------------------------------------------------------------------------------------------------------------


def pump(
    db: Database,
    host: str,
    settings: Settings,
    *,
    publish: Publish | None = None,
    worker: str = "",
    stopping: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Fetch what a host owes us, politely, for up to 20 s and the last request's deadline. Commits as it goes. Raises Infrastructure.

    `publish` is given the ingest rows of each commit, inserted as offered; without it the sweep finds them. `worker` names who holds the
    host (frontier.free_child). `stopping` is asked between requests: true ends the pump in order.
    """
    with db.write() as conn:
        now = db.now(conn)
        leased = frontier.lease(conn, host, lease_s=host_lease_s(settings), now=now, worker=worker)
    if leased is None:
        return Outcome(sentence=f"{host}: nothing is due, or another pump has it", lease_lost=True)
    pumping = _Pump(db, leased, settings, now, publish, stopping)
    try:
        resources.run(pumping.run())
    except BaseException:
        with suppress(Exception):
            resources.run(pumping.abandon())
        raise
    return pumping.outcome()


class _Result(msgspec.Struct, frozen=True):
    """How one job's request ended."""

    job: Job
    answer: Answer | None = None
    error: NewswireError | None = None
    """With neither: it was not begun."""
    look: Look | None = None
    """Of a listing, once it is read."""

    @property
    def ends(self) -> bool:
        """Whether the job is over."""
        if isinstance(self.error, Transient):
            return self.job.retries >= MOST_RETRIES[self.job.kind]
        return self.answer is not None or self.error is not None


class _Tally:
    """What a pump did, for its sentence."""

    def __init__(self) -> None:
        self.listings: list[str] = []
        self.failed: list[str] = []
        self.fetched = 0
        self.put_off: list[tuple[float, str]] = []
        self.set_aside: list[tuple[int, str]] = []
        self.lease_lost = False


class _Pump:
    """One host's jobs on one event loop. The loop fetches; a thread does what blocks: reading listings, and the database."""

    def __init__(
        self, db: Database, leased: Leased, settings: Settings, now: datetime, publish: Publish | None, stopping: Callable[[], bool]
    ) -> None:
        self._db, self._leased, self._settings, self._publish, self._stopping = db, leased, settings, publish, stopping
        self._began = now
        self._tally = _Tally()
        self._failures = leased.failures
        self._sources: dict[int, Source] = {}
        self._mine: dict[int, Job] = {}
        self._start = self._next = self._hold = 0.0
        self._slots = asyncio.Semaphore(CONNECTIONS_A_HOST)
        self._flying: set[asyncio.Task[_Result]] = set()
        self._task: asyncio.Task[Any] | None = None

    def _now(self) -> datetime:
        """The database's time, carried on by this process's own count of seconds."""
        return self._began + timedelta(seconds=asyncio.get_running_loop().time() - self._start)

    async def run(self) -> None:
        """Take, fetch, commit, until nothing is due, the time is over, or the host wants us to wait."""
        loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._start = self._next = self._hold = loop.time()
        done: list[_Result] = []
        since, dry = self._start, {"fresh": False, "lost": False}
        async with _fetcher(self._settings, self._now) as fetcher:
            while True:
                now = loop.time()
                sort = "lost" if self._wants_lost(now, dry["fresh"]) else "fresh"
                wanted = 0 if dry[sort] else self._wanted(now, sort)
                ripe = bool(done) and (len(done) >= BATCH_DOCUMENTS or now - since >= BATCH_S or not self._flying)
                if ripe or wanted:
                    batch, done = done, []
                    taken = await asyncio.to_thread(self._turn, batch, wanted, sort == "lost", max(self._next, self._hold) - now)
                    dry = {name: was and not batch for name, was in dry.items()}  # a listing may owe pages of this very host
                    dry[sort] = dry[sort] or (wanted > 0 and not taken)
                    for job in taken:
                        self._begin(fetcher, job, loop.time())
                elif not self._flying:
                    if not self._is_open(now) or all(dry.values()) or self._next >= self._start + PUMP_S:
                        break
                    await asyncio.sleep(min(BATCH_S, max(0.01, self._next - now)))
                if self._flying:
                    finished, self._flying = await asyncio.wait(self._flying, timeout=BATCH_S, return_when=asyncio.FIRST_COMPLETED)
                    since = since if done else loop.time()
                    done += [self._heard(task.result(), loop.time()) for task in finished]
            await asyncio.to_thread(self._leave)

    async def abandon(self) -> None:
        """An error, or a signal: what was not committed is given back."""
        tasks = [task for task in (self._task, *self._flying) if task is not None and task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(self._leave)

    def _is_open(self, now: float) -> bool:
        return self._hold <= now < self._start + PUMP_S and not self._tally.lease_lost and not self._stopping()

    def _wants_lost(self, now: float, no_fresh: bool) -> bool:
        """Those that were lost come after the others, but not never; and alone."""
        return not self._mine and (no_fresh or now > self._start + PUMP_S / 2)

    def _wanted(self, now: float, sort: str) -> int:
        """How many jobs may be taken now: those that can begin soon."""
        ahead, pace = max(0.0, self._next - now), self._leased.pace_s
        if not self._is_open(now) or any(job.attempts > 1 for job in self._mine.values()) or self._next >= self._start + PUMP_S:
            return 0
        room = TAKEN_AT_MOST - len(self._mine)
        if ahead > HORIZON_S / 2 or room < TAKEN_AT_MOST / 2:
            return 0  # several at a time: each taking is a commit
        return 1 if sort == "lost" else min(room, 1 + int((HORIZON_S - ahead) / pace)) if pace > 0 else room

    def _begin(self, fetcher: Fetcher, job: Job, now: float) -> None:
        at = max(self._next, now)
        self._next = at + self._leased.pace_s
        self._flying.add(asyncio.create_task(self._fetch(fetcher, job, at)))

    async def _fetch(self, fetcher: Fetcher, job: Job, at: float) -> _Result:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, at - loop.time()))
        async with self._slots:
            if loop.time() < self._hold:
                return _Result(job)
            try:
                if job.is_deadly:
                    raise Unreadable(f"{job.url} crashed its pump {job.attempts - 1} times.", url=job.url)
                return _Result(job, answer=await fetcher.get(job.url, self._validators(job)))
            except NewswireError as error:
                return _Result(job, error=error)
            except Exception as error:  # a fault of ours with this answer: its own, or it would take its pump along for ever
                return _Result(job, error=_ours(error, job.url))

    def _validators(self, job: Job) -> Validators | None:
        one = self._sources.get(job.source) if job.kind == "listing" else None
        return None if one is None or _wants_whole(one, self._now()) else Validators(etag=one.etag, last_modified=one.last_modified)

    def _heard(self, result: _Result, now: float) -> _Result:
        """What an answer says about its host: told to wait, or in trouble."""
        if isinstance(result.error, Transient):
            self._failures += 1
            asked = result.error.retry_after_s
            if isinstance(result.error, Throttled):
                self._hold = max(self._hold, now + (asked if asked is not None else _retry_s(result.job.retries)))
            elif self._failures >= FAILURES_TO_BACK_OFF:
                self._hold = max(self._hold, now + max(asked or 0.0, _retry_s(self._failures - FAILURES_TO_BACK_OFF)))
        elif result.answer is not None or result.error is not None:
            self._failures = 0
        return result

    # in a thread from here on

    def _turn(self, batch: Sequence[_Result], wanted: int, lost: bool, wait_s: float) -> list[Job]:
        """Commit a micro-batch and take the next jobs, in one transaction."""
        read = [self._read(result) for result in batch]
        if read:
            hit("fetch.before_commit")
        try:
            taken = self._commit(read, wanted, lost, wait_s)
        except DBAPIError as error:  # the data's fault: alone, the guilty one is found
            if not read:
                raise
            for result in read:
                self._commit_alone(result, wait_s, error)
            taken = []
        if read:
            hit("fetch.after_commit")
        if taken:
            hit("fetch.taken")
        return taken

    def _commit_alone(self, result: _Result, wait_s: float, first: DBAPIError) -> None:
        try:
            self._commit([result], 0, False, wait_s)
        except DBAPIError as error:
            reason = str(error.orig).strip().splitlines()[0].replace("\x00", "")
            refused = Unreadable(f"{result.job.url}: the database refused what it holds: {reason}.", url=result.job.url)
            self._commit([_Result(result.job, error=refused)], 0, False, wait_s)

    def _read(self, result: _Result) -> _Result:
        """What a listing lists. Before any transaction: it may take long, and it is where hostile bytes are parsed."""
        document = result.answer.document if result.answer else None
        if result.job.kind != "listing" or document is None:
            return result
        one = self._sources[result.job.source]
        if one.body_hash and body_hash(document.body) == one.body_hash:
            return result
        try:
            read = kind(one.kind).read
            if read is None:
                raise Misconfigured(f"{one.name} is a source of kind {one.kind}, which is not asked over HTTP.")
            return msgspec.structs.replace(result, look=read(_asked(one), document, formats.read))
        except NewswireError as error:
            return _Result(result.job, error=error)
        except Exception as error:  # a fault of ours with these bytes: this listing's own, its neighbours go on
            return _Result(result.job, error=_ours(error, one.location))

    def _commit(self, batch: Sequence[_Result], wanted: int, lost: bool, wait_s: float) -> list[Job]:
        tally = _Tally()
        rows: list[NewWork] = []
        jobs: list[NewJob] = []
        with self._db.write() as conn:
            now = self._db.now(conn)
            gone = frontier.finish(conn, [result.job for result in batch if result.ends])
            frontier.give_back(conn, [result.job for result in batch if result.answer is None and result.error is None])
            for result in batch:
                if isinstance(result.error, Transient) and not result.ends:
                    self._put_off(conn, now, result.job, result.error, tally)
            ours = [result for result in batch if result.job.id in gone]
            rows += self._keep_pages(conn, now, [result for result in ours if result.job.kind == "page"], tally)
            for result in sorted((result for result in ours if result.job.kind == "listing"), key=lambda result: result.job.source):
                rows += self._keep_listing(conn, now, result, jobs, tally)
            frontier.lock_hosts(conn, {self._leased.name, *(job.host for job in jobs)})
            frontier.add_jobs(conn, jobs, now, pace_s=self._settings.host_pace_s)
            not_before = now + timedelta(seconds=max(0.0, wait_s))
            tally.lease_lost = not frontier.keep(conn, self._leased, not_before=not_before, failures=self._failures)
            taken = frontier.take(conn, self._leased, wanted, now, lost=lost) if wanted and not tally.lease_lost else []
            listings = sources.by_ids(conn, [job.source for job in taken])
            offered = work.add(conn, rows, now, offered=self._publish is not None)
        self._sources |= listings
        for result in batch:
            self._mine.pop(result.job.id, None)
        self._mine |= {job.id: job for job in taken}
        self._add_up(tally)
        if offered and self._publish is not None:
            self._publish(offered)
        return taken

    def _add_up(self, tally: _Tally) -> None:
        self._tally.listings += tally.listings
        self._tally.failed += tally.failed
        self._tally.fetched += tally.fetched
        self._tally.put_off += tally.put_off
        self._tally.set_aside += tally.set_aside
        self._tally.lease_lost = self._tally.lease_lost or tally.lease_lost

    def _put_off(self, conn: Connection, now: datetime, job: Job, error: Transient, tally: _Tally) -> None:
        wait_s = max(error.retry_after_s or 0.0, _retry_s(job.retries) * random.uniform(0.8, 1.2))
        if not frontier.put_off(conn, job, now + timedelta(seconds=wait_s), error=str(error)):
            return
        tally.put_off.append((wait_s, str(error)))
        history.record(
            conn, now, "put off", source=job.source, run=job.run, url=job.url, log_id=job.log_id, error=str(error), again_s=round(wait_s)
        )
        _poll_done(conn, now, job.poll, "put off", note=str(error))

    def _keep_pages(self, conn: Connection, now: datetime, ended: Iterable[_Result], tally: _Tally) -> list[NewWork]:
        """Captures and their ingest rows; what can't be had goes to quarantine."""
        arriving: dict[tuple[int, str, int | None], list[Arriving]] = defaultdict(list)
        for result in ended:
            job = result.job
            if result.answer is not None and result.answer.document is not None:
                one = Arriving(document=result.answer.document, source=job.source, sighting=job.sighting, run=job.run, log_id=job.log_id)
                arriving[job.source, job.lane, job.run].append(one)
            elif result.error is not None:
                message, hint, error = str(result.error), result.error.hint, type(result.error).__name__
                tally.set_aside.append((frontier.set_aside(conn, job, now, error=error, message=message, hint=hint), message))
        names = {id: one.name for id, one in sources.by_ids(conn, {source for source, _, _ in arriving}).items()}
        rows: list[NewWork] = []
        for (source, lane, run), documents in sorted(arriving.items(), key=lambda one: one[0][0]):
            tally.fetched += len(documents)
            ids = captures.store_many(conn, documents, now)
            rows += _ingest_rows(names[source], lane, run, ids, self._settings.chunk_documents)
        return rows

    def _keep_listing(self, conn: Connection, now: datetime, result: _Result, jobs: list[NewJob], tally: _Tally) -> list[NewWork]:
        """Sightings, owed pages, validators and the poll: all in this transaction."""
        job = result.job
        held = sources.hold(conn, job.source)
        if held.location != job.url or held.removed_at is not None:
            _poll_done(conn, now, job.poll, "unchanged", note="the source was changed or removed meanwhile")
            sources.finish(conn, held, now, again_s=0.0)
            return []
        if result.error is not None or result.answer is None:
            assert result.error is not None
            _poll_failed(conn, now, held, job.poll, job.run, result.error)
            tally.failed.append(f"{held.name}: {result.error} {result.error.hint}".strip())
            return []
        document, validators = result.answer.document, result.answer.validators
        kept: dict[str, Any] = {}
        if document is not None:
            kept = {"etag": validators.etag, "last_modified": validators.last_modified, "body_hash": body_hash(document.body)}
        cursor = {**held.cursor, **(result.look.cursor if result.look else {})}
        kept["cursor"] = cursor | ({"whole_at": now.isoformat()} if _wants_whole(held, self._began) else {})
        if result.look is None:
            _poll_done(conn, now, job.poll, "unchanged")
            sources.finish(conn, held, now, **kept)
            tally.listings.append(f"{held.name}: not modified")
            return []
        taken = _take_in(conn, now, held, result.look, job.run)
        if taken.more:
            kept = {}  # validators would hide the rest
        if taken.new:
            kept["last_change_at"] = now
        _poll_done(
            conn, now, job.poll, "changed" if taken.new else "unchanged", listed=taken.listed, new=taken.new, note=_notes(result.look.notes)
        )
        sources.finish(
            conn, held, now, again_s=0.0 if taken.more else result.look.again_s, window_taken=not taken.more or held.window_taken, **kept
        )
        jobs += taken.jobs
        tally.listings.append(f"{held.name}: {taken.sentence}")
        tally.set_aside += taken.set_aside
        return _ingest_rows(held.name, _lane(held), job.run, taken.documents, self._settings.chunk_documents)

    def _leave(self) -> None:
        with self._db.write() as conn:
            frontier.give_back(conn, self._mine.values())
            frontier.release(conn, self._leased)
        self._mine.clear()

    def outcome(self) -> Outcome:
        """All that it did, as a sentence."""
        tally = self._tally
        said = tally.listings[:3] + ([f"{len(tally.listings) - 3} more listings"] if len(tally.listings) > 3 else [])
        said += [f"{_count(tally.fetched, 'page')} fetched"] if tally.fetched else []
        said += [f"{len(tally.put_off)} put off"] if tally.put_off else []
        said += [f"{_count(len(tally.failed), 'listing')} failed"] if tally.failed else []
        said += [f"{len(tally.set_aside)} quarantined"] if tally.set_aside else []
        return Outcome(
            sentence="; ".join(said) or "nothing was due",
            failed="; ".join([*tally.failed[:3], *filter(None, [_quarantined(tally.set_aside, tally.fetched + len(tally.set_aside))])]),
            put_off=f"{len(tally.put_off)} put off: {tally.put_off[0][1]}" if tally.put_off else "",
            put_off_s=min((wait_s for wait_s, _ in tally.put_off), default=0.0),
            quarantined=tuple(id for id, _ in tally.set_aside),
        )


def _ours(error: Exception, url: str) -> Unreadable:
    """An error that nobody foresaw, as the document's own."""
    message = f"{url} could not be read: {type(error).__name__}: {str(error)[:300]}."
    return Unreadable(message, url=url, hint="This is a fault of newswire's: please report it.")


def _wants_whole(one: Source, now: datetime) -> bool:
    """Whether a listing is asked for without conditions this time."""
    whole_at = one.cursor.get("whole_at")
    return not isinstance(whole_at, str) or now - datetime.fromisoformat(whole_at) >= WHOLE_EVERY


def _retry_s(retries: int) -> float:
    """The delay before the next try of what was tried so often again."""
    return min(FIRST_RETRY_S * 4.0 ** min(retries, 10), LONGEST_RETRY_S)


def _quarantined(set_aside: Sequence[tuple[int, str]], of: int) -> str:
    if not set_aside:
        return ""
    id, message = set_aside[0]
    return f"{len(set_aside)} of {of} quarantined: {message} newswire quarantine show {id}"


def _notes(notes: Sequence[str]) -> str:
    return "; ".join(notes[:3]) + (f"; and {len(notes) - 3} more" if len(notes) > 3 else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

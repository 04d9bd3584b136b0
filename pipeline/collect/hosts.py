"""A host's pump: its jobs, politely ─► captures, sightings, owed pages, validators, ingest work. A transaction a micro-batch."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from pipeline import formats, resources
from pipeline.clean.pages import may_go_on
from pipeline.collect.intake import asked_of, in_short, ingest_rows, lane_of, poll_done, poll_failed, quarantined, take_in
from pipeline.collect.pages import earlier_page, next_page, owed_page, owed_story
from pipeline.config import Settings
from pipeline.errors import Misconfigured, NewswireError, Throttled, Transient, Unreadable
from pipeline.failpoints import hit
from pipeline.fetch import Answer, Fetcher, Validators
from pipeline.sources import Look, kind
from pipeline.storage import captures, frontier, history, sources, work
from pipeline.storage.captures import Arriving, body_hash
from pipeline.storage.db import Database
from pipeline.storage.frontier import Job, Leased, NewJob
from pipeline.storage.sources import Source
from pipeline.storage.work import NewWork
from schemas.document import Document
from schemas.outcome import Offered, Outcome, counted

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
MOST_RETRIES = {"page": 6, "listing": 1}
"""Of transient errors, beyond the first try. A listing is asked again in its rhythm anyway."""
MOST_RETRIES_OF_FURTHER_PAGE = 2
LONGEST_WAIT_FOR_FURTHER_PAGE_S = 60.0
"""What was had of its story is withheld meanwhile."""
FIRST_RETRY_S = 5.0
LONGEST_RETRY_S = 3_600.0
FAILURES_TO_BACK_OFF = 3
"""Failures of a host in a row, of whatever page, before all of it has to wait."""
WHOLE_EVERY = timedelta(days=1)
"""So often a listing is asked for without conditions: some servers say "not modified" for ever."""

Publish = Callable[[Sequence[Offered]], object]


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
    next_page: str = ""
    """Where the story of a page goes on, once it is read."""
    earlier_page: str = ""
    """Which page of a story a page that was listed says it continues, once it is read."""

    @property
    def ends(self) -> bool:
        """Whether the job is over."""
        if isinstance(self.error, Transient) and self.job.continues is not None:
            is_long = (self.error.retry_after_s or 0.0) > LONGEST_WAIT_FOR_FURTHER_PAGE_S
            return is_long or self.job.retries >= MOST_RETRIES_OF_FURTHER_PAGE
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
        """What an answer says about its host: told to wait, or in trouble. Requests that were under way together fail together, and once."""
        if isinstance(result.error, Transient):
            self._failures += now >= self._hold
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
        """What a listing lists, where a page goes on. Before any transaction: it may take long, and it is where hostile bytes are parsed."""
        document = result.answer.document if result.answer else None
        if document is None:
            return result
        if result.job.kind != "listing":
            if result.job.continues is None and (earlier := earlier_page(document)):
                return msgspec.structs.replace(result, earlier_page=earlier)
            return msgspec.structs.replace(result, next_page=next_page(document, result.job.first))
        one = self._sources[result.job.source]
        is_same = bool(one.body_hash) and body_hash(document.body) == one.body_hash
        if is_same and not (_wants_whole(one, self._began) and may_go_on(document.body)):  # its further pages may have changed
            return result
        try:
            read = kind(one.kind).read
            if read is None:
                raise Misconfigured(f"{one.name} is a source of kind {one.kind}, which is not asked over HTTP.")
            look = read(asked_of(one), document, formats.read)
            is_page = any(found.document is document for found in look.found)
            return msgspec.structs.replace(result, look=look, next_page=next_page(document) if is_page else "")
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
            rows += self._keep_pages(conn, now, [result for result in ours if result.job.kind == "page"], jobs, tally)
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
        poll_done(conn, now, job.poll, "put off", note=str(error))

    def _keep_pages(self, conn: Connection, now: datetime, ended: Iterable[_Result], jobs: list[NewJob], tally: _Tally) -> list[NewWork]:
        """Captures and their ingest rows; what can't be had goes to quarantine.

        A story goes to ingest when its last page came or one can't be had: it has an owed page or a row of work, never both. A further page
        that was listed by itself is no story: the whole of it is owed instead, if it was not had since.
        """
        continuing: list[_Result] = []
        arriving: list[tuple[Job, str, Arriving]] = []
        ready: dict[tuple[int, str, int | None], list[int]] = defaultdict(list)
        for result in ended:
            job = result.job
            if result.earlier_page:
                continuing.append(result)
            elif result.answer is not None and result.answer.document is not None:
                one = Arriving(
                    document=result.answer.document,
                    source=job.source,
                    sighting=job.sighting,
                    run=job.run,
                    log_id=job.log_id,
                    continues=job.continues,
                )
                arriving.append((job, result.next_page, one))
            elif result.error is not None:
                message, hint, error = str(result.error), result.error.hint, type(result.error).__name__
                tally.set_aside.append((frontier.set_aside(conn, job, now, error=error, message=message, hint=hint), message))
                if job.continues is not None:
                    ready[job.source, job.lane, job.run].append(job.continues)
        tally.fetched += len(arriving) + len(continuing)
        ids = captures.store_many(conn, [one for _, _, one in arriving], now)
        for id, (job, following, _) in zip(ids, arriving, strict=True):
            owed = owed_page(conn, job.continues or id, following, job.lane)
            if owed is not None:
                jobs.append(owed)
            else:
                ready[job.source, job.lane, job.run].append(job.continues or id)
        self._owe_stories(conn, now, continuing, jobs)
        names = {id: one.name for id, one in sources.by_ids(conn, {source for source, _, _ in ready}).items()}
        rows: list[NewWork] = []
        for (source, lane, run), documents in sorted(ready.items(), key=lambda one: one[0][0]):
            rows += ingest_rows(names[source], lane, run, documents, self._settings.chunk_documents)
        return rows

    def _owe_stories(self, conn: Connection, now: datetime, continuing: Iterable[_Result], jobs: list[NewJob]) -> None:
        for result in continuing:
            job, url = result.job, result.earlier_page
            is_owed = any((one.url, one.source) == (url, job.source) for one in jobs)
            owed = None if is_owed else owed_story(conn, job, url)
            jobs += [owed] if owed is not None else []
            said = f"it continues {url}, and is read as part of that story"
            history.record(conn, now, "further page", source=job.source, run=job.run, url=job.url, log_id=job.log_id, message=said)

    def _keep_listing(self, conn: Connection, now: datetime, result: _Result, jobs: list[NewJob], tally: _Tally) -> list[NewWork]:
        """Sightings, owed pages, validators and the poll: all in this transaction."""
        job = result.job
        held = sources.hold(conn, job.source)
        if held.location != job.url or held.removed_at is not None:
            poll_done(conn, now, job.poll, "unchanged", note="the source was changed or removed meanwhile")
            sources.finish(conn, held, now, again_s=0.0)
            return []
        if result.error is not None or result.answer is None:
            assert result.error is not None
            poll_failed(conn, now, held, job.poll, job.run, result.error)
            tally.failed.append(f"{held.name}: {result.error} {result.error.hint}".strip())
            return []
        document, validators = result.answer.document, result.answer.validators
        kept: dict[str, Any] = {}
        if document is not None:
            kept = {"etag": validators.etag, "last_modified": validators.last_modified, "body_hash": body_hash(document.body)}
        cursor = {**held.cursor, **(result.look.cursor if result.look else {})}
        kept["cursor"] = cursor | ({"whole_at": now.isoformat()} if _wants_whole(held, self._began) else {})
        if result.look is None:
            poll_done(conn, now, job.poll, "unchanged")
            sources.finish(conn, held, now, **kept)
            tally.listings.append(f"{held.name}: not modified")
            return []
        taken = take_in(conn, now, held, result.look, job.run, again=bool(result.next_page))
        if taken.more:
            kept = {}  # validators would hide the rest
        if taken.new:
            kept["last_change_at"] = now
        poll_done(
            conn,
            now,
            job.poll,
            "changed" if taken.new else "unchanged",
            listed=taken.listed,
            new=taken.new,
            note=in_short(result.look.notes),
        )
        sources.finish(
            conn, held, now, again_s=0.0 if taken.more else result.look.again_s, window_taken=not taken.more or held.window_taken, **kept
        )
        jobs += taken.jobs
        owed = owed_page(conn, taken.documents[0], result.next_page, lane_of(held)) if taken.documents and result.next_page else None
        if owed is not None:
            jobs.append(owed)
            taken.documents = []
        tally.listings.append(f"{held.name}: {taken.sentence}")
        tally.set_aside += taken.set_aside
        return ingest_rows(held.name, lane_of(held), job.run, taken.documents, self._settings.chunk_documents)

    def _leave(self) -> None:
        with self._db.write() as conn:
            frontier.give_back(conn, self._mine.values())
            frontier.release(conn, self._leased)
        self._mine.clear()

    def outcome(self) -> Outcome:
        """All that it did, as a sentence."""
        tally = self._tally
        said = tally.listings[:3] + ([f"{len(tally.listings) - 3} more listings"] if len(tally.listings) > 3 else [])
        said += [f"{counted(tally.fetched, 'page')} fetched"] if tally.fetched else []
        said += [f"{len(tally.put_off)} put off"] if tally.put_off else []
        said += [f"{counted(len(tally.failed), 'listing')} failed"] if tally.failed else []
        said += [f"{len(tally.set_aside)} quarantined"] if tally.set_aside else []
        return Outcome(
            sentence="; ".join(said) or "nothing was due",
            failed="; ".join([*tally.failed[:3], *filter(None, [quarantined(tally.set_aside, tally.fetched + len(tally.set_aside))])]),
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

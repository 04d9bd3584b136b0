"""Hosts and their pumps: each rule of fetching, and what goes wrong where it is left out. The web is real, on loopback."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, update

from pipeline import collect, formats
from pipeline.collect import hosts, intake
from pipeline.errors import Infrastructure, Unreadable
from pipeline.fetch import Answer, Validators
from pipeline.storage import captures, frontier, quarantine, sources
from pipeline.storage.db import Database
from pipeline.storage.frontier import Job, Leased
from schemas import tables
from schemas.document import Document, Entry, Listing
from schemas.outcome import Offered
from schemas.source import Declared
from tests.pipeline.newsroom import Newsroom, Settable, feed
from tests.pipeline.web import Asked, Web, conditional, reply

PAGE = b"<html><body><article><h1>A headline</h1><p>Some words.</p></article></body></html>"


@pytest.fixture
def room(database: Database, web: Web, clock: Settable) -> Newsroom:
    return Newsroom(database, web, clock)


def pages(room: Newsroom, *names: str) -> list[tuple[str, str]]:
    """Pages that are served; as entries of a feed."""
    for name in names:
        room.web.at(f"/{name}", reply(PAGE + name.encode()))
    return [(room.web.url(f"/{name}"), f"About {name}") for name in names]


# --- the way ---------------------------------------------------------------------------------------------------------------------


def test_a_feed_becomes_captures_and_work_for_ingest(room: Newsroom) -> None:
    room.web.at("/feed", reply(feed(*pages(room, "a", "b", "c"))))
    id = room.declare()
    started = room.trigger()
    assert started.sentence == "1 source due, 1 claimed, run 1"
    outcome = room.pump()
    assert outcome.sentence == "wire: 3 listed, 3 new, 3 pages owed; 3 pages fetched"
    assert (outcome.failed, outcome.put_off) == ("", "")
    assert sorted(room.captured()) == ["/a", "/b", "/c"]
    assert [lane for lane, _, _ in room.ingest()] == ["normal"] * len(room.ingest())
    assert sum(documents for _, _, documents in room.ingest()) == 3
    assert room.ingest()[-1][1].startswith("wire · ")
    assert room.ingest()[-1][1].endswith(" · run 1")
    assert room.rows(tables.fetch_job) == []
    polled = room.last_poll()
    assert (polled.outcome, polled.entries, polled.new_entries, polled.run) == ("changed", 3, 3, 1)
    [host] = room.rows(tables.host)
    assert (host.token, host.due_at, host.leased_until) == ("", None, None)
    with room.database.read() as conn:
        document = captures.load(conn, room.rows(tables.capture)[0].id)
    assert document.body.startswith(PAGE)
    assert room.rows(tables.capture)[0].source == id


def test_one_log_id_from_the_sighting_to_the_capture(room: Newsroom) -> None:
    room.web.at("/feed", reply(feed(*pages(room, "a", "b"))))
    room.declare()
    room.poll()
    seen = {row.url: row.log_id for row in room.rows(tables.sighting)}
    assert {row.url: row.log_id for row in room.rows(tables.capture)} == seen
    assert {row.what for row in room.rows(tables.history, tables.history.c.log_id.in_(seen.values()))} == {"listed", "fetched"}


def test_nothing_new_is_said_so(room: Newsroom) -> None:
    entries = pages(room, "a")
    room.web.at("/feed", conditional(feed(*entries), etag='"1"'))
    room.declare()
    room.poll()
    assert room.poll().sentence == "wire: not modified"
    assert room.last_poll().outcome == "unchanged"
    room.web.at("/feed", reply(feed(*entries, title="New head, old entries")))
    assert room.poll().sentence == "wire: 1 listed, nothing new"


def test_chunks_are_of_one_source_and_as_large_as_the_setting(room: Newsroom) -> None:
    text = "All of it stands in the feed."
    room.with_settings(chunk_documents=2)
    room.web.at("/feed", reply(feed(*[(f"https://x.example/{n}", f"No {n}") for n in range(5)], text=text)))
    room.web.at("/other", reply(feed(("https://y.example/1", "One"), text=text)))
    room.declare(content="feed")
    room.declare("other", location="/other", content="feed")
    room.poll()
    assert sorted(room.ingest()) == [
        ("normal", "other · 1 document · run 1", 1),
        ("normal", "wire · 1 document · run 1", 1),
        ("normal", "wire · 2 documents · run 1", 2),
        ("normal", "wire · 2 documents · run 1", 2),
    ]


def test_a_feed_that_carries_the_text_owes_no_page(room: Newsroom) -> None:
    room.web.at("/feed", reply(feed(("https://x.example/1", "A & B"), text="Words.")))
    room.declare(content="feed")
    assert room.poll().sentence == "wire: 1 listed, 1 new"
    with room.database.read() as conn:
        document = captures.load(conn, room.rows(tables.capture)[0].id)
    assert document.url == "https://x.example/1"
    assert b"<h1>A &amp; B</h1>\nWords." in document.body or b"Words." in document.body
    assert room.rows(tables.fetch_job) == []


def test_a_page_that_is_watched_is_captured_each_time_it_changes_also_back_again(room: Newsroom, clock: Settable) -> None:
    """A, B, A: with a capture for each text only, the page says A and we say B."""
    room.declare(kind="url", location="/page")
    for text in (b"A", b"A", b"B", b"A"):
        room.web.at("/page", reply(PAGE + text))
        room.poll()
        clock.advance(seconds=1)
    assert len(room.captured()) == 3
    fetched = [row.fetched_at for row in room.rows(tables.capture)]
    assert fetched == sorted(fetched)


def test_an_entry_that_reads_as_before_again_owes_its_page_again(room: Newsroom, clock: Settable) -> None:
    [(url, _)] = pages(room, "a")
    room.declare()
    for title in ("A", "B", "A", "A"):
        room.web.at("/feed", reply(feed((url, title), title=title + str(clock.now))))
        room.poll()
        clock.advance(seconds=1)
    assert room.captured() == ["/a", "/a", "/a"]


def test_a_guid_that_is_used_twice_loses_no_entry_and_flaps_for_ever(room: Newsroom) -> None:
    pages(room, "a", "b")
    items = "".join(
        f"<item><guid isPermaLink='false'>same</guid><link>{room.web.url(f'/{n}')}</link><title>{n}</title></item>" for n in "ab"
    )
    body = f'<rss version="2.0"><channel><title>x</title>{items}</channel></rss>'
    room.declare()
    for again in range(3):
        room.web.at("/feed", reply(f"{body}<!-- {again} -->".encode()))
        room.poll()
    assert sorted(room.captured()) == ["/a", "/b"]


def test_a_key_that_is_listed_twice_and_differs_is_news_for_both_and_not_for_ever(room: Newsroom, clock: Settable) -> None:
    id = room.declare()
    entries = [(Entry(key="k", url="https://x.example/", title=title), title) for title in ("one", "another")]
    news = []
    for _ in range(3):
        with room.database.write() as conn:
            news.append(len(frontier.sight(conn, id, entries, clock.now, run=None)))
        clock.advance(seconds=1)
    assert news == [2, 0, 0]


# --- lanes ----------------------------------------------------------------------------------------------------------------------


def test_a_new_source_takes_its_current_window_in_the_backfill_lane(room: Newsroom) -> None:
    entries = pages(room, "a", "b", "c")
    room.web.at("/feed", reply(feed(*entries[:2])))
    room.declare(fresh=True, lane="flash")
    room.poll()
    assert {lane for lane, _, _ in room.ingest()} == {"backfill"}
    assert room.source().window_taken
    room.web.at("/feed", reply(feed(*entries)))
    room.poll()
    assert [lane for lane, _, _ in room.ingest()][-1] == "flash"


def test_a_first_window_that_could_not_be_read_is_still_to_come(room: Newsroom) -> None:
    room.web.at("/feed", reply(b"\x00\x01 nothing"))
    room.declare(fresh=True)
    room.poll()
    assert not room.source().window_taken


def test_flash_goes_first_at_its_host_and_listings_before_pages(room: Newsroom) -> None:
    id = room.declare()
    with room.database.write() as conn:
        jobs = [("/back", "page", "backfill"), ("/page", "page", "normal"), ("/list", "listing", "normal"), ("/flash", "page", "flash")]
        frontier.add_jobs(
            conn,
            [frontier.NewJob(host=room.web.host, url=url, kind=kind, source=id, lane=lane) for url, kind, lane in jobs],
            room.clock.now,
            pace_s=0,
        )
        leased = frontier.lease(conn, room.web.host, lease_s=50, now=room.clock.now)
        assert leased is not None
        taken = frontier.take(conn, leased, 10, room.clock.now)
    assert [job.url for job in taken] == ["/flash", "/list", "/page", "/back"]


def test_hosts_with_flash_jobs_are_offered_first(room: Newsroom, clock: Settable) -> None:
    id = room.declare()
    with room.database.write() as conn:
        for name, lane in (("http://old:80", "normal"), ("http://flash:80", "flash")):
            job = frontier.NewJob(host=name, url=name, kind="page", source=id, lane=lane)
            frontier.add_jobs(conn, [job], clock.now, pace_s=1)
            clock.advance(seconds=1)
        assert frontier.hosts_wait(conn, clock.now)
        assert frontier.offer_hosts(conn, 1, clock.now) == ["http://flash:80"]
        assert frontier.offer_hosts(conn, 9, clock.now) == ["http://old:80"]
        assert frontier.offer_hosts(conn, 9, clock.now) == []
        assert not frontier.hosts_wait(conn, clock.now)
        assert len(frontier.offer_hosts(conn, 9, clock.advance(seconds=6))) == 2, "offers that nobody took up"


# --- host leases ----------------------------------------------------------------------------------------------------------------


def lease(room: Newsroom, worker: str = "") -> Leased | None:
    with room.database.write() as conn:
        return frontier.lease(conn, room.web.host, lease_s=50, now=room.clock.now, worker=worker)


def test_one_pump_at_a_time_has_a_host(room: Newsroom, clock: Settable) -> None:
    room.web.at("/feed", reply(feed()))
    room.declare()
    room.trigger()
    assert lease(room) is not None
    assert room.pump().lease_lost
    assert room.web.requests == []
    clock.advance(seconds=51)
    assert not room.pump().lease_lost


def test_of_many_pumps_at_once_one_gets_the_host(room: Newsroom) -> None:
    room.declare()
    room.trigger()
    won: list[Leased] = []

    def race() -> None:
        got = lease(room)
        if got is not None:
            won.append(got)

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_a_host_lease_outlasts_its_pump(room: Newsroom) -> None:
    assert collect.host_lease_s(room.settings) > collect.longest_pump_s(room.settings) > hosts.PUMP_S + room.settings.fetch_deadline_s


def test_a_pump_without_its_lease_takes_no_more(room: Newsroom, clock: Settable) -> None:
    room.declare()
    room.trigger()
    zombie = started_pump(room)
    clock.advance(seconds=60)
    other = started_pump(room)
    assert zombie._commit([], 5, False, 0) == []
    assert len(other._commit([], 5, False, 0)) == 1


def test_a_dead_childs_hosts_are_free_at_once(room: Newsroom) -> None:
    room.declare()
    room.trigger()
    assert lease(room, worker="host:10") is not None
    with room.database.write() as conn:
        assert frontier.free_child(conn, "host:1", room.clock.now) == 0
        assert frontier.free_child(conn, "host:10", room.clock.now) == 1
    assert lease(room) is not None


def test_a_release_does_not_overlook_jobs_that_are_just_being_committed(room: Newsroom) -> None:
    if not room.database.is_postgresql:
        pytest.skip("SQLite has one writer at a time: nothing is committed meanwhile")
    assert due_after_release(room, frontier.release)


def test_a_release_that_reads_the_least_due_time_in_the_statement_that_waits_overlooks_them(room: Newsroom) -> None:
    if not room.database.is_postgresql:
        pytest.skip("SQLite has one writer at a time: nothing is committed meanwhile")

    def release(conn: Connection, leased: Leased) -> None:
        least = select(func.min(tables.fetch_job.c.due_at)).where(tables.fetch_job.c.host == leased.name).scalar_subquery()
        conn.execute(update(tables.host).where(tables.host.c.token == leased.token).values(token="", leased_until=None, due_at=least))

    assert not due_after_release(room, release)


def due_after_release(room: Newsroom, release: Callable[[Connection, Leased], None]) -> bool:
    """Whether a host is due after its pump left while another transaction was inserting a job for it."""
    id = room.declare()
    with room.database.write() as conn:
        conn.execute(tables.host.insert().values(name=room.web.host, pace_s=0, due_at=room.clock.now))
    leased = lease(room)
    assert leased is not None

    def leave() -> None:
        with room.database.write() as conn:
            release(conn, leased)

    with room.database.write() as conn:
        job = frontier.NewJob(host=leased.name, url="x", kind="page", source=id, lane="normal")
        frontier.add_jobs(conn, [job], room.clock.now, pace_s=0)
        leaving = threading.Thread(target=leave)
        leaving.start()
        wait_for_a_lock(room.database)
    leaving.join()
    [host] = room.rows(tables.host)
    return host.due_at is not None


def wait_for_a_lock(database: Database) -> None:
    for _ in range(1000):
        with database.read() as conn:
            if conn.exec_driver_sql("SELECT count(*) FROM pg_locks WHERE NOT granted").scalar():
                return
        threading.Event().wait(0.005)
    raise AssertionError("nobody waited for a lock")


# --- the model's rules ----------------------------------------------------------------------------------------------------------


def started_pump(room: Newsroom) -> hosts._Pump:
    leased = lease(room)
    assert leased is not None
    return hosts._Pump(room.database, leased, room.settings, room.clock.now, None, lambda: False)


def answer(room: Newsroom, job: Job, body: bytes, **validators: str) -> hosts._Result:
    document = Document(url=job.url, body=body, fetched_at=room.clock.now, content_type="text/html")
    return hosts._Result(job, answer=Answer(document=document, validators=Validators(**validators)))


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_a_micro_batch_writes_only_what_its_own_delete_gave_back(
    room: Newsroom, clock: Settable, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if rule == "left out":
        monkeypatch.setattr(frontier, "finish", lambda conn, jobs: {job.id for job in jobs})
    id = room.declare()
    with room.database.write() as conn:
        frontier.add_jobs(
            conn, [frontier.NewJob(host=room.web.host, url=room.web.url("/a"), kind="page", source=id, lane="normal")], clock.now, pace_s=0
        )
    zombie = started_pump(room)
    [job] = zombie._turn([], 5, False, 0)
    clock.advance(seconds=60)
    other = started_pump(room)
    [same] = other._turn([], 1, True, 0)
    assert (same.id, same.attempts) == (job.id, 2)
    zombie._turn([answer(room, job, PAGE)], 0, False, 0)
    other._turn([answer(room, same, PAGE)], 0, False, 0)
    assert len(room.ingest()) == (1 if rule == "kept" else 2)


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_sightings_owed_pages_and_validators_commit_together(room: Newsroom, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the validators kept first, a death between the two commits would hide the pages behind a 304."""
    room.web.at("/feed", conditional(feed(*pages(room, "a")), etag='"1"'))
    room.declare()

    def dies(*_: object, **__: object) -> None:
        raise RuntimeError("in the middle of the transaction, after sightings and validators were written")

    room.trigger(only_due=False)
    pumping = started_pump(room)
    [job] = pumping._turn([], 5, False, 0)
    heard = answer(room, job, feed((room.web.url("/a"), "About a")), etag='"1"')
    with monkeypatch.context() as patch:
        patch.setattr(frontier, "add_jobs", dies)
        with pytest.raises(RuntimeError):
            pumping._turn([heard], 0, False, 0)
    if rule == "left out":
        with room.database.write() as conn:
            conn.execute(update(tables.source).values(etag='"1"', cursor={"whole_at": room.clock.now.isoformat()}))
    assert room.rows(tables.sighting) == []
    room.clock.advance(seconds=100)
    room.pump()
    room.clock.advance(seconds=100)
    assert room.captured() == (["/a"] if rule == "kept" else [])


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_validators_are_kept_only_when_the_listing_parsed(room: Newsroom, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The parser is broken for a while: were the validators kept, a 304 would hide what was never read."""
    body = feed(*pages(room, "a"))
    room.web.at("/feed", conditional(body, etag='"1"'))
    room.declare()

    def broken(document: Document, name: str = "") -> Listing:
        raise Unreadable("The parser is broken.")

    with monkeypatch.context() as patch:
        patch.setattr(formats, "read", broken)
        outcome = room.poll()
    assert outcome.failed == "wire: The parser is broken."
    assert (room.source().etag, room.source().body_hash, room.source().failures) == ("", "", 1)
    if rule == "left out":
        with room.database.write() as conn:
            kept = {"etag": '"1"', "body_hash": captures.body_hash(body), "cursor": {"whole_at": room.clock.now.isoformat()}}
            conn.execute(update(tables.source).values(**kept))
    room.poll()
    assert room.captured() == (["/a"] if rule == "kept" else [])


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_only_a_new_sighting_owes_its_page(room: Newsroom, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if rule == "left out":
        sight = frontier.sight
        monkeypatch.setattr(frontier, "sight", lambda *given, **more: sight(*given, **(more | {"again": True})))
    entries = pages(room, "a", "b")
    room.declare()
    for known in (1, 2):
        room.web.at("/feed", reply(feed(*entries[:known])))
        room.poll()
    assert sorted(room.captured()) == (["/a", "/b"] if rule == "kept" else ["/a", "/a", "/b"])


class Poisoned:
    """A host where the page `poison` kills whoever fetches it: the frontier is the real one, death is not committing."""

    def __init__(self, room: Newsroom, *, marks: bool = True, alone: bool = True) -> None:
        self.room, self.marks, self.alone = room, marks, alone
        id = room.declare()
        with room.database.write() as conn:
            jobs = [
                frontier.NewJob(host=room.web.host, url=url, kind="page", source=id, lane="normal") for url in ("good", "poison", "fine")
            ]
            frontier.add_jobs(conn, jobs, room.clock.now, pace_s=0)

    def pump(self) -> None:
        """To its end, or its death."""
        self.room.clock.advance(seconds=60)
        pumping = started_pump(self.room)
        while jobs := pumping._turn([], 5, False, 0) or self._lost(pumping):
            if not self.marks:
                with self.room.database.write() as conn:
                    conn.execute(update(tables.fetch_job).values(attempts=0))
            deadly = [job for job in jobs if job.is_deadly]
            if any(job.url == "poison" and not job.is_deadly for job in jobs):
                return
            results = [hosts._Result(job, error=Unreadable(f"{job.url} crashed its pump.")) for job in deadly]
            pumping._turn([answer(self.room, job, PAGE) for job in jobs if not job.is_deadly] + results, 0, False, 0)
        pumping._leave()

    def _lost(self, pumping: hosts._Pump) -> list[Job]:
        taken = pumping._turn([], 1, True, 0)
        with self.room.database.write() as conn:
            while not self.alone and (more := frontier.take(conn, pumping._leased, 1, self.room.clock.now - timedelta(days=1), lost=True)):
                taken += more
            if not self.alone:
                for job in list(self.room.rows(tables.fetch_job)):
                    if job.id not in {one.id for one in taken} and len(taken) < 3:
                        conn.execute(update(tables.fetch_job).where(tables.fetch_job.c.id == job.id).values(attempts=job.attempts + 1))
                        fields = {name: getattr(job, name) for name in Job.__struct_fields__ if name not in ("log_id", "first", "attempts")}
                        taken.append(Job(**fields, attempts=job.attempts + 1, log_id="", first=""))
        return taken

    @property
    def quarantined(self) -> set[str]:
        return {row.url for row in self.room.rows(tables.quarantine)}

    @property
    def stored(self) -> set[str]:
        return set(self.room.captured())


def test_a_page_that_kills_its_pump_goes_to_quarantine_and_no_other(room: Newsroom) -> None:
    """Attempts are marked when jobs are taken, and one that was lost is fetched alone."""
    poisoned = Poisoned(room)
    for _ in range(12):
        if room.rows(tables.fetch_job):
            poisoned.pump()
    assert poisoned.stored == {"good", "fine"}
    assert poisoned.quarantined == {"poison"}
    assert room.rows(tables.fetch_job) == []


def test_without_marking_attempts_the_good_ones_never_come(room: Newsroom) -> None:
    poisoned = Poisoned(room, marks=False)
    for _ in range(12):
        poisoned.pump()
    assert poisoned.stored == set()
    assert poisoned.quarantined == set()


def test_fetched_beside_others_the_lost_one_takes_innocents_to_quarantine(room: Newsroom) -> None:
    if not room.database.is_postgresql:
        pytest.skip("the variant without the rule reads beside an open write, which SQLite's one writer forbids")
    poisoned = Poisoned(room, alone=False)
    for _ in range(12):
        if room.rows(tables.fetch_job):
            poisoned.pump()
    assert poisoned.quarantined > {"poison"}


def test_a_pump_fetches_what_was_lost_alone_and_after_the_others(room: Newsroom) -> None:
    """The real loop, its real requests: while a lost one is under way, no other is."""
    flying: list[int] = [0]
    beside: dict[str, int] = {}
    guard = threading.Lock()

    def route(asked: Asked) -> None:
        with guard:
            flying[0] += 1
            beside[asked.path] = flying[0]
        asked.wait(0.3 if asked.path == "/1" else 0.02)  # the last of the others is still under way when slots are free again
        with guard:
            beside[asked.path] = max(beside[asked.path], flying[0])
            flying[0] -= 1
        asked.send(PAGE)

    names = [f"/{n}" for n in range(6)]
    for name in names:
        room.web.at(name, route)
    id = room.declare()
    with room.database.write() as conn:
        jobs = [frontier.NewJob(host=room.web.host, url=room.web.url(name), kind="page", source=id, lane="normal") for name in names]
        frontier.add_jobs(conn, jobs, room.clock.now, pace_s=0)
        lost = [room.web.url("/0"), room.web.url("/3")]
        conn.execute(update(tables.fetch_job).where(tables.fetch_job.c.url.in_(lost)).values(attempts=1))
    room.pump()
    assert len(room.captured()) == 6
    assert (beside["/0"], beside["/3"]) == (1, 1)
    assert max(beside.values()) > 1
    assert [path for path, _ in room.web.requests][-2:] == ["/0", "/3"]


def test_beside_a_lost_one_nothing_is_taken(room: Newsroom) -> None:
    id = room.declare()
    with room.database.write() as conn:
        jobs = [frontier.NewJob(host=room.web.host, url=url, kind="page", source=id, lane="normal") for url in ("lost", "good")]
        frontier.add_jobs(conn, jobs, room.clock.now, pace_s=0)
        conn.execute(update(tables.fetch_job).where(tables.fetch_job.c.url == "lost").values(attempts=1))
    pumping = started_pump(room)
    assert pumping._wanted(0.0, "fresh") > 0
    [job] = pumping._turn([], 1, True, 0)
    assert job.url == "lost"
    assert pumping._wanted(0.0, "fresh") == 0
    assert not pumping._wants_lost(0.0, no_fresh=True)


def test_a_zombie_cannot_put_off_or_give_back_what_another_pump_took(room: Newsroom, clock: Settable) -> None:
    id = room.declare()
    with room.database.write() as conn:
        job = frontier.NewJob(host=room.web.host, url="x", kind="page", source=id, lane="normal")
        frontier.add_jobs(conn, [job], clock.now, pace_s=0)
    [zombies] = started_pump(room)._turn([], 1, False, 0)
    clock.advance(seconds=60)
    [others] = started_pump(room)._turn([], 1, True, 0)
    with room.database.write() as conn:
        assert not frontier.put_off(conn, zombies, clock.now, error="slow")
        frontier.give_back(conn, [zombies])
    [row] = room.rows(tables.fetch_job)
    assert (row.attempts, row.retries, row.last_error) == (2, 0, "")
    with room.database.write() as conn:
        assert frontier.put_off(conn, others, clock.now, error="slow")
    [row] = room.rows(tables.fetch_job)
    assert (row.attempts, row.retries, row.last_error) == (1, 1, "slow")


# --- killed for real ------------------------------------------------------------------------------------------------------------

CHILD = """
import sys, datetime
from pipeline import collect, failpoints
from pipeline.config import Settings
from pipeline.storage.db import Database
url, host, points, now = sys.argv[1:]
failpoints.arm(points)
database = Database.open(url, clock=lambda: datetime.datetime.fromisoformat(now))
settings = Settings(host_pace_s=0, allow_networks=("127.0.0.1/32",))
collect.claim_due(database, settings, trigger="beat")
collect.pump(database, host, settings)
"""


@pytest.mark.parametrize("point", ["fetch.taken", "fetch.before_commit", "fetch.after_commit"])
def test_a_pump_that_is_killed_loses_nothing_and_repeats_nothing(
    room: Newsroom, database_url: str, clock: Settable, tmp_path: Path, point: str
) -> None:
    room.web.at("/feed", conditional(feed(*pages(room, "a", "b", "c")), etag='"1"'))
    room.declare()
    marks = tmp_path / "marks"
    marks.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", CHILD, database_url, room.web.host, f"{point}=kill@{marks}", clock.now.isoformat()],
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert done.returncode == -9
    assert (marks / point).exists()
    clock.advance(seconds=collect.host_lease_s(room.settings) + 50)
    room.pump()
    room.poll()
    assert sorted(room.captured()) == ["/a", "/b", "/c"]
    assert sum(documents for _, _, documents in room.ingest()) == 3
    assert room.rows(tables.fetch_job) == []
    assert room.rows(tables.quarantine) == []


# --- trouble --------------------------------------------------------------------------------------------------------------------


def test_a_page_that_is_gone_goes_to_quarantine_and_its_neighbours_go_on(room: Newsroom) -> None:
    entries = [*pages(room, "a", "b"), (room.web.url("/gone"), "Gone")]
    room.web.at("/gone", reply(status=410))
    room.web.at("/feed", reply(feed(*entries)))
    room.declare()
    outcome = room.poll()
    assert sorted(room.captured()) == ["/a", "/b"]
    [aside] = room.rows(tables.quarantine)
    assert (aside.stage, aside.error, aside.url) == ("fetch", "Gone", room.web.url("/gone"))
    assert (
        outcome.failed
        == f"1 of 3 quarantined: {room.web.url('/gone')} answers 410 Gone: it is not there. newswire quarantine show {aside.id}"
    )
    assert "gone" in room.history()


def test_a_page_from_quarantine_is_fetched_again(room: Newsroom) -> None:
    room.web.at("/feed", reply(feed((room.web.url("/a"), "A"))))
    room.declare()
    room.poll()
    [aside] = room.rows(tables.quarantine)
    pages(room, "a")
    with room.database.write() as conn:
        assert quarantine.replay(conn, [aside.id], room.clock.now) == 1
    room.pump()
    assert room.captured() == ["/a"]


def test_a_listing_that_is_gone_fails_its_poll_and_is_asked_again_later_each_time(room: Newsroom, clock: Settable) -> None:
    room.declare(every="1h")
    delays = []
    for failures in range(1, 8):
        outcome = room.poll()
        source = room.source()
        assert source.failures == failures
        assert source.due_at is not None
        delays.append((source.due_at - clock.now) / timedelta(hours=1))
        assert outcome.failed.startswith(f"wire: {room.web.url('/feed')} answers 404 Not Found: it is not there.")
        clock.advance(days=2)
    assert delays == [2, 4, 8, 16, 24, 24, 24]
    assert room.last_poll().outcome == "failed"
    assert "404" in room.last_poll().note
    assert room.rows(tables.quarantine) == []
    room.web.at("/feed", reply(feed()))
    room.poll()
    assert (room.source().failures, room.source().last_error) == (0, "")


def test_a_page_in_trouble_is_tried_again_later_and_in_the_end_set_aside(room: Newsroom, clock: Settable) -> None:
    room.web.at("/feed", reply(feed((room.web.url("/a"), "A"))))
    room.web.at("/a", reply(status=500))
    room.declare(every="never")
    outcome = room.poll()
    assert outcome.put_off.startswith("1 put off: ")
    assert 3 < outcome.put_off_s < 7
    [job] = room.rows(tables.fetch_job)
    assert (job.attempts, job.retries) == (0, 1)
    assert room.pump().lease_lost, "not due yet"
    for _ in range(6):
        clock.advance(hours=2)
        room.pump()
    assert len(room.web.asked("/a")) == 7
    assert room.rows(tables.fetch_job) == []
    [aside] = room.rows(tables.quarantine)
    assert aside.error == "FetchFailed"


def test_a_listing_in_trouble_fails_after_a_second_try(room: Newsroom, clock: Settable) -> None:
    room.web.at("/feed", Asked.reset)
    room.declare()
    room.poll()
    assert room.last_poll().outcome == "put off"
    clock.advance(seconds=10)
    outcome = room.pump()
    assert "broke off" in outcome.failed
    assert room.last_poll().outcome == "failed"


def test_retry_after_is_honoured_by_all_pumps(room: Newsroom, clock: Settable) -> None:
    room.web.at("/feed", reply(status=429, Retry_After="120"))
    room.declare()
    room.declare("second", location="/second")
    outcome = room.poll()
    assert outcome.put_off
    asked = len(room.web.requests)
    with room.database.write() as conn:
        assert frontier.offer_hosts(conn, 9, clock.now) == []
    clock.advance(seconds=118)
    assert room.pump().lease_lost
    assert len(room.web.requests) == asked
    clock.advance(seconds=40)
    room.web.at("/feed", reply(feed()))
    assert not room.pump().lease_lost
    assert room.last_poll().finished_at is not None


def test_a_host_that_fails_again_and_again_has_to_be_waited_for(room: Newsroom, clock: Settable) -> None:
    names = [f"/{n}" for n in range(30)]
    for name in names:
        room.web.at(name, reply(status=500))
    id = room.declare()
    with room.database.write() as conn:
        jobs = [frontier.NewJob(host=room.web.host, url=room.web.url(name), kind="page", source=id, lane="normal") for name in names]
        frontier.add_jobs(conn, jobs, clock.now, pace_s=0)
    room.pump()
    assert len(room.web.requests) < 12
    [host] = room.rows(tables.host)
    assert host.failures == hosts.FAILURES_TO_BACK_OFF, "what was under way beside them fails with them"
    assert clock.now < host.not_before <= clock.now + timedelta(seconds=hosts.FIRST_RETRY_S + hosts.PUMP_S)
    assert all(job.attempts == 0 for job in room.rows(tables.fetch_job)), "what was not begun is no loss"


def test_a_dead_host_is_no_endless_work(room: Newsroom) -> None:
    with Web() as dead:
        url = dead.url("/feed")
    with room.database.write() as conn:
        sources.add(conn, Declared(name="dead", kind="feed", location=url, provider="p", rhythm_s=60), room.clock.now)
    room.trigger()
    outcome = room.pump(url.removesuffix("/feed"))
    assert "can't be connected to" in outcome.put_off


def test_the_pace_of_a_host_is_kept_between_its_requests(room: Newsroom) -> None:
    moments: list[float] = []
    lock = threading.Lock()

    def route(asked: Asked) -> None:
        with lock:
            moments.append(asked.server.web.elapsed())
        asked.send(PAGE)

    for name in ("/a", "/b", "/c", "/d"):
        room.web.at(name, route)
    room.web.at("/feed", reply(feed(*[(room.web.url(name), name) for name in ("/a", "/b", "/c", "/d")])))
    room.with_settings(host_pace_s=0.15)
    room.declare()
    room.poll()
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert len(gaps) == 3
    assert min(gaps) > 0.1


def test_the_pace_of_a_host_is_kept_after_the_pump(room: Newsroom, clock: Settable) -> None:
    room.web.at("/feed", reply(feed()))
    room.with_settings(host_pace_s=600.0)  # whatever the machine does meanwhile
    room.declare()
    room.poll()
    [host] = room.rows(tables.host)
    assert timedelta(seconds=300) < host.not_before - clock.now <= timedelta(seconds=600)


def test_several_requests_are_in_flight_where_the_pace_allows(room: Newsroom) -> None:
    together = threading.Barrier(hosts.CONNECTIONS_A_HOST, timeout=5)

    def route(asked: Asked) -> None:
        together.wait()
        asked.send(PAGE)

    names = [f"/{n}" for n in range(hosts.CONNECTIONS_A_HOST)]
    for name in names:
        room.web.at(name, route)
    room.web.at("/feed", reply(feed(*[(room.web.url(name), name) for name in names])))
    room.declare()
    room.poll()
    assert len(room.captured()) == len(names)


def test_one_bad_entry_does_not_fail_its_feed(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    [(url, _)] = pages(room, "a")
    listing = Listing(
        entries=(Entry(key="bad", url="gopher://x.example/"), Entry(key="good", url=url)), warnings=("entry 3 has no link: left out",)
    )
    monkeypatch.setattr(formats, "read", lambda document, name="": listing)
    room.web.at("/feed", reply(b"feed"))
    room.declare()
    outcome = room.poll()
    assert room.captured() == ["/a"]
    assert outcome.sentence.startswith("wire: 2 listed, 2 new, 1 page owed, 1 quarantined")
    assert room.last_poll().note == "entry 3 has no link: left out"


def test_what_the_database_refuses_is_found_and_set_aside(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    if not room.database.is_postgresql:
        pytest.skip("SQLite stores NUL characters")

    def read(document: Document, name: str = "") -> Listing:
        return Listing(
            entries=(Entry(key=document.url, url="https://x.example/", title="\x00" if "bad" in document.url else "fine", summary="s"),)
        )

    monkeypatch.setattr(formats, "read", read)
    for name in ("bad", "good", "fine"):
        room.web.at(f"/{name}", reply(name.encode()))
        room.declare(name, location=f"/{name}", content="feed")
    outcome = room.poll()
    assert {row.source: row.outcome for row in room.rows(tables.poll)} == {1: "failed", 2: "changed", 3: "changed"}
    assert "the database refused what it holds" in outcome.failed
    assert len(room.captured()) == 2


def test_an_error_that_nobody_foresaw_is_its_listings_own(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    read = formats.read

    def broken(document: Document, name: str = "") -> Any:
        if document.url.endswith("/bad"):
            raise ZeroDivisionError("division by zero")
        return read(document)

    monkeypatch.setattr(formats, "read", broken)
    room.web.at("/bad", reply(feed()))
    room.web.at("/feed", reply(feed(*pages(room, "a"))))
    room.declare("bad", location="/bad")
    room.declare()
    outcome = room.poll()
    assert "ZeroDivisionError: division by zero" in outcome.failed
    assert room.captured() == ["/a"]


def test_a_database_that_is_away_ends_the_pump_and_no_job_counts_as_lost(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    room.web.at("/feed", reply(feed(*pages(room, "a"))))
    room.declare()
    room.trigger()

    def away(*_: object, **__: object) -> set[int]:
        raise Infrastructure("The database is not to be had.")

    with monkeypatch.context() as patch:
        patch.setattr(frontier, "finish", away)
        with pytest.raises(Infrastructure):
            room.pump()
    [job] = room.rows(tables.fetch_job)
    assert job.attempts == 0
    room.pump()
    assert room.captured() == ["/a"]


# --- conditional requests -------------------------------------------------------------------------------------------------------


def test_both_validators_are_kept_opaque_and_sent(room: Newsroom) -> None:
    room.web.at("/feed", conditional(feed(), etag='W/"strange \xe9', last_modified="yesterday, about noon"))
    room.declare()
    room.poll()
    room.poll()
    sent = room.web.asked("/feed")[-1]
    assert (sent["if-none-match"], sent["if-modified-since"]) == ('W/"strange \xe9', "yesterday, about noon")


def test_now_and_then_a_listing_is_asked_for_whole(room: Newsroom, clock: Settable) -> None:
    """A server that says "not modified" for ever hides nothing for longer than a day."""

    def lies(asked: Asked) -> None:
        asked.send(feed(*entries), ETag='"1"') if not asked.header("If-None-Match") else asked.send(status=304)

    entries = pages(room, "a")
    room.web.at("/feed", lies)
    room.declare()
    room.poll()
    entries += pages(room, "b")
    room.poll()
    assert room.captured() == ["/a"]
    clock.advance(hours=25)
    room.poll()
    assert room.captured() == ["/a", "/b"]
    room.poll()
    assert "if-none-match" in room.web.asked("/feed")[-1]


def test_validators_that_change_over_the_same_bytes_are_kept(room: Newsroom) -> None:
    room.web.at("/feed", reply(feed(), ETag='"1"'))
    room.declare()
    room.poll()
    room.web.at("/feed", reply(feed(), ETag='"2"'))
    assert room.poll().sentence == "wire: not modified"
    assert room.source().etag == '"2"'


def test_a_listing_longer_than_one_transaction_carries_is_read_to_its_end(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch, clock: Settable
) -> None:
    monkeypatch.setattr(intake, "MOST_NEW", 2)
    room.web.at("/feed", conditional(feed(*pages(room, "a", "b", "c", "d", "e")), etag='"1"'))
    room.declare(fresh=True)
    room.trigger()
    for _ in range(5):
        room.pump()
        room.trigger()
    assert sorted(room.captured()) == ["/a", "/b", "/c", "/d", "/e"]
    assert {lane for lane, _, _ in room.ingest()} == {"backfill"}
    assert room.source().etag == '"1"'


# --- the pump and its surroundings ----------------------------------------------------------------------------------------------


def test_what_is_committed_is_published_and_else_found_by_the_sweep(room: Newsroom) -> None:
    room.web.at("/feed", reply(feed(*pages(room, "a"))))
    room.declare()
    room.trigger()
    published: list[Offered] = []
    room.pump(publish=published.extend)
    [row] = room.rows(tables.work)
    assert [offered.id for offered in published] == [row.id]
    assert row.offered_at is not None
    room.web.at("/feed", reply(feed(*pages(room, "a", "b"))))
    room.poll()
    assert room.rows(tables.work)[-1].offered_at is None


def test_a_pump_that_shall_stop_gives_all_back(room: Newsroom) -> None:
    room.web.at("/feed", reply(feed(*pages(room, "a"))))
    room.declare()
    room.trigger()
    outcome = room.pump(stopping=lambda: True)
    assert outcome.sentence == "nothing was due"
    [job] = room.rows(tables.fetch_job)
    assert job.attempts == 0
    assert not room.pump().lease_lost, "the host is free at once"


def test_a_source_whose_location_changed_meanwhile_is_asked_anew(room: Newsroom) -> None:
    room.web.at("/feed", reply(feed(*pages(room, "a")), ETag='"old"'))
    room.web.at("/new", reply(feed(*pages(room, "b"))))
    room.declare()
    room.trigger()
    with room.database.write() as conn:
        conn.execute(update(tables.source).values(location=room.web.url("/new")))
    room.pump()
    assert room.source().etag == ""
    assert room.captured() == []
    room.trigger()
    room.pump()
    assert room.captured() == ["/b"]


def test_get_fetches_one_url_without_a_source(room: Newsroom) -> None:
    pages(room, "a")
    assert collect.get(room.web.url("/a"), room.settings, room.clock.now).body == PAGE + b"a"

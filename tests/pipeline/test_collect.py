"""Triggers and scans: twice at once does the work once, and each says what it found."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from pipeline import collect
from pipeline.errors import Misconfigured
from pipeline.sources import folder
from pipeline.storage import captures, quarantine, sources, work
from pipeline.storage.db import Database
from pipeline.storage.work import Claimed
from schemas import tables
from tests.pipeline.newsroom import Newsroom, Settable, feed
from tests.pipeline.web import Web, reply


@pytest.fixture
def room(database: Database, web: Web, clock: Settable) -> Newsroom:
    return Newsroom(database, web, clock)


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """A drop folder; the database of a test has its files beside it."""
    (tmp_path / "box").mkdir()
    return tmp_path / "box"


# --- triggers -------------------------------------------------------------------------------------------------------------------


def test_a_trigger_says_what_it_found(room: Newsroom) -> None:
    for number in range(3):
        room.declare(f"s{number}", location=f"/{number}", lane="flash" if number == 1 else "normal")
    started = room.trigger(trigger="beat")
    assert started.sentence == "3 sources due, 3 claimed, run 1"
    assert started.sources == ("s0", "s1", "s2")
    assert [(job.kind, job.lane) for job in room.rows(tables.fetch_job)] == [
        ("listing", "normal"),
        ("listing", "flash"),
        ("listing", "normal"),
    ]
    assert room.rows(tables.run)[0].trigger == "beat"
    assert all(polled.run == 1 for polled in room.rows(tables.poll))


def test_a_second_trigger_does_the_work_not_again(room: Newsroom, clock: Settable) -> None:
    room.declare(every="10s")
    room.trigger()
    assert room.trigger().sentence == "0 sources due, 0 claimed, run 2"
    clock.advance(seconds=3600)
    again = room.trigger()
    assert again.sentence == "1 source due, 0 claimed (1 under way already), run 3", "its listing still waits for its host"
    assert len(room.rows(tables.fetch_job)) == 1


def test_triggers_at_once_claim_each_source_once(room: Newsroom) -> None:
    for number in range(20):
        room.declare(f"s{number}", location=f"/{number}")
    started: list[collect.Started] = []
    threads = [threading.Thread(target=lambda: started.append(room.trigger(trigger="beat"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(one.claimed for one in started) == 20
    assert len(room.rows(tables.fetch_job)) == 20


def test_a_tick_that_finds_nothing_is_no_run(room: Newsroom) -> None:
    assert room.trigger(trigger="beat").run is None
    assert room.rows(tables.run) == []
    assert room.trigger(trigger="cli").run == 1


def test_named_sources_are_polled_due_or_not_and_unknown_ones_are_named(room: Newsroom) -> None:
    room.declare(every="never")
    room.declare("paused", location="/paused")
    with room.database.write() as conn:
        sources.pause(conn, ["paused"], room.clock.now, reason="contract ended")
    assert room.trigger().claimed == 0
    started = room.trigger(names=["wire", "paused"], only_due=False)
    assert started.sources == ("wire",)
    assert started.sentence.endswith("; paused is paused: contract ended")
    with pytest.raises(Misconfigured, match="There is no source nobody"):
        room.trigger(names=["nobody"])


def test_a_run_that_is_given_is_used(room: Newsroom) -> None:
    room.declare()
    first = room.trigger()
    assert room.trigger(run=first.run).run == first.run


def test_a_location_that_became_wrong_fails_its_own_poll_only(room: Newsroom) -> None:
    room.declare("bad", location="/bad")
    room.declare()
    with room.database.write() as conn:
        conn.execute(update(tables.source).where(tables.source.c.name == "bad").values(location="nonsense"))
    assert room.trigger().claimed == 2
    assert [polled.outcome for polled in room.rows(tables.poll)] == ["failed", ""]
    assert len(room.rows(tables.fetch_job)) == 1


def test_a_poll_that_was_lost_is_closed_by_the_next(room: Newsroom, clock: Settable, box: Path) -> None:
    room.declare("drop", "folder", str(box))
    room.trigger()
    with room.database.write() as conn:
        conn.execute(tables.work.delete())
    assert room.trigger(only_due=False).claimed == 0
    clock.advance(seconds=sources.LEASE_S + 1)
    room.look()
    assert [polled.outcome for polled in room.rows(tables.poll)] == ["failed", "unchanged"]


# --- scans ----------------------------------------------------------------------------------------------------------------------


def drop(place: Path, name: str, body: bytes = b"{}") -> Path:
    """As a good neighbour does it: written under another name, then renamed in."""
    under_way = place / f".{Path(name).name}.part"
    under_way.write_bytes(body)
    path = place / name
    path.parent.mkdir(parents=True, exist_ok=True)
    os.utime(under_way, (1_000_000_000, 1_000_000_000))
    under_way.rename(path)
    return path


def test_files_become_captures_and_work(room: Newsroom, box: Path) -> None:
    room.declare("drop", "folder", str(box))
    path = drop(box, "a.json", b"one")
    drop(box, "deep/er/b.json", b"two")
    started = room.trigger()
    assert [offered.label for offered in started.work] == ["drop · scan · run 1"]
    [outcome] = room.scan()
    assert outcome.sentence == "drop: 2 listed, 2 new"
    assert [offered.label for offered in outcome.next] == ["drop · 2 documents · run 1"]
    assert [row.entry_key for row in room.rows(tables.sighting)] == ["a.json", "deep/er/b.json"]
    first = room.rows(tables.capture)[0]
    assert first.url == path.as_uri()
    assert first.log_id == room.rows(tables.sighting)[0].log_id
    with room.database.read() as conn:
        assert captures.load(conn, first.id).body == b"one"
    assert (room.last_poll().outcome, room.last_poll().new_entries) == ("changed", 2)
    assert room.rows(tables.work, tables.work.c.stage == "scan") == []


def test_an_unchanged_folder_is_not_read_again_and_a_changed_file_is(room: Newsroom, box: Path, clock: Settable) -> None:
    room.declare("drop", "folder", str(box))
    for body in (b"A", b"B", b"A"):
        drop(box, "a.json", body)
        os.utime(box / "a.json", (1_000_000_000, clock.now.timestamp() - 1000))
        room.look()
        assert room.look().sentence == "drop: 1 listed, nothing new"
        clock.advance(seconds=10)
    assert len(room.captured()) == 3, "A, B and A again"


def test_a_file_that_was_only_touched_is_no_news(room: Newsroom, box: Path) -> None:
    room.declare("drop", "folder", str(box))
    path = drop(box, "a.json", b"A")
    room.look()
    os.utime(path, (1_100_000_000, 1_100_000_000))
    assert room.look().sentence == "drop: 1 listed, nothing new"
    assert room.rows(tables.sighting)[0].entry["extra"]["mtime_ns"] == "1100000000000000000", "nor read again"


def test_a_file_that_still_grows_is_taken_when_it_stands_still(room: Newsroom, box: Path, clock: Settable) -> None:
    room.declare("drop", "folder", str(box), every="1h")
    with (box / "a.json").open("wb", buffering=0) as growing:
        growing.write(b"half")
        clock.now = datetime.fromtimestamp((box / "a.json").stat().st_mtime, UTC)
        assert room.look().sentence == "drop: 1 listed, nothing new"
        due = room.source("drop").due_at
        assert due is not None
        assert due - clock.now == timedelta(seconds=folder.SETTLE_S)
        growing.write(b" and half")
        clock.advance(seconds=1)
        assert room.look().sentence == "drop: 1 listed, nothing new"
    clock.advance(seconds=1)
    assert room.look().sentence == "drop: 1 listed, 1 new"
    with room.database.read() as conn:
        assert captures.load(conn, room.rows(tables.capture)[0].id).body == b"half and half"


def test_too_large_and_unreadable_files_are_set_aside_once_and_their_neighbours_go_on(
    room: Newsroom, box: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.declare("drop", "folder", str(box))
    drop(box, "a.json")
    large = drop(box, "large.json")
    with large.open("r+b") as opened:
        opened.truncate(50_000_000)
    os.utime(large, (1_000_000_000, 1_000_000_000))
    forbidden = drop(box, "forbidden.json")
    opens = Path.open

    def refuse(path: Path, *given: object, **more: object) -> object:
        if path == forbidden:
            raise PermissionError(13, "Permission denied")
        return opens(path, *given, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)  # the suite may run as root, whom no file refuses
    outcome = room.look()
    assert outcome.sentence == "drop: 3 listed, 3 new, 2 quarantined"
    assert len(room.captured()) == 1
    messages = [aside.message for aside in room.rows(tables.quarantine)]
    assert messages == [f"{forbidden} can't be read: Permission denied.", f"{large} is 50,000,000 bytes large, more than 1,000,000."]
    assert outcome.failed.startswith(f"2 of 3 quarantined: {messages[0]} newswire quarantine show ")
    assert room.look().sentence == "drop: 3 listed, nothing new"
    assert len(room.rows(tables.quarantine)) == 2
    monkeypatch.undo()
    with room.database.write() as conn:
        quarantine.replay(conn, [room.rows(tables.quarantine)[0].id], room.clock.now)
    [replayed] = room.scan()
    assert replayed.sentence == "drop: 1 listed, 1 new"
    assert len(room.captured()) == 2


def test_a_folder_that_is_not_there_fails_its_poll(room: Newsroom, box: Path) -> None:
    room.declare("drop", "folder", str(box / "absent"))
    outcome = room.look()
    assert outcome.failed.startswith(f"drop: {box / 'absent'} can't be read: No such file or directory.")
    assert (room.last_poll().outcome, room.source("drop").failures) == ("failed", 1)
    (box / "absent").mkdir()
    room.look()
    assert room.source("drop").failures == 0


def test_a_look_that_was_lost_too_often_fails_its_poll_and_is_no_poison(room: Newsroom, box: Path, clock: Settable) -> None:
    room.declare("drop", "folder", str(box))
    drop(box, "a.json")
    room.trigger()
    [row] = room.rows(tables.work)
    for _ in range(work.MOST_LOSSES + 1):
        with room.database.write() as conn:
            claimed = work.claim(conn, row.id, worker="x", lease_s=30, now=clock.now)
        clock.advance(seconds=31)
    assert claimed is not None and claimed.is_deadly
    assert "5 times the worker ended" in collect.give_up_scan(room.database, claimed).failed
    assert (room.last_poll().outcome, room.source("drop").failures, room.source("drop").leased_until) == ("failed", 1, None)
    assert (room.rows(tables.work), room.rows(tables.quarantine)) == ([], [])
    assert collect.give_up_scan(room.database, claimed).lease_lost
    assert room.look().sentence == "drop: 1 listed, 1 new"


def test_more_than_one_look_may_carry_goes_on_at_once(room: Newsroom, box: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "FILES_A_LOOK", 2)
    room.declare("drop", "folder", str(box), fresh=True)
    for name in "abcde":
        drop(box, f"{name}.json", name.encode())
    room.trigger()
    said = [room.scan()[0].sentence for _ in range(3)]
    assert said == ["drop: 2 listed, 2 new, and more to come", "drop: 4 listed, 2 new, and more to come", "drop: 5 listed, 1 new"]
    assert {lane for lane, _, _ in room.ingest()} == {"backfill"}
    assert (room.last_poll().outcome, room.last_poll().entries, room.last_poll().new_entries) == ("changed", 5, 5)
    assert room.rows(tables.work, tables.work.c.stage == "scan") == []


def test_a_scan_whose_lease_was_lost_writes_nothing(room: Newsroom, box: Path, clock: Settable) -> None:
    room.declare("drop", "folder", str(box))
    drop(box, "a.json")
    room.trigger()
    [row] = room.rows(tables.work)

    def claim() -> Claimed:
        with room.database.write() as conn:
            claimed = work.claim(conn, row.id, worker="x", lease_s=30, now=clock.now)
        assert claimed is not None
        return claimed

    zombie = claim()
    clock.advance(seconds=60)
    other = claim()
    assert collect.scan_chunk(room.database, zombie, room.settings).lease_lost
    assert room.captured() == []
    assert collect.scan_chunk(room.database, other, room.settings).sentence == "drop: 1 listed, 1 new"


def test_what_a_notice_makes_due_is_claimed_once(room: Newsroom, box: Path) -> None:
    room.declare("drop", "folder", str(box), every="1h")
    room.look()
    assert room.trigger(trigger="watch").claimed == 0
    with room.database.write() as conn:
        assert sources.make_due(conn, ["drop"], room.clock.now) == 1
    assert room.trigger(trigger="watch").claimed == 1
    assert room.trigger(trigger="watch").claimed == 0


def test_a_removed_source_takes_nothing_in_any_more(room: Newsroom, box: Path) -> None:
    room.declare("drop", "folder", str(box))
    room.declare()
    room.web.at("/feed", reply(feed((room.web.url("/a"), "A"))))
    drop(box, "a.json")
    room.trigger()
    with room.database.write() as conn:
        sources.apply(conn, [], room.clock.now)
    room.scan()
    room.pump()
    assert room.rows(tables.sighting) == []
    assert all(polled.finished_at is not None for polled in room.rows(tables.poll))

"""A Redis stream on a real Valkey: each rule of the protocol, and what its readers would never see where it is left out.

The deliverer's couriers are driven pass by pass, so that two of them, and the stream's readers, can be put in any order.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import redis
from sqlalchemy import select

from pipeline.delivery import Held, stream
from pipeline.delivery.stream import StreamLog
from pipeline.errors import Infrastructure, Misconfigured
from pipeline.storage import ledger, logs, subscriptions
from pipeline.storage.db import Database
from pipeline.storage.deliveries import Look
from pipeline.storage.logs import Entry
from schemas import tables
from schemas.messages import LARGEST_BYTES
from tests.pipeline.delivery.test_targets import GENERATION, NOW
from tests.pipeline.delivery.test_targets import message as told
from tests.wire import LONG, Wire
from workers import couriers
from workers.couriers import Logging

HEAD = "Port Ellery votes to deepen its harbour"


class Stream:
    """A wire with one stream; its couriers and its readers, step by step."""

    def __init__(self, database: Database, url: str, groups: str = "desk", window: int = 10, **options: Any) -> None:
        self.wire = Wire(database)
        self.db = database
        self.redis: Any = redis.Redis.from_url(url, decode_responses=True)  # its types leave the protocol open
        self.groups = groups.split(",")
        target = {"url": url, "stream": "stories", "groups": groups, "window": window}
        with self.db.write() as conn:
            self.one = subscriptions.add(conn, self.wire.now, name="team", kind="stream", target=target, is_log=True, **options)
        self.shown: dict[int, dict[str, Any]] = {}
        self.applied: list[int] = []
        self.couriers: list[Logging] = []

    def courier(self) -> Logging:
        """Each has the same token: no lease keeps one of them from writing."""
        one = Logging(self.db, self.one, "token", threading.Event())
        self.couriers.append(one)
        return one

    def look(self) -> Look:
        with self.db.read() as conn:
            return Look(id=self.one.id, behind=True, due=False, generation=self.now().generation, last=ledger.last(conn))

    def now(self) -> subscriptions.Subscription:
        with self.db.read() as conn:
            return subscriptions.get(conn, "team")

    def step(self, courier: Logging) -> bool:
        courier._rests_until = 0
        return courier._pass(self.look(), self.wire.now)

    def run(self, courier: Logging, passes: int = 10) -> None:
        for _ in range(passes):
            self.step(courier)

    def floor(self) -> int:
        return self.now().read_seq

    def ids(self) -> list[int]:
        return [int(id.partition("-")[2]) for id, _ in self.redis.xrange("stories")]

    def read(self, group: str = "desk", reader: str = "one", count: int = 100) -> list[tuple[str, dict[str, Any]]]:
        """What is new to a group, into one reader's hands."""
        found = self.redis.xreadgroup(group, reader, {"stories": ">"}, count=count)
        return [(id, json.loads(fields["message"])) for _, entries in found for id, fields in entries]

    def apply(self, read: list[tuple[str, dict[str, Any]]], group: str = "desk") -> None:
        """As a consumer with the guard does; then XACK."""
        for id, message in read:
            held = self.shown.get(message["item"])
            if held is None or (message["epoch"], message["seq"]) > (held["epoch"], held["seq"]):
                self.shown[message["item"]] = message
                self.applied.append(message["seq"])
            self.redis.xack("stories", group, id)

    def headline(self, item: int) -> str | None:
        message = self.shown.get(item)
        return message["article"]["headline"] if message and message["article"] else None

    def close(self) -> None:
        for one in self.couriers:
            one._close()
        self.redis.close()


@pytest.fixture
def made(database: Database, valkey_url: str) -> Iterator[Callable[..., Stream]]:
    opened: list[Stream] = []

    def make(**options: Any) -> Stream:
        opened.append(Stream(database, valkey_url, **options))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def story(desk: Stream, number: int = 1, uri: str = "tag:hw:1", head: str = HEAD, **more: Any) -> int:
    desk.wire.arrive(uri=uri, version=str(number), headline=f"{head} ({number})", body_text=f"{LONG}\n\nPart {number} for {uri}.", **more)
    return int(desk.wire.rows(tables.item)[-1].id)


def kill(desk: Stream, uri: str = "tag:hw:1") -> None:
    desk.wire.arrive(uri=uri, version="99", pubstatus="canceled", headline="", body_text="")


def test_every_version_is_an_entry_in_order(made: Callable[..., Stream]) -> None:
    desk = made()
    story(desk)
    story(desk, 2)
    courier = desk.courier()
    desk.run(courier)
    read = desk.read()
    assert [message["article"]["headline"] for _, message in read] == [f"{HEAD} (1)", f"{HEAD} (2)"]
    assert [id for id, _ in read] == [f"{desk.one.generation}-{message['seq']}" for _, message in read]


def test_what_all_groups_acknowledged_goes_and_the_floor_follows(made: Callable[..., Stream]) -> None:
    desk = made(groups="desk,archive")
    story(desk)
    story(desk, 2)
    courier = desk.courier()
    desk.run(courier)
    desk.apply(desk.read("desk"), "desk")
    desk.run(courier)
    assert (desk.floor(), desk.ids()) == (0, [1, 2]), "the archive has not read it"
    desk.apply(desk.read("archive", count=1), "archive")
    desk.run(courier)
    assert (desk.floor(), desk.ids()) == (1, [2])
    desk.apply(desk.read("archive"), "archive")
    desk.run(courier)
    assert (desk.floor(), desk.ids()) == (2, [])


def test_what_the_window_does_not_hold_waits_in_sql(made: Callable[..., Stream]) -> None:
    desk = made(window=2)
    for number in range(1, 6):
        story(desk, uri=f"tag:hw:{number}")
    courier = desk.courier()
    desk.run(courier)
    assert desk.ids() == [1, 2]
    while read := desk.read():
        desk.apply(read)
        desk.run(courier)
    assert desk.applied == [1, 2, 3, 4, 5]


def test_what_lies_below_the_floor_fills_no_window(made: Callable[..., Stream], monkeypatch: pytest.MonkeyPatch) -> None:
    """A courier died between the floor and XTRIM, or an older AOF brought it back."""
    desk = made(window=2)
    for number in range(1, 4):
        story(desk, uri=f"tag:hw:{number}")
    courier = desk.courier()
    desk.run(courier)
    desk.apply(desk.read())

    def dies(point: str) -> None:
        if point == "deliver.after_ack":
            raise InterruptedError(point)

    with monkeypatch.context() as patched:
        patched.setattr(couriers, "hit", dies)
        with pytest.raises(InterruptedError):
            desk.run(courier)
    assert (desk.floor(), desk.ids()) == (2, [1, 2])
    desk.run(desk.courier())
    assert desk.ids() == [3]


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_an_append_is_refused_where_the_stream_is_not_what_was_seen(
    made: Callable[..., Stream], rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was stopped for long appends its batch to a stream that was wiped in between: what came before it is skipped."""
    if rule == "left out":
        monkeypatch.setattr(stream, "_APPEND", stream._APPEND.replace("if top ~= expected then return 0 end", ""))
    desk = made()
    first = story(desk)
    courier = desk.courier()
    desk.run(courier)  # 1 is in the stream, and nobody read it
    story(desk, uri="tag:hw:2")
    slow = StreamLog(desk.one.target)
    seen = slow.look(desk.one.generation, desk.wire.now)
    with desk.db.read() as conn:
        scan = logs.scan(conn, desk.one, seen.seq, room=10)
    desk.redis.flushdb()
    slow.append(seen, desk.one.generation, 0, scan.entries)  # a zombie, awake again
    slow.close()
    while True:
        desk.run(courier)
        if not (read := desk.read()):
            break
        desk.apply(read)
    assert (desk.headline(first) is not None) is (rule == "kept")


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_the_groups_are_made_at_the_floor(made: Callable[..., Stream], rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At `$`, after the append, they would pass what was just appended."""
    if rule == "left out":
        monkeypatch.setattr(StreamLog, "append", _at_its_end(StreamLog.append))
    desk = made()
    item = story(desk)
    courier = desk.courier()
    desk.run(courier)
    desk.apply(desk.read())
    desk.run(courier)
    assert (desk.headline(item) is not None) is (rule == "kept")
    assert desk.floor() == 1, "in the second case it passed what nobody saw"


def _at_its_end(append: Callable[..., bool]) -> Callable[..., bool]:
    def wrong(self: StreamLog, held: Held, generation: int, floor: int, entries: Any) -> bool:
        done = append(self, held, generation, floor, entries)
        if entries:
            for group in self._groups:
                self._open().xgroup_setid(self._key, group, "$")
        return done

    return wrong


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_pending_and_delivered_are_seen_at_one_moment(made: Callable[..., Stream], rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """First "nothing is pending", then a reader takes one, then "delivered: 1": acknowledged, it seems."""
    desk = made()
    item = story(desk)
    courier = desk.courier()
    desk.run(courier)
    looks = StreamLog.look

    def in_two(self: StreamLog, generation: int, now: datetime) -> Held:
        pending = self._open().xpending(self._key, "desk")
        in_hand.extend(desk.read())
        held = looks(self, generation, now)
        return held if rule == "kept" or pending["pending"] else _acknowledged_to(held, self)

    def _acknowledged_to(held: Held, self: StreamLog) -> Held:
        [group] = self._open().xinfo_groups(self._key)
        delivered = int(group["last-delivered-id"].decode().partition("-")[2])
        return Held(**{name: getattr(held, name) for name in held.__struct_fields__} | {"acknowledged": delivered})

    in_hand: list[Any] = []
    monkeypatch.setattr(StreamLog, "look", in_two)
    desk.step(courier)
    in_hand.clear()  # that reader dies
    monkeypatch.setattr(StreamLog, "look", looks)
    desk.run(courier)
    assert (desk.floor() == 0) is (rule == "kept")
    _, claimed, *_ = desk.redis.xautoclaim("stories", "desk", "two", min_idle_time=0)
    desk.apply([(id, json.loads(fields["message"])) for id, fields in claimed])
    assert (desk.headline(item) is not None) is (rule == "kept")


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_a_floor_of_before_a_rewind_is_not_written(made: Callable[..., Stream], rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if rule == "left out":
        monkeypatch.setattr(logs, "_is_of", lambda one: tables.subscription.c.id == one.id)
    desk = made()
    item = story(desk)
    courier = desk.courier()
    desk.run(courier)
    desk.apply(desk.read())
    old = desk.now()
    desk.run(courier)
    with desk.db.write() as conn:
        subscriptions.rewind(conn, "team", to=0)
        logs.advance(conn, old, 1)  # by one that was stopped in between
    desk.shown.clear()  # the consumer's copy was put back to before
    desk.run(courier)
    desk.apply(desk.read())
    assert (desk.headline(item) is not None) is (rule == "kept")


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_the_floor_passes_what_the_filter_leaves_out(made: Callable[..., Stream], rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if rule == "left out":
        monkeypatch.setattr(couriers, "_is_all_acknowledged", lambda held, floor: False)
    desk = made(filter={"language": ["fr"]})
    story(desk)
    desk.run(desk.courier())
    assert (desk.floor() == 1) is (rule == "kept")


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_the_floor_passes_nothing_that_is_not_acknowledged(made: Callable[..., Stream], rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if rule == "left out":
        monkeypatch.setattr(couriers, "_is_all_acknowledged", lambda held, floor: True)
    desk = made(filter={"keyword": ["harbour"]})
    item = story(desk)
    courier = desk.courier()
    desk.run(courier)
    story(desk, uri="tag:hw:2", head="Budget passed", provider="another")
    desk.run(courier)
    desk.redis.flushdb()
    desk.run(courier)
    desk.apply(desk.read())
    assert (desk.headline(item) is not None) is (rule == "kept")


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_a_kill_takes_the_text_out_and_leaves_nothing_pending(
    made: Callable[..., Stream], rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XDEL alone leaves it pending for ever, and the floor stops."""
    if rule == "left out":
        monkeypatch.setattr(stream, "_APPEND", stream._APPEND.replace("redis.call('XACK', key, group, id)", "break"))
    desk = made()
    item = story(desk)
    courier = desk.courier()
    desk.run(courier)
    desk.read(reader="dies")
    kill(desk)
    desk.run(courier)
    assert desk.ids() == [2]
    desk.apply(desk.read())
    assert (desk.headline(item), desk.shown[item]["status"]) == (None, "killed")
    desk.run(courier)
    assert (desk.floor() == 2) is (rule == "kept")


def test_what_is_killed_before_it_is_appended_goes_without_its_text(made: Callable[..., Stream]) -> None:
    desk = made()
    story(desk)
    kill(desk)
    desk.run(desk.courier())
    read = [message for _, message in desk.read()]
    assert [(message["status"], message["article"]) for message in read] == [("killed", None)] * len(read)


def test_an_embargoed_version_is_ids_and_status_until_its_release(made: Callable[..., Stream]) -> None:
    desk = made()
    item = story(desk)
    story(desk, 2, embargoed="2026-03-01T13:00:00Z")
    courier = desk.courier()
    desk.run(courier)
    desk.apply(desk.read()[:1])
    [_, held] = [json.loads(fields["message"]) for _, fields in desk.redis.xrange("stories")]
    assert (held["status"], held["article"], held["version"]) == ("held", None, None)
    desk.wire.pass_time(hours=1, seconds=1)
    desk.wire.run("release")
    desk.run(courier)
    desk.apply(desk.read())
    assert desk.headline(item) == f"{HEAD} (2)"


def test_who_may_is_told_of_an_embargoed_version_at_once(made: Callable[..., Stream]) -> None:
    desk = made(embargo="early")
    item = story(desk, embargoed="2026-03-01T13:00:00Z")
    desk.run(desk.courier())
    desk.apply(desk.read())
    assert (desk.headline(item), desk.shown[item]["embargo_until"]) == (f"{HEAD} (1)", "2026-03-01T13:00:00Z")


def test_after_enriched_waits_for_the_facts(made: Callable[..., Stream]) -> None:
    desk = made(after="enriched")
    item = story(desk)
    courier = desk.courier()
    desk.run(courier)
    assert desk.ids() == []
    desk.wire.run("enrich")
    desk.run(courier)
    desk.apply(desk.read())
    assert desk.shown[item]["facts"]


def test_from_the_start_is_every_event_that_there_ever_was(made: Callable[..., Stream], database: Database, valkey_url: str) -> None:
    desk = made()
    story(desk)
    late = {"url": valkey_url, "stream": "late", "groups": "desk"}
    for name, from_start in (("from now", False), ("from the start", True)):
        with database.write() as conn:
            one = subscriptions.add(
                conn, desk.wire.now, name=name, kind="stream", target=late | {"stream": name}, from_start=from_start, is_log=True
            )
        courier = Logging(database, one, "token", threading.Event())
        desk.couriers.append(courier)
        for _ in range(3):
            courier._rests_until = 0
            courier._pass(Look(id=one.id, behind=True, due=False, generation=one.generation, last=1), desk.wire.now)
        assert desk.redis.xlen(name) == from_start


def test_a_group_that_is_new_or_was_destroyed_is_made_at_the_floor(made: Callable[..., Stream]) -> None:
    desk = made()
    item = story(desk)
    courier = desk.courier()
    desk.run(courier)
    desk.redis.xgroup_destroy("stories", "desk")
    desk.run(courier)
    assert desk.floor() == 0, "a group that is not there has acknowledged nothing"
    desk.apply(desk.read())
    assert desk.headline(item)


@pytest.mark.parametrize("what", ["a newer event", "a newer generation"])
def test_nothing_is_appended_to_a_stream_that_is_ahead_of_the_database(made: Callable[..., Stream], what: str) -> None:
    """As it is after a restore of a backup."""
    desk = made()
    story(desk)
    courier = desk.courier()
    desk.run(courier)
    generation = desk.one.generation
    desk.redis.xadd("stories", {"message": "{}"}, id=f"{generation}-99" if what == "a newer event" else f"{generation + 1}-1")
    story(desk, 2)
    with pytest.raises(Misconfigured, match="ahead") as told:
        desk.step(courier)
    assert "newswire db restored" in told.value.hint
    assert desk.ids()[-1] == (99 if what == "a newer event" else 1)


def test_a_stream_of_another_subscription_is_left_alone_and_it_is_named(made: Callable[..., Stream], database: Database) -> None:
    """Two were added on one key by an earlier version: neither takes it from the other."""
    desk = made()
    story(desk)
    with database.write() as conn:
        at = desk.wire.now + timedelta(minutes=1)
        one = subscriptions.add(conn, at, name="late", kind="stream", target=desk.one.target, from_start=True, is_log=True)
    late = Logging(database, one, "token", threading.Event())
    desk.couriers.append(late)
    look = Look(id=one.id, behind=True, due=False, generation=one.generation, last=1)
    courier = desk.courier()
    desk.run(courier)
    with pytest.raises(Misconfigured, match="the subscription team has its own there"):
        late._pass(look, desk.wire.now)
    assert desk.ids() == [1]
    desk.redis.delete("stories")
    late._rests_until = 0
    late._pass(look, desk.wire.now)
    with pytest.raises(Misconfigured, match="the subscription late has its own there"):
        desk.step(courier)


def test_a_paused_stream_gets_nothing_and_its_acknowledgements_count(made: Callable[..., Stream]) -> None:
    desk = made()
    story(desk)
    courier = desk.courier()
    desk.run(courier)
    with desk.db.write() as conn:
        subscriptions.pause(conn, "team", desk.wire.now, "a test")
    courier._leased_at = 0  # the row is looked at again
    story(desk, 2)
    desk.apply(desk.read())
    desk.run(courier)
    assert (desk.ids(), desk.floor()) == ([], 1)


def test_a_key_that_holds_something_else_is_told_in_a_sentence(made: Callable[..., Stream]) -> None:
    desk = made()
    desk.redis.set("stories", "a string")
    story(desk)
    with pytest.raises(Infrastructure, match="WRONGTYPE") as told:
        desk.step(desk.courier())
    assert "another stream" in told.value.hint


def test_why_tells_that_it_was_given(made: Callable[..., Stream]) -> None:
    desk = made()
    item = story(desk)
    desk.run(desk.courier())
    with desk.db.read() as conn:
        [row] = conn.execute(select(tables.history).where(tables.history.c.what == "delivered")).all()
    assert (row.item, row.detail) == (item, {"subscription": "team", "seq": 1, "generation": desk.one.generation, "until": "appended"})


def test_large_entries_fill_its_window_by_their_bytes(valkey_url: str) -> None:
    log = StreamLog({"url": valkey_url, "stream": "stories", "groups": "desk", "window_bytes": 2_000_000})
    log.append(log.look(GENERATION, NOW), GENERATION, 0, ())
    large = told(text="A harbour. " * (LARGEST_BYTES // 30))
    seq = 0
    while room := (held := log.look(GENERATION, NOW)).room:
        entries = [Entry(seq=seq + n + 1, item=1, at=NOW, message=large) for n in range(room)]
        assert log.append(held, GENERATION, 0, entries)
        seq += room
    with redis.Redis.from_url(valkey_url) as client:
        assert 1_000_000 < int(client.memory_usage("stories", samples=0) or 0) < 2_100_000
    assert 4 < seq < 30
    log.close()


def test_an_acl_that_lets_nobody_ask_for_bytes_leaves_the_window_of_entries(valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url) as client:
        client.execute_command("ACL", "SETUSER", "them", "on", ">pw", "+@all", "-memory", "&*", "~*")
    log = StreamLog({"url": valkey_url.replace("//", "//them:pw@"), "stream": "stories", "groups": "desk", "window": 5})
    log.append(log.look(GENERATION, NOW), GENERATION, 0, ())
    assert log.append(log.look(GENERATION, NOW), GENERATION, 0, [Entry(seq=1, item=1, at=NOW, message=told())])
    assert log.look(GENERATION, NOW).room == 4
    log.close()

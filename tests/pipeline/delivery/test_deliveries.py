"""Push delivery: each rule of the protocol, and what a consumer would show where it is left out."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, delete, false, select, text, update

from pipeline.errors import Misconfigured
from pipeline.storage import deliveries, listing, messages, subscriptions
from pipeline.storage.db import Database
from pipeline.storage.deliveries import Answer, Due
from pipeline.storage.quarantine import code_version
from pipeline.storage.subscriptions import Subscription
from schemas import tables
from schemas.messages import Message
from tests.wire import LONG, Wire

HEAD = "Port Ellery votes to deepen its harbour"


class Consumer:
    """What a consumer holds, with the guard or without it."""

    def __init__(self, guard: bool = True, tombstones: bool = True) -> None:
        self.guard = guard
        self.tombstones = tombstones
        self.held: dict[int, Message] = {}

    def take(self, message: Message) -> None:
        held = self.held.get(message.item)
        if held is None and message.article is None and not self.tombstones:
            return
        if not self.guard or held is None or (message.epoch, message.seq) > (held.epoch, held.seq):
            self.held[message.item] = message

    def shows(self, item: int) -> str | None:
        message = self.held.get(item)
        return message.article.headline if message is not None and message.article is not None else None


class Desk:
    """A wire with one subscription, read and sent step by step."""

    def __init__(self, database: Database, **options: Any) -> None:
        self.wire = Wire(database)
        self.db = database
        with self.db.write() as conn:
            self.one = subscriptions.add(conn, self.wire.now, name="team", kind="celery", target={}, **options)
        self.lease()

    def lease(self) -> Subscription:
        with self.db.write() as conn:
            leased = subscriptions.lease(conn, self.one.id, self.wire.now, self.one.token)
        assert leased is not None
        self.one = leased
        return leased

    def read(self) -> int:
        with self.db.write() as conn:
            return deliveries.read(conn, self.lease_in(conn), self.wire.now)

    def lease_in(self, conn: Connection) -> Subscription:
        leased = subscriptions.lease(conn, self.one.id, self.wire.now, self.one.token)
        assert leased is not None
        self.one = leased
        return leased

    def due(self, *, room: int = 10, is_empty: bool = True) -> list[Due]:
        """`is_empty`: the queue was seen empty just now."""
        with self.db.write() as conn:
            return deliveries.due(conn, self.lease_in(conn), self.wire.now, room=room, empty_at=self.wire.now if is_empty else None)

    def answer(self, due: Due, *, ok: bool = True, generation: int | None = None) -> int:
        said = Answer(generation=generation or due.message.generation, item=due.item, seq=due.seq, ok=ok)
        with self.db.write() as conn:
            return deliveries.answer(conn, self.one.id, [said], self.wire.now)

    def rows(self) -> list[Any]:
        return self.wire.rows(tables.delivery)

    def deliver(self, consumer: Consumer) -> None:
        """All that is owed, to the end."""
        while self.read():
            pass
        while sent := self.due():
            for one in sent:
                consumer.take(one.message)
                self.answer(one)


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def story(desk: Desk, number: int = 1, uri: str = "tag:hw:1", **more: Any) -> int:
    desk.wire.arrive(uri=uri, version=str(number), headline=f"{HEAD} ({number})", body_text=f"{LONG}\n\nPart {number} for {uri}.", **more)
    return int(desk.wire.rows(tables.item)[-1].id)


def kill(desk: Desk, uri: str = "tag:hw:1") -> None:
    desk.wire.arrive(uri=uri, version="99", pubstatus="canceled", headline="", body_text="")


def test_a_story_is_told_whole_and_its_row_goes_with_the_acknowledgement(desk: Desk) -> None:
    item = story(desk)
    desk.read()
    [due] = desk.due()
    assert due.message.article is not None
    assert (due.message.item, due.message.status, due.message.article.headline) == (item, "usable", f"{HEAD} (1)")
    assert desk.due() == []
    assert desk.answer(due) == 1
    assert desk.rows() == []


def test_however_often_an_item_changed_there_is_one_row_and_the_newest_is_told(desk: Desk) -> None:
    item = story(desk)
    story(desk, 2)
    story(desk, 3)
    consumer = Consumer()
    while desk.read():
        pass
    assert len(desk.rows()) == 1
    desk.deliver(consumer)
    assert consumer.shows(item) == f"{HEAD} (3)"


@pytest.mark.parametrize("guard", [True, False])
def test_a_late_repeat_does_no_harm_to_a_consumer_with_the_guard(desk: Desk, guard: bool) -> None:
    consumer = Consumer(guard)
    item = story(desk)
    desk.read()
    [old] = desk.due()  # a zombie holds it back
    story(desk, 2)
    desk.wire.pass_time(seconds=11)
    desk.deliver(consumer)
    consumer.take(old.message)
    assert (consumer.shows(item) == f"{HEAD} (2)") is guard


@pytest.mark.parametrize("guard", [True, False])
def test_a_text_that_was_on_its_way_is_not_shown_after_its_kill(desk: Desk, guard: bool) -> None:
    consumer = Consumer(guard)
    item = story(desk)
    desk.read()
    [old] = desk.due()
    kill(desk)
    desk.deliver(consumer)
    consumer.take(old.message)
    assert (consumer.shows(item) is None) is guard


def test_a_kill_is_due_at_once_whatever_is_in_flight_and_before_all_else(desk: Desk) -> None:
    item = story(desk)
    desk.read()
    desk.due()
    story(desk, uri="tag:hw:2")
    kill(desk)
    while desk.read():
        pass
    due = desk.due(room=1)
    assert [(one.item, str(one.message.status)) for one in due] == [(item, "killed")]


def test_where_there_is_no_room_a_kill_or_a_flash_is_due_and_nothing_else(desk: Desk) -> None:
    item = story(desk)
    story(desk, uri="tag:hw:2")
    kill(desk)
    while desk.read():
        pass
    with desk.db.write() as conn:
        due = deliveries.due(conn, desk.lease_in(conn), desk.wire.now, room=0, urgent=5, empty_at=None)
    assert [(one.item, one.is_urgent) for one in due] == [(item, True)]
    assert [one.is_urgent for one in desk.due()] == [False]


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_a_kill_does_not_wait_for_an_answer_to_the_text(desk: Desk, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if rule == "left out":
        monkeypatch.setattr(deliveries, "_is_at_once", lambda lane: false())
    consumer = Consumer()
    item = story(desk)
    desk.read()
    consumer.take(desk.due()[0].message)  # its acknowledgement does not come
    kill(desk)
    desk.read()
    for due in desk.due():
        consumer.take(due.message)
    assert (consumer.shows(item) is None) is (rule == "kept")


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_a_consumer_remembers_kills_of_what_it_does_not_have(desk: Desk, rule: str) -> None:
    consumer = Consumer(tombstones=rule == "kept")
    item = story(desk)
    desk.read()
    [text] = desk.due()  # on its way
    kill(desk)
    desk.read()
    [killed] = desk.due()
    consumer.take(killed.message)
    consumer.take(text.message)
    assert (consumer.shows(item) is None) is (rule == "kept")


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_a_kill_is_told_also_where_nobody_can_say_any_more_that_it_matched(
    database: Database, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if rule == "left out":
        monkeypatch.setattr(deliveries, "_KILLS", ())
    desk = Desk(database, filter={"kind": ["story"]})
    consumer = Consumer()
    item = story(desk)
    desk.deliver(consumer)
    assert consumer.shows(item)
    kill(desk)
    with desk.db.write() as conn:
        conn.execute(delete(tables.rendition))  # purged
    desk.deliver(consumer)
    assert (consumer.shows(item) is None) is (rule == "kept")


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_a_zombie_sends_nothing_once_another_deliverer_has_the_subscription(desk: Desk, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if rule == "left out":
        monkeypatch.setattr(deliveries, "_has", lambda one: tables.subscription.c.id == one.id)
    story(desk)
    desk.read()
    zombie = desk.one
    with desk.db.write() as conn:
        desk.wire.pass_time(seconds=31)
        assert subscriptions.lease(conn, zombie.id, desk.wire.now, "another") is not None
        sent = deliveries.due(conn, zombie, desk.wire.now, room=10, empty_at=None)
    assert (sent == []) is (rule == "kept")


def test_of_many_deliverers_at_once_each_item_is_sent_by_one(desk: Desk) -> None:
    for number in range(12):
        story(desk, uri=f"tag:hw:{number}")
    with desk.db.write() as conn:
        subscriptions.let_go(conn, desk.one.token)
    sent: list[int] = []

    def delivers(token: str) -> None:
        for _ in range(4):
            with desk.db.write() as conn:
                one = subscriptions.lease(conn, desk.one.id, desk.wire.now, token)
                if one is not None:
                    deliveries.read(conn, one, desk.wire.now)
            if one is not None:
                with desk.db.write() as conn:
                    sent.extend(due.item for due in deliveries.due(conn, one, desk.wire.now, room=5, empty_at=None))

    threads = [threading.Thread(target=delivers, args=(f"deliverer {place}",)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sent) == sorted(row.item for row in desk.rows())
    assert len(sent) == 12


def test_what_could_not_be_pushed_is_due_at_once_and_nobodys_silence(desk: Desk) -> None:
    story(desk)
    desk.read()
    sent = desk.due()
    with desk.db.write() as conn:
        deliveries.unsend(conn, desk.one, sent, desk.wire.now)
    assert desk.due() == sent
    assert desk.rows()[0].attempts == 0


def test_a_refusal_that_is_said_twice_counts_once(desk: Desk) -> None:
    """A hard time limit says it twice."""
    story(desk)
    desk.read()
    [due] = desk.due()
    desk.answer(due, ok=False)
    desk.answer(due, ok=False)
    assert desk.rows()[0].attempts == 1


def test_a_refusal_of_what_was_replaced_lets_the_newer_one_go_at_once(desk: Desk) -> None:
    story(desk)
    desk.read()
    [old] = desk.due()
    story(desk, 2)
    desk.read()
    assert desk.due() == []
    desk.answer(old, ok=False)
    assert [due.seq for due in desk.due()] == [2]
    assert desk.rows()[0].attempts == 0


def test_a_late_answer_does_not_send_again_what_is_on_its_way(desk: Desk) -> None:
    story(desk)
    desk.read()
    [old] = desk.due()
    story(desk, 2)
    desk.read()
    desk.answer(old)
    assert len(desk.due()) == 1
    desk.answer(old)
    assert desk.due() == []


def test_an_embargoed_version_that_alone_matches_is_not_hinted_at(database: Database) -> None:
    desk = Desk(database, filter={"keyword": ["secret"]})
    story(desk)
    desk.wire.arrive(uri="tag:hw:1", version="2", headline="A secret vote", body_text=LONG, embargoed="2026-03-01T13:00:00Z")
    desk.wire.run("enrich")
    while desk.read():
        pass
    assert desk.rows() == []
    desk.wire.pass_time(hours=1, seconds=1)
    desk.wire.run("release")
    consumer = Consumer()
    desk.deliver(consumer)
    assert [message.article.headline for message in consumer.held.values() if message.article] == ["A secret vote"]


def test_a_filter_by_keyword_finds_what_the_enricher_found(desk: Desk) -> None:
    item = story(desk)
    desk.wire.run("enrich")
    with desk.db.write() as conn:
        facts = conn.execute(select(tables.fact.c.value).where(tables.fact.c.enricher == "keywords")).scalar_one()
        word = next(found["word"] for found in facts["keywords"] if found["word"].casefold() not in HEAD.casefold())
        late: dict[str, Any] = {"name": "late", "kind": "celery", "target": {}, "from_start": True}
        desk.one = subscriptions.add(conn, desk.wire.now, filter={"keyword": [word.upper()]}, **late)
        other = subscriptions.add(conn, desk.wire.now, filter={"keyword": ["zeppelin"]}, **late | {"name": "other"})
    consumer = Consumer()
    desk.deliver(consumer)
    assert consumer.shows(item)
    desk.one = other
    assert desk.due() == []


def test_a_killed_item_goes_as_ids_and_status_only(desk: Desk) -> None:
    story(desk)
    kill(desk)
    desk.read()
    [due] = desk.due()
    assert (due.message.article, due.message.version, due.message.facts) == (None, None, {})


def test_a_kill_ignores_filters(database: Database) -> None:
    """Rows are gone after an acknowledgement: nobody knows who was told."""
    desk = Desk(database, filter={"language": ["fr"]})
    story(desk)
    kill(desk)
    desk.read()
    assert [str(one.message.status) for one in desk.due()] == ["killed"]


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_what_leaves_the_filter_is_told_so(database: Database, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(database, filter={"keyword": ["harbour"]})
    consumer = Consumer()
    item = story(desk)
    desk.deliver(consumer)
    assert consumer.shows(item)
    if rule == "left out":
        monkeypatch.setattr(messages, "ever_matched", lambda conn, one, ids: set())
    desk.wire.arrive(uri="tag:hw:1", version="2", headline="Budget passed", body_text=LONG.replace("harbour", "city"))
    desk.deliver(consumer)
    assert (consumer.shows(item) is None) is (rule == "kept")


def test_an_item_that_never_matched_is_not_told(database: Database) -> None:
    desk = Desk(database, filter={"provider": ["somebody-else"]})
    story(desk)
    desk.read()
    assert desk.due() == []


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_an_acknowledgement_takes_the_row_only_where_it_names_its_seq(desk: Desk, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    consumer = Consumer()
    item = story(desk)
    desk.read()
    [first] = desk.due()
    consumer.take(first.message)
    story(desk, 2)
    desk.read()
    if rule == "left out":
        monkeypatch.setattr(deliveries, "_are_named", lambda said: tables.delivery.c.item.in_([one.item for one in said]))
    desk.answer(first)
    desk.deliver(consumer)
    assert (consumer.shows(item) == f"{HEAD} (2)") is (rule == "kept")


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_an_acknowledgement_of_an_older_generation_does_nothing(desk: Desk, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a rewind the past would acknowledge what was not sent again."""
    item = story(desk)
    while desk.read():
        pass
    [first] = desk.due()
    with desk.db.write() as conn:
        desk.one = subscriptions.rewind(conn, "team", to=0)
    consumer = Consumer()  # its copy was put back to before
    while desk.read():
        pass
    if rule == "left out":
        monkeypatch.setattr(deliveries, "_names", lambda said, generation: True)
    desk.answer(first)
    desk.deliver(consumer)
    assert (consumer.shows(item) is not None) is (rule == "kept")


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_an_acknowledgement_and_a_rewind_at_once_come_one_after_the_other(desk: Desk, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the lock, an acknowledgement that had looked at the older generation takes a row that the rewind kept.

    SQLite has one writer at a time: there nothing is to be left out.
    """
    if rule == "left out":
        monkeypatch.setattr(deliveries, "_locked", lambda id: select(*_NAME).where(tables.subscription.c.id == id))
    item = story(desk)
    while desk.read():
        pass
    [first] = desk.due()
    said = Answer(generation=first.message.generation, item=first.item, seq=first.seq, ok=True)
    running = threading.Event()

    def acknowledges() -> None:
        running.set()
        with desk.db.write() as conn:
            deliveries.answer(conn, desk.one.id, [said], desk.wire.now)

    thread = threading.Thread(target=acknowledges)
    with desk.db.write() as conn:
        desk.one = subscriptions.rewind(conn, "team", to=subscriptions.get(conn, "team").read_seq)
        thread.start()
        running.wait()
        if desk.db.is_postgresql:
            wait_for_a_lock(desk.db)
    thread.join()
    consumer = Consumer()  # its copy was put back
    desk.deliver(consumer)
    assert (consumer.shows(item) is not None) is (rule == "kept" or not desk.db.is_postgresql)


_NAME = (tables.subscription.c.name, tables.subscription.c.generation)


def wait_for_a_lock(db: Database) -> None:
    """Until somebody waits for another's."""
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with db.read() as conn:
            if conn.execute(waiting).scalar_one():
                return
    raise AssertionError("nobody waits")


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_a_rewind_keeps_the_rows(desk: Desk, rule: str) -> None:
    item = story(desk)
    while desk.read():
        pass
    with desk.db.write() as conn:
        desk.one = subscriptions.rewind(conn, "team", to=subscriptions.get(conn, "team").read_seq)
        if rule == "left out":
            conn.execute(delete(tables.delivery))
    consumer = Consumer()
    desk.deliver(consumer)
    assert (consumer.shows(item) is not None) is (rule == "kept")


def test_a_rewind_tells_all_again_from_there(desk: Desk) -> None:
    item = story(desk)
    desk.deliver(Consumer())
    with desk.db.write() as conn:
        desk.one = subscriptions.rewind(conn, "team", to=0)
    fresh = Consumer()
    desk.deliver(fresh)
    assert fresh.shows(item)


def test_a_rewind_past_what_was_read_is_refused(desk: Desk) -> None:
    with desk.db.write() as conn, pytest.raises(Misconfigured, match="rewound"):
        subscriptions.rewind(conn, "team", to=99)


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_what_was_sent_and_lost_is_sent_again(desk: Desk, rule: str) -> None:
    item = story(desk)
    desk.read()
    desk.due()  # the sender died before it sent
    if rule == "kept":
        desk.wire.pass_time(seconds=31)
    consumer = Consumer()
    desk.deliver(consumer)
    assert (consumer.shows(item) is not None) is (rule == "kept")


def test_silence_counts_only_where_the_queue_was_seen_empty(desk: Desk) -> None:
    """An hour's absence of the consumer must not park anything."""
    story(desk)
    desk.read()
    desk.due()
    for _ in range(120):
        desk.wire.pass_time(seconds=30)
        desk.due(is_empty=False)
    assert desk.rows()[0].attempts == 0
    for _ in range(deliveries.MOST_ATTEMPTS):
        desk.wire.pass_time(days=1)
        desk.due(is_empty=True)
    [row] = desk.rows()
    assert row.parked_at is not None
    assert row.last_error.startswith("unconfirmed")


def test_nothing_is_sent_again_to_a_queue_where_it_still_waits_but_for_a_repeat_now_and_then(desk: Desk) -> None:
    """What was lost in a queue that is never empty would else be lost for ever."""
    story(desk)
    desk.read()
    desk.due()
    repeats = 0
    for _ in range(120):
        desk.wire.pass_time(seconds=30)
        repeats += len(desk.due(is_empty=False))
    assert 1 <= repeats <= 6


def test_silence_before_the_queue_was_seen_empty_means_nothing(desk: Desk) -> None:
    story(desk)
    desk.read()
    empty = desk.wire.now
    desk.wire.pass_time(seconds=1)
    desk.due()
    desk.wire.pass_time(seconds=60)
    with desk.db.write() as conn:
        assert deliveries.due(conn, desk.lease_in(conn), desk.wire.now, room=10, empty_at=empty) == []
    assert desk.rows()[0].attempts == 0


def test_the_wait_for_an_answer_doubles(desk: Desk) -> None:
    story(desk)
    desk.read()
    waits = []
    for _ in range(4):
        assert len(desk.due()) == 1
        row = desk.rows()[0]
        waits.append((row.due_at - desk.wire.now) / deliveries.RESEND)
        desk.wire.now = row.due_at + timedelta(seconds=1)
    assert waits == [1, 2, 4, 8]


def test_a_consumer_that_refuses_is_asked_again_later_and_later_and_then_it_is_parked(desk: Desk) -> None:
    story(desk)
    desk.read()
    waits = []
    for _ in range(deliveries.MOST_ATTEMPTS):
        [due] = desk.due()
        desk.answer(due, ok=False)
        row = desk.rows()[0]
        waits.append(row.due_at - desk.wire.now)
        desk.wire.now = row.due_at + timedelta(seconds=1)
    assert waits == sorted(waits)
    assert desk.rows()[0].parked_at is not None
    assert desk.due() == []
    story(desk, 2)  # the item's next change tries again
    desk.read()
    assert len(desk.due()) == 1


def park(desk: Desk, why: str = "") -> None:
    """All that is due, refused as often as it is tried."""
    for _ in range(deliveries.MOST_ATTEMPTS):
        for due in desk.due():
            said = Answer(generation=due.message.generation, item=due.item, seq=due.seq, ok=False, why=why)
            with desk.db.write() as conn:
                deliveries.answer(conn, desk.one.id, [said], desk.wire.now)
        desk.wire.pass_time(days=1)


def test_what_is_parked_is_retried_by_hand_one_or_by_its_reason_or_all(desk: Desk) -> None:
    first = story(desk)
    desk.read()
    park(desk, "failed: the webhook answered 422")
    second = story(desk, uri="tag:hw:2")
    while desk.read():
        pass
    park(desk)
    assert desk.due() == []

    def retried(**chosen: Any) -> list[int]:
        with desk.db.write() as conn:
            deliveries.retry(conn, desk.one.id, desk.wire.now, **chosen)
        items = [due.item for due in desk.due()]
        desk.wire.pass_time(days=30)
        return items

    assert retried(error="422") == [first]
    park(desk, "failed: the webhook answered 422")
    assert retried(items=[second]) == [second]
    park(desk)
    assert retried() == [first, second]
    assert {row.attempts for row in desk.rows()} == {0}


def test_a_parked_row_says_by_which_version_it_was_parked(desk: Desk) -> None:
    story(desk)
    desk.read()
    park(desk)
    with desk.db.read() as conn:
        [row] = listing.parked(conn, desk.one.id)
    assert (row["code_version"], row["attempts"]) == (code_version(), deliveries.MOST_ATTEMPTS)
    assert row["last_error"].startswith("failed")


def test_an_answer_that_says_nothing_of_an_item_is_no_attempt_but_puts_it_off(desk: Desk) -> None:
    story(desk)
    desk.read()
    [due] = desk.due()
    said = Answer(generation=due.message.generation, item=due.item, seq=due.seq, ok=False, counts=False)
    with desk.db.write() as conn:
        deliveries.answer(conn, desk.one.id, [said], desk.wire.now)
    assert desk.due() == []
    assert desk.rows()[0].attempts == 0


@pytest.mark.parametrize(
    ("path", "value", "fits"),
    [
        ("article.urgency", "NORMAL", True),
        ("article.urgency", "flash", False),
        ("version.kind", "first", True),
        ("url", "nowhere", False),
        ("facts.keywords.keywords.word", "zeppelin", False),
        ("rights.copyright", "nobody", False),
    ],
)
def test_any_field_of_a_message_filters(database: Database, path: str, value: str, fits: bool) -> None:
    desk = Desk(database, filter={path: [value]})
    story(desk)
    desk.read()
    assert bool(desk.due()) is fits


@pytest.mark.parametrize("embargo", ["wait", "early"])
def test_a_subscription_may_be_told_of_what_is_under_embargo(database: Database, embargo: str) -> None:
    desk = Desk(database, embargo=embargo)
    consumer = Consumer()
    item = story(desk, embargoed="2026-03-01T13:00:00Z")
    desk.deliver(consumer)
    assert (consumer.shows(item) is not None) is (embargo == "early")
    if embargo == "early":
        assert consumer.held[item].embargo_until is not None
    kill(desk)
    desk.deliver(consumer)
    assert consumer.shows(item) is None


def test_an_embargoed_item_is_told_of_when_it_is_released(desk: Desk) -> None:
    item = story(desk, embargoed="2026-03-01T13:00:00Z")
    consumer = Consumer()
    desk.deliver(consumer)
    assert consumer.held == {}
    assert desk.rows() == []
    desk.wire.pass_time(hours=1, seconds=1)
    desk.wire.run("release")
    desk.deliver(consumer)
    assert consumer.shows(item)


def test_a_new_subscription_from_the_start_is_told_of_all_that_is_stored(desk: Desk) -> None:
    item = story(desk)
    with desk.db.write() as conn:
        desk.one = subscriptions.add(conn, desk.wire.now, name="late", kind="celery", target={}, from_start=True)
    consumer = Consumer()
    desk.deliver(consumer)
    assert consumer.shows(item)


@pytest.mark.parametrize("order", ["read_seq first", "rows first"])
def test_what_is_stored_while_a_subscription_is_made_is_told_too(desk: Desk, order: str) -> None:
    """Rows first, read_seq second: what was stored in between is told to nobody."""
    story(desk, uri="tag:hw:0")
    with desk.db.write() as conn:
        late = subscriptions.add(conn, desk.wire.now, name="late", kind="celery", target={}, from_start=True)
    item = story(desk)
    if order == "rows first":
        with desk.db.write() as conn:
            conn.execute(update(tables.subscription).where(tables.subscription.c.id == late.id).values(read_seq=len(desk.wire.events())))
    desk.one = late
    consumer = Consumer()
    desk.deliver(consumer)
    assert (consumer.shows(item) is not None) is (order == "read_seq first")


def test_after_enriched_waits_for_the_facts(database: Database) -> None:
    desk = Desk(database, after="enriched")
    item = story(desk)
    consumer = Consumer()
    desk.deliver(consumer)
    assert consumer.held == {}
    desk.wire.run("enrich")
    desk.deliver(consumer)
    assert consumer.held[item].facts


def test_a_paused_subscription_reads_and_sends_nothing(desk: Desk) -> None:
    with desk.db.write() as conn:
        subscriptions.pause(conn, "team", desk.wire.now, "a test")
    story(desk)
    assert desk.read() > 0
    assert desk.due() == []
    with desk.db.write() as conn:
        subscriptions.resume(conn, "team")
    assert len(desk.due()) == 1


def test_two_deliverers_do_not_share_a_subscription(desk: Desk) -> None:
    with desk.db.write() as conn:
        assert subscriptions.lease(conn, desk.one.id, desk.wire.now) is None
        assert subscriptions.lease(conn, desk.one.id, desk.wire.now + timedelta(seconds=31)) is not None
    story(desk)
    with desk.db.write() as conn:
        assert deliveries.read(conn, desk.one, desk.wire.now) == 0, "its token is lost"


def test_a_filter_that_is_none_is_refused(database: Database) -> None:
    with pytest.raises(Misconfigured, match="is no filter"):
        Desk(database, filter={"colour": ["red"]})

"""Push delivery: each rule of the protocol, and what a consumer would show where it is left out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, delete, update

from pipeline.errors import Misconfigured
from pipeline.storage import deliveries, subscriptions
from pipeline.storage.db import Database
from pipeline.storage.deliveries import Answer, Due
from pipeline.storage.subscriptions import Subscription
from schemas import tables
from schemas.messages import Message
from tests.wire import LONG, Wire

HEAD = "Port Ellery votes to deepen its harbour"


class Consumer:
    """What a consumer holds, with the guard or without it."""

    def __init__(self, guard: bool = True) -> None:
        self.guard = guard
        self.held: dict[int, Message] = {}

    def take(self, message: Message) -> None:
        held = self.held.get(message.item)
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
        monkeypatch.setattr(deliveries, "_ever_matched", lambda conn, one, ids: set())
    desk.wire.arrive(uri="tag:hw:1", version="2", headline="Budget passed", body_text=LONG.replace("harbour", "city"))
    desk.deliver(consumer)
    assert (consumer.shows(item) is None) is (rule == "kept")


def test_an_item_that_never_matched_is_not_told(database: Database) -> None:
    desk = Desk(database, filter={"provider": ["somebody-else"]})
    story(desk)
    desk.read()
    assert desk.due() == []


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_an_acknowledgement_takes_the_row_only_where_it_names_its_seq(desk: Desk, rule: str) -> None:
    consumer = Consumer()
    item = story(desk)
    desk.read()
    [first] = desk.due()
    consumer.take(first.message)
    story(desk, 2)
    desk.read()
    if rule == "kept":
        desk.answer(first)
    else:
        with desk.db.write() as conn:
            conn.execute(delete(tables.delivery).where(tables.delivery.c.item == item))
    desk.deliver(consumer)
    assert (consumer.shows(item) == f"{HEAD} (2)") is (rule == "kept")


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_an_acknowledgement_of_an_older_generation_does_nothing(desk: Desk, rule: str) -> None:
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
    desk.answer(first, generation=None if rule == "kept" else desk.one.generation)
    desk.deliver(consumer)
    assert (consumer.shows(item) is not None) is (rule == "kept")


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

"""Random interleavings of the press, the deliverer, a consumer and an operator over one subscription, against a reference of a few lines.

Messages and acknowledgements come late, twice, out of order, or never; the consumer loses what it held and rewinds; the filter is changed, and
what that changes is looked for while all goes on. When all is quiet the consumer shows what is true.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import msgspec
import pytest
from hypothesis import settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import Connection, delete, func, select, update

from pipeline.storage import changing, deliveries, subscriptions
from pipeline.storage.db import Database
from pipeline.storage.deliveries import Answer, Due
from pipeline.storage.subscriptions import Subscription
from schemas import tables
from schemas.messages import Message
from tests.wire import LONG, NOW, Wire

STORIES = 3
WANTED, OTHER = "harbour", "library"
"""A headline with the first fits the subscription's filter, at first."""
choice = strategies.integers(min_value=0, max_value=1000)


@dataclass
class Story:
    """What the press last said of one story."""

    item: int = 0
    number: int = 0
    headline: str = ""
    killed: bool = False

    def shows(self, word: str) -> str | None:
        return None if self.killed or word not in self.headline else self.headline or None


class DeliveryMachine(RuleBasedStateMachine):
    """One subscription with a filter; the consumer keeps the guard, and tombstones."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.db = database
        self.wire = Wire(database)
        self.start()

    def start(self) -> None:
        self.stories = [Story() for _ in range(STORIES)]
        self.made: list[Due] = []
        self.answers: list[Answer] = []
        self.holds: dict[int, Message] = {}
        self.owed: dict[int, int] = {}
        self.told_of: set[int] = set()
        self.word = WANTED
        self.words_before: list[tuple[str, int]] = []
        """Filters that it had, and the newest version at the end of each."""
        self.refilters = False
        self.passed_over: set[int] = set()
        """Items that came into the filter by its change, and were never in one before: told of with their next event."""

    @initialize()
    def empty(self) -> None:
        self.start()
        self.wire.now = NOW
        self.db._clock = lambda: self.wire.now
        with self.db.write() as conn:
            empty(conn)
            self.one = subscriptions.add(conn, NOW, name="team", kind="celery", target={}, filter={"keyword": [WANTED]})
            self.one = self.lease(conn)

    def lease(self, conn: Connection) -> Subscription:
        leased = subscriptions.lease(conn, self.one.id, self.wire.now, self.one.token)
        assert leased is not None
        self.one = leased
        return leased

    # --- the press ------------------------------------------------------------------------------------------------------------

    @rule(which=strategies.integers(min_value=0, max_value=STORIES - 1), word=strategies.sampled_from((WANTED, WANTED, OTHER)))
    def publish(self, which: int, word: str) -> None:
        story = self.stories[which]
        story.number += 1
        story.headline = f"Of the {word}, {which}.{story.number}"
        self.wire.arrive(
            uri=f"tag:hw:{which}", version=str(story.number), headline=story.headline, body_text=f"{LONG}\n\n{which}.{story.number}."
        )
        self._find(which)

    @rule(which=strategies.integers(min_value=0, max_value=STORIES - 1))
    def publish_and_send(self, which: int) -> None:
        """As it mostly goes. Twice, and what is on its way is older than what is true."""
        self.publish(which=which, word=WANTED)
        self.read()
        self.send(room=STORIES)

    @rule(which=strategies.integers(min_value=0, max_value=STORIES - 1))
    def kill(self, which: int) -> None:
        self.wire.arrive(uri=f"tag:hw:{which}", version="999", pubstatus="canceled", headline="", body_text="")
        self.stories[which].killed = True
        self._find(which)

    def _find(self, which: int) -> None:
        with self.db.read() as conn:
            named = select(tables.identity.c.item).where(tables.identity.c.key == f"tag:hw:{which}")
            self.stories[which].item = int(conn.execute(named).scalar_one())

    # --- the operator ---------------------------------------------------------------------------------------------------------

    @precondition(lambda self: not self.refilters)
    @rule(word=strategies.sampled_from((WANTED, OTHER, "")))
    def the_filter_is_changed(self, word: str) -> None:
        with self.db.write() as conn:
            before = subscriptions.get(conn, "team")
            after = msgspec.structs.replace(before, filter={"keyword": [word]} if word else {})
            changing.change(conn, self.wire.now, before, after)
            if word == self.word:
                return
            newest = int(conn.execute(select(func.coalesce(func.max(tables.version.c.id), 0))).scalar_one())
            self.passed_over |= {one.item for one in self.stories if one.item and word in one.headline and not self._fitted(conn, one.item)}
        self.words_before.append((self.word, newest))
        self.word, self.refilters = word, True

    # --- the deliverer --------------------------------------------------------------------------------------------------------

    @rule()
    def read(self) -> None:
        with self.db.write() as conn:
            from_seq = self.lease(conn).read_seq
            deliveries.read(conn, self.one, self.wire.now)
            for event in conn.execute(select(tables.event).where(tables.event.c.seq > from_seq).order_by(tables.event.c.seq)):
                if event.kind == "killed" or (event.kind != "history" and self._fitted(conn, event.item)):
                    self.owed[event.item] = max(event.seq, self.owed.get(event.item, 0))
                    self.passed_over.discard(event.item)

    def _fitted(self, conn: Connection, item: int) -> bool:
        """Whether a version of it fits the filter, or fitted one that there was."""
        versions = conn.execute(select(tables.version.c.id, tables.version.c.headline).where(tables.version.c.item == item)).all()
        words = [(self.word, sys.maxsize), *self.words_before]
        return any(word in row.headline and row.id <= until for row in versions for word, until in words)

    @precondition(lambda self: self.refilters)
    @rule()
    def look_for_what_the_change_of_the_filter_changes(self) -> None:
        self.refilters = changing.step(self.db, "team")

    @rule(room=strategies.integers(min_value=1, max_value=3))
    def send(self, room: int) -> None:
        with self.db.write() as conn:
            self.made += deliveries.due(conn, self.lease(conn), self.wire.now, room=room, empty_at=None)

    @rule(seconds=strategies.sampled_from((1, 700)))
    def time_passes(self, seconds: int) -> None:
        """The second: long enough for what was sent to count as lost."""
        self.wire.now += timedelta(seconds=seconds)

    # --- the consumer ---------------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.made)
    @rule(which=choice, again=strategies.booleans(), ok=strategies.sampled_from((True, True, True, False)))
    def consume(self, which: int, again: bool, ok: bool) -> None:
        due = self.made[which % len(self.made)]
        if not again:
            self.made.remove(due)
        message = due.message
        if ok and self.applies(message, self.holds.get(message.item)):
            self.holds[message.item] = message
        self.answers.append(Answer(generation=message.generation, item=due.item, seq=due.seq, ok=ok))

    def applies(self, message: Message, held: Message | None) -> bool:
        """The guard; who applies a kill of what it does not hold keeps a tombstone."""
        return held is None or (message.epoch, message.seq) > (held.epoch, held.seq)

    @precondition(lambda self: self.made)
    @rule(which=choice)
    def a_message_is_lost(self, which: int) -> None:
        self.made.pop(which % len(self.made))

    @precondition(lambda self: self.answers)
    @rule(which=choice, again=strategies.booleans())
    def acknowledge(self, which: int, again: bool) -> None:
        said = self.answers[which % len(self.answers)]
        if not again:
            self.answers.remove(said)
        with self.db.write() as conn:
            gone = deliveries.answer(conn, self.one.id, [said], self.wire.now)
        assert gone == int(said.ok and said.generation == self.one.generation and self.owed.get(said.item) == said.seq)
        if gone:
            del self.owed[said.item]

    @precondition(lambda self: self.answers)
    @rule(which=choice)
    def an_answer_is_lost(self, which: int) -> None:
        self.answers.pop(which % len(self.answers))

    @rule(share=strategies.integers(min_value=0, max_value=4))
    def the_consumer_loses_its_newest_and_rewinds(self, share: int) -> None:
        seq = self.one.read_seq * share // 4
        self.holds = {item: held for item, held in self.holds.items() if held.seq <= seq}
        with self.db.write() as conn:
            subscriptions.rewind(conn, "team", to=seq)
            rewound = subscriptions.lease(conn, self.one.id, self.wire.now)
            assert rewound is not None
            self.one = rewound

    # --- what must hold -------------------------------------------------------------------------------------------------------

    @invariant()
    def a_row_for_each_item_that_is_owed(self) -> None:
        with self.db.read() as conn:
            rows = {row.item: row.seq for row in conn.execute(select(tables.delivery))}
        assert rows == self.owed

    @invariant()
    def nothing_of_what_was_killed_comes_back(self) -> None:
        """A consumer that was told of a kill shows nothing from then on."""
        for story in self.stories:
            held = self.holds.get(story.item)
            if held is not None and held.status == "killed":
                self.told_of.add(story.item)
            if story.item in self.told_of and held is not None:
                assert held.status == "killed"

    def teardown(self) -> None:
        """To the end: what was lost is sent again, all is answered, and the consumer shows what is true."""
        if not hasattr(self, "one") or sys.exc_info()[0] is not None:  # it failed before
            return
        while self.refilters:
            self.look_for_what_the_change_of_the_filter_changes()
        for _ in range(40):
            self.read()
            self.send(room=10)
            while self.made:
                self.consume(which=0, again=False, ok=True)
            while self.answers:
                self.acknowledge(which=0, again=False)
            if not self.owed and self.one.read_seq == self._last():
                break
            self.time_passes(seconds=700)
        self.a_row_for_each_item_that_is_owed()
        assert self.owed == {}
        for story in self.stories:
            held = self.holds.get(story.item)
            shown = held.article.headline if held is not None and held.article is not None else None
            true = None if story.item in self.passed_over else story.shows(self.word)
            assert shown == true, f"it shows {shown!r} where {true!r} is true"

    def _last(self) -> int:
        with self.db.read() as conn:
            return int(conn.execute(select(tables.log_state.c.last)).scalar_one())


def empty(conn: Connection) -> None:
    conn.execute(update(tables.item).values(current=None, shown=None))
    for table in reversed(tables.metadata.sorted_tables):
        if table.name not in ("log_state", "band_hash", "source") or (table.name == "band_hash" and conn.dialect.name == "sqlite"):
            conn.execute(delete(table))
    conn.execute(update(tables.log_state).values(last=0))


def run(db: Database, examples: int, **more: Any) -> None:
    run_state_machine_as_test(
        cast(Any, lambda: DeliveryMachine(db)), settings=settings(max_examples=examples, stateful_step_count=25, **more)
    )


def test_whatever_is_late_lost_or_repeated_the_consumer_ends_up_with_what_is_true(database: Database) -> None:
    run(database, settings().max_examples // 8)


def test_a_rule_taken_out_is_found(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """An acknowledgement that takes the row whatever its seq. (tests/pipeline/delivery has one for each rule.)"""
    monkeypatch.setattr(deliveries, "_are_named", lambda said: tables.delivery.c.item.in_([one.item for one in said]))
    machine = DeliveryMachine(database)
    machine.empty()
    machine.publish(which=0, word=WANTED)
    machine.read()
    machine.send(room=1)
    machine.publish(which=0, word=WANTED)
    machine.read()
    machine.consume(which=0, again=False, ok=True)
    with pytest.raises(AssertionError):
        machine.acknowledge(which=0, again=False)


def test_a_change_of_the_filter_that_nobody_looks_after_is_found(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changing, "step", lambda *_: False)
    machine = DeliveryMachine(database)
    machine.empty()
    machine.publish(which=0, word=WANTED)
    machine.read()
    machine.send(room=1)
    machine.consume(which=0, again=False, ok=True)
    machine.the_filter_is_changed(word=OTHER)
    with pytest.raises(AssertionError):
        machine.teardown()

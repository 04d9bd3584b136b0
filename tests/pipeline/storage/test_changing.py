"""Settings of a subscription are changed while it runs: what its consumer shows then, and what it is told."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pipeline.errors import Misconfigured
from pipeline.storage import changing, logs, messages, subscriptions
from pipeline.storage.db import Database
from schemas import tables
from schemas.messages import Message
from tests.pipeline.delivery.test_deliveries import Consumer, Desk, kill
from tests.wire import LONG

HARBOUR, LIBRARY = {"keyword": ["harbour"]}, {"keyword": ["library"]}


def story(desk: Desk, number: int = 1, uri: str = "tag:hw:1", of: str = "harbour", **more: Any) -> int:
    headline = f"Of the {of} ({number})"
    desk.wire.arrive(uri=uri, version=str(number), headline=headline, body_text=f"{LONG}\n\nPart {number} of {uri}.", **more)
    return int(desk.wire.rows(tables.item)[-1].id)


def change(desk: Desk, **new: Any) -> set[int]:
    """All of it; the items that the consumer is told of by it."""
    begin(desk, **new)
    before = len(desk.wire.rows(tables.event))
    while changing.step(desk.db, "team"):
        pass
    return {row.item for row in desk.wire.rows(tables.event)[before:]}


def begin(desk: Desk, **new: Any) -> None:
    with desk.db.read() as conn:
        before = subscriptions.get(conn, "team")
    with desk.db.write() as conn:
        changing.change(conn, desk.wire.now, before, msgspec.structs.replace(before, **new))


def told(desk: Desk, after: int = 0) -> list[Message]:
    """As a log gets it."""
    with desk.db.read() as conn:
        return [entry.message for entry in logs.scan(conn, subscriptions.get(conn, "team"), after, room=50).entries]


def test_a_consumer_shows_no_longer_what_a_narrower_filter_does_not_let_pass(database: Database) -> None:
    desk, consumer = Desk(database), Consumer()
    harbour = story(desk)
    library = story(desk, uri="tag:hw:2", of="library")
    desk.deliver(consumer)
    assert change(desk, filter=HARBOUR) == {library}
    desk.deliver(consumer)
    assert (consumer.shows(harbour), consumer.shows(library)) == ("Of the harbour (1)", None)
    assert consumer.held[library].status == "left"
    assert (consumer.held[harbour].seq, consumer.held[library].seq) == (1, 3), "the newest of all, or the consumer would pass over it"


def test_what_comes_back_into_the_filter_is_told_and_what_never_was_in_it_waits_for_its_next_change(database: Database) -> None:
    desk, consumer = Desk(database, filter=HARBOUR), Consumer()
    known = story(desk)
    unknown = story(desk, uri="tag:hw:2", of="library")
    desk.deliver(consumer)
    change(desk, filter={"keyword": ["square"]})
    desk.deliver(consumer)
    assert consumer.shows(known) is None
    assert change(desk, filter={}) == {known}
    desk.deliver(consumer)
    assert (consumer.shows(known), unknown in consumer.held) == ("Of the harbour (1)", False)
    with desk.db.write() as conn:
        subscriptions.rewind(conn, "team", to=0)
    desk.lease()
    desk.deliver(consumer)
    assert consumer.shows(unknown) == "Of the library (1)"


def test_an_item_that_left_by_a_change_is_told_again_when_it_comes_back_by_itself(database: Database) -> None:
    desk, consumer = Desk(database), Consumer()
    item = story(desk)
    desk.deliver(consumer)
    change(desk, filter=LIBRARY)
    desk.deliver(consumer)
    story(desk, 2, of="library")
    desk.deliver(consumer)
    assert consumer.shows(item) == "Of the library (2)"
    story(desk, 3, of="harbour")
    desk.deliver(consumer)
    assert consumer.held[item].status == "left"


def test_nobody_else_hears_of_it(database: Database) -> None:
    desk, consumer = Desk(database), Consumer()
    story(desk)
    desk.deliver(consumer)
    with desk.db.write() as conn:
        other = subscriptions.add(conn, desk.wire.now, name="other", kind="stream", target={}, is_log=True)
    change(desk, filter=LIBRARY)
    with desk.db.read() as conn:
        assert logs.scan(conn, other, 0, room=50).entries[-1].message.event == "stored"
    desk.read()
    assert [due.message.event for due in desk.due()] == ["refiltered"]


def test_what_comes_after_a_change_and_does_not_match_is_not_told(database: Database) -> None:
    """All matched before: no reason to tell of each new story that it left."""
    desk, consumer = Desk(database), Consumer()
    change(desk, filter=LIBRARY)
    item = story(desk)
    desk.deliver(consumer)
    assert item not in consumer.held


def test_a_log_is_told_in_order(database: Database) -> None:
    desk = Desk(database)
    first, second = story(desk), story(desk, uri="tag:hw:2", of="library")
    change(desk, filter=HARBOUR)
    last = story(desk, uri="tag:hw:3")
    assert [(one.item, one.status, one.event) for one in told(desk, 2)] == [(second, "left", "refiltered"), (last, "usable", "stored")]
    assert [(one.item, one.status) for one in told(desk)][:2] == [(first, "usable"), (second, "left")], "also where it is made again"


@pytest.mark.parametrize("rule", ["kept", "taken out"])
def test_a_deliverer_with_the_old_settings_in_hand_appends_nothing_of_after_the_change(database: Database, rule: str) -> None:
    desk = Desk(database)
    story(desk)
    old = desk.one
    change(desk, filter=LIBRARY)
    story(desk, uri="tag:hw:2")
    if rule == "taken out":
        old = msgspec.structs.replace(old, revision=desk.wire.rows(tables.subscription)[0].revision)
    with desk.db.read() as conn:
        scan = logs.scan(conn, old, 1, room=50)
    assert (len(scan.entries), scan.end) == ((0, 1) if rule == "kept" else (1, 3))


def test_kills_are_told_whatever_the_filter_was_and_is(database: Database) -> None:
    desk, consumer = Desk(database), Consumer()
    item = story(desk)
    desk.deliver(consumer)
    kill(desk)
    change(desk, filter=LIBRARY)
    desk.deliver(consumer)
    assert consumer.held[item].status == "killed"


def test_what_changed_while_it_was_looked_at_is_looked_at_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, consumer = Desk(database, filter=HARBOUR), Consumer()
    item = story(desk)
    desk.deliver(consumer)
    begin(desk, filter={"provider": ["nobody"]})
    differing = messages.differing

    def slow(*arguments: Any) -> Any:
        monkeypatch.setattr(messages, "differing", differing)
        found = differing(*arguments)
        story(desk, 2, of="library")
        return found

    monkeypatch.setattr(messages, "differing", slow)
    assert not changing.step(database, "team")
    assert [row.kind for row in desk.wire.rows(tables.event)] == ["stored", "updated"], "its new version tells that it left"
    desk.deliver(consumer)
    assert consumer.held[item].status == "left"


def test_it_is_done_in_steps_and_the_ledger_is_free_between_them(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changing, "_STEP", 2)
    desk, consumer = Desk(database), Consumer()
    stories = [story(desk, uri=f"tag:hw:{number}") for number in range(5)]
    desk.deliver(consumer)
    begin(desk, filter=LIBRARY)
    assert changing.step(database, "team")
    new = story(desk, uri="tag:hw:new", of="library")
    desk.deliver(consumer)
    assert [consumer.shows(item) is not None for item in (*stories, new)] == [False, False, True, True, True, True]
    assert [changing.step(database, "team") for _ in range(3)] == [True, False, False]
    desk.deliver(consumer)
    assert [item for item in (*stories, new) if consumer.shows(item)] == [new]


def test_another_change_of_filter_waits_for_the_end_of_the_last_one(database: Database) -> None:
    desk = Desk(database)
    story(desk)
    begin(desk, filter=LIBRARY)
    with pytest.raises(Misconfigured, match="not all items"):
        begin(desk, filter=HARBOUR)
    begin(desk, target={"window": "5"})
    assert not changing.step(database, "team")
    begin(desk, filter=HARBOUR)


def test_two_deliverers_take_a_step_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(database)
    story(desk)
    begin(desk, filter=LIBRARY)
    differing = messages.differing

    def overtaken(*arguments: Any) -> Any:
        monkeypatch.setattr(messages, "differing", differing)
        found = differing(*arguments)
        assert not changing.step(database, "team")
        return found

    monkeypatch.setattr(messages, "differing", overtaken)
    assert changing.step(database, "team")
    assert [row.kind for row in desk.wire.rows(tables.event)] == ["stored", "refiltered"]


def test_two_who_change_it_at_once_do_not_undo_one_another(database: Database) -> None:
    desk = Desk(database)
    with desk.db.read() as conn:
        before = subscriptions.get(conn, "team")
    change(desk, target={"window": "5"})
    with desk.db.write() as conn, pytest.raises(Misconfigured, match="somebody else"):
        changing.change(conn, desk.wire.now, before, before)


def test_what_is_under_embargo_and_told_early_leaves_as_well(database: Database) -> None:
    desk, consumer = Desk(database, embargo="early"), Consumer()
    item = story(desk, embargoed="2026-03-02T12:00:00Z")
    desk.deliver(consumer)
    assert consumer.shows(item) == "Of the harbour (1)"
    assert change(desk, filter=LIBRARY) == {item}
    desk.deliver(consumer)
    assert consumer.shows(item) is None


def test_what_was_told_early_is_held_back_once_embargoes_are_waited_for(database: Database) -> None:
    desk, consumer = Desk(database, embargo="early"), Consumer()
    item, other = story(desk, embargoed="2026-03-02T12:00:00Z"), story(desk, uri="tag:hw:2")
    story(desk, 2, uri="tag:hw:2", embargoed="2026-03-02T12:00:00Z")
    desk.deliver(consumer)
    assert (consumer.shows(item), consumer.shows(other)) == ("Of the harbour (1)", "Of the harbour (2)")
    assert change(desk, embargo="wait") == {item, other}
    assert [message.status for message in told(desk, after=3)] == ["held", "usable"]
    desk.deliver(consumer)
    assert (consumer.held[item].status, consumer.shows(other)) == ("held", "Of the harbour (1)")
    assert change(desk, embargo="early") == {item, other}
    desk.deliver(consumer)
    assert (consumer.shows(item), consumer.shows(other)) == ("Of the harbour (1)", "Of the harbour (2)")


def test_settings_of_the_target_alone_tell_nobody_anything(database: Database) -> None:
    desk = Desk(database)
    story(desk)
    assert change(desk, target={"window": "5"}, after="enriched") == set()
    [one] = desk.wire.rows(tables.subscription)
    assert (one.target, one.after, one.revision, one.past) == ({"window": "5"}, "enriched", 1, [])
    with pytest.raises(Misconfigured, match="is no filter"):
        change(desk, filter={"colour": ["red"]})


def test_a_filter_that_was_had_twice_is_looked_at_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(database)
    item = story(desk)
    for words in ("square", "library", "square", "library"):
        change(desk, filter={"keyword": [words]})
    asked: list[Any] = []
    matched = messages._matched

    def noted(*arguments: Any) -> set[int]:
        asked.append(arguments[2])
        return matched(*arguments)

    monkeypatch.setattr(messages, "_matched", noted)
    with desk.db.read() as conn:
        assert messages.ever_matched(conn, subscriptions.get(conn, "team"), {item}) == {item}
    assert asked == [LIBRARY, {"keyword": ["square"]}, {}]  # now; then those that it had, the last one first

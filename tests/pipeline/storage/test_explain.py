"""The life of an item, and of an address that never became one, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipeline.errors import Misconfigured
from pipeline.storage import history, quarantine
from pipeline.storage.db import Database
from pipeline.storage.deliveries import Answer, answer, due, read
from pipeline.storage.explain import Life, why
from pipeline.storage.subscriptions import add, lease, note_trouble, pause, resume
from tests.pipeline.newsroom import Newsroom, Settable, feed
from tests.pipeline.web import Web, reply
from tests.wire import LONG, Wire

URI = "urn:harbour:1"


@pytest.fixture
def wire(database: Database) -> Wire:
    return Wire(database)


@pytest.fixture
def room(database: Database, web: Web, clock: Settable) -> Newsroom:
    return Newsroom(database, web, clock)


def told(database: Database, asked: str) -> Life:
    with database.read() as conn:
        return why(conn, asked)


def sentences(life: Life) -> str:
    return "\n".join(moment.sentence for moment in life.moments)


def test_an_items_life_is_told_in_its_order(wire: Wire) -> None:
    wire.arrive(uri=URI, version="1", headline="Channel to be deepened", body_text=LONG)
    wire.pass_time(minutes=1)
    wire.run("enrich")
    wire.pass_time(minutes=1)
    wire.arrive(uri=URI, version="2", headline="Channel to be deepened by two metres", body_text=LONG + " The vote was public.")
    life = told(wire.database, "1")
    lines = [moment.sentence for moment in life.moments]
    assert [moment.at for moment in life.moments] == sorted(moment.at for moment in life.moments)
    assert "of application/json came from file:///drop/harbour-wire/urn-harbour-1.json" in lines[0]
    assert lines[1].startswith("Judged new: version 1 of item 1 (first), because ")
    assert "Stored, version 1 (event 1, normal)." in lines
    assert "Its facts are complete, version 1 (event 2, normal)." in lines
    assert any(line.startswith("Judged version: version 2 of item 1 (") for line in lines)
    assert life.now[0].startswith("Item 1 of harbour-wire is usable; current is version 2;")
    assert any(line.startswith("To do: enrich, ") for line in life.now)


def test_an_item_is_found_by_its_address_too(wire: Wire) -> None:
    wire.arrive(uri=URI, version="1", headline="Channel to be deepened", body_text=LONG)
    by_address = told(wire.database, "file:///drop/harbour-wire/urn-harbour-1.json")
    assert by_address.items == (1,)
    assert sentences(by_address) == sentences(told(wire.database, "1"))


def test_a_kill_a_pickup_and_an_embargo_are_told(wire: Wire) -> None:
    wire.arrive(uri=URI, version="1", headline="Channel to be deepened", body_text=LONG)
    wire.arrive("evening-post", uri="urn:post:9", version="1", headline="Port gets deeper", body_text=LONG)
    assert any("is a pickup of item 1 (100 % of its text)" in line for line in told(wire.database, "2").now)
    assert any("Item 2 carries it" in line for line in told(wire.database, "1").now)
    wire.arrive(uri=URI, version="2", pubstatus="canceled", headline="Kill")
    life = told(wire.database, "1")
    assert "Killed: its text is shown to nobody" in sentences(life)
    assert "is killed" in life.now[0]
    later = (wire.now + timedelta(hours=2)).isoformat()
    wire.arrive(
        uri="urn:harbour:3", version="1", headline="Budget", body_text="A budget of forty million crowns was passed.", embargoed=later
    )
    held = told(wire.database, "file:///drop/harbour-wire/urn-harbour-3.json")
    assert "is held until 2026-03-01 14:00 UTC" in held.now[0]
    assert any(line.startswith("To do: release, ") and "14:00:00" in line for line in held.now)


def test_who_was_told_and_who_is_still_to_be_told(wire: Wire) -> None:
    with wire.database.write() as conn:
        one = add(conn, wire.now, name="desk", kind="celery", target={}, filter={})
    wire.arrive(uri=URI, version="1", headline="Channel to be deepened", body_text=LONG)
    with wire.database.write() as conn:
        leased = lease(conn, one.id, wire.now)
        assert leased is not None
        read(conn, leased, wire.now)
    assert any(line.startswith("Telling desk of event 1 is due at ") for line in told(wire.database, "1").now)
    with wire.database.write() as conn:
        note_trouble(conn, one.id, wire.now, "Its broker is away.")
    assert "Telling desk of event 1 waits: Its broker is away." in told(wire.database, "1").now
    with wire.database.write() as conn:
        pause(conn, "desk", wire.now, "it moves")
    assert "Telling desk of event 1 waits: it is paused, it moves." in told(wire.database, "1").now
    with wire.database.write() as conn:
        resume(conn, "desk")
    with wire.database.write() as conn:
        due(conn, leased, wire.now, room=10, empty_at=None)
    assert "Telling desk of event 1 is on its way." in told(wire.database, "1").now
    with wire.database.write() as conn:
        answer(conn, one.id, [Answer(generation=one.generation, item=1, seq=1, ok=True)], wire.now)
    life = told(wire.database, "1")
    assert "desk acknowledged event 1." in sentences(life)
    assert not any("desk" in line for line in life.now)


def test_what_could_not_be_read_is_in_quarantine_and_was_there_when_it_came_out(wire: Wire) -> None:
    wire.arrive(body=b"", uri="urn:harbour:empty")
    address = "file:///drop/harbour-wire/urn-harbour-empty.json"
    life = told(wire.database, address)
    assert life.items == ()
    assert "Set aside in quarantine under 1: " in sentences(life)
    assert life.now[0].endswith("newswire quarantine replay 1")
    wire.pass_time(minutes=5)
    with wire.database.write() as conn:
        quarantine.replay(conn, [1], wire.now)
    life = told(wire.database, address)
    assert "Put back to work out of quarantine 1." in sentences(life)
    assert any(line.startswith("To do: ingest, replay of quarantine 1") for line in life.now)


def test_an_address_that_is_owed_is_awaited(room: Newsroom) -> None:
    room.web.at("/feed", reply(feed((room.web.url("/a"), "About a"))))
    room.declare()
    room.trigger(only_due=False)
    listing = told(room.database, room.web.url("/feed"))
    assert any("/feed is to be fetched from " in line for line in listing.now)


def test_an_address_that_is_gone_is_told_so(room: Newsroom) -> None:
    room.web.at("/feed", reply(feed((room.web.url("/a"), "About a"))))  # /a answers 404
    room.declare()
    room.poll()
    life = told(room.database, room.web.url("/a"))
    assert f"wire listed it as {room.web.url('/a')}, in run 1." in sentences(life)
    assert "Set aside in quarantine under 1, in run 1: " in sentences(life)
    assert "404" in sentences(life)
    assert life.now[0].startswith("In quarantine under 1: ")


def test_what_no_sentence_is_known_for_is_told_all_the_same(wire: Wire) -> None:
    wire.arrive(uri=URI, version="1", headline="Channel to be deepened", body_text=LONG)
    with wire.database.write() as conn:
        history.record(conn, wire.now, "translated", item=1, into="de", by="hand")
    assert "Translated: by hand, into de." in sentences(told(wire.database, "1"))


@pytest.mark.parametrize("asked", ["77", "https://example.org/never"])
def test_what_was_never_seen_is_refused_with_what_to_do(database: Database, asked: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        told(database, asked)
    assert asked in str(refused.value)
    assert refused.value.hint

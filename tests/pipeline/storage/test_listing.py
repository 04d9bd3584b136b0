"""What the command line lists, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipeline.errors import Misconfigured
from pipeline.storage import listing, work
from pipeline.storage.db import Database
from pipeline.storage.work import NewWork
from tests.wire import LONG, Wire


@pytest.fixture
def wire(database: Database) -> Wire:
    found = Wire(database)
    found.arrive(uri="urn:harbour:1", version="1", headline="Channel to be 100 % deeper", body_text=LONG)
    found.pass_time(days=1)
    found.arrive(
        "evening-post", uri="urn:post:1", version="1", headline="Museum opens", body_text="The museum of boats opened its doors on Friday."
    )
    return found


def ids(wire: Wire, **wanted: object) -> list[int]:
    with wire.database.read() as conn:
        return [row["id"] for row in listing.item_list(conn, **wanted)]  # type: ignore[arg-type]


def test_items_are_listed_newest_first_and_found_by_text_source_and_day(wire: Wire) -> None:
    assert ids(wire) == [2, 1]
    assert ids(wire, limit=1) == [2]
    assert ids(wire, search="CHANNEL") == [1]
    assert ids(wire, search="eel grass") == [1]
    assert ids(wire, search="100 %") == [1]
    assert ids(wire, search="1_0 %") == []  # no pattern of LIKE
    assert ids(wire, source_name="evening-post") == [2]
    day = wire.now.date()
    assert ids(wire, since=day) == [2]
    assert ids(wire, until=day - timedelta(days=1)) == [1]


def test_an_item_is_shown_whole_but_not_the_text_of_a_killed_one(wire: Wire) -> None:
    with wire.database.read() as conn:
        found = listing.item_show(conn, 1)
    assert found["article"].headline == "Channel to be 100 % deeper"
    assert [one["number"] for one in found["versions"]] == [1]
    assert ("guid", "urn:harbour:1") in {(one["kind"], one["key"]) for one in found["keys"]}
    wire.arrive(uri="urn:harbour:1", version="2", pubstatus="canceled", headline="Kill")
    with wire.database.read() as conn:
        found = listing.item_show(conn, 1)
    assert (found["status"], found["article"], found["facts"]) == ("killed", None, {})


def test_an_item_is_named_by_its_number_or_its_address(wire: Wire) -> None:
    with wire.database.read() as conn:
        assert listing.item_of(conn, "2") == 2
        assert listing.item_of(conn, "file:///drop/harbour-wire/urn-harbour-1.json") == 1
        with pytest.raises(Misconfigured, match="names no item"):
            listing.item_of(conn, "https://example.org/never")


def test_work_says_who_has_it(wire: Wire) -> None:
    with wire.database.write() as conn:
        [offered] = work.add(conn, [NewWork(stage="enrich", lane="normal", label="x", refs=(1,))], wire.now, offered=True)
        assert listing.attempt(conn, offered.id) == offered.attempt
        work.claim(conn, offered.id, worker="host:1", lease_s=30, now=wire.now)
        assert listing.attempt(conn, offered.id) == offered.attempt
        states = {row["id"]: row["state"] for row in listing.work_list(conn, wire.now)}
        assert listing.attempt(conn, 999) == 0
    assert states[offered.id] == "worked on by host:1"


def test_quarantine_is_listed_by_run_and_by_type_of_error(wire: Wire) -> None:
    wire.arrive(body=b"", uri="urn:harbour:empty")
    with wire.database.read() as conn:
        [row] = listing.quarantine_list(conn)
        assert row["error"] == "Unreadable"
        assert listing.quarantine_list(conn, run_id=77) == []
        assert listing.quarantine_open(conn) == listing.quarantine_open(conn, error="Unreadable") == [row["id"]]
        assert listing.quarantine_open(conn, error="Gone") == []
        assert listing.quarantine_show(conn, row["id"])["source_name"] == "harbour-wire"


def test_the_state_of_all_counts_what_waits(wire: Wire) -> None:
    with wire.database.read() as conn:
        state = listing.status(conn, wire.now)
    assert state["items"] == {"usable": 2}
    assert state["sources"]["all"] == 2
    [backlog] = state["backlog"]
    assert (backlog["stage"], backlog["ready"], backlog["waits_s"]) == ("enrich", 2, 86_400)
    assert (state["quarantine"], state["subscriptions"]) == (0, [])

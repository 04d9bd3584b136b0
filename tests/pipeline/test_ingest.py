"""From a capture to stored items: what becomes an item, a version, a pickup, a kill; and that near-copies never race."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from pipeline import clean, ingest
from pipeline.storage import captures, items, ledger
from pipeline.storage.db import Database
from schemas import tables
from schemas.article import Article, Draft
from tests.wire import LONG, NOW, Wire

ALERT = "Port Ellery votes to deepen its harbour"


@pytest.fixture
def wire(database: Database) -> Wire:
    return Wire(database)


def test_an_alert_a_story_a_writethru_and_a_correction_are_versions_of_one_item(wire: Wire) -> None:
    wire.arrive(uri="tag:hw:1", version="1", headline=ALERT, body_text=ALERT + ".")
    wire.arrive(uri="tag:hw:1", version="2", headline=ALERT, body_text=LONG)
    wire.arrive(uri="tag:hw:1", version="3", headline=ALERT, body_text=LONG + "\n\nA first dredger is expected on Friday.")
    assert [row.number for row in wire.rows(tables.version)] == [1, 2, 3]
    [item] = wire.rows(tables.item)
    assert item.current == item.shown == wire.rows(tables.version)[-1].id
    assert wire.events() == [(item.id, "stored"), (item.id, "updated"), (item.id, "updated")]


def test_the_same_text_again_is_unchanged_and_adds_nothing(wire: Wire) -> None:
    wire.arrive(uri="tag:hw:1", version="1", headline=ALERT, body_text=LONG)
    assert wire.arrive(uri="tag:hw:1", version="1", headline=ALERT, body_text=LONG).sentence == "1 unchanged"
    assert len(wire.rows(tables.version)) == 1
    assert len(wire.rows(tables.event)) == 1


def test_what_went_back_to_an_older_text_is_a_new_version(wire: Wire) -> None:
    """A → B → A must not keep B."""
    for place, body in enumerate((LONG, LONG + "\n\nMore follows.", LONG)):
        wire.pass_time(minutes=1)
        wire.arrive(uri="tag:hw:1", headline=ALERT, body_text=body, url=f"file:///a/{place}")
    assert len(wire.rows(tables.version)) == 3
    [item] = wire.rows(tables.item)
    assert item.current == wire.rows(tables.version)[-1].id


def test_what_is_older_by_the_publishers_order_is_history(wire: Wire) -> None:
    wire.arrive(uri="tag:hw:1", version="2", headline=ALERT, body_text=LONG + "\n\nMore follows.")
    wire.arrive(uri="tag:hw:1", version="1", headline=ALERT, body_text=LONG)
    [newer, older] = wire.rows(tables.version)
    assert (newer.is_history, older.is_history) == (False, True)
    [item] = wire.rows(tables.item)
    assert item.current == newer.id
    assert wire.events()[-1] == (item.id, "history")


def test_of_undated_texts_the_one_fetched_later_is_the_newer_whatever_the_order_of_work(wire: Wire) -> None:
    early = wire.capture(uri="tag:hw:1", headline=ALERT, body_text=LONG)
    late = wire.capture(uri="tag:hw:1", headline=ALERT, body_text=LONG + "\n\nMore.", fetched_at=NOW + timedelta(minutes=1))
    for capture in (late, early):
        ingest.ingest_chunk(wire.database, wire.chunk(capture), wire.settings)
    [first, second] = wire.rows(tables.version)
    assert (first.is_history, second.is_history) == (False, True)


def test_another_providers_copy_is_a_pickup_in_the_same_story_with_its_share(wire: Wire) -> None:
    wire.arrive(uri="tag:hw:1", headline=ALERT, body_text=LONG)
    outcome = wire.arrive(
        "gazette", uri="g-77", headline="Harbour to be deepened", body_text=LONG + "\n\nThe Gazette's readers may write to us."
    )
    assert outcome.sentence == "1 pickup"
    [original, copy] = wire.rows(tables.item)
    assert original.story == copy.story
    [relation] = wire.rows(tables.relation)
    assert (relation.item, relation.kind, relation.other) == (copy.id, "pickup_of", original.id)
    assert 0.8 < relation.share_of_item < 1
    assert relation.share_of_other == 1


def test_members_of_one_chunk_see_one_another(wire: Wire) -> None:
    chunk = wire.chunk(
        wire.capture(uri="tag:hw:1", headline=ALERT, body_text=LONG),
        wire.capture("gazette", uri="g-77", headline=ALERT, body_text=LONG + "\n\nAnd so on."),
        wire.capture(uri="tag:hw:1", version="2", headline=ALERT, body_text=LONG + "\n\nMore."),
    )
    outcome = ingest.ingest_chunk(wire.database, chunk, wire.settings)
    assert outcome.sentence == "1 new, 1 pickup, 1 update"
    assert len({item.story for item in wire.rows(tables.item)}) == 1


# --- kills, embargoes -----------------------------------------------------------------------------------------------------------


def test_a_kill_keeps_the_text_and_shows_it_to_nobody(wire: Wire) -> None:
    wire.arrive(uri="tag:hw:1", version="1", headline=ALERT, body_text=LONG)
    outcome = wire.arrive(uri="tag:hw:1", version="2", pubstatus="canceled", headline="", body_text="")
    assert outcome.sentence == "1 kill"
    [item] = wire.rows(tables.item)
    assert item.status == "killed"
    assert len(wire.rows(tables.rendition)) == 1
    assert wire.events()[-1] == (item.id, "killed")


def test_what_arrives_after_its_kill_arrives_killed(wire: Wire) -> None:
    wire.arrive(uri="tag:hw:1", pubstatus="canceled", headline="", body_text="")
    assert len(wire.rows(tables.tombstone)) >= 1
    wire.arrive(uri="tag:hw:1", headline=ALERT, body_text=LONG)
    [item] = wire.rows(tables.item)
    assert item.status == "killed"


def test_no_later_version_revives_a_killed_item(wire: Wire) -> None:
    wire.arrive(uri="tag:hw:1", version="1", headline=ALERT, body_text=LONG)
    wire.arrive(uri="tag:hw:1", version="2", pubstatus="canceled", headline="", body_text="")
    wire.arrive(uri="tag:hw:1", version="3", headline=ALERT, body_text=LONG + "\n\nBack.")
    [item] = wire.rows(tables.item)
    assert item.status == "killed"


def test_a_tombstone_alone_keeps_an_item_killed(wire: Wire) -> None:
    """As after a purge: what named the item is gone, and a feed may list it again years later."""
    wire.arrive(uri="tag:hw:1", headline=ALERT, body_text=LONG)
    wire.arrive(uri="tag:hw:1", version="2", pubstatus="canceled", headline="", body_text="")
    with wire.database.write() as conn:
        conn.execute(tables.identity.delete())
    wire.arrive(uri="tag:hw:1", version="3", headline=ALERT, body_text=LONG)
    assert [item.status for item in wire.rows(tables.item)] == ["killed", "killed"]


def test_a_kill_is_killed_once(wire: Wire) -> None:
    for _ in range(2):
        wire.arrive(uri="tag:hw:1", pubstatus="canceled", headline="", body_text="")
    assert [kind for _, kind in wire.events()] == ["killed"]


def embargoed(until: str, **more: str) -> dict[str, str]:
    return {"uri": "tag:hw:1", "headline": ALERT, "body_text": LONG, "embargoed": until} | more


def test_an_embargoed_item_is_held_and_released_when_its_time_comes(wire: Wire) -> None:
    wire.arrive(**embargoed("2026-03-01T13:00:00Z"))
    [item] = wire.rows(tables.item)
    assert (item.status, item.shown) == ("held", None)
    assert wire.run("release") == []
    wire.pass_time(hours=1, seconds=1)
    wire.run("release")
    [item] = wire.rows(tables.item)
    assert (item.status, item.shown) == ("usable", item.current)
    assert wire.events()[-1] == (item.id, "released")


def test_an_update_with_a_longer_embargo_is_not_shown_by_the_first_ones_release(wire: Wire) -> None:
    wire.arrive(**embargoed("2026-03-01T13:00:00Z", version="1"))
    wire.arrive(**embargoed("2026-03-01T14:00:00Z", version="2", body_text=LONG + "\n\nMore."))
    wire.pass_time(hours=1, seconds=1)
    wire.run("release")
    assert wire.rows(tables.item)[0].shown is None
    wire.pass_time(hours=1)
    wire.run("release")
    [item] = wire.rows(tables.item)
    assert item.shown == item.current


@pytest.mark.parametrize(("until", "shown_after_an_hour"), [("2026-03-01T14:00:00Z", False), ("2026-03-01T12:00:00Z", True)])
def test_an_embargo_that_is_moved_while_the_text_stays_is_kept_in_its_new_form(wire: Wire, until: str, shown_after_an_hour: bool) -> None:
    wire.arrive(**embargoed("2026-03-01T13:00:00Z"))
    wire.arrive(**embargoed(until))
    wire.pass_time(hours=1, seconds=1)
    wire.run("release")
    assert (wire.rows(tables.item)[0].shown is not None) is shown_after_an_hour


def test_a_release_does_not_revive_what_was_killed(wire: Wire) -> None:
    wire.arrive(**embargoed("2026-03-01T13:00:00Z"))
    wire.arrive(uri="tag:hw:1", pubstatus="canceled", headline="", body_text="")
    wire.pass_time(hours=2)
    wire.run("release")
    assert wire.rows(tables.item)[0].status == "killed"
    assert wire.events()[-1][1] == "killed"


def test_an_embargo_that_has_ended_when_the_item_comes_holds_nothing(wire: Wire) -> None:
    wire.arrive(**embargoed("2026-03-01T11:00:00Z"))
    assert wire.rows(tables.item)[0].status == "usable"


# --- identity -------------------------------------------------------------------------------------------------------------------


def test_the_same_id_of_two_providers_is_two_items(wire: Wire) -> None:
    wire.arrive("one", uri="1", headline=ALERT, body_text=LONG)
    wire.arrive(
        "two", uri="1", headline="Snow closes the pass", body_text="Snow closed the pass of Grannock on Sunday, the road office said." * 3
    )
    assert len(wire.rows(tables.item)) == 2


# --- bad input ------------------------------------------------------------------------------------------------------------------


def test_a_broken_document_goes_to_quarantine_and_its_neighbours_are_stored(wire: Wire) -> None:
    chunk = wire.chunk(wire.capture(body=b"\x00\x01\x02\xff" * 50), wire.capture(uri="tag:hw:1", headline=ALERT, body_text=LONG))
    outcome = ingest.ingest_chunk(wire.database, chunk, wire.settings)
    assert outcome.sentence == "1 new, 1 quarantined"
    [row] = wire.rows(tables.quarantine)
    assert outcome.failed.endswith(f"newswire quarantine show {row.id}")
    assert row.refs == [wire.rows(tables.capture)[0].id]


def test_a_fault_of_ours_with_one_document_is_that_documents_own(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    original = clean.clean

    def fails_on_one(draft: Draft, **more: Any) -> Article:
        if draft.guid == "bad":
            raise ZeroDivisionError("by zero")
        return original(draft, **more)

    monkeypatch.setattr(clean, "clean", fails_on_one)
    chunk = wire.chunk(wire.capture(uri="bad", headline=ALERT, body_text="x"), wire.capture(uri="good", headline=ALERT, body_text=LONG))
    assert ingest.ingest_chunk(wire.database, chunk, wire.settings).sentence == "1 new, 1 quarantined"
    assert wire.rows(tables.quarantine)[0].message == "ZeroDivisionError: by zero"


def test_what_the_database_refuses_is_found_in_its_chunk_and_set_aside(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    original = items.write

    def refuses(conn: object, rows: items.Rows, *events: object) -> None:
        for row in rows.version:
            if row["headline"] == "Refused":
                row["item"] = 999_999  # no such item: an error of the data
        original(conn, rows, *events)  # type: ignore[arg-type]

    monkeypatch.setattr(items, "write", refuses)
    chunk = wire.chunk(
        wire.capture(uri="bad", headline="Refused", body_text="A text of its own that nobody shares with anyone at all."),
        wire.capture(uri="good", headline=ALERT, body_text=LONG),
    )
    assert ingest.ingest_chunk(wire.database, chunk, wire.settings).put_off
    wire.pass_time(seconds=2)
    sentences = sorted(outcome.sentence for outcome in wire.run("ingest"))
    assert sentences == ["0 stored, 1 quarantined", "1 new"]


def test_a_worker_that_lost_its_lease_writes_nothing(wire: Wire) -> None:
    claimed = wire.chunk(wire.capture(uri="tag:hw:1", headline=ALERT, body_text=LONG))
    ingest.ingest_chunk(wire.database, claimed, wire.settings)
    assert ingest.ingest_chunk(wire.database, claimed, wire.settings).lease_lost
    assert len(wire.rows(tables.item)) == 1


# --- races ----------------------------------------------------------------------------------------------------------------------


def race(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> int:
    """Two near-copies look for candidates at the same moment; how many stories come of them."""
    chunks = [
        wire.chunk(wire.capture(provider, uri=provider, headline=ALERT, body_text=f"{LONG}\n\nThe {provider} reports."))
        for provider in ("one", "two")
    ]
    meet = threading.Barrier(2)
    looked_up = items.candidates

    def together(*args: object, **more: object) -> list[int]:
        found = looked_up(*args, **more)  # type: ignore[arg-type]
        meet.wait(10)
        return found

    monkeypatch.setattr(items, "candidates", together)
    threads = [threading.Thread(target=ingest.ingest_chunk, args=(wire.database, chunk, wire.settings)) for chunk in chunks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wire.rows(tables.item)) == 2
    return len({item.story for item in wire.rows(tables.item)})


def test_near_copies_that_arrive_together_end_in_one_story(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    assert race(wire, monkeypatch) == 1


def test_without_the_look_at_what_came_since_the_story_splits(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "versions_since", lambda conn, seq: [])
    assert race(wire, monkeypatch) == 2


def test_when_last_is_read_after_the_candidates_the_story_splits(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other order of the two look-ups, as if `last` had been read when the lock was taken."""
    since = ledger.versions_since
    monkeypatch.setattr(ledger, "versions_since", lambda conn, seq: since(conn, ledger.last(conn)))
    assert race(wire, monkeypatch) == 2


def test_a_near_copy_that_is_stored_right_after_the_look_up_is_seen(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if `last` is read after the candidates."""
    looked_up = items.candidates

    def then_a_copy_comes(*args: Any, **more: Any) -> list[int]:
        found = looked_up(*args, **more)
        monkeypatch.setattr(items, "candidates", looked_up)
        wire.arrive("two", uri="two", headline=ALERT, body_text=f"{LONG}\n\nThe second reports.")
        return found

    monkeypatch.setattr(items, "candidates", then_a_copy_comes)
    wire.arrive("one", uri="one", headline=ALERT, body_text=f"{LONG}\n\nThe first reports.")
    assert len({item.story for item in wire.rows(tables.item)}) == 1


def test_a_capture_that_was_judged_is_not_judged_again(wire: Wire) -> None:
    capture = wire.capture(uri="tag:hw:1", headline=ALERT, body_text=LONG)
    assert ingest.ingest_chunk(wire.database, wire.chunk(capture), wire.settings).sentence == "1 new"
    assert ingest.ingest_chunk(wire.database, wire.chunk(capture), wire.settings).sentence == "1 repeat"
    assert len(wire.rows(tables.verdict)) == 1


def test_the_bytes_of_a_capture_are_kept_as_they_came(wire: Wire) -> None:
    id = wire.capture(body=b"\xff\x00raw")
    with wire.database.read() as conn:
        assert captures.load(conn, id).body == b"\xff\x00raw"

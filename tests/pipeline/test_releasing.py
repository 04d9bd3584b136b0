"""An embargo ends: the version is shown and told, unless something newer or a kill came between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipeline import releasing
from pipeline.storage import work
from pipeline.storage.db import Database
from pipeline.storage.work import Claimed, NewWork
from schemas import tables
from tests.wire import LONG, NOW, Wire

HEADLINE = "Port Ellery votes to deepen its harbour"
NOON = NOW + timedelta(hours=4)


@pytest.fixture
def wire(database: Database) -> Wire:
    return Wire(database)


def embargoed(wire: Wire, until: datetime = NOON, *, version: str = "1", text: str = LONG) -> None:
    wire.arrive(uri="tag:hw:1", version=version, headline=HEADLINE, body_text=text, embargoed=until.isoformat())


def claim(wire: Wire, *versions: int) -> Claimed:
    with wire.database.write() as conn:
        row = NewWork(stage="release", lane="normal", label="test", refs=versions)
        [offered] = work.add(conn, [row], wire.now)
        claimed = work.claim(conn, offered.id, worker="test:1", lease_s=30, now=wire.now)
    assert claimed is not None
    return claimed


def status(wire: Wire) -> tuple[str, int | None]:
    [item] = wire.rows(tables.item)
    return item.status, item.shown


def told(wire: Wire) -> list[str]:
    return [kind for _, kind in wire.events()]


def test_an_embargoed_version_is_held_until_its_time_and_then_shown(wire: Wire) -> None:
    embargoed(wire)
    assert status(wire) == ("held", None)
    assert wire.run("release") == [], "nothing is due before"
    wire.now = NOON
    [outcome] = wire.run("release")
    assert outcome.sentence == "item 1 released"
    assert status(wire) == ("usable", 1)
    assert told(wire) == ["stored", "released"]


def test_a_release_that_comes_again_does_nothing(wire: Wire) -> None:
    embargoed(wire)
    wire.now = NOON
    wire.run("release")
    assert releasing.release_chunk(wire.database, claim(wire, 1), wire.settings).sentence == "version 1 was released before"
    assert told(wire) == ["stored", "released"]


def test_a_release_that_comes_too_early_waits_for_the_end(wire: Wire) -> None:
    embargoed(wire)
    outcome = releasing.release_chunk(wire.database, claim(wire, 1), wire.settings)
    assert outcome.sentence == f"the embargo of version 1 was moved to {NOON:%Y-%m-%d %H:%M} UTC"
    assert status(wire) == ("held", None)
    assert {row.due_at for row in wire.rows(tables.work) if row.stage == "release"} == {NOON}


def test_only_the_newest_version_is_shown_at_the_end_of_its_own_embargo(wire: Wire) -> None:
    embargoed(wire)
    embargoed(wire, NOON + timedelta(hours=1), version="2", text=LONG + "\n\nMore follows.")
    wire.now = NOON
    [outcome] = wire.run("release")
    assert outcome.sentence == "version 1 stays hidden: item 1 has a newer one"
    assert status(wire) == ("held", None)
    wire.now = NOON + timedelta(hours=1)
    wire.run("release")
    assert status(wire) == ("usable", 2)


def test_a_killed_item_stays_killed_at_the_end_of_its_embargo(wire: Wire) -> None:
    embargoed(wire)
    wire.arrive(uri="tag:hw:1", version="2", pubstatus="canceled")
    wire.now = NOON
    [outcome] = wire.run("release")
    assert outcome.sentence.endswith("stays hidden: item 1 was killed")
    assert status(wire)[0] == "killed"
    assert told(wire) == ["stored", "killed"]


def test_what_is_withheld_until_further_notice_is_never_released_by_time(wire: Wire) -> None:
    wire.arrive(uri="tag:hw:1", version="1", headline=HEADLINE, body_text=LONG, pubstatus="withheld")
    wire.now = datetime(2999, 1, 1, tzinfo=UTC)
    assert wire.run("release") == []
    assert status(wire) == ("held", None)


def test_who_lost_the_lease_releases_nothing(wire: Wire) -> None:
    embargoed(wire)
    wire.now = NOON
    zombie = claim(wire, 1)
    wire.pass_time(seconds=31)
    with wire.database.write() as conn:
        assert work.claim(conn, zombie.id, worker="test:2", lease_s=30, now=wire.now) is not None
    assert releasing.release_chunk(wire.database, zombie, wire.settings).lease_lost
    assert status(wire) == ("held", None)

"""Rows of sources: what their operator wants, and when they are asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from pipeline.errors import Misconfigured
from pipeline.storage import sources
from pipeline.storage.db import Database
from pipeline.storage.sources import Applied, back_off, next_due
from schemas import tables
from schemas.source import Declared

NOW = datetime(2026, 3, 1, 12, 2, tzinfo=UTC)


def declared(name: str, **more: object) -> Declared:
    given: dict[str, object] = {"kind": "feed", "location": f"https://example.org/{name}", "provider": "example.org", "rhythm_s": 60.0}
    return Declared(name=name, **(given | more))  # type: ignore[arg-type]


def apply(database: Database, *wanted: Declared, now: datetime = NOW) -> Applied:
    with database.write() as conn:
        return sources.apply(conn, wanted, now)


def get(database: Database, name: str) -> sources.Source:
    with database.read() as conn:
        return next(one for one in sources.listed(conn, removed=True) if one.name == name)


def test_apply_makes_the_sources_equal_the_file(database: Database) -> None:
    assert apply(database, declared("a"), declared("b"), declared("c")) == Applied(
        added=("a", "b", "c"), changed=(), unchanged=(), removed=()
    )
    done = apply(database, declared("a"), declared("b", rhythm_s=5.0, settings={"content": "feed"}), declared("d"))
    assert done == Applied(added=("d",), changed=("b",), unchanged=("a",), removed=("c",))
    with database.read() as conn:
        assert [one.name for one in sources.listed(conn)] == ["a", "b", "d"]
    assert get(database, "b").settings == {"content": "feed"}
    assert get(database, "c").removed_at == NOW
    assert get(database, "c").due_at is None


def test_applying_twice_changes_nothing(database: Database) -> None:
    wanted = [declared("a"), declared("b", rhythm_s=None, cron="0 2 * * *")]
    apply(database, *wanted)
    assert apply(database, *wanted, now=NOW + timedelta(hours=1)) == Applied(added=(), changed=(), unchanged=("a", "b"), removed=())
    assert get(database, "a").due_at == NOW


def test_a_source_that_comes_back_keeps_its_id(database: Database) -> None:
    apply(database, declared("a"))
    id = get(database, "a").id
    apply(database)
    assert apply(database, declared("a")).added == ("a",)
    assert (get(database, "a").id, get(database, "a").removed_at, get(database, "a").due_at) == (id, None, NOW)


def test_another_location_forgets_validators_another_rhythm_does_not(database: Database) -> None:
    apply(database, declared("a"))
    with database.write() as conn:
        conn.execute(update(tables.source).values(etag='"1"', last_modified="x", body_hash="h", cursor={"k": 1}, window_taken=True))
    apply(database, declared("a", rhythm_s=5.0))
    assert (get(database, "a").etag, get(database, "a").cursor) == ('"1"', {"k": 1})
    apply(database, declared("a", location="https://example.org/else"))
    held = get(database, "a")
    assert (held.etag, held.last_modified, held.body_hash, held.cursor, held.window_taken) == ("", "", "", {}, True)


def test_a_name_is_taken_once(database: Database) -> None:
    with database.write() as conn:
        sources.add(conn, declared("a"), NOW)
        with pytest.raises(Misconfigured, match="There is a source a already"):
            sources.add(conn, declared("a"), NOW)


def test_a_paused_source_is_asked_by_nobody_and_due_when_it_is_resumed(database: Database) -> None:
    apply(database, declared("a"), declared("b"))
    with database.write() as conn:
        assert sources.pause(conn, ["a"], NOW, reason="why") == 1
        assert sources.pause(conn, ["a"], NOW) == 0
        assert sources.claim(conn, NOW, names=["a"], only_due=False) == (0, [])
        due, claimed = sources.claim(conn, NOW)
        assert (due, [one.name for one in claimed]) == (1, ["b"])
        assert sources.make_due(conn, ["a"], NOW) == 0
        assert sources.resume(conn, ["a", "b"], NOW) == 1
        assert [one.name for one in sources.claim(conn, NOW)[1]] == ["a"]
        for change in (sources.pause, sources.resume):
            with pytest.raises(Misconfigured, match="There is no source nobody"):
                change(conn, ["nobody"], NOW)


def test_others_stay_if_they_are_to_be_kept(database: Database) -> None:
    apply(database, declared("a"))
    with database.write() as conn:
        done = sources.apply(conn, [declared("b")], NOW, keep=True)
    assert (done.added, done.removed) == (("b",), ())
    assert get(database, "a").removed_at is None


def test_pausing_survives_an_apply(database: Database) -> None:
    apply(database, declared("a"))
    with database.write() as conn:
        sources.pause(conn, ["a"], NOW)
    apply(database, declared("a", rhythm_s=5.0))
    assert get(database, "a").paused_at == NOW


def test_cron_says_when_and_never_means_only_when_triggered(database: Database) -> None:
    apply(database, declared("night", rhythm_s=None, cron="30 2 * * *"), declared("never", rhythm_s=None))
    assert get(database, "night").due_at == datetime(2026, 3, 2, 2, 30, tzinfo=UTC)
    with database.write() as conn:
        assert sources.claim(conn, NOW) == (0, [])
        due, claimed = sources.claim(conn, NOW, only_due=False)
        assert (due, len(claimed)) == (2, 2)
    assert get(database, "never").due_at is None
    assert get(database, "night").due_at == datetime(2026, 3, 2, 2, 30, tzinfo=UTC)


def test_waiting_sources_do_not_starve_the_others(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MOST_A_CLAIM", 2)
    apply(database, *[declared(f"s{number}") for number in range(5)])
    with database.write() as conn:
        assert [len(sources.claim(conn, NOW)[1]) for _ in range(4)] == [2, 2, 1, 0]


@given(rhythm_s=st.floats(1, 1e6), chance=st.floats(0, 1))
def test_jitter_stays_near_the_rhythm(rhythm_s: float, chance: float) -> None:
    due = next_due(rhythm_s, "", NOW, chance=chance)
    assert due is not None
    assert 0.94 * rhythm_s <= (due - NOW).total_seconds() <= 1.06 * rhythm_s


def test_back_off_doubles_up_to_a_day_and_leaves_cron_alone() -> None:
    waits = [(due - NOW).total_seconds() for failures in (1, 2, 3, 99) if (due := back_off(300, "", failures, NOW))]
    assert waits == [600, 1200, 2400, 86_400]
    assert back_off(7 * 86_400, "", 3, NOW) == NOW + timedelta(days=7), "never sooner than its rhythm"
    assert back_off(None, "0 2 * * *", 3, NOW) == datetime(2026, 3, 2, 2, tzinfo=UTC)
    assert back_off(None, "", 3, NOW) is None

"""From stored versions to their facts: each stored once, and consumers are told when all are there."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from pipeline import enriching
from pipeline.enrich import Enricher
from pipeline.errors import Misconfigured
from pipeline.storage import work
from pipeline.storage.db import Database
from pipeline.storage.work import Claimed, NewWork
from schemas import tables
from schemas.article import Article
from schemas.outcome import Outcome
from tests.wire import LONG, Wire

HEADLINE = "Port Ellery votes to deepen its harbour"


def count_words(article: Article) -> dict[str, Any]:
    return {"words": article.word_count}


def stumble(article: Article) -> dict[str, Any]:
    raise ValueError("no words for this")


WORDS = Enricher(name="words", version="1", enrich=count_words)
NAMES = Enricher(name="names", version="1", enrich=lambda article: {"names": ["Ilse Varga"]})


def known(monkeypatch: pytest.MonkeyPatch, *chosen: Enricher) -> None:
    """As if these were all the files of the folder."""
    monkeypatch.setattr(enriching, "enrichers", lambda: {one.name: one for one in chosen})


@pytest.fixture
def wire(database: Database, monkeypatch: pytest.MonkeyPatch) -> Wire:
    known(monkeypatch, WORDS, NAMES)
    return Wire(database)


def claim(wire: Wire, *versions: int, only: str = "") -> Claimed:
    with wire.database.write() as conn:
        row = NewWork(stage="enrich", lane="normal", label="test", refs=versions, only=only)
        [offered] = work.add(conn, [row], wire.now)
        claimed = work.claim(conn, offered.id, worker="test:1", lease_s=30, now=wire.now)
    assert claimed is not None
    return claimed


def enrich(wire: Wire, *versions: int, only: str = "") -> Outcome:
    return enriching.enrich_chunk(wire.database, claim(wire, *versions, only=only), wire.settings)


def kinds(wire: Wire) -> list[str]:
    return [kind for _, kind in wire.events()]


def facts(wire: Wire) -> dict[tuple[int, str, str], Any]:
    return {(row.version, row.enricher, row.enricher_version): row.value for row in wire.rows(tables.fact)}


def test_a_stored_version_owes_its_facts_and_is_told_of_once_more_when_it_has_them(wire: Wire) -> None:
    wire.arrive(uri="tag:hw:1", headline=HEADLINE, body_text=LONG)
    [outcome] = wire.run("enrich")
    assert outcome.sentence == "1 text enriched (words, names)"
    assert facts(wire) == {(1, "words", "1"): {"words": len(LONG.split())}, (1, "names", "1"): {"names": ["Ilse Varga"]}}
    assert kinds(wire) == ["stored", "enriched"]


def test_the_same_facts_again_change_nothing_and_tell_nobody(wire: Wire) -> None:
    wire.arrive(uri="tag:hw:1", headline=HEADLINE, body_text=LONG)
    wire.run("enrich")
    before = wire.rows(tables.fact)
    wire.pass_time(minutes=1)
    enrich(wire, 1)
    assert wire.rows(tables.fact) == before
    assert kinds(wire) == ["stored", "enriched"]


def test_a_fact_that_reads_otherwise_now_replaces_the_old_one_and_is_told(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    wire.arrive(uri="tag:hw:1", headline=HEADLINE, body_text=LONG)
    wire.run("enrich")
    known(monkeypatch, WORDS, msgspec.structs.replace(NAMES, enrich=lambda article: {"names": []}))
    enrich(wire, 1)
    assert facts(wire)[1, "names", "1"] == {"names": []}
    assert kinds(wire) == ["stored", "enriched", "enriched"]


def test_consumers_are_told_only_when_the_last_enricher_is_done(wire: Wire) -> None:
    wire.arrive(uri="tag:hw:1", headline=HEADLINE, body_text=LONG)
    enrich(wire, 1, only="words")
    assert kinds(wire) == ["stored"]
    enrich(wire, 1, only="names")
    assert kinds(wire) == ["stored", "enriched"]


def test_facts_of_a_version_that_was_replaced_meanwhile_are_kept_and_not_told(wire: Wire) -> None:
    wire.arrive(uri="tag:hw:1", version="1", headline=HEADLINE, body_text=LONG)
    wire.arrive(uri="tag:hw:1", version="2", headline=HEADLINE, body_text=LONG + "\n\nMore follows.")
    enrich(wire, 1)
    assert {version for version, _, _ in facts(wire)} == {1}
    assert kinds(wire) == ["stored", "updated"]


def test_facts_of_a_killed_item_are_not_told(wire: Wire) -> None:
    wire.arrive(uri="tag:hw:1", version="1", headline=HEADLINE, body_text=LONG)
    wire.arrive(uri="tag:hw:1", version="2", pubstatus="canceled")
    wire.run("enrich")
    assert kinds(wire) == ["stored", "killed"]


def test_an_enricher_that_fails_with_one_text_sets_only_its_own_work_aside(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    known(monkeypatch, WORDS, Enricher(name="names", version="1", enrich=stumble))
    wire.arrive(uri="tag:hw:1", headline=HEADLINE, body_text=LONG)
    [outcome] = wire.run("enrich")
    [aside] = wire.rows(tables.quarantine)
    assert (aside.stage, aside.refs, aside.only, aside.error) == ("enrich", [1], "names", "EnricherFailed")
    assert aside.message == "names: ValueError: no words for this (version 1)."
    assert outcome.failed == (f"1 of 2 quarantined: names: ValueError: no words for this. newswire quarantine show {aside.id}"), (
        "a red job names the item and the next step"
    )
    assert list(facts(wire)) == [(1, "words", "1")]
    assert kinds(wire) == ["stored", "enriched"], "a consumer that waits for facts is not kept waiting for one that may never come"


def test_who_lost_the_lease_writes_nothing(wire: Wire) -> None:
    wire.arrive(uri="tag:hw:1", headline=HEADLINE, body_text=LONG)
    zombie = claim(wire, 1)
    wire.pass_time(seconds=31)
    with wire.database.write() as conn:
        assert work.claim(conn, zombie.id, worker="test:2", lease_s=30, now=wire.now) is not None
    assert enriching.enrich_chunk(wire.database, zombie, wire.settings).lease_lost
    assert facts(wire) == {}
    assert kinds(wire) == ["stored"]


def test_work_for_an_enricher_that_is_no_longer_there_ends(wire: Wire) -> None:
    wire.arrive(uri="tag:hw:1", headline=HEADLINE, body_text=LONG)
    assert enrich(wire, 1, only="mood").sentence == "1 text enriched (no enricher is named mood)"


def test_what_a_new_or_changed_enricher_lacks_is_owed_in_the_backfill_lane(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        wire.arrive(uri=f"tag:hw:{number}", headline=f"{HEADLINE} {number}", body_text=f"{number} ships. {LONG}")
    wire.arrive(uri="tag:hw:4", version="9", pubstatus="canceled")
    wire.run("enrich")
    assert enriching.owe_missing(wire.database, "words", run=None, chunk=2) == 0
    known(monkeypatch, msgspec.structs.replace(WORDS, version="2"), NAMES)
    assert enriching.owe_missing(wire.database, "words", run=None, chunk=2) == 4, "what was killed needs none"
    owed = wire.rows(tables.work)
    assert [(row.lane, row.only, len(row.refs)) for row in owed] == [("backfill", "words", 2)] * 2
    wire.run("enrich")
    assert {version for version, _, number in facts(wire) if number == "2"} == {1, 2, 3, 4}
    assert enriching.owe_missing(wire.database, "words", run=None, chunk=2) == 0


def test_a_name_that_is_no_enricher_is_refused_with_those_that_are(wire: Wire) -> None:
    with pytest.raises(Misconfigured, match="No enricher is named mood") as caught:
        enriching.owe_missing(wire.database, "mood", run=None, chunk=50)
    assert caught.value.hint == "There are: names, words."

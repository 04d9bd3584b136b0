"""Random interleavings of chunks that arrive at once, kills and repeats, against a reference of a few lines: what is stored, and as what.

A chunk is read before the ledger lock and decided under it; in between another one commits. That is where near-copies would both be new.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from hypothesis import settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import Connection, func, select

from pipeline import ingest
from pipeline.storage import ledger
from pipeline.storage.db import Database
from schemas import tables
from tests.model.test_delivery_machine import empty
from tests.stories import HARBOUR, LIBRARY
from tests.wire import NOW, Wire

GUIDS = ("a", "b", "c")
TEXTS = {name: f"{text}\n\nThis is edition {edition} of it." for name, text, edition in (
    ("h1", HARBOUR, "one"), ("h2", HARBOUR, "two"), ("l1", LIBRARY, "one"))}  # fmt: skip
"""The first two are copies of each other."""
guids = strategies.sampled_from(GUIDS)
arrivals = strategies.lists(strategies.tuples(guids, strategies.sampled_from(sorted(TEXTS))), min_size=1, max_size=2)


@dataclass
class Item:
    """What an item should be."""

    texts: list[str] = field(default_factory=list)
    killed: bool = False


class IdentityMachine(RuleBasedStateMachine):
    """Documents of two providers. Publisher's ids name items within a provider; times of fetches only grow."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.db = database
        self.monkeypatch = monkeypatch
        self.wire = Wire(database)
        self.items: dict[tuple[str, str], Item] = {}
        self.captures: list[int] = []

    @initialize()
    def nothing_is_stored(self) -> None:
        self.wire.now = NOW
        self.db._clock = lambda: self.wire.now
        with self.db.write() as conn:
            empty(conn)

    def _capture(self, provider: str, guid: str, text: str) -> int:
        self.wire.pass_time(seconds=1)
        headline, _, body = TEXTS[text].partition("\n\n")
        capture = self.wire.capture(provider, uri=f"tag:{provider}:{guid}", headline=headline[:60], body_text=f"{headline}\n\n{body}")
        self.captures.append(capture)
        return capture

    def _expect(self, provider: str, guid: str, text: str) -> None:
        item = self.items.setdefault((provider, guid), Item())
        if not item.texts or item.texts[-1] != text:
            item.texts.append(text)

    @rule(first=arrivals, second=arrivals)
    def two_chunks_at_once(self, first: list[tuple[str, str]], second: list[tuple[str, str]]) -> None:
        """The second is read, decided and committed while the first stands before the lock."""
        one = self.wire.chunk(*(self._capture("agency", guid, text) for guid, text in first))
        two = self.wire.chunk(*(self._capture("outlet", guid, text) for guid, text in second))

        def other(name: str) -> None:
            if name == "ingest.before_commit":
                self.monkeypatch.setattr(ingest, "hit", lambda name: None)
                ingest.ingest_chunk(self.db, two, self.wire.settings)

        self.monkeypatch.setattr(ingest, "hit", other)
        ingest.ingest_chunk(self.db, one, self.wire.settings)
        for guid, text in second:
            self._expect("outlet", guid, text)
        for guid, text in first:
            self._expect("agency", guid, text)

    @rule(guid=guids)
    def a_kill(self, guid: str) -> None:
        self.wire.pass_time(seconds=1)
        capture = self.wire.capture("agency", uri=f"tag:agency:{guid}", pubstatus="canceled", headline="", body_text="")
        self.captures.append(capture)
        ingest.ingest_chunk(self.db, self.wire.chunk(capture), self.wire.settings)
        self.items.setdefault(("agency", guid), Item()).killed = True

    @rule()
    def all_of_it_again(self) -> None:
        """Repeats change nothing: a verdict stands for a capture."""
        if self.captures:
            outcome = ingest.ingest_chunk(self.db, self.wire.chunk(*self.captures), self.wire.settings)
            assert outcome.sentence.split(" ")[0] == str(len(self.captures))
            assert "repeat" in outcome.sentence
            assert "," not in outcome.sentence

    def _stored(self) -> dict[tuple[str, str], Any]:
        with self.db.read() as conn:
            keys = conn.execute(select(tables.identity).where(tables.identity.c.kind == "guid")).all()
            rows = {row.id: row for row in conn.execute(select(tables.item))}
        return {(key.provider, key.key.rpartition(":")[2]): rows[key.item] for key in keys}

    @invariant()
    def each_item_is_stored_once_and_as_it_should_be(self) -> None:
        stored = self._stored()
        assert stored.keys() == self.items.keys()
        assert len({row.id for row in stored.values()}) == len(self.items)
        with self.db.read() as conn:
            texts = {row.version: row.text for row in conn.execute(select(tables.rendition))}
            versions = conn.execute(select(tables.version.c.item)).scalars().all()
        for key, item in self.items.items():
            assert (stored[key].status == "killed") is item.killed
            assert versions.count(stored[key].id) == len(item.texts)
            if not item.killed and item.texts:
                assert _edition(texts[stored[key].shown]) == item.texts[-1]

    @invariant()
    def a_copy_by_another_provider_is_of_the_same_story(self) -> None:
        """Where each provider has one item that ever had the text, and no other; a second one under another id is a report of its own."""
        stored = self._stored()
        for letter in ("h", "l"):
            of_it = {key: item for key, item in self.items.items() if any(text[0] == letter for text in item.texts)}
            only_it = all({text[0] for text in item.texts} == {letter} and not item.killed for item in of_it.values())
            if only_it and sorted(provider for provider, _ in of_it) == ["agency", "outlet"]:
                assert len({stored[key].story for key in of_it}) == 1, "a story is split"

    @invariant()
    def events_have_no_gap(self) -> None:
        seqs = [row.seq for row in self._rows(tables.event)]
        with self.db.read() as conn:
            assert seqs == list(range(1, ledger.last(conn) + 1))

    def _rows(self, table: Any) -> list[Any]:
        return self.wire.rows(table)


def _edition(text: str) -> str:
    return next(
        name for name, whole in TEXTS.items() if whole.rpartition("edition ")[2] == text.rpartition("edition ")[2] and whole[:9] == text[:9]
    )


def run(db: Database, monkeypatch: pytest.MonkeyPatch, examples: int, **more: Any) -> None:
    chosen = settings(max_examples=examples, stateful_step_count=10, **more)
    run_state_machine_as_test(cast(Any, lambda: IdentityMachine(db, monkeypatch)), settings=chosen)


def test_whatever_arrives_at_once_is_stored_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    run(database, monkeypatch, settings().max_examples // 12)


def test_a_rule_taken_out_is_found(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the look at what came since the candidates, two copies are both new."""
    monkeypatch.setattr(ledger, "versions_since", lambda conn, seq: [])
    machine = IdentityMachine(database, monkeypatch)
    machine.nothing_is_stored()
    machine.two_chunks_at_once(first=[("a", "h1")], second=[("a", "h2")])
    with pytest.raises(AssertionError, match="a story is split"):
        machine.a_copy_by_another_provider_is_of_the_same_story()


@pytest.mark.parametrize("by_events", [True, False])
def test_the_look_at_what_came_since_goes_by_events(database: Database, monkeypatch: pytest.MonkeyPatch, by_events: bool) -> None:
    """A look for new items passes over an old one's new version, of which the text is a copy."""
    if not by_events:
        since = ledger.versions_since
        monkeypatch.setattr(ledger, "versions_since", lambda conn, seq: [id for id in since(conn, seq) if is_of_a_new_item(conn, id)])
    machine = IdentityMachine(database, monkeypatch)
    machine.nothing_is_stored()
    machine.two_chunks_at_once(first=[("b", "l1")], second=[("a", "l1")])
    machine.two_chunks_at_once(first=[("a", "h1")], second=[("a", "h2")])
    stored = machine._stored()
    assert (stored["agency", "a"].story == stored["outlet", "a"].story) is by_events


def is_of_a_new_item(conn: Connection, id: int) -> bool:
    of = select(tables.version.c.item).where(tables.version.c.id == id).scalar_subquery()
    return conn.execute(select(func.count()).where(tables.version.c.item == of)).scalar_one() == 1

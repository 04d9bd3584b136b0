"""The one lock: the order of events, near-copies, who waits for whom. What `pipeline/storage/ledger.py` and `pipeline/ingest/` do.

READ COMMITTED: a statement sees what was committed when it began. Three small models, one a question.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.model.checker import Model, put

# --- in which order events become visible ---------------------------------------------------------------------------------------


class Writer(NamedTuple):
    at: str = "start"
    change: int = 0
    seq: int = 0
    saw: int = 0


class OrderState(NamedTuple):
    writers: tuple[Writer, ...]
    rollbacks: int
    committed: tuple[int, ...] = ()
    log: frozenset[tuple[int, int]] = frozenset()
    last: int = 0
    drawn: int = 0
    read_to: int = 0
    read: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Order:
    """Each writer changes an item, `items[writer]`, and appends one event; a reader follows the numbers."""

    items: str = "XXY"
    rollbacks: int = 1
    without: str = ""

    def first(self) -> OrderState:
        return OrderState((Writer(),) * len(self.items), self.rollbacks)

    def steps(self, s: OrderState) -> Iterator[tuple[str, OrderState]]:
        locked = any(one.at == "locked" for one in s.writers)
        for place, one in enumerate(s.writers):
            nth = 1 + sum(self.items[other] == self.items[place] for other in s.committed)

            def goes(new: Writer, place: int = place, **more: Any) -> OrderState:
                return s._replace(writers=put(s.writers, place, new), **more)

            if one.at == "start" and self.without == "the lock is held from before the first change":
                others = sum(self.items[n] == self.items[place] and w.at in ("begun", "locked") for n, w in enumerate(s.writers))
                yield f"{place} changes {self.items[place]}", goes(one._replace(at="begun", change=nth + others, saw=s.last))
            elif one.at == "start":
                yield f"{place} begins", goes(one._replace(at="begun", saw=s.last))
            if one.at == "begun" and self.without == "events are numbered under the lock":
                yield f"{place} draws {s.drawn + 1}", goes(one._replace(at="locked", seq=s.drawn + 1, change=nth), drawn=s.drawn + 1)
            elif one.at == "begun" and not locked:
                last = one.saw if self.without == "last is read by a statement after the one that waited" else s.last
                yield f"{place} has the lock, last is {last}", goes(one._replace(at="locked", seq=last + 1, change=one.change or nth))
            if one.at == "locked":
                log, committed = s.log | {(one.seq, place)}, (*s.committed, place)
                yield f"{place} commits {one.seq}", goes(one._replace(at="done"), committed=committed, log=log, last=max(s.last, one.seq))
                if s.rollbacks:
                    yield f"!{place} rolls back", goes(Writer(), rollbacks=s.rollbacks - 1)
        new = sorted(entry for entry in s.log if entry[0] > s.read_to)
        if new:
            yield f"the reader sees {[seq for seq, _ in new]}", s._replace(read_to=new[-1][0], read=s.read + tuple(who for _, who in new))

    def wrong(self, s: OrderState) -> str:
        if len({seq for seq, _ in s.log}) < len(s.log):
            return "a number is given twice"
        if any(seq <= s.read_to and who not in s.read for seq, who in s.log):
            return "an event becomes visible behind the reader, who never sees it"
        changes = [(self.items[who], s.writers[who].change) for who in s.read]
        fell = any(a[0] == b[0] and a[1] > b[1] for place, b in enumerate(changes) for a in changes[:place])
        return "the older change of an item comes after the newer one" if fell else ""

    def is_done(self, s: OrderState) -> bool:
        return len(s.read) == len(self.items)


# --- near-copies that arrive together -------------------------------------------------------------------------------------------


class Ingest(NamedTuple):
    at: str = "look"
    last: int = 0
    found: int | None = None


class CopiesState(NamedTuple):
    workers: tuple[Ingest, ...]
    lock: int | None = None
    stored: tuple[tuple[int, int, int], ...] = ()
    """(seq of its event, item, story)"""


@dataclass(frozen=True, kw_only=True)
class Copies:
    """One text arrives several times at once: it must be one story. With `revises`, the first is a version of an old item."""

    count: int = 3
    revises: bool = False
    without: str = ""

    def first(self) -> CopiesState:
        return CopiesState((Ingest(),) * self.count)

    def steps(self, s: CopiesState) -> Iterator[tuple[str, CopiesState]]:
        backwards = self.without == "last is read before the candidates"
        for place, one in enumerate(s.workers):
            last = max((seq for seq, _, _ in s.stored), default=0)
            found = s.stored[0][2] if s.stored else None

            def goes(new: Ingest, place: int = place, **more: Any) -> CopiesState:
                return s._replace(workers=put(s.workers, place, new), **more)

            if one.at == "look":
                new = one._replace(at="look again", found=found) if backwards else one._replace(at="look again", last=last)
                yield f"{place} looks: {found if backwards else last}", goes(new)
            elif one.at == "look again":
                new = one._replace(at="waits", last=last) if backwards else one._replace(at="waits", found=found)
                yield f"{place} looks again: {last if backwards else found}", goes(new)
            elif one.at == "waits" and s.lock is None:
                yield f"{place} has the lock", goes(one._replace(at="locked"), lock=place)
            elif one.at == "locked":
                item = 0 if self.revises and place == 0 else place + 1
                yield (
                    f"{place} commits",
                    goes(one._replace(at="done"), lock=None, stored=(*s.stored, (last + 1, item, self._story(s, place, one)))),
                )

    def _story(self, s: CopiesState, place: int, one: Ingest) -> int:
        if one.found is not None:
            return one.found
        if self.without == "what came since the look-up is looked at again":
            return place
        by_item = self.without == "that look goes by events, not by new items"
        since = [story for seq, item, story in s.stored if seq > one.last and (item > 0 or not by_item)]
        return since[0] if since else place

    def wrong(self, s: CopiesState) -> str:
        return "the story is split" if len({story for _, _, story in s.stored}) > 1 else ""

    def is_done(self, s: CopiesState) -> bool:
        return len(s.stored) == self.count


# --- who waits for whom ---------------------------------------------------------------------------------------------------------


class LocksState(NamedTuple):
    at: tuple[int, ...]
    freezes: int
    frozen: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Locks:
    """Transactions take rows in the order of their plans, and keep them to the commit. A frozen host keeps its connection open."""

    freezes: int = 1
    without: str = ""

    def _plans(self) -> tuple[tuple[str, ...], ...]:
        enrich = ("work 2", "fact", "ledger")
        purge = ("fact", "ledger", "item")  # a purge empties the item's row
        if self.without == "nothing waits for another lock while it holds the ledger's":
            enrich = ("work 2", "item", "ledger")
        if self.without == "a purge empties an item's row and never deletes it":
            enrich, purge = ("fact", "item", "ledger"), ("ledger", "item", "fact")
        return ("work 1", "ledger", "item"), ("work 1", "ledger", "item"), enrich, ("ledger", "item"), purge

    def first(self) -> LocksState:
        return LocksState((0,) * len(self._plans()), self.freezes)

    def steps(self, s: LocksState) -> Iterator[tuple[str, LocksState]]:
        plans = self._plans()
        taken = {row for plan, at in zip(plans, s.at, strict=True) if at <= len(plan) for row in plan[:at]}
        for place, plan in enumerate(plans):
            at = s.at[place]
            if place in s.frozen:
                if self.without != "a transaction that does nothing is ended":
                    yield f"the server ends the transaction of {place}", s._replace(at=put(s.at, place, 0), frozen=s.frozen - {place})
                continue
            if at < len(plan) and plan[at] not in taken:
                yield f"{place} takes {plan[at]}", s._replace(at=put(s.at, place, at + 1))
            if at == len(plan):
                yield f"{place} commits", s._replace(at=put(s.at, place, at + 1))
            if s.freezes and 0 < at <= len(plan):
                yield f"!the host of {place} freezes", s._replace(frozen=s.frozen | {place}, freezes=s.freezes - 1)

    def wrong(self, s: LocksState) -> str:
        return ""

    def is_done(self, s: LocksState) -> bool:
        return all(at > len(plan) for at, plan in zip(s.at, self._plans(), strict=True))


SCENARIOS: dict[str, Model[Any]] = {
    "three writers, a rollback": Order(),
    "three copies at once": Copies(),
    "a copy in a new version of an old item": Copies(count=2, revises=True),
    "ingest, its zombie, enrichment, a kill, a purge; a host freezes": Locks(),
}
TAKEN_OUT = {
    "the lock is held from before the first change": "three writers, a rollback",
    "events are numbered under the lock": "three writers, a rollback",
    "last is read by a statement after the one that waited": "three writers, a rollback",
    "last is read before the candidates": "three copies at once",
    "what came since the look-up is looked at again": "three copies at once",
    "that look goes by events, not by new items": "a copy in a new version of an old item",
    "a transaction that does nothing is ended": "ingest, its zombie, enrichment, a kill, a purge; a host freezes",
    "nothing waits for another lock while it holds the ledger's": "ingest, its zombie, enrichment, a kill, a purge; a host freezes",
    "a purge empties an item's row and never deletes it": "ingest, its zombie, enrichment, a kill, a purge; a host freezes",
}
"""Rule → the scenario that shows what it is for."""

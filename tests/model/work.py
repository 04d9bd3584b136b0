"""Rows of work: offered, claimed, committed, split, set aside, revoked. What `pipeline/storage/work.py` and `workers/tasks.py` do.

Items   o good   k kills whoever runs it   e its own error, or not   t fails for a while, now and then
A row is due now, leased, or later; its message was offered not at all, freshly, or so long ago that it counts as lost.
A single is set aside after `most` losses (5 in operation).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from tests.model.checker import put


class Row(NamedTuple):
    id: int
    refs: tuple[int, ...]
    lost: int = 0
    token: int = 0
    when: Literal["now", "leased", "later"] = "now"
    offered: Literal["no", "fresh", "stale"] = "no"


class Held(NamedTuple):
    """A row as its claim saw it."""

    id: int
    refs: tuple[int, ...]
    token: int


class Child(NamedTuple):
    messages: tuple[tuple[int, int], ...] = ()
    held: tuple[Held, ...] = ()

    @property
    def is_idle(self) -> bool:
        return not self.messages and not self.held


class State(NamedTuple):
    rows: tuple[Row, ...]
    children: tuple[Child, ...]
    stored: tuple[int, ...]
    aside: tuple[int, ...]
    faults: int
    wipes: int
    revokes: int
    publishing: tuple[tuple[int, int], ...] = ()
    queue: tuple[tuple[int, int], ...] = ()
    revoked: frozenset[tuple[int, int]] = frozenset()
    next_id: int = 0


@dataclass(frozen=True, kw_only=True)
class Work:
    """`without`: the rule that is taken out."""

    items: str = "oo"
    chunks: tuple[tuple[int, ...], ...] = ((0, 1),)
    children: int = 2
    window: int = 2
    most: int = 2
    faults: int = 1
    wipes: int = 0
    revokes: int = 0
    must_be_stored: bool = False
    without: str = ""

    def first(self) -> State:
        none = (0,) * len(self.items)
        rows = tuple(Row(id, refs) for id, refs in enumerate(self.chunks))
        return State(rows, (Child(),) * self.children, none, none, self.faults, self.wipes, self.revokes, next_id=len(rows))

    def steps(self, s: State) -> Iterator[tuple[str, State]]:
        yield from self._offering(s)
        yield from self._time(s)
        if s.revokes:
            for row in s.rows:
                yield (
                    f"!an operator revokes {row.id}-{row.lost + 1}",
                    s._replace(revokes=s.revokes - 1, revoked=s.revoked | {(row.id, row.lost + 1)}),
                )
        if self.revokes and not s.revokes and s.next_id == len(self.chunks):
            for item, count in enumerate(s.aside):
                if count:
                    id = 0 if self.without == "what is released gets a new id" else s.next_id
                    rows = (*s.rows, Row(id, (item,)))
                    yield f"an operator releases {item}", s._replace(rows=rows, aside=put(s.aside, item, 0), next_id=s.next_id + 1)
        for place in range(len(s.children)):
            yield from self._child(s, place)

    def _offering(self, s: State) -> Iterator[tuple[str, State]]:
        """The offer is committed, then published; who does so may die in between."""
        again = ("no",) if self.without == "what was offered and not claimed is offered again" else ("no", "stale")
        free = max(0, self.window - len(s.queue))
        chosen = [row for row in s.rows if row.when == "now" and row.offered in again][:free]
        if s.publishing:
            yield f"publish {s.publishing}", s._replace(publishing=(), queue=s.queue + s.publishing)
            if s.faults:
                yield "!the sweep dies", s._replace(publishing=(), faults=s.faults - 1)
        elif chosen:
            rows = tuple(row._replace(offered="fresh") if row in chosen else row for row in s.rows)
            yield f"offer {[row.id for row in chosen]}", s._replace(rows=rows, publishing=tuple((row.id, row.lost + 1) for row in chosen))
        if s.queue and s.wipes:
            yield "!Redis is wiped", s._replace(queue=(), wipes=s.wipes - 1)

    def _time(self, s: State) -> Iterator[tuple[str, State]]:
        for place, row in enumerate(s.rows):
            if row.offered == "fresh" and row.when == "now":
                yield f"five seconds pass for {row.id}", s._replace(rows=put(s.rows, place, row._replace(offered="stale")))
            if row.when == "later":
                yield f"{row.id} is due", s._replace(rows=put(s.rows, place, row._replace(when="now")))
            if row.when == "leased":
                alive = any(held.token == row.token for child in s.children for held in child.held)
                if not alive or s.faults:  # to stall for longer than a lease is a fault
                    ended = s._replace(rows=put(s.rows, place, row._replace(when="now")), faults=s.faults - alive)
                    yield f"{'!' if alive else ''}the lease of {row.id} ends", ended

    def _child(self, s: State, place: int) -> Iterator[tuple[str, State]]:
        child = s.children[place]

        def becomes(new: Child, **more: Any) -> State:
            return s._replace(children=put(s.children, place, new), **more)

        if child.is_idle and s.queue:
            count = 1 if self.without != "a task runs one row" else 2
            yield f"{place} gets {s.queue[:count]}", becomes(Child(messages=s.queue[:count]), queue=s.queue[count:])
        if not child.is_idle and s.faults:
            yield f"!{place} dies", becomes(Child(), faults=s.faults - 1)
        if child.messages:
            yield self._claim(s, place, child.messages)
        elif child.held:
            yield from self._run(s, place, child.held[0], Child(held=child.held[1:]))

    def _claim(self, s: State, place: int, messages: tuple[tuple[int, int], ...]) -> tuple[str, State]:
        rows, aside, held = list(s.rows), s.aside, list[Held]()
        used = {row.token for row in rows} | {one.token for child in s.children for one in child.held}
        for id, attempt in messages:
            found = next((n for n, row in enumerate(rows) if row.id == id), None)
            if (id, attempt) in s.revoked:
                if found is not None and self.without != "what is revoked is set aside":
                    aside = _add(aside, rows.pop(found).refs)
            elif found is not None and (rows[found].when == "now" or self.without == "a claim takes only what is ready"):
                token = next(n for n in range(1, 99) if n not in used)
                used.add(token)
                rows[found] = rows[found]._replace(lost=rows[found].lost + 1, token=token, when="leased", offered="no")
                held.append(Held(id, rows[found].refs, token))
        children = put(s.children, place, Child(held=tuple(held)))
        return f"{place} claims {[one.id for one in held]}", s._replace(rows=tuple(rows), aside=aside, children=children)

    def _run(self, s: State, place: int, held: Held, after: Child) -> Iterator[tuple[str, State]]:
        at = next((n for n, row in enumerate(s.rows) if row.id == held.id), None)
        row = s.rows[at] if at is not None else None
        mine = row is not None and row.token == held.token
        others = s.rows if at is None else s.rows[:at] + s.rows[at + 1 :]
        s = s._replace(children=put(s.children, place, after))
        if not mine and self.without == "a split makes what its own DELETE gave back" and row is None and len(held.refs) > 1:
            yield f"{place} splits what is no longer there", self._singles(s, others, held.refs)
            return
        if mine and row is not None and row.lost > 1 and len(row.refs) > 1:
            yield f"{place} splits {held.id}", self._singles(s, others, row.refs)
            return
        if mine and row is not None and row.lost > self.most and len(row.refs) == 1:
            yield f"{place} sets {row.refs[0]} aside: lost too often", s._replace(rows=others, aside=_add(s.aside, row.refs))
            return
        kinds = {self.items[ref] for ref in held.refs}
        if "k" in kinds:
            yield f"{place} dies of {held.refs}", s._replace(children=put(s.children, place, Child()))
            return
        if not mine:
            yield f"{place} has lost its lease", s
        if "e" in kinds and (mine or self.without == "what sets aside asks for the token"):
            yield f"{place} sets {held.refs} aside", s._replace(rows=others, aside=_add(s.aside, held.refs))
        if not mine and self.without != "a commit asks for the token":
            return
        yield f"{place} commits {held.id}", s._replace(rows=others, stored=_add(s.stored, held.refs))
        if "t" in kinds and row is not None and at is not None:
            lost = row.lost if self.without == "an orderly end is no loss" else row.lost - 1
            yield f"{place} puts {held.id} off", s._replace(rows=put(s.rows, at, row._replace(when="later", token=0, lost=lost)))

    @staticmethod
    def _singles(s: State, others: tuple[Row, ...], refs: tuple[int, ...]) -> State:
        return s._replace(rows=others + tuple(Row(s.next_id + n, (ref,)) for n, ref in enumerate(refs)), next_id=s.next_id + len(refs))

    def wrong(self, s: State) -> str:
        for item, kind in enumerate(self.items):
            rows = sum(item in row.refs for row in s.rows)
            places = rows + s.stored[item] + s.aside[item]
            if s.stored[item] > 1:
                return f"item {item} is stored twice"
            if places != 1:
                return f"item {item} is lost" if not places else f"item {item} is in two places"
            if s.aside[item] and kind in "ot" and not s.revoked:
                return f"item {item} is innocent, and set aside"
        return "the queue grows past its bound" if len(s.queue) > 2 * self.window else ""

    def is_done(self, s: State) -> bool:
        if self.must_be_stored:
            return all(s.stored)
        return not s.rows and all(child.is_idle for child in s.children)


def _add(counts: tuple[int, ...], refs: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(min(2, count + (item in refs)) for item, count in enumerate(counts))


SCENARIOS = {
    "one kill, Redis wiped": Work(wipes=1),
    "what kills its worker, beside a good one": Work(items="ko", faults=0, children=1, chunks=((0, 1),)),
    "two rows, Redis wiped": Work(chunks=((0,), (1,)), most=1, faults=0, wipes=1),
    "an error of its own": Work(items="e", chunks=((0,),)),
    "what kills its worker, in a row beside another": Work(items="ko", chunks=((0,), (1,)), most=1, faults=0, wipes=0),
    "what fails for a while": Work(items="t", chunks=((0,),), most=2),
    "a revoke, and its release": Work(items="o", chunks=((0,),), children=1, faults=0, revokes=1, must_be_stored=True),
}
TAKEN_OUT = {
    "a commit asks for the token": "one kill, Redis wiped",
    "what sets aside asks for the token": "an error of its own",
    "what was offered and not claimed is offered again": "one kill, Redis wiped",
    "a claim takes only what is ready": "two rows, Redis wiped",
    "a task runs one row": "what kills its worker, in a row beside another",
    "a split makes what its own DELETE gave back": "one kill, Redis wiped",
    "an orderly end is no loss": "what fails for a while",
    "what is revoked is set aside": "a revoke, and its release",
    "what is released gets a new id": "a revoke, and its release",
}
"""Rule → the scenario that shows what it is for."""

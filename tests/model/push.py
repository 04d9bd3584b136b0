"""Push delivery: one row an item still to tell. What `pipeline/storage/deliveries.py` and `workers/deliver.py` do.

The log is given and appended one event at a time. To make a message and to hand it over are two steps, so that it may come late, as a
zombie's does. Wrong is: all is quiet, and the consumer does not show what is true.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from tests.model.checker import put


class Event(NamedTuple):
    """version; held (an embargoed version) and its release; kill, revival. `fits`: what the item matches from then on."""

    item: int
    kind: Literal["version", "held", "release", "kill", "revival"]
    version: int = 0
    fits: bool = True


class Row(NamedTuple):
    seq: int
    flying: bool = False


class Sent(NamedTuple):
    item: int
    seq: int
    generation: int
    says: int
    """A version; 0: nothing to show, ids and status only."""


class State(NamedTuple):
    rows: tuple[Row | None, ...]
    hands: tuple[Sent | None, ...]
    holds: tuple[tuple[int, int], ...]
    """The consumer's: (seq, what it shows) by item."""
    faults: int
    rewinds: int
    begun: int
    """Of a subscription that starts with all there is: transactions done, of two."""
    last: int = 0
    read: int = 0
    mark: int = 0
    made: tuple[Sent, ...] = ()
    queue: tuple[Sent, ...] = ()
    answers: frozenset[tuple[int, int, int]] = frozenset()
    generation: int = 1


@dataclass(frozen=True, kw_only=True)
class Push:
    log: tuple[Event, ...]
    window: int = 2
    faults: int = 1
    rewinds: int = 0
    hands: int = 1
    from_start: bool = False
    without: str = ""

    @property
    def _items(self) -> int:
        return 1 + max(event.item for event in self.log)

    def first(self) -> State:
        items = self._items
        begun = 0 if self.from_start else 2
        return State((None,) * items, (None,) * self.hands, ((0, 0),) * items, self.faults, self.rewinds, begun)

    def _says(self, item: int, upto: int) -> int | None:
        """What the item's state says after so many events; None: nothing can be seen of it yet."""
        newest, shown, killed, fits = None, None, False, True
        for event in self.log[:upto]:
            if event.item != item:
                continue
            if event.kind in ("kill", "revival"):
                killed = event.kind == "kill"
                continue
            fits = event.fits
            newest = event.version or newest
            shown = shown if event.kind == "held" else newest
        if killed:
            return 0
        return None if shown is None else shown if fits else 0

    def _ever_fitted(self, item: int, upto: int) -> bool:
        return any(event.item == item and event.fits and event.kind != "kill" for event in self.log[:upto])

    def steps(self, s: State) -> Iterator[tuple[str, State]]:
        if s.last < len(self.log):
            yield f"event {s.last + 1}", s._replace(last=s.last + 1)
        yield from self._begin(s)
        yield from self._read(s)
        yield from self._send(s)
        yield from self._consume(s)
        yield from self._acknowledge(s)
        if s.faults and (s.queue or s.answers):
            yield "!its Redis is wiped", s._replace(queue=(), answers=frozenset(), faults=s.faults - 1)
        if s.rewinds and s.begun == 2:
            rows = (None,) * self._items if self.without == "a rewind keeps the rows" else s.rows
            for to in range(s.read + 1):
                holds = tuple(held if held[0] <= to else (0, 0) for held in s.holds)
                more: dict[str, Any] = {"generation": s.generation + 1, "read": to, "rows": rows, "rewinds": 0, "holds": holds}
                yield f"the consumer loses what came after {to}; rewind", s._replace(**more)

    def _begin(self, s: State) -> Iterator[tuple[str, State]]:
        backwards = self.without == "a new subscription sets read_seq first"
        if s.begun == 2:
            return
        if (s.begun == 0) is not backwards:
            yield "read_seq is set", s._replace(begun=s.begun + 1, read=s.last, mark=s.last)
        else:
            at = max(1, s.last if backwards else s.mark)
            rows = tuple(Row(at) if row is None and self._ever_fitted(item, s.last) else row for item, row in enumerate(s.rows))
            yield "rows of all items", s._replace(begun=s.begun + 1, rows=rows)

    def _read(self, s: State) -> Iterator[tuple[str, State]]:
        is_set = s.begun == 2 or (s.begun == 1 and self.without != "a new subscription sets read_seq first")
        if not is_set or s.read >= s.last:
            return
        event, seq = self.log[s.read], s.read + 1
        is_kill = event.kind == "kill"
        if is_kill:
            tells = event.fits or self.without != "kills ignore filters"
        else:
            tells = event.fits or (self._ever_fitted(event.item, s.read) and self.without != "what left the filter is told")
        old = s.rows[event.item]
        flying = old is not None and old.flying and not is_kill
        rows = put(s.rows, event.item, Row(max(seq, old.seq if old else 0), flying)) if tells else s.rows
        yield f"read {seq}", s._replace(read=seq, rows=rows)

    def _send(self, s: State) -> Iterator[tuple[str, State]]:
        on_its_way = bool(s.queue or s.made or any(s.hands))
        for item, row in enumerate(s.rows):
            if row is None or s.begun < 2:
                continue
            if row.flying and not on_its_way and self.without != "what is not answered is sent again":
                yield f"{item} is due again", s._replace(rows=put(s.rows, item, row._replace(flying=False)))
            if not row.flying and len(s.queue) + len(s.made) < self.window:
                says = self._says(item, s.last)
                if says is None:
                    yield f"nothing to see of {item}", s._replace(rows=put(s.rows, item, None))
                    continue
                made = tuple(sorted((*s.made, Sent(item, row.seq, s.generation, says))))
                yield f"make {item} at {row.seq}: {says}", s._replace(rows=put(s.rows, item, row._replace(flying=True)), made=made)
        for sent in set(s.made):
            rest = list(s.made)
            rest.remove(sent)
            yield f"send {sent.item} at {sent.seq}", s._replace(made=tuple(rest), queue=(*s.queue, sent))
            if s.faults:
                yield "!the sender dies", s._replace(made=tuple(rest), faults=s.faults - 1)

    def _consume(self, s: State) -> Iterator[tuple[str, State]]:
        for place, sent in enumerate(s.hands):
            if sent is None:
                if s.queue:
                    yield f"{place} takes {s.queue[0].item}", s._replace(hands=put(s.hands, place, s.queue[0]), queue=s.queue[1:])
                continue
            seq, _ = s.holds[sent.item]
            applies = sent.seq > seq or self.without == "the consumer applies only what is greater"
            if not sent.says and not seq and self.without == "the consumer keeps tombstones":
                applies = False
            holds = put(s.holds, sent.item, (sent.seq, sent.says)) if applies else s.holds
            after = s._replace(hands=put(s.hands, place, None))
            answers = s.answers | {(sent.item, sent.seq, sent.generation)}
            yield f"{place} applies {sent.item} at {sent.seq}: {sent.says}", after._replace(answers=answers, holds=holds)
            if s.faults:
                yield f"!{place} dies", after._replace(faults=s.faults - 1)

    def _acknowledge(self, s: State) -> Iterator[tuple[str, State]]:
        for answer in s.answers:
            item, seq, generation = answer
            rows, row = s.rows, s.rows[item]
            current = generation == s.generation or self.without == "an acknowledgement of an older generation does nothing"
            if row is not None and current:
                if row.seq == seq or self.without == "an acknowledgement names the seq":
                    rows = put(rows, item, None)
                elif row.seq > seq:
                    rows = put(rows, item, row._replace(flying=False))
            yield f"{item} is acknowledged at {seq}", s._replace(answers=s.answers - {answer}, rows=rows)
            if s.faults:
                yield f"!{item} is acknowledged at {seq}, and will be again", s._replace(rows=rows, faults=s.faults - 1)

    def _is_quiet(self, s: State) -> bool:
        ours = s.last == len(self.log) and s.begun == 2 and s.read == s.last and not any(s.rows)
        return ours and not (s.made or s.queue or any(s.hands) or s.answers)

    def wrong(self, s: State) -> str:
        if len(s.queue) > self.window:
            return "the consumer's queue holds more than its window"
        if self._is_quiet(s):
            for item, (_, shows) in enumerate(s.holds):
                true = self._says(item, len(self.log)) or 0
                if shows != true:
                    return f"all is quiet, and the consumer shows {shows} of item {item} where {true} is true"
        return ""

    def is_done(self, s: State) -> bool:
        return self._is_quiet(s)


ONE, TWO, KILL = Event(0, "version", 1), Event(0, "version", 2), Event(0, "kill")
OTHER = Event(1, "version", 3)
SCENARIOS = {
    "two versions, two hands": Push(log=(ONE, TWO), hands=2),
    "two items": Push(log=(ONE, OTHER, TWO), window=1),
    "a kill, two hands": Push(log=(ONE, KILL), hands=2),
    "a kill that is taken back": Push(log=(ONE, KILL, Event(0, "revival")), window=1),
    "an embargoed version and its release": Push(log=(ONE, Event(0, "held", 2), Event(0, "release", 2)), window=1),
    "it leaves the filter and comes back": Push(log=(ONE, Event(0, "version", 2, False), Event(0, "version", 3)), window=1),
    "it leaves the filter": Push(log=(ONE, Event(0, "version", 2, False))),
    "an item that never matched is killed": Push(log=(ONE, Event(0, "kill", 0, False))),
    "a rewind": Push(log=(ONE, TWO), window=1, rewinds=1, faults=0),
    "a rewind, an item behind it": Push(log=(ONE, OTHER), window=1, rewinds=1, faults=0),
    "a new subscription from the start": Push(log=(ONE, TWO), from_start=True),
}
TAKEN_OUT = {
    "the consumer applies only what is greater": "two versions, two hands",
    "the consumer keeps tombstones": "a kill, two hands",
    "kills ignore filters": "an item that never matched is killed",
    "what left the filter is told": "it leaves the filter",
    "an acknowledgement names the seq": "two versions, two hands",
    "an acknowledgement of an older generation does nothing": "a rewind",
    "a rewind keeps the rows": "a rewind, an item behind it",
    "a new subscription sets read_seq first": "a new subscription from the start",
    "what is not answered is sent again": "two versions, two hands",
}
"""Rule → the scenario that shows what it is for."""

"""A Redis stream as a log: compare-and-append, the floor, its groups, kills. What a target that is a log does.

Ids are (generation, seq). Two models: `Stream`, with a filter, two writers, a wiped Redis and a rewind; `Kills`, texts and kills of one item
in one stream that two children of a group read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.model.checker import Model, put


class Redis(NamedTuple):
    top: tuple[int, int]
    entries: tuple[int, ...]
    delivered: int
    pending: frozenset[int] = frozenset()


class Writer(NamedTuple):
    """What it has read so far of the row (generation, floor) and of the stream."""

    at: str
    generation: int
    floor: int
    lowest: int | None = None
    expected: tuple[int, int] | None = None
    batch: tuple[int, ...] = ()


class State(NamedTuple):
    writers: tuple[Writer | None, ...]
    faults: int
    rewinds: int
    floor: int = 0
    generation: int = 1
    redis: Redis | None = None
    seen: frozenset[int] = frozenset()
    hand: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class Stream:
    """`fits`: which events match, a character each. `refuses`: an entry that the consumer can't apply."""

    fits: str = "101"
    window: int = 1
    scan: int = 2
    writers: int = 2
    faults: int = 1
    rewinds: int = 0
    refuses: int = 0
    without: str = ""

    def first(self) -> State:
        return State((None,) * self.writers, self.faults, self.rewinds)

    def _matches(self, seq: int) -> bool:
        return self.fits[seq - 1] == "1"

    def steps(self, s: State) -> Iterator[tuple[str, State]]:
        for place in range(self.writers):
            yield from self._write(s, place)
        yield from self._consume(s)
        if s.redis and s.faults:
            yield "!Redis is wiped", s._replace(redis=None, faults=s.faults - 1)
        if s.rewinds and s.floor:
            changes: dict[str, Any] = {"floor": 0, "generation": s.generation + 1, "hand": None, "rewinds": 0, "seen": frozenset()}
            yield "!the consumer starts anew; rewind", s._replace(**changes)

    def _write(self, s: State, place: int) -> Iterator[tuple[str, State]]:
        one = s.writers[place]

        def goes(new: Writer | None, **more: Any) -> State:
            return s._replace(writers=put(s.writers, place, new), **more)

        if one is None:
            yield f"{place} reads the row", goes(Writer("row", s.generation, s.floor))
            return
        if s.faults:
            yield f"!{place} dies", goes(None, faults=s.faults - 1)
        ours = s.redis if s.redis and s.redis.top[0] == one.generation else None
        if one.at == "row":
            lowest = min(ours.pending, default=None) if ours else None
            if self.without == "pending and last-delivered are read at once":
                yield f"{place} reads what is pending", goes(one._replace(at="pending", lowest=lowest))
            else:
                yield self._plan(s, place, one._replace(lowest=lowest), ours)
        elif one.at == "pending":
            yield self._plan(s, place, one, ours)
        elif one.at == "append":
            yield f"{place} appends {one.batch}", goes(one._replace(at="floor"), redis=self._appended(s, one))
        else:
            fenced = one.generation == s.generation or self.without == "the floor is written under its generation"
            floor = max(s.floor, one.floor) if fenced else s.floor
            redis = s.redis
            if redis and redis.top[0] == s.generation:
                redis = redis._replace(entries=tuple(seq for seq in redis.entries if seq > floor))
            yield f"{place} moves the floor to {floor}, trims", goes(None, floor=floor, redis=redis)

    def _plan(self, s: State, place: int, one: Writer, ours: Redis | None) -> tuple[str, State]:
        """What is acknowledged, and what to append: as far as the window has room, and a scan reaches."""
        top = ours.top[1] if ours else 0
        acknowledged = (one.lowest - 1 if one.lowest else ours.delivered) if ours else 0
        floor = max(one.floor, acknowledged)
        waiting = sum(self._matches(seq) for seq in range(floor + 1, top + 1))
        end, batch = max(top, floor), list[int]()
        stop = min(len(self.fits), end + self.scan)
        while end < stop and not (self._matches(end + 1) and waiting + len(batch) >= self.window):
            end += 1
            if self._matches(end):
                batch.append(end)
        if batch:
            new = one._replace(at="append", floor=floor, expected=s.redis.top if s.redis else None, batch=tuple(batch))
        else:
            may = floor >= top or self.without == "the floor passes what is filtered only when all is acknowledged"
            passes = may and self.without != "the floor passes what is filtered"
            new = one._replace(at="floor", floor=max(floor, end) if passes else floor)
        return f"{place} finds {acknowledged} acknowledged, to append: {batch}", s._replace(writers=put(s.writers, place, new))

    def _appended(self, s: State, one: Writer) -> Redis | None:
        redis, new = s.redis, one.batch
        if self.without != "an append names the last id it expects" and (redis.top if redis else None) != one.expected:
            return redis
        if redis and redis.top[0] == one.generation:
            new = tuple(seq for seq in one.batch if seq > redis.top[1])  # XADD refuses a lower id
            return redis._replace(top=(one.generation, max(one.batch[-1], redis.top[1])), entries=redis.entries + new)
        start = one.batch[-1] if self.without == "a new stream's group begins at the floor" else one.floor
        return Redis((one.generation, one.batch[-1]), one.batch, start)

    def _consume(self, s: State) -> Iterator[tuple[str, State]]:
        redis = s.redis
        if redis and s.hand is None:
            fresh = [seq for seq in redis.entries if seq > redis.delivered]
            if fresh:
                taken = redis._replace(delivered=fresh[0], pending=redis.pending | {fresh[0]})
                yield f"the consumer reads {fresh[0]}", s._replace(redis=taken, hand=(redis.top[0], fresh[0]))
            if redis.pending and self.without != "a consumer claims what another one had":
                lowest = min(redis.pending)
                yield f"the consumer claims {lowest}", s._replace(hand=(redis.top[0], lowest))
        if s.hand is None:
            return
        generation, seq = s.hand
        if seq == self.refuses and self.without == "what a consumer refuses it acknowledges":
            yield f"the consumer refuses {seq}", s._replace(hand=None)
            return
        if redis and redis.top[0] == generation:
            redis = redis._replace(pending=redis.pending - {seq})
        yield f"the consumer has {seq}, acknowledges", s._replace(seen=s.seen | {seq}, hand=None, redis=redis)
        if s.faults:
            yield "!the consumer dies", s._replace(hand=None, faults=s.faults - 1)

    def wrong(self, s: State) -> str:
        missed = next((seq for seq in range(1, s.floor + 1) if self._matches(seq) and seq not in s.seen), 0)
        if missed:
            return f"the floor {s.floor} passed event {missed}, which was never applied"
        return "the stream grows past its bound" if s.redis and len(s.redis.entries) > 2 * self.window + 1 else ""

    def is_done(self, s: State) -> bool:
        return s.floor == len(self.fits) and all(seq in s.seen for seq in range(1, s.floor + 1) if self._matches(seq))


class KillsState(NamedTuple):
    faults: int
    hands: tuple[int, int] = (0, 0)
    last: int = 0
    entries: tuple[int, ...] = ()
    pending: frozenset[int] = frozenset()
    delivered: int = 0
    holds: tuple[int, int] = (0, 0)


@dataclass(frozen=True, kw_only=True)
class Kills:
    """`log`: T a text, K a kill, all of one item."""

    log: str = "TK"
    faults: int = 1
    without: str = ""

    def first(self) -> KillsState:
        return KillsState(self.faults)

    def steps(self, s: KillsState) -> Iterator[tuple[str, KillsState]]:
        if s.last < len(self.log):
            seq, is_kill = s.last + 1, self.log[s.last] == "K"
            entries = (seq,) if is_kill else (*s.entries, seq)
            pending = frozenset[int]() if is_kill and self.without != "a kill acknowledges what it deletes" else s.pending
            yield f"append {self.log[s.last]}{seq}", s._replace(last=seq, entries=entries, pending=pending)
        for place, seq in enumerate(s.hands):
            if seq:
                yield from self._apply(s, place, seq)
                continue
            fresh = [one for one in s.entries if one > s.delivered]
            if fresh:
                taken = s._replace(delivered=fresh[0], pending=s.pending | {fresh[0]})
                yield f"{place} reads {fresh[0]}", taken._replace(hands=_hand(s.hands, place, fresh[0]))
            for one in s.pending - set(s.hands):
                if one in s.entries:
                    yield f"{place} claims {one}", s._replace(hands=_hand(s.hands, place, one))

    def _apply(self, s: KillsState, place: int, seq: int) -> Iterator[tuple[str, KillsState]]:
        is_kill = self.log[seq - 1] == "K"
        holds = s.holds
        if seq > holds[0] or self.without == "the consumer applies only what is greater":
            forgets = is_kill and holds == (0, 0) and self.without == "the consumer keeps tombstones"
            holds = holds if forgets else (seq, 0 if is_kill else seq)
        hands = _hand(s.hands, place, 0)
        yield f"{place} applies {seq}", s._replace(hands=hands, holds=holds, pending=s.pending - {seq})
        if s.faults:
            yield f"!{place} dies", s._replace(hands=hands, faults=s.faults - 1)

    def wrong(self, s: KillsState) -> str:
        true = 0 if self.log[-1] == "K" else len(self.log)
        return f"all is quiet, and the consumer shows {s.holds[1]} where {true} is true" if self.is_done(s) and s.holds[1] != true else ""

    def is_done(self, s: KillsState) -> bool:
        return s.last == s.delivered == len(self.log) and not any(s.hands) and not s.pending


def _hand(hands: tuple[int, int], place: int, seq: int) -> tuple[int, int]:
    return (seq, hands[1]) if place == 0 else (hands[0], seq)


SCENARIOS: dict[str, Model[Any]] = {
    "a filter, two writers": Stream(),
    "two in a window, two writers": Stream(fits="11", window=2, scan=1),
    "one writer": Stream(fits="11", writers=1),
    "one writer, something filtered": Stream(fits="10", writers=1),
    "most is filtered": Stream(fits="0001", writers=1, faults=0),
    "a rewind": Stream(fits="11", rewinds=1, faults=0),
    "an entry that is refused": Stream(fits="111", refuses=2, writers=1),
    "a text and its kill": Kills(),
    "a text, a kill, a text": Kills(log="TKT"),
}
TAKEN_OUT = {
    "an append names the last id it expects": "two in a window, two writers",
    "a new stream's group begins at the floor": "one writer",
    "pending and last-delivered are read at once": "one writer",
    "the floor is written under its generation": "a rewind",
    "the floor passes what is filtered": "most is filtered",
    "the floor passes what is filtered only when all is acknowledged": "one writer, something filtered",
    "what a consumer refuses it acknowledges": "an entry that is refused",
    "a consumer claims what another one had": "one writer",
    "a kill acknowledges what it deletes": "a text and its kill",
    "the consumer applies only what is greater": "a text and its kill",
    "the consumer keeps tombstones": "a text and its kill",
}
"""Rule → the scenario that shows what it is for."""

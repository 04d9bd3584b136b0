"""A small model checker: from the first state, whatever may happen, until no new state is found. Pure.

A model says what may happen in a state (`steps`), what is wrong (`wrong`) and when all is done (`is_done`). A step whose label begins with `!`
is a fault: it may happen at any time, and nothing may rely on it.

holds    nothing wrong can be reached, and from every state steps that are no faults lead to the end
wrong    something wrong was reached, by this shortest way
stuck    from the end of this way only luck would help
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from typing import Literal, NamedTuple, Protocol, TypeVar

MOST_STATES = 150_000

S = TypeVar("S", bound=Hashable)
T = TypeVar("T")


class Model(Protocol[S]):
    """Whatever of a protocol fits on a page."""

    def first(self) -> S: ...

    def steps(self, state: S) -> Iterator[tuple[str, S]]:
        """(what happens, the state after it)."""

    def wrong(self, state: S) -> str:
        """A sentence; '' where nothing is."""

    def is_done(self, state: S) -> bool:
        """All that was owed has been done."""


class Finding(NamedTuple):
    """What came out."""

    verdict: Literal["holds", "wrong", "stuck"]
    sentence: str
    trace: tuple[str, ...]
    states: int


def check(model: Model[S]) -> Finding:
    """Breadth first, so that the trace to what is wrong is a shortest one. Raises ValueError where the model is too large."""
    first = model.first()
    came: dict[S, tuple[S | None, str]] = {first: (None, "")}
    before: dict[S, list[S]] = {}
    todo = deque([first])
    ends = [first] if model.is_done(first) else []
    while todo:
        state = todo.popleft()
        for label, after in model.steps(state):
            if after not in came:
                came[after] = (state, label)
                sentence = model.wrong(after)
                if sentence:
                    return Finding("wrong", sentence, _way(came, after), len(came))
                if model.is_done(after):
                    ends.append(after)
                todo.append(after)
            if not label.startswith("!"):
                before.setdefault(after, []).append(state)
        if len(came) > MOST_STATES:
            raise ValueError(f"more than {MOST_STATES:,} states")
    hopeful = _backwards(ends, before)
    lost = next((state for state in came if state not in hopeful), None)
    if lost is not None:
        return Finding("stuck", "from here nothing but luck leads to the end", _way(came, lost), len(came))
    return Finding("holds", "", (), len(came))


def _way(came: dict[S, tuple[S | None, str]], state: S) -> tuple[str, ...]:
    labels: list[str] = []
    earlier, label = came[state]
    while earlier is not None:
        labels.append(label)
        earlier, label = came[earlier]
    return tuple(reversed(labels))


def _backwards(ends: Iterable[S], before: dict[S, list[S]]) -> set[S]:
    found, todo = set(ends), list(ends)
    while todo:
        for state in before.get(todo.pop(), ()):
            if state not in found:
                found.add(state)
                todo.append(state)
    return found


def put(values: tuple[T, ...], place: int, value: T) -> tuple[T, ...]:
    """The tuple with another value at that place."""
    return (*values[:place], value, *values[place + 1 :])

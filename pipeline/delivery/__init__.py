"""Where messages go: one file a kind of target, each exposing TARGET. I/O.

TARGET.check(settings)      Misconfigured, in one sentence, for what can't work
TARGET.open(settings)       push: a Channel: room, send, answers, close         one message an item still to tell
                            log: a Log: look, append, forget, close             each event in order, every version

A channel or a log is used by one thread at a time.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.metadata import entry_points
from typing import Any, Protocol, TypeVar

import msgspec

from pipeline.errors import Misconfigured
from pipeline.storage.logs import Entry
from pipeline.storage.subscriptions import Subscription
from schemas.learnt import learn
from schemas.messages import Message

S = TypeVar("S", bound=msgspec.Struct)


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What the other side said to one message."""

    subscription: int
    generation: int
    item: int
    seq: int
    ok: bool
    why: str = ""
    """A sentence, where it is not ok."""
    counts: bool = True
    """An attempt, if not ok. False: the other side is ill, and it says nothing of this item."""


learn(Answered)


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """What a target can take."""

    free: int
    """How many more messages it takes now."""
    urgent: int = 0
    """How many of those that can't wait it takes besides."""
    is_empty: bool
    """Nothing that we sent waits there: silence about it now means something."""
    is_seen: bool = True
    """It was asked, and is well. False: that is known only when something is sent."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was found out about a target."""

    ok: bool
    says: str
    """A sentence."""


class Channel(Protocol):
    """An open way to one target. Every method may raise Infrastructure or Throttled where the target is away, Gone where it is closed."""

    def room(self) -> Room:
        """Asked before each batch."""

    def send(self, subscription: int, messages: Sequence[Message], now: datetime, *, urgent: int = 0) -> None:
        """Hand them over, in this order; the first `urgent` of them before what waits there, where that can be."""

    def answers(self, take: Callable[[Sequence[Answered]], None]) -> int:
        """Give `take` what was answered; it is forgotten there only when `take` has returned. How many."""

    def examine(self, now: datetime) -> list[Finding]:
        """Whether a message would be taken and acknowledged, as far as the other side tells by itself."""

    def probe(self, number: int) -> bool:
        """Send what only comes back: an acknowledgement of subscription PROBE, with `number` as its seq. False: this kind needs none."""

    def unanswered(self) -> Finding:
        """What it means that a probe did not come back."""

    def close(self) -> None:
        """Free what it holds. It opens again by itself when it is used."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What a log holds, as one look saw it."""

    top: str = ""
    """Of its newest entry ever, in its own words: what `append` compares with. '' where there is no log."""
    generation: int = 0
    """Of its top; 0: there is none."""
    seq: int = 0
    """Of its top, if that is of the generation that was asked for; else 0."""
    acknowledged: int = 0
    """All entries of that generation up to here were."""
    room: int = 1_000_000_000
    """Entries that it takes now. What has no end says itself when it is full: a disk."""
    is_ready: bool = True
    """False: it, or a group of its readers, is to be made."""


class Log(Protocol):
    """An open log. Every method may raise Infrastructure where it is away."""

    def look(self, generation: int, now: datetime) -> Held:
        """What it holds."""

    def append(self, held: Held, generation: int, floor: int, entries: Sequence[Entry]) -> bool:
        """In order, if its top is still what `held` says; False: somebody else was there. Absent or of an older generation: made at the floor."""

    def examine(self, now: datetime) -> list[Finding]:
        """Whether it could be appended to, and who reads it."""

    def forget(self, generation: int, floor: int) -> None:
        """What is at the floor or below is no longer needed."""

    def close(self) -> None:
        """Free what it holds."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of target: `open` or `open_log`."""

    name: str
    check: Callable[[Mapping[str, Any]], None]
    """Raises Misconfigured for settings that can't work. Opens nothing."""
    describe: Callable[[Mapping[str, Any]], str]
    """For people; without passwords."""
    open: Callable[[Mapping[str, Any]], Channel] | None = None
    open_log: Callable[[Mapping[str, Any]], Log] | None = None
    log_waits_for: str = "its readers: so many events are not acknowledged"
    """What has to happen until what was appended counts."""
    place: Callable[[Mapping[str, Any]], str] | None = None
    """Of a log, however its settings spell it: only one subscription can keep its own there."""

    @property
    def is_log(self) -> bool:
        return self.open_log is not None


def open_channel(kind: str, settings: Mapping[str, Any]) -> Channel:
    """To a target that is pushed to. Raises Misconfigured."""
    opener = target(kind).open
    if opener is None:
        raise Misconfigured(f"A {kind} target keeps each event in order: nothing is pushed to it.")
    return opener(settings)


def open_log(kind: str, settings: Mapping[str, Any]) -> Log:
    """A target that keeps each event in order. Raises Misconfigured."""
    opener = target(kind).open_log
    if opener is None:
        raise Misconfigured(f"A {kind} target is pushed to: it keeps no events in order.")
    return opener(settings)


def sharer(one: str, kind: str, settings: Mapping[str, Any], all: Iterable[Subscription]) -> Subscription | None:
    """Another than `one` that keeps its log at the place that these settings name."""
    place = target(kind).place
    if place is None:
        return None
    return next(
        (other for other in all if (other.name != one, other.kind) == (True, kind) and place(other.target) == place(settings)), None
    )


def check_place(one: str, kind: str, settings: Mapping[str, Any], all: Iterable[Subscription]) -> None:
    """Raises Misconfigured where another subscription has its log there: the two would take turns in making it anew."""
    if other := sharer(one, kind, settings, all):
        raise Misconfigured(
            f"{target(kind).describe(other.target)}: the subscription {other.name} has its own there, and two can't share a place.",
            hint=f"Give {one} a place of its own, or let its readers read what {other.name} has there.",
        )


def read_settings(kind: str, type: type[S], settings: Mapping[str, Any], *, needs: Sequence[str], example: str) -> S:
    """What an operator says of a target, as its kind knows it. Raises Misconfigured, naming the setting."""
    known = type.__struct_fields__
    unknown = sorted(set(settings) - set(known))
    if unknown:
        raise Misconfigured(f"{unknown[0]} is no setting of a {kind} target.", hint=f"There are: {', '.join(known)}.")
    for name in needs:
        if not settings.get(name):
            raise Misconfigured(f"A {kind} target needs {name}.", hint=example)
    try:
        return msgspec.convert(settings, type, strict=False)
    except msgspec.ValidationError as error:
        raise Misconfigured(f"A {kind} target's settings are wrong: {error}.") from error


def room_in(window: int, waiting: int, window_bytes: int, taken_bytes: int, largest_bytes: int) -> int:
    """Messages of whatever size that a queue takes besides those that wait in it; one in any case where none does. Pure."""
    whole = (window_bytes - taken_bytes) // largest_bytes
    return max(0, min(window - waiting, whole if waiting else max(1, whole)))


def words(value: str) -> tuple[str, ...]:
    """Of a setting that is a list: `a, b`."""
    return tuple(part.strip() for part in value.split(",") if part.strip())


@cache
def targets() -> dict[str, Target]:
    """All kinds: the files of this folder, and the entry points `newswire.targets`."""
    found: dict[str, Target] = {}
    for module in pkgutil.iter_modules(__path__):
        target = getattr(importlib.import_module(f"{__name__}.{module.name}"), "TARGET", None)
        if isinstance(target, Target):
            found[target.name] = target
    for point in entry_points(group="newswire.targets"):
        target = point.load()
        found[target.name] = target
    return found


def target(kind: str) -> Target:
    """One kind. Raises Misconfigured."""
    known = targets()
    if kind not in known:
        raise Misconfigured(f"No kind of target is called {kind}.", hint=f"There are: {', '.join(sorted(known))}.")
    return known[kind]

"""Where messages go: one file a kind of target, each exposing TARGET. I/O.

TARGET.check(settings)      Misconfigured, in one sentence, for what can't work
TARGET.open(settings)       a Channel: room, send, answers, close

A channel is used by one thread at a time. These targets are pushed to: each has a queue of its own, and answers each message.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.metadata import entry_points
from typing import Any, Protocol

import msgspec

from pipeline.errors import Misconfigured
from schemas.messages import Message


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What the other side said to one message."""

    subscription: int
    generation: int
    item: int
    seq: int
    ok: bool


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """What a target can take."""

    free: int
    """How many more messages it takes now."""
    is_empty: bool
    """Nothing that we sent waits there: silence about it now means something."""


class Channel(Protocol):
    """An open way to one target. Every method may raise Infrastructure where the target is away."""

    def room(self) -> Room:
        """Asked before each batch."""

    def send(self, subscription: int, messages: Sequence[Message]) -> None:
        """Hand them over, in this order."""

    def answers(self, take: Callable[[Sequence[Answered]], None]) -> int:
        """Give `take` what was answered; it is forgotten there only when `take` has returned. How many."""

    def close(self) -> None:
        """Free what it holds."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of target."""

    name: str
    check: Callable[[Mapping[str, Any]], None]
    """Raises Misconfigured for settings that can't work. Opens nothing."""
    open: Callable[[Mapping[str, Any]], Channel]
    describe: Callable[[Mapping[str, Any]], str]
    """For people; without passwords."""


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

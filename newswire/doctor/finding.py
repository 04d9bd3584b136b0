"""One thing that was looked at."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

import msgspec

from pipeline.errors import Infrastructure, NewswireError

Level = Literal["ok", "advice", "wrong"]

SKEW_ADVICE_S, SKEW_WRONG_S = 2.0, 30.0


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What is so, and what to do about it."""

    level: Level
    about: str
    """disk, files, settings, versions, schema, database, connections, clock, redis, queues, processes"""
    says: str
    do: str = ""
    is_away: bool = False
    """It could not be looked at: a server is not to be had."""


def ok(about: str, says: str) -> Finding:
    return Finding(level="ok", about=about, says=says)


def advice(about: str, says: str, do: str) -> Finding:
    return Finding(level="advice", about=about, says=says, do=do)


def wrong(about: str, says: str, do: str) -> Finding:
    return Finding(level="wrong", about=about, says=says, do=do)


def away(about: str, error: NewswireError) -> Finding:
    return Finding(level="wrong", about=about, says=str(error), do=error.hint, is_away=isinstance(error, Infrastructure))


def clock(name: str, before: datetime, theirs: datetime, after: datetime, *, matters: str) -> Finding:
    """How far a server's clock is from this machine's; `before` and `after` asking for it."""
    middle = before + (after - before) / 2
    skew = (theirs - middle).total_seconds()
    sure = (after - before).total_seconds() / 2
    if abs(skew) <= SKEW_ADVICE_S + sure:
        return ok("clock", f"{name}'s clock and this machine's differ by {abs(skew):.1f} s")
    which = "ahead of" if skew > 0 else "behind"
    make: Callable[[str, str, str], Finding] = wrong if abs(skew) > SKEW_WRONG_S else advice
    return make(
        "clock", f"{name}'s clock is {abs(skew):.0f} s {which} this machine's: {matters}.", "Set both by NTP (timedatectl, chrony)."
    )

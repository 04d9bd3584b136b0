"""The outside world has a clock of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Tells an aware UTC time."""


def wall_clock() -> datetime:
    """The time now, in whole seconds as feeds print it."""
    return datetime.now(UTC).replace(microsecond=0)

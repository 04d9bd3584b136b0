"""Patterns that are compiled when they are first used: a long one costs milliseconds, which importing the cleaner need not. Pure."""

from __future__ import annotations

import re
from typing import Any, cast


class _Later:
    """A compiled pattern's methods, once one of them is asked for; each is then an attribute of its own, as fast as the pattern's."""

    def __init__(self, pattern: str, flags: int) -> None:
        self._given = pattern, flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(*self._given), name)
        setattr(self, name, found)
        return found


def later(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Like `re.compile`, but not yet."""
    return cast("re.Pattern[str]", _Later(pattern, flags))

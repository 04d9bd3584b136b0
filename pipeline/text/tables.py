"""The word lists and tables in data/: read once by whoever needs them. Pure but for reading files of the distribution."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


def lines(table: str) -> list[str]:
    """The lines of a table."""
    return (files("pipeline.text") / "data" / table).read_text(encoding="utf-8").splitlines()


def rows(table: str) -> list[list[str]]:
    """The lines of a table, split at tabs."""
    return [line.split("\t") for line in lines(table)]


@cache
def sections(table: str) -> dict[str, frozenset[str]]:
    """A list in parts: `[name]  why` on a line of its own, then an entry a line."""
    found: dict[str, set[str]] = {}
    name = ""
    for line in lines(table):
        if line.startswith("["):
            name = line[1 : line.index("]")]
        elif name and line:
            found.setdefault(name, set()).add(line)
    return {name: frozenset(entries) for name, entries in found.items()}

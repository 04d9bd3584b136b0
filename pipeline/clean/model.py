"""How likely a block is the story's: a sum of small decision trees, kept as a plain table that `benchmarks/clean/train.py` wrote.

The table becomes one Python function of nested comparisons a group of trees: walking the table itself took three times as long. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from importlib.resources import files

import msgspec

from pipeline.clean.features import NAMES

_GROUPS = 3
"""Trees are asked in so many groups: what the first say beyond doubt, the others need not be asked."""
_BEYOND_DOUBT = 1.6
"""Sum of the first groups from which the others no more change the answer (below 2 in 1,000 blocks of the tuning half)."""


class Table(msgspec.Struct, frozen=True):
    """All trees. A node is [column, threshold, left, right]; below or equal goes left; a leaf is [value]; the first is the root."""

    columns: tuple[str, ...]
    trees: tuple[tuple[tuple[float, ...], ...], ...]
    cut: float
    """The likelihood from which a block is kept."""
    confidence: tuple[float, ...] = ()
    """What each number of `choose.doubts` counts for."""


@cache
def table() -> Table:
    """As it lies beside this file."""
    found = msgspec.json.decode((files("pipeline.clean") / "data" / "blocks.json").read_bytes(), type=Table)
    assert found.columns == NAMES, "the table was trained on other columns: run benchmarks/clean/train.py"
    return found


@cache
def _groups() -> tuple[Callable[[tuple[float, ...]], float], ...]:
    trees = table().trees
    step = -(-len(trees) // _GROUPS)
    return tuple(_function(trees[at : at + step]) for at in range(0, len(trees), step))


def _function(trees: tuple[tuple[tuple[float, ...], ...], ...]) -> Callable[[tuple[float, ...]], float]:
    """`score(row)`: the sum of these trees, as code made of numbers only."""
    columns = ", ".join(f"c{column}" for column in range(len(NAMES)))
    lines = ["def score(row):", f" {columns} = row", " s = 0.0"]

    def write(tree: tuple[tuple[float, ...], ...], at: int, indent: str) -> None:
        node = tree[at]
        if len(node) == 1:
            lines.append(f"{indent}s += {node[0]!r}")
            return
        column, threshold, left, right = node
        lines.append(f"{indent}if c{int(column)} <= {threshold!r}:")
        write(tree, int(left), indent + " ")
        lines.append(f"{indent}else:")
        write(tree, int(right), indent + " ")

    for tree in trees:
        write(tree, 0, " ")
    lines.append(" return s")
    made: dict[str, Callable[[tuple[float, ...]], float]] = {}
    exec("\n".join(lines), made)
    return made["score"]


def likelihood(row: tuple[float, ...]) -> float:
    """0 to 1, of a row with the columns NAMES."""
    total = 0.0
    for group in _groups():
        total += group(row)
        if abs(total) > _BEYOND_DOUBT:
            break
    return 1 / (1 + math.exp(-total))

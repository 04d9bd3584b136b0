"""Statements of a page about itself, each with where it comes from; and which of them to believe. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Generic, TypeVar

import msgspec

from schemas.article import Origin, Provenance

T = TypeVar("T")


_SUREST = 0.95
"""What all agree on is still another thing than what people call it on a page in twenty."""


class Said(msgspec.Struct, Generic[T], frozen=True):
    """One statement."""

    value: T
    origin: Origin
    where: str = ""
    """The field or element that says it: `datePublished`, `article:published_time`, `h1`."""
    given: str = ""
    """As it stands there, where that differs from `value`."""


def believed(
    chosen: Said[T], others: Iterable[Said[T]], *, same: Callable[[T, T], bool], alone: float, differing_keeps: float
) -> Provenance:
    """How a chosen statement is known.

    `alone`: how often one of its kind is right when nothing else speaks of it; each origin that says the same halves the doubt.
    `differing_keeps`: the share of the trust that is left by each origin that says another thing. Both are measured on labelled pages.
    """
    agreeing: set[Origin] = set()
    differing: dict[Origin, str] = {}
    for other in others:
        if other is chosen:
            continue
        if same(other.value, chosen.value):
            agreeing.add(other.origin)
        elif other.origin not in agreeing:
            differing.setdefault(other.origin, other.where)
    confidence = 1 - (1 - alone) * 0.5 ** len(agreeing - {chosen.origin})
    confidence = min(confidence, _SUREST) * differing_keeps ** len([origin for origin in differing if origin not in agreeing])
    return Provenance(
        origin=chosen.origin,
        where=chosen.where,
        given=chosen.given,
        confidence=round(confidence, 3),
        against=tuple(sorted(f"{origin}: {where}" for origin, where in differing.items() if origin not in agreeing)),
    )


@lru_cache(maxsize=4096)
def letters(text: str) -> str:
    """Letters and digits only, casefolded: equal where two texts differ in punctuation and spaces."""
    return "".join(filter(str.isalnum, text.casefold()))

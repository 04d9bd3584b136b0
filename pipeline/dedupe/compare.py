"""How two texts share their words, and whether they tell of the same. Pure."""

from __future__ import annotations

import re

from pipeline.dedupe.signature import shingles, words
from schemas.verdict import Overlap

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][\w'-]+")


def overlap(new: str, other: str) -> Overlap:
    """Shares by word-5 shingles, each 0 to 1."""
    mine, theirs = shingles(new), shingles(other)
    common = len(mine & theirs)
    union = len(mine) + len(theirs) - common
    return Overlap(
        of_new=common / len(mine) if mine else 0.0,
        of_other=common / len(theirs) if theirs else 0.0,
        jaccard=common / union if union else 0.0,
    )


def shared_shingles(new: str, other: str) -> int:
    """How many shingles both hold."""
    return len(shingles(new) & shingles(other))


def details(text: str) -> frozenset[str]:
    """Numbers and capitalised names inside sentences: what changes from one recurring report to the next."""
    return frozenset(_NUMBER.findall(text)) | frozenset(_NAME.findall(text))


def details_differ(new: str, other: str) -> bool:
    """Each holds numbers or names that the other lacks: more than an addition to one of them."""
    mine, theirs = details(new), details(other)
    return bool(mine - theirs) and bool(theirs - mine)


def same_words(new: str, other: str) -> bool:
    """Equal but for white space, case and punctuation."""
    return words(new) == words(other)

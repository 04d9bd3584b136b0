"""How two texts share their words, and whether they tell of the same. Pure."""

from __future__ import annotations

import re

from rapidfuzz.distance import Levenshtein

from pipeline.dedupe.signature import shingles
from schemas.verdict import Overlap

_WORD = re.compile(r"\w+(?:[.,:'’/-]\w+)*")
_STYLE = re.compile(r"[.'’]")
_MOST_WORDS = 3_000
"""Of each text are aligned: a news story is shorter, and the cost grows with the product of both."""
_LEAST_RUN = 3
"""Equal words that hold two texts together; fewer meet by chance."""
_LONGEST_GAP = 12
"""Words between two such runs that can be one thing said in place of another; more is something added or cut."""


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


def replaced_details(new: str, other: str) -> tuple[int, int]:
    """(replaced, kept): numbers and names that stand in place of others between runs of equal words, and those inside such runs.

    A copy keeps them, whatever was cut off or put before it; the next report of a series has the words and other numbers.
    """
    mine, theirs = _tokens(new), _tokens(other)
    replaced = kept = 0
    gap_mine: list[tuple[str, bool]] = []
    gap_theirs: list[tuple[str, bool]] = []
    is_held = False  # a run of equal words stands before the gap
    for step in Levenshtein.opcodes([word for word, _ in mine], [word for word, _ in theirs]):
        if step.tag != "equal" or step.src_end - step.src_start < _LEAST_RUN:
            gap_mine += mine[step.src_start : step.src_end]
            gap_theirs += theirs[step.dest_start : step.dest_end]
            continue
        if is_held and max(len(gap_mine), len(gap_theirs)) <= _LONGEST_GAP:
            before, after = _details(gap_theirs), _details(gap_mine)
            replaced += min(len(before - after), len(after - before))
        is_held, gap_mine, gap_theirs = True, [], []
        kept += sum(is_detail for _, is_detail in mine[step.src_start : step.src_end])
    return replaced, kept


def _details(words: list[tuple[str, bool]]) -> set[str]:
    return {word for word, is_detail in words if is_detail}


def _tokens(text: str) -> list[tuple[str, bool]]:
    """(word, whether it is a number or a name); a sentence's first word is no name for its capital."""
    found = []
    for match in _WORD.finditer(text):
        word = match[0]
        before = text[max(0, match.start() - 2) : match.start()]
        is_first = not before.strip() or "\n" in before or before.rstrip()[-1:] in ".!?:"
        is_number = any(map(str.isdigit, word))
        # house styles write U.S. and US, ’ and '
        found.append((word if is_number else _STYLE.sub("", word).casefold(), is_number or (word[0].isupper() and not is_first)))
        if len(found) == _MOST_WORDS:
            break
    return found

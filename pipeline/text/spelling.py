"""What two spellings of one name have in common. Pure."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_SAME = str.maketrans(
    {"ى": "ي", "ی": "ي", "ة": "ه", "ک": "ك", "’": "'", "ʼ": "'", "‘": "'", ".": " ", "-": " ", "\u200c": " ", "ـ": None}
    | {"ı": "i", "ł": "l", "ø": "o", "đ": "d"}
)
"""Letters that Arabic and Persian typesetting take for one another, apostrophes, what joins or shortens words, and letters that no form decomposes."""
_SHORT = {"saint": "st", "fort": "ft", "mount": "mt"}


@lru_cache(4096)
def key(name: str) -> str:
    """`ST PAUL` and `St. Paul`, `SAO PAULO` and `São Paulo`, `الأراضي` and `الاراضى` have one key each."""
    plain = name.casefold().translate(_SAME)
    if not plain.isascii():
        plain = "".join(sign for sign in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(sign)).translate(_SAME)
    return " ".join(_SHORT.get(word, word) for word in plain.split())

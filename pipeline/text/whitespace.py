"""White space, invisible signs and paragraphs. Pure."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import Literal

from pipeline.text.later import later

_DROPPED = later("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufffe\uffff]")
"""Controls, soft hyphens, zero-width and direction marks, byte order marks. Joiners (U+200C, U+200D) stay: Persian and Hindi need them."""
_SURROGATE = later("[\ud800-\udfff]")
_BREAKS = re.compile("\r\n|[\r\x85\u2028\u2029]")
_SPACES = re.compile(r"[^\S\n]+")
_DENSE = later("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_IDEOGRAPHS = later("[\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_UNPARTED = later("[\u0e01-\u0e4e\u0e81-\u0ece\u1000-\u109f\u1780-\u17d3]")
_WITHOUT_WORDS = bytes((0xE0, 0xE1, *range(0xE3, 0xF5)))
"""In UTF-8 all signs of both begin so, and most texts have none: a look at once, a tenth of the cost of the patterns."""
_LETTERS_A_WORD = 5
_LONGEST_WORD = 300
"""Characters without a space between that are normalised at once: of Chinese and Thai, a paragraph."""
_WRAPPED_AT = 100
"""A text with no line longer than this (in characters) may be wrapped by hand; one with longer lines is not."""
_FULL = 0.85
"""A line that would stay shorter than this share of the longest one, with the next word, was not broken for want of room."""
_SENTENCE_ENDS = '.!?:;"”’»)。'


def plain(text: str) -> str:
    """Without controls and invisible signs, with `\\n` for each kind of line end. Lone surrogates become U+FFFD."""
    text = _DROPPED.sub("", _BREAKS.sub("\n", text.replace("\x0b", "\n").replace("\x0c", "\n")))
    return text.encode("utf-8", "replace").decode("utf-8") if not text.isascii() and _has_surrogate(text) else text


def _has_surrogate(text: str) -> bool:
    return _SURROGATE.search(text) is not None


def one_line(text: str) -> str:
    """All white space, no-break spaces and line ends included, collapsed to single spaces; none at the ends."""
    return " ".join((text if text.isprintable() else plain(text)).split())


def normalized(text: str, form: Literal["NFC", "NFKD"] = "NFC") -> str:
    """As `unicodedata.normalize`, whose time grows with the square of a run of combining marks: words longer than any are cut."""
    if text.isascii():
        return text
    words = text.split(" ")  # nothing composes with a space
    if max(map(len, words)) <= _LONGEST_WORD:
        return unicodedata.normalize(form, text)
    return " ".join(
        "".join(unicodedata.normalize(form, word[at : at + _LONGEST_WORD]) for at in range(0, len(word), _LONGEST_WORD)) for word in words
    )


def paragraphs(text: str) -> tuple[str, ...]:
    """The paragraphs of plain text: parted by blank lines, by indentation, or a line each; hand-wrapped lines are joined.

    A wire's text comes in three shapes: a line a paragraph (scraped pages), lines wrapped at 60 to 80 with blank lines between
    paragraphs, and the same with an indent in place of the blank line (ANPA 1312, IPTC 7901).
    """
    lines = plain(text).split("\n")
    width = max((len(line.rstrip()) for line in lines), default=0)
    wraps = _is_wrapped(lines, width)
    found: list[list[str]] = []
    open_line = ""
    for line in lines:
        stripped = " ".join(line.split())
        if not stripped:
            open_line = ""
            continue
        if open_line and wraps and not line[0].isspace() and _is_full(open_line, stripped, width):
            found[-1].append(stripped)
        else:
            found.append([stripped])
        open_line = line.rstrip()
    return tuple(" ".join(paragraph) for paragraph in found)


def _is_wrapped(lines: list[str], width: int) -> bool:
    """Two lines or more that are full and stop in the middle of a sentence, the next line being no blank one."""
    if width > _WRAPPED_AT:
        return False
    broken = 0
    for line, following in pairwise(lines):
        line, following = line.rstrip(), following.strip()
        if line and following and line[-1] not in _SENTENCE_ENDS and _is_full(line, following, width):
            broken += 1
    return broken >= 2


def _is_full(line: str, following: str, width: int) -> bool:
    """Was the line broken because the first word of the next one no longer fitted, give or take?"""
    return len(line) >= 30 and len(line) + 1 + len(following.split(" ", 1)[0]) > width * _FULL


def size(text: str) -> int:
    """How much a text says, in characters of an alphabet: a sign of Chinese, Japanese, Korean or Thai counts for two and a half."""
    return len(text) if text.isascii() else len(text) + len(_DENSE.findall(text)) * 3 // 2


def word_count(text: str) -> int:
    """Words, split at white space. Where a script parts no words, as word processors count: each ideograph and kana is one, and of Thai, Lao, Khmer
    and Burmese each fifth letter begins one (an estimate: only a dictionary could tell).
    """
    words = sum(len(line.split()) for line in text.split("\n"))  # at once, the words of a large text would take ten times its memory
    data = text.encode("utf-8", "replace")
    if len(data) == len(data.translate(None, _WITHOUT_WORDS)):
        return words
    signs, letters = len(_IDEOGRAPHS.findall(text)), len(_UNPARTED.findall(text))
    if not signs and not letters:
        return words
    rest = _UNPARTED.sub(" ", _IDEOGRAPHS.sub(" ", text))
    return signs + -(-letters // _LETTERS_A_WORD) + sum(any(map(str.isalnum, word)) for word in rest.split())

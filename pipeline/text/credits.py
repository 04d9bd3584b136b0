"""Lines of credit above and below a story → what each of their labels says. Pure.

2019-09-05 11:10  来源：海湾日报  作者：李明  责任编辑：王芳     Källa: TT     Автор: Анна Иванова | Обновлено: 2 мая 2023
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from itertools import islice

from pipeline.text import labels
from pipeline.text.agencies import agency_of
from pipeline.text.dates import DIGIT, date_in
from pipeline.text.later import later

_NOBODY = frozenset(
    "agencies wires internet web agences agencias agências agenzie agenturen eigene agenzija ajanslar агентства агенції агенции وكالات الوكالات خبرگزاری‌ها"
    " 网络 互联网 网络整理 综合 综合整理 本站 本网 本站原创 原创 转载 未知".split()
)
"""In the place of a source, where none is named."""


class Says(StrEnum):
    """What follows a label."""

    AUTHOR = "author"
    SOURCE = "source"
    PUBLISHED = "published"
    UPDATED = "updated"
    OTHER = "other"
    """Of somebody who did not write it, or of the page's own frame."""


_LONGEST = 200
"""Characters. No line of credit is longer."""
_VALUE, _WORDS, _TIME = 40, 6, 60
"""Characters and words of the longest name or source, and characters of a time."""
_PARTICLES = frozenset("de del della di da van von der den la le el al".split())
_BRACKETS = later(r"^\s*[(（\[【<]\s*(?P<inside>[^()（）\[\]【】]*)[)）\]】>]\s*。?\s*$")
_EDGES = " \t\u3000|｜·•,，;；/()（）[]【】-–—"
_SENTENCE = later(r"[!?。！？؟।]|[^\W\d_]{3,}\.(?:\s|$)")
_WORD_EDGE = re.compile(r"(?<![^\W\d_])(?=[^\W\d_])")
_COLONS = (":", "：", "|", "｜", "／", "/", "=", "＝", "・")
_SIGN = later(r"\s{0,2}(?:(?P<colon>[:：])|[|｜=＝]|[／/・](?![图文]))\s*|(?<=[图文])\s")
"""What ends a label: a colon, and behind Chinese, Japanese and Korean ones other signs, too."""
_LABEL, _LABEL_WORDS, _JOINED = 30, 5, 6
"""Characters and words of the longest label, and characters of one in a script that parts no words."""
_MOST = 12
"""Signs of a line that are looked at."""


@cache
def _tables() -> dict[str, Says]:
    found: dict[str, Says] = {}
    for says, table in (
        (Says.AUTHOR, labels.AUTHOR),
        (Says.OTHER, labels.OTHER),
        (Says.PUBLISHED, labels.PUBLISHED),
        (Says.UPDATED, labels.UPDATED),
        (Says.SOURCE, labels.SOURCE),
    ):
        found |= {phrase.rstrip(":：").casefold(): says for phrase in table}
    return found


def _label(before: str, is_colon: bool) -> tuple[Says, int] | None:
    """What the label says that a text ends in, and where it begins; None for a text that ends in none."""
    if not before or not before[-1].isalpha() and before[-1] != "/":
        return None
    if "\u2e80" < before[-1] < "\ud7b0":
        for start in range(max(0, len(before) - _JOINED), len(before)):
            is_apart = start < len(before) - 1 or start == 0 or not before[start - 1].isalpha()
            if is_apart and (says := _tables().get(before[start:])):
                return says, start
        return None
    if is_colon:
        starts = [match.end() for match in _WORD_EDGE.finditer(before, max(0, len(before) - _LABEL))]
        for start in starts[-_LABEL_WORDS:]:
            if says := _tables().get(before[start:].casefold()):
                return says, start
    return None


def fields(line: str) -> tuple[tuple[Says, str], ...]:
    """What each label of a line says, in their order; () for one that has none, or says more than such lines do."""
    if len(line) > _LONGEST or not any(map(line.__contains__, _COLONS)):
        return ()
    bracketed = _BRACKETS.match(line)
    return _fields(bracketed["inside"] if bracketed else line)


def _fields(line: str) -> tuple[tuple[Says, str], ...]:
    found = [(label, sign) for sign in islice(_SIGN.finditer(line), _MOST) if (label := _label(line[: sign.start()], bool(sign["colon"])))]
    if not found:
        return ()
    before = line[: found[0][0][1]]
    ends = [start for (_, start), _ in found[1:]] + [len(line)]
    said = [(says, line[sign.end() : end].strip(_EDGES)) for ((says, _), sign), end in zip(found, ends, strict=True)]
    if not all(map(_is_short, said)) or before.strip(_EDGES) and date_in(before) is None:
        return ()
    is_stamped = bool(before.strip()) and DIGIT.search(before) is not None
    return ((Says.PUBLISHED, before.strip()), *said) if is_stamped else tuple(said)


def _is_short(said: tuple[Says, str]) -> bool:
    """Is it no more than a name, a time or nothing?"""
    says, value = said
    if not value:
        return True
    if says in (Says.PUBLISHED, Says.UPDATED):
        return len(value) <= _TIME and DIGIT.search(value) is not None
    is_name = not value[0].islower() or value.split()[0] in _PARTICLES
    return is_name and len(value) <= _VALUE * 2 and len(value.split()) <= _WORDS * 2 and not _SENTENCE.search(value)


def source_of(line: str) -> str:
    """The house that a line's label names: an agency by its usual name, others as printed; "" where none is named."""
    value = next((value for says, value in fields(line) if says is Says.SOURCE and value), "")
    if value.casefold() in _NOBODY:
        return ""
    agency = agency_of(value)
    return agency.name if agency else value if _is_name(value) else ""


def authors_of(line: str) -> str:
    """The names behind a line's labels of authors, as printed; "" where none is named."""
    return ", ".join(value for says, value in fields(line) if says is Says.AUTHOR and _is_name(value))


def is_credit(line: str) -> bool:
    """Is a line that of a byline, a stamp, a source or an editor, from its first sign to its last?"""
    said = fields(line)
    return bool(said) and all(not value or says in (Says.PUBLISHED, Says.UPDATED) or _is_name(value) for says, value in said)


def _is_name(value: str) -> bool:
    return 2 <= len(value) <= _VALUE and len(value.split()) <= _WORDS and not value.startswith("http") and not value[0].islower()

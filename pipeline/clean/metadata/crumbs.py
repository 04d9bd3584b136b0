"""The section of a page by the way to it that readers see above the headline: `Home > News > Harbour > the headline`. Pure."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from pipeline.clean.metadata.dates import date_span
from pipeline.clean.metadata.head import line
from pipeline.clean.metadata.lines import above, label_of
from pipeline.clean.metadata.said import letters
from pipeline.clean.metadata.words import HERE, HOME
from pipeline.text.later import later

_LONGEST, _SECTION = 300, 40
"""Characters of the longest way and of the longest section's name."""
_MARKS = (">", "»", "›", "＞", "→", " / ", "/\n")
_PARTED = later(r"[\n>»›＞→|]|\s/\s")
_EDGES = " /·•:："
_WAYS = frozenset("div p ul ol nav td span".split())
"""Elements that hold such a way."""
_LABEL = re.compile(r"^[^:：>»›]{2,14}[:：]\s*")
"""`当前位置：`, `You are here:`"""


def read(headline: LexborNode | None, title: str) -> str:
    """The last of the sections that lead to the page; "" where no way is shown, or the front page alone leads there."""
    for node in above(headline) if headline is not None else ():
        is_named = "crumb" in label_of(node).lower()
        if (is_named or node.tag in _WAYS) and (found := _section(node, title, is_named=is_named)):
            return found
    return ""


def _section(node: LexborNode, title: str, *, is_named: bool) -> str:
    """`is_named`: its class calls it a way; of another element, signs that point on must stand between the parts."""
    text = node.text(separator="\n")[: _LONGEST + 1]
    if len(text) > _LONGEST or not is_named and not any(map(text.__contains__, _MARKS)):
        return ""
    parts = [_LABEL.sub("", line(piece)).strip(_EDGES) for piece in _PARTED.split(text)]
    parts = [part for part in parts if part and part.casefold() not in _HERE]
    if len(parts) < 2 or parts[0].casefold() not in _HOME:
        return ""
    key = letters(title)
    found = [
        part for part in parts[1:] if not key.startswith(letters(part)) and not letters(part).startswith(key) and date_span(part) is None
    ]
    linked = {line(link.text()) for link in node.css("a")}
    found = [part for part in found if part in linked] or found
    return found[-1] if found and len(found[-1]) <= _SECTION else ""


_HOME = frozenset(HOME)
_HERE = frozenset(HERE)

"""The top of a wire text: header lines, marks, headline, byline and time of publication, up to where the story begins. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pipeline.text import bylines, furniture, marks
from pipeline.text.captions import caption_of
from pipeline.text.datelines import split_lead
from pipeline.text.marks import Mark

_HEADER_LINES = 12
"""Header lines above a headline are few; a text that has more of them has no headline."""
_HEADLINE_WORDS = 40
_HEADLINE_LENGTH = 600
"""Characters."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What stood above the story. `body` is the rest, from the first caption, subtitle or paragraph on."""

    headline: str = ""
    """As printed, marks included."""
    byline: str = ""
    stamp: str = ""
    """The date of a line that only says when it was published, as printed."""
    embargo: str = ""
    """The embargo line as printed."""
    notes: tuple[str, ...] = ()
    """Words to editors."""
    lines: tuple[str, ...] = ()
    """Take lines and marks on lines of their own, as printed."""
    marks: frozenset[Mark] = frozenset()
    kill: bool = False
    body: tuple[str, ...] = ()


def read_head(paragraphs: Sequence[str]) -> Head:
    """Take the top of a text apart."""
    notes: list[str] = []
    lines: list[str] = []
    found: set[Mark] = set()
    headline = byline = stamp = embargo = ""
    kill = False
    place = 0
    while place < min(len(paragraphs), _HEADER_LINES):
        line = paragraphs[place]
        of_line = marks.of_line(line)
        if marks.is_embargo(line):
            embargo = embargo or line
        elif of_line is not None:
            lines.append(line)
            found |= of_line
        elif not headline and marks.of_headline(line).marks and _is_headline(line, paragraphs[place + 1 :]):
            headline = line  # CORRECTED-…, KILL: …: what else looks like a note or a notice
        elif marks.is_kill_notice(line) and not headline:
            kill = True
            if place:
                break
            lines.append(line)
        elif marks.is_advisory(line) or marks.correction_of(line) is not None:
            notes.append(line)
        elif furniture.is_inline(line):
            pass
        elif (name := bylines.byline_of(line)) is not None and not byline:
            byline = name
            if place + 1 < len(paragraphs) and bylines.is_staff_line(paragraphs[place + 1]):
                place += 1
        elif (date := bylines.stamp_of(line)) is not None:
            stamp = stamp or date
        elif not headline and _is_headline(line, paragraphs[place + 1 :]):
            headline = line.strip("^ ")
        else:
            break
        place += 1
    marked = marks.of_headline(headline)
    found |= marked.marks
    return Head(
        headline=headline,
        byline=byline,
        stamp=stamp,
        embargo=embargo,
        notes=tuple(notes),
        lines=tuple(lines),
        marks=frozenset(found),
        kill=kill or Mark.KILL in found,
        body=tuple(paragraphs[place:]),
    )


def _is_headline(line: str, following: Sequence[str]) -> bool:
    """Could the line be the headline of what follows? No dateline, no caption, no bullet, not a paragraph of prose."""
    if not following or len(line) > _HEADLINE_LENGTH or len(line.split()) > _HEADLINE_WORDS or line.startswith(("* ", "• ")):
        return False
    if split_lead(line).dateline is not None or caption_of(line) is not None or furniture.related_of(line) is not None:
        return False
    return not (line.endswith(".") and (len(line.split()) > 18 or line.startswith("(")))

"""What stands before an agency or a separator, and what parts it from the story: ground for all forms of datelines. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pipeline.text import gazetteer
from pipeline.text.agencies import Agency
from pipeline.text.datelines.places import is_aboard, is_known, read_places, words
from pipeline.text.dates import Printed, date_at_end, date_at_start, is_possible, weekdays
from pipeline.text.spelling import key
from schemas.article import Place

REACH = 140
"""No dateline is longer, in characters."""
_DASHES = r"--|—|–|―|-|_|\|"
AFTER_MARK = re.compile(rf"\s*(?P<sep>\.\s*(?:-|–|—)|[–—]{{2}}|-{{2,3}}|{_DASHES}|:|/|\.|=)(?=\s|$|[^\W\d_]|[\"“«„'‘*])\s*")
"""What parts an agency's mark from the story."""
AFTER_PLACE = re.compile(rf"(?P<sep>\.-|(?<!-)(?:{_DASHES})(?!-)|:)(?=[\s\"“«]|$|[^\W\d_])\s*")
"""What parts a place or a date from the story, where no agency stands between."""
_SIGNS = re.compile(r"[:|_\u2013\u2014\u2015-]")
"""One of these is in each of AFTER_PLACE, the first sign or the second: looking for it first is ten times faster."""
CAPTION_DATE = re.compile(r"(?:[A-Z]+\.? \d{1,2}(?:, \d{4})?)\s*:")
"""`OCTOBER 15: `: what stands before it is a picture's."""
_WEEKDAY = re.compile(r"[^\W\d_]+")
_HIJRI = re.compile(r"[,\s]+[^\W\d_][^\d,]{2,24}\s\d{1,2},?\s*14\d\d(?:\s*H\.?)?[,\s]*$")
"""`Riyadh, Rabi' II 14, 1440, December 21, 2018, SPA`: the day of the other calendar, which stands first."""
_DAY_ALONE = re.compile(r",\s*(?P<day>\d{1,2})$")
_DAY_MONTH = re.compile(r"[\s,](?P<day>\d{1,2})([/.])(?P<month>\d{1,2})\2?$")
"""Belga's and STT's: `BRUSSEL 15/05 (BELGA) =`, `Helsinki, 15.8. (STT)`."""


class Head(NamedTuple):
    """What stands before an agency or a separator."""

    places: tuple[Place, ...]
    place_raw: str
    printed: Printed | None
    day: int | None
    is_sure: bool
    """The first place is in capitals, or the gazetteer knows it."""


def read_before(text: str, agency: Agency | None, *, has_mark: bool) -> Head | None:
    """Places and date before an agency or a separator; None where it is something else (a sentence, a caption)."""
    before, printed = date_at_end(text.rstrip())
    if printed and (weekday := _WEEKDAY.match(text, len(before))) and is_known(before + weekday[0]):
        before += weekday[0]  # SANTO DOMINGO, Nov 27
    if printed is None and (dated := _date_before(before.strip())) is not None:
        before, printed = dated
    if printed and before.rstrip().endswith(":") and is_known(before.rstrip(" :")):
        before = before.rstrip(" :")  # LONDON: March 5 -
    if printed and has_mark and (hijri := _HIJRI.search(before)):
        before = before[: hijri.start()]
    raw, day = before.strip().rstrip(",:–—-" if has_mark else ",").rstrip(), None
    if has_mark and printed is None and "," in raw and key(raw.rpartition(",")[2]) in weekdays():
        raw = raw.rpartition(",")[0].rstrip()  # København, mandag /ritzau/
    if raw in words("placeholders"):
        raw = ""
    if has_mark and printed is None and (in_digits := _DAY_MONTH.search(raw)):
        numbers = Printed(int(in_digits["month"]), int(in_digits["day"]))
        raw, printed = (raw[: in_digits.start()].rstrip(" ,"), numbers) if is_possible(numbers) else (raw, None)
    elif has_mark and printed is None and (alone := _DAY_ALONE.search(raw)) and 1 <= int(alone["day"]) <= 31:
        raw, day = raw[: alone.start()], int(alone["day"])
    if not raw:
        return Head((), "", printed, None, True) if printed or has_mark else None
    places = read_places(raw, home=agency.home if agency else "", is_dated=printed is not None, is_signed=has_mark and printed is not None)
    if not places:
        return None
    first = places[0]
    is_sure = (
        not any(sign.islower() for sign in first.raw)
        or bool(first.country or first.region)
        or is_known(first.raw.split(",")[0].strip())
        or is_aboard(first.raw)
    )
    if not (has_mark or printed or is_sure):
        return None
    return Head(places, raw, printed, day, is_sure)


def after_byline(text: str) -> tuple[str | None, Head | None]:
    """`By Asha Rao New Delhi, Sep 20`: the name ends where a place that the gazetteer knows begins."""
    parts = text.split()
    if not parts or parts[0] not in words("by"):
        return None, None
    for count in range(2, min(len(parts), 9)):
        head = read_before(" ".join(parts[count:]), None, has_mark=True)
        if head is not None and head.places and gazetteer.find_city(head.places[0].city or ""):
            return " ".join(parts[1:count]).rstrip(","), head
    return None, None


def _date_before(text: str) -> tuple[str, Printed] | None:
    """`Oct 13, LONDON (Reuters) -`: the date first, then a place that the gazetteer knows."""
    printed, length = date_at_start(text)
    rest = text[length:].lstrip(" ,.–—-")
    return (rest, printed) if printed and rest != text[length:] and is_known(rest.split(",")[0]) else None


def date_behind(text: str, start: int) -> tuple[Printed | None, int]:
    """`--(BUSINESS WIRE)--Aug. 15, 2022--`: a date of its own between two separators, and where the story begins."""
    printed, length = date_at_start(text[start:REACH])
    separator = AFTER_MARK.match(text, start + length) if printed else None
    return (printed, separator.end()) if separator else (None, start)


def parting(text: str) -> Iterator[re.Match[str]]:
    """What may part a place from the story, from left to right."""
    end = 0
    for sign in _SIGNS.finditer(text):
        start = sign.start()
        if start < end:
            continue
        found = AFTER_PLACE.match(text, start - 1) if start > end and text[start - 1] == "." else None
        found = found or AFTER_PLACE.match(text, start)
        if found is not None:
            end = found.end()
            yield found


def past_spaces(text: str, place: int) -> int:
    """The next place where no white space stands."""
    while place < len(text) and text[place].isspace():
        place += 1
    return place


def is_cased(sign: str) -> bool:
    """Is it a letter of a script with capitals?"""
    return sign.lower() != sign.upper()


def is_prose(text: str) -> bool:
    """Does a sentence follow, or nothing: neither a list of names nor a headline?"""
    parts = text.split()[:8]
    return not parts or len(parts) > 5 and not parts[0][0].islower() and sum(word[0].islower() for word in parts[1:]) > 2

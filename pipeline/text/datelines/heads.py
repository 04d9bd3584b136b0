"""What stands before an agency or a separator, and what parts it from the story: ground for all forms of datelines. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from pipeline.text import gazetteer
from pipeline.text.agencies import Agency
from pipeline.text.datelines.places import is_aboard, is_known, is_place, read_places, words
from pipeline.text.dates import Printed, date_at_end, date_at_start, is_possible, months, weekdays
from pipeline.text.later import later
from pipeline.text.spelling import key
from pipeline.text.tables import rows
from schemas.article import Place

REACH = 140
"""No dateline is longer, in characters."""
_DASHES = r"--|—|–|―|-|_|\|"
AFTER_MARK = later(rf"\s*(?P<sep>\.\s*(?:-|–|—)|[–—]{{2}}|-{{2,3}}|{_DASHES}|:|/|\.|=|।)(?=\s|$|[^\W\d_]|[\"“«„'‘*#$])\s*")
"""What parts an agency's mark from the story."""
AFTER_PLACE = later(rf"(?P<sep>\.-|(?<!-)(?:{_DASHES})(?!-)|:|।)(?=[\s\"“«]|$|[^\W\d_])\s*")
"""What parts a place or a date from the story, where no agency stands between."""
_SIGNS = later(r"[:|_\u0964\u2013\u2014\u2015-]")
"""One of these is in each of AFTER_PLACE, the first sign or the second: looking for it first is ten times faster."""
CAPTION_DATE = re.compile(r"(?:[A-Z]+\.? \d{1,2}(?:, \d{4})?)\s*:")
"""`OCTOBER 15: `: what stands before it is a picture's."""
_WEEKDAY = re.compile(r"[^\W\d_]+")
_HIJRI = later(r"(?:[,\s]+[^\W\d_][^\d,]{2,24}\s\d{1,2},?|\s\d{1,2}\s[^\d,]{2,24})\s*14\d\d(?:\s*(?:H\b\.?|هـ?))?(?:\s*الموافق)?[,\s]*$")
"""`Riyadh, Rabi' II 14, 1440, December 21, 2018, SPA`, `الرياض 05 شعبان 1445 هـ الموافق 15 فبراير 2024`: the day of the other calendar, which stands first."""
_DAY_ALONE = re.compile(r",\s*(?P<day>\d{1,2})$")
_DAY_MONTH = re.compile(r"[\s,](?P<day>\d{1,2})(\s?[/.-]\s?)(?P<month>\d{1,2})\2?$")
"""Belga's, STT's and KUNA's: `BRUSSEL 15/05 (BELGA) =`, `Helsinki, 15.8. (STT)`, `الكويت - 15 - 8 (كونا)`."""
_DAY_MONTH_FIRST = re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})(?=\.)")
"""PAP's: `15.08. Warszawa (PAP) -`."""
_OTHER_DIGIT = re.compile(r"[^\D0-9]")
"""`২০২৪`"""
_BEHIND_DATE = (" r.", " r", " d.", " d")
"""`year` in Polish, `day` in Lithuanian, behind a date: `5 marca 2024 r.`, `kovo 5 d.`."""
_TITLE_PAIR = later(r"(?P<name>[^\W\d_][\w'’.-]*(?: [\w'’.-]+){0,2}?)\s*(?::|\s[–—-])\s|\S+(?: \S+)?\s\d+\s?[–:-]\s?\d+\b")
"""`Marseille: trains are late`, `Inter 0-3`: behind a place and a dash they name the other end of a way or the other team."""


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
    before, printed = _date_at_end(text.rstrip())
    if printed and before and (weekday := _WEEKDAY.match(text, len(before))) and is_known(before + weekday[0]):
        before += weekday[0]  # SANTO DOMINGO, Nov 27; not March 5, as a town is called so
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
        raw, printed = (raw[: in_digits.start()].rstrip(" ,–-"), numbers) if is_possible(numbers) else (raw, None)
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


def _date_at_end(text: str) -> tuple[str, Printed | None]:
    """What stands before the date at the end, and the date: also with words behind it, in other digits, its month said twice, its day spelt out."""
    if text.endswith(_BEHIND_DATE) and text.rstrip(" .rd")[-1:].isdigit():
        text = text.rstrip(" .rd")
    if text.isascii():
        return date_at_end(text)
    text = _OTHER_DIGIT.sub(lambda digit: str(unicodedata.digit(digit[0])), text)
    before, printed = date_at_end(text)
    if printed is None and (parts := text.rsplit(None, 2)) and len(parts) == 3 and (month := months().get(key(parts[2]))):
        before, printed = date_at_end(text.removesuffix(parts[2]).rstrip())  # 5 مارس آذار
        if printed and printed.month == month:
            return before, printed
        if day := _day_words().get(parts[1]):  # पांच मार्च
            return text[: -len(parts[2])].rstrip().removesuffix(parts[1]), Printed(month, day)
        return text, None
    return before, printed


@cache
def _day_words() -> dict[str, int]:
    """Days of the month as agencies spell them out, to their numbers. The table is kept by hand."""
    return {word: int(day) for day, words_ in rows("day_words.tsv") for word in words_.split("|")}


def has_known_place(head: Head) -> bool:
    """Is the first place one that the gazetteer knows, in a region or country that is printed, or aboard?"""
    first = head.places[0] if head.places else None
    return first is not None and bool(first.country or first.region or is_known(first.raw) or is_aboard(first.raw))


def after_byline(text: str) -> tuple[str | None, Head | None]:
    """`By Asha Rao New Delhi, Sep 20`, `Ayla KAYA/ANKARA,`: the name ends where a place that the gazetteer knows begins."""
    parts = text.split()
    who, slash, place = text.rpartition("/")
    if slash and not who.isupper() and who.split()[1:] and who.split()[-1].isupper():
        head = read_before(place, None, has_mark=True)
        return (who, head) if head and head.places and gazetteer.find_city(head.places[0].city or "") else (None, None)
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
    if (numbers := _DAY_MONTH_FIRST.match(text)) and is_possible(said := Printed(int(numbers["month"]), int(numbers["day"]))):
        printed, length = said, numbers.end()
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
    parts = text.split(None, 8)[:8]
    if parts and parts[0][0].isalpha() and not is_cased(parts[0][0]):
        return len(parts) == 8 and is_story(text)
    return not parts or len(parts) > 5 and not parts[0][0].islower() and sum(word[0].islower() for word in parts[1:]) > 2


def is_story(text: str) -> bool:
    """May a story begin so, or nothing follow? Neither in small letters, nor as titles do: `A LIFE`, `Marseille: trains are late`, `Inter 0-3`."""
    first, second, third, *_ = [*text.split(None, 3), "", "", ""]
    is_title = first.isupper() and second.isupper() and len(first + second) > 4 and not third[:1].islower()
    pair = _TITLE_PAIR.match(text)
    return not (first.islower() or is_title or pair and (pair["name"] is None or is_place(pair["name"])))

"""Dates as datelines and pages print them, and the year that datelines leave out. Pure: never looks at the clock."""

from __future__ import annotations

import re
from calendar import month_abbr, month_name
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache

import ciso8601
import msgspec

from pipeline.text.later import later
from pipeline.text.spelling import key
from pipeline.text.tables import lines, rows

_WORD = r"[^\W\d_][^\s\d.,/()\[\]:–—-]{1,15}"
_MONTH = rf"{_WORD}(?:\s(?:الأول|الاول|الثاني))?"
"""Any word that could be a month's name; which are is `months`' business. Those of the Levant have two."""
_YEAR = r"(?:19|20)\d\d(?!\d)"
_DAY = r"\d{1,2}(?!\d)"
_DATE = later(
    rf"""(?<![^\W_])(?:
            (?P<m1>{_MONTH})(?:\.?,?\s{{0,3}})(?P<d1>{_DAY})(?:st|nd|rd|th)?(?:(?:\s{{0,3}},?\s{{1,3}}|/)(?P<y1>{_YEAR}))?
          | (?P<d2>{_DAY})(?:\.|er|º|°|st|nd|rd|th)?\s{{0,3}}(?:de\s{{1,3}}|d['’])?(?P<m2>{_MONTH})\.?
            (?:[\s/]{{1,3}}(?P<again>{_MONTH}))??(?:\s{{0,3}}(?:de\s|del\s|,)?\s{{0,3}}(?P<y2>{_YEAR}))?
          | (?P<d3>{_DAY})[-/.]\s?(?P<m3>{_DAY})[-/.]\s?(?P<y3>{_YEAR})
          | (?P<y4>{_YEAR})[-/.](?P<m4>{_DAY})[-/.](?P<d4>{_DAY})
          | (?P<y5>{_YEAR})\.?\s{{1,3}}(?P<m5>{_MONTH})\.?\s{{1,3}}(?P<d5>{_DAY})
          | (?P<y6>{_YEAR})\s?[年년.]\s?(?P<m6>{_DAY})\s?[月월.]\s?(?P<d6>{_DAY})\s?[日일]?
        )(?:\s{{0,3}}г\.?)?\.?""",
    re.VERBOSE,
)
"""`Aug. 15, 2022`, `15 de agosto de 2022`, `5 أيار/مايو`, `15.08.2022`, `2022-08-15`, `2022. augusztus 15.` (Hungarian), `2022年8月15日`, `2022. 8. 15.`"""
_AT_END = later(rf"{_DATE.pattern}[\s,.]{{0,4}}(?:(?P<last>[^\W\d_]{{3,12}})[\s,.]{{0,4}})?\Z", re.VERBOSE)
_BEFORE = re.compile(r"(?:^|(?<=[\s,]))([^\W\d_]{2,14}(?:-feira)?)\.?,?\s*\Z")
_ON = frozenset(("في", "le", "am", "den", "el", "il", "dnia", "dne"))
"""What may stand before a date: `القاهرة في 3 أكتوبر`."""
_LONGEST = 48
"""Characters. No date is longer."""
DIGIT = re.compile(r"\d")
"""In each date: looked for before the pattern is tried."""


@cache
def months() -> dict[str, int]:
    """Names and abbreviations of months, as keys of spelling, to 1 to 12. The table is CLDR's, made by scripts/make_names.py."""
    return {key(name): int(number) for number, names in rows("months.tsv") for name in names.split("|")}


@cache
def weekdays() -> frozenset[str]:
    """Names and abbreviations of the days of the week, as keys of spelling."""
    return frozenset(key(name) for line in lines("weekdays.txt") for name in line.split())


class Printed(msgspec.Struct, frozen=True):
    """A date as printed."""

    month: int
    day: int
    year: int | None = None


def month_of(word: str) -> int | None:
    """1 to 12, by its name, its abbreviation or its number; in Hebrew also with the `in` that is a part of the word."""
    if word.isdecimal():
        return int(word)
    return months().get(key(word)) or (months().get(key(word[1:])) if word.startswith("ב") else None)


def _misspelt(word: str) -> int | None:
    """`Febuary`, `Ocotber`: a month's English name with one letter missing, doubled, changed or swapped, as rushed datelines have it; `Otc`."""
    from rapidfuzz.distance import OSA  # here and below: 30 ms that importing the cleaner does not cost

    plain = word.casefold()
    for number, short in enumerate(month_abbr):  # Otc: only letters swapped, as one more makes another word of so short a name
        if short and plain[0] == short[0].lower() and sorted(plain) == sorted(short.lower()):
            return number
    near = (number for number, name in enumerate(month_name) if len(name) > 3 and len(plain) > 3 and OSA.distance(plain, name.lower()) == 1)
    return next(near, None)


def _printed(match: re.Match[str], *, lenient: bool = False) -> Printed | None:
    which = next(place for place in "123456" if match[f"d{place}"] is not None)
    word = match[f"m{which}"]
    month = month_of(word) or (_misspelt(word) if lenient else None)
    if month is None or match["again"] and month_of(match["again"]) is None:
        return None
    year = match[f"y{which}"]
    found = Printed(month, int(match[f"d{which}"]), int(year) if year else None)
    return found if is_possible(found) else None


def date_at_end(text: str) -> tuple[str, Printed | None]:
    """What stands before a date that ends the text, and that date; (text, None) where it ends with no date. A weekday is taken off with it."""
    place = max(0, len(text) - _LONGEST)
    if DIGIT.search(text, place) is None:
        return text, None
    while (match := _AT_END.search(text, place)) is not None:
        found = _printed(match, lenient=True)
        if found is not None and (match["last"] is None or key(match["last"]) in weekdays()):
            before = _BEFORE.search(text, max(0, match.start() - 20), match.start())
            return text[: before.start() if before and key(before[1]) in weekdays() | _ON else match.start()], found
        place = match.start() + 1
    return text, None


def date_at_start(text: str) -> tuple[Printed | None, int]:
    """A date that the text begins with, and where it ends; (None, 0) where there is none."""
    match = _DATE.match(text)
    found = _printed(match) if match else None
    return (found, match.end()) if match and found else (None, 0)


def date_in(text: str) -> Printed | None:
    """The first date that stands anywhere in a text."""
    place = 0
    while (match := _DATE.search(text, place)) is not None:
        found = _printed(match)
        if found is not None:
            return found
        place = match.start() + 1
    return None


def without_dates(text: str) -> tuple[str, str]:
    """A text without its dates, and the first of them that has a year, as printed; "" where none has."""
    kept, first, place = "", "", 0
    while (match := _DATE.search(text, place)) is not None:
        found = _printed(match)
        if found is None or found.year is None:
            kept += text[place : match.start() + 1]
            place = match.start() + 1
            continue
        first = first or match.group().rstrip(" ,")
        kept += text[place : match.start()] + " "
        place = match.end()
    return kept + text[place:], first


def is_possible(printed: Printed) -> bool:
    """Is there such a day (Feb. 29 is, unless the year says no)?"""
    try:
        date(printed.year or 2024, printed.month, printed.day)
    except ValueError:
        return False
    return True


def resolve(printed: Printed, published: date | None) -> date | None:
    """The day that a printed date means: its year is the one printed, else the one that brings it nearest to the publication.

    None where neither is known. On 17,456 datelines with a known time the nearest year was right in 97.1 % to the day; the wire's
    present is its publication, never ours. A year without Feb. 29 is passed over.
    """
    if printed.year is not None:
        return date(printed.year, printed.month, printed.day)
    if published is None:
        return None
    candidates = []
    for year in range(published.year - 8, published.year + 9):
        try:
            candidates.append(date(year, printed.month, printed.day))
        except ValueError:
            continue
    return min(candidates, key=lambda day: (abs((day - published).days), day))


_AMERICAN = {"ET": -5, "CT": -6, "MT": -7, "PT": -8}
"""Clocks of the United States in winter; in summer they are an hour on."""


def american(zone: str, day: date) -> int | None:
    """Hours east of UTC of `ET`, `CT`, `MT` or `PT` on that day; None for another zone."""
    return _AMERICAN[zone] + _is_summer(day) if zone in _AMERICAN else None


def _is_summer(day: date) -> bool:
    """Are clocks an hour on in the United States? To the day; since 2007 from March's second Sunday to November's first, before from April's first
    to October's last. Counted here, since not each machine has the table of zones, and what is read of a page must not hang on that.
    """
    first, last = (date(day.year, 3, 14), date(day.year, 11, 7)) if day.year >= 2007 else (date(day.year, 4, 7), date(day.year, 10, 31))
    return _sunday(first) <= day < _sunday(last)


def _sunday(day: date) -> date:
    """The last Sunday until a day."""
    return day - timedelta(days=(day.weekday() + 1) % 7)


_LONGEST_STAMP = 200
"""Characters, white space included."""
_ZULU = re.compile(r"\s*\(?(?:GMT|UTC)\s*([+-])(\d\d?)(?::?(\d\d))?(?!\d)\)?")
_ZONE_AT_END = re.compile(r"\s*\(?(?<![A-Za-z])([ECMP]T)\)?$")
_TZINFOS = {
    "EST": -18000, "EDT": -14400, "CST": -21600, "CDT": -18000, "MST": -25200, "MDT": -21600, "PST": -28800, "PDT": -25200,
    "BST": 3600, "CET": 3600, "CEST": 7200, "EET": 7200, "EEST": 10800, "MSK": 10800, "IST": 19800, "JST": 32400, "KST": 32400,
    "AEST": 36000, "AEDT": 39600, "HKT": 28800, "SGT": 28800, "UTC": 0, "GMT": 0, "Z": 0,
}  # fmt: skip


def timestamp(value: str) -> datetime | None:
    """A machine's or a page's timestamp as aware UTC; None where it is none. Without a zone it is taken as UTC; a day alone is its midnight.

    ISO 8601 first, then the mail form, then what dateutil reads (with the zones' abbreviations that news sites print).
    """
    if len(value) > _LONGEST_STAMP:
        return None
    value = _ZULU.sub(lambda found: f" {found[1]}{found[2]:0>2}{found[3] or '00'}", " ".join(value.split())).strip()
    if not value or len(value) > 80 or not any(sign.isdigit() for sign in value):
        return None
    ended = _ZONE_AT_END.search(value)
    value = value[: ended.start()] if ended else value
    found = _iso(value) or _mail(value) or _free(value)
    if found is None:
        return None
    hours = american(ended[1], found.date()) if ended else None
    aware = found if found.tzinfo else found.replace(tzinfo=timezone(timedelta(hours=hours or 0)))
    try:
        aware = aware.astimezone(UTC)
    except (OverflowError, ValueError):
        return None
    return aware if 1900 <= aware.year <= 2200 else None


def _iso(value: str) -> datetime | None:
    try:
        return ciso8601.parse_datetime(value.replace(" ", "T", 1) if value[:4].isdigit() else value)
    except ValueError:
        return None


def _mail(value: str) -> datetime | None:
    if "," not in value[:5] or value.count(":") == 0:
        return None
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        return None


def _free(value: str) -> datetime | None:
    if not re.search(r"(?<!\d)(?:19|20)\d\d(?!\d)", value):
        return None
    from dateutil.parser import parse

    try:
        found = parse(value, tzinfos=_TZINFOS, default=datetime(2000, 1, 1))
    except (ValueError, OverflowError, TypeError):
        printed = date_in(value)
        return datetime(printed.year, printed.month, printed.day) if printed and printed.year else None
    return found if isinstance(found, datetime) else None

"""When a page came out and when it was changed. Pure: never looks at the clock, never guesses a year."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

import ciso8601
import msgspec

from pipeline.clean.metadata.words import AFTERNOON
from pipeline.text.dates import american, month_of
from pipeline.text.later import later

_OFFSET = r"(?:GMT|UTC)\s?[+-]\d\d?(?::?\d\d)?(?!\d)|[+-]\d\d:?\d\d(?!\d)"
"""`GMT+7`, `UTC+5:30`, `+0200`: hours alone only where a word stands before them."""
_ISO = later(
    r"((?:19|20)\d\d)-(\d\d?)-(\d\d?)(?:[T\s]+(\d\d?):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?"
    rf"\s*\(?({_OFFSET}|[A-Z]{{1,5}}\b)?)?",
    re.ASCII,
)
_BIG_ENDIAN = later(r"((?:19|20)\d\d)\s*[-/.年년]\s*(\d\d?)\s*[-/.月월]\s*(\d\d?)(?!\d)")
_NAME = r"[^\W\d_][^\s\d.,/()\[\]:–—|·-]{1,15}"
_DAY_MONTH = later(
    rf"(?<!\d)(\d\d?)(?:st|nd|rd|th|er|º|ª|\.)?[\s\-/]*(?:(?:de|of)\s+|d[’'])?({_NAME}(?:\s(?:الأول|الاول|الثاني))?)\.?,?"
    rf"(?:\s?/\s?{_NAME})?(?:\s+(?:de|del))?[\s\-/]*((?:19|20)\d\d)(?!\d)"
)
"""`1 mai 2024`, `1 أيار/مايو 2024`"""
_MONTH_DAY = later(
    rf"({_NAME})\.?\s*(\d\d?)(?:st|nd|rd|th|\.)?(?:,\s*|\s+)(?:at\s+\d\S*\s+(?:[ap]m\s+)?|\d\d:\d\d:\d\d\s+[A-Z]{{3,4}}\s+)?((?:19|20)\d\d)(?!\d)"
)
"""`May 1, 2024`, `Wed May 01 10:00:00 CEST 2024` as Java prints it."""
_YEAR_FIRST = later(rf"((?:19|20)\d\d)(?:[.,]|\s+m\.)?\s+({_NAME})\.?\s+(\d\d?)(?!\d)")
"""`2024. május 1.`, `2024 m. gegužės 1 d.`"""
_BUDDHIST = re.compile(r"(?<!\d)(\d\d?)\s+([\u0e00-\u0e7f.]{4,20})\s+(?:พ\.ศ\.\s*)?(25\d\d)(?!\d)")
"""`1 พฤษภาคม 2567`, `1 พ.ค. 2567`: Thailand counts 543 years more."""
_REIGN = later(r"(令和|平成|昭和)\s*(\d\d?|元)\s*年\s*(\d\d?)\s*月\s*(\d\d?)\s*日")
_BEFORE_REIGN = {"令和": 2018, "平成": 1988, "昭和": 1925}
"""The last year before an emperor's first."""
_NUMBERS = re.compile(r"(?<![\d/.-])(\d\d?)([./-])\s?(\d\d?)\2\s?((?:19|20)?\d\d)(?![\d/])")
_JALALI_MONTHS = "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند".split()
_JALALI = later(
    rf"(?<!\d)(?:(?P<day>\d\d?)\s+(?P<month>{'|'.join(_JALALI_MONTHS)})(?:\s+ماه)?\s+(?P<year>1[34]\d\d)|(?P<y>1[34]\d\d)/(?P<m>\d\d?)/(?P<d>\d\d?))(?!\d)"
)
"""`11 اردیبهشت 1402`, `1402/02/11`: Iran counts from the year 622, and its year begins with spring."""
_YEAR_OR_NUMBERS = re.compile(r"(?:19|20|25|13|14)\d\d|\d[./-]\s?\d|[\d元]\s*年")
"""Without one of these no text is a date: told far sooner than by the forms themselves."""
_TIME = later(
    r"(?<![\d:])(\d\d?)(?:(?:[:.h]|\s?[時时点點시]\s?)(\d\d)(?::(\d\d))?\s*(?:([ap])\.?m\b\.?)?|\s*([ap])\.?m\b\.?)"
    rf"[分분]?\s*(?:\(?({_OFFSET}|[A-Z]{{1,5}}\b))?",
    re.IGNORECASE,
)
_ZONES = {
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "BST": 1, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3, "IST": 5.5, "PKT": 5, "SGT": 8, "HKT": 8, "PHT": 8,
    "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13, "UTC": 0, "GMT": 0, "Z": 0, "WIB": 7, "BRT": -3, "ART": -3,
}  # fmt: skip
_NAMED = ((_DAY_MONTH, (3, 2, 1)), (_MONTH_DAY, (3, 1, 2)), (_YEAR_FIRST, (1, 2, 3)), (_BUDDHIST, (3, 2, 1)))
"""Forms with a month's name, and which group is year, month and day."""
_JALALI_START = -356_033
"""The day before the first of the count that `_of_jalali` uses, as Python numbers days: so that 1402 begins on March 21, 2023."""
_NEARER = {"listopada": 11, "lis": 11}
"""Polish; Croatian calls October so, and prints its months as numbers more often."""
_LONGEST = 160


class Moment(msgspec.Struct, frozen=True):
    """A time as a page gives it."""

    at: datetime
    """Aware, in the zone that is given; UTC where none is."""
    has_time: bool = True
    has_zone: bool = True
    on: date | None = None
    """The day that readers see, where it is not that of `at`: a time in UTC whose zone is not given."""

    @property
    def day(self) -> date:
        """The publisher's own day."""
        return self.on or self.at.date()


@lru_cache(maxsize=2048)
def moment(text: str, *, month_first: bool = True) -> Moment | None:
    """What a machine's or a printed date means; None where it is none, or no year stands in it.

    `month_first`: what 03/04/2024 means where neither number settles it.
    """
    text = text.strip()
    if not len(text) >= 6 or not any(sign.isdigit() for sign in text[:_LONGEST]):
        return None
    text = text[:_LONGEST] if text.isascii() else _ascii_digits(text[:_LONGEST])
    if text[:4].isdecimal():
        return _machine(text) or _printed(text, month_first)
    return _printed(text, month_first)


def _ascii_digits(text: str) -> str:
    """With Arabic, Persian, Hindi and full-width digits as ASCII ones."""
    return "".join(str(int(sign)) if sign.isdecimal() else sign for sign in text)


def _machine(text: str) -> Moment | None:
    try:
        at = ciso8601.parse_datetime(text.replace(" ", "T", 1) if text[10:11] == " " else text)
    except ValueError:
        pass
    else:
        return _within(at, len(text) > 10) if not (text.isdecimal() and len(text) != 8 and len(text) != 14) else _epoch(text)
    if text.isdecimal():
        return _epoch(text)
    match = _ISO.match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, zone = match.groups()
    return _built(int(year), int(month), int(day), (int(hour), int(minute), int(second or 0)) if hour else None, zone)


def _epoch(text: str) -> Moment | None:
    """Seconds or milliseconds since 1970."""
    if len(text) not in (10, 13):
        return None
    return Moment(datetime.fromtimestamp(int(text) / (1000 if len(text) == 13 else 1), UTC))


def _within(at: datetime, has_time: bool) -> Moment | None:
    if not 1900 <= at.year <= 2200:
        return None
    return Moment(at if at.tzinfo else at.replace(tzinfo=UTC), has_time, at.tzinfo is not None)


def _printed(text: str, month_first: bool) -> Moment | None:
    found = _printed_day(text, month_first)
    if found is None:
        return None
    (year, month, day), span = found
    clock = next((match for match in _TIME.finditer(text) if match.end() <= span[0] or match.start() >= span[1]), None)
    time: tuple[int, int, int] | None = None
    zone: str | None = None
    if clock:
        hour, half = int(clock[1]), (clock[4] or clock[5] or "").lower()
        if not half and text[: clock.start()].rstrip().endswith(AFTERNOON):
            half = "p"
        hour = hour % 12 + 12 * (half == "p") if half else hour
        time = (hour, int(clock[2] or 0), int(clock[3] or 0))
        zone = clock[6]
    return _built(year, month, day, time, zone)


def _printed_day(text: str, month_first: bool) -> tuple[tuple[int, int, int], tuple[int, int]] | None:
    if _YEAR_OR_NUMBERS.search(text) is None:
        return None
    for pattern, (of_year, of_month, of_day) in _NAMED:
        for match in pattern.finditer(text):
            month = _NEARER.get(match[of_month].casefold()) or month_of(match[of_month])
            if month:
                year = int(match[of_year])
                return (year - 543 if year >= 2500 else year, month, int(match[of_day])), match.span()
    if reign := _REIGN.search(text):
        of_reign = 1 if reign[2] == "元" else int(reign[2])
        return (_BEFORE_REIGN[reign[1]] + of_reign, int(reign[3]), int(reign[4])), reign.span()
    if jalali := _JALALI.search(text):
        of = jalali["month"]
        month_number = _JALALI_MONTHS.index(of) + 1 if of else int(jalali["m"])
        if iranian := _of_jalali(int(jalali["year"] or jalali["y"]), month_number, int(jalali["day"] or jalali["d"])):
            return iranian, jalali.span()
    if big := _BIG_ENDIAN.search(text):
        return (int(big[1]), int(big[2]), int(big[3])), big.span()
    if numbers := _NUMBERS.search(text):
        first, second, year = int(numbers[1]), int(numbers[3]), int(numbers[4])
        if numbers[2] == "-" and len(numbers[4]) == 2 and any(sign > "\u2e80" for sign in text):
            return (2000 + first, second, year), numbers.span()  # 发布时间：18-03-08
        day_first = numbers[2] == "." and second <= 12 or first > 12 or (not month_first and second <= 12)
        day, month = (first, second) if day_first else (second, first)
        return (year + 2000 if year < 70 else year + 1900 if year < 100 else year, month, day), numbers.span()
    return None


def _of_jalali(year: int, month: int, day: int) -> tuple[int, int, int] | None:
    """A day of Iran's calendar in ours, by its cycle of 33 years with 8 leap years; None where there is no such day."""
    if not 1 <= month <= 12 or not 1 <= day <= 31:
        return None
    leaps = (year + 1595) // 33 * 8 + ((year + 1595) % 33 + 3) // 4
    before = (month - 1) * 31 if month < 8 else (month - 7) * 30 + 186
    on = date.fromordinal(_JALALI_START + 365 * (year + 1595) + leaps + day + before)
    return on.year, on.month, on.day


def _offset(zone: str, day: date) -> float | None:
    """Hours east of UTC, on that day; None for a zone that we don't know."""
    zone = zone.strip().upper()
    if digits := re.search(r"([+-])(\d\d?):?(\d\d)?$", zone):
        return (1 if digits[1] == "+" else -1) * (int(digits[2]) + int(digits[3] or 0) / 60)
    return american(zone, day) or _ZONES.get(zone)


def _built(year: int, month: int, day: int, time: tuple[int, int, int] | None, zone: str | None) -> Moment | None:
    try:
        hours = _offset(zone, date(year, month, day)) if zone else None
        at = datetime(year, month, day, *(time or (0, 0, 0)), tzinfo=UTC if hours is None else timezone(timedelta(hours=hours)))
    except ValueError:
        if time is not None:
            return _built(year, month, day, None, None)
        return None
    return Moment(at, time is not None, hours is not None)


@lru_cache(maxsize=2048)
def date_span(text: str) -> tuple[int, int] | None:
    """Where the first date of a text stands; None where none does."""
    if not any(map(str.isdigit, text)):
        return None
    found = _printed_day(text if text.isascii() else _ascii_digits(text), True)
    return found[1] if found else None

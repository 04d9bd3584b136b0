"""Until when an embargo line holds a story back. Pure: the year that a line leaves out is found from when the document arrived."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from pipeline.text.dates import date_in, resolve

_LONGEST = 1000
"""Characters. No embargo line is longer."""
_CLOCK = re.compile(
    r"(?<!\d)(?P<hour>[01]?\d|2[0-4])(?:[:.h](?P<minute>[0-5]\d))?\s*(?P<half>[aApP]\.?\s?[mM]\b\.?)|(?<![\d:.])(?P<h24>[01]?\d|2[0-4])[:.hH](?P<m24>[0-5]\d)(?!\d)"
    r"|\b(?P<military>[012]\d[0-5]\d)(?=\s*(?:GMT|UTC|Z|[A-Z]{3,4})\b)|\b(?P<word>[Nn]oon|[Mm]idnight|NOON|MIDNIGHT)\b|(?<!\d)(?P<uhr>[01]?\d|2[0-4])\s*(?:Uhr|h)\b"
)
_ZONES = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "BST": 1, "WEST": 1, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3, "IST": 5.5,
    "SGT": 8, "HKT": 8, "AWST": 8, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AST": -4, "ADT": -3,
}  # fmt: skip
_SEASONAL = {
    "ET": (-5, "US"), "CT": (-6, "US"), "MT": (-7, "US"), "PT": (-8, "US"), "Eastern": (-5, "US"), "Central": (-6, "US"), "Pacific": (-8, "US"),
    "Uhr": (1, "EU"), "Paris": (1, "EU"), "London": (0, "EU"),
}  # fmt: skip
"""Zones that have summer time: hours east of Greenwich in winter, and by whose rule they change."""
_OFFSET = re.compile(r"(?:GMT|UTC)?\s*([+-])(\d{1,2})(?::?(\d\d))?\b")


def until(line: str, *, arrived: datetime) -> datetime | None:
    """The end of an embargo, in UTC; None where the line does not say it in full (a day, a time and a zone): then it must be held.

    A day without a year is the one nearest to when the document arrived; a time without a day is the next such time.
    """
    clock = _clock(line) if len(line) <= _LONGEST else None
    if clock is None:
        return None
    hour, minute, span = clock
    offset_and_rule = _offset(line[span[1] :], line)
    if offset_and_rule is None:
        return None
    hours, rule = offset_and_rule
    printed = date_in(line[: span[0]] + " " * (span[1] - span[0]) + line[span[1] :])
    day = resolve(printed, arrived.date()) if printed else None
    if day is None:
        zone = timezone(timedelta(hours=hours))
        local = arrived.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(hours=hour, minutes=minute)
        return (local if local >= arrived else local + timedelta(days=1)).astimezone(UTC)
    naive = datetime(day.year, day.month, day.day) + timedelta(hours=hour, minutes=minute)
    if rule and _is_summer(naive, rule):
        hours += 1
    return (naive - timedelta(hours=hours)).replace(tzinfo=UTC)


def _clock(line: str) -> tuple[int, int, tuple[int, int]] | None:
    match = _CLOCK.search(line)
    if match is None:
        return None
    if match["word"]:
        return (12 if match["word"].lower() == "noon" else 0), 0, match.span()
    if match["military"]:
        return int(match["military"][:2]), int(match["military"][2:]), match.span()
    if match["uhr"]:
        return int(match["uhr"]), 0, match.span()
    if match["half"]:
        hour = int(match["hour"]) % 12 + (12 if match["half"][0] in "pP" else 0)
        return hour, int(match["minute"] or 0), match.span()
    return int(match["h24"]), int(match["m24"]), match.span()


def _offset(after: str, line: str) -> tuple[float, str] | None:
    """Hours east of Greenwich in winter, and whose summer time applies."""
    stated = _OFFSET.match(after.strip().removeprefix("hrs").strip())
    if stated:
        hours = int(stated[2]) + int(stated[3] or 0) / 60
        return (-hours if stated[1] == "-" else hours), ""
    for word in re.findall(r"[A-Za-z]+", after) + re.findall(r"\b[A-Z][A-Za-z]+\b", line):
        if word in _ZONES:
            return _ZONES[word], ""
        if word in _SEASONAL:
            hours, rule = _SEASONAL[word]
            return float(hours), rule
    return (1.0, "EU") if re.search(r"\bUhr\b", line) else None


def _is_summer(local: datetime, rule: str) -> bool:
    """US: second Sunday of March to first of November, at 2 a.m.; EU: last Sundays of March and October."""
    if rule == "US":
        return _sunday(local.year, 3, 2) <= local < _sunday(local.year, 11, 1)
    return _last_sunday(local.year, 3) <= local < _last_sunday(local.year, 10)


def _sunday(year: int, month: int, number: int) -> datetime:
    first = datetime(year, month, 1, 2)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (number - 1))


def _last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31, 2)
    return last - timedelta(days=(last.weekday() + 1) % 7)

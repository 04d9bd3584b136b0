"""The grammar of datelines in scripts that part words. Pure.

What stands in [] may be left out; which agencies there are is in `agencies`, how dates are printed in `dates`, places in `places`.

    [PLACES,] [DATE] (AGENCY) SEP        SEOUL, Aug. 15 (UPI) --    JENIN, West Bank (AP) —    Quito, 2 ene (EFE).-    (CNN)
    PLACES [, DATE] /AGENCY/ SEP         KAZAN, October 3. /TASS/.    LAGOS, NIGERIA / ACCESSWIRE / August 15, 2022 /
    PLACES--(AGENCY [- DATE])-- [DATE--] DALLAS--(BUSINESS WIRE)--
    PLACES, DATE AGENCY SEP              OSAKA, Japan, Dec. 9 Kyodo -
    PLACES SEP AGENCY SEP DATE SEP       SINGAPORE - Media OutReach Newswire - 15 August 2022 -
    (AGENCY) SEP PLACES, DATE SEP        (ANSA) - ROMA, 12 GEN -    TEMPO.CO, Jakarta -
    PLACES, DATE SEP [AGENCY.]           TULSA, Okla., April 2 -    Huambo, 17 January:    МОСКВА, 15 авг - РИА Новости.
    PLACES SEP                           WINNIPEG —              only in capitals, and only places that the gazetteer knows
    DATE Reporting from PLACES           March 4, 2019 9:20AM Reporting from Lisbon

The less the line itself says (no agency, no date, no separator), the surer the place must be: captions (`SAN FRANCISCO – JUNE 26: A man`),
headline tags (`FILE -`) and sentences with an agency in brackets look much the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pipeline.text import gazetteer
from pipeline.text.agencies import Agency, agency_of, is_mark, unbracketed
from pipeline.text.datelines.found import Found
from pipeline.text.datelines.places import is_known, read_places, words
from pipeline.text.dates import Printed, date_at_end, date_at_start, is_possible
from pipeline.text.spelling import key
from schemas.article import Place

_REACH = 140
"""No dateline is longer, in characters."""
_DASHES = r"--|—|–|―|-|_|\|"
_AFTER_MARK = re.compile(rf"\s*(?P<sep>\.\s*(?:-|–|—)|[–—]{{2}}|-{{2,3}}|{_DASHES}|:|/|\.|=)(?=\s|$|[^\W\d_]|[\"“«„'‘*])\s*")
"""What parts an agency's mark from the story."""
_AFTER_PLACE = re.compile(rf"(?P<sep>\.-|(?<!-)(?:{_DASHES})(?!-)|:)(?=[\s\"“«]|$|[^\W\d_])\s*")
"""What parts a place or a date from the story, where no agency stands between."""
_BRACKETED = re.compile(r"(?:\s*(?:--?|–|—))?\s*[(（\[](?P<mark>[^()（）\[\]]{2,45})[)）\]]")
_SLASHED = re.compile(r"\s*/\s*(?P<mark>[^\W\d_][^/\d]{1,40}?)\s*/(?P<more>\s*(?P<date>[^/]{2,22}?)\s*/)?")
_LEADING = re.compile(r"[\s*^•–—\u200b\ufeff-]{0,20}")
_DIGIT = re.compile(r"\d")
_DAY_ALONE = re.compile(r",\s*(?P<day>\d{1,2})$")
_DAY_MONTH = re.compile(r"[\s,](?P<day>\d{1,2})([/.])(?P<month>\d{1,2})\2?$")
"""Belga's and STT's: `BRUSSEL 15/05 (BELGA) =`, `Helsinki, 15.8. (STT)`."""
_CORRESPONDENT = re.compile(r"^(?:(?P<before>\S+)\s[Cc]orrespondent\b|(?:Корр|Спец|Cor|Corr)\w*\.\s*(?P<after>\S+))")
_CAPTION_DATE = re.compile(r"(?:[A-Z]+\.? \d{1,2}(?:, \d{4})?)\s*:")
_NO_SEPARATOR = re.compile(r"^(?P<head>[^.:;!?]{3,60}?,?\s+(?:[A-Za-z]{3,9}\.? \d{1,2}|\d{1,2} [A-Za-z]{3,9}))\s+(?=[A-Z\"“][a-z])")
_SIGNED = re.compile(r"(?:,\s(?P<who>[^\W\d_]+(?:\s[^\W\d_]+){1,3}))?\s*[.:–—-]\s+")
_SIGNED_UNCASED = re.compile(r"\s*[.:/–—-]?\s+")
_REPORTING = re.compile(r"\s*(?:\d{1,2}[:.]\d\d\s*(?:[AaPp]\.?[Mm]\.?)?\s*(?:[A-Z]{2,4}\s*)?)?[Rr]eporting from (?P<places>[^\W\d_].*)")
_REMARKS = frozenset("Photo Photos Images Image Photograph Pictures File Video Archive Pool Courtesy Handout Screenshot".split())


class _Head(NamedTuple):
    """What stands before an agency or a separator."""

    places: tuple[Place, ...]
    place_raw: str
    printed: Printed | None
    day: int | None
    is_sure: bool
    """The first place is in capitals, or the gazetteer knows it."""


def find(paragraph: str) -> Found | None:
    """The dateline at the start of a paragraph; None where there is none."""
    start = _LEADING.match(paragraph).end()  # type: ignore[union-attr]  # it matches nothing, too
    text = paragraph[start : start + 2 * _REACH]
    found = _with_mark(text) or _with_separator(text) or _with_nothing(text) or _reporting(text)
    return found._replace(end=start + found.end) if found else None


def _with_mark(text: str) -> Found | None:
    """Forms with the agency in brackets or between slashes."""
    reach = text[:_REACH]
    for pattern, signs in ((_BRACKETED, "([（"), (_SLASHED, "/")):
        for match in pattern.finditer(reach) if any(sign in reach for sign in signs) else ():
            found = _around(text, match)
            if found is not None:
                return found
    return None


def _around(text: str, match: re.Match[str]) -> Found | None:
    mark, printed = date_at_end(match["mark"])  # (Newsfile Corp. - August 15, 2022)
    mark = mark.strip(" -–,").strip()
    agency = _agency(mark)
    if agency is None and (not mark and printed is None or is_known(mark) or gazetteer.find_region(mark) or not _may_be_agency(mark)):
        return None  # مراكش (المغرب) (أ ف ب): the next brackets
    end, is_closed = match.end(), match.re is _SLASHED and agency is not None
    if match.re is _SLASHED and match["more"]:
        said, _ = date_at_start(match["date"])
        if said is not None:
            printed, is_closed = said, True
        elif agency_of(match["date"]) is None:  # /ritzau/Reuters/
            end = match.start("more")
    separator = _AFTER_MARK.match(text, end)
    head, byline = _head(text[: match.start()], agency, has_mark=agency is not None), None
    if head is None:
        byline, head = _after_byline(text[: match.start()])
    if head is None or not mark and not (head.is_sure and head.places):
        return None
    printed = head.printed or printed
    if not _is_credible(text, head, printed, agency, separator, end, is_closed=is_closed):
        return None
    end = separator.end() if separator else _past_spaces(text, end)
    sep = separator["sep"] if separator else "/" if match.re is _SLASHED and match["more"] else None
    if not head.places and agency is not None and separator:  # (ANSA) - ROMA, 12 GEN -
        following = _with_separator(text[end:], has_mark=True)
        if following is not None:
            return following._replace(end=end + following.end, agency=agency.name, agency_raw=mark)
    if printed is None and separator:
        printed, end = _date_behind(text, end)
    return Found(end, head.places, head.place_raw, printed, head.day, agency.name if agency else mark or None, mark or None, sep, byline)


def _agency(mark: str) -> Agency | None:
    """Whose a mark in brackets is. `/Корр. ТАСС Иван Петров/` and `/TASS Correspondent Ivan Petrov/` name TASS; a site is its own mark."""
    correspondent = _CORRESPONDENT.match(mark)
    found = agency_of(correspondent["before"] or correspondent["after"]) if correspondent else agency_of(mark)
    return found or (Agency(mark) if is_mark(mark) else None)


def _may_be_agency(mark: str) -> bool:
    """Short, capitalised, no sentence, and no sort of remark that newspapers put in brackets."""
    parts = mark.split()
    has_digits = any(sign.isdigit() for sign in mark)
    return len(parts) <= 5 and mark[:1].isupper() and len(mark) <= 40 and _REMARKS.isdisjoint(parts) and (len(parts) == 1 or not has_digits)


def _is_credible(
    text: str, head: _Head, printed: Printed | None, agency: Agency | None, separator: re.Match[str] | None, end: int, *, is_closed: bool
) -> bool:
    follows = text[separator.end() :] if separator else text[end:].lstrip()
    if _CAPTION_DATE.match(follows):
        return False
    is_dashed = is_closed or separator is not None and separator["sep"] not in (".", ":", "/", "=")
    if agency is None:
        return is_dashed and head.is_sure and bool(head.places)
    if is_dashed or printed is not None:
        return True
    if not head.places:  # "(CNN)" alone, then a sentence
        return bool(separator) or follows[:1].isupper() or not follows or not follows[0].isascii()
    return head.is_sure and (separator is not None or not follows or not follows[0].islower())


def _date_behind(text: str, start: int) -> tuple[Printed | None, int]:
    """`--(BUSINESS WIRE)--Aug. 15, 2022--`: a date of its own between two separators, and where the story begins."""
    printed, length = date_at_start(text[start:_REACH])
    separator = _AFTER_MARK.match(text, start + length) if printed else None
    return (printed, separator.end()) if separator else (None, start)


def _after_byline(text: str) -> tuple[str | None, _Head | None]:
    """`By Asha Rao New Delhi, Sep 20`: the name ends where a place that the gazetteer knows begins."""
    parts = text.split()
    if not parts or parts[0] not in words("by"):
        return None, None
    for count in range(3, min(len(parts), 9)):
        head = _head(" ".join(parts[count:]), None, has_mark=True)
        if head is not None and head.places and gazetteer.find_city(head.places[0].city or ""):
            return " ".join(parts[1:count]).rstrip(","), head
    return None, None


def _with_separator(text: str, *, has_mark: bool = False) -> Found | None:
    """Forms with nothing but a separator between dateline and story. `has_mark`: an agency stood before it, so less is asked of it."""
    for separator in _AFTER_PLACE.finditer(text[:_REACH]):
        before = text[: separator.start()].rstrip()
        if _CAPTION_DATE.match(text, separator.end()):
            return None
        if not before or _is_hyphen(text, separator) and not before[-1].isdigit():
            continue
        found = _signed_before(text, before, separator) or _dated(text, before, separator, has_mark=has_mark)
        if found is not None:
            return found
    return None


def _is_hyphen(text: str, separator: re.Match[str]) -> bool:
    """Inside a word: PORT-AU-PRINCE. Scripts without capitals have none."""
    is_joined = separator["sep"] == "-" and separator.end() < len(text) and not text[separator.end() - 1].isspace()
    return is_joined and (_is_cased(text[separator.start() - 1]) or text[separator.start() - 1].isdigit())


def _is_cased(sign: str) -> bool:
    return sign.lower() != sign.upper()


def _signed_before(text: str, before: str, separator: re.Match[str]) -> Found | None:
    """The agency's mark, without brackets, before the separator: `SEOUL, Nov 26 AFP -`, `TEMPO.CO, Jakarta -`, `CNN —`."""
    if separator["sep"] == ":":
        return None
    for mark, rest in _marks_at_end(before):
        agency = agency_of(mark)
        if not rest.strip():
            if agency is None or not agency.stands_alone:
                return None
            following = _with_separator(text[separator.end() :], has_mark=True)  # AGI - Roma, 12 gen. -
            found = (
                following._replace(end=separator.end() + following.end) if following else Found(separator.end(), separator=separator["sep"])
            )
            return found._replace(agency=agency.name, agency_raw=mark)
        head = _head(rest.rstrip(" -–—"), agency, has_mark=True)
        is_parted = rest.rstrip().endswith((",", ".", "—", "–", "-")) or separator["sep"] == "|"  # BERLIN dpa |
        if head is not None and (head.printed or head.places and head.is_sure and is_parted):
            printed, end = (head.printed, separator.end()) if head.printed else _date_behind(text, separator.end())
            return Found(end, head.places, head.place_raw, printed, head.day, agency.name if agency else mark, mark, separator["sep"])
    mark, _, rest = before.partition(", ")
    head = _head(rest, None, has_mark=False) if rest and is_mark(mark) else None
    if head is None or not head.places or not is_known(head.places[0].raw):
        return None
    agency = agency_of(mark)
    return Found(
        separator.end(), head.places, head.place_raw, head.printed, head.day, agency.name if agency else mark, mark, separator["sep"]
    )


def _marks_at_end(before: str) -> Iterator[tuple[str, str]]:
    """Agencies' marks that a text may end with, the longest first, and what stands before each."""
    for word in list(re.finditer(r"\S+", before))[-4:]:
        if is_mark(mark := before[word.start() :]):
            yield mark, before[: word.start()]


def _dated(text: str, before: str, separator: re.Match[str], *, has_mark: bool) -> Found | None:
    """`TULSA, Okla., April 2 -`, `Huambo, 17 January:`, `МОСКВА, 15 авг - РИА Новости.`, `WINNIPEG —`."""
    head, sep, end = _head(before, None, has_mark=has_mark), separator["sep"], separator.end()
    if head is None or not head.places:
        return None
    found = Found(end, head.places, head.place_raw, head.printed, separator=sep)
    if sep == ":":
        if not head.printed:
            return found if _is_known_in_capitals(head) else None
        is_caption = not before.rstrip()[-1].isalpha() and head.places[0].raw.isupper()  # NEW YORK, OCTOBER 15: Two singers leave
        return None if is_caption or not head.is_sure and (head.printed.year is not None or not _is_placed(before, head)) else found
    found = _signed_behind(text, found) if head.printed or head.is_sure else found
    if found.printed is None:
        printed, end = _date_behind(text, found.end)
        found = found._replace(printed=printed, end=end)
    is_known_here = (
        _is_known_in_capitals(head) or sep == ".-" and is_known(head.places[0].city or "") and text[end - 1 : end].isspace()
    )  # Monterrey.-
    is_dated = head.printed is not None and (head.is_sure or _is_placed(before, head))
    return found if found.agency or is_dated or has_mark or is_known_here else None


def _is_placed(before: str, head: _Head) -> bool:
    """Is a name before a date a place, though no table has it: parted from the date by a comma, and none of the words that stand so?"""
    return before[len(head.place_raw) :].lstrip().startswith(",") and head.place_raw.casefold() not in words("no place")


def _signed_behind(text: str, found: Found) -> Found:
    """With the agency that stands after the separator: `- РИА Новости. `, `- РИА Новости, Иван Петров. `, `-سانا `."""
    match = unbracketed().match(text, found.end)
    agency = agency_of(match.group()) if match else None
    closing = (_SIGNED if _is_cased(match.group()[0]) else _SIGNED_UNCASED).match(text, match.end()) if match else None
    if match is None or agency is None or closing is None:
        return found
    return found._replace(end=closing.end(), agency=agency.name, agency_raw=match.group(), byline=closing.groupdict().get("who"))


def _with_nothing(text: str) -> Found | None:
    """`ZURICH, March 9 The bank said`: no separator, so all else must be sure."""
    match = _NO_SEPARATOR.match(text) if _DIGIT.search(text, 0, 64) else None
    head = _head(match["head"], None, has_mark=False) if match else None
    if (
        match is None
        or head is None
        or head.printed is None
        or not head.places
        or not all(is_known(place.city or "") for place in head.places)
    ):
        return None
    return Found(match.end(), head.places, head.place_raw, head.printed)


def _reporting(text: str) -> Found | None:
    """`Reporting from Kyiv, Ukraine` on a line of its own, or after a date and a time."""
    printed, start = date_at_start(text)
    match = _REPORTING.match(text, start)
    if match is None:
        return None
    parts = list(re.finditer(r"\S+", match["places"]))
    for count in range(min(8, len(parts)), 0, -1):
        raw = match["places"][: parts[count - 1].end()].rstrip(".")
        places = read_places(raw)
        if places and all(is_known(place.city or "") for place in places):
            end = match.start("places") + len(raw)
            separator = _AFTER_PLACE.match(text, _past_spaces(text, end))
            if printed is None and not separator and text[end:].strip(" ."):
                return None
            return Found(
                separator.end() if separator else _past_spaces(text, end),
                places,
                raw,
                printed,
                separator=separator["sep"] if separator else None,
            )
    return None


def _is_known_in_capitals(head: _Head) -> bool:
    names = [place.raw.split(",")[0].strip() for place in head.places]
    if len(names) == 1 and not head.places[0].country and not head.places[0].region and key(names[0]) in words("words too"):
        return False
    return all(name.isupper() for name in names) and all(
        place.country or place.region or place.city and gazetteer.find_city(name) for place, name in zip(head.places, names, strict=True)
    )


def _head(text: str, agency: Agency | None, *, has_mark: bool) -> _Head | None:
    """Places and date before an agency or a separator; None where it is something else (a sentence, a caption)."""
    before, printed = date_at_end(text.rstrip())
    if printed is None and (dated := _date_before(before.strip())) is not None:
        before, printed = dated
    raw, day = before.strip().rstrip(",:–—-" if has_mark else ",").rstrip(), None
    if has_mark and printed is None and (in_digits := _DAY_MONTH.search(raw)):
        numbers = Printed(int(in_digits["month"]), int(in_digits["day"]))
        raw, printed = (raw[: in_digits.start()].rstrip(" ,"), numbers) if is_possible(numbers) else (raw, None)
    elif has_mark and printed is None and (alone := _DAY_ALONE.search(raw)) and 1 <= int(alone["day"]) <= 31:
        raw, day = raw[: alone.start()], int(alone["day"])
    if not raw:
        return _Head((), "", printed, None, True) if printed or has_mark else None
    places = read_places(raw, home=agency.home if agency else "", is_dated=printed is not None)
    if not places:
        return None
    first = places[0]
    is_sure = (
        not any(sign.islower() for sign in first.raw) or bool(first.country or first.region) or is_known(first.raw.split(",")[0].strip())
    )
    if not (has_mark or printed or is_sure):
        return None
    return _Head(places, raw, printed, day, is_sure)


def _date_before(text: str) -> tuple[str, Printed] | None:
    """`Oct 13, LONDON (Reuters) -`: the date first, then a place that the gazetteer knows."""
    printed, length = date_at_start(text)
    rest = text[length:].lstrip(" ,.")
    return (rest, printed) if printed and rest != text[length:] and is_known(rest.split(",")[0]) else None


def _past_spaces(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place

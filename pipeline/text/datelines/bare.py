"""Datelines with no brackets: a separator alone ends them, or nothing does. Pure. The grammar is drawn in the package's docstring."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.text import gazetteer
from pipeline.text.agencies import agency_of, is_mark, is_site, may_end_in_mark, unbracketed
from pipeline.text.datelines.found import Found
from pipeline.text.datelines.heads import (
    AFTER_PLACE,
    CAPTION_DATE,
    REACH,
    Head,
    after_byline,
    date_behind,
    is_cased,
    is_prose,
    is_story,
    parting,
    past_spaces,
    read_before,
)
from pipeline.text.datelines.places import is_aboard, is_known, is_place, read_places, words
from pipeline.text.dates import date_at_end, date_at_start
from pipeline.text.later import later
from pipeline.text.spelling import key
from schemas.article import Place

_DIGIT = re.compile(r"\d")
_NO_SEPARATOR = later(
    r"^(?P<head>[^:;!?]{3,60}?,?\s+(?:[A-Za-z]{3,9}\.? \d{1,2}|\d{1,2} [A-Za-z]{3,9})(?:,? (?:19|20)\d\d)?)(?P<sep>(?<=\d)\.)?(?:\s+(?=[A-Z\"“][a-z])|\s*$)"
)
_CLOSED = later(r"(?P<sep>\.)?(?:\s+(?=[^\W\d_]|[\"“«])|\s*$)")
_STOP = re.compile(r"[,.]\s*")
_OF_OUR_ERA = re.compile(r" م ")
"""Behind SPA's dates in Arabic."""
_OPENS = re.compile(r"\s+(?P<word>[^\W\d_]+)(?=\s)")
_CAPITALS = re.compile(r"(?:(?P<comma>,)\s*|\s+)(?P<mark>[A-Z]{3,8})$")
_TIME_ZONES = frozenset("BST CEST CET CST EDT EEST EET EST GMT HKT IST JST KST MSK MST PDT PST SGT UTC WIB".split())
_BETWEEN_DASHES = re.compile(r"\(?(?P<mark>[A-Z][\w.&]*(?: [A-Z][\w.&]*){0,3})\)?\s+(?P<sep>-{1,2}|–|—|\|)(?:\s+|$)")
_SITE_BEFORE = re.compile(r"\s?,\s|\s/\s")
_PLACES_IN_BRACKETS = later(r"[(（](?P<places>[^\W\d_][^()（）:;]{2,60})[)）]\s*(?P<sep>--|[–—-])?\s*")
_SOUTH_ASIA = frozenset(("BD", "IN", "LK", "NP", "PK"))
"""Where papers put a colon behind a city, in small letters, too: `Mumbai: The`."""
_LARGE = 250_000
"""People."""
_LONGEST_ALONE = 50
"""Characters of places that stand alone."""
_FIRST_OF_SEVERAL = re.compile(r"(?P<city>[^\s,/(]+(?:\s[^\s,/(]+){0,5})\s*[,/(]")
_IN_CAPITALS = later(r"(?P<place>[^\W\d_]{4,}(?:[ '’-][^\W\d_]{2,}){0,3})(?P<sep>\.)?\s+(?=[^\W\d_a-z][^\W\d_A-Z]*\s)")
_SIGNED = later(r"(?:,\s(?P<who>[^\W\d_]+(?:\s[^\W\d_]+){1,3}))?\s*[.:–—-](?:\s+|$)")
_SIGNED_UNCASED = re.compile(r"\s*[.:/–—-]?(?:\s+|$)")
_REPORTING = later(r"\s*(?:\d{1,2}[:.]\d\d\s*(?:[AaPp]\.?[Mm]\.?)?\s*(?:[A-Z]{2,4}\s*)?)?[Rr]eporting from (?P<places>[^\W\d_].*)")


def with_separator(text: str, *, has_mark: bool = False) -> Found | None:
    """Forms with nothing but a separator between dateline and story. `has_mark`: an agency stood before it, so less is asked of it."""
    for separator in parting(text[:REACH]):
        before = text[: separator.start()].rstrip()
        if CAPTION_DATE.match(text, separator.end()):
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
    return is_joined and (is_cased(text[separator.start() - 1]) or text[separator.start() - 1].isdigit())


def _signed_before(text: str, before: str, separator: re.Match[str]) -> Found | None:
    """The agency's mark, without brackets, before the separator: `SEOUL, Nov 26 AFP -`, `TEMPO.CO, Jakarta -`, `CNN —`."""
    if separator["sep"] in ":।":
        return None
    for mark, rest in _marks_at_end(before):
        agency = agency_of(mark)
        if not rest.strip():
            if agency is None and not (is_mark(mark) and _is_spaced(text, separator) and is_prose(text[separator.end() :])):
                return None
            if agency is not None and not agency.stands_alone and not (is_site(mark) and is_prose(text[separator.end() :])):
                return None
            if not is_story(text[separator.end() :]):
                return None  # Reuters - the news agency - said
            following = with_separator(text[separator.end() :], has_mark=True)  # AGI - Roma, 12 gen. -
            found = (
                following._replace(end=separator.end() + following.end) if following else Found(separator.end(), separator=separator["sep"])
            )
            return found._replace(agency=agency.name if agency else mark, agency_raw=mark)  # Suara.com - Presiden
        head = read_before(rest.rstrip(" -–—"), agency, has_mark=True)
        is_parted = rest.rstrip().endswith((",", ".", "—", "–", "-")) or separator["sep"] == "|"  # BERLIN dpa |
        if head and agency and agency.stands_alone and _is_spaced(text, separator):  # Lima CNN —
            is_parted = is_parted or all(gazetteer.find_city(place.city or "") for place in head.places)
        if head is not None and (head.printed or head.places and head.is_sure and is_parted):
            printed, end = (head.printed, separator.end()) if head.printed else date_behind(text, separator.end())
            return Found(end, head.places, head.place_raw, printed, head.day, agency.name if agency else mark, mark, separator["sep"])
    unknown = _unknown_before(text, before, separator)
    if unknown is not None:
        return unknown
    mark, rest, *_ = [*_SITE_BEFORE.split(before, 1), ""]
    head = read_before(rest, None, has_mark=False) if rest and is_mark(mark) else None
    if head is None or not head.places or not gazetteer.find_city(head.places[0].city or ""):
        return None  # PETRA, Jordan —
    agency = agency_of(mark)
    return Found(
        separator.end(), head.places, head.place_raw, head.printed, head.day, agency.name if agency else mark, mark, separator["sep"]
    )


def _unknown_before(text: str, before: str, separator: re.Match[str]) -> Found | None:
    """An agency that the table lacks, where the rest is surely a dateline: `SYDNEY, Jul 16 XPA -`, `LIMA, Peru - Andes Wire - May 5, 2020 -`."""
    last = _CAPITALS.search(before) if before[-1].isupper() else None
    is_mark_like = last is not None and last["mark"] not in _TIME_ZONES and not is_place(last["mark"]) and date_at_end(before)[1] is None
    head = read_before(before[: last.start()], None, has_mark=False) if last and is_mark_like else None
    if last and head and head.places and head.is_sure and (head.printed or last["comma"] and _is_known_in_capitals(head)):
        return Found(separator.end(), head.places, head.place_raw, head.printed, None, last["mark"], last["mark"], separator["sep"])
    between = _BETWEEN_DASHES.match(text, separator.end())
    head = read_before(before, None, has_mark=False) if between else None
    printed, end = date_behind(text, between.end()) if between else (None, 0)
    agency = agency_of(between["mark"]) if between else None
    if between is None or head is None or not head.places or not head.is_sure:
        return None
    if printed is None:  # Lima, Peru | AFP |
        if agency is None or agency.is_word or not is_known(head.places[0].city or ""):
            return None
        printed, end = head.printed, between.end()
    name = agency.name if agency else between["mark"]
    return Found(end, head.places, head.place_raw, printed, None, name, between["mark"], between["sep"])


def _marks_at_end(before: str) -> Iterator[tuple[str, str]]:
    """Agencies' marks that a text may end with, the longest first, and what stands before each."""
    if not may_end_in_mark(before):
        return
    for word in list(re.finditer(r"\S+", before))[-4:]:
        if is_mark(mark := before[word.start() :]):
            yield mark, before[: word.start()]


def _dated(text: str, before: str, separator: re.Match[str], *, has_mark: bool) -> Found | None:
    """`TULSA, Okla., April 2 -`, `Huambo, 17 January:`, `МОСКВА, 15 авг - РИА Новости.`, `WINNIPEG —`."""
    head, byline, sep, end = read_before(before, None, has_mark=has_mark), None, separator["sep"], separator.end()
    if head is None and sep not in ":।":
        byline, head = after_byline(before)
    if head is None or not head.places or byline and not head.printed:
        return None
    found = Found(end, head.places, head.place_raw, head.printed, separator=sep, byline=byline)
    if sep in ":।":
        if not head.printed:
            return found if _is_colon_enough(head, text[end:]) and date_behind(text, end)[0] is None else None
        if not before.rstrip()[-1].isalpha() and before.isupper() or not is_story(text[end:]):
            return None  # NEW YORK, OCTOBER 15: Two singers leave
        return found if head.is_sure or head.printed.year is None and _is_placed(before, head) else None
    found = _signed_behind(text, found) if head.printed or head.is_sure else found
    if found.printed is None:
        printed, end = date_behind(text, found.end)
        found = found._replace(printed=printed, end=end)
    is_known_here = (
        _is_known_in_capitals(head) or sep == ".-" and is_known(head.places[0].city or "") and text[end - 1 : end].isspace()
    )  # Monterrey.-
    is_dated = head.printed is not None and (head.is_sure or _is_placed(before, head))
    is_there = _is_spaced(text, separator) and (
        all(_lies_there(place) for place in head.places)
        or (_is_large(head.places) or is_aboard(head.place_raw))
        and is_prose(text[separator.end() :])
    )  # Kabul, Afghanistan —    Berlin – Die Regierung    ABOARD AIR FORCE ONE — The president
    is_surely = bool(found.agency) or is_dated or has_mark
    return found if is_surely or (is_known_here or is_there) and is_story(text[end:]) else None


def _is_colon_enough(head: Head, follows: str) -> bool:
    """`KARACHI: `, `Mumbai: `, `नई दिल्ली: `, `पटना। `: cities in capitals; those of South Asia and in scripts without capitals, if large, before prose."""
    if _is_known_in_capitals(head):
        return is_story(follows)
    is_usual = not is_cased(head.place_raw[0]) or all(place.country_code in _SOUTH_ASIA for place in head.places)
    return is_usual and _is_large(head.places) and is_prose(follows)


def _is_spaced(text: str, separator: re.Match[str]) -> bool:
    """A dash with white space on both sides, or with nothing behind it."""
    is_open = separator.end() == len(text) or text[separator.end() - 1].isspace()
    return separator["sep"] not in ":।" and is_open and text[separator.start() - 1].isspace()


def _is_large(places: tuple[Place, ...]) -> bool:
    """Is every one a city that needs no country beside it, by its size or as a capital?"""
    found = [gazetteer.find_city(place.raw) for place in places]
    return all(city is not None and (city.is_capital or city.population >= _LARGE) for city in found)


def _is_placed(before: str, head: Head) -> bool:
    """Is a name before a date a place, though no table has it: parted from the date by a comma, and none of the words that stand so?"""
    return before[len(head.place_raw) :].lstrip().startswith(",") and head.place_raw.casefold() not in words("no place")


def _signed_behind(text: str, found: Found) -> Found:
    """With the agency that stands after the separator: `- РИА Новости. `, `- РИА Новости, Иван Петров. `, `-سانا `."""
    match = unbracketed().match(text, found.end)
    agency = agency_of(match.group()) if match else None
    closing = (_SIGNED if is_cased(match.group()[0]) else _SIGNED_UNCASED).match(text, match.end()) if match else None
    if match is None or agency is None or closing is None:
        return found
    return found._replace(
        end=closing.end(), agency=agency.name, agency_raw=match.group(), byline=closing.groupdict().get("who") or found.byline
    )


def _is_known_in_capitals(head: Head) -> bool:
    names = [place.raw.split(",")[0].strip() for place in head.places]
    if len(names) == 1 and not head.places[0].country and not head.places[0].region and key(names[0]) in words("words too"):
        return False
    return all(name.isupper() for name in names) and all(map(_is_understood, head.places))


def _is_understood(place: Place) -> bool:
    """Is its country or region known, or the city where it is all that is printed? Not `HOUSTON, Whitney`, nor `ACME (ACM)`."""
    is_region = place.region is not None and gazetteer.find_region(place.region) is not None
    return bool(place.country or is_region or (place.region or "," not in place.raw) and gazetteer.find_city(place.city or ""))


def with_nothing(text: str) -> Found | None:
    """No separator, so all else must be sure: `ZURICH, March 9 The bank said`, `BEIRUT, Lebanon, June 2.`, `Paris, France`, `Beijing/Moscow`."""
    if text.startswith(("(", "（")):
        return _in_brackets(text)
    has_digit = _DIGIT.search(text, 0, 64) is not None
    match = _NO_SEPARATOR.match(text) if has_digit else None
    head = read_before(match["head"], None, has_mark=False) if match else None
    if match is None or head is None or head.printed is None:
        return (_signed_alone(text) if has_digit else None) or _places_alone(text) or _capitals_alone(text)
    if not head.places or not all(is_known(place.city or "") for place in head.places):
        return None
    return Found(match.end(), head.places, head.place_raw, head.printed, separator=match["sep"])


def _in_brackets(text: str) -> Found | None:
    """`(Beirut, March 5, 2024) – `, `(New York) – `; `(Ottawa) Le ministre` of a large city, before prose."""
    match = _PLACES_IN_BRACKETS.match(text)
    head = read_before(match["places"], None, has_mark=False) if match else None
    if match is None or head is None or not head.places or key(head.place_raw) in words("words too"):
        return None
    follows = text[match.end() :]
    is_there = all(_lies_there(place) or gazetteer.find_city(place.raw) for place in head.places)
    if not is_there or not is_story(follows) or not (match["sep"] or _is_large(head.places) and is_prose(follows)):
        return None
    return Found(match.end(), head.places, head.place_raw, head.printed, separator=match["sep"])


def _signed_alone(text: str) -> Found | None:
    """A known agency behind place and date, with at most a full stop: `YEREVAN, AUGUST 15, ARMENPRESS.`, `Baku, August 15, AZERTAC`."""
    for stop in (_OF_OUR_ERA if _OF_OUR_ERA.search(text, 0, REACH) else _STOP).finditer(text, 0, REACH):
        match = unbracketed().match(text, stop.end(), REACH)
        closing = _CLOSED.match(text, match.end()) if match else None
        agency = agency_of(match.group()) if match and closing else None
        if match is None or closing is None or agency is None:
            continue
        head = read_before(text[: stop.start() + 1], None, has_mark=True)
        if head and head.places and head.printed and head.is_sure:
            return Found(closing.end(), head.places, head.place_raw, head.printed, None, agency.name, match.group(), closing["sep"])
    return None


def _places_alone(text: str) -> Found | None:
    """Places and nothing else, as JSON-LD's `dateline` has them, or with a word behind them that opens a sentence and ends no name.

    One place needs its country or region and must lie there; two of them, parted by a slash, need only be cities.
    """
    reach = text[:REACH]
    if "," not in reach[:_LONGEST_ALONE] and "/" not in reach[:_LONGEST_ALONE]:
        return None
    first = _FIRST_OF_SEVERAL.match(reach, 0, _LONGEST_ALONE)
    if first is None or not is_known(first["city"]):  # most texts end here
        return None
    openers = words("openers")
    end = next(
        (
            one.start()
            for one in _OPENS.finditer(reach)
            if one["word"][0].isupper() and one["word"].casefold() in openers or one.start() > _LONGEST_ALONE
        ),
        None,
    )
    raw = reach.rstrip() if end is None else reach[:end]
    if len(raw) > _LONGEST_ALONE or not ("," in raw or "/" in raw):
        return None
    places = read_places(raw)
    are_known = places and all(is_known(place.city or "") for place in places)
    if not are_known or len(places) == 1 and not _lies_there(places[0]) or len(places) > 1 and "/" not in raw:
        return None
    return Found(past_spaces(text, len(raw)), places, raw)


def _capitals_alone(text: str) -> Found | None:
    """`BERLIN. Die Stadt`, `LONDON The council`: a large city in capitals, then prose; without a full stop it begins with a word that opens a sentence."""
    match = _IN_CAPITALS.match(text)
    city = gazetteer.find_city(match["place"]) if match and match["place"].isupper() else None
    if match is None or city is None or not (city.is_capital or city.population >= _LARGE) or key(match["place"]) in words("words too"):
        return None
    follows = text[match.end() :]
    if not is_prose(follows) or not match["sep"] and follows.split()[0].casefold() not in words("openers"):
        return None
    return Found(match.end(), read_places(match["place"]), match["place"], separator=match["sep"])


def _lies_there(place: Place) -> bool:
    """Does the gazetteer have the city in the country or region that is printed with it?"""
    region = gazetteer.find_region(place.region, beside=place.city or "") if place.region else None
    found = gazetteer.find_city(place.city or "", country=place.country_code, region=region.code if region else None)
    return bool(place.country or region) and found is not None and (region is None or found.region == region.code)


def reporting(text: str) -> Found | None:
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
            separator = AFTER_PLACE.match(text, past_spaces(text, end))
            if printed is None and not separator and text[end:].strip(" ."):
                return None
            return Found(
                separator.end() if separator else past_spaces(text, end),
                places,
                raw,
                printed,
                separator=separator["sep"] if separator else None,
            )
    return None

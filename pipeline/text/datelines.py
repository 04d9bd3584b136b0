"""Split the first paragraph of a wire story into dateline, byline and lead. Pure: no network, no clock.

The grammar, as the agencies print it (what stands in [] may be left out; a table of agencies is in `agencies`, of dates in `dates`):

    [PLACES,] [DATE] (AGENCY) SEP        SEOUL, Aug. 15 (UPI) --    RAFAH, Gaza Strip (AP) —    Madrid, 16 ene (EFE).-    (CNN)
    PLACES [, DATE] /AGENCY/ SEP         MOSCOW, January 21. /TASS/.    PARIS, FRANCE / ACCESSWIRE / August 15, 2022 /
    PLACES--(AGENCY [- DATE])--          ST. LOUIS--(BUSINESS WIRE)--
    PLACES, DATE AGENCY SEP              SAITAMA, Japan, Dec. 9 Kyodo -
    (AGENCY) SEP PLACES, DATE SEP        (ANSA) - ROMA, 12 GEN -
    PLACES, DATE SEP                     CHICAGO, April 1 -    Ecunha, 17 January:
    PLACES SEP                           BRUSSELS —              only in capitals, and only places that the gazetteer knows
    CJK forms                            新华社北京8月15日电    (서울=연합뉴스)    【ソウル共同】

The less the line itself says (no agency, no date, no separator), the surer the place must be: captions (`SAN FRANCISCO – JUNE 26: A man`),
headline tags (`FILE -`) and sentences with an agency in brackets look much the same.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple

import msgspec

from pipeline.text import dates, gazetteer
from pipeline.text.agencies import agency_of, unbracketed
from pipeline.text.dates import Printed, date_at_end, date_at_start
from schemas.article import Dateline, Place

_REACH = 140
"""No dateline is longer, in characters."""
_SEPARATOR = re.compile(r"\s*(\.-|\.\s*[–—]|--|—|–|―|-|_|:|/|\.|=)(?=\s|$|[^\W\d_]|[\"“«„'‘*])\s*")
_DASH = re.compile(r"\s*(?P<sep>(?<!-)--(?!-)|—|–|―|-|_)(?=\s|$|[A-Z\"“])\s*")
_AFTER_DATE = re.compile(r"\s*(?P<sep>\.-|--|—|–|-|_|:)(?=\s|$|[A-Z\"“])\s*")
_BRACKETED = re.compile(r"(?P<dashes>\s*--)?\s*[(（\[](?P<mark>[^()（）\[\]]{2,45})[)）\]]")
_SLASHED = re.compile(r"\s*/\s*(?P<mark>[^\W\d_][^/\d]{1,30}?)\s*/(?P<dated>\s*(?P<date>[^/]{6,22}?)\s*/)?")
_DAY_ALONE = re.compile(r",\s*(\d{1,2})$")
_SIGNED = re.compile(rf"(?P<mark>{unbracketed().pattern})\.\s+")
_CAPTION_DATE = re.compile(r"^(?:[A-Z]+\.? \d{1,2}(?:, \d{4})?)\s*:")
_NO_PLACE = re.compile(
    r"^(?:(?:ABOARD|ON BOARD|EN ROUTE|AT SEA|OFF THE|ON THE|IN THE|ALONG THE|OVER THE|WITH THE|NEAR THE|SOMEWHERE IN|AU LARGE|À BORD|A BORDO|AN BORD)\b[^a-z]*"
    r"|(?:Aboard|On board|At sea|À bord|A bordo|An Bord)(?: (?:the|a|an|du|de la|d'un|der|des|del|of|[A-Z“\"'][\w“”\"'.-]*))*|Internet|INTERNET)$"
)
_SEAS = re.compile(r"\b(?:sea|ocean|gulf|strait|channel|mer|océan|mar|océano|golfo)$", re.IGNORECASE)
_PARTICLES = frozenset(
    "de del della di da das do dos du des la le les los las el al an am im in den der die dem zu of the and y e et und sur sous en ob bei auf "
    "aan op ten ter upon by ben bin".split()
)
_RIVERS = frozenset(
    "main oder saale spree donau weser rhein neckar elbe inn isar lahn ruhr havel mosel fulda werra ilm unstrut weinstraße weinstrasse see aisch".split()
)
"""After a slash these make one place with what stands before: Frankfurt/Main, Neustadt/Weinstraße."""
_AND = re.compile(r"\s+(?:and|AND|y|Y|et|ET|und|UND|e|E|&|و)\s+")
_CJK = tuple(
    re.compile(pattern)
    for pattern in (
        r"^(?P<agency>新华社|新華社|中新社)(?P<place>[^\d\s，。（(]{1,12}?)(?P<month>\d{1,2})月(?P<day>\d{1,2})日[电電](?:\s*[（(][^）)]{0,40}[）)])?\s*",
        r"^[（(](?P<agency>中央社)(?:記者)?(?P<byline>[^\W\d]{2,4}?)?(?P<place>[^\W\d]{2,3})(?P<day>\d{1,2})日(?:[^（()）]{0,12})電[)）]\s*",
        r"^【(?P<place>[^】\d\s=＝]{1,12}?)(?P<day>\d{1,2})日?[\s=＝]*(?P<agency>共同|時事|AFP(?:=時事)?|ロイター)】\s*",
        r"^【(?P<place>[^】\d\s=＝]{1,12}?)[\s=＝]*(?P<agency>共同|時事|AFP(?:=時事)?|ロイター)】\s*",
        r"^[［\[](?P<place>[^\s\d］\]]{1,14})[\s　]+(?P<day>\d{1,2})日[\s　]+(?P<agency>ロイター|共同|時事)[］\]]\s*(?P<sep>[-－–—])?\s*",
        r"^[（(](?P<place>[^=()（）\d\s]{1,20})=(?P<agency>[^=()（）\d\s]{2,8})[)）]\s*(?:(?P<byline>[^=]{2,30}?(?:기자|특파원))\s*(?P<sep>=)\s*)?",
    )
)


class Lead(NamedTuple):
    """A first paragraph, taken apart."""

    dateline: Dateline | None
    byline: str | None
    """`By Name` where it stood before the city in the same paragraph (PTI, IANS); `By` taken off."""
    text: str
    """What the story says, from its first word."""


class _Head(NamedTuple):
    places: tuple[Place, ...]
    printed: Printed | None
    place_raw: str
    is_sure: bool
    """All of it is in capitals, or the gazetteer knows the first place."""
    day: int | None = None
    """Of a date that is only a day: `MADRID, 15 (EUROPA PRESS)`."""


def split_lead(paragraph: str, *, published: datetime | None = None) -> Lead:
    """Take the dateline off a paragraph. `published` (aware) is only used to find the year that the line leaves out."""
    found = _in_cjk(paragraph) or _with_agency(paragraph) or _agency_bare(paragraph) or _without_agency(paragraph)
    if found is None:
        return Lead(None, None, paragraph)
    dateline, byline = found
    text = paragraph[len(dateline.raw) :]
    if byline:
        text = text.lstrip()
    if not text.strip() and not dateline.raw.strip():
        return Lead(None, None, paragraph)
    resolved = None
    if dateline.month and dateline.day:
        resolved = dates.resolve(Printed(dateline.month, dateline.day, dateline.year), published.date() if published else None)
    return Lead(msgspec.structs.replace(dateline, resolved_date=resolved.isoformat() if resolved else None), byline, text)


def _with_agency(text: str) -> tuple[Dateline, str | None] | None:
    """Forms with the agency in brackets or between slashes."""
    reach = text[:_REACH]
    for pattern in (_BRACKETED, _SLASHED):
        for match in pattern.finditer(reach):
            found = _around(text, match)
            if found is not None:
                return found
    return None


def _around(text: str, match: re.Match[str]) -> tuple[Dateline, str | None] | None:
    mark, inner_date = date_at_end(match["mark"])  # (Newsfile Corp. - August 15, 2022)
    mark = mark.strip(" -–,").strip()
    agency = agency_of(mark)
    if agency is None and (gazetteer.country_code(mark) or gazetteer.find_region(mark)):
        return None  # مراكش (المغرب) (أ ف ب): the next brackets
    if agency is None and mark and not _may_be_agency(mark):
        return None
    head_text, byline = text[: match.start()], None
    end = match.end()
    printed = inner_date
    slashes = match.groupdict()
    if slashes.get("dated"):
        printed, _ = date_at_start(slashes["date"])
        if printed is None:
            end = match.start("dated")
    separator = _SEPARATOR.match(text, end)
    head = _head(head_text, known_agency=agency is not None, home=agency.home if agency else "")
    if head is None and re.match(r"(?:By|Von|Por|Par)\s", head_text):
        byline, head = _byline_before(head_text)
    if head is None:
        return None
    printed = head.printed or printed
    if not mark and not (inner_date and head.is_sure and head.places):
        return None
    closed = match.re is _SLASHED and (bool(slashes.get("dated")) or agency is not None)
    if not _is_credible(text, head, printed, agency is not None, separator, end, closed=closed):
        return None
    stop = separator.end() if separator else _past_spaces(text, end)
    sep = separator[1] if separator else ("/" if slashes.get("dated") else None)
    if not head.places and agency is not None and separator:  # (ANSA) - ROMA, 12 GEN -
        following = _without_agency(text[stop:], weak=True)
        if following is not None:
            dateline = following[0]
            return msgspec.structs.replace(dateline, raw=text[:stop] + dateline.raw, agency=agency.name, agency_raw=mark), None
    name = agency.name if agency else mark or None
    dateline = _dateline(text[:stop], head, printed, name, mark or None, sep)
    return (msgspec.structs.replace(dateline, day=head.day) if head.day else dateline), byline


def _may_be_agency(mark: str) -> bool:
    """Short, capitalised, no sentence, and no sort of remark that newspapers put in brackets."""
    words = mark.split() or ["-"]
    return (
        len(words) <= 3 and words[0][0].isupper() and len(mark) <= 24 and not any(sign.isdigit() for sign in mark) and "Photo" not in mark
    )


def _is_credible(
    text: str, head: _Head, printed: Printed | None, is_known: bool, separator: re.Match[str] | None, end: int, *, closed: bool
) -> bool:
    follows = text[separator.end() :] if separator else text[end:].lstrip()
    if _CAPTION_DATE.match(follows):
        return False
    dashed = separator is not None and separator[1] not in (".", ":", "/", "=") or closed
    if not is_known:
        return dashed and head.is_sure and bool(head.places)
    if dashed or printed is not None:
        return True
    if not head.places:  # "(CNN)" alone, then a sentence
        return bool(separator) or follows[:1].isupper() or not follows or not follows[0].isascii()
    return head.is_sure and (separator is not None or not follows or not follows[0].islower())


def _byline_before(head_text: str) -> tuple[str | None, _Head | None]:
    """`By Asha Rao New Delhi, Sep 20`: the name ends where a place that the gazetteer knows begins."""
    words = head_text.split()
    for count in range(3, min(len(words), 9)):
        rest = " ".join(words[count:])
        head = _head(rest, known_agency=True, home="")
        if head is not None and head.places and head.is_sure and gazetteer.find_city(head.places[0].raw):
            return " ".join(words[1:count]).rstrip(","), head
    return None, None


def _agency_bare(text: str) -> tuple[Dateline, str | None] | None:
    """`SEOUL, Nov 26 AFP -`, `JAKARTA, KOMPAS.com -`: the agency's mark without brackets, so a separator must follow it."""
    for match in re.finditer(rf"(?<![\w/(])(?:{unbracketed().pattern})(?![\w/)])", text[:_REACH]):
        separator = _AFTER_DATE.match(text, match.end())
        if separator is None or separator["sep"] == ":" or match.start() == 0:
            continue
        agency = agency_of(match.group())
        if agency is None:
            continue
        head = _head(text[: match.start()], known_agency=True, home=agency.home)
        if (
            head is not None
            and head.places
            and (head.printed or (head.is_sure and text[: match.start()].rstrip().endswith((",", ".", "—", "–"))))
        ):
            return _dateline(text[: separator.end()], head, head.printed, agency.name, match.group(), separator["sep"]), None
    return None


def _without_agency(text: str, *, weak: bool = False) -> tuple[Dateline, str | None] | None:
    """`CHICAGO, April 1 -`, `BRUSSELS —`. `weak`: an agency stood before it, so less is asked of it."""
    for match in _AFTER_DATE.finditer(text[:_REACH]):
        head_text, sep = text[: match.start()], match["sep"]
        if len(head_text) < 3 or match.end() == match.start():
            continue
        rest = text[match.end() :]
        if _CAPTION_DATE.match(rest):
            return None
        if sep == "-" and not text[match.end() - 1].isspace() and match.end() < len(text):
            if not date_at_end(head_text)[1]:
                continue  # a hyphen inside a word: PORT-AU-PRINCE
        head = _head(head_text, known_agency=weak, home="")
        if head is None or not head.places:
            continue
        if head.printed:
            if sep == ":" and not head_text.rstrip()[-1].isalpha() and head.places[0].raw.isupper():
                continue  # a caption: "NEW YORK, OCTOBER 15: Two singers leave"
            if sep == ":" and head.printed.year is not None and not head.is_sure:
                continue
            signed = _SIGNED.match(rest)  # МОСКВА, 15 авг - РИА Новости. Президент
            if signed and (agency := agency_of(signed["mark"])):
                return _dateline(text[: match.end() + signed.end()], head, head.printed, agency.name, signed["mark"], sep), None
            return _dateline(text[: match.end()], head, head.printed, None, None, sep), None
        if sep != ":" and (weak or _is_known_in_capitals(head)):
            return _dateline(text[: match.end()], head, None, None, None, sep), None
    return None


def _is_known_in_capitals(head: _Head) -> bool:
    for place in head.places:
        name = place.raw.split(",")[0].strip()
        if not name.isupper() or not (place.country or place.region or (place.city and gazetteer.find_city(name))):
            return False
    return True


def _head(text: str, *, known_agency: bool, home: str) -> _Head | None:
    """Places and date before an agency or a separator; None where it is something else (a sentence, a caption)."""
    before, printed = date_at_end(text.rstrip())
    raw = before.strip().rstrip(",").rstrip()
    day = _DAY_ALONE.search(raw) if known_agency and printed is None else None
    if day and 1 <= int(day[1]) <= 31:
        raw = raw[: day.start()]
    if not raw:
        return _Head((), printed, "", True) if printed or known_agency else None
    places = _places(raw, home)
    if not places:
        return None
    letters = [sign for sign in places[0].raw if sign.isalpha()]
    sure = (
        all(sign.isupper() or not sign.islower() for sign in letters)
        or gazetteer.find_city(places[0].raw.split(",")[0].strip()) is not None
        or places[0].country_code is not None
    )
    if not known_agency and printed is None and not sure:
        return None
    return _Head(places, printed, raw, sure, int(day[1]) if day else None)


def _places(raw: str, home: str) -> tuple[Place, ...]:
    """The places of a dateline; () where the text is no list of places."""
    if _NO_PLACE.match(raw) or (_SEAS.search(raw) and _is_name(raw.split(",")[0])):
        return (Place(raw=raw),) if len(raw) <= 80 and not raw.endswith(".") else ()
    found: list[Place] = []
    for chunk in _chunks(raw):
        place = _place(chunk, home)
        if place is None:
            return ()
        found.extend(place)
    return tuple(found) if len(found) <= 5 else ()


def _chunks(raw: str) -> list[str]:
    """Where one place ends and the next begins: at slashes, semicolons and "and"."""
    joined: list[str] = []
    for part in re.split(r"\s*[/;]\s*", raw):
        if joined and gazetteer.key(part) in _RIVERS:
            joined[-1] += "/" + part
        else:
            joined.append(part)
    chunks: list[str] = []
    for part in joined:
        last = part.rsplit(",", 1)[-1].strip()
        if gazetteer.find_city(part) or gazetteer.country_code(part) or (_AND.search(last) and gazetteer.country_code(last)):
            chunks.append(part)  # Trinidad and Tobago
        else:
            chunks.extend(_AND.split(part))
    return [chunk.strip(" ,") for chunk in chunks if chunk.strip(" ,")]


def _place(chunk: str, home: str) -> list[Place] | None:
    """One chunk: `CITY`, `CITY, Region`, `CITY, Country`, `City (Country)`, `City (Region) [Country]`, `CITY, Region, Country`, `CITY, CITY`."""
    brackets = re.findall(r"[(\[]([^()\[\]]+)[)\]]", chunk)
    bare = re.sub(r"\s*[(\[][^()\[\]]+[)\]]", "", chunk)
    parts = [part.strip() for part in re.split(r"\s*[,،]\s*", bare) if part.strip()]
    if parts and parts[0].endswith(".") and len(parts[0]) > 4 and gazetteer.find_city(parts[0][:-1]):
        parts[0] = parts[0][:-1]
    if not parts or not _is_name(parts[0]) or len(parts) + len(brackets) > 4:
        return None
    city, region, country = parts[0], None, None
    others: list[Place] = []
    for part in [*parts[1:], *brackets]:
        if gazetteer.country_code(part) and not (
            gazetteer.find_region(part) and region is None and part != "Georgia"[:0] and _prefers_region(city, part)
        ):
            country = part
        elif gazetteer.find_region(part):
            region = part
        elif part in parts and gazetteer.find_city(part) and len(parts) <= 4 and part.isupper() == city.isupper():
            further = _place(part, home)
            others.extend(further or [])
        elif part in brackets or (part.endswith(".") and _is_name(part)):
            region = part
        elif not _is_name(part):
            return None
    return [_resolved(chunk, city, region, country, home), *others]


def _prefers_region(city: str, name: str) -> bool:
    """`ATLANTA, Georgia` is in the state, `TBILISI, Georgia` in the country: the one that has such a city."""
    region, country = gazetteer.find_region(name), gazetteer.country_code(name)
    if region is None:
        return False
    in_country = gazetteer.find_city(city, country=country)
    in_region = gazetteer.find_city(city, country=region.country, region=region.code)
    return in_region is not None and in_region.region == region.code and in_country is None


def _resolved(chunk: str, city: str, region: str | None, country: str | None, home: str) -> Place:
    given = gazetteer.country_code(country) if country else None
    where = gazetteer.find_region(region) if region else None
    code = given or (where.country if where else None)
    found = gazetteer.find_city(city, country=code, region=where.code if where else None)
    if code is None and found is not None:
        near_home = gazetteer.find_city(city, country=home) if home else None
        if near_home and not found.is_capital and found.geonameid and near_home.population * 4 >= found.population:
            found = near_home
        code = found.country
    if code is None:
        code = gazetteer.country_code(city)
    return Place(
        raw=chunk,
        city=_in_ordinary_capitals(city, found),
        region=region,
        country=country,
        country_code=code,
        country_given=given is not None,
    )


def _in_ordinary_capitals(city: str, found: gazetteer.City | None) -> str:
    if not city.isupper() and not city.islower() or not any(sign.isalpha() for sign in city):
        return city
    if found is not None and found.name.casefold() == city.casefold():
        return found.name
    words = re.split(r"([\s\-/]+)", city.lower())
    return "".join(
        word if word in _PARTICLES and place else word[:1].upper() + word[1:] if not word.startswith("mc") else "Mc" + word[2:].capitalize()
        for place, word in enumerate(words)
    )


def _is_name(text: str) -> bool:
    """Could this be a place's name: up to six words, capitalised but for particles, or a place that the gazetteer knows?"""
    words = text.split()
    if not words or len(words) > 6 or len(text) > 45 or any(sign.isdigit() for sign in text) or re.search(r"[\"“”?!:…*&|<>@=]", text):
        return False
    if words[0].casefold() == "by" or words == ["The"]:
        return words == ["By"]  # Danish for "town": a placeholder on Ritzau's wire; else a byline
    if words[-1].endswith(".") and len(words) > 1 and len(words[-1]) > 5:
        return False
    if all(
        word[0].isupper() or not word[0].isalpha() or word.casefold() in _PARTICLES or word[:2] in ("l'", "d'", "l’", "d’")
        for word in words
    ):
        return words[0].casefold() not in _PARTICLES or words[0][0].isupper()
    if not any(sign.islower() for sign in text):  # a script without capitals
        return len(words) <= 4
    return gazetteer.find_city(text) is not None or gazetteer.country_code(text) is not None


def _in_cjk(text: str) -> tuple[Dateline, str | None] | None:
    if text[:1].isascii() and text[:1] not in "([":
        return None
    for pattern in _CJK:
        match = pattern.match(text)
        if match is None:
            continue
        groups = match.groupdict()
        agency = agency_of(groups["agency"].split("=")[0])
        if agency is None:
            continue
        month, day = groups.get("month"), groups.get("day")
        printed = Printed(int(month), int(day)) if month and day else None
        if printed and not dates.is_possible(printed):
            continue
        names = [name for name in re.split(r"[·・/／]", groups["place"]) if name]
        places = tuple(_resolved(name, name, None, None, agency.home) for name in names)
        head = _Head(places, printed, groups["place"], True)
        dateline = _dateline(match.group(), head, printed, agency.name, groups["agency"], groups.get("sep"))
        if printed is None and day:
            dateline = msgspec.structs.replace(dateline, day=int(day))
        return dateline, groups.get("byline")
    return None


def _dateline(
    raw: str, head: _Head, printed: Printed | None, agency: str | None, agency_raw: str | None, separator: str | None
) -> Dateline:
    first = head.places[0] if head.places else None
    return Dateline(
        raw=raw,
        place_raw=head.place_raw or None,
        city=first.city if first else None,
        country_code=first.country_code if first else None,
        country_given=first.country_given if first else False,
        places=head.places,
        month=printed.month if printed else None,
        day=printed.day if printed else None,
        year=printed.year if printed else None,
        agency=agency,
        agency_raw=agency_raw,
        separator=separator,
    )


def _past_spaces(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place

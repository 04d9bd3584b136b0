"""The places that a dateline prints → Place values. Pure.

`SEOUL`   `JENIN, West Bank`   `LONDON/NEW YORK`   `Ubud (Bali) [Indonesia]`   `BASEL, Switzerland & CAMBRIDGE, Mass.`   `ABOARD THE SEA HERON`

The words that this needs (particles, rivers, how ships and seas are named) are in data/dateline_words.txt.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from pipeline.text import gazetteer
from pipeline.text.later import later
from pipeline.text.spelling import key
from pipeline.text.tables import sections
from schemas.article import Place

MOST = 5
"""Places in one dateline."""
_LONGEST_LIST = 100
"""Characters of all places together."""
_LONGEST = 80
"""Characters of a place that is no city."""
_MOST_LOWER_CASE = 4
"""Words that are neither capitalised nor particles."""
_AS_MANY_PEOPLE = 4
"""Of two cities of one name an agency means the one at home, unless the other is a capital or so many times larger."""
_NO_NAME = later(r"[\"“”?!:…*&|<>@=;\d]")
_PREFIXED = re.compile(r"(?:Mac|Mc|De|La|Le|Van)[A-Z'. -]{3,}")
_AFTER_APOSTROPHE = re.compile(r"(?<=^[a-z]['’])[^\W\d_]")
"""In `d'iberville`, not in `john's`."""
_NO_PLACE = re.compile(r"[?!:;|<>@=]")
_BRACKETS = later(r"\s*[(\[]([^()\[\]]+)[)\]]")
_ELIDED = ("l'", "d'", "l’", "d’")
_DOTTED = ("TR", "AZ")
"""Where `I` and `İ` are the capitals of two letters, unless a wire in another language prints them."""
_GREEK = re.compile(r"[Α-Ω]")
"""Its capitals have no accents."""
_DIVISION = re.compile(r"\b(?:province|state|region|oblast|county|prefecture|governorate|district|territory|область)$", re.IGNORECASE)


def words(section: str) -> frozenset[str]:
    """A list of data/dateline_words.txt."""
    return sections("dateline_words.txt")[section]


@cache
def _and() -> re.Pattern[str]:
    return re.compile(rf",?\s+(?:{'|'.join(map(re.escape, sorted(words('and'))))})\s+(?![^(\[]*[)\]])", re.IGNORECASE)


def read_places(printed: str, *, home: str = "", is_dated: bool = False, is_signed: bool = False) -> tuple[Place, ...]:
    """The places in their order; () where the text is no list of places.

    `home` is the agency's country, which it leaves out. `is_dated`: a date follows, so a name may stand in lower case (`oak brook, ill.`).
    `is_signed`: a date and an agency do, so a ship or a plane may (`A bordo del avión papal`).
    """
    if len(printed) > _LONGEST_LIST:
        return ()
    particles = words("particles")
    if sum([word[0].islower() and word not in particles for word in printed.split()]) > _MOST_LOWER_CASE:
        return ()  # a sentence: most texts end here
    no_city = _no_city(printed, is_signed=is_signed)
    if no_city:
        return (no_city,)
    found: list[Place] = []
    chunks = _chunks(printed)
    for chunk in chunks:
        places = _of_chunk(chunk, home, is_one_of_many=len(chunks) > 1, is_dated=is_dated)
        if not places:
            return ()
        found.extend(places)
    return tuple(found) if len(found) <= MOST else ()


def is_name(text: str) -> bool:
    """Could this be a place's name: up to six words, capitalised but for particles, or a place that the gazetteer knows?"""
    parts = text.split()
    if not parts or len(parts) > 6 or len(text) > 45 or _NO_NAME.search(text) or parts[0][0] in "-–—" or parts[-1][-1] in "-–—":
        return False
    if parts[0].casefold() == "by" or parts == ["The"]:
        return False
    if parts[-1].endswith(".") and len(parts) > 1 and len(parts[-1]) > 5:
        return False
    if all(_is_capitalised(word) for word in parts):
        return parts[0].casefold() not in words("particles") or parts[0][0].isupper()
    if not any(sign.islower() for sign in text):  # a script without capitals
        return True
    return is_known(text)


def is_known(name: str) -> bool:
    """Does the gazetteer know a city or a country of this name?"""
    return gazetteer.find_city(name) is not None or gazetteer.country_code(name) is not None


def is_place(name: str) -> bool:
    """Does the gazetteer know a city, a country or a region of this name?"""
    return is_known(name) or gazetteer.find_region(name) is not None


def _is_capitalised(word: str) -> bool:
    is_shortened = word.endswith(".") and len(word) <= 5 and word.islower()  # Lauf a.d. Pegnitz, Garching b. München
    return word[0].isupper() or not word[0].isalpha() or is_shortened or word.casefold() in words("particles") or word[:2] in _ELIDED


def is_aboard(printed: str) -> bool:
    """Is it written on a ship or a plane, or at a water or a border that has a name: `ABOARD AIR FORCE ONE`, `ON THE POLISH BORDER`?"""
    folded = printed.casefold()
    parts = folded.split()
    is_at_border = len(parts) > 3 and parts[-1] in words("waters") and _begins(folded, "no city") > 0
    return is_at_border or 0 < _begins(folded, "aboard") < len(folded)


@cache
def _starts(section: str) -> tuple[str, ...]:
    return tuple(f"{start} " for start in words(section))


def _begins(folded: str, section: str) -> int:
    """Length of the longest entry of a list that a text begins with, as whole words."""
    starts, text = _starts(section), f"{folded} "
    return max(len(start) - 1 for start in starts if text.startswith(start)) if text.startswith(starts) else 0


def _no_city(printed: str, *, is_signed: bool) -> Place | None:
    """A ship, a sea, a border: `AT SEA`, `ABOARD THE PAPAL PLANE`, `NEAR BAKHMUT, Ukraine`. It is in a country only where one is printed."""
    folded = printed.casefold()
    if len(printed) > _LONGEST or printed.endswith(".") or _NO_PLACE.search(printed):
        return None
    first, _, last = printed.rpartition(", ")
    country = last if first and gazetteer.country_code(last) else None
    if folded not in words("no city alone"):
        aboard = _begins(folded, "aboard")
        begins = max(aboard, _begins(folded, "no city"))
        said = [part for part in printed[begins:].split(", ") if part.casefold() not in words("no city alone")]
        is_named = is_signed and aboard > 0 or all(_is_capitalised(word.lstrip("«“\"'(") or word) for part in said for word in part.split())
        water = printed.split(",")[0]
        last_word = water.casefold().split()[-1:]
        is_water = last_word != [] and last_word[0] in words("waters") and is_name(water) and not gazetteer.find_city(water)  # Green Bay
        if not is_water and not (begins and is_named and not is_known(printed)):
            return None
    return Place(
        raw=printed, country=country, country_code=gazetteer.country_code(country) if country else None, country_given=country is not None
    )


def _chunks(printed: str) -> list[str]:
    """Where one place ends and the next begins: at slashes, semicolons and "and"."""
    joined: list[str] = []
    for part in re.split(r"\s*[/;]\s*(?![^(\[]*[)\]])", printed):  # Tamale (N/R)
        if joined and key(part) in words("rivers"):
            joined[-1] += "/" + part
        elif (
            joined
            and (code := gazetteer.country_code(part))
            and not gazetteer.find_city(part)
            and gazetteer.find_city(joined[-1], country=code)
        ):
            joined[-1] += f", {part}"  # Istanbul/Türkiye
        else:
            joined.append(part)
    chunks: list[str] = []
    for part in joined:
        last = part.rsplit(",", 1)[-1].strip()
        if is_known(part) or _and().search(last) and (gazetteer.country_code(last) or gazetteer.find_region(last)):
            chunks.append(part)  # Trinidad and Tobago
        else:
            chunks.extend(_and().split(part))
    return [chunk.strip(" ,") for chunk in chunks if chunk.strip(" ,")]


def _of_chunk(chunk: str, home: str, *, is_one_of_many: bool, is_dated: bool) -> list[Place]:
    """`CITY`, `CITY, Region`, `CITY, Country`, `City (Country)`, `City (Region) [Country]`, `CITY, Region, Country`, `CITY, CITY`; [] for no place."""
    bracketed = [part.strip() for part in _BRACKETS.findall(chunk)]
    city, *parts = [part.strip() for part in re.split(r"\s*[,،]\s*", _BRACKETS.sub("", chunk)) if any(map(str.isalpha, part))] or [""]
    city, *parts = [said for part in [city, *parts] for said in _without_comma(part)]
    if parts and gazetteer.find_city(parts[0], country=gazetteer.country_code(city) or "") and not gazetteer.find_city(city):
        city, parts[0] = parts[0], city  # UKRAINE, Kyiv
    if city.endswith(".") and len(city) > 4 and gazetteer.find_city(city[:-1]):
        city = city[:-1]  # Москва. 3 октября
    is_placed = any(gazetteer.find_region(part) or gazetteer.country_code(part) for part in parts)
    if not (is_name(city) or is_dated and is_placed and re.fullmatch(r"[A-Za-z][a-z. '-]{2,29}", city)) or len(parts) + len(bracketed) > 3:
        return []
    region, country = None, None
    others: list[Place] = []
    for part in [*parts, *bracketed]:
        if is_one_of_many and part.isupper() and city.isupper() and _is_city_beside(part, city):
            others += _of_chunk(part, home, is_one_of_many=False, is_dated=is_dated)  # LONDON, NEW YORK and TORONTO
        elif gazetteer.country_code(part) and not (region is None and _is_rather_region(city, part)):
            country = part
        elif part in bracketed and any(map(str.isdigit, part)):
            return []  # ROMA (2018)
        elif part in bracketed and part[0].isalpha() and part[0].lower() == part[0].upper():
            country = part  # Arabic datelines print no provinces: نيويورك (الأمم المتحدة)
        elif gazetteer.find_region(part) or part in bracketed or _DIVISION.search(part):
            region = part
        elif gazetteer.find_city(part) and part.isupper() == city.isupper():
            others += _of_chunk(part, home, is_one_of_many=False, is_dated=is_dated)
        elif not is_name(part):
            return []
        elif part.endswith("."):
            region = part
    return [_resolved(chunk, city, region, country, home), *others]


def _without_comma(printed: str) -> list[str]:
    """`MANAMA Bahrain`, `RALEIGH N.C.`, `B.C. Canada`: names that a comma should part; a city only where the gazetteer has it there."""
    parts = printed.split()
    if len(parts) < 2 or not gazetteer.may_end_in_land(printed):
        return [printed]
    for count in range(1, len(parts)):
        first, behind = " ".join(parts[:count]), " ".join(parts[count:])
        code, region = gazetteer.country_code(behind), gazetteer.find_region(behind, beside=first)
        outer = gazetteer.find_region(first)
        if code and not is_known(printed) and (gazetteer.find_city(first, country=code) or outer and outer.country == code):
            return [first, behind]
        city = gazetteer.find_city(first, country=region.country, region=region.code) if region else None
        if region and city and city.region == region.code:
            return [first, behind]
    return [printed]


def _is_city_beside(part: str, city: str) -> bool:
    """Is a name that is a state's and a city's a city here? `ALBANY, NEW YORK` is in the state, `LONDON, NEW YORK` are two cities."""
    region = gazetteer.find_region(part)
    if region is None or gazetteer.find_city(part) is None:
        return region is None and gazetteer.country_code(part) is None and gazetteer.find_city(part) is not None
    known = gazetteer.find_city(city)
    return known is not None and (known.country, known.region) != (region.country, region.code)


def _is_rather_region(city: str, name: str) -> bool:
    """`ATLANTA, Georgia` is in the state, `TBILISI, Georgia` in the country: the one that has such a city."""
    region, country = gazetteer.find_region(name), gazetteer.country_code(name)
    if region is None or region.country == country:
        return region is not None  # LHASA, Tibet
    in_country = gazetteer.find_city(city, country=country)
    in_region = gazetteer.find_city(city, country=region.country, region=region.code)
    return in_region is not None and (not region.code or in_region.region == region.code) and in_country is None


def _resolved(chunk: str, city: str, region: str | None, country: str | None, home: str) -> Place:
    given = gazetteer.country_code(country) if country else None
    where = gazetteer.find_region(region, beside=city, home=home) if region else None
    code = given or (where.country if where else None)
    found = gazetteer.find_city(city, country=code, region=where.code if where else None)
    if code is None and found is not None:
        near_home = gazetteer.find_city(city, country=home) if home else None
        if near_home and not found.is_capital and not found.is_preferred and near_home.population * _AS_MANY_PEOPLE >= found.population:
            found = near_home
        code = found.country
    if code is None and (around := _of_part(city)):
        code = gazetteer.country_code(around)
    return Place(
        raw=chunk,
        city=_in_ordinary_capitals(city, found),
        region=region,
        country=country,
        country_code=code or gazetteer.country_code(city),
        country_given=given is not None,
    )


def _of_part(name: str) -> str:
    """`SOUTHERN ISRAEL` → `ISRAEL`; "" for what is no part of anything."""
    direction, _, around = name.partition(" ")
    return around if direction.casefold() in words("directions") else ""


def _in_ordinary_capitals(city: str, found: gazetteer.City | None) -> str:
    """`PORT-AU-PRINCE` → `Port-au-Prince`, `McALLEN` → `McAllen`; what is not in capitals stays as it is."""
    if not (city.isupper() or _PREFIXED.fullmatch(city)):
        return city
    for name in (found.name, *found.other_names) if found and _GREEK.match(city) else (found.name,) if found else ():
        if name.casefold() == city.casefold() or _GREEK.match(city) and key(name) == key(city):
            return name
    is_turkish = found is not None and found.country in _DOTTED and not city.isascii()
    parts = re.split(r"([\s\-/]+|\.(?=\w))", (city.replace("I", "ı") if is_turkish else city).lower())
    ordinary = (word if place and word in words("particles") else _capitalised(word) for place, word in enumerate(parts))
    return unicodedata.normalize("NFC", "".join(ordinary)).replace("i̇", "i")  # İ has become two signs


def _capitalised(word: str) -> str:
    if word in words("acronyms"):
        return word.upper()
    word = _AFTER_APOSTROPHE.sub(lambda letter: letter[0].upper(), word)
    return "Mc" + word[2:].capitalize() if word.startswith("mc") else word[:1].upper() + word[1:]


def east_asian_place(name: str, home: str) -> Place:
    """A place in a script that has no capitals and no commas."""
    return _resolved(name, name, None, None, home)

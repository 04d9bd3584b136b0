"""Where a printed place lies: cities, countries and their regions. Pure: reads only the tables in `data/`, once.

`cities.tsv` and `countries.tsv` are GeoNames' (https://www.geonames.org, CC BY 4.0), made by scripts/make_gazetteer.py; `country_names.tsv` and
`city_names.tsv`, countries and large cities in the languages of the agencies, are CLDR's (Unicode License v3), made by scripts/make_names.py.
`regions.tsv` (states and provinces, with the abbreviations that the AP and Canadian Press stylebooks print) and `places.tsv` (what wires datelined
from that is no city of 15,000: Davos, the Vatican, Cape Canaveral; names that no table has) are kept by hand.
"""

from __future__ import annotations

from functools import cache

import msgspec

from pipeline.text.spelling import key
from pipeline.text.tables import rows

LONGEST_NAME = 100
"""Characters. Nothing longer is looked up."""


class City(msgspec.Struct, frozen=True, gc=False):
    """A city of 15,000 people or more, or a place that wires know."""

    name: str
    country: str
    """ISO 3166-1 alpha-2."""
    region: str = ""
    """First-level division as GeoNames codes it: `FL` in the United States, often digits elsewhere."""
    population: int = 0
    is_capital: bool = False
    geonameid: int = 0
    """0 for what GeoNames' list of cities lacks."""
    latitude: float = 0.0
    longitude: float = 0.0
    other_names: tuple[str, ...] = ()
    is_preferred: bool = False
    """Of all that bear the name, wires mean this one."""


class Region(msgspec.Struct, frozen=True, gc=False):
    """A state or a province, by one of the names that datelines print."""

    name: str
    country: str
    code: str
    """As in `City.region`; empty where only the country follows from it."""


@cache
def cities() -> tuple[City, ...]:
    """All cities, the largest first."""
    return tuple(
        City(
            name,
            country,
            region,
            int(population),
            capital == "c",
            int(id),
            float(latitude),
            float(longitude),
            tuple(others.split("|")) if others else (),
        )
        for id, name, country, region, population, capital, latitude, longitude, others in rows("cities.tsv")
    )


@cache
def countries() -> dict[str, str]:
    """Names of countries, as English and the larger agencies print them, to their codes. `countries()["Gaza Strip"] == "PS"`."""
    return {name: code for code, names in rows("countries.tsv") for name in names.split("|")}


@cache
def regions() -> tuple[Region, ...]:
    """States and provinces, one row a name."""
    return tuple(Region(name, country, code) for country, code, names in rows("regions.tsv") for name in names.split("|"))


@cache
def _by_key() -> dict[str, tuple[City, ...]]:
    """Cities by name; of several what wires mean first, then the capital or largest, and those that bear it as their first name before those that also do."""
    found: dict[str, list[City]] = {}
    for city in cities():
        found.setdefault(key(city.name), []).append(city)
    for name, same in found.items():
        found[name] = sorted(same, key=lambda city: (not city.is_capital, -city.population))
    for city in cities():
        for other in city.other_names:
            known = found.setdefault(key(other), [])
            if city not in known:
                known.append(city)
    for country, name, names in rows("city_names.tsv"):
        for other in names.split("|"):
            if key(other) not in found:
                found[key(other)] = [city for city in found[key(name)] if city.country == country]
    for country, names in reversed(rows("places.tsv")):
        for name in names.split("|"):
            same = found.get(key(name), [])
            meant = next((city for city in same if city.country == country), City(name, country))
            found[key(name)] = [msgspec.structs.replace(meant, is_preferred=True), *(city for city in same if city is not meant)]
    return {name: tuple(same) for name, same in found.items()}


@cache
def _countries_by_key() -> dict[str, str]:
    found = {key(name): code for code, names in rows("country_names.tsv") for name in names.split("|")}
    return found | {key(name): code for name, code in countries().items()}


@cache
def _regions_by_key() -> dict[str, tuple[Region, ...]]:
    found: dict[str, list[Region]] = {}
    for region in regions():
        found.setdefault(key(region.name), []).append(region)
    return {name: tuple(same) for name, same in found.items()}


@cache
def _last_words() -> frozenset[str]:
    return frozenset(name.split()[-1] for name in (*_countries_by_key(), *_regions_by_key()) if name)


def may_end_in_land(text: str) -> bool:
    """Is its last word that of a country's or a region's name? Told with one look, where a name could begin at any word."""
    return key(text).rpartition(" ")[2] in _last_words()


def country_code(name: str) -> str | None:
    """The code of a printed country, in whatever capitals; None where no country is called so."""
    return _countries_by_key().get(key(name).removeprefix("the ")) if len(name) <= LONGEST_NAME else None


def find_region(name: str, *, beside: str = "", home: str = "") -> Region | None:
    """The state or province that is printed so, as a word or an abbreviation.

    Of several of one name (`WA`) the one that has the city `beside` it, then the one of the country `home`, then the United States': `Ga.` is Georgia's.
    """
    found = _regions_by_key().get(key(name), ()) if len(name) <= LONGEST_NAME else ()
    # two-letter codes only in capitals: "Me." and "In" are words
    fitting = [region for region in found if not (len(region.name) == 2 and region.name.isupper()) or name == region.name]
    if len(fitting) > 1:
        fitting = [one for one in fitting if one.code and _is_in(beside, one)] or [one for one in fitting if one.country == home] or fitting
    return fitting[0] if fitting else None


def _is_in(city: str, region: Region) -> bool:
    found = find_city(city, country=region.country, region=region.code) if city else None
    return found is not None and found.region == region.code


def find_city(name: str, *, country: str | None = None, region: str | None = None) -> City | None:
    """The most likely city of this name, in the country and region where these are known; None where there is none."""
    if len(name) > LONGEST_NAME:
        return None
    fitting = [city for city in _by_key().get(key(name), ()) if country in (None, city.country)]
    in_region = [city for city in fitting if region and city.region == region]
    return next(iter(in_region or fitting), None)

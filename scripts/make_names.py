"""Make pipeline/text/data/country_names.tsv, city_names.tsv and months.tsv out of Unicode's CLDR. Run it by hand; its output is committed.

    .venv/bin/python -m scripts.make_names

CLDR (https://cldr.unicode.org, Unicode License v3) comes with Babel, a development dependency.
country_names.tsv: ISO 3166-1 alpha-2 code, then the country's names in the languages of the agencies, joined by "|". What two countries are
called, in whatever languages, is left out.
city_names.tsv: the same of the cities that time zones are called after (`America/New_York`, `Asia/Seoul`): country, name in cities.tsv, names in
the other languages.
months.tsv: 1 to 12, then names and abbreviations as they stand beside a day, casefolded, without full stops. What means two months is left out
(`listopada` is October in Zagreb and November in Warsaw), and so is what has digits in it. Accents do not count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from babel import Locale
from babel.core import get_global

from pipeline.text import gazetteer

DATA = Path(__file__).resolve().parent.parent / "pipeline" / "text" / "data"
LANGUAGES = (
    "en fr es de pt it nl ca gl eu da sv nb fi is et lv lt pl cs sk hu ro bg sr sr_Latn hr bs sl sq mk el tr az ru uk be kk uz hy ka ar fa ur he hi "
    "bn th vi id ms zh zh_Hant ja ko"
).split()
"""In which news agencies write."""
ABBREVIATING = "en fr es de pt it nl da sv nb ro hu tr el ru uk ar id ca th".split()
"""Where datelines shorten months. Elsewhere short forms are words more often (`pro`, `led`, `sty`)."""
OTHER_MONTHS = {
    1: "gen ene jän jänner كانون·الثاني جانفي",
    2: "fév фев شباط فيفري",
    3: "mrz marta آذار",
    4: "aprila نيسان أفريل",
    5: "mag أيار ماي",
    6: "giu حزيران جوان",
    7: "lug jula تموز جويلية",
    8: "ago avgusta آب أوت",
    9: "set сен sept أيلول setiembre",
    10: "ott تشرين·الأول",
    11: "ноя تشرين·الثاني",
    12: "dic كانون·الأول",
}
"""As agencies print them and CLDR does not: the months of the Levant and the Maghreb, abbreviations, spellings without accents."""


OTHER_COUNTRIES = {
    "AE": "Emirates|Émirats",
    "AG": "Antigua",
    "BS": "The Bahamas",
    "CD": "الكونغو الديموقراطية",
    "CN": "P.R. China|PR China|PRC|P.R.C.|Mainland China|Tibet",
    "CZ": "الجمهورية التشيكية|تشيكيا",
    "FK": "Falklands",
    "GB": "N. Ireland|Angleterre|Écosse|Inglaterra|Escocia|Irlande du Nord|Irlanda del Norte|Schottland|Nordirland|إنجلترا|اسكتلندا|ويلز",
    "GE": "Abkhazia",
    "GM": "The Gambia",
    "GW": "Bissau",
    "HK": "Hong Kong SAR|HKSAR",
    "IE": "Eire",
    "IL": "Golan Heights",
    "JE": "Channel Islands",
    "KP": "N. Korea",
    "KR": "Republic of Korea|ROK|S. Korea",
    "MO": "Macau",
    "NZ": "N.Z.|NZ",
    "PG": "PNG",
    "PS": "Gaza|Occupied West Bank|Territorios palestinos|الأراضي الفلسطينية المحتلة|قطاع غزة|الضفة الغربية",
    "PT": "البرتغال",
    "RU": "Russian Federation|روسيا الاتحادية",
    "SA": "KSA|Kingdom of Saudi Arabia|السعودية",
    "SJ": "Svalbard",
    "SO": "Somaliland",
    "SY": "Syrian Arab Republic",
    "SZ": "Swaziland",
    "TL": "East Timor|Timor oriental|Timor Oriental",
    "TT": "Trinidad",
    "TW": "Taiwan, China|ROC",
    "US": "EUA|E.U.A.|EE. UU.|الولايات المتحدة الأميركية|الولايات المتحدة الأمريكية|اميركا|أمريكا",
    "VC": "Saint Vincent|St. Vincent",
}
"""As datelines print them and CLDR does not."""
PARTS = {"AC": "SH", "CP": "FR", "CQ": "GG", "DG": "IO", "EA": "ES", "IC": "ES", "TA": "SH"}
"""Codes that ISO 3166-1 only reserves, for a part of a country, and the country's."""
NO_COUNTRIES = ("EU", "EZ", "UN", "ZZ", "XA", "XB", "QO")


def countries() -> Iterator[tuple[str, str]]:
    parts = []
    for language in LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if code in PARTS:
                parts.append((PARTS[code], name))
            elif len(code) == 2 and code.isalpha() and code not in NO_COUNTRIES and len(name) > 1 and "|" not in name:
                yield code, name
    yield from (one for one in parts if "|" not in one[1])
    for code, names in OTHER_COUNTRIES.items():
        for name in names.split("|"):
            yield code, name


def cities() -> Iterator[tuple[str, str]]:
    """Country and city, tabbed, and a name of it."""
    for zone, country in get_global("zone_territories").items():
        english = Locale.parse("en").time_zones.get(zone, {}).get("city") or zone.rpartition("/")[2].replace("_", " ")
        known = gazetteer.find_city(english, country=country)
        for language in LANGUAGES if known and known.geonameid else ():
            name = Locale.parse(language).time_zones.get(zone, {}).get("city")
            if known and name and name != known.name and "|" not in name:
                yield f"{country}\t{known.name}", name


def months() -> Iterator[tuple[int, str]]:
    for language in LANGUAGES:
        for width in ("wide", "abbreviated") if language in ABBREVIATING else ("wide",):
            for form in ("format", "stand-alone"):
                for number, name in Locale.parse(language).months[form][width].items():
                    plain = name.casefold().strip().rstrip(".").removeprefix("de ").removeprefix("d’")
                    if len(plain) > 1 and not any(sign.isdigit() for sign in plain):
                        yield number, plain
    for number, names in OTHER_MONTHS.items():
        for name in names.split():
            yield number, name.replace("·", " ")


def write(table: str, pairs: Iterator[tuple[str, str]] | Iterator[tuple[int, str]]) -> None:
    """A line for each code, names in the order in which they came; a name of two codes is none."""
    meant: dict[str, set[str | int]] = defaultdict(set)
    for code, name in pairs:
        meant[name].add(code)
    rows: dict[str | int, list[str]] = defaultdict(list)
    for name, codes in meant.items():
        if len(codes) == 1:
            rows[next(iter(codes))].append(name)
    lines = (f"{code}\t{'|'.join(names)}\n" for code, names in sorted(rows.items(), key=lambda row: str(row[0]).zfill(2)))
    (DATA / table).write_text("".join(lines), encoding="utf-8")


def main() -> None:
    write("country_names.tsv", countries())
    write("city_names.tsv", cities())
    write("months.tsv", months())


if __name__ == "__main__":
    main()

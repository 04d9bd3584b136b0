"""Datelines: what each agency prints, and what only looks like one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import datelines
from pipeline.text.datelines import split_lead
from schemas.article import Dateline

STORY = "The council voted on Monday to go on with the plan."


def dateline(text: str) -> Dateline:
    lead = split_lead(text + STORY)
    assert lead.dateline is not None, text
    assert lead.dateline.raw + lead.text == text + STORY
    assert lead.text == STORY
    return lead.dateline


@pytest.mark.parametrize(
    ("raw", "city", "country", "month", "day", "year", "agency", "separator"),
    [
        ("SEOUL, Aug. 15 (UPI) -- ", "Seoul", "KR", 8, 15, None, "UPI", "--"),
        ("Aug. 10 (UPI) -- ", None, None, 8, 10, None, "UPI", "--"),
        ("HARTFORD, Conn. (AP) — ", "Hartford", "US", None, None, None, "AP", "—"),
        ("LONDON, Oct 13 (Reuters) - ", "London", "GB", 10, 13, None, "Reuters", "-"),
        ("LONDON (Reuters) -", "London", "GB", None, None, None, "Reuters", "-"),
        ("Lomé, May 2, 2019 (AFP) - ", "Lomé", "TG", 5, 2, 2019, "AFP", "-"),
        ("Lyon (France), 10 juil 2024 (AFP) - ", "Lyon", "FR", 7, 10, 2024, "AFP", "-"),
        ("بيروت (أ ف ب) - ", "بيروت", "LB", None, None, None, "AFP", "-"),
        ("Köln (dpa/lnw) - ", "Köln", "DE", None, None, None, "dpa", "-"),
        ("WUHAN, March 30 (Xinhua) -- ", "Wuhan", "CN", 3, 30, None, "Xinhua", "--"),
        ("KAZAN, October 3. /TASS/. ", "Kazan", "RU", 10, 3, None, "TASS", "."),
        ("Quito, 2 ene (EFE).- ", "Quito", "EC", 1, 2, None, "EFE", ".-"),
        ("(ANSA) - TORINO, 12 GEN - ", "Torino", "IT", 1, 12, None, "ANSA", "-"),
        ("Chennai, Sep 18 (PTI) ", "Chennai", "IN", 9, 18, None, "PTI", None),
        ("Pune (Maharashtra) [India], Jan 13 (ANI): ", "Pune", "IN", 1, 13, None, "ANI", ":"),
        ("OSAKA, Japan, Dec. 9 Kyodo - ", "Osaka", "JP", 12, 9, None, "Kyodo", "-"),
        ("PERTH, Jul 16 AAP - ", "Perth", "AU", 7, 16, None, "AAP", "-"),
        ("Havana, Aug 15 (Prensa Latina) ", "Havana", "CU", 8, 15, None, "Prensa Latina", None),
        ("(Bloomberg) -- ", None, None, None, None, None, "Bloomberg", "--"),
        ("CALGARY, Alberta, Dec.  03, 2019  (GLOBE NEWSWIRE) -- ", "Calgary", "CA", 12, 3, 2019, "GLOBE NEWSWIRE", "--"),
        ("LAGOS, NIGERIA / ACCESSWIRE / August 15, 2022 / ", "Lagos", "NG", 8, 15, 2022, "ACCESSWIRE", "/"),
        ("DALLAS--(BUSINESS WIRE)--", "Dallas", "US", None, None, None, "BUSINESS WIRE", "--"),
        ("Regina, Saskatchewan--(Newsfile Corp. - May 4, 2021) - ", "Regina", "CA", 5, 4, 2021, "Newsfile", "-"),
        ("WINNIPEG — ", "Winnipeg", "CA", None, None, None, None, "—"),
        ("TULSA, Okla., April 2 - ", "Tulsa", "US", 4, 2, None, None, "-"),
        ("МОСКВА, 15 авг - РИА Новости. ", "Москва", "RU", 8, 15, None, "RIA Novosti", "-"),
        ("MADRID, 15 (EUROPA PRESS) - ", "Madrid", "ES", None, 15, None, "Europa Press", "-"),
        ("МОСКВА, 9 ноя - РИА Новости. ", "Москва", "RU", 11, 9, None, "RIA Novosti", "-"),
        ("KATHMANDU, Nov 9: ", "Kathmandu", "NP", 11, 9, None, None, ":"),
    ],
)
def test_the_form_of_each_agency_is_read(
    raw: str,
    city: str | None,
    country: str | None,
    month: int | None,
    day: int | None,
    year: int | None,
    agency: str | None,
    separator: str | None,
) -> None:
    found = dateline(raw)
    assert (found.city, found.country_code, found.month, found.day, found.year) == (city, country, month, day, year)
    assert (found.agency, found.separator) == (agency, separator)


@pytest.mark.parametrize(
    ("text", "city", "month", "day", "agency"),
    [
        ("新华社广州8月15日电（记者王立）会议通过", "广州", 8, 15, "Xinhua"),
        ("(부산=연합뉴스) 박하늘 기자 = 정부는", "부산", None, None, "Yonhap"),
        ("【パリ共同】政府は", "パリ", None, None, "Kyodo"),
        ("［東京 15日 ロイター］ - 政府は", "東京", None, 15, "Reuters"),
    ],
)
def test_forms_without_spaces_are_read(text: str, city: str, month: int | None, day: int | None, agency: str) -> None:
    found = split_lead(text).dateline
    assert found is not None
    assert (found.city, found.month, found.day, found.agency) == (city, month, day, agency)


def test_several_cities_are_told_apart_and_a_river_is_none() -> None:
    assert [place.city for place in dateline("CAIRO/TUNIS/Doha, May 3 (Reuters) - ").places] == ["Cairo", "Tunis", "Doha"]
    assert [place.city for place in dateline("LIMA AND QUITO, Ecuador--(BUSINESS WIRE)--").places] == ["Lima", "Quito"]
    assert [place.city for place in dateline("Frankfurt/Main (dpa) - ").places] == ["Frankfurt/Main"]
    assert [place.city for place in dateline("PORT OF SPAIN, Trinidad and Tobago (AP) — ").places] == ["Port of Spain"]


def test_a_printed_country_is_given_and_any_other_is_inferred() -> None:
    assert dateline("GAZA CITY, Gaza Strip (AP) — ").country_given
    inferred = dateline("NAIROBI (AP) — ")
    assert (inferred.country_code, inferred.country_given) == ("KE", False)
    assert dateline("PARIS, Texas (AP) — ").country_code == "US"
    assert dateline("TBILISI, Georgia (AP) — ").country_code == "GE"
    assert dateline("SAVANNAH, Georgia (AP) — ").country_code == "US"


@pytest.mark.parametrize(
    ("raw", "country"),
    [
        ("AARHUS (Reuters) - ", "DK"),
        ("DIYARBAKIR (Reuters) - ", "TR"),
        ("LODZ (Reuters) - ", "PL"),
        ("MEDINA (Reuters) - ", "SA"),
        ("PLYMOUTH (PA) - ", "GB"),
        ("PLYMOUTH, Mass. (AP) — ", "US"),
        ("Göteborg (TT) - ", "SE"),
        ("ГААГА (ТАСС) - ", "NL"),
        ("ليون (أ ف ب) - ", "FR"),
        ("Mexico (AFP) - ", "MX"),
    ],
)
def test_the_country_that_a_line_leaves_out_is_that_of_the_place_that_wires_mean(raw: str, country: str) -> None:
    assert dateline(raw).country_code == country


def test_of_two_cities_of_one_name_an_agency_means_the_one_at_home() -> None:
    assert dateline("Valencia, 3 mar (EFE).- ").country_code == "ES"
    assert dateline("VALENCIA, March 3 (Reuters) - ").country_code == "VE"


def test_a_place_that_is_no_city_has_no_city() -> None:
    for raw in ("ABOARD THE SEA HERON (AP) — ", "AT SEA (AP) — ", "ABOARD AIR FORCE ONE (Reuters) - "):
        assert dateline(raw).city is None
        assert dateline(raw).country_code is None


def test_a_ship_or_a_plane_needs_neither_agency_nor_date() -> None:
    for raw in (
        "ABOARD AIR FORCE ONE — ",
        "Aboard the Ocean Heron – ",
        "ABOARD THE OCEAN HERON, Mediterranean Sea — ",
        "A BORDO DEL AVIÓN PAPAL - ",
    ):
        assert [place.city for place in dateline(raw).places] == [None], raw
    assert dateline("ABOARD USS HERON, At sea (AP) — ").places[0].country_code is None
    assert split_lead("ON BOARD — new hires at the council").dateline is None


@pytest.mark.parametrize(
    ("raw", "country", "region"),
    [
        ("PERTH, WA (AAP) — ", "AU", "WA"),
        ("SEATTLE, WA (AP) — ", "US", "WA"),
        ("DARWIN, NT (AAP) — ", "AU", "NT"),
        ("YELLOWKNIFE, NT — ", "CA", "NT"),
        ("LAS PALMAS, Canary Islands (Reuters) - ", "ES", "Canary Islands"),
        ("SOUTHERN ISRAEL (AP) — ", "IL", None),
    ],
)
def test_a_region_is_where_the_city_beside_it_lies(raw: str, country: str, region: str | None) -> None:
    (place,) = dateline(raw).places
    assert (place.country_code, place.region) == (country, region)


@pytest.mark.parametrize(
    ("raw", "places", "separator"),
    [
        ("AMMAN, Jordan, June 2.", ["Amman"], "."),
        ("Lyon, France", ["Lyon"], None),
        ("Tokyo/Seoul", ["Tokyo", "Seoul"], None),
        ("DAVAO CITY, Philippines", ["Davao City"], None),
        ("Geneva, 3 May 2020", ["Geneva"], None),
        ("Hamburg –", ["Hamburg"], "–"),
    ],
)
def test_a_dateline_that_is_all_of_its_line_is_read(raw: str, places: list[str], separator: str | None) -> None:
    lead = split_lead(raw)
    assert lead.dateline is not None
    assert ([place.city for place in lead.dateline.places], lead.dateline.separator, lead.text) == (places, separator, "")


def test_a_byline_before_the_city_is_told_apart() -> None:
    lead = split_lead(f"By Asha Rao Bhopal, Sep 20 (PTI) {STORY}")
    assert lead.byline == "Asha Rao"
    assert lead.dateline is not None
    assert (lead.dateline.city, lead.text) == ("Bhopal", STORY)


@pytest.mark.parametrize(
    "text",
    [
        "NEW YORK, NEW YORK - OCTOBER 15: Two singers leave a restaurant by the back door.",
        "SAN DIEGO – JUNE 26: A man walks by a sign.",
        "FILE - The minister speaks in the assembly on Monday.",
        "JUST IN – The court has decided.",
        "ANZEIGE - Heute mal ausgehen?",
        "Ministers and their agent (AP Images) left early.",
        "The report quotes Agence France-Presse (AFP) photographers at length.",
        "A crowd waits outside. (AP Photo/Ama Mensah)",
        "Over the years my family has had rituals on Dec. 25 — and none of them was quiet.",
        "The United States (US) - and others - agreed.",
        "Mar --- --- --- ---",
        "REPUBLICANS HOLD THEIR FIRE — The bill is dead.",
        "(VIDEO) — The minister speaks in the assembly on Monday.",
        "(WATCH) – The minister speaks in the assembly on Monday.",
        "Dallas, Texas Instruments said on Monday that it would go on.",
        "Portland, Maine–based makers of boats are on strike.",
        "London – Paris – Berlin",
        "Berlin – A Guide for Visitors and Others",
        "LONDON (UK) The council voted on Monday.",
        "Bookshop.org - the seller of books - has grown.",
        "AGRI - MACHINES OF THE NORTH LIMITED",
        "LONDON FASHION The week of the year began on Monday with a show.",
        "PARIS. France.",
        "READING The council voted on Monday to go on with the plan.",
        "On board the ferry on 3 May - the crew were told of the plan a day later.",
        "(Garden Notes) - Sow beans, 5 May - and water them.",
        "PARIS: A LIFE — John Smith's new book on the city is a hefty one.",
        "WASHINGTON — A BIOGRAPHY (Penguin, $30)",
        "MARCH 5 — The day that changed everything for the family.",
        "March 5, 2024 - A new study shows that sleep matters.",
        "TESLA (TSLA) — Shares fell after the company cut prices.",
        "ROMA (2018) — Alfonso Cuarón's film in black and white.",
        "ORANGE — the new black — is the colour of the season.",
        "HOUSTON, Whitney — Singer, died in 2012.",
        "New York, New York – the song that never ages",
        "MADRID - BARCELONA: el tren sufre retrasos esta mañana.",
        "Roma - Lazio 1-0, il derby ai giallorossi.",
        "القاهرة - أسوان: رحلة في القطار من الشمال إلى الجنوب في يوم",
        "ON THIS DAY — March 5, 1946: Churchill spoke of an iron curtain.",
        "ABOARD — The new film by Jane Doe — opens Friday.",
        "ON THE BORDER - The chain's new menu is a let-down for all of us.",
        "Reuters - the news agency - said on Monday that it would hire.",
        "IBM, March 5: shares closed at 190.",
        "PARIS (FR) Size 38",
        "LOS ANGELES LAKERS (AP) PREVIEW",
        "Charlotte: My mother never told me about it.",
        "(Reading) – it is still taught well in our schools.",
        "(사진=연합뉴스)",
        "記者王小明／綜合報導",
        "【关注=北京】",
    ],
)
def test_what_only_looks_like_a_dateline_is_left_alone(text: str) -> None:
    lead = split_lead(text)
    assert lead.dateline is None
    assert lead.text == text


@pytest.mark.parametrize(
    ("raw", "published", "resolved"),
    [
        ("SEOUL, Aug. 15 (UPI) -- ", "2022-08-16", "2022-08-15"),
        ("SEOUL, Dec. 31 (UPI) -- ", "2023-01-01", "2022-12-31"),
        ("SEOUL, Jan. 1 (UPI) -- ", "2022-12-31", "2023-01-01"),
        ("SEOUL, Feb. 29 (UPI) -- ", "2023-03-01", "2024-02-29"),
        ("Rome, May 2, 2019 (AFP) - ", "2022-05-02", "2019-05-02"),
    ],
)
def test_the_year_is_the_one_nearest_to_the_publication(raw: str, published: str, resolved: str) -> None:
    lead = split_lead(raw + STORY, published=datetime.fromisoformat(published).replace(tzinfo=UTC))
    assert lead.dateline is not None
    assert lead.dateline.resolved_date == resolved


def test_without_a_publication_date_a_year_that_is_not_printed_stays_unknown() -> None:
    assert dateline("SEOUL, Aug. 15 (UPI) -- ").resolved_date is None


def test_every_form_that_we_know_of_is_read_in_all_its_parts() -> None:
    """datelines.tsv: raw, places (city|region|country), date, agency, separator; with a sentence behind it."""
    wrong = []
    for line in (Path(__file__).parent / "datelines.tsv").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            continue
        raw, *wanted = line.split("\t")
        found = split_lead(raw + ("会议通过。" if raw[-1] in "电電】）]" else f" {STORY}")).dateline
        places = found and " + ".join(f"{place.city or place.raw}|{place.region or ''}|{place.country or ''}" for place in found.places)
        date = found and "-".join(str(part) for part in (found.year, found.month, found.day) if part)
        if found is None or [places, date, found.agency or "", found.separator or ""] != wanted:
            wrong.append((raw, places, date, found and found.agency, found and found.separator))
    assert wrong == []


@pytest.mark.parametrize(
    "text", ["Updated June 18 - The council voted.", "Stand: 21.10.2019 – 27.10.2019", "READING: A list of books.", "U.S.-led forces left."]
)
def test_a_label_before_a_date_is_no_place(text: str) -> None:
    assert split_lead(text).dateline is None


@given(st.text(max_size=300))
def test_any_text_is_split_without_loss(text: str) -> None:
    lead = split_lead(text)
    if lead.dateline is None:
        assert lead.text == text
    elif lead.byline is None:
        assert lead.dateline.raw + lead.text == text


def test_the_real_datelines_that_were_looked_at_are_read(shared: Path) -> None:
    found = datelines.lines(shared / "samples", "tuning")
    assert (found.lines, found.wrong_lines, found.no_datelines, found.false_datelines) == (99, 0, 15, 0)


def test_the_benchmark_judges_by_its_own_truth(shared: Path) -> None:
    kept = json.loads(datelines.RESULT.read_text(encoding="utf-8"))
    measured = datelines.lines(shared / "samples", "reporting")
    assert kept["reporting"] == msgspec.to_builtins(measured), "run python -m benchmarks.datelines ../shared/samples"

"""Places: cities, countries, regions."""

from __future__ import annotations

import pytest

from pipeline.text import gazetteer


@pytest.mark.parametrize(
    ("name", "country"),
    [
        ("SEOUL", "KR"),
        ("Genf", "CH"),
        ("Moskau", "RU"),
        ("نيقوسيا", "CY"),
        ("st paul", "US"),
        ("SAO PAULO", "BR"),
        ("Davos", "CH"),
        ("Gaza City", "PS"),
        ("Kiew", "UA"),
        ("纽约", "US"),
        ("法兰克福", "DE"),
        ("ジュネーヴ", "CH"),
        ("Βανκούβερ", "CA"),
        ("Deir Ezzor", "SY"),
    ],
)
def test_a_city_is_found_by_the_names_that_agencies_print(name: str, country: str) -> None:
    city = gazetteer.find_city(name)
    assert city is not None
    assert city.country == country


def test_region_and_country_choose_among_cities_of_one_name() -> None:
    illinois = gazetteer.find_city("Springfield", country="US", region="IL")
    assert illinois is not None
    assert illinois.region == "IL"
    assert gazetteer.find_city("Seoul", country="FR") is None


def test_countries_are_known_in_several_languages() -> None:
    assert {gazetteer.country_code(name) for name in ("Germany", "Allemagne", "Alemania", "ألمانيا", "GERMANY")} == {"DE"}
    assert gazetteer.country_code("Gaza Strip") == "PS"
    assert gazetteer.country_code("Canary Islands") == "ES"
    assert gazetteer.country_code("Nowhere") is None


def test_states_are_known_by_their_abbreviations_and_words_are_not_states() -> None:
    florida = gazetteer.find_region("Fla.")
    assert florida is not None
    assert (florida.country, florida.code) == ("US", "FL")
    assert gazetteer.find_region("IN") is not None
    assert gazetteer.find_region("In") is None


def test_the_table_is_whole() -> None:
    cities = gazetteer.cities()
    assert len(cities) > 30_000
    assert [city.population for city in cities] == sorted((city.population for city in cities), reverse=True)
    assert all(len(city.country) == 2 and city.geonameid for city in cities)
    assert sum(city.is_capital for city in cities) > 180

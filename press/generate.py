"""Any number of distinct stories from a seed: the same seed gives the same stories, and no two are near-copies of each other.

Every sentence draws most of its words, so that two stories share next to no run of five words. They are grammatical, and mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

_PLACES = (
    "Accra|ACCRA, Ghana;Amman|AMMAN, Jordan;Athens|ATHENS, Greece;Bergen|BERGEN, Norway;Bogota|BOGOTA, Colombia;Bremen|BREMEN, Germany;"
    "Brisbane|BRISBANE, Australia;Bucharest|BUCHAREST, Romania;Busan|BUSAN, South Korea;Cardiff|CARDIFF, Wales;Cork|CORK, Ireland;"
    "Dakar|DAKAR, Senegal;Dhaka|DHAKA, Bangladesh;Durban|DURBAN, South Africa;Gdansk|GDANSK, Poland;Geneva|GENEVA;Hanoi|HANOI, Vietnam;"
    "Helsinki|HELSINKI, Finland;Izmir|IZMIR, Turkey;Jakarta|JAKARTA, Indonesia;Kampala|KAMPALA, Uganda;Kingston|KINGSTON, Jamaica;"
    "Lagos|LAGOS, Nigeria;Leipzig|LEIPZIG, Germany;Luanda|LUANDA, Angola;Lyon|LYON, France;Manila|MANILA, Philippines;"
    "Maputo|MAPUTO, Mozambique;Montevideo|MONTEVIDEO, Uruguay;Mumbai|MUMBAI, India;Naples|NAPLES, Italy;Osaka|OSAKA, Japan;"
    "Ottawa|OTTAWA, Canada;Porto|PORTO, Portugal;Quito|QUITO, Ecuador;Riga|RIGA, Latvia;Rotterdam|ROTTERDAM, Netherlands;"
    "Santiago|SANTIAGO, Chile;Seville|SEVILLE, Spain;Sofia|SOFIA, Bulgaria;Tallinn|TALLINN, Estonia;Tunis|TUNIS, Tunisia;"
    "Turin|TURIN, Italy;Utrecht|UTRECHT, Netherlands;Valencia|VALENCIA, Spain;Vienna|VIENNA, Austria;Vilnius|VILNIUS, Lithuania;"
    "Wellington|WELLINGTON, New Zealand;Windhoek|WINDHOEK, Namibia;Zagreb|ZAGREB, Croatia"
)
_ADJECTIVES = (
    "ageing ambitious annual bitter brief broad cautious central cheap chronic clumsy coastal common costly crowded damp daring"
    " delayed dense disputed distant dormant draft early eastern elderly elegant empty fierce final flooded foreign fragile frozen"
    " generous giant glass grim hasty hidden hollow idle inland iron joint junior large late lean leaking local lonely lost mild minor"
    " modest narrow national neglected northern novel oak obscure official old outer painted pale partial patient plain polished"
    " popular private proud public quiet rapid rare regional rented restless rival rural rusty sandy scarce secret senior sharp"
    " shallow silent slow small solar solid southern sparse steep stone stubborn sudden surplus temporary tidal timber tiny unusual"
    " upper urban vacant vast wary western wide wooden young"
).split()
_NOUNS = (
    "academy airfield archive audit avalanche bakery ballot banquet barge barrier basin bell bicycle boiler border boycott brewery bridge"
    " budget cabin cable campaign canal candidate canteen cargo castle census ceremony chapel charter choir cinema circus clinic clock"
    " coalition coast college comet committee compass concert conductor convoy council court crane crew culvert dam deadline delegation"
    " depot desert dispute district dockyard drill drought elevator embassy engine estate estuary exhibition expedition factory fair"
    " ferry festival fiddle fire fleet forecast forest forge foundry frigate funeral gallery gate glacier granary greenhouse guild harvest"
    " hatchery heatwave highway hospital hostel icebreaker inquiry insurer island jury kiln kitchen laboratory lagoon lawsuit league lease"
    " library lighthouse locomotive lottery machine mansion march market marsh meadow merger meteor mill mine ministry monastery motor"
    " museum nursery observatory office opera orchard orchestra ordinance outpost oven pageant palace parade parish park pasture patent"
    " petition pier pilot pipeline plateau playground plough port prison prize protest pump quarry queue race radar railway ranch ration"
    " reactor refinery regatta reservoir rig river robot rocket roof route sanctuary satellite sawmill school sculpture seminar senate"
    " shelter shipyard shuttle siren spire stadium statue storm strike study subsidy suburb summit survey swamp tanker tariff telescope"
    " temple tender terminal theatre tournament tower tram treaty trial tribunal truce tunnel turbine union vaccine valley vault verdict"
    " viaduct village vineyard volcano voyage warehouse wharf windmill workshop yacht zoo"
).split()
_VERBS = (
    "abandoned accepted adopted approved auctioned blamed blocked borrowed bought broke built buried cancelled carried cleared closed"
    " condemned copied crossed cut damaged defended delayed demanded demolished designed divided doubled drained dropped emptied enlarged"
    " entered exported extended favoured fenced filled financed finished flooded followed forced founded halted halved hired honoured"
    " ignored inherited inspected insured joined judged launched leased lifted lit lost measured mended merged moved named offered opened"
    " opposed ordered outgrew outlived overtook owned painted passed photographed planned planted postponed praised promised proposed"
    " protected purchased questioned raised ratified rebuilt recalled recovered refused registered rejected released removed renamed"
    " renovated rented repaired replaced rescued restored revived ruined saved searched sealed served settled shared shortened sold split"
    " stopped studied suspended tested towed trained transferred trimmed upheld visited warned welcomed widened won"
).split()
_ROLES = (
    "accountant actuary architect astronomer bailiff baker beekeeper biologist bishop captain carpenter cellist chemist clerk coach"
    " colonel commissioner conservator coroner curator dentist diplomat director ecologist economist editor engineer farmer fisherman"
    " forester geologist governor historian inspector janitor jeweller judge lawyer librarian linguist mayor mechanic meteorologist"
    " midwife minister nurse organist painter pharmacist physicist plumber poet porter potter printer prosecutor ranger sailor senator"
    " sergeant spokeswoman surgeon surveyor tailor teacher trader translator treasurer umpire veterinarian warden weaver welder zoologist"
).split()
_PREPOSITIONS = (
    "above across after against along before behind below beneath beside beyond despite during inside near outside over past under without"
).split()
_FIRST = (
    "Ada Amir Anton Bela Boris Carla Cyril Dana Diego Edda Emil Farid Flora Goran Greta Hamid Hedda Igor Irma Jakob Jana Karim Klara"
    " Lars Lena Marek Mira Nadia Nils Olga Oskar Petra Pavel Rana Rolf Sami Selma Tarik Thea Ulla Viktor Wanda Yusuf Zara"
).split()
_ONSETS = (
    "Bar Bel Cor Dal Den Fal Gar Hal Hol Jor Kal Kel Lan Lor Mar Mol Nor Ost Pel Rad Ros Sal Sil Tal Tor Val Ver Wal Yar Zel"
).split()
_MIDDLES = "a an ava e en era i in ira o on ora u un ura".split()
_ENDS = "berg da dell dov gar ghan ke lund mann mov nen ner rez rin ro sen ska son tak tez tov vey vic yan zik".split()
_UNITS = (
    "acres barrels bricks crates euros gallons hectares households kilometres litres pages passengers pounds tickets tonnes trees"
    " visitors volunteers votes windows"
).split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


@dataclass(frozen=True, kw_only=True)
class Document:
    """One generated story."""

    slug: str
    headline: str
    paragraphs: tuple[str, ...]
    place: str
    """As a dateline prints it: `CORK, Ireland`."""
    located: str
    byline: str


def documents(count: int, *, seed: int = 1, first: int = 1) -> Iterator[Document]:
    """So many stories of 4 to 8 paragraphs. `first`: the number at which slugs begin; each number has a story of its own."""
    for number in range(first, first + count):
        yield _document(Random(f"{seed}-{number}"), number)


def _document(random: Random, number: int) -> Document:
    located, place = random.choice(_PLACES.split(";")).split("|")
    where = random.choice(_PREPOSITIONS)
    headline = f"{located} {random.choice(_NOUNS)} {random.choice(_VERBS)} {_thing(random)} {where} {_thing(random)}"
    lead = (
        f"{_a(_thing(random)).capitalize()} {random.choice(_VERBS)} the {_thing(random)} {random.choice(_PREPOSITIONS)} {_amount(random)} "
        f"on {random.choice(_DAYS)}, said {random.choice(_ROLES)} {_name(random)} of the {_thing(random)}."
    )
    others = [" ".join(_sentence(random) for _ in range(random.randint(1, 3))) for _ in range(random.randint(3, 7))]
    return Document(
        slug=f"item-{number:05}", headline=headline, paragraphs=(lead, *others), place=place, located=located, byline=_name(random)
    )


def _thing(random: Random) -> str:
    return f"{random.choice(_ADJECTIVES)} {random.choice(_NOUNS)}"


def _amount(random: Random) -> str:
    return f"{random.randint(11, 99_999):,} {random.choice(_UNITS)}"


def _name(random: Random) -> str:
    surname = random.choice(_ONSETS) + random.choice(_MIDDLES) + random.choice(_ENDS)
    return f"{random.choice(_FIRST)} {surname}"


def _a(words: str) -> str:
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"


def _sentence(random: Random) -> str:
    thing, other, third = (_thing(random) for _ in range(3))
    verb, again = random.choice(_VERBS), random.choice(_VERBS)
    where, there = random.sample(_PREPOSITIONS, 2)
    role, name, amount = random.choice(_ROLES), _name(random), _amount(random)
    forms = (
        f"The {thing} {verb} {amount} {where} {_a(other)}, {role} {name} said.",
        f"{name}, {role} of the {thing}, {verb} its {other} {where} {amount}.",
        f'"{where.capitalize()} every {thing} somebody {verb} our {other}," said {role} {name}.',
        f"{amount} {where} the {thing} were {verb}, and {_a(other)} {again} the {third}.",
        f"{_a(role).capitalize()} named {name} {verb} the {other} {where} {_a(random.choice(_NOUNS))}, which {again} {amount}.",
        f"Neither {thing} nor {other} {verb} {random.choice(_DAYS)}'s {random.choice(_NOUNS)} {there} {name}'s {third}.",
        f"{where.capitalize()} the {thing}, {name} {verb} one {other} and {again} {amount}.",
    )
    return random.choice(forms)

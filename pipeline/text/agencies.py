"""News agencies by the marks they print in datelines, credits and bylines. A table: rules elsewhere branch on no agency's name."""

from __future__ import annotations

import re
from functools import cache

import msgspec


class Agency(msgspec.Struct, frozen=True):
    """One agency. `marks` are what stands in its brackets or between its slashes, besides `name`."""

    name: str
    marks: tuple[str, ...] = ()
    home: str = ""
    """ISO 3166-1 alpha-2: of two cities of one name and like size, it means the one at home."""


_TABLE = """
UPI | United Press International | US
AP | Associated Press, The Associated Press, АП | US
Reuters | REUTERS, Reuters Health, Thomson Reuters, Thomson Reuters Foundation, Reuters Breakingviews, ロイター, رويترز, Рейтер |
AFP | Agence France-Presse, أ ف ب, أ.ف.ب, ا ف ب, ا.ف.ب, فرانس برس, АФП, 法新社, AFP通信 |
dpa | DPA, dpa-infocom, د ب ا, د.ب.أ | DE
Xinhua | XINHUA, 新华社, 新華社, شينخوا, Синьхуа | CN
Yonhap | YONHAP, Yonhap News, Yonhap News Agency, 연합뉴스 | KR
Newsis | 뉴시스 | KR
News1 | 뉴스1 | KR
KCNA | 조선중앙통신 | KP
TASS | ITAR-TASS, Itar-Tass, ТАСС, ИТАР-ТАСС | RU
RIA Novosti | RIA, Sputnik, РИА Новости | RU
Interfax | INTERFAX, INTERFAX.RU, Интерфакс | RU
Ukrinform | Укринформ, Укрінформ | UA
Interfax-Ukraine | | UA
EFE | EFECOM, EFE Verde, Agencia EFE | ES
Europa Press | EUROPA PRESS | ES
ANSA | | IT
Adnkronos | ADNKRONOS | IT
AGI | | IT
Lusa | LUSA | PT
PTI | Press Trust of India | IN
IANS | | IN
ANI | | IN
UNI | | IN
Kyodo | KYODO, Kyodo News, 共同, 共同通信 | JP
Jiji Press | Jiji, JIJI, 時事, 時事通信 | JP
AAP | | AU
NZN | | NZ
CP | The Canadian Press, Canadian Press, La Presse Canadienne, La Presse canadienne, PC | CA
Bloomberg | BLOOMBERG, Bloomberg News |
CNN | |
PA | PA Media, Press Association | GB
APA | | AT
AWP | awp | CH
epd | | DE
KNA | | DE
SID | | DE
RNS | Religion News Service | US
JTA | | US
SDA | sda, Keystone-SDA, ATS, ats, Keystone-ATS | CH
Belga | BELGA | BE
ANP | | NL
NTB | | NO
TT | | SE
Ritzau | ritzau | DK
STT | | FI
PAP | | PL
CTK | ČTK | CZ
MTI | | HU
Agerpres | AGERPRES | RO
BTA | | BG
Tanjug | TANJUG | RS
Hina | HINA | HR
ANA | ANA-MPA, AMNA | GR
Anadolu | AA, Anadolu Agency | TR
DHA | | TR
IHA | İHA | TR
MENA | أ ش أ | EG
WAM | وام | AE
SPA | واس | SA
QNA | قنا | QA
KUNA | كونا | KW
Petra | بترا | JO
NNA | | LB
IRNA | ایرنا | IR
Mehr | MNA | IR
Fars | FNA | IR
SANA | سانا | SY
WAFA | وفا | PS
APS | واج | DZ
MAP | | MA
TAP | وات | TN
NAN | | NG
GNA | | GH
APP | | PK
BSS | | BD
UNB | | BD
RSS | | NP
Antara | ANTARA, ANTARA News | ID
Bernama | BERNAMA | MY
PNA | | PH
VNA | | VN
TNA | | TH
CNA | 中央社 | TW
China News Service | ECNS, 中新社, 中新网 | CN
Notimex | NOTIMEX | MX
Télam | Telam, TELAM, NA | AR
Prensa Latina | PL | CU
Agência Brasil | ABr | BR
Estadão Conteúdo | | BR
Andina | ANDINA | PE
ABI | | BO
IPS | | IT
DW | | DE
KOMPAS.com | |
Media OutReach | Media OutReach Newswire |
PR Newswire | PRNewswire, PRNewswire/, PRN, PRNEWSWIRE, PR NEWSWIRE |
PR Newswire-AsiaNet | PRNewswire-AsiaNet, PRNewswire-Asia-AsiaNet |
PR Newswire-Asia | PRNewswire-Asia, Xinhua-PRNewswire |
PR Newswire-FirstCall | PRNewswire-FirstCall |
GLOBE NEWSWIRE | GlobeNewswire, Globe Newswire, GLOBENEWSWIRE |
BUSINESS WIRE | Business Wire, BUSINESSWIRE, 美國商業資訊, 美国商业资讯, 商业电讯 |
CNW | CNW Group, CNW Telbec, Canada NewsWire, Canada Newswire |
ACCESSWIRE | ACCESS Newswire, Accesswire |
Newsfile | Newsfile Corp., Newsfile Corp, NEWSFILE |
Marketwired | MARKETWIRE, Marketwire, MARKETWIRED |
EQS | EQS Group, EQS-News, DGAP |
AsiaNet | ASIANET |
Media General | |
States News Service | SNS |
Tribune News Service | TNS |
Kyiv Independent | |
"""


@cache
def agencies() -> dict[str, Agency]:
    """Each agency by its name."""
    found = {}
    for line in _TABLE.strip().splitlines():
        name, marks, home = (part.strip() for part in line.split("|"))
        found[name] = Agency(name, tuple(mark.strip() for mark in marks.split(",") if mark.strip()), home)
    return found


@cache
def _by_mark() -> dict[str, Agency]:
    return {mark: agency for agency in agencies().values() for mark in (agency.name, *agency.marks)}


@cache
def unbracketed() -> re.Pattern[str]:
    """Marks that may stand without brackets, longest first: `SEOUL, Nov 26 AFP -`."""
    marks = sorted(_by_mark(), key=len, reverse=True)
    return re.compile("|".join(re.escape(mark) for mark in marks))


def agency_of(mark: str) -> Agency | None:
    """Whose mark this is, desks and partners aside: `dpa/lno`, `dpa-AFX`, `AP/NAN`, `AFP via Foo`; None where it is nobody's known mark."""
    mark = " ".join(mark.split()).strip("/ ")
    known = _by_mark().get(mark) or _by_mark().get(mark.rstrip("."))
    if known or not mark:
        return known
    first = re.split(r"\s*[/,;–—]\s*|-|\s+(?:via|and|y|et|und|e)\s+|\s+-\s+", mark, maxsplit=1)[0]
    return _by_mark().get(first) if first != mark else None


def named_in(text: str) -> str | None:
    """The first agency that a credit, a byline or a tail names, by its usual name; None where it names none."""
    found = re.search(rf"(?<!\w)(?:{unbracketed().pattern})(?!\w)", text)
    return _by_mark()[found.group()].name if found else None

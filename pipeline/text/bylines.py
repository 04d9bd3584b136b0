"""Bylines as they are printed above a story. Pure."""

from __future__ import annotations

import re
from functools import cache

from pipeline.text import labels
from pipeline.text.agencies import agency_of, in_running_text
from pipeline.text.dates import DIGIT, date_at_start, weekdays, without_dates
from pipeline.text.later import later
from pipeline.text.spelling import key

_BY = later(
    r"^(?:(?:Written|Story|Reported|Words|Text)\s{1,3})?(?:By|BY|by|Von|VON|Par|PAR|Por|POR|Di|di|Door|Av|Af|От|بقلم|מאת|โดย|Oleh|OLEH|[Oo]prac\."
    r"|Rédigé par|Écrit par|Escrito por|Redactado por|Geschrieben von|Verfasst von|Piše|Napsala?|Skrevet a[vf]|Skriven av|Της|Του|Γράφει [οη]"
    r"|(?:Textes?|लेखक)(?=\s?:))\s{0,3}:?\s{1,3}(?P<name>\S.*)$"
)
_LONGEST = 200
"""Characters. No byline is longer."""
_PARTICLES = frozenset("and y e et und & of de del della di da van von der den la le bin al el for the in with i og och en a from".split())
_STAFF = later(
    r"^(?:[A-Z][\w.&'-]*\s+){0,4}(?:(?:[Ss]taff|STAFF|Senior|Chief|White House|National|Political|Business|Medical|Science|Sports)\s+)*"
    r"(?:Writers?|WRITERS?|Correspondents?|CORRESPONDENTS?|Reporters?|REPORTERS?|Editor|Columnist|Staff|News Service)$"
)
_WEEKDAY = re.compile(r"(?P<day>[^\W\d_]{3,14}(?:-feira)?)[.,]*\s+")
_AFTER_STAMP = later(
    r"(?:[\s,/|•·@T–—-]*(?:at|um|à|a las|às|alle|ore|om|kl|klo|u|в|о|lúc|pukul|เวลา|בשעה|الساعة|오전|오후|上午|下午|午前|午後)?\.?\s*"
    r"\d{1,2}[:.hH時时시点點]\s?\d\d[分분]?(?::\d\d)?\s*(?:[aApP]\.?[mM]\.?|น\.|[صم])?"
    r"\s*\(?(?:[A-Z]{2,5}|Uhr|(?:GMT|UTC)?\s?[+-]\d\d?(?::?\d\d)?)?\)?)?"
    r"(?:\s*[/|•·–—-]\s*(?:Updated|Modified|Last updated)\b.{0,60})?[\])）】]?\.?"
)
_HAN = r"[\u4e00-\u9fff]"
_REPORTER = later(
    rf"^[（(【\[]?(?:《[^《》]{{2,12}}》\s?|{_HAN}{{2,10}}?\s?)?(?:记者|記者|作者|撰文|撰稿|文[/／]图|图[/／]文|通讯员|通訊員)(?P<between>[\s/／:：]*)"
    rf"(?P<names>{_HAN}{{2,4}}(?:[\s、，,]{{1,3}}(?:(?:记者|通讯员|实习生)[\s:：]?)?{_HAN}{{2,4}}){{0,5}})(?:\s?[/／]\s?{_HAN}{{1,8}}[报報][道導导])?[）)】\]]?$"
)
"""`海湾日报记者 李明 王小芳`, `《海湾》作者 李明`, `（文/图 李明）`, `記者李明／台北報導`"""
_KOREAN = later(
    r"^기자명\s(?P<labelled>[가-힣]{2,4})(?:\s기자)?$|^(?:[\[(][가-힣A-Za-z]{2,12}\s?[=·|]\s?[가-힣A-Za-z]{2,12}[\])]\s?|[\[(]?(?:[가-힣A-Za-z]{2,12}\s?[=·|]\s?)?)"
    r"(?P<names>[가-힣]{2,4}\s?(?:선임|수습|인턴|객원|전문)?(?:기자|특파원|논설위원)"
    r"(?:\s?[·,]\s?[가-힣]{2,4}\s?(?:기자|특파원))*)[\])]?(?:\s{0,3}[(|=]?\s?[\w.+-]+@[\w.-]+\)?)?$"
)
"""`홍길동 기자 hong@example.kr`, `[서울=예시] 홍길동 특파원`"""
_OF_HOUSE = later(rf"^(?P<names>{_HAN}{{2,3}})\s?/\s?{_HAN}{{2,8}}(?:报|報|网|網|社|台|新闻|新聞|周刊|客户端)$")
"""`李明/海湾青年报`"""
_ON = (
    "on at le la à a um am uhr il el em op om ore alle den kl klo u o в г dne dnia ώρα lúc pukul jam thứ hai ba tư năm sáu bảy chủ nhật"
    " الساعة בשעה dzisiaj heute today hoy aujourd'hui oggi hoje".split()
)
_LOOSE = 100
"""Characters of the longest line whose dates and clocks may stand in any order."""
_SIGNS = " \t\u3000,.;:|/·•@–—-()[]【】（）："
_REPORTING = ("记者", "記者", "作者", "撰文", "撰稿", "文/图", "图/文", "通讯员", "기자", "특파원", "논설위원")
_SURNAMES = frozenset(
    "王李张劉刘陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何高林罗羅郑鄭梁谢謝宋唐许許韩韓冯馮邓鄧曹彭曾肖蕭田董袁潘于蒋蔣蔡余杜叶葉程苏蘇魏吕呂丁任沈姚卢盧姜崔"
    "钟鍾谭譚陆陸汪范金石廖贾賈夏韦韋付方白邹鄒孟熊秦邱江尹薛闫阎段雷侯龙龍史陶黎贺賀顾顧毛郝龚龔邵万萬钱錢严嚴覃武戴莫孔向汤湯"
)
"""Common family names in Chinese."""


def reporters_of(line: str) -> str | None:
    """The names of a line that names Chinese, Japanese or Korean reporters and nothing else, parted by `、`; None where it is something else."""
    if len(line) > 60:
        return None
    if not any(map(line.__contains__, _REPORTING)):
        match = _OF_HOUSE.match(line) if "/" in line else None
        return match["names"] if match and match["names"][0] in _SURNAMES else None
    if match := _KOREAN.match(line):
        return match["names"] or match["labelled"]
    match = _REPORTER.match(line)
    names = re.split(r"[\s、，,]+(?:(?:记者|通讯员|实习生)[\s:：]?)?", match["names"]) if match else []
    if match is None or not match["between"] and any(name[0] not in _SURNAMES for name in names):
        return None  # 记者调查: a heading
    return "、".join(names)


def signature_of(text: str) -> str | None:
    """The names of reporters in brackets, as papers in Chinese sign a last paragraph: `（张明）`, `(文/图 李明)`; None where it is something else."""
    if text[:1] not in ("（", "(") or len(text) > 50 or text.isascii():
        return None
    names = re.split(r"[\s、，,]+", text.strip("（）() 。"))
    is_bare = all(1 < len(name) < 4 and name[0] in _SURNAMES for name in names)
    return "、".join(names) if is_bare else reporters_of(text)


@cache
def _before_stamp() -> re.Pattern[str]:
    words = "|".join(re.escape(word) for word in sorted((*labels.PUBLISHED, *labels.UPDATED), key=len, reverse=True))
    return re.compile(rf"[\[(（【]?(?:(?:{words})\s*[:：]?\s*)?(?:(?:on|at|le|el|am|il|em|op|den|dne|la|в|בתאריך)\s+)?", re.IGNORECASE)


@cache
def _in_stamps() -> re.Pattern[str]:
    """What stamps hold beside days: clocks, zones, labels, names of days, words for *on* and *at*."""
    words = sorted((*labels.PUBLISHED, *labels.UPDATED, *_ON), key=len, reverse=True)
    days = sorted(weekdays(), key=len, reverse=True)
    return re.compile(
        rf"\d{{1,2}}[:.hH時时시点點]\s?\d\d[分분]?(?::\d\d)?(?:\s?[aApP]\.?[mM]\b\.?)?|\(?(?:GMT|UTC)\s?[+-]?\d{{0,2}}(?::?\d\d)?\)?"
        rf"|(?<![^\W\d_])(?:{'|'.join(map(re.escape, words))}|{'|'.join(map(re.escape, days))}|(?-i:[A-Z]{{2,3}}T|GMT|UTC|MSK|WIB|WITA|MEZ|MESZ))(?![^\W\d_])",
        re.IGNORECASE,
    )


@cache
def _stamp_behind() -> re.Pattern[str]:
    """`Ama Mensah Published: May 1, 2024`: the label and all that follows."""
    words = sorted((*labels.PUBLISHED, *labels.UPDATED), key=len, reverse=True)
    return re.compile(rf"[\s|,·•–-]+(?:{'|'.join(map(re.escape, words))})(?![^\W\d_])(?=.*\d).*$", re.IGNORECASE)


@cache
def _agency_after() -> re.Pattern[str]:
    """`By AMA MENSAH Associated Press`: made when first asked for, since the table of agencies is long."""
    return re.compile(rf"(?<=\w)\s+(?:The )?{in_running_text().pattern}(?:\s+(?:[Ss]taff )?[Ww]riters?)?$")


def byline_of(line: str) -> str | None:
    """The names of a line that is a byline, `By` taken off, else as printed; None where the line is something else.

    A byline is short, its words are capitalised, and it is no sentence: `By nightfall the town was dry.` is none.
    """
    match = _BY.match(line) if len(line) <= _LONGEST else None
    if match is None:
        return None if line.isascii() else reporters_of(line)
    name = _agency_after().sub("", _stamp_behind().sub("", match["name"].strip()))
    words = re.split(r"[\s,|/]+", name)
    if len(words) > 16 or len(name) > 120 or name.endswith((".", "?", "!", ":")) and not re.search(r"\b(?:Jr|Sr|[A-Z])\.$", name):
        return None
    if name.lower() == name.upper() and (len(words) > 6 or len(name) > 50):  # a script without capitals
        return None
    fitting = [word for word in words if word]
    if not fitting or not all(
        not word[0].islower() or word.casefold() in _PARTICLES or "@" in word or not word[0].isalpha() or agency_of(word)
        for word in fitting
    ):
        return None
    return name if any(sign.isalpha() for sign in name) and not name[0].isdigit() else None


def may_be_names(line: str) -> bool:
    """Is it two to five words, each with a capital, no sign of a sentence and no figure: as a name that stands alone above a stamp?"""
    words = line.split()
    return (
        2 <= len(words) <= 5 and len(line) <= 50 and all(word[0].isupper() or word in _PARTICLES for word in words) and line[-1].isalpha()
    )


def is_staff_line(line: str) -> bool:
    """The line below a byline: `Associated Press`, `UPI Staff Writer`, `Senior Correspondent`."""
    return len(line) < 60 and (bool(_STAFF.match(line)) or (len(line.split()) <= 4 and line == line.strip() and _is_only_agency(line)))


def _is_only_agency(line: str) -> bool:
    return agency_of(line) is not None


def stamp_of(line: str) -> str | None:
    """The date of a line that is only when it was published: `Aug. 15, 2022 / 3:12 AM`; None where the line is something else."""
    if len(line) >= 140 or DIGIT.search(line) is None:
        return None
    start = _before_stamp().match(line).end()  # type: ignore[union-attr]  # it matches nothing, too
    weekday = _WEEKDAY.match(line, start)
    if weekday and key(weekday["day"]) in weekdays():
        start = weekday.end()
    printed, length = date_at_start(line[start:])
    if printed is not None and printed.year is not None and _AFTER_STAMP.fullmatch(line, start + length):
        return line[start : start + length].rstrip(" ,")
    rest, first = without_dates(line) if len(line) <= _LOOSE else (line, "")
    return first if first and _in_stamps().sub(" ", rest).strip(_SIGNS) == "" else None

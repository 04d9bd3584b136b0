"""Datelines in Chinese, Japanese and Korean, which part no words. Pure.

新华社北京8月15日电    （中央社記者王小明台北15日電）    中新网8月15日电    (서울=연합뉴스) 김하늘 기자 =    【ソウル共同】    ［東京 15日 ロイター］
（东京综合讯）    記者王小明／台北報導    【パリ＝山本花】    (파리 AFP=연합뉴스)    央视网消息：
"""

from __future__ import annotations

import re

from pipeline.text import dates, gazetteer
from pipeline.text.agencies import agency_of
from pipeline.text.datelines.found import Found
from pipeline.text.datelines.places import MOST, east_asian_place, is_known
from pipeline.text.dates import Printed
from pipeline.text.later import later
from schemas.article import Place

_EAST_ASIAN = "\u2e80"
"""From here on Unicode has ideographs, kana, Hangul and their brackets."""
_REACH = 120
"""Characters. None of these is longer, the reporter's name included."""
_OWN_PAPER = frozenset(("本报", "本報", "本社", "本网", "本台"))
"""`This paper`: no agency."""
_NO_PLACE = frozenset("사진 자료사진 그래픽 일러스트 영상 출처 자료 제공 写真 画像 图片 圖片 综合 綜合 即時 本报 本報 记者 記者".split())
"""What stands where a place should: `photo`, `graphic`, `source`, `compiled`, `reporter`."""
_DATE = r"(?:(?P<month>\d{1,2})月)?(?P<day>\d{1,2})日"
_REPORTER = r"(?:\s*[（(][^（()）]{0,40}[）)])?"
_REPORTS = r"[報报][導导道]"
_CHINESE = "路透|法新|美联|美聯|新华|新華|中新|中央|共同|韩联|彭博|中通"
_JAPANESE = "AFP[=＝]?時事|共同|時事|AFP|ロイター|聯合ニュース|新華社|タス通信|CNN"
_RELAYED = "AFP|AP|EPA|UPI|dpa|로이터|신화|교도|타스|스푸트니크"
_FORMS = tuple(
    later(pattern)
    for pattern in (
        rf"^[据據【]?(?P<agency>[^\d\s，。（(、【]{{1,5}}?[社网網报報]|路透|法新)(?P<place>[^\d\s，。（(]{{0,12}}?){_DATE}[电電讯訊]】?{_REPORTER}"
        r"\s*(?P<sep>[-—，：])?\s*",
        rf"^(?P<agency>路透)(?P<place>[^\d\s，。（(]{{1,8}}?){_DATE}\s*(?P<sep>-|—|--)\s*",
        rf"^(?P<agency>[^\d\s，。（(、【]{{2,6}})消息{_REPORTER}\s*(?P<sep>[：:，,])\s*",
        rf"^[（(](?P<known>[^\d\s（()）]{{2,8}}?)(?:{_DATE})?(?:(?:[综綜]合)?[讯訊电電]|(?P<agency>{_CHINESE})(?:社|社?[讯訊电電]))[)）]\s*",
        rf"^[〔【（(\[]?(?:[^\d\s／/]{{1,4}}[社網网報报])?[記记]者(?P<byline>[^\s／/〕】]{{2,12}})\s*[／/]\s*(?P<place>[^\s／/〕】]{{2,6}}?){_REPORTS}[〕】)）\]]?\s*",
        rf"^[〔【（(](?:[^\d\s／/]{{1,4}}[社網网報报])?[記记]者(?P<who>[^\d\s／/〕】）)]{{4,9}}?){_REPORTS}[〕】)）]\s*",
        rf"^[（(](?P<agency>[^\d\s（()）]{{1,4}}社)(?:記者|记者)?(?P<who>[^\d\s（()）]{{2,9}}?){_DATE}(?:[^（()）\d]{{0,12}})(?:[電电]|{_REPORTS})[)）]\s*",
        rf"^【(?P<place>[^】\d\s=＝]{{1,12}}?)?(?:{_DATE})?[\s=＝]*(?P<agency>{_JAPANESE})(?:[=＝](?P<byline>[^】=＝\d]{{2,12}}))?】\s*",
        r"^[［\[](?P<place>[^\s\d］\]]{1,20})[\s　]+(?:(?P<month>\d{1,2})月)?(?P<day>\d{1,2})日?[\s　]+"
        r"(?P<agency>ロイター|共同|時事)[］\]]\s*(?P<sep>[-－–—])?\s*",
        rf"^[（(【\[](?P<place>[^=＝()（）\[\]【】\d\s]{{1,24}})(?:\s(?P<relayed>{_RELAYED}))?[=＝](?P<agency>[^=()（）\[\]【】\s]{{2,8}})[)）】\]]\s*"
        r"(?:(?P<byline>[^=]{2,30}?(?:기자|특파원))\s*(?P<sep>=)\s*)?",
        r"^【(?P<known>[^】\d\s=＝]{2,12})[=＝](?P<byline>[^】=＝\d]{2,12})】\s*",
    )
)
"""`known` is a place that the gazetteer must have, as so little else tells the form from a heading."""


def find(paragraph: str) -> Found | None:
    """The dateline at the start of a paragraph; None where there is none."""
    if paragraph[:1] < _EAST_ASIAN and paragraph[:1] not in ("(", "["):
        return None
    text = paragraph[:_REACH]
    for pattern in _FORMS:
        match = pattern.match(text)
        found = _read(match) if match else None
        if found is not None:
            return found
    return None


def _read(match: re.Match[str]) -> Found | None:
    said = match.groupdict()
    mark = said.get("relayed") or said.get("agency")
    agency = agency_of(re.split("[=＝]?時事$", mark)[0] or mark) if mark else None
    if mark and agency is None and mark not in _OWN_PAPER:
        return None
    home = agency.home if agency else ""
    raw = said.get("known") or said.get("place") or (_place_at_end(said["who"]) if said.get("who") else "")
    names = [name for name in re.split(r"[·・/／、]", raw) if name]
    if not _NO_PLACE.isdisjoint(names) or said.get("known") and not all(map(is_known, names)):
        return None
    places: tuple[Place, ...] = tuple(east_asian_place(name, home) for name in names)
    month, day = said.get("month"), said.get("day")
    printed = Printed(int(month), int(day)) if month and day else None
    if len(places) > MOST or printed and not dates.is_possible(printed) or day and not 1 <= int(day) <= 31:
        return None
    if not (places or printed or agency and said.get("sep") and not day):  # 央视网消息：
        return None
    return Found(
        match.end(),
        places,
        raw,
        printed,
        int(day) if day else None,
        agency.name if agency else None,
        mark,
        said.get("sep"),
        said.get("byline"),
    )


def _place_at_end(who: str) -> str:
    """`王小明台北`: a reporter's name and a place run together; the place is the longest known one, else the last two signs."""
    known = (who[start:] for start in range(len(who)) if gazetteer.find_city(who[start:]) or gazetteer.country_code(who[start:]))
    return next(known, who[-2:])

"""Datelines in Chinese, Japanese and Korean, which part no words. Pure.

新华社北京8月15日电    （中央社記者王小明台北15日電）    中新网8月15日电    (서울=연합뉴스) 김하늘 기자 =    【ソウル共同】    ［東京 15日 ロイター］
"""

from __future__ import annotations

import re

from pipeline.text import dates, gazetteer
from pipeline.text.agencies import agency_of
from pipeline.text.datelines.found import Found
from pipeline.text.datelines.places import MOST, east_asian_place
from pipeline.text.dates import Printed
from schemas.article import Place

_REACH = 120
"""Characters. None of these is longer, the reporter's name included."""
_OWN_PAPER = frozenset(("本报", "本報", "本社", "本网", "本台"))
"""`This paper`: no agency."""
_REPORTER = r"(?:\s*[（(][^（()）]{0,40}[）)])?"
_JAPANESE = r"共同|時事|AFP(?:=時事)?|ロイター|聯合ニュース|新華社|タス通信|CNN"
_FORMS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"^(?:据|據)?(?P<agency>[^\d\s，。（(、]{{1,5}}?[社网網报報]|路透|法新)(?P<place>[^\d\s，。（(]{{0,12}}?)"
        rf"(?:(?P<month>\d{{1,2}})月)?(?P<day>\d{{1,2}})日[电電讯訊]{_REPORTER}\s*",
        r"^路透(?P<place>[^\d\s，。（(]{1,8}?)(?P<month>\d{1,2})月(?P<day>\d{1,2})日\s*(?P<sep>-|—|--)\s*",
        r"^[（(](?P<agency>[^\d\s（()）]{1,4}社)(?:記者|记者)?(?P<who>[^\d\s（()）]{2,9}?)(?:(?P<month>\d{1,2})月)?(?P<day>\d{1,2})日(?:[^（()）\d]{0,12})[電电][)）]\s*",
        rf"^【(?P<place>[^】\d\s=＝]{{1,12}}?)?(?:(?P<month>\d{{1,2}})月)?(?:(?P<day>\d{{1,2}})日)?[\s=＝]*(?P<agency>{_JAPANESE})】\s*",
        r"^[［\[](?P<place>[^\s\d］\]]{1,20})[\s　]+(?:(?P<month>\d{1,2})月)?(?P<day>\d{1,2})日?[\s　]+"
        r"(?P<agency>ロイター|共同|時事)[］\]]\s*(?P<sep>[-－–—])?\s*",
        r"^[（(【\[](?P<place>[^=＝()（）\[\]【】\d\s]{1,24})[=＝](?P<agency>[^=()（）\[\]【】\s]{2,8})[)）】\]]\s*(?:(?P<byline>[^=]{2,30}?(?:기자|특파원))\s*(?P<sep>=)\s*)?",
    )
)


def find(paragraph: str) -> Found | None:
    """The dateline at the start of a paragraph; None where there is none."""
    if paragraph[:1].isascii() and paragraph[:1] not in "([":
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
    mark = said.get("agency") or "路透"
    agency = agency_of(re.split("[=＝]", mark)[0])
    if agency is None and mark not in _OWN_PAPER:
        return None
    home = agency.home if agency else ""
    raw = said.get("place") or (_place_at_end(said["who"]) if said.get("who") else "")
    names = [name for name in re.split(r"[·・/／、]", raw) if name]
    places: tuple[Place, ...] = tuple(east_asian_place(name, home) for name in names)
    month, day = said.get("month"), said.get("day")
    printed = Printed(int(month), int(day)) if month and day else None
    if len(places) > MOST or printed and not dates.is_possible(printed) or day and not 1 <= int(day) <= 31 or not places and not printed:
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

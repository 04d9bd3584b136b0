"""A byline's text, or an author field's → people: names, roles and agencies apart. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache

from pipeline.clean.metadata import dates
from pipeline.clean.metadata.said import letters
from pipeline.clean.metadata.words import AND, BY, DESKS, LABELS, NOBODY, OTHERS_WORK, OUTLETS, ROLES
from pipeline.text import bylines, gazetteer, spelling
from pipeline.text.agencies import agencies, agency_of
from pipeline.text.dates import weekdays
from pipeline.text.labels import PUBLISHED, UPDATED
from pipeline.text.later import later
from pipeline.text.whitespace import one_line
from schemas.article import Author

_PARTICLES = frozenset(
    "de del della di da dos das du des la le les los van von der den dem ter ten te zu zum zur af av bin ibn ben al el ul bint abu st y e i el-sayed"
    " d o".split()
)
MAX_PEOPLE = 20
MAX_LINE = 120
MAX_BYLINE = 400
_ADDRESS = later(r"\(?<?\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b>?\)?|(?:https?://|www\.)\S+|(?<!\w)@\w+")
_BRACKETS = later(r"\(([^()]{1,60})\)|\[([^\[\]]{1,60})\]|^\W+|(?:[\s,;|/·•–—:&-]|\s(?:and|und|et))+$")
_AFFILIATING = tuple("for|at|in|from|with|bei|für|aus|pour|à|para|per|dla|special to|of the|as told to|is|was|has|covers|writes".split("|"))
_AFFILIATION = later(rf"\s+(?:{'|'.join(_AFFILIATING)})\s+.*$", re.IGNORECASE)
_CREDENTIALS = later(r"(?:,?\s+(?:(?!II|III|IV|VI)[A-Z]{2,4}|M\.D\.|Ph\.?D\.?|MBA|MSc|BSc))+$|^(?:MD|PhD|[A-Z]{2,4})$")
"""`MS, RDN, LD` behind a name."""
_FIRMS = ("GmbH", "Inc", "Ltd", "LLC", "AG", "KG", "Corp", "Company", "company", "Verlag", "Group")
_COMPANY = re.compile(rf"\b(?:{'|'.join(_FIRMS)}|S\.A|e\.\s?V)\b\.?$|^\S+\.[a-z]{{2,4}}$")
BEFORE_BY = " \xa0|·•–—-"
"""What may stand before a byline's first word."""
_INSIDE = re.compile(r"^.{3,60}?\s(?:By|BY)\s+(?=[A-ZÀ-Þ][^\W\d_]*\.?\s+[A-ZÀ-Þ])")
"""A section or a headline before a byline in one box: `Technology By Jane Doe`."""
_INITIALS = re.compile(r"(?<!\w)([A-Z])([A-Z])\s+(?=\1[a-zà-ÿ]+\s+\2[a-zà-ÿ])")
"""In place of a portrait: `JD Jane Doe`."""
_SOCIAL = re.compile(r"\s+(?:Twitter|Facebook|Instagram|LinkedIn|Email|E-Mail|Follow|Bio|关注|關注)$")
_LINKS = frozenset("view read see follow show about all more learn visit click folge folgen weitere mehr alle voir ver".split())
"""First words of links beside names."""
_RULES = frozenset("guidelines policy policies standards process principles profile profil biography posts articles beiträge".split())
"""Last words of such links."""
_READING = later(r"\b\d+\s*(?:min\b|minutes?\b|Min\.|(?:\w+\s)?ago\b).*$|\b(?:vor|hace|il y a)\s+\d.*$", re.IGNORECASE)
"""`5 min read`, `3 hours ago`."""
_REPORTS = later(r"[\s/／|｜]+[\u4e00-\u9fff]{1,10}(?:報導|报道|報道).*$")
"""From where, behind a name: `記者李明／台北報導`."""
_TAGS = re.compile(r"<[^<>@]*>")
_LEADING_AND = re.compile(r"^(?:and|&|und|et|y|e)\s+", re.IGNORECASE)
_COMMA = later(r"\s*(?:[,;|/·•、，；\n]|\s[–—-]\s)\s*")
_ON = re.compile(r"\s+(?:le|am|il|el|em|den|on|op|la)\s*$")
_HAN_NAMES = later(r"[\u4e00-\u9fff]{2,3}(?:\s[\u4e00-\u9fff]{2,3})+")
"""`李明 王小芳`: there a space stands between names, not within them."""
PLAIN = re.compile(r"[A-Z][a-z]{2,20} (?:[A-Z]\.? )?[A-Z][a-z]{2,20}")
"""A first and a last name and nothing else, as most bylines are."""


@lru_cache(maxsize=2048)  # the same line comes from several fields and elements
def people(text: str, *, is_structured: bool = False) -> tuple[Author, ...]:
    """The people of a byline or an author field, roles and agencies apart from names; () where it names nobody.

    `is_structured`: a machine's field, where a lone word may be a name: `uriebe`. In what readers see it is a label more often.
    """
    if PLAIN.fullmatch(text) and _not_plain().isdisjoint(text.casefold().split()) and agency_of(text) is None:
        return (Author(name=text),)
    text = one_line(text[: MAX_BYLINE * 2])[:MAX_BYLINE]
    text = _ADDRESS.sub(" ", _TAGS.sub(" ", text) if "<" in text else text)
    if (span := dates.date_span(text)) is not None:  # `Ama Mensah May 1, 2024`, `Posted on May 1, 2024 by Ama Mensah`
        behind = text[span[1] :].lstrip(" ,.|@:0123456789UhrampAMP")
        text = behind if may_be_byline(behind) else _without_weekday(text[: span[0]])
    text = _INITIALS.sub(" · ", _READING.sub("", text))
    if " By " in text or " BY " in text:
        text = _INSIDE.sub("", text)
    text = leads().sub("", text.strip(), count=1)
    text = _ends().sub("", text)
    text = text if text.isascii() else _REPORTS.sub("", text)
    found: list[Author] = []
    pieces = _pieces(text)
    if len(pieces) > 1 and gazetteer.country_code(pieces[-1]):
        return ()  # an imprint: a house, its town, its country
    for place, piece in enumerate(pieces):
        if place == 0 and _COMPANY.search(piece):
            break  # an imprint: a firm, its town, its country
        _take(found, piece, is_structured)
        if len(found) >= MAX_PEOPLE:
            break
    return tuple(dict.fromkeys(found))


def _without_weekday(text: str) -> str:
    """What stands before a date, without the day's name and a word for *on*."""
    before, _, last = text.rstrip(" ,.|").rpartition(" ")
    text = before if spelling.key(last.strip(".,")) in weekdays() else text
    return _ON.sub("", text)


def _pieces(text: str) -> list[str]:
    """A list of names parted. `and` parts full names only: `Gitte and Bo` may be one blog."""
    agency = next((mark for match in _BRACKETS.finditer(text) if (mark := match[1] or match[2]) and agency_of(mark)), "")
    text = _BRACKETS.sub("", leads().sub("", text.strip(), count=1)).strip()
    parts = [part.strip() for part in _COMMA.split(text) if part.strip()]
    if len(parts) == 2 and all(" " not in part and part[:1].isupper() and part.isalpha() for part in parts) and "," in text:
        parts = [f"{parts[1]} {parts[0]}"]  # Doe, Jane
    pieces: list[str] = []
    for part in parts:
        part = _LEADING_AND.sub("", part)
        names = _ands().split(part)
        if _HAN_NAMES.fullmatch(part):
            names = part.split()
        is_list = len(parts) > 1 or all(" " in name.strip() or not name.isascii() or agency_of(name) for name in names)
        pieces += names if is_list else [part]
    return [piece for piece in pieces if piece.strip()] + ([agency] if agency else [])


def _take(found: list[Author], piece: str, is_structured: bool) -> None:
    piece = leads().sub("", piece.strip(" \t'\""), count=1)
    agency = agency_of(piece)
    if agency is not None:
        if found and not found[-1].agency:
            found[:] = [one if one.agency else Author(name=one.name, role=one.role, agency=agency.name) for one in found]
        elif not found:
            found.append(Author(name="", agency=agency.name))
        return
    if found and found[-1].name and piece.split()[-1:] and (piece.split()[-1].casefold() in _OUTLETS or piece.startswith("The ")):
        return  # Jane Doe, The Example Times
    name, role = _split_role(_BRACKETS.sub("", _AFFILIATION.sub("", piece)).strip())
    name = _SOCIAL.sub("", name if name.isupper() and " " in name else _CREDENTIALS.sub("", name))  # JANE DOE
    name, of = _without_agency(_once(name))
    if role and found and " " in found[-1].name and agency_of(name.partition(" ")[0]):
        name = ""  # Jane Doe, CNN Senior Supreme Court Analyst
    if role.casefold() == "staff" and name.split()[-1:] and name.split()[-1].casefold() in _OUTLETS:
        return  # Example News Staff
    if not name:
        if role and found and not found[-1].role:
            found[-1] = Author(name=found[-1].name, role=role, agency=found[-1].agency)
        return
    if " " not in name and name.isascii() and any(" " in one.name for one in found):
        return  # beside a full name a lone word is a part of a role: `Data and Graphics Journalist`
    if is_name(name, is_structured=is_structured):
        if found and not found[0].name and len(found) == 1:
            found[0] = Author(name=name, role=role, agency=found[0].agency)
        elif not any(letters(name).endswith(letters(one.name)) for one in found):  # once more, as in `LD Jane Doe`
            found.append(Author(name=name, role=role, agency=of))


def _once(name: str) -> str:
    """`Jane Doe Jane Doe` → `Jane Doe`: a portrait's text, a link and a card."""
    words = name.split()
    part = next((words[:count] for count in range(2, len(words) // 2 + 1) if words[:count] * (len(words) // count) == words), words)
    return " ".join(part)


def _without_agency(name: str) -> tuple[str, str]:
    """`Jane Doe Associated Press` → name and agency: behind a first and a last name."""
    words = name.split()
    if len(words) < 3 or words[-1] not in _last_words():
        return name, ""
    for count in range(min(4, len(words) - 2), 0, -1):
        if (agency := agency_of(" ".join(words[-count:]))) and not agency.is_word:
            return " ".join(words[:-count]), agency.name
    return name, ""


def _split_role(text: str) -> tuple[str, str]:
    """`Jane Doe Staff Writer`, `Staff Writer Jane Doe`, `Senior Editor` → name and role."""
    words = text.split()
    is_role = [word.casefold().strip(".,:").rpartition("-")[2] in _ROLES for word in words]
    if not any(is_role):
        return text, ""
    if all(is_role):
        return "", text
    if _is_caseless(text):
        both = tuple(zip(words, is_role, strict=True))
        return " ".join(word for word, flag in both if not flag), " ".join(word for word, flag in both if flag)
    if is_role[-1] and len(words) - is_role.count(True) < 2:
        return "", text
    if is_role[-1] and (start := next((place for place, flag in enumerate(is_role) if flag and place >= 2), 0)):
        return " ".join(words[:start]), " ".join(words[start:])  # Jane Doe Senior Washington Correspondent
    last = next((place for place in range(len(words), 0, -1) if not is_role[place - 1]), 0)
    first = next((place for place, flag in enumerate(is_role) if not flag), 0)
    if last < len(words):
        return (" ".join(words[:last]), " ".join(words[last:])) if last >= 2 else ("", text)
    if first and len(words) - first >= 2:
        return " ".join(words[first:]), " ".join(words[:first])
    return text, ""


def is_name(text: str, *, is_structured: bool) -> bool:
    """May it be what somebody is called?"""
    words = text.split()
    if not 2 <= len(text) <= 60 or not 1 <= len(words) <= 7 or any(sign.isdigit() for sign in text) or not any(map(str.isalpha, text)):
        return False
    if text.casefold() in _NOBODY or text.startswith(("#", "/", "<", "{")) or any(sign in text for sign in '?!<>{}="“”…©'):
        return False
    if len(text) <= 3 and text.isupper():
        return False
    if text.endswith(".") and len(words) > 4 or ": " in text:
        return False
    first, last = words[0].casefold(), words[-1].casefold()
    if first in _DESKS or last in _DESKS or last in _RULES and len(words) > 1 or first in _LINKS and (len(words) > 1 or not is_structured):
        return False
    if is_structured:
        return len(words) < 3 or not words[0].islower() or words[0] in _PARTICLES or text.islower()  # `wir sind die Zeitung`
    if _is_caseless(text):
        return True
    return len(words) >= 2 and all(
        word[:1].isupper() or word.casefold() in _PARTICLES or not word[:1].isalpha() or word[:2].casefold() in ("d'", "d’", "l'", "al")
        for word in words
    )


def _is_caseless(text: str) -> bool:
    """Is it in a script without capitals?"""
    return not text.isascii() and not any(sign.isupper() or sign.islower() for sign in text)


def may_be_byline(text: str) -> bool:
    """Is it short, and begins with a word for *by*? The word is looked up before the pattern is tried: most lines begin with another."""
    if len(text) > MAX_LINE:
        return False
    text = text.lstrip(BEFORE_BY)
    first = text.partition(" ")[0].casefold().rstrip(":：")
    if first in _FIRST_WORDS or text.startswith(_UNPARTED):
        match = leads().match(text)
        if match is not None and match.end() > 1:
            return True
    if first in _FIRST_STAMPED or text[:1].isdigit():  # Posted on May 1, 2024 by Jane Doe
        span = dates.date_span(text)
        return span is not None and span[0] < 25 and may_be_byline(text[span[1] :].lstrip(" ,.|@–-"))
    if not text.isascii() and bylines.reporters_of(text) is not None:
        return True
    if "| By" not in text:
        return False
    parted = f"{text} ".find("| By ")
    return parted > 0 and may_be_byline(text[parted:])


def alternatives(table: Iterable[str]) -> str:
    """A regular expression for any of these phrases."""
    return "|".join(map(re.escape, table))


@cache
def leads() -> re.Pattern[str]:
    """`By `, `Text: `, `文/`, `記者李明`, and `ByJane`: between the two stood an element's edge."""
    words = alternatives(BY)
    labels = alternatives(LABELS)
    return re.compile(
        rf"^(?i:{labels})\s*[:：]\s*|^(?:(?i:{words})(?:\s*[:：/／・]\s*|\s+(?!of\b)|$|(?=[A-ZÀ-Ý][a-zà-ÿ])))+|^[–—|,;:·•-]+\s*"
        r"|^(?:本[报報])?[记記]者\s?(?=[\u4e00-\u9fff]{2,4}(?:[\s/／、，,|｜]|$))(?![会會])"
    )


@cache
def _last_words() -> frozenset[str]:
    """Of the marks of agencies."""
    return frozenset(mark.split()[-1] for agency in agencies().values() for mark in (agency.name, *agency.marks))


@cache
def _ends() -> re.Pattern[str]:
    return re.compile(rf"(?:^|(?<=[\s|·•–-]))(?:{alternatives((*PUBLISHED, *UPDATED, *OTHERS_WORK))})(?!\w).*$", re.IGNORECASE)


@cache
def _ands() -> re.Pattern[str]:
    return re.compile(rf"\s+(?:{alternatives(AND)})\s+|\s*[;、]\s*", re.IGNORECASE)


@cache
def _not_plain() -> frozenset[str]:
    """Words that mean something in a byline."""
    tables = (BY, AND, OTHERS_WORK, PUBLISHED, UPDATED, ROLES, NOBODY, OUTLETS, _AFFILIATING, _FIRMS, _LINKS, _RULES)
    return frozenset(word for table in tables for phrase in table for word in phrase.casefold().split())


_FIRST_WORDS = frozenset(phrase.casefold().split()[0] for phrase in (*BY, *LABELS))
_FIRST_STAMPED = frozenset(phrase.casefold().split()[0] for phrase in PUBLISHED)
_UNPARTED = tuple(phrase for phrase in BY if ord(phrase[0]) > 0x2E80)
"""Those of scripts that part no words."""
_OUTLETS = frozenset(OUTLETS)
_ROLES = frozenset(ROLES)
_DESKS = frozenset(DESKS)
_NOBODY = frozenset(NOBODY)

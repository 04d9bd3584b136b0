"""News agencies by the marks they print in datelines, credits and bylines: the table is data/agencies.tsv, kept by hand. Pure.

A line of it is: the agency's usual name, its home (ISO 3166-1 alpha-2, where it has one), flags, its other marks joined by "|". Flags: `w`, a word
or a common acronym too, so it names the agency only beside a place or in brackets (`RSS`, `Trend`); `a`, it also stands alone before a
dateline's dash (`CNN —`); `p`, a press wire: what it carries are press releases. Rules elsewhere branch on no agency's name.
"""

from __future__ import annotations

import re
from functools import cache

import msgspec

from pipeline.text.later import later
from pipeline.text.spelling import key
from pipeline.text.tables import rows

_LONGEST_MARK = 80
"""Characters."""
_LONGEST_CREDIT = 2000
"""Characters in which an agency is looked for."""
_DESKS = frozenset(
    "Asia Auto Breakingviews Business Cultura Data Deportes Digital Economy Entertainment Español Factcheck Foundation Government Health International"
    " Law Markets News Newsfeatures Opinion Politics Relaxnews Salute Science Sport Sports Tax Technology Travel Verde Weather Newswire".split()
)
"""Words that a desk or a service of an agency adds to its mark: `Adnkronos Salute`, `CNN Business`."""


class Agency(msgspec.Struct, frozen=True):
    """One agency. `marks` are what stands in its brackets or between its slashes, besides `name`."""

    name: str
    home: str = ""
    """ISO 3166-1 alpha-2: of two cities of one name and like size, it means the one at home."""
    is_word: bool = False
    """Its marks are words too: in running text they name nobody."""
    stands_alone: bool = False
    """Its mark without brackets or place is a dateline."""
    is_press: bool = False
    """It carries press releases."""
    marks: tuple[str, ...] = ()


@cache
def agencies() -> dict[str, Agency]:
    """Each agency by its name."""
    return {
        name: Agency(name, home, "w" in flags, "a" in flags, "p" in flags, tuple(marks.split("|")) if marks else ())
        for name, home, flags, marks in rows("agencies.tsv")
    }


@cache
def _by_mark() -> dict[str, Agency]:
    return {mark: agency for agency in agencies().values() for mark in (agency.name, *agency.marks)}


@cache
def _by_folded_mark() -> dict[str, Agency]:
    """As `_by_mark`, whatever capitals are printed; not for marks of one or two letters, nor for words."""
    return {key(mark): agency for mark, agency in _by_mark().items() if len(mark) > 2 and not agency.is_word}


def _any_of(marks: list[str]) -> str:
    return "|".join(re.escape(mark) for mark in sorted(marks, key=len, reverse=True))


_SITE = later(r"[A-Za-z][\w-]{1,30}\.(?:com|co\.id|co|id|net|news|tv|org)", re.IGNORECASE)


def is_mark(text: str) -> bool:
    """Is it an agency's mark as it may stand without brackets: `AFP`, `Suara.com` (a site is its own mark)?"""
    first, *desk = text[:_LONGEST_MARK].split() or [""]
    is_known = text in _by_mark() or bool(desk) and _DESKS.issuperset(desk) and first in _by_mark()
    return is_known or is_site(text)


def is_site(text: str) -> bool:
    """Is it a site's name: `Suara.com`?"""
    return _SITE.fullmatch(text) is not None


@cache
def _last_words() -> frozenset[str]:
    return _DESKS | {mark.split()[-1] for mark in _by_mark()}


def may_end_in_mark(text: str) -> bool:
    """Is its last word that of a mark, or a site? Most texts need not be asked further."""
    last = text.rsplit(None, 1)[-1:]
    return last != [] and (last[0] in _last_words() or "." in last[0])


@cache
def unbracketed() -> re.Pattern[str]:
    """Marks that may stand without brackets beside a place: `SEOUL, Nov 26 AFP -`."""
    return re.compile(rf"(?:{_any_of(list(_by_mark()))})(?![\w/)])")


@cache
def in_running_text() -> re.Pattern[str]:
    """Marks that name an agency wherever they stand."""
    return re.compile(rf"(?<!\w)(?:{_any_of([mark for mark, agency in _by_mark().items() if not agency.is_word])})(?!\w)")


def agency_of(mark: str) -> Agency | None:
    """Whose mark this is, desks and partners aside: `dpa/lno`, `dpa-AFX`, `AP/NAN`, `AFP via Foo`, `CNN Business`; None where it is nobody's known mark."""
    if len(mark) > _LONGEST_MARK:
        return None
    mark = " ".join(mark.split()).strip("/ ")
    known = _by_mark().get(mark) or _by_mark().get(mark.rstrip("."))
    if known or not mark:
        return known
    first, *desk = mark.split()
    if desk and _DESKS.issuperset(desk) and first in _by_mark():
        return _by_mark()[first]
    first = re.split(r"\s*[/,;–—]\s*|-|\s+(?:via|and|y|et|und|e)\s+|\s+-\s+", mark, maxsplit=1)[0]
    return (_by_mark().get(first) if first != mark else None) or _by_folded_mark().get(key(mark))


def named_in(text: str) -> str | None:
    """The first agency that a credit, a byline or a tail names, by its usual name; None where it names none."""
    found = in_running_text().search(text, 0, _LONGEST_CREDIT)
    return _by_mark()[found.group()].name if found else None

"""Datelines with the agency's mark in brackets or between slashes. Pure. The grammar is drawn in the package's docstring."""

from __future__ import annotations

import re

from pipeline.text.agencies import Agency, agency_of, is_mark
from pipeline.text.datelines.bare import with_separator
from pipeline.text.datelines.found import Found
from pipeline.text.datelines.heads import (
    AFTER_MARK,
    CAPTION_DATE,
    REACH,
    Head,
    after_byline,
    date_behind,
    has_known_place,
    is_prose,
    past_spaces,
    read_before,
)
from pipeline.text.datelines.places import is_place, words
from pipeline.text.dates import Printed, date_at_end, date_at_start
from pipeline.text.later import later
from pipeline.text.spelling import key

_BRACKETED = later(r"(?:\s*(?:--?|–|—))?\s*[(（\[](?P<mark>[^()（）\[\]]{2,45})[)）\]]")
_SLASHED = re.compile(r"\s*/\s*(?P<mark>[^\W\d_][^/\d]{1,40}?)\s*/(?P<more>\s*(?P<date>[^/]{2,22}?)\s*/)?")
_TAGS = re.compile(r"(?:[#$][\w.]+[\s,]*)+--\s*")
"""`DALLAS--(BUSINESS WIRE)--#AI #cloud--`"""
_CORRESPONDENT = re.compile(r"^(?:(?P<before>\S+)\s[Cc]orrespondent\b|(?:Корр|Спец|Cor|Corr)\w*\.\s*(?P<after>\S+))")
_REMARKS = frozenset(
    "Photo Photos Images Image Photograph Pictures File Video Archive Pool Courtesy Handout Screenshot Update Updated Correction Corrected Watch Live"
    " Breaking Exclusive Opinion Audio Sponsored Advertisement Editorial Gallery Spoiler Spoilers Note Warning Foto Fotos Vídeo Actualización".split()
)


def with_mark(text: str) -> Found | None:
    """Forms with the agency in brackets or between slashes."""
    reach = text[:REACH]
    for pattern, is_there in ((_BRACKETED, "(" in reach or "[" in reach or "（" in reach), (_SLASHED, "/" in reach)):
        for match in pattern.finditer(reach) if is_there else ():
            found = _around(text, match)
            if found is not None:
                return found
    return None


def _around(text: str, match: re.Match[str]) -> Found | None:
    mark, printed = date_at_end(match["mark"])  # (Newsfile Corp. - August 15, 2022)
    mark = mark.strip(" -–,").strip()
    agency = _agency(mark)
    if agency is None and (printed is None if not mark else is_place(mark) or key(mark) in words("rivers") or not _may_be_agency(mark)):
        return None  # مراكش (المغرب) (أ ف ب): the next brackets
    end, is_closed = match.end(), match.re is _SLASHED and agency is not None
    if match.re is _SLASHED and match["more"]:
        said, _ = date_at_start(match["date"])
        if said is not None:
            printed, is_closed = said, True
        elif agency_of(match["date"]) is None:  # /ritzau/Reuters/
            end = match.start("more")
    start = past_spaces(text, end + 1) if agency and text[end : end + 1] == "," else end  # (AKP), January 21, 2019 --
    behind, length = date_at_start(text[start:].lstrip()) if not printed else (None, 0)  # Chicago, IL (PRWEB) May 05, 2020 --
    if behind is not None and behind.year and (not text[end + 1 :].startswith("/")):
        printed, end = behind, past_spaces(text, start) + length
    separator = AFTER_MARK.match(text, end)
    byline, head = after_byline(text[: match.start()])
    head = head or read_before(text[: match.start()], agency, has_mark=agency is not None)
    if head is None and agency is None and not text[: match.start()].strip():
        following = with_separator(text[separator.end() :]) if separator and _looks_like_name(mark) else None
        if separator and following and following.printed and following.places:  # (Andes Wire) - LIMA, 5 MAY -
            return following._replace(end=separator.end() + following.end, agency=mark, agency_raw=mark)
        head = Head((), "", None, None, False)  # (WXYZ) —
    if head is None or not mark and not (head.is_sure and head.places):
        return None
    printed = head.printed or printed
    if not _is_credible(text, head, printed, agency, separator, end, is_closed=is_closed, mark=mark):
        return None
    end = separator.end() if separator else past_spaces(text, end)
    end = tags.end() if (tags := _TAGS.match(text, end)) else end
    sep = separator["sep"] if separator else "/" if match.re is _SLASHED and match["more"] else None
    if not head.places and head.printed is None and agency is not None:  # (ANSA) - ROMA, 12 GEN -
        following = with_separator(text[end:], has_mark=separator is not None)
        if following is not None and (separator or following.places and following.printed):
            return following._replace(end=end + following.end, agency=agency.name, agency_raw=mark)
    if printed is None and separator:
        printed, end = date_behind(text, end)
    return Found(end, head.places, head.place_raw, printed, head.day, agency.name if agency else mark or None, mark or None, sep, byline)


def _agency(mark: str) -> Agency | None:
    """Whose a mark in brackets is. `/Корр. ТАСС Иван Петров/` and `/TASS Correspondent Ivan Petrov/` name TASS; a site is its own mark."""
    correspondent = _CORRESPONDENT.match(mark)
    found = agency_of(correspondent["before"] or correspondent["after"]) if correspondent else agency_of(mark)
    return found or (Agency(mark) if is_mark(mark) else None)


def _may_be_agency(mark: str) -> bool:
    """Short, capitalised, no sentence, and no sort of remark that newspapers put in brackets."""
    parts = mark.split()
    has_digits = any(sign.isdigit() for sign in mark)
    return (
        len(parts) <= 5
        and mark[:1].isupper()
        and len(mark) <= 40
        and _REMARKS.isdisjoint(mark.title().split())
        and (len(parts) == 1 or not has_digits)
    )


def _is_credible(
    text: str,
    head: Head,
    printed: Printed | None,
    agency: Agency | None,
    separator: re.Match[str] | None,
    end: int,
    *,
    is_closed: bool,
    mark: str,
) -> bool:
    follows = text[separator.end() :] if separator else text[end:].lstrip()
    if CAPTION_DATE.match(follows):
        return False
    is_dashed = is_closed or separator is not None and separator["sep"] not in (".", ":", "/", "=")
    if agency is None:
        return _is_unknown(mark, head, printed, follows, is_dashed=is_dashed, is_parted=separator is not None)
    if is_dashed or printed is not None:
        return True
    if not head.places:  # "(CNN)" alone, then a sentence
        return bool(separator) or follows[:1].isupper() or not follows or not follows[0].isascii()
    return head.is_sure and (separator is not None or has_known_place(head) and not follows[:1].islower())


def _is_unknown(mark: str, head: Head, printed: Printed | None, follows: str, *, is_dashed: bool, is_parted: bool) -> bool:
    """Is a mark that the table lacks an agency's, because all around it is surely a dateline? The less there is, the more the mark must look like one."""
    is_name = _looks_like_name(mark)
    if head.places and head.is_sure:
        is_in_capitals = mark.isalpha() and mark.isupper() and len(mark) > 2 and head.place_raw.isupper()  # NAIROBI (XNA) The
        is_like = is_dashed or printed is not None and is_parted or not follows[:1].islower() and (printed is not None or is_in_capitals)
        return is_like and (printed is not None or has_known_place(head))
    if head.places:  # Ecunha, 17 January (Angop) -
        return is_dashed and printed is not None and is_name
    return is_dashed and is_name and (printed is not None or mark.isalpha() and is_prose(follows))


def _looks_like_name(mark: str) -> bool:
    return sum(map(str.isupper, mark)) > 1 and _REMARKS.isdisjoint(mark.title().split())

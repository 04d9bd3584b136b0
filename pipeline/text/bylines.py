"""Bylines as they are printed above a story. Pure."""

from __future__ import annotations

import re
from functools import cache

from pipeline.text.agencies import agency_of, in_running_text, named_in
from pipeline.text.dates import DIGIT, date_at_start, weekdays
from pipeline.text.spelling import key

_BY = re.compile(
    r"^(?:(?:Written|Story|Reported|Words|Text)\s{1,3})?(?:By|BY|by|Von|VON|Par|PAR|Por|POR|Di|Door|Av|Af|От|بقلم|מאת|โดย|(?:Textes?|लेखक)(?=\s?:))\s{0,3}:?\s{1,3}(?P<name>\S.*)$"
)
_LONGEST = 200
"""Characters. No byline is longer."""
_PARTICLES = frozenset("and y e et und & of de del della di da van von der den la le bin al el for the in with i og och en a from".split())
_STAFF = re.compile(
    r"^(?:[A-Z][\w.&'-]*\s+){0,4}(?:(?:[Ss]taff|STAFF|Senior|Chief|White House|National|Political|Business|Medical|Science|Sports)\s+)*"
    r"(?:Writers?|WRITERS?|Correspondents?|CORRESPONDENTS?|Reporters?|REPORTERS?|Editor|Columnist|Staff|News Service)$"
)
_BEFORE_STAMP = re.compile(
    r"(?:(?:Published|Updated|Posted|Last updated|Last modified|First published|Created|Date|Veröffentlicht|Aktualisiert|Stand|Publié|Mis à jour"
    r"|Publicado|Actualizado|Atualizado|Pubblicato|Aggiornato|Gepubliceerd|Opublikowano|Опубликовано|Обновлено|Опубліковано|Δημοσίευση|Yayınlanma"
    r"|Güncelleme|发布时间|發布時間|公開日|更新日|掲載日|입력|수정|等録|등록|تاريخ النشر|نشر في|آخر تحديث|פורסם|עודכן|प्रकाशित)\s*[:：]?\s*)?"
    r"(?:(?:on|at|le|el|am|il|em|op|den|בתאריך)\s+)?",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(r"(?P<day>[^\W\d_]{3,14}(?:-feira)?)[.,]*\s+")
_AFTER_STAMP = re.compile(
    r"(?:[\s,/|•·@T–—-]*(?:at|um|à|a las|às|alle|om|kl|в|о|בשעה|الساعة)?\.?\s*\d{1,2}[:.hH時시点]\s?\d\d[分분]?(?::\d\d)?\s*(?:[aApP]\.?[mM]\.?)?"
    r"\s*(?:[A-Z]{2,5}|Uhr|[+-]\d\d:?\d\d)?)?(?:\s*[/|•·–—-]\s*(?:Updated|Modified|Last updated)\b.{0,60})?\.?"
)


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
        return None
    name = _agency_after().sub("", match["name"].strip())
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


def is_staff_line(line: str) -> bool:
    """The line below a byline: `Associated Press`, `UPI Staff Writer`, `Senior Correspondent`."""
    return len(line) < 60 and (bool(_STAFF.match(line)) or (len(line.split()) <= 4 and line == line.strip() and _is_only_agency(line)))


def _is_only_agency(line: str) -> bool:
    return agency_of(line) is not None


def stamp_of(line: str) -> str | None:
    """The date of a line that is only when it was published: `Aug. 15, 2022 / 3:12 AM`; None where the line is something else."""
    if len(line) >= 140 or DIGIT.search(line) is None:
        return None
    start = _BEFORE_STAMP.match(line).end()  # type: ignore[union-attr]  # it matches nothing, too
    weekday = _WEEKDAY.match(line, start)
    if weekday and key(weekday["day"]) in weekdays():
        start = weekday.end()
    printed, length = date_at_start(line[start:])
    if printed is None or printed.year is None or not _AFTER_STAMP.fullmatch(line, start + length):
        return None
    return line[start : start + length].rstrip(" ,")


def agency_in(byline: str | None) -> str | None:
    """The agency that a byline names."""
    return named_in(byline) if byline else None

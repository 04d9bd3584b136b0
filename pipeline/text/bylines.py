"""Bylines as they are printed above a story. Pure."""

from __future__ import annotations

import re

from pipeline.text.agencies import agency_of, in_running_text, named_in

_BY = re.compile(
    r"^(?:(?:Written|Story|Reported|Words|Text)\s+)?(?:By|BY|by|Von|VON|Par|PAR|Por|POR|Di|Door|Av|Af|От|بقلم)\s*:?\s+(?P<name>\S.*)$"
)
_PARTICLES = frozenset("and y e et und & of de del della di da van von der den la le bin al el for the in with i og och en a from".split())
_AGENCY_AFTER = re.compile(rf"(?<=\w)\s+(?:The )?{in_running_text().pattern}(?:\s+(?:[Ss]taff )?[Ww]riters?)?$")
_STAFF = re.compile(
    r"^(?:[A-Z][\w.&'-]*\s+){0,4}(?:(?:[Ss]taff|STAFF|Senior|Chief|White House|National|Political|Business|Medical|Science|Sports)\s+)*"
    r"(?:Writers?|WRITERS?|Correspondents?|CORRESPONDENTS?|Reporters?|REPORTERS?|Editor|Columnist|Staff|News Service)$"
)
_STAMP = re.compile(
    r"^(?:(?:Published|Updated|Posted|Last updated|Last modified|First published|Created|Date|Veröffentlicht"
    r"|Publié|Publicado|Actualizado|Mis à jour|PUBLISHED|UPDATED)\b\s*:?\s*)?"
    r"(?:(?:on|at|le|el|am)\s+)?(?:(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Satur|Sat|Sun)(?:day)?,?\s+)?"
    r"(?P<date>(?:[A-Za-zé]{3,9}\.?\s+\d{1,2},?\s+(?:19|20)\d\d)|(?:\d{1,2}\.?\s+(?:de\s+)?[A-Za-zéû]{3,10}\.?\s+(?:de\s+)?(?:19"
    r"|20)\d\d)|(?:(?:19|20)\d\d-\d\d-\d\d)|(?:\d{1,2}[./]\d{1,2}[./](?:19|20)\d\d))"
    r"(?:[\s,/|•·@T–—-]*(?:at|um|à|a las)?\s*\d{1,2}[:.hH]\d\d(?::\d\d)?\s*(?:[aApP]\.?[mM]\.?)?\s*(?:[A-Z]{2,5}|Uhr|[+-]\d\d:?\d\d)?)?"
    r"(?:\s*[/|•·–—-]\s*(?:Updated|Modified|Last updated)\b.{0,60})?\.?$",
)


def byline_of(line: str) -> str | None:
    """The names of a line that is a byline, `By` taken off, else as printed; None where the line is something else.

    A byline is short, its words are capitalised, and it is no sentence: `By nightfall the town was dry.` is none.
    """
    match = _BY.match(line)
    if match is None:
        return None
    name = _AGENCY_AFTER.sub("", match["name"].strip())
    words = re.split(r"[\s,|/]+", name)
    if len(words) > 16 or len(name) > 120 or name.endswith((".", "?", "!", ":")) and not re.search(r"\b(?:Jr|Sr|[A-Z])\.$", name):
        return None
    fitting = [word for word in words if word]
    if not fitting or not all(
        word[0].isupper() or word.casefold() in _PARTICLES or "@" in word or not word[0].isalpha() or agency_of(word) for word in fitting
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
    match = _STAMP.match(line)
    return match["date"] if match and len(line) < 140 else None


def agency_in(byline: str | None) -> str | None:
    """The agency that a byline names."""
    return named_in(byline) if byline else None

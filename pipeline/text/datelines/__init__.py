"""Split the first paragraph of a wire story into dateline, byline and lead. Pure: no network, no clock.

paragraph ┬ east_asian                        ┬► dateline, byline, lead
          ├ marked: (AGENCY), /AGENCY/ ┬ heads ┘
          └ bare: a separator alone    ┘ └ places ─ gazetteer

What stands in [] may be left out; which agencies there are is in `agencies`, how dates are printed in `dates`, places in `places`.

    [PLACES,] [DATE] (AGENCY) SEP        SEOUL, Aug. 15 (UPI) --    JENIN, West Bank (AP) —    Quito, 2 ene (EFE).-    (CNN)
    PLACES [, DATE] /AGENCY/ SEP         KAZAN, October 3. /TASS/.    LAGOS, NIGERIA / ACCESSWIRE / August 15, 2022 /
    PLACES--(AGENCY [- DATE])-- [DATE--] DALLAS--(BUSINESS WIRE)--
    PLACES, DATE AGENCY SEP              OSAKA, Japan, Dec. 9 Kyodo -
    PLACES SEP AGENCY SEP DATE SEP       SINGAPORE - Media OutReach Newswire - 15 August 2022 -
    (AGENCY) SEP PLACES, DATE SEP        (ANSA) - ROMA, 12 GEN -    TEMPO.CO, Jakarta -
    PLACES, DATE SEP [AGENCY.]           TULSA, Okla., April 2 -    Huambo, 17 January:    МОСКВА, 15 авг - РИА Новости.
    PLACES SEP                           WINNIPEG —    Kabul, Afghanistan –    in small letters only with its country, or a large city before prose
    PLACES                               Paris, France    Beijing/Moscow       alone on the line, or before a word that opens a sentence
    DATE Reporting from PLACES           March 4, 2019 9:20AM Reporting from Lisbon

An agency that the table lacks is taken where all around it is surely a dateline: `LIMA, May 5 (Andes Wire) -`, `SYDNEY, Jul 16 XPA -`.

The less the line itself says (no agency, no date, no separator), the surer the place must be: captions (`SAN FRANCISCO – JUNE 26: A man`),
headline tags (`FILE -`) and sentences with an agency in brackets look much the same.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple

from pipeline.text import dates
from pipeline.text.datelines import bare, east_asian, marked
from pipeline.text.datelines.found import Found
from pipeline.text.datelines.heads import REACH
from pipeline.text.dates import Printed
from schemas.article import Dateline

_LEADING = re.compile(r"[\s\x00-\x1f,*^•–—\u200b\ufeff-]{0,20}")


class Lead(NamedTuple):
    """A first paragraph, taken apart."""

    dateline: Dateline | None
    byline: str | None
    """`By Name` where it stood before the city in the same paragraph (PTI, IANS); `By` taken off."""
    text: str
    """What the story says, from its first word."""


def split_lead(paragraph: str, *, published: datetime | None = None) -> Lead:
    """Take the dateline off a paragraph. `published` (aware) is only used to find the year that the line leaves out."""
    found = east_asian.find(paragraph) or _find(paragraph)
    if found is None:
        return Lead(None, None, paragraph)
    first = found.places[0] if found.places else None
    month, day, year = (found.printed.month, found.printed.day, found.printed.year) if found.printed else (None, found.day, None)
    resolved = dates.resolve(Printed(month, day, year), published.date() if published else None) if month and day else None
    dateline = Dateline(
        raw=paragraph[: found.end],
        place_raw=found.place_raw or None,
        city=first.city if first else None,
        country_code=first.country_code if first else None,
        country_given=first.country_given if first else False,
        places=found.places,
        month=month,
        day=day,
        year=year,
        resolved_date=resolved.isoformat() if resolved else None,
        agency=found.agency,
        agency_raw=found.agency_raw,
        separator=found.separator,
    )
    return Lead(dateline, found.byline, paragraph[found.end :])


def _find(paragraph: str) -> Found | None:
    start = _LEADING.match(paragraph).end()  # type: ignore[union-attr]  # it matches nothing, too
    text = paragraph[start : start + 2 * REACH]
    found = marked.with_mark(text) or bare.with_separator(text) or bare.with_nothing(text) or bare.reporting(text)
    return found._replace(end=start + found.end) if found else None

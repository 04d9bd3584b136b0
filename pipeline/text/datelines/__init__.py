"""Split the first paragraph of a wire story into dateline, byline and lead. Pure: no network, no clock.

paragraph ─ forms (agencies, dates, places, gazetteer) ┬► dateline, byline, lead
          └ east_asian                                 ┘
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from pipeline.text import dates
from pipeline.text.datelines import east_asian, forms
from pipeline.text.dates import Printed
from schemas.article import Dateline


class Lead(NamedTuple):
    """A first paragraph, taken apart."""

    dateline: Dateline | None
    byline: str | None
    """`By Name` where it stood before the city in the same paragraph (PTI, IANS); `By` taken off."""
    text: str
    """What the story says, from its first word."""


def split_lead(paragraph: str, *, published: datetime | None = None) -> Lead:
    """Take the dateline off a paragraph. `published` (aware) is only used to find the year that the line leaves out."""
    found = east_asian.find(paragraph) or forms.find(paragraph)
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

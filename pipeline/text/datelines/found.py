"""What the forms of datelines give: the parts of one, still in the paragraph that it was found in."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.text.dates import Printed
from schemas.article import Place


class Found(NamedTuple):
    """A dateline at the start of a paragraph."""

    end: int
    """Where in the paragraph the story begins."""
    places: tuple[Place, ...] = ()
    place_raw: str = ""
    printed: Printed | None = None
    day: int | None = None
    """Of a date that is only a day: `MADRID, 15 (EUROPA PRESS)`."""
    agency: str | None = None
    """By its usual name."""
    agency_raw: str | None = None
    separator: str | None = None
    byline: str | None = None
    """Where it stands before the city."""

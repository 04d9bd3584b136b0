"""The invented agencies and outlets, as a table. What differs between them is data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

_MONTHS = ("Jan.", "Feb.", "March", "April", "May", "June", "July", "Aug.", "Sept.", "Oct.", "Nov.", "Dec.")
"""As English-language wires print them."""


@dataclass(frozen=True, kw_only=True)
class House:
    """One publisher."""

    key: str
    name: str
    mark: str
    """What stands in the brackets of its datelines and in its credits."""
    feed: str = ""
    """rss, atom, or empty: it has no web site, it drops files."""
    dateline: str = ""
    """With {place}, {month}, {day} and {mark}. Empty: an outlet, which keeps the agency's."""
    sections: tuple[str, ...] = ("World", "Business", "Science", "Sport")
    tail: tuple[str, ...] = ()
    """Headings under which its pages list what is not the story."""

    @property
    def feed_path(self) -> str:
        return f"/{self.feed}.xml"

    def line(self, place: str, at: datetime) -> str:
        """The dateline of a story from that place."""
        return self.dateline.format(place=place, month=_MONTHS[at.month - 1], day=at.day, mark=self.mark)


HOUSES: dict[str, House] = {
    house.key: house
    for house in (
        House(
            key="calder",
            name="Calder Wire",
            mark="Calder",
            feed="rss",
            dateline="{place}, {month} {day} ({mark}) -- ",
            tail=("Latest Headlines", "Follow Us"),
        ),
        House(
            key="vantry",
            name="Vantry News Service",
            mark="Vantry",
            feed="atom",
            dateline="{place} ({mark}) — ",
            tail=("Most Read", "Related Stories"),
        ),
        House(key="meridia", name="Meridia Press Bureau", mark="Meridia", dateline="{place}, {month} {day} ({mark}) - "),
        House(
            key="harbour-post", name="The Harbour Post", mark="Harbour Post", feed="rss", tail=("More from The Harbour Post", "Newsletters")
        ),
        House(key="inland-courier", name="Inland Courier", mark="Inland Courier", feed="atom", tail=("You may also like",)),
        House(key="daily-lantern", name="The Daily Lantern", mark="Daily Lantern", feed="rss", tail=("Most Read", "Comments")),
    )
}

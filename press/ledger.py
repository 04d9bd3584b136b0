"""What the press published, and what went over the wire: tests compare it with what newswire stored and what its consumers hold."""

from __future__ import annotations

import json
import threading
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Published:
    """One version of one item, as its house put it out."""

    at: datetime
    house: str
    item: str
    """The house's own name for the item, the same for all its versions; unique within the house."""
    guid: str
    """The publisher's id in feeds and files: the same for all versions."""
    url: str
    """Its page; empty for what only comes as files."""
    version: int
    """1, 2, … by house and item."""
    kind: str
    """alert, story, writethru, correction, pickup, kill …"""
    headline: str
    paragraphs: tuple[str, ...]
    """The story's own words, nothing around them: what a perfect cleaner finds. Empty for a kill."""
    embargo_until: datetime | None = None
    carries: str = ""
    """For a pickup: `house/item` of the original."""

    @property
    def text(self) -> str:
        return "\n\n".join(self.paragraphs)


@dataclass(frozen=True, kw_only=True)
class Served:
    """One answer over HTTP, or one file put into the drop folder."""

    at: datetime
    house: str
    path: str
    status: int
    """The answer's status; 0 for a file, -1 for a hostile answer."""
    size_bytes: int
    item: str = ""
    """Of a page or a file."""
    version: int = 0


class Ledger:
    """Append-only; may be read while the press runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._published: list[Published] = []
        self._current: dict[tuple[str, str], Published] = {}
        self._served: list[Served] = []

    def publish(self, entry: Published) -> None:
        with self._lock:
            self._published.append(entry)
            self._current[entry.house, entry.item] = entry

    def serve(self, entry: Served) -> None:
        with self._lock:
            self._served.append(entry)

    @property
    def published(self) -> tuple[Published, ...]:
        with self._lock:
            return tuple(self._published)

    @property
    def served(self) -> tuple[Served, ...]:
        with self._lock:
            return tuple(self._served)

    def current(self) -> dict[tuple[str, str], Published]:
        """By house and item: what is true now. A killed item's entry is its kill."""
        with self._lock:
            return dict(self._current)

    def whole_answers(self) -> Counter[tuple[str, str, int]]:
        """How often each version of each item was handed out whole: (house, item, version)."""
        return Counter((one.house, one.item, one.version) for one in self.served if one.item and one.status in (0, 200))

    def as_json_lines(self) -> str:
        """Both lists, a line an entry, in the order of time."""
        entries = [("published", entry.at, asdict(entry)) for entry in self.published]
        entries += [("served", entry.at, asdict(entry)) for entry in self.served]
        entries.sort(key=lambda entry: entry[1])
        return "".join(
            json.dumps({"what": what, **values}, default=datetime.isoformat, ensure_ascii=False) + "\n" for what, _, values in entries
        )

"""What the database says of the story, for the demo's assertions, and waiting until it says what is expected."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy import func, select

from pipeline.errors import NewswireError
from pipeline.storage import items
from pipeline.storage.db import Database
from schemas.article import Article
from schemas.tables import capture, delivery, event, fact, history, identity, item, relation, verdict, version, work

T = TypeVar("T")
_LOOK_EVERY_S = 0.04


class Unexpected(NewswireError):
    """The rows do not say what the step promises."""

    def __init__(self, expected: str, seen: object) -> None:
        super().__init__(f"Expected: {expected}. The rows say: {seen!r}"[:2000])
        self.expected = expected
        self.seen = repr(seen)[:1500]


def check(holds: bool, expected: str, seen: object) -> None:
    """Raises Unexpected unless it holds."""
    if not holds:
        raise Unexpected(expected, seen)


def until(look: Callable[[], T], fits: Callable[[T], bool], expected: str, *, within_s: float = 45.0) -> T:
    """Look again and again until what is seen fits. Raises Unexpected with what was seen last."""
    deadline = time.monotonic() + within_s
    while True:
        seen = look()
        if fits(seen):
            return seen
        if time.monotonic() > deadline:
            raise Unexpected(f"{expected}, within {within_s:g} s", seen)
        time.sleep(_LOOK_EVERY_S)


class VersionRow(msgspec.Struct, frozen=True):
    id: int
    number: int
    kind: str
    article: Article


class ItemRow(msgspec.Struct, frozen=True):
    id: int
    provider: str
    status: str
    story: int
    shown: int | None
    current: int | None


class Rows:
    """Reads; never writes."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self, statement: Any) -> list[Any]:
        with self._db.read() as conn:
            return list(conn.execute(statement).all())

    def count(self, table: Any, *where: Any) -> int:
        return int(self.all(select(func.count()).select_from(table).where(*where))[0][0])

    def item(self, guid: str) -> ItemRow | None:
        """The item that bears a publisher's id."""
        columns = (item.c.id, item.c.provider, item.c.status, item.c.story, item.c.shown, item.c.current)
        rows = self.all(
            select(*columns).join(identity, identity.c.item == item.c.id).where(identity.c.kind == "guid", identity.c.key == guid)
        )
        return ItemRow(*rows[0]) if rows else None

    def versions(self, guid: str) -> list[VersionRow]:
        """With their articles, in their order."""
        columns = (version.c.id, version.c.number, version.c.kind)
        statement = select(*columns).join(identity, identity.c.item == version.c.item).order_by(version.c.number)
        with self._db.read() as conn:
            rows = conn.execute(statement.where(identity.c.kind == "guid", identity.c.key == guid)).all()
            articles = items.load_articles(conn, [row.id for row in rows])
        return [VersionRow(*row, articles[row.id]) for row in rows]

    def verdicts(self, item_id: int) -> list[Any]:
        """(kind, evidence), in the order in which they were given."""
        return self.all(select(verdict.c.kind, verdict.c.evidence).where(verdict.c.item == item_id).order_by(verdict.c.id))

    def pickup(self, item_id: int) -> Any | None:
        """(other, share_of_item, share_of_other)"""
        columns = (relation.c.other, relation.c.share_of_item, relation.c.share_of_other)
        rows = self.all(select(*columns).where(relation.c.kind == "pickup_of", relation.c.item == item_id))
        return rows[0] if rows else None

    def events(self, item_id: int) -> list[str]:
        return [row.kind for row in self.all(select(event.c.kind).where(event.c.item == item_id).order_by(event.c.seq))]

    def event_at(self, item_id: int, kind: str) -> datetime | None:
        rows = self.all(select(event.c.at).where(event.c.item == item_id, event.c.kind == kind).order_by(event.c.seq))
        return rows[0].at if rows else None

    def facts(self, version_id: int) -> dict[str, Any]:
        return {row.enricher: row.value for row in self.all(select(fact.c.enricher, fact.c.value).where(fact.c.version == version_id))}

    def under_work(self) -> list[Any]:
        """(id, stage, lane, claimed_by) of rows that a worker holds now."""
        columns = (work.c.id, work.c.stage, work.c.lane, work.c.claimed_by)
        return self.all(select(*columns).where(work.c.claimed_by != "", work.c.token != "", work.c.leased_until.is_not(None)))

    def has_work(self, id: int) -> bool:
        """Whether a row of work is still there: not done."""
        return self.count(work, work.c.id == id) > 0

    def of_documents(self, guids: set[str]) -> dict[str, list[tuple[int, int]]]:
        """By publisher's id: (item, number of versions) of each item that bears it: one, if it was stored once."""
        rows = self.all(
            select(identity.c.key, item.c.id, func.count(version.c.id).label("versions"))
            .join(item, item.c.id == identity.c.item)
            .outerjoin(version, version.c.item == item.c.id)
            .where(identity.c.kind == "guid", identity.c.key.in_(sorted(guids)))
            .group_by(identity.c.key, item.c.id)
        )
        found: dict[str, list[tuple[int, int]]] = {}
        for row in rows:
            found.setdefault(row.key, []).append((row.id, row.versions))
        return found

    def captured_twice(self) -> int:
        """Captures with more than one verdict on the same place: none, ever."""
        return len(self.all(select(verdict.c.capture).group_by(verdict.c.capture, verdict.c.path).having(func.count() > 1)))

    def undecided(self) -> int:
        """Captures without a verdict."""
        return self.count(capture, ~capture.c.id.in_(select(verdict.c.capture)))

    def owed(self) -> int:
        """Items that a consumer has still to acknowledge."""
        return self.count(delivery)

    def waiting(self) -> int:
        """Rows of work, whatever their stage."""
        return self.count(work)

    def delivered(self) -> int:
        """Acknowledgements that were taken."""
        return self.count(history, history.c.what == "delivered")

    def usable(self) -> int:
        """Items that may be shown."""
        return self.count(item, item.c.status == "usable")

    def lacking_facts(self, enricher_names: Collection[str]) -> list[int]:
        """Items that may be shown, and of whose version an enricher has said nothing."""
        said = select(func.count(fact.c.enricher.distinct())).where(fact.c.version == item.c.shown, fact.c.enricher.in_(enricher_names))
        rows = self.all(select(item.c.id).where(item.c.status == "usable", said.scalar_subquery() < len(enricher_names)))
        return [row.id for row in rows]

    def truth(self) -> dict[int, tuple[str, str | None]]:
        """By item: status and text that consumers should hold; nothing of what is held."""
        with self._db.read() as conn:
            rows = conn.execute(select(item.c.id, item.c.status, item.c.shown).where(item.c.status != "held")).all()
            articles = items.load_articles(conn, [row.shown for row in rows if row.shown])
        return {row.id: (row.status, articles[row.shown].text if row.status == "usable" else None) for row in rows}

"""One run: the press publishes, newswire runs, consumers write their ledgers, and faults come as a seed says."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import func, select

from pipeline.config import Settings
from pipeline.delivery import targets
from pipeline.errors import Infrastructure
from pipeline.storage import deliveries, quarantine, sources, subscriptions
from pipeline.storage.db import Database
from press.generate import documents
from press.ledger import Published
from press.newsroom import Press
from schemas import tables
from schemas.source import Declared
from tests.chaos.place import Place
from tests.chaos.system import PARTS, Running, Team, entry_points
from workers.embedded import free_port

ROOT = Path(__file__).parents[2]
FAILPOINTS = tuple(sorted({
    name for folder in ("pipeline", "workers") for path in (ROOT / folder).rglob("*.py")
    for name in re.findall(r'\bhit\("([a-z_.]+)"\)', path.read_text(encoding="utf-8"))
}))  # fmt: skip
"""All that are named in the code."""
FEED, FILES = "calder", "meridia"
SHARE_OF_PAGES = 0.2
EMBARGOED, REVISED, KILLED = 0.02, 0.05, 0.03
"""Shares of the documents."""
EMBARGO_S = 15
MOST_WAITING = 400
"""Documents that are not stored yet: then the press waits, so that what a fault hits is at work, not in a queue."""
POISON = b"!poison: whoever reads this dies\n"
QUIET_DEADLINE_S = 600.0
SECRET = "whsec_Y2hhb3MtY2hhb3MtY2hhb3MtY2hhb3MtY2hhb3M="


def plain(text: str | None) -> str:
    return re.sub(r"\W+", " ", text or "").strip()


class Run:
    """One run over one database."""

    def __init__(
        self, place: Place, press: Press, seed: int, *, without: str = "", consumers: int = 2, kinds: tuple[str, ...] = ()
    ) -> None:
        self.place, self.press, self.random = place, press, Random(seed)
        self.seed = seed
        self.published = 0
        self.poisons: list[str] = []
        self.undropped: set[str] = set()
        self._settled: dict[str, int] = {}
        self.marks = place.folder / "hit"
        self.marks.mkdir()
        for name in FAILPOINTS:
            self.disarm(name)
        self.hits: dict[str, int] = dict.fromkeys(FAILPOINTS, 0)
        entry_points(place.folder / "parts")
        ports = sorted(int(site.url.rpartition(":")[2]) for site in press.sites.values())
        self.settings = Settings(
            home=str(place.folder / "home"),
            database_url=place.url,
            redis_url=place.redis_url,
            allow_networks=(f"127.0.0.1/32:{ports[0]}-{ports[-1]}",),
            host_pace_s=0.001,
            fetch_deadline_s=3,
            chunk_documents=20,
            lease_s=14,
            time_limit_s=13,
            soft_time_limit_s=12,
            log_format="json",
            failpoints=",".join(f"{name}=kill@{self.marks}" for name in FAILPOINTS),
        )
        self.without = without
        self.system = Running(self.settings, f"{place.folder / 'parts'}:{PARTS}", without)
        self.db = Database.open(place.direct_url, pool_size=4)
        self.teams = self._teams(consumers, kinds or tuple(sorted(targets())))

    # --- what is there --------------------------------------------------------------------------------------------------------

    def _teams(self, count: int, kinds: tuple[str, ...]) -> list[Team]:
        made: list[Team] = []
        for kind in kinds:
            for number in range(1, count + 1):
                made.append(self._team(kind, number, len(made) + 1))
        return made

    def _team(self, kind: str, number: int, database: int) -> Team:
        """Of each kind the first is told of what is stored, the second of what is enriched."""
        name, after = f"{kind}-{number}", "enriched" if number == 2 and kind in ("celery", "webhook") else "stored"
        broker, theirs = self.place.theirs_url(database), self.place.theirs_url(database, direct=True)
        environment: dict[str, str] = {"TEAM_BROKER": theirs, "TEAM_QUEUE": "stories"}
        target: dict[str, Any]
        if kind == "celery":
            target = {"broker": broker, "task": "stories.receive", "queue": "stories", "window": 60}
            environment["TEAM_POOL"] = "prefork" if number == 2 else "solo"
        elif kind == "stream":
            target = {"url": broker, "stream": "stories", "groups": "desk", "window": 200}
            environment["TEAM_GROUP"] = "desk"
        elif kind == "webhook":
            port = free_port()
            target = {"url": f"http://127.0.0.1:{port}/news", "secret": SECRET, "allow_networks": f"127.0.0.1/32:{port}", "deadline_s": 3}
            environment |= {"TEAM_PORT": str(port), "TEAM_SECRET": SECRET}
        elif kind == "files":
            folder = self.place.folder / "files" / name
            folder.mkdir(parents=True)
            target = {"folder": str(folder), "every_s": 2}
            environment["TEAM_FOLDER"] = str(folder)
        else:
            raise ValueError(f"no consumer of a run is of kind {kind}")
        with self.db.write() as conn:
            subscriptions.add(conn, self.db.now(conn), name=name, kind=kind, target=target, after=after)
        if self.without.startswith("a consumer applies only"):
            environment["TEAM_GUARD"] = "no"
        return Team(name, kind, self.place.folder, environment, after)

    def start(self) -> None:
        declared = [
            Declared(
                name="pages", kind="feed", location=self.press.feed_url(FEED), provider=FEED, rhythm_s=1, settings={"content": "page"}
            ),
            Declared(name="files", kind="folder", location=str(self.press.drop), provider=FILES, rhythm_s=2, settings={}),
        ]
        with self.db.write() as conn:
            for one in declared:
                sources.add(conn, one, self.db.now(conn))
        for team in self.teams:
            team.start()
        self.system.start()

    def close(self) -> None:
        for team in self.teams:
            team.kill()
        self.system.stop()
        self.db.close()

    # --- the press ------------------------------------------------------------------------------------------------------------

    def publish(self, count: int, *, embargoed: float = EMBARGOED, embargo_s: float = EMBARGO_S) -> None:
        """So many more documents, and what happens to some of the older ones."""
        chance = self.random
        for _ in range(count):
            self.published += 1
            house = FEED if chance.random() < SHARE_OF_PAGES else FILES
            until = self.press.now() + timedelta(seconds=embargo_s) if house == FILES and chance.random() < embargoed else None
            made = documents(1, first=self.published)
            self._put_out(f"item-{self.published:05}", partial(self.press.flood, house, made, embargo_until=until))
            if chance.random() < REVISED:
                self._change(revise=True)
            if chance.random() < KILLED:
                self._change(revise=False)

    def _put_out(self, item: str, act: Callable[[], object]) -> None:
        try:
            act()
        except OSError:  # its disk is full: the publisher tries again later
            self.undropped.add(item)

    def _change(self, *, revise: bool) -> None:
        """Revise one of the last items, of either house, or kill one that comes as a file."""
        number = self.random.randint(max(1, self.published - 300), self.published)
        item = f"item-{number:05}"
        current = self.press.ledger.current()
        published = next((one for house in (FILES, FEED) if (one := current.get((house, item))) is not None), None)
        if published is None or published.kind == "kill" or item in self.undropped or published.embargo_until is not None:
            return
        if revise:
            [other] = documents(1, seed=2, first=number * 100 + published.version)
            self._put_out(item, lambda: self.press.revise(published.house, item, (*other.paragraphs, f"Version {published.version + 1}.")))
        elif published.house == FILES:
            self._put_out(item, lambda: self.press.kill(item))

    def revise_last(self, count: int) -> None:
        """Another version of each of the last documents that came as files."""
        for number in range(max(1, self.published - count), self.published + 1):
            item = f"item-{number:05}"
            held = self.press.ledger.current().get((FILES, item))
            if held is not None and held.kind != "kill" and held.embargo_until is None:
                [other] = documents(1, seed=3, first=number * 100 + held.version)
                self._put_out(item, partial(self.press.revise, FILES, item, (*other.paragraphs, f"Version {held.version + 1}.")))

    def drop_again(self) -> None:
        for item in sorted(self.undropped):
            with suppress(OSError):
                self.press.put_out_again(FILES, item)
                self.undropped.discard(item)

    def drop_poison(self) -> None:
        assert self.press.drop is not None
        name = f"poison-{len(self.poisons) + 1}.txt"
        unfinished = self.press.drop / f".{name}.part"
        unfinished.write_bytes(POISON + name.encode())
        unfinished.rename(self.press.drop / name)
        self.poisons.append(name)

    # --- failpoints -----------------------------------------------------------------------------------------------------------

    def arm(self, name: str) -> None:
        """Whoever comes by next dies there."""
        (self.marks / name).unlink(missing_ok=True)

    def disarm(self, name: str) -> None:
        (self.marks / name).touch()

    def was_hit(self, name: str) -> bool:
        return (self.marks / name).exists()

    # --- looking --------------------------------------------------------------------------------------------------------------

    def ask(self, statement: Any, *, patience_s: float = 90) -> list[Any]:
        """Rows, as soon as the database is there. Raises Infrastructure where it is not within that time."""
        until = time.monotonic() + patience_s
        while True:
            try:
                with self.db.read() as conn:
                    return list(conn.execute(statement).all())
            except Infrastructure:
                if time.monotonic() > until:
                    raise
                time.sleep(0.3)

    def items(self) -> int:
        return int(self.ask(select(func.count()).select_from(tables.item))[0][0])

    def waits_for(self) -> dict[str, int]:
        """What is still to be done, by what it is; empty: all is quiet."""
        counts = {
            "documents not stored": len(self.missing()),
            "rows of work": self._count(tables.work),
            "fetches": self._count(tables.fetch_job),
            "deliveries": self._count(tables.delivery, tables.delivery.c.parked_at.is_(None)),
            "files not dropped": len(self.undropped),
        }
        with suppress(Infrastructure), self.db.read() as conn:
            lag = deliveries.lag(conn, self.db.now(conn))
            counts["events not read"] = sum(int(one["behind"]) for one in lag.values())
        counts |= {f"{team.name} is behind": 1 for team in self.teams if not self.has_all(team)} if not any(counts.values()) else {}
        return {name: count for name, count in counts.items() if count}

    def _count(self, table: Any, *where: Any) -> int:
        return int(self.ask(select(func.count()).select_from(table).where(*where))[0][0])

    def has_all(self, team: Team) -> bool:
        """Whether it holds each item of which there is something to tell."""
        return team.count() >= self.items()

    def revive(self) -> None:
        """Consumers that ended by themselves."""
        for team in self.teams:
            team.revive()

    def missing(self, *, patience_s: float = 90) -> list[str]:
        """Ids of what the press has out and the tables do not hold so: documents that are not stored yet. What was seen once is not looked at again."""
        open_ones = {
            out.guid: out
            for (_, item), out in self.press.ledger.current().items()
            if item not in self.undropped and self._settled.get(out.guid) != out.version
        }
        rows: dict[str, Any] = {}
        for start in range(0, len(open_ones), 500):
            some = list(open_ones)[start : start + 500]
            rows |= {row.key: row for row in self.ask(HELD.where(tables.identity.c.key.in_(some)), patience_s=patience_s)}
        for guid, out in open_ones.items():
            if guid in rows and is_held(out, rows[guid]):
                self._settled[guid] = out.version
        return [guid for guid, out in open_ones.items() if self._settled.get(guid) != out.version]

    def forget_what_was_seen(self) -> None:
        """After a restore nothing is settled."""
        self._settled.clear()

    def replay(self) -> int:
        """As an operator does after a mend: what an enricher failed with, and what the network did, goes back to work. How many."""
        open_ones = self.ask(select(tables.quarantine).where(tables.quarantine.c.released_at.is_(None)))
        ids = [row.id for row in open_ones if not self.is_poison(row)]
        with suppress(Infrastructure), self.db.write() as conn:
            return quarantine.replay(conn, ids, self.db.now(conn))
        return 0

    def is_poison(self, row: Any) -> bool:
        """Whether a row of quarantine is of a document that kills its worker."""
        if row.error != "WorkerLost" or row.stage != "ingest":
            return False
        urls = self.ask(select(tables.capture.c.url).where(tables.capture.c.id.in_(row.refs)))
        return all(url.rpartition("/")[2] in self.poisons for (url,) in urls)

    def until_quiet(self, deadline_s: float = QUIET_DEADLINE_S, tell: Callable[[str], None] = lambda _: None) -> float | None:
        """Seconds until nothing waits any more; None: not within the deadline."""
        began, told = time.monotonic(), 0.0
        while True:
            self.drop_again()
            self.revive()
            waiting = self.waits_for()
            if not waiting:
                if not self.replay():
                    return time.monotonic() - began
            elif set(waiting) <= {f"{team.name} is behind" for team in self.teams}:
                self.replay()  # they wait for facts that an enricher failed to give
            if time.monotonic() - began > deadline_s:
                return None
            if time.monotonic() - told > 15:
                told = time.monotonic()
                tell(", ".join(f"{count} {name}" for name, count in waiting.items()))
            time.sleep(1)


HELD = (
    select(
        tables.identity.c.key, tables.item.c.id, tables.item.c.status, tables.item.c.current, tables.item.c.shown, tables.rendition.c.text
    )
    .join(tables.item, tables.item.c.id == tables.identity.c.item)
    .outerjoin(tables.rendition, tables.rendition.c.version == tables.item.c.current)
    .where(tables.identity.c.kind == "guid")
)
"""By publisher's id: what is stored."""


def is_held(out: Published, row: Any) -> bool:
    """Whether a stored item says what its house has out."""
    return row.status == "killed" if out.kind == "kill" else plain(row.text) == plain(out.text)

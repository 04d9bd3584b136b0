"""The press as a whole: its houses publish, carry, correct, kill and embargo, step by step as a test or the demo says."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from press import hostile, pages
from press.clock import Clock, wall_clock
from press.generate import Document
from press.houses import HOUSES
from press.ledger import Ledger, Published, Served
from press.pages import Copy
from press.server import Answer, Site
from press.stories import Story, stories


class Press:
    """All houses, each with a site of its own on a port of loopback (or another host), and a drop folder.

    with Press(drop=folder) as press:
        press.publish("ferry", "alert")
        press.url("calder")                 http://127.0.0.1:…
        press.ledger.published
    """

    def __init__(
        self, *, drop: Path | None = None, host: str = "127.0.0.1", port: int = 0, clock: Clock = wall_clock, feed_window: int = 200
    ) -> None:
        """`host`: where all listen, and what URLs bear. `port`: of the first house; the others follow. 0: any that are free.

        `feed_window`: entries that a feed lists at most.
        """
        self.ledger = Ledger()
        self.drop = drop
        self._clock = clock
        self._opened_at = clock()
        self._window = feed_window
        self._lock = threading.RLock()
        self._copies: dict[tuple[str, str], Copy] = {}
        self._misbehaviour: dict[tuple[str, str], tuple[hostile.Answers, int | None]] = {}
        with_sites = [house for house in HOUSES.values() if house.feed]
        self.sites = {
            house.key: Site(house.key, self._answer, self._served, host=host, port=port + place if port else 0)
            for place, house in enumerate(with_sites)
        }

    def __enter__(self) -> Self:
        if self.drop is not None:
            self.drop.mkdir(parents=True, exist_ok=True)
        for site in self.sites.values():
            site.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for site in self.sites.values():
            site.stop()

    def now(self) -> datetime:
        """By the press's clock."""
        return self._clock()

    def url(self, house: str, path: str = "") -> str:
        return f"{self.sites[house].url}{path}"

    def feed_url(self, house: str) -> str:
        return self.url(house, HOUSES[house].feed_path)

    # --- what the houses do ---------------------------------------------------------------------------------------------------

    def publish(self, slug: str, version: str = "story", *, embargo_until: datetime | None = None) -> Published:
        """Put out a version of a story (press/stories). Raises KeyError for one that there is not."""
        story = stories()[slug]
        return self._put_out(self._copy(story, version, embargo_until))

    def correct(self, slug: str) -> Published:
        return self.publish(slug, "correction")

    def embargo(self, slug: str, until: datetime, version: str = "story") -> Published:
        """Put a version out that may not be shown before `until`: a file, since feeds have no word for it."""
        if HOUSES[stories()[slug].house].feed:
            raise ValueError(f"{slug} is a story of a house with feeds, which can't carry an embargo")
        return self.publish(slug, version, embargo_until=until)

    def kill(self, slug: str) -> Published:
        """Call an item off. A house with a feed takes it from its feed, and its page is gone; another drops a notice."""
        with self._lock:
            story = stories().get(slug)
            house = story.house if story else self._house_of(slug)
            held = self._copies[house, slug]
            notice = next((version for version in story.versions if version.name == "kill"), None) if story else None
            return self._put_out(
                replace(
                    held,
                    kind="kill",
                    version=held.version + 1,
                    headline=notice.headline if notice else f"KILL: {held.headline}",
                    note=notice.note if notice else "EDITORS: A kill is mandatory.",
                    urgency=1,
                    paragraphs=(),
                    updated_at=self._clock(),
                )
            )

    def carry(
        self,
        outlet: str,
        item: str,
        share: float = 1.0,
        *,
        additions: Sequence[str] = (),
        before: Sequence[str] = (),
        headline: str = "",
        house: str = "",
    ) -> Published:
        """An outlet carries what an agency has out now: its first paragraphs, with paragraphs of its own before and after.

        `share`: of the paragraphs, at least one. `house`: whose it is; else it is looked up.
        """
        with self._lock:
            theirs = self._copies[house or self._house_of(item), item]
            kept = theirs.paragraphs[: max(1, math.ceil(share * len(theirs.paragraphs)))]
            ours = HOUSES[outlet]
            held = self._copies.get((outlet, item))
            now = self._clock()
            copy = replace(
                theirs,
                house=ours,
                guid=_guid(outlet, item),
                path=f"/news/{item}",
                version=held.version + 1 if held else 1,
                kind="pickup",
                headline=headline or theirs.headline,
                paragraphs=(*before, *kept, *additions),
                dateline="" if before else theirs.dateline,
                mark="",
                note="",
                byline=theirs.house.name,
                related=(),
                published_at=held.published_at if held else now,
                updated_at=now,
                embargo_until=None,
            )
            return self._put_out(copy, carries=f"{theirs.house.key}/{item}")

    def flood(self, house: str, documents: Iterable[Document], *, embargo_until: datetime | None = None) -> list[Published]:
        """Put out generated documents (press.generate), each an item of its own."""
        return [self._put_out(replace(self._generated(house, document), embargo_until=embargo_until)) for document in documents]

    def revise(self, house: str, item: str, paragraphs: Sequence[str]) -> Published:
        """Put out another version of what is out: new paragraphs under the same id."""
        with self._lock:
            held = self._copies[house, item]
            return self._put_out(
                replace(
                    held,
                    version=held.version + 1,
                    kind="writethru",
                    paragraphs=tuple(paragraphs),
                    updated_at=self._clock(),
                    embargo_until=None,
                )
            )

    def put_out_again(self, house: str, item: str) -> None:
        """Drop the file of what is out once more: after its disk was full. Raises OSError where it still is."""
        with self._lock:
            self._drop_file(self._copies[house, item])

    def misbehave(self, house: str, path: str, how: str, *, times: int | None = None) -> None:
        """Answer this path as press.hostile names it, so many times; None: until `behave`."""
        with self._lock:
            self._misbehaviour[house, path] = (hostile.ANSWERS[how], times)

    def behave(self, house: str, path: str) -> None:
        with self._lock:
            self._misbehaviour.pop((house, path), None)

    def page_path(self, house: str, item: str) -> str:
        """Of the item's page; '' for what only comes as files."""
        with self._lock:
            return self._copies[house, item].path if HOUSES[house].feed else ""

    # --- how -------------------------------------------------------------------------------------------------------------------

    def _copy(self, story: Story, name: str, embargo_until: datetime | None) -> Copy:
        version, house, now = story.version(name), HOUSES[story.house], self._clock()
        with self._lock:
            held = self._copies.get((story.house, story.slug))
        return Copy(
            house=house,
            item=story.slug,
            guid=_guid(story.house, story.slug),
            path=f"/news/{story.slug}",
            version=held.version + 1 if held else 1,
            kind=name,
            headline=version.headline,
            paragraphs=version.paragraphs,
            dateline=house.line(story.place, now),
            located=story.located,
            language=story.language,
            published_at=held.published_at if held else now,
            updated_at=now,
            mark=version.mark,
            note=version.note,
            byline=story.byline,
            keywords=story.keywords,
            related=story.related,
            caption=story.caption,
            credit=story.credit,
            urgency=version.urgency,
            embargo_until=embargo_until,
        )

    def _generated(self, house: str, document: Document) -> Copy:
        now = self._clock()
        return Copy(
            house=HOUSES[house],
            item=document.slug,
            guid=_guid(house, document.slug),
            path=f"/news/{document.slug}",
            version=1,
            kind="story",
            headline=document.headline,
            paragraphs=document.paragraphs,
            dateline=HOUSES[house].line(document.place, now),
            located=document.located,
            language="en",
            published_at=now,
            updated_at=now,
            byline=document.byline,
        )

    def _house_of(self, item: str) -> str:
        for (house, name), copy in self._copies.items():
            if name == item and copy.kind != "pickup":
                return house
        raise KeyError(f"no house has put out {item!r}")

    def _put_out(self, copy: Copy, *, carries: str = "") -> Published:
        house = copy.house
        entry = Published(
            at=copy.updated_at,
            house=house.key,
            item=copy.item,
            guid=copy.guid,
            url=self.url(house.key, copy.path) if house.feed else "",
            version=copy.version,
            kind=copy.kind,
            headline=copy.headline,
            paragraphs=copy.paragraphs,
            embargo_until=copy.embargo_until,
            carries=carries,
        )
        with self._lock:
            self._copies.pop((house.key, copy.item), None)  # to the end: feeds list by the last change
            self._copies[house.key, copy.item] = copy
            self.ledger.publish(entry)
        if not house.feed:
            self._drop_file(copy)
        return entry

    def _drop_file(self, copy: Copy) -> None:
        """Complete files only: written under another name, then renamed."""
        if self.drop is None:
            raise ValueError(f"{copy.house.name} drops files, and the press was given no folder")
        body = pages.ninjs(copy).encode()
        path = self.drop / f"{copy.house.key}-{copy.item}-{copy.version}.json"
        unfinished = path.with_name(f".{path.name}.part")
        try:
            unfinished.write_bytes(body)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise
        self._served(copy.house.key, path.name, 0, len(body), copy.item, copy.version)
        unfinished.rename(path)

    def _answer(self, house: str, path: str) -> Answer | hostile.Answers:
        """What a site answers to a path now. Called by its threads."""
        with self._lock:
            wrong = self._wrong(house, path)
            listed = [copy for (key, _), copy in reversed(self._copies.items()) if key == house and copy.kind != "kill"][: self._window]
            copy = self._copies.get((house, path.removeprefix("/news/"))) if path.startswith("/news/") else None
        if wrong is not None:
            return wrong
        if copy is not None:
            return self._page(copy, listed)
        newest = max((one.updated_at for one in listed), default=None)
        name, base = HOUSES[house], self.url(house)
        if path == "/":
            return Answer(body=pages.index(name, listed), content_type="text/html; charset=utf-8", modified=newest)
        if path == name.feed_path == "/rss.xml":
            return Answer(body=pages.rss(name, listed, base), content_type="application/rss+xml; charset=utf-8", modified=newest)
        if path == name.feed_path:
            body = pages.atom(name, listed, base, newest or self._opened_at)
            return Answer(body=body, content_type="application/atom+xml; charset=utf-8", modified=newest)
        if path == "/robots.txt":
            return Answer(body="User-agent: *\nAllow: /\n", content_type="text/plain", modified=None)
        return Answer(body="not here\n", content_type="text/plain", modified=None, status=404)

    def _page(self, copy: Copy, listed: Sequence[Copy]) -> Answer:
        if copy.kind == "kill":
            return Answer(body="gone\n", content_type="text/plain", modified=None, status=410, item=copy.item, version=copy.version)
        others = [other for other in listed if other.item != copy.item][:5]
        body = pages.page(copy, self.url(copy.house.key), others)
        return Answer(body=body, content_type="text/html; charset=utf-8", modified=copy.updated_at, item=copy.item, version=copy.version)

    def _wrong(self, house: str, path: str) -> hostile.Answers | None:
        if path.startswith("/hostile/"):
            return hostile.ANSWERS.get(path.removeprefix("/hostile/"))
        how, left = self._misbehaviour.get((house, path), (None, None))
        if how is None:
            return None
        if left is not None:
            if left <= 1:
                del self._misbehaviour[house, path]
            else:
                self._misbehaviour[house, path] = (how, left - 1)
        return how

    def _served(self, house: str, path: str, status: int, size_bytes: int, item: str, version: int) -> None:
        now = self._clock()
        self.ledger.serve(Served(at=now, house=house, path=path, status=status, size_bytes=size_bytes, item=item, version=version))


def _guid(house: str, item: str) -> str:
    return f"tag:{house}.invalid,2026:{item}"

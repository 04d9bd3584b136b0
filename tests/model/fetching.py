"""A host's pumps, its jobs, a listing's validators and the pages that it owes. What `pipeline/collect/hosts.py` and `storage/frontier.py` do.

Job 0 is a listing, which changes some times and names one page more each time. A pump leases the host; the lease may end while it runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from tests.model.checker import put


class Pump(NamedTuple):
    """What it holds: (job, answer); an answer is how many pages the listing named, None for a 304."""

    got: tuple[tuple[int, int | None], ...] = ()
    owed: int | None = None
    """The second half of a commit that was split in two."""


class State(NamedTuple):
    stored: tuple[int, ...]
    pumps: tuple[Pump | None, ...]
    faults: int
    broken: bool
    listed: int = 0
    validator: int = 0
    sightings: frozenset[int] = frozenset()
    jobs: tuple[tuple[int, int], ...] = ()
    """(job, attempts)"""
    owner: int | None = None
    aside: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Fetching:
    """`deadly`: a page that kills its pump. `parser_fails`: for a while listings can't be read."""

    changes: int = 2
    pumps: int = 2
    faults: int = 1
    deadly: int | None = None
    parser_fails: bool = False
    without: str = ""

    def first(self) -> State:
        return State((0,) * (self.changes + 1), (None,) * self.pumps, self.faults, self.parser_fails)

    def steps(self, s: State) -> Iterator[tuple[str, State]]:
        names = {job for job, _ in s.jobs}
        if s.listed < self.changes:
            yield f"the feed lists page {s.listed + 1}", s._replace(listed=s.listed + 1)
        if 0 not in names:
            yield "the listing is due", s._replace(jobs=tuple(sorted((*s.jobs, (0, 0)))))
        if s.broken:
            yield "the parser is mended", s._replace(broken=False)
        if s.owner is not None and s.pumps[s.owner] is None:
            yield "the host's lease ends", s._replace(owner=None)
        elif s.owner is not None and s.faults:
            yield "!the host's lease ends while its pump runs", s._replace(owner=None, faults=s.faults - 1)
        for place, pump in enumerate(s.pumps):
            if pump is None:
                if s.owner is None and s.jobs:
                    yield f"{place} leases the host", s._replace(owner=place, pumps=put(s.pumps, place, Pump()))
            else:
                if s.faults:
                    yield f"!{place} dies", s._replace(pumps=put(s.pumps, place, None), faults=s.faults - 1)
                yield from self._pump(s, place, pump)

    def _pump(self, s: State, place: int, pump: Pump) -> Iterator[tuple[str, State]]:
        if pump.owed is not None:
            new = {page for page in range(1, pump.owed + 1) if page not in s.sightings}
            jobs = tuple(sorted((*s.jobs, *((page, 0) for page in new))))
            yield (
                f"{place} commits the owed pages {sorted(new)}",
                s._replace(jobs=jobs, sightings=s.sightings | new, pumps=put(s.pumps, place, Pump(pump.got))),
            )
            return
        yield from self._take(s, place, pump)
        mine = {job for job, _ in pump.got}
        if self.deadly in mine:
            yield f"{place} dies of {self.deadly}", s._replace(pumps=put(s.pumps, place, None))
        elif pump.got:
            yield f"{place} commits {sorted(mine)}", self._commit(s, place, pump)
        elif all(job in mine for job, _ in s.jobs):
            owner = None if s.owner == place else s.owner
            yield f"{place} leaves", s._replace(owner=owner, pumps=put(s.pumps, place, None))

    def _take(self, s: State, place: int, pump: Pump) -> Iterator[tuple[str, State]]:
        """Attempts are marked as a job is taken; one that was lost before is fetched alone."""
        attempts = dict(s.jobs)
        mine = {job for job, _ in pump.got}
        alone = self.without != "a job that was lost is fetched alone"
        marks = self.without != "attempts are marked when jobs are taken"
        room = 1 if alone and any(attempts.get(job, 0) > 1 for job in mine) else 2
        for at, (job, lost) in enumerate(s.jobs):
            if job in mine or len(pump.got) >= room or (alone and lost and pump.got):
                continue
            if self.deadly is not None and lost >= 2:
                yield f"{place} sets {job} aside", s._replace(jobs=s.jobs[:at] + s.jobs[at + 1 :], aside=s.aside | {job})
                continue
            jobs = put(s.jobs, at, (job, lost + marks)) if self.deadly is not None else s.jobs
            answer = None if job == 0 and s.listed and s.validator == s.listed else s.listed
            got = (*pump.got, (job, answer))
            yield (
                f"{place} fetches {job}: {'304' if answer is None else answer}",
                s._replace(jobs=jobs, pumps=put(s.pumps, place, Pump(got))),
            )

    def _commit(self, s: State, place: int, pump: Pump) -> State:
        jobs, stored, sightings, validator = dict(s.jobs), list(s.stored), set(s.sightings), s.validator
        owed: int | None = None
        for job, answer in pump.got:
            if job not in jobs and self.without != "a batch writes only what its DELETE gave back":
                continue
            jobs.pop(job, None)
            if job:
                stored[job] = min(2, stored[job] + 1)
            elif answer is not None and s.broken:
                validator = answer if self.without == "validators are kept only when the listing parsed" else validator
            elif answer is not None:
                validator = answer
                if self.without == "validators and owed pages commit together":
                    owed = answer
                    continue
                all_pages = self.without == "only a new sighting owes its page"
                new = [page for page in range(1, answer + 1) if all_pages or page not in sightings]
                sightings.update(new)
                jobs.update({page: jobs.get(page, 0) for page in new})
        return s._replace(
            jobs=tuple(sorted(jobs.items())),
            stored=tuple(stored),
            sightings=frozenset(sightings),
            validator=validator,
            pumps=put(s.pumps, place, Pump(owed=owed)),
        )

    def wrong(self, s: State) -> str:
        twice = [page for page, count in enumerate(s.stored) if count > 1]
        if twice:
            return f"page {twice[0]} is captured twice for one sighting"
        innocent = s.aside - {self.deadly}
        return f"{sorted(innocent)} is innocent, and set aside" if innocent else ""

    def is_done(self, s: State) -> bool:
        ended = (bool(s.stored[page]) or page in s.aside for page in range(1, self.changes + 1))
        return s.listed == self.changes and all(ended)


SCENARIOS = {
    "two pumps": Fetching(),
    "one pump that may die": Fetching(pumps=1),
    "the parser fails for a while": Fetching(pumps=1, faults=0, parser_fails=True),
    "a page that kills its pump": Fetching(deadly=2, faults=0),
    "a page that kills its pump, the first": Fetching(deadly=1, faults=0),
}
TAKEN_OUT = {
    "validators and owed pages commit together": "one pump that may die",
    "a batch writes only what its DELETE gave back": "two pumps",
    "validators are kept only when the listing parsed": "the parser fails for a while",
    "only a new sighting owes its page": "one pump that may die",
    "attempts are marked when jobs are taken": "a page that kills its pump, the first",
    "a job that was lost is fetched alone": "a page that kills its pump",
}
"""Rule → the scenario that shows what it is for."""

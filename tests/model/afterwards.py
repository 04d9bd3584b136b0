"""What comes after an item is stored: facts, and the end of an embargo. What `pipeline/enriching.py` and `pipeline/releasing.py` do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from tests.model.checker import Model, put


class FactsState(NamedTuple):
    at: tuple[str, ...]
    saw_all: tuple[bool, ...]
    facts: frozenset[int] = frozenset()
    lock: int | None = None
    log: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Two enrichers' rows of one version end at once; the one that completes them appends `enriched`. Meanwhile it may be killed."""

    killed: bool = False
    without: str = ""

    def first(self) -> FactsState:
        return FactsState(("run", "run"), (False, False))

    def steps(self, s: FactsState) -> Iterator[tuple[str, FactsState]]:
        if self.killed and "killed" not in s.log and s.lock is None:
            yield "it is killed", s._replace(log=(*s.log, "killed"))
        early = self.without == "whether all facts are there is looked up under the lock"
        for place, at in enumerate(s.at):

            def goes(to: str, place: int = place, **more: Any) -> FactsState:
                return s._replace(at=put(s.at, place, to), **more)

            is_all = len(s.facts | {place}) == 2
            if at == "run":
                yield f"{place} counts early: {is_all}", goes("waits", saw_all=put(s.saw_all, place, is_all))
            elif at == "waits" and early and not s.saw_all[place]:
                yield f"{place} commits without the lock", goes("done", facts=s.facts | {place})
            elif at == "waits" and s.lock is None:
                yield f"{place} has the lock", goes("locked", lock=place)
            elif at == "locked":
                looks = self.without != "a killed item gets no event"
                tells = (s.saw_all[place] if early else is_all) and "enriched" not in s.log and not (looks and "killed" in s.log)
                log = (*s.log, "enriched") if tells else s.log
                yield f"{place} commits", goes("done", facts=s.facts | {place}, lock=None, log=log)

    def wrong(self, s: FactsState) -> str:
        return "an event after the kill: who goes by numbers shows it again" if s.log == ("killed", "enriched") else ""

    def is_done(self, s: FactsState) -> bool:
        return ("enriched" in s.log or "killed" in s.log) and (not self.killed or "killed" in s.log)


class EmbargoState(NamedTuple):
    clock: int = 0
    stored: int = 0
    held: frozenset[int] = frozenset()
    due: frozenset[tuple[int, int]] = frozenset()
    """(version, hour) of releases."""
    log: tuple[tuple[int, bool], ...] = ()
    """(version, whether it was held); (0, False): the kill."""


@dataclass(frozen=True, kw_only=True)
class Embargo:
    """Version 1 is embargoed until 1 o'clock. Then an update comes whose embargo ends at 2, or which has none."""

    update: Literal["extended", "lifted"] = "extended"
    killed: bool = False
    without: str = ""

    def first(self) -> EmbargoState:
        return EmbargoState()

    def _until(self, version: int) -> int:
        return 1 if version == 1 else 2 if self.update == "extended" else 0

    def steps(self, s: EmbargoState) -> Iterator[tuple[str, EmbargoState]]:
        killed = (0, False) in s.log
        if s.clock < 2:
            yield f"it is {s.clock + 1} o'clock", s._replace(clock=s.clock + 1)
        version = s.stored + 1
        if version < 3:
            is_held = self._until(version) > s.clock
            owes = is_held and self.without != "whoever stores an embargoed version inserts its release"
            yield (
                f"version {version} is stored{', held' if is_held else ''}",
                s._replace(
                    stored=version,
                    held=s.held | {version} if is_held else s.held,
                    due=s.due | {(version, self._until(version))} if owes else s.due,
                    log=s.log if killed else (*s.log, (version, is_held)),
                ),
            )
        if self.killed and not killed and s.stored:
            yield "it is killed", s._replace(log=(*s.log, (0, False)))
        for one, hour in s.due:
            if hour <= s.clock:
                clears = frozenset({one}) if self.without != "a release clears its version only" else s.held
                newest = one if self.without != "a release clears its version only" else s.stored
                tells = newest == s.stored and (not killed or self.without == "a release looks for a kill")
                log = (*s.log, (newest, False)) if tells else s.log
                yield f"version {one} is released", s._replace(due=s.due - {(one, hour)}, held=s.held - clears, log=log)

    def wrong(self, s: EmbargoState) -> str:
        killed = False
        for version, is_held in s.log:
            if version and killed:
                return "an event after the kill: who goes by numbers shows it again"
            if version and not is_held and self._until(version) > s.clock:
                return f"version {version} leaves before its embargo ends"
            killed = killed or not version
        return ""

    def is_done(self, s: EmbargoState) -> bool:
        shown = (2, False) in s.log or (0, False) in s.log
        return s.clock == 2 and s.stored == 2 and not s.due and shown


SCENARIOS: dict[str, Model[Any]] = {
    "two enrichers": Facts(),
    "two enrichers and a kill": Facts(killed=True),
    "an embargo is extended": Embargo(),
    "an embargo is lifted, and a kill": Embargo(update="lifted", killed=True),
    "an embargo and a kill": Embargo(killed=True),
}
TAKEN_OUT = {
    "whether all facts are there is looked up under the lock": "two enrichers",
    "a killed item gets no event": "two enrichers and a kill",
    "whoever stores an embargoed version inserts its release": "an embargo is extended",
    "a release clears its version only": "an embargo is extended",
    "a release looks for a kill": "an embargo and a kill",
}
"""Rule → the scenario that shows what it is for."""

"""The course of one run: faults in an order that a seed gives, spread over the documents; then quiet, and the verdict."""

from __future__ import annotations

import heapq
import itertools
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from pipeline.errors import Infrastructure
from press.generate import documents
from press.newsroom import Press
from tests.chaos import faults
from tests.chaos.code import sources
from tests.chaos.driver import FAILPOINTS, FILES, MOST_WAITING, Run
from tests.chaos.faults import Fault
from tests.chaos.leaks import Held, grown, measure
from tests.chaos.place import Place
from tests.chaos.system import Team
from tests.chaos.verdict import Finding, judge

FEED_WINDOW = 3000
RECOVER_S = 60.0
"""From the end of the last fault until what arrives then has reached every consumer."""
FIRST_DOCUMENTS = 200
"""Then all is quiet once, and what it holds is measured."""
PATIENCE_S = 90.0
"""The press waits for a backlog so long, then it goes on."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a seed and a few numbers say."""

    database: str
    documents: int = 20_000
    faults: int = 300
    seed: int = 1
    kinds: tuple[str, ...] = ()
    consumers: int = 2
    only: tuple[str, ...] = ()
    """Names of faults; empty: all."""
    without: str = ""
    quiet_deadline_s: float = 600.0
    probes: bool = True
    """Whether a story after the last fault tells how soon all of it has recovered."""


@dataclass(kw_only=True)
class Result:
    """What came out."""

    plan: Plan
    code: str = field(default_factory=sources)
    """Of which sources the run was."""
    findings: list[Finding] = field(default_factory=list)
    lives: list[str] = field(default_factory=list)
    """What `newswire why` says of the first wrongs."""
    counts: Counter[str] = field(default_factory=Counter)
    """Faults by name."""
    skipped: dict[str, str] = field(default_factory=dict)
    hits: dict[str, int] = field(default_factory=dict)
    stored: int = 0
    published: int = 0
    messages: dict[str, int] = field(default_factory=dict)
    held: dict[str, Held] = field(default_factory=dict)
    """By moment: what processes and servers held when all was quiet."""
    took_s: float = 0.0
    recovered_s: float | None = None
    quiet_s: float | None = None


def run(plan: Plan, *, tell: Callable[[str], None] = lambda _: None) -> Result:
    """Start all of it, break it as planned, wait until it is quiet, judge. Whatever happens, nothing is left running."""
    result = Result(plan=plan)
    began = time.monotonic()
    with Place(plan.database, plan.documents) as place, Press(drop=place.drop.path / "in", feed_window=FEED_WINDOW) as press:
        one = Run(place, press, plan.seed, without=plan.without, consumers=plan.consumers, kinds=plan.kinds)
        try:
            one.start()
            at_the_start = _quiet_at_the_start(one, plan) if plan.probes else None
            _break(one, plan, result, tell)
            if plan.probes:
                _probe(one, result, tell)
            result.quiet_s = one.until_quiet(plan.quiet_deadline_s, tell)
            if result.quiet_s is None:
                waiting = ", ".join(f"{count} {name}" for name, count in one.waits_for().items())
                result.findings.append(
                    Finding("lost", f"not quiet within {plan.quiet_deadline_s:.0f} s: {waiting}", (one.missing() or [""])[0])
                )
            result.findings += judge(one)
            if at_the_start is not None:
                result.held = {"at the start": at_the_start, "at the end": measure(one)}
                result.findings += [Finding(*found) for found in grown(*result.held.values())]
            if plan.probes:
                result.lives = [_why(one, of) for of in list(dict.fromkeys(found.of for found in result.findings if found.of))[:3]]
            result.hits, result.stored, result.published = one.hits, one.items(), one.published
            result.messages = {team.name: sum(1 for _ in team.received()) for team in one.teams}
        finally:
            one.close()
    result.took_s = time.monotonic() - began
    return result


def _quiet_at_the_start(run: Run, plan: Plan) -> Held:
    """What all of it holds after its first documents. Raises RuntimeError where it does not become quiet before anything is broken."""
    run.publish(min(FIRST_DOCUMENTS, plan.documents // 2))
    if run.until_quiet(plan.quiet_deadline_s) is None:
        raise RuntimeError(f"Not quiet before the first fault: {run.waits_for()} still to do.")
    return measure(run)


def draw(plan: Plan, run: Run, result: Result) -> list[Fault]:
    """The faults of a run; why some can't be is noted."""
    there = []
    for fault in faults.table():
        why = fault.why_not(run)
        if plan.only and fault.name not in plan.only:
            continue
        if why:
            result.skipped[fault.name] = why
        else:
            there.append(fault)
    return chosen_of(there, plan.faults, Random(plan.seed)) if there else []


def chosen_of(there: Sequence[Fault], count: int, chance: Random) -> list[Fault]:
    """So many in a random order: each line of the table at least once where there are enough, the rest by weight."""
    chosen = chance.sample(there, k=min(len(there), count))
    chosen += chance.choices(there, weights=[fault.weight for fault in there], k=count - len(chosen))
    chance.shuffle(chosen)
    return chosen


def _break(run: Run, plan: Plan, result: Result, tell: Callable[[str], None]) -> None:
    """A fault, some documents, a fault …; a fault that needs what another one has taken waits for its end."""
    chance, order = Random(plan.seed + 1), itertools.count()
    under_way: list[tuple[float, int, str, Callable[[], None]]] = []
    drawn = draw(plan, run, result)
    backup_at, restore_at = (len(drawn) // 3, len(drawn) // 2) if len(drawn) >= 30 else (-1, -1)
    if backup_at < 0 and not plan.only:
        result.skipped["restore of a backup"] = "fewer than 30 faults"
    if plan.only == ("restore of a backup",):
        _only_a_restore(run, plan, result, tell)
        return
    if not drawn:
        run.publish(plan.documents)
    for number, fault in enumerate(drawn):
        _end(under_way, until=time.monotonic())
        while fault.touches and any(taken == fault.touches for _, _, taken, _ in under_way):
            _end(under_way, until=time.monotonic())
            time.sleep(0.1)
        if number in (backup_at, restore_at):
            _end(under_way, until=float("inf"))
            _back_up_or_restore(run, number == backup_at, result, tell)
        duration, end = fault.begin(run, chance)
        result.counts[fault.name] += 1
        heapq.heappush(under_way, (time.monotonic() + duration, next(order), fault.touches, end))
        run.publish(plan.documents * (number + 1) // len(drawn) - run.published)
        run.drop_again()
        run.revive()
        if number % 10 == 0:
            tell(f"{number + 1} of {len(drawn)} faults ({fault.name}), {run.published} documents")
        until = time.monotonic() + PATIENCE_S
        pause = time.monotonic() + chance.uniform(0.3, 2.0)
        while time.monotonic() < pause or (_backlog(run) > MOST_WAITING and time.monotonic() < until):
            _end(under_way, until=time.monotonic())
            time.sleep(0.3)
    _end(under_way, until=float("inf"))
    _hit_the_others(run, result, tell)


def _backlog(run: Run) -> int:
    """Documents that are not stored; 0 while the database is away: whoever asks is the one to bring it back."""
    with suppress(Infrastructure):
        return len(run.missing(patience_s=0))
    return 0


def _end(under_way: list[tuple[float, int, str, Callable[[], None]]], *, until: float) -> None:
    while under_way and under_way[0][0] <= until:
        at, _, _, end = heapq.heappop(under_way)
        time.sleep(max(0.0, at - time.monotonic()) if until == float("inf") else 0.0)
        end()


def _hit_the_others(run: Run, result: Result, tell: Callable[[str], None]) -> None:
    """Failpoints that were armed and that nobody came by: once more, with a few documents that lead there."""
    for _ in range(6):
        missed = [name for name in FAILPOINTS if not run.hits[name] and result.counts[f"kill -9 at {name}"]]
        if not missed:
            return
        tell(f"failpoints that nobody came by yet: {', '.join(missed)}")
        for name in missed:
            run.arm(name)
        run.publish(20, embargoed=0.3, embargo_s=45)
        until = time.monotonic() + 90
        while time.monotonic() < until and not all(run.was_hit(name) for name in missed):
            time.sleep(0.3)
        for name in missed:
            run.hits[name] += run.was_hit(name)
            run.disarm(name)


def _probe(run: Run, result: Result, tell: Callable[[str], None]) -> None:
    result.recovered_s = _recover(run, tell)
    if result.recovered_s is None or result.recovered_s > RECOVER_S:
        took = "not" if result.recovered_s is None else f"after {result.recovered_s:.0f} s"
        result.findings.append(Finding("recovered late", f"a story that came after the last fault reached every consumer {took}"))


def _recover(run: Run, tell: Callable[[str], None]) -> float | None:
    """Seconds from the end of the last fault until a story that arrives then has reached every consumer of what is stored."""
    began = time.monotonic()
    number = 900_000 + run.seed % 1000
    [probe] = run.press.flood(FILES, documents(1, first=number))
    waiting = list(run.teams)
    while waiting and time.monotonic() - began < run_deadline():
        run.revive()
        waiting = [team for team in waiting if team.applied_at(probe.headline) is None]
        if wait_for_facts(waiting):
            run.replay()
        time.sleep(0.3)
    tell(f"a story that arrives now {'reached every consumer' if not waiting else 'did not reach ' + ', '.join(t.name for t in waiting)}")
    return None if waiting else time.monotonic() - began


def wait_for_facts(teams: Sequence[Team]) -> bool:
    """Whether all of them are told of what is enriched: an enricher may have failed with it, and an operator has to say again."""
    return bool(teams) and all(team.after == "enriched" for team in teams)


def run_deadline() -> float:
    return RECOVER_S * 3


def _only_a_restore(run: Run, plan: Plan, result: Result, tell: Callable[[str], None]) -> None:
    """A third, a backup, a third, all told; the restore; a third."""
    for step in range(3):
        run.publish(plan.documents // 3)
        run.until_quiet(60)
        if step < 2:
            _back_up_or_restore(run, step == 0, result, tell)


def _back_up_or_restore(run: Run, is_backup: bool, result: Result, tell: Callable[[str], None]) -> None:
    if is_backup:
        run.place.back_up()
        tell("a backup was taken")
        return
    faults.restore(run, Random(0))
    result.counts["restore of a backup"] += 1
    tell("the backup was restored")


def _why(run: Run, of: str) -> str:
    """`newswire why`, as an operator would ask."""
    environment = {"DATABASE_URL": run.place.direct_url, "NEWSWIRE_HOME": run.settings.home, "REDIS_URL": run.place.redis.url()}
    said = subprocess.run(
        [*faults.newswire(), "why", of], env=faults.environment_with(environment), capture_output=True, text=True, check=False, timeout=60
    )
    return f"newswire why {of}\n{said.stdout}{said.stderr}".strip()

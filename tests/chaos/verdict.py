"""The verdict of a run, by ledgers that know nothing of one another: what the press served, what the tables hold, what each consumer wrote."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, select, true

from schemas import tables
from tests.chaos.driver import HELD, Run, is_held, plain
from tests.chaos.system import Team


class Finding(NamedTuple):
    """One wrong: of which kind, in words, and the publisher's id or the item to ask `newswire why` about."""

    kind: str
    words: str
    of: str = ""


KINDS = (
    "lost",
    "stored twice",
    "effects twice",
    "fell back",
    "shown after its kill",
    "innocents in quarantine",
    "consumers differ",
    "rows that nobody will claim",
    "connections grown",
    "files grown",
    "memory grown",
    "Redis grown",
    "recovered late",
)


def judge(run: Run) -> list[Finding]:
    """All that is wrong. Asked when all is quiet."""
    return [*stored(run), *(found for team in run.teams for found in told(run, team)), *aside(run), *left(run)]


def stored(run: Run) -> list[Finding]:
    """The press's ledger against the tables."""
    found: list[Finding] = []
    rows: dict[str, list[Any]] = defaultdict(list)
    for row in run.ask(HELD):
        rows[row.key].append(row)
    for out in run.press.ledger.current().values():
        held = rows.get(out.guid, [])
        if not any(is_held(out, row) for row in held):
            what = "killed" if out.kind == "kill" else f"version {out.version}"
            found.append(Finding("lost", f"{out.guid}, {what}: {'stored otherwise' if held else 'not stored'}", out.guid))
    now = run.press.now()
    ended = [out.guid for out in run.press.ledger.current().values() if out.embargo_until is not None and out.embargo_until < now]
    still = [guid for guid in ended if any(row.status == "held" for row in rows.get(guid, []))]
    found += [Finding("lost", f"{guid} is held though its embargo has ended", guid) for guid in still]
    twice = [guid for guid, held in rows.items() if len({row.id for row in held}) > 1]
    found += [Finding("stored twice", f"{guid} names several items", guid) for guid in twice]
    texts = Counter({row.id: plain(row.text) for held in rows.values() for row in held if row.text}.values())
    found += [Finding("stored twice", f"{count} items of one text: {text[:60]}") for text, count in texts.items() if count > 1]
    verdicts = run.ask(
        select(tables.verdict.c.capture, tables.verdict.c.path)
        .group_by(tables.verdict.c.capture, tables.verdict.c.path)
        .having(func.count() > 1)
    )
    found += [Finding("stored twice", f"capture {row.capture} was judged twice") for row in verdicts]
    seqs = run.ask(select(func.count(), func.min(tables.event.c.seq), func.max(tables.event.c.seq)).select_from(tables.event))[0]
    if seqs[0] and seqs[2] - seqs[1] + 1 != seqs[0]:
        found.append(Finding("lost", f"the log has a gap: {seqs[0]} events from {seqs[1]} to {seqs[2]}"))
    return found


def told(run: Run, team: Team) -> list[Finding]:
    """A consumer's own ledger: in itself, and against what is true."""
    found: list[Finding] = []
    applied: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for line in team.received():
        if line.applied:
            applied[line.item, line.epoch].append(line)
    for (item, _), lines in applied.items():
        seqs = [line.seq for line in lines]
        if len(set(seqs)) < len(seqs):
            found.append(Finding("effects twice", f"{team.name} applied item {item} twice at one number", str(item)))
        numbers = [line.version for line in lines if line.version is not None]
        if numbers != sorted(numbers) or seqs != sorted(seqs):
            found.append(Finding("fell back", f"{team.name} showed an older version of item {item} after a newer one", str(item)))
        killed = False
        for line in lines:
            if killed and line.status == "usable":
                found.append(Finding("shown after its kill", f"{team.name} showed item {item} after its kill", str(item)))
                break
            killed = killed or line.status == "killed"
    held = team.held()
    for row in run.ask(HELD):
        status, _, text = held.get(row.id, ("nothing", None, None))
        if row.status == "killed":
            if text is not None:
                found.append(Finding("shown after its kill", f"{team.name} shows item {row.id}, which is killed", str(row.id)))
            elif status == "nothing":
                found.append(Finding("lost", f"{team.name} was never told of the kill of item {row.id}", str(row.id)))
        elif row.status == "usable" and plain(text) != plain(row.text):
            kind = "lost" if status == "nothing" else "consumers differ"
            found.append(Finding(kind, f"{team.name} holds {status} of item {row.id} ({row.key}) and not its current text", str(row.id)))
    return found


def aside(run: Run) -> list[Finding]:
    """Quarantine: the poison, and nobody else."""
    rows = run.ask(select(tables.quarantine))
    found = [
        Finding("innocents in quarantine", f"quarantine {row.id}, {row.stage} {row.refs}: {row.message}")
        for row in rows
        if (row.released_at is None or row.error in ("WorkerLost", "Revoked")) and not run.is_poison(row)
    ]
    aside = [ref for row in rows if run.is_poison(row) for ref in row.refs]
    urls = run.ask(select(tables.capture.c.url).where(tables.capture.c.id.in_(aside)))
    assert run.press.drop is not None
    missing = set(run.poisons) - {url.rpartition("/")[2] for (url,) in urls}
    found += [
        Finding("lost", f"{name}, a poison document, is not in quarantine", (run.press.drop / name).as_uri()) for name in sorted(missing)
    ]
    return found


def left(run: Run) -> list[Finding]:
    """Rows that a leak leaves."""
    found: list[Finding] = []
    last = select(tables.log_state.c.last).scalar_subquery()
    long_ago = run.press.now() - OVERDUE  # sources are polled all the time: what is due now is no leak
    waiting: dict[str, tuple[Any, Any]] = {
        "rows of work": (tables.work, tables.work.c.due_at < long_ago),
        "fetches": (tables.fetch_job, tables.fetch_job.c.due_at < long_ago),
        "deliveries": (tables.delivery, true()),
        "sources that are never due": (tables.source, tables.source.c.due_at.is_(None)),
        "subscriptions with something to read": (tables.subscription, tables.subscription.c.read_seq < last),
    }
    for name, (table, where) in waiting.items():
        count = int(run.ask(select(func.count()).select_from(table).where(where))[0][0])
        if count:
            found.append(Finding("rows that nobody will claim", f"{count} {name}"))
    return found


OVERDUE = timedelta(seconds=60)

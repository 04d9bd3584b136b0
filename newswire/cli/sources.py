"""Commands about where news comes from, and when it is asked: sources, trigger, runs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from newswire.cli.output import AsJson, cell, database, encode, is_json, say, settings, show

sources = typer.Typer(no_args_is_help=True, help="Where news comes from.")
runs = typer.Typer(no_args_is_help=True, help="What each trigger set off.")

Names = Annotated[list[str], typer.Argument(metavar="NAME...")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(sources, name="sources")
    app.command()(trigger)
    app.add_typer(runs, name="runs")


@sources.command("add")
def add(
    name: str,
    kind: Annotated[str, typer.Argument(help="url, folder or feed.")],
    location: Annotated[str, typer.Argument(help="A URL, or a path.")],
    provider: Annotated[str, typer.Option(help="Whose ids these are. [default: the host, or the name]")] = "",
    language: Annotated[str, typer.Option(help="For what does not say its language.")] = "",
    lane: Annotated[str, typer.Option(help="flash, normal or backfill.")] = "normal",
    every: Annotated[str, typer.Option(help="Between two polls: 90s, 5m, 2h.")] = "",
    cron: Annotated[str, typer.Option(help="A cron line in UTC, in place of --every.")] = "",
    content: Annotated[str, typer.Option(help="For a feed: `page` fetches each entry's page, `feed` takes the text from the feed.")] = "",
) -> None:
    """Add a source; its current window comes in the backfill lane. Example: newswire sources add world feed https://example.org/rss --every 5m"""
    from pipeline.sources import declare
    from pipeline.storage import sources as stored

    table = {"name": name, "kind": kind, "location": location, "provider": provider, "language": language, "lane": lane}
    table |= {"every": every, "cron": cron, "content": content}
    declared = declare.from_table({key: value for key, value in table.items() if value}, base=Path.cwd())
    with database() as db, db.write() as conn:
        stored.add(conn, declared, db.now(conn))
    say(f"{name} is added; it is polled as soon as a scheduler runs (`newswire up`), or by `newswire trigger {name}`.")


@sources.command("apply")
def apply(file: Annotated[Path, typer.Argument(help="TOML: a [[source]] table each, with name, kind, location, every …")]) -> None:
    """Make the sources equal a file. What it does not name is removed; items stay. Example: newswire sources apply sources.toml"""
    from pipeline.sources import declare
    from pipeline.storage import sources as stored

    declared = declare.read_file(file)
    with database() as db, db.write() as conn:
        done = stored.apply(conn, declared, db.now(conn))
    for word, names in (("added", done.added), ("changed", done.changed), ("removed", done.removed)):
        if names:
            say(f"{word}: {', '.join(names)}")
    say(f"{len(done.added)} added, {len(done.changed)} changed, {len(done.unchanged)} unchanged, {len(done.removed)} removed.")


@sources.command("list")
def list_(as_json: AsJson = False) -> None:
    """All sources and how they are."""
    import msgspec

    from pipeline.storage import sources as stored

    with database() as db, db.read() as conn:
        rows = [
            msgspec.structs.asdict(one)
            | {"state": f"paused: {one.pause_reason}" if one.paused_at else f"failing ({one.failures})" if one.failures else "ok"}
            for one in stored.listed(conn)
        ]
    columns = {"name": "source", "kind": "kind", "state": "state", "last_ok_at": "last good poll", "due_at": "next", "location": "location"}
    show(rows, columns, as_json=as_json, empty="There are no sources. `newswire sources add` adds one.")


@sources.command("show")
def show_(name: str, as_json: AsJson = False) -> None:
    """One source with all its settings. Example: newswire sources show world"""
    import msgspec

    from pipeline.storage import sources as stored

    with database() as db, db.read() as conn:
        [one] = stored.named(conn, [name])
    values = msgspec.structs.asdict(one)
    if is_json(as_json):
        print(encode(values))
        return
    for key, value in values.items():
        if value not in (None, "", {}):
            print(f"{key:14} {cell(value)}")


@sources.command("pause")
def pause(names: Names, reason: Annotated[str, typer.Option(help="Shown wherever the source is.")] = "by hand") -> None:
    """Poll these no more, until they are resumed."""
    from pipeline.storage import sources as stored

    with database() as db, db.write() as conn:
        say(f"{stored.pause(conn, names, db.now(conn), reason=reason)} paused.")


@sources.command("resume")
def resume(names: Names) -> None:
    """Poll these again."""
    from pipeline.storage import sources as stored

    with database() as db, db.write() as conn:
        say(f"{stored.resume(conn, names, db.now(conn))} resumed.")


@sources.command("remove")
def remove(names: Names) -> None:
    """Remove these; their items stay."""
    from pipeline.storage import sources as stored

    with database() as db, db.write() as conn:
        say(f"{stored.remove(conn, names, db.now(conn))} removed.")


def trigger(
    names: Annotated[list[str] | None, typer.Argument(metavar="SOURCE...")] = None,
    all_: Annotated[bool, typer.Option("--all", help="All sources, due or not.")] = False,
    due: Annotated[bool, typer.Option("--due", help="Those that are due: what beat does by itself.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until all that it set off is done, and print the counts.")] = False,
    timeout: Annotated[float, typer.Option(help="Longest wait, in seconds.")] = 600.0,
    as_json: AsJson = False,
) -> None:
    """Poll sources now: for cron, timers, any scheduler. Twice at once does the work once.

    Exit code 0: all done; 1: some sources failed, and are named; 3: database or broker is away, or nobody works. Example: newswire trigger --due --wait
    """
    from pipeline import collect
    from pipeline.errors import Misconfigured

    if sum((bool(names), all_, due)) != 1:
        raise Misconfigured("Name sources, or say --all or --due.", hint="newswire trigger --due --wait")
    configured = settings()
    with database(configured) as db:
        started = collect.claim_due(db, configured, trigger="cli", names=names or None, only_due=due)
        say(f"{started.sentence}.")
        if not wait or started.run is None:
            if is_json(as_json):
                print(encode({"run": started.run, "due": started.due, "claimed": started.claimed, "sources": started.sources}))
            return
        raise typer.Exit(_wait(db, started.run, timeout, as_json=as_json))


def _wait(db, run: int, timeout_s: float, *, as_json: bool) -> int:  # type: ignore[no-untyped-def]
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from pipeline.storage import listing

    until = time.monotonic() + timeout_s
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("waiting", total=None)
        while True:
            with db.read() as conn:
                state = listing.progress(conn, run)
            progress.update(task, description=f"run {run}: {state['documents']} documents, {state['open']} pieces of work to do")
            if not state["open"]:
                break
            if time.monotonic() > until:
                say(f"newswire: run {run} is not done after {timeout_s:g} s: does a worker run? `newswire status`")
                return 3
            time.sleep(0.2)
    with db.read() as conn:
        report = listing.run_report(conn, run)
    if is_json(as_json):
        print(encode(report))
    counts = ", ".join(f"{count} {kind}" for kind, count in report["verdicts"].items()) or "nothing new"
    aside = f", {report['quarantined']} quarantined" if report["quarantined"] else ""
    say(f"run {run}: {counts}{aside}.")
    for name, note in state["failed"].items():
        say(f"{name} failed: {note}")
    return 1 if state["failed"] else 0


@runs.command("list")
def runs_list(limit: Annotated[int, typer.Option(min=1)] = 20, as_json: AsJson = False) -> None:
    """The newest runs."""
    from pipeline.storage import listing

    with database() as db, db.read() as conn:
        rows = listing.runs(conn, limit=limit)
    columns = {"id": "run", "created_at": "when (UTC)", "trigger": "by", "label": "what", "polls": "polls", "verdicts": "came of it"}
    show(rows, columns, as_json=as_json, empty="There was no run yet. `newswire trigger --all` begins one.")


@runs.command("show")
def runs_show(run: int, as_json: AsJson = False) -> None:
    """What one run did. Example: newswire runs show 41"""
    from pipeline.storage import listing

    with database() as db, db.read() as conn:
        report = listing.run_report(conn, run)
    if is_json(as_json):
        print(encode(report))
        return
    print(f"run {run} · by {report['trigger']} · {report['created_at']:%Y-%m-%d %H:%M:%S} UTC · {report['label']}")
    for one in report["polls"]:
        note = f" ({one['note']})" if one["note"] else ""
        print(f"  {one['name']}: {one['outcome'] or 'under way'}, {one['entries']} listed, {one['new_entries']} new{note}")
    print(f"  {report['captures']} documents: {cell(report['verdicts']) or 'none judged yet'}; {report['quarantined']} quarantined")
    if report["fetches_to_do"] or report["work_to_do"]:
        print(f"  still to do: {report['fetches_to_do']} fetches, {report['work_to_do']} pieces of work")

"""`newswire trigger`: what any scheduler runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswire.cli import FAILED
from newswire.cli.opening import load, opened
from newswire.cli.output import AsJson, plain, progress, say, show_json, tell

if TYPE_CHECKING:
    from pipeline.storage.db import Database

_LOOK_S = 0.2


def add_to(app: typer.Typer) -> None:
    app.command()(trigger)


def trigger(
    names: Annotated[list[str] | None, typer.Argument(metavar="[SOURCE]...", show_default=False)] = None,
    everything: Annotated[bool, typer.Option("--all", help="All sources that are not paused.")] = False,
    due: Annotated[bool, typer.Option("--due", help="Those whose time has come: for another scheduler, such as cron.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Until all that it set off is done.")] = False,
    timeout_s: Annotated[float, typer.Option("--timeout", metavar="SECONDS", min=0.1, help="Longest --wait.")] = 600,
    as_json: AsJson = False,
) -> None:
    """Poll sources now. Exit code 0: all done; 1: some failed, named; 3: database or Redis is away.

    \b
    newswire trigger example-world --wait
    newswire trigger --due
    """
    from pipeline.errors import Infrastructure, Misconfigured
    from schemas.outcome import counted

    if sum((bool(names), everything, due)) != 1:
        raise Misconfigured("Say what to poll: names of sources, or --all, or --due.", hint="newswire trigger --due --wait")
    from pipeline import resources

    settings = load()
    with opened(settings) as db:
        try:
            for warning in resources.check_redis(resources.redis_url()):
                tell(warning)
        except Misconfigured as error:
            raise Infrastructure(str(error), hint=error.hint) from error
        from workers import offer
        from workers.app import app

        started = offer.poll(app, db, settings, trigger="cli", names=names or None, only_due=due)
        tell(f"{started.sentence}.")
        if started.run is None or not wait:
            if as_json:
                show_json({"run": started.run, "due": started.due, "sources": started.sources, "notes": started.notes})
            if started.notes:
                raise typer.Exit(FAILED)
            return
        done = _wait(db, started.run, timeout_s)
    if as_json:
        show_json({"run": started.run, **done})
    else:
        came = f": {plain(done['verdicts'])}" if done["verdicts"] else ""
        later = f", {done['later']} due later" if done["later"] else ""
        counts = f"{counted(done['documents'], 'document')}{came}; {done['quarantined']} in quarantine, {done['open']} still open{later}"
        say(f"{counts}; newswire runs show {started.run}")
    for name, note in done["failed"].items():
        tell(f"{name} failed: {note}")
    if done["open"]:
        tell(f"Not all was done in {timeout_s:g} s. Do workers run? `newswire status`")
    if done["failed"] or done["open"] or started.notes:
        raise typer.Exit(FAILED)


def _wait(db: Database, run: int, timeout_s: float) -> dict[str, Any]:
    """How far the run is, at its end or ours."""
    import time

    from pipeline.storage import runs
    from schemas.outcome import counted

    until = time.monotonic() + timeout_s
    with progress(f"run {run}", None) as bar:
        while True:
            with db.read() as conn:
                found = runs.progress(conn, run, db.now(conn))
            bar.to(found["documents"], found["documents"] + found["open"], label=f"run {run}: {counted(found['documents'], 'document')}")
            if not found["open"] or time.monotonic() >= until:
                return found
            time.sleep(_LOOK_S)

"""`newswire drain`: a quiet system, for an upgrade, a move or a backup of all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from newswire.cli import FAILED
from newswire.cli.opening import load, opened
from newswire.cli.output import progress, say, tell

if TYPE_CHECKING:
    from pipeline.storage.db import Database
    from pipeline.storage.drain import InHand

_LOOK_S = 0.2


def add_to(app: typer.Typer) -> None:
    app.command()(drain)


def drain(
    end: Annotated[bool, typer.Option("--end", help="All goes on.")] = False,
    reason: Annotated[str, typer.Option(help="For whoever asks later.")] = "",
    timeout_s: Annotated[float, typer.Option("--timeout", metavar="SECONDS", min=0, help="Longest wait for what is in hand.")] = 120,
) -> None:
    """Finish what is in hand, take nothing new, in all processes on all machines, until `--end`. Restarts do not end it.

    Exit code 0: nothing is in hand any more; 1: something still is.

    \b
    newswire drain --reason "moves to a new database"
    newswire drain --end
    """
    from pipeline.storage import drain as rows
    from schemas.outcome import counted

    with opened(load()) as db:
        if end:
            with db.write() as conn:
                ended = rows.end(conn)
            say("All goes on." if ended else "Nothing was drained.")
            return
        with db.write() as conn:
            drained = rows.begin(conn, db.now(conn), reason=reason)
        tell(drained.sentence)
        left = _wait(db, timeout_s)
    if left:
        tell(f"Not all was done in {timeout_s:g} s; a lease ends by itself. Look again: newswire drain")
        say(f"In hand: {counted(left.work, 'piece')} of work, {counted(left.hosts, 'host')}.")
        raise typer.Exit(FAILED)
    say("Nothing is in hand.")


def _wait(db: Database, timeout_s: float) -> InHand:
    import time

    from pipeline.storage import drain as rows

    until = time.monotonic() + timeout_s
    most = 0
    with progress("in hand", None) as bar:
        while True:
            with db.read() as conn:
                found = rows.in_hand(conn, db.now(conn))
            left = found.work + found.hosts
            most = max(most, left)
            bar.to(most - left, most)
            if not found or time.monotonic() >= until:
                return found
            time.sleep(_LOOK_S)

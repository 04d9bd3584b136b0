"""`newswire db copy`: an installation moves to another database."""

from __future__ import annotations

from typing import Annotated

import typer

from newswire.cli.opening import load, opened
from newswire.cli.output import progress, say, tell


def add_to(database: typer.Typer) -> None:
    database.command("copy")(copy)


def copy(
    to: Annotated[str, typer.Argument(metavar="URL", help="postgresql://user@host/name or sqlite:///path; it must be empty.")],
) -> None:
    """Copy all of this database into an empty one, captures included, and compare the counts. This one is only read.

    Stop its processes before, or drain them: where something changed meanwhile, nothing is kept. A password is better in ~/.pgpass or
    PGPASSWORD than in the URL, which a list of processes shows.

    \b
    newswire db copy postgresql://newswire@db.example.org/newswire
    """
    from pipeline.resources import without_password
    from pipeline.storage import copying
    from pipeline.storage.db import Database

    with opened(load()) as source:
        target = Database.open(to)
        try:
            with progress("", None) as bar:
                totals = copying.copy(source, target, lambda table, done, total: bar.to(done, total, label=table))
        finally:
            target.close()
    say(f"{sum(totals.values())} rows of {len(totals)} tables are in {without_password(to)}.")
    tell("Start newswire on it: set DATABASE_URL. The old database is as it was: stop what still writes to it.")

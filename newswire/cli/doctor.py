"""`newswire doctor`: what is wrong with an installation, and what to do."""

from __future__ import annotations

from typing import Annotated

import typer

from newswire.cli import FAILED, INFRASTRUCTURE
from newswire.cli.opening import load
from newswire.cli.output import AsJson, plain, say, show_json, tell


def add_to(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(
    all_: Annotated[bool, typer.Option("--all", help="Also what is fine.")] = False,
    as_json: AsJson = False,
) -> None:
    """Examine this installation: settings that lose data, versions, clocks, disk, queues, schema, connections, processes. Changes nothing.

    Exit code 0: nothing is wrong, at most there is advice; 1: something is wrong; 3: database or Redis is not to be had.

    \b
    newswire doctor
    """
    from newswire.doctor import examine

    found = []
    for finding in examine(load()):
        found.append(finding)
        if as_json or (finding.level == "ok" and not all_):
            continue
        say(f"{finding.level:<6}  {finding.about}: {finding.says}", *([f"        {plain(finding.do)}"] if finding.do else []))
    if as_json:
        show_json(found)
    wrong = [finding for finding in found if finding.level == "wrong"]
    tell(f"{len(found)} looked at, {len(wrong)} wrong, {sum(finding.level == 'advice' for finding in found)} with advice.")
    if wrong:
        raise typer.Exit(INFRASTRUCTURE if any(finding.is_away for finding in wrong) else FAILED)

"""`newswire demo`."""

from __future__ import annotations

from typing import Annotated

import typer

from newswire.cli import opening


def add_to(app: typer.Typer) -> None:
    app.command()(demo)


def demo(keep: Annotated[bool, typer.Option("--keep", help="Leave all running at the end, until Ctrl-C.")] = False) -> None:
    """See all of it at work: a simulated press, real workers, a consumer, told in the terminal in about a minute.

    \b
    newswire demo
    """
    from newswire.demo import run

    raise typer.Exit(run(home=opening.options.home or None, keep=keep))

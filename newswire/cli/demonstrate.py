"""`newswire demo`."""

from __future__ import annotations

from typing import Annotated

import typer


def add_to(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave all of it running at the end, until Ctrl-C: to look at Flower.")] = False,
    home: Annotated[
        str, typer.Option(help="Folder for its files, new or empty, which stays; else a temporary one.", show_default=False)
    ] = "",
) -> None:
    """See all of it at work: a simulated press, real workers, a consumer, told in the terminal in about a minute."""
    from newswire.demo import run

    raise typer.Exit(run(home or None, keep=keep))

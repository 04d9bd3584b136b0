"""`newswire consumers`: for teams that write one."""

from __future__ import annotations

from typing import Annotated

import typer

from newswire.cli import FAILED
from newswire.cli.output import AsJson, say, show_json, tell
from newswire.cli.subscription_settings import target_settings

consumers = typer.Typer(help="Try a consumer of yours on all that may happen.", no_args_is_help=True, rich_markup_mode=None)


def add_to(app: typer.Typer) -> None:
    app.add_typer(consumers, name="consumers")


@consumers.callback()
def _group() -> None:
    """Try a consumer of yours on all that may happen."""


@consumers.command("check")
def check(
    shows: Annotated[
        str,
        typer.Option(
            metavar="COMMAND",
            help="Prints what your consumer shows of {item}: its headline or nothing, or JSON.",
            show_default=False,
        ),
    ],
    to: Annotated[str, typer.Option("--to", metavar="KIND", help="celery, webhook, stream or files.")] = "celery",
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="As in `subscriptions add`.")] = None,
    patience: Annotated[float, typer.Option(min=0, help="Seconds to wait for it.")] = 10.0,
    as_json: AsJson = False,
) -> None:
    """Send a consumer repeats, reorders, kills of unknown items, a rewind and more; say what it got wrong. Exit code 0: nothing.

    It needs no database, and sends to the consumer's own queue, webhook, stream or folder: use one that is there for tests.

    \b
    newswire consumers check --to webhook --set url=http://127.0.0.1:8080/ --set secret=whsec_… --set allow_networks=127.0.0.1/32
        --shows 'python receive.py --show {item}'
    """
    from newswire.consumer_check import check as run
    from newswire.consumer_check import looks
    from newswire.consumer_lines import line_to
    from pipeline.storage.db import Database

    clock = Database.open("sqlite://")
    with clock.read() as conn, line_to(to, target_settings(settings or []), patience, lambda: clock.now(conn)) as line:
        results = []
        for result in run(line, lambda item: looks(shows, item), patience):
            results.append(result)
            if not as_json:
                say(f"{'well ' if result.ok else 'WRONG'}  {result.name}{': ' + result.says if result.says else ''}")
    clock.close()
    wrong = [result for result in results if not result.ok]
    if as_json:
        show_json(results)
    elif wrong:
        tell(f"{len(wrong)} of {len(results)} went wrong: docs/reference/message.md has the rule.")
    if wrong:
        raise typer.Exit(FAILED)

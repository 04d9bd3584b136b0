"""The tree of commands, in the order in which a newcomer meets them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from typer.core import TyperGroup

from newswire.cli import (
    care,
    clean,
    consumers,
    copy,
    demonstrate,
    doctor,
    drain,
    news,
    opening,
    runs,
    serve,
    sources,
    subscriptions,
    trigger,
)

_SECTIONS = {
    "Begin": ("demo", "ingest", "up"),
    "Sources": ("sources", "trigger", "runs"),
    "News": ("clean", "items", "why", "enrich"),
    "Consumers": ("subscriptions", "consumers"),
    "Care": ("status", "doctor", "drain", "quarantine", "work", "db", "config"),
    "Processes, one by one": ("worker", "beat", "deliver", "flower", "health"),
}


class Sections(TyperGroup):
    """Commands by what they are for."""

    def format_commands(self, ctx: typer.Context, formatter: typer.core.click.HelpFormatter) -> None:  # type: ignore[override,name-defined]
        """Called by `--help`."""
        commands = dict(self.commands)
        width = max(len(name) for name in commands)
        for title, names in _SECTIONS.items():
            rows = [(name.ljust(width), commands.pop(name).get_short_help_str(120)) for name in names]
            with formatter.section(title):
                formatter.write_dl(rows)
        assert not commands, f"commands without a section: {sorted(commands)}"


app = typer.Typer(
    cls=Sections,
    help="Bytes from news sources become items: each stored once, versioned, enriched, delivered at least once.",
    epilog="`newswire COMMAND --help` explains one of them. Settings come from the environment: `newswire config`.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,  # drawing help with Rich takes longer than all the rest of it
)


def _version(wanted: bool) -> None:
    if wanted:
        from pipeline.storage.quarantine import code_version

        print(f"newswire {code_version()}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
    home: Annotated[
        str,
        typer.Option(
            "--home", metavar="FOLDER", help="Of the database and the embedded servers; ./newswire-data by default.", show_default=False
        ),
    ] = "",
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks; may stand anywhere.")] = False,
) -> None:
    """Taken before any command; `--debug` is read by `main`."""
    opening.options.home = home


for _part in (demonstrate, clean, news, serve, sources, trigger, runs, care, drain, doctor):
    _part.add_to(app)
subscriptions.add_to(app)
consumers.add_to(app)
copy.add_to(care.database)


def run(arguments: Sequence[str]) -> int:
    """Run one command line; its exit code. Errors other than a wrong command line pass."""
    try:
        app(args=list(arguments), prog_name="newswire")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    return 0

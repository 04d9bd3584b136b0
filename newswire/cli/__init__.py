"""What people type. Commands load what they need when they run: `newswire --help` loads neither Celery nor SQLAlchemy.

Exit codes: 0 done; 1 something failed, and was named; 2 a wrong setting or command line; 3 database, broker or disk.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from newswire.cli import news, operate, running, sources, subscriptions
from newswire.cli.output import complain

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Bytes from a news source become items: each stored once, versioned, delivered at least once. `newswire demo` shows it all.",
)


@app.callback()
def _common(
    home: Annotated[str, typer.Option("--home", help="Folder of the database and the embedded servers. [default: ./newswire-data]")] = "",
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    from newswire.cli.output import context

    context.home = home


running.add_to(app)
news.add_to(app)
sources.add_to(app)
subscriptions.add_to(app)
operate.add_to(app)


def main() -> None:
    """Run a command; an error is one sentence on stderr, and its exit code."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    debug = len(arguments) < len(sys.argv) - 1
    try:
        app(args=arguments, prog_name="newswire")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # a reader that has seen enough is no error
        sys.exit(0)
    except Exception as error:
        if debug:
            raise
        sys.exit(complain(error))

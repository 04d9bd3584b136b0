"""What people type: `newswire …`. Commands import what they need when they run, so that `newswire --help` comes at once.

    argv ─► a command's function ─► pipeline and workers ─► tables, JSON, sentences         output.py
         ─► an error ─► one sentence on stderr, and the exit code                           here

Exit codes: 0 done; 1 some of it failed, named; 2 a wrong command line or setting; 3 database, Redis or disk; 130 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pipeline.errors import Infrastructure, Misconfigured, NewswireError

FAILED, USAGE, INFRASTRUCTURE = 1, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; its exit code. A traceback only with `--debug`, which may stand anywhere."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = given[: given.index("--")] if "--" in given else given
    is_debug = "--debug" in options
    if is_debug:
        given.remove("--debug")
    try:
        from newswire.cli.commands import run

        return run(given)
    except Exception as error:
        if is_debug:
            raise
        from newswire.cli.output import complain

        sentence, code = explain(error)
        complain(sentence)
        return code


def explain(error: Exception) -> tuple[str, int]:
    """What a person is told of an error, and the exit code."""
    if isinstance(error, NewswireError):
        code = USAGE if isinstance(error, Misconfigured) else INFRASTRUCTURE if isinstance(error, Infrastructure) else FAILED
        message = str(error)
        if error.url and error.url.removeprefix("file://") not in message:
            message = f"{message.rstrip('.')} ({error.url})."
        return f"{message} {error.hint}".strip(), code
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}. Check the path, its permissions and the space on its disk.", INFRASTRUCTURE
    if type(error).__module__.startswith("sqlalchemy."):
        first = str(getattr(error, "orig", None) or error).strip().split("\n")[0].rstrip(".")
        return f"The database refused: {first}. Check DATABASE_URL, and `newswire db check`.", INFRASTRUCTURE
    return f"This is a mistake of newswire: {type(error).__name__}: {error}. Run it again with --debug, and report what it prints.", FAILED

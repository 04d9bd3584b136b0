"""How commands speak: tables and colour in a terminal, JSON in a pipe or with --json, errors as one sentence with an exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pipeline.config import Settings
    from pipeline.storage.db import Database

AsJson = Annotated[bool, typer.Option("--json", help="JSON, also in a terminal. In a pipe it is JSON anyway.")]


class _Context:
    home = ""


context = _Context()
"""The common options of this call."""


def settings(**overrides: Any) -> Settings:
    """Settings with the common options of this call. Raises Misconfigured."""
    from pipeline import config

    return config.load(home=context.home or None, **overrides)


@contextmanager
def database(configured: Settings | None = None) -> Iterator[Database]:
    """The migrated database. A SQLite file in the home is made when there is none. Raises Misconfigured, Infrastructure."""
    from pipeline.errors import Infrastructure
    from pipeline.storage import schema
    from pipeline.storage.db import Database

    configured = configured or settings()
    db = Database.open(configured.database)
    try:
        if not configured.database_url:
            try:
                configured.home_path.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise Infrastructure(
                    f"The folder {configured.home_path} can't be made: {error.strerror}.", hint="Choose another with --home."
                ) from error
            if not (configured.home_path / "newswire.sqlite").exists():
                schema.upgrade(db)
        schema.check(db)
        yield db
    finally:
        db.close()


def is_json(asked: bool) -> bool:
    """Whether a command speaks JSON."""
    return asked or not sys.stdout.isatty()


def encode(value: Any) -> str:
    """JSON as people can read it."""
    import msgspec

    return msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode()


def show(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], *, as_json: bool, empty: str) -> None:
    """Rows as a table (`columns`: field → heading), or all their fields as a JSON list."""
    if is_json(as_json):
        print(encode(list(rows)))
        return
    if not rows:
        print(empty)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns.values(), box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*(cell(row.get(name)) for name in columns))
    Console().print(table)


def cell(value: Any) -> str:
    """One value as people write it."""
    from datetime import datetime

    from rich.markup import escape

    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return escape(", ".join(f"{count} {name}" for name, count in value.items()))
    return escape(str(value))


def say(sentence: str) -> None:
    """To whoever watches, not to a pipe."""
    print(sentence, file=sys.stderr)


def complain(error: Exception) -> int:
    """One sentence on stderr: what, where, what to do; the exit code."""
    from pipeline.errors import Infrastructure, Misconfigured, NewswireError

    if isinstance(error, NewswireError):
        hint = f" {error.hint}" if error.hint else ""
        say(f"newswire: {error}{hint}")
        return 3 if isinstance(error, Infrastructure) else 2 if isinstance(error, Misconfigured) else 1
    if isinstance(error, OSError):
        where = f" ({error.filename})" if error.filename else ""
        say(f"newswire: {error.strerror or error}{where}.")
        return 3
    say(f"newswire: this is a fault of ours: {type(error).__name__}: {error}. Run it again with --debug and tell us what it prints.")
    return 1

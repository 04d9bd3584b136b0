"""How commands speak: tables in a terminal, JSON for programs, what only a person wants to know on stderr."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.progress import Progress
    from rich.text import Text

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON; lists in a pipe are JSON anyway.")]

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What a fetched text could steer a terminal with; tab and line feed stay."""


def plain(value: object) -> str:
    """A value as text that no terminal obeys."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, dict):
        return ", ".join(f"{count} {name}" for name, count in value.items())
    return _CONTROLS.sub("", str(value))


def say(*lines: object) -> None:
    """Lines of a command's own result, on stdout."""
    for line in lines:
        print(plain(line), flush=True)  # `newswire up` goes on for days


def tell(sentence: str) -> None:
    """What a person who waits wants to know, on stderr."""
    print(plain(sentence), file=sys.stderr, flush=True)


def complain(sentence: str) -> None:
    """One sentence about what went wrong, on stderr."""
    text = plain(" ".join(sentence.split()))
    if is_terminal(sys.stderr):
        text = f"\x1b[31m{text}\x1b[0m"
    print(text, file=sys.stderr, flush=True)


def show_json(value: Any) -> None:
    """One JSON value on stdout: on a line of its own, in a terminal over several."""
    import msgspec

    encoded = msgspec.json.encode(value)
    print((msgspec.json.format(encoded, indent=2) if is_terminal(sys.stdout) else encoded).decode())


def is_terminal(stream: IO[str]) -> bool:
    return stream.isatty()


def wants_json(asked: bool) -> bool:
    """For a list: a program reads it, or a person wants JSON."""
    return asked or not is_terminal(sys.stdout)


def draw(lines: Sequence[Text]) -> None:
    """A difference, in colours; in a pipe with marks in their place."""
    from rich.console import Console

    from newswire.diff import marked

    if not is_terminal(sys.stdout):
        say(*(marked(line) for line in lines))
        return
    console = Console(soft_wrap=True, highlight=False)
    for line in lines:
        line.plain = plain(line.plain) if _CONTROLS.search(line.plain) else line.plain
        console.print(line)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, none: str = "There is nothing.") -> None:
    """A table in a terminal; elsewhere, as a part of something, a line a row, a tab between cells, no cell cut."""
    if not is_terminal(sys.stdout):
        for row in (columns, *rows):
            print("\t".join(" ".join(plain(cell).split()) for cell in row))
        return
    if not rows:
        print(none)
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for place, column in enumerate(columns):
        numbers = all(isinstance(row[place], int | float | None) for row in rows)
        drawn.add_column(column, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(plain(cell)) for cell in row))
    Console().print(drawn)


def fields(pairs: Sequence[tuple[str, object]]) -> None:
    """Names and values, a line each; what is empty is left out."""
    width = max((len(name) for name, _ in pairs), default=0)
    for name, value in pairs:
        if plain(value):
            print(f"{name:<{width}}  {plain(value)}")


@contextmanager
def progress(label: str, total: int | None) -> Iterator[_Bar]:
    """A bar on stderr while the block runs, where a person looks on."""
    if not is_terminal(sys.stderr):
        yield _Bar(None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # results go to stdout as they come: Rich would else put them on its own console
    shown = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False)
    with shown:
        shown.add_task(label, total=total)
        yield _Bar(shown)


class _Bar:
    def __init__(self, shown: Progress | None) -> None:
        self._shown = shown

    def to(self, done: int, total: int | None = None, *, label: str = "") -> None:
        """So much is done."""
        if self._shown is not None:
            task = self._shown.task_ids[0]
            self._shown.update(task, completed=done)
            if total is not None:
                self._shown.update(task, total=total)
            if label:
                self._shown.update(task, description=plain(label))

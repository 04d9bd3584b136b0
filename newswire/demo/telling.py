"""How the demo is told: with Rich in a terminal, as plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from newswire.diff import difference, marked
from schemas.article import Article


class Teller:
    """Tells one line after the other."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._is_fancy = console.is_terminal

    def panel(self, title: str, *lines: str | Text) -> None:
        """A block of lines under a title."""
        texts = [line if isinstance(line, Text) else Text(line) for line in lines]
        if self._is_fancy:
            self.console.print(Panel(Group(*texts), title=Text(title, "bold"), title_align="left", border_style="cyan"))
        else:
            self._print(title)
            for text in texts:
                self._print(f"  {text.plain}")

    def step(self, number: int, title: str) -> None:
        self.console.print()
        if self._is_fancy:
            self.console.rule(Text(f"{number}  {title}", "bold cyan"), align="left", style="cyan")
        else:
            self._print(f"{number}. {title}")

    def says(self, line: str) -> None:
        """What the press, or we, now do."""
        self._print(Text.assemble(("▸ ", "yellow"), line) if self._is_fancy else f"- {line}")

    def holds(self, line: str) -> None:
        """What the rows said."""
        self._print(Text.assemble(("✓ ", "bold green"), line) if self._is_fancy else f"ok {line}")

    def story(self, headline: str, *lines: str) -> None:
        """An article as it was stored."""
        if self._is_fancy:
            body = Group(Text(headline, "bold"), *(Text(line, "dim") for line in lines))
            self.console.print(Padding(Panel(body, box=box.MINIMAL, padding=0), (0, 2)))
        else:
            for line in (headline, *lines):
                self._print(f"    {line}")

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        if not self._is_fancy:
            for row in (heads, *rows):
                self._print("    " + " | ".join(row))
            return
        table = Table(*heads, box=box.SIMPLE_HEAD, pad_edge=False)
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        self.console.print(Padding(table, (0, 2)))

    def difference(self, before: Article, after: Article) -> None:
        """Two versions, paragraph by paragraph: only what differs, word by word."""
        lines = difference(before, after)
        if self._is_fancy:
            self.console.print(Padding(Group(*lines), (0, 2)))
        else:
            for line in lines:
                self._print(f"    {marked(line)}")

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Something moves in a terminal while we wait."""
        if not self._is_fancy or self.console.record:
            yield
        else:
            with self.console.status(Text(what, "dim"), spinner="dots"):
                yield

    def _print(self, line: RenderableType) -> None:
        self.console.print(line, markup=False, highlight=False, soft_wrap=not self._is_fancy)

"""How the demo is told: lines in a pipe are plain."""

from __future__ import annotations

import io

from rich.console import Console

from newswire.demo.telling import Teller
from schemas.article import Article

OLD = Article(headline="Ferry aground", paragraphs=("A ferry with 212 aboard ran aground.", "Nobody was hurt.", "Fog lay on the river."))
NEW = Article(
    headline="Ferry aground", paragraphs=("A ferry with 221 aboard ran aground.", "Nobody was hurt.", "Fog lay on the river.", "Tugs came.")
)


def test_in_a_pipe_all_is_plain_text() -> None:
    out = io.StringIO()
    teller = Teller(Console(file=out, highlight=False))
    teller.panel("A title", "a [line] of https://example.org/x")
    teller.step(3, "A step")
    teller.says("something")
    teller.holds("true " * 60)
    teller.story("Headline", "text")
    teller.table(("a", "b"), [("1", "[2]")])
    teller.difference(OLD, NEW)
    lines = out.getvalue().splitlines()
    assert "  a [line] of https://example.org/x" in lines
    assert "    1 | [2]" in lines
    assert "\x1b" not in out.getvalue()
    assert not set("─│╭▸✓") & set(out.getvalue())
    assert f"ok {'true ' * 60}".rstrip() in [line.rstrip() for line in lines], "a long line is one line"

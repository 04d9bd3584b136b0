"""docs/how-to/status.md has a section for each thing that `newswire status` can say."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from typer.main import get_command

import newswire.waits
from newswire.cli.commands import app

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "status.md").read_text(encoding="utf-8")


def sections(page: str) -> dict[str, str]:
    """Heading → text."""
    parts = re.split(r"^## (.+)$", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def said(source: str) -> Iterator[tuple[str, ...]]:
    """What a command can print: names of fields, sentences, and tables by their columns."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
            continue
        if node.func.id == "fields":
            pairs = [pair for pair in ast.walk(node.args[0]) if isinstance(pair, ast.Tuple) and len(pair.elts) == 2]
            yield from ((str(ast.literal_eval(pair.elts[0])),) for pair in pairs)
        elif node.func.id == "table":
            yield ast.literal_eval(node.args[0])
        elif node.func.id == "say" and isinstance(node.args[0], ast.Constant):
            yield (str(node.args[0].value),)


def missing(source: str, page: str) -> list[str]:
    found = sections(page)
    lacking = []
    for heading, *columns in said(source):
        lacking += (
            [heading] if heading not in found else [f"{heading}: {column}" for column in columns if f"**{column}**" not in found[heading]]
        )
    return lacking


def test_each_thing_that_status_says_has_its_section() -> None:
    callback = get_command(app).commands["status"].callback  # type: ignore[attr-defined]
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(callback)))
    assert len(list(said(source))) >= 9
    assert missing(source, PAGE) == []


def test_no_two_sections_have_one_name() -> None:
    names = re.findall(r"^## (.+)$", PAGE, flags=re.MULTILINE)
    assert sorted(names) == sorted(set(names))


def reasons(source: str) -> set[str]:
    """How each reason to wait begins or goes on, up to what differs: of a pair that is returned, and of what `waits_for` is set to."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Return(value=ast.Tuple(elts=[sentence, *_])):
                found |= literals(sentence)
            case ast.keyword(arg="waits_for", value=sentence) | ast.Assign(targets=[ast.Name(id="waits_for")], value=sentence):
                found |= literals(sentence)
    return found


def literals(node: ast.expr) -> set[str]:
    """The longest fixed part of a sentence."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    fixed = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return {max(fixed, key=len).strip(" ,:;")} if fixed else set()


def unexplained(source: str, page: str) -> list[str]:
    return sorted(reason for reason in reasons(source) if reason not in page)


def test_each_reason_to_wait_is_explained() -> None:
    source = inspect.getsource(newswire.waits)
    assert len(reasons(source)) >= 15
    assert unexplained(source, PAGE) == []
    assert unexplained(source, PAGE.replace("the end of the drain", "")) == ["the end of the drain"]


def test_a_new_thing_without_a_section_is_found() -> None:
    source = 'fields([("items", 1), ("weather", 2)])\ntable(("host", "to fetch", "colour"), [])\nsay("All is lost.")'
    assert missing(source, PAGE) == ["weather", "host: colour", "All is lost."]

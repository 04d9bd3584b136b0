"""README names what there is: links lead somewhere, commands exist, folders are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from newswire.cli import main

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs").glob("*/*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_exist(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What stands in code as `newswire word [word]` is a command: its help can be had."""
    written = set(
        re.findall(
            r"(?:`|^\$ )newswire ([a-z]+)(?: (list|show|add|apply|replay|upgrade|check|pause|resume|rewind)\b)?",
            page.read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    )
    for words in sorted(written):
        assert main([*filter(None, words), "--help"]) == 0, f"newswire {' '.join(words)}: {capsys.readouterr().err}"


def test_folders_are_there() -> None:
    named = re.findall(r"^\| ((?:`[a-z]+/`(?:, )?)+) \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    folders = {folder for cell in named for folder in re.findall(r"`([a-z]+)/`", cell)}
    assert folders >= {"newswire", "schemas", "pipeline", "workers", "press"}
    assert all((ROOT / folder).is_dir() for folder in folders)


def test_the_picture_is_of_a_run_and_fetches_nothing() -> None:
    svg = (ROOT / "docs" / "demo.svg").read_text(encoding="utf-8")
    assert "All" in svg
    assert "@font-face" not in svg
    assert "href=" not in svg.replace("clip-path", "")

"""`newswire clean`: a JSON line a page, without a database."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

GOLDEN = Path(__file__).parents[2] / "golden"
KEYS = ["path", "url", "title", "authors", "published", "modified", "language", "text", "blocks", "confidence", "access"]


def run(*words: str, cwd: Path, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-P", "-m", "newswire", "clean", *words], cwd=cwd, input=given, capture_output=True, check=False)


def test_a_page_is_a_line_with_what_is_promised(tmp_path: Path) -> None:
    done = run(str(GOLDEN / "agency-page.html"), "--json", cwd=tmp_path)
    [line] = done.stdout.splitlines()
    found = json.loads(line)
    assert (done.returncode, list(found)) == (0, KEYS)
    assert (found["title"], found["authors"], found["access"]) == ("Alpine town buys litter from walkers", ["Nora Veit"], "full")
    assert found["blocks"][0]["kind"] == "picture"
    assert list(tmp_path.iterdir()) == []


def test_stdin_is_read_where_a_dash_stands(tmp_path: Path) -> None:
    done = run("-", cwd=tmp_path, given=(GOLDEN / "spanish-page.html").read_bytes())
    assert json.loads(done.stdout)["language"] == "es"


def test_many_pages_are_shared_by_all_cores_and_stay_in_order(tmp_path: Path) -> None:
    page = (GOLDEN / "agency-page.html").read_bytes()
    for number in range(40):
        (tmp_path / f"{number:02}.html").write_bytes(page.replace(b"Alpine town", b"Town %d" % number))
    (tmp_path / "20.html").write_bytes(b"<title>Just a moment...</title><p>Verifying you are human. This may take a few seconds.</p>")
    done = run(str(tmp_path), cwd=tmp_path)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [Path(line["path"]).stem for line in lines] == [f"{number:02}" for number in range(40)]
    assert [line["access"] for line in lines].count("blocked") == 1
    assert "challenge" in lines[20]["reason"]
    assert done.returncode == 1
    assert b"1 of 40 pages hold no article" in done.stderr


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = run("nowhere.html", cwd=tmp_path)
    assert done.returncode == 1
    assert b"nowhere.html" in done.stderr
    assert done.stdout == b""


def test_an_explanation_is_a_tree_and_a_page(tmp_path: Path) -> None:
    done = run(str(GOLDEN / "agency-page.html"), "--explain", "--explain-html", "why.html", cwd=tmp_path)
    assert done.returncode == 0
    assert "div.article-body" in done.stdout.decode()
    assert 'class="kept"' in (tmp_path / "why.html").read_text(encoding="utf-8")

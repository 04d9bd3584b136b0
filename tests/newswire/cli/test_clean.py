"""`newswire clean`: a JSON line a page, without a database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pipeline.clean.test_pages import html, pager
from tests.pipeline.web import ALLOW, Web, reply

GOLDEN = Path(__file__).parents[2] / "golden"
KEYS = ["path", "url", "title", "authors", "published", "modified", "language", "text", "blocks", "confidence", "access"]


def run(*words: str, cwd: Path, given: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    env = os.environ | {"NEWSWIRE_ALLOW_NETWORKS": ",".join(ALLOW), "NEWSWIRE_HOST_PACE_S": "0"}
    command = [sys.executable, "-P", "-m", "newswire", "clean", *words]
    return subprocess.run(command, cwd=cwd, input=given, capture_output=True, check=False, env=env)


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
    assert b"1 of 40 pages without an article" in done.stderr


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


def test_stdin_and_a_name_that_is_no_utf8_are_read_among_many(tmp_path: Path) -> None:
    page = (GOLDEN / "agency-page.html").read_bytes()
    for number in range(33):
        (tmp_path / f"{number:02}.html").write_bytes(page)
    (Path(os.fsdecode(bytes(tmp_path) + b"/b\xff.html"))).write_bytes(page)
    done = run(str(tmp_path), "-", cwd=tmp_path, given=page)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert ([line["access"] for line in lines], done.returncode) == (["full"] * 35, 0)
    assert [Path(line["path"]).name for line in lines[-2:]] == ["b\ufffd.html", "-"]


def test_an_address_makes_links_of_a_file_whole(tmp_path: Path) -> None:
    story = "<p>The harbour commission <a href='/vote'>voted</a> on Monday to deepen the main channel by two metres.</p>" * 3
    done = run("-", "--url", "https://example.org/a/1", cwd=tmp_path, given=f"<article><h1>Channel</h1>{story}</article>".encode())
    assert json.loads(done.stdout)["blocks"][0]["links"][0]["url"] == "https://example.org/vote"


def test_what_can_not_be_explained_is_named_and_the_others_are(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 500)
    done = run("a.html", "gone.html", str(GOLDEN / "agency-page.html"), "--explain", cwd=tmp_path)
    assert done.returncode == 1
    assert b"a PNG picture" in done.stderr and b"gone.html" in done.stderr
    assert "div.article-body" in done.stdout.decode()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("",), b"is empty"),
        (("empty",), b"holds no page"),
        (("a.html", "b.html", "--explain-html", "why.html"), b"from one page"),
        (("-", "-"), b"stands twice"),
        (("a.html", "b.html", "--url", "https://example.org/"), b"of one page"),
    ],
)
def test_what_can_not_be_meant_is_said_and_nothing_is_written(tmp_path: Path, words: tuple[str, ...], said: bytes) -> None:
    (tmp_path / "empty").mkdir()
    done = run(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == b""
    assert not (tmp_path / "why.html").exists()


def test_addresses_are_fetched_with_their_further_pages_and_each_failure_is_a_sentence(tmp_path: Path) -> None:
    with Web() as web:
        numbered = pager(("1", "/wall"), ("2", "/wall?page=2"))
        web.at("/wall", reply(html(1, numbered).encode()))
        web.at("/wall?page=2", reply(html(2, numbered).encode()))
        web.at("/moved", lambda asked: asked.send(status=301, Location="/wall"))
        web.at("/picture", reply(b"\x89PNG\r\n\x1a\n" + b"x" * 500, Content_Type="image/png"))
        web.at("/down", reply(status=503))
        done = run(*(web.url(f"/{name}") for name in ("moved", "picture", "gone", "down")), cwd=tmp_path)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert [line["access"] for line in lines] == ["full", "blocked"]
        assert [paragraph[:7] for paragraph in lines[0]["text"].split("\n\n")] == ["Part 1."] * 2 + ["Part 2."] * 2
        assert done.stderr.decode().splitlines() == [
            f"{web.url('/picture')} is a PNG picture, not a web page.",
            f"{web.url('/gone')} answers 404 Not Found: it is not there. Look whether the address is right; it may have moved.",
            f"{web.url('/down')} answers 503 Service Unavailable. It may answer later; polls try again by themselves.",
            "1 of 4 pages without an article, 2 not to be read.",
        ]
        assert done.returncode == 1

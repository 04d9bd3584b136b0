"""What a person sees when something is wrong: one sentence, an exit code, no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from newswire.cli import FAILED, INFRASTRUCTURE, USAGE, explain
from pipeline.errors import Gone, Infrastructure, Misconfigured, Unreadable

ROOT = Path(__file__).parents[3]


def newswire(*arguments: str, home: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """A real process, with nothing of our own environment but its way to programs."""
    env = {"PATH": os.environ["PATH"], "NEWSWIRE_HOME": str(home)} | environ
    return subprocess.run([sys.executable, "-m", "newswire", *arguments], env=env, cwd=ROOT, text=True, capture_output=True, timeout=60)


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("empty.txt", b"", "is empty"),
        ("half.json", b'{"headline": "A harb', "half a JSON file"),
        ("program", b"\x7fELF" + bytes(range(256)), "is a program"),
        ("noise.bin", bytes(range(256)) * 20, "is a binary file"),
        ("large.txt", b"a" * 20_001, "more than max_body_bytes allows (20,000)"),
        ("empty-page.html", b"<html><body><nav>Home</nav></body></html>", "holds no article"),
    ],
)
def test_a_file_that_is_no_news_is_told_in_one_sentence(tmp_path: Path, name: str, body: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(body)
    done = newswire("ingest", str(tmp_path / name), home=tmp_path / "home", NEWSWIRE_MAX_BODY_BYTES="20000")
    assert done.returncode == FAILED
    assert says in done.stderr
    assert name in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "environ", "code", "says"),
    [
        (("ingest", "nowhere.txt"), {}, FAILED, "There is no file nowhere.txt"),
        (("ingest", "ftp://example.org/a"), {}, USAGE, "ftp://example.org/a is no address that newswire fetches"),
        (("ingest", "http://127.0.0.1:9/a"), {}, FAILED, "NEWSWIRE_ALLOW_NETWORKS"),
        (("items", "list"), {}, USAGE, "There is no database yet"),
        (("items", "list"), {"DATABASE_URL": "postgresql://u@127.0.0.1:1/x"}, INFRASTRUCTURE, "Connection refused"),
        (("items", "list"), {"DATABASE_URL": "mysql://h/x"}, USAGE, "newswire runs on SQLite and on PostgreSQL"),
        (("db", "check"), {"DATABASE_URL": f"sqlite:///{ROOT / 'README.md'}"}, INFRASTRUCTURE, "not a database"),
        (("status",), {"NEWSWIRE_CHILDREN": "many"}, USAGE, "children = 'many' in the variable NEWSWIRE_CHILDREN"),
        (("ingest", "x"), {"NEWSWIRE_HOME": str(ROOT / "README.md" / "home")}, INFRASTRUCTURE, "can't be made"),
        (("trigger",), {}, USAGE, "--due"),
        (("sources", "add", "a", "telegraph", "x"), {}, USAGE, "'telegraph' is no kind of source"),
        (("worker", "--role", "cook"), {}, USAGE, "No worker has the role cook"),
    ],
)
def test_what_is_wrong_is_told_with_what_to_do(
    tmp_path: Path, arguments: tuple[str, ...], environ: dict[str, str], code: int, says: str
) -> None:
    done = newswire(*arguments, **({"home": tmp_path / "home"} | environ))  # type: ignore[arg-type]
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_traceback_comes_only_when_it_is_asked_for_wherever_that_stands(tmp_path: Path) -> None:
    assert "Traceback" in newswire("runs", "show", "1", "--debug", home=tmp_path).stderr
    assert "Traceback" in newswire("--debug", "runs", "show", "1", home=tmp_path).stderr


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    command = f"{sys.executable} -m newswire config | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env=os.environ | {"NEWSWIRE_HOME": str(tmp_path)}, text=True, capture_output=True
    )
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


def test_an_errors_address_is_named_once() -> None:
    assert explain(Gone("The page is gone.", url="https://example.org/a")) == ("The page is gone (https://example.org/a).", FAILED)
    assert explain(Gone("https://example.org/a is gone.", url="https://example.org/a"))[0] == "https://example.org/a is gone."
    assert explain(Unreadable("/tmp/a is empty.", url="file:///tmp/a"))[0] == "/tmp/a is empty."


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Misconfigured("x."), USAGE),
        (Infrastructure("x."), INFRASTRUCTURE),
        (PermissionError(13, "Permission denied", "/a"), INFRASTRUCTURE),
        (OSError(28, "No space left on device"), INFRASTRUCTURE),
        (KeyError("x"), FAILED),
    ],
)
def test_kinds_of_errors_have_their_exit_codes(error: Exception, code: int) -> None:
    sentence, found = explain(error)
    assert (found, "\n" in sentence) == (code, False)

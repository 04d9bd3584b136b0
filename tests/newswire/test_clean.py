"""`newswire.clean`: for those who want this function alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import newswire
from newswire import explaining
from pipeline.errors import Unreadable

GOLDEN = Path(__file__).parents[1] / "golden"
PAGE = GOLDEN / "agency-page.html"
HEAVY = ("alembic", "celery", "fastapi", "httpx2", "kombu", "psycopg", "redis", "rich", "sqlalchemy", "structlog", "typer", "workers")


def test_bytes_and_text_of_a_page_give_the_same_article() -> None:
    body = PAGE.read_bytes()
    article = newswire.clean(body, url="https://news.example.org/a")
    assert article == newswire.clean(body.decode(), "https://news.example.org/a")
    assert article.headline == "Alpine town buys litter from walkers"
    assert article.canonical_url == "https://news.example.org/world/2024/07/15/alpine-litter/1234"


@pytest.mark.parametrize(
    "html", ["", b"", "<p>Hello", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0"], ids=["empty", "no bytes", "a word", "a picture"]
)
def test_what_is_no_article_is_refused(html: str | bytes) -> None:
    with pytest.raises(Unreadable):
        newswire.clean(html)


def test_it_brings_no_server_no_database_and_no_network_with_it() -> None:
    code = (
        "import sys; from newswire import clean; import pipeline.clean; "
        "import socket; socket.socket.connect = socket.getaddrinfo = None; "
        f"clean(open({str(PAGE)!r}, 'rb').read()); "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PAGE.parents[2], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_is_imported_before_it_is_called_is_little() -> None:
    """The detector of languages and its libraries come with the first text: a third of a second that `import` must not cost."""
    code = "import sys; from newswire import clean; import pipeline.clean; print(len(sys.modules), 'requests' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=PAGE.parents[2], capture_output=True, text=True, check=True)
    count, has_requests = done.stdout.split()
    assert has_requests == "False"
    assert int(count) < 400


def test_an_explanation_says_of_each_block_what_became_of_it() -> None:
    told = explaining.explained(PAGE.read_bytes())
    fates = {block.text: (block.fate, block.rule) for block in told.blocks}
    assert fates["Other towns have asked how it is done."][0] == "kept"
    assert fates["RELATED Hermit lived with a stove at 2,900 meters"] == ("moved", "a link to another story")
    assert fates["A storm closes two airports in the north of the country"] == ("dropped", "links among links")
    article = newswire.clean(PAGE.read_bytes())
    assert [block.text for block in told.blocks if block.fate == "kept"][1:] == list(article.paragraphs)[1:]


def test_an_explanations_page_shows_the_text_and_runs_nothing() -> None:
    html = explaining.as_html(
        explaining.explained(b"<title>x</title><article><p>" + b"A <b>sentence</b> &lt;script&gt; said. " * 9), "a&b.html"
    )
    assert "<script" not in html
    assert "A sentence &lt;script&gt; said." in html
    assert "a&amp;b.html" in html

"""Each hostile answer is what it says."""

from __future__ import annotations

import gzip
import http.client
import socket
from collections.abc import Iterator

import pytest

from press import Press, hostile


@pytest.fixture(scope="module")
def press() -> Iterator[Press]:
    with Press() as press:
        yield press


@pytest.fixture
def site(press: Press) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", press.sites["calder"].port, timeout=10)
    yield connection
    connection.close()


def ask(site: http.client.HTTPConnection, name: str) -> http.client.HTTPResponse:
    site.request("GET", f"/hostile/{name}")
    return site.getresponse()


@pytest.mark.parametrize(("name", "status", "header"), [
    ("500", 500, ("Content-Type", "text/html")),
    ("429", 429, ("Retry-After", "120")),
    ("circle", 302, ("Location", "/hostile/circle")),
    ("inward", 302, ("Location", "http://169.254.169.254/latest/meta-data/")),
    ("never-modified", 304, ("ETag", '"always"')),
    ("same-tag", 200, ("ETag", '"one"')),
])  # fmt: skip
def test_answers_by_their_heads(site: http.client.HTTPConnection, name: str, status: int, header: tuple[str, str]) -> None:
    answer = ask(site, name)
    assert answer.status == status
    assert answer.headers[header[0]] == header[1]


def test_half_breaks_off(site: http.client.HTTPConnection) -> None:
    with pytest.raises(http.client.IncompleteRead):
        ask(site, "half").read()


def test_reset_resets(site: http.client.HTTPConnection) -> None:
    with pytest.raises(ConnectionResetError):
        ask(site, "reset").read()


def test_drip_and_endless_go_on(site: http.client.HTTPConnection, press: Press) -> None:
    assert ask(site, "drip").read(3) == b"aaa"
    other = http.client.HTTPConnection("127.0.0.1", press.sites["calder"].port, timeout=10)
    assert len(ask(other, "endless").read(3_000_000)) == 3_000_000
    other.close()


def test_silent_says_nothing(press: Press) -> None:
    with socket.create_connection(("127.0.0.1", press.sites["calder"].port), timeout=0.3) as connection:
        connection.sendall(b"GET /hostile/silent HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_a_bomb_is_small_until_it_is_opened(site: http.client.HTTPConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hostile, "BOMB_BYTES", 1 << 25)
    answer = ask(site, "bomb")
    body = answer.read()
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(body) < 100_000
    assert len(gzip.decompress(body)) == 1 << 25


def test_tags_lie(site: http.client.HTTPConnection) -> None:
    tags, bodies = set(), set()
    for _ in range(2):
        answer = ask(site, "other-tag")
        tags.add(answer.headers["ETag"])
        bodies.add(answer.read())
    assert (len(tags), len(bodies)) == (2, 1)


def test_a_house_misbehaves_so_many_times(site: http.client.HTTPConnection, press: Press) -> None:
    press.misbehave("calder", "/rss.xml", "500", times=2)
    found = []
    for _ in range(3):
        site.request("GET", "/rss.xml")
        answer = site.getresponse()
        answer.read()
        found.append(answer.status)
    assert found == [500, 500, 200]
    press.misbehave("calder", "/rss.xml", "500")
    press.behave("calder", "/rss.xml")
    site.request("GET", "/rss.xml")
    assert site.getresponse().status == 200

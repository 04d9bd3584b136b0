"""One URL in, one document out: against a real server on loopback, polite and hostile."""

from __future__ import annotations

import asyncio
import gzip
import sys
import threading
import time
import tracemalloc
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from pipeline.errors import FetchFailed, Gone, NewswireError, Refused, Throttled
from pipeline.fetch import MOST_REDIRECTS, Answer, Fetcher, Validators
from pipeline.http import retry_after_s
from schemas.document import Document
from tests.pipeline.web import ALLOW, Asked, Web, conditional, reply

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIMIT = 1_000_000


def get(*urls: str, validators: Validators | None = None, deadline_s: float = 5.0, allow: tuple[str, ...] = ALLOW) -> list[Answer]:
    async def ask() -> list[Answer]:
        async with Fetcher(
            user_agent="newswire-test/1", allow_networks=allow, max_body_bytes=LIMIT, deadline_s=deadline_s, now=lambda: NOW
        ) as fetcher:
            return [await fetcher.get(url, validators) for url in urls]

    return asyncio.run(ask())


def document(url: str) -> Document:
    found = get(url)[0].document
    assert found is not None
    return found


def failure(url: str, kind: type[NewswireError], **more: float) -> NewswireError:
    with pytest.raises(kind) as caught:
        get(url, **more)  # type: ignore[arg-type]
    message = str(caught.value)
    assert message.endswith("."), message
    assert "\n" not in message
    return caught.value


# --- what comes back ------------------------------------------------------------------------------------------------------------


def test_a_document_has_the_bytes_the_type_and_the_time(web: Web) -> None:
    web.at("/a", reply(b"\xff<p>", Content_Type="text/html; charset=latin-1", ETag='"1"', X_Other="no"))
    one = document(web.url("/a"))
    assert (one.body, one.content_type, one.fetched_at, one.final_url) == (b"\xff<p>", "text/html; charset=latin-1", NOW, "")
    assert one.headers["etag"] == '"1"'
    assert "x-other" not in one.headers
    assert web.asked("/a")[0]["user-agent"] == "newswire-test/1"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd"])
def test_a_compressed_body_is_decompressed(web: Web, coding: str) -> None:
    body = b"hello " * 100
    packed = {"gzip": gzip.compress(body), "deflate": zlib.compress(body), "zstd": zstd.compress(body)}[coding]
    web.at("/a", reply(packed, Content_Encoding=coding))
    assert document(web.url("/a")).body == b"hello " * 100


def test_no_cookie_is_ever_sent_back(web: Web) -> None:
    web.at("/a", reply(b"x", Set_Cookie="id=1; Path=/"))
    get(web.url("/a"), web.url("/a"))
    assert ["cookie" in headers for headers in web.asked("/a")] == [False, False]


# --- conditional requests -------------------------------------------------------------------------------------------------------


def test_both_validators_go_back_as_they_came(web: Web) -> None:
    etag, when = 'W/"a b\xe9-"", ', "Sonntag, 1. M\xe4rz"  # neither is what its standard says: not ours to judge
    web.at("/a", reply(b"x", ETag=etag, Last_Modified=when))
    validators = get(web.url("/a"))[0].validators
    get(web.url("/a"), validators=validators)
    sent = web.asked("/a")[1]
    assert (sent["if-none-match"], sent["if-modified-since"]) == (etag.strip(), when)


def test_not_modified_is_a_value(web: Web) -> None:
    web.at("/a", conditional(b"x", etag='"1"'))
    first = get(web.url("/a"))[0]
    second = get(web.url("/a"), validators=first.validators)[0]
    assert first.document is not None
    assert second.document is None
    assert second.validators == first.validators


def test_not_modified_without_having_been_asked_is_an_error(web: Web) -> None:
    web.at("/a", reply(status=304))
    failure(web.url("/a"), FetchFailed)


# --- statuses -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        (Gone, (404, 410, 451, 400, 401, 403, 418)),
        (FetchFailed, (500, 502, 503, 408, 425, 204, 206, 300, 399, 599)),
        (Throttled, (429,)),
    ],
)
def test_a_status_has_its_error_and_the_error_names_url_and_status(web: Web, kind: type[NewswireError], statuses: tuple[int, ...]) -> None:
    for status in statuses:
        web.at("/a", reply(status=status))
        error = failure(web.url("/a"), kind)
        assert web.url("/a") in str(error)
        assert str(status) in str(error)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("header", "wait"), [("120", 120.0), (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0)])
def test_retry_after_is_told(web: Web, status: int, header: str, wait: float) -> None:
    web.at("/a", reply(status=status, Retry_After=header))
    error = failure(web.url("/a"), Throttled)
    assert isinstance(error, Throttled)
    assert error.retry_after_s == wait


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        *((nonsense, None) for nonsense in ("", "soon", "-5", "1e9", "9" * 40, "\u0661")),
        ("0", 0.0),
        ("999999999", 86_400.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("Fri, 01 Jan 2099 00:00:00 GMT", 86_400.0),
        ("Sun, 01 Mar 2026 12:01:00", 60.0),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_bounded(header: str, wait: float | None) -> None:
    assert retry_after_s(header, NOW) == wait


# --- redirects ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_and_its_end_is_told(web: Web, status: int) -> None:
    web.at("/a", reply(status=status, Location="b?x=1"))
    web.at("/b?x=1", reply(b"here"))
    one = document(web.url("/a"))
    assert (one.url, one.final_url, one.body) == (web.url("/a"), web.url("/b?x=1"), b"here")


def test_a_redirect_loop_ends(web: Web) -> None:
    web.at("/a", reply(status=302, Location="/a"))
    assert "redirects more than 5 times" in str(failure(web.url("/a"), Refused))
    assert len(web.asked("/a")) == MOST_REDIRECTS + 1


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "ftp://example.org/", "gopher://example.org/", "javascript:alert(1)", "data:,x", "http://a:b@example.org/"]
)
def test_a_redirect_to_what_is_not_the_web_is_refused(web: Web, to: str) -> None:
    web.at("/a", reply(status=302, Location=to))
    failure(web.url("/a"), Refused)


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "[::1]", "127.0.0.2", "localhost", "2130706433", "[::ffff:127.0.0.1]"])
def test_each_hop_is_guarded(web: Web, host: str) -> None:
    rule = f"{web.host.removeprefix('http://').replace(':', '/32:')}"  # this very port, and nothing else
    web.at("/a", reply(status=302, Location=f"http://{host}:9/secret"))
    with pytest.raises(Refused):
        get(web.url("/a"), allow=(rule,))


def test_a_redirect_to_nowhere_is_an_error(web: Web) -> None:
    web.at("/a", reply(status=302))
    failure(web.url("/a"), FetchFailed)
    web.at("/b", reply(status=302, Location="http://host:port/"))
    failure(web.url("/b"), Refused)


# --- limits ---------------------------------------------------------------------------------------------------------------------


def test_without_an_allow_list_loopback_is_refused(web: Web) -> None:
    with pytest.raises(Refused, match="not on the public internet"):
        get(web.url("/a"), allow=())
    assert not web.requests


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/x",
        "example.org/feed",
        "",
        "http://",
        "http:///x",
        "https://user:pw@example.org/",
        "http://2130706433/",
    ],
)
def test_a_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(Refused) as caught:
        get(url)
    assert "pw" not in str(caught.value)


def test_a_body_that_says_it_is_too_large_is_not_read(web: Web) -> None:
    def route(asked: Asked) -> None:
        asked.send_response(200)
        asked.send_header("Content-Length", str(LIMIT + 1))
        asked.end_headers()

    web.at("/a", route)
    assert "larger than 1,000,000 bytes" in str(failure(web.url("/a"), Refused))


def test_an_endless_body_is_cut(web: Web) -> None:
    def route(asked: Asked) -> None:
        asked.send_response(200)
        asked.send_header("Connection", "close")
        asked.end_headers()
        while not asked.wait(0):
            asked.wfile.write(b"x" * 65536)

    web.at("/a", route)
    failure(web.url("/a"), Refused)


@pytest.mark.parametrize("coding", ["gzip", "gzip, gzip", "deflate", "zstd"])
def test_a_compression_bomb_is_cut_and_takes_no_memory(web: Web, coding: str) -> None:
    packed = bomb(coding)
    web.at("/a", reply(packed, Content_Encoding=coding))
    tracemalloc.start()
    try:
        failure(web.url("/a"), Refused, deadline_s=20)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 20_000_000, f"{peak:,} bytes for a bomb of 100 MB and a limit of 1 MB"


def bomb(coding: str) -> bytes:
    """100 MB of nothing, packed in pieces."""
    if coding == "zstd":
        pack = zstd.ZstdCompressor(level=3)
        return b"".join(pack.compress(bytes(1_000_000)) for _ in range(100)) + pack.flush()
    zipped = zlib.compressobj(6, zlib.DEFLATED, 31 if "gzip" in coding else 15)
    packed = b"".join(zipped.compress(bytes(1_000_000)) for _ in range(100)) + zipped.flush()
    return gzip.compress(packed) if coding == "gzip, gzip" else packed


def test_a_dripping_server_meets_the_deadline(web: Web) -> None:
    def route(asked: Asked) -> None:
        asked.send_response(200)
        asked.send_header("Content-Length", "100000")
        asked.end_headers()
        while not asked.wait(0.05):
            asked.wfile.write(b"x")

    web.at("/a", route)
    began = time.monotonic()
    assert "not there in full after 0.5 s" in str(failure(web.url("/a"), FetchFailed, deadline_s=0.5))
    assert time.monotonic() - began < 3


def test_dripping_headers_and_dripping_redirects_meet_the_same_deadline(web: Web) -> None:
    def headers(asked: Asked) -> None:
        asked.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not asked.wait(0.05):
            asked.wfile.write(b"X-Y: z\r\n")

    def redirect(asked: Asked) -> None:
        asked.wait(0.2)
        asked.send(status=302, Location="/redirect")

    web.at("/headers", headers)
    web.at("/redirect", redirect)
    for path in ("/headers", "/redirect"):
        failure(web.url(path), FetchFailed, deadline_s=0.5)


# --- broken servers -------------------------------------------------------------------------------------------------------------


def test_a_reset_connection(web: Web) -> None:
    web.at("/a", Asked.reset)
    assert "broke off" in str(failure(web.url("/a"), FetchFailed))


def test_half_a_body_is_not_a_document(web: Web) -> None:
    def route(asked: Asked) -> None:
        asked.send_response(200)
        asked.send_header("Content-Length", "100")
        asked.end_headers()
        asked.wfile.write(b"half")
        asked.close_connection = True

    web.at("/a", route)
    assert "broke off" in str(failure(web.url("/a"), FetchFailed))


def test_what_is_no_http_and_what_is_no_gzip(web: Web) -> None:
    def nonsense(asked: Asked) -> None:
        asked.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
        asked.close_connection = True

    web.at("/a", nonsense)
    failure(web.url("/a"), FetchFailed)
    web.at("/b", reply(b"not gzip", Content_Encoding="gzip"))
    assert "can't be decompressed" in str(failure(web.url("/b"), FetchFailed))
    web.at("/c", reply(b"x", X_Large="y" * 300_000))
    failure(web.url("/c"), FetchFailed)


def test_a_dead_host_and_an_unknown_one() -> None:
    with Web() as closed:
        url = closed.url("/a")
    assert "can't be connected to" in str(failure(url, FetchFailed))
    assert "its name has no address" in str(failure("http://no-such-host.invalid/a", FetchFailed))


def test_a_client_goes_on_after_a_failure(web: Web) -> None:
    web.at("/a", Asked.reset)
    web.at("/b", reply(b"fine"))

    async def ask() -> Answer:
        async with Fetcher(user_agent="t", allow_networks=ALLOW, max_body_bytes=LIMIT, deadline_s=5, now=lambda: NOW) as fetcher:
            for _ in range(20):  # more than the pool has connections
                with pytest.raises(FetchFailed):
                    await fetcher.get(web.url("/a"))
            return await fetcher.get(web.url("/b"))

    assert asyncio.run(ask()).document is not None


def test_many_at_a_time(web: Web) -> None:
    together = threading.Barrier(4, timeout=5)

    def route(asked: Asked) -> None:
        together.wait()
        asked.send(b"x")

    web.at("/a", route)

    async def ask() -> list[Answer]:
        async with Fetcher(user_agent="t", allow_networks=ALLOW, max_body_bytes=LIMIT, deadline_s=5, now=lambda: NOW) as fetcher:
            return await asyncio.gather(*(fetcher.get(web.url("/a")) for _ in range(4)))

    assert len(asyncio.run(ask())) == 4

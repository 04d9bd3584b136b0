"""Answers of servers that are broken or mean no good: each a function that has the raw connection. For tests of what fetches."""

from __future__ import annotations

import gzip
import io
import itertools
import socket
import struct
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import cast

Answers = Callable[[BaseHTTPRequestHandler, threading.Event], None]
"""Given the request, and an event that is set when the site stops. The connection is closed after it."""

_CHUNK = b"<p>" + b"a word and another " * 800 + b"</p>\n"
DRIP_EVERY_S = 0.2
BOMB_BYTES = 1 << 30
_turns = itertools.count(1)


def _send(
    request: BaseHTTPRequestHandler, status: int, body: bytes = b"", *, length: int | None = None, headers: dict[str, str] | None = None
) -> None:
    request.send_response(status)
    for name, value in (headers or {}).items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(body) if length is None else length))
    request.send_header("Connection", "close")
    request.end_headers()
    request.wfile.write(body)


def server_error(request: BaseHTTPRequestHandler, ending: threading.Event) -> None:
    """500, with a page that says so."""
    _send(request, 500, b"<h1>Internal Server Error</h1>", headers={"Content-Type": "text/html"})


def throttled(request: BaseHTTPRequestHandler, ending: threading.Event) -> None:
    """429, and asks to wait for two minutes."""
    _send(request, 429, b"slow down", headers={"Retry-After": "120"})


def drip(request: BaseHTTPRequestHandler, ending: threading.Event) -> None:
    """A byte at a time for ten minutes: no single read times out."""
    request.send_response(200)
    request.send_header("Content-Type", "text/html")
    request.end_headers()
    for _ in range(int(600 / DRIP_EVERY_S)):
        request.wfile.write(b"a")
        if ending.wait(DRIP_EVERY_S):
            return


def silent(request: BaseHTTPRequestHandler, ending: threading.Event) -> None:
    """Accepts, and never says a word."""
    ending.wait(600)


def reset(request: BaseHTTPRequestHandler, ending: threading.Event) -> None:
    """Begins an answer and breaks the connection with a RST."""
    request.send_response(200)
    request.send_header("Content-Length", "100000")
    request.end_headers()
    request.wfile.write(b"<html>")
    request.wfile.flush()
    connection = cast(socket.socket, request.connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def half(request: BaseHTTPRequestHandler, ending: threading.Event) -> None:
    """Promises ten times what it sends."""
    body = b"<html><body><p>The first half of a story"
    _send(request, 200, body, length=len(body) * 10, headers={"Content-Type": "text/html"})


def bomb(request: BaseHTTPRequestHandler, ending: threading.Event) -> None:
    """A gigabyte of nothing, gzipped to a megabyte."""
    _send(request, 200, _bomb(), headers={"Content-Type": "text/html", "Content-Encoding": "gzip"})


def _bomb() -> bytes:
    packed = io.BytesIO()
    zeros = b" " * (1 << 20)
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9, mtime=0) as file:
        for _ in range(BOMB_BYTES // len(zeros)):
            file.write(zeros)
    return packed.getvalue()


def endless(request: BaseHTTPRequestHandler, ending: threading.Event) -> None:
    """A page without an end."""
    request.send_response(200)
    request.send_header("Content-Type", "text/html")
    request.end_headers()
    while not ending.is_set():
        request.wfile.write(_CHUNK)


def never_modified(request: BaseHTTPRequestHandler, ending: threading.Event) -> None:
    """304 to whoever asks, also without a validator."""
    request.send_response(304)
    request.send_header("ETag", '"always"')
    request.end_headers()


def same_tag(request: BaseHTTPRequestHandler, ending: threading.Event) -> None:
    """Another body each time under one ETag, which it never honours."""
    _send(request, 200, f"<p>turn {next(_turns)}</p>".encode(), headers={"ETag": '"one"', "Content-Type": "text/html"})


def other_tag(request: BaseHTTPRequestHandler, ending: threading.Event) -> None:
    """The same body under another ETag each time."""
    _send(request, 200, b"<p>always the same</p>", headers={"ETag": f'"{next(_turns)}"', "Content-Type": "text/html"})


def circle(request: BaseHTTPRequestHandler, ending: threading.Event) -> None:
    """Redirects to itself."""
    _send(request, 302, headers={"Location": request.path})


def inward(request: BaseHTTPRequestHandler, ending: threading.Event) -> None:
    """Redirects to the address at which clouds keep their hosts' secrets."""
    _send(request, 302, headers={"Location": "http://169.254.169.254/latest/meta-data/"})


def binary(request: BaseHTTPRequestHandler, ending: threading.Event) -> None:
    """Says that it is a page, and is noise."""
    _send(request, 200, bytes(range(256)) * 64, headers={"Content-Type": "text/html"})


ANSWERS: dict[str, Answers] = {
    "500": server_error,
    "429": throttled,
    "drip": drip,
    "silent": silent,
    "reset": reset,
    "half": half,
    "bomb": bomb,
    "endless": endless,
    "never-modified": never_modified,
    "same-tag": same_tag,
    "other-tag": other_tag,
    "circle": circle,
    "inward": inward,
    "binary": binary,
}
"""Each site answers `/hostile/<name>` so; `Press.misbehave` puts one in the place of a path."""

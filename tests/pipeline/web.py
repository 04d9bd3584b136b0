"""A web server on loopback for tests: real sockets, each path answered by a function, hostile ones among them.

with Web() as web:
    web.at("/feed", reply(b"<rss/>", etag='"1"'))
    fetch(web.url("/feed"))
    web.asked("/feed")          the requests that came, with their headers
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

Route = Callable[["Asked"], None]

ALLOW = ("127.0.0.1/32",)
"""For settings.allow_networks."""


class Asked(BaseHTTPRequestHandler):
    """One request, under way. A route answers it with `send`, or writes to `wfile` what it likes."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes: each answer would wait 40 ms for an acknowledgement
    server: _Server

    def do_GET(self) -> None:
        self.server.web.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        route = self.server.web.routes.get(self.path)
        if route is None:
            self.send(b"not here", status=404)
        else:
            route(self)

    def send(self, body: bytes = b"", *, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if status != 304:
            self.wfile.write(body)

    def header(self, name: str) -> str:
        return self.headers.get(name, "")

    def reset(self) -> None:
        """Break the connection with a RST."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def wait(self, seconds: float) -> bool:
        """Stall until the server ends, or so long; True: it ends."""
        return self.server.web.ending.wait(seconds)

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def handle(self) -> None:
        try:
            super().handle()
        except (OSError, ValueError):
            self.close_connection = True  # whoever asked has gone, or a route closed it

    def finish(self) -> None:
        with suppress(OSError, ValueError):
            super().finish()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = True
    request_queue_size = 64
    web: Web


class Web:
    """The server. Routes may be set at any time."""

    def __init__(self) -> None:
        self.routes: dict[str, Route] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.ending = threading.Event()
        self._server = _Server(("127.0.0.1", 0), Asked)
        self._server.web = self
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def host(self) -> str:
        """As fetch jobs name it."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def url(self, path: str) -> str:
        return f"{self.host}{path}"

    def at(self, path: str, route: Route) -> None:
        self.routes[path] = route

    def asked(self, path: str) -> list[dict[str, str]]:
        """The headers of each request for a path."""
        return [headers for asked, headers in self.requests if asked == path]

    def elapsed(self) -> float:
        """Seconds since it was made."""
        return time.monotonic() - self._began

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.ending.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def reply(body: bytes = b"", *, status: int = 200, **headers: str) -> Route:
    """A route that always answers so."""
    return lambda asked: asked.send(body, status=status, **headers)


def conditional(body: bytes, *, etag: str = "", last_modified: str = "") -> Route:
    """A route that answers 304 to whoever sends one of its validators back as it was."""

    def route(asked: Asked) -> None:
        known = (etag and asked.header("If-None-Match") == etag) or (last_modified and asked.header("If-Modified-Since") == last_modified)
        headers = {name: value for name, value in (("ETag", etag), ("Last_Modified", last_modified)) if value}
        asked.send(b"" if known else body, status=304 if known else 200, **headers)

    return route

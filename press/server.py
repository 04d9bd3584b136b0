"""One house's web site: real sockets, a thread a connection, conditional GET as RFC 9110 section 13 has it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from press.hostile import Answers


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a path holds now."""

    body: str
    content_type: str
    modified: datetime | None
    """Whole seconds, as the header can say it; None: no Last-Modified."""
    status: int = 200
    item: str = ""
    version: int = 0


Told = Callable[[str, str, int, int, str, int], None]
"""house, path, status, size, item, version: of each answer, for the ledger."""


class Request(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = 60
    server: _Server

    def do_GET(self) -> None:
        site = self.server.site
        path = self.path.partition("?")[0]
        answer = site.answer(site.house, path)
        if not isinstance(answer, Answer):
            self.close_connection = True
            site.told(site.house, path, -1, 0, "", 0)
            answer(self, site.ending)
            return
        body = answer.body.encode()
        etag = f'"{blake2b(body, digest_size=8).hexdigest()}"'
        status = 304 if answer.status == 200 and self._is_known(etag, answer.modified) else answer.status
        site.told(
            site.house, path, status, len(body) if status != 304 else 0, answer.item, answer.version
        )  # before it goes out: never late
        self.send_response(status)
        if status in (200, 304):
            self.send_header("ETag", etag)
            if answer.modified is not None:
                self.send_header("Last-Modified", format_datetime(answer.modified, usegmt=True))
        if status != 304:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 304 and self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def _is_known(self, etag: str, modified: datetime | None) -> bool:
        """If-None-Match wins; If-Modified-Since counts only without it."""
        named = self.headers.get("If-None-Match")
        if named is not None:
            return named.strip() == "*" or etag in [one.strip().removeprefix("W/") for one in named.split(",")]
        since = self.headers.get("If-Modified-Since")
        if since is None or modified is None:
            return False
        try:
            return modified.replace(microsecond=0) <= parsedate_to_datetime(since)
        except (ValueError, TypeError):
            return False

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def handle(self) -> None:
        with suppress(OSError, ValueError):  # whoever asked has gone, or a hostile answer closed it
            super().handle()

    def finish(self) -> None:
        with suppress(OSError, ValueError):
            super().finish()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    site: Site


class Site:
    """A server that begins to listen when it is made, and to answer when it is started."""

    def __init__(self, house: str, answer: Callable[[str, str], Answer | Answers], told: Told, *, host: str, port: int = 0) -> None:
        """`host`: a name or an address of this machine, which its URLs bear. Raises OSError where the port is taken."""
        self.house, self.answer, self.told, self.host = house, answer, told, host
        self.ending = threading.Event()
        self._server = _Server((host, port), Request)
        self._server.site = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name=f"press-{house}", daemon=True
        )

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.ending.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

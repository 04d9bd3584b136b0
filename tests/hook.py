"""The other side of a webhook: a real HTTP server on loopback that answers as it is told, and writes down what came."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "whsec_" + "bmV3c3dpcmUtdGVzdC1zZWNyZXQtMTIzNDU2"


class Hook:
    """`script`: statuses of the next answers, or (status, headers); the last one stays. `drip`: it never ends its answer."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.script: list[int | tuple[int, dict[str, str]]] = [204]
        self.drip = False
        self._ended = threading.Event()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                hook.requests.append(({name.lower(): value for name, value in self.headers.items()}, body))
                said = hook.script.pop(0) if len(hook.script) > 1 else hook.script[0]
                status, headers = said if isinstance(said, tuple) else (said, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if hook.drip:
                    self.end_headers()
                    while not hook._ended.wait(0.05):
                        try:
                            self.wfile.write(b".")
                        except OSError:
                            return
                elif status != 204:
                    self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Not into the tests' output."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def settings(self, **more: Any) -> dict[str, Any]:
        """Of a subscription to it."""
        return {"url": f"http://127.0.0.1:{self.port}/hook", "secret": SECRET, "allow_networks": "127.0.0.1/32"} | more

    def wait_for(self, count: int) -> None:
        """So many requests."""
        deadline = time.monotonic() + 60
        while len(self.requests) < count:
            assert time.monotonic() < deadline, f"{len(self.requests)} of {count} requests"
            time.sleep(0.01)

    def close(self) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

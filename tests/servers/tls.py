"""Certificates of an authority of our own, and TLS before a server that has none: what a managed service looks like from here."""

from __future__ import annotations

import select
import socket
import ssl
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self


def certificates(folder: Path, *, host: str = "127.0.0.1") -> tuple[Path, Path, Path]:
    """(authority, certificate, key) for a server on loopback, by the openssl program; good for two days."""

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *new, "-days", "2", "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=an authority of tests")
    openssl("req", *new, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=a server of tests")
    (folder / "names").write_text(f"subjectAltName=IP:{host},DNS:localhost\n")
    signed = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names", "-days", "2")
    openssl("x509", "-req", "-in", "server.csr", *signed, "-out", "server.crt")
    return folder / "ca.crt", folder / "server.crt", folder / "server.key"


class Terminator:
    """Takes TLS on a port of its own, and passes what is in it to a plain port: as stunnel does."""

    def __init__(self, port: int, certificate: Path, key: Path) -> None:
        self._behind = port
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, raw: socket.socket) -> None:
        """Until one of both ends. A client that does not like our certificate ends at once."""
        with raw, suppress(OSError), self._context.wrap_socket(raw, server_side=True) as client:
            with socket.create_connection(("127.0.0.1", self._behind)) as server:
                while True:
                    ready = [client] if client.pending() else select.select([client, server], [], [])[0]
                    for one, other in ((client, server), (server, client)):
                        if one in ready:
                            data = one.recv(65536)
                            if not data:
                                return
                            other.sendall(data)

"""The proxy between any two parts does what it says to their connections."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.servers.proxy import Proxy


@pytest.fixture
def echo() -> Iterator[tuple[str, int]]:
    """A server that says again what it hears."""

    def serve(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            while heard := connection.recv(1000):
                connection.sendall(heard)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listening.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()
        listening.shutdown(socket.SHUT_RDWR)


def ask(connection: socket.socket, words: bytes) -> bytes:
    connection.sendall(words)
    return connection.recv(1000)


def test_it_passes_on_and_cuts(echo: tuple[str, int]) -> None:
    with Proxy(echo) as proxy, socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as connection:
        assert ask(connection, b"there?") == b"there?"
        assert proxy.connections == 1
        proxy.cut()
        with pytest.raises(ConnectionError):
            ask(connection, b"there?")


def test_half_open_means_that_nothing_arrives_until_it_opens(echo: tuple[str, int]) -> None:
    with Proxy(echo) as proxy, socket.create_connection(("127.0.0.1", proxy.port), timeout=0.2) as connection:
        assert ask(connection, b"one") == b"one"
        proxy.mode = "hole"
        with pytest.raises(TimeoutError):
            ask(connection, b"two")
        proxy.mode = "open"
        connection.settimeout(5)
        assert connection.recv(1000) == b"two"


def test_shut_lets_nobody_in(echo: tuple[str, int]) -> None:
    with Proxy(echo) as proxy:
        proxy.mode = "shut"
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as connection:
            assert connection.recv(1000) == b""


def test_behind_a_unix_socket_nobody_may_be(tmp_path: object) -> None:
    with Proxy(f"{tmp_path}/nobody") as proxy, socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as connection:
        assert connection.recv(1000) == b""

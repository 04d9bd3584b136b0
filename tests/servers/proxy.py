"""A TCP proxy of our own between any two parts: it cuts connections, slows them down, or holds them half open.

with Proxy(upstream) as proxy:        upstream: (host, port), or the path of a Unix socket
    proxy.cut()                       all connections are reset, in mid-statement where one was under way
    proxy.mode = "hole"               what is sent arrives nowhere, and nobody is told
"""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from contextlib import suppress
from types import TracebackType
from typing import Literal, Self

Mode = Literal["open", "shut", "slow", "hole"]
SLOW_S = 0.1
"""Added to each piece that passes, in each direction."""
_PIECE = 65536


class Proxy:
    """Listens on a port of loopback, in a thread of its own. `mode` may be set at any time."""

    def __init__(self, upstream: tuple[str, int] | str) -> None:
        self.upstream = upstream
        self.mode: Mode = "open"
        self.port = 0
        self.connections = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """Reset every connection; new ones are let in."""
        asyncio.run_coroutine_threadsafe(self._reset(), self._loop).result(10)

    async def _listen(self) -> int:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_PIECE)
        return int(self._server.sockets[0].getsockname()[1])

    async def _reset(self) -> None:
        for writer in list(self._writers):
            connection = writer.get_extra_info("socket")
            with suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def _close(self) -> None:
        self._server.close()
        await self._reset()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        theirs: asyncio.StreamWriter | None = None
        try:
            if self.mode == "shut":
                return
            await self._may_pass()
            if isinstance(self.upstream, str):
                back, theirs = await asyncio.open_unix_connection(self.upstream)
            else:
                back, theirs = await asyncio.open_connection(*self.upstream)
            self._writers |= {writer, theirs}
            self.connections += 1
            ways = [asyncio.create_task(self._pump(reader, theirs)), asyncio.create_task(self._pump(back, writer))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self.connections -= 1
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except asyncio.CancelledError:
            pass  # the proxy ends, and has nothing more to say
        except OSError:
            pass  # nobody is behind it: the connection is closed, as theirs would be refused
        finally:
            for one in (writer, theirs):
                if one is not None:
                    self._writers.discard(one)
                    one.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(_PIECE):
                await self._may_pass()
                writer.write(piece)
                await writer.drain()

    async def _may_pass(self) -> None:
        if self.mode == "slow":
            await asyncio.sleep(SLOW_S)
        while self.mode == "hole":  # noqa: ASYNC110 (set from other threads)
            await asyncio.sleep(0.05)

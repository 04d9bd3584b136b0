"""Kombu's Redis transport, and what it must not do: wait for ever. Importing this puts it in the place of kombu's own.

A worker's parent reads what is said to all workers (inspect, revoke) when the kernel says that something came. What came may be the end of a
connection; redis-py connects anew, and then reads without a limit of time: the worker hung, seen after connections were cut.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import TRANSPORT_ALIASES
from kombu.transport import redis as kombu_redis
from kombu.transport.virtual import Empty


class Channel(kombu_redis.Channel):
    """Reads what is there."""

    def _receive_one(self, c: Any) -> Any:
        try:
            if c.connection is None or not c.connection.can_read(timeout=0):
                raise Empty
        except self.connection_errors:
            self._in_listen = False
            raise
        return super()._receive_one(c)  # type: ignore[no-untyped-call]


class Transport(kombu_redis.Transport):
    Channel = Channel


TRANSPORT_ALIASES |= {"redis": "workers.broker:Transport", "rediss": "workers.broker:Transport"}

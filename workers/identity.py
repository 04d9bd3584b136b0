"""What a child of a worker knows of itself: how it signs its claims, so that its parent finds them when it dies; and that it is to stop."""

from __future__ import annotations

import os
import socket
from functools import cache
from threading import Event

stopping = Event()
"""Set when the worker was told to stop: what takes long ends between two requests."""


@cache
def _host() -> str:
    return socket.gethostname()


def child(pid: int) -> str:
    """`host:pid`, as in work.claimed_by."""
    return f"{_host()}:{pid}"


def this_child() -> str:
    return child(os.getpid())

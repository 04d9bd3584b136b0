"""How a process signs its claims, so that its parent finds them when it dies."""

from __future__ import annotations

import os
import socket
from functools import cache


@cache
def _host() -> str:
    return socket.gethostname()


def child(pid: int) -> str:
    """`host:pid`, as in work.claimed_by."""
    return f"{_host()}:{pid}"


def this_child() -> str:
    return child(os.getpid())

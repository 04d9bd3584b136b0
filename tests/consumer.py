"""Another team's consumer as a real process: examples/consumer under its own Celery worker, where importing ours is blocked."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).parents[1]
TASK, QUEUE = "stories.receive", "stories"
DEADLINE_S = 60
_START = """
import sys

OURS = {"newswire", "workers", "pipeline", "press", "migrations", "schemas", "tests"}

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in OURS:
            raise ImportError(f"{name} is not to be had here")

sys.meta_path.insert(0, Blocked())
sys.path[0:0] = [sys.argv.pop(1)]
from celery.__main__ import main
main()
"""


T = TypeVar("T")


def until(looked_for: Callable[[], T], what: str) -> T:
    """Poll a real process's effects until they are there."""
    deadline = time.monotonic() + DEADLINE_S
    while not (found := looked_for()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {DEADLINE_S} s: {what}")
        time.sleep(0.05)
    return found


class Consumer:
    """What that process wrote into its own file."""

    def __init__(self, file: Path, broker: str) -> None:
        self.file = file
        self.broker = broker
        self.target = {"broker": broker, "task": TASK, "queue": QUEUE}
        """Settings of a subscription to it."""

    def _rows(self, statement: str) -> list[Any]:
        if not self.file.exists():
            return []
        with closing(sqlite3.connect(self.file, timeout=10)) as conn:
            try:
                return conn.execute(statement).fetchall()
            except sqlite3.OperationalError:  # it has not made its tables yet
                return []

    def held(self) -> dict[int, tuple[str, str | None]]:
        """By item: status and headline."""
        return {item: (status, headline) for item, status, headline in self._rows("SELECT item, status, headline FROM held")}

    def received(self) -> list[tuple[int, int, str, int]]:
        """Its own ledger, in order: item, seq, status, whether it was applied."""
        return self._rows("SELECT item, seq, status, applied FROM received ORDER BY n")


@contextmanager
def consuming(folder: Path, broker: str, *options: str) -> Iterator[Consumer]:
    """Run it until the end of the block."""
    file = folder / "held.sqlite"
    command = [sys.executable, "-P", "-c", _START, str(ROOT / "examples" / "consumer")]
    command += [
        "-A",
        "consumer",
        "worker",
        "-Q",
        QUEUE,
        "--pool=solo",
        "--without-gossip",
        "--without-mingle",
        "--loglevel=WARNING",
        *options,
    ]
    environment = {"PATH": os.defpath, "CONSUMER_BROKER": broker, "CONSUMER_FILE": str(file)}
    with (folder / "consumer.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            yield Consumer(file, broker)
        finally:
            process.kill()
            process.wait()

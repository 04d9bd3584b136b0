"""Newswire as it runs, and its consumers: processes that are known by role, so that they can be killed, stopped and told to end."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.config import Settings
from tests.workers.conftest import process as role_process
from workers.embedded import System, running
from workers.supervisor import die_with

PARTS = Path(__file__).with_name("parts")
TEAM = PARTS / "team.py"


def children(pid: int) -> list[int]:
    """Direct children, by the kernel."""
    with suppress(OSError):
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def send(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def send_group(pid: int, number: int) -> None:
    """To a role's process and all that it forked: each is a session of its own."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def entry_points(folder: Path) -> None:
    """Make the parts of a run known as a distribution would: a folder to put on PYTHONPATH."""
    info = folder / "chaos_parts-1.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: chaos-parts\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[newswire.formats]\npoison = chaos_parts:FORMAT\n[newswire.enrichers]\nmoody = chaos_parts:ENRICHER\n"
    )


class Running:
    """A supervisor and its children, as `newswire up` has them; their pids as they change."""

    def __init__(self, settings: Settings, path: str, without: str = "") -> None:
        self.settings = settings
        self.deaths = 0
        self._environment = {"PYTHONPATH": path, "NEWSWIRE_WITHOUT": without}
        self._stack = ExitStack()
        self._pids: dict[str, int] = {}
        self._lock = threading.Lock()

    @contextmanager
    def _begun_with_its_parts(self) -> Iterator[None]:
        """What is started meanwhile knows the format and the enricher of the run."""
        os.environ |= self._environment
        try:
            yield
        finally:
            for name in self._environment:
                del os.environ[name]

    def start(self) -> None:
        with self._begun_with_its_parts():
            self._stack = ExitStack()
            system = self._stack.enter_context(running(self.settings, flower=False))
        with self._lock:
            self._pids = dict(system.pids)
        threading.Thread(target=self._listen, args=(system,), daemon=True).start()

    def _listen(self, system: System) -> None:
        with suppress(ValueError, OSError):
            for event in system.events():
                if event["event"] == "started":
                    with self._lock:
                        self._pids[event["role"]] = event["pid"]
                elif event["event"] == "died":
                    self.deaths += 1

    def stop(self) -> None:
        self._stack.close()

    @property
    def pids(self) -> dict[str, int]:
        with self._lock:
            return dict(self._pids)

    def pool(self) -> list[int]:
        """All pool children of all workers."""
        return [child for role in ("worker", "flash", "fetch") for child in children(self.pids.get(role, 0))]

    def all_pids(self) -> list[int]:
        return [*self.pids.values(), *self.pool()]

    @contextmanager
    def second(self, role: str, log: Path) -> Iterator[None]:
        """One more process of that role, started by mistake."""
        with ExitStack() as stack:
            with self._begun_with_its_parts():
                stack.enter_context(role_process(role, self.settings, log))
            yield


class Received(NamedTuple):
    """A line of a consumer's ledger."""

    at: float
    item: int
    epoch: int
    seq: int
    status: str
    version: int | None
    applied: int
    headline: str | None


class Team:
    """One consumer, its process, its ledger. `after`: told of what is stored, or enriched."""

    def __init__(self, name: str, kind: str, folder: Path, environment: Mapping[str, str], after: str = "stored") -> None:
        self.name, self.kind, self.after = name, kind, after
        self.file = folder / f"{name}.sqlite"
        self._log = folder / f"{name}.log"
        self._environment = {
            "PATH": os.environ["PATH"],
            "TEAM_FILE": str(self.file),
            **environment,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = self._started()

    @contextmanager
    def second(self) -> Iterator[None]:
        """One more process of it, over the same ledger."""
        other = self._started()
        try:
            yield
        finally:
            other.terminate()
            with suppress(subprocess.TimeoutExpired):
                other.wait(8)
            send_group(other.pid, signal.SIGKILL)
            other.wait()

    def _started(self) -> subprocess.Popen[bytes]:
        parent = os.getpid()
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, str(TEAM), self.kind],
                env=self._environment,
                cwd=PARTS,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=lambda: die_with(parent),
            )

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    def revive(self) -> None:
        """As its own supervisor would, where it ended by itself: a Celery worker does so when its broker goes away at a wrong moment."""
        if self._process is not None and self._process.poll() is not None:
            self.start()

    def kill(self) -> None:
        if self._process is not None:
            send_group(self._process.pid, signal.SIGCONT)
            send_group(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def end(self) -> None:
        """In order, or after some seconds by force."""
        if self._process is not None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(8)
            self.kill()

    def _rows(self, statement: str, *values: str) -> list[Any]:
        if not self.file.exists():
            return []
        with closing(sqlite3.connect(self.file, timeout=30)) as conn:
            try:
                return conn.execute(statement, values).fetchall()
            except sqlite3.OperationalError:  # it has not made its tables yet
                return []

    def held(self) -> dict[int, tuple[str, str | None, str | None]]:
        """By item: status, headline, text."""
        return {row[0]: row[1:] for row in self._rows("SELECT item, status, headline, text FROM held")}

    def received(self) -> Iterator[Received]:
        """In order."""
        for row in self._rows("SELECT at, item, epoch, seq, status, version, applied, headline FROM received ORDER BY n"):
            yield Received._make(row)

    def count(self) -> int:
        rows = self._rows("SELECT count(*) FROM held")
        return int(rows[0][0]) if rows else 0

    def applied_at(self, headline: str) -> float | None:
        """By its own clock, when it first applied what bears this headline."""
        rows = self._rows("SELECT min(at) FROM received WHERE headline = ? AND applied", headline)
        return None if not rows or rows[0][0] is None else float(rows[0][0])

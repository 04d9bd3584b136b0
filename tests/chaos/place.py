"""Where a run takes place: servers of its own, a proxy between any two parts, and small disks that can be filled."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline.storage import schema
from pipeline.storage.db import Database
from tests.servers.postgres import Postgres
from tests.servers.proxy import Proxy
from tests.servers.valkey import Valkey

LOG_BYTES = 192 << 20
LEAST_DROP_BYTES, A_FILE_BYTES = 64 << 20, 8_192
LEAST_DATABASE_BYTES, A_DOCUMENT_BYTES = 256 << 20, 150_000
"""Small, since a full disk is memory that is written full."""
MOST_CONNECTIONS = 60
THEIRS = "consumers' redis"


class Disk:
    """A small file system at `path`; without root a plain folder that nobody can fill."""

    def __init__(self, path: Path, size_bytes: int) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.is_small = os.geteuid() == 0 and _mounted(path, size_bytes)

    @property
    def _ballast(self) -> Path:
        return self.path / ".ballast"

    def fill(self) -> None:
        """To the last byte."""
        piece = 64 << 20
        with self._ballast.open("wb", buffering=0) as file:
            while piece:
                try:
                    file.write(b"\0" * piece)
                except OSError:
                    piece //= 2

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)

    def close(self) -> None:
        if self.is_small:
            subprocess.run(["umount", "-l", str(self.path)], check=False, capture_output=True)


def _mounted(path: Path, size_bytes: int) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={size_bytes},mode=755", "nw-chaos", str(path)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


class Place:
    """Servers, proxies and disks. `url`: newswire's way to its database, by the proxy where it is PostgreSQL."""

    def __init__(self, kind: str, documents: int) -> None:
        self.kind = kind
        self._stack = ExitStack()
        self.folder = Path(tempfile.mkdtemp(prefix="nw-chaos-", dir="/tmp"))
        self.folder.chmod(0o755)  # PostgreSQL runs as another user
        self.data = Disk(self.folder / "data", max(LEAST_DATABASE_BYTES, documents * A_DOCUMENT_BYTES))
        self.drop = Disk(self.folder / "drop", LEAST_DROP_BYTES + documents * A_FILE_BYTES)
        self.logs = Disk(self.folder / "home" / "logs", LOG_BYTES)
        self.disks = {"database": self.data, "press folder": self.drop, "logs": self.logs}
        self.redis = Valkey(append_only=True)
        self.theirs = Valkey(append_only=True)
        self.postgres: Postgres | None = None
        self.proxies: dict[str, Proxy] = {}

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._close()
            raise
        return self

    def _start(self) -> None:
        for name, server in (("redis", self.redis), (THEIRS, self.theirs)):
            self._stack.enter_context(server)
            self.proxies[name] = self._stack.enter_context(Proxy(("127.0.0.1", server.port)))
        self.redis_url = f"redis://127.0.0.1:{self.proxies['redis'].port}/0"
        if self.kind == "postgresql":
            durable = {
                "synchronous_commit": "on",  # what was committed survives a kill -9
                "max_connections": str(MOST_CONNECTIONS),
                "autovacuum": "on",
                "wal_level": "minimal",
                "timezone": "UTC",
                "restart_after_crash": "on",
            }
            self.postgres = self._stack.enter_context(Postgres(settings=durable, folder=self.data.path))
            self.direct_url = self.postgres.create("newswire")
            self.proxies["database"] = self._stack.enter_context(Proxy(self.postgres.socket))
            self.url = f"postgresql://postgres@127.0.0.1:{self.proxies['database'].port}/newswire"
        else:
            self.direct_url = self.url = f"sqlite:///{self.data.path / 'newswire.sqlite'}"
        database = Database.open(self.direct_url)
        schema.upgrade(database)
        database.close()

    def theirs_url(self, number: int, *, direct: bool = False) -> str:
        """A consumer's broker: as newswire reaches it, by the proxy, or as the consumer does."""
        return self.theirs.url(number) if direct else f"redis://127.0.0.1:{self.proxies[THEIRS].port}/{number}"

    # --- a backup -------------------------------------------------------------------------------------------------------------

    @property
    def _backup(self) -> Path:
        return self.folder / "backup"

    def back_up(self) -> None:
        """While all runs. Raises CalledProcessError or sqlite3.Error."""
        if self.postgres is None:
            self._backup.unlink(missing_ok=True)
            with closing(sqlite3.connect(self.data.path / "newswire.sqlite", timeout=60)) as conn:
                conn.execute("VACUUM INTO ?", (str(self._backup),))
        else:
            command = ["pg_dump", "--format=custom", f"--file={self._backup}", "-U", "postgres", "-h", str(self.data.path), "newswire"]
            subprocess.run(command, check=True)

    def restore(self) -> None:
        """While nothing of newswire runs."""
        if self.postgres is None:
            for end in ("", "-wal", "-shm"):
                (self.data.path / f"newswire.sqlite{end}").unlink(missing_ok=True)
            shutil.copyfile(self._backup, self.data.path / "newswire.sqlite")
        else:
            self.postgres.drop("newswire")
            self.postgres.create("newswire")
            command = ["pg_restore", "--dbname=newswire", "-U", "postgres", "-h", str(self.data.path), str(self._backup)]
            subprocess.run(command, check=True)

    def revive_postgres(self) -> None:
        """As an operator would, where it ended for good: a full disk does that to it."""
        if self.postgres is not None and not self.postgres.is_running:
            self.postgres.stop(keep=True)
            start_patiently(self.postgres)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._close()

    def _close(self) -> None:
        self._stack.close()
        for disk in self.disks.values():
            disk.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def start_patiently(server: Postgres | Valkey, deadline_s: float = 60) -> None:
    """What a killed server left behind (its shared memory, its lock) is in the way for a moment. Raises RuntimeError."""
    until = time.monotonic() + deadline_s
    while True:
        try:
            server.start()
            return
        except RuntimeError:
            if time.monotonic() > until:
                raise
            with suppress(OSError):
                server.stop(keep=True)

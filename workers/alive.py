"""Does a process do what it is for? Asked from outside: health checks of containers, probes of Kubernetes, `newswire health ROLE`.

A worker is asked over Redis, and answers. Beat and the deliverer mark each round that went well in a file of their home, whose age tells
when the sweep has last run, or the deliverer last looked: a process that is there and gets nowhere is found out.

Each question imports what it needs and no more: they are asked all day.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from pathlib import Path

from pipeline.config import Settings
from pipeline.errors import Infrastructure, Misconfigured

MARKED = ("beat", "deliver")
ROLES = ("worker", *MARKED, "flower")
OLDEST_S = 30.0
"""A round takes a second at most while all is well, and 5 s are waited between two that failed."""
PATIENCE_S = 8.0
_MARK_EVERY_S = 1.0


class Marker:
    """Marks rounds that went well; once a second at most, so that it costs nothing."""

    def __init__(self, settings: Settings, role: str) -> None:
        self._path = _path(settings, role)
        self._marked_at = float("-inf")

    def mark(self) -> None:
        """A full disk is told elsewhere: it stops no round."""
        if time.monotonic() - self._marked_at < _MARK_EVERY_S:
            return
        self._marked_at = time.monotonic()
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.touch()


def check(settings: Settings, role: str, *, patience_s: float = PATIENCE_S) -> str:
    """A sentence that says how that process, on this host, is known to be well. Raises Infrastructure where it is not; Misconfigured.

    `patience_s`: how long an answer is waited for.
    """
    if role in MARKED:
        return _marked(settings, role)
    if role == "worker":
        return _answers(settings, patience_s)
    if role == "flower":
        return _shows(settings, patience_s)
    raise Misconfigured(f"No process has the role {role}.", hint=f"There are: {', '.join(ROLES)}.")


def _path(settings: Settings, role: str) -> Path:
    return settings.home_path / "alive" / role


def _marked(settings: Settings, role: str) -> str:
    what = {"beat": "The sweep", "deliver": "The deliverer"}[role]
    try:
        age_s = time.time() - _path(settings, role).stat().st_mtime
    except FileNotFoundError as error:
        raise Infrastructure(f"{what} has not made a round yet.", hint="Its log says what it waits for.") from error
    if age_s > OLDEST_S:
        raise Infrastructure(
            f"{what} has made no round for {age_s:.0f} s.", hint="Are the database and Redis there? Its log says what it waits for."
        )
    return f"{what} has made its last round {max(age_s, 0):.1f} s ago."


def _answers(settings: Settings, patience_s: float) -> str:
    """Any worker of this host: in a container, the one."""
    from pipeline import resources
    from workers.app import create

    resources.use(settings)
    host = socket.gethostname()
    try:
        with create() as app:
            answers = app.control.ping(timeout=patience_s, pattern=f"*@{host}", matcher="glob", limit=1)
    except Exception as error:  # kombu's and redis-py's errors have no common base
        raise Infrastructure(f"Redis can't be asked for the worker: {error}.") from error
    if not answers:
        raise Infrastructure(f"No worker of the host {host} has answered within {patience_s:g} s.", hint="Its log says why.")
    return f"{next(iter(answers[0]))} answers."


def _shows(settings: Settings, patience_s: float) -> str:
    """Flower gives its jobs to who has the login, and to nobody else."""
    import urllib.error
    import urllib.request
    from base64 import b64encode

    url = f"http://127.0.0.1:{settings.flower_port}/api/tasks?limit=1"
    request = urllib.request.Request(url)
    try:
        with urllib.request.urlopen(request, timeout=patience_s):
            raise Infrastructure("Flower shows its jobs without a login.", hint="Set NEWSWIRE_FLOWER_AUTH.")
    except urllib.error.HTTPError as error:
        if error.code != 401:
            raise Infrastructure(f"Flower answers {error.code} to a call without a login, not 401.") from error
    except OSError as error:
        raise Infrastructure(f"Flower does not answer on port {settings.flower_port}: {getattr(error, 'reason', error)}.") from error
    from workers.flower import auth

    request.add_header("Authorization", "Basic " + b64encode(auth(settings).encode()).decode())
    try:
        with urllib.request.urlopen(request, timeout=patience_s):
            return "Flower shows its jobs to who has the login."
    except OSError as error:
        raise Infrastructure(f"Flower does not give its jobs to its own login: {error}.") from error

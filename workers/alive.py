"""Does a process do what it is for? Asked from outside: health checks of containers, probes of Kubernetes, `newswire health ROLE`.

Each marks a round that went well in a file of its home, whose age tells when the worker last answered for itself at Redis, the sweep last
ran, or the deliverer last looked: a process that is there and gets nowhere is found out. Flower is asked for its jobs.

The questions are asked all day, and when the machine is at its busiest: so they import next to nothing. (Celery's `inspect ping` takes
0.8 s of CPU; with 20 processes waiting for two cores, it came too late to say that all is well.)
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from pipeline.config import Settings
from pipeline.errors import Infrastructure, Misconfigured

_ROUNDS = {
    "worker": ("The worker", "answered for itself"),
    "beat": ("The sweep", "run"),
    "deliver": ("The deliverer", "looked"),
}
"""Who marks what."""
ROLES = (*_ROUNDS, "flower")
OLDEST_S = 30.0
"""A round takes two seconds at most while all is well, and 5 s are waited between two that failed."""
_PATIENCE_S = 8.0
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


def check(settings: Settings, role: str) -> str:
    """A sentence that says how that process, on this host, is known to be well. Raises Infrastructure where it is not; Misconfigured."""
    if role in _ROUNDS:
        return _marked(settings, role)
    if role == "flower":
        return _shows(settings)
    raise Misconfigured(f"No process has the role {role}.", hint=f"There are: {', '.join(ROLES)}.")


def _path(settings: Settings, role: str) -> Path:
    return settings.home_path / "alive" / role


def _marked(settings: Settings, role: str) -> str:
    who, did = _ROUNDS[role]
    try:
        age_s = time.time() - _path(settings, role).stat().st_mtime
    except FileNotFoundError as error:
        raise Infrastructure(f"{who} has not {did} yet.", hint="Its log says what it waits for.") from error
    if age_s > OLDEST_S:
        raise Infrastructure(
            f"{who} has last {did} {age_s:.0f} s ago.", hint="Are the database and Redis there? Its log says what it waits for."
        )
    return f"{who} has last {did} {max(age_s, 0):.1f} s ago."


def _shows(settings: Settings) -> str:
    """Flower gives its jobs to who has the login, and to nobody else."""
    import urllib.error
    import urllib.request
    from base64 import b64encode

    url = f"http://127.0.0.1:{settings.flower_port}/api/tasks?limit=1"
    request = urllib.request.Request(url)
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE_S):
            raise Infrastructure("Flower shows its jobs without a login.", hint="Set NEWSWIRE_FLOWER_AUTH.")
    except urllib.error.HTTPError as error:
        if error.code != 401:
            raise Infrastructure(f"Flower answers {error.code} to a call without a login, not 401.") from error
    except OSError as error:
        raise Infrastructure(f"Flower does not answer on port {settings.flower_port}: {getattr(error, 'reason', error)}.") from error
    try:
        auth = (
            settings.flower_auth or (settings.home_path / "flower-auth").read_text(encoding="utf-8").strip()
        )  # as workers/flower.py made it
        request.add_header("Authorization", "Basic " + b64encode(auth.encode()).decode())
        with urllib.request.urlopen(request, timeout=_PATIENCE_S):
            return "Flower shows its jobs to who has the login."
    except OSError as error:
        raise Infrastructure(f"Flower does not give its jobs to its own login: {error}.") from error

"""This machine: the space in the home, file descriptors, settings that are for tests or were never made."""

from __future__ import annotations

import platform
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path

from newswire.doctor.finding import Finding, advice, ok, wrong
from pipeline.config import Settings

LEAST_FREE_BYTES, FEW_FREE_BYTES = 200_000_000, 2_000_000_000
"""Below the first a day's captures may not fit."""
LEAST_FILES = 1024
"""A pump holds 4 connections to its host, the deliverer some for each consumer, a child a dozen of its own: 1,024 is Linux's usual limit."""


def look(settings: Settings) -> Iterator[Finding]:
    """Does not talk to a server."""
    import celery

    from pipeline.storage.quarantine import code_version

    yield ok("versions", f"newswire {code_version()}, Python {platform.python_version()}, Celery {celery.__version__}")
    yield _space(settings.home_path)
    yield _files()
    yield from _settings(settings)


def _space(home: Path) -> Finding:
    """Of the disk that the home is on, or will be: SQLite, the embedded Valkey, logs and Flower's file are there."""
    there = next(path for path in (home, *home.parents) if path.exists())
    usage = shutil.disk_usage(there)
    says = f"{usage.free / 1e9:.1f} of {usage.total / 1e9:.1f} GB are free where {home} is"
    if usage.free < LEAST_FREE_BYTES:
        return wrong("disk", f"{says}: soon nothing can be stored.", "Free some space, or move the home (NEWSWIRE_HOME).")
    if usage.free < FEW_FREE_BYTES:
        return advice("disk", f"{says}.", "Free some space before it is needed.")
    return ok("disk", says)


def _files() -> Finding:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < LEAST_FILES:
        can = "" if hard == resource.RLIM_INFINITY or hard >= LEAST_FILES else f" (its hard limit is {hard})"
        return wrong(
            "files",
            f"A process here may hold {soft} files and connections open{can}; under load that is too few.",
            f"ulimit -n {LEAST_FILES}, or LimitNOFILE={LEAST_FILES} in its systemd unit.",
        )
    return ok("files", f"a process may hold {'any number of' if soft == resource.RLIM_INFINITY else soft} files open")


def _settings(settings: Settings) -> Iterator[Finding]:
    if settings.failpoints:
        yield wrong("settings", "NEWSWIRE_FAILPOINTS is set: processes kill themselves on purpose.", "Unset it; it is for tests.")
    if settings.user_agent == Settings().user_agent:
        yield advice(
            "settings",
            "Publishers can't reach you: user_agent is the default.",
            "NEWSWIRE_USER_AGENT='example-news/1.0 (+https://example.org/bot)'",
        )
    if settings.queue_window < settings.children:
        yield advice(
            "settings",
            f"queue_window is {settings.queue_window}, and a worker has {settings.children} children: some of them wait for messages.",
            "NEWSWIRE_QUEUE_WINDOW: four times the children that read one queue.",
        )

"""This machine: the space in the home, file descriptors, settings that are for tests or were never made."""

from __future__ import annotations

import platform
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import make_url

from newswire.doctor.finding import Finding, advice, ok, wrong
from pipeline.config import Settings

LEAST_FREE_BYTES, FEW_FREE_BYTES = 200_000_000, 2_000_000_000
"""Below the first a day's captures may not fit."""
FULL_BYTES = 1_000_000
"""Less is none: SQLite's log of one transaction may take so much."""
LEAST_FILES = 1024
"""A pump holds 4 connections to its host, the deliverer some for each consumer, a child a dozen of its own: 1,024 is Linux's usual limit."""


def look(settings: Settings) -> Iterator[Finding]:
    """Does not talk to a server."""
    import celery

    from pipeline.storage.quarantine import code_version

    yield ok("versions", f"newswire {code_version()}, Python {platform.python_version()}, Celery {celery.__version__}")
    yield from space(settings)
    yield _files()
    yield from _settings(settings)


def space(settings: Settings) -> Iterator[Finding]:
    """Of the disks that home and SQLite's file are on, or will be: the embedded Valkey, logs and Flower's file are in the home."""
    url = make_url(settings.database)
    folders = [settings.home_path, *([Path(url.database).resolve().parent] if url.get_backend_name() == "sqlite" and url.database else [])]
    disks = {_there(folder).stat().st_dev: folder for folder in reversed(folders)}
    for folder in reversed(disks.values()):
        yield _space(folder)


def _there(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _space(home: Path) -> Finding:
    usage = shutil.disk_usage(_there(home))
    says = f"{_size(usage.free)} of {_size(usage.total)} are free where {home} is"
    if usage.free < FULL_BYTES:
        return wrong("disk", f"The disk is full: {says}; nothing can be stored.", "Free some space; all goes on by itself.")
    if usage.free < LEAST_FREE_BYTES:
        return wrong("disk", f"{says}: soon nothing can be stored.", "Free some space, or move the home (NEWSWIRE_HOME).")
    if usage.free < FEW_FREE_BYTES:
        return advice("disk", f"{says}.", "Free some space before it is needed.")
    return ok("disk", says)


def _size(bytes: int) -> str:
    return f"{bytes / 1e9:.1f} GB" if bytes >= 1e9 else f"{bytes / 1e6:.0f} MB"


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

"""Which folder sources changed, as it happens: by the kernel's notices where there are some, else by polling. Says only *that*, never what.

A notice may be lost, and a folder may not be there yet: sources are looked at in their rhythm all the same. A notice makes it sooner.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Event

from watchfiles import watch

GATHER_MS = 10
"""Notices that come so close together are told as one."""
AT_MOST_MS = 500
"""A stream of notices is told of at least so often."""


def changed(folders: Mapping[str, Path], stop: Event, *, timeout_ms: int = 1_000, force_polling: bool | None = None) -> Iterator[set[str]]:
    """Names of the sources in whose folder (or file) something changed; an empty set each `timeout_ms` without news. Ends with `stop`.

    `folders` are by source name; those that are not there are left out: begin anew where one may have come. With none, it only waits.
    """
    present = {name: path.resolve() for name, path in folders.items() if path.exists()}
    if not present:
        while not stop.wait(timeout_ms / 1000):
            yield set()
        return
    # a file's folder is watched: programs replace a file by renaming another one over it
    places = {path if path.is_dir() else path.parent for path in present.values()}
    for changes in watch(
        *sorted(places),
        watch_filter=None,
        debounce=AT_MOST_MS,
        step=GATHER_MS,
        stop_event=stop,
        rust_timeout=timeout_ms,
        yield_on_timeout=True,
        force_polling=force_polling,
        ignore_permission_denied=True,
        raise_interrupt=False,
    ):
        paths = [Path(path) for _, path in changes]
        yield {name for name, place in present.items() if any(path == place or place in path.parents for path in paths)}

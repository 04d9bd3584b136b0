"""Named places where a test makes this very process die, stall or fail: how the promises are proved. A no-op unless armed.

    arm("ingest.before_commit=kill@/tmp/marks")     SIGKILL oneself the first time any process comes by; the mark file counts it as hit

Actions: `kill` (SIGKILL), `error` (raises RuntimeError). `@folder` holds one mark file a name, made with O_EXCL: each failpoint acts once for
all processes that share the folder.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

_armed: dict[str, tuple[str, Path]] = {}


def arm(specification: str) -> None:
    """Arm the failpoints of a `name=action@folder,…` list; an empty one disarms all."""
    _armed.clear()
    for part in filter(None, specification.split(",")):
        name, _, rest = part.partition("=")
        action, _, folder = rest.partition("@")
        _armed[name] = (action, Path(folder))


def hit(name: str) -> None:
    """Called at the place that `name` names."""
    if name not in _armed:
        return
    action, folder = _armed[name]
    try:
        os.close(os.open(folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        return
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    raise RuntimeError(f"failpoint {name}")

"""Takes one rule out of newswire, in the processes of a run that was told to: to see what the rule is for. Exists in tests only.

Python imports this at its start, since a run puts this folder on the path. `NEWSWIRE_WITHOUT` names the rule.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any


def _never_again(work: Any) -> None:
    from datetime import timedelta

    work.OFFER_AGAIN = timedelta(days=365)


def _lease_for_ever(work: Any) -> None:
    def ready(now: Any) -> Any:
        return (work.work.c.due_at <= now) & work.work.c.leased_until.is_(None)

    work._ready = ready
    work.free_child = lambda conn, worker, now: 0


def _no_split(work: Any) -> None:
    work.Claimed.must_split = property(lambda claimed: False)


def _never_aside(work: Any) -> None:
    work.Claimed.is_deadly = property(lambda claimed: False)


def _sent_once(deliveries: Any) -> None:
    from datetime import timedelta

    deliveries.RESEND = timedelta(days=365)


def _any_seq(deliveries: Any) -> None:
    deliveries._are_named = lambda said: deliveries.delivery.c.item.in_([one.item for one in said])


def _no_release(work: Any) -> None:
    add = work.add

    def adding(conn: Any, rows: Sequence[Any], *args: Any, **options: Any) -> Any:
        return add(conn, [row for row in rows if row.stage != "release"], *args, **options)

    work.add = adding


def _no_lock(ledger: Any) -> None:
    from sqlalchemy import select

    @contextmanager
    def held(conn: Any, now: Any) -> Any:
        row = conn.execute(select(ledger.log_state.c.epoch, ledger.log_state.c.last)).one()
        log = ledger.Ledger(int(row.epoch), int(row.last), now)
        yield log
        log.write(conn)

    ledger.held = held


SWITCHES: dict[str, tuple[str, Callable[[Any], None]]] = {
    "what was offered and not claimed is offered again": ("pipeline.storage.work", _never_again),
    "a lease ends, and a dead child's rows are free": ("pipeline.storage.work", _lease_for_ever),
    "a lost chunk is split into singles": ("pipeline.storage.work", _no_split),
    "a single that was lost too often is set aside": ("pipeline.storage.work", _never_aside),
    "whoever stores an embargoed version inserts its release": ("pipeline.storage.work", _no_release),
    "whatever changes an item holds the ledger lock": ("pipeline.storage.ledger", _no_lock),
    "what is not acknowledged is sent again": ("pipeline.storage.deliveries", _sent_once),
    "an acknowledgement names the seq": ("pipeline.storage.deliveries", _any_seq),
}
"""Rule → where it stands, and what takes it out."""


class _Finder(MetaPathFinder):
    """Changes one module right after it was imported."""

    def __init__(self, name: str, change: Callable[[Any], None]) -> None:
        self._name, self._change, self._is_busy = name, change, False

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != self._name or self._is_busy:
            return None
        self._is_busy = True
        spec = find_spec(name)
        self._is_busy = False
        if spec is not None and spec.loader is not None:
            spec.loader = _Changed(spec.loader, self._change)
        return spec


class _Changed(Loader):
    def __init__(self, loader: Any, change: Callable[[Any], None]) -> None:
        self._loader, self._change = loader, change

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)  # type: ignore[no-any-return]

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        self._change(module)


if (_rule := os.environ.get("NEWSWIRE_WITHOUT")) in SWITCHES:
    sys.meta_path.insert(0, _Finder(*SWITCHES[_rule]))

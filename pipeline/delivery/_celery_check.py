"""Why a foreign Celery app would not acknowledge: asked of its own workers, each cause one sentence.

Celery says nothing to us of a task name that is unknown there, of a queue of ours that its workers may not make or write to, of a task that
ends by Ignore or Reject, expires, is revoked, or is run again and again by task_reject_on_worker_lost.
"""

from __future__ import annotations

from typing import Any

from celery import Celery

from pipeline.delivery import Finding

_PATIENCE_S = 1.5
_FEW = 5


def examine(app: Celery, *, task: str, queue: str, ack_queue: str) -> list[Finding]:
    """What its workers say of themselves through Celery's remote control."""
    inspect = app.control.inspect(timeout=_PATIENCE_S)
    queues: dict[str, list[dict[str, Any]]] = inspect.active_queues() or {}
    if not queues:
        return [_bad("No worker answers on this broker: none runs there, or its remote control is off.")]
    readers = sorted(name for name, read in queues.items() if any(one["name"] == queue for one in read))
    if not readers:
        others = sorted({one["name"] for read in queues.values() for one in read})
        return [_bad(f"No worker reads the queue {queue}: they read {_some(others)}.")]
    asked = app.control.inspect(destination=readers, timeout=_PATIENCE_S)
    known, settings = asked.registered() or {}, asked.conf() or {}
    revoked = [id for ids in (asked.revoked() or {}).values() for id in ids if str(id).startswith("newswire-")]
    found = [Finding(ok=True, says=f"{_some(readers)} reads the queue {queue}.")]
    for name in readers:
        tasks = {str(one).partition(" ")[0] for one in known.get(name, ())}
        if name in known and task not in tasks:
            theirs = sorted(one for one in tasks if not one.startswith("celery."))
            found.append(_bad(f"{name} knows no task {task}, and drops our messages unread: it knows {_some(theirs)}."))
        found += _settings(name, settings.get(name, {}), ack_queue)
    if revoked:
        found.append(_bad(f"{len(revoked)} of our tasks were revoked there, {revoked[0]} for one: those are never acknowledged."))
    return found


def _settings(name: str, conf: dict[str, Any], ack_queue: str) -> list[Finding]:
    found = []
    declared = [one.get("name") if isinstance(one, dict) else str(one) for one in conf.get("task_queues") or ()]
    if conf.get("task_create_missing_queues") is False and not any(ack_queue in str(one) for one in declared):
        found.append(_bad(f"{name} has task_create_missing_queues=False and does not declare {ack_queue}: its acknowledgements are lost."))
    if conf.get("task_reject_on_worker_lost"):
        found.append(
            _bad(f"{name} has task_reject_on_worker_lost: a message that kills its worker is run there again and again, unknown to us.")
        )
    return found


def unanswered(*, is_taken: bool, ack_queue: str) -> Finding:
    """A probe that no acknowledgement came for."""
    if not is_taken:
        return _bad("Its queue is not emptied: its workers are busy, paused, or stopped just now.")
    return _bad(
        f"A worker took the probe, and no acknowledgement came: may it write to {ack_queue} (an ACL of its Redis), and make that queue"
        " (task_create_missing_queues)?"
    )


def _bad(says: str) -> Finding:
    return Finding(ok=False, says=says)


def _some(names: list[str]) -> str:
    if not names:
        return "none"
    return ", ".join(names[:_FEW]) + (f" and {len(names) - _FEW} more" if len(names) > _FEW else "")

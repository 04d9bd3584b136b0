"""A worker process: what it checks at its start, and what its parent does when a child dies or an operator revokes a job.

parent ── forks ──► children        a child opens its own database, after the fork; the parent opens one for a moment, when it needs it,
                                    and never holds it while it forks
"""

from __future__ import annotations

import logging
import os
import re
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

import structlog
from celery import signals
from celery.platforms import SecurityWarning
from celery.utils.nodenames import host_format

import workers.tasks
from pipeline import clean, resources
from pipeline.config import Settings
from pipeline.enrich import places
from pipeline.errors import Infrastructure, NewswireError
from pipeline.storage import connections, frontier, schema, work
from pipeline.storage.db import Database
from schemas.article import Draft
from workers import identity, logs
from workers.alive import Marker
from workers.app import SOFT_SHUTDOWN_S, app
from workers.queues import STAGES, queues_of

log = structlog.get_logger()

assert workers.tasks, "imported before Celery would look for it in the current folder"
_is_checked = False
STOP_DEADLINE_S = SOFT_SHUTDOWN_S + 3.0
"""For a worker's end, whatever it waits for. Less than what the supervisor, or a container's, allows it."""
LOOK_FOR_THE_DEAD_S = 0.2
_TASK_ID = re.compile(rf"(?P<stage>{'|'.join(STAGES)})-(?P<id>\d+)-(?P<attempt>\d+)")


def run(settings: Settings, roles: tuple[str, ...], *, children: int | None = None, name: str = "") -> int:
    """Run a worker in this process until it is told to stop; its exit code. Raises Misconfigured or Infrastructure before it starts."""
    resources.use(settings)
    logs.set_up(settings, role=name or "worker")
    check(connections.of_worker(children or settings.children))
    warnings.simplefilter("ignore", SecurityWarning)  # it warns of root because of pickle: we take JSON only
    if "flash" in roles:
        _read_ahead()
    worker = app.Worker(
        hostname=host_format(f"{name or '-'.join(roles)}@%h"),
        queues=list(queues_of(*roles)),
        concurrency=children or settings.children,
        pool="prefork",
        loglevel="WARNING",
        task_events=True,
        without_gossip=True,  # workers have nothing to tell one another; each has less to say at its start
        without_mingle=True,
        quiet=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


def _read_ahead() -> None:
    """What is read on first use (places, patterns, the model of blocks), before the fork: the first flash waited half a second for it."""
    paragraph = (
        "<p>PORT ELLERY, March 1 - The harbour was closed on Monday after a storm, and ships had to wait at sea, the mayor said.</p>"
    )
    places.ENRICHER.enrich(clean.clean(Draft(format="html", page_html=f"<article><h1>A storm</h1>{paragraph * 4}</article>")))


def check(wanted: int = connections.COMMAND) -> None:
    """Database and Redis are there and fit for us, or one sentence says what to do. Raises Misconfigured or Infrastructure.

    `wanted`: connections to the database that this process and its children may come to hold; where they may be refused, the log says so.
    """
    global _is_checked
    for warning in resources.check_redis(resources.redis_url()):
        log.warning("redis.unfit", why=warning)
    with _for_a_moment() as db:
        schema.check(db)
        if short := connections.shortage(db, wanted):
            log.warning("database.connections_short", why=short)
    _is_checked = True


@contextmanager
def _for_a_moment() -> Iterator[Database]:
    """The parent's database: closed again before it forks another child, which would inherit the connection."""
    db = Database.open(resources.settings().database, pool_size=connections.PARENT)
    try:
        yield db
    finally:
        db.close()


@signals.setup_logging.connect
def _logging(loglevel: int = logging.WARNING, **_: Any) -> None:
    """Celery's own set-up is not run. Under `celery … -l INFO` its messages come through our door."""
    if not logs.are_set_up():
        logs.set_up(resources.settings(), libraries=loglevel)


@signals.worker_init.connect
def _started(**_: Any) -> None:
    """`celery -A workers.app worker` reads its settings, arms its failpoints and makes the same checks, before it forks."""
    if _is_checked:
        return
    try:
        check(connections.of_worker(resources.settings().children))
    except NewswireError as error:
        sys.exit(f"{error} {error.hint}".strip())


@signals.worker_process_init.connect
def _child_started(**_: Any) -> None:
    """SIGUSR2 from its parent: come to an end. SIGTERM: end; the job in hand gives its work back (workers/retry.py)."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGUSR2, lambda *_: identity.stopping.set())


@signals.worker_process_shutdown.connect
def _child_ended(**_: Any) -> None:
    resources.close()


@signals.worker_ready.connect
def _ready(sender: Any, **_: Any) -> None:
    """Sent again when the broker comes back: what is done here may be done twice."""
    pool = getattr(sender.controller.pool, "_pool", None)
    down = getattr(pool, "on_process_down", None)
    _stop_softly(getattr(pool, "_pool", None))
    _stop_for_sure(sender.controller)
    _take_nothing_at_the_end(sender.controller)
    if pool is not None and down is not None and not getattr(down, "frees", False):
        pool.on_process_down = _freeing(down)
    if down is not None:
        _look_for_the_dead(sender.timer, pool)
    log.info("worker.ready", queues=[queue.name for queue in sender.task_consumer.queues])


def _look_for_the_dead(timer: Any, pool: Any) -> None:
    """A child's pipe closes a moment before it has ended: Celery, which looks just then, finds it alive, and looks again five seconds later."""
    if (before := getattr(pool, "look_for_the_dead", None)) is not None:
        before.cancel()
    pool.look_for_the_dead = timer.call_repeatedly(LOOK_FOR_THE_DEAD_S, pool.maintain_pool)


@signals.heartbeat_sent.connect
def _heart_beat(**_: Any) -> None:
    """Every two seconds, in the parent, once its word is with Redis: neither its loop nor its connection is stuck."""
    _own_marker().mark()


@cache
def _own_marker() -> Marker:
    return Marker(resources.settings(), "worker")


def _stop_softly(children: Any) -> None:
    """SIGTERM as SIGQUIT: jobs get `worker_soft_shutdown_timeout`, then end. Celery's own SIGTERM waited 31 s in 4 of 8 runs."""

    def stop(*_: object) -> None:
        for process in list(children or ()):
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGUSR2)
        os.kill(os.getpid(), signal.SIGQUIT)

    signal.signal(signal.SIGTERM, stop)


def _take_nothing_at_the_end(controller: Any) -> None:
    """A signal stops the pool in the midst of a turn of the loop. In the rest of it Celery asks the pool for its size before it takes a message:
    it has none any more, and the worker ended by an error.
    """

    def ends(**_: Any) -> None:
        controller.max_concurrency = -1  # taken for the size, where it is set; there are never fewer in hand

    signals.worker_shutting_down.connect(ends, weak=False, dispatch_uid="newswire takes nothing at the end")


def _stop_for_sure(controller: Any) -> None:
    """A worker that ends, by an error too, waits for ever for what a killed child left half written in a pipe: it is ended after some seconds."""
    for name in ("stop", "terminate"):
        end = getattr(controller, name)
        if not getattr(end, "is_for_sure", False):
            setattr(controller, name, _ending(end))


def _ending(end: Callable[..., None]) -> Callable[..., None]:
    def ending(*args: Any, **options: Any) -> None:
        timer = threading.Timer(STOP_DEADLINE_S, os._exit, (1,))
        timer.daemon = True
        timer.start()
        end(*args, **options)

    ending.is_for_sure = True  # type: ignore[attr-defined]
    return ending


def _freeing(down: Callable[[Any], None]) -> Callable[[Any], None]:
    """Celery's own hook for a child that is gone, and then ours: what it held is ready at once, not when its lease ends."""

    def gone(process: Any) -> None:
        down(process)
        try:
            with _for_a_moment() as db, db.write() as conn:
                who, now = identity.child(process.pid), db.now(conn)
                freed = work.free_child(conn, who, now) + frontier.free_child(conn, who, now)
        except Infrastructure as error:
            log.warning("work.not_freed", child=process.pid, why=str(error))  # its lease ends by itself
            return
        if freed:
            log.warning("work.lost", child=process.pid, rows=freed)

    gone.frees = True  # type: ignore[attr-defined]
    return gone


@signals.task_revoked.connect
def _revoked(request: Any, **_: Any) -> None:
    """In the parent, whether the job ran or waited: the row goes to quarantine, or it would be offered for ever under a revoked id."""
    named = _TASK_ID.fullmatch(str(request.id))
    if named is None:
        return
    try:
        with _for_a_moment() as db, db.write() as conn:
            set_aside = work.revoke(conn, int(named["id"]), int(named["attempt"]), db.now(conn))
    except Infrastructure as error:
        log.warning("work.not_revoked", task=request.id, why=str(error))  # it is offered again, and refused again: then we hear of it again
        return
    log.warning("work.revoked", task=request.id, quarantine=set_aside)

"""From rows of work to messages that name them. Publishing may fail: a row whose message is lost is offered again after some seconds.

committer ─► publish(next rows)              those for which their queue has room
beat      ─► sweep ─► offer, commit, publish  all else: what waited, is due later, or was lost
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import contextmanager, suppress
from itertools import chain, groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import structlog
from celery import Celery
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from pipeline import collect
from pipeline.collect import Started
from pipeline.config import Settings
from pipeline.delivery.celery_lists import to_the_front
from pipeline.errors import Infrastructure
from pipeline.failpoints import hit
from pipeline.resources import without_password
from pipeline.storage import frontier, work
from pipeline.storage.db import Database
from pipeline.storage.waiting import waiting
from schemas.outcome import Offered
from workers.queues import FETCH, LANES, STAGES, queue_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kombu.messaging import Producer

log = structlog.get_logger()

PAIRS = tuple((stage, lane) for lane in LANES for stage in STAGES)


def publish(app: Celery, offered: Sequence[Offered], *, window: int) -> int:
    """Send messages for rows that are marked as offered, as far as their queues have room; how many.

    Never raises for Redis: what was not sent is offered again by the sweep, 5 s after it was marked.
    """
    if not offered:
        return 0
    by_queue: dict[str, list[Offered]] = defaultdict(list)
    for row in offered:
        by_queue[queue_of(row.stage, row.lane)].append(row)
    try:
        with _producer(app) as producer:
            free = _room(producer, list(by_queue), window)
            return _send(app, producer, list(chain.from_iterable(rows[: free[queue]] for queue, rows in by_queue.items())))
    except Infrastructure as error:
        log.warning("offer.unpublished", rows=len(offered), why=str(error))
        return 0


def poll(
    app: Celery,
    db: Database,
    settings: Settings,
    *,
    trigger: str,
    run: int | None = None,
    names: Sequence[str] | None = None,
    only_due: bool = True,
) -> Started:
    """Claim sources and publish what that owes: what beat, `newswire trigger`, a watched folder and `newswire.poll_source` all do.

    Raises Misconfigured for a source that there is not, Infrastructure for the database; Redis may be away.
    """
    started = collect.claim_due(db, settings, trigger=trigger, run=run, names=names, only_due=only_due)
    publish(app, started.work, window=settings.queue_window)
    if started.claimed and not only_due:
        with suppress(Infrastructure):
            sweep(app, db, window=settings.queue_window)  # the hosts; beat does so in its tick
    return started


def sweep(app: Celery, db: Database, *, window: int) -> bool:
    """Offer what waits, as far as the queues have room. True: something waited. Several sweeps at a time are harmless.

    Raises Infrastructure.
    """
    with db.read() as conn:
        pairs = waiting(conn, PAIRS, db.now(conn))
        hosts_wait = frontier.hosts_wait(conn, db.now(conn))
    if not pairs and not hosts_wait:
        return False
    with _producer(app) as producer:
        free = _room(producer, [queue_of(*pair) for pair in pairs] + [FETCH] * hosts_wait, window)
        hosts: list[str] = []
        offered: list[Offered] = []
        with db.write() as conn:
            now = db.now(conn)
            for stage, lane in pairs:
                offered += work.offer(conn, stage, lane, free[queue_of(stage, lane)], now)
            if hosts_wait:
                hosts = frontier.offer_hosts(conn, free[FETCH], now)
        hit("offer.after_commit")
        _send(app, producer, offered)
        _send_pumps(app, producer, hosts, int(now.timestamp()))
        hit("offer.after_publish")
    return True


def _send(app: Celery, producer: Producer, offered: Sequence[Offered]) -> int:
    with _reported(app):
        for goes_first, rows in groupby(sorted(offered, key=attrgetter("goes_first")), key=attrgetter("goes_first")):
            queues: Counter[str] = Counter()
            with producer.batch():  # type: ignore[no-untyped-call]
                for row in rows:
                    queue = queue_of(row.stage, row.lane)
                    queues[queue] += 1
                    _message(app, producer, f"newswire.{row.stage}", row.task_id, (row.id, row.attempt), row.label, queue)
            for queue, count in queues.items() if goes_first else ():
                to_the_front(producer.channel, queue, count)
    return len(offered)


def _send_pumps(app: Celery, producer: Producer, hosts: Iterable[str], second: int) -> None:
    """A pump's id bears the second of its offer: a revoked id stays revoked, and its host must not."""
    with _reported(app), producer.batch():  # type: ignore[no-untyped-call]
        for host in hosts:
            name = re.sub(r"[^a-z0-9.:-]+", "-", host.partition("://")[2])
            _message(app, producer, "newswire.fetch", f"fetch-{name}-{second}", (host,), host, FETCH)


def _message(app: Celery, producer: Producer, task: str, task_id: str, args: tuple[Any, ...], label: str, queue: str) -> None:
    """Below `send_task`, which would subscribe this process to each result."""
    message = app.amqp.as_task_v2(task_id, task, args=args, kwargs={}, argsrepr=label, kwargsrepr="", create_sent_event=True)
    app.amqp.send_task_message(producer, task, message, queue=queue)


def _room(producer: Producer, queues: Sequence[str], window: int) -> dict[str, int]:
    """How many messages each queue takes until it holds `window`."""
    pipeline = producer.channel.client.pipeline(transaction=False)
    for queue in queues:
        pipeline.llen(queue)
    return {queue: max(0, window - length) for queue, length in zip(queues, pipeline.execute(), strict=True)}


@contextmanager
def _producer(app: Celery) -> Iterator[Producer]:
    with _reported(app), app.producer_pool.acquire(block=True, timeout=5) as producer:
        yield producer


@contextmanager
def _reported(app: Celery) -> Iterator[None]:
    """Redis's errors as Infrastructure."""
    try:
        yield
    except (KombuError, RedisError, OSError) as error:  # of kombu: a broker that is away, a batch that a full one refused
        where = without_password(str(app.conf.broker_url))
        cause = str(error.__cause__ or error).strip().rstrip(".")
        raise Infrastructure(f"Redis at {where} is not to be had: {cause}.", hint="It is tried again by itself.") from error

"""The deliverer: the log of events to subscriptions, and their messages to consumers. A process of its own; two at once do no harm.

    for each subscription that needs something: lease ─► answers ─► read ─► send

A target that is away costs the others nothing: it is left alone for a while that doubles.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence
from types import FrameType

import structlog

from pipeline import resources
from pipeline.config import Settings
from pipeline.delivery import Answered, Channel, target
from pipeline.errors import Infrastructure, NewswireError
from pipeline.failpoints import hit
from pipeline.storage import deliveries, subscriptions
from pipeline.storage.db import Database
from pipeline.storage.deliveries import Answer
from pipeline.storage.subscriptions import Subscription
from workers import logs

log = structlog.get_logger()

IDLE_S = 0.1
"""Between two looks while nothing happens."""
FIRST_PATIENCE_S, MOST_PATIENCE_S = 0.5, 30.0
"""How long a target that is away is left alone."""


class Deliverer:
    """Holds the open channels and the leases of one process."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._channels: dict[int, tuple[object, Channel]] = {}
        self._tokens: dict[int, str] = {}
        self._patience: dict[int, tuple[float, float]] = {}
        """By subscription: left alone until (on this process's own count of seconds), and for how long."""
        self._clock = 0.0

    def round(self, elapsed_s: float = 0.0) -> int:
        """Serve each subscription once; how many things were done. Raises Infrastructure where our own database is away."""
        self._clock += elapsed_s
        with self._db.read() as conn:
            waiting = deliveries.waiting(conn, self._db.now(conn))
        return sum(self._serve(id) for id in waiting if self._patience.get(id, (0.0, 0.0))[0] <= self._clock)

    def _serve(self, id: int) -> int:
        with self._db.write() as conn:
            one = subscriptions.lease(conn, id, self._db.now(conn), self._tokens.get(id, ""))
        if one is None:
            self._tokens.pop(id, None)
            return 0
        self._tokens[id] = one.token
        try:
            done = self._read(one) + self._exchange(one)
        except Infrastructure as error:
            self._leave_alone(one, error)
            return 0
        except NewswireError as error:
            log.error("deliver.misconfigured", subscription=one.name, why=str(error))
            self._patience[id] = (self._clock + MOST_PATIENCE_S, MOST_PATIENCE_S)
            return 0
        self._patience.pop(id, None)
        return done

    def _read(self, one: Subscription) -> int:
        with self._db.write() as conn:
            count = deliveries.read(conn, one, self._db.now(conn))
        if count:
            hit("deliver.after_read")
        return count

    def _exchange(self, one: Subscription) -> int:
        channel = self._channel(one)
        done = channel.answers(lambda answered: self._take(one, answered))
        room = channel.room()
        if one.paused_at is not None or room <= 0:
            return done
        is_empty = channel.is_empty()
        with self._db.write() as conn:
            due = deliveries.due(conn, one, self._db.now(conn), room=min(room, 100), is_empty=is_empty)
        if due:
            hit("deliver.before_send")
            channel.send(one.id, [row.message for row in due])
            hit("deliver.after_send")
            log.info("deliver.sent", subscription=one.name, messages=len(due), log_ids=[row.message.log_id for row in due][:50])
        return done + len(due)

    def _take(self, one: Subscription, answered: Sequence[Answered]) -> None:
        mine = [Answer(generation=a.generation, item=a.item, seq=a.seq, ok=a.ok) for a in answered if a.subscription == one.id]
        with self._db.write() as conn:
            gone = deliveries.answer(conn, one, mine, self._db.now(conn))
        hit("deliver.after_ack")
        log.info("deliver.acknowledged", subscription=one.name, answers=len(answered), done=gone, refused=sum(not a.ok for a in mine))

    def _channel(self, one: Subscription) -> Channel:
        held = self._channels.get(one.id)
        if held is not None and held[0] == one.target:
            return held[1]
        if held is not None:
            held[1].close()
        kind = target(one.kind)
        kind.check(one.target)
        channel = kind.open(one.target)
        self._channels[one.id] = (one.target, channel)
        return channel

    def _leave_alone(self, one: Subscription, error: Infrastructure) -> None:
        patience = min(MOST_PATIENCE_S, max(FIRST_PATIENCE_S, self._patience.get(one.id, (0.0, 0.0))[1] * 2))
        self._patience[one.id] = (self._clock + patience, patience)
        log.warning("deliver.target_away", subscription=one.name, why=str(error), again_in_s=patience)

    def close(self) -> None:
        """Let the leases go and close the channels."""
        for id, token in self._tokens.items():
            with self._db.write() as conn:
                subscriptions.let_go(conn, id, token)
        for _, channel in self._channels.values():
            channel.close()


def run(settings: Settings) -> int:
    """Deliver until SIGTERM or SIGINT; 0. A database that is away is waited for."""
    resources.use(settings)
    if not logs.are_set_up():
        logs.set_up(settings, role="deliver")
    stopping = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    deliverer = Deliverer(resources.database())
    wait = IDLE_S
    while not stopping.is_set():
        try:
            wait = 0.01 if deliverer.round(wait) else IDLE_S
        except Infrastructure as error:
            wait = 2.0
            log.warning("deliver.waits", why=str(error), again_in_s=wait)
        stopping.wait(wait)
    try:
        deliverer.close()
    except Infrastructure:
        log.warning("deliver.leases_kept", why="the database is away; they end by themselves")
    resources.close()
    return 0

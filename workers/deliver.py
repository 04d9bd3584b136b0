"""The deliverer: the log of events to subscriptions, and their messages to consumers. A process of its own; two at once do no harm.

    look        one query: where is there something to do?
    courier     a thread a subscription: read ─► answers ─► room ─► send

Each target has a thread of its own, so that one that hangs costs the others nothing; it is left alone for a while that doubles. No thread
holds a database connection while it talks to a target.
"""

from __future__ import annotations

import secrets
import signal
import sys
import threading
import time
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

import structlog

from pipeline import resources
from pipeline.config import Settings
from pipeline.delivery import Answered, Channel, target
from pipeline.errors import Infrastructure, NewswireError
from pipeline.failpoints import hit
from pipeline.storage import connections, deliveries, schema, subscriptions
from pipeline.storage.db import Database
from pipeline.storage.deliveries import Answer, Look
from pipeline.storage.subscriptions import Subscription
from workers import logs
from workers.alive import Marker

log = structlog.get_logger()

TICK_S, IDLE_TICK_S = 0.05, 0.1
"""Between two looks: while something is under way, and while nothing is."""
LONGEST_WAIT_S = 5.0
"""Between two looks while the database is away."""
BATCH = 100
FIRST_PATIENCE_S, MOST_PATIENCE_S = 0.5, 30.0
"""How long a target that is away is left alone."""
LATE_ANSWERS_S = 10.0
"""With nothing to tell, answers that come late (or twice) are looked for so often, a few times; then the channel is closed."""
LATE_LOOKS = 6


class Courier(threading.Thread):
    """Serves one subscription. `wake` says that there is something to do."""

    def __init__(self, db: Database, id: int, token: str, stirred: threading.Event) -> None:
        super().__init__(name=f"courier-{id}", daemon=True)
        self._db = db
        self._id = id
        self._token = token
        self._stirred = stirred
        self._woken = threading.Event()
        self._stopping = False
        self._look: tuple[Look, datetime] | None = None
        self._one: Subscription | None = None
        self._channel: Channel | None = None
        self._empty_at: datetime | None = None
        """A time before its queue was last seen empty."""
        self._alone_until = 0.0
        self._patience_s = 0.0

    def wake(self, look: Look, at: datetime) -> None:
        """`at`: when that look was taken."""
        self._look = (look, at)
        self._woken.set()

    def stop(self) -> None:
        """After the pass that it is in."""
        self._stopping = True
        self._woken.set()

    def run(self) -> None:
        quiet = 0
        while True:
            is_woken = self._woken.wait(LATE_ANSWERS_S if self._channel else None)
            self._woken.clear()
            if self._stopping:
                break
            quiet = 0 if is_woken else quiet + 1
            look, self._look = self._look, None
            try:
                if self._pass(*(look or (Look(id=self._id, behind=False, due=False), None))):
                    self._stirred.set()
            except Infrastructure as error:
                self._leave_alone(error)
            except Exception as error:  # a fault of ours, or of a target's settings: its neighbours go on
                log.error("deliver.failed", subscription=self._id, why=str(error), exc_info=not isinstance(error, NewswireError))
                self._leave_alone(error)
            if quiet >= LATE_LOOKS:
                self._close()
        self._close()

    def _pass(self, look: Look, at: datetime | None) -> bool:
        """Do what there is to do, once; whether anything was done. Reading never waits for the consumer."""
        read = 0
        if look.behind or self._one is None:
            with self._db.write() as conn:
                now = self._db.now(conn)
                self._one = subscriptions.lease(conn, self._id, now, self._token)
                if self._one is None:  # removed, or another deliverer was quicker
                    return False
                read = deliveries.read(conn, self._one, now)
            hit("deliver.after_read")
        if time.monotonic() < self._alone_until:
            return read > 0
        done = self._exchange(self._one, look.due or read > 0, at)
        if self._patience_s:
            log.warning("deliver.resumes", subscription=self._one.name)
            self._patience_s = 0.0
        return read + done > 0

    def _exchange(self, one: Subscription, is_due: bool, at: datetime | None) -> int:
        if self._channel is None:
            self._channel = target(one.kind).open(one.target)
        channel = self._channel
        done = channel.answers(self._take)
        room = channel.room()
        if room.is_empty and at is not None:
            self._empty_at = at
        if not is_due or room.free <= 0:
            return done
        with self._db.write() as conn:
            now = self._db.now(conn)
            leased = subscriptions.lease(conn, self._id, now, self._token)
            if leased is None:
                return done
            self._one = leased
            due = deliveries.due(conn, leased, now, room=min(room.free, BATCH), empty_at=self._empty_at)
        if due:
            hit("deliver.before_send")
            try:
                channel.send(leased.id, [row.message for row in due])
            except Infrastructure:
                with self._db.write() as conn:
                    deliveries.unsend(conn, leased, due, self._db.now(conn))
                raise
            hit("deliver.after_send")
            log.info(
                "deliver.sent",
                subscription=leased.name,
                messages=len(due),
                items=[row.item for row in due],
                log_ids=[row.message.log_id for row in due if row.message.log_id],
            )
        return done + len(due)

    def _take(self, answered: Sequence[Answered]) -> None:
        """Also those of other subscriptions: several may share a queue."""
        gone = 0
        by_subscription = sorted(answered, key=lambda answer: answer.subscription)
        with self._db.write() as conn:
            now = self._db.now(conn)
            for id, some in groupby(by_subscription, key=lambda answer: answer.subscription):
                answers = [Answer(generation=one.generation, item=one.item, seq=one.seq, ok=one.ok) for one in some]
                gone += deliveries.answer(conn, id, answers, now)
        hit("deliver.after_ack")
        refused = sum(not one.ok for one in answered)
        log.info("deliver.acknowledged", subscription=self._id, answers=len(answered), done=gone, refused=refused)

    def _leave_alone(self, error: Exception) -> None:
        if not self._patience_s:
            log.warning("deliver.waits", subscription=self._one.name if self._one else self._id, why=str(error))
        self._patience_s = min(MOST_PATIENCE_S, max(FIRST_PATIENCE_S, self._patience_s * 2))
        self._alone_until = time.monotonic() + self._patience_s
        self._close()

    def _close(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None


class Deliverer:
    """All couriers of one process, and its token: what holds its leases."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._token = secrets.token_hex(8)
        self._couriers: dict[int, Courier] = {}
        self.stirred = threading.Event()
        """Something was done: look again at once."""

    def look(self) -> bool:
        """Wake the couriers that have something to do; whether there are any. Raises Infrastructure where our own database is away."""
        with self._db.read() as conn:
            at, looks = deliveries.waiting(conn, lambda: self._db.now(conn), self._token)
        for look in looks:
            assert at is not None
            courier = self._couriers.get(look.id)
            if courier is None:
                courier = self._couriers[look.id] = Courier(self._db, look.id, self._token, self.stirred)
                courier.start()
            courier.wake(look, at)
        return bool(looks)

    def close(self) -> None:
        """Stop the couriers, and let the leases go: another deliverer goes on at once. Raises Infrastructure."""
        for courier in self._couriers.values():
            courier.stop()
        for courier in self._couriers.values():
            courier.join()
        with self._db.write() as conn:
            subscriptions.let_go(conn, self._token)


def run(settings: Settings) -> int:
    """Deliver until SIGTERM or SIGINT. Raises Misconfigured or Infrastructure before it starts.

    Later, a database that is away is waited for.
    """
    resources.use(settings)
    logs.set_up(settings, role="deliver")
    db = Database.open(settings.database, pool_size=connections.DELIVER)
    schema.check(db)
    if short := connections.shortage(db, connections.DELIVER):
        log.warning("database.connections_short", why=short)
    deliverer = Deliverer(db)
    stopping = threading.Event()

    def stop(*_: Any) -> None:
        stopping.set()
        deliverer.stirred.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    log.info("deliver.ready")
    marker = Marker(settings, "deliver")
    failures = 0
    while not stopping.is_set():
        deliverer.stirred.clear()
        try:
            wait = TICK_S if deliverer.look() else IDLE_TICK_S
            marker.mark()
            if failures:
                log.warning("deliver.database_is_back", failures=failures)
            failures = 0
        except Infrastructure as error:
            if not failures:
                log.warning("deliver.database_is_away", why=str(error))
            wait = min(LONGEST_WAIT_S, TICK_S * 2**failures)
            failures = min(failures + 1, 10)
        deliverer.stirred.wait(wait)
    try:
        deliverer.close()
    except Infrastructure as error:
        log.warning("deliver.leases_kept", why=f"{error} They end by themselves.")
    db.close()
    return 0


def main() -> int:
    """`python -m workers.deliver`"""
    try:
        return run(resources.settings())
    except NewswireError as error:
        print(f"{error} {error.hint}".strip(), file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

"""The deliverer: the log of events to subscriptions, and their messages to consumers. A process of its own; two at once do no harm.

look        one query: where is there something to do?
courier     a thread a subscription (workers/couriers.py)
"""

from __future__ import annotations

import secrets
import signal
import sys
import threading
from typing import Any

import structlog

from pipeline import resources
from pipeline.config import Settings
from pipeline.errors import Infrastructure, NewswireError
from pipeline.storage import connections, deliveries, schema, subscriptions
from pipeline.storage.db import Database
from workers import logs
from workers.alive import Marker
from workers.couriers import Courier, courier

log = structlog.get_logger()

TICK_S = 0.05
"""Between two looks, each a query of a millisecond."""
LONGEST_WAIT_S = 5.0
"""Between two looks while the database is away."""


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
            new = subscriptions.listed(conn) if any(look.id not in self._couriers for look in looks) else []
        for one in new:
            if one.id not in self._couriers:
                self._couriers[one.id] = courier(self._db, one, self._token, self.stirred)
                self._couriers[one.id].start()
        for look in looks:
            if at is not None and look.id in self._couriers:
                self._couriers[look.id].wake(look, at)
        return bool(looks)

    def close(self) -> None:
        """Stop the couriers, and let the leases go: another deliverer goes on at once. Raises Infrastructure."""
        for one in self._couriers.values():
            one.stop()
        for one in self._couriers.values():
            one.join()
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
            deliverer.look()
            wait = TICK_S
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

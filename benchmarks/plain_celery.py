"""The peer of benchmarks.nothing_lost: a plain Celery worker, careful with its messages as its manual says."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing

from celery import Celery

app = Celery("plain", broker=os.environ["PLAIN_BROKER"])
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    broker_connection_retry_on_startup=True,
    broker_transport_options={"visibility_timeout": 30},
)


@app.task(name="plain.store")
def store(id: int) -> None:
    """One item, stored."""
    with closing(sqlite3.connect(os.environ["PLAIN_FILE"], timeout=30, isolation_level=None)) as conn:
        conn.executescript("PRAGMA journal_mode=WAL; CREATE TABLE IF NOT EXISTS done (id INTEGER, at REAL);")
        conn.execute("INSERT INTO done VALUES (?, ?)", (id, time.time()))


if __name__ == "__main__":
    app.worker_main(["worker", "-Q", "plain", "-c", "2", "-l", "ERROR", "--without-mingle", "--without-gossip"])

"""A consumer in another team's repository: a Celery app of its own. It imports nothing of newswire, and does not acknowledge by hand.

    CONSUMER_BROKER=redis://127.0.0.1:6379/1 CONSUMER_FILE=held.sqlite celery -A consumer worker -Q stories

Each message says the whole item as it is now. It may come twice, late or out of order, so one rule makes the effect happen once:
apply a message if its (epoch, seq) is greater than what is held for the item. Keep a row for what was killed too, also if it never came,
or a text that was on its way is shown after its kill.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from contextlib import closing
from typing import Any

from celery import Celery

BROKER = os.environ.get("CONSUMER_BROKER", "redis://127.0.0.1:6379/1")

app = Celery("stories-team", broker=BROKER)
app.conf.update(
    task_acks_late=True,  # a worker that dies gives its message back; what its child's death loses, newswire sends again
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    task_ignore_result=True,
    broker_transport_options={"visibility_timeout": 60} if BROKER.startswith("redis") else {},  # a RabbitMQ sees itself who is gone
)

TABLES = """
CREATE TABLE IF NOT EXISTS held (item INTEGER PRIMARY KEY, epoch INTEGER, seq INTEGER, status TEXT, headline TEXT, text TEXT, message TEXT);
CREATE TABLE IF NOT EXISTS received (n INTEGER PRIMARY KEY, item INTEGER, epoch INTEGER, seq INTEGER, status TEXT, applied INTEGER);
"""


def database() -> sqlite3.Connection:
    """What this consumer holds (`held`), and a ledger of all that reached it (`received`)."""
    conn = sqlite3.connect(os.environ.get("CONSUMER_FILE", "held.sqlite"), timeout=30, isolation_level=None)
    conn.execute("PRAGMA journal_mode=WAL")
    conn.executescript(TABLES)
    return conn


def apply(conn: sqlite3.Connection, message: dict[str, Any]) -> bool:
    """Hold the item as the message says, if it is newer than what is held; whether it was."""
    mark = (message["epoch"], message["seq"])
    row = conn.execute("SELECT epoch, seq FROM held WHERE item = ?", (message["item"],)).fetchone()
    if row is not None and mark <= tuple(row):
        return False
    article = (message["status"] == "usable" and message.get("article")) or {}
    conn.execute(
        "INSERT INTO held VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (item) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq,"
        " status = excluded.status, headline = excluded.headline, text = excluded.text, message = excluded.message",
        (message["item"], *mark, message["status"], article.get("headline"), article.get("text"), json.dumps(message)),
    )
    return True


@app.task(name="stories.receive")
def receive(message: dict[str, Any]) -> str:
    """Called by newswire, through our own broker."""
    with closing(database()) as conn:
        conn.execute("BEGIN IMMEDIATE")
        applied = apply(conn, message)
        conn.execute(
            "INSERT INTO received (item, epoch, seq, status, applied) VALUES (?, ?, ?, ?, ?)",
            (message["item"], message["epoch"], message["seq"], message["status"], applied),
        )
        conn.execute("COMMIT")
    return f"item {message['item']}: {message['status']}, {'applied' if applied else 'known already'}"


def show(item: int) -> str:
    """What this consumer shows of an item, and how often it applied a message about it: `python consumer.py --show 17`."""
    with closing(database()) as conn:
        row = conn.execute("SELECT headline FROM held WHERE item = ?", (item,)).fetchone()
        [applied] = conn.execute("SELECT count(*) FROM received WHERE item = ? AND applied", (item,)).fetchone()
    return json.dumps({"shows": row[0] if row else None, "applied": applied})


if __name__ == "__main__" and sys.argv[1:2] == ["--show"]:
    print(show(int(sys.argv[2])))

"""A consumer in another team's repository: a reader of a Redis stream. All it needs is redis: `pip install redis`.

    STREAM_URL=redis://127.0.0.1:6379/1 CONSUMER_FILE=held.sqlite python reader.py stories desk reader-1
    CONSUMER_FILE=held.sqlite python reader.py --show 17            what it shows of item 17

Each entry is one event, in order. It is applied if its (epoch, seq) is greater than what is held for the item, committed, and then XACKed.
What another reader of the group left in its hands when it died is claimed. What can't be read is set aside and XACKed: newswire keeps all
that is not acknowledged, and a group that never acknowledges one entry stops its stream. newswire makes the stream and the groups.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import time
from contextlib import closing
from typing import Any

import redis

LEFT_AFTER_MS = int(os.environ.get("LEFT_AFTER_MS", "60000"))
"""What a reader has had in its hands for so long is somebody else's."""
TABLES = """
CREATE TABLE IF NOT EXISTS held (item INTEGER PRIMARY KEY, epoch INTEGER, seq INTEGER, headline TEXT, text TEXT, applied INTEGER);
CREATE TABLE IF NOT EXISTS set_aside (id TEXT PRIMARY KEY, body TEXT, why TEXT);
"""


def database() -> sqlite3.Connection:
    conn = sqlite3.connect(os.environ.get("CONSUMER_FILE", "held.sqlite"), timeout=30, isolation_level=None)
    conn.execute("PRAGMA journal_mode=WAL")
    conn.executescript(TABLES)
    return conn


def apply(conn: sqlite3.Connection, message: dict[str, Any]) -> bool:
    """The guard: only what is greater than what is held. An embargoed version (`held`) is passed over: its release is an entry of its own."""
    mark = (message["epoch"], message["seq"])
    held = conn.execute("SELECT epoch, seq FROM held WHERE item = ?", (message["item"],)).fetchone()
    if message["status"] == "held" or (held is not None and mark <= tuple(held)):
        return False
    article = (message["status"] == "usable" and message.get("article")) or {}
    conn.execute(
        "INSERT INTO held VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT (item) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq,"
        " headline = excluded.headline, text = excluded.text, applied = applied + 1",
        (message["item"], *mark, article.get("headline"), article.get("text")),
    )
    return True


def take(conn: sqlite3.Connection, id: str, fields: dict[str, str]) -> None:
    conn.execute("BEGIN IMMEDIATE")
    try:
        apply(conn, json.loads(fields["message"]))
    except (KeyError, ValueError) as error:
        conn.execute("INSERT OR REPLACE INTO set_aside VALUES (?, ?, ?)", (id, json.dumps(fields), repr(error)))
    conn.execute("COMMIT")


def read(client: Any, stream: str, group: str, name: str) -> None:
    """One round: what is new, or what somebody left."""
    entries = [pair for _, found in client.xreadgroup(group, name, {stream: ">"}, count=100, block=1000) for pair in found]
    entries += client.xautoclaim(stream, group, name, min_idle_time=LEFT_AFTER_MS)[1]
    with closing(database()) as conn:
        for id, fields in entries:
            if fields:  # a killed item's older entries lose their body
                take(conn, id, fields)
            client.xack(stream, group, id)


def show(item: int) -> str:
    with closing(database()) as conn:
        row = conn.execute("SELECT headline, applied FROM held WHERE item = ?", (item,)).fetchone()
    return json.dumps({"shows": row[0] if row else None, "applied": row[1] if row else 0})


def main(stream: str, group: str, name: str) -> None:
    client = redis.Redis.from_url(os.environ["STREAM_URL"], decode_responses=True)
    while True:
        try:
            read(client, stream, group, name)
        except (redis.RedisError, sqlite3.OperationalError) as error:  # away, the stream is being made again (NOGROUP), a full disk
            print(f"waiting: {error}", file=sys.stderr, flush=True)
            time.sleep(0.5)


if __name__ == "__main__":
    if sys.argv[1] == "--show":
        print(show(int(sys.argv[2])))
    else:
        main(*sys.argv[1:4])

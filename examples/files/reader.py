"""A consumer in another team's repository: a reader of files of JSONL. Python's standard library and nothing else.

    CONSUMER_FILE=held.sqlite python reader.py /srv/news
    CONSUMER_FILE=held.sqlite python reader.py --show 17            what it shows of item 17

A file ending in .jsonl is complete, and never changes; others are none of ours. Files are read in the order of their names, each in one
transaction together with the note that it was read. A message is applied if its (epoch, seq) is greater than what is held for the item.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

TABLES = """
CREATE TABLE IF NOT EXISTS held (item INTEGER PRIMARY KEY, epoch INTEGER, seq INTEGER, headline TEXT, text TEXT, applied INTEGER);
CREATE TABLE IF NOT EXISTS done (file TEXT PRIMARY KEY);
"""


def database() -> sqlite3.Connection:
    conn = sqlite3.connect(os.environ.get("CONSUMER_FILE", "held.sqlite"), timeout=30, isolation_level=None)
    conn.execute("PRAGMA journal_mode=WAL")
    conn.executescript(TABLES)
    return conn


def apply(conn: sqlite3.Connection, message: dict[str, Any]) -> bool:
    """The guard: only what is greater than what is held. An embargoed version (`held`) is passed over: its release is a line of its own."""
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


def read(conn: sqlite3.Connection, folder: Path) -> int:
    """All files that are new; how many."""
    done = {name for (name,) in conn.execute("SELECT file FROM done")}
    new = [file for file in sorted(folder.glob("*.jsonl")) if file.name not in done]
    for file in new:
        conn.execute("BEGIN IMMEDIATE")
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                apply(conn, json.loads(line))
        conn.execute("INSERT INTO done VALUES (?)", (file.name,))
        conn.execute("COMMIT")
    return len(new)


def show(item: int) -> str:
    with closing(database()) as conn:
        row = conn.execute("SELECT headline, applied FROM held WHERE item = ?", (item,)).fetchone()
    return json.dumps({"shows": row[0] if row else None, "applied": row[1] if row else 0})


if __name__ == "__main__":
    if sys.argv[1] == "--show":
        print(show(int(sys.argv[2])))
    else:
        while True:
            try:
                with closing(database()) as conn:
                    is_idle = not read(conn, Path(sys.argv[1]))
            except sqlite3.OperationalError as error:  # a full disk: that file is not noted as read either
                print(f"waiting: {error}", file=sys.stderr, flush=True)
                is_idle = True
            if is_idle:
                time.sleep(0.2)

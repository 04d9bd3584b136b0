"""A consumer in another team's repository: a webhook. Python's standard library and nothing else; nothing of newswire is imported.

    WEBHOOK_SECRET=whsec_… CONSUMER_FILE=held.sqlite python receive.py 8080
    CONSUMER_FILE=held.sqlite python receive.py --show 17            what it shows of item 17

It checks the signature and its time, applies a message if its (epoch, seq) is greater than what it holds for the item, commits, and only
then answers 2xx: that is the acknowledgement. What was killed is kept as a row too, also if it never came.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import sqlite3
import sys
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOLERANCE_S = 300
TABLE = "CREATE TABLE IF NOT EXISTS held (item INTEGER PRIMARY KEY, epoch INTEGER, seq INTEGER, headline TEXT, text TEXT, applied INTEGER)"


def database() -> sqlite3.Connection:
    conn = sqlite3.connect(os.environ.get("CONSUMER_FILE", "held.sqlite"), timeout=30, isolation_level=None)
    conn.execute("PRAGMA journal_mode=WAL")
    conn.execute(TABLE)
    return conn


def is_genuine(secret: str, headers: Any, body: bytes, now: float) -> bool:
    """https://www.standardwebhooks.com; an old one may be a copy that somebody sends again."""
    stamp = headers.get("webhook-timestamp", "")
    if not stamp.isdecimal() or abs(now - int(stamp)) > TOLERANCE_S:
        return False
    signed = f"{headers.get('webhook-id', '')}.{stamp}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(expected, given) for given in headers.get("webhook-signature", "").split())


def apply(conn: sqlite3.Connection, message: dict[str, Any]) -> bool:
    """The guard: only what is greater than what is held."""
    mark = (message["epoch"], message["seq"])
    held = conn.execute("SELECT epoch, seq FROM held WHERE item = ?", (message["item"],)).fetchone()
    if held is not None and mark <= tuple(held):
        return False
    article = (message["status"] == "usable" and message.get("article")) or {}
    conn.execute(
        "INSERT INTO held VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT (item) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq,"
        " headline = excluded.headline, text = excluded.text, applied = applied + 1",
        (message["item"], *mark, article.get("headline"), article.get("text")),
    )
    return True


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if not is_genuine(os.environ["WEBHOOK_SECRET"], self.headers, body, time.time()):
            return self.answer(401)
        try:
            with closing(database()) as conn:
                conn.execute("BEGIN IMMEDIATE")
                apply(conn, json.loads(body))
                conn.execute("COMMIT")
        except sqlite3.OperationalError:  # a full disk: it is not held, so it is not acknowledged, and comes again
            return self.answer(503)
        return self.answer(204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Silent."""


def show(item: int) -> str:
    with closing(database()) as conn:
        row = conn.execute("SELECT headline, applied FROM held WHERE item = ?", (item,)).fetchone()
    return json.dumps({"shows": row[0] if row else None, "applied": row[1] if row else 0})


if __name__ == "__main__":
    if sys.argv[1] == "--show":
        print(show(int(sys.argv[2])))
    else:
        ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()

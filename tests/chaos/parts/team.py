"""A consumer of a run: another team's process, which knows nothing of newswire. `python team.py celery|stream|webhook|files`

It writes its own ledger, a SQLite file: all that reached it, in order, and what it holds by the guard: apply what is greater by (epoch, seq).
`TEAM_GUARD=no` takes the guard out, `TEAM_TOMBSTONES=no` the tombstones: to see what they are for.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import os
import sqlite3
import sys
import time
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import Any

FILE = os.environ["TEAM_FILE"]
BROKER = os.environ.get("TEAM_BROKER", "")
QUEUE = os.environ.get("TEAM_QUEUE", "stories")
PORT = int(os.environ.get("TEAM_PORT", "0"))
SECRET = os.environ.get("TEAM_SECRET", "")
FOLDER = os.environ.get("TEAM_FOLDER", "")
HAS_GUARD = os.environ.get("TEAM_GUARD") != "no"
KEEPS_TOMBSTONES = os.environ.get("TEAM_TOMBSTONES") != "no"
TABLES = """
CREATE TABLE IF NOT EXISTS held (item INTEGER PRIMARY KEY, epoch INTEGER, seq INTEGER, status TEXT, version INTEGER, headline TEXT, text TEXT);
CREATE TABLE IF NOT EXISTS received
    (n INTEGER PRIMARY KEY, at REAL, item INTEGER, epoch INTEGER, seq INTEGER, status TEXT, version INTEGER, applied INTEGER, headline TEXT);
CREATE INDEX IF NOT EXISTS received_headline ON received (headline);
"""


def database() -> sqlite3.Connection:
    conn = sqlite3.connect(FILE, timeout=30, isolation_level=None)
    conn.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; {TABLES}")
    return conn


def take(conn: sqlite3.Connection, messages: list[dict[str, Any]]) -> None:
    """One transaction: note all, apply what is newer than what is held."""
    conn.execute("BEGIN IMMEDIATE")
    try:
        for message in messages:
            mark = (message["epoch"], message["seq"])
            held = conn.execute("SELECT epoch, seq FROM held WHERE item = ?", (message["item"],)).fetchone()
            applies = not HAS_GUARD or held is None or mark > tuple(held)
            article = (message["status"] == "usable" and message.get("article")) or {}
            number = (message.get("version") or {}).get("number")
            if held is None and message["status"] != "usable" and not KEEPS_TOMBSTONES:
                applies = False
            if applies:
                row = (message["item"], *mark, message["status"], number, article.get("headline"), article.get("text"))
                conn.execute("INSERT OR REPLACE INTO held VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            conn.execute(
                "INSERT INTO received (at, item, epoch, seq, status, version, applied, headline) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (time.time(), message["item"], *mark, message["status"], number, applies, article.get("headline")),
            )
        conn.execute("COMMIT")
    except BaseException:
        conn.execute("ROLLBACK")
        raise


def celery() -> None:
    """A worker of a Celery app of its own."""
    from celery import Celery

    app = Celery("team", broker=BROKER)
    app.conf.update(
        task_acks_late=True,
        worker_prefetch_multiplier=1,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        task_ignore_result=True,
        broker_transport_options={"visibility_timeout": 60, "socket_timeout": 10, "socket_connect_timeout": 5},
    )

    @cache
    def own(pid: int) -> sqlite3.Connection:  # none is taken over by a child
        return database()

    @app.task(name="stories.receive")
    def receive(message: dict[str, Any]) -> None:
        take(own(os.getpid()), [message])

    pool = os.environ.get("TEAM_POOL", "solo")
    options = [
        "worker",
        "-Q",
        QUEUE,
        f"--pool={pool}",
        "-c",
        "2",
        "-l",
        "ERROR",
        "--without-mingle",
        "--without-gossip",
        "--without-heartbeat",
    ]
    app.worker_main(options)


def stream() -> None:
    """One consumer of a group; what another one had is claimed after some seconds."""
    import redis

    name = f"{os.getpid()}"
    with closing(database()) as conn:
        while True:
            with suppress(redis.RedisError, OSError), redis.Redis.from_url(BROKER, socket_timeout=10, decode_responses=True) as client:
                while True:
                    read_group(client, conn, name)
            time.sleep(0.3)


def read_group(client: Any, conn: sqlite3.Connection, name: str) -> None:
    import redis

    group = os.environ["TEAM_GROUP"]
    try:
        claimed = client.xautoclaim(QUEUE, group, name, min_idle_time=3000, count=50)
        fresh = client.xreadgroup(group, name, {QUEUE: ">"}, count=50, block=300)
    except redis.ResponseError:  # no such stream, or group: newswire makes both
        time.sleep(0.2)
        return
    entries = [*claimed[1], *(entry for _, some in fresh or () for entry in some)]
    messages = [json.loads(fields["message"]) for _, fields in entries if fields and "message" in fields]
    if messages:
        take(conn, messages)
    if entries:
        client.xack(QUEUE, group, *(id for id, _ in entries))


class Hook(http.server.BaseHTTPRequestHandler):
    """Takes a signed message; 2xx once it is applied."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        status = 204
        if SECRET and not self._is_signed(body):
            status = 401
        else:
            with closing(database()) as conn:
                take(conn, [json.loads(body)])
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _is_signed(self, body: bytes) -> bool:
        """As Standard Webhooks are."""
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        made = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        return any(hmac.compare_digest(one, made) for one in self.headers["webhook-signature"].split())

    def log_message(self, format: str, *args: Any) -> None:
        pass


def webhook() -> None:
    http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Hook).serve_forever()


def files() -> None:
    """Complete files of JSON lines, each read once, in the order of their names."""
    with closing(database()) as conn:
        conn.execute("CREATE TABLE IF NOT EXISTS read_files (name TEXT PRIMARY KEY)")
        while True:
            known = {name for (name,) in conn.execute("SELECT name FROM read_files")}
            for path in sorted(Path(FOLDER).rglob("*.jsonl")):
                if path.name not in known:
                    take(conn, [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()])
                    conn.execute("INSERT OR IGNORE INTO read_files VALUES (?)", (path.name,))
            time.sleep(0.3)


if __name__ == "__main__":
    {"celery": celery, "stream": stream, "webhook": webhook, "files": files}[sys.argv[1]]()

"""What the promise costs, and how soon it is kept: recovery after kill -9, arrival to effect, Redis's memory, a consumer that was away, the lock.

The whole system runs, on PostgreSQL (durable) and Valkey, with consumers of another team as processes of their own. Beside it, where there is a
peer: plain Celery messages with acks_late, under the same kills.

    python -m benchmarks.nothing_lost [part …]       parts: memory lock latency recovery away plain
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import msgspec
import redis
from celery import Celery
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, func, select

from pipeline import ingest, resources
from pipeline.config import Settings
from pipeline.storage import captures, ledger, messages, schema, sources, subscriptions, work
from pipeline.storage.db import Database
from pipeline.storage.messages import Wanted
from pipeline.storage.subscriptions import Subscription
from pipeline.storage.work import NewWork
from press.generate import documents
from schemas import tables
from schemas.document import Document
from schemas.messages import Message, encode
from schemas.source import Declared
from tests.chaos.system import Team, children, send, send_group
from tests.servers.postgres import Postgres
from tests.servers.valkey import Valkey
from workers import offer
from workers.app import create
from workers.embedded import running

WAITING = 20_000
SAMPLES = 20
_RESULTS = Path(__file__).parent / "results" / "nothing-lost.json"
_PLAIN = Path(__file__).with_name("plain_celery.py")
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "autovacuum": "on"}


def body(number: int, seed: int = 5) -> bytes:
    """One small item, as a file of ninjs."""
    [made] = documents(1, seed=seed, first=number)
    values = {
        "uri": f"tag:bench:{seed}-{number}",
        "type": "text",
        "version": "1",
        "language": "en",
        "pubstatus": "usable",
        "headline": f"{made.headline} ({seed}-{number})",
        "body_text": "\n\n".join(made.paragraphs[:4]),
    }
    return json.dumps(values).encode()


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


# --- Redis's memory -------------------------------------------------------------------------------------------------------------


def memory() -> dict[str, Any]:
    """A million items wait: as rows that a window of messages names, and as a message each (a tenth of them, times ten)."""
    with Valkey() as server, tempfile.TemporaryDirectory() as home, redis.Redis.from_url(server.url()) as client:
        settings = Settings(home=home, redis_url=server.url())
        resources.use(settings)
        app = create()
        db = Database.open(f"sqlite:///{home}/bench.sqlite")
        schema.upgrade(db)

        def used() -> int:
            return int(client.info("memory")["used_memory"])

        empty = used()
        with db.write() as conn:
            rows = [NewWork(stage="ingest", lane="normal", label="bench", refs=tuple(range(n, n + 50))) for n in range(0, 1_000_000, 50)]
            work.add(conn, rows, db.now(conn))
        for _ in range(5):
            offer.sweep(app, db, window=settings.queue_window)
        ours = used() - empty
        before = used()
        with app.producer_pool.acquire(block=True) as producer:
            for start in range(0, 100_000, 1000):
                with producer.batch():
                    for number in range(start, start + 1000):
                        message = app.amqp.as_task_v2(f"bench-{number}", "bench.item", args=(number,), kwargs={})
                        app.amqp.send_task_message(producer, "bench.item", message, queue="ingest-backfill")
        plain = (used() - before) * 10
        db.close()
        app.close()
    return {"items": 1_000_000, "ours_bytes": ours, "a_message_each_bytes": plain}


# --- the ledger lock ------------------------------------------------------------------------------------------------------------


def lock() -> dict[str, Any]:
    """Two processes ingest what waits, as fast as they can: how long the lock is held, and what share of a second 300 items take.

    In chunks of 50, as a source's documents come where there are enough of them, and of 10.
    """
    return {f"chunks of {size}": _lock(size) for size in (50, 10)}


def _lock(chunk: int) -> dict[str, Any]:
    items, rate = 3000, 300
    with Postgres(settings=DURABLE) as postgres:
        url = postgres.create("bench")
        db = Database.open(url, pool_size=4)
        schema.upgrade(db)
        ids = store(db, "lock", range(items))
        chunks = [ids[start : start + chunk] for start in range(0, items, chunk)]
        start = time.perf_counter()
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            halves = pool.map(_ingest_timed, [url] * 2, (chunks[::2], chunks[1::2]))
            holds = [hold for half in halves for hold in half]
        took = time.perf_counter() - start
        db.close()
    return {
        "items": items,
        "items_per_s": round(items / took, 1),
        "share_held": round(sum(holds) / took, 3),
        "share_at_300": round(sum(holds) / items * rate, 3),
        "hold_ms_median": round(statistics.median(holds) * 1000, 2),
        "hold_ms_p99": round(percentile(holds, 0.99) * 1000, 2),
    }


def _ingest_timed(url: str, chunks: Sequence[Sequence[int]]) -> list[float]:
    """Ingest these, one after another; for how many seconds each had the lock: from when it was given until after the commit."""
    holds: list[float] = []
    held = ledger.held
    began = 0.0

    @contextmanager
    def timed(conn: Any, now: datetime) -> Iterator[Any]:
        nonlocal began
        with held(conn, now) as log:
            began = time.perf_counter()
            yield log

    def hit(name: str) -> None:
        if name == "ingest.after_commit":
            holds.append(time.perf_counter() - began)

    db = Database.open(url, pool_size=4)
    with patch.object(ledger, "held", timed), patch.object(ingest, "hit", hit):
        for refs in chunks:
            with db.write() as conn:
                now = db.now(conn)
                [offered] = work.add(conn, [NewWork(stage="ingest", lane="normal", label="bench", refs=tuple(refs))], now)
                claimed = work.claim(conn, offered.id, worker="bench:1", lease_s=60, now=now)
            assert claimed is not None
            ingest.ingest_chunk(db, claimed, Settings())
    db.close()
    return holds


def store(db: Database, name: str, numbers: Sequence[int], *, lane: str = "normal", seed: int = 5) -> list[int]:
    """Captures that wait to be ingested; their ids."""
    ids: list[int] = []
    with db.write() as conn:
        now = db.now(conn)
        found = conn.execute(select(tables.source.c.id).where(tables.source.c.name == name)).scalar()
        source = found or sources.add(
            conn,
            Declared(name=name, kind="folder", location=f"/nowhere/{name}", provider=name, rhythm_s=86400, lane=lane, settings={}),
            now,
        )
    for start in range(0, len(numbers), 500):
        with db.write() as conn:
            now = db.now(conn)
            for number in numbers[start : start + 500]:
                document = Document(
                    url=f"file:///nowhere/{name}/{number}.json", body=body(number, seed), fetched_at=now, content_type="application/json"
                )
                ids.append(captures.store(conn, document, source=source, sighting=None, run=None, log_id="bench", now=now))
    return ids


# --- the whole system -----------------------------------------------------------------------------------------------------------


class Whole:
    """Newswire as `newswire up` runs it, a folder, and consumers."""

    def __init__(self, folder: Path, postgres: Postgres, server: Valkey) -> None:
        self.folder, self.server = folder, server
        self.url = postgres.create("newswire")
        self.db = Database.open(self.url, pool_size=4)
        schema.upgrade(self.db)
        self.settings = Settings(
            home=str(folder / "home"), database_url=self.url, redis_url=server.url(), log_level="warning", log_format="json"
        )
        self.drops = {lane: folder / lane for lane in ("normal", "flash")}
        with self.db.write() as conn:
            for lane, path in self.drops.items():
                path.mkdir()
                sources.add(
                    conn,
                    Declared(name=lane, kind="folder", location=str(path), provider=lane, rhythm_s=30, lane=lane, settings={}),
                    self.db.now(conn),
                )
        self.live = self.team("live", 1)
        self.pids: dict[str, int] = {}

    def team(self, name: str, number: int, *, kind: str = "celery", from_start: bool = False) -> Team:
        broker = self.server.url(number)
        target: dict[str, Any] = {"broker": broker, "task": "stories.receive", "queue": "stories", "window": 100}
        if kind == "stream":
            target = {"url": broker, "stream": "stories", "groups": "desk", "window": 200}
        with self.db.write() as conn:
            is_log = kind == "stream"
            subscriptions.add(conn, self.db.now(conn), name=name, kind=kind, target=target, from_start=from_start, is_log=is_log)
        return Team(name, kind, self.folder, {"TEAM_BROKER": broker, "TEAM_QUEUE": "stories", "TEAM_GROUP": "desk"})

    @contextmanager
    def running(self) -> Iterator[None]:
        with running(self.settings, flower=False) as system:
            self.pids = dict(system.pids)
            self.live.start()
            threading.Thread(target=self._listen, args=(system,), daemon=True).start()
            try:
                yield
            finally:
                self.live.kill()

    def _listen(self, system: Any) -> None:
        with suppress(ValueError, OSError):
            for event in system.events():
                if event["event"] == "started":
                    self.pids[event["role"]] = event["pid"]

    def arrival_to_effect_s(self, lane: str, number: int, seed: int) -> float:
        """A file is put into the folder whole; the consumer's own clock says when it applied it."""
        content = body(number, seed)
        headline = json.loads(content)["headline"]
        unfinished = self.drops[lane] / f".{number}.part"
        unfinished.write_bytes(content)
        at = time.time()
        unfinished.rename(self.drops[lane] / f"{seed}-{number}.json")
        until = time.monotonic() + 60
        while time.monotonic() < until:
            applied = self.live.applied_at(headline)
            if applied is not None:
                return applied - at
            time.sleep(0.02)
        return float("inf")

    def backlog(self, name: str, seed: int, count: int = WAITING) -> None:
        """So many documents wait in the normal lane, in chunks of 50."""
        ids = store(self.db, name, range(count), seed=seed)
        with self.db.write() as conn:
            rows = [
                NewWork(stage="ingest", lane="normal", label=f"{name} · 50 documents", refs=tuple(ids[n : n + 50]))
                for n in range(0, count, 50)
            ]
            work.add(conn, rows, self.db.now(conn))

    def items(self) -> int:
        with self.db.read() as conn:
            return int(conn.execute(select(func.count()).select_from(tables.item)).scalar_one())

    def waiting(self) -> int:
        with self.db.read() as conn:
            return int(conn.execute(select(func.count()).select_from(tables.work).where(tables.work.c.stage == "ingest")).scalar_one()) * 50


def latency(whole: Whole, tell: Callable[[str], None]) -> dict[str, Any]:
    """Idle, then a flash while 20,000 items wait in the normal lane."""
    for number in range(5):
        whole.arrival_to_effect_s("normal", number, 6)
    idle = [whole.arrival_to_effect_s("normal", number, 6) for number in range(5, 65)]
    tell(f"idle: median {statistics.median(idle) * 1000:.0f} ms")
    whole.backlog("backlog", 7)
    flash, least = [], WAITING
    for number in range(40):
        flash.append(whole.arrival_to_effect_s("flash", number, 8))
        least = min(least, whole.waiting())
    tell(f"flash: median {statistics.median(flash) * 1000:.0f} ms; {least} still waited at the end")
    return {
        "idle": {"samples": len(idle), "median_ms": round(statistics.median(idle) * 1000), "p99_ms": round(percentile(idle, 0.99) * 1000)},
        "flash": {
            "samples": len(flash),
            "median_ms": round(statistics.median(flash) * 1000),
            "p99_ms": round(percentile(flash, 0.99) * 1000),
            "still_waiting": least,
        },
    }


def recovery(whole: Whole, tell: Callable[[str], None]) -> dict[str, Any]:
    """kill -9 of who holds a chunk of 50, with 20,000 waiting: seconds until each of the 50 has its verdict."""
    found: dict[str, list[float]] = {"a pool child": [], "a whole worker": []}
    seeds = itertools.count(9)
    for what, samples in found.items():
        while len(samples) < SAMPLES:
            if whole.waiting() < WAITING // 2:
                seed = next(seeds)
                whole.backlog(f"to be killed {seed}", seed)
            held = _in_hand(whole)
            if not held:
                continue
            at = time.monotonic()
            if what == "a pool child":
                send(int(held[0].claimed_by.rpartition(":")[2]), signal.SIGKILL)
                held = held[:1]
            else:
                send_group(whole.pids["worker"], signal.SIGKILL)
            for row in held:
                samples.append(_until_judged(whole, row.refs, at))
        tell(f"{what}: worst of {len(samples)} {max(samples, default=0):.1f} s; {whole.waiting()} wait")
    return {
        what: {"samples": len(samples), "median_s": round(statistics.median(samples), 2), "worst_s": round(max(samples), 2)}
        for what, samples in found.items()
        if samples
    }


def _in_hand(whole: Whole) -> list[Any]:
    """Chunks of 50 that are claimed now, and not for long."""
    with whole.db.read() as conn:
        now = whole.db.now(conn)
        rows = conn.execute(
            select(tables.work).where(tables.work.c.token != "", tables.work.c.stage == "ingest", tables.work.c.leased_until > now)
        ).all()
    return [row for row in rows if len(row.refs) == 50]


def _until_judged(whole: Whole, refs: Sequence[int], since: float) -> float:
    until = time.monotonic() + 240
    while time.monotonic() < until:
        with whole.db.read() as conn:
            judged = conn.execute(
                select(func.count(tables.verdict.c.capture.distinct())).where(tables.verdict.c.capture.in_(refs))
            ).scalar_one()
        if judged == len(refs):
            return time.monotonic() - since
        time.sleep(0.05)
    return float("inf")


def away(whole: Whole, tell: Callable[[str], None]) -> dict[str, Any]:
    """A consumer to whom many items are owed comes back: how fast it is told, while the live one is told of what arrives now.

    Beside it, what that consumer alone takes of messages that lie in its queue already.
    """
    if not whole.items():
        whole.backlog("to be told", 11, 5000)
        while whole.waiting():
            time.sleep(1)
    found: dict[str, Any] = {kind: _comes_back(whole, kind, number, tell) for number, kind in enumerate(("celery", "stream"), 2)}
    found["celery"]["alone_per_s"] = _alone(whole)
    return found


def _comes_back(whole: Whole, kind: str, number: int, tell: Callable[[str], None]) -> dict[str, Any]:
    owed = whole.items()
    team = whole.team(f"away-{kind}", number, kind=kind, from_start=True)
    team.start()
    try:
        began = time.monotonic()
        live = [whole.arrival_to_effect_s("normal", place, 10 + number) for place in range(20)]
        while team.count() < owed and time.monotonic() - began < 240:
            time.sleep(0.2)
        took, told = time.monotonic() - began, team.count()
    finally:
        team.kill()
    with whole.db.read() as conn:
        rows = select(func.count()).select_from(tables.delivery).where(tables.delivery.c.parked_at.is_not(None))
        parked = int(conn.execute(rows).scalar_one())
    tell(f"away, {kind}: {told} of {owed} in {took:.0f} s")
    return {
        "owed": owed,
        "told": told,
        "per_s": round(told / took),
        "parked": parked,
        "live_median_ms": round(statistics.median(live) * 1000),
        "live_p99_ms": round(percentile(live, 0.99) * 1000),
    }


def _alone(whole: Whole, count: int = 3000) -> int:
    """Messages a second that the same Celery consumer takes, with nothing else at work."""
    with whole.db.read() as conn:
        one = subscriptions.get(conn, "live")
        ids = list(conn.execute(select(tables.item.c.id).order_by(tables.item.c.id).limit(count)).scalars())
        made = [message for at in range(0, len(ids), 100) for message in _messages(conn, one, ids[at : at + 100])]
    team = whole.team("alone", 4)
    with Celery("bench", broker=whole.server.url(4), set_as_current=False) as app:
        for message in made:
            app.send_task("stories.receive", args=(msgspec.json.decode(encode(message)),), queue="stories")
    began = time.monotonic()
    team.start()
    try:
        while not (first := team.count()) and time.monotonic() - began < 60:
            time.sleep(0.05)
        since = time.monotonic()
        while team.count() < len(made) and time.monotonic() - since < 60:
            time.sleep(0.05)
        return round((team.count() - first) / (time.monotonic() - since))
    finally:
        team.kill()


def _messages(conn: Connection, one: Subscription, ids: Sequence[int]) -> list[Message]:
    return list(messages.make(conn, one, [Wanted(item=id, seq=id) for id in ids]).values())


# --- plain Celery ---------------------------------------------------------------------------------------------------------------


def plain() -> dict[str, Any]:
    """Plain messages with acks_late, killed as our workers are: lost, doubled; and how long what was in hand waits for the visibility timeout."""
    count, kills = 6000, 30
    with Valkey(append_only=True) as server, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "done.sqlite"
        environment = dict(os.environ) | {"PLAIN_BROKER": server.url(), "PLAIN_FILE": str(file)}

        def start() -> subprocess.Popen[bytes]:
            command = [sys.executable, str(_PLAIN)]
            return subprocess.Popen(command, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        app = Celery("plain", broker=server.url(), set_as_current=False)
        for number in range(count):
            app.send_task("plain.store", args=(number,), queue="plain")
        app.close()
        worker, chance = start(), Random(3)
        killed_at = 0.0
        while _done(file) < count // 20:
            time.sleep(0.1)
        for number in range(kills):
            time.sleep(chance.uniform(0.3, 0.8))
            pool = children(worker.pid)
            if number % 6 == 5 or not pool:
                send_group(worker.pid, signal.SIGKILL)
                worker.wait()
                worker = start()
            else:
                send(chance.choice(pool), signal.SIGKILL)
            killed_at = time.time()
        last, since = _done(file), time.monotonic()
        while time.monotonic() - since < 150 and _done(file) < count:
            if _done(file) != last:
                last, since = _done(file), time.monotonic()
            time.sleep(0.5)
        send_group(worker.pid, signal.SIGKILL)
        worker.wait()
        with closing(sqlite3.connect(file)) as conn:
            done, total, newest = next(conn.execute("SELECT count(DISTINCT id), count(*), max(at) FROM done"))
    return {
        "tasks": count,
        "kills": kills,
        "lost": count - done,
        "doubled": total - done,
        "visibility_timeout_s": 30,
        "last_recovered_after_s": round(newest - killed_at, 1),
    }


def _done(file: Path) -> int:
    if not file.exists():
        return 0
    with closing(sqlite3.connect(file, timeout=30)) as conn:
        try:
            return int(conn.execute("SELECT count(DISTINCT id) FROM done").fetchone()[0])
        except sqlite3.OperationalError:
            return 0


# --- all of it ------------------------------------------------------------------------------------------------------------------


def main(parts: Sequence[str]) -> None:
    """The parts that are named, or all; each result is kept as soon as it is there."""
    console = Console()
    results: dict[str, Any] = json.loads(_RESULTS.read_text()) if _RESULTS.exists() else {}

    def tell(sentence: str) -> None:
        console.print(f"  {sentence}", highlight=False)

    def keep(name: str, value: dict[str, Any]) -> None:
        load = round(os.getloadavg()[0], 1)
        results[name] = value | {"at": f"{datetime.now(UTC):%Y-%m-%d %H:%M}", "load_of_the_machine": load}
        _RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        tell(f"{name}: {value}")

    wanted = set(parts) or {"memory", "lock", "latency", "recovery", "away", "plain"}
    for name, part in (("memory", memory), ("lock", lock), ("plain", plain)):
        if name in wanted:
            keep(name, part())
    if wanted & {"latency", "recovery", "away"}:
        with Valkey(append_only=True) as server, Postgres(settings=DURABLE) as postgres, tempfile.TemporaryDirectory() as folder:
            whole = Whole(Path(folder), postgres, server)
            with whole.running():
                for name, measured in (("latency", latency), ("recovery", recovery), ("away", away)):
                    if name in wanted:
                        keep(name, measured(whole, tell))
            whole.db.close()
    show(results)


def show(results: dict[str, Any]) -> None:
    """What was measured."""
    table = Table("part", "what came out")
    for name, value in results.items():
        table.add_row(name, ", ".join(f"{key} {one}" for key, one in value.items()))
    Console().print(table)


if __name__ == "__main__":
    main(sys.argv[1:])

"""What queueing costs: CPU an item through two stages, at chunks of 50, 10 and 1, on both databases.

Named rows (offer, claim, token, finish; the sweep and beat included) against a plain chain of Celery tasks that does the same inserts and loses
what a kill -9 takes along. Counted is the CPU of all processes: client, workers, beat, PostgreSQL, Valkey. Three runs each; the median stands.

    python -m benchmarks.queueing            prints a table, writes benchmarks/results/queueing.json
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import psutil
import psycopg
import redis
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sqlalchemy import func, select

from benchmarks.queueing_worker import done, metadata, plain_app
from pipeline import resources
from pipeline.config import Settings
from pipeline.storage import schema, work
from pipeline.storage.db import Database
from pipeline.storage.work import NewWork
from tests.servers.postgres import Postgres
from tests.servers.valkey import Valkey

CHUNKS = {50: 3_000, 10: 1_000, 1: 150}
"""Chunk size → items of one run."""
RUNS = 3
_RESULTS = Path(__file__).parent / "results" / "queueing.json"


def cpu_s(roots: list[int]) -> float:
    """User and system seconds of these processes and all below them, ended ones included where their parent waited for them."""
    total = 0.0
    for root in roots:
        for process in (psutil.Process(root), *psutil.Process(root).children(recursive=True)):
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system
    return total


@contextmanager
def started(settings: Settings, *roles: str) -> Iterator[list[int]]:
    """Processes of benchmarks.queueing_worker; their pids."""
    processes = []
    for role in roles:
        command = [sys.executable, "-m", "benchmarks.queueing_worker", role]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        assert process.stdin is not None
        process.stdin.write(json.dumps(msgspec.to_builtins(settings)).encode() + b"\n")
        process.stdin.close()
        processes.append(process)
    try:
        yield [process.pid for process in processes]
    finally:
        for process in processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def stored(db: Database) -> int:
    """Rows that were inserted so far."""
    with db.read() as conn:
        return int(conn.execute(select(func.count()).select_from(done)).scalar_one())


def enqueue(way: str, db: Database, settings: Settings, chunks: list[tuple[int, ...]]) -> None:
    """Hand over all chunks, as a client does."""
    if way == "plain":
        app = plain_app(settings.redis_url)
        for chunk in chunks:
            app.tasks["first"].delay(list(chunk))
        return
    for start in range(0, len(chunks), 50):
        with db.write() as conn:
            rows = [NewWork(stage="ingest", lane="normal", label="bench", refs=chunk) for chunk in chunks[start : start + 50]]
            work.add(conn, rows, db.now(conn))


def measure(way: str, url: str, broker: str, size: int, items: int, servers: list[int]) -> dict[str, float]:
    """One run: CPU and wall time an item, in µs."""
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=home, database_url=url, redis_url=broker, log_level="error", children=2)
        resources.use(settings)
        db = Database.open(url)
        schema.upgrade(db)
        metadata.drop_all(db.engine)
        metadata.create_all(db.engine)
        roles = ("plain",) if way == "plain" else ("ours", "beat")
        with started(settings, *roles) as pids:
            warm: list[tuple[int, ...]] = [(0,)] * 4
            enqueue(way, db, settings, warm)
            while stored(db) < 2 * len(warm):
                time.sleep(0.05)
            counted = [*pids, *servers, os.getpid()]
            before, began = cpu_s(counted), time.perf_counter()
            chunks = [tuple(range(first, min(first + size, items))) for first in range(0, items, size)]
            enqueue(way, db, settings, chunks)
            while stored(db) < 2 * (items + len(warm)):
                time.sleep(0.1)
            took, spent = time.perf_counter() - began, cpu_s(counted) - before
        db.close()
    return {"cpu_us": spent / items * 1e6, "wall_us": took / items * 1e6}


def main() -> None:
    """All combinations, a table, a file."""
    results = []
    plan = [(kind, size, way) for kind in ("sqlite", "postgresql") for size in CHUNKS for way in ("rows", "plain")]
    with Valkey() as valkey, Postgres() as postgres, tempfile.TemporaryDirectory() as folder:
        with closing(redis.Redis.from_url(valkey.url())) as client:
            broker_pid = int(client.info("server")["process_id"])
        with psycopg.connect(postgres.create("bench_pid")) as conn:
            [backend] = conn.execute("SELECT pg_backend_pid()").fetchone() or [0]
            postmaster = psutil.Process(backend).ppid()
        for number, (kind, size, way) in enumerate(track(plan, description="queueing")):
            runs = []
            for run in range(RUNS):
                valkey.flush(1)
                name = f"bench_{number}_{run}"
                url = postgres.create(name) if kind == "postgresql" else f"sqlite:///{folder}/{name}.sqlite"
                servers = [broker_pid, *([postmaster] if kind == "postgresql" else [])]
                runs.append(measure(way, url, valkey.url(1), size, CHUNKS[size], servers))
            median = {key: round(statistics.median(run[key] for run in runs)) for key in runs[0]}
            results.append({"database": kind, "chunk": size, "way": way, "items": CHUNKS[size], "runs": RUNS, **median})
    _RESULTS.parent.mkdir(exist_ok=True)
    _RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    show(results)


def show(results: list[dict[str, object]]) -> None:
    """The table."""
    table = Table("database", "chunk", "named rows, µs CPU an item", "plain Celery chain", "ratio")
    by_key = {(row["database"], row["chunk"], row["way"]): row["cpu_us"] for row in results}
    for kind in ("sqlite", "postgresql"):
        for size in CHUNKS:
            ours, plain = by_key[kind, size, "rows"], by_key[kind, size, "plain"]
            assert isinstance(ours, int)
            assert isinstance(plain, int)
            table.add_row(kind, str(size), f"{ours:,}", f"{plain:,}", f"{ours / plain:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()

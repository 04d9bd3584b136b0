"""The processes that `benchmarks.queueing` starts: a worker of ours whose stages only insert rows, beat, and a plain Celery worker beside it.

python -m benchmarks.queueing_worker ours|beat|plain      settings as JSON on standard input
"""

from __future__ import annotations

import json
import sys
from functools import cache

import msgspec
from celery import Celery
from sqlalchemy import Column, Integer, MetaData, Table, Text

from pipeline import resources
from pipeline.config import Settings
from pipeline.storage import work
from pipeline.storage.db import Database
from pipeline.storage.work import Claimed, NewWork
from schemas.outcome import Outcome

metadata = MetaData()
done = Table(
    "bench_done", metadata, Column("id", Integer, primary_key=True), Column("stage", Text), Column("ref", Integer), Column("body", Text)
)
"""What both ways insert: a row of 1 KB an item and stage."""
BODY = "x" * 1_000


def rows(stage: str, refs: list[int] | tuple[int, ...]) -> list[dict[str, object]]:
    """The inserts of one chunk in one stage."""
    return [{"stage": stage, "ref": ref, "body": BODY} for ref in refs]


def first(db: Database, claimed: Claimed, settings: Settings) -> Outcome:
    """In the place of ingest: insert, and owe the next stage."""
    with db.write() as conn:
        if not work.finish(conn, claimed):
            return Outcome(sentence="the lease was lost", lease_lost=True)
        conn.execute(done.insert(), rows("first", claimed.refs))
        owed = NewWork(stage="enrich", lane=claimed.lane, label=claimed.label, refs=claimed.refs)
        return Outcome(sentence=f"{len(claimed.refs)} new", next=tuple(work.add(conn, [owed], db.now(conn), offered=True)))


def second(db: Database, claimed: Claimed, settings: Settings) -> Outcome:
    """In the place of enrichment: insert."""
    with db.write() as conn:
        if work.finish(conn, claimed):
            conn.execute(done.insert(), rows("second", claimed.refs))
    return Outcome(sentence=f"{len(claimed.refs)} enriched")


@cache
def plain_app(broker: str) -> Celery:
    """A chain of two plain tasks that do the same inserts: what most people would write."""
    app = Celery("plain", broker=broker, backend=broker)
    app.conf.update(
        worker_prefetch_multiplier=1, task_send_sent_event=True, worker_send_task_events=True, broker_connection_retry_on_startup=True
    )

    @app.task(name="first")
    def one(refs: list[int]) -> str:
        with resources.database().write() as conn:
            conn.execute(done.insert(), rows("first", refs))
        two.delay(refs)
        return f"{len(refs)} new"

    @app.task(name="second")
    def two(refs: list[int]) -> str:
        with resources.database().write() as conn:
            conn.execute(done.insert(), rows("second", refs))
        return f"{len(refs)} enriched"

    return app


def main() -> int:
    """Run one role until it is told to stop."""
    settings = msgspec.convert(json.loads(sys.stdin.readline()), Settings)
    resources.use(settings)
    if sys.argv[1] == "plain":
        app = plain_app(settings.redis_url)
        app.Worker(
            concurrency=settings.children, loglevel="ERROR", task_events=True, quiet=True, without_gossip=True, without_mingle=True
        ).start()
        return 0
    from workers import schedule, tasks, worker

    if sys.argv[1] == "beat":
        return schedule.run(settings)
    vars(tasks).update(ingest_chunk=first, enrich_chunk=second)
    return worker.run(settings, ("ingest", "enrich"), name="bench")


if __name__ == "__main__":
    sys.exit(main())

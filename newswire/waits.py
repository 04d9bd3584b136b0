"""What waits for what: each sort of work that is not done, and what has to happen first. A line each, for `newswire status`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from newswire.doctor.finding import Finding
from schemas.outcome import counted

_PROMPT_S = 5
"""What waits no longer than that is on its way."""


class Redis(msgspec.Struct, frozen=True, kw_only=True):
    """Our own broker, as one look saw it."""

    trouble: str = ""
    """Why it is not to be had."""
    is_full: bool = False
    """It has reached its maxmemory: nothing can be offered."""
    unwritten: tuple[Finding, ...] = ()
    """It could not write to its disk."""
    waiting: dict[str, int] = {}
    """Messages by queue."""


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """So much waits for something."""

    what: str
    count: int
    waits_for: str
    do: str = ""
    """What an operator can do about it; '' where nothing is to be done."""


def look_at_redis(url: str) -> Redis:
    """Raises nothing: what is wrong with it is what is asked."""
    import redis
    from redis.exceptions import RedisError

    from newswire.doctor.broker import writes
    from workers.queues import QUEUES

    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:
            memory: Any = client.info("memory")
            unwritten = tuple(writes(client.info("persistence")))
            asked = client.pipeline(transaction=False)
            for queue in QUEUES:
                asked.llen(queue)
            lengths = asked.execute()
    except (RedisError, ValueError, OSError) as error:
        return Redis(trouble=str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__)
    most = int(memory.get("maxmemory", 0))
    is_full = bool(most) and int(memory.get("used_memory", 0)) >= most and memory.get("maxmemory_policy") == "noeviction"
    return Redis(is_full=is_full, unwritten=unwritten, waiting={queue: int(length) for queue, length in zip(QUEUES, lengths, strict=True)})


def waits(status: Mapping[str, Any], redis: Redis, disks: Iterable[Finding] = ()) -> list[Wait]:
    """Pure. `status`: what storage/listing.py says of all; `disks`: what newswire/doctor says of the space of ours."""
    full = [one for one in (*disks, *redis.unwritten) if one.level == "wrong"]
    return [*_disks(full), *_work(status, redis), *_fetches(status), *_sources(status), *_quarantine(status), *_subscriptions(status)]


def _disks(full: Iterable[Finding]) -> Iterator[Wait]:
    for one in full:
        what = "all that is stored" if one.about == "disk" else "all that Redis takes"
        yield Wait(what=what, count=1, waits_for=f"space on a disk. {one.says}", do=one.do)


def _work(status: Mapping[str, Any], redis: Redis) -> Iterator[Wait]:
    from workers.queues import queue_of

    for row in status["backlog"]:
        queue = queue_of(row["stage"], row["lane"])
        what = row["stage"] if row["lane"] == "normal" else f"{row['stage']} ({row['lane']})"
        if row["ready"]:
            waits_for, do = _turn(row, redis, queue, status["drained"])
            yield Wait(what=what, count=row["ready"], waits_for=waits_for, do=do)
        if row["later"]:
            yield Wait(what=what, count=row["later"], waits_for="its time: an embargo's end, or a later try", do="newswire work list")


def _turn(row: Mapping[str, Any], redis: Redis, queue: str, drained: str) -> tuple[str, str]:
    if drained:
        return "the end of the drain", "newswire drain --end"
    if redis.trouble:
        return f"Redis, which is not to be had: {redis.trouble}", "start it; work goes on by itself"
    if redis.is_full:
        return "memory in Redis: its maxmemory is reached", "raise maxmemory, or look what else fills it; work goes on by itself"
    if row["leased"]:
        return f"its turn: {row['leased']} in work", ""
    if row["waits_s"] > _PROMPT_S and redis.waiting.get(queue):
        return f"a worker: nobody takes from the queue {queue} since {row['waits_s']} s", "start one: newswire worker"
    if row["waits_s"] > _PROMPT_S:
        return f"to be offered, since {row['waits_s']} s: does the scheduler run?", "start it: newswire beat"
    return "its turn", ""


def _fetches(status: Mapping[str, Any]) -> Iterator[Wait]:
    for row in status["fetches"]:
        if row["failures"]:
            waits_for = f"{row['host']}, which failed {counted(row['failures'], 'time')} in a row; not before {row['not_before']:%H:%M:%S}"
        else:
            waits_for = f"{row['host']} at its pace"
        yield Wait(what="fetch", count=row["jobs"], waits_for=waits_for)


def _sources(status: Mapping[str, Any]) -> Iterator[Wait]:
    for row in status["paused_sources"]:
        reason = f": {row['pause_reason']}" if row["pause_reason"] else ""
        yield Wait(what=f"source {row['name']}", count=1, waits_for=f"to be resumed{reason}", do=f"newswire sources resume {row['name']}")


def _quarantine(status: Mapping[str, Any]) -> Iterator[Wait]:
    if status["quarantine"]:
        yield Wait(what="quarantine", count=status["quarantine"], waits_for="a mend, and a replay", do="newswire quarantine list")


def _subscriptions(status: Mapping[str, Any]) -> Iterator[Wait]:
    for row in status["subscriptions"]:
        name = row["name"]
        owed = row["behind"] + row["waiting"] - row["parked"]
        if owed > 0:
            waits_for, do = _consumer(row)
            yield Wait(what=f"for {name}", count=owed, waits_for=waits_for, do=do)
        if row["parked"]:
            waits_for = "somebody's retry: it was tried often enough"
            yield Wait(what=f"for {name}", count=row["parked"], waits_for=waits_for, do=f"newswire subscriptions parked {name}")


def _consumer(row: Mapping[str, Any]) -> tuple[str, str]:
    name = row["name"]
    if row["paused"]:
        return f"it to be resumed{': ' + row['reason'] if row['reason'] else ''}", f"newswire subscriptions resume {name}"
    if row["trouble"]:
        return f"its target, since {row['trouble_at']:%Y-%m-%d %H:%M}: {row['trouble']}", f"newswire subscriptions check {name}"
    if row["log_waits_for"] and row["is_served"]:
        return row["log_waits_for"], f"newswire subscriptions check {name}" if row["log_waits_for"].startswith("its readers") else ""
    if row["put_off"] and not row["behind"] and row["put_off"] + row["in_flight"] >= row["waiting"] - row["parked"]:
        heard = f"which refused {row['put_off']}: {row['refused']}" if row["refused"] else f"which did not answer {row['put_off']}"
        return (
            f"its consumer, {heard}; tried again from {row['tried_at']:%H:%M:%S} UTC on",
            "mend it there; what is refused each time is parked",
        )
    if row["in_flight"] >= max(1, row["waiting"] - row["parked"]) and not row["behind"]:
        return "its consumer: all of it is sent, and unanswered", f"newswire subscriptions check {name}"
    if row["in_flight"]:
        return f"room: {row['in_flight']} sent to its consumer, and unanswered", f"newswire subscriptions check {name}"
    return "the deliverer", "start it, if it does not run: newswire deliver"

"""Redis or Valkey: whether it keeps what it was given, its memory, its clock, and what waits in our queues."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from newswire.doctor.finding import Finding, advice, clock, ok, wrong
from pipeline.config import Settings

FULL = 0.8
"""Part of its memory or its clients from which on it is time to act."""


def look(url: str, settings: Settings, host_now: Callable[[], datetime]) -> Iterator[Finding]:
    """Raises Infrastructure or Misconfigured where it is not to be had, or too old."""
    import redis

    from pipeline import resources
    from workers.queues import QUEUES

    resources.check_redis(url)
    with redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:
        info: dict[str, Any] = client.info()
        with suppress(redis.ResponseError):  # a managed Redis may keep its configuration to itself
            info |= client.config_get("appendfsync")
        before = host_now()
        seconds, micros = client.time()
        after = host_now()
        lengths = {queue: int(client.llen(queue)) for queue in QUEUES}
    yield ok("versions", f"{info.get('server_name', 'redis')} {info.get('valkey_version', info['redis_version'])}")
    yield from _keeps(info)
    yield from _room(info)
    yield clock("Redis", before, datetime.fromtimestamp(seconds + micros / 1e6, UTC), after, matters="its log does not tell our times")
    yield _queues(lengths, settings)


def _keeps(info: dict[str, Any]) -> Iterator[Finding]:
    policy = str(info.get("maxmemory_policy", "noeviction"))
    if info.get("role") != "master":
        yield wrong("redis", "This Redis is a replica: nothing can be written to it.", "Let REDIS_URL name the primary.")
    if policy != "noeviction":
        yield wrong(
            "redis",
            f"Redis throws keys away when its memory is full (maxmemory-policy {policy}).",
            "CONFIG SET maxmemory-policy noeviction",
        )
    if not info.get("aof_enabled"):
        yield wrong(
            "redis",
            "Redis forgets its queues when it restarts (appendonly no): ours are filled again in seconds, consumers' only as they fall due.",
            "CONFIG SET appendonly yes, and in its file of settings.",
        )
    elif info.get("appendfsync") == "no":
        yield advice(
            "redis",
            "Redis leaves writing to the system (appendfsync no): a crash may lose half a minute.",
            "CONFIG SET appendfsync everysec",
        )
    yield from writes(info)


def writes(info: dict[str, Any]) -> Iterator[Finding]:
    """What keeps it from its disk: then it takes nothing more (MISCONF)."""
    for name in ("aof_last_write_status", "rdb_last_bgsave_status"):
        if info.get(name, "ok") != "ok":
            yield wrong("redis", f"Redis could not write to its disk ({name} {info[name]}).", "See its log; free space on its disk.")


def _room(info: dict[str, Any]) -> Iterator[Finding]:
    most, used = int(info.get("maxmemory", 0)), int(info.get("used_memory", 0))
    if most and used > FULL * most:
        yield wrong(
            "redis",
            f"Redis uses {used / 1e6:.0f} of {most / 1e6:.0f} MB: when it is full, it takes no more messages.",
            "Raise maxmemory; see which consumer's queue is long: newswire status",
        )
    clients, limit = int(info.get("connected_clients", 0)), int(info.get("maxclients", 0))
    if limit and clients > FULL * limit:
        yield wrong("redis", f"Redis has {clients} clients and takes {limit}.", "CONFIG SET maxclients, and its limit of open files.")
    else:
        yield ok("redis", f"{used / 1e6:.0f} MB{f' of {most / 1e6:.0f}' if most else ''}, {clients} clients of {limit or 'any number'}")


def _queues(lengths: dict[str, int], settings: Settings) -> Finding:
    """We keep them short: what is long was filled by somebody else."""
    most = 4 * settings.queue_window
    long = {queue: length for queue, length in lengths.items() if length > most}
    if long:
        return wrong(
            "queues",
            f"Redis holds {', '.join(f'{length} messages in {queue}' for queue, length in long.items())}; newswire puts about"
            f" {settings.queue_window} there: somebody else uses this database number of Redis, or another newswire does.",
            "Give each its own number: redis://host/1",
        )
    waiting = {queue: length for queue, length in lengths.items() if length}
    return ok("queues", ", ".join(f"{length} in {queue}" for queue, length in waiting.items()) or "empty")

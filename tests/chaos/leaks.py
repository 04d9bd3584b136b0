"""What a leak leaves: connections, files, memory, keys of Redis. What processes hold when all is quiet, against what they held at the start.

At the start of a run, after its first documents, all is quiet too. What has come to more since then by more than a margin is a finding. A process
that a fault killed began anew: a leak of its earlier life is not seen in it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import redis

from tests.chaos.driver import Run
from tests.chaos.system import children

MORE_CONNECTIONS = 10
"""To PostgreSQL: pools that were not full at the start. Of all processes together."""
MORE_FILES = 24
"""Of one process. A connection to SQLite has three."""
MORE_BYTES = 96 << 20
"""Of one process: what libraries load when they are first needed, and a document in its hands."""
MORE_ENTRIES = 50
"""Of one key, and so many more keys: what killed workers had not acknowledged."""
MORE_REDIS_BYTES = 16 << 20
"""Of one server: results of an hour. A thousand bytes a document are more."""
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Held(NamedTuple):
    """What is held at a quiet moment. By role: the most that one process of it holds. By key: its entries, where it never expires."""

    connections: int
    files: Mapping[str, int]
    resident: Mapping[str, int]
    keys: Mapping[str, int]
    redis_bytes: Mapping[str, int]


def grown(before: Held, after: Held) -> list[tuple[str, str]]:
    """(kind of finding, words): all that has grown by more than its margin. A role that was not there at the start began with nothing."""
    found: list[tuple[str, str]] = []

    def compare(kind: str, what: str, then: int, now: int, margin: int) -> None:
        if now > then + margin:
            found.append((kind, f"{what}: {now:,} when all was quiet, {then:,} at the start, and {margin:,} more are allowed"))

    compare("connections grown", "connections to PostgreSQL", before.connections, after.connections, MORE_CONNECTIONS)
    for role, count in after.files.items():
        compare("files grown", f"open files of {role}", before.files.get(role, 0), count, MORE_FILES)
    for role, size in after.resident.items():
        compare("memory grown", f"bytes of {role}", before.resident.get(role, 0), size, MORE_BYTES)
    compare("Redis grown", "keys that never expire", len(before.keys), len(after.keys), MORE_ENTRIES)
    for key, entries in after.keys.items():
        compare("Redis grown", f"entries of {key}", before.keys.get(key, 0), entries, MORE_ENTRIES)
    for server, size in after.redis_bytes.items():
        compare("Redis grown", f"bytes of {server}", before.redis_bytes.get(server, 0), size, MORE_REDIS_BYTES)
    return found


def measure(run: Run) -> Held:
    """Asked when all is quiet."""
    files: dict[str, int] = {}
    resident: dict[str, int] = {}
    for role, pid in processes(run):
        with suppress(OSError):  # it has ended
            files[role] = max(files.get(role, 0), len(list(Path(f"/proc/{pid}/fd").iterdir())))
            pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            resident[role] = max(resident.get(role, 0), pages * PAGE_BYTES)
    keys: dict[str, int] = {}
    redis_bytes: dict[str, int] = {}
    for name, server in (("our Redis", run.place.redis), ("the consumers' Redis", run.place.theirs)):
        with redis.Redis.from_url(server.url(), socket_timeout=10) as client:
            redis_bytes[name] = int(client.info("memory")["used_memory"])
            numbers = [int(database.removeprefix("db")) for database in client.info("keyspace")]
        for number in numbers:
            with redis.Redis.from_url(server.url(number), decode_responses=True, socket_timeout=10) as client:
                keys |= {f"{key} in {name}, {number}": entries for key, entries in lasting(client)}
    connections = 0 if run.place.postgres is None else run.place.proxies["database"].connections
    return Held(connections, files, resident, keys, redis_bytes)


def processes(run: Run) -> Iterator[tuple[str, int]]:
    for role, pid in run.system.pids.items():
        yield role, pid
        yield from ((f"a child of {role}", child) for child in children(pid))


def lasting(client: Any) -> Iterator[tuple[str, int]]:
    """Keys that never expire, and how many entries each has."""
    count = {"list": client.llen, "hash": client.hlen, "zset": client.zcard, "set": client.scard, "stream": client.xlen}
    for key in client.scan_iter(count=1000):
        if client.ttl(key) == -1:
            yield key, int(count.get(client.type(key), lambda _: 1)(key))

"""What a process opens once: settings, the database, an event loop. One set a process, opened after the fork, on first use.

resources.use(settings)            in who starts; children inherit the settings, never what was opened
resources.database()               this process's own
resources.run(coroutine)           on this process's event loop
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from pipeline import config, failpoints
from pipeline.config import Settings
from pipeline.errors import Infrastructure, Misconfigured
from pipeline.storage import connections, quarantine
from pipeline.storage.db import Database
from pipeline.urls import verified

OLDEST_REDIS = (6, 2)
"""Streams with XAUTOCLAIM and XTRIM MINID came with it."""

T = TypeVar("T")
_settings: Settings | None = None
_opened: dict[tuple[int, str], Any] = {}
"""By process and name. What a parent opened is never used, and never closed, by its children."""


def use(settings: Settings) -> None:
    """Settings of this process and of those it forks, in place of what `config.load` would find."""
    global _settings
    _settings = settings
    failpoints.arm(settings.failpoints)
    quarantine.limit(settings.quarantine_limit)


def settings() -> Settings:
    """Those given to `use`, else loaded. Raises Misconfigured."""
    if _settings is None:
        use(config.load())
    assert _settings is not None
    return _settings


def database() -> Database:
    """This process's database, opened on first use."""
    return _own("database", lambda: Database.open(settings().database, pool_size=connections.CHILD))


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run to its end on this process's one event loop: a loop for each task would break pooled connections."""
    return _own("loop", asyncio.Runner).run(coroutine)


def _own(name: str, open: Callable[[], T]) -> T:
    """Opened once a process. What a parent opened is kept: collected, it would say goodbye on sockets that are not ours."""
    held = _opened.get((os.getpid(), name))
    if held is None:
        held = _opened[os.getpid(), name] = open()
    return held


def close() -> None:
    """Close what this process opened."""
    for owner, name in list(_opened):
        if owner == os.getpid():
            _opened.pop((owner, name)).close()


def running_file(settings: Settings) -> Path:
    """Where an embedded system says that it runs, and where: JSON of pid, redis_url, flower_url."""
    return settings.home_path / "running.json"


def redis_url() -> str:
    """The setting's, else that of the embedded server which runs in the home. Raises Misconfigured where there is neither."""
    if settings().redis_url:
        return verified(settings().redis_url)
    path = running_file(settings())
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["redis_url"])
    except (OSError, ValueError, KeyError) as error:
        raise Misconfigured(
            f"There is no Redis: REDIS_URL is not set, and nothing runs in {path.parent}.", hint="Set REDIS_URL, or start `newswire up`."
        ) from error


def check_redis(url: str) -> list[str]:
    """Is it there, and can it do what we need? Warnings, a sentence each. Raises Infrastructure or Misconfigured."""
    import redis
    from redis.exceptions import AuthenticationError, RedisError, ResponseError

    where = without_password(url)
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:
            info: dict[str, Any] = client.info()
    except AuthenticationError as error:
        raise Misconfigured(f"Redis at {where} refuses us: {error}.", hint="REDIS_URL takes a user and a password.") from error
    except ValueError as error:
        raise Misconfigured(f"REDIS_URL is no Redis URL: {error}.", hint="redis://:password@host:6379/0") from error
    except ResponseError as error:
        if "unknown command" not in str(error):
            raise Misconfigured(f"Redis at {where} refuses us: {error}.", hint="Our user needs all commands on all keys.") from error
        # before 6.0 it does not know the first command of a connection, HELLO
        raise _too_old(where, f"refuses what every Redis from 6.0 on knows ({error})") from error
    except RedisError as error:
        untrusted = "CERTIFICATE_VERIFY_FAILED" in str(error)
        hint = "Name its authority: REDIS_URL=rediss://…?ssl_ca_certs=/path/ca.crt" if untrusted else "Start it, or set REDIS_URL."
        raise Infrastructure(f"Redis at {where} is not to be had: {str(error).rstrip('.')}.", hint=hint) from error
    version = str(info.get("redis_version", "0"))
    if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) < OLDEST_REDIS:
        raise _too_old(where, f"is version {version}")
    policy = str(info.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction":
        return [f"Redis at {where} throws keys away when its memory is full (maxmemory-policy {policy}): set it to noeviction."]
    return []


def _too_old(where: str, why: str) -> Misconfigured:
    oldest = ".".join(map(str, OLDEST_REDIS))
    return Misconfigured(f"Redis at {where} {why}: newswire needs {oldest} or newer.", hint="Update it; Valkey of any version will do.")


def without_password(url: str) -> str:
    """For people and logs."""
    head, at, rest = url.rpartition("@")
    return f"{head.partition('://')[0]}://***@{rest}" if at else url

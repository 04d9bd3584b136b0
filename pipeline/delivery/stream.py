"""A Redis stream: each event an entry, in order, every version. Its consumer groups say how far they are; nobody acknowledges to us.

    look      XINFO STREAM, XINFO GROUPS, XPENDING of each group, in one MULTI     two answers of different moments would move the floor
                                                                                   over what was delivered in between
    append    one script: only if the stream's last id is the expected one, so that two deliverers, or one that was stopped for long,
              never leave a gap; absent, or of an older generation: made again with its groups at the floor. A kill takes the item's
              older entries out, and acknowledges them: those that nobody can read any more would stay pending for ever
    forget    XTRIM MINID

Ids are generation-seq. What is acknowledged is the least over the groups of (least pending - 1, or last delivered).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
import redis
from redis.connection import parse_url
from redis.exceptions import RedisError, ResponseError

from pipeline.delivery import Finding, Held, Target, read_settings, room_in, words
from pipeline.errors import Infrastructure, Misconfigured
from pipeline.storage.logs import Entry
from pipeline.urls import verified
from schemas.learnt import learn
from schemas.messages import LARGEST_BYTES, encode
from schemas.outcome import counted

_PATIENCE_S = 5
_APPEND = """
local key, expected, generation, floor = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local top, at = '', 4
local stream = redis.pcall('XINFO', 'STREAM', key)
if stream['err'] then
  if not string.find(stream['err'], 'no such key', 1, true) then return stream end
else
  for i = 1, #stream, 2 do if stream[i] == 'last-generated-id' then top = stream[i + 1] end end
end
if top ~= expected then return 0 end
local is_ours = top ~= '' and string.match(top, '^%d+') == generation
if not is_ours then redis.call('DEL', key) end
local groups = {}
for i = 1, tonumber(ARGV[at]) do groups[i] = ARGV[at + i] end
at = at + #groups + 1
for _, group in ipairs(groups) do
  local made = redis.pcall('XGROUP', 'CREATE', key, group, generation .. '-' .. floor, 'MKSTREAM')
  if made['err'] and not string.find(made['err'], 'BUSYGROUP', 1, true) then return made end
end
if not is_ours then redis.call('XSETID', key, generation .. '-' .. floor) end
while at <= #ARGV do
  local seq, message, erases = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  for i = 1, erases do
    local id = generation .. '-' .. ARGV[at + 2 + i]
    redis.call('XDEL', key, id)
    for _, group in ipairs(groups) do redis.call('XACK', key, group, id) end
  end
  redis.call('XADD', key, generation .. '-' .. seq, 'message', message)
  at = at + 3 + erases
end
return 1
"""


class StreamSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an operator says of a stream."""

    url: str
    """Of its Redis: `redis://:password@host:6379/1`."""
    stream: str
    """Its key."""
    groups: str
    """Consumer groups, separated by commas: what all of them have acknowledged goes."""
    window: int = 1000
    """Entries that it holds at most. What waits beyond that waits in SQL."""
    window_bytes: int = 32 * 1024 * 1024
    """Of its Redis, that these may take."""


learn(StreamSettings)


def _read(settings: Mapping[str, Any]) -> StreamSettings:
    example = "url=redis://host:6379/1 stream=stories groups=desk,archive"
    read = read_settings("stream", StreamSettings, settings, needs=("url", "stream", "groups"), example=example)
    if not read.url.startswith(("redis://", "rediss://", "unix://")):
        raise Misconfigured("The url of a stream target is that of a Redis.", hint="url=redis://host:6379/1")
    if not words(read.groups):
        raise Misconfigured("A stream target needs the groups that read it.", hint=example)
    if read.window < 1 or read.window_bytes < 1:
        raise Misconfigured(f"window = {read.window}, window_bytes = {read.window_bytes}: both are 1 or more.")
    return read


def check(settings: Mapping[str, Any]) -> None:
    """Raises Misconfigured."""
    _read(settings)


def describe(settings: Mapping[str, Any]) -> str:
    """`stream stories for desk, archive at host:6379/1`"""
    where = str(settings.get("url", "")).partition("://")[2].rpartition("@")[2]
    return f"stream {settings.get('stream')} for {', '.join(words(str(settings.get('groups', ''))))} at {where}"


def place(settings: Mapping[str, Any]) -> str:
    """`host:6379/1 stories`: of one Redis, whatever user, password or parameters its URL has."""
    try:
        at = parse_url(str(settings.get("url", "")))  # type: ignore[no-untyped-call]
    except ValueError:
        at = {"path": settings.get("url")}
    host = str(at.get("host") or "localhost").lower().replace("localhost", "127.0.0.1")
    server = at.get("path") or f"{host}:{at.get('port') or 6379}"
    return f"{server}/{at.get('db') or 0} {settings.get('stream')}"


class StreamLog:
    """One connection, opened on first use, and again after it broke."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = _read(settings)
        self._name = describe(settings)
        self._groups = words(self._settings.groups)
        self._key = self._settings.stream
        self._client: redis.Redis | None = None

    def _open(self) -> redis.Redis:
        if self._client is None:
            self._client = redis.Redis.from_url(
                verified(self._settings.url), socket_timeout=_PATIENCE_S, socket_connect_timeout=_PATIENCE_S, socket_keepalive=True
            )
        return self._client

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (RedisError, OSError) as error:
            self.close()
            raise Infrastructure(f"The Redis of {self._name} {_cause(error)}.", hint=_remedy(str(error))) from error

    def look(self, generation: int, now: datetime) -> Held:
        with self._translated():
            with self._open().pipeline(transaction=True) as together:
                together.xinfo_stream(self._key)
                together.xinfo_groups(self._key)
                for group in self._groups:
                    together.xpending(self._key, group)
                stream, groups, *pending = together.execute(raise_on_error=False)
            for answer in (stream, groups, *pending):
                if isinstance(answer, Exception) and not _is_absence(answer):
                    raise answer
        if isinstance(stream, Exception):
            return Held(is_ready=False)
        top = _text(stream["last-generated-id"])
        top_generation, top_seq = _parts(top)
        if top_generation != generation:
            return Held(top=top, generation=top_generation, is_ready=False)
        delivered = {_text(group["name"]): _parts(_text(group["last-delivered-id"])) for group in groups}
        return Held(
            top=top,
            generation=top_generation,
            seq=top_seq,
            acknowledged=min(
                _acknowledged(delivered.get(group), said, generation) for group, said in zip(self._groups, pending, strict=True)
            ),
            room=room_in(self._settings.window, int(stream["length"]), self._settings.window_bytes, self._taken_bytes(), LARGEST_BYTES),
            is_ready=set(self._groups) <= set(delivered),
        )

    def _taken_bytes(self) -> int:
        """Of its memory. 0 where it does not let us ask: then entries alone are counted."""
        with self._translated():
            try:
                return int(self._open().memory_usage(self._key, samples=0) or 0)
            except ResponseError:
                return 0

    def append(self, held: Held, generation: int, floor: int, entries: Sequence[Entry]) -> bool:
        told: list[bytes | int] = []
        for entry in entries:
            told += [entry.seq, encode(entry.message), len(entry.erases), *entry.erases]
        with self._translated():
            arguments = (held.top, generation, floor, len(self._groups), *self._groups, *told)
            return bool(self._open().eval(_APPEND, 1, self._key, *arguments) == 1)

    def examine(self, now: datetime) -> list[Finding]:
        with self._translated():
            memory: dict[str, Any] = self._open().info("memory")
            groups = {_text(one["name"]): one for one in self._open().xinfo_groups(self._key)} if self._open().exists(self._key) else {}
            length = self._open().xlen(self._key)
        most, used = int(memory.get("maxmemory", 0)), int(memory.get("used_memory", 0))
        found = [
            Finding(ok=not most or used < most, says=f"Its Redis uses {used:,} bytes of {f'{most:,}' if most else 'as many as there are'}.")
        ]
        for name in self._groups:
            group = groups.get(name)
            if group is None:
                found.append(Finding(ok=True, says=f"The group {name} is not there yet: it is made with the first look."))
            else:
                says = (
                    f"The group {name} has {counted(group['consumers'], 'reader')}; of {length} entries it has {group['pending']} in hand."
                )
                found.append(Finding(ok=bool(group["consumers"]), says=says))
        return found

    def forget(self, generation: int, floor: int) -> None:
        with self._translated():
            self._open().xtrim(self._key, minid=f"{generation}-{floor + 1}", approximate=False)

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


def _acknowledged(delivered: tuple[int, int] | None, pending: Any, generation: int) -> int:
    """Of one group. One that is not there has acknowledged nothing."""
    if delivered is None or isinstance(pending, Exception):
        return 0
    if pending["pending"]:
        low_generation, low = _parts(_text(pending["min"]))
        return low - 1 if low_generation == generation else 0
    return delivered[1] if delivered[0] == generation else 0


def _parts(id: str) -> tuple[int, int]:
    generation, _, seq = id.partition("-")
    return int(generation), int(seq)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _is_absence(error: Exception) -> bool:
    """No stream, or no such group (yet, or any more)."""
    return isinstance(error, ResponseError) and ("no such key" in str(error) or "NOGROUP" in str(error))


def _cause(error: Exception) -> str:
    said = str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
    if "maxmemory" in said:
        return "has no memory left"
    return f"is not to be had: {said}"


def _remedy(said: str) -> str:
    if "maxmemory" in said:
        return "Let its consumers catch up, or raise its maxmemory; what it is owed waits here, and goes on by itself."
    if "WRONGTYPE" in said:
        return "Its key holds something else: name another stream."
    return "It is tried again by itself; what it is owed waits here."


TARGET = Target(name="stream", check=check, open_log=StreamLog, describe=describe, place=place)

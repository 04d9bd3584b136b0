"""Ways to somebody else's consumer: its own queue, webhook, stream or folder. What is sent is waited for until it was taken."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import redis

from pipeline.delivery import Answered, Channel, Log, open_channel, open_log, target, words
from pipeline.errors import Gone, Infrastructure, Transient
from pipeline.storage.logs import Entry
from pipeline.urls import verified
from schemas.messages import Message, encode

_LOOK_S = 0.05
_DEAD = "newswire-check-dead"
_IDLE_MS = 24 * 60 * 60 * 1000


class Line(Protocol):
    """A way to the consumer."""

    is_log: bool

    def tell(self, messages: Sequence[Message]) -> str:
        """Send, and wait until they were taken; '' or what went wrong."""


class Pushed:
    """To a queue or a webhook: one message after the other, each answered before the next."""

    is_log = False

    def __init__(self, channel: Channel, patience_s: float, now: Callable[[], datetime]) -> None:
        self._channel = channel
        self._patience_s = patience_s
        self._now = now

    def tell(self, messages: Sequence[Message]) -> str:
        for message in messages:
            got: list[Answered] = []
            try:
                self._channel.send(1, [message], self._now())
            except (Infrastructure, Transient, Gone) as error:
                return str(error)
            deadline = time.monotonic() + self._patience_s
            while not self._channel.answers(got.extend):
                if time.monotonic() > deadline:
                    return f"It did not acknowledge within {self._patience_s:g} s."
                time.sleep(_LOOK_S)
            if not all(one.ok for one in got):
                return f"It refused a message: {got[-1].why or 'its task failed'}."
        return ""


class Logged:
    """To a stream or a folder: entries in order. Their ids grow whatever the messages' own numbers do, as after a rewind."""

    is_log = True

    def __init__(self, log: Log, patience_s: float, now: datetime) -> None:
        self._log = log
        self._patience_s = patience_s
        self._now = now
        self._generation = int(now.timestamp())
        self._seq = 0

    def close(self) -> None:
        """The log is somebody else's."""

    def tell(self, messages: Sequence[Message]) -> str:
        held = self._log.look(self._generation, self._now)
        if not held.is_ready:
            self._log.append(held, self._generation, self._seq, ())
            held = self._log.look(self._generation, self._now)
        entries = []
        for message in messages:
            self._seq += 1
            entries.append(Entry(seq=self._seq, item=message.item, at=self._now, message=message))
        self._log.append(held, self._generation, 0, entries)
        self._now += timedelta(days=1)  # a file is complete
        return self._wait()

    def _wait(self) -> str:
        deadline = time.monotonic() + self._patience_s
        while self._log.look(self._generation, self._now).acknowledged < self._seq:
            if time.monotonic() > deadline:
                return f"It did not acknowledge within {self._patience_s:g} s."
            time.sleep(_LOOK_S)
        return ""


class Streamed(Logged):
    """To a stream: also into the hands of a reader that will never come back."""

    def __init__(self, log: Log, patience_s: float, now: datetime, settings: Mapping[str, Any]) -> None:
        super().__init__(log, patience_s, now)
        self._client: Any = redis.Redis.from_url(verified(settings["url"]))
        self._key, self._groups = settings["stream"], words(settings["groups"])

    def tell_a_dead_reader(self, message: Message) -> str:
        """In one transaction, or a living one were quicker; idle for so long that anybody may claim it. '' or what went wrong."""
        self._seq += 1
        id = f"{self._generation}-{self._seq}"
        with self._client.pipeline(transaction=True) as together:
            together.xadd(self._key, {"message": encode(message)}, id=id)
            for group in self._groups:
                together.xreadgroup(group, _DEAD, {self._key: ">"}, count=1)
                together.xclaim(self._key, group, _DEAD, 0, [id], idle=_IDLE_MS, justid=True)
            together.execute()
        trouble = self._wait()
        for group in self._groups:
            self._client.xgroup_delconsumer(self._key, group, _DEAD)  # with what it still holds: what is sent next waits for nobody
        return trouble

    def close(self) -> None:
        self._client.close()


@contextlib.contextmanager
def line_to(kind: str, settings: Mapping[str, Any], patience_s: float, now: Callable[[], datetime]) -> Iterator[Line]:
    """Raises Misconfigured."""
    target(kind).check(settings)
    if target(kind).is_log:
        log = open_log(kind, settings)
        line = Streamed(log, patience_s, now(), settings) if kind == "stream" else Logged(log, patience_s, now())
        try:
            yield line
        finally:
            line.close()
            log.close()
    else:
        channel = open_channel(kind, settings)
        try:
            yield Pushed(channel, patience_s, now)
        finally:
            channel.close()

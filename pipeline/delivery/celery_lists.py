"""What is done below kombu where a foreign app's broker is a Redis: there a queue is a list, and one more list for each priority.

Producers put in at the left end, workers take from the right one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from redis.exceptions import ResponseError


def read(channel: Any, queue: str, most: int) -> tuple[list[Any], Callable[[], None]]:
    """Up to so many messages of each list, which stay there, and what takes them out. Several readers at once are harmless.

    Kombu's way, one by one by way of a hash of what is under way, takes five times the processor's time. What is no message is left out, and
    taken out with the others.
    """
    keys = [channel._q_for_pri(queue, priority) for priority in channel.priority_steps]
    with channel.client.pipeline(transaction=False) as pipeline:
        for key in keys:
            pipeline.lrange(key, -most, -1)
        found = list(zip(keys, pipeline.execute(), strict=True))
    messages: list[Any] = []
    for _, values in found:
        for value in reversed(values):
            with suppress(ValueError, TypeError, KeyError, AttributeError):
                messages.append(channel.Message(json.loads(value), channel=channel))

    def forget() -> None:
        with channel.client.pipeline(transaction=False) as pipeline:
            for key, values in found:
                for value in reversed(values):
                    pipeline.lrem(key, -1, value)
            pipeline.execute()

    return messages, forget


def to_the_front(channel: Any, queue: str, count: int) -> None:
    """The last that were put in. A worker that took some of them meanwhile makes others change their places, which harms nobody."""
    with suppress(ResponseError), channel.client.pipeline(transaction=False) as pipeline:  # a Redis before 6.2: they wait their turn
        for _ in range(count):
            pipeline.lmove(queue, queue, "LEFT", "RIGHT")
        pipeline.execute()


def taken_bytes(channel: Any, queue: str) -> int:
    """Of its memory, by all its lists. 0 where it does not let us ask: then messages alone are counted."""
    try:
        return sum(
            int(channel.client.memory_usage(channel._q_for_pri(queue, priority), samples=0) or 0) for priority in channel.priority_steps
        )
    except ResponseError:
        return 0

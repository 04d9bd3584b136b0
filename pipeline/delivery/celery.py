"""A task of a foreign Celery app, on its own broker and queue. That app knows nothing of us, and writes no code to acknowledge.

Celery's own `link` and `link_error` send `newswire.acknowledge` back when its task has ended, to a queue of ours on its broker; we read it with
kombu, which reads the priority sub-queues too. The signatures are immutable (a result would be put before our arguments), and JSON.

Settings: broker (URL), task (its name there), queue, window (messages that its queue holds at most, 100), argument (name of the keyword argument;
none: the only positional one), ack_queue, routing_key, priority, headers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from celery import Celery
from kombu.exceptions import KombuError
from kombu.exceptions import OperationalError as BrokerAway
from redis.exceptions import RedisError

from pipeline.delivery import Answered, Target
from pipeline.errors import Infrastructure, Misconfigured
from schemas.messages import Message, encode

ACKNOWLEDGE = "newswire.acknowledge"
_WINDOW = 100
_ANSWERS = 500
_NEEDED = ("broker", "task", "queue")
_KNOWN = (*_NEEDED, "window", "argument", "ack_queue", "routing_key", "priority", "headers")


def check(settings: Mapping[str, Any]) -> None:
    """Raises Misconfigured."""
    for name in _NEEDED:
        if not settings.get(name):
            raise Misconfigured(f"A celery target needs {name}.", hint="broker=redis://host:6379/1 task=their.task queue=theirs")
    unknown = sorted(set(settings) - set(_KNOWN))
    if unknown:
        raise Misconfigured(f"{unknown[0]} is no setting of a celery target.", hint=f"There are: {', '.join(_KNOWN)}.")
    if not isinstance(settings.get("window", _WINDOW), int) or settings.get("window", _WINDOW) < 1:
        raise Misconfigured(f"window = {settings['window']!r}: a number of messages, 1 or more.")


def describe(settings: Mapping[str, Any]) -> str:
    """`their.task on queue theirs at host:6379/1`"""
    return f"{settings.get('task')} on queue {settings.get('queue')} at {str(settings.get('broker', '')).rpartition('@')[2].removeprefix('redis://')}"


class CeleryChannel:
    """One connection to a foreign broker, opened on first use and again after it broke."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self._window = int(settings.get("window", _WINDOW))
        self._app = Celery("newswire-deliveries", broker=settings["broker"], set_as_current=False)
        self._app.conf.update(
            task_serializer="json",
            accept_content=["json"],
            task_ignore_result=True,
            broker_transport_options={"socket_timeout": 5, "socket_connect_timeout": 5, "socket_keepalive": True, "max_retries": 1},
            broker_connection_retry=False,
        )
        self._connection = self._app.connection_for_write()

    @property
    def _ack_queue(self) -> str:
        return str(self._settings.get("ack_queue") or f"newswire-ack-{self._settings['queue']}")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (BrokerAway, KombuError, RedisError, OSError) as error:
            self.close()
            raise Infrastructure(f"The broker of {describe(self._settings)} is not to be had: {str(error).splitlines()[0]}.") from error

    def _waiting(self) -> int:
        with self._translated():
            self._connection.ensure_connection(max_retries=1)
            with self._connection.channel() as channel:
                return int(channel.queue_declare(queue=self._settings["queue"], durable=True).message_count)

    def room(self) -> int:
        return self._window - self._waiting()

    def is_empty(self) -> bool:
        return self._waiting() == 0

    def send(self, subscription: int, messages: Sequence[Message]) -> None:
        options: dict[str, Any] = {"queue": self._settings["queue"]}
        for name in ("routing_key", "priority", "headers"):
            if self._settings.get(name) is not None:
                options[name] = self._settings[name]
        argument = self._settings.get("argument")
        with self._translated(), self._app.amqp.Producer(self._connection) as producer:
            for message in messages:
                body = msgspec.json.decode(encode(message))
                self._app.send_task(
                    self._settings["task"],
                    args=() if argument else (body,),
                    kwargs={argument: body} if argument else {},
                    argsrepr=f"('item {message.item} · {message.status} · seq {message.seq}',)",
                    kwargsrepr="{}",
                    link=self._reply(subscription, message, ok=True),
                    link_error=self._reply(subscription, message, ok=False),
                    producer=producer,
                    retry=False,
                    **options,
                )

    def _reply(self, subscription: int, message: Message, *, ok: bool) -> Any:
        return self._app.signature(
            ACKNOWLEDGE,
            args=(subscription, message.generation, message.item, message.seq, ok),
            immutable=True,
            options={"queue": self._ack_queue, "serializer": "json"},
            app=self._app,
        )

    def answers(self, take: Callable[[Sequence[Answered]], None]) -> int:
        with self._translated(), self._connection.SimpleQueue(self._ack_queue) as queue:
            received: list[Any] = []
            while len(received) < _ANSWERS:
                try:
                    received.append(queue.get_nowait())
                except queue.Empty:
                    break
            read = [answer for message in received if (answer := _answer(message)) is not None]
            if read:
                take(read)
            for message in received:
                message.ack()
        return len(received)

    def close(self) -> None:
        self._connection.release()
        self._connection = self._app.connection_for_write()


def _answer(message: Any) -> Answered | None:
    """Task protocol 2: the body is [args, kwargs, embed]. What is none of ours is dropped: only we read this queue."""
    try:
        subscription, generation, item, seq, ok = message.payload[0]
        return Answered(subscription=int(subscription), generation=int(generation), item=int(item), seq=int(seq), ok=bool(ok))
    except (ValueError, TypeError, LookupError, KombuError):
        return None


TARGET = Target(name="celery", check=check, open=CeleryChannel, describe=describe)

"""A task of a foreign Celery app, on its own broker and queue. That app knows nothing of us, and writes no code to acknowledge.

Celery's own `link` and `link_error` send `newswire.acknowledge` back when its task has ended, to a queue of ours on its broker; we read it
with kombu, which reads the priority sub-queues too. The signatures are immutable (a result would be put before our arguments), and JSON.

Its broker is a Redis (or Valkey) or a RabbitMQ.

What never comes back is sent again: a child that was killed, a queue that was flushed, a task name that is unknown there.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

import msgspec
from celery import Celery
from celery.canvas import Signature
from kombu.exceptions import KombuError
from kombu.exceptions import OperationalError as BrokerAway
from kombu.transport.pyamqp import Transport as RabbitMQ
from redis.exceptions import RedisError

from pipeline.delivery import Answered, Finding, Room, Target, read_settings, room_in
from pipeline.delivery._celery_check import examine, unanswered
from pipeline.delivery.celery_lists import read as read_lists
from pipeline.delivery.celery_lists import taken_bytes, to_the_front
from pipeline.errors import Infrastructure, Misconfigured
from pipeline.storage.deliveries import PROBE
from pipeline.urls import verified
from schemas.learnt import learn
from schemas.messages import LARGEST_BYTES, Message, encode

ACKNOWLEDGE = "newswire.acknowledge"
_REPLY = ("subscription", "generation", "item", "seq", "ok")
_NOTHING = "celery.accumulate"
_ANSWERS = 500
"""Acknowledgements of one look."""
_WORTH = 4
"""A queue is filled up when a quarter of it is empty: each batch costs a dozen statements, however small it is."""
_URGENT = 10
"""Flashes and kills that are put into a full queue, before all that waits there."""
_PATIENCE_S = 5
_LARGEST = LARGEST_BYTES * 4 // 3
"""Bytes of the largest message, in a queue of Celery's: in base64."""
_SCHEMES = ("redis://", "rediss://", "amqp://")
_EXCHANGE_TYPES = ("direct", "topic")
_TROUBLES: tuple[type[Exception], ...] = (
    BrokerAway,
    KombuError,
    RedisError,
    OSError,
    *RabbitMQ.connection_errors,
    *RabbitMQ.channel_errors,
)
_NO_ROUTE, _NOT_FOUND = 312, 404
"""What a RabbitMQ says of a message that no queue takes, and of a queue or an exchange that is not there."""


class CelerySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an operator says of the foreign app."""

    broker: str
    """URL of its Redis or RabbitMQ: `redis://:password@host:6379/1`, `amqp://user:password@host:5672/vhost`."""
    task: str
    """The task's name there."""
    queue: str
    argument: str = ""
    """Name of the keyword argument that takes the message; empty: it is the only positional one."""
    window: int = 100
    """Messages that its queue holds at most."""
    window_bytes: int = 32 * 1024 * 1024
    """Of its Redis, that these may take."""
    ack_queue: str = ""
    """Ours, on its broker; empty: `newswire-ack-` and the queue's name."""
    priority: int | None = None
    exchange: str = ""
    """Where that app's queue is bound to one of its own; empty: its queue by name."""
    exchange_type: str = "direct"
    """Of that exchange: direct or topic. A Redis does not know it by itself; and a fanout there reaches only who listens just then."""
    routing_key: str = ""
    """With an exchange; empty: the queue's name."""
    headers: dict[str, str] = {}
    """More headers of each message: `headers.x-team=desk`."""


learn(CelerySettings)


def _read(settings: Mapping[str, Any]) -> CelerySettings:
    example = "broker=redis://host:6379/1 task=their.task queue=theirs"
    read = read_settings("celery", CelerySettings, settings, needs=("broker", "task", "queue"), example=example)
    if not read.broker.startswith(_SCHEMES):
        raise Misconfigured(
            f"The broker of a celery target is a Redis or a RabbitMQ: its URL begins with {', '.join(_SCHEMES)}.",
            hint="Nothing else was tried: let that app read a Redis, or take its items by a webhook.",
        )
    if read.exchange_type not in _EXCHANGE_TYPES:
        raise Misconfigured(f"exchange_type = {read.exchange_type}: one of {', '.join(_EXCHANGE_TYPES)}.")
    verified(read.broker)
    if read.window < 1:
        raise Misconfigured(f"window = {read.window}: a number of messages, 1 or more.")
    if read.window_bytes < 1:
        raise Misconfigured(f"window_bytes = {read.window_bytes}: a number of bytes.")
    return read


def check(settings: Mapping[str, Any]) -> None:
    """Raises Misconfigured."""
    _read(settings)


def describe(settings: Mapping[str, Any]) -> str:
    """`their.task on queue theirs at host:6379/1`"""
    where = str(settings.get("broker", "")).partition("://")[2].rpartition("@")[2]
    return f"{settings.get('task')} on queue {settings.get('queue')} at {where}"


class CeleryChannel:
    """One connection to a foreign broker, opened on first use, and again after it broke."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = _read(settings)
        self._name = describe(settings)
        self._ack_queue = self._settings.ack_queue or f"newswire-ack-{self._settings.queue}"
        self._is_amqp = self._settings.broker.startswith("amqp")
        self._app = Celery("newswire-deliveries", broker=verified(self._settings.broker), set_as_current=False)
        self._app.conf.update(
            task_serializer="json",
            accept_content=["json"],
            task_publish_retry=False,  # what can't be sent stays a row
            broker_heartbeat=0,  # of AMQP: nobody would send it between two looks
            broker_transport_options=_transport_options(self._is_amqp),
        )
        self._connection: Any = None  # kombu's types leave much out
        self._acks: Any = None

    def _open(self) -> Any:
        if self._connection is None:
            self._connection = self._app.connection_for_write()
            self._connection.ensure_connection(max_retries=1, interval_start=0, timeout=_PATIENCE_S)
        return self._connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except _TROUBLES as error:
            self.close()
            if getattr(error, "reply_code", None) in (_NO_ROUTE, _NOT_FOUND):
                raise self._nowhere() from error
            cause = str(error.__cause__ or error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
            if "maxmemory" in cause:
                hint = "Let its consumer catch up, or raise its maxmemory; what it is owed waits here, and goes on by itself."
                raise Infrastructure(f"The broker of {self._name} has no memory left.", hint=hint) from error
            raise Infrastructure(
                f"The broker of {self._name} is not to be had: {cause}.", hint="It is tried again by itself; what it is owed waits here."
            ) from error

    def _nowhere(self) -> Infrastructure:
        settings = self._settings
        bound = (
            f", or it is bound to no exchange {settings.exchange} by {settings.routing_key or settings.queue}" if settings.exchange else ""
        )
        return Infrastructure(
            f"There is no queue {settings.queue} at the broker of {self._name}{bound}.",
            hint="Its worker makes it when it starts; what it is owed waits here.",
        )

    def room(self) -> Room:
        """A RabbitMQ is only asked: made by us, its queue might lack the arguments that its owner declares it with."""
        with self._translated():
            channel = self._open().default_channel
            waiting = int(channel.queue_declare(queue=self._settings.queue, durable=True, passive=self._is_amqp).message_count)
            taken = 0 if self._is_amqp or not waiting else taken_bytes(channel, self._settings.queue)  # a RabbitMQ keeps its queues on disk
        window, window_bytes = self._settings.window, self._settings.window_bytes
        free = room_in(window, waiting, window_bytes, taken, _LARGEST)
        if waiting and free < room_in(window, 0, window_bytes, 0, _LARGEST) // _WORTH:
            free = 0
        return Room(free=free, urgent=max(0, min(_URGENT, window + _URGENT - waiting)), is_empty=waiting == 0)

    def send(self, subscription: int, messages: Sequence[Message], now: datetime, *, urgent: int = 0) -> None:
        with self._translated(), self._app.amqp.Producer(self._open()) as producer:
            options = self._route()
            with producer.batch():
                for message in messages[:urgent]:
                    self._put(producer, subscription, message, options)
            if urgent and not self._is_amqp and self._settings.priority is None:
                to_the_front(producer.channel, self._settings.queue, urgent)
            with producer.batch():
                for message in messages[urgent:]:
                    self._put(producer, subscription, message, options)

    def _put(self, producer: Any, subscription: int, message: Message, options: Mapping[str, Any]) -> None:
        settings = self._settings
        body = msgspec.json.decode(encode(message))
        task = self._app.amqp.as_task_v2(
            f"newswire-{subscription}-{message.item}-{message.seq}-{secrets.token_hex(4)}",  # a repeat is a job of its own
            settings.task,
            args=() if settings.argument else (body,),
            kwargs={settings.argument: body} if settings.argument else {},
            argsrepr=f"('item {message.item} · {message.status} · seq {message.seq}',)",
            kwargsrepr="{}",
            callbacks=[self._reply(subscription, message, ok=True)],
            errbacks=[self._reply(subscription, message, ok=False)],
            ignore_result=True,
        )
        self._app.amqp.send_task_message(producer, settings.task, task, **options)

    def _route(self) -> dict[str, Any]:
        """How a message gets into their queue. What no queue would take is an error, on both kinds of broker: they drop it without a word."""
        settings = self._settings
        options: dict[str, Any] = {"headers": dict(settings.headers)}
        if settings.priority is not None:
            options["priority"] = settings.priority
        if self._is_amqp:
            options |= {"mandatory": True, "declare": []}
        if not settings.exchange:
            return options | {"queue": settings.queue}
        key = settings.routing_key or settings.queue
        if not self._is_amqp:
            channel = self._open().default_channel
            channel.exchange_declare(settings.exchange, type=settings.exchange_type)  # known to this connection only
            if not channel.typeof(settings.exchange).lookup(channel.get_table(settings.exchange), settings.exchange, key, None):
                raise self._nowhere()
        return options | {"exchange": settings.exchange, "routing_key": key}

    def _reply(self, subscription: int, message: Message, *, ok: bool) -> Signature:
        """Immutable: else that app puts its result before our arguments, and one that can't be serialised turns success into failure."""
        return Signature(
            ACKNOWLEDGE,
            args=(subscription, message.generation, message.item, message.seq, ok),
            immutable=True,
            options={"queue": self._ack_queue, "serializer": "json"},
            app=self._app,
        )

    def answers(self, take: Callable[[Sequence[Answered]], None]) -> int:
        with self._translated():
            received, forget = self._received()
            if read := [answer for message in received if (answer := _answer(message)) is not None]:
                try:
                    take(read)
                except Infrastructure:  # a RabbitMQ would keep them for us as long as we are there
                    self.close()
                    raise
            forget()
        return len(received)

    def _received(self) -> tuple[list[Any], Callable[[], None]]:
        """Answers, and what has the broker forget them."""
        if not self._is_amqp:
            return read_lists(self._open().default_channel, self._ack_queue, _ANSWERS)
        if self._acks is None:
            self._acks = self._open().SimpleQueue(self._ack_queue)
        received: list[Any] = []
        with suppress(self._acks.Empty):
            while len(received) < _ANSWERS:
                received.append(self._acks.get_nowait())

        def forget() -> None:
            for message in received:
                message.ack()

        return received, forget

    def examine(self, now: datetime) -> list[Finding]:
        with self._translated():
            return examine(self._app, task=self._settings.task, queue=self._settings.queue, ack_queue=self._ack_queue)

    def probe(self, number: int) -> bool:
        """A task that every Celery app has and that does nothing, with our link."""
        with self._translated(), self._app.amqp.Producer(self._open()) as producer:
            reply = Signature(
                ACKNOWLEDGE,
                args=(PROBE, 0, 0, number, True),
                immutable=True,
                options={"queue": self._ack_queue, "serializer": "json"},
                app=self._app,
            )
            task = self._app.amqp.as_task_v2(
                f"newswire-probe-{number}",
                _NOTHING,
                args=(),
                kwargs={},
                argsrepr="('probe of newswire',)",
                callbacks=[reply],
                ignore_result=True,
            )
            self._app.amqp.send_task_message(producer, _NOTHING, task, **self._route() | {"headers": {}})
        return True

    def unanswered(self) -> Finding:
        return unanswered(is_taken=self.room().is_empty, ack_queue=self._ack_queue)

    def close(self) -> None:
        """What was received and not yet taken goes back to its queue."""
        connection, self._connection, self._acks = self._connection, None, None
        if connection is not None:
            with suppress(*_TROUBLES):
                connection.release()


def _transport_options(is_amqp: bool) -> dict[str, Any]:
    if is_amqp:
        return {"read_timeout": _PATIENCE_S, "write_timeout": _PATIENCE_S, "confirm_publish": True}
    return {"socket_timeout": _PATIENCE_S, "socket_connect_timeout": _PATIENCE_S, "socket_keepalive": True}


def _answer(message: Any) -> Answered | None:
    """Task protocol 2: the body is [args, kwargs, embed]. What is none of ours is dropped: only we read this queue."""
    if message.headers.get("task") != ACKNOWLEDGE:
        return None
    try:
        [args, *_] = message.payload
        return msgspec.convert(dict(zip(_REPLY, args, strict=True)), Answered)
    except (ValueError, TypeError, KombuError, msgspec.ValidationError):
        return None


TARGET = Target(name="celery", check=check, open=CeleryChannel, describe=describe)

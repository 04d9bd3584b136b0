"""A foreign Celery app on a RabbitMQ: what is not the same as on a Redis. Run against a real one: `pytest --amqp amqp://guest:guest@host//`."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from kombu import entity as kombu_entity

from pipeline.delivery import Answered, Channel, open_channel
from pipeline.errors import Infrastructure
from pipeline.storage.db import Database
from tests.consumer import consuming, until
from tests.newswire.test_checking import says, working
from tests.pipeline.delivery.test_targets import NOW, message
from tests.wire import Wire
from tests.workers.test_deliver import arrive, delivering, kill, owed, shows, subscribe

entity: Any = kombu_entity  # its types leave much out


@pytest.fixture
def broker(request: pytest.FixtureRequest) -> Iterator[str]:
    url = str(request.config.getoption("--amqp"))
    if not url:
        pytest.skip("no RabbitMQ was given: --amqp URL")
    _remove(url, "theirs", "stories")
    yield url
    _remove(url, "theirs", "stories")


def _remove(url: str, *queues: str) -> None:
    with Celery("theirs", broker=url, set_as_current=False) as app, app.connection_for_write() as connection:
        for queue in queues:
            for name in (queue, f"newswire-ack-{queue}"):
                connection.default_channel.queue_delete(name)


class Theirs:
    """Their queue, made as their worker makes it."""

    def __init__(self, broker: str) -> None:
        self.name = f"theirs-{secrets.token_hex(4)}"
        self.app = Celery("theirs", broker=broker, set_as_current=False)
        self.settings = {"broker": broker, "task": "their.task", "queue": self.name, "window": 5}

    def make(self, **options: Any) -> None:
        with self.app.connection_for_write() as connection:
            entity.Queue(self.name, channel=connection.default_channel, **options).declare()

    def work(self) -> list[dict[str, Any]]:
        """Take all that waits, and acknowledge it as a worker does; the messages."""
        taken = []
        with self.app.connection_for_read() as connection, connection.channel() as channel:
            while (one := entity.Queue(self.name, channel=channel).get()) is not None:
                one.ack()
                taken.append(one.payload[0][0])
                for link in one.payload[2]["callbacks"]:
                    self.app.signature(link).apply_async(("their result",))
        return taken

    def open(self, **settings: Any) -> Channel:
        return open_channel("celery", self.settings | settings)

    def close(self) -> None:
        self.app.close()
        _remove(str(self.settings["broker"]), self.name)


@pytest.fixture
def theirs(broker: str) -> Iterator[Theirs]:
    made = Theirs(broker)
    yield made
    made.close()


def test_a_message_is_sent_into_their_queue_counted_and_acknowledged(theirs: Theirs) -> None:
    theirs.make()
    channel = theirs.open()
    channel.send(3, [message(1, 7), message(2, 8)], NOW)
    until(lambda: channel.room().free == 3, "both in their queue")
    assert not channel.room().is_empty
    assert [one["item"] for one in theirs.work()] == [1, 2]
    got: list[Answered] = []
    until(lambda: channel.answers(got.extend) + len(got) >= 2, "two acknowledgements")
    assert sorted((one.item, one.seq, one.ok) for one in got) == [(1, 7, True), (2, 8, True)]
    assert channel.room().is_empty
    channel.close()


def test_an_answer_that_we_could_not_store_comes_again(theirs: Theirs) -> None:
    theirs.make()
    channel = theirs.open()
    channel.send(3, [message(1, 7)], NOW)
    until(theirs.work, "their work")

    def fails(answered: object) -> None:
        raise Infrastructure("The database is away.")

    def is_refused() -> bool:
        try:
            return channel.answers(fails) > 1
        except Infrastructure:
            return True

    until(is_refused, "an acknowledgement")
    channel.close()
    got: list[Answered] = []
    until(lambda: channel.answers(got.extend) or got, "the same again")
    assert [one.seq for one in got] == [7]
    channel.close()


@pytest.mark.parametrize("arguments", [{"x-max-priority": 10}, {"x-queue-type": "quorum"}])
def test_their_queue_is_theirs_whatever_arguments_it_has(theirs: Theirs, arguments: dict[str, Any]) -> None:
    """Declared by us without them, a RabbitMQ would refuse us, or their worker."""
    theirs.make(queue_arguments=arguments, durable=True)
    channel = theirs.open(priority=5)
    channel.send(3, [message(1)], NOW)
    channel.close()
    assert until(theirs.work, "a message")


def test_an_exchange_of_theirs_takes_messages_by_its_own_rules(theirs: Theirs) -> None:
    theirs.make(exchange=entity.Exchange(f"{theirs.name}-news", "topic", auto_delete=True), routing_key="story.#")
    channel = theirs.open(exchange=f"{theirs.name}-news", routing_key="story.flash")
    channel.send(3, [message(1)], NOW)
    channel.close()
    assert until(theirs.work, "a message")


@pytest.mark.parametrize("settings", [{}, {"exchange": "amq.direct", "routing_key": "nobody"}, {"exchange": "nowhere"}])
def test_what_no_queue_would_take_is_told_and_not_taken_for_sent(theirs: Theirs, settings: dict[str, str]) -> None:
    if settings:
        theirs.make()
    channel = theirs.open(**settings)
    with pytest.raises(Infrastructure, match=f"There is no queue {theirs.name} at the broker"):
        channel.room()
        channel.send(3, [message(1)], NOW)
    channel.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_worker_of_theirs_is_examined_and_a_probe_comes_back(database: Database, broker: str, tmp_path: Path) -> None:
    theirs: dict[str, Any] = {"broker": broker, "task": "their.task", "queue": "theirs"}
    with working(tmp_path, broker):
        well, said = says(database, **theirs)
        assert (well, "A probe was taken and acknowledged." in said) == (True, True)
        well, said = says(database, **theirs | {"task": "their.tsk"})
        assert (well, "knows no task their.tsk" in said) == (False, True)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_stored_reaches_their_worker_and_is_acknowledged(
    database: Database, database_url: str, broker: str, tmp_path: Path
) -> None:
    wire = Wire(database)
    with consuming(tmp_path, broker) as consumer, delivering(database_url, tmp_path):
        subscribe(wire, consumer.target)
        arrive(wire, 1, 2)
        kill(wire, 2)
        until(lambda: len(shows(consumer)) == 2 and not owed(wire), "two items, all acknowledged")
    assert sorted(shows(consumer), key=str) == [None, "Story 1, version 1"]

"""A consumer's own disk is full, a real one of half a megabyte: what it could not write it does not acknowledge, and takes when there is room."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis

from pipeline.delivery import Answered, Channel, open_channel, open_log
from pipeline.errors import Infrastructure, Transient
from pipeline.storage.logs import Entry
from schemas.messages import Message
from tests.consumer import consuming, until
from tests.disk import Disk, mounted
from tests.examples.test_consumer import message
from tests.hook import SECRET
from tests.newswire.test_consumer_check import example, held_by, listens
from workers.embedded import free_port

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """On which `held.sqlite` of the folder lies."""
    with mounted(tmp_path / "small", "512k") as made:
        (tmp_path / "held.sqlite").symlink_to(made.mount / "held.sqlite")
        yield made


def large(item: int, seq: int) -> Message:
    """Too large for what is left in the pages of its file."""
    made = message(item, seq, f"Item {item}")
    assert made.article is not None
    return msgspec.structs.replace(made, article=msgspec.structs.replace(made.article, text="A long body. " * 8_000))


def answers(channel: Channel, *messages: Message) -> list[Answered]:
    """What comes of sending these: nothing at all where the other side says that it is ill."""
    got: list[Answered] = []
    try:
        channel.send(1, messages, NOW)
        until(lambda: channel.answers(got.extend) or got, "an answer")
    except (Infrastructure, Transient):
        pass
    return got


def test_a_task_that_could_not_write_fails_and_is_told_again(disk: Disk, tmp_path: Path, valkey_url: str) -> None:
    with consuming(tmp_path, valkey_url) as consumer:
        channel = open_channel("celery", consumer.target)
        assert [one.ok for one in answers(channel, message(1, 1, "Item 1"))] == [True]
        disk.fill()
        assert [one.ok for one in answers(channel, large(2, 2))] == [False]
        disk.free()
        assert [one.ok for one in answers(channel, large(2, 2))] == [True]
        assert consumer.held()[2] == ("usable", "Item 2")
        channel.close()


def test_a_webhook_that_could_not_write_answers_no_2xx(disk: Disk, tmp_path: Path) -> None:
    port = free_port()
    with example(tmp_path, "webhook/receive.py", str(port), WEBHOOK_SECRET=SECRET) as look:
        until(lambda: listens(port), "the webhook")
        now = datetime.now(UTC)
        channel = open_channel("webhook", {"url": f"http://127.0.0.1:{port}/", "secret": SECRET, "allow_networks": "127.0.0.1/32"})
        channel.send(1, [message(1, 1, "Item 1")], now)
        disk.fill()
        with pytest.raises(Transient, match="503"):
            channel.send(1, [large(2, 2)], now)
        disk.free()
        channel.send(1, [large(2, 2)], now)
        assert (look(1).shows, look(2).shows) == ("Item 1", "Item 2")
        channel.close()


@pytest.mark.parametrize("kind", ["stream", "files"])
def test_a_reader_that_could_not_write_is_where_it_was(disk: Disk, tmp_path: Path, valkey_url: str, kind: str) -> None:
    folder = tmp_path / "news"
    settings: dict[str, Any] = {"url": valkey_url, "stream": "stories", "groups": "desk"} if kind == "stream" else {"folder": str(folder)}
    arguments = ("stream/reader.py", "stories", "desk", "one") if kind == "stream" else ("files/reader.py", str(folder))
    log = open_log(kind, settings)
    log.append(log.look(7, NOW), 7, 0, ())

    def append(told: Message, hours: int) -> None:
        log.append(log.look(7, NOW), 7, 0, [Entry(seq=told.seq, item=told.item, at=NOW + timedelta(hours=hours), message=told)])
        log.look(7, NOW + timedelta(hours=hours + 1))  # a file is complete

    with example(tmp_path, *arguments, STREAM_URL=valkey_url, LEFT_AFTER_MS="100") as look:
        append(message(1, 1, "Item 1"), 0)
        until(lambda: look(1).shows == "Item 1", "the first")
        disk.fill()
        append(large(2, 2), 1)
        until(lambda: "waiting: " in (tmp_path / "example.log").read_text(), "its word about it")
        if kind == "stream":
            with redis.Redis.from_url(valkey_url) as client:
                assert client.xpending("stories", "desk")["pending"] == 1
        assert held_by(tmp_path / "held.sqlite", 2).shows is None
        disk.free()
        until(lambda: look(2).shows == "Item 2", "the second")
        if kind == "stream":
            until(lambda: log.look(7, NOW).acknowledged == 2, "its acknowledgement")
    log.close()

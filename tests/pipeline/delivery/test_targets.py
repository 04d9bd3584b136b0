"""What every kind of target keeps to. Each kind brings a `Side`: the real other side, as its owner would run it."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import msgspec
import pytest
import redis
from celery import Celery
from kombu import entity as kombu_entity

from pipeline.delivery import Answered, Held, open_channel, open_log, room_in, target, targets
from pipeline.errors import Infrastructure, Misconfigured
from pipeline.storage.logs import Entry
from schemas.article import Article
from schemas.messages import LARGEST_BYTES, Message, Showing, encode
from tests.hook import SECRET, Hook

entity: Any = kombu_entity  # its types leave much out
GENERATION = 1_770_000_000
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def message(item: int = 1, seq: int = 1, text: str = "The harbour opens on Monday. Überraschung in Łódź: 港.") -> Message:
    article = Article(headline="Harbour opens", paragraphs=(text,), text=text)
    return Message(
        epoch=1,
        seq=seq,
        subscription="team",
        generation=GENERATION,
        item=item,
        provider="wire",
        story=1,
        event="stored",
        status=Showing.USABLE,
        article=article,
    )


class Side(Protocol):
    """The other side of one kind."""

    settings: dict[str, Any]
    """Of a target with room for 5 messages, whose URL bears the password `s3cret`."""

    def received(self) -> list[dict[str, Any]]:
        """Messages that wait there, in the order in which they came."""

    def will_answer(self, *, ok: bool) -> None:
        """How it answers what comes now."""

    def answer(self, *, ok: bool) -> None:
        """Take all that waits, and let each end well or badly."""

    def dead(self, port: int) -> dict[str, Any]:
        """The settings, with nobody there."""


class CelerySide:
    """A foreign Celery app: it takes a message and sends its link, as a worker does (test_consumer.py runs a real one)."""

    def __init__(self, url: str, folder: Path) -> None:
        password = url.replace("redis://", "redis://default:s3cret@")
        with redis.Redis.from_url(url) as client:
            client.config_set("requirepass", "s3cret")
        self.settings = {"broker": password, "task": "their.task", "queue": "theirs", "window": 5}
        self._app = Celery("theirs", broker=password, set_as_current=False)

    def _taken(self, *, put_back: bool) -> list[Any]:
        with self._app.connection_for_read() as connection:
            queue = connection.SimpleQueue("theirs")
            taken = []
            while True:
                try:
                    taken.append(queue.get_nowait())
                except queue.Empty:
                    break
            for one in taken:
                if put_back:
                    one.requeue()
                else:
                    one.ack()
        return taken

    def received(self) -> list[dict[str, Any]]:
        return [one.payload[0][0] for one in self._taken(put_back=True)]

    def will_answer(self, *, ok: bool) -> None:
        """Not before it is asked."""

    def dead(self, port: int) -> dict[str, Any]:
        return self.settings | {"broker": f"redis://default:s3cret@127.0.0.1:{port}/0"}

    def answer(self, *, ok: bool) -> None:
        for one in self._taken(put_back=False):
            for link in one.payload[2]["callbacks" if ok else "errbacks"]:
                self._app.signature(link).apply_async(("their result",))

    def close(self) -> None:
        self._app.close()
        with redis.Redis.from_url(str(self.settings["broker"])) as client:
            client.config_set("requirepass", "")


class WebhookSide:
    """A real HTTP server. It takes all that comes, or refuses it."""

    def __init__(self, url: str, folder: Path) -> None:
        self._hook = Hook()
        port = self._hook.port
        self.settings = {
            "url": f"http://127.0.0.1:{port}/hook?token=s3cret",
            "secret": SECRET,
            "allow_networks": "127.0.0.1/32",
            "at_once": 1,  # several at once are in no order
        }

    def will_answer(self, *, ok: bool) -> None:
        self._hook.script = [204 if ok else 422]

    def received(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self._hook.requests]

    def answer(self, *, ok: bool) -> None:
        """It did."""

    def dead(self, port: int) -> dict[str, Any]:
        return self.settings | {"url": f"http://127.0.0.1:{port}/hook?token=s3cret"}

    def close(self) -> None:
        self._hook.close()


class FilesSide:
    """A folder, read by somebody."""

    def __init__(self, url: str, folder: Path) -> None:
        self._folder = folder / "news"
        self.settings = {"folder": str(self._folder)}
        self.now = NOW

    def held(self) -> list[dict[str, Any]]:
        files = [*sorted(self._folder.glob("*.jsonl")), *self._folder.glob(".*.part")]
        return [json.loads(line) for file in files for line in file.read_text().splitlines()]

    def acknowledge(self) -> None:
        self.now += timedelta(hours=1)

    def lose(self) -> None:
        for file in self._folder.iterdir():
            file.unlink()

    def close(self) -> None:
        """Nothing is open."""


class StreamSide:
    """Two consumer groups of a Redis stream."""

    now = NOW

    def __init__(self, url: str, folder: Path) -> None:
        with redis.Redis.from_url(url) as client:
            client.config_set("requirepass", "s3cret")
        guarded = url.replace("redis://", "redis://default:s3cret@")
        self.settings = {"url": guarded, "stream": "stories", "groups": "desk, archive", "window": 5}
        self._client: Any = redis.Redis.from_url(guarded, decode_responses=True)  # its types leave the protocol open

    def held(self) -> list[dict[str, Any]]:
        return [json.loads(fields["message"]) for _, fields in self._client.xrange("stories")] if self._client.exists("stories") else []

    def acknowledge(self) -> None:
        for group in ("desk", "archive"):
            for _, entries in self._client.xreadgroup(group, "one", {"stories": ">"}):
                self._client.xack("stories", group, *(id for id, _ in entries))

    def lose(self) -> None:
        self._client.delete("stories")

    def close(self) -> None:
        self._client.config_set("requirepass", "")
        self._client.close()


SIDES: dict[str, Callable[[str, Path], Any]] = {"celery": CelerySide, "webhook": WebhookSide}
LOG_SIDES: dict[str, Callable[[str, Path], Any]] = {"files": FilesSide, "stream": StreamSide}
PUSHED = sorted(name for name, kind in targets().items() if not kind.is_log)
LOGS = sorted(name for name, kind in targets().items() if kind.is_log)


@pytest.fixture(params=sorted(targets()))
def any_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def settings(any_kind: str, valkey_url: str, tmp_path: Path) -> Iterator[dict[str, Any]]:
    sides = SIDES | LOG_SIDES
    assert any_kind in sides, f"a target of kind {any_kind} needs its other side here"
    side = sides[any_kind](valkey_url, tmp_path)
    yield side.settings
    side.close()


@pytest.fixture(params=PUSHED)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def side(kind: str, valkey_url: str, tmp_path: Path) -> Any:
    side = SIDES[kind](valkey_url, tmp_path)
    yield side
    side.close()


@pytest.fixture(params=LOGS)
def log_side(request: pytest.FixtureRequest, valkey_url: str, tmp_path: Path) -> Any:
    side = LOG_SIDES[request.param](valkey_url, tmp_path)
    side.kind = request.param
    yield side
    side.close()


@pytest.fixture
def log(log_side: Any) -> Any:
    opened = open_log(log_side.kind, log_side.settings)
    yield opened
    opened.close()


@pytest.fixture
def channel(kind: str, side: Side) -> Any:
    channel = open_channel(kind, side.settings)
    yield channel
    channel.close()


def answered(channel: Any) -> list[Answered]:
    got: list[Answered] = []
    deadline = time.monotonic() + 10
    while not channel.answers(got.extend) and time.monotonic() < deadline:
        time.sleep(0.01)
    return got


def test_settings_that_lack_something_are_refused_in_a_sentence(any_kind: str) -> None:
    with pytest.raises(Misconfigured, match="needs"):
        target(any_kind).check({})


def test_a_setting_that_is_none_is_refused_by_name(any_kind: str, settings: dict[str, Any]) -> None:
    target(any_kind).check(settings)
    with pytest.raises(Misconfigured, match="colour"):
        target(any_kind).check(settings | {"colour": "red"})


def test_a_description_shows_no_password(any_kind: str, settings: dict[str, Any]) -> None:
    assert "s3cret" not in target(any_kind).describe(settings)


def test_who_asks_for_the_other_sort_is_refused(any_kind: str, settings: dict[str, Any]) -> None:
    with pytest.raises(Misconfigured):
        (open_channel if target(any_kind).is_log else open_log)(any_kind, settings)


def test_what_is_sent_arrives_whole_and_in_order(channel: Any, side: Side) -> None:
    sent = [message(1, 7), message(2, 8), message(3, 9)]
    channel.send(3, sent, NOW)
    assert side.received() == [msgspec.json.decode(encode(one)) for one in sent]


@pytest.mark.parametrize("ok", [True, False])
def test_an_answer_names_what_it_answers(channel: Any, side: Side, ok: bool) -> None:
    side.will_answer(ok=ok)
    channel.send(3, [message(11, 7)], NOW)
    side.answer(ok=ok)
    [said] = answered(channel)
    assert said == Answered(subscription=3, generation=GENERATION, item=11, seq=7, ok=ok, why=said.why)
    assert not (ok and said.why)
    assert channel.answers(lambda more: pytest.fail(f"again: {more}")) == 0


def test_an_answer_that_could_not_be_taken_comes_again(channel: Any, side: Side) -> None:
    channel.send(3, [message(11, 7)], NOW)
    side.answer(ok=True)

    def fails(answers: Sequence[Answered]) -> None:
        raise Infrastructure("the database is away")

    with pytest.raises(Infrastructure):
        channel.answers(fails)
    channel.close()
    assert [one.item for one in answered(channel)] == [11]


def test_a_message_that_is_too_large_goes_without_its_body(channel: Any, side: Side) -> None:
    channel.send(3, [message(text="ü" * LARGEST_BYTES)], NOW)
    [got] = side.received()
    assert got["body_omitted"] is True
    assert (got["article"]["headline"], got["article"]["text"]) == ("Harbour opens", "")


def test_a_channel_opens_again_after_it_was_closed(channel: Any, side: Side) -> None:
    channel.send(3, [message(1)], NOW)
    channel.close()
    channel.close()
    channel.send(3, [message(2)], NOW)
    assert [one["item"] for one in side.received()] == [1, 2]


def test_a_target_that_is_away_is_told_in_one_sentence_without_its_password(kind: str, side: Side) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        channel = open_channel(kind, side.dead(nobody.getsockname()[1]))
        with pytest.raises(Infrastructure) as told:
            channel.send(1, [message()], NOW)
        assert str(told.value).endswith(".")
        assert "\n" not in str(told.value)
        assert "s3cret" not in str(told.value)
        channel.close()


# --- logs -----------------------------------------------------------------------------------------------------------------------


def entry(seq: int, item: int = 1, **more: Any) -> Entry:
    return Entry(seq=seq, item=item, at=NOW, message=message(item, seq), **more)


def ready(log: Any, *entries: Entry, floor: int = 0, generation: int = GENERATION) -> Held:
    """A log with these entries; what it says then."""
    held = log.look(generation, NOW)
    if not held.is_ready:
        assert log.append(held, generation, floor, ())
        held = log.look(generation, NOW)
    assert log.append(held, generation, floor, entries)
    return log.look(generation, NOW)  # type: ignore[no-any-return]


def test_a_log_begins_at_the_floor(log: Any) -> None:
    held = ready(log, floor=7)
    assert (held.is_ready, held.acknowledged) == (True, 7)


def test_entries_are_kept_whole_and_in_order(log: Any, log_side: Any) -> None:
    entries = [entry(3), entry(5, 2), entry(9)]
    held = ready(log, *entries)
    assert (held.seq, held.generation) == (9, GENERATION)
    assert log_side.held() == [json.loads(encode(one.message)) for one in entries]


def test_only_who_knows_what_it_holds_appends(log: Any, log_side: Any) -> None:
    stale = ready(log)
    ready(log, entry(1))
    assert not log.append(stale, GENERATION, 0, [entry(2)])
    assert [one["seq"] for one in log_side.held()] == [1]


def test_what_is_acknowledged_is_known_and_goes(log: Any, log_side: Any) -> None:
    ready(log, entry(3), entry(5))
    assert log.look(GENERATION, log_side.now).acknowledged == 0
    log_side.acknowledge()
    assert log.look(GENERATION, log_side.now).acknowledged == 5
    log.forget(GENERATION, 3)
    assert log.look(GENERATION, log_side.now).acknowledged == 5
    assert log.look(GENERATION, log_side.now).seq == 5


def test_a_log_that_is_lost_is_made_again_from_the_floor(log: Any, log_side: Any) -> None:
    ready(log, entry(3), entry(5))
    log_side.lose()
    assert log.look(GENERATION, log_side.now).seq == 0
    ready(log, entry(5), floor=3)
    assert [one["seq"] for one in log_side.held()] == [5]


def test_a_new_generation_begins_anew(log: Any, log_side: Any) -> None:
    ready(log, entry(3), entry(5))
    log_side.acknowledge()
    held = log.look(GENERATION + 1, log_side.now)
    assert (held.generation, held.seq, held.acknowledged, held.is_ready) == (GENERATION, 0, 0, False)
    held = ready(log, entry(2), floor=1, generation=GENERATION + 1)
    assert (held.generation, held.seq, held.acknowledged) == (GENERATION + 1, 2, 1)
    assert [one["seq"] for one in log_side.held()][-1] == 2


# --- celery only ----------------------------------------------------------------------------------------------------------------


def test_the_room_is_what_its_queue_lacks_to_the_window(valkey_url: str) -> None:
    channel = open_channel("celery", {"broker": valkey_url, "task": "their.task", "queue": "theirs", "window": 5})
    assert (channel.room().free, channel.room().is_empty) == (5, True)
    channel.send(3, [message(1), message(2)], NOW)
    assert (channel.room().free, channel.room().is_empty) == (3, False)
    channel.send(3, [message(item) for item in range(10)], NOW)
    assert channel.room().free == 0
    channel.close()


def test_a_queue_is_filled_up_when_a_quarter_of_it_is_empty(valkey_url: str) -> None:
    channel = open_channel("celery", {"broker": valkey_url, "task": "their.task", "queue": "theirs", "window": 8})
    channel.send(3, [message(item) for item in range(7)], NOW)
    assert channel.room().free == 0, "one is not worth a batch"
    with redis.Redis.from_url(valkey_url) as client:
        client.rpop("theirs")
    assert channel.room().free == 2
    channel.close()


def test_a_flash_is_put_into_a_full_queue_before_all_that_waits_there(valkey_url: str) -> None:
    channel = open_channel("celery", {"broker": valkey_url, "task": "their.task", "queue": "theirs", "window": 5})
    channel.send(3, [message(item) for item in range(5)], NOW)
    assert (channel.room().free, channel.room().urgent) == (0, 10)
    channel.send(3, [message(11), message(12), message(13)], NOW, urgent=2)
    assert channel.room().urgent == 7, "and there is an end to that"
    with Celery("theirs", broker=valkey_url, set_as_current=False).connection_for_read() as connection:
        queue = connection.SimpleQueue("theirs")
        taken = [queue.get_nowait().payload[0][0]["item"] for _ in range(8)]
    assert taken == [11, 12, 0, 1, 2, 3, 4, 13]
    channel.close()


@pytest.mark.parametrize("priority", [{}, {"priority": 3}])
def test_large_messages_fill_its_window_by_their_bytes(valkey_url: str, priority: dict[str, int]) -> None:
    settings = {"broker": valkey_url, "task": "their.task", "queue": "theirs", "window": 1000, "window_bytes": 2_000_000} | priority
    channel = open_channel("celery", settings)
    large = "A harbour. " * (LARGEST_BYTES // 30)
    sent = 0
    while free := channel.room().free:
        channel.send(3, [message(sent + n, text=large) for n in range(free)], NOW)
        sent += free
    with redis.Redis.from_url(valkey_url) as client:
        taken = sum(int(client.memory_usage(key, samples=0) or 0) for key in client.keys("theirs*"))
    assert 1_000_000 < taken < 2_000_000
    assert 4 < sent < 20
    channel.close()


def test_an_acl_that_lets_nobody_ask_for_bytes_leaves_the_window_of_messages(valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url) as client:
        client.execute_command("ACL", "SETUSER", "them", "on", ">pw", "+@all", "-memory", "&*", "~*")
    channel = open_channel("celery", {"broker": valkey_url.replace("//", "//them:pw@"), "task": "t", "queue": "theirs", "window": 5})
    channel.send(3, [message(1)], NOW)
    assert channel.room().free == 4
    channel.close()


@pytest.mark.parametrize(
    ("waiting", "taken", "room"),
    [(0, 0, 10), (5, 500, 5), (9, 100, 1), (3, 760, 2), (10, 100, 0), (1, 1000, 0), (1, 2000, 0), (0, 2000, 1)],
)
def test_room_is_what_is_left_of_messages_and_of_bytes_for_the_largest(waiting: int, taken: int, room: int) -> None:
    assert room_in(10, waiting, 1000, taken, 100) == room


def test_a_broker_that_is_away_is_told_by_each_use(valkey_url: str) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        broker = f"redis://127.0.0.1:{nobody.getsockname()[1]}/0"
        channel = open_channel("celery", {"broker": broker, "task": "their.task", "queue": "theirs"})
        for use in (channel.room, lambda: channel.answers(lambda more: None)):
            with pytest.raises(Infrastructure, match="not to be had"):
                use()
        channel.close()


def test_the_message_is_the_argument_that_the_task_asks_for(valkey_url: str) -> None:
    settings = {"broker": valkey_url, "task": "their.task", "queue": "theirs", "argument": "story", "headers": {"x-from": "newswire"}}
    channel = open_channel("celery", settings)
    channel.send(3, [message(11, 7)], NOW)
    channel.close()
    with Celery("theirs", broker=valkey_url, set_as_current=False).connection_for_read() as connection:
        got = connection.SimpleQueue("theirs").get_nowait()
        got.ack()
    args, kwargs, _ = got.payload
    assert args == []
    assert kwargs["story"]["item"] == 11
    assert (got.headers["task"], got.headers["x-from"]) == ("their.task", "newswire")
    assert got.headers["argsrepr"] == "('item 11 · usable · seq 7',)"


@pytest.mark.parametrize(
    ("type", "bound", "key", "is_routed"),
    [
        ("direct", "stories", "stories", True),
        ("topic", "story.#", "story.flash", True),
        ("direct", "stories", "others", False),
        ("topic", "story.#", "picture.flash", False),
    ],
)
def test_an_exchange_of_theirs_takes_messages_by_its_own_rules(valkey_url: str, type: str, bound: str, key: str, is_routed: bool) -> None:
    """What no queue of theirs would take is told: kombu drops it without a word."""
    theirs = Celery("theirs", broker=valkey_url, set_as_current=False)
    settings = {
        "broker": valkey_url,
        "task": "their.task",
        "queue": "theirs",
        "exchange": "news",
        "exchange_type": type,
        "routing_key": key,
    }
    channel = open_channel("celery", settings)
    with theirs.connection_for_read() as connection:
        queue = entity.Queue("theirs", entity.Exchange("news", type), routing_key=bound, channel=connection.default_channel)
        queue.declare()
        if not is_routed:
            with pytest.raises(Infrastructure, match="it is bound to no exchange news by"):
                channel.send(3, [message(11)], NOW)
            return
        channel.send(3, [message(11), message(12)], NOW)
        assert channel.probe(5)
        got = [queue.get() for _ in range(3)]
        for one in got:
            one.ack()
    assert [one.headers["task"] for one in got] == ["their.task", "their.task", "celery.accumulate"]
    channel.close()


@pytest.mark.parametrize("priority", [0, 3, 9])
def test_answers_and_room_are_seen_in_the_sub_queues_of_priorities_too(valkey_url: str, priority: int) -> None:
    settings = {"broker": valkey_url, "task": "their.task", "queue": "theirs", "priority": priority, "window": 5}
    channel = open_channel("celery", settings)
    channel.send(3, [message(11, 7)], NOW)
    assert channel.room().free == 4
    app = Celery("theirs", broker=valkey_url, set_as_current=False)
    with app.connection_for_read() as connection:
        got = connection.SimpleQueue("theirs").get_nowait()
        got.ack()
    for link in got.payload[2]["callbacks"]:
        app.signature(link).apply_async(priority=priority)
    assert [one.seq for one in answered(channel)] == [7]
    channel.close()


def test_what_a_stranger_puts_into_the_queue_of_answers_is_dropped(valkey_url: str) -> None:
    channel = open_channel("celery", {"broker": valkey_url, "task": "their.task", "queue": "theirs"})
    stranger = Celery("stranger", broker=valkey_url, set_as_current=False)
    for name, args in (
        ("other.task", (3, 1, 1, 1, True)),
        ("newswire.acknowledge", ("x",)),
        ("newswire.acknowledge", (1, 2, 3, "4", True)),
    ):
        stranger.send_task(name, args=args, queue="newswire-ack-theirs")
    with stranger.connection_for_write() as connection:
        connection.SimpleQueue("newswire-ack-theirs").put("no task at all")
    got: list[Answered] = []
    assert channel.answers(got.extend) == 4
    assert got == []
    assert channel.answers(got.extend) == 0
    channel.close()

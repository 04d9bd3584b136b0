"""The deliverer as a real process, against the example consumer: what arrives, whatever dies."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis
from sqlalchemy import event, func, select

from pipeline.storage import changing, deliveries, subscriptions
from pipeline.storage.db import Database
from pipeline.storage.deliveries import Look
from schemas import tables
from tests.consumer import Consumer, consuming, until
from tests.hook import Hook
from tests.servers.valkey import Valkey
from tests.wire import LONG, Wire
from workers import couriers
from workers.couriers import Pushing
from workers.deliver import Deliverer

ROOT = Path(__file__).parents[2]


on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What has nothing to do with the kind of database."""


@contextmanager
def delivering(database_url: str, folder: Path, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m workers.deliver` until the end of the block."""
    environment = {"PATH": os.defpath, "DATABASE_URL": database_url, "NEWSWIRE_HOME": str(folder), "NEWSWIRE_LOG_FORMAT": "json"}
    environment |= {f"NEWSWIRE_{name.upper()}": value for name, value in settings.items()}
    with (folder / "deliver.log").open("ab") as log:
        command = [sys.executable, "-m", "workers.deliver"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.fixture
def wire(database: Database) -> Wire:
    return Wire(database)


@pytest.fixture
def consumer(tmp_path: Path, valkey_url: str) -> Iterator[Consumer]:
    with consuming(tmp_path, valkey_url) as consumer:
        yield consumer


def subscribe(wire: Wire, target: dict[str, Any], name: str = "stories", **more: Any) -> int:
    with wire.database.write() as conn:
        return subscriptions.add(conn, wire.now, name=name, kind="celery", target=target, **more).id


def arrive(wire: Wire, *numbers: int, version: int = 1) -> None:
    for number in numbers:
        uri, headline = f"tag:hw:{number}", f"Story {number}, version {version}"
        body = "\n\n".join(f"{headline}: paragraph {n}. {LONG.split()[n]} {number * 7919 + n * 104729 + version}." for n in range(4))
        wire.arrive(uri=uri, version=str(version), headline=headline, body_text=body)


def kill(wire: Wire, number: int) -> None:
    wire.arrive(uri=f"tag:hw:{number}", version="99", pubstatus="canceled", headline="", body_text="")


def owed(wire: Wire) -> int:
    with wire.database.read() as conn:
        behind = conn.execute(
            select(func.count())
            .select_from(tables.subscription)
            .where(tables.subscription.c.read_seq < select(tables.log_state.c.last).scalar_subquery())
        ).scalar_one()
        return int(behind + conn.execute(select(func.count()).select_from(tables.delivery)).scalar_one())


def shows(consumer: Consumer) -> list[str | None]:
    return sorted((headline for _, headline in consumer.held().values()), key=str)


def test_what_is_stored_reaches_the_consumer_and_is_acknowledged(wire: Wire, database_url: str, consumer: Consumer, tmp_path: Path) -> None:
    subscribe(wire, consumer.target)
    with delivering(database_url, tmp_path) as process:
        arrive(wire, 1, 2)
        until(lambda: shows(consumer) == ["Story 1, version 1", "Story 2, version 1"] and not owed(wire), "two stories")
        arrive(wire, 1, version=2)
        kill(wire, 2)
        until(
            lambda: shows(consumer) == ["Story 1, version 2", "None"] or shows(consumer) == [None, "Story 1, version 2"],
            "an update and a kill",
        )
        until(lambda: not owed(wire), "all acknowledged")
        assert [row.detail["subscription"] for row in wire.rows(tables.history) if row.what == "delivered"] == ["stories"] * 4
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    [one] = wire.rows(tables.subscription)
    assert (one.token, one.leased_until) == ("", None), "another deliverer goes on at once"


@pytest.mark.parametrize("point", ["after_read", "before_send", "after_send", "after_ack"])
def test_a_deliverer_that_is_killed_loses_nothing(
    wire: Wire, database_url: str, consumer: Consumer, tmp_path: Path, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(wire, consumer.target)
    arrive(wire, *range(1, 6))
    marks = tmp_path / "marks"
    marks.mkdir()
    with delivering(database_url, tmp_path, failpoints=f"deliver.{point}=kill@{marks}") as process:
        assert process.wait(60) == -signal.SIGKILL
    assert [mark.name for mark in marks.iterdir()] == [f"deliver.{point}"]
    expire_leases(wire)
    with delivering(database_url, tmp_path):
        until(lambda: len(consumer.held()) == 5 and not owed(wire), "five stories, all acknowledged")
    applied = [item for item, _, _, applied in consumer.received() if applied]
    assert sorted(applied) == sorted(set(applied)), "each once"


def expire_leases(wire: Wire) -> None:
    """As if 30 s had passed since a deliverer was killed, and 10 s since it sent."""
    with wire.database.write() as conn:
        conn.execute(tables.subscription.update().values(leased_until=wire.now))
        conn.execute(tables.delivery.update().values(due_at=wire.now))


def test_two_deliverers_do_no_harm(wire: Wire, database_url: str, consumer: Consumer, tmp_path: Path) -> None:
    subscribe(wire, consumer.target)
    with delivering(database_url, tmp_path), delivering(database_url, tmp_path):
        arrive(wire, *range(1, 21))
        until(lambda: len(consumer.held()) == 20 and not owed(wire), "twenty stories")
    assert all(applied for *_, applied in consumer.received()), "and nothing was sent twice"


@on_sqlite
def test_a_broker_that_is_away_harms_nobody_else(wire: Wire, database_url: str, consumer: Consumer, tmp_path: Path) -> None:
    with socket.socket() as mute:  # accepts, and never says a word: worse than one that refuses
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        dead = {"broker": f"redis://:s3cret@127.0.0.1:{mute.getsockname()[1]}/0", "task": "their.task", "queue": "theirs"}
        subscribe(wire, dead, "dead")
        subscribe(wire, consumer.target)
        with delivering(database_url, tmp_path):
            for number in range(1, 4):
                arrive(wire, number)
                until(lambda number=number: len(consumer.held()) == number, "a story")  # type: ignore[misc]
            until(lambda: "deliver.waits" in (tmp_path / "deliver.log").read_text(), "a word about it")
            until(lambda: len(wire.rows(tables.delivery)) == 3, "what the dead one is owed waits in SQL, one row an item")
    text = (tmp_path / "deliver.log").read_text()
    assert "The broker of their.task on queue theirs at 127.0.0.1" in text
    assert "s3cret" not in text
    assert "Traceback" not in text


@on_sqlite
def test_a_consumer_that_is_away_finds_no_more_than_the_window_and_a_kill_first(
    wire: Wire, database_url: str, valkey_url: str, tmp_path: Path
) -> None:
    absent = {"broker": valkey_url, "task": "stories.receive", "queue": "stories", "window": 3}
    subscribe(wire, absent)
    arrive(wire, *range(1, 8))
    with delivering(database_url, tmp_path), redis.Redis.from_url(valkey_url) as client:
        until(lambda: client.llen("stories") == 3, "a full window")
        kill(wire, 7)
        until(lambda: client.llen("stories") == 4, "the kill, beyond the window")
        with consuming(tmp_path, valkey_url) as consumer:
            until(lambda: len(consumer.held()) == 7 and not owed(wire), "seven items")
    assert next(status for _, _, status, _ in consumer.received()) == "killed", "the kill overtook what waited"
    assert [row.parked_at for row in wire.rows(tables.delivery)] == []


@on_sqlite
def test_a_wiped_redis_loses_nothing(wire: Wire, database_url: str, valkey_url: str, tmp_path: Path) -> None:
    absent = {"broker": valkey_url, "task": "stories.receive", "queue": "stories"}
    subscribe(wire, absent)
    arrive(wire, 1, 2, 3)
    with delivering(database_url, tmp_path), redis.Redis.from_url(valkey_url) as client:
        until(lambda: client.llen("stories") == 3, "three messages")
        client.flushdb()
        with consuming(tmp_path, valkey_url) as consumer:
            until(lambda: len(consumer.held()) == 3 and not owed(wire), "three stories, sent again")


def test_a_database_that_is_not_migrated_is_told_in_a_sentence(tmp_path: Path) -> None:
    with delivering(f"sqlite:///{tmp_path / 'empty.sqlite'}", tmp_path) as process:
        assert process.wait(30) == 1
    said = (tmp_path / "deliver.log").read_text()
    assert "Traceback" not in said
    assert "newswire db upgrade" in said


@on_sqlite
def test_looking_costs_one_query_while_nothing_happens(wire: Wire, valkey_url: str) -> None:
    subscribe(wire, {"broker": valkey_url, "task": "their.task", "queue": "theirs"})
    deliverer = Deliverer(wire.database)
    statements: list[str] = []
    event.listen(wire.database.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    for _ in range(3):
        assert not deliverer.look()
    deliverer.close()
    assert len([statement for statement in statements if statement.lstrip().startswith("SELECT")]) == 3


@on_sqlite
def test_a_full_queue_costs_no_write_to_the_database(wire: Wire, valkey_url: str) -> None:
    id = subscribe(wire, {"broker": valkey_url, "task": "their.task", "queue": "theirs", "window": 1})
    arrive(wire, 1, 2)
    deliverer = Deliverer(wire.database)
    with redis.Redis.from_url(valkey_url) as client:
        until(lambda: deliverer.look() and client.llen("theirs") == 1, "a full window")
        until(lambda: deliverer.look() and not behind(wire, id), "all read")
        deliverer.stirred.clear()
        writes: list[str] = []
        event.listen(wire.database.engine, "before_cursor_execute", lambda *call: writes.append(call[2]))
        for _ in range(5):
            assert deliverer.look()
            deliverer.stirred.wait(0.1)
    assert [statement for statement in writes if statement.startswith("UPDATE")] == []
    deliverer.close()


@on_sqlite
def test_what_a_broker_broke_off_is_due_at_once_and_nobodys_silence(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    with Valkey() as theirs:
        with wire.database.write() as conn:
            target = {"broker": theirs.url(), "task": "stories.receive", "queue": "stories"}
            one = subscriptions.add(conn, wire.now, name="stories", kind="celery", target=target)
        arrive(wire, 1, 2)
        monkeypatch.setattr(couriers, "hit", lambda point: theirs.kill() if point == "deliver.before_send" else None)
        courier = Pushing(wire.database, one, "token", threading.Event())
        courier.step(Look(id=one.id, behind=True, due=True), wire.now)
    assert [(row.sent_seq, row.due_at, row.attempts) for row in wire.rows(tables.delivery)] == [(None, wire.now, 0)] * 2


def behind(wire: Wire, id: int) -> bool:
    with wire.database.read() as conn:
        _, looks = deliveries.waiting(conn, lambda: wire.now, "")
        return any(look.behind for look in looks if look.id == id)


@on_sqlite
def test_a_webhook_that_refuses_all_is_told_of_until_it_takes_something(wire: Wire) -> None:
    """Not only until the next look that finds nothing due."""
    hook = Hook()
    hook.script = [422]
    with wire.database.write() as conn:
        one = subscriptions.add(conn, wire.now, name="hook", kind="webhook", target=hook.settings())
    arrive(wire, *range(1, 7))
    courier = Pushing(wire.database, one, "token", threading.Event())

    def step(*, is_due: bool) -> str:
        courier._alone_until = 0
        courier.step(Look(id=one.id, behind=True, due=is_due), wire.now)
        return str(wire.rows(tables.subscription)[0].trouble)

    assert "refused 6 messages in a row" in step(is_due=True)
    assert "refused 6 messages in a row" in step(is_due=False)
    wire.pass_time(minutes=10)
    hook.script = [204]
    assert step(is_due=True) == ""
    courier._close()
    hook.close()


@on_sqlite
def test_a_trouble_that_a_killed_deliverer_left_is_over_when_the_target_takes_something(
    wire: Wire, database_url: str, tmp_path: Path
) -> None:
    hook = Hook()
    hook.script = [503]
    with wire.database.write() as conn:
        subscriptions.add(conn, wire.now, name="hook", kind="webhook", target=hook.settings())
    arrive(wire, 1)
    with delivering(database_url, tmp_path):
        until(lambda: wire.rows(tables.subscription)[0].trouble, "a word about it")
    expire_leases(wire)
    hook.script = [204]
    with delivering(database_url, tmp_path):
        until(lambda: not owed(wire) and not wire.rows(tables.subscription)[0].trouble, "told, and no more word about it")
    hook.close()
    assert wire.rows(tables.subscription)[0].trouble_at is None


@pytest.mark.parametrize("kind", ["celery", "stream", "files"])
@on_sqlite
def test_so_it_is_with_every_kind_of_target(wire: Wire, tmp_path: Path, kind: str) -> None:
    """A courier is made anew with each process."""
    with Valkey() as theirs, redis.Redis.from_url(theirs.url()) as client:
        folder = tmp_path / "news"
        targets: dict[str, dict[str, Any]] = {
            "celery": {"broker": theirs.url(), "task": "stories.receive", "queue": "stories"},
            "stream": {"url": theirs.url(), "stream": "stories", "groups": "desk"},
            "files": {"folder": str(folder), "every_s": 3600},
        }
        with wire.database.write() as conn:
            one = subscriptions.add(conn, wire.now, name="team", kind=kind, target=targets[kind], is_log=kind != "celery")
        arrive(wire, 1)

        def step() -> tuple[str, Any]:
            courier = couriers.courier(wire.database, one, "token", threading.Event())
            courier.step(Look(id=one.id, behind=True, due=True, last=1), wire.now)
            courier._close()
            row = wire.rows(tables.subscription)[0]
            return row.trouble, row.trouble_at

        folder.write_text("It is no folder.")
        if kind == "stream":
            client.set("stories", "It is no stream.")
        client.config_set("maxmemory", "1")
        since = wire.now
        assert step() != ("", None)
        wire.pass_time(minutes=1)
        assert step()[1] == since, "it goes on"
        folder.unlink()
        client.delete("stories")
        client.config_set("maxmemory", "0")
        assert step() == ("", None)


@on_sqlite
def test_the_reason_of_a_trouble_is_the_newest_and_its_time_the_first(wire: Wire) -> None:
    hook = Hook()
    hook.drip = True
    hook.script = [200]
    with wire.database.write() as conn:
        one = subscriptions.add(conn, wire.now, name="hook", kind="webhook", target=hook.settings(deadline_s=0.3))
    arrive(wire, 1)
    courier = Pushing(wire.database, one, "token", threading.Event())
    noted: list[str] = []

    @event.listens_for(wire.database.engine, "before_cursor_execute")
    def listen(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if "SET trouble=" in statement:
            noted.append(str(parameters[0]))

    def step() -> tuple[str, Any]:
        courier._alone_until = 0
        courier.step(Look(id=one.id, behind=True, due=True), wire.now)
        wire.pass_time(minutes=1)
        row = wire.rows(tables.subscription)[0]
        return row.trouble, row.trouble_at

    since = wire.now
    assert step()[0].count("0.3 s") == 1
    hook.drip = False
    hook.script = [(503, {"retry-after": "600"})]
    for _ in range(3):
        trouble, at = step()
        assert ("answered 503" in trouble, at) == (True, since)
    assert len(noted) == 2, "once for each reason"
    courier._close()
    hook.close()


# --- logs -----------------------------------------------------------------------------------------------------------------------


def reads_stream(url: str, held: dict[int, int], applied: list[int]) -> bool:
    """A reader of the group with the guard: what is new, applied, then XACKed. True: it looked."""
    with redis.Redis.from_url(url, decode_responses=True) as opened:
        client: Any = opened
        if not client.exists("stories"):
            return True
        try:
            found = client.xreadgroup("desk", "one", {"stories": ">"})
        except redis.ResponseError:  # the stream is being made again
            return True
        for _, entries in found:
            for id, fields in entries:
                message = json.loads(fields["message"])
                if message["seq"] > held.get(message["item"], 0):
                    held[message["item"]] = message["seq"]
                    applied.append(message["item"])
                client.xack("stories", "desk", id)
    return True


@pytest.mark.parametrize("point", ["before_send", "after_send", "after_ack"])
def test_a_deliverer_that_is_killed_leaves_no_gap_in_a_stream(
    wire: Wire, database_url: str, valkey_url: str, tmp_path: Path, point: str
) -> None:
    target = {"url": valkey_url, "stream": "stories", "groups": "desk"}
    with wire.database.write() as conn:
        subscriptions.add(conn, wire.now, name="log", kind="stream", target=target, is_log=True)
    arrive(wire, *range(1, 6))
    marks = tmp_path / "marks"
    marks.mkdir()
    held: dict[int, int] = {}
    applied: list[int] = []
    with delivering(database_url, tmp_path, failpoints=f"deliver.{point}=kill@{marks}") as process:
        until(lambda: reads_stream(valkey_url, held, applied) and process.poll() is not None, "its end")
    assert process.returncode == -signal.SIGKILL
    expire_leases(wire)
    with delivering(database_url, tmp_path):
        until(lambda: reads_stream(valkey_url, held, applied) and len(held) == 5 and not owed(wire), "five stories, all acknowledged")
    assert sorted(applied) == sorted(held), "each once"


@on_sqlite
def test_a_stream_a_webhook_and_files_are_served_side_by_side(wire: Wire, database_url: str, valkey_url: str, tmp_path: Path) -> None:
    hook = Hook()
    kinds: dict[str, dict[str, Any]] = {
        "stream": {"url": valkey_url, "stream": "stories", "groups": "desk"},
        "webhook": hook.settings(),
        "files": {"folder": str(tmp_path / "news"), "every_s": 1},
    }
    for kind, target in kinds.items():
        with wire.database.write() as conn:
            subscriptions.add(conn, wire.now, name=kind, kind=kind, target=target, is_log=kind != "webhook")
    held: dict[int, int] = {}
    with delivering(database_url, tmp_path):
        arrive(wire, 1, 2, 3)
        kill(wire, 2)
        until(lambda: reads_stream(valkey_url, held, []) and not owed(wire), "all of it acknowledged")
    hook.close()
    assert held == {1: 1, 2: 4, 3: 3}
    last = {message["item"]: message["status"] for message in map(json.loads, (body for _, body in hook.requests))}
    assert last == {1: "usable", 2: "killed", 3: "usable"}
    lines = [json.loads(line) for file in sorted((tmp_path / "news").glob("*.jsonl")) for line in file.read_text().splitlines()]
    assert [line["seq"] for line in lines] == sorted({line["seq"] for line in lines}), "in order, each once"
    assert {line["seq"] for line in lines} == {1, 2, 3, 4}


@on_sqlite
def test_a_rewound_stream_is_made_anew_while_the_deliverer_runs(wire: Wire, database_url: str, valkey_url: str, tmp_path: Path) -> None:
    target = {"url": valkey_url, "stream": "stories", "groups": "desk"}
    with wire.database.write() as conn:
        subscriptions.add(conn, wire.now, name="log", kind="stream", target=target, is_log=True)
    held: dict[int, int] = {}
    with delivering(database_url, tmp_path):
        arrive(wire, 1, 2)
        until(lambda: reads_stream(valkey_url, held, []) and not owed(wire), "both")
        with wire.database.write() as conn:
            subscriptions.rewind(conn, "log", to=0)
        again: dict[int, int] = {}
        until(lambda: reads_stream(valkey_url, again, []) and again == held and not owed(wire), "both again")


@pytest.mark.parametrize("kind", ["webhook", "stream"])
@on_sqlite
def test_changed_settings_take_effect_while_the_deliverer_runs(
    wire: Wire, database_url: str, valkey_url: str, tmp_path: Path, kind: str
) -> None:
    """Its target was written wrong: put right, it is tried at once, not when the deliverer's patience ends."""
    hook = Hook()
    right: dict[str, Any] = hook.settings() if kind == "webhook" else {"url": valkey_url, "stream": "stories", "groups": "desk"}
    wrong = right | {"url": "http://127.0.0.1:1/" if kind == "webhook" else "redis://127.0.0.1:1/0"}
    with wire.database.write() as conn:
        subscriptions.add(conn, wire.now, name="log", kind=kind, target=wrong, is_log=kind == "stream")
    arrive(wire, 1)
    held: dict[int, int] = {}
    with delivering(database_url, tmp_path):
        until(lambda: wire.rows(tables.subscription)[0].trouble, "a word about it")
        with wire.database.write() as conn:
            before = subscriptions.get(conn, "log")
            changing.change(conn, wire.now, before, msgspec.structs.replace(before, target=right))
        until(lambda: reads_stream(valkey_url, held, []) and not owed(wire), "told, and acknowledged")
        until(lambda: not wire.rows(tables.subscription)[0].trouble, "and no more word about it")
    hook.close()
    assert len(hook.requests) + len(held) == 1


@pytest.mark.parametrize("kind", ["webhook", "stream"])
@on_sqlite
def test_the_deliverer_looks_for_what_a_changed_filter_no_longer_lets_pass(
    wire: Wire, database_url: str, valkey_url: str, tmp_path: Path, kind: str
) -> None:
    hook = Hook()
    target: dict[str, Any] = hook.settings() if kind == "webhook" else {"url": valkey_url, "stream": "stories", "groups": "desk"}
    with wire.database.write() as conn:
        subscriptions.add(conn, wire.now, name="log", kind=kind, target=target, is_log=kind == "stream")
    held: dict[int, int] = {}
    with delivering(database_url, tmp_path):
        arrive(wire, 1)
        until(lambda: reads_stream(valkey_url, held, []) and not owed(wire), "told, and acknowledged")
        with wire.database.write() as conn:
            before = subscriptions.get(conn, "log")
            changing.change(conn, wire.now, before, msgspec.structs.replace(before, filter={"keyword": ["library"]}))
        until(lambda: wire.rows(tables.event)[-1].kind == "refiltered", "an event of it")
        until(lambda: reads_stream(valkey_url, held, []) and not owed(wire), "told that it left")
    hook.close()
    assert wire.rows(tables.subscription)[0].refilter_from is None
    told = [json.loads(body)["status"] for _, body in hook.requests]
    assert (told, held) == ((["usable", "left"], {}) if kind == "webhook" else ([], {1: 2}))

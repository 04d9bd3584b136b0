"""Each finding on a real server with that very fault, and none of them on sound ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import redis
from sqlalchemy import create_engine, text
from structlog.testing import capture_logs

from newswire.doctor import Finding, examine, machine
from pipeline import resources
from pipeline.config import Settings
from pipeline.sources import declare
from pipeline.storage import connections, drain, schema, sources, subscriptions, work
from pipeline.storage.db import Database
from pipeline.storage.work import NewWork
from schemas.tables import log_state
from tests.conftest import _numbers
from tests.servers.postgres import Postgres
from tests.servers.valkey import Valkey
from workers import worker
from workers.app import create

ROOT = Path(__file__).parents[3]
SOUND = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "autovacuum": "on"}


@pytest.fixture(scope="module")
def sound_postgres(request: pytest.FixtureRequest) -> Iterator[Postgres]:
    """As an operator should have it: the suite's own is made for speed."""
    with Postgres(only_wheel=request.config.getoption("--wheel-servers"), settings=SOUND) as server:
        yield server


@pytest.fixture(scope="module")
def broker(request: pytest.FixtureRequest) -> Iterator[Valkey]:
    """A sound one, whose settings a test may break and must mend."""
    with Valkey(only_wheel=request.config.getoption("--wheel-servers"), append_only=True) as server:
        yield server


@pytest.fixture
def sound(sound_postgres: Postgres, broker: Valkey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A migrated PostgreSQL and a Valkey, both in order."""
    name = f"sound_{next(_numbers)}"
    url = sound_postgres.create(name)
    migrate(url)
    broker.flush(0)
    settings = Settings(home=str(tmp_path), database_url=url, redis_url=broker.url(), user_agent="a/1 (+https://example.org)")
    resources.use(settings)
    app = create()  # the one of this process may be bound to another test's broker
    monkeypatch.setattr("workers.app.app", app)
    yield settings
    app.close()
    resources.close()
    resources._settings = None
    sound_postgres.drop(name)


@pytest.fixture
def client(broker: Valkey) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(broker.url()) as opened:
        yield opened


def migrate(url: str) -> None:
    db = Database.open(url)
    schema.upgrade(db)
    db.close()


def wrong(settings: Settings, level: str = "wrong") -> dict[str, Finding]:
    """Of that level, by what they are about."""
    return {one.about: one for one in examine(settings) if one.level == level}


def test_a_sound_installation_has_nothing_wrong(sound: Settings) -> None:
    found = list(examine(sound))
    assert [one for one in found if one.level == "wrong"] == []
    assert {one.about for one in found} == {
        "versions", "disk", "files", "schema", "clock", "connections", "redis", "queues", "processes"
    }  # fmt: skip
    assert [one.says for one in found if one.level == "advice"] == ["No worker answers."]


# --- the database ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["fsync", "full_page_writes", "synchronous_commit"])
def test_a_database_that_forgets_what_it_confirmed(sound: Settings, sound_postgres: Postgres, name: str) -> None:
    engine = create_engine(sound.database.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    with engine.connect() as conn:
        conn.execute(text(f"ALTER SYSTEM SET {name} = off"))
        conn.execute(text("SELECT pg_reload_conf()"))
        while conn.execute(text(f"SHOW {name}")).scalar_one() != "off":
            pass
    try:
        found = wrong(sound)["database"]
        assert found.says.startswith(f"{name} is off: a crash of its machine")
        assert f"SET {name} = on" in found.do
    finally:
        with engine.connect() as conn:
            conn.execute(text(f"ALTER SYSTEM RESET {name}"))
            conn.execute(text("SELECT pg_reload_conf()"))
            while conn.execute(text(f"SHOW {name}")).scalar_one() != "on":
                pass
        engine.dispose()


def test_a_database_whose_tables_of_work_grow_for_ever(sound: Settings, postgres: Postgres) -> None:
    url = postgres.create(f"speedy_{next(_numbers)}", template="migrated")
    assert "autovacuum is off" in wrong(msgspec.structs.replace(sound, database_url=url), "advice")["database"].says


def test_a_database_that_does_not_hold_every_text(sound: Settings, sound_postgres: Postgres) -> None:
    name = f"ascii_{next(_numbers)}"
    sound_postgres.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII'")
    migrate(sound_postgres.url(name))
    found = wrong(msgspec.structs.replace(sound, database_url=sound_postgres.url(name)))
    assert "encoding is SQL_ASCII" in found["database"].says
    sound_postgres.drop(name)


def test_a_database_that_is_not_migrated_or_too_far_or_not_there(sound: Settings, sound_postgres: Postgres, tmp_path: Path) -> None:
    bare = msgspec.structs.replace(sound, database_url=sound_postgres.create(f"bare_{next(_numbers)}"))
    assert "run `newswire db upgrade`" in wrong(bare)["schema"].says
    db = Database.open(sound.database)
    with db.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    db.close()
    assert "too far migrated" in wrong(sound)["schema"].says
    nowhere = msgspec.structs.replace(sound, database_url=f"sqlite:///{tmp_path / 'none.sqlite'}")
    assert wrong(nowhere)["schema"].do == "newswire db upgrade"
    away = wrong(msgspec.structs.replace(sound, database_url="postgresql://u@127.0.0.1:1/x"))["database"]
    assert away.is_away
    assert "Connection refused" in away.says


@pytest.mark.parametrize("page", [1, -2])
def test_a_damaged_file(sound: Settings, migrated_sqlite: Path, tmp_path: Path, page: int) -> None:
    path = tmp_path / "damaged.sqlite"
    whole = bytearray(migrated_sqlite.read_bytes())
    whole[page * 4096 : (page + 1) * 4096] = b"\xff" * 4096
    path.write_bytes(whole)
    assert "damaged" in wrong(msgspec.structs.replace(sound, database_url=f"sqlite:///{path}"))["database"].says


def test_fewer_connections_than_our_processes_may_hold(sound: Settings, sound_postgres: Postgres) -> None:
    name = sound.database.partition("?")[0].rpartition("/")[2]
    running = [Database.open(sound.database, pool_size=size) for size in (connections.DELIVER, connections.of_worker(4))]
    held = [db.engine.connect() for db in running]
    db = Database.open(sound.database)
    try:
        room = connections.room(db)
        assert room is not None
        assert (room.granted, room.promised, room.others) == (197, 5 + 9, 0)
        assert connections.shortage(db, 197 - 14) == ""
        assert "raise max_connections by 1," in connections.shortage(db, 197 - 14 + 1)
        sound_postgres.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 16")
        assert "connections" not in wrong(sound)
        sound_postgres.execute(f"ALTER DATABASE {name} CONNECTION LIMIT 10")
        found = wrong(sound)["connections"]
        assert found.says == "The processes of newswire may come to hold 16 connections to PostgreSQL, and it grants 10."
        assert found.do.startswith("Raise max_connections by 6")
    finally:
        for conn in held:
            conn.close()
        for one in (*running, db):
            one.close()


def test_who_starts_says_when_the_server_may_refuse_it(sound: Settings) -> None:
    with capture_logs() as logged:
        worker.check(connections.of_worker(4))
    assert logged == []
    with capture_logs() as logged:
        worker.check(connections.of_worker(100))
    assert [one["event"] for one in logged] == ["database.connections_short"]
    assert "201 connections to PostgreSQL, and it grants 197: raise max_connections by 4" in logged[0]["why"]


def test_archiving_that_fails(request: pytest.FixtureRequest, sound: Settings) -> None:
    archiving = SOUND | {"archive_mode": "on", "archive_command": "false", "wal_level": "replica"}
    with Postgres(only_wheel=request.config.getoption("--wheel-servers"), settings=archiving) as server:
        migrate(server.create("archived"))
        db = Database.open(server.url("archived"))
        with db.read() as conn:
            conn.execute(text("SELECT pg_switch_wal()"))
        while True:
            with db.read() as conn:
                if conn.execute(text("SELECT failed_count FROM pg_stat_archiver")).scalar_one():
                    break
        db.close()
        assert "Archiving of its log fails" in wrong(msgspec.structs.replace(sound, database_url=server.url("archived")))["database"].says


# --- the broker ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("maxmemory-policy", "allkeys-lru", "throws keys away when its memory is full (maxmemory-policy allkeys-lru)"),
        ("appendonly", "no", "forgets its queues when it restarts"),
        ("maxmemory", "1500000", "when it is full, it takes no more messages"),
        ("maxclients", "12", "clients and takes 12"),
        ("replicaof", "127.0.0.1 1", "is a replica"),
    ],
)
def test_a_broker_that_loses_or_refuses(sound: Settings, request: pytest.FixtureRequest, setting: str, value: str, says: str) -> None:
    """A server of its own: nobody else's clients are counted."""
    with Valkey(only_wheel=request.config.getoption("--wheel-servers"), append_only=True) as server:
        broken = msgspec.structs.replace(sound, redis_url=server.url())
        resources.use(broken)
        with ExitStack() as stack:
            client, *_ = [stack.enter_context(redis.Redis.from_url(server.url(), single_connection_client=True)) for _ in range(9)]
            if setting == "replicaof":
                client.execute_command("REPLICAOF", *value.split())
            else:
                client.config_set(setting, value)
            found = wrong(broken)["redis"]
        assert says in found.says
        assert found.do


def test_a_broker_that_leaves_writing_to_the_system(sound: Settings, client: redis.Redis) -> None:
    client.config_set("appendfsync", "no")
    assert "half a minute" in wrong(sound, "advice")["redis"].says
    client.config_set("appendfsync", "everysec")


def test_a_queue_that_somebody_else_fills(sound: Settings, client: redis.Redis) -> None:
    client.lpush("ingest", *(["x"] * 33))
    assert wrong(sound)["queues"].says.startswith("Redis holds 33 messages in ingest; newswire puts about 8 there")


def test_a_broker_that_is_away(sound: Settings) -> None:
    gone = wrong(msgspec.structs.replace(sound, redis_url="redis://127.0.0.1:1/0"))
    assert gone == {}  # the settings in force say where it is
    resources.use(msgspec.structs.replace(sound, redis_url="redis://127.0.0.1:1/0"))
    assert wrong(sound)["redis"].is_away


# --- clocks, and this machine ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "level"), [(-90, "wrong"), (5, "advice")])
def test_clocks_that_differ(sound: Settings, seconds: float, level: str) -> None:
    found = [one for one in examine(sound, host_now=lambda: datetime.now(UTC) + timedelta(seconds=seconds)) if one.about == "clock"]
    assert [one.level for one in found] == [level, level]
    which = f"{abs(seconds)} s {'ahead of' if seconds < 0 else 'behind'} this machine's"
    assert [which in one.says for one in found] == [True, True]


def test_a_disk_that_is_nearly_full(sound: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "FEW_FREE_BYTES", 10**18)  # no machine has so much
    assert "are free where" in wrong(sound, "advice")["disk"].says
    monkeypatch.setattr(machine, "LEAST_FREE_BYTES", 10**18)
    assert "soon nothing can be stored" in wrong(sound)["disk"].says


def test_settings_that_are_for_tests_or_were_never_made(sound: Settings) -> None:
    tested = msgspec.structs.replace(sound, failpoints="task.after_claim=kill")
    assert "kill themselves" in wrong(tested)["settings"].says
    assert "Publishers can't reach you" in wrong(Settings(home=sound.home), "advice")["settings"].says
    assert "some of them wait" in wrong(msgspec.structs.replace(sound, children=9), "advice")["settings"].says


def test_too_few_files_and_the_exit_code_and_json(sound: Settings) -> None:
    command = f"ulimit -n 256; exec {sys.executable} -m newswire doctor --json"
    env = {"PATH": os.environ["PATH"], "NEWSWIRE_HOME": sound.home, "DATABASE_URL": sound.database, "REDIS_URL": sound.redis_url}
    done = subprocess.run(["sh", "-c", command], env=env, cwd=ROOT, text=True, capture_output=True, timeout=60)
    assert done.returncode == 1, done.stderr
    [found] = [one for one in json.loads(done.stdout) if one["level"] == "wrong"]
    assert (found["about"], "may hold 256 files" in found["says"]) == ("files", True)


# --- what should run ---------------------------------------------------------------------------------------------------------------


def test_processes_that_are_missing(sound: Settings) -> None:
    db = Database.open(sound.database)
    with db.write() as conn:
        late = db.now(conn) - timedelta(minutes=2)
        work.add(conn, [NewWork(stage="enrich", lane="normal", label="x", refs=(1,))], late)
        subscriptions.add(conn, late, name="desk", kind="celery", target={})
        conn.execute(log_state.update().values(last=1))
    found = [one for one in examine(sound) if one.level == "wrong"]
    assert [(one.says, one.do.partition(",")[0]) for one in found] == [
        ("No worker answers.", "newswire up"),
        ("Pieces of work that are due since a minute and were never offered: 1.", "newswire beat"),
        ("Nobody reads the log for desk.", "newswire deliver"),
    ]
    with db.write() as conn:
        feed = {"name": "feed", "kind": "feed", "location": "https://example.org/rss.xml", "every": "5m"}
        sources.add(conn, declare.from_table(feed), late)
    assert "Sources that are due since a minute and that nobody polls: 1." in [one.says for one in examine(sound)]
    with db.write() as conn:
        drain.begin(conn, late)
    assert [one.do for one in examine(sound) if one.about == "processes"] == ["newswire drain --end"]
    db.close()

"""The fixtures themselves: real servers, and nothing of them left behind, whatever end their starter came to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import redis
from sqlalchemy import select

from pipeline.storage.db import Database
from schemas.tables import log_state, source
from tests.conftest import Clock
from tests.servers.emptied import Emptied
from tests.servers.postgres import Postgres
from tests.servers.valkey import Valkey

_START = """
import sys
from tests.servers.{module} import {name}
server = {name}()
server.start()
print({told}, flush=True)
sys.stdin.read()
"""


def test_a_database_is_migrated_and_empty(database: Database) -> None:
    with database.read() as conn:
        assert tuple(conn.execute(select(log_state)).one()) == (1, 1, 0)
        assert conn.execute(select(source)).all() == []


def test_a_test_with_a_clock_sets_the_databases_time(database: Database, clock: Clock) -> None:
    before = clock.now
    clock.advance(hours=1)
    with database.read() as conn:
        assert (database.now(conn) - before).total_seconds() == 3600


def test_without_a_clock_the_time_is_real(database: Database) -> None:
    with database.read() as conn:
        assert abs((database.now(conn) - datetime.now(UTC)).total_seconds()) < 60


def test_a_valkey_database_is_empty(valkey_url: str) -> None:
    with redis.Redis.from_url(valkey_url) as client:
        assert client.dbsize() == 0
        assert client.set("left", "behind")


def test_a_stopped_valkey_keeps_port_and_data_when_it_starts_again() -> None:
    with Valkey(append_only=True) as server:
        with redis.Redis.from_url(server.url(3)) as client:
            client.set("a", "b")
        port = server.port
        server.stop(keep=True)
        with pytest.raises(redis.ConnectionError), redis.Redis.from_url(server.url(3)) as client:
            client.ping()
        server.start()
        with redis.Redis.from_url(server.url(3)) as client:
            assert (server.port, client.get("a")) == (port, b"b")


@pytest.mark.slow
def test_the_servers_in_the_wheels_serve_too() -> None:
    with Valkey(only_wheel=True) as server, redis.Redis.from_url(server.url()) as client:
        assert client.ping()
    with Postgres(only_wheel=True) as postgres:
        psycopg.connect(postgres.create("one")).close()


def _postgres_answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def _valkey_answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url) as client:
            return bool(client.ping())
    except redis.ConnectionError:
        return False


@pytest.mark.parametrize(
    ("module", "name", "told", "answers"),
    [
        pytest.param("postgres", "Postgres", "server.url('postgres')", _postgres_answers, id="postgresql"),
        pytest.param("valkey", "Valkey", "server.url()", _valkey_answers, id="valkey"),
    ],
)
def test_a_server_dies_with_a_starter_that_is_killed(module: str, name: str, told: str, answers: Callable[[str], bool]) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", _START.format(module=module, name=name, told=told)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    assert starter.stdout is not None
    assert starter.stdin is not None
    with starter.stdout, starter.stdin:
        url = starter.stdout.readline().strip()
        assert answers(url)
        os.kill(starter.pid, signal.SIGKILL)
        starter.wait()
    deadline = time.monotonic() + 20
    while answers(url):
        assert time.monotonic() < deadline, "the server outlived its starter"
        time.sleep(0.05)


def test_a_database_that_is_lent_again_is_as_it_was_made(postgres: Postgres) -> None:
    lent = Emptied(postgres, "migrated")
    url = lent.take()
    row = "INSERT INTO run (trigger, label, created_at) VALUES ('test', '', now()) RETURNING id"
    with psycopg.connect(url) as conn:
        assert conn.execute(row).fetchone() == (1,)
        conn.execute("UPDATE log_state SET last = 7")
        conn.commit()
        lent.give_back()  # although somebody is still connected
    assert lent.take() == url
    with psycopg.connect(url) as conn:
        assert conn.execute("SELECT last, (SELECT count(*) FROM run) FROM log_state").fetchone() == (0, 0)
        assert conn.execute(row).fetchone() == (1,)
        conn.execute("CREATE TABLE strange (id int)")
    lent.give_back()
    assert lent.take() != url
    lent.give_back()

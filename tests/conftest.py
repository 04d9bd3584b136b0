"""What every test may ask for: an empty migrated database of each kind, a broker, a clock. The servers are real, and die with the tests.

def test_a_claim_is_exclusive(database, clock): …      runs on SQLite and on PostgreSQL, with time standing still at the clock's
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import hypothesis
import pytest

from pipeline.storage import schema
from pipeline.storage.db import Database
from tests.servers.emptied import Emptied
from tests.servers.postgres import Postgres
from tests.servers.valkey import DATABASES, Valkey

pytest_plugins = ["tests.skips"]

hypothesis.settings.register_profile("newswire", deadline=None)  # cores are shared with other test processes: time is no property
hypothesis.settings.register_profile("long", deadline=None, max_examples=2000, print_blob=True)  # `make properties`
hypothesis.settings.load_profile("newswire")

_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--wheel-servers", action="store_true", help="Use the servers in the wheels, also where one is installed.")
    parser.addoption("--amqp", metavar="URL", default="", help="A RabbitMQ to test against; its queues are made and removed.")
    parser.addoption("--compose", action="store_true", help="Run the stack of docker-compose.yml on this machine's engine.")


class Clock:
    """Stands still until told: `clock.advance(seconds=30)`, `clock.set(…)`. Called, it tells the time."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def set(self, now: datetime) -> None:
        if now.tzinfo is None:
            raise ValueError("a time without a zone")
        self.now = now

    def advance(self, **delta: float) -> datetime:
        """By what `timedelta` takes; the new time."""
        self.now += timedelta(**delta)
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A settable clock at a fixed moment. With it, `database` tells its time."""
    return Clock(datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC))


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[Postgres]:
    """A PostgreSQL server, with the migrated database `migrated` to clone."""
    with Postgres(only_wheel=request.config.getoption("--wheel-servers")) as server:
        _migrate(server.create("migrated"))
        yield server


@pytest.fixture(scope="session")
def emptied(postgres: Postgres) -> Emptied:
    """The database of `postgres` that tests have one after the other."""
    return Emptied(postgres, "migrated")


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("migrated") / "newswire.sqlite"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a migrated, empty database of this test's own: of each kind in turn."""
    if request.param == "sqlite":
        path = tmp_path / "newswire.sqlite"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
    else:
        one: Emptied = request.getfixturevalue("emptied")
        yield one.take()
        one.give_back()


@pytest.fixture
def database(request: pytest.FixtureRequest, database_url: str) -> Iterator[Database]:
    """The database of `database_url`, open. Its time is the real one, or `clock`'s for a test that asks for `clock` too."""
    clock = request.getfixturevalue("clock") if "clock" in request.fixturenames else None
    opened = Database.open(database_url, clock=clock, pool_size=8)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def valkey(request: pytest.FixtureRequest) -> Iterator[Valkey]:
    """A Valkey server for all tests of this process. A test that stops or flushes servers starts one of its own."""
    with Valkey(only_wheel=request.config.getoption("--wheel-servers")) as server:
        yield server


@pytest.fixture
def valkey_url(valkey: Valkey) -> str:
    """URL of a database number of this test's own, empty."""
    number = next(_numbers) % DATABASES
    valkey.flush(number)
    return valkey.url(number)


def _migrate(url: str) -> None:
    database = Database.open(url)
    schema.upgrade(database)
    database.close()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of samples beside the repository, which are not ours to keep in it; skips where there is none."""
    folder = Path(__file__).parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("../shared is not there")
    return folder

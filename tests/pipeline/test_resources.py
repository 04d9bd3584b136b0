"""One set of resources a process, opened after the fork."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import resources
from pipeline.config import Settings
from pipeline.errors import Misconfigured


@pytest.fixture(autouse=True)
def settings(tmp_path: Path) -> Iterator[Settings]:
    made = Settings(home=str(tmp_path / "home"), database_url=f"sqlite:///{tmp_path / 'news.sqlite'}")
    resources.use(made)
    yield made
    resources.close()
    resources._settings = None


def test_a_database_is_opened_once() -> None:
    assert resources.database() is resources.database()


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # of 3.12: xdist has threads, the supervisor has none
def test_a_forked_child_opens_its_own_and_leaves_its_parents_alone(tmp_path: Path) -> None:
    parents = resources.database()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = int(resources.database() is parents)
            resources.close()
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert resources.database() is parents
    with parents.read() as conn:
        assert conn.exec_driver_sql("SELECT 1").scalar_one() == 1


def test_coroutines_share_one_event_loop() -> None:
    async def loop() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    assert resources.run(loop()) is resources.run(loop())


def test_redis_is_the_setting_else_what_runs_in_the_home(settings: Settings) -> None:
    with pytest.raises(Misconfigured, match="There is no Redis"):
        resources.redis_url()
    file = resources.running_file(settings)
    file.parent.mkdir()
    file.write_text(json.dumps({"pid": 1, "redis_url": "redis://127.0.0.1:7/0", "flower_url": ""}))
    assert resources.redis_url() == "redis://127.0.0.1:7/0"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://:secret@host:6379/0", "redis://***@host:6379/0"),
        ("rediss://ada:se@cret@host/1", "rediss://***@host/1"),
        ("redis://host:6379/0", "redis://host:6379/0"),
    ],
)
def test_people_and_logs_never_see_a_password(url: str, shown: str) -> None:
    assert resources.without_password(url) == shown

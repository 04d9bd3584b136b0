"""docs/how-to/scale.md: its commands and its sums are those of the code."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import func, select

from pipeline.storage import connections
from pipeline.storage.db import Database
from schemas import tables
from tests.pipeline.storage.test_copying import filled, other
from workers.queues import ROLES
from workers.supervisor import FETCH_CHILDREN

__all__ = ["filled", "other"]

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "scale.md").read_text(encoding="utf-8")
_numbers = count()


def test_the_sum_of_connections_is_that_of_up() -> None:
    from pipeline.config import Settings

    workers = [connections.of_worker(children) for children in (Settings().children, 1, FETCH_CHILDREN)]
    parts = [*workers, connections.BEAT, connections.DELIVER]
    assert f"`newswire up`: {' + '.join(map(str, parts))} = {sum(parts)}." in PAGE
    assert set(re.findall(r"--role (\w+)", PAGE)) <= set(ROLES)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_move_to_postgresql_takes_the_drain_along(filled: Database, other: Database) -> None:
    [block] = re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    target = other.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {"PATH": path, "DATABASE_URL": f"sqlite:///{filled.engine.url.database}", "NEW_DATABASE_URL": target}
    done = subprocess.run(["sh", "-ec", block], env=env, cwd=ROOT, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stderr
    with other.read() as conn:
        assert conn.execute(select(func.count()).select_from(tables.item)).scalar_one() == 2
        assert conn.execute(select(tables.drain.c.reason)).scalar_one() == "moves to PostgreSQL"

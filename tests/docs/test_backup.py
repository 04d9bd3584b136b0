"""The commands of docs/how-to/backup.md, run as they stand there: a dump, a point in time, a file; and all goes on, with an empty Redis."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from celery import Celery
from sqlalchemy import delete, func, select

from pipeline import config
from pipeline.config import Settings
from pipeline.here import ingest_here
from pipeline.storage import schema
from pipeline.storage.db import Database
from schemas import tables
from tests.servers.postgres import Postgres
from tests.stories import HARBOUR, LIBRARY
from tests.workers.conftest import add, celery_app, settings, start, until

__all__ = ["celery_app", "settings", "start"]

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "backup.md").read_text(encoding="utf-8")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


DUMP, RESTORE, BASE, COPY, CHECK = blocks("sh")
ARCHIVING, RECOVERY = blocks("ini")


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Postgres]:
    """As the page sets it up: its archive is a folder of its own."""
    made = Postgres(only_wheel=request.config.getoption("--wheel-servers"), settings={"fsync": "on", "max_wal_senders": "3"})
    archive = made.folder / "archive"
    lines = (line.partition(" = ") for line in ARCHIVING.replace("/srv/newswire-archive", str(archive)).splitlines())
    made._settings |= {name: value.strip("'") for name, _, value in lines}
    archive.mkdir()
    archive.chmod(0o777)
    with made:
        yield made


@pytest.fixture
def source(server: Postgres) -> Iterator[Database]:
    url = server.create("newswire")
    opened = Database.open(url)
    schema.upgrade(opened)
    yield opened
    opened.close()
    server.drop("newswire")


def run(command: str, server: Postgres, folder: Path, **environment: str) -> str:
    path = f"{Path(server.program('pg_dump')).parent}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(["sh", "-ec", command], cwd=folder, env={"PATH": path} | environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def ingest(db: Database, folder: Path, name: str, text: str) -> str:
    path = folder / f"{name}.txt"
    path.write_text(f"{name}\n\n{text}")
    return ingest_here(db, config.Settings(), str(path))[0].verdict


def items(db: Database) -> int:
    with db.read() as conn:
        return int(conn.execute(select(func.count()).select_from(tables.item)).scalar_one())


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_dump_comes_back_with_its_backlog_and_an_empty_redis(
    server: Postgres,
    source: Database,
    settings: Settings,
    celery_app: Celery,
    start: Callable[..., subprocess.Popen[bytes]],
    tmp_path: Path,
) -> None:
    ingest(source, tmp_path, "harbour", HARBOUR)
    add(source, 3, stage="release")
    run(DUMP, server, tmp_path, DATABASE_URL=server.url("newswire"))
    ingest(source, tmp_path, "library", LIBRARY)
    restored = Database.open(server.create("restored"))
    run(RESTORE, server, tmp_path, RESTORED_URL=server.url("restored"))
    said = run(CHECK, server, tmp_path, DATABASE_URL=server.url("restored"))
    assert "fits" in said
    assert re.search(r"Epoch \d+: told again to 0 subscriptions: 1 item of the last 2 days", said)
    assert items(restored) == 1

    def backlog() -> int:
        with restored.read() as conn:
            return int(conn.execute(select(func.count()).select_from(tables.work)).scalar_one())

    assert backlog() == 3
    start("all", database_url=server.url("restored"))
    start("beat", database_url=server.url("restored"))
    until(lambda: backlog() == 0)
    assert ingest(restored, tmp_path, "harbour", HARBOUR) == "unchanged"
    assert ingest(restored, tmp_path, "library", LIBRARY) == "new"
    restored.close()


def test_a_moment_before_a_mistake_comes_back(server: Postgres, source: Database, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    ingest(source, tmp_path, "harbour", HARBOUR)
    run(BASE, server, tmp_path, DATABASE_URL=server.url("newswire"))
    ingest(source, tmp_path, "library", LIBRARY)
    with psycopg.connect(server.url("newswire"), autocommit=True) as conn:
        [moment] = conn.execute("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US+00')").fetchone() or ()
        with source.write() as mistake:
            mistake.execute(delete(tables.fact))
            mistake.execute(delete(tables.verdict))
        [segment] = conn.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone() or ()
    archived = server.folder / "archive" / segment
    until(archived.exists)
    recovery = RECOVERY.replace("/srv/newswire-archive", str(server.folder / "archive")).replace("2026-11-27 02:00:00+00", moment)
    with (tmp_path / "base" / "postgresql.conf").open("a") as file:
        file.write(recovery.replace("restore_command", "\nrestore_command") + "archive_mode = off\n")
    (tmp_path / "base" / "recovery.signal").touch()
    back = Postgres(only_wheel=request.config.getoption("--wheel-servers"))
    try:
        back.start(tmp_path / "base")
        restored = Database.open(back.url("newswire"))
        with restored.read() as conn:
            assert conn.execute(select(func.count()).select_from(tables.verdict)).scalar_one() == 2
        assert items(restored) == 2
        assert ingest(restored, tmp_path, "library", LIBRARY) == "unchanged"
        restored.close()
    finally:
        back.stop()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_file_is_copied_while_it_is_written(database: Database, server: Postgres, tmp_path: Path) -> None:
    ingest(database, tmp_path, "harbour", HARBOUR)
    with database.engine.connect() as open_reader:  # somebody works with it
        open_reader.exec_driver_sql("SELECT count(*) FROM item").all()
        run(COPY, server, tmp_path, NEWSWIRE_HOME=str(tmp_path))
    ingest(database, tmp_path, "library", LIBRARY)
    home = tmp_path / "other"
    home.mkdir()
    shutil.move(tmp_path / "newswire-backup.sqlite", home / "newswire.sqlite")
    assert "fits" in run(CHECK, server, tmp_path, NEWSWIRE_HOME=str(home))
    restored = Database.open(f"sqlite:///{home / 'newswire.sqlite'}")
    assert items(restored) == 1
    assert ingest(restored, tmp_path, "library", LIBRARY) == "new"
    restored.close()

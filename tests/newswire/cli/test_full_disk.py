"""`newswire status` on a disk that is really full, under the database and our own Redis."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
import redis

from newswire.cli import main
from newswire.doctor import machine
from pipeline.storage.db import Database
from tests.consumer import until
from tests.disk import mounted
from tests.servers.valkey import Valkey


def test_status_says_that_nothing_can_be_written_where_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with mounted(tmp_path / "small", "24m") as disk, monkeypatch.context() as on_disk:
        on_disk.setattr(tempfile, "tempdir", str(disk.mount))
        with Valkey(append_only=True) as server, redis.Redis.from_url(server.url()) as client:
            home = disk.mount / "home"
            for name, value in {"NEWSWIRE_HOME": str(home), "REDIS_URL": server.url()}.items():
                monkeypatch.setenv(name, value)
            monkeypatch.delenv("DATABASE_URL", raising=False)
            monkeypatch.setattr(machine, "LEAST_FREE_BYTES", machine.FULL_BYTES)  # it is a small disk

            def says() -> str:
                assert main(["status"]) == 0
                return " ".join(capsys.readouterr().out.split())

            def is_refused() -> bool:
                try:
                    client.set("a", "b" * 10_000)
                except redis.ResponseError as error:
                    return "MISCONF" in str(error)
                return False

            assert main(["db", "upgrade"]) == 0
            db = Database.open(f"sqlite:///{home}/newswire.sqlite")
            with db.read() as conn:  # as processes that run have it open
                conn.exec_driver_sql("SELECT 1 FROM source")
            assert "Nothing waits." in says()
            disk.fill()
            until(is_refused, "Redis to see it")
            said = says()
            assert "Nothing waits." not in said
            assert f"The disk is full: 0 MB of 25 MB are free where {home} is" in said
            assert "aof_last_write_status err" in said
            assert "Free some space" in said
            db.close()
            disk.fill()  # what its log held is free again
            assert main(["status"]) == 3
            assert "full, or broken" in capsys.readouterr().err, "SQLite has no room to begin"
            disk.free()
            until(lambda: not is_refused(), "Redis to write again")
            assert "Nothing waits." in says()

"""Files of JSONL: complete ones only, each event once, whatever dies, on a disk that may be full."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.delivery.files import FilesLog, check
from pipeline.errors import Infrastructure, Misconfigured
from pipeline.storage import drain, ledger, subscriptions
from pipeline.storage.db import Database
from pipeline.storage.deliveries import Look
from schemas import tables
from tests.wire import LONG, Wire
from workers.couriers import Logging


class Folder:
    """A wire with one folder of files, served pass by pass."""

    def __init__(self, database: Database, folder: Path, **settings: Any) -> None:
        self.wire = Wire(database)
        self.db = database
        self.folder = folder
        target = {"folder": str(folder)} | settings
        with self.db.write() as conn:
            self.one = subscriptions.add(conn, self.wire.now, name="archive", kind="files", target=target, is_log=True)
        self.couriers = [Logging(database, self.one, "token", threading.Event())]

    def arrive(self, *numbers: int) -> None:
        for number in numbers:
            body = f"{LONG}\n\nNumber {number} of them."
            self.wire.arrive(uri=f"tag:hw:{number}", version="1", headline=f"Story {number}", body_text=body)

    def state(self) -> subscriptions.Subscription:
        with self.db.read() as conn:
            return subscriptions.get(conn, "archive")

    def run(self, passes: int = 6) -> None:
        for _ in range(passes):
            with self.db.read() as conn:
                look = Look(id=self.one.id, behind=True, due=False, generation=self.state().generation, last=ledger.last(conn))
            self.couriers[-1]._rests_until = self.couriers[-1]._alone_until = 0.0
            self.couriers[-1].step(look, self.wire.now)

    def dies(self) -> None:
        """As by kill -9: nothing is cleaned up. Another one goes on."""
        self.couriers.append(Logging(self.db, self.one, "token", threading.Event()))

    def files(self) -> list[list[int]]:
        """Seqs by complete file, in the order of their names."""
        found = sorted(self.folder.glob("*.jsonl"))
        return [[json.loads(line)["seq"] for line in file.read_text().splitlines()] for file in found]

    def hour(self) -> None:
        self.wire.pass_time(hours=1)
        self.run()


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Iterator[Folder]:
    desk = Folder(database, tmp_path / "news")
    yield desk
    for one in desk.couriers:
        one._close()


def test_a_file_is_there_when_its_hour_is_over_and_only_then_the_position_moves(desk: Folder) -> None:
    desk.arrive(1, 2)
    desk.run()
    assert (desk.files(), desk.state().read_seq) == ([], 0)
    desk.hour()
    assert (desk.files(), desk.state().read_seq) == ([[1, 2]], 2)
    assert [file.name for file in desk.folder.iterdir()] == [f"2026-03-01T12-00-00_{desk.one.generation}-000000000001-000000000002.jsonl"]


def test_a_file_that_is_large_enough_is_complete_before(database: Database, tmp_path: Path) -> None:
    desk = Folder(database, tmp_path / "news", most_bytes=3000)
    desk.arrive(1, 2, 3, 4)
    desk.run()
    desk.couriers[-1]._close()
    assert len(desk.files()) >= 2
    assert [seq for file in desk.files() for seq in file] == list(range(1, desk.state().read_seq + 1))


def test_nothing_new_is_written_while_all_is_drained(desk: Folder) -> None:
    desk.arrive(1, 2)
    with desk.db.write() as conn:
        drain.begin(conn, desk.wire.now)
    desk.run()
    desk.hour()
    assert desk.files() == []
    with desk.db.write() as conn:
        drain.end(conn)
    desk.run()
    desk.hour()
    assert desk.files() == [[1, 2]]


def test_an_hour_in_which_nothing_matches_leaves_no_file(database: Database, tmp_path: Path) -> None:
    desk = Folder(database, tmp_path / "news")
    with database.write() as conn:
        other = {"folder": str(tmp_path / "news")}
        desk.one = subscriptions.add(
            conn, desk.wire.now, name="french", kind="files", target=other, filter={"language": ["fr"]}, is_log=True
        )
        subscriptions.remove(conn, "archive", desk.wire.now)
        conn.exec_driver_sql("UPDATE subscription SET name = 'archive' WHERE name = 'french'")
    desk.dies()
    desk.arrive(1)
    desk.hour()
    assert (desk.files(), desk.state().read_seq) == ([], 1)


@pytest.mark.parametrize("after", ["the lines", "the file, before the position"])
def test_a_deliverer_that_dies_loses_nothing_and_writes_nothing_twice(desk: Folder, after: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.arrive(1, 2)
    desk.run()
    if after == "the file, before the position":
        with monkeypatch.context() as patch:
            patch.setattr("pipeline.storage.logs.advance", lambda *_: False)
            desk.hour()
        assert desk.state().read_seq == 0
    desk.dies()
    desk.arrive(3)
    desk.run()
    desk.hour()
    assert [seq for file in desk.files() for seq in file] == [1, 2, 3]


@pytest.mark.parametrize("rule", ["kept", "left out"])
def test_nobody_sees_half_a_file(desk: Folder, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written under its own name, it would be read before its end."""
    if rule == "left out":
        monkeypatch.setattr("pipeline.delivery.files._PART", "{}-part.jsonl")
    desk.arrive(1)
    desk.run()
    assert (list(desk.folder.glob("*.jsonl")) == []) is (rule == "kept")


def test_two_deliverers_write_each_event_once(desk: Folder) -> None:
    desk.arrive(1, 2)
    desk.run()
    first = desk.couriers[0]
    desk.dies()  # it is only slow
    desk.run()
    desk.hour()
    desk.couriers.append(first)
    desk.hour()
    assert desk.files() == [[1, 2]]


def test_a_rewind_writes_again_under_another_generation(desk: Folder) -> None:
    desk.arrive(1, 2)
    desk.run()
    desk.hour()
    with desk.db.write() as conn:
        subscriptions.rewind(conn, "archive", to=1)
    desk.run()
    desk.hour()
    assert desk.files() == [[1, 2], [2]]


def test_why_tells_once_what_is_written_again_after_a_kill_and_again_after_a_rewind(desk: Folder) -> None:
    desk.arrive(1)
    desk.run()
    desk.dies()
    desk.run()
    told = [row.detail["generation"] for row in desk.wire.rows(tables.history) if row.what == "delivered"]
    assert told == [desk.one.generation]
    with desk.db.write() as conn:
        subscriptions.rewind(conn, "archive", to=0)
    desk.run()
    assert len([row for row in desk.wire.rows(tables.history) if row.what == "delivered"]) == 2


def test_a_full_disk_is_told_and_when_there_is_space_again_it_goes_on(database: Database, tmp_path: Path) -> None:
    """A real one, of 64 KB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        desk = Folder(database, folder)
        ballast = folder / "ballast"
        ballast.write_bytes(b"x" * 64 * 1024)
        desk.arrive(1, 2)
        desk.run()
        assert "No space left" in desk.state().trouble
        assert desk.state().read_seq == 0
        ballast.unlink()
        desk.run()
        desk.hour()
        assert (desk.files(), desk.state().trouble) == ([[1, 2]], "")
        desk.couriers[-1]._close()
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_folder_that_can_not_be_is_told_in_a_sentence(tmp_path: Path, database: Database) -> None:
    (tmp_path / "news").write_text("a file")
    log = FilesLog({"folder": str(tmp_path / "news")})
    with pytest.raises(Infrastructure, match="can't be written to"):
        log.look(1, Wire(database).now)


def test_settings_that_can_not_work_are_refused() -> None:
    for wrong in ({"folder": "news"}, {"folder": "/news", "every_s": 0}, {"folder": "/news", "most_bytes": 0}):
        with pytest.raises(Misconfigured):
            check(wrong)


def test_what_a_killed_deliverer_left_is_cleared_away(desk: Folder) -> None:
    desk.arrive(1)
    desk.run()
    desk.dies()
    desk.run()
    assert len(list(desk.folder.glob(".*.part"))) == 2
    desk.couriers[-1]._close()
    desk.wire.now += timedelta(days=400)
    desk.dies()
    desk.run()
    assert list(desk.folder.glob(".*.part")) == []

"""Complete files of a folder: what is passed over, and what tells that nobody writes any more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.sources import Asked, Look, Reach, folder
from pipeline.sources.folder import MARGIN_NS, SETTLE_S, SOURCE, File, is_complete
from schemas.document import Entry

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def look(location: Path, *, known: dict[str, Entry] | None = None, **settings: bool) -> Look:
    assert SOURCE.look is not None
    asked = Asked(name="drop", location=str(location), settings=SOURCE.settings(settings))
    return SOURCE.look(asked, Reach(known=lambda keys: known or {}, now=NOW, max_body_bytes=1000))


def put(path: Path, body: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    os.utime(path, (1, 1))
    return path


def keys(found: Look) -> list[str]:
    return [one.entry.key for one in found.found]


def test_unfinished_hidden_and_strange_things_are_passed_over(tmp_path: Path) -> None:
    for name in (".hidden", "a.part", "b.TMP", "c.crdownload", "~lock", "d~", "e.filepart", ".git/config", "sub/.f.swp"):
        put(tmp_path / name)
    put(tmp_path / "good.xml")
    put(tmp_path / "sub" / "good too.xml")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link.xml").symlink_to("/etc/hostname")
    (tmp_path / "out").symlink_to("/etc")
    assert keys(look(tmp_path)) == ["good.xml", "sub/good too.xml"]
    assert keys(look(tmp_path, recursive=False)) == ["good.xml"]


def test_one_file_is_a_source_too(tmp_path: Path) -> None:
    found = look(put(tmp_path / "a b.xml", b"body"))
    assert keys(found) == ["a b.xml"]
    document = found.found[0].document
    assert document is not None
    assert (document.url, document.body, document.fetched_at) == ((tmp_path / "a b.xml").as_uri(), b"body", NOW)


def test_what_is_known_is_not_read_again(tmp_path: Path) -> None:
    put(tmp_path / "a.xml")
    first = look(tmp_path)
    assert look(tmp_path, known={"a.xml": first.found[0].entry}).found == ()


class Looks:
    """Looks at a folder, each with the cursor of the one before it; and what they asked the database for."""

    def __init__(self, location: Path) -> None:
        self.location = location
        self.cursor: dict[str, object] = {}
        self.asked: list[str] = []

    def __call__(self, now: datetime, *, recursive: bool = True) -> Look:
        self.asked = []

        def known(keys: Sequence[str]) -> dict[str, Entry]:
            self.asked.extend(keys)
            return {}

        assert SOURCE.look is not None
        settings = SOURCE.settings({"recursive": recursive})
        asked = Asked(name="drop", location=str(self.location), settings=settings, cursor=self.cursor)
        found = SOURCE.look(asked, Reach(known=known, now=now, max_body_bytes=1000))
        self.cursor = json.loads(json.dumps(found.cursor))
        return found


def ctime(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_ctime, UTC)


def test_files_that_did_not_change_are_not_asked_for_but_once_an_hour(tmp_path: Path) -> None:
    began = ctime(put(tmp_path / "a.xml"))
    looks = Looks(tmp_path)

    def asked_for(minutes: int, *, recursive: bool = True) -> list[str]:
        looks(began + timedelta(minutes=minutes), recursive=recursive)
        return looks.asked

    assert asked_for(0) == ["a.xml"], "the first look is at all"
    assert asked_for(20) == ["a.xml"], "clocks differ"
    assert asked_for(40) == []
    assert asked_for(41, recursive=False) == ["a.xml"], "other settings, other files"
    assert asked_for(61, recursive=False) == []
    assert asked_for(101, recursive=False) == ["a.xml"], "an hour after the last look at all"


def test_after_a_clock_that_ran_ahead_was_put_right_all_files_are_asked_for(tmp_path: Path) -> None:
    began = ctime(put(tmp_path / "a.xml"))
    looks = Looks(tmp_path)
    looks(began + timedelta(minutes=-30))
    looks(began + timedelta(minutes=15))
    looks(began)
    assert looks.asked == ["a.xml"]
    looks(began + timedelta(days=1))
    looks(began)
    assert looks.asked == ["a.xml"]


@pytest.fixture
def looked(tmp_path: Path) -> Looks:
    """A folder that was looked at; what is in it by now, and beside it, changed too long ago to be asked for."""
    for name in ("in/a.xml", "in/sub/b.xml", "in/sub/deep/c.xml", "out/d.xml", "out/deep/e.xml"):
        put(tmp_path / name)
    probe = tmp_path / "probe"
    probe.touch()
    written = ctime(probe)
    while ctime(probe) < written + timedelta(milliseconds=10):  # the clock of files ticks in steps
        probe.touch()
    looks = Looks(tmp_path / "in")
    looks(written + timedelta(milliseconds=5, microseconds=MARGIN_NS / 1000))
    return looks


def asked_next(looks: Looks) -> list[str]:
    way = looks.cursor["way"]
    assert isinstance(way, dict)
    looks(datetime.fromisoformat(way["began"]))
    return sorted(looks.asked)


def test_of_a_folder_that_was_renamed_in_all_files_are_asked_for(tmp_path: Path, looked: Looks) -> None:
    assert asked_next(looked) == []
    (tmp_path / "out").rename(tmp_path / "in/batch")
    assert asked_next(looked) == ["batch/d.xml", "batch/deep/e.xml"]


def test_a_folder_that_was_renamed_in_and_got_another_file_is_asked_for_too(tmp_path: Path, looked: Looks) -> None:
    (tmp_path / "out").rename(tmp_path / "in/batch")
    put(tmp_path / "in/batch/f.xml")
    assert asked_next(looked) == ["batch/d.xml", "batch/deep/e.xml", "batch/f.xml"]


def test_a_folder_that_lets_us_in_at_last_is_asked_for(tmp_path: Path, looked: Looks) -> None:
    (tmp_path / "in/sub").chmod(0o700)
    assert asked_next(looked) == ["sub/b.xml", "sub/deep/c.xml"]


def test_beside_a_new_file_what_was_there_is_not_asked_for(tmp_path: Path, looked: Looks) -> None:
    put(tmp_path / "in/sub/f.xml")
    assert asked_next(looked) == ["sub/f.xml"]


def test_of_another_folder_in_its_place_all_files_are_asked_for(tmp_path: Path, looked: Looks) -> None:
    (tmp_path / "in").rename(tmp_path / "before")
    (tmp_path / "out").rename(tmp_path / "in")
    assert asked_next(looked) == ["d.xml", "deep/e.xml"]


def test_a_large_folder_is_gone_through_in_several_looks_and_each_file_asked_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "FILES_A_LOOK", 2)
    names = ["a", "a b", "a.d/b", "a.d/c/d", "a.d/c/e", "a.d/f%2F", "a-/b", "b", "c", "ü"]
    for name in names:
        put(tmp_path / name)
    began = ctime(tmp_path / "b")
    looks = Looks(tmp_path)
    found: list[str] = []
    asked: list[str] = []
    for turn in range(9):
        now = looks(began + timedelta(minutes=turn))
        found += keys(now)
        asked += looks.asked
        if "a.d/c/d" in keys(now):
            (tmp_path / "a.d/c/d").unlink()  # the next look begins after a file that is gone
            put(tmp_path / "a new one")
        if not now.more:
            break
    assert sorted(asked) == sorted(found) == sorted(names)
    assert now.listed == len(names)
    monkeypatch.undo()
    looks(began + timedelta(minutes=10))
    assert "a new one" in looks.asked, "it came where the looks had been already"


def test_a_look_that_finds_nothing_new_goes_on_in_another_one_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "WALKED_A_LOOK", 2)
    for name in "abc":
        put(tmp_path / name)
    looks = Looks(tmp_path)
    began = ctime(tmp_path / "a")
    assert (looks(began).more, looks(began).more) == (True, False)
    looks(began + timedelta(minutes=40))
    looks(began + timedelta(minutes=40))
    assert looks(began + timedelta(minutes=55)).more
    assert looks.asked == []
    assert looks(began + timedelta(minutes=55)).listed == 3


def test_a_name_that_is_no_unicode_can_be_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.xml"))
    try:
        put(path)
    except OSError:
        pytest.skip("this file system takes Unicode names only")
    [one] = look(tmp_path).found
    assert one.entry.key == "caf%E9.xml"
    assert one.entry.url.endswith("caf%E9.xml")
    put(tmp_path / "d.xml")
    monkeypatch.setattr(folder, "FILES_A_LOOK", 1)
    looks = Looks(tmp_path)
    assert [keys(looks(NOW)), keys(looks(NOW))] == [["caf%E9.xml"], ["d.xml"]], "and gone on after"


def file(*, size: int = 3, age_s: float = 0.0, renamed: bool = False) -> File:
    mtime_ns = int((NOW.timestamp() - age_s) * 1e9)
    return File("a", Path("a"), size, mtime_ns, mtime_ns + (1 if renamed else 0))


def test_when_a_file_is_complete() -> None:
    assert not is_complete(file(), None, NOW), "just written: it may go on"
    assert is_complete(file(renamed=True), None, NOW), "renamed in"
    assert not is_complete(file(renamed=True, size=0), None, NOW), "made, and not yet written to"
    assert is_complete(file(age_s=61), None, NOW), "nobody wrote for a minute"
    one = file(age_s=2)
    marks = (str(one.size), str(one.mtime_ns))
    assert not is_complete(one, (*marks, NOW), NOW), "the looks are too close together"
    assert is_complete(one, (*marks, NOW - timedelta(seconds=SETTLE_S)), NOW)
    assert not is_complete(one, ("2", marks[1], NOW - timedelta(seconds=9)), NOW), "it grew"
    assert not is_complete(file(age_s=-30), None, NOW), "a clock ahead of ours"


@pytest.mark.skipif(sys.platform != "linux", reason="no other kernel tells whether somebody writes")
def test_a_file_that_nobody_has_open_for_writing_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    with path.open("wb", buffering=0) as writer:
        assert keys(look(tmp_path)) == [], "made, and not yet written to"
        writer.write(b"whole, or half?")
        assert keys(look(tmp_path)) == []
        with path.open("rb"):
            assert keys(look(tmp_path)) == [], "who reads it has no say"
    with path.open("rb"):
        os.utime(path, ns=(path.stat().st_ctime_ns + 10**9,) * 2)  # no rename shows: the clock of files ticks in steps
        assert keys(look(tmp_path)) == ["a.xml"]


@pytest.mark.skipif(sys.platform != "linux", reason="no other kernel tells whether somebody writes")
def test_a_file_that_is_written_in_several_goes_is_not_taken_between_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.xml"

    def the_rest_comes(_: float) -> None:
        with path.open("ab") as writer:
            writer.write(b" and the rest")

    path.write_bytes(b"the head")
    with monkeypatch.context() as patched:
        patched.setattr(time, "sleep", the_rest_comes)
        half = look(tmp_path)
    assert keys(half) == []
    assert half.again_s == SETTLE_S
    [one] = look(tmp_path).found
    assert one.document is not None
    assert one.document.body == b"the head and the rest"


OPENED_BETWEEN = """
import fcntl, os, sys
from pathlib import Path
from pipeline.sources.folder import File, has_no_writer

path, real = Path(sys.argv[1]), fcntl.fcntl

def opened_between(fd, command, argument):
    if (command, argument) == (fcntl.F_SETLEASE, fcntl.F_UNLCK):
        try:
            os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except BlockingIOError:
            print("a writer waits", flush=True)
    return real(fd, command, argument)

fcntl.fcntl = opened_between
print(has_no_writer(File("a", path, 1, 0, 0)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="no other kernel tells whether somebody writes")
def test_who_opens_a_file_while_it_is_asked_whether_somebody_writes_ends_no_process(tmp_path: Path) -> None:
    given = [sys.executable, "-c", OPENED_BETWEEN, str(put(tmp_path / "a.xml"))]
    ended = subprocess.run(given, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "a writer waits\nTrue\n"), ended.stderr


def test_what_waits_is_looked_at_again_after_the_last_of_several_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "FILES_A_LOOK", 2)
    for name in "bcd":
        put(tmp_path / name)
    looks = Looks(tmp_path)
    with (tmp_path / "a").open("wb", buffering=0) as growing:
        growing.write(b"half")
        began = ctime(tmp_path / "a")
        assert [looks(began).again_s, looks(began).again_s, looks(began).again_s] == [None, None, SETTLE_S]


def test_what_waits_is_asked_for_however_long_ago_it_changed(tmp_path: Path) -> None:
    looks = Looks(tmp_path)
    with (tmp_path / "a.xml").open("wb", buffering=0) as held:
        held.write(b"whole")
        began = ctime(tmp_path / "a.xml")
        os.utime(tmp_path / "a.xml", (began.timestamp() + 10_000,) * 2)
        assert keys(looks(began + timedelta(minutes=40))) == []
        assert keys(looks(began + timedelta(minutes=40, seconds=1))) == ["a.xml"]


def test_what_waits_is_remembered_since_when_it_looks_so(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    with path.open("wb", buffering=0) as growing:
        growing.write(b"half")
        now = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        assert SOURCE.look is not None
        looks = []
        cursor: dict[str, object] = {}
        for _ in range(3):
            found = SOURCE.look(
                Asked(name="drop", location=str(tmp_path), cursor=cursor), Reach(known=lambda keys: {}, now=now, max_body_bytes=1000)
            )
            looks.append(len(found.found))
            cursor = found.cursor
            now += timedelta(seconds=0.6)
    assert looks == [0, 0, 1], "0.6 s are too short, 1.2 s are not"

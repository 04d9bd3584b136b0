"""Complete files of a folder: what is passed over, and what tells that nobody writes any more."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.sources import Asked, Look, Reach
from pipeline.sources.folder import SETTLE_S, SOURCE, File, is_complete
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


def test_files_that_did_not_change_are_not_asked_for_but_once_an_hour(tmp_path: Path) -> None:
    put(tmp_path / "a.xml")
    began = datetime.fromtimestamp((tmp_path / "a.xml").stat().st_ctime, UTC)
    cursor: dict[str, object] = {}

    def asked_for(minutes: int, *, recursive: bool = True) -> list[str]:
        nonlocal cursor
        asked: list[str] = []

        def known(keys: Sequence[str]) -> dict[str, Entry]:
            asked.extend(keys)
            return {}

        assert SOURCE.look is not None
        settings = SOURCE.settings({"recursive": recursive})
        reach = Reach(known=known, now=began + timedelta(minutes=minutes), max_body_bytes=1000)
        cursor = dict(SOURCE.look(Asked(name="drop", location=str(tmp_path), settings=settings, cursor=cursor), reach).cursor)
        return asked

    assert asked_for(0) == ["a.xml"], "the first look is at all"
    assert asked_for(20) == ["a.xml"], "clocks differ"
    assert asked_for(40) == []
    assert asked_for(41, recursive=False) == ["a.xml"], "other settings, other files"
    assert asked_for(61, recursive=False) == []
    assert asked_for(101, recursive=False) == ["a.xml"], "an hour after the last look at all"


def test_a_name_that_is_no_unicode_can_be_stored(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.xml"))
    try:
        put(path)
    except OSError:
        pytest.skip("this file system takes Unicode names only")
    [one] = look(tmp_path).found
    assert one.entry.key == "caf%E9.xml"
    assert one.entry.url.endswith("caf%E9.xml")


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

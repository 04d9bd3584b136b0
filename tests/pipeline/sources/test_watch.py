"""Which folder sources changed: told soon, and only of those."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from pipeline.sources.watch import changed


def told(folders: dict[str, Path], act: list[Path], *, force_polling: bool | None = None) -> set[str]:
    """The first news after files were written."""
    stop = threading.Event()
    news: set[str] = set()
    deadline = time.monotonic() + 15
    for names in changed(folders, stop, timeout_ms=50, force_polling=force_polling):
        news |= names
        for path in act:
            path.write_text(str(time.monotonic()))
        if news or time.monotonic() > deadline:
            stop.set()
    return news


@pytest.mark.parametrize("force_polling", [False, True])
def test_the_source_whose_folder_changed_is_named(tmp_path: Path, force_polling: bool) -> None:
    folders = {name: tmp_path / name for name in ("one", "two", "three")}
    for folder in folders.values():
        (folder / "deep").mkdir(parents=True)
    assert told(folders, [folders["two"] / "deep" / "a.json"], force_polling=force_polling) == {"two"}


def test_a_file_is_watched_through_its_folder(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("x")
    (tmp_path / "b.json").write_text("x")
    assert told({"a": tmp_path / "a.json", "b": tmp_path / "b.json"}, [tmp_path / "b.json"]) == {"b"}


def test_a_folder_that_is_not_there_hides_no_other(tmp_path: Path) -> None:
    assert told({"absent": tmp_path / "absent", "here": tmp_path}, [tmp_path / "a.json"]) == {"here"}


def test_with_nothing_to_watch_it_waits_for_the_end() -> None:
    stop = threading.Event()
    for names in changed({}, stop, timeout_ms=10):
        assert names == set()
        stop.set()

"""Files of JSONL in a folder: each event a line, in order, every version. A file is there when it is complete, and never changes.

    look      has the period of the open file passed? then complete it         fsync, rename, fsync of the folder; then the position moves
    append    lines into a file that has another name (`.part`); complete where it is large enough

    2026-11-27T05-00-00_1795758000-000000000101-000000000180.jsonl             its period's begin, generation, first and last event

What was not complete when the deliverer ended is written again from the position. A file that is complete is the acknowledgement: whoever
reads it may move it away.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import msgspec

from pipeline.delivery import Finding, Held, Target, read_settings
from pipeline.errors import Infrastructure, Misconfigured
from pipeline.storage.logs import Entry
from schemas.learnt import learn
from schemas.messages import encode

_COMPLETE = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d_(?P<generation>\d+)-(?P<first>\d{12})-(?P<last>\d{12})\.jsonl")

_PART = ".{}.part"
_KEPT = timedelta(days=1)
"""What a deliverer left that was killed is cleared away after its period and so long."""


class FilesSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an operator says of a folder of files."""

    folder: str
    every_s: float = 3600.0
    """A file holds events of one such period of the clock: 3600 is an hour."""
    most_bytes: int = 64 * 1024 * 1024
    """A file that has so many is complete before its period ends."""


learn(FilesSettings)


def _read(settings: Mapping[str, Any]) -> FilesSettings:
    read = read_settings("files", FilesSettings, settings, needs=("folder",), example="folder=/srv/news every_s=3600")
    if not Path(read.folder).is_absolute():
        raise Misconfigured(f"folder = {read.folder}: it is written in full, from / on.")
    if read.every_s < 1 or read.most_bytes < 1:
        raise Misconfigured(f"every_s = {read.every_s:g}, most_bytes = {read.most_bytes}: both are 1 or more.")
    return read


def check(settings: Mapping[str, Any]) -> None:
    """Raises Misconfigured."""
    _read(settings)


def describe(settings: Mapping[str, Any]) -> str:
    """`files in /srv/news`"""
    return f"files in {settings.get('folder')}"


def place(settings: Mapping[str, Any]) -> str:
    """The folder that it is, behind links and dots."""
    return str(Path(str(settings.get("folder"))).resolve())


class _Part(msgspec.Struct):
    """The file that is being written."""

    file: IO[bytes]
    path: Path
    generation: int
    first: int
    last: int
    begins_s: float
    """Of its period."""
    size: int = 0


class FilesLog:
    """One folder. Closed, it forgets the file that is not complete."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = _read(settings)
        self._folder = Path(self._settings.folder)
        self._part: _Part | None = None
        self._done: dict[int, int] = {}
        """Last event of the complete files, by generation."""

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.close()
            raise Infrastructure(
                f"The folder {self._folder} can't be written to: {error.strerror or error}.",
                hint="Free some space, or mend its rights; what it is owed waits here, and goes on by itself.",
            ) from error

    def look(self, generation: int, now: datetime) -> Held:
        with self._translated():
            if not self._done:
                self._done = self._complete_files()
                self._clear_away(now)
            part = self._part
            if part is not None and not part.path.exists():
                done = self._done
                self.close()
                self._done = done
            elif part is not None and now.timestamp() >= part.begins_s + self._settings.every_s:
                self._complete()
        return self._held(generation)

    def _held(self, generation: int) -> Held:
        part = self._part
        newest = max([*self._done, part.generation if part else 0])
        if not newest:
            return Held(is_ready=False)
        top = part.last if part is not None and part.generation == newest else self._done[newest]
        is_ours = newest == generation
        return Held(
            top=f"{newest}-{top}",
            generation=newest,
            seq=top if is_ours else 0,
            acknowledged=self._done.get(generation, 0) if is_ours else 0,
            is_ready=is_ours,
        )

    def _complete_files(self) -> dict[int, int]:
        found: dict[int, int] = {}
        self._folder.mkdir(parents=True, exist_ok=True)
        for file in self._folder.iterdir():
            if match := _COMPLETE.fullmatch(file.name):
                generation = int(match["generation"])
                found[generation] = max(found.get(generation, 0), int(match["last"]))
        return found

    def _clear_away(self, now: datetime) -> None:
        oldest = now.timestamp() - self._settings.every_s - _KEPT.total_seconds()
        for left in self._folder.glob(_PART.format("*")):
            if left.stat().st_mtime < oldest:
                left.unlink(missing_ok=True)

    def append(self, held: Held, generation: int, floor: int, entries: Sequence[Entry]) -> bool:
        with self._translated():
            if self._held(generation).top != held.top:
                return False
            if not held.is_ready:
                self.close()
                self._done = self._complete_files() | {generation: floor}
            for entry in entries:
                begins = entry.at.timestamp() // self._settings.every_s * self._settings.every_s
                if self._part is not None and (self._part.begins_s != begins or self._part.size >= self._settings.most_bytes):
                    self._complete()
                    if not self._done:
                        return False
                if self._part is None:
                    self._part = self._opened(generation, entry.seq, begins)
                line = encode(entry.message) + b"\n"
                self._part.file.write(line)
                self._part.size += len(line)
                self._part.last = entry.seq
            if self._part is not None:
                self._part.file.flush()
                if self._part.size >= self._settings.most_bytes:
                    self._complete()
        return True

    def _opened(self, generation: int, first: int, begins_s: float) -> _Part:
        """Under a name of its own: two deliverers never write one file."""
        path = self._folder / _PART.format(secrets.token_hex(8))
        return _Part(file=path.open("wb"), path=path, generation=generation, first=first, last=first, begins_s=begins_s)

    def _complete(self) -> None:
        """On disk whole, then by its name, then the name on disk."""
        part = self._part
        assert part is not None
        if self._complete_files().get(part.generation, 0) >= part.first:  # another deliverer was here
            self.close()
            return
        part.file.flush()
        os.fsync(part.file.fileno())
        part.file.close()
        begins = datetime.fromtimestamp(part.begins_s, UTC)
        part.path.rename(self._folder / f"{begins:%Y-%m-%dT%H-%M-%S}_{part.generation}-{part.first:012d}-{part.last:012d}.jsonl")
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self._done[part.generation] = max(part.last, self._done.get(part.generation, 0))
        self._part = None

    def examine(self, now: datetime) -> list[Finding]:
        """Write, sync, and take away again."""
        with self._translated():
            self._folder.mkdir(parents=True, exist_ok=True)
            probe = self._folder / _PART.format(secrets.token_hex(8))
            try:
                with probe.open("wb") as file:
                    file.write(b"probe\n")
                    file.flush()
                    os.fsync(file.fileno())
            finally:
                probe.unlink(missing_ok=True)
            free = shutil.disk_usage(self._folder).free
        return [Finding(ok=True, says=f"{self._folder} can be written to; {free:,} bytes are free.")]

    def forget(self, generation: int, floor: int) -> None:
        """Complete files are their reader's."""

    def close(self) -> None:
        part, self._part = self._part, None
        self._done = {}
        if part is not None:
            with suppress(OSError):
                part.file.close()
            part.path.unlink(missing_ok=True)


TARGET = Target(
    name="files",
    check=check,
    open_log=FilesLog,
    describe=describe,
    log_waits_for="the end of its file's period: a file counts when it is complete",
    place=place,
)

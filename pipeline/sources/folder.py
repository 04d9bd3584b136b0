"""A file, or a folder of files with all that is below it: each complete file is an entry, keyed by its path; the hash of its bytes tells a
change.

Complete is a file that was renamed in (or had its times set, as copying does last), that nobody has open for writing, as far as the kernel
tells, that nobody wrote to for a minute, or that looks as it did a second before. Passed over: names that begin with a dot or `~` or end like
those of unfinished files, links, no plain files.
"""

from __future__ import annotations

import fcntl
import os
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import xxhash

from pipeline.errors import FetchFailed, Misconfigured, NewswireError, Refused
from pipeline.sources import Asked, Found, Look, Reach, SourceKind, known_settings
from schemas.document import Document, Entry
from schemas.source import Setting

UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".filepart", ".swp", ".lock", "~")
"""Endings that programs give to files under way."""
SETTLE_S = 1.0
"""Between two looks at a file that may still grow."""
QUIET_S = 60.0
"""Nobody wrote for so long: complete at first sight."""
FILES_A_LOOK = 200
BYTES_A_LOOK = 64_000_000
"""Bound what one transaction carries; the rest comes at once after it."""
MARGIN_NS = 600 * 10**9
"""By how much the clocks of the database and of the file system may differ."""
WHOLE_EVERY = timedelta(hours=1)
"""At other looks nobody asks for files that have not changed since the last one: a folder may hold all that ever came."""


class File(msgspec.Struct, frozen=True):
    """A file as `stat` shows it."""

    key: str
    path: Path
    size: int
    mtime_ns: int
    ctime_ns: int

    @property
    def marks(self) -> dict[str, str]:
        return {"size": str(self.size), "mtime_ns": str(self.mtime_ns)}


def check(location: str) -> str:
    """An absolute path. Raises Misconfigured for a URL or nothing; whether it is there is seen at each look."""
    if not location.strip() or "://" in location or "\x00" in location:
        raise Misconfigured(f"{location!r} is no path of a file or folder.", hint="A page or a feed is a source of kind url or feed.")
    return str(Path(location).expanduser().absolute())


def settings(given: Mapping[str, Setting]) -> dict[str, Setting]:
    """recursive: whether folders below are looked into."""
    return known_settings(given, {"recursive": (True, False)})


def look(asked: Asked, reach: Reach) -> Look:
    """What is complete and new there, with its bytes. Raises FetchFailed where the folder itself can't be read."""
    recursive = asked.settings.get("recursive", True) is not False
    files = _files(Path(asked.location), recursive=recursive)
    last: Mapping[str, Any] = asked.cursor
    before = _before(last)
    place = [asked.location, recursive]
    whole_at = datetime.fromisoformat(last["whole_at"]) if last.get("place") == place else None
    is_whole = whole_at is None or reach.now - whole_at >= WHOLE_EVERY
    changed = files if is_whole or reach.only else [file for file in files if file.ctime_ns >= last["seen_to_ns"]]
    found: list[Found] = []
    waiting: dict[str, list[str]] = {}
    size, more = 0, False
    for file in _unknown(changed, reach):
        if not (is_complete(file, before.get(file.key), reach.now) or has_no_writer(file)):
            waiting[file.key] = _glimpse(file, before.get(file.key), reach.now)
            continue
        if len(found) >= FILES_A_LOOK or size >= BYTES_A_LOOK:
            more = True
            break
        one = _take(file, reach)
        if one is None:
            waiting[file.key] = _glimpse(file, None, reach.now)
            continue
        found.append(one)
        size += len(one.document.body) if one.document else 0
    cursor = {
        "unfinished": waiting,
        "place": place,
        "seen_to_ns": int(reach.now.timestamp() * 1e9) - MARGIN_NS,
        "whole_at": (reach.now if is_whole else whole_at or reach.now).isoformat(),
    }
    return Look(found=tuple(found), listed=len(files), cursor=cursor, more=more, again_s=SETTLE_S if waiting and not more else None)


def is_complete(file: File, before: tuple[str, str, datetime] | None, now: datetime) -> bool:
    """Whether nobody is still writing it, as far as can be told from outside.

    A write sets both times of a file to the same moment; a rename sets only its ctime, and so does what sets its mtime.
    """
    if file.size and file.ctime_ns > file.mtime_ns:
        return True
    if now.timestamp() - file.mtime_ns / 1e9 >= QUIET_S:
        return True
    if before is None:
        return False
    size, mtime_ns, since = before
    return (size, mtime_ns) == (str(file.size), str(file.mtime_ns)) and now - since >= timedelta(seconds=SETTLE_S)


def has_no_writer(file: File) -> bool:
    """Whether the kernel vouches that nobody has it open for writing: it grants a read lease then, at once, to the file's owner and to root.

    False also where it can't tell: another system than Linux, another's file, a network's folder. See fcntl(2), F_SETLEASE. It is for the
    commonest case: what writes a small file and renames it at once does both in one tick of the file system's clock (4 ms).
    """
    if sys.platform != "linux" or not file.size:
        return False
    try:
        with file.path.open("rb") as opened:
            fcntl.fcntl(opened, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(opened, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError:
        return False
    return True


def _before(cursor: Mapping[str, Any]) -> dict[str, tuple[str, str, datetime]]:
    unfinished: Mapping[str, Sequence[str]] = cursor.get("unfinished") or {}
    return {key: (size, mtime_ns, datetime.fromisoformat(since)) for key, (size, mtime_ns, since) in unfinished.items()}


def _glimpse(file: File, before: tuple[str, str, datetime] | None, now: datetime) -> list[str]:
    """What the next look compares with: since when it looks like this."""
    marks = (str(file.size), str(file.mtime_ns))
    since = before[2] if before is not None and before[:2] == marks else now
    return [*marks, since.isoformat()]


def _unknown(files: Sequence[File], reach: Reach) -> Iterator[File]:
    """Those that do not look as they did when they were last taken."""
    wanted = [file for file in files if not reach.only or file.key == reach.only]
    for start in range(0, len(wanted), FILES_A_LOOK):
        group = wanted[start : start + FILES_A_LOOK]
        known = {} if reach.only else reach.known([file.key for file in group])
        yield from (file for file in group if file.key not in known or known[file.key].extra != file.marks)


def _take(file: File, reach: Reach) -> Found | None:
    """A file with its bytes, or with its trouble; None: it is being written, or has gone."""
    entry = Entry(key=file.key, url=file.path.as_uri(), extra=file.marks)
    trouble: NewswireError
    if file.size > reach.max_body_bytes:
        trouble = Refused(
            f"{file.path} is {file.size:,} bytes large, more than {reach.max_body_bytes:,}.",
            url=entry.url,
            hint="NEWSWIRE_MAX_BODY_BYTES raises the limit.",
        )
        return Found(entry=entry, hash=f"refused:{file.size}:{file.mtime_ns}", trouble=trouble)
    try:
        with file.path.open("rb") as opened:
            body = opened.read(reach.max_body_bytes + 1)
            after = os.fstat(opened.fileno())
    except FileNotFoundError:
        return None
    except OSError as error:
        trouble = Refused(
            f"{file.path} can't be read: {error.strerror}.",
            url=entry.url,
            hint="Give the user that newswire runs as the right to read it; `newswire quarantine replay` takes it then.",
        )
        return Found(entry=entry, hash=f"unreadable:{file.size}:{file.mtime_ns}", trouble=trouble)
    if (after.st_size, after.st_mtime_ns) != (file.size, file.mtime_ns) or len(body) != file.size:
        return None
    return Found(entry=entry, hash=xxhash.xxh3_128_hexdigest(body), document=Document(url=entry.url, body=body, fetched_at=reach.now))


def _files(root: Path, *, recursive: bool) -> list[File]:
    """All plain files that have a finished name, by key."""
    try:
        if root.is_file():
            return list(_file(root, root.name))
        with os.scandir(root):
            pass
    except OSError as error:
        raise FetchFailed(
            f"{root} can't be read: {error.strerror}.",
            url=root.as_uri(),
            hint="Make it, or mend its rights; it is looked at again by itself.",
        ) from error
    found: list[File] = []
    for folder, folders, names in os.walk(root):  # links to folders are not followed; a folder that can't be read is passed over
        folders[:] = sorted(name for name in folders if recursive and not name.startswith("."))
        for name in names:
            path = Path(folder, name)
            found += _file(path, path.relative_to(root).as_posix())
    return sorted(found, key=lambda file: file.key)


def _file(path: Path, key: str) -> Iterator[File]:
    name = path.name
    if name.startswith((".", "~")) or name.lower().endswith(UNFINISHED):
        return
    try:
        seen = path.lstat()
    except OSError:
        return  # gone since it was listed
    if stat.S_ISREG(seen.st_mode):
        yield File(_as_text(key), path, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)


def _as_text(key: str) -> str:
    """A name that is no Unicode is quoted: what is stored must be text."""
    return quote(os.fsencode(key)) if any("\ud800" <= char <= "\udfff" for char in key) else key


SOURCE = SourceKind(name="folder", rhythm_s=30.0, check=check, settings=settings, look=look)

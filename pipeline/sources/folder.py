"""A file, or a folder of files with all that is below it: each complete file is an entry, keyed by its path; the hash of its bytes tells a
change.

Complete is a file that was renamed in (or had its times set, as copying does last), that rests and nobody has open for writing, as far as the
kernel tells, that nobody wrote to for a minute, or that looks as it did a second before. Passed over: names that begin with a dot or `~` or end
like those of unfinished files, links, no plain files.

A large folder is gone through in several looks: each begins after the last file that the one before it saw to.
"""

from __future__ import annotations

import fcntl
import os
import signal
import stat
import sys
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_to_bytes

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
REST_S = 0.05
"""Since the last write: who writes a file in several goes opens it again before that. A file's age is told by its own host's clock."""
FILES_A_LOOK = 200
BYTES_A_LOOK = 64_000_000
"""Bound what one transaction carries; the rest comes at once after it."""
WALKED_A_LOOK = 50_000
"""Bounds the time of a look that finds nothing new."""
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
    came_ns: int = 0
    """When a folder that it is in was renamed, or let us in, at the latest: that leaves the file's own times alone."""

    @property
    def marks(self) -> dict[str, str]:
        return {"size": str(self.size), "mtime_ns": str(self.mtime_ns)}


class Way(msgspec.Struct, frozen=True):
    """Once through all files, in however many looks; in the cursor."""

    began: datetime
    whole_at: datetime
    """When the last one began that asked for all files."""
    since_ns: int = 0
    """It asks for what changed after it; 0: for all."""
    listed: int = 0
    after: str = ""
    """Path of the file to go on after, quoted; "": it is over."""


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
    root, recursive = Path(asked.location), asked.settings.get("recursive", True) is not False
    seen = _stat(root)
    place = [asked.location, recursive, seen.st_dev, seen.st_ino]
    way = Way(reach.now, reach.now) if reach.only else _way(asked.cursor, place, reach.now)
    before = _unfinished(asked.cursor)
    files = _files(root, seen, recursive=recursive, after=way.after)
    if reach.only:
        files = (file for file in files if file.key == reach.only)
    ready: list[File] = []
    young: list[File] = []
    walked, size, after = 0, 0, ""
    for file, is_news in _judged(files, lambda file: max(file.ctime_ns, file.came_ns) >= way.since_ns or file.key in before, reach):
        walked += 1
        if is_news:
            (ready if is_complete(file, before.get(file.key), reach.now) else young).append(file)
            size += file.size
        if len(ready) + len(young) >= FILES_A_LOOK or size >= BYTES_A_LOOK or walked >= WALKED_A_LOOK:
            after = "" if reach.only else quote(os.fsencode(file.path.relative_to(root)))  # whatever bytes it is made of
            break
    _rest(young)
    taken = {file.key: _take(file, reach) for file in ready}
    taken |= {file.key: _take(file, reach) if has_no_writer(file) else None for file in young}
    waiting = {file.key: _glimpse(file, before.get(file.key), reach.now) for file in (*ready, *young) if taken[file.key] is None}
    if way.after:
        waiting |= {key: [size, mtime_ns, since.isoformat()] for key, (size, mtime_ns, since) in before.items() if key not in taken}
    way = msgspec.structs.replace(way, listed=way.listed + walked, after=after)
    return Look(
        found=tuple(one for one in taken.values() if one is not None),
        listed=way.listed,
        cursor={"unfinished": waiting, "place": place, "way": msgspec.to_builtins(way)},
        more=bool(after),
        again_s=SETTLE_S if waiting and not after else None,
    )


def _way(cursor: Mapping[str, Any], place: Sequence[object], now: datetime) -> Way:
    """How this look goes: on from where the last one stopped, for what changed since then, or for all files."""
    whole = Way(began=now, whole_at=now)
    if cursor.get("place") != place:
        return whole
    last = msgspec.convert(cursor["way"], Way)
    if last.began > now:
        return whole  # a clock that ran ahead was put right
    if last.after:
        return last
    if now - last.whole_at >= WHOLE_EVERY:
        return whole
    return Way(began=now, whole_at=last.whole_at, since_ns=int(last.began.timestamp() * 1e9) - MARGIN_NS)


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

    Who opens it for writing just then makes the kernel signal this process, any of its threads: by SIGIO, which ends it, unless another is named.
    """
    if sys.platform != "linux" or not file.size:
        return False
    try:
        with file.path.open("rb") as opened:
            fcntl.fcntl(opened, fcntl.F_SETSIG, signal.SIGURG)  # ignored unless somebody wants it
            fcntl.fcntl(opened, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(opened, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError:
        return False
    return True


def _rest(files: Iterable[File]) -> None:
    """Until nobody wrote to them for a little while. A time to come was set by hand: it says nothing of a write."""
    now = time.time()
    left = [file.mtime_ns / 1e9 + REST_S - now for file in files]
    time.sleep(max([0.0, *(one for one in left if one <= REST_S)]))


def _unfinished(cursor: Mapping[str, Any]) -> dict[str, tuple[str, str, datetime]]:
    unfinished: Mapping[str, Sequence[str]] = cursor.get("unfinished") or {}
    return {key: (size, mtime_ns, datetime.fromisoformat(since)) for key, (size, mtime_ns, since) in unfinished.items()}


def _glimpse(file: File, before: tuple[str, str, datetime] | None, now: datetime) -> list[str]:
    """What the next look compares with: since when it looks like this."""
    marks = (str(file.size), str(file.mtime_ns))
    since = before[2] if before is not None and before[:2] == marks else now
    return [*marks, since.isoformat()]


def _judged(files: Iterator[File], changed: Callable[[File], bool], reach: Reach) -> Iterator[tuple[File, bool]]:
    """Each with whether it looks otherwise than when it was last taken. Those that did not change are not asked for."""
    while group := list(islice(files, FILES_A_LOOK)):
        asked = [file.key for file in group if changed(file)]
        known = reach.known(asked) if asked and not reach.only else {}
        news = {file.key for file in group if file.key not in known or known[file.key].extra != file.marks}.intersection(asked)
        yield from ((file, file.key in news) for file in group)


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


def _stat(root: Path) -> os.stat_result:
    """Of a file, or of a folder that can be read. Raises FetchFailed."""
    try:
        seen = root.stat()
        if not stat.S_ISREG(seen.st_mode):
            os.scandir(root).close()
    except OSError as error:
        raise FetchFailed(
            f"{root} can't be read: {error.strerror}.",
            url=root.as_uri(),
            hint="Make it, or mend its rights; it is looked at again by itself.",
        ) from error
    return seen


def _files(root: Path, seen: os.stat_result, *, recursive: bool, after: str) -> Iterator[File]:
    """All plain files that have a finished name, folder by folder in the order of their names; those after one, which need not be there."""
    if stat.S_ISREG(seen.st_mode):
        return iter([_file(root, root.name, seen, 0)] if _is_finished(root.name) and not root.is_symlink() else [])
    return _below(root, "", seen, 0, recursive, os.fsdecode(unquote_to_bytes(after)).split("/") if after else [])


def _below(folder: Path, prefix: str, own: os.stat_result, came_ns: int, recursive: bool, after: Sequence[str]) -> Iterator[File]:
    try:
        names = sorted(path.name for path in folder.iterdir())
    except OSError:
        return  # a folder that can't be read is passed over
    for name in names[bisect_left(names, after[0]) if after else 0 :]:
        if name.startswith("."):
            continue
        path = folder / name
        try:
            seen = path.lstat()  # links are not followed
        except OSError:
            continue  # gone since it was listed
        is_on_the_way = bool(after) and name == after[0]
        if stat.S_ISDIR(seen.st_mode) and recursive:
            # what comes into a folder sets both its times; so a later arrival hides a rename, but for what that did to the folder above
            renamed_ns = seen.st_ctime_ns if seen.st_ctime_ns != seen.st_mtime_ns else min(seen.st_ctime_ns, own.st_ctime_ns)
            yield from _below(path, f"{prefix}{name}/", seen, max(came_ns, renamed_ns), recursive, after[1:] if is_on_the_way else [])
        elif stat.S_ISREG(seen.st_mode) and _is_finished(name) and not is_on_the_way:
            yield _file(path, prefix + name, seen, came_ns)


def _is_finished(name: str) -> bool:
    return not name.startswith((".", "~")) and not name.lower().endswith(UNFINISHED)


def _file(path: Path, key: str, seen: os.stat_result, came_ns: int) -> File:
    return File(_as_text(key), path, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, came_ns)


def _as_text(key: str) -> str:
    """A name that is no Unicode is quoted: what is stored must be text."""
    return quote(os.fsencode(key)) if any("\ud800" <= char <= "\udfff" for char in key) else key


SOURCE = SourceKind(name="folder", rhythm_s=30.0, check=check, settings=settings, look=look)

"""Sources as their operator declares them: a TOML file of `[[source]]` tables into checked values. Reads that one file; never the database.

[[source]]
name = "reuters-world"
kind = "feed"                                   # url, folder, feed
location = "https://example.org/world.xml"
provider = "reuters.com"                        # whose ids these are; else the location's host, or the name
language = "en"
lane = "normal"                                 # flash, normal, backfill
every = "5m"                                    # or cron = "0 2 * * *" (UTC), or "never": only when triggered; a folder is watched besides
content = "page"                                # what only its kind knows
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from cronsim import CronSim, CronSimError

from pipeline import sources
from pipeline.errors import Misconfigured
from schemas.source import Declared, Setting

LANES = ("flash", "normal", "backfill")
_NAME = re.compile(r"[\w][\w.-]{0,99}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*|")
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)?")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
LONGEST_RHYTHM_S = 366 * 86_400
_COMMON = ("name", "kind", "location", "provider", "language", "lane", "every", "cron")


def read_file(path: Path) -> tuple[Declared, ...]:
    """The sources of a file, checked, names unique. Raises Misconfigured, naming the file and the entry."""
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Misconfigured(f"The file of sources {path} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise Misconfigured(f"The file of sources {path} is not UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f"The file of sources {path} is not TOML: {error}.") from error
    tables = read.get("source", [])
    strange = sorted(set(read) - {"source"})
    if strange or not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        what = f"holds {strange[0]!r}" if strange else "has a `source` that is no list of tables"
        raise Misconfigured(f"The file of sources {path} {what}.", hint="Each source is a table that begins with [[source]].")
    found: dict[str, Declared] = {}
    places: dict[tuple[str, str], str] = {}
    for number, table in enumerate(tables, 1):
        where = f"{path}, source {number} ({table.get('name', 'without a name')})"
        try:
            declared = from_table(table, base=path.parent)
        except Misconfigured as error:
            raise Misconfigured(f"{where}: {error}", hint=error.hint) from error
        if declared.name in found:
            raise Misconfigured(f"{where}: its name is taken by another source of the file.")
        twin = places.setdefault((declared.kind, declared.location), declared.name)
        if twin != declared.name:
            raise Misconfigured(f"{where}: {twin} asks for the same location.", hint="One of the two is enough.")
        found[declared.name] = declared
    return tuple(found.values())


def from_table(table: Mapping[str, Any], *, base: Path | None = None) -> Declared:
    """One `[[source]]` table. A relative path of a folder is taken from `base`. Raises Misconfigured, naming the key."""
    for key, value in table.items():
        if not isinstance(value, str | int | float | bool) or (key in _COMMON and key != "every" and not isinstance(value, str)):
            raise Misconfigured(
                f"{key} = {value!r} is not what it takes: {'a text' if key in _COMMON else 'a text, a number, true or false'}."
            )
    for key in ("name", "kind", "location"):
        if not str(table.get(key, "")).strip():
            raise Misconfigured(f"it has no {key}.")
    if "every" in table and "cron" in table:
        raise Misconfigured("it has `every` and `cron`: only one of the two can say when.")
    location = str(table["location"])
    if base is not None and "://" not in location and not Path(location).expanduser().is_absolute():
        location = str(base / location)
    kind = sources.kind(str(table["kind"]))
    rhythm_s = None if "cron" in table else span_s(table["every"]) if "every" in table else kind.rhythm_s
    own = {key: value for key, value in table.items() if key not in _COMMON}
    texts = {key: str(table[key]) for key in ("name", "kind", "provider", "language", "lane", "cron") if key in table}
    return validated(Declared(location=location, rhythm_s=rhythm_s, settings=own, **texts))


def validated(declared: Declared) -> Declared:
    """Checked, its location normal, its provider and settings filled. Raises Misconfigured, a sentence about what is wrong."""
    kind = sources.kind(declared.kind)
    if not _NAME.fullmatch(declared.name):
        raise Misconfigured(
            f"{declared.name!r} is no name for a source.", hint="Letters, digits, dots, dashes and underscores: reuters-world"
        )
    if declared.lane not in LANES:
        raise Misconfigured(f"lane = {declared.lane!r} is none of {', '.join(LANES)}.")
    if not _LANGUAGE.fullmatch(declared.language):
        raise Misconfigured(f"language = {declared.language!r} is no language tag.", hint="Write en, de or pt-BR.")
    if declared.rhythm_s is not None and not 0 < declared.rhythm_s <= LONGEST_RHYTHM_S:
        raise Misconfigured(f"a rhythm of {declared.rhythm_s:g} seconds is none.", hint='every = "5m"')
    if declared.cron:
        check_cron(declared.cron)
    location = kind.check(declared.location)
    settings: dict[str, Setting] = kind.settings(declared.settings)
    host = (urlsplit(location).hostname or "").removeprefix("www.") if "://" in location else ""
    provider = declared.provider.strip() or host or declared.name
    return msgspec.structs.replace(declared, location=location, settings=settings, provider=provider)


def span_s(value: str | float) -> float | None:
    """`90s`, `5m`, `2h`, `1d` or seconds; None for `never`. Raises Misconfigured."""
    if isinstance(value, str) and value.strip().lower() == "never":
        return None
    match = _SPAN.fullmatch(str(value).strip()) if not isinstance(value, bool) else None
    if match is None or float(match[1]) <= 0:
        raise Misconfigured(f"every = {value!r} is no span of time.", hint="Write 30s, 5m, 2h, 1d or never.")
    return float(match[1]) * _UNITS[match[2] or "s"]


def check_cron(line: str) -> None:
    """Raises Misconfigured where a cron line is none, or never comes."""
    try:
        next(CronSim(line, datetime(2026, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration) as error:
        raise Misconfigured(
            f"cron = {line!r} is no cron line{f': {error}' if str(error) else ' that ever comes'}.",
            hint="Five fields, in UTC: minute hour day month weekday.",
        ) from error

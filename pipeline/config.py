"""Settings: the sole reader of the environment. Pure stages get values, never Settings.

Where a setting comes from, the first wins: the environment (`NEWSWIRE_<NAME>`; `DATABASE_URL` and `REDIS_URL` also without the prefix;
each also as `<VARIABLE>_FILE`, the path of a file that holds the value: how containers are given secrets), a file of settings
(`NEWSWIRE_CONFIG`, else `newswire.toml` in the home), the default below.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from pipeline.errors import Misconfigured

_BARE = {"database_url": "DATABASE_URL", "redis_url": "REDIS_URL"}
"""Settings that are also read without our prefix, as hosting platforms set them."""


LONGEST_FETCH_S = 30.0
"""A longer deadline would outlast the time limit of a task that fetches (`workers.tasks.PUMP_SOFT_LIMIT_S`)."""
_Count = Annotated[int, Meta(ge=1)]
_Seconds = Annotated[float, Meta(gt=0)]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that an operator may set. Units stand in the names."""

    home: str = "newswire-data"
    """Folder of the embedded servers' files: database, Valkey, Flower's history."""
    database_url: str = ""
    """`sqlite:///path` or `postgresql://user:password@host/name`; empty: SQLite in the home."""
    redis_url: str = ""
    """`redis://:password@host:6379/0`; empty: the embedded Valkey in the home."""
    user_agent: str = "newswire/0.1 (+https://newswire.invalid/bot)"
    allow_networks: tuple[str, ...] = ()
    """Networks or names, and ports, that may be fetched from although they are not global: `127.0.0.1/32:8000-8999`, `wiki.internal:443`."""
    max_body_bytes: _Count = 20_000_000
    """A larger answer or file is refused while it streams, after decompression."""
    fetch_deadline_s: Annotated[float, Meta(gt=0, le=LONGEST_FETCH_S)] = 20.0
    """For one whole exchange: look-up, connection, redirects, body."""
    host_pace_s: Annotated[float, Meta(ge=0)] = 1.0
    """Least time between two requests to one host."""
    children: _Count = 2
    """Processes of a worker."""
    queue_window: _Count = 8
    """Messages that a queue of ours holds at most, about: four times the children that read it."""
    lease_s: _Seconds = 30.0
    """How long a claimed piece of work is kept for who claimed it. More than the hard time limit."""
    soft_time_limit_s: _Seconds = 15.0
    time_limit_s: _Seconds = 20.0
    chunk_documents: _Count = 50
    """Documents that one piece of work holds at most."""
    quarantine_limit: _Count = 100
    """Documents of one source in quarantine, at which it is paused; and again with so many more."""
    flower_address: str = "127.0.0.1"
    """Where Flower listens; in a container 0.0.0.0, published on the host's loopback only."""
    flower_port: Annotated[int, Meta(ge=1, le=65535)] = 5555
    flower_auth: str = ""
    """`user:password` for Flower; empty: only where it listens on loopback."""
    flower_jobs: Annotated[int, Meta(ge=100)] = 10_000
    """Jobs that Flower keeps, and shows again after a restart."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "console", "json"] = "auto"
    """auto: console in a terminal, JSON elsewhere."""
    failpoints: str = ""
    """For tests of the promises only: `name=action,…` (pipeline/failpoints.py). Never set it in operation."""

    @property
    def home_path(self) -> Path:
        return Path(self.home).expanduser().absolute()

    @property
    def database(self) -> str:
        """The database's URL, the default resolved."""
        return self.database_url or f"sqlite:///{self.home_path / 'newswire.sqlite'}"


def load(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Settings from `overrides`, the environment, the file of settings, the defaults. Raises Misconfigured, naming what and where."""
    env = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    home = str(overrides.get("home") or env.get("NEWSWIRE_HOME") or Settings().home)
    for name, value in _file(env.get("NEWSWIRE_CONFIG", ""), Path(home).expanduser()).items():
        values[name], origin[name] = value, "the file of settings"
    for name in Settings.__struct_fields__:
        for variable in (_BARE.get(name, ""), f"NEWSWIRE_{name.upper()}"):
            if variable and (value := _value(env, variable)) != "":
                values[name], origin[name] = _split(name, value), f"the variable {variable}"
    values.update({name: value for name, value in overrides.items() if value is not None})
    unknown = sorted(set(values) - set(Settings.__struct_fields__))
    if unknown:
        raise Misconfigured(
            f"{', '.join(unknown)} is not a setting ({origin.get(unknown[0], 'the command line')}).",
            hint="`newswire config` lists all settings.",
        )
    for name, value in values.items():
        try:
            msgspec.convert({name: value}, Settings, strict=False)
        except msgspec.ValidationError as error:
            raise Misconfigured(f"{name} = {value!r} in {origin.get(name, 'the command line')}: {str(error).split(' - at')[0]}.") from error
    settings = msgspec.convert(values, Settings, strict=False)
    if not settings.soft_time_limit_s < settings.time_limit_s < settings.lease_s:
        raise Misconfigured(
            "soft_time_limit_s < time_limit_s < lease_s must hold: a lease that ends first lets two workers run one piece of work."
        )
    return settings


def _value(env: Mapping[str, str], variable: str) -> str:
    """The variable's value, or the content of the file that `<VARIABLE>_FILE` names; '' where there is neither."""
    value, file = env.get(variable, ""), env.get(f"{variable}_FILE", "")
    if not file:
        return value
    if value:
        raise Misconfigured(f"{variable} and {variable}_FILE are both set.", hint="Leave one of the two out.")
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Misconfigured(f"The file {file} that {variable}_FILE names can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise Misconfigured(f"The file {file} that {variable}_FILE names is not UTF-8.") from error


def _split(name: str, value: str) -> Any:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if name == "allow_networks" else value


def _file(named: str, home: Path) -> dict[str, Any]:
    path = Path(named) if named else home / "newswire.toml"
    if not named and not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Misconfigured(f"The file of settings {path} can't be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(f"The file of settings {path} is not TOML: {error}.") from error

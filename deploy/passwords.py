#!/usr/bin/env python3
"""Make the passwords that an installation lacks, as files of a folder that its containers share: there is no default one anywhere.

    newswire-passwords /run/newswire --postgres postgres --redis redis --flower

    postgres_password, database_url      DATABASE_URL_FILE
    redis_password, redis_url            REDIS_URL_FILE
    redis.conf                           the server's own: that password, and what keeps its queues
    flower_auth                          NEWSWIRE_FLOWER_AUTH_FILE

A password that is given, as POSTGRES_PASSWORD, REDIS_PASSWORD or FLOWER_PASSWORD, is taken; one that was made stays. Run it as often as you like.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

NAME = "newswire"
"""Of the database, of its owner, and of Flower's user."""
REDIS_CONF = """\
requirepass "{password}"
# Queues survive a restart, and none of them is thrown away when memory is short.
appendonly yes
appendfsync everysec
maxmemory {memory}
maxmemory-policy noeviction
save ""
"""


def main(arguments: list[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    parser = argparse.ArgumentParser(prog="newswire-passwords", description="Make the passwords that are missing, as files of a folder.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--postgres", metavar="HOST", help="host of the database")
    parser.add_argument("--redis", metavar="HOST", help="host of Redis")
    parser.add_argument("--redis-memory", metavar="SIZE", default="256mb", help="what Redis holds at most (default 256mb)")
    parser.add_argument("--flower", action="store_true", help="a login of Flower")
    options = parser.parse_args(arguments)
    try:
        for line in make(options, environ):
            print(line)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def make(options: argparse.Namespace, environ: Mapping[str, str]) -> list[str]:
    """What was made or was there, a sentence each; never a password. Raises ValueError where one that is given is not the one in use."""
    folder: Path = options.folder
    said: list[str] = []
    if options.postgres:
        password = _password(folder / "postgres_password", environ.get("POSTGRES_PASSWORD", ""), "POSTGRES_PASSWORD", said)
        _write(folder / "database_url", f"postgresql://{NAME}:{quote(password, safe='')}@{options.postgres}/{NAME}")
    if options.redis:
        password = _password(folder / "redis_password", environ.get("REDIS_PASSWORD", ""), "REDIS_PASSWORD", said)
        _write(folder / "redis_url", f"redis://:{quote(password, safe='')}@{options.redis}:6379/0")
        _write(folder / "redis.conf", REDIS_CONF.format(password=_quoted(password), memory=options.redis_memory))
    if options.flower:
        password = _password(folder / "flower_password", environ.get("FLOWER_PASSWORD", ""), "FLOWER_PASSWORD", said)
        _write(folder / "flower_auth", f"{NAME}:{password}")
    return said


def _password(path: Path, given: str, variable: str, said: list[str]) -> str:
    held = path.read_text(encoding="utf-8") if path.exists() else ""
    if held and given and held != given:
        raise ValueError(
            f"{variable} is not the password in use ({path}): leave it out, or change it at the server first and remove that file"
            " (docs/how-to/compose.md, Passwords)."
        )
    if held:
        said.append(f"{path}: kept.")
        return held
    _write(path, given or secrets.token_urlsafe(24))
    said.append(f"{path}: {f'taken from {variable}' if given else 'made'}.")
    return given or path.read_text(encoding="utf-8")


def _write(path: Path, text: str) -> None:
    """Whole or not at all. Readable by the servers' own users: only containers that mount this folder see it."""
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.chmod(0o444)
    unfinished.replace(path)


def _quoted(password: str) -> str:
    """As Redis reads a quoted word of its configuration."""
    return password.replace("\\", "\\\\").replace('"', '\\"')


if __name__ == "__main__":
    sys.exit(main())

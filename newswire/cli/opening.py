"""Settings and database for a command: loaded, made, migrated or refused, in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import Infrastructure, Misconfigured

if TYPE_CHECKING:
    from pipeline.config import Settings
    from pipeline.storage.db import Database


class _Options:
    home = ""


options = _Options()
"""What stands before the command."""


def load() -> Settings:
    """The settings, for this whole process. Raises Misconfigured."""
    from pipeline import config, resources

    settings = config.load(home=options.home or None)
    resources.use(settings)
    return settings


@contextmanager
def opened(settings: Settings, *, create: bool = False) -> Iterator[Database]:
    """The database, fit for this code; closed at the end of the block.

    A SQLite file is ours to migrate and, for a command that writes (`create`), to make. A PostgreSQL database is its operator's.
    Raises Misconfigured or Infrastructure.
    """
    from pipeline.storage import schema
    from pipeline.storage.db import Database

    db = Database.open(settings.database)
    try:
        if not db.is_postgresql:
            _make_file(db, create=create)
            if schema.current(db) != schema.head():
                schema.upgrade(db)
        schema.check(db)
        yield db
    finally:
        db.close()


def _make_file(db: Database, *, create: bool) -> None:
    path = Path(db.engine.url.database or "")
    if path.exists():
        return
    if not create:
        raise Misconfigured(
            f"There is no database yet: {path} does not exist.",
            hint="`newswire ingest PATH|URL`, `newswire sources add` and `newswire up` make it; NEWSWIRE_HOME says where another one is.",
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Infrastructure(f"{path.parent} can't be made: {error.strerror}.", hint="Set NEWSWIRE_HOME to a folder of yours.") from error

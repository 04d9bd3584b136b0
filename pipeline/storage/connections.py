"""How many connections to PostgreSQL our processes may hold, all together, and how many it grants. SQLite has no such limit.

    a worker   2 for each child, 1 for its parent       beat      3       (one of them for the folders that it watches)
    deliver    5                                        a command 2

Each process signs its connections with the size of its pool (`application_name`), so that what runs anywhere can be added up.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import text

from pipeline.storage.db import SIGNED, Database

CHILD, PARENT, BEAT, DELIVER, COMMAND = 2, 1, 3, 5, 2


def of_worker(children: int) -> int:
    """What a worker with so many children may hold."""
    return CHILD * children + PARENT


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """Connections."""

    granted: int
    """To us: max_connections less what is reserved, or the limit of our role or database."""
    promised: int
    """The sum of the pools of our processes that hold a connection now."""
    others: int
    """What is held now by whoever else."""

    def lacks(self, more: int = 0) -> int:
        """How many are missing once `more` are promised."""
        return max(0, self.promised + more + self.others - self.granted)


def room(db: Database) -> Room | None:
    """None on SQLite. Raises Infrastructure."""
    if not db.is_postgresql:
        return None
    with db.read() as conn:
        limits = conn.execute(
            text(
                "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
                " - coalesce(current_setting('reserved_connections', true)::int, 0) AS server,"
                " (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user) AS role,"
                " (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database()) AS database"
            )
        ).one()
        names = conn.execute(
            text("SELECT application_name FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()")
        ).scalars()
        held = list(names)
    ours = {name for name in held if name.startswith(SIGNED)}
    return Room(
        granted=min(limit for limit in limits if limit is not None),
        promised=sum(int(name.rpartition("/")[2]) for name in ours),
        others=sum(not name.startswith(SIGNED) for name in held),
    )


def shortage(db: Database, more: int) -> str:
    """A sentence where the server does not grant what we may come to need with `more`; else ''. Raises Infrastructure."""
    found = room(db)
    if found is None or not found.lacks(more):
        return ""
    asked = f"The processes of newswire may come to hold {found.promised + more} connections to PostgreSQL"
    besides = f", others hold {found.others}" if found.others else ""
    return f"{asked}{besides}, and it grants {found.granted}: raise max_connections by {found.lacks(more)}, or start fewer children."

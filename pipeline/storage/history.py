"""What happened, when: the rows that `newswire why` reads. Appended in the transaction of what they tell of, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from pipeline.storage.db import insert_rows
from schemas.tables import history


def record(
    conn: Connection,
    now: datetime,
    what: str,
    *,
    item: int | None = None,
    source: int | None = None,
    run: int | None = None,
    url: str = "",
    log_id: str = "",
    **detail: Any,
) -> None:
    """Append one row. `what` is a word of the trade (listed, fetched, stored, killed …); `detail` must be JSON."""
    record_all(conn, now, what, [{"item": item, "source": source, "url": url, "log_id": log_id, "detail": detail}], run=run)


def record_all(conn: Connection, now: datetime, what: str, rows: Sequence[dict[str, Any]], *, run: int | None) -> None:
    """Append one row for each of these, which have the same columns: item, source, url, log_id, detail, or some of them."""
    insert_rows(conn, (history, [{"at": now, "what": what, "run": run, **row} for row in rows]))

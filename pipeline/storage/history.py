"""What happened, when: the rows that `newswire why` reads. Appended in the transaction of what they tell of, never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

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
    conn.execute(
        history.insert().values(at=now, what=what, item=item, source=source, run=run, url=url, log_id=log_id, detail=detail),
    )

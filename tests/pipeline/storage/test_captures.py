"""Documents as they arrived: what is stored comes back byte by byte, once a day and hash, a row a fetch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from pipeline.errors import Gone
from pipeline.storage import captures
from pipeline.storage.db import Database
from schemas import tables
from schemas.document import Document

NOW = datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)


def document(body: bytes, at: datetime = NOW) -> Document:
    return Document(
        url="https://example.org/a",
        body=body,
        fetched_at=at,
        content_type="text/html",
        final_url="https://example.org/b",
        headers={"etag": '"x"'},
    )


def store(database: Database, one: Document) -> int:
    with database.write() as conn:
        known = conn.execute(select(tables.source.c.id)).scalar()
        if known is None:
            row = tables.source.insert().values(name="s", kind="url", location="x", provider="p", settings={}, created_at=NOW)
            known = conn.execute(row.returning(tables.source.c.id)).scalar_one()
        return captures.store(conn, one, source=int(known), sighting=None, run=None, log_id="abc", now=NOW)


def count(database: Database, table: object) -> int:
    with database.read() as conn:
        return int(conn.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]


def test_a_document_comes_back_as_it_arrived(database: Database) -> None:
    one = document(b"\xff\x00 raw <p>")
    id = store(database, one)
    with database.read() as conn:
        assert captures.load(conn, id) == one


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=2_000))
def test_any_bytes_come_back(database: Database, body: bytes) -> None:
    id = store(database, document(body))
    with database.read() as conn:
        assert captures.load(conn, id).body == body


def test_a_fetch_is_a_row_and_the_same_bytes_of_a_day_are_kept_once(database: Database) -> None:
    ids = [store(database, document(body)) for body in (b"A", b"B", b"A")]
    assert len(set(ids)) == 3
    assert count(database, tables.capture) == 3
    assert count(database, tables.capture_body) == 2


def test_the_same_bytes_of_another_day_are_kept_with_that_day(database: Database) -> None:
    store(database, document(b"A"))
    tomorrow = store(database, document(b"A", NOW + timedelta(seconds=1)))
    with database.write() as conn:
        conn.execute(delete(tables.capture_body).where(tables.capture_body.c.day == "2026-03-01"))
        assert captures.load(conn, tomorrow).body == b"A"


def test_a_capture_whose_day_is_gone_says_so(database: Database) -> None:
    id = store(database, document(b"A"))
    with database.write() as conn:
        conn.execute(delete(tables.capture_body))
        with pytest.raises(Gone, match=r"fetched on 2026-03-01, are no longer kept"):
            captures.load(conn, id)
        with pytest.raises(Gone, match="no capture 999"):
            captures.load(conn, 999)


def test_history_is_told_with_the_log_id_of_the_sighting(database: Database) -> None:
    id = store(database, document(b"A"))
    with database.read() as conn:
        row = conn.execute(select(tables.history)).one()
    assert (row.what, row.url, row.log_id, row.detail["capture"]) == ("fetched", "https://example.org/a", "abc", id)

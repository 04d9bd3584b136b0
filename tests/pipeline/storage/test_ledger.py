"""The ledger lock: events in one order, with no gap, and what goes wrong without it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from pipeline.storage import items, ledger
from pipeline.storage.db import IDLE_IN_TRANSACTION_S, Database, lock_ledger
from schemas import tables

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def an_item(database: Database) -> int:
    with database.write() as conn:
        story, id = (next(ids) for ids in items.reserve(conn, 1, tables.story, tables.item))
        conn.execute(tables.story.insert().values(id=story, original=id, created_at=NOW))
        conn.execute(
            tables.item.insert().values(id=id, provider="test", story=story, status="usable", lane="normal", created_at=NOW, updated_at=NOW)
        )
    return id


def seqs(database: Database) -> list[int]:
    with database.read() as conn:
        return list(conn.execute(select(tables.event.c.seq).order_by(tables.event.c.seq)).scalars())


def test_events_are_numbered_one_after_the_other(database: Database) -> None:
    item = an_item(database)
    for _ in range(2):
        with database.write() as conn, ledger.held(conn, NOW) as log:
            log.append(item, None, "stored", "normal")
            log.append(item, None, "updated", "normal")
    assert seqs(database) == [1, 2, 3, 4]
    with database.read() as conn:
        assert ledger.last(conn) == 4


def test_a_rollback_leaves_no_gap(database: Database) -> None:
    item = an_item(database)
    with pytest.raises(RuntimeError), database.write() as conn, ledger.held(conn, NOW) as log:
        log.append(item, None, "stored", "normal")
        raise RuntimeError
    with database.write() as conn, ledger.held(conn, NOW) as log:
        log.append(item, None, "stored", "normal")
    assert seqs(database) == [1]


def append_in_parallel(database: Database, item: int, writers: int, times: int) -> list[Exception]:
    failures: list[Exception] = []

    def write() -> None:
        own = Database(database.engine)
        for _ in range(times):
            try:
                with own.write() as conn, ledger.held(conn, NOW) as log:
                    log.append(item, None, "updated", "normal")
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_writers_at_once_never_give_a_number_twice(database: Database) -> None:
    item = an_item(database)
    assert append_in_parallel(database, item, writers=2, times=25) == []
    assert seqs(database) == list(range(1, 51))


def test_without_the_lock_a_number_is_given_twice(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule taken out: reading `last` without waiting for its other readers."""
    if not database.is_postgresql:
        pytest.skip("on SQLite BEGIN IMMEDIATE is the lock: it cannot be left out of one statement")
    item = an_item(database)
    meet = threading.Barrier(2)

    def unlocked(conn: Any) -> tuple[int, int]:
        row = conn.execute(select(tables.log_state.c.epoch, tables.log_state.c.last)).one()
        meet.wait(10)
        return row.epoch, row.last

    monkeypatch.setattr(ledger, "lock_ledger", unlocked)
    assert append_in_parallel(database, item, writers=2, times=1), "two events of one number, and nobody noticed"


def test_last_must_be_read_in_a_statement_that_did_not_wait(database: Database) -> None:
    """What one reads in the snapshot of a whole transaction is the past (READ COMMITTED is part of the rule)."""
    if not database.is_postgresql:
        pytest.skip("SQLite's writers see one another's commits from their BEGIN on")
    item = an_item(database)

    @contextmanager
    def repeatable() -> Any:
        with database.engine.connect().execution_options(isolation_level="REPEATABLE READ") as conn, conn.begin():
            yield conn

    with repeatable() as late:
        late.execute(text("SELECT 1 FROM item")).all()  # its snapshot is taken here
        with database.write() as conn, ledger.held(conn, NOW) as log:
            log.append(item, None, "stored", "normal")
        assert late.execute(select(tables.log_state.c.last)).scalar_one() == 0, "the past"
    with database.write() as conn, ledger.held(conn, NOW) as log:
        assert log.last == 1


def test_a_frozen_holder_of_the_lock_is_ended_by_the_server(database: Database) -> None:
    if not database.is_postgresql:
        pytest.skip("SQLite's lock ends with its holder's process, frozen or not: nobody else can end it")
    item = an_item(database)
    with database.engine.connect() as frozen:
        frozen.begin()
        assert frozen.execute(text("SHOW idle_in_transaction_session_timeout")).scalar_one() == f"{IDLE_IN_TRANSACTION_S}s"
        frozen.execute(text("SET LOCAL idle_in_transaction_session_timeout = '200ms'"))  # so that the test need not wait as long
        lock_ledger(frozen)
        with database.write() as conn, ledger.held(conn, NOW) as log:
            log.append(item, None, "stored", "normal")
        with pytest.raises(DBAPIError, match="idle-in-transaction timeout"):
            frozen.execute(text("SELECT 1"))
        frozen.invalidate()


def test_ids_drawn_under_the_lock_only_grow(database: Database) -> None:
    drawn: list[int] = []
    for _ in range(3):
        an_item(database)
        with database.write() as conn:
            drawn += items.reserve(conn, 2, tables.item)[0]
            if not database.is_postgresql:  # SQLite counts what was inserted
                break
    assert drawn == sorted(set(drawn))

"""Facts about texts: run the enrichers over the versions of a claimed row, and store what they say.

versions ─► article ─► each enricher        pure; no lock is held
         ─► the work row goes ─► facts ─► ledger lock ─► `enriched`, where all are done and the version is current
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, select

from pipeline.config import Settings
from pipeline.enrich import enrichers
from pipeline.errors import Misconfigured
from pipeline.failpoints import hit
from pipeline.storage import history, items, ledger, quarantine, work
from pipeline.storage.db import Database, insert
from pipeline.storage.work import Claimed, NewWork
from schemas.outcome import Outcome, counted
from schemas.tables import fact, item, version
from schemas.verdict import ItemStatus


class _Failure(msgspec.Struct, frozen=True):
    version: int
    enricher: str
    message: str


def enrich_chunk(db: Database, claimed: Claimed, settings: Settings) -> Outcome:
    """Store the facts of the versions of a claimed row: all enrichers, or the one that `only` names. Commits.

    An enricher that fails with one text sends that text's row to quarantine; all else is stored. Raises Infrastructure only.
    """
    known = enrichers()
    chosen = [known[claimed.only]] if claimed.only in known else list(known.values()) if not claimed.only else []
    with db.read() as conn:
        texts = {row.id: row for row in conn.execute(select(version).where(version.c.id.in_(claimed.refs))).all()}
        articles = items.load_articles(conn, texts)
    facts: list[dict[str, Any]] = []
    failures: list[_Failure] = []
    for id, article in sorted(articles.items()):
        for enricher in chosen:
            try:
                value = enricher.enrich(article)
            except Exception as error:  # an enricher's fault with one text: its own
                failures.append(_Failure(id, enricher.name, f"{enricher.name}: {type(error).__name__}: {error}"[:500]))
                continue
            facts.append(
                {
                    "version": id,
                    "text_hash": texts[id].text_hash,
                    "enricher": enricher.name,
                    "enricher_version": enricher.version,
                    "value": value,
                }
            )
    hit("enrich.before_commit")
    with db.write() as conn:
        now = db.now(conn)
        if not work.finish(conn, claimed):
            return Outcome(sentence="the lease was lost: another worker has this work", lease_lost=True)
        ids = [
            quarantine.add(
                conn,
                now,
                stage="enrich",
                refs=[one.version],
                only=one.enricher,
                lane=claimed.lane,
                run=claimed.run,
                error="EnricherFailed",
                message=f"{one.message} (version {one.version}).",
                hint=f"After a mend: newswire enrich --missing {one.enricher}",
            )
            for one in failures
        ]
        fresh = _store(conn, [row | {"at": now} for row in facts])
        failed = {(one.version, one.enricher) for one in failures}
        with ledger.held(conn, now) as log:
            current = items.stored_items(conn, [texts[id].item for id in articles])
            shown = [id for id in sorted(articles) if _is_shown(current[texts[id].item], id)]
            said = _said(conn, shown)
            told = ledger.having(conn, "enriched", [id for id in shown if id not in fresh])
            told_of = []
            for id in shown:
                missing = {name for name, enricher in known.items() if (texts[id].text_hash, name, enricher.version) not in said[id]}
                if missing - {name for version, name in failed if version == id} or (id not in fresh and id in told):
                    continue
                stored = current[texts[id].item]
                log.append(stored.item, id, "enriched", stored.lane)
                detail = {"version": id, "by": [e.name for e in chosen]}
                told_of.append({"item": stored.item, "log_id": texts[id].log_id, "detail": detail})
            history.record_all(conn, now, "enriched", told_of, run=claimed.run)
    hit("enrich.after_commit")
    names = ", ".join(enricher.name for enricher in chosen) or f"no enricher is named {claimed.only}"
    return Outcome(
        sentence=f"{counted(len(articles), 'text')} enriched ({names})",
        failed=f"{len(failures)} of {len(articles) * len(chosen)} quarantined: {failures[0].message}. newswire quarantine show {ids[0]}"
        if ids
        else "",
        quarantined=tuple(ids),
    )


def _store(conn: Connection, facts: list[dict[str, Any]]) -> set[int]:
    """Upsert; the versions for which something is new. In the order of their keys, before the ledger lock."""
    fresh: set[int] = set()
    for row in sorted(facts, key=lambda row: (row["version"], row["enricher"])):
        statement = insert(conn, fact).values(**row)
        keys = [column.name for column in fact.primary_key.columns]
        upsert = statement.on_conflict_do_update(
            index_elements=keys,
            set_={"value": statement.excluded.value, "at": statement.excluded.at},
            where=fact.c.value != statement.excluded.value,
        )
        # by what comes back: psycopg has no row count for an INSERT once its cursor is closed
        fresh.update(conn.execute(upsert.returning(fact.c.version)).scalars())
    return fresh


def _is_shown(stored: items.StoredItem, id: int) -> bool:
    return stored.current == id and stored.status not in (ItemStatus.KILLED, ItemStatus.PURGED)


def _said(conn: Connection, ids: list[int]) -> dict[int, set[tuple[str, str, str]]]:
    """(text hash, enricher, its version) of the facts about these versions. Under the lock: who else is at it may be the last but one."""
    said: dict[int, set[tuple[str, str, str]]] = {id: set() for id in ids}
    for row in conn.execute(
        select(fact.c.version, fact.c.text_hash, fact.c.enricher, fact.c.enricher_version).where(fact.c.version.in_(ids))
    ):
        said[row.version].add((row.text_hash, row.enricher, row.enricher_version))
    return said


def owe_missing(db: Database, name: str, *, run: int | None, chunk: int) -> int:
    """Rows of work for all current versions that lack this enricher's facts in its version of today; how many versions.

    For an enricher that was added or changed: in the backfill lane, so that what arrives is not kept waiting.
    Raises Misconfigured for a name that is no enricher.
    """
    known = enrichers()
    if name not in known:
        raise Misconfigured(f"No enricher is named {name}.", hint=f"There are: {', '.join(sorted(known))}.")
    said = select(fact.c.version).where(
        fact.c.enricher == name,
        fact.c.enricher_version == known[name].version,
        fact.c.version == version.c.id,
        fact.c.text_hash == version.c.text_hash,
    )
    with db.write() as conn:
        now = db.now(conn)
        lacking = (
            conn.execute(
                select(version.c.id)
                .join(item, item.c.current == version.c.id)
                .where(item.c.status.in_([ItemStatus.USABLE, ItemStatus.HELD]), ~said.exists())
                .order_by(version.c.id)
            )
            .scalars()
            .all()
        )
        rows = [
            NewWork(
                stage="enrich",
                lane="backfill",
                label=f"{name} · {counted(len(lacking[first : first + chunk]), 'text')} without its facts{f' · run {run}' if run else ''}",
                refs=tuple(lacking[first : first + chunk]),
                run=run,
                only=name,
            )
            for first in range(0, len(lacking), chunk)
        ]
        work.add(conn, rows, now)
    return len(lacking)

"""The end of an embargo: work that was stored with the version, due at its end. It clears that version only."""

from __future__ import annotations

from sqlalchemy import select, update

from pipeline.config import Settings
from pipeline.failpoints import hit
from pipeline.storage import history, items, ledger, work
from pipeline.storage.db import Database
from pipeline.storage.work import Claimed, NewWork
from schemas.outcome import Outcome
from schemas.tables import version
from schemas.verdict import ItemStatus


def release_chunk(db: Database, claimed: Claimed, settings: Settings) -> Outcome:
    """Show the versions of a claimed row, where they are still the newest and their embargo has ended. Commits. Raises Infrastructure only.

    A version that was replaced stays hidden: the newer one has an embargo, and a release, of its own. A killed item stays killed.
    """
    told: list[str] = []
    hit("release.before_commit")
    with db.write() as conn:
        now = db.now(conn)
        if not work.finish(conn, claimed):
            return Outcome(sentence="the lease was lost: another worker has this work", lease_lost=True)
        with ledger.held(conn, now) as log:
            for row in conn.execute(select(version).where(version.c.id.in_(claimed.refs)).order_by(version.c.id)).all():
                if row.released_at is not None:
                    told.append(f"version {row.id} was released before")
                    continue
                if row.embargo_until is not None and row.embargo_until > now:
                    again = NewWork(
                        stage="release", lane=claimed.lane, label=claimed.label, refs=(row.id,), run=claimed.run, due_at=row.embargo_until
                    )
                    work.add(conn, [again], now)
                    told.append(f"the embargo of version {row.id} was moved to {row.embargo_until:%Y-%m-%d %H:%M} UTC")
                    continue
                conn.execute(update(version).where(version.c.id == row.id).values(released_at=now))
                stored = items.stored_items(conn, [row.item])[row.item]
                if stored.current != row.id or stored.status in (ItemStatus.KILLED, ItemStatus.PURGED):
                    told.append(
                        f"version {row.id} stays hidden: item {row.item} {'has a newer one' if stored.current != row.id else 'was killed'}"
                    )
                    continue
                items.change(conn, row.item, shown=row.id, status=ItemStatus.USABLE, updated_at=now)
                log.append(row.item, row.id, "released", stored.lane)
                history.record(conn, now, "released", item=row.item, run=claimed.run, log_id=row.log_id, version=row.id)
                told.append(f"item {row.item} released")
    hit("release.after_commit")
    return Outcome(sentence="; ".join(told) or "nothing to release")

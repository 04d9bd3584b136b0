"""Whether one subscription's target would take messages and acknowledge them: what `newswire subscriptions check` finds out."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence

from pipeline.delivery import Answered, Channel, Finding, open_channel, open_log, target
from pipeline.storage import deliveries, subscriptions
from pipeline.storage.db import Database
from pipeline.storage.deliveries import Answer

_LOOK_S = 0.1


def examine(db: Database, name: str, patience_s: float) -> list[Finding]:
    """A sentence for each thing. Raises Misconfigured, or Infrastructure where the target is away."""
    with db.read() as conn:
        one, now = subscriptions.get(conn, name), db.now(conn)
    kind = target(one.kind)
    kind.check(one.target)
    found = [Finding(ok=True, says=f"{name} can be reached: {kind.describe(one.target)}.")]
    if kind.is_log:
        log = open_log(one.kind, one.target)
        try:
            return found + log.examine(now)
        finally:
            log.close()
    channel = open_channel(one.kind, one.target)
    try:
        channel.room()
        found += channel.examine(now)
        if all(said.ok for said in found):
            found += _probe(db, channel, patience_s)
        return found + _silent(db, one.id)
    finally:
        channel.close()


def _silent(db: Database, id: int) -> list[Finding]:
    """What only the rows tell: Celery says nothing of a task that ends so."""
    with db.read() as conn:
        count = deliveries.unconfirmed(conn, id)
    says = (
        f"Taken from its queue and never acknowledged: {count}. Where nothing else is wrong, its task ends by Ignore or Reject, expires or is"
        " revoked there, or dies with what it holds."
    )
    return [Finding(ok=False, says=says)] if count else []


def _probe(db: Database, channel: Channel, patience_s: float) -> list[Finding]:
    """The deliverer may see its acknowledgement first, and writes it down; what we see of others is taken as the deliverer would."""
    number = secrets.randbits(31)
    with db.read() as conn:
        since = db.now(conn)
    if not channel.probe(number):
        return []

    def take(answered: Sequence[Answered]) -> None:
        with db.write() as conn:
            now = db.now(conn)
            for one in answered:
                said = Answer(generation=one.generation, item=one.item, seq=one.seq, ok=one.ok, why=one.why, counts=one.counts)
                deliveries.answer(conn, one.subscription, [said], now)

    deadline = time.monotonic() + patience_s
    while True:
        channel.answers(take)
        with db.read() as conn:
            if deliveries.is_probed(conn, number, since):
                return [Finding(ok=True, says="A probe was taken and acknowledged.")]
        if time.monotonic() > deadline:
            return [channel.unanswered()]
        time.sleep(_LOOK_S)

"""A courier serves one subscription, in a thread of its own: a target that hangs costs the others nothing.

    push    read ─► answers ─► room ─► send         rows of items still to tell; Celery tasks, webhooks
    log     look ─► floor ─► scan ─► append         each event in order; streams, files

A target that is away is left alone for a while that doubles, or as long as it asks; why and since when stands in its subscription. No thread
holds a database connection while it talks to a target.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from itertools import groupby
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection

from pipeline.delivery import Answered, Channel, Held, Log, check_place, open_channel, open_log, target, targets
from pipeline.errors import DatabaseAway, Gone, Infrastructure, Misconfigured, NewswireError, Transient
from pipeline.failpoints import hit
from pipeline.storage import changing, deliveries, drain, ledger, subscriptions
from pipeline.storage import logs as log_rows
from pipeline.storage.db import Database
from pipeline.storage.deliveries import Answer, Due, Look
from pipeline.storage.subscriptions import Subscription

log = structlog.get_logger()

BATCH = 30
"""Messages of one pass: a flash that comes meanwhile waits until it is over."""
FIRST_PATIENCE_S, MOST_PATIENCE_S = 0.5, 30.0
"""How long a target that is away is left alone."""
LATE_ANSWERS_S = 10.0
"""With nothing to tell, answers that come late (or twice) are looked for so often, a few times; then the channel is closed."""
LATE_LOOKS = 6
LOG_BATCH = 50
FIRST_REST_S, MOST_REST_S = 0.05, 1.0
"""Between two looks at a log in which nothing moves: its readers tell us nothing by themselves."""
LEASE_KEPT_S = subscriptions.LEASE.total_seconds() / 3


class Courier(threading.Thread):
    """What all couriers share. `wake` says that there is something to do."""

    def __init__(self, db: Database, one: Subscription, token: str, stirred: threading.Event) -> None:
        super().__init__(name=f"courier-{one.id}", daemon=True)
        self._db = db
        self._id = one.id
        self._name = one.name
        self._token = token
        self._stirred = stirred
        self._woken = threading.Event()
        self._stopping = False
        self._look: tuple[Look, datetime] | None = None
        self._alone_until = 0.0
        self._patience_s = 0.0
        self._noted = ""
        """The trouble that stands in its row: ours, or what another process left there."""

    def wake(self, look: Look, at: datetime) -> None:
        """`at`: when that look was taken."""
        self._look = (look, at)
        self._woken.set()

    def stop(self) -> None:
        """After the pass that it is in."""
        self._stopping = True
        self._woken.set()

    def run(self) -> None:
        quiet = 0
        while True:
            is_woken = self._woken.wait(LATE_ANSWERS_S if self._is_open() else None)
            self._woken.clear()
            if self._stopping:
                break
            quiet = 0 if is_woken else quiet + 1
            look, self._look = self._look, None
            if self.step(*(look or (Look(id=self._id, behind=False, due=False), None))):
                self._stirred.set()
            if quiet >= LATE_LOOKS:
                self._leave()
        self._leave()

    def _leave(self) -> None:
        """Close, whatever the other side does: an error here would end the thread, and with it this subscription."""
        try:
            self._close()
        except Exception as error:
            log.error("deliver.failed", subscription=self._id, why=str(error), exc_info=True)

    def step(self, look: Look, at: datetime | None) -> bool:
        """One pass; whether there is more to do at once. What goes wrong is dealt with here."""
        try:
            more = look.refilters and changing.step(self._db, self._name)
            return self._pass(look, at) or more
        except DatabaseAway as error:  # ours, and so no reason to leave the target alone: the next look wakes us again
            log.warning("deliver.database_is_away", subscription=self._name, why=str(error))
        except (Infrastructure, Transient) as error:
            self._leave_alone(error)
        except Gone as error:  # it wants nothing more
            self._pause(error)
        except Exception as error:  # a fault of ours, or of a target's settings: its neighbours go on
            log.error("deliver.failed", subscription=self._id, why=str(error), exc_info=not isinstance(error, NewswireError))
            self._leave_alone(error)
        return False

    def _leased(self, conn: Connection, now: datetime) -> Subscription | None:
        """Take it, or keep it; None where another deliverer has it."""
        one = subscriptions.lease(conn, self._id, now, self._token)
        if one is not None:
            self._noted = one.trouble
        return one

    def _leave_alone(self, error: Exception) -> None:
        trouble = f"{error} {getattr(error, 'hint', '')}".strip()
        if not self._patience_s or trouble != self._noted:
            log.warning("deliver.waits", subscription=self._name, why=str(error))
        if trouble != self._noted:
            self._note(trouble)
        self._patience_s = min(MOST_PATIENCE_S, max(FIRST_PATIENCE_S, self._patience_s * 2))
        asked = getattr(error, "retry_after_s", None) or 0.0
        self._alone_until = time.monotonic() + max(self._patience_s, asked)
        self._leave()

    def _resumes(self) -> None:
        """It took something, or said something."""
        if self._patience_s or self._noted:
            log.warning("deliver.resumes", subscription=self._name)
        if self._noted:
            self._note("")
        self._patience_s = 0.0

    def _note(self, trouble: str) -> None:
        """For `newswire status`; where our own database is away, that is told by it."""
        with suppress(Infrastructure):
            with self._db.write() as conn:
                subscriptions.note_trouble(conn, self._id, self._db.now(conn), trouble)
            self._noted = trouble

    def _pause(self, error: Gone) -> None:
        log.error("deliver.paused", subscription=self._name, why=str(error))
        with suppress(Infrastructure, Misconfigured), self._db.write() as conn:
            subscriptions.pause(conn, self._name, self._db.now(conn), str(error))
        self._leave()

    def _pass(self, look: Look, at: datetime | None) -> bool:
        """Do what there is to do, once; whether there is more of it."""
        raise NotImplementedError

    def _is_open(self) -> bool:
        raise NotImplementedError

    def _close(self) -> None:
        raise NotImplementedError


class Pushing(Courier):
    """Rows of items still to tell."""

    _one: Subscription | None = None
    _channel: Channel | None = None
    _target: dict[str, Any] | None = None
    """The channel's."""
    _is_live = False
    _empty_at: datetime | None = None
    """A time before its queue was last seen empty."""

    def _pass(self, look: Look, at: datetime | None) -> bool:
        """Reading never waits for the consumer."""
        read, is_urgent = 0, look.urgent
        is_changed = at is not None and self._one is not None and look.revision != self._one.revision
        if is_changed:  # what kept us from its target may be mended
            self._alone_until = 0.0
        if look.behind or self._one is None or is_changed:
            with self._db.write() as conn:
                now = self._db.now(conn)
                self._one = self._leased(conn, now)
                if self._one is None:  # removed, or another deliverer was quicker
                    return False
                read = deliveries.read(conn, self._one, now)
                is_urgent = is_urgent or (read > 0 and deliveries.has_urgent(conn, self._one, now))
            hit("deliver.after_read")
        if time.monotonic() < self._alone_until:
            return read > 0
        return self._exchange(self._one, look.due or read > 0, is_urgent, at) or read > 0

    def _exchange(self, one: Subscription, is_due: bool, is_urgent: bool, at: datetime | None) -> bool:
        """Take answers, and send what there is room for; whether its room was what ended that."""
        if self._channel is None or self._target != one.target:
            self._close()
            self._channel, self._target = open_channel(one.kind, one.target), one.target
        self._is_live = True
        channel = self._channel
        if not is_urgent:
            channel.answers(self._take)
        room = channel.room()
        if room.is_empty and at is not None:
            self._empty_at = at
        urgent = room.urgent if is_urgent else 0
        free = 0 if urgent else min(room.free, BATCH)  # what is urgent does not wait until messages that are not are made
        if not is_due or free + urgent <= 0:
            if room.is_seen:
                self._resumes()
            return False
        with self._db.write() as conn:
            now = self._db.now(conn)
            leased = self._leased(conn, now)
            if leased is None:
                return False
            self._one = leased
            if leased.target != self._target:  # by now: the next pass opens another channel
                return True
            due = deliveries.due(conn, leased, now, room=free, urgent=urgent, empty_at=self._empty_at)
        if due:
            self._send(channel, leased, due, now)
            channel.answers(self._take)
        if due or room.is_seen:
            self._resumes()
        return bool(urgent) or len(due) >= free > 0

    def _send(self, channel: Channel, one: Subscription, due: Sequence[Due], now: datetime) -> None:
        hit("deliver.before_send")
        try:
            channel.send(one.id, [row.message for row in due], now, urgent=sum(row.is_urgent for row in due))
        except (Infrastructure, Transient, Gone):
            with suppress(Infrastructure, Transient):  # of those that came through, where it can still be asked
                channel.answers(self._take)
            with self._db.write() as conn:
                deliveries.unsend(conn, one, due, self._db.now(conn))
            raise
        hit("deliver.after_send")
        log.info(
            "deliver.sent",
            subscription=one.name,
            messages=len(due),
            items=[row.item for row in due],
            log_ids=[row.message.log_id for row in due if row.message.log_id],
        )

    def _take(self, answered: Sequence[Answered]) -> None:
        """Also those of other subscriptions: several may share a queue."""
        gone = 0
        by_subscription = sorted(answered, key=lambda answer: answer.subscription)
        with self._db.write() as conn:
            now = self._db.now(conn)
            for id, some in groupby(by_subscription, key=lambda answer: answer.subscription):
                names = Answer.__struct_fields__
                answers = [Answer(**{name: getattr(one, name) for name in names}) for one in some]
                gone += deliveries.answer(conn, id, answers, now)
        hit("deliver.after_ack")
        refused = sum(not one.ok for one in answered)
        log.info("deliver.acknowledged", subscription=self._id, answers=len(answered), done=gone, refused=refused)

    def _is_open(self) -> bool:
        return self._is_live

    def _close(self) -> None:
        """The channel is kept: it knows how it was answered."""
        self._is_live = False
        if self._channel is not None:
            self._channel.close()


class Logging(Courier):
    """A log, kept at the floor's far side."""

    _one: Subscription | None = None
    _log: Log | None = None
    _target: dict[str, Any] | None = None
    """The log's."""
    _leased_at = 0.0
    _rest_s = FIRST_REST_S
    _rests_until = 0.0
    _last = -1
    _scanned = (0, 0, 0)
    """(generation, top, end): from that top on, all events to that end were looked at, and are no entries."""

    def _pass(self, look: Look, at: datetime | None) -> bool:
        now_s = time.monotonic()
        if self._one is not None and at is not None and look.revision != self._one.revision:  # what kept us from its target may be mended
            self._alone_until, self._scanned = 0.0, (0, 0, 0)
        if at is None or now_s < self._alone_until or (now_s < self._rests_until and look.last == self._last and self._is_of(look)):
            return False
        one = self._lease(look)
        if one is None:
            self._close()
            return False
        if self._log is None or self._target != one.target:
            self._close()
            self._log, self._target = open_log(one.kind, one.target), one.target
        is_moved = self._move(self._log, one, look.last, at)
        self._resumes()
        self._last = look.last
        self._rest_s = 0.0 if is_moved else min(MOST_REST_S, max(FIRST_REST_S, self._rest_s * 2))
        self._rests_until = time.monotonic() + self._rest_s
        return is_moved

    def _is_of(self, look: Look) -> bool:
        return self._one is not None and (self._one.generation, self._one.revision) == (look.generation, look.revision)

    def _lease(self, look: Look) -> Subscription | None:
        """Kept without a write at each look."""
        if time.monotonic() > self._leased_at + LEASE_KEPT_S or not self._is_of(look):
            with self._db.write() as conn:
                self._one = self._leased(conn, self._db.now(conn))
            self._leased_at = time.monotonic()
        return self._one

    def _move(self, into: Log, one: Subscription, last: int, at: datetime) -> bool:
        """One pass: the floor first, then what comes next."""
        held = into.look(one.generation, at)
        if _is_ahead(one, held, last) and not self._is_only_news(one, held):
            return False
        floor = max(one.read_seq, held.acknowledged)
        is_moved = floor > one.read_seq and self._advance(into, one, floor)
        if one.paused_at is not None:
            return is_moved
        if held.generation not in (0, one.generation):
            self._is_of_nobody_else(one, held)
        if not held.is_ready:
            return into.append(held, one.generation, floor, ()) or is_moved
        start = max(held.seq, floor, self._scanned[2] if self._scanned[:2] == (one.generation, held.seq) else 0)
        if start > floor and _is_all_acknowledged(held, floor):
            return self._advance(into, one, start)
        room = min(held.room, LOG_BATCH)
        if start >= last:
            return is_moved
        if room <= 0:  # of what lies below the floor: the last courier died before it was taken out, or an older AOF brought it back
            into.forget(one.generation, floor)
            return is_moved
        with self._db.read() as conn:
            if drain.state(conn) is not None:
                return is_moved
            scan = log_rows.scan(conn, one, start, room=room)
        if not scan.entries:
            self._scanned = (one.generation, held.seq, scan.end)
            return True
        hit("deliver.before_send")
        if into.append(held, one.generation, floor, scan.entries):
            hit("deliver.after_send")
            self._scanned = (one.generation, scan.entries[-1].seq, scan.end)
            with self._db.write() as conn:
                log_rows.note(conn, one, scan.entries, self._db.now(conn))
            log.info("deliver.sent", subscription=one.name, messages=len(scan.entries), items=[entry.item for entry in scan.entries])
        return True

    def _is_only_news(self, one: Subscription, held: Held) -> bool:
        """That a log is ahead of what we knew: whether another look at the database explains it. False: this generation is over.

        After a restore a log may know what the database has forgotten: then nothing is appended under the same numbers. Raises Misconfigured.
        """
        with self._db.read() as conn:
            now, last = subscriptions.get(conn, one.name), ledger.last(conn)
        self._is_of_nobody_else(now, held)
        if _is_ahead(now, held, last):
            raise Misconfigured(
                f"{target(one.kind).describe(one.target)} is ahead of the database: it holds {held.top}, and the newest event of generation"
                f" {now.generation} is {last}.",
                hint="If the database was put back from a backup: newswire db restored",
            )
        if now.generation != one.generation:
            self._one = None
        return now.generation == one.generation

    def _is_of_nobody_else(self, one: Subscription, held: Held) -> None:
        """It would be taken from another one, which makes it its own again. Raises Misconfigured."""
        with self._db.read() as conn:
            others = [other for other in subscriptions.listed(conn) if held.generation == other.generation != one.generation]
        check_place(one.name, one.kind, one.target, others)

    def _advance(self, into: Log, one: Subscription, floor: int) -> bool:
        with self._db.write() as conn:
            if not log_rows.advance(conn, one, floor):
                return False
        hit("deliver.after_ack")
        self._one = msgspec.structs.replace(one, read_seq=max(one.read_seq, floor))
        into.forget(one.generation, floor)
        return True

    def _is_open(self) -> bool:
        return self._log is not None

    def _close(self) -> None:
        if self._log is not None:
            self._log.close()
            self._log = None


def _is_all_acknowledged(held: Held, floor: int) -> bool:
    """Or the floor would pass what nobody has acknowledged."""
    return floor >= held.seq


def _is_ahead(one: Subscription, held: Held, last: int) -> bool:
    return held.generation > one.generation or (held.generation == one.generation and held.seq > last)


def courier(db: Database, one: Subscription, token: str, stirred: threading.Event) -> Courier:
    """The one for its kind of target."""
    known = targets().get(one.kind)
    return (Logging if known is not None and known.is_log else Pushing)(db, one, token, stirred)

"""The tables, one a noun. SQLAlchemy Core metadata for PostgreSQL and SQLite; `migrations/` makes them, a test holds both equal.

Times are aware UTC datetimes in Python, `timestamptz` in PostgreSQL, text of fixed width in SQLite (so that it sorts as it counts).
Key columns are NOT NULL with '' for "none": NULLs are never equal, and would let twins in.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime. A naive one is a mistake and is refused."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value!r}")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


Id = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite gives ids only to a column that is INTEGER PRIMARY KEY."""
Json = JSON().with_variant(JSONB(), "postgresql")
Hashes = JSON().with_variant(ARRAY(Integer()), "postgresql")
"""Signed 32-bit hashes, sorted."""


def _id() -> Column[Any]:
    return Column("id", Id, primary_key=True, autoincrement=True)


def _table(name: str, *parts: Any, **more: Any) -> Table:
    """AUTOINCREMENT: SQLite must never give an id twice, since ids name jobs and bound re-checks."""
    auto = any(isinstance(p, Column) and p.autoincrement is True for p in parts)
    return Table(name, metadata, *parts, sqlite_autoincrement=auto, **more)


def _words(name: str, **more: Any) -> Column[Any]:
    """A text column that is never NULL: '' for none."""
    return Column(name, Text, nullable=False, server_default=text("''"), **more)


def _count(name: str) -> Column[Any]:
    return Column(name, Integer, nullable=False, server_default=text("0"))


def _ref(name: str, target: str, **more: Any) -> Column[Any]:
    return Column(name, Id, ForeignKey(f"{target}.id"), **more)


# --- where news comes from, and when we ask -------------------------------------------------------------------------------------

source = _table(
    "source",
    _id(),
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),  # a file in pipeline/sources: url, folder, feed
    Column("location", Text, nullable=False),  # a URL, or an absolute path
    Column("provider", Text, nullable=False),  # whose ids these are: identity is per provider
    _words("language"),
    Column("lane", Text, nullable=False, server_default=text("'normal'")),
    Column("rhythm_s", Float),  # seconds between polls; NULL where `cron` says when, or nobody but a trigger does
    _words("cron"),
    Column("settings", Json, nullable=False),  # what only its kind knows
    Column("due_at", Moment),  # NULL: only when triggered
    _words("token"),  # of the poll that is under way
    Column("leased_until", Moment),
    _words("etag"),  # validators: opaque, sent back as they came
    _words("last_modified"),
    _words("body_hash"),  # of the last listing that parsed
    Column("cursor", Json, nullable=False, server_default=text("'{}'")),  # what its kind wants to know at the next look
    Column("window_taken", Boolean, nullable=False, server_default=text("false")),  # its first window went to the backfill lane
    _count("failures"),  # in a row
    Column("last_poll_at", Moment),
    Column("last_ok_at", Moment),
    Column("last_change_at", Moment),
    _words("last_error"),
    Column("paused_at", Moment),
    _words("pause_reason"),
    Column(
        "excused", BigInteger, nullable=False, server_default=text("0")
    ),  # of quarantine: up to this id, what was set aside of it before it was resumed; it pauses it no more
    Column("removed_at", Moment),  # no longer in the file of sources; its items stay
    Column("created_at", Moment, nullable=False),
    Index("ix_source_due", "due_at"),
)

host = _table(
    "host",
    Column("name", Text, primary_key=True),  # scheme://host:port
    Column("not_before", Moment),  # no request to it earlier than this: pace, Retry-After, back-off
    Column("pace_s", Float, nullable=False),  # least seconds between two requests
    Column("due_at", Moment),  # when a pump has something to do here; NULL: nothing
    Column("offered_at", Moment),
    _words("token"),
    Column("leased_until", Moment),
    _count("failures"),
    Index("ix_host_due", "due_at"),
)

run = _table(
    "run",
    _id(),
    Column("trigger", Text, nullable=False),  # beat, cli, call, watch, replay
    _words("label"),
    Column("created_at", Moment, nullable=False),
)

poll = _table(
    "poll",
    _id(),
    _ref("source", "source", nullable=False),
    _ref("run", "run"),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    _words("outcome"),  # '' under way; changed, unchanged, failed, put off
    _count("entries"),
    _count("new_entries"),
    _words("note"),  # what failed, or was left out
    Index("ix_poll_source", "source", "id"),
    Index("ix_poll_run", "run"),
)

fetch_job = _table(
    "fetch_job",
    _id(),
    Column("host", Text, ForeignKey("host.name"), nullable=False),
    Column("url", Text, nullable=False),
    Column("kind", Text, nullable=False),  # listing, page
    _ref("source", "source", nullable=False),
    _ref("sighting", "sighting"),
    _ref("poll", "poll"),
    _ref("continues", "capture"),  # of a further page of a story: its first page
    Column("lane", Text, nullable=False),
    _ref("run", "run"),
    Column("due_at", Moment, nullable=False),
    _count("attempts"),  # marked when taken: a job that kills its pump is known by it
    _count("retries"),  # transient errors
    _words("last_error"),
    Index("ix_fetch_job_host", "host", "due_at"),
    Index("ix_fetch_job_source", "source"),
    Index("ix_fetch_job_url", "url"),
)

capture = _table(
    "capture",
    _id(),
    _ref("source", "source", nullable=False),
    _ref("sighting", "sighting"),
    _ref("run", "run"),
    _ref("continues", "capture"),  # a further page of a story: its first page, whose item it belongs to
    Column("log_id", Text, nullable=False),
    Column("url", Text, nullable=False),
    _words("final_url"),
    Column("fetched_at", Moment, nullable=False),
    _words("content_type"),
    Column("headers", Json, nullable=False),
    Column("hash", Text, nullable=False),  # xxh3-128 of the bytes, hex
    Column("day", Text, nullable=False),  # ISO date of fetched_at: where its bytes are
    Column("size_bytes", Integer, nullable=False),
    Index("ix_capture_url", "url"),
    Index("ix_capture_hash", "hash"),
    Index("ix_capture_run", "run"),
    Index("ix_capture_continues", "continues"),
)

capture_body = _table(
    "capture_body",
    Column("day", Text, primary_key=True),
    Column("hash", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),  # zstd level 3
)

sighting = _table(
    "sighting",
    _id(),
    _ref("source", "source", nullable=False),
    Column("entry_key", Text, nullable=False),
    Column("entry_hash", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("entry", Json, nullable=False),  # schemas.document.Entry
    Column("log_id", Text, nullable=False),
    Column("seen_at", Moment, nullable=False),  # when it was news: at first, or again after the entry had read otherwise
    _ref("run", "run"),
    UniqueConstraint("source", "entry_key", "entry_hash"),
    Index("ix_sighting_url", "url"),
)

# --- what is true ---------------------------------------------------------------------------------------------------------------

story = _table(
    "story",
    _id(),
    Column("original", Id, nullable=False),  # item id; no foreign key: the two are made in one breath
    Column("created_at", Moment, nullable=False),
)

item = _table(
    "item",
    _id(),
    Column("provider", Text, nullable=False),
    _ref("source", "source"),  # where it was seen first
    _ref("story", "story", nullable=False),
    Column("status", Text, nullable=False),  # schemas.verdict.ItemStatus
    Column("current", Id),  # version id: the newest; NULL after a kill of the unknown
    Column("shown", Id),  # version id that consumers may see: the newest not under embargo; NULL while held
    _words("url"),
    Column("lane", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Index("ix_item_story", "story"),
    Index("ix_item_updated", "updated_at"),
    Index("ix_item_url", "url"),
)

identity = _table(
    "identity",
    Column("provider", Text, primary_key=True),
    Column("kind", Text, primary_key=True),  # guid, url, fingerprint
    Column("key", Text, primary_key=True),
    _ref("item", "item", nullable=False),
    Index("ix_identity_item", "item"),
    Index("ix_identity_key", "key"),
)

version = _table(
    "version",
    _id(),
    _ref("item", "item", nullable=False),
    Column("number", Integer, nullable=False),  # 1, 2, …, in the order in which we stored them
    Column("kind", Text, nullable=False),  # schemas.verdict.VersionKind
    _words("publisher_version"),
    Column("version_at", Moment),  # the publisher's time for it
    Column("published_at", Moment),
    Column("fetched_at", Moment, nullable=False),
    Column("is_history", Boolean, nullable=False, server_default=text("false")),  # older than the current one when it came
    Column("embargo_until", Moment),
    Column("released_at", Moment),  # its embargo ended; NULL with an embargo_until: under embargo
    _ref("capture", "capture", nullable=False),
    _words("path"),
    Column("text_hash", Text, nullable=False),
    _words("headline"),
    _words("language"),
    Column("draft", Json, nullable=False),  # schemas.article.Draft without its bodies: nothing the format read is lost
    Column("log_id", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("ix_version_item", "item", "number"),
    Index("ix_version_text", "text_hash"),
)

rendition = _table(
    "rendition",
    _id(),
    _ref("version", "version", nullable=False),
    Column("cleaner", Text, nullable=False),  # the cleaner's version
    Column("text", Text, nullable=False),  # paragraphs joined by blank lines
    Column("article", Json, nullable=False),  # schemas.article.Article without `text` and `paragraphs`
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("version", "cleaner"),
)

rights = _table(
    "rights",
    Column("version", Id, ForeignKey("version.id"), primary_key=True),
    _words("copyright"),
    _words("usage_terms"),
    _words("license_url"),
)

band = _table(
    "band",
    Column("version", Id, ForeignKey("version.id"), primary_key=True),
    _ref("item", "item", nullable=False),
    Column("scheme", SmallInteger, nullable=False),  # the signature's version: two may live side by side
    Column("hashes", Hashes, nullable=False),
)
Index(
    "ix_band_hashes",
    band.c.hashes,
    postgresql_using="gin",
    postgresql_with={"fastupdate": "off"},  # on: holds of 600 ms, look-ups of 250 ms (docs/design notes: measured)
    info={"only": "postgresql"},
).ddl_if(dialect="postgresql")

band_hash = Table(
    "band_hash",
    metadata,
    Column("hash", Integer, primary_key=True),
    Column("version", Integer, primary_key=True),
    sqlite_with_rowid=False,
    info={"only": "sqlite"},  # what the GIN index over band.hashes is in PostgreSQL
)

relation = _table(
    "relation",
    Column("item", Id, ForeignKey("item.id"), primary_key=True),
    Column("kind", Text, primary_key=True),  # pickup_of; later adds, take, sidebar, translation_of …
    Column("other", Id, ForeignKey("item.id"), primary_key=True),
    Column("share_of_item", Float),  # of this item's text, how much the other holds too
    Column("share_of_other", Float),
    Column("created_at", Moment, nullable=False),
    Index("ix_relation_other", "other"),
)

verdict = _table(
    "verdict",
    _id(),
    _ref("capture", "capture", nullable=False),
    _words("path"),
    Column("kind", Text, nullable=False),  # schemas.verdict.VerdictKind
    _ref("item", "item"),
    _ref("version", "version"),
    Column("evidence", Json, nullable=False),  # schemas.verdict.Evidence
    _ref("run", "run"),
    Column("at", Moment, nullable=False),
    UniqueConstraint("capture", "path"),
    Index("ix_verdict_item", "item"),
    Index("ix_verdict_run", "run"),
)

decision = _table(
    "decision",
    _id(),
    _ref("item", "item", nullable=False),
    Column("action", Text, nullable=False),  # kill, revive; later split, merge, move
    Column("by", Text, nullable=False),
    _words("reason"),
    Column("detail", Json, nullable=False),
    Column("at", Moment, nullable=False),
    _ref("undoes", "decision"),
    Index("ix_decision_item", "item"),
)

tombstone = _table(
    "tombstone",
    Column("provider", Text, primary_key=True),
    Column("kind", Text, primary_key=True),  # as in identity
    Column("key", Text, primary_key=True),
    _words("reason"),
    _ref("item", "item"),
    Column("at", Moment, nullable=False),
)

fact = _table(
    "fact",
    Column("version", Id, ForeignKey("version.id"), primary_key=True),
    Column("text_hash", Text, primary_key=True),
    Column("enricher", Text, primary_key=True),
    Column("enricher_version", Text, primary_key=True),
    Column("value", Json, nullable=False),
    Column("at", Moment, nullable=False),
)

# --- what we owe ourselves ------------------------------------------------------------------------------------------------------

work = _table(
    "work",
    _id(),
    Column("stage", Text, nullable=False),  # scan, ingest, enrich, release
    Column("lane", Text, nullable=False),  # flash, normal, backfill
    Column("label", Text, nullable=False),  # what a person reads in Flower
    _ref("run", "run"),
    Column("refs", Json, nullable=False),  # ids: sources, captures or versions, by stage
    _words("only"),  # enrich: the one enricher that is asked for; '' all
    Column("due_at", Moment, nullable=False),
    Column("leased_until", Moment),
    Column("offered_at", Moment),
    _count("attempts"),  # losses: every orderly end lowers it again
    _count("retries"),  # transient errors
    _words("token"),
    _words("claimed_by"),
    _words("last_error"),
    Index("ix_work_ready", "stage", "lane", "due_at", "id"),
    Index("ix_work_run", "run"),
)

drain = _table(
    "drain",
    Column("id", Integer, primary_key=True, autoincrement=False),  # one row, 1, while nothing new is to be taken; else none
    Column("since", Moment, nullable=False),
    _words("reason"),
)

quarantine = _table(
    "quarantine",
    _id(),
    Column("stage", Text, nullable=False),
    Column("refs", Json, nullable=False),  # what the work row held: one ref
    _words("only"),
    Column("lane", Text, nullable=False),
    _ref("source", "source"),
    _ref("run", "run"),
    _words("url"),
    Column("error", Text, nullable=False),  # the error's type
    Column("message", Text, nullable=False),  # its sentence
    _words("hint"),
    Column("code_version", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("released_at", Moment),
    Index("ix_quarantine_open", "released_at", "id"),
)

# --- the ledger and what tells others -------------------------------------------------------------------------------------------

log_state = _table(
    "log_state",
    Column("id", Integer, primary_key=True, autoincrement=False),  # one row, 1: the ledger lock
    Column("epoch", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
)

event = _table(
    "event",
    Column("seq", Id, primary_key=True, autoincrement=False),  # last + 1, under the ledger lock: no gap
    _ref("item", "item", nullable=False),
    _ref("version", "version"),
    Column("kind", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_event_item", "item", "seq"),
)

subscription = _table(
    "subscription",
    _id(),
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),  # a file in pipeline/delivery: celery, webhook, stream, files
    Column("target", Json, nullable=False),  # what only its kind knows: broker, task, queue
    Column("filter", Json, nullable=False),
    Column("after", Text, nullable=False),  # stored, enriched
    Column("embargo", Text, nullable=False, server_default=text("'wait'")),  # wait, early: told of what is under embargo
    Column(
        "revision", Integer, nullable=False, server_default=text("0")
    ),  # raised by each change of settings: deliverers look at them again
    Column("past", Json, nullable=False, server_default=text("'[]'")),  # filters that it had: schemas of storage/subscriptions.py
    Column("refilter_from", Id),  # items from here on have still to be looked at for the last change of filter; NULL: none
    Column("generation", BigInteger, nullable=False),
    Column("read_seq", BigInteger, nullable=False),  # of a log, its floor: all events up to here are acknowledged
    _words("token"),
    Column("leased_until", Moment),
    Column("paused_at", Moment),
    _words("pause_reason"),
    _words("trouble"),  # why its target takes nothing now; '' where it does
    Column("trouble_at", Moment),  # since when
    Column("created_at", Moment, nullable=False),
    Column("removed_at", Moment),
)

delivery = _table(
    "delivery",
    Column("subscription", Id, ForeignKey("subscription.id"), primary_key=True),
    Column("item", Id, ForeignKey("item.id"), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("lane", SmallInteger, nullable=False),  # 0 kill, 1 flash, 2 normal, 3 backfill
    _count("attempts"),  # negative answers, or silence after its queue was seen empty
    Column("due_at", Moment, nullable=False),
    Column("sent_seq", BigInteger),  # in flight; NULL: not
    Column("sent_at", Moment),
    Column("parked_at", Moment),
    _words("last_error"),
    _words("code_version"),  # that parked it
    *(
        Index(name, "subscription", *columns, postgresql_where=text(where), sqlite_where=text(where))
        for name, columns, where in (
            ("ix_delivery_waiting", ("lane", "seq"), "parked_at IS NULL"),
            ("ix_delivery_due", ("due_at",), "parked_at IS NULL"),
            ("ix_delivery_sent", ("due_at",), "sent_seq IS NOT NULL AND parked_at IS NULL"),
        )
    ),
)

history = _table(
    "history",
    _id(),
    Column("at", Moment, nullable=False),
    Column("what", Text, nullable=False),  # listed, fetched, stored, enriched, released, killed, delivered, quarantined …
    _ref("item", "item"),
    _ref("source", "source"),
    _ref("run", "run"),
    _words("url"),
    _words("log_id"),
    Column("detail", Json, nullable=False),
    Index("ix_history_item", "item", "id"),
    Index("ix_history_url", "url"),
    Index("ix_history_log", "log_id"),
)

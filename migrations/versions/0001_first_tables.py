"""The first tables. Written by scripts/first_migration.py from schemas/tables.py."""

import sqlalchemy as sa
from alembic import op

from schemas.tables import Hashes, Id, Json, Moment

revision = "0001"
down_revision = None


def upgrade() -> None:
    dialect = op.get_bind().dialect.name
    if dialect == "sqlite":
        op.create_table(
            "band_hash",
            sa.Column("hash", sa.Integer(), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.PrimaryKeyConstraint("hash", "version", name=op.f("pk_band_hash")),
            sqlite_with_rowid=False,
        )
    op.create_table(
        "capture_body",
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("day", "hash", name=op.f("pk_capture_body")),
    )
    op.create_table(
        "drain",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drain")),
    )
    op.create_table(
        "host",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("not_before", Moment(), nullable=True),
        sa.Column("pace_s", sa.Float(), nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("offered_at", Moment(), nullable=True),
        sa.Column("token", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("leased_until", Moment(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_host")),
    )
    op.create_index("ix_host_due", "host", ["due_at"], unique=False)
    op.create_table(
        "log_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_state")),
    )
    op.create_table(
        "run",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "source",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("lane", sa.Text(), server_default=sa.text("'normal'"), nullable=False),
        sa.Column("rhythm_s", sa.Float(), nullable=True),
        sa.Column("cron", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("settings", Json, nullable=False),
        sa.Column("due_at", Moment(), nullable=True),
        sa.Column("token", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("leased_until", Moment(), nullable=True),
        sa.Column("etag", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("last_modified", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("body_hash", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("cursor", Json, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("window_taken", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_poll_at", Moment(), nullable=True),
        sa.Column("last_ok_at", Moment(), nullable=True),
        sa.Column("last_change_at", Moment(), nullable=True),
        sa.Column("last_error", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("paused_at", Moment(), nullable=True),
        sa.Column("pause_reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("excused", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("removed_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("name", name=op.f("uq_source_name")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_source_due", "source", ["due_at"], unique=False)
    op.create_table(
        "story",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("original", Id, nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_story")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "subscription",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target", Json, nullable=False),
        sa.Column("filter", Json, nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("embargo", sa.Text(), server_default=sa.text("'wait'"), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("past", Json, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("refilter_from", Id, nullable=True),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("read_seq", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("leased_until", Moment(), nullable=True),
        sa.Column("paused_at", Moment(), nullable=True),
        sa.Column("pause_reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("trouble", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("trouble_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("removed_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("name", name=op.f("uq_subscription_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "item",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("source", Id, nullable=True),
        sa.Column("story", Id, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("current", Id, nullable=True),
        sa.Column("shown", Id, nullable=True),
        sa.Column("url", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["source"], ["source.id"], name=op.f("fk_item_source")),
        sa.ForeignKeyConstraint(["story"], ["story.id"], name=op.f("fk_item_story")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_item_story", "item", ["story"], unique=False)
    op.create_index("ix_item_updated", "item", ["updated_at"], unique=False)
    op.create_index("ix_item_url", "item", ["url"], unique=False)
    op.create_table(
        "poll",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("source", Id, nullable=False),
        sa.Column("run", Id, nullable=True),
        sa.Column("started_at", Moment(), nullable=False),
        sa.Column("finished_at", Moment(), nullable=True),
        sa.Column("outcome", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("entries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("new_entries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("note", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name=op.f("fk_poll_run")),
        sa.ForeignKeyConstraint(["source"], ["source.id"], name=op.f("fk_poll_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_poll")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_poll_run", "poll", ["run"], unique=False)
    op.create_index("ix_poll_source", "poll", ["source", "id"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("refs", Json, nullable=False),
        sa.Column("only", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("source", Id, nullable=True),
        sa.Column("run", Id, nullable=True),
        sa.Column("url", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("released_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name=op.f("fk_quarantine_run")),
        sa.ForeignKeyConstraint(["source"], ["source.id"], name=op.f("fk_quarantine_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_quarantine_open", "quarantine", ["released_at", "id"], unique=False)
    op.create_table(
        "sighting",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("source", Id, nullable=False),
        sa.Column("entry_key", sa.Text(), nullable=False),
        sa.Column("entry_hash", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("entry", Json, nullable=False),
        sa.Column("log_id", sa.Text(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.Column("run", Id, nullable=True),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name=op.f("fk_sighting_run")),
        sa.ForeignKeyConstraint(["source"], ["source.id"], name=op.f("fk_sighting_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sighting")),
        sa.UniqueConstraint("source", "entry_key", "entry_hash", name=op.f("uq_sighting_source_entry_key_entry_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sighting_url", "sighting", ["url"], unique=False)
    op.create_table(
        "work",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("run", Id, nullable=True),
        sa.Column("refs", Json, nullable=False),
        sa.Column("only", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("leased_until", Moment(), nullable=True),
        sa.Column("offered_at", Moment(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("retries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("token", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("claimed_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("last_error", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name=op.f("fk_work_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_work_ready", "work", ["stage", "lane", "due_at", "id"], unique=False)
    op.create_index("ix_work_run", "work", ["run"], unique=False)
    op.create_table(
        "capture",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("source", Id, nullable=False),
        sa.Column("sighting", Id, nullable=True),
        sa.Column("run", Id, nullable=True),
        sa.Column("continues", Id, nullable=True),
        sa.Column("log_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("final_url", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("fetched_at", Moment(), nullable=False),
        sa.Column("content_type", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("headers", Json, nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["continues"], ["capture.id"], name=op.f("fk_capture_continues")),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name=op.f("fk_capture_run")),
        sa.ForeignKeyConstraint(["sighting"], ["sighting.id"], name=op.f("fk_capture_sighting")),
        sa.ForeignKeyConstraint(["source"], ["source.id"], name=op.f("fk_capture_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capture")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_capture_continues", "capture", ["continues"], unique=False)
    op.create_index("ix_capture_hash", "capture", ["hash"], unique=False)
    op.create_index("ix_capture_run", "capture", ["run"], unique=False)
    op.create_index("ix_capture_url", "capture", ["url"], unique=False)
    op.create_table(
        "decision",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("item", Id, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("detail", Json, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("undoes", Id, nullable=True),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name=op.f("fk_decision_item")),
        sa.ForeignKeyConstraint(["undoes"], ["decision.id"], name=op.f("fk_decision_undoes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_decision_item", "decision", ["item"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("subscription", Id, nullable=False),
        sa.Column("item", Id, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("sent_seq", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", Moment(), nullable=True),
        sa.Column("parked_at", Moment(), nullable=True),
        sa.Column("last_error", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("code_version", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name=op.f("fk_delivery_item")),
        sa.ForeignKeyConstraint(["subscription"], ["subscription.id"], name=op.f("fk_delivery_subscription")),
        sa.PrimaryKeyConstraint("subscription", "item", name=op.f("pk_delivery")),
    )
    op.create_index(
        "ix_delivery_due",
        "delivery",
        ["subscription", "due_at"],
        unique=False,
        postgresql_where=sa.text("parked_at IS NULL"),
        sqlite_where=sa.text("parked_at IS NULL"),
    )
    op.create_index(
        "ix_delivery_sent",
        "delivery",
        ["subscription", "due_at"],
        unique=False,
        postgresql_where=sa.text("sent_seq IS NOT NULL AND parked_at IS NULL"),
        sqlite_where=sa.text("sent_seq IS NOT NULL AND parked_at IS NULL"),
    )
    op.create_index(
        "ix_delivery_waiting",
        "delivery",
        ["subscription", "lane", "seq"],
        unique=False,
        postgresql_where=sa.text("parked_at IS NULL"),
        sqlite_where=sa.text("parked_at IS NULL"),
    )
    op.create_table(
        "history",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("item", Id, nullable=True),
        sa.Column("source", Id, nullable=True),
        sa.Column("run", Id, nullable=True),
        sa.Column("url", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("log_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("detail", Json, nullable=False),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name=op.f("fk_history_item")),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name=op.f("fk_history_run")),
        sa.ForeignKeyConstraint(["source"], ["source.id"], name=op.f("fk_history_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_history_item", "history", ["item", "id"], unique=False)
    op.create_index("ix_history_log", "history", ["log_id"], unique=False)
    op.create_index("ix_history_url", "history", ["url"], unique=False)
    op.create_table(
        "identity",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("item", Id, nullable=False),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name=op.f("fk_identity_item")),
        sa.PrimaryKeyConstraint("provider", "kind", "key", name=op.f("pk_identity")),
    )
    op.create_index("ix_identity_item", "identity", ["item"], unique=False)
    op.create_index("ix_identity_key", "identity", ["key"], unique=False)
    op.create_table(
        "relation",
        sa.Column("item", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("other", Id, nullable=False),
        sa.Column("share_of_item", sa.Float(), nullable=True),
        sa.Column("share_of_other", sa.Float(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name=op.f("fk_relation_item")),
        sa.ForeignKeyConstraint(["other"], ["item.id"], name=op.f("fk_relation_other")),
        sa.PrimaryKeyConstraint("item", "kind", "other", name=op.f("pk_relation")),
    )
    op.create_index("ix_relation_other", "relation", ["other"], unique=False)
    op.create_table(
        "tombstone",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("item", Id, nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name=op.f("fk_tombstone_item")),
        sa.PrimaryKeyConstraint("provider", "kind", "key", name=op.f("pk_tombstone")),
    )
    op.create_table(
        "fetch_job",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", Id, nullable=False),
        sa.Column("sighting", Id, nullable=True),
        sa.Column("poll", Id, nullable=True),
        sa.Column("continues", Id, nullable=True),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("run", Id, nullable=True),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("retries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["continues"], ["capture.id"], name=op.f("fk_fetch_job_continues")),
        sa.ForeignKeyConstraint(["host"], ["host.name"], name=op.f("fk_fetch_job_host")),
        sa.ForeignKeyConstraint(["poll"], ["poll.id"], name=op.f("fk_fetch_job_poll")),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name=op.f("fk_fetch_job_run")),
        sa.ForeignKeyConstraint(["sighting"], ["sighting.id"], name=op.f("fk_fetch_job_sighting")),
        sa.ForeignKeyConstraint(["source"], ["source.id"], name=op.f("fk_fetch_job_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fetch_job")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fetch_job_host", "fetch_job", ["host", "due_at"], unique=False)
    op.create_index("ix_fetch_job_source", "fetch_job", ["source"], unique=False)
    op.create_index("ix_fetch_job_url", "fetch_job", ["url"], unique=False)
    op.create_table(
        "version",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("item", Id, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("publisher_version", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("version_at", Moment(), nullable=True),
        sa.Column("published_at", Moment(), nullable=True),
        sa.Column("fetched_at", Moment(), nullable=False),
        sa.Column("is_history", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("embargo_until", Moment(), nullable=True),
        sa.Column("released_at", Moment(), nullable=True),
        sa.Column("capture", Id, nullable=False),
        sa.Column("path", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("headline", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("language", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("draft", Json, nullable=False),
        sa.Column("log_id", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["capture"], ["capture.id"], name=op.f("fk_version_capture")),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name=op.f("fk_version_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_version")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_version_item", "version", ["item", "number"], unique=False)
    op.create_index("ix_version_text", "version", ["text_hash"], unique=False)
    op.create_table(
        "band",
        sa.Column("version", Id, nullable=False),
        sa.Column("item", Id, nullable=False),
        sa.Column("scheme", sa.SmallInteger(), nullable=False),
        sa.Column("hashes", Hashes, nullable=False),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name=op.f("fk_band_item")),
        sa.ForeignKeyConstraint(["version"], ["version.id"], name=op.f("fk_band_version")),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_band")),
    )
    if dialect == "postgresql":
        op.create_index("ix_band_hashes", "band", ["hashes"], unique=False, postgresql_using="gin", postgresql_with={"fastupdate": "off"})
    op.create_table(
        "event",
        sa.Column("seq", Id, autoincrement=False, nullable=False),
        sa.Column("item", Id, nullable=False),
        sa.Column("version", Id, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name=op.f("fk_event_item")),
        sa.ForeignKeyConstraint(["version"], ["version.id"], name=op.f("fk_event_version")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_event")),
    )
    op.create_index("ix_event_item", "event", ["item", "seq"], unique=False)
    op.create_table(
        "fact",
        sa.Column("version", Id, nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("enricher", sa.Text(), nullable=False),
        sa.Column("enricher_version", sa.Text(), nullable=False),
        sa.Column("value", Json, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["version"], ["version.id"], name=op.f("fk_fact_version")),
        sa.PrimaryKeyConstraint("version", "text_hash", "enricher", "enricher_version", name=op.f("pk_fact")),
    )
    op.create_table(
        "rendition",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("version", Id, nullable=False),
        sa.Column("cleaner", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("article", Json, nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["version"], ["version.id"], name=op.f("fk_rendition_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rendition")),
        sa.UniqueConstraint("version", "cleaner", name=op.f("uq_rendition_version_cleaner")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "rights",
        sa.Column("version", Id, nullable=False),
        sa.Column("copyright", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("usage_terms", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("license_url", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["version"], ["version.id"], name=op.f("fk_rights_version")),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_rights")),
    )
    op.create_table(
        "verdict",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("capture", Id, nullable=False),
        sa.Column("path", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("item", Id, nullable=True),
        sa.Column("version", Id, nullable=True),
        sa.Column("evidence", Json, nullable=False),
        sa.Column("run", Id, nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["capture"], ["capture.id"], name=op.f("fk_verdict_capture")),
        sa.ForeignKeyConstraint(["item"], ["item.id"], name=op.f("fk_verdict_item")),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name=op.f("fk_verdict_run")),
        sa.ForeignKeyConstraint(["version"], ["version.id"], name=op.f("fk_verdict_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdict")),
        sa.UniqueConstraint("capture", "path", name=op.f("uq_verdict_capture_path")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_verdict_item", "verdict", ["item"], unique=False)
    op.create_index("ix_verdict_run", "verdict", ["run"], unique=False)

    op.execute("INSERT INTO log_state (id, epoch, last) VALUES (1, 1, 0)")  # the ledger lock is this row
    if dialect == "postgresql":
        op.execute("ALTER TABLE capture_body ALTER COLUMN body SET STORAGE EXTERNAL")  # it is compressed already: 74 µs a row, not 128


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    op.drop_table("verdict")
    op.drop_table("rights")
    op.drop_table("rendition")
    op.drop_table("fact")
    op.drop_table("event")
    op.drop_table("band")
    op.drop_table("version")
    op.drop_table("fetch_job")
    op.drop_table("tombstone")
    op.drop_table("relation")
    op.drop_table("identity")
    op.drop_table("history")
    op.drop_table("delivery")
    op.drop_table("decision")
    op.drop_table("capture")
    op.drop_table("work")
    op.drop_table("sighting")
    op.drop_table("quarantine")
    op.drop_table("poll")
    op.drop_table("item")
    op.drop_table("subscription")
    op.drop_table("story")
    op.drop_table("source")
    op.drop_table("run")
    op.drop_table("log_state")
    op.drop_table("host")
    op.drop_table("drain")
    op.drop_table("capture_body")
    if dialect == "sqlite":
        op.drop_table("band_hash")

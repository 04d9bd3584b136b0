"""Queues: a stage in a lane, and who reads which."""

from __future__ import annotations

import pytest

from pipeline.errors import Misconfigured
from workers.queues import LANES, QUEUES, ROLES, STAGES, queue_of, queues_of


def test_the_lane_normal_has_no_suffix() -> None:
    assert [queue_of("ingest", lane) for lane in LANES] == ["ingest-flash", "ingest", "ingest-backfill"]


def test_the_narrow_roles_together_read_every_queue_once() -> None:
    read = [queue for role in ROLES if role != "all" for queue in ROLES[role]]
    assert sorted(read) == sorted(QUEUES)


def test_every_stage_and_lane_is_read() -> None:
    assert {queue_of(stage, lane) for stage in STAGES for lane in LANES} <= set(QUEUES)


def test_flash_shares_no_queue_with_anybody() -> None:
    assert set(ROLES["flash"]).isdisjoint(queues_of("ingest", "enrich", "fetch"))


def test_a_worker_empties_the_system_from_its_end_and_backfill_last() -> None:
    assert queues_of("ingest", "enrich") == (
        "poll", "release", "enrich", "ingest", "scan", "release-backfill", "enrich-backfill", "ingest-backfill", "scan-backfill",
    )  # fmt: skip


def test_a_role_that_is_none_is_named() -> None:
    with pytest.raises(Misconfigured, match="No worker has the role ingset"):
        queues_of("ingset")

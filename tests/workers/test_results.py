"""A result that Redis has no room for ends nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from pipeline import resources
from pipeline.config import Settings
from tests.servers.valkey import Valkey
from workers.app import create


@pytest.mark.filterwarnings("ignore:Call to deprecated setex:DeprecationWarning")  # Celery's
def test_a_redis_without_memory_costs_the_result_and_nothing_else(tmp_path: Path) -> None:
    with Valkey() as server:
        resources.use(Settings(home=str(tmp_path), redis_url=server.url()))
        app = create()
        with redis.Redis.from_url(server.url()) as client:
            client.config_set("maxmemory", "1")
            app.backend.mark_as_done("ingest-1-1", "41 new")
            client.config_set("maxmemory", "0")
            assert app.backend.get_state("ingest-1-1") == "PENDING"
            app.backend.mark_as_done("ingest-1-1", "41 new")
            assert app.backend.get_result("ingest-1-1") == "41 new"
        app.close()
    resources._settings = None

"""A worker's parent never waits for what is not there."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest
from celery import Celery
from kombu.transport.virtual import Empty

from tests.servers.proxy import Proxy
from tests.servers.valkey import Valkey
from workers.broker import Channel


def test_a_connection_that_was_cut_is_no_reason_to_wait(valkey: Valkey) -> None:
    """kombu's own channel reads here until something is said to all workers: for ever."""
    with (
        Proxy(("127.0.0.1", valkey.port)) as proxy,
        closing(Celery(broker=f"redis://127.0.0.1:{proxy.port}/7", set_as_current=False)) as app,
    ):
        channel: Any = app.connection_for_read().channel()
        assert isinstance(channel, Channel)
        client = channel.subclient
        client.psubscribe("said-to-all")
        assert client.get_message(timeout=5)["type"] == "psubscribe"
        with pytest.raises(Empty):
            channel._receive_one(client)
        proxy.cut()
        with pytest.raises((*channel.connection_errors, Empty)):
            channel._receive_one(client)

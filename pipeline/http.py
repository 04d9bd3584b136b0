"""What all HTTP of ours shares: a transport that connects only where the guard allows, and what Retry-After means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from ssl import SSLContext

import httpcore2
import httpx2

from pipeline.guard import Allowed, GuardedBackend

LONGEST_RETRY_AFTER_S = 86_400.0
"""A host that asks for more is asked again after a day."""


class GuardedTransport(httpx2.AsyncHTTPTransport):
    """httpx2's transport over a pool whose network backend is ours: its constructor takes no backend, so that the pool is set here."""

    def __init__(self, allowed: Sequence[Allowed], *, connections: int) -> None:
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=_ssl_context(),
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=5.0,
            network_backend=GuardedBackend(allowed),
        )


@cache
def _ssl_context() -> SSLContext:
    """Reading the certificates takes 20 ms: once a process."""
    return httpx2.create_ssl_context(trust_env=False)


def retry_after_s(value: str, now: datetime) -> float | None:
    """A Retry-After header as seconds from `now`, 0 to a day; None where it says nothing that can be read (RFC 9110, 10.2.3)."""
    value = value.strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return min(float(value), LONGEST_RETRY_AFTER_S)
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    date = date.replace(tzinfo=UTC) if date.tzinfo is None else date
    return min(max((date - now).total_seconds(), 0.0), LONGEST_RETRY_AFTER_S)

"""What tests of the pipeline share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pipeline.web import Web


@pytest.fixture
def web() -> Iterator[Web]:
    """A web server on loopback: tests/pipeline/web.py."""
    with Web() as server:
        yield server

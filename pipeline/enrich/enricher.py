"""What every enricher is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from schemas.article import Article


class Enricher(msgspec.Struct, frozen=True, kw_only=True):
    """A pure function from an article to a fact, with a name and a version."""

    name: str
    version: str
    """Part of a fact's key: raise it when the same text would give another fact."""
    enrich: Callable[[Article], dict[str, Any]]
    """JSON-able; the same article gives the same fact. May raise: that is the article's trouble alone."""

"""Article → facts. Pure. An enricher is one file in this folder that exposes `ENRICHER`; third parties add theirs as entry points.

A fact is JSON, small, and kept under (version, text hash, enricher, enricher version): change what an enricher says, and its version changes.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

from pipeline.enrich.enricher import Enricher

__all__ = ["Enricher", "enrichers"]


@cache
def enrichers() -> dict[str, Enricher]:
    """All enrichers by name: the files of this folder, then entry points `newswire.enrichers`. A third party's never replaces one of ours."""
    found: dict[str, Enricher] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        enricher = getattr(import_module(f"{__name__}.{module.name}"), "ENRICHER", None)
        if isinstance(enricher, Enricher):
            found[enricher.name] = enricher
    for entry in sorted(entry_points(group="newswire.enrichers"), key=lambda entry: entry.name):
        enricher = entry.load()
        if isinstance(enricher, Enricher):
            found.setdefault(enricher.name, enricher)
    return found

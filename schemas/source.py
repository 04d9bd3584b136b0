"""A source as its operator declares it: in a file of sources, or on the command line."""

from __future__ import annotations

import msgspec

Setting = str | int | float | bool | None


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """One source. `pipeline.sources.validated` fills what is left out and checks the rest."""

    name: str
    """By which people and labels call it: `reuters-world`."""
    kind: str
    """A file in pipeline/sources: url, folder, feed."""
    location: str
    """A URL, or a path."""
    provider: str = ""
    """Whose ids these are: identity is per provider."""
    language: str = ""
    """BCP 47, for what says nothing of its own."""
    lane: str = "normal"
    """flash, normal or backfill."""
    rhythm_s: float | None = None
    """Seconds between two polls; None where `cron` says when, or only a trigger does."""
    cron: str = ""
    """Five fields, UTC."""
    settings: dict[str, Setting] = {}
    """What only its kind knows: `{"content": "feed"}`."""

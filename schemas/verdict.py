"""What the pipeline decided about one draft, and why. Status (usable, held, killed) is a thing apart: `ItemStatus`."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class ItemStatus(StrEnum):
    """What consumers may see of an item."""

    USABLE = "usable"
    HELD = "held"
    """Nothing to see yet: its only versions are under embargo."""
    KILLED = "killed"
    """The publisher called it off; text is hidden, for ever unless revived by hand."""
    PURGED = "purged"
    """We removed the text (a legal request); ids stay."""


class VerdictKind(StrEnum):
    NEW = "new"
    """An item that we had not seen, with a text that is nobody's copy."""
    VERSION = "version"
    """Another text of an item that we hold: update, correction or writethru."""
    PICKUP = "pickup"
    """A new item whose text another provider published, whole or cut."""
    UNCHANGED = "unchanged"
    """The item's current text again."""
    HISTORY = "history"
    """A version older than the current one, by the publisher's order or by the time of the fetch."""
    KILL = "kill"
    """Calls an item off."""
    REPEAT = "repeat"
    """This capture had its verdict before: a message that came twice."""


class VersionKind(StrEnum):
    FIRST = "first"
    UPDATE = "update"
    CORRECTION = "correction"
    WRITETHRU = "writethru"


class Overlap(msgspec.Struct, frozen=True, kw_only=True):
    """How two texts share their words, by word-5 shingles."""

    of_new: float
    """Share of the new text's shingles that the other holds too, 0 to 1."""
    of_other: float
    """Share of the other text's shingles that the new one holds too, 0 to 1."""
    jaccard: float


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Why a verdict is what it is; each sentence can be shown to an editor."""

    sentences: tuple[str, ...] = ()
    identity: tuple[tuple[str, str], ...] = ()
    """The keys of the identity ladder that this draft bears: (kind, key)."""
    matched_by: tuple[str, str] | None = None
    """The key that found the item."""
    overlap: Overlap | None = None
    against_version: int | None = None
    """Version id that the overlap is with."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Decided by `pipeline.dedupe`, recorded once per (capture, path)."""

    kind: VerdictKind
    version_kind: VersionKind | None = None
    """For NEW, PICKUP, VERSION and HISTORY."""
    pickup_of: int | None = None
    """Item id of the original, for a PICKUP."""
    evidence: Evidence = Evidence()

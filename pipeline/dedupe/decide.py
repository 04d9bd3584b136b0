"""The verdict on one draft, from what is known of its item and of texts that share its words. Pure: no clock, no storage.

Publisher's ids and versions outrank text. Text never decides a kill.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from pipeline.dedupe.compare import details_differ, overlap, shared_shingles
from schemas.article import Article, Draft, Usability
from schemas.verdict import Evidence, ItemStatus, Overlap, Verdict, VerdictKind, VersionKind

LEAST_SHARED = 12
"""Shingles that a copy must share: an alert of one sentence, or a quotation, is nobody's copy."""
LEAST_CONTAINED = 0.5
"""Of the shorter text's shingles, how many the longer must hold."""
LEAST_OF_EITHER = 0.12
"""And of the longer one's: a wrap-up that quotes a brief is no copy of it."""
RECURRING_AFTER = timedelta(hours=16)
"""Reports that come every day share most of their words: so far apart, with other numbers or names, they are two stories."""


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """What has arrived."""

    provider: str
    draft: Draft
    article: Article | None
    """None: a kill without a text."""
    keys: tuple[tuple[str, str], ...]
    matched_by: tuple[str, str] | None
    """The key by which its item is known."""
    text_hash: str
    fetched_at: datetime


class HeldVersion(msgspec.Struct, frozen=True, kw_only=True):
    """The current version of the item that the keys name."""

    version: int
    text_hash: str
    headline: str
    text: str
    publisher_version: str
    version_at: datetime | None
    fetched_at: datetime


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """The item that the keys name."""

    item: int
    status: ItemStatus
    current: HeldVersion | None


class Neighbour(msgspec.Struct, frozen=True, kw_only=True):
    """A stored text that shares part of its signature."""

    item: int
    version: int
    provider: str
    headline: str
    text: str
    at: datetime
    """Published, or else fetched."""
    story: int


def decide(incoming: Incoming, held: Held | None, neighbours: Sequence[Neighbour], *, is_killed: bool) -> Verdict:
    """What this draft is. `is_killed`: the item, or one of its keys, was killed before."""
    if incoming.draft.usability is Usability.CANCELED or incoming.article is None:
        return _kill(incoming, held)
    if held is not None:
        return _known(incoming, incoming.article, held, is_killed=is_killed)
    return _unknown(incoming, incoming.article, neighbours, is_killed=is_killed)


def _kill(incoming: Incoming, held: Held | None) -> Verdict:
    target = f"item {held.item}" if held else "an item that has not come yet: it will arrive killed"
    return Verdict(kind=VerdictKind.KILL, evidence=_evidence(incoming, f"the publisher calls off {target}"))


def _known(incoming: Incoming, article: Article, held: Held, *, is_killed: bool) -> Verdict:
    kind, key = incoming.matched_by or ("", "")
    known = f"its {kind} {key} is known: item {held.item}"
    killed = ("the item was killed: this text is kept and shown to nobody",) if is_killed else ()
    if held.current is None:
        return Verdict(kind=VerdictKind.VERSION, version_kind=VersionKind.FIRST, evidence=_evidence(incoming, known, *killed))
    if held.current.text_hash == incoming.text_hash:
        return Verdict(kind=VerdictKind.UNCHANGED, evidence=_evidence(incoming, known, "its text is the current one"))
    shares = overlap(article.text, held.current.text)
    changed = f"shares {_percent(shares.of_new)} of its text with the version that it follows"
    is_older, why = _older(incoming, held.current)
    version_kind = _version_kind(article)
    if is_older:
        evidence = _evidence(incoming, known, why, *killed, shares=shares, against=held.current.version)
        return Verdict(kind=VerdictKind.HISTORY, version_kind=version_kind, evidence=evidence)
    evidence = _evidence(incoming, known, changed, *_mark(version_kind), *killed, shares=shares, against=held.current.version)
    return Verdict(kind=VerdictKind.VERSION, version_kind=version_kind, evidence=evidence)


def _version_kind(article: Article) -> VersionKind:
    if article.correction is not None:
        return VersionKind.CORRECTION
    return VersionKind.WRITETHRU if article.writethru else VersionKind.UPDATE


def _mark(kind: VersionKind) -> tuple[str, ...]:
    return () if kind is VersionKind.UPDATE else (f"it is marked as a {kind}",)


def _older(incoming: Incoming, current: HeldVersion) -> tuple[bool, str]:
    """By the publisher's order, where both tell it, else by the time of the fetch. Equal is not older."""
    mine, theirs = incoming.draft.version, current.publisher_version
    if mine.isdecimal() and theirs.isdecimal() and int(mine) != int(theirs):
        return int(mine) < int(theirs), f"the publisher's version {mine} is older than {theirs}"
    if incoming.draft.version_at is not None and current.version_at is not None and incoming.draft.version_at != current.version_at:
        made = incoming.draft.version_at
        return made < current.version_at, f"made at {made:%Y-%m-%d %H:%M:%S} UTC, before the current one"
    return incoming.fetched_at < current.fetched_at, f"fetched at {incoming.fetched_at:%Y-%m-%d %H:%M:%S} UTC, before the current one"


def _unknown(incoming: Incoming, article: Article, neighbours: Sequence[Neighbour], *, is_killed: bool) -> Verdict:
    killed = ("one of its ids was killed before it came: it arrives killed",) if is_killed else ()
    copies = [
        (_rank(shares), neighbour, shares) for neighbour in neighbours if (shares := _copied(incoming, article, neighbour)) is not None
    ]
    others = [copy for copy in copies if copy[1].provider != incoming.provider]
    if not others:
        own = [
            f"shares {_percent(s.of_new)} of its text with item {n.item} of the same provider, under another id" for _, n, s in copies[:1]
        ]
        return Verdict(
            kind=VerdictKind.NEW, version_kind=VersionKind.FIRST, evidence=_evidence(incoming, "none of its ids was known", *own, *killed)
        )
    _, original, shares = max(others, key=lambda copy: (copy[0], -copy[1].item))  # the best match; of equals the one that came first
    sentence = (
        f"shares {_percent(shares.of_new)} of its text with item {original.item} of {original.provider}, "
        f"which is {_percent(shares.of_other)} of that one"
    )
    return Verdict(
        kind=VerdictKind.PICKUP,
        version_kind=VersionKind.FIRST,
        pickup_of=original.item,
        evidence=_evidence(incoming, "none of its ids was known", sentence, *killed, shares=shares, against=original.version),
    )


def _copied(incoming: Incoming, article: Article, neighbour: Neighbour) -> Overlap | None:
    """The shares, where the one is a copy of the other, whole or cut."""
    shares = overlap(article.text, neighbour.text)
    if max(shares.of_new, shares.of_other) < LEAST_CONTAINED or min(shares.of_new, shares.of_other) < LEAST_OF_EITHER:
        return None
    if shared_shingles(article.text, neighbour.text) < LEAST_SHARED:
        return None
    at = article.published or incoming.draft.published or incoming.fetched_at
    if abs(at - neighbour.at) >= RECURRING_AFTER and article.correction is None and details_differ(article.text, neighbour.text):
        return None
    return shares


def _rank(shares: Overlap) -> float:
    return shares.of_new + shares.of_other


def _percent(share: float) -> str:
    return f"{round(share * 100)} %"


def _evidence(incoming: Incoming, *sentences: str, shares: Overlap | None = None, against: int | None = None) -> Evidence:
    return Evidence(sentences=sentences, identity=incoming.keys, matched_by=incoming.matched_by, overlap=shares, against_version=against)

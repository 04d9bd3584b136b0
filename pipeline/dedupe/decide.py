"""The verdict on one draft, from what is known of its item and of texts that share its words. Pure: no clock, no storage.

Publisher's ids and versions outrank text. Text never decides a kill.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from pipeline.dedupe.compare import overlap, replaced_details, shared_shingles
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
RECURRING_REPLACED = (1, 0.05)
"""At least so many numbers and names replaced, and this share of all that the two texts could have in common."""
TEMPLATE_REPLACED = (2, 0.25)
"""The same for texts of one day: two reports filled into one form (two lotteries, two companies' results)."""
LARGEST_COUNTER = 9_999
"""Versions up to here count 1, 2, 3; greater numbers are opaque ids, and the publisher's time tells more (Reuters)."""
_KEYS = {"guid": "id", "url": "address", "fingerprint": "headline and text"}
"""What an editor calls the kinds of keys."""


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
    known = f"its {_KEYS.get(kind, kind)} {key} is known: item {held.item}"
    killed = ("the item was killed: this text is kept and shown to nobody",) if is_killed else ()
    if held.current is None:
        return Verdict(kind=VerdictKind.VERSION, version_kind=VersionKind.FIRST, evidence=_evidence(incoming, known, *killed))
    if held.current.text_hash == incoming.text_hash:
        return Verdict(kind=VerdictKind.UNCHANGED, evidence=_evidence(incoming, known, "its text is the current one"))
    shares = overlap(article.text, held.current.text)
    older = _why_older(incoming, held.current)
    version_kind = _version_kind(article)
    because = (older,) if older else (f"shares {_percent(shares.of_new)} of its text with the version that it follows", *_mark(article))
    return Verdict(
        kind=VerdictKind.HISTORY if older else VerdictKind.VERSION,
        version_kind=version_kind,
        evidence=_evidence(incoming, known, *because, *killed, shares=shares, against=held.current.version),
    )


def _version_kind(article: Article) -> VersionKind:
    if article.correction is not None:
        return VersionKind.CORRECTION
    return VersionKind.WRITETHRU if article.writethru else VersionKind.UPDATE


def _mark(article: Article) -> tuple[str, ...]:
    if article.correction is not None:
        return (f"it is marked as a correction: {article.correction}" if article.correction else "it is marked as a correction",)
    return ("it is marked as a writethru",) if article.writethru else ()


def _why_older(incoming: Incoming, current: HeldVersion) -> str:
    """Why it comes before the current version, by the publisher's order where both tell it, else by the fetch; "" where it does not."""
    mine, theirs = _number(incoming.draft.version), _number(current.publisher_version)
    made, made_then = incoming.draft.version_at, current.version_at
    by_number = mine is not None and theirs is not None and mine != theirs
    by_time = made is not None and made_then is not None and made != made_then
    if mine is not None and theirs is not None and by_number and (max(mine, theirs) <= LARGEST_COUNTER or not by_time):
        return f"the publisher's version {mine} is older than {theirs}" if mine < theirs else ""
    if made is not None and made_then is not None and by_time:
        return f"made at {_clock(made)}, before the current one" if made < made_then else ""
    return f"fetched at {_clock(incoming.fetched_at)}, before the current one" if incoming.fetched_at < current.fetched_at else ""


def _number(version: str) -> int | None:
    return int(version) if version.isdecimal() and len(version) <= 40 else None


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _unknown(incoming: Incoming, article: Article, neighbours: Sequence[Neighbour], *, is_killed: bool) -> Verdict:
    killed = ("one of its ids was killed before it came: it arrives killed",) if is_killed else ()
    unknown = "none of its ids was known" if incoming.keys else "it bears no id"
    found = _original(incoming, article, neighbours)
    if found is None:
        return Verdict(kind=VerdictKind.NEW, version_kind=VersionKind.FIRST, evidence=_evidence(incoming, unknown, *killed))
    original, shares = found
    is_own = original.provider == incoming.provider
    shared = f"shares {_percent(shares.of_new)} of its text with item {original.item}, which is {_percent(shares.of_other)} of that one"
    whose = (
        f"item {original.item} is by the same provider, under another id" if is_own else f"item {original.item} is by {original.provider}"
    )
    return Verdict(
        kind=VerdictKind.NEW if is_own else VerdictKind.PICKUP,
        version_kind=VersionKind.FIRST,
        pickup_of=None if is_own else original.item,
        evidence=_evidence(incoming, unknown, shared, whose, *killed, shares=shares, against=original.version),
    )


def _original(incoming: Incoming, article: Article, neighbours: Sequence[Neighbour]) -> tuple[Neighbour, Overlap] | None:
    """The text that this one is a copy of.

    The best match names the story; of the copies in it, the item that came first is the original, in the version that shares most: an
    outlet's cut may equal another outlet's, and is the agency's text all the same.
    """
    copies = [(shares, neighbour) for neighbour in neighbours if (shares := _copied(incoming, article, neighbour)) is not None]
    if not copies:
        return None
    story = max(copies, key=lambda copy: (_rank(copy[0]), -copy[1].item))[1].story
    first = min(neighbour.item for _, neighbour in copies if neighbour.story == story)
    shares, original = max((copy for copy in copies if copy[1].item == first), key=lambda copy: (_rank(copy[0]), copy[1].version))
    return original, shares


def _copied(incoming: Incoming, article: Article, neighbour: Neighbour) -> Overlap | None:
    """The shares, where the one is a copy of the other, whole or cut."""
    shares = overlap(article.text, neighbour.text)
    if max(shares.of_new, shares.of_other) < LEAST_CONTAINED or min(shares.of_new, shares.of_other) < LEAST_OF_EITHER:
        return None
    if shared_shingles(article.text, neighbour.text) < LEAST_SHARED:
        return None
    return None if _is_another_report(incoming, article, neighbour) else shares


def _is_another_report(incoming: Incoming, article: Article, neighbour: Neighbour) -> bool:
    """The same words about something else: a report that comes every day, or a form filled in anew."""
    if article.correction is not None:
        return False
    replaced, kept = replaced_details(article.text, neighbour.text)
    at = article.published or incoming.draft.published or incoming.fetched_at
    least, share = RECURRING_REPLACED if abs(at - neighbour.at) >= RECURRING_AFTER else TEMPLATE_REPLACED
    return replaced >= least and replaced >= share * (replaced + kept)


def _rank(shares: Overlap) -> float:
    return shares.of_new + shares.of_other


def _percent(share: float) -> str:
    return f"{round(share * 100)} %"


def _evidence(incoming: Incoming, *sentences: str, shares: Overlap | None = None, against: int | None = None) -> Evidence:
    return Evidence(sentences=sentences, identity=incoming.keys, matched_by=incoming.matched_by, overlap=shares, against_version=against)

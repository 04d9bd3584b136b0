"""What leaves us: the message to consumers, version 1. JSON; its schema is docs/reference/message.schema.json.

A message says the whole item as it is now, never "apply this change". It bears (epoch, seq), which only grows: a consumer applies it if
that is greater than what it holds for the item, killed items that it never had included. New fields may be added; none goes or changes its
meaning.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from schemas.article import Article, Rights

SCHEMA = 1
LARGEST_BYTES = 256 * 1024
"""A larger message goes without its body, with a link in its place."""
_LONGEST_HEADLINE = 1000


class Showing(StrEnum):
    """What a consumer may show of the item."""

    USABLE = "usable"
    KILLED = "killed"
    """The publisher called it off: hide the text, also where it never came."""
    PURGED = "purged"
    """Removed for good: forget the text."""
    LEFT = "left"
    """It no longer matches this subscription's filter: nothing more will be told of it."""
    HELD = "held"
    """This version is under embargo: pass over it. Its release is told by an event of its own. Streams and files only."""


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """Which version of the item this is."""

    id: int
    number: int
    """1, 2, … in the order in which they were stored."""
    kind: str
    """first, update, correction, writethru"""
    publisher_version: str
    published_at: datetime | None
    version_at: datetime | None
    fetched_at: datetime


class Pickup(msgspec.Struct, frozen=True, kw_only=True):
    """This item carries another's text."""

    item: int
    share_of_item: float | None
    """Of this item's text, how much the other holds too, 0 to 1."""
    share_of_other: float | None


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One item, as it is now. Where `status` is not usable there are ids and nothing else."""

    schema: int = SCHEMA
    epoch: int
    seq: int
    subscription: str
    generation: int
    item: int
    provider: str
    status: Showing
    story: int
    event: str
    """What made it be told: stored, updated, corrected, enriched, released, rights, killed, revived, purged; refiltered where the filter of
    this subscription changed; snapshot where it begins with all that is stored."""
    source: str = ""
    url: str = ""
    """Its page."""
    urls: tuple[str, ...] = ()
    """All that lead to it, in canonical form; `url` first."""
    log_id: str = ""
    """One id for its whole way, in newswire's logs."""
    version: Version | None = None
    article: Article | None = None
    facts: dict[str, Any] = {}
    """What the enrichers say of this text, by their names."""
    pickup_of: Pickup | None = None
    rights: Rights | None = None
    embargo_until: datetime | None = None
    """When the embargo ends that this version is under, or was. What is under embargo is told only to subscriptions that get it early."""
    body_omitted: bool = False
    """The whole would be too large: `article` has no body; `url` leads to the page."""


def encode(message: Message) -> bytes:
    """JSON of LARGEST_BYTES at most: what is larger goes without its body, and without facts where that is not enough."""
    whole = msgspec.json.encode(message)
    if len(whole) <= LARGEST_BYTES or message.article is None:
        return whole
    bare = Article(
        headline=message.article.headline[:_LONGEST_HEADLINE],
        paragraphs=(),
        kind=message.article.kind,
        urgency=message.article.urgency,
        language=message.article.language,
        published=message.article.published,
        modified=message.article.modified,
        canonical_url=message.article.canonical_url,
        word_count=message.article.word_count,
    )
    short = msgspec.structs.replace(message, article=bare, body_omitted=True)
    encoded = msgspec.json.encode(short)
    return encoded if len(encoded) <= LARGEST_BYTES else msgspec.json.encode(msgspec.structs.replace(short, facts={}, urls=()))


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of a message."""
    return msgspec.json.schema(Message)

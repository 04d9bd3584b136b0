"""The identity ladder: by which keys an item is known again, strongest first. Pure.

Keys are compared within one provider: two providers' ids never meet.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import xxhash

from pipeline.dedupe.signature import words
from pipeline.errors import Unreadable
from pipeline.text.whitespace import normalized
from pipeline.urls import canonical
from schemas.article import Article, Draft
from schemas.document import Entry

_LONGEST = 800
"""Bytes of a key: it is part of an index entry, which PostgreSQL bounds at 2,704."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def keys(draft: Draft, article: Article | None, *, final_url: str = "", entry: Entry | None = None) -> tuple[tuple[str, str], ...]:
    """(kind, key), strongest first.

    guid         the publisher's own id: the draft's, then the entry's where that is more than an address
    url          canonical addresses: the page's own word for it, then where it was found
    fingerprint  headline, day and words, for what has neither a guid nor a web address: the same thing seen twice, and nothing else
    """
    guids = [draft.guid] if draft.guid else []
    addresses = [article.canonical_url if article else None, draft.url, final_url, entry.url if entry else None]
    if entry is not None:
        (addresses if _is_address(entry.key) else guids).append(entry.key)
    if draft.path:
        addresses = [address for address in addresses if address not in (final_url, entry.url if entry else "")]  # the container's
    if draft.guid:
        # a drop folder may write one item after the other to the same file: there the publisher's id decides alone
        addresses = [address for address in addresses if address and not address.lower().startswith("file:")]
    urls = [_bounded(url) for address in addresses if address and (url := _item_url(address))]
    found = [("guid", guid) for one in guids if (guid := _bounded(one))] + [("url", url) for url in urls]
    if not any(kind == "guid" or not key.startswith("file:") for kind, key in found):
        found += [("fingerprint", mark) for mark in (_fingerprint(article),) if mark]
    return tuple(dict.fromkeys(found))


def _is_address(key: str) -> bool:
    return key.strip().lower().startswith(("http://", "https://", "file://"))


def _item_url(address: str) -> str:
    """Its canonical form; "" where it names no item: a site's front page is a mistake of whoever gave it as an item's address."""
    try:
        url = canonical(address)
    except Unreadable:
        return ""
    parts = urlsplit(url)
    return url if parts.path not in ("", "/") or parts.query or parts.fragment else ""


def _bounded(key: str) -> str:
    """A key that an index can hold; a longer one ends in the hash of the whole, so that two stay two."""
    key = _CONTROL.sub(" ", normalized(key)).strip()
    encoded = key.encode("utf-8", "replace")
    if len(encoded) <= _LONGEST:
        return encoded.decode()
    return f"{encoded[: _LONGEST - 33].decode('utf-8', 'ignore')} {xxhash.xxh3_128_hexdigest(encoded)}"


def _fingerprint(article: Article | None) -> str:
    if article is None or not article.headline and not article.text:
        return ""
    day = article.published.date().isoformat() if article.published else (article.dateline and article.dateline.resolved_date) or ""
    headline = " ".join(words(article.headline))
    said = " ".join(words(article.text))
    mark = xxhash.xxh3_128_hexdigest(f"{headline}\n{said}".encode("utf-8", "replace"))
    return f"{day} {mark}".strip()

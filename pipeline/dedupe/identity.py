"""The identity ladder: by which keys an item is known again, strongest first. Keys are per provider; two providers' ids never meet."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from pipeline.errors import Unreadable
from pipeline.urls import canonical
from schemas.article import Article, Draft
from schemas.document import Entry

_WORDS = re.compile(r"\w+")
_LONGEST = 900
"""A key is part of an index entry, which PostgreSQL bounds."""


def keys(draft: Draft, article: Article | None, *, final_url: str = "", entry: Entry | None = None) -> tuple[tuple[str, str], ...]:
    """(kind, key), strongest first.

    guid         the publisher's own id: the draft's, then the entry's where that is more than an address
    url          canonical addresses: the page's own word for it, then where it was found
    fingerprint  headline and day, only for what has neither: the same thing seen twice, and nothing else
    """
    found: list[tuple[str, str]] = []
    for guid in (draft.guid, entry.key if entry is not None else ""):
        guid = guid.strip()
        if not guid:
            continue
        if _is_address(guid):
            found += _address(guid)
        else:
            found.append(("guid", _short(guid)))
    for url in (article.canonical_url if article else None, draft.url, final_url, entry.url if entry is not None else ""):
        # a drop folder may write one item after the other to the same file: there the publisher's id decides alone
        if url and _names_one_item(url) and not (draft.guid and url.startswith("file:")):
            found += _address(url)
    ordered = sorted(dict.fromkeys(found), key=lambda pair: pair[0] != "guid")
    return tuple(ordered) or _fingerprint(article)


def _is_address(guid: str) -> bool:
    return guid.lower().startswith(("http://", "https://", "file://"))


def _names_one_item(url: str) -> bool:
    """A site's front page names no item: a canonical link that points there is a mistake of the page."""
    parts = urlsplit(url)
    return parts.path not in ("", "/") or bool(parts.query)


def _address(url: str) -> list[tuple[str, str]]:
    try:
        return [("url", _short(canonical(url)))]
    except Unreadable:
        return []


def _short(key: str) -> str:
    return key if len(key) <= _LONGEST else key[:_LONGEST]


def _fingerprint(article: Article | None) -> tuple[tuple[str, str], ...]:
    if article is None or not article.headline:
        return ()
    words = " ".join(_WORDS.findall(unicodedata.normalize("NFKC", article.headline).casefold()))
    day = article.published.date().isoformat() if article.published else (article.dateline.resolved_date or "" if article.dateline else "")
    return (("fingerprint", _short(f"{day} {words}")),)

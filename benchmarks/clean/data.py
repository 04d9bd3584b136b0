"""The labelled pages, and the half of them that may be looked at. They lie outside the repository: third parties' pages, for measuring only.

Split by registrable domain, of the original address where a page came through an archive: an even second byte of the domain's sha1 digest
is for tuning, an odd one for reporting only. Pages without an address are of neither half.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

Half = Literal["tuning", "reporting"]
SETS = ("aed", "snippets", "newspaper4k")
_ARCHIVED = re.compile(r"^https?://(?:web\.)?archive\.org/web/[^/]+/(?:https?:/{1,2})?(.+)$")


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What is true of one page; None where the set does not say."""

    set: str
    page: str
    url: str
    text: str | None = None
    must: tuple[str, ...] = ()
    """Snippets that belong to the text."""
    must_not: tuple[str, ...] = ()
    title: str | None = None
    authors: tuple[str, ...] | None = None
    """() where the page names nobody; None where the set does not say."""
    date: str | None = None
    """`2023-12-17`"""
    folder: str = ""

    @property
    def domain(self) -> str:
        """Registrable domain of the original address."""
        return domain_of(self.url)

    def body(self) -> bytes:
        """The bytes as served."""
        return gzip.decompress((Path(self.folder) / self.page).read_bytes())


def original(url: str) -> str:
    """The address that an archive's address speaks of, else itself."""
    archived = _ARCHIVED.match(url)
    return f"http://{archived[1]}" if archived else url


@cache
def _suffixes() -> Callable[[str], Any]:
    import tldextract

    read: Callable[[str], Any] = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)  # the wheel's own list: nothing is fetched
    return read


def domain_of(url: str) -> str:
    """Registrable domain; the host where there is none."""
    host = urlsplit(original(url)).hostname or ""
    return str(_suffixes()(host).top_domain_under_public_suffix) or host


def half_of(domain: str) -> Half:
    """Which half a domain is of."""
    return "tuning" if hashlib.sha1(domain.encode()).digest()[1] % 2 == 0 else "reporting"


def load(folder: Path, half: Half, sets: tuple[str, ...] = SETS) -> list[Truth]:
    """The pages of one half, in the order of the files."""
    return [truth for name in sets for truth in _set(folder, name) if truth.url and half_of(truth.domain) == half]


def _set(folder: Path, name: str) -> Iterator[Truth]:
    for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        authors = row.get("authors")
        yield Truth(
            set=name,
            page=row["page"],
            url=row.get("url") or "",
            text=row.get("text"),
            must=tuple(row.get("with") or ()),
            must_not=tuple(row.get("without") or ()),
            title=row.get("title") or None,
            authors=None if authors is None else names_of(authors),
            date="-".join(part.zfill(2) for part in row["date"][:10].split("-")) if row.get("date") else None,
            folder=str(folder),
        )


def names_of(authors: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Names, from a list of them or a line: `A; B`, `A, B and C`."""
    lines = [authors] if isinstance(authors, str) else authors
    parts = (part for line in lines for part in re.split(r"\s*[;,|&]\s*|\s+(?:and|und|et|y)\s+", line))
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))

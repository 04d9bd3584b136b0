"""The face: what people type (`newswire …`) and import.

import newswire
article = newswire.clean(html, url="https://example.org/story.html")    docs/reference/clean.md
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.article import Article

__all__ = ["clean"]


def clean(html: str | bytes, url: str | None = None, *, get: Callable[[str], str | bytes | None] | None = None) -> Article:
    """The article of a web page: its text in typed blocks, its title, authors, dates, language, and how sure all that is.

    `html`: the page, best as the bytes that were served: their charset is found. `url`: where it stands; links and some dates need it.
    `get`: gives the page at an address, or None: asked for the further pages of a story that has several. Without it, what is to be had is
    the text of this page, and `next_page` says where it goes on.
    Pure: no network, no clock, no settings, no database; the same page gives the same article. Safe in many threads and processes.

    Raises pipeline.errors.Unreadable where there is no article: challenge pages, consent walls, logins, errors (`Blocked`), pages of links,
    pictures and other binary files, markup that no browser would show.
    """
    from pipeline.clean import clean_whole
    from pipeline.clean.page import decoded
    from pipeline.text.binary import binary_of
    from schemas.article import Draft

    def draft(page: str | bytes, address: str) -> Draft:
        text = decoded(page, url=address) if isinstance(page, bytes) else page
        return Draft(format="html", page_html=text or " ", url=address)

    def further(address: str) -> Draft | None:
        page = get(address) if get is not None else None
        return draft(page, address) if page and not (isinstance(page, bytes) and binary_of(page)) else None

    return clean_whole(draft(html, url or ""), further)

"""The face: what people type (`newswire …`) and import.

import newswire
article = newswire.clean(html, url="https://example.org/story.html")    docs/reference/clean.md
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schemas.article import Article

__all__ = ["clean"]


def clean(html: str | bytes, url: str | None = None) -> Article:
    """The article of a web page: its text in typed blocks, its title, authors, dates, language, and how sure all that is.

    `html`: the page, best as the bytes that were served: their charset is found. `url`: where it stands; links and some dates need it.
    Pure: no network, no clock, no settings, no database; the same page gives the same article. Safe in many threads and processes.

    Raises pipeline.errors.Unreadable where there is no article: challenge pages, consent walls, logins, errors (`Blocked`), pages of links,
    markup that no browser would show.
    """
    from pipeline.clean import clean as cleaned
    from pipeline.text import charset
    from schemas.article import Draft

    text = charset.decode(html) if isinstance(html, bytes) else html
    return cleaned(Draft(format="html", page_html=text or " ", url=url or ""))

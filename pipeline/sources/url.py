"""One page, watched: each state of it is a document. Pure: the pump asks, this reads."""

from __future__ import annotations

import xxhash

from pipeline.sources import Asked, Found, Look, Parse, SourceKind, no_settings
from pipeline.sources.web import check_url
from schemas.document import Document, Entry


def read(asked: Asked, document: Document, parse: Parse) -> Look:
    """The page itself; whether it holds an article is for ingest to say."""
    entry = Entry(key=asked.location, url=asked.location, language=asked.language)
    return Look(found=(Found(entry=entry, hash=xxhash.xxh3_128_hexdigest(document.body), document=document),), listed=1)


SOURCE = SourceKind(name="url", rhythm_s=900.0, check=check_url, settings=no_settings, read=read)

"""What a run adds to newswire by entry points: a format whose documents kill who reads them, and an enricher that fails now and then."""

from __future__ import annotations

import os
import random
import signal
from typing import Any

from pipeline.enrich.enricher import Enricher
from pipeline.formats.format import Format
from schemas.article import Article, Draft
from schemas.document import Document, Listing

POISON = b"!poison"
FAILS_ONE_IN = 150


def is_poison(document: Document) -> float:
    return 1.0 if document.body.startswith(POISON) else 0.0


def die(document: Document) -> Listing | tuple[Draft, ...]:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("this process is dead")


def moody(article: Article) -> dict[str, Any]:
    if not random.randrange(FAILS_ONE_IN):
        raise RuntimeError("not in the mood")
    return {"words": len(article.text.split())}


FORMAT = Format(name="poison", sniff=is_poison, read=die)
ENRICHER = Enricher(name="moody", version="1", enrich=moody)

"""Which language the text is in, and how sure that is."""

from __future__ import annotations

from typing import Any

from pipeline.enrich.enricher import Enricher
from pipeline.text import language
from schemas.article import Article


def enrich(article: Article) -> dict[str, Any]:
    """`{"language": "en", "score": 0.97}`: ISO 639-1; "" and 0 for a text without letters."""
    found, score = language.detect(f"{article.headline}\n{article.text}")
    return {"language": found, "score": round(score, 3)}


ENRICHER = Enricher(name="language", version="2", enrich=enrich)

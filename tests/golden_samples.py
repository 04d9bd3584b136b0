"""Golden samples: a story of our own writing beside what must become of it, in the shape of `expected.json`.

`NAME.txt|html|json` is what arrives, `NAME.expected.json` what is true of it. Keys that an expectation leaves out are not judged.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline import formats
from pipeline.clean import clean
from schemas.article import Article, Dateline, Draft, Picture
from schemas.document import Document

GOLDEN = Path(__file__).parent / "golden"
ARRIVED = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""When the samples are said to have arrived. Nothing but an embargo without a year may depend on it."""


def samples() -> list[str]:
    """Names of all samples."""
    return sorted(path.name.removesuffix(".expected.json") for path in GOLDEN.glob("*.expected.json"))


def document(path: Path) -> Document:
    """A file as if it had arrived from its folder."""
    return Document(url=f"https://example.org/{path.name}", body=path.read_bytes(), fetched_at=ARRIVED)


def read_one(path: Path) -> tuple[Draft, Article]:
    """The only item of a file, read and cleaned."""
    drafts = formats.read(document(path))
    assert isinstance(drafts, tuple)
    [draft] = drafts
    return draft, clean(draft)


def expected(name: str) -> tuple[Path, dict[str, Any]]:
    """A sample's file, and what must become of it."""
    path = next(path for path in GOLDEN.glob(f"{name}.*") if not path.name.endswith(".expected.json"))
    return path, json.loads((GOLDEN / f"{name}.expected.json").read_text(encoding="utf-8"))


def seen(draft: Draft, article: Article) -> dict[str, Any]:
    """An article in the shape of the expectations."""
    return {
        "headline": article.headline,
        "byline": article.byline,
        "subtitle": article.subtitle,
        "language": article.language,
        "dateline": _dateline(article.dateline),
        "body_paragraphs": list(article.paragraphs),
        "paragraph_count": len(article.paragraphs),
        "photos": [_photo(picture) for picture in article.pictures],
        "related_links": [{"text": link.text, "after_paragraph": link.after_paragraph, "url": link.url} for link in article.related_links],
        "word_count": article.word_count,
        "correction": article.correction,
        "writethru": article.writethru,
        "kind": article.kind.value,
        "urgency": article.urgency.value,
        "advisories": list(article.advisories),
        "credited_source": article.credited_source,
        "published": article.published.isoformat() if article.published else None,
        "modified": article.modified.isoformat() if article.modified else None,
        "canonical_url": article.canonical_url,
        "authors": [[author.name, author.role, author.agency] for author in article.authors],
        "published_local": article.published_local,
        "section": article.section,
        "site": article.site,
        "keywords": list(article.keywords),
        "declared_language": article.declared_language,
        "amp_url": article.amp_url,
        "lead_picture": article.lead_picture.url if article.lead_picture else None,
        "access": article.access.value,
        "access_reason": article.access_reason,
        "is_paywalled": article.is_paywalled,
        "genres": [genre.value for genre in article.genres],
        "origins": {name: how.origin.value for name, how in article.provenance.items()},
        "against": {name: list(how.against) for name, how in article.provenance.items() if how.against},
        "blocks": [[block.kind.value, block.time or block.url, block.text] for block in article.blocks],
        "usability": draft.usability.value,
        "embargo_until": draft.embargo_until.isoformat() if draft.embargo_until else None,
        "guid": draft.guid,
        "version": draft.version,
    }


def _dateline(dateline: Dateline | None) -> dict[str, Any] | None:
    if dateline is None:
        return None
    return {
        "raw": dateline.raw,
        "place_raw": dateline.place_raw,
        "city": dateline.city,
        "country_code": dateline.country_code,
        "country_given": dateline.country_given,
        "month": dateline.month,
        "day": dateline.day,
        "year_given": dateline.year,
        "agency": dateline.agency,
        "separator": dateline.separator,
        "resolved_date": dateline.resolved_date,
        "places": [[place.city, place.country_code] for place in dateline.places],
    }


def _photo(picture: Picture) -> dict[str, Any]:
    return {
        "caption": picture.caption,
        "credit_raw": picture.credit_raw,
        "credit_type": picture.credit_type,
        "credit_sources": list(picture.credit_sources),
        "license_link_text": picture.license_text,
        "url": picture.url,
    }


def agrees(found: Any, wanted: Any) -> Any:
    """What of `found` the expectation speaks of: keys that it leaves out are left out here too."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return {key: agrees(found.get(key), value) for key, value in wanted.items()}
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        return [agrees(one, other) for one, other in zip(found, wanted, strict=True)]
    return found

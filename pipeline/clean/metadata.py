"""What a page says about itself: JSON-LD, OpenGraph, meta tags, link elements. Pure. Nothing here raises: pages lie and break."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from html import unescape
from urllib.parse import urljoin

import msgspec
from selectolax.lexbor import LexborHTMLParser

from pipeline.text.dates import timestamp
from pipeline.text.language import primary
from pipeline.text.whitespace import one_line

_ARTICLE_TYPES = frozenset(
    "Article NewsArticle ReportageNewsArticle AnalysisNewsArticle OpinionNewsArticle BackgroundNewsArticle AskPublicNewsArticle ReviewNewsArticle BlogPosting "
    "LiveBlogPosting TechArticle Report AdvertiserContentArticle SatiricalArticle ScholarlyArticle SocialMediaPosting".split()
)
_MAX_JSON = 2_000_000
_PUBLISHED = tuple(
    (
        "article:published_time og:published_time datepublished date pubdate publishdate publish-date "
        "publication_date sailthru.date parsely-pub-date dc.date dc.date.issued dcterms.created dcterms.date "
        "cxenseparse:recs:publishtime article.published published_at originalpublicationdate timestamp bt:pubdate analyticsattributes.articledate"
    ).split()
)
_MODIFIED = tuple(
    ("article:modified_time og:updated_time datemodified lastmod last-modified dcterms.modified article.updated modified").split()
)
_AUTHORS = tuple(
    (
        "author article:author_name byl parsely-author sailthru.author dc.creator dcterms.creator "
        "article:author article.author citation_author cxenseparse:author"
    ).split()
)
_URL_DATE = re.compile(r"[/_-]((?:19|20)\d\d)[/_-]?([01]\d)[/_-]?([0-3]\d)(?=[/_.-]|$)")
_SEPARATORS = re.compile(r"\s+[|–—·»:•-]\s+|\s*\|\s*|\s+::\s+")


class Metadata(msgspec.Struct, kw_only=True):
    """What the head of a page says; empty where it says nothing."""

    headline: str = ""
    title: str = ""
    """Of the `title` element, the site's name included."""
    subtitle: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    modified: datetime | None = None
    canonical_url: str = ""
    site: str = ""
    language: str = ""
    picture: str = ""
    picture_caption: str = ""
    keywords: tuple[str, ...] = ()
    is_article: bool = False
    """JSON-LD or OpenGraph call it one."""
    body: str = ""
    """JSON-LD's `articleBody`: a check and a fallback, worse than a good reading of the page."""


def read_metadata(parser: LexborHTMLParser, *, url: str = "") -> Metadata:
    """Read the head. What is said first in this order counts: JSON-LD, OpenGraph, meta, link."""
    meta = _metas(parser)
    found = Metadata(title=_title(parser), site=meta.get("og:site_name", ""))
    for thing in _articles(parser):
        _from_json(found, thing, url)
        break
    found.headline = found.headline or meta.get("og:title", "") or meta.get("twitter:title", "") or meta.get("headline", "")
    found.subtitle = found.subtitle or meta.get("og:description", "")
    found.authors = found.authors or _people([meta[name] for name in _AUTHORS if name in meta][:1])
    found.published = found.published or _first_time(meta, _PUBLISHED)
    found.modified = found.modified or _first_time(meta, _MODIFIED)
    found.picture = found.picture or _absolute(meta.get("og:image", ""), url)
    found.picture_caption = meta.get("og:image:alt", "")
    found.keywords = found.keywords or _split_keywords(meta.get("news_keywords") or meta.get("keywords") or "")
    found.is_article = found.is_article or meta.get("og:type", "") == "article"
    html = parser.css_first("html")
    found.language = primary((html.attributes.get("lang") or html.attributes.get("xml:lang") or "") if html else "") or primary(
        meta.get("content-language", "") or meta.get("og:locale", "")
    )
    found.canonical_url = _canonical(parser, url) or _absolute(meta.get("og:url", ""), url)
    if found.published is None and (stated := _URL_DATE.search(found.canonical_url or url)):
        found.published = timestamp("-".join(stated.groups()))
    return found


def without_site(title: str, site: str) -> str:
    """A title without the site's name that follows or precedes it."""
    parts = [part for part in _SEPARATORS.split(title) if part.strip()]
    if len(parts) < 2:
        return title
    if site:
        key = site.casefold()
        kept = [part for part in parts if part.casefold().strip() not in (key, f"{key}.com") and key not in part.casefold()[: len(key) + 4]]
        if kept and len(kept) < len(parts):
            first = title.find(kept[0])
            last = title.rfind(kept[-1]) + len(kept[-1])
            return title[first:last].strip() if first < last else title
    tail = parts[-1]
    if len(tail.split()) <= 4 and len(tail) * 2 < len(title):
        return title[: title.rfind(tail)].rstrip(" |–—·»:•-")
    return title


def _metas(parser: LexborHTMLParser) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in parser.css("meta")[:300]:
        attributes = node.attributes
        name = attributes.get("property") or attributes.get("name") or attributes.get("itemprop") or attributes.get("http-equiv")
        content = attributes.get("content")
        if name and content:
            found.setdefault(name.strip().lower()[:80], _unescaped(one_line(content[:4000])))
    return found


def _title(parser: LexborHTMLParser) -> str:
    node = parser.css_first("head > title") or parser.css_first("title")
    return one_line(node.text()[:1000]) if node else ""


def _canonical(parser: LexborHTMLParser, url: str) -> str:
    node = parser.css_first('link[rel="canonical"]')
    return _absolute(node.attributes.get("href") or "", url) if node else ""


def _absolute(link: str, base: str) -> str:
    try:
        found = urljoin(base, link.strip()[:2000]) if link else ""
    except ValueError:
        return ""
    return found if found.startswith(("http://", "https://")) else ""


def _articles(parser: LexborHTMLParser) -> Iterator[dict[str, object]]:
    for node in parser.css('script[type="application/ld+json"]')[:20]:
        text = node.text()
        if len(text) > _MAX_JSON:
            continue
        text = re.sub(r"^\s*(?://)?\s*(?:<!\[CDATA\[|<!--)|(?://)?\s*(?:\]\]>|-->)\s*$", "", text).strip().rstrip(";")
        try:
            data = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
        for thing in _things(data):
            if _types(thing) & _ARTICLE_TYPES:
                yield thing


def _things(data: object, depth: int = 0) -> Iterator[dict[str, object]]:
    if depth > 4:
        return
    if isinstance(data, list):
        for one in data[:100]:
            yield from _things(one, depth + 1)
    elif isinstance(data, dict):
        yield data
        for name in ("@graph", "mainEntity", "mainEntityOfPage"):
            if name in data:
                yield from _things(data[name], depth + 1)


def _types(thing: dict[str, object]) -> set[str]:
    said = thing.get("@type")
    return {one for one in (said if isinstance(said, list) else [said]) if isinstance(one, str)}


def _from_json(found: Metadata, thing: dict[str, object], url: str) -> None:
    found.is_article = True
    found.headline = _string(thing.get("headline")) or _string(thing.get("name"))
    found.subtitle = _string(thing.get("description")) or _string(thing.get("alternativeHeadline"))
    people = thing.get("author")
    named = [
        _string(one.get("name")) if isinstance(one, dict) else _string(one) for one in (people if isinstance(people, list) else [people])
    ]
    found.authors = _people(named)
    found.published = timestamp(_string(thing.get("datePublished"))) or timestamp(_string(thing.get("dateCreated")))
    found.modified = timestamp(_string(thing.get("dateModified")))
    picture = thing.get("image")
    picture = picture[0] if isinstance(picture, list) and picture else picture
    found.picture = _absolute(_string(picture.get("url")) if isinstance(picture, dict) else _string(picture), url)
    words = thing.get("keywords")
    found.keywords = (
        tuple(_string(word) for word in words if _string(word))[:50] if isinstance(words, list) else _split_keywords(_string(words))
    )
    body = thing.get("articleBody")
    found.body = body if isinstance(body, str) else ""


def _string(value: object) -> str:
    return _unescaped(one_line(value[:5000])) if isinstance(value, str) else ""


def _unescaped(text: str) -> str:
    """What is escaped once too often: `Q&amp;A`."""
    return unescape(text) if "&" in text else text


def _split_keywords(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in (one_line(part) for part in re.split(r"[,;]", text)) if word))[:50]


def _people(names: list[str]) -> tuple[str, ...]:
    """Names as people's names: `By`, addresses and e-mails off."""
    found: list[str] = []
    for name in names:
        name = re.sub(r"^(?:by|von|par|por)\s*:?\s+", "", one_line(name), flags=re.IGNORECASE)
        name = re.sub(r"\s*[<(]?\S+@\S+[>)]?", "", name)
        if name and not name.startswith(("http:", "https:", "/", "@")) and len(name) < 100:
            found.append(name)
    return tuple(dict.fromkeys(found))


def _first_time(meta: dict[str, str], names: tuple[str, ...]) -> datetime | None:
    return next((found for name in names if name in meta and (found := timestamp(meta[name]))), None)

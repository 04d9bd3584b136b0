"""What a page says about itself → Metadata, each thing with where it comes from and how sure it is. Pure; nothing here raises: pages lie and break.

page ─ head ─ jsonld ─► title ─ around ─► authors, times, kinds ─► Metadata

`words` holds what pages print around names and dates, by language; no rule names a site.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec
from selectolax.lexbor import LexborHTMLParser, LexborNode

from pipeline.clean.metadata import authors, crumbs, jsonld, kinds, names, times, title
from pipeline.clean.metadata.around import Around, look
from pipeline.clean.metadata.dates import Moment, moment
from pipeline.clean.metadata.head import Head, gather
from pipeline.clean.metadata.jsonld import Graph, Thing, string, strings
from pipeline.clean.metadata.said import Said, believed, letters
from pipeline.text import credits
from pipeline.text.agencies import agency_of
from pipeline.text.credits import Says
from pipeline.text.language import primary
from pipeline.text.whitespace import one_line
from schemas.article import Author, Genre, Origin, Picture, Provenance

_MAX_KEYWORDS = 50
_FIRST_SIGNS, _RIGHT_BELOW = 40, 6
"""Signs of a headline that tell its script, and texts below it among which a house may stand alone."""
_MAX_HEADLINE = 600
_MONTH_FIRST = re.compile(r"en-(?:us|ph)\b", re.IGNORECASE)
_DAY_FIRST_ENDS = (".uk", ".au", ".nz", ".in", ".ie", ".za", ".ng", ".ke", ".my", ".sg", ".pk", ".lk", ".eu")
"""Ends of hosts that write English and put the day first."""


_WHOLE = re.compile(r"https?://[\w.-]+(?::\d+)?/[^\s?#;]*(?:\?[^\s#;]+)?", re.ASCII)
"""An address that needs no base and no mending: most do not, and joining is slow."""


class Metadata(msgspec.Struct, kw_only=True, frozen=True):
    """What a page says of itself; empty where it says nothing."""

    headline: str = ""
    """Without the site's name."""
    title: str = ""
    """Of the `title` element, the site's name included."""
    subtitle: str = ""
    authors: tuple[Author, ...] = ()
    published: datetime | None = None
    """UTC."""
    published_local: str = ""
    """ISO 8601 by the publisher's clock, as much as is known: `2023-12-19T20:00:00-05:00`, `2023-12-19`."""
    modified: datetime | None = None
    """UTC; of a day alone its midnight, and a time without a zone as if it were UTC's: `provenance["modified"].given` has what the page says."""
    canonical_url: str = ""
    amp_url: str = ""
    next_link: str = ""
    """As it stands there: its next page, or the article after it."""
    site: str = ""
    section: str = ""
    language: str = ""
    """As declared, the primary tag."""
    source: str = ""
    """The agency or house that machines are told it comes from."""
    picture: Picture | None = None
    keywords: tuple[str, ...] = ()
    genres: tuple[Genre, ...] = ()
    is_free: bool | None = None
    """Whether all may read it; None where the page does not say."""
    word_count: int = 0
    """Of the whole text, as machines are told."""
    is_article: bool = False
    """JSON-LD or OpenGraph call it one."""
    body: str = ""
    """JSON-LD's `articleBody`: a check and a fallback, worse than a good reading of the page."""
    provenance: dict[str, Provenance] = {}
    """How each of the above is known, by its name."""


def read_metadata(parser: LexborHTMLParser, *, url: str = "") -> Metadata:
    """All that a page says of itself. `url`: where it was fetched, if that is known."""
    head = gather(parser)
    graph = jsonld.read(
        head.scripts,
        addresses=(url, head.canonical, head.first("og:url")[1]),
        headings=(one.text for one in head.headings if not one.is_minor),
    )
    host = _host(head, url)
    of_site = _first_said(_sites(head, graph))
    site = of_site.value if of_site else ""
    of_language = _first_said(_languages(head))
    declared = of_language.value if of_language else ""
    month_first = _is_month_first(head, declared, host)
    canonical = _canonical(head, url)
    headline, of_headline, node = title.read(head, graph, site, host, parser.body)
    if of_site is None and (name := title.site_of(head.title, headline)):
        of_site, site = Said(name, Origin.META, "title"), name
    around = look(parser, node)
    people, of_people = authors.read(head, around, graph, (site, graph.publisher))
    published, of_published, modified = times.read(
        head, around, graph, (canonical.value if canonical else "", url), month_first=month_first
    )
    section = _first_said(_sections(head, graph, node, headline))
    known: dict[str, Provenance | None] = {
        "headline": of_headline,
        "authors": of_people,
        "published": of_published,
        "modified": believed(modified, (), same=lambda one, other: one == other, alone=0.85, differing_keeps=1.0) if modified else None,
    }
    picture = _picture(head, graph, url)
    keywords = _keywords(head, graph)
    amp = absolute(head.amp, url)
    simple: dict[str, Said[Any] | None] = {
        "canonical_url": canonical,
        "amp_url": Said(amp, Origin.LINK, "amphtml") if amp else None,
        "site": of_site,
        "declared_language": of_language,
        "lead_picture": picture,
        "keywords": keywords,
        "section": section,
        "subtitle": _first_said(_subtitles(around, graph, headline)),
        "source": _first_said(_sources(head, graph, around, headline)),
    }
    for name, one in simple.items():
        known[name] = Provenance(origin=one.origin, confidence=0.9, where=one.where) if one else None
    genres = kinds.read(head, around, graph, section.value if section else "", url or (canonical.value if canonical else ""))
    known |= {genre.value: how for genre, how in genres.items()}
    return Metadata(
        headline=headline,
        title=head.title,
        subtitle=simple["subtitle"].value if simple["subtitle"] else "",
        authors=people,
        published=published.value.at.astimezone(UTC) if published else None,
        published_local=local(published.value) if published else "",
        modified=modified.value.at.astimezone(UTC) if modified else None,
        canonical_url=canonical.value if canonical else "",
        amp_url=amp,
        next_link=head.next,
        site=site,
        section=section.value if section else "",
        language=declared,
        source=simple["source"].value if simple["source"] else "",
        picture=picture.value if picture else None,
        keywords=keywords.value if keywords else (),
        genres=tuple(genres),
        is_free=_is_free(head, graph),
        word_count=_word_count(graph),
        is_article=bool(graph.article) or head.first("og:type")[1].lower() == "article",
        body=_body(graph),
        provenance={name: how for name, how in known.items() if how is not None},
    )


def completed(said: Metadata, data: Thing) -> Metadata:
    """With what a page's data says in the object that holds its text, where the page itself says nothing, or no more than its title and address."""
    fields = {names.plain(name): (name, value) for name, value in data.items() if value}
    told = {kind: next((fields[name] for name in spelt if name in fields), ("", None)) for kind, spelt in names.DATA.items()}
    changes: dict[str, Any] = {}
    headline, people = string(told["headline"][1]), authors.of_data(told["author"][1])
    if headline and (not said.headline or said.provenance["headline"].where == "title"):
        changes["headline"] = headline[:_MAX_HEADLINE]
    if people and not said.authors:
        changes["authors"] = people
    when = told["published"][1]
    published = moment(str(when) if isinstance(when, int) else string(when))
    if published and (said.published is None or said.provenance["published"].origin is Origin.URL):
        changes |= {"published": published.at.astimezone(UTC), "published_local": local(published)}
    known = {
        field: Provenance(origin=Origin.DETECTED, confidence=0.8, where=told[kind][0])
        for field, kind in (("headline", "headline"), ("authors", "author"), ("published", "published"))
        if field in changes
    }
    return msgspec.structs.replace(said, **changes, provenance=said.provenance | known) if changes else said


def local(found: Moment) -> str:
    """A time by the publisher's own clock, as much of it as is known."""
    if found.on is not None or not found.has_time:
        return found.day.isoformat()
    text = found.at.replace(microsecond=0).isoformat()
    return text if found.has_zone else text[:19]


def absolute(link: str, base: str) -> str:
    """An address that may be followed, or ""."""
    if _WHOLE.fullmatch(link, 0, 2000):
        return link
    try:
        found = urljoin(base, link.strip()[:2000]) if link else ""
    except ValueError:
        return ""
    return found if found.startswith(("http://", "https://")) else ""


def _host(head: Head, url: str) -> str:
    for address in (url, head.canonical, head.first("og:url")[1]):
        try:
            if host := urlsplit(address).hostname:
                return host
        except ValueError:
            continue
    return ""


def _sites(head: Head, graph: Graph) -> Iterable[Said[str]]:
    name, value = head.first(*names.SITES)
    yield Said(value, _of_meta(name), name)
    yield Said(graph.publisher, Origin.JSON_LD, "publisher")


def _languages(head: Head) -> Iterable[Said[str]]:
    yield Said(primary(head.language), Origin.META, "html lang")
    name, value = head.first(*names.LANGUAGES)
    yield Said(primary(value), _of_meta(name), name)


def _of_meta(name: str) -> Origin:
    return Origin.OPENGRAPH if ":" in name and not name.startswith("twitter:") else Origin.META


def _is_month_first(head: Head, declared: str, host: str) -> bool:
    """What 03/04/2024 means here: in the United States the fourth of March, nearly everywhere else the third of April."""
    tag = (head.language or head.first("og:locale")[1]).replace("_", "-")
    if _MONTH_FIRST.match(tag):
        return True
    return tag.lower() in ("en", "") and declared in ("en", "") and not host.endswith(_DAY_FIRST_ENDS)


def _canonical(head: Head, url: str) -> Said[str] | None:
    if found := absolute(head.canonical, url):
        return Said(found, Origin.LINK, "canonical")
    return Said(found, Origin.OPENGRAPH, "og:url") if (found := absolute(head.first("og:url")[1], url)) else None


def _first_said(found: Iterable[Said[str]]) -> Said[str] | None:
    return next((one for one in found if one.value), None)


def _sections(head: Head, graph: Graph, node: LexborNode | None, headline: str) -> Iterable[Said[str]]:
    yield Said(string(graph.article.get("articleSection"))[:100], Origin.JSON_LD, "articleSection")
    name, value = head.first(*names.SECTIONS)
    yield Said(value[:100], _of_meta(name), name)
    yield Said(graph.breadcrumb, Origin.JSON_LD, "BreadcrumbList")
    yield Said(crumbs.read(node, headline), Origin.VISIBLE, "breadcrumbs")


def _subtitles(around: Around, graph: Graph, headline: str) -> Iterable[Said[str]]:
    """A second line of the headline that machines are told or that stands below it; a description is none."""
    text = string(graph.article.get("alternativeHeadline"))
    if letters(text) != letters(headline):
        yield Said(text[:500], Origin.JSON_LD, "alternativeHeadline")
    for one in around.subtitles:
        if 0 <= one.place < 20 and not one.is_aside and letters(one.text) != letters(headline):
            yield Said(one.text, Origin.VISIBLE, one.label[:40])


def _sources(head: Head, graph: Graph, around: Around, headline: str) -> Iterable[Said[str]]:
    for name in ("sourceOrganization", "provider", "copyrightHolder"):
        thing = graph.resolved(graph.article.get(name))
        text = string(thing.get("name")) if isinstance(thing, dict) else string(thing)
        yield Said(text[:100], Origin.JSON_LD, name)
    if any(sign > "\u0370" for sign in headline[:_FIRST_SIGNS] if sign.isalpha()):
        yield Said(_shown_source(around.lines.texts), Origin.VISIBLE, "text")
        yield Said(next((one for one in around.lines.below[:_RIGHT_BELOW] if agency_of(one)), ""), Origin.VISIBLE, "text")
    name, value = head.first(*names.SOURCES)
    yield Said(value[:100] if not value.startswith("http") else "", Origin.META, name)


def _shown_source(texts: Sequence[str]) -> str:
    """The house behind a label like `来源：` or `Источник:` near the headline. In Latin letters such a label there is a picture's more often."""
    for text, following in pairwise((*texts, "")):
        if not text.isascii() and any(says is Says.SOURCE for says, _ in credits.fields(text)):
            found = credits.source_of(f"{text}{following}" if text.endswith((":", "：")) else text)
            if found:
                return found
    return ""


def _picture(head: Head, graph: Graph, url: str) -> Said[Picture] | None:
    """The lead picture."""
    said = graph.article.get("image")
    said = said[0] if isinstance(said, list) and said else said
    said = graph.resolved(said)
    address, caption, credit = string(said), "", ""
    if isinstance(said, dict):
        address = string(said.get("url")) or string(said.get("contentUrl"))
        caption, credit = string(said.get("caption")), string(said.get("creditText"))
    name, shown = head.first(*names.PICTURES)
    told = absolute(address, url)
    found = told or absolute(shown, url)
    if not found:
        return None
    picture = Picture(caption=caption or head.first(*names.CAPTIONS)[1], credit_raw=credit, url=found)
    return Said(picture, Origin.JSON_LD, "image") if told else Said(picture, _of_meta(name), name)


def _keywords(head: Head, graph: Graph) -> Said[tuple[str, ...]] | None:
    said = graph.article.get("keywords")
    words = strings(said) if isinstance(said, list) else _split(string(said))
    if words:
        return Said(tuple(dict.fromkeys(words))[:_MAX_KEYWORDS], Origin.JSON_LD, "keywords")
    for name in names.KEYWORDS:
        if words := [word for value in head.meta.get(name, ()) for word in _split(value)]:
            return Said(tuple(dict.fromkeys(words))[:_MAX_KEYWORDS], _of_meta(name), name)
    return None


def _split(text: str) -> list[str]:
    return [word for part in re.split(r"[,;，、]", text) if (word := one_line(part)[:100])]


def _is_free(head: Head, graph: Graph) -> bool | None:
    for thing in (graph.article, graph.page):
        said = thing.get("isAccessibleForFree")
        if isinstance(said, bool):
            return said
        if isinstance(said, str) and said.strip().lower().rsplit("/", 1)[-1] in ("true", "false"):
            return said.strip().lower().endswith("true")
    tier = head.first("article:content_tier")[1].lower()
    return {"free": True, "metered": False, "locked": False}.get(tier)


def _word_count(graph: Graph) -> int:
    said = graph.article.get("wordCount")
    text = str(said) if isinstance(said, int | str) else ""
    return min(int(text), 1_000_000) if text.isascii() and text.isdecimal() and len(text) < 8 else 0


def _body(graph: Graph) -> str:
    body = graph.article.get("articleBody")
    return body if isinstance(body, str) else ""

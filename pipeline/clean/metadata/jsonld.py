"""JSON in a page → the object that describes its article. Pure, never raises: publishers' JSON is broken, escaped twice, cut off."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

import msgspec

from pipeline.clean.metadata.head import line, unescaped
from pipeline.clean.metadata.said import letters
from pipeline.text.later import later

Thing = dict[str, object]

ARTICLE_TYPES = frozenset(
    "Article NewsArticle ReportageNewsArticle AnalysisNewsArticle OpinionNewsArticle BackgroundNewsArticle AskPublicNewsArticle"
    " ReviewNewsArticle BlogPosting LiveBlogPosting TechArticle Report AdvertiserContentArticle SatiricalArticle ScholarlyArticle"
    " SocialMediaPosting DiscussionForumPosting Review Recipe".split()
)
_PAGE_TYPES = frozenset("WebPage ItemPage VideoObject PodcastEpisode Event CreativeWork AudioObject".split())
"""Say a date or an author too, where no article is described."""
_PARTS = frozenset("Comment ImageObject Question Answer Product Offer Organization Person WebSite".split())
"""Have dates of their own."""
_TELLING = later(r"Article|Posting|headline|datePublished|author|Breadcrumb|Person", re.IGNORECASE)
_WRAPPING = later(r"^\s*(?:/\*|//)?\s*(?:<!\[CDATA\[|<!--)\s*(?:\*/)?|(?:/\*|//)?\s*(?:\]\]>|-->)\s*(?:\*/)?\s*$")
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")
_MAX_DEPTH = 6
_MAX_THINGS = 2000
_MAX_STRING = 5000


def parse(text: str) -> object:
    """The value of a JSON text, mended where it is broken in the usual ways; None where it can't be read."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        pass
    text = _TRAILING_COMMA.sub(r"\1", _WRAPPING.sub("", text).strip().rstrip(";"))
    try:
        value, _ = json.JSONDecoder(strict=False).raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return value


class Graph(msgspec.Struct):
    """All objects of a page's JSON-LD."""

    article: Thing = msgspec.field(default_factory=dict)
    """The one that describes the article; empty where none does."""
    page: Thing = msgspec.field(default_factory=dict)
    """One that describes the page or another work."""
    by_id: dict[str, Thing] = msgspec.field(default_factory=dict)
    breadcrumb: str = ""
    """The section above the page in its breadcrumbs."""
    publisher: str = ""
    """Name of the organisation or site that the page describes."""

    def resolved(self, value: object) -> object:
        """What an `{"@id": …}` refers to, where the page describes it."""
        if isinstance(value, dict) and not value.get("name"):
            return self.by_id.get(string(value.get("@id")), value)
        return value


def read(scripts: list[str], *, addresses: Iterable[str] = (), headings: Iterable[str] = ()) -> Graph:
    """The objects of JSON-LD scripts. Of several of an article's type the one counts that has an address or a heading of the page, else the first."""
    graph = Graph()
    here = {_place(one) for one in addresses} - {""}, {letters(one) for one in headings} - {""}
    for text in scripts:
        if not _TELLING.search(text):
            continue
        for thing in things(parse(text)):
            kinds = types(thing)
            if (id := thing.get("@id")) and isinstance(id, str) and len(thing) > 1:
                graph.by_id.setdefault(id, thing)
            if kinds & ARTICLE_TYPES:
                graph.article = _ours(graph.article, thing, *here)
            elif kinds & _PAGE_TYPES:
                graph.page = _better(graph.page, thing)
            elif "BreadcrumbList" in kinds:
                graph.breadcrumb = graph.breadcrumb or _above(thing.get("itemListElement"))
            elif "datePublished" in thing and not kinds & _PARTS:
                graph.page = _better(graph.page, thing)  # a how-to, a course, a dataset
            elif not graph.publisher and kinds & {"Organization", "NewsMediaOrganization", "WebSite"}:
                graph.publisher = string(thing.get("name"))
    publisher = graph.resolved(graph.article.get("publisher"))
    if isinstance(publisher, list):
        publisher = publisher[0] if publisher else None
    if isinstance(publisher, dict) and "Person" in types(publisher):
        graph.publisher = ""  # a page of one's own
    else:
        graph.publisher = (string(publisher.get("name")) if isinstance(publisher, dict) else string(publisher)) or graph.publisher
    return graph


def _above(items: object) -> str:
    """The last crumb but one: the last is the page; a lone one is the front page."""
    names = []
    for one in items[:10] if isinstance(items, list) else ():
        item = one.get("item") if isinstance(one, dict) else None
        names.append(
            (string(one.get("name")) if isinstance(one, dict) else "") or (string(item.get("name")) if isinstance(item, dict) else "")
        )
    return names[-2][:100] if len(names) >= 3 else ""


def _better(held: Thing, other: Thing) -> Thing:
    """The one that says more of what we ask; the first of equals."""
    telling = ("headline", "datePublished", "author")
    return other if not held or sum(name in other for name in telling) > sum(name in held for name in telling) else held


def _ours(held: Thing, other: Thing, addresses: set[str], headings: set[str]) -> Thing:
    """The one that describes this page, where others describe other stories; else the better one."""
    if not held:
        return other
    first, second = (
        letters(string(one.get("headline"))) in headings
        or any(_place(string(said)) in addresses for said in (one.get("url"), one.get("@id"), _id(one.get("mainEntityOfPage"))))
        for one in (held, other)
    )
    return _better(held, other) if first == second else held if first else other


def _id(value: object) -> object:
    return value.get("@id") or value.get("url") if isinstance(value, dict) else value


def _place(address: str) -> str:
    """An address without what differs between two of one page."""
    return address.partition("#")[0].partition("//")[2].removeprefix("www.").rstrip("/")


def things(data: object) -> Iterator[Thing]:
    """All objects of JSON-LD that may describe the page, outermost first."""
    left = _MAX_THINGS
    open_: list[tuple[object, int]] = [(data, 0)]
    while open_ and left > 0:
        value, depth = open_.pop()
        left -= 1
        if depth > _MAX_DEPTH:
            continue
        if isinstance(value, list):
            open_ += [(one, depth + 1) for one in reversed(value[:200])]
        elif isinstance(value, dict):
            yield value
            open_ += [(value[name], depth + 1) for name in ("mainEntityOfPage", "mainEntity", "@graph") if name in value]


def types(thing: Thing) -> set[str]:
    """`@type`, without the vocabulary's address."""
    said = thing.get("@type")
    return {one.rsplit("/", 1)[-1] for one in (said if isinstance(said, list) else [said]) if isinstance(one, str)}


def string(value: object) -> str:
    """A string on one line, with what was escaped once too often undone; "" for anything else."""
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, dict):
        value = value.get("@value") or value.get("@id") if "@value" in value else ""
    return unescaped(line(value[:_MAX_STRING])) if isinstance(value, str) else ""


def strings(value: object) -> list[str]:
    """A string or a list of strings."""
    return [text for one in (value[:100] if isinstance(value, list) else [value]) if (text := string(one))]

"""What a house puts out of a copy: an HTML page with all that surrounds a story, an entry of RSS or Atom, a ninjs file. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape

from press.houses import House


@dataclass(frozen=True, kw_only=True)
class Copy:
    """One version of an item as its house has it now."""

    house: House
    item: str
    guid: str
    path: str
    """Of its page."""
    version: int
    kind: str
    headline: str
    paragraphs: tuple[str, ...]
    dateline: str
    located: str
    language: str
    published_at: datetime
    updated_at: datetime
    mark: str = ""
    """Stands before the headline: CORRECTED."""
    note: str = ""
    """Words to editors."""
    byline: str = ""
    keywords: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    caption: str = ""
    credit: str = ""
    urgency: int = 5
    embargo_until: datetime | None = None

    @property
    def title(self) -> str:
        return f"{self.mark}-{self.headline}" if self.mark else self.headline

    @property
    def lines(self) -> list[str]:
        """The body as it is printed: the dateline before the first words."""
        return [self.dateline + self.paragraphs[0], *self.paragraphs[1:]] if self.paragraphs else []


def page(copy: Copy, base: str, others: Iterable[Copy]) -> str:
    """A web page: navigation, the story with its captions (twice) and links between paragraphs, what others read, a footer."""
    url = f"{base}{copy.path}"
    body = []
    if copy.note:
        body.append(f"<p>{escape(copy.note)}</p>")
    for number, line in enumerate(copy.lines, 1):
        body.append(f"<p>{escape(line)}</p>")
        if number % 2 == 0 and number // 2 <= len(copy.related):
            text = copy.related[number // 2 - 1]
            body.append(f'<p class="interstitial"><strong>RELATED</strong> <a href="/news/{_slug(text)}">{escape(text)}</a></p>')
    links = "".join(f'<li><a href="{escape(other.path)}">{escape(other.headline)}</a></li>' for other in others)
    tails = "".join(f'<section class="rail"><h3>{escape(head)}</h3><ul>{links}</ul></section>' for head in copy.house.tail)
    nav = "".join(f'<li><a href="/{section.lower()}">{escape(section)}</a></li>' for section in copy.house.sections)
    byline = f'<p class="byline">By {escape(copy.byline)}</p>' if copy.byline else ""
    linked = json.dumps(
        {
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "headline": copy.title,
            "datePublished": copy.published_at.isoformat(),
            "dateModified": copy.updated_at.isoformat(),
            "publisher": {"@type": "NewsMediaOrganization", "name": copy.house.name},
        },
        ensure_ascii=False,
    ).replace("<", "\\u003c")
    return f"""<!DOCTYPE html>
<html lang="{copy.language}">
<head>
<meta charset="utf-8">
<title>{escape(copy.title)} | {escape(copy.house.name)}</title>
<link rel="canonical" href="{escape(url)}">
<meta property="og:type" content="article">
<meta property="og:title" content="{escape(copy.title)}">
<meta property="og:site_name" content="{escape(copy.house.name)}">
<meta property="article:published_time" content="{copy.published_at.isoformat()}">
<meta property="article:modified_time" content="{copy.updated_at.isoformat()}">
<meta name="keywords" content="{escape(", ".join(copy.keywords))}">
<script type="application/ld+json">{linked}</script>
</head>
<body>
<header class="masthead"><a class="logo" href="/">{escape(copy.house.name)}</a><nav><ul>{nav}</ul></nav>
<a href="/subscribe">Subscribe</a></header>
<main>
<article>
<h1>{escape(copy.title)}</h1>
{byline}<p class="stamp"><time datetime="{copy.updated_at.isoformat()}">{copy.updated_at:%d %B %Y, %H:%M} UTC</time></p>
{_figure(copy)}
<div class="article-body">
{chr(10).join(body)}
</div>
</article>
<aside>{tails}</aside>
</main>
<footer><p>© {copy.updated_at.year} {escape(copy.house.name)}. All rights reserved.</p>
<p><a href="/about">About us</a> <a href="/privacy">Privacy policy</a></p>
<p>This is a simulated press: nothing that it reports has happened.</p></footer>
</body>
</html>
"""


def _figure(copy: Copy) -> str:
    if not copy.caption:
        return ""
    caption = escape(f"{copy.caption} {copy.credit}")
    return (
        f'<figure><img src="/pictures/{copy.item}.jpg" alt="{caption}"><figcaption>{caption}</figcaption></figure>\n'
        f'<p class="caption">{caption} | <a href="/license">License Photo</a></p>'
    )


def _slug(text: str) -> str:
    return "-".join("".join(sign if sign.isalnum() else " " for sign in text.lower()).split())


def index(house: House, copies: Sequence[Copy]) -> str:
    """The front page."""
    links = "".join(f'<li><a href="{escape(copy.path)}">{escape(copy.title)}</a></li>' for copy in copies)
    feed = f'<link rel="alternate" type="application/{house.feed}+xml" href="{house.feed_path}">'
    name = escape(house.name)
    head = f'<head><meta charset="utf-8"><title>{name}</title>{feed}</head>'
    return f'<!DOCTYPE html><html lang="en">{head}<body><h1>{name}</h1><ul>{links}</ul></body></html>\n'


def rss(house: House, copies: Sequence[Copy], base: str) -> str:
    """RSS 2.0: summaries only, the pages hold the text. The guid is no link, and stays when the story changes."""
    items = "".join(
        f"<item><title>{escape(copy.title)}</title><link>{escape(base + copy.path)}</link>"
        f'<guid isPermaLink="false">{escape(copy.guid)}</guid><pubDate>{format_datetime(copy.published_at, usegmt=True)}</pubDate>'
        f"<atom:updated>{copy.updated_at.isoformat()}</atom:updated>"
        f"<description>{escape(_summary(copy))}</description>"
        f"{''.join(f'<category>{escape(word)}</category>' for word in copy.keywords)}</item>\n"
        for copy in copies
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
        f"<title>{escape(house.name)}</title><link>{escape(base)}/</link><description>Simulated news</description><language>en</language>\n"
        f"{items}</channel></rss>\n"
    )


def atom(house: House, copies: Sequence[Copy], base: str, at: datetime) -> str:
    """Atom, RFC 4287, with summaries."""
    entries = "".join(
        f'<entry><title>{escape(copy.title)}</title><id>{escape(copy.guid)}</id><link rel="alternate" href="{escape(base + copy.path)}"/>'
        f"<published>{copy.published_at.isoformat()}</published><updated>{copy.updated_at.isoformat()}</updated>"
        f"<author><name>{escape(copy.byline or house.name)}</name></author><summary>{escape(_summary(copy))}</summary></entry>\n"
        for copy in copies
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">'
        f"<title>{escape(house.name)}</title><id>tag:{house.key}.invalid,2026:feed</id>"
        f'<link rel="self" href="{base}{house.feed_path}"/><updated>{at.isoformat()}</updated>\n'
        f"{entries}</feed>\n"
    )


def _summary(copy: Copy) -> str:
    return copy.lines[0] if copy.paragraphs else ""


def ninjs(copy: Copy) -> str:
    """A small ninjs object (IPTC ninjs 1.x field names). A kill is `canceled`, without a body."""
    values: dict[str, object] = {
        "uri": copy.guid,
        "type": "text",
        "version": str(copy.version),
        "versioncreated": copy.updated_at.isoformat(),
        "firstcreated": copy.published_at.isoformat(),
        "pubstatus": "canceled" if copy.kind == "kill" else "usable",
        "urgency": copy.urgency,
        "language": copy.language,
        "headline": copy.title,
        "provider": copy.house.name,
    }
    if copy.byline:
        values["byline"] = copy.byline
    if copy.located:
        values["located"] = copy.located
    if copy.note:
        values["ednote"] = copy.note
    if copy.embargo_until is not None:
        values["embargoed"] = copy.embargo_until.isoformat()
    if copy.kind != "kill":
        values["body_html"] = "".join(f"<p>{escape(line)}</p>" for line in copy.lines)
    return json.dumps(values, ensure_ascii=False, indent=1)

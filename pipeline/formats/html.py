"""HTML page → Draft: decoded, and told apart from half pages; where its article stands is for `clean` to find."""

from __future__ import annotations

import re

from pipeline.errors import Unreadable
from pipeline.formats.format import Format, name_of
from pipeline.text import charset
from schemas.article import Draft
from schemas.document import Document

_START = re.compile(rb"<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]", re.IGNORECASE)
_TAG = re.compile(rb"<(?:p|div|article|section|h[1-6]|span|br|a|table|ul|main|title|meta)[\s/>]", re.IGNORECASE)
_FEED_ROOT = re.compile(rb"<(?:rss|feed|rdf:RDF|urlset|sitemapindex|newsItem|newsMessage|NewsML|nitf|opml)[\s>]")
_SAMPLE = 4096
_LARGEST = 60_000_000
"""Bytes. The fetcher's limit is lower; files have none."""


def sniff(document: Document) -> float:
    """By a doctype or the outer tags; by the content type and any tag; by a few tags alone."""
    sample = document.body[:_SAMPLE].replace(b"\x00", b"")  # so that UTF-16 is recognised too
    if _FEED_ROOT.search(sample[:1024]):
        return 0.05 if "html" in document.content_type else 0.0
    declared = "html" in document.content_type
    if _START.search(sample):
        return 0.95 if declared else 0.9
    tags = len(_TAG.findall(sample))
    if declared:
        return 0.8 if tags or document.body.lstrip()[:1] == b"<" else 0.3
    return 0.7 if tags >= 3 and sample.lstrip()[:1] == b"<" else 0.4 if tags >= 5 else 0.0


def read(document: Document) -> tuple[Draft, ...]:
    """One draft, its whole page in it. Raises Unreadable for a page that was cut off or is too large."""
    if len(document.body) > _LARGEST:
        raise Unreadable(
            f"{name_of(document)} is a page of {len(document.body) // 1_000_000} MB: the limit is {_LARGEST // 1_000_000}.",
            url=document.url,
        )
    html = charset.decode(document.body, document.content_type)
    if is_half(html):
        raise Unreadable(
            f"{name_of(document)} is half a page: it ends at byte {len(document.body)} with its tags open.",
            url=document.url,
            hint="Fetch it again.",
        )
    return (Draft(format="html", page_html=html, url=document.final_url or document.url),)


def is_half(html: str) -> bool:
    """Was the page cut off? It opens `html` or `body`, closes neither, and stops inside a tag, a comment, a script or a word."""
    tail = html.rstrip("\x00 \t\r\n\x1a")
    end = tail[-4000:].lower()
    if "</html" in end or "</body" in end:
        return False
    if not re.search(r"<(?:html|body)[\s>]", html[:20000], re.IGNORECASE):
        return tail.rfind("<") > tail.rfind(">") and bool(re.search(r"<[a-zA-Z/!][^<>]*\Z", tail[-2000:]))
    if re.search(r"</html|</body", html, re.IGNORECASE):
        return False
    if not tail.endswith(">"):
        return True
    return tail.rfind("<!--") > tail.rfind("-->") or tail.lower().rfind("<script") > tail.lower().rfind("</script")


FORMAT = Format(name="html", sniff=sniff, read=read)

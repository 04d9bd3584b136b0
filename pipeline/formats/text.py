"""Plain text → Draft: a wire story as it comes as a file or was scraped: headline, captions, paragraphs, and what stands around them."""

from __future__ import annotations

import re
from html import unescape

from pipeline.errors import Unreadable
from pipeline.formats.format import Format, name_of
from pipeline.text import charset, embargo
from pipeline.text.head import Head, read_head
from pipeline.text.marks import Mark
from pipeline.text.whitespace import one_line, paragraphs
from schemas.article import Draft, Usability
from schemas.document import Document

_CODE = re.compile(
    r"^\s*(?:[{}\[\]()<>;]+|(?:def|class|import|from|return|var|let|const|function|public|private|static|void"
    r"|if|for|while|#include|#define|package|using|SELECT|INSERT|CREATE)\b[^.]*[:;{(=].*|.*[;{}]\s*|[a-z_][\w.-]*\s*[=:]\s*[\w\"'/.\[{-]+.{0,60}"
    r"|<[/!?\w][^>]*>.*|#!.*|#{1,6} .*|```.*|!\[.*\]\(.*|\|.*\||-----(?:BEGIN|END).*|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d.*)$"
)
_ENTITY = re.compile(r"&(?:quot|amp|nbsp|lt|gt|[lr][sd]quo|mdash|ndash|hellip|#\d{2,5}|#x[0-9a-fA-F]{2,5});")
_TABLE_ROW = re.compile(r"^[^,;|]*(?:[,;|](?=\S)[^,;|]*){2,}$")


def sniff(document: Document) -> float:
    """Anything decodable may be text; what other formats know is theirs."""
    return 0.2 if document.content_type.startswith("text/plain") or document.url.endswith((".txt", ".text", ".tst")) else 0.1


def read(document: Document) -> tuple[Draft, ...]:
    """One draft. Raises Unreadable for a text that is empty, or that is code, data or a log."""
    text = charset.decode(document.body, document.content_type)
    if _ENTITY.search(text):
        text = unescape(text)  # scraped from a page by something that stopped half way
    found = paragraphs(text)
    if not any(sign.isalpha() for paragraph in found for sign in paragraph):
        raise Unreadable(f"{name_of(document)} holds no words.", url=document.url)
    if not _is_prose(found) or _is_table(text):
        raise Unreadable(f"{name_of(document)} is a text, but not news: its lines read like code, data or a log.", url=document.url)
    head = read_head(found)
    usability, until = Usability.USABLE, None
    if head.embargo:
        until = embargo.until(head.embargo, arrived=document.fetched_at)
        usability = Usability.USABLE if until else Usability.WITHHELD
    if Mark.HOLD in head.marks:
        usability = Usability.WITHHELD
    if head.kill:
        usability = Usability.CANCELED
    return (
        Draft(
            format="text",
            url=document.final_url or document.url,
            headline=head.headline,
            byline=head.byline,
            body_text="\n\n".join(_body(head)),
            usability=usability,
            embargo_until=until,
            editor_note="\n".join((*head.notes, *([head.embargo] if head.embargo else []))),
            extra={"header": "\n".join(head.lines), "stamp": head.stamp} if head.lines or head.stamp else {},
            warnings=(f"The embargo line gives no day, time and zone, so it is withheld: {one_line(head.embargo)}",)
            if head.embargo and until is None
            else (),
        ),
    )


def _body(head: Head) -> tuple[str, ...]:
    """A text of one paragraph is its own body, also where it looks like a headline."""
    return head.body


def _is_table(text: str) -> bool:
    """Do most lines have the same two tabs or more?"""
    tabs = [line.count("\t") for line in text.splitlines() if line.strip()]
    return len(tabs) >= 3 and sum(count >= 2 and count == tabs[-1] for count in tabs) * 3 > len(tabs) * 2


def _is_prose(found: tuple[str, ...]) -> bool:
    """Do most lines read like sentences or headings, and not like code, settings, rows of a table or log entries?"""
    strange = sum(1 for line in found if _CODE.match(line) or _TABLE_ROW.match(line) and not line.endswith((".", "!", "?", "”", '"')))
    text = "".join(found)
    letters = sum(1 for sign in text if sign.isalpha() or sign.isspace())
    return strange * 3 <= len(found) and letters * 10 >= len(text) * 6


FORMAT = Format(name="text", sniff=sniff, read=read)

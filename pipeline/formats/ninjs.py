"""ninjs (IPTC's news in JSON, 1.x to 3.x) → Drafts: one object, an array of them, or one with `items`.

Names are matched without their capitals (`pubStatus` in 3.x, `pubstatus` before); 2.x keeps texts in lists (`bodies`, `headlines`), 1.x in
properties of their own (`body_html`, `headline`). Fields that only some publishers add (`guid`, `source`, `authors`) are read too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime

from pipeline.errors import Unreadable
from pipeline.formats.format import Format, name_of
from pipeline.text import charset
from pipeline.text.captions import caption_of
from pipeline.text.dates import timestamp
from pipeline.text.whitespace import one_line
from schemas.article import Draft, Kind, Picture, Rights, Urgency, Usability
from schemas.document import Document

_NAMES = re.compile(
    rb'"(?:uri|guid|body_(?:html|text|xhtml)|bodies|headlines?|pub[sS]tatus|version[cC]reated|embargoed(?:[uU]ntil)?|usage[tT]erms|slugline|altids)"\s*:'
)
_SAMPLE = 65_536
_MOST_ITEMS = 1_000
_TEXTLESS = frozenset(("picture", "photo", "image", "audio", "video", "graphic", "event", "planning", "component"))
_FLASH = 2
"""IPTC urgency 1 and 2 are flashes and bulletins; 3 is urgent, 4 the ordinary."""
_ALERTS = frozenset(("alert", "news alert", "flash", "bulletin", "snap", "eilmeldung"))

Item = dict[str, object]


def sniff(document: Document) -> float:
    """JSON that bears two of the names that only ninjs has is ninjs; other JSON is refused by `read` with a better sentence than others have."""
    sample = document.body[:_SAMPLE].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if not re.match(rb"[{\[]\s*[\"{\[}\]]", sample) or b"jsonfeed.org/version" in sample[:2000]:
        return 0.0
    return 0.9 if len(set(_NAMES.findall(sample))) >= 2 else 0.3


def read(document: Document) -> tuple[Draft, ...]:
    """The text items of a document. Raises Unreadable for what is no JSON, is cut off, is no ninjs, or holds no text item."""
    data = _decoded(document)
    items = list(_items(data))
    if not items:
        raise Unreadable(f"{name_of(document)} is JSON, but not ninjs: it has neither a uri with a body nor a headline.", url=document.url)
    if len(items) > _MOST_ITEMS:
        raise Unreadable(f"{name_of(document)} holds {len(items)} items: the limit is {_MOST_ITEMS}.", url=document.url, hint="Split it.")
    drafts = tuple(draft for path, item in items if (draft := _draft(item, path)) is not None)
    if not drafts:
        kinds = ", ".join(sorted({_string(item, "type") or "unnamed" for _, item in items}))
        raise Unreadable(f"{name_of(document)} holds no text item, only: {kinds}.", url=document.url)
    return drafts


def _decoded(document: Document) -> object:
    text = charset.decode(document.body, document.content_type or "application/json")
    try:
        return json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        if not text[error.pos :].strip() or "Unterminated" in error.msg:
            raise Unreadable(
                f"{name_of(document)} is half a JSON file: it ends at {where}.", url=document.url, hint="Fetch it again."
            ) from error
        raise Unreadable(f"{name_of(document)} is broken JSON at {where}: {error.msg}.", url=document.url) from error
    except (RecursionError, ValueError) as error:
        raise Unreadable(f"{name_of(document)} is JSON that nests too deep or holds too large a number.", url=document.url) from error


def _items(data: object) -> Iterator[tuple[str, Item]]:
    """(path, item) for each item, the container's own kinds of list included."""
    if isinstance(data, list):
        for place, one in enumerate(data):
            if isinstance(one, dict) and _is_item(one):
                yield str(place), _lower(one)
    elif isinstance(data, dict):
        for name in ("items", "item", "_items"):
            inner = data.get(name)
            if isinstance(inner, list) and not any(key in data for key in ("body_html", "body_text", "bodies")):
                for path, item in _items(inner):
                    yield f"{name}/{path}", item
                return
        if _is_item(data):
            yield "", _lower(data)


def _is_item(data: Item) -> bool:
    names = {key.lower() for key in data}
    has_text = any(name.startswith(("body", "bodies", "headline")) for name in names)
    return (
        bool(names & {"uri", "guid"})
        and (has_text or bool(names & {"pubstatus", "versioncreated", "type"}))
        or any(name.startswith("body_") for name in names)
    )


def _lower(data: Item) -> Item:
    return {key.lower(): value for key, value in data.items()}


def _draft(item: Item, path: str) -> Draft | None:
    """One item; None for a picture or a film that stands alone."""
    usability, warnings = _usability(item)
    body_html, body_text = _body(item)
    if _string(item, "type").lower() in _TEXTLESS and usability is not Usability.CANCELED and not (body_html or body_text):
        return None
    uri = _string(item, "uri", "guid")
    embargo, unread = _embargo(item)
    if unread:
        usability = Usability.WITHHELD if usability is Usability.USABLE else usability
        warnings = (*warnings, f"The embargo {unread!r} can't be read, so the item is withheld.")
    return Draft(
        format="ninjs",
        path=path,
        body_html=body_html,
        body_text="" if body_html else body_text,
        url=uri if uri.startswith(("http://", "https://")) else "",
        provider=_name(item.get("provider")) or _name(item.get("source")),
        guid=uri,
        version=_string(item, "version"),
        version_at=_time(item, "versioncreated", "contentcreated"),
        published=_time(item, "firstcreated", "firstpublished") or _time(item, "versioncreated"),
        headline=_stated(item, "headline", "headlines", "title") or _string(item, "title"),
        subtitle=one_line(_plain(_string(item, "description_text", "abstract"))) if not _is_summary(item, body_html or body_text) else "",
        byline=one_line(_string(item, "byline", "by") or ", ".join(_names(item.get("authors")))),
        located=one_line(_string(item, "located")),
        language=_string(item, "language"),
        urgency=_urgency(item),
        kind=_kind(item),
        usability=usability,
        embargo_until=embargo,
        editor_note=_string(item, "ednote"),
        keywords=tuple(dict.fromkeys(word for word in _names(item.get("keywords")) if word)),
        subjects=tuple(dict.fromkeys([*_names(item.get("subject")), *_names(item.get("subjects"))])),
        pictures=tuple(_pictures(item)),
        rights=Rights(copyright=_string(item, "copyrightnotice", "copyrightholder"), usage_terms=_string(item, "usageterms")),
        extra={name: value for name in ("slugline", "profile", "type") if (value := _string(item, name))},
        warnings=warnings,
    )


def _usability(item: Item) -> tuple[Usability, tuple[str, ...]]:
    stated = _string(item, "pubstatus").lower().removeprefix("stat:")
    if stated in ("canceled", "cancelled", "killed"):
        return Usability.CANCELED, ()
    if stated in ("", "usable"):
        return Usability.USABLE, ()
    return Usability.WITHHELD, () if stated == "withheld" else (f"The status {stated!r} is not one of ninjs', so the item is withheld.",)


def _embargo(item: Item) -> tuple[datetime | None, str]:
    """When it ends, and what could not be read of it."""
    stated = _string(item, "embargoed", "embargoeduntil")
    found = timestamp(stated) if stated else None
    return found, stated if found is None else ""


def _body(item: Item) -> tuple[str, str]:
    """(marked-up body, plain body): the first that is not empty, markup preferred."""
    texts = {name.removeprefix("body_"): value for name, value in item.items() if name.startswith("body_") and isinstance(value, str)}
    plain = texts.get("text", "")
    html = (
        texts.get("html")
        or texts.get("xhtml")
        or texts.get("richtext")
        or next((v for n, v in texts.items() if n != "text" and "<" in v), "")
    )
    bodies = item.get("bodies")
    ranked = sorted(
        (_lower(body) for body in (bodies if isinstance(bodies, list) else []) if isinstance(body, dict)),
        key=lambda body: ("html" not in _string(body, "contenttype", "role"), _string(body, "role") not in ("main", "html", "")),
    )
    for body in ranked:
        value = _string(body, "value")
        if value.strip():
            is_markup = "html" in _string(body, "contenttype") or "<" in value and bool(re.search(r"<(?:p|div|br|section|h\d)\b", value))
            html, plain = (html or value, plain) if is_markup else (html, plain or value)
    if not html and not plain:
        plain = next((value for value in texts.values() if value.strip()), "")
    return (html if html.strip() else ""), plain


def _stated(item: Item, single: str, plural: str, role: str) -> str:
    """`headline`, or of `headlines` the one whose role is main."""
    one = _string(item, single) or _string(item, f"{single}_main")
    many = item.get(plural)
    if not one and isinstance(many, list):
        rows = [_lower(row) for row in many if isinstance(row, dict)]
        rows.sort(key=lambda row: _string(row, "role").lower() not in ("main", "", "headline", role))
        one = next((value for row in rows if (value := _string(row, "value"))), "")
    return one_line(_plain(one))


def _is_summary(item: Item, body: str) -> bool:
    """A description that the body begins with is no subtitle."""
    said = one_line(_plain(_string(item, "description_text", "abstract")))
    return not said or len(said) > 300 or said[:60] in one_line(_plain(body[:4000]))


def _plain(text: str) -> str:
    return re.sub(r"<[^<>]{0,500}>", " ", text) if "<" in text else text


def _urgency(item: Item) -> Urgency | None:
    stated = _string(item, "urgency")
    if not stated.isdigit():
        return None
    return Urgency.FLASH if 1 <= int(stated) <= _FLASH else Urgency.NORMAL


def _kind(item: Item) -> Kind | None:
    said = {
        name.lower() for name in [*_names(item.get("genre")), *_names(item.get("genres")), _string(item, "profile"), _string(item, "type")]
    }
    if said & _ALERTS:
        return Kind.ALERT
    return Kind.ADVISORY if "advisory" in said else None


def _pictures(item: Item) -> Iterator[Picture]:
    """Pictures among the associations: a mapping in 1.x, a list since 2.0."""
    inner = item.get("associations")
    rows = list(inner.values()) if isinstance(inner, dict) else inner if isinstance(inner, list) else []
    for row in rows[:100]:
        if not isinstance(row, dict):
            continue
        picture = _lower(row)
        if _string(picture, "type").lower() not in ("picture", "photo", "image"):
            continue
        described = one_line(_string(picture, "description_text", "description_caption")) or _stated(
            picture, "description", "descriptions", "caption"
        )
        credit = one_line(_string(picture, "creditline", "byline", "by", "copyrightholder"))
        stated = caption_of(described) if described else None
        sources = stated.credit_sources if stated else tuple(part.strip() for part in credit.split("/") if part.strip())
        yield Picture(
            caption=stated.caption if stated else described,
            credit_raw=stated.credit_raw if stated else credit,
            credit_type=stated.credit_type if stated else None,
            credit_sources=sources,
            url=_href(picture),
        )


def _href(picture: Item) -> str | None:
    """The largest rendition's address, else the item's own where it is one."""
    inner = picture.get("renditions")
    rows = list(inner.values()) if isinstance(inner, dict) else inner if isinstance(inner, list) else []
    found = [
        (_width(row), href)
        for row in rows
        if isinstance(row, dict) and isinstance(href := row.get("href"), str) and href.startswith("http")
    ]
    return max(found)[1] if found else (uri if (uri := _string(picture, "uri")).startswith("http") else None)


def _width(row: Item) -> int:
    width = row.get("width")
    return width if isinstance(width, int) else 0


def _string(item: Item, *names: str) -> str:
    """The first of these that is a string or a number and not empty."""
    for name in names:
        value = item.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
    return ""


def _name(value: object) -> str:
    """A name, or the `name` of an object."""
    return value.strip() if isinstance(value, str) else _string(value, "name") if isinstance(value, dict) else ""


def _names(value: object) -> list[str]:
    """Names in a list of objects or of strings."""
    return [name for one in (value if isinstance(value, list) else [])[:200] if (name := _name(one))]


def _time(item: Item, *names: str) -> datetime | None:
    return next((found for name in names if (found := timestamp(_string(item, name)))), None)


FORMAT = Format(name="ninjs", sniff=sniff, read=read)

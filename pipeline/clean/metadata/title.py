"""The title of a page: what readers see above the text, confirmed by what machines are told, without the site's name. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice

import msgspec
from selectolax.lexbor import LexborNode

from pipeline.clean.metadata import names
from pipeline.clean.metadata.head import Head, Heading, line
from pipeline.clean.metadata.jsonld import Graph, string
from pipeline.clean.metadata.kinds import named
from pipeline.clean.metadata.said import Said, believed, letters
from pipeline.text.later import later
from schemas.article import Origin, Provenance

_SEPARATOR = later(r"\s+[|–—·»«:•‹›/~-]+\s+|\s*[|»«｜]\s*|\s+::\s+|(?<=\S)_(?=\S*$)")
_SITE_PARTS = later(r"\s*(?:[|»«｜_–—·•]|--+|\s-|\s::)\s*|^-")
_SITE, _SITE_WORDS = 40, 5
"""Characters and words of the longest name of a site."""
_EDGES = later(r"^(?:[\s|»·•]+|Blog Archive\s*»\s*|\d{1,2}\.\d{1,2}\.(?:19|20)\d\d(?=[^\W\d]))|[\s|»·•]+$")
"""A theme's ornaments and words, and a day that stands in the heading's element."""
_LEAST_WORDS = 2
_CONFIRMED, _SURELY = 0.2, 0.55
"""How like a heading is to what machines are told, to be believed: one of the first level, and one of the second."""
_KICKER = 4
"""Words of the longest label above a headline."""
_SENTENCE = 4
"""Words from which a title is surely more than a section's name."""
_TOLD = 12
"""Letters from which what machines are told may be a part of a heading."""
_LEAST = 8
"""Characters of the shortest title that is looked for among all texts."""
_MAX_TEXT, _MAX_NODES = 500_000, 20_000
_NO_TITLE = frozenset("a script style noscript template title option li button label".split())
"""Elements whose text, though it is the title's, heads no story."""
_MAX_TEXTS = 20
"""Text nodes of a heading that are looked at."""
_WEIGHT = {"title": 0.8, "twitter:title": 0.95}
"""How much a confirmation counts: the `title` element is as often the section's as the text's."""


def read(
    head: Head, graph: Graph, site: str, host: str, body: LexborNode | None = None
) -> tuple[str, Provenance | None, LexborNode | None]:
    """The title, how it is known, and the element that shows it; ("", None, None) for a page that has none.

    `body`: where the title is looked for if no heading shows it.
    """
    stated = [one for one in _stated(head, graph, site, host) if one.value]
    headings = _headings(head, site)
    chosen = _heading(headings, stated) or (stated[0] if stated else None) or (next((one for one in headings if one.where != "h2"), None))
    if chosen is None:
        return "", None, None
    node = next((one.node for one in head.headings if one.text == chosen.value), None)
    if chosen.origin is not Origin.VISIBLE and body is not None and (found := _standing_alone(body, chosen.value, head.title)):
        node, text = found
        stated = [chosen, *stated]
        chosen = Said(text, Origin.VISIBLE, node.attributes.get("class") or node.tag or "")
    if chosen.origin is Origin.VISIBLE:
        chosen = msgspec.structs.replace(chosen, value=_stated_part(chosen.value, node, stated))
    alone = 0.9 if chosen.origin is Origin.VISIBLE else 0.5 if chosen.where == "title" else 0.8
    how = believed(
        chosen, [*headings[:1], *stated], same=lambda one, other: letters(one) == letters(other), alone=alone, differing_keeps=0.93
    )
    return _EDGES.sub("", chosen.value) or chosen.value, how, node or (head.headings[0].node if head.headings else None)


def _standing_alone(body: LexborNode, chosen: str, title: str) -> tuple[LexborNode, str] | None:
    """An element whose text is the title, or all of it but what a sign or a space parts off: on old pages no heading says it."""
    whole = {chosen, title}
    lines = {text for part in body.text(separator="\n")[:_MAX_TEXT].split("\n") if len(text := line(part)) >= _LEAST}
    shown = [text for text in lines if any(_is_part(text, one) for one in whole)]
    if not shown:
        return None
    longest = max(shown, key=len)
    for node in islice(body.traverse(include_text=True), _MAX_NODES):
        if (
            node.tag == "-text"
            and node.parent is not None
            and node.parent.tag not in _NO_TITLE
            and line(node.text_content or "") == longest
        ):
            return node.parent, longest
    return None


def _is_part(text: str, title: str) -> bool:
    """Does a title begin with this text, most of it or up to a separator?"""
    if not title.startswith(text):
        return False
    rest = title[len(text) :]
    return not rest or not rest[0].isalnum() and len(text) * 5 >= len(title) * 2


def _stated(head: Head, graph: Graph, site: str, host: str) -> list[Said[str]]:
    """What machines are told, the most reliable first."""
    og, twitter = head.first("og:title")[1], head.first("twitter:title")[1]
    found = [
        Said(string(graph.article.get("headline")) or string(graph.article.get("name")), Origin.JSON_LD, "headline"),
        Said(og, Origin.OPENGRAPH, "og:title"),
        Said(twitter, Origin.META, "twitter:title"),
        Said(*_first_meta(head)),
        Said(head.title, Origin.META, "title"),
    ]
    cleaned = [Said(without_site(one.value, site, host), one.origin, one.where) for one in found]
    return [msgspec.structs.replace(one, value=_with_quotation(one.value, cleaned)) for one in cleaned]


def _with_quotation(value: str, others: Sequence[Said[str]]) -> str:
    """What is cut off at a quotation, whose marks end an attribute (`content="He calls it "over""`), as another one has it."""
    return next((one.value for one in others if value and one.value.startswith((f'{value}"', f'{value} "'))), value)


def _first_meta(head: Head) -> tuple[str, Origin, str]:
    name, value = head.first(*names.TITLES)
    return value, Origin.META, name


def _headings(head: Head, site: str) -> list[Said[str]]:
    """First-level headings and `itemprop=headline`, each once, the site's own name apart."""
    found: dict[str, Said[str]] = {}
    for one in head.headings:
        key = letters(one.text)
        if key and key != letters(site) and not _is_masthead(one):
            found.setdefault(key, Said(one.text, Origin.VISIBLE, "headline" if one.is_marked else "h2" if one.is_minor else "h1"))
    return list(found.values())[:8]


def _is_masthead(one: Heading) -> bool:
    return "logo" in one.label or "site-title" in one.label or "masthead" in one.label


def _heading(headings: Sequence[Said[str]], stated: Sequence[Said[str]]) -> Said[str] | None:
    """The heading that what machines are told confirms best; a lone one that tells something needs little confirmation."""
    best, most = None, 0.0
    for one in headings:
        agreement = max((_WEIGHT.get(other.where, 1.0) * likeness(one.value, other.value) for other in stated), default=0.0)
        if agreement > most:
            best, most = one, agreement
    if best is not None and most >= (_SURELY if best.where == "h2" else _CONFIRMED):
        return best
    headings = [one for one in headings if one.where != "h2"]
    telling = [one for one in headings if _tells(one.value)]
    if len(telling) == 1 and (not stated or most > 0):
        return telling[0]
    return None


def _tells(text: str) -> bool:
    return len(text.split()) > _LEAST_WORDS or not text.isascii() and len(text) > 5


def _stated_part(heading: str, node: LexborNode | None, stated: Sequence[Said[str]]) -> str:
    """A heading without what else stands inside it, a label, a second line or the site's name, where machines are told the rest."""
    told = [one.value for one in stated if one.where != "title" and len(letters(one.value)) >= _TOLD]
    if any(" ".join(one.split()).casefold() == heading.casefold() for one in told):
        return heading
    keys = {letters(one) for one in told} - {letters(heading)}
    words = heading.split()
    cuts = [" ".join(words[extra:]) for extra in range(1, min(_KICKER, len(words) - 2) + 1)]
    if keys and node is not None and (nodes := _text_nodes(node))[1:]:
        cuts += [line("".join(nodes[:last])) for last in range(1, len(nodes))] + [
            line("".join(nodes[first:])) for first in range(1, len(nodes))
        ]
    return next((cut for cut in cuts if letters(cut) in keys), heading)


def _text_nodes(node: LexborNode) -> list[str]:
    found = islice((one.text_content or "" for one in node.traverse(include_text=True) if one.is_text_node), _MAX_TEXTS)
    return [text for text in found if text.strip()]


def likeness(one: str, other: str) -> float:
    """0 to 1: how much two titles say the same. One inside the other counts by its share, and words in common."""
    first, second = letters(one), letters(other)
    if not first or not second:
        return 0.0
    if first == second:
        return 1.0
    short, long = sorted((first, second), key=len)
    if len(short) > 8 and short in long:
        return 0.5 + 0.5 * len(short) / len(long)
    words, others = set(re.findall(r"\w{3,}", one.casefold())), set(re.findall(r"\w{3,}", other.casefold()))
    return len(words & others) / (len(words | others) or 1)


def site_of(title: str, headline: str) -> str:
    """The site's name, as it stands behind the headline in the `title` element: `Channel to be deepened_Harbour_Example News`; "" where none does."""
    rest = title[len(headline) :] if headline and title.startswith(headline) else ""
    name = _SITE_PARTS.split(rest)[-1].strip() if rest and not rest[0].isalnum() else ""
    return name if 1 < len(name) <= _SITE and len(name.split()) <= _SITE_WORDS and name.strip() != rest.strip() else ""


@lru_cache(maxsize=1024)  # most fields say the same title
def without_site(title: str, site: str, host: str = "") -> str:
    """A title without the site's name that follows or precedes it: the name itself, the host's, or a short last part."""
    marks = list(_SEPARATOR.finditer(title[:1000]))
    before, colon, behind = title.partition(": ")
    if not marks and not colon:
        return title
    keys = {key for key in (letters(site), letters(site).removeprefix("the"), _of_host(host)) if len(key) > 1}
    if colon and " " in before and letters(before) in keys:  # Example News: Channel to be deepened
        return behind.strip()
    for place, cut in enumerate(marks):  # all behind the first separator that the site's name follows
        if any(_names_site(part, keys) for part in _SEPARATOR.split(title[cut.end() :])[:1]) and cut.start() > 0:
            last = marks[place - 1] if place else cut
            is_label = place > 0 and _is_label(title[: last.start()], title[last.end() : cut.start()])
            return title[: (last if is_label else cut).start()].strip()
    if not marks:
        return title
    if _names_site(title[: marks[0].start()], keys):
        return title[marks[0].end() :].strip()
    last = marks[-1]
    tail, kept = title[last.end() :], title[: last.start()]
    if not site and len(tail.split()) <= 4 and len(tail) * 2 <= len(kept) and last.group().strip() != ":":
        return kept.strip()
    return title


def _is_label(title: str, tail: str) -> bool:
    """Is what stands between a title and the site's name a section or a mark: `Channel to be deepened - live - Example News`?"""
    return len(title.split()) >= _SENTENCE and (len(tail.split()) == 1 or bool(named(tail)))


def _of_host(host: str) -> str:
    """Its longest part, the top level aside: `example` of `news.example.co.uk`."""
    parts = [part for part in host.lower().split(".")[:-1] if part not in ("www", "co", "com", "org", "net", "m", "amp")]
    return letters(max(parts, key=len)) if parts else ""


def _names_site(part: str, keys: set[str]) -> bool:
    key = letters(part).removeprefix("the")
    return bool(key) and any(
        key == name or name in key and len(name) * 2 >= len(key) or key in name and len(key) * 2 >= len(name) for name in keys
    )

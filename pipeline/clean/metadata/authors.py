"""Who wrote it: what a page tells machines and shows readers, and which to believe. Pure. What a byline's text means is told by `people`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

from pipeline.clean.metadata import names
from pipeline.clean.metadata.around import Around, Shown
from pipeline.clean.metadata.head import Head
from pipeline.clean.metadata.jsonld import Graph, string, strings, types
from pipeline.clean.metadata.people import BEFORE_BY, MAX_BYLINE, MAX_LINE, MAX_PEOPLE, PLAIN, leads, may_be_byline, people
from pipeline.clean.metadata.said import Said, believed, letters
from pipeline.clean.metadata.words import BY, OUTLETS
from pipeline.text import bylines, credits, spelling
from pipeline.text.credits import Says
from schemas.article import Author, Origin, Provenance

_ORGANISATIONS = frozenset(("Organization", "NewsMediaOrganization", "Corporation", "Thing", "WebSite"))
_DEPARTMENTS = frozenset(
    "staff team news com net org de newsroom editors editorial editor online media desk webdesk digital group gmbh ltd inc".split()
)
_NEAR = 25
"""A byline's own parts are gathered within so many places of it."""
_SITE_PARTS = re.compile(r"\s+[-–—|:•·]\s+")
_TOP_LEVEL = re.compile(r"\.[a-z]{2,6}$")
_EXPLICIT = tuple(
    "posted by |written by |story by |author: |autor: |autorin: |geschrieben von |verfasst von |erstellt von |écrit par |escrito por ".split(
        "|"
    )
)
"""Behind these a lone word is somebody's name."""


def read(head: Head, around: Around, graph: Graph, sites: Sequence[str]) -> tuple[tuple[Author, ...], Provenance | None]:
    """The authors of a page, and how they are known. The site itself is no author."""
    found = _kept(_candidates(head, around, graph), sites)
    found = found or _kept(_credited(around.lines.texts), sites) or _kept(_of_lines(around.lines.near(may_be_byline)), sites)
    found = found or _kept(_shown(around.elsewhere), sites) or _kept(_of_lines(around.lines.below), sites)
    found = found or _kept(_signed(around.lines.signatures()), sites) or _kept(_beside(around.elsewhere), sites)
    if not found:
        return (), None
    chosen = next((one for one in found if any(author.name for author in one.value)), found[0])
    chosen = next((one for one in found if _says_more(one, chosen)), chosen)
    if all(_is_handle(author.name) for author in chosen.value):
        lines = _kept(_of_lines(around.lines.near(may_be_byline)), sites)
        chosen = next((one for one in (*found, *lines) if _is_spelt_out(one, chosen)), chosen)
    elif chosen.origin in (Origin.META, Origin.OPENGRAPH):
        chosen = next((one for one in found if _is_bare(one) and not _shares(one, chosen)), chosen)
    alone = 0.88 if chosen.origin is Origin.JSON_LD else 0.83 if chosen.origin in (Origin.VISIBLE, Origin.MICRODATA) else 0.73
    chosen = msgspec.structs.replace(chosen, given="")
    return chosen.value, believed(chosen, found, same=_same, alone=alone, differing_keeps=0.95)


def of_data(value: object) -> tuple[Author, ...]:
    """The people of an author field: names, objects with names, or lists of them."""
    return _of_things(Graph(), value) if value else ()


def _kept(found: Iterable[Said[tuple[Author, ...]]], sites: Sequence[str]) -> list[Said[tuple[Author, ...]]]:
    return [msgspec.structs.replace(one, value=kept) for one in found if (kept := _without_sites(one.value, sites))]


def _credited(texts: Sequence[str]) -> Iterable[Said[tuple[Author, ...]]]:
    """Texts that name an author behind a label, or in the next text, and those that name reporters."""
    for text, following in pairwise((*texts, "")):
        if ":" not in text and text.isascii():
            continue
        said = [value for says, value in credits.fields(text) if says is Says.AUTHOR]
        if said == [""] and len(following) <= MAX_LINE and not credits.fields(following) and following[-1:] not in (":", "："):
            said = [following]
        given = "、".join(filter(None, said)) or bylines.reporters_of(text)
        if given and (named := people(given, is_structured=True)):
            yield Said(named, Origin.VISIBLE, "text", text)


def _of_lines(lines: Sequence[str]) -> Iterable[Said[tuple[Author, ...]]]:
    """Lines that are a byline: short, and they say so; `By` may stand on a line of its own."""
    for place, line in enumerate(lines):
        if not may_be_byline(line):
            continue
        if line.casefold().rstrip(" :") in _BY and place + 1 < len(lines):
            line = f"{line} {lines[place + 1]}"
        line = line[max(line.find("| By "), 0) : MAX_LINE].lstrip(BEFORE_BY)
        is_explicit = line.casefold().startswith(_EXPLICIT)
        named = people(line, is_structured=is_explicit)
        if named and all(" " in one.name or not one.name.isascii() or is_explicit and one.name for one in named):
            yield Said(named, Origin.VISIBLE, "text", line)


def _beside(around: Around) -> Iterable[Said[tuple[Author, ...]]]:
    """The one person whom links to authors name that stand in a column beside the text."""
    named = {people(one.text) for one in around.bylines if "author" in (one.node.attributes.get("rel") or "")} - {()}
    if len(named) == 1:
        yield Said(named.pop(), Origin.VISIBLE, "rel=author")


def _signed(lines: Sequence[str]) -> Iterable[Said[tuple[Author, ...]]]:
    """A name below the text, and nothing else there."""
    for line in lines:
        if len(line.split()) in (2, 3) and len(named := people(line)) == 1 and named[0].name == line:
            yield Said(named, Origin.VISIBLE, "signature", line)


def _same(one: tuple[Author, ...], other: tuple[Author, ...]) -> bool:
    return {letters(author.name) for author in one} == {letters(author.name) for author in other}


def _says_more(one: Said[tuple[Author, ...]], chosen: Said[tuple[Author, ...]]) -> bool:
    """Is it a byline with its `By` that names all that the chosen one names, and others beside?"""
    return bool(one.given) and {letters(author.name) for author in one.value} > {letters(author.name) for author in chosen.value}


def _is_handle(name: str) -> bool:
    """Is it a name of one word: a login, a first name, a first and a last name run together?"""
    return bool(name) and " " not in name and name.isascii()


def _is_spelt_out(one: Said[tuple[Author, ...]], chosen: Said[tuple[Author, ...]]) -> bool:
    """Does it name as many, each with a first and a last name that the handle has a part of: `acoady`, `JaneDoe`, `Jane`?"""
    return len(one.value) == len(chosen.value) and all(
        " " in full.name and any(len(word) > 2 and letters(word) in letters(short.name) for word in full.name.split())
        for full, short in zip(one.value, chosen.value, strict=True)
    )


def _is_bare(one: Said[tuple[Author, ...]]) -> bool:
    """Is it a byline that is `By`, a plain name and nothing else? Machines are told who filed the page, now and then."""
    return len(one.value) == 1 and PLAIN.fullmatch(one.value[0].name) is not None and one.given.endswith(f" {one.value[0].name}")


def _shares(one: Said[tuple[Author, ...]], chosen: Said[tuple[Author, ...]]) -> bool:
    return any(letters(author.name) in letters(other.name) for author in one.value for other in chosen.value)


def _candidates(head: Head, around: Around, graph: Graph) -> Iterable[Said[tuple[Author, ...]]]:
    """What the page says, the most reliable first."""
    for name in ("author", "creator"):
        if value := graph.article.get(name):
            yield Said(_of_things(graph, value), Origin.JSON_LD, name)
    for name in names.AUTHORS:
        if values := head.meta.get(name):
            origin = Origin.OPENGRAPH if name.startswith(("article:", "og:")) else Origin.META
            yield Said(_joined(values), origin, name)
    for label, value in (("twitter:label1", "twitter:data1"), ("twitter:label2", "twitter:data2")):
        if head.first(label)[1].casefold().rstrip(" :") in _BY:
            yield Said(_joined([head.first(value)[1]]), Origin.META, value)
    if values := head.props.get("author"):
        yield Said(_joined(values), Origin.MICRODATA, "author")
    yield from _shown(around)


def _joined(values: Sequence[str]) -> tuple[Author, ...]:
    return _merged([people(value, is_structured=True) for value in values])


def _merged(lists: Iterable[tuple[Author, ...]]) -> tuple[Author, ...]:
    found: dict[str, Author] = {}
    for authors in lists:
        for one in authors:
            found.setdefault(letters(one.name) or one.agency, one)
    return tuple(found.values())[:MAX_PEOPLE]


def _flat(value: object) -> list[object]:
    """A list, of lists or of `@list`; anything else as a list of one."""
    if isinstance(value, dict) and "@list" in value:
        value = value["@list"]
    values = value if isinstance(value, list) else [value]
    return [inner for one in values for inner in (one if isinstance(one, list) else [one])]


def _of_things(graph: Graph, value: object) -> tuple[Author, ...]:
    """`author` of JSON-LD: a name, an object, a list of either, or a reference to one. Organisations are no people."""
    lists = []
    for one in _flat(value)[: MAX_PEOPLE * 2]:
        thing = graph.resolved(one)
        if isinstance(thing, dict) and types(thing) & _ORGANISATIONS:
            continue
        if isinstance(thing, dict):
            role = string(thing.get("jobTitle"))[:100]
            spelt = f"{string(thing.get('givenName'))} {string(thing.get('familyName'))}".strip()
            for name in strings(thing.get("name")) or [spelt]:
                authors = people(name, is_structured=True)
                lists.append(
                    tuple(msgspec.structs.replace(author, role=role) if role and not author.role else author for author in authors)
                )
        else:
            lists.append(people(string(thing), is_structured=True))
    return _merged(lists)


def _shown(around: Around) -> Iterable[Said[tuple[Author, ...]]]:
    """Bylines that readers see: those below the heading first, those about other stories never."""
    near = [one for one in around.bylines if not one.is_aside]
    below = [one for one in near if one.place > 0] or near
    if not below:
        return
    first = next((one for one in below if one.is_exact or leads().match(one.text)), below[0])
    first = next((one for one in below if first.text in one.text and len(one.text) <= MAX_BYLINE and one.place <= first.place), first)
    group = [one for one in below if 0 <= one.place - first.place <= _NEAR and one.text in first.text]
    exact = _merged(people(one.text, is_structured=True) for one in group if one.is_exact and len(one.text) < 60)
    whole = people(first.text, is_structured=first.is_exact) or _smallest(group) if not exact else ()
    if len(exact or whole) == 1:  # <li class="author">Jane Doe</li><li class="author">…
        alike = [
            one for one in below if 0 < one.place - first.place <= _NEAR and one.label and one.label == first.label and len(one.text) < 60
        ]
        exact = _merged([exact or whole, *(named for one in alike if PLAIN.fullmatch(one.text) and len(named := people(one.text)) == 1)])
    where = first.prop or first.label[:40] or "rel=author"
    yield Said(exact or whole, Origin.MICRODATA if first.prop else Origin.VISIBLE, where)
    for one in group:
        named = people(one.text) if leads().match(one.text) else ()
        if named and all(" " in author.name for author in named):
            yield Said(named, Origin.VISIBLE, one.label[:40], given=one.text)


def _smallest(group: Sequence[Shown]) -> tuple[Author, ...]:
    """The names of the smallest element of a byline that names anybody: around it stand buttons and a portrait."""
    for one in sorted(group, key=lambda one: len(one.text)):
        named = people(one.text)
        if named and all(" " in author.name for author in named):
            return named
    return ()


def _without_sites(authors: tuple[Author, ...], sites: Sequence[str]) -> tuple[Author, ...]:
    """Without the site or its publisher under their own names, or a department of theirs."""
    names = tuple(name for site in sites for name in (site, *_SITE_PARTS.split(site), _TOP_LEVEL.sub("", site)))
    keys = {key for name in names if len(key := letters(spelling.key(name)).removeprefix("the")) > 2}
    return tuple(
        msgspec.structs.replace(one, name=_without_end(one.name, names))
        for one in authors
        if not one.name or not any(_is_site(letters(spelling.key(one.name)).removeprefix("the"), key) for key in keys)
    )


def _without_end(name: str, sites: Sequence[str]) -> str:
    """`Jane Doe Example News`, on the site of that name."""
    for site in sites:
        if site and name.endswith(f" {site}") and " " in (kept := name[: -len(site)].rstrip(" ,–-")):
            return kept
    return name


def _is_site(name: str, key: str) -> bool:
    return (
        name == key
        or name.startswith(key)
        and name[len(key) :] in _DEPARTMENTS
        or name.endswith(key)
        and name[: -len(key)] in _OUTLETS
        or key.startswith(name)
        and key[len(name) :] in _DEPARTMENTS
    )


_BY = frozenset(BY)
_OUTLETS = frozenset(OUTLETS)

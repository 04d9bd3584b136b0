"""Who wrote it: bylines as they are printed, and names as machines are told, → people. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache

import msgspec

from pipeline.clean.metadata import dates, names
from pipeline.clean.metadata.around import Around, Shown
from pipeline.clean.metadata.head import Head
from pipeline.clean.metadata.jsonld import Graph, string, strings, types
from pipeline.clean.metadata.said import Said, believed, letters
from pipeline.clean.metadata.words import AND, BY, DESKS, LABELS, NOBODY, OUTLETS, PUBLISHED, ROLES, UPDATED
from pipeline.text import gazetteer, spelling
from pipeline.text.agencies import agency_of
from pipeline.text.whitespace import one_line
from schemas.article import Author, Origin, Provenance

_PARTICLES = frozenset(
    "de del della di da dos das du des la le les los van von der den dem ter ten te zu zum zur af av bin ibn ben al el ul bint abu st y e i el-sayed"
    " d o".split()
)
_ORGANISATIONS = frozenset(("Organization", "NewsMediaOrganization", "Corporation", "Thing", "WebSite"))
_DEPARTMENTS = frozenset(
    "staff team news com net org de newsroom editors editorial editor online media desk webdesk digital group gmbh ltd inc".split()
)
_NEAR = 25
"""A byline's own parts are gathered within so many places of it."""
_MAX_PEOPLE = 20
_MAX_LINE = 120
_MAX_BYLINE = 400
_ADDRESS = re.compile(r"\(?<?\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b>?\)?|(?:https?://|www\.)\S+|(?<!\w)@\w+")
_BRACKETS = re.compile(r"\(([^()]{1,60})\)|\[([^\[\]]{1,60})\]|^\W+|[\s,;|/·•–—:&-]+$")
_AFFILIATING = tuple("for|at|in|from|with|bei|für|aus|pour|à|para|per|dla|special to|as told to|is|was|has|covers|writes".split("|"))
_AFFILIATION = re.compile(rf"\s+(?:{'|'.join(_AFFILIATING)})\s+.*$", re.IGNORECASE)
_CREDENTIALS = re.compile(r"(?:,?\s+(?:(?!II|III|IV|VI)[A-Z]{2,4}|M\.D\.|Ph\.?D\.?|MBA|MSc|BSc))+$|^(?:MD|PhD|[A-Z]{2,4})$")
"""`MS, RDN, LD` behind a name."""
_FIRMS = ("GmbH", "Inc", "Ltd", "LLC", "AG", "KG", "Corp", "Company", "company", "Verlag", "Group")
_COMPANY = re.compile(rf"\b(?:{'|'.join(_FIRMS)}|S\.A|e\.\s?V)\b\.?$|^\S+\.[a-z]{{2,4}}$")
_SITE_PARTS = re.compile(r"\s+[-–—|:•·]\s+")
_TOP_LEVEL = re.compile(r"\.[a-z]{2,6}$")
_BEFORE_BY = " \xa0|·•–—-"
_EXPLICIT = tuple(
    "posted by |written by |story by |author: |autor: |autorin: |geschrieben von |verfasst von |erstellt von |écrit par |escrito por ".split(
        "|"
    )
)
"""Behind these a lone word is somebody's name."""
_INSIDE = re.compile(r"^.{3,60}?\s(?:By|BY)\s+(?=[A-ZÀ-Þ][^\W\d_]*\.?\s+[A-ZÀ-Þ])")
"""A section or a headline before a byline in one box: `Technology By Jane Doe`."""
_INITIALS = re.compile(r"(?<!\w)([A-Z])([A-Z])\s+(?=\1[a-zà-ÿ]+\s+\2[a-zà-ÿ])")
"""In place of a portrait: `JD Jane Doe`."""
_SOCIAL = re.compile(r"\s+(?:Twitter|Facebook|Instagram|LinkedIn|Email|E-Mail|Follow|Bio)$")
_LINKS = (
    "view",
    "read",
    "see",
    "follow",
    "show",
    "about",
    "all",
    "more",
    "learn",
    "visit",
    "click",
    "folge",
    "folgen",
    "weitere",
    "mehr",
    "alle",
    "voir",
    "ver",
)
"""First words of links beside names."""
_RULES = frozenset("guidelines policy policies standards process principles profile profil biography posts articles beiträge".split())
"""Last words of such links."""
_READING = re.compile(r"\b\d+\s*(?:min\b|minutes?\b|Min\.).*$", re.IGNORECASE)
_LEADING_AND = re.compile(r"^(?:and|&|und|et|y|e)\s+", re.IGNORECASE)
_COMMA = re.compile(r"\s*(?:[,;|/·•、，；\n]|\s[–—-]\s)\s*")


_PLAIN = re.compile(r"[A-Z][a-z]{2,20} (?:[A-Z]\.? )?[A-Z][a-z]{2,20}")
"""A first and a last name and nothing else, as most bylines are."""


def read(head: Head, around: Around, graph: Graph, sites: Sequence[str]) -> tuple[tuple[Author, ...], Provenance | None]:
    """The authors of a page, and how they are known. The site itself is no author."""
    found = _kept(_candidates(head, around, graph), sites)
    found = found or _kept(_of_lines(around.lines(_may_be_byline)), sites) or _kept(_shown(around.elsewhere), sites)
    if not found:
        return (), None
    chosen = next((one for one in found if any(author.name for author in one.value)), found[0])
    chosen = next((one for one in found if _says_more(one, chosen)), chosen)
    if all(_is_handle(author.name) for author in chosen.value):
        lines = _kept(_of_lines(around.lines(_may_be_byline)), sites)
        chosen = next((one for one in (*found, *lines) if _is_spelt_out(one, chosen)), chosen)
    elif chosen.origin in (Origin.META, Origin.OPENGRAPH):
        chosen = next((one for one in found if _is_bare(one) and not _shares(one, chosen)), chosen)
    alone = 0.88 if chosen.origin is Origin.JSON_LD else 0.83 if chosen.origin in (Origin.VISIBLE, Origin.MICRODATA) else 0.73
    chosen = msgspec.structs.replace(chosen, given="")
    return chosen.value, believed(chosen, found, same=_same, alone=alone, differing_keeps=0.95)


def _kept(found: Iterable[Said[tuple[Author, ...]]], sites: Sequence[str]) -> list[Said[tuple[Author, ...]]]:
    return [msgspec.structs.replace(one, value=kept) for one in found if (kept := _without_sites(one.value, sites))]


def _may_be_byline(text: str) -> bool:
    """Is it short, and begins with a word for *by*? The word is looked up before the pattern is tried: most lines begin with another."""
    if len(text) > _MAX_LINE:
        return False
    text = text.lstrip(_BEFORE_BY)
    first = text.partition(" ")[0].casefold().rstrip(":：")
    if first in _FIRST_WORDS or text.startswith(_UNPARTED):
        match = _leads().match(text)
        if match is not None and match.end() > 1:
            return True
    if first in _FIRST_STAMPED or text[:1].isdigit():  # Posted on May 1, 2024 by Jane Doe
        span = dates.date_span(text)
        return span is not None and span[0] < 25 and _may_be_byline(text[span[1] :].lstrip(" ,.|@–-"))
    parted = f"{text} ".find("| By ")
    return parted > 0 and _may_be_byline(text[parted:])


def _of_lines(lines: Sequence[str]) -> Iterable[Said[tuple[Author, ...]]]:
    """Lines that are a byline: short, and they say so; `By` may stand on a line of its own."""
    for place, line in enumerate(lines):
        if not _may_be_byline(line):
            continue
        if line.casefold().rstrip(" :") in _BY and place + 1 < len(lines):
            line = f"{line} {lines[place + 1]}"
        line = line[max(line.find("| By "), 0) : _MAX_LINE].lstrip(_BEFORE_BY)
        is_explicit = line.casefold().startswith(_EXPLICIT)
        named = people(line, is_structured=is_explicit)
        if named and all(" " in one.name or not one.name.isascii() or is_explicit and one.name for one in named):
            yield Said(named, Origin.VISIBLE, "text", line)


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
    return len(one.value) == 1 and _PLAIN.fullmatch(one.value[0].name) is not None and one.given.endswith(f" {one.value[0].name}")


def _shares(one: Said[tuple[Author, ...]], chosen: Said[tuple[Author, ...]]) -> bool:
    return any(letters(author.name) in letters(other.name) for author in one.value for other in chosen.value)


def _candidates(head: Head, around: Around, graph: Graph) -> Iterable[Said[tuple[Author, ...]]]:
    """What the page says, the most reliable first."""
    yield Said(_of_things(graph, graph.article.get("author") or graph.article.get("creator")), Origin.JSON_LD, "author")
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
    return tuple(found.values())[:_MAX_PEOPLE]


def _of_things(graph: Graph, value: object) -> tuple[Author, ...]:
    """`author` of JSON-LD: a name, an object, a list of either, or a reference to one. Organisations are no people."""
    lists = []
    for one in value[: _MAX_PEOPLE * 2] if isinstance(value, list) else [value]:
        thing = graph.resolved(one)
        if isinstance(thing, dict) and types(thing) & _ORGANISATIONS:
            continue
        if isinstance(thing, dict):
            role = string(thing.get("jobTitle"))[:100]
            for name in strings(thing.get("name")):
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
    first = next((one for one in below if one.is_exact or _leads().match(one.text)), below[0])
    first = next((one for one in below if first.text in one.text and len(one.text) <= _MAX_BYLINE and one.place <= first.place), first)
    group = [one for one in below if 0 <= one.place - first.place <= _NEAR and one.text in first.text]
    exact = _merged(people(one.text, is_structured=True) for one in group if one.is_exact and len(one.text) < 60)
    whole = people(first.text, is_structured=first.is_exact) or _smallest(group) if not exact else ()
    if len(exact or whole) == 1:  # <li class="author">Jane Doe</li><li class="author">…
        alike = [
            one for one in below if 0 < one.place - first.place <= _NEAR and one.label and one.label == first.label and len(one.text) < 60
        ]
        exact = _merged([exact or whole, *(named for one in alike if _PLAIN.fullmatch(one.text) and len(named := people(one.text)) == 1)])
    where = first.prop or first.label[:40] or "rel=author"
    yield Said(exact or whole, Origin.MICRODATA if first.prop else Origin.VISIBLE, where)
    for one in group:
        named = people(one.text) if _leads().match(one.text) else ()
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
    names = (name for site in sites for name in (site, *_SITE_PARTS.split(site), _TOP_LEVEL.sub("", site)))
    names = tuple(names)
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


@lru_cache(maxsize=2048)  # the same line comes from several fields and elements
def people(text: str, *, is_structured: bool = False) -> tuple[Author, ...]:
    """The people of a byline or an author field, roles and agencies apart from names; () where it names nobody.

    `is_structured`: a machine's field, where a lone word may be a name: `uriebe`. In what readers see it is a label more often.
    """
    if _PLAIN.fullmatch(text) and _not_plain().isdisjoint(text.casefold().split()) and agency_of(text) is None:
        return (Author(name=text),)
    text = one_line(text[: _MAX_BYLINE * 2])[:_MAX_BYLINE]
    text = _ADDRESS.sub(" ", text)
    if (span := dates.date_span(text)) is not None:  # `Ama Mensah May 1, 2024`, `Posted on May 1, 2024 by Ama Mensah`
        behind = text[span[1] :].lstrip(" ,.|@:0123456789UhrampAMP")
        text = behind if _may_be_byline(behind) else text[: span[0]]
    text = _INITIALS.sub(" · ", _READING.sub("", text))
    text = _leads().sub("", _INSIDE.sub("", text).strip(), count=1)
    text = _ends().sub("", text)
    found: list[Author] = []
    pieces = _pieces(text)
    if len(pieces) > 1 and gazetteer.country_code(pieces[-1]):
        return ()  # an imprint: a house, its town, its country
    for place, piece in enumerate(pieces):
        if place == 0 and _COMPANY.search(piece):
            break  # an imprint: a firm, its town, its country
        _take(found, piece, is_structured)
        if len(found) >= _MAX_PEOPLE:
            break
    return tuple(dict.fromkeys(found))


def _pieces(text: str) -> list[str]:
    """A list of names parted. `and` parts full names only: `Gitte and Bo` may be one blog."""
    agency = next((mark for match in _BRACKETS.finditer(text) if (mark := match[1] or match[2]) and agency_of(mark)), "")
    text = _BRACKETS.sub("", _leads().sub("", text.strip(), count=1)).strip()
    parts = [part.strip() for part in _COMMA.split(text) if part.strip()]
    if len(parts) == 2 and all(" " not in part and part[:1].isupper() and part.isalpha() for part in parts) and "," in text:
        parts = [f"{parts[1]} {parts[0]}"]  # Doe, Jane
    pieces: list[str] = []
    for part in parts:
        part = _LEADING_AND.sub("", part)
        names = _ands().split(part)
        is_list = len(parts) > 1 or all(" " in name.strip() or not name.isascii() or agency_of(name) for name in names)
        pieces += names if is_list else [part]
    return [piece for piece in pieces if piece.strip()] + ([agency] if agency else [])


def _take(found: list[Author], piece: str, is_structured: bool) -> None:
    piece = _leads().sub("", piece.strip(" \t'\""), count=1)
    agency = agency_of(piece)
    if agency is not None:
        if found and not found[-1].agency:
            found[:] = [one if one.agency else Author(name=one.name, role=one.role, agency=agency.name) for one in found]
        elif not found:
            found.append(Author(name="", agency=agency.name))
        return
    if found and found[-1].name and piece.split()[-1:] and piece.split()[-1].casefold() in _OUTLETS:
        return  # Jane Doe, The Example Times
    name, role = _split_role(_BRACKETS.sub("", _AFFILIATION.sub("", piece)).strip())
    name = _SOCIAL.sub("", _CREDENTIALS.sub("", name))
    name, of = _without_agency(_once(name))
    if not name:
        if role and found and not found[-1].role:
            found[-1] = Author(name=found[-1].name, role=role, agency=found[-1].agency)
        return
    if " " not in name and name.isascii() and any(" " in one.name for one in found):
        return  # beside a full name a lone word is a part of a role: `Data and Graphics Journalist`
    if is_name(name, is_structured=is_structured):
        if found and not found[0].name and len(found) == 1:
            found[0] = Author(name=name, role=role, agency=found[0].agency)
        elif not any(letters(name).endswith(letters(one.name)) for one in found):  # once more, as in `LD Jane Doe`
            found.append(Author(name=name, role=role, agency=of))


def _once(name: str) -> str:
    """`Jane Doe Jane Doe` → `Jane Doe`: a portrait's text, a link and a card."""
    words = name.split()
    part = next((words[:count] for count in range(2, len(words) // 2 + 1) if words[:count] * (len(words) // count) == words), words)
    return " ".join(part)


def _without_agency(name: str) -> tuple[str, str]:
    """`Jane Doe Associated Press` → name and agency: behind a first and a last name."""
    words = name.split()
    for count in range(min(4, len(words) - 2), 0, -1):
        if (agency := agency_of(" ".join(words[-count:]))) and not agency.is_word:
            return " ".join(words[:-count]), agency.name
    return name, ""


def _split_role(text: str) -> tuple[str, str]:
    """`Jane Doe Staff Writer`, `Staff Writer Jane Doe`, `Senior Editor` → name and role."""
    words = text.split()
    is_role = [word.casefold().strip(".,:").rpartition("-")[2] in _ROLES for word in words]
    if not any(is_role):
        return text, ""
    if all(is_role):
        return "", text
    if _is_caseless(text):
        both = tuple(zip(words, is_role, strict=True))
        return " ".join(word for word, flag in both if not flag), " ".join(word for word, flag in both if flag)
    if is_role[-1] and len(words) - is_role.count(True) < 2:
        return "", text
    last = next((place for place in range(len(words), 0, -1) if not is_role[place - 1]), 0)
    first = next((place for place, flag in enumerate(is_role) if not flag), 0)
    if last < len(words):
        return (" ".join(words[:last]), " ".join(words[last:])) if last >= 2 else ("", text)
    if first and len(words) - first >= 2:
        return " ".join(words[first:]), " ".join(words[:first])
    return text, ""


def is_name(text: str, *, is_structured: bool) -> bool:
    """May it be what somebody is called?"""
    words = text.split()
    if not 2 <= len(text) <= 60 or not 1 <= len(words) <= 7 or any(sign.isdigit() for sign in text) or not any(map(str.isalpha, text)):
        return False
    if text.casefold() in _NOBODY or text.startswith(("#", "/", "<", "{")) or any(sign in text for sign in '?!<>{}="“”…©'):
        return False
    if len(text) <= 3 and text.isupper():
        return False
    if text.endswith(".") and len(words) > 4 or ": " in text:
        return False
    first, last = words[0].casefold(), words[-1].casefold()
    if first in _DESKS or last in _DESKS or last in _RULES and len(words) > 1 or first in _LINKS and (len(words) > 1 or not is_structured):
        return False
    if is_structured:
        return len(words) < 3 or not words[0].islower() or words[0] in _PARTICLES or text.islower()  # `wir sind die Zeitung`
    if _is_caseless(text):
        return True
    return len(words) >= 2 and all(
        word[:1].isupper() or word.casefold() in _PARTICLES or not word[:1].isalpha() or word[:2].casefold() in ("d'", "d’", "l'", "al")
        for word in words
    )


def _is_caseless(text: str) -> bool:
    """Is it in a script without capitals?"""
    return not text.isascii() and not any(sign.isupper() or sign.islower() for sign in text)


def alternatives(table: Iterable[str]) -> str:
    """A regular expression for any of these phrases."""
    return "|".join(map(re.escape, table))


@cache
def _leads() -> re.Pattern[str]:
    """`By `, `Text: `, `文/`, and `ByJane`: between the two stood an element's edge."""
    words = alternatives(BY)
    labels = alternatives(LABELS)
    return re.compile(
        rf"^(?i:{labels})\s*[:：]\s*|^(?:(?i:{words})(?:\s*[:：/／・]\s*|\s+(?!of\b)|$|(?=[A-ZÀ-Ý][a-zà-ÿ])))+|^[–—|,;:·•-]+\s*"
    )


@cache
def _ends() -> re.Pattern[str]:
    return re.compile(rf"(?:^|(?<=[\s|·•–-]))(?:{alternatives((*PUBLISHED, *UPDATED))})(?!\w).*$", re.IGNORECASE)


@cache
def _ands() -> re.Pattern[str]:
    return re.compile(rf"\s+(?:{alternatives(AND)})\s+|\s*[;、]\s*", re.IGNORECASE)


@cache
def _not_plain() -> frozenset[str]:
    """Words that mean something in a byline."""
    tables = (BY, AND, PUBLISHED, UPDATED, ROLES, NOBODY, OUTLETS, _AFFILIATING, _FIRMS)
    return frozenset(word for table in tables for phrase in table for word in phrase.casefold().split())


_BY = frozenset(BY)
_FIRST_WORDS = frozenset(phrase.split()[0] for phrase in (*BY, *LABELS))
_FIRST_STAMPED = frozenset(phrase.split()[0] for phrase in PUBLISHED)
_UNPARTED = tuple(phrase for phrase in BY if ord(phrase[0]) > 0x2E80)
"""Those of scripts that part no words."""
_OUTLETS = frozenset(OUTLETS)
_ROLES = frozenset(ROLES)
_DESKS = frozenset(DESKS)
_NOBODY = frozenset(NOBODY)

"""The text of a page that scripts would show, from the data that it brings along: `__NEXT_DATA__`, `application/json`, `window.__STATE__`,
`JSON.parse("…")`, `__next_f.push(…)`, `data-props`. Pure.

No shape is known beforehand. Strings that are prose are grouped by where they stand, list positions aside; the group with the most is the text.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from selectolax.lexbor import LexborHTMLParser

from pipeline.clean.metadata.jsonld import Thing, parse
from pipeline.clean.metadata.names import BESIDE, plain
from pipeline.text.later import later
from pipeline.text.whitespace import size

_MAX_JSON = 3_000_000
_MAX_SCRIPTS = 60
_MAX_VALUES = 60_000
_MAX_DEPTH = 40
_LEAST = 400
"""Characters: less is no article."""
_SENTENCE = 40
_MAX_ASSIGNED = 30
_DECODER = json.JSONDecoder(strict=False)
_ASSIGNED = later(r"(?:window|self|globalThis|var|let|const)\s*[.\[ ]\s*[\"']?(\w{3,60})[\"']?\]?\s*=\s*(?=[{\[])")
_ASSIGNED_SOMEHOW = re.compile(r"[\w$\]]\s*=\s*(?=[{\[]|JSON\.parse\()")
_QUOTED = later(r"JSON\.parse\(\s*(\"(?:[^\"\\]|\\.)*\")")
_STREAMED = re.compile(r"__next_f\.push\(\[1,\s*(\"(?:[^\"\\]|\\.)*\")\]\)")
"""What React's server components send in pieces: lines of `id:json`."""
_ATTRIBUTES = "[data-react-props],[data-props],[data-page],[data-state],[data-initial-state],[data-initial-data]"
"""Where react-rails, Inertia and their like put a page's data."""
_BODY = frozenset(
    "body articlebody content contents text html bodyhtml bodytext paragraphs elements blocks story article fulltext copy components".split()
)
_NOT_BODY = frozenset(
    "related comments comment teasers recommended recirc navigation footer seo meta bio description summary caption captions legal"
    " right left next previous prev other others similar".split()
)
_WORDS = re.compile(r"[a-z]+|[A-Z][a-z]*")
Path = tuple[str | int, ...]


def read(parser: LexborHTMLParser, *, is_shell: bool) -> tuple[str, Thing]:
    """The longest text in the page's data, as HTML or as paragraphs parted by blank lines, and the object that says who wrote it, or when it came
    out, and holds it; ("", {}) where none is an article's length. `is_shell`: the page shows no text at all, so all that its scripts hold is asked.
    """
    best, most = "", float(_LEAST)
    holder: tuple[object, Path] = (None, ())
    for value in _values(parser, is_shell=is_shell):
        text, weight, path = _longest(value)
        if weight > most:
            best, most, holder = text, weight, (value, path)
    return best, _holder(*holder)


def _holder(value: object, path: Path) -> Thing:
    """The innermost object on the way to the text that says something of it."""
    found: Thing = {}
    for step in path:
        if isinstance(value, dict):
            found = value if any(one and plain(str(name)) in BESIDE for name, one in value.items()) else found
            value = value.get(step, value.get(str(step)))
        else:
            value = value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else None
    return found


def _values(parser: LexborHTMLParser, *, is_shell: bool) -> Iterator[object]:
    streamed: list[str] = []
    for node in parser.css("script")[:_MAX_SCRIPTS]:
        attributes = node.attributes
        if attributes.get("src"):
            continue
        text = node.text()
        if not (len(text) > _LEAST or "__next_f" in text) or len(text) > _MAX_JSON:
            continue
        kind = (attributes.get("type") or "").lower()
        if "json" in kind and "ld+json" not in kind:
            yield parse(text)
        elif not kind or "javascript" in kind:
            streamed += [said for one in (_STREAMED.findall(text) if is_shell else ()) if isinstance(said := parse(one), str)]
            yield from (
                _assigned(text) if is_shell else (parse(text[found.end() :]) for found in islice(_ASSIGNED.finditer(text, 0, 5000), 1))
            )
    yield [parse(line.partition(":")[2]) for line in "".join(streamed)[:_MAX_JSON].split("\n") if " " in line]
    for node in parser.css(_ATTRIBUTES)[:_MAX_SCRIPTS]:
        for name, said in node.attributes.items():
            if name.startswith("data-") and said and said.startswith(("{", "[")) and _LEAST < len(said) <= _MAX_JSON:
                yield parse(said)


def _assigned(text: str) -> Iterator[object]:
    """Each value in JSON that a script assigns, or parses from a string."""
    at = 0
    for _ in range(_MAX_ASSIGNED):
        found = _ASSIGNED_SOMEHOW.search(text, at)
        if found is None:
            return
        at = found.end()
        if quoted := _QUOTED.match(text, at):
            at = quoted.end()
            if isinstance(said := parse(quoted[1]), str):
                yield parse(said)
        else:
            with suppress(ValueError, RecursionError):
                value, at = _DECODER.raw_decode(text, at)
                yield value


def _longest(value: object) -> tuple[str, float, Path]:
    """The group of strings with the most prose, its weight, and where its first stands."""
    groups: dict[Path, list[tuple[Path, str]]] = defaultdict(list)
    for path, text in _strings(value):
        groups[tuple("*" if isinstance(step, int) else step for step in path)].append((path, text))
    best, most = "", 0.0
    place: Path = ()
    for shape, members in groups.items():
        members = [(path, text) for path, text in members if not text.lstrip().startswith(("{", "["))]  # settings, as JSON in a string
        prose = sum(length for _, text in members if (length := size(text)) >= _SENTENCE)
        names = {word.lower() for step in shape if isinstance(step, str) for word in (step, *_WORDS.findall(step))}
        weight = prose * (2 if names & _BODY else 1) * (0.05 if names & _NOT_BODY else 1)
        if prose >= _LEAST and weight > most:
            best, most, place = _joined(members), weight, members[0][0]
    return best, most, place


def _joined(members: list[tuple[Path, str]]) -> str:
    """Paragraphs; strings that differ in their last position only are runs of one paragraph, where they are short of sentences."""
    if len(members) == 1:
        return members[0][1]
    paragraphs: dict[Path, list[str]] = {}
    indices = [tuple(step for step in path if isinstance(step, int)) for path, _ in members]
    has_runs = max(map(len, indices)) > 1
    for index, (_, text) in zip(indices, members, strict=True):
        paragraphs.setdefault(index[:-1] if has_runs else index, []).append(text)
    return "\n\n".join("".join(runs) for runs in paragraphs.values())


def _strings(value: object) -> Iterator[tuple[Path, str]]:
    """All strings that may be text, in the order of the data."""
    left = _MAX_VALUES
    open_: list[tuple[Path, object]] = [((), value)]
    while open_ and left > 0:
        path, one = open_.pop()
        left -= 1
        if isinstance(one, str):
            if " " in one and not one.startswith(("http", "{", "function")) or len(one) > 30 and not one.isascii():
                yield path, one
        elif len(path) < _MAX_DEPTH:
            if isinstance(one, list):
                open_ += [((*path, place), item) for place, item in reversed(list(enumerate(one[:2000])))]
            elif isinstance(one, dict):
                open_ += [((*path, _step(str(name))), item) for name, item in reversed(list(one.items())[:500])]


def _step(name: str) -> str | int:
    """Objects whose names are numbers are lists."""
    return int(name) if len(name) < 6 and name.isascii() and name.isdecimal() else name

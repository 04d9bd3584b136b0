"""What is new at a source: one file a kind, each exposing one value, SOURCE.

    url, feed     asked over HTTP by the pump; the kind *reads* the answer          read(asked, document, parse) -> Look
    folder        does its own I/O, in a scan                                       look(asked, reach) -> Look

A Look lists what was found; what of it is new is for the frontier to say (pipeline/storage/frontier.py). Kinds never write to the database.
Third parties add kinds through the entry points `newswire.sources`; tests/pipeline/sources/test_contract.py runs over all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules

import msgspec

from pipeline.errors import Misconfigured, NewswireError
from schemas.article import Draft
from schemas.document import Document, Entry, Listing
from schemas.source import Setting

Parse = Callable[[Document], Listing | tuple[Draft, ...]]
"""`pipeline.formats.read`: handed in, since stages never import one another."""
Known = Callable[[Sequence[str]], Mapping[str, Entry]]
"""What was seen last under each of these keys."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A source as its kind sees it."""

    name: str
    location: str
    language: str = ""
    settings: dict[str, Setting] = {}
    cursor: dict[str, object] = {}
    """What the last look wanted to be remembered."""


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """What a look of its own I/O may use."""

    known: Known
    now: datetime
    max_body_bytes: int
    only: str = ""
    """A key: look at this one again, known or not."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One thing at a source."""

    entry: Entry
    hash: str
    """Of what the source says of it: another one means that it changed."""
    document: Document | None = None
    """The whole of it, where the look brought it; None: its page is owed."""
    trouble: NewswireError | None = None
    """Why it can't be had. Its neighbours can."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What one look at a source found, in its order."""

    found: tuple[Found, ...]
    listed: int
    """How much there is: what is known and unchanged need not be in `found`."""
    cursor: dict[str, object] = {}
    """To be remembered, in the transaction that stores what was found."""
    notes: tuple[str, ...] = ()
    """What was mended or left out, one sentence each."""
    more: bool = False
    """There is more than one look may carry: look again at once, from what `cursor` says on."""
    again_s: float | None = None
    """Look again so soon: something is not complete yet."""


Read = Callable[[Asked, Document, Parse], Look]
OwnLook = Callable[[Asked, Reach], Look]


class SourceKind(msgspec.Struct, frozen=True, kw_only=True):
    """What one file of this folder exposes. Either `read` or `look` is given."""

    name: str
    rhythm_s: float
    """Seconds between two polls, unless its operator says otherwise."""
    check: Callable[[str], str]
    """A location as it is stored: normal, absolute. Raises Misconfigured."""
    settings: Callable[[Mapping[str, Setting]], dict[str, Setting]]
    """Its own settings, checked and filled. Raises Misconfigured, naming the one that is wrong."""
    read: Read | None = None
    look: OwnLook | None = None


@cache
def kinds() -> dict[str, SourceKind]:
    """All kinds by name: the files of this folder, then entry points. Raises Misconfigured where an entry point is none."""
    found: dict[str, SourceKind] = {}
    for module in iter_modules(__path__):
        value = getattr(import_module(f"{__name__}.{module.name}"), "SOURCE", None)
        if isinstance(value, SourceKind):
            found[value.name] = value
    for point in entry_points(group="newswire.sources"):
        value = point.load()
        if not isinstance(value, SourceKind):
            raise Misconfigured(f"The entry point {point.name} = {point.value} of newswire.sources is no SourceKind.")
        found.setdefault(value.name, value)
    return found


def kind(name: str) -> SourceKind:
    """A kind by its name. Raises Misconfigured, naming those that there are."""
    if name not in kinds():
        raise Misconfigured(f"{name!r} is no kind of source.", hint=f"There are: {', '.join(sorted(kinds()))}.")
    return kinds()[name]


def no_settings(given: Mapping[str, Setting]) -> dict[str, Setting]:
    """For kinds that have none of their own."""
    return known_settings(given, {})


def known_settings(given: Mapping[str, Setting], choices: Mapping[str, Sequence[Setting]]) -> dict[str, Setting]:
    """Settings that take one of some values, the first by default. Raises Misconfigured."""
    for name, value in given.items():
        if name not in choices:
            known = f"It has {', '.join(choices)}." if choices else "It has none."
            raise Misconfigured(f"{name!r} is no setting of this kind of source.", hint=known)
        if value not in choices[name]:
            raise Misconfigured(f"{name} = {value!r} is none of {', '.join(map(repr, choices[name]))}.")
    return {name: given.get(name, values[0]) for name, values in choices.items()}

"""The stories, as TOML files: one file a story, with all its versions in the order in which they come. All invented, all our own writing.

A file's keys: `house`, `place` (as the dateline prints it), `located`, `language`, `byline`, `keywords`, `related` (what is linked between
paragraphs), a `[picture]` with `caption` and `credit`, and `[[version]]`s, each with `name`, `headline`, `body` (paragraphs parted by
blank lines), and where it has them `note` (words to editors), `urgency` (1 flash … 9), `mark` (before the headline).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, kw_only=True)
class Version:
    """One text of a story."""

    name: str
    headline: str
    paragraphs: tuple[str, ...]
    note: str = ""
    mark: str = ""
    urgency: int = 5


@dataclass(frozen=True, kw_only=True)
class Story:
    """A story with all that its house will put out of it."""

    slug: str
    house: str
    place: str
    located: str
    versions: tuple[Version, ...]
    language: str = "en"
    byline: str = ""
    keywords: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    caption: str = ""
    credit: str = ""

    def version(self, name: str) -> Version:
        """Raises KeyError, naming what there is."""
        for version in self.versions:
            if version.name == name:
                return version
        raise KeyError(f"{self.slug} has no version {name!r}: it has {', '.join(version.name for version in self.versions)}")


@cache
def stories() -> dict[str, Story]:
    """All of them, by slug: the file's name."""
    folder = resources.files(__package__ or "press.stories")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return {story.slug: story for story in (_story(file.name.removesuffix(".toml"), file.read_text(encoding="utf-8")) for file in files)}


def _story(slug: str, toml: str) -> Story:
    values = tomllib.loads(toml)
    picture = values.pop("picture", {})
    versions = tuple(
        Version(
            name=one["name"],
            headline=one["headline"],
            paragraphs=paragraphs(one["body"]),
            note=one.get("note", ""),
            mark=one.get("mark", ""),
            urgency=one.get("urgency", 5),
        )
        for one in values.pop("version")
    )
    return Story(
        slug=slug,
        versions=versions,
        keywords=tuple(values.pop("keywords", ())),
        related=tuple(values.pop("related", ())),
        caption=picture.get("caption", ""),
        credit=picture.get("credit", ""),
        **values,
    )


def paragraphs(body: str) -> tuple[str, ...]:
    """Parted by blank lines; a line break within one is a space."""
    return tuple(" ".join(part.split()) for part in body.strip().split("\n\n"))

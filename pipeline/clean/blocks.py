"""What a body is made of before the rules of wire text are applied."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from schemas.article import BlockKind, TextLink


class Role(StrEnum):
    """What markup says that a block is; plain text says nothing, so all of it is PARAGRAPH."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    LIST_ITEM = "list item"
    CAPTION = "caption"
    LINK = "link"
    """A paragraph whose whole text is one link."""


PARAGRAPH, HEADING, LIST_ITEM, CAPTION, LINK = Role
"""For what asks once a block: in Python 3.11 an enumeration's attribute costs six times as much as a name."""


class Block(msgspec.Struct, frozen=True):
    """One block of text, white space collapsed but in code of several lines. Never empty but for an embed, and a picture without a caption."""

    text: str
    role: Role = Role.PARAGRAPH
    url: str = ""
    """For LINK: where it leads. For a picture: where it is. For an embed: what it shows."""
    kind: BlockKind = BlockKind.PARAGRAPH
    level: int = 0
    time: str = ""
    links: tuple[TextLink, ...] = ()

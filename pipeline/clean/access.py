"""How much of an article a page gave us: all, the beginning, or none because something else stands in its place. Pure.

What stands in its place is known by its words, in many languages; they count only where the page holds little prose, so that a story about
captchas is a story.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pipeline.clean.access_words import CHALLENGE, CONSENT, ERROR, GATE, LOGIN, MORE
from pipeline.clean.blocks import Block
from pipeline.clean.metadata import Metadata
from pipeline.text.later import later
from schemas.article import Access

_MUCH = 1500
"""Characters of prose above which nothing stands in an article's place."""
LITTLE = 600
"""Characters of prose that a teaser has at most."""
_BARE = 200
"""Characters of prose below which the page is what its short lines say; above it, a banner beside a text is only a banner."""
_GATED = 3500
"""Characters of prose above which a gate's words are an invitation at the end of a text, not its end."""
_SHORT_LINE = 240
_PARAGRAPH = 100
"""What is said above the first line of this length is the page's, not the text's."""
_BARE_MORE = later(r"(?:…|\.\.\.|\[)\s*more$")
"""`… and more` ends a list, `… more` leads on."""
_FIRST_LINES = 14
_OTHER_WORDS = 4
LEAST_PROSE = 120
"""Characters of prose below which a page that does not call itself an article holds none."""
_BRIEF = 60
"""Characters of prose that are enough in a page's only `article`, below its headline."""
_AFTER_MORE = " .…]»>)→"
_LINKS = 20


class Judgement(msgspec.Struct, frozen=True):
    """`reason` completes a sentence: *The page …*; empty for FULL."""

    access: Access
    reason: str = ""
    hint: str = ""


def judge(
    said: Metadata,
    lines: Sequence[str],
    kept: Sequence[str],
    *,
    prose: int,
    links: int = 0,
    below: str = "",
    is_brief: bool = False,
    buttons: Sequence[str] = (),
) -> Judgement:
    """Judge a page by what it says of itself, its lines of text, those of them that were taken for the article, and their running text.

    `prose`: characters; `links`: how many the page has; `below`: a link right below the text, or, below a short one, a button;
    `is_brief`: its one `article` is the text; `buttons`: the words of those below its first paragraph.
    """
    if prose < _MUCH and (blocked := _blocked(said, lines, kept, prose)):
        return blocked
    if prose < LEAST_PROSE and not (said.is_article and prose >= 30 or is_brief and prose >= _BRIEF):
        return Judgement(Access.BLOCKED, f"holds no article: {_what(lines, prose, links)}.")
    return _partial(said, lines, kept, prose, below, buttons) or Judgement(Access.FULL)


def _blocked(said: Metadata, lines: Sequence[str], kept: Sequence[str], prose: int) -> Judgement | None:
    """Is something else served in the article's place?"""
    shown = [said.title, *lines[:_FIRST_LINES]]
    short = [text for text in shown if text and len(text) < _SHORT_LINE]
    instead = short if prose < _BARE else kept
    if prose >= _BARE or said.title:  # a headline may begin with such words; then others follow
        short = [text for text in short if not _is_headline(text, said.title)]
    if not said.is_article and (told := _find(CHALLENGE, short)):
        return Judgement(
            Access.BLOCKED, f"is a challenge page, not an article: it says {told!r}.", "Ask the publisher for a feed or access."
        )
    if not said.is_article and (told := _find(ERROR, short[:5], at_start=True)):
        return Judgement(Access.BLOCKED, f"is an error page served as a page: it says {told!r}.", "Look whether its address still holds.")
    if prose < LITTLE and (told := _find(CONSENT, instead)):
        return Judgement(Access.BLOCKED, f"is a consent wall, not an article: it says {told!r}.", "Ask the publisher for a feed or access.")
    if prose < LITTLE and not said.is_article and (told := _find(LOGIN, instead)):
        return Judgement(Access.BLOCKED, f"asks for a login in place of an article: it says {told!r}.", "Ask the publisher for access.")
    return None


def _is_headline(text: str, title: str) -> bool:
    """Is it the page's title, or a part of it, and says more than such a page would: words besides those that name it?"""
    folded = _folded(text)
    if not title or folded not in _folded(title) and _folded(title) not in folded:
        return False
    for phrase in sorted((*CHALLENGE, *ERROR), key=len, reverse=True):
        if phrase in folded:
            folded = folded.replace(phrase, " ")
    return len(folded.split()) >= _OTHER_WORDS


def _partial(said: Metadata, lines: Sequence[str], kept: Sequence[str], prose: int, below: str, buttons: Sequence[str]) -> Judgement | None:
    """Is only the beginning there? One clear sign suffices; a paywall's mark alone does not, as many send the text along."""
    gate = ""
    if prose < _GATED:
        start = next((place for place, text in enumerate(lines) if len(text) >= _PARAGRAPH), 0)
        gate = _find(GATE, [text for text in (*lines[start:], *buttons) if len(text) < _SHORT_LINE])
    words = sum(len(text.split()) for text in kept) if said.is_free is False and said.word_count else 0
    if words and said.word_count > 60 + 2 * words:
        return Judgement(Access.PARTIAL, f"holds {words} of the {said.word_count} words that it says the text has")
    if gate and (said.is_free is False or prose < _MUCH):
        return Judgement(Access.PARTIAL, f"says {gate!r}")
    if said.is_free is False and prose < LITTLE:
        return Judgement(Access.PARTIAL, "says that not all may read it, and shows little")
    if prose >= _MUCH:
        return None
    if below and _folded(below).strip(_AFTER_MORE + "[(") in MORE:
        return Judgement(Access.PARTIAL, f"ends with {below!r}")
    more = next((text for text in (*lines[-3:], *kept[-1:]) if _ends_open(text)), "")
    return Judgement(Access.PARTIAL, f"ends with {more[-40:]!r}") if more else None


def without_gate(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks of a text that is cut off, without the words of what cuts it off: lines of a gate below the first paragraph, short lines below
    the gate, and the link's words at the end of `… Continue reading`."""
    long = [place for place, block in enumerate(blocks) if len(block.text) >= _PARAGRAPH and not _is_gate(block.text)]
    if not long:
        return tuple(blocks)
    gates = [place for place, block in enumerate(blocks) if place > long[0] and _is_gate(block.text)]
    end = next((place for place in gates if place > long[-1]), len(blocks))
    kept = [block for place, block in enumerate(blocks) if place < end and place not in gates or not block.text]
    if kept and _ends_open(kept[-1].text) and (text := _without_more(kept[-1].text)):
        kept[-1] = msgspec.structs.replace(kept[-1], text=text, links=tuple(link for link in kept[-1].links if link.end <= len(text)))
    return tuple(kept)


def _is_gate(text: str) -> bool:
    return len(text) < _SHORT_LINE and bool(_find(GATE, (text,)))


def _without_more(text: str) -> str:
    end = text.rstrip(_AFTER_MORE)
    phrase = max((one for one in MORE if _folded(end).endswith(one.strip("[]"))), key=len, default="").strip("[]")
    return end[: len(end) - len(phrase)].rstrip(" [(→") if phrase else text


def _ends_open(text: str) -> bool:
    """Does a text end in the words that lead to its rest: `… [Read more]`?"""
    end = _folded(text[-80:]).rstrip(_AFTER_MORE)
    if not ("…" in text[-80:] or "..." in text[-80:]):
        return False
    return _BARE_MORE.search(end) is not None or any(end.endswith(phrase) for phrase in MORE if phrase not in ("more", "[more]"))


def _find(phrases: Sequence[str], lines: Sequence[str], *, at_start: bool = False) -> str:
    """The first line that bears one of these phrases, shortened; "" where none does."""
    folded = [_folded(text) for text in lines]
    whole = "\n".join(folded)
    present = [phrase for phrase in phrases if phrase in whole]
    place = next((place for place, text in enumerate(folded) if any(_bears(text, phrase, at_start) for phrase in present)), None)
    return "" if place is None else lines[place][:80]


def _folded(text: str) -> str:
    return text.casefold().replace("’", "'")


def _bears(text: str, phrase: str, at_start: bool) -> bool:
    """Does the phrase stand in the text as words of their own?"""
    at = text.find(phrase)
    if at < 0 or at_start and at > 0:
        return False
    end = at + len(phrase)
    if not phrase.isascii():
        return True  # where words are not parted, or endings follow
    return not (at and text[at - 1].isalnum()) and not (end < len(text) and text[end].isalnum() and phrase[-1].isalnum())


def _what(lines: Sequence[str], prose: int, links: int) -> str:
    if not lines:
        return "it shows no text without scripts"
    if links > _LINKS and prose < 400:
        return f"it is a list of {links} links"
    return f"{prose} characters of running text are too few" if prose else "there is no running text in it"

"""Two versions of an article side by side, as lines of coloured words. Pure."""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import zip_longest

from rich.text import Text

from schemas.article import Article


def difference(old: Article, new: Article) -> list[Text]:
    """A line for the headline and each paragraph of the newer text; unchanged paragraphs in a row are one dim line."""
    lines: list[Text] = []
    if old.headline != new.headline:
        lines.append(_words(old.headline, new.headline))
    matcher = SequenceMatcher(a=old.paragraphs, b=new.paragraphs, autojunk=False)
    for what, a1, a2, b1, b2 in matcher.get_opcodes():
        if what == "equal":
            lines.append(Text(f"  … {b2 - b1} unchanged {'paragraph' if b2 - b1 == 1 else 'paragraphs'}", style="dim"))
            continue
        before, after = old.paragraphs[a1:a2], new.paragraphs[b1:b2]
        lines += [_words(was, now) for was, now in zip_longest(before, after, fillvalue="")]
    return lines


def _words(old: str, new: str) -> Text:
    """`- gone` in red, `+ new` in green, inside one sentence."""
    if not old:
        return Text(f"+ {new}", style="green")
    if not new:
        return Text(f"- {old}", style="red")
    a, b = old.split(), new.split()
    line = Text("~ ")
    for what, a1, a2, b1, b2 in SequenceMatcher(a=a, b=b, autojunk=False).get_opcodes():
        if what == "equal":
            line.append(" ".join(a[a1:a2]) + " ")
            continue
        if a2 > a1:
            line.append("[-" + " ".join(a[a1:a2]) + "-] ", style="red")
        if b2 > b1:
            line.append("{+" + " ".join(b[b1:b2]) + "+} ", style="green")
    return line

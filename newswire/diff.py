"""Two versions of an article: what was taken out and put in, as lines of styled words. Pure."""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import zip_longest

from rich.text import Text

from schemas.article import Article

REMOVED, ADDED = "red strike", "green"


def difference(old: Article, new: Article) -> list[Text]:
    """What was taken out and put in, word by word, as styled spans; a line for each paragraph that differs. Pure."""
    before, after = (old.headline, *old.paragraphs), (new.headline, *new.paragraphs)
    lines: list[Text] = []
    for what, low, high, start, end in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if what == "equal":
            lines.append(Text(f"… {high - low} {'paragraph' if high - low == 1 else 'paragraphs'} unchanged", "dim"))
            continue
        lines += [_words(a or "", b or "") for a, b in zip_longest(before[low:high], after[start:end])]
    return lines


def _words(before: str, after: str) -> Text:
    a, b = before.split(), after.split()
    parts: list[tuple[str, str]] = []
    for what, low, high, start, end in SequenceMatcher(a=a, b=b, autojunk=False).get_opcodes():
        if what == "equal":
            parts.append((" ".join(a[low:high]), ""))
        else:
            parts += [(" ".join(a[low:high]), REMOVED), (" ".join(b[start:end]), ADDED)]
    line = Text()
    for words, style in parts:
        if words:
            line.append(" " if line.plain else "").append(words, style)
    return line


def marked(line: Text) -> str:
    """For what has no colours: [-out-] {+in+}."""
    written, at = "", 0
    for span in line.spans:
        words = line.plain[span.start : span.end]
        written += line.plain[at : span.start]
        written += f"[-{words}-]" if span.style == REMOVED else f"{{+{words}+}}" if span.style == ADDED else words
        at = span.end
    return written + line.plain[at:]

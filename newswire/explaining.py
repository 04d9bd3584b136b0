"""Why each block of a page was kept or dropped: a tree for the terminal, a coloured page for a browser. Pure but for `draw`."""

from __future__ import annotations

from html import escape

import msgspec
from rich.console import Console
from rich.text import Text
from rich.tree import Tree as Drawn

from newswire.cli.output import plain
from pipeline.clean import choose, hidden, tree
from pipeline.clean import clean as cleaned
from pipeline.clean.page import decoded
from pipeline.clean.tidying import Judged
from pipeline.clean.tree import Tree
from pipeline.errors import Unreadable
from pipeline.text.whitespace import one_line
from schemas.article import Article, Draft
from schemas.outcome import counted

_SHOWN = 90
"""Characters of a block in the terminal's tree."""


class Told(msgspec.Struct, frozen=True):
    """A block, and what became of it."""

    text: str
    box: int
    tag: str
    fate: str
    """`kept`, `moved` (out of the text, into a field of its own) or `dropped`."""
    rule: str
    likelihood: float


class Explained(msgspec.Struct, frozen=True):
    """One page."""

    found: Tree
    blocks: tuple[Told, ...]
    headline: str
    verdict: str


def explained(page: bytes | str, url: str = "") -> Explained:
    """Read a page as `clean` does, and keep the reasons. Raises Unreadable only for what is no text, or markup that can't be parsed."""
    html = decoded(page, url=url) if isinstance(page, bytes) else page
    parser = tree.parse(html)
    found = hidden.read_tree(parser.body) if parser.body is not None else Tree()
    article: Article | None = None
    try:
        article = cleaned(Draft(format="html", page_html=html or " ", url=url))
        verdict = f"{article.access.value}, confidence {article.confidence:.2f}, {counted(article.word_count, 'word')}"
    except Unreadable as refusal:
        verdict = str(refusal)
    return Explained(
        found, tuple(_told(one, article) for one in choose.choose(found)), article.headline if article else "no article", verdict
    )


def _told(judged: Judged, article: Article | None) -> Told:
    text = one_line(judged.raw.text)
    fate, rule = ("kept", judged.rule) if judged.is_kept else ("dropped", judged.rule)
    if judged.is_kept and (article is None or not any(paragraph in text for paragraph in article.paragraphs)):
        fate, rule = "moved", _whither(text, article)
    return Told(text, judged.raw.box, judged.raw.tag, fate, rule, judged.likelihood)


def _whither(text: str, article: Article | None) -> str:
    """Where the rules of wire text put what is no part of the body."""
    if article is None:
        return "no article"
    if any(picture.caption and picture.caption in text for picture in article.pictures):
        return "a picture's caption"
    if any(link.text in text for link in article.related_links):
        return "a link to another story"
    for name, lines in (("a credit or contact at the end", article.tails), ("a note to editors", article.advisories)):
        if text in lines:
            return name
    if article.headline and article.headline in text:
        return "the headline"
    return "a byline, a stamp, or a line that pages put between paragraphs"


_STYLES = {"kept": "green", "moved": "yellow", "dropped": "red dim"}
_MARKS = {"kept": "+", "moved": "~", "dropped": "-"}


def draw(told: Explained) -> None:
    """The tree on stdout. Elements with one child stand on one line with it."""
    console = Console(highlight=False)
    root = Drawn(Text(plain(f"{told.headline} · {told.verdict}"), "bold"))
    nodes: dict[int, Drawn] = {}
    for block in told.blocks:
        line = Text(f"{_MARKS[block.fate]} ", _STYLES[block.fate])
        shown = plain(block.text)
        line.append(shown[:_SHOWN] + ("…" if len(shown) > _SHOWN else ""), _STYLES[block.fate])
        line.append(f"  {_reason(block)}", "dim")
        _node(told, block.box, nodes, root).add(line)
    console.print(root)


def _reason(block: Told) -> str:
    return f"{block.rule} {block.likelihood:.2f}" if block.rule == "the model" else block.rule


def _node(told: Explained, box: int, nodes: dict[int, Drawn], root: Drawn) -> Drawn:
    """The node of the element around a block: the nearest that holds more than one block."""
    boxes = told.found.boxes
    while box > 0 and boxes[box].blocks < 2:
        box = boxes[box].parent
    if box <= 0:
        return root
    if box not in nodes:
        names = []
        above = box
        while True:
            names.append(name_of(told, above))
            above = boxes[above].parent
            if above <= 0 or boxes[above].blocks != boxes[box].blocks:
                break
        nodes[box] = _node(told, above, nodes, root).add(Text(plain(" > ".join(reversed(names))), "cyan"))
    return nodes[box]


def name_of(told: Explained, box: int) -> str:
    """`div.article-body`."""
    element = told.found.boxes[box]
    label = ".".join(element.label.split()[:2])
    return f"{element.tag}.{label[:40]}" if label else element.tag


_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>
body{{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:62rem;padding:0 1rem;background:#fff;color:#1b1b1b}}
h1{{font-size:1.3rem;margin:0}} .verdict{{color:#555;margin:.2rem 0 1rem}}
.element{{border-left:2px solid #d5d9de;margin:.35rem 0 .35rem .2rem;padding-left:.7rem}}
.name{{font:12px ui-monospace,monospace;color:#5b6670}}
p{{margin:.25rem 0;padding:.15rem .5rem;border-radius:.25rem}}
.kept{{background:#dcf3e0}} .moved{{background:#fdf0cc}} .dropped{{background:#f9e1e1;color:#5c4a4a}}
.why{{font-size:12px;color:#5b6670;margin-left:.5rem}}
@media (prefers-color-scheme:dark){{
body{{background:#15181b;color:#e6e6e6}} .why,.name,.verdict{{color:#9aa5af}}
.kept{{background:#1d4027}} .moved{{background:#4a3d12}} .dropped{{background:#482525;color:#d9c4c4}}
}}
</style></head><body><h1>{headline}</h1><p class="verdict">{where} · {verdict}</p>
<p><span class="kept">kept: the text</span> <span class="moved">moved: a field of its own</span> <span class="dropped">dropped</span></p>
{body}</body></html>
"""


def as_html(told: Explained, where: str) -> str:
    """A page of its own, that fetches nothing and runs nothing: the page's text, each block coloured, its reason beside it."""
    lines: list[str] = []
    boxes = told.found.boxes
    opened: list[int] = []
    for block in told.blocks:
        path: list[int] = []
        box = block.box
        while box > 0:
            if boxes[box].blocks > 1 and boxes[box].blocks != boxes[max(boxes[box].parent, 0)].blocks:
                path.append(box)
            box = boxes[box].parent
        path.reverse()
        common = next((at for at, (one, other) in enumerate(zip(opened, path, strict=False)) if one != other), min(len(opened), len(path)))
        lines += ["</div>"] * (len(opened) - common)
        lines += [f'<div class="element"><span class="name">{escape(name_of(told, box))}</span>' for box in path[common:]]
        opened = path
        lines.append(f'<p class="{block.fate}">{escape(block.text)}<span class="why">{escape(_reason(block))}</span></p>')
    lines += ["</div>"] * len(opened)
    return _PAGE.format(
        title=escape(told.headline),
        headline=escape(told.headline),
        where=escape(where),
        verdict=escape(told.verdict),
        body="\n".join(lines),
    )

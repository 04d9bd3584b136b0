"""Broken pages: an article or a refusal, never a crash. Longer: `python -m benchmarks.clean FOLDER --fuzz 10000`."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import newswire
from benchmarks.clean.fuzz import mutated
from pipeline.clean import tree
from pipeline.clean.features import measure
from pipeline.errors import Unreadable

PAGES = sorted((Path(__file__).parents[2] / "golden").glob("*.html"))
TAGS = st.sampled_from(
    "p div b a table tr td ul li h1 h2 article aside figure figcaption blockquote pre time span br select template svg math iframe".split()
)
MARKUP = st.recursive(
    st.text(max_size=20)
    | st.sampled_from(["<br>", "<img src=x>", "</div>", "<p>", "<!--", "-->", "&#0;", "The council voted on Monday, officials said."]),
    lambda inner: st.builds(
        lambda tag, name, some: f"<{tag} class='{name}'>{''.join(some)}</{tag}>",
        TAGS,
        st.sampled_from(["", "body", "related", "caption"]),
        st.lists(inner, max_size=6),
    ),
    max_leaves=40,
)


@pytest.mark.parametrize("seed", range(60))
def test_a_mutated_page_is_an_article_or_a_refusal(seed: int) -> None:
    draw = random.Random(seed)
    body = mutated(draw.choice(PAGES).read_bytes(), draw)
    try:
        article = newswire.clean(body, "https://example.org/a")
    except Unreadable:
        return
    assert article.text == "\n\n".join(article.paragraphs)
    assert article == newswire.clean(body, "https://example.org/a")
    for block in article.blocks:
        assert block.start is None or article.text[block.start : block.start + len(block.text)] == block.text
        assert all(0 <= link.start < link.end <= len(block.text) for link in block.links)


@given(MARKUP)
def test_the_walk_reads_each_word_that_is_shown_once(markup: str) -> None:
    parser = tree.parse(f"<html><body>{markup}</body></html>")
    if parser.body is None:
        return
    found = tree.read_tree(parser.body)
    assert all(raw.text and (raw.text == " ".join(raw.text.split()) or raw.tag == "pre") for raw in found.blocks)
    assert found.boxes[0].blocks == len(found.blocks)
    assert found.boxes[0].prose == sum(raw.prose for raw in found.blocks)
    assert all(box.parent < index for index, box in enumerate(found.boxes))
    assert len(measure(found)) == len(found.blocks)


@given(st.text(max_size=300), st.sampled_from(["", "x ", "<p>", "<div class='related'>"]))
def test_any_text_in_a_page_is_an_article_or_a_refusal(text: str, before: str) -> None:
    try:
        newswire.clean(f"<html><body>{before}{text}</body></html>")
    except Unreadable:
        return

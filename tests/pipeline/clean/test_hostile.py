"""Hostile markup: an article or a refusal, in bounded time."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from pipeline import formats
from pipeline.clean import clean
from pipeline.errors import Unreadable
from schemas.article import Draft
from schemas.document import Document

P = "<p>The council voted on Monday to go on with the plan, officials said after a long meeting.</p>"
START, END = "<html><body>", "</body></html>"

PAGES = {
    "nested 100,000 deep": START + "<div>" * 100_000 + P * 5,
    "nested 100,000 deep and closed": START + "<div>" * 100_000 + P * 5 + "</div>" * 100_000 + END,
    "lists in lists": START + "<ul><li>" * 50_000 + P * 5 + END,
    "tables in tables": START + "<table><tr><td>" * 30_000 + P * 5 + END,
    "each tag of its own name": START + "".join(f"<x{n}>" for n in range(30_000)) + P * 5 + END,
    "formatting never closed": START + "<b><i><u>" * 400 + P * 200 + END,
    "500,000 siblings": START + "<i>x</i>" * 500_000 + P * 5 + END,
    "a class of megabytes": START + "<div class='" + "a" * 3_000_000 + "'>" + P * 5 + "</div>" + END,
    "links in links in cells": START + "<table><tr>" + "<td><a href=x>word</a>" * 60_000 + P * 5 + END,
    "titles without end": START + "<section><h1>Title</h1><p>words of a story, and more of them</p></section>" * 5000 + END,
    "options without end": START + "<select>" + "<option>Seoul" * 100_000 + "</select>" + P * 5 + END,
    "hidden elements and buttons without end": START + "<div>" + P * 5 + f"<div hidden>{P}</div>" * 300 + "<button>x</button>" * 30_000,
    "marks of text that are left open": START + "".join(f"<p><b id={n}>word</p>" for n in range(4000)) + P * 5 + END,
    "an image": "\x89PNG\r\n\x1a\n" + "\0\x01\xff" * 200_000,
    "truncated in a tag": START + P * 5 + "<div class='a",
    "100,000 siblings": START + "<p>x" * 100_000 + P * 5 + END,
    "50,000 attributes": START + "<p " + " ".join(f"a{n}=1" for n in range(50_000)) + ">" + P * 5 + END,
    "an attribute of megabytes": START + "<div class='" + "related " * 300_000 + "'>" + P * 5 + "</div>" + END,
    "scripts never closed behind a long tag": START + "<p class='" + "x related " * 10_000 + "'>" + "<script>" * 50_000,
    "NULs": START + P.replace("council", "coun\0cil") * 5 + END,
    "XML": "<?xml version='1.0'?><root>" + "<item>words</item>" * 1000 + "</root>",
    "comments never closed": START + "<!-- x" * 50_000 + P * 5 + END,
    "a word of a megabyte": START + "<p>" + "a" * 1_000_000 + "</p>" + P * 5 + END,
    "brackets": START + "<p>" + "(" * 100_000 + "</p>" + P * 5 + END,
    "agencies without end": START + "<p>" + "(AP) " * 50_000 + "</p>" + P * 5 + END,
    "cities without end": START + "<p>" + "SEOUL/" * 50_000 + " (AP) -- x</p>" + P * 5 + END,
    "credits without end": START + "<p>" + "Photo by A/" * 50_000 + "</p>" + P * 5 + END,
    "JSON-LD nested": "<html><head><script type='application/ld+json'>" + "[" * 50_000 + "</script></head><body>" + P * 5 + END,
    "links without end": START + "<p>" + "The council <a href=/x>voted</a> on it. " * 20_000 + "</p>" + END,
    "parted links without end": START
    + "<p>"
    + "The council <a href=/x>voted</a> on Monday to go on with it.<br><br>" * 20_000
    + "</p>"
    + END,
    "combining marks without end": START + P * 5 + "<p>" + "\u0301\u0316" * 80_000 + "</p>" + END,
    "attributes that hold the sign of their end": START + P * 5 + "<p " + " ".join(f'a{n}=">"' for n in range(60_000)) + ">x</p>" + END,
    "attributes behind a script that is none": START
    + "<title><script></title><p "
    + " ".join(f'a{n}=">"' for n in range(60_000))
    + ">x"
    + END,
    "captions without end": START
    + "".join(f"{P}<figure><img src=/{n}><figcaption>Quay {n}. (AP Photo/A)</figcaption></figure>" for n in range(6000)),
    "a title of separators": "<html><head><title>" + "a | " * 100_000 + "</title></head><body>" + P * 5 + END,
}


@pytest.mark.parametrize("name", PAGES)
def test_a_hostile_page_costs_little(name: str) -> None:
    body = PAGES[name].encode()
    document = Document(url="https://example.org/x", body=body, content_type="text/html", fetched_at=datetime(2026, 3, 1, tzinfo=UTC))
    began = time.process_time()
    try:
        drafts = formats.read(document)
        assert isinstance(drafts, tuple)
        assert clean(drafts[0]).paragraphs
    except Unreadable:
        pass  # a refusal is as good: what counts is the time
    assert time.process_time() - began < 2 + 3 * len(body) / 1e6  # seconds of CPU; what this guards against takes tens of them


def test_text_survives_among_signs_that_are_no_text() -> None:
    document = Document(
        url="https://example.org/x", body=PAGES["NULs"].encode(), content_type="text/html", fetched_at=datetime(2026, 3, 1, tzinfo=UTC)
    )
    drafts = formats.read(document)
    assert isinstance(drafts, tuple)
    assert clean(drafts[0]).paragraphs[0].startswith("The council voted")


def test_what_looks_like_a_tag_in_a_script_or_a_comment_is_none() -> None:
    code = "for (i=0;i<n;i++) " + "x = y + z; " * 20_000
    for around in (f"<script>{code}</script>", f"<!-- <p {'word ' * 20_000} -->"):
        assert clean(Draft(format="html", page_html=START + around + P * 5 + END)).paragraphs

"""Formats: found in their folder, chosen by what a document is, and one contract for all of them."""

from __future__ import annotations

import pkgutil
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import formats
from pipeline.errors import Unreadable
from schemas.article import Draft
from schemas.document import Document, Listing
from tests.golden_samples import GOLDEN, document, expected, samples

STORY = (
    "Bridge to be closed\n\nLONDON (AP) — The bridge over the Ellery will be closed for two weeks in May, the council said on Monday.\n\n"
    "Buses will go by the old ferry, which has not been used since 1974.\n"
)
PAGE = f"<!doctype html><html><head><title>Bridge to be closed</title></head><body><p>{STORY}</p></body></html>"
NINJS = '{"uri": "urn:x:1", "type": "text", "pubstatus": "usable", "headline": "Bridge to be closed", "body_text": "The bridge will be closed."}'
RSS = "<?xml version='1.0'?><rss version='2.0'><channel><title>x</title><item><title>Bridge</title><link>https://example.org/1</link></item></channel></rss>"
ATOM = "<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'><title>x</title><entry><id>1</id><title>Bridge</title><link href='https://example.org/1'/></entry></feed>"


def arrived(body: str | bytes, content_type: str = "", url: str = "https://example.org/x") -> Document:
    return Document(
        url=url,
        body=body if isinstance(body, bytes) else body.encode(),
        content_type=content_type,
        fetched_at=datetime(2026, 3, 1, tzinfo=UTC),
    )


def test_each_file_of_the_folder_that_has_a_format_is_known() -> None:
    files = {module.name for module in pkgutil.iter_modules(formats.__path__)}
    assert {"html", "text", "ninjs", "rss", "atom"} <= set(formats.formats()) <= files


@pytest.mark.parametrize(
    ("body", "content_type", "name"),
    [
        (STORY, "text/plain", "text"),
        (STORY, "", "text"),
        (PAGE, "text/html; charset=utf-8", "html"),
        (PAGE, "", "html"),
        (PAGE, "text/plain", "html"),
        (f"<p>{STORY}</p><p>{STORY}</p><p>{STORY}</p>", "", "html"),
        (NINJS, "application/json", "ninjs"),
        (NINJS, "", "ninjs"),
        (f"[{NINJS}, {NINJS}]", "", "ninjs"),
        (NINJS, "text/html", "ninjs"),
    ],
)
def test_a_document_is_read_as_what_it_is(body: str, content_type: str, name: str) -> None:
    drafts = formats.read(arrived(body, content_type))
    assert isinstance(drafts, tuple)
    assert {draft.format for draft in drafts} == {name}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(RSS, "application/rss+xml"), (RSS, "text/html"), (RSS, ""), (ATOM, "application/atom+xml"), (ATOM, "text/xml"), (ATOM, "")],
)
def test_a_feed_is_a_listing_whatever_its_server_says(body: str, content_type: str) -> None:
    assert isinstance(formats.read(arrived(body, content_type)), Listing)


@pytest.mark.parametrize("name", ["utf-16", "utf-16-le", "utf-8-sig", "cp1252"])
def test_a_text_in_any_charset_is_a_text(name: str) -> None:
    drafts = formats.read(arrived(STORY.replace("—", "--").encode(name)))
    assert isinstance(drafts, tuple)
    assert drafts[0].headline == "Bridge to be closed"


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "empty"),
        (b" \n\n\x00 ", "empty"),
        (b"%PDF-1.7 " + b"x" * 100, "PDF"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 50, "PNG"),
        (b"\xff\xd8\xff\xe0" + b"\x00\x10JFIF" * 10, "JPEG"),
        (b"PK\x03\x04" + b"\x00" * 50, "zip"),
        (b"\x1f\x8b\x08" + b"\x00" * 50, "gzip"),
        (b"\x7fELF" + b"\x00" * 50, "program"),
        (bytes(range(256)) * 20, "binary"),
        (b"1;2;3;4\n5;6;7;8\n9;10;11;12\n", "holds no words"),
        (b"name,city,age\nAnn,Oslo,4\nBob,Rome,5\nCid,Lima,6\n", "not news"),
        (b"import os\n\ndef main():\n    return os.name\n\nclass A:\n    pass\n\nx = 1\n", "not news"),
        (b"name\tcity\tage\nAnn\tOslo\t4\nBob\tRome\t5\nCid\tLima\t6\n", "not news"),
        (b"# tool\n\n## Use\n\n```sh\ntool --help\n```\n\n![a picture](docs/x.png)\n\n| a | b |\n", "not news"),
        (b"[section]\nkey = value\nother = thing\n", "not news"),
        (b"2024-01-01 10:00:00 INFO started\n2024-01-01 10:00:01 INFO stopped\n2024-01-01 10:00:02 WARN no\n", "not news"),
        (NINJS[:60].encode(), "half"),
        (b'{"a": 1, "b": [1, 2]}', "not ninjs"),
        (b'{"uri": "x", "headline": oops}', "broken JSON at line 1"),
        (PAGE[:150].encode(), "half a page"),
        (PAGE[:200].encode() + b"<div class='x", "half a page"),
    ],
)
def test_what_is_no_news_is_refused_by_a_sentence_that_says_what_and_where(body: bytes, word: str) -> None:
    with pytest.raises(Unreadable, match=word) as refused:
        formats.read(arrived(body, url="file:///drop/x.bin"))
    assert "/drop/x.bin" in str(refused.value)
    assert str(refused.value).endswith(".")


def test_a_format_may_be_named_and_a_wrong_name_lists_the_right_ones() -> None:
    drafts = formats.read(arrived(STORY, "text/html"), "text")
    assert isinstance(drafts, tuple)
    assert drafts[0].format == "text"
    with pytest.raises(Unreadable, match="newsml") as refused:
        formats.read(arrived(PAGE), "newsml")
    assert "ninjs" in refused.value.hint


@pytest.mark.parametrize("name", sorted(formats.formats()))
class TestContract:
    """What every format promises, ours and others'."""

    @given(
        body=st.binary(max_size=400),
        content_type=st.sampled_from(["", "text/html", "application/json", "application/xml", "text/plain; charset=x"]),
    )
    def test_bytes_are_sniffed_and_read_or_refused(self, name: str, body: bytes, content_type: str) -> None:
        format = formats.formats()[name]
        given_document = arrived(body, content_type)
        assert 0 <= format.sniff(given_document) <= 1
        try:
            found = format.read(given_document)
        except Unreadable:
            return
        assert isinstance(found, Listing) or all(draft.format == name for draft in found)

    def test_reading_twice_gives_the_same(self, name: str) -> None:
        format = formats.formats()[name]
        for body in (STORY, PAGE, NINJS, RSS, ATOM):
            if format.sniff(arrived(body)) >= 0.5:
                assert format.read(arrived(body)) == format.read(arrived(body))


@pytest.mark.parametrize("name", samples())
def test_a_draft_holds_one_body_at_most(name: str) -> None:
    drafts = formats.read(document(expected(name)[0]))
    assert isinstance(drafts, tuple)
    for draft in drafts:
        assert isinstance(draft, Draft)
        assert sum(map(bool, (draft.page_html, draft.body_html, draft.body_text))) <= 1
    assert GOLDEN.is_dir()

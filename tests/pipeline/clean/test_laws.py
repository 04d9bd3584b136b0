"""What holds for all stories: cleaning twice changes nothing, the same gives the same, the frame never enters the body."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from pipeline import formats
from pipeline.clean import clean, text_hash
from pipeline.errors import Unreadable
from pipeline.text.whitespace import word_count
from schemas.article import Article, Draft
from schemas.document import Document

SUBJECTS = [
    "The council",
    "A spokeswoman for the ferry company",
    "The minister of fisheries",
    "Nobody in the town",
    "Both sides",
    "The court in Port Ellery",
]
VERBS = ["said", "denied", "announced on Monday", "did not say", "told reporters", "wrote in a letter"]
OBJECTS = [
    "that the bridge would be closed for two weeks.",
    'that "the work will go on," and left.',
    "how much of the 84 million crowns had been spent.",
    "that Kiev, Rome and Oslo had been asked (and had answered).",
    "why the [S]outh pier was never finished.",
]
SENTENCE = st.builds(lambda *words: " ".join(words), st.sampled_from(SUBJECTS), st.sampled_from(VERBS), st.sampled_from(OBJECTS))
PARAGRAPHS = st.lists(st.lists(SENTENCE, min_size=1, max_size=3).map(" ".join), min_size=2, max_size=12)
DATELINES = st.sampled_from(["", "SEOUL, Aug. 15 (UPI) -- ", "LONDON (AP) — ", "Kiel (dpa) - ", "(Bloomberg) -- "])
ABOVE = st.lists(
    st.sampled_from(["A ferry leaves. File Photo by Ama Mensah/UPI", "By Ama Mensah", "Aug. 15, 2022 / 3:12 AM"]), max_size=3, unique=True
)
BETWEEN = st.sampled_from(["", "RELATED Ferry runs aground", "Advertisement", "Read more: Ferry runs aground", "Story continues below"])
BELOW = st.lists(st.sampled_from(["(Reporting by A. Mensah)", "-30-", "Latest Headlines", "Follow Us"]), max_size=3, unique=True)


def cleaned(text: str) -> Article:
    drafts = formats.read(Document(url="https://example.org/story.txt", body=text.encode(), fetched_at=datetime(2026, 3, 1, tzinfo=UTC)))
    assert isinstance(drafts, tuple)
    return clean(drafts[0])


@given(PARAGRAPHS, DATELINES, ABOVE, BETWEEN, BELOW, st.data())
def test_the_body_is_the_storys_paragraphs_whatever_stands_around_them(
    paragraphs: list[str], dateline: str, above: list[str], between: str, below: list[str], data: st.DataObject
) -> None:
    place = data.draw(st.integers(1, len(paragraphs)))
    lines = ["Bridge to be closed", *above, dateline + paragraphs[0], *paragraphs[1:place], between, *paragraphs[place:], *below]
    article = cleaned("\n\n".join(line for line in lines if line))
    assert list(article.paragraphs) == paragraphs
    assert article.headline == "Bridge to be closed"
    assert (article.dateline.raw if article.dateline else "") == dateline


@given(PARAGRAPHS, DATELINES)
def test_cleaning_what_is_clean_changes_nothing(paragraphs: list[str], dateline: str) -> None:
    once = cleaned("\n\n".join(["Bridge to be closed", dateline + paragraphs[0], *paragraphs[1:]]))
    twice = clean(Draft(format="text", headline=once.headline, body_text=once.text))
    assert twice.paragraphs == once.paragraphs
    assert text_hash(twice) == text_hash(once)


@given(PARAGRAPHS)
def test_the_same_draft_always_gives_the_same_article(paragraphs: list[str]) -> None:
    draft = Draft(format="text", headline="Bridge to be closed", body_text="\n\n".join(paragraphs))
    assert msgspec.json.encode(clean(draft)) == msgspec.json.encode(clean(draft))


@given(st.text(max_size=600), st.sampled_from(["page_html", "body_html", "body_text"]))
def test_any_text_becomes_an_article_or_is_refused(text: str, field: str) -> None:
    draft = msgspec.structs.replace(Draft(format="text", headline="Bridge to be closed"), **{field: text})
    try:
        article = clean(draft)
    except Unreadable:
        return
    assert article.text == "\n\n".join(article.paragraphs)
    assert article.word_count == word_count(article.text)
    assert all(paragraph.strip() == paragraph and paragraph for paragraph in article.paragraphs)


@given(st.binary(max_size=2000), st.sampled_from(["", "text/html", "text/plain; charset=utf-16", "application/json", "application/xml"]))
def test_any_bytes_become_drafts_or_are_refused(body: bytes, content_type: str) -> None:
    document = Document(url="https://example.org/x", body=body, content_type=content_type, fetched_at=datetime(2026, 3, 1, tzinfo=UTC))
    try:
        drafts = formats.read(document)
    except Unreadable:
        return
    for draft in drafts if isinstance(drafts, tuple) else ():
        try:
            clean(draft)
        except Unreadable:
            continue


def test_the_hash_is_of_what_a_reader_sees() -> None:
    one = Draft(format="text", headline="Café to close", body_text="The café on the pier will close in May, its owner said on Monday.")
    other = msgspec.structs.replace(
        one, headline=unicodedata.normalize("NFD", one.headline), body_text=unicodedata.normalize("NFD", one.body_text) + "\n\n-30-"
    )
    assert text_hash(clean(one)) == text_hash(clean(other))
    assert len(text_hash(clean(one))) == 32
    changed = msgspec.structs.replace(one, body_text=one.body_text.replace("May", "June"))
    assert text_hash(clean(changed)) != text_hash(clean(one))

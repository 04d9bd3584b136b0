"""What holds of signatures, keys and verdicts whatever publishers write."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedupe.decide import Incoming, Neighbour, decide
from pipeline.dedupe.identity import keys
from pipeline.dedupe.signature import MOST, MOST_UNITS, shingles, signature, words
from schemas.article import Article, Draft
from schemas.document import Entry
from schemas.verdict import Verdict, VerdictKind
from tests.stories import HARBOUR, HAVEN, LIBRARY, auction

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PAGE = "https://news.example.org/2026/harbour"
TEXTS = st.sampled_from(
    [HARBOUR, HARBOUR[:500], HARBOUR[300:], LIBRARY, HAVEN, auction("Monday", "300", "512", "Nordbank"), "", "One word."]
)
NEIGHBOURS = st.lists(
    st.builds(
        lambda item, version, text, provider: Neighbour(
            item=item, version=version, provider=provider, headline="Harbour", text=text, at=NOON, story=item // 2
        ),
        st.integers(1, 6),
        st.integers(1, 99),
        TEXTS,
        st.sampled_from(["agency", "town-paper"]),
    ),
    max_size=5,
    unique_by=(lambda one: (one.item, one.version)),
)


def article(text: str, headline: str = "Harbour", canonical_url: str | None = None) -> Article:
    return Article(headline=headline, paragraphs=(text,), text=text, published=NOON, canonical_url=canonical_url)


@given(TEXTS, NEIGHBOURS, st.randoms(use_true_random=False), st.booleans())
def test_a_verdict_is_the_same_each_time_and_whatever_the_order_of_neighbours(
    text: str, neighbours: list[Neighbour], order: random.Random, is_killed: bool
) -> None:
    incoming = Incoming(
        provider="town-paper",
        draft=Draft(format="text"),
        article=article(text),
        keys=(),
        matched_by=None,
        text_hash="",
        fetched_at=NOON,
    )

    def decided(among: list[Neighbour]) -> Verdict:
        return decide(incoming, None, among, is_killed=is_killed)

    verdict = decided(neighbours)
    assert decided(neighbours) == verdict
    shuffled = decided(order.sample(neighbours, len(neighbours)))
    assert (shuffled.kind, shuffled.pickup_of) == (verdict.kind, verdict.pickup_of)
    assert (verdict.kind is VerdictKind.PICKUP) == (verdict.pickup_of is not None)
    assert verdict.evidence.sentences


# a lone surrogate can't be stored, but JSON can bear one
ANYTHING = st.text(st.characters(codec=None), max_size=300)


@given(ANYTHING, ANYTHING, ANYTHING, ANYTHING)
def test_keys_differ_from_one_another_and_fit_a_database(guid: str, url: str, link: str, headline: str) -> None:
    found = keys(
        Draft(format="ninjs", guid=guid, url=url), article("Text.", headline, link), final_url=url, entry=Entry(key=guid or "k", url=PAGE)
    )
    assert len(set(found)) == len(found)
    for kind, key in found:
        assert kind in ("guid", "url", "fingerprint")
        assert 0 < len(key.encode()) <= 2_600
        assert "\x00" not in key


@pytest.mark.parametrize("broken", ["http://[", "mailto:desk@example.org", "not a url", "\ud800", "http://" + "a" * 9_000])
def test_a_broken_address_is_no_key_and_no_error(broken: str) -> None:
    assert keys(Draft(format="ninjs", url=broken), article("Text.", canonical_url=broken), final_url=PAGE) == (("url", PAGE),)


def test_a_front_page_with_a_tracking_tag_names_no_item() -> None:
    front = "https://news.example.org/?utm_source=rss"
    assert keys(Draft(format="html", url=PAGE), article("Text.", canonical_url=front)) == (("url", PAGE),)


def test_a_signature_stays_what_it_is_as_long_as_its_scheme_does() -> None:
    # they are stored: other values here ask for another SCHEME
    assert signature("The quick brown fox jumps over the lazy dog") == SCHEME_1


SCHEME_1 = (-915439597, -293641720, 46934117, 294950137, 1941837860)


@pytest.mark.parametrize("share", [0.4, 0.6, 0.9])
@pytest.mark.parametrize("story", [HARBOUR, LIBRARY, HAVEN], ids=["harbour", "library", "chinese"])
def test_a_story_cut_from_the_bottom_shares_two_hashes(story: str, share: float) -> None:
    assert len(set(signature(story[: int(len(story) * share)])) & set(signature(story))) >= 2


@pytest.mark.parametrize(
    ("story", "added"), [(HAVEN, "Port Ellery AFP — "), (HARBOUR, "港 ")], ids=["a Latin dateline", "a word of Chinese"]
)
def test_how_a_text_is_shingled_does_not_hang_on_its_first_word(story: str, added: str) -> None:
    assert len(shingles(story) & shingles(added + story)) > 0.9 * len(shingles(story))


@pytest.mark.parametrize(("one", "other"), [("ﬁnance", "finance"), ("har\u00adbour", "harbour"), ("STRASSE", "straße"), ("ΐ", "Ϊ́")])
def test_two_ways_to_write_a_word_are_one(one: str, other: str) -> None:
    assert words(one) == words(other)


@pytest.mark.parametrize("hostile", ["a" * 1_000_000, "港" * 300_000, "\u0301" * 300_000, "\ufdfa" * 20_000, "\ud800" * 9])
def test_hostile_texts_have_a_bounded_signature(hostile: str) -> None:
    assert len(signature(hostile)) <= MOST
    assert len(shingles(hostile)) <= MOST_UNITS

"""By what an item is known again, and what must never make one of two."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedupe.identity import keys
from schemas.article import Article, Draft
from schemas.document import Entry

DAY = datetime(2026, 3, 1, 9, tzinfo=UTC)
FILE = "file:///wire/in/story.txt"


def article(text: str = "The commission voted on Monday.", headline: str = "Port to be dredged", canonical: str | None = None) -> Article:
    return Article(headline=headline, paragraphs=(text,), text=text, published=DAY, canonical_url=canonical)


def draft(guid: str = "", url: str = "", path: str = "") -> Draft:
    return Draft(format="text", guid=guid, url=url, path=path)


def entry(key: str, url: str = "https://wire.example/story/7") -> Entry:
    return Entry(key=key, url=url)


def test_the_publishers_id_is_the_strongest_then_addresses() -> None:
    found = keys(
        draft("urn:7", "https://wire.example/story/7?utm_source=x"),
        article(canonical="https://wire.example/story/7-port"),
        final_url="https://wire.example/story/7/",
        entry=entry("tag:7"),
    )
    assert found == (
        ("guid", "urn:7"),
        ("guid", "tag:7"),
        ("url", "https://wire.example/story/7-port"),
        ("url", "https://wire.example/story/7"),
        ("url", "https://wire.example/story/7/"),
    )


def test_a_guid_that_is_an_address_is_one_with_its_other_spellings() -> None:
    found = keys(draft(), article(), final_url="https://wire.example/story/7", entry=entry("https://WIRE.example/story/7#2"))
    assert found == (("url", "https://wire.example/story/7"),)


def test_a_front_page_names_no_item() -> None:
    found = keys(
        draft(), article(canonical="https://wire.example/"), final_url="https://wire.example/story/7", entry=entry("https://wire.example")
    )
    assert found == (("url", "https://wire.example/story/7"),)
    assert ("url", "https://wire.example/?p=7") in keys(draft(), article(), final_url="https://wire.example/?p=7")


def test_an_address_that_can_not_be_read_is_no_key_and_no_error() -> None:
    assert keys(draft(), article(canonical="http://"), final_url="https://wire.example/7") == (("url", "https://wire.example/7"),)


def test_the_same_bytes_under_another_name_are_the_same_item() -> None:
    one, other = keys(draft(), article(), final_url=FILE), keys(draft(), article(), final_url="file:///wire/in/copy.txt")
    assert one[0] == ("url", FILE)
    assert set(one) & set(other) == {one[1]}
    assert one[1][0] == "fingerprint"


def test_a_corrected_file_is_the_same_item_by_its_place_alone() -> None:
    before = keys(draft(), article("Seven of eleven voted."), final_url=FILE)
    after = keys(draft(), article("Eight of eleven voted."), final_url=FILE)
    assert set(before) & set(after) == {("url", FILE)}


def test_two_texts_under_one_headline_on_one_day_are_two_items() -> None:
    assert not set(keys(draft(), article("One storm."))) & set(keys(draft(), article("Another storm.")))


def test_a_fingerprint_is_only_for_what_has_no_other_name() -> None:
    assert [kind for kind, _ in keys(draft("urn:7"), article())] == ["guid"]
    assert [kind for kind, _ in keys(draft(), article(), final_url="https://wire.example/7")] == ["url"]
    assert [kind for kind, _ in keys(draft(), article())] == ["fingerprint"]
    assert keys(draft(), None) == ()


def test_files_that_replace_one_another_are_told_apart_by_the_publishers_id() -> None:
    assert keys(draft("urn:7", FILE), article(), final_url=FILE) == (("guid", "urn:7"),)


def test_stories_in_one_file_are_not_named_by_the_file() -> None:
    one = keys(draft(url=FILE, path="stories/1"), article("One."), final_url=FILE)
    other = keys(draft(url=FILE, path="stories/2"), article("Two."), final_url=FILE)
    assert not set(one) & set(other)


@given(st.text(min_size=1).filter(str.strip))
def test_every_guid_fits_an_index_and_a_database(guid: str) -> None:
    for _, key in keys(draft(guid), article()):
        assert 0 < len(key.encode()) <= 800 or not key
        assert "\x00" not in key


def test_long_ids_that_begin_alike_stay_two() -> None:
    assert keys(draft("x" * 5_000 + "1"), article()) != keys(draft("x" * 5_000 + "2"), article())

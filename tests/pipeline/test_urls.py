"""Two spellings of one address are one; two addresses stay two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import Unreadable
from pipeline.urls import LONGEST, canonical, host_key, resolve

QUERY = st.lists(
    st.tuples(st.sampled_from(["id", "utm_source", "p", "fbclid", "q", "?x", "", "utm_"]), st.text(max_size=8)).map("=".join), max_size=5
).map("&".join)
URLS = st.builds(
    lambda scheme, host, path, query, fragment: f"{scheme}://{host}/{path}?{query}#{fragment}",
    st.sampled_from(["http", "HTTPS", "file"]),
    st.sampled_from(["Example.org", "example.org:80", "user:secret@example.org:8080", "[::1]", "münchen.example", "127.1"]),
    st.lists(st.one_of(st.sampled_from(["..", ".", "a", "%7e", "%c3%A9", "é", "%%3a", ""]), st.text(max_size=6)), max_size=5).map("/".join),
    QUERY,
    st.one_of(st.just("!/story/7"), st.text(max_size=6)),
)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("HTTP://Example.ORG:80/a/../b", "http://example.org/b"),
        ("https://example.org:443", "https://example.org/"),
        ("https://example.org:8443/a", "https://example.org:8443/a"),
        ("https://example.org/a#comments", "https://example.org/a"),
        ("https://example.org/#!/story/7", "https://example.org/#!/story/7"),
        ("https://example.org/a?utm_source=rss&utm_medium=feed", "https://example.org/a"),
        ("https://example.org/?p=123&fbclid=x", "https://example.org/?p=123"),
        ("https://example.org/a?", "https://example.org/a"),
        ("https://example.org/a?b=2&a=1", "https://example.org/a?b=2&a=1"),
        ("https://example.org/a??b=2", "https://example.org/a??b=2"),
        ("https://example.org/%c3%a9", "https://example.org/%C3%A9"),
        ("https://example.org/é", "https://example.org/%C3%A9"),
        ("https://reader:secret@example.org/a", "https://example.org/a"),
        (" https://example.org/a\n", "https://example.org/a"),
        ("file:///wire/in/../story 1.txt", "file:///wire/story%201.txt"),
    ],
)
def test_spellings_of_one_address_become_one(given: str, expected: str) -> None:
    assert canonical(given) == expected


@given(URLS)
def test_canonicalising_twice_equals_once(url: str) -> None:
    try:
        once = canonical(url)
    except Unreadable:
        return
    assert canonical(once) == once


def test_parameters_that_say_what_is_shown_stay() -> None:
    assert (
        canonical("https://example.org/story?id=7&source=wire&ref=42&page=2") == "https://example.org/story?id=7&source=wire&ref=42&page=2"
    )


@pytest.mark.parametrize(
    "url",
    [
        "",
        "story.html",
        "//example.org/a",
        "mailto:desk@example.org",
        "javascript:alert(1)",
        "data:text/plain,x",
        "http://",
        "http://a b/",
        "\ud800",
    ],
)
@pytest.mark.parametrize("function", [canonical, host_key])
def test_what_is_no_address_is_refused_by_name(url: str, function: object) -> None:
    with pytest.raises(Unreadable) as refused:
        function(url)  # type: ignore[operator]
    assert repr(url) in str(refused.value)
    assert str(refused.value).endswith(".")


def test_a_url_longer_than_an_index_holds_is_refused() -> None:
    with pytest.raises(Unreadable, match=r"longer than 2,000 characters"):
        canonical("https://example.org/" + "x" * LONGEST)


def test_resolves_against_the_page() -> None:
    assert resolve("https://example.org/news/list.html", "../story/7?x=1") == "https://example.org/story/7?x=1"
    assert resolve("https://example.org/news/", "//other.example/a") == "https://other.example/a"
    with pytest.raises(Unreadable, match="mailto:"):
        resolve("https://example.org/", "mailto:desk@example.org")


def test_politeness_counts_by_scheme_host_and_port() -> None:
    assert host_key("https://Example.org/a/b") == "https://example.org:443"
    assert host_key("http://example.org") == "http://example.org:80"
    assert host_key("http://[::1]:8080/") == "http://[::1]:8080"
    with pytest.raises(Unreadable, match="has no host"):
        host_key("file:///wire/story.txt")


@given(URLS, st.one_of(URLS, QUERY, st.text(max_size=30), st.sampled_from(["../a", "//other.example/b", "?c", "#d", "/e f", "http:g"])))
def test_what_resolves_is_read_as_it_stands(base: str, url: str) -> None:
    try:
        found = resolve(base, url)
    except Unreadable:
        return
    assert canonical(found)
    assert resolve(base, found) == found

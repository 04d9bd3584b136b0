"""Stories on several pages: where the next one is, what is none, and what becomes of all of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import newswire
from pipeline.clean import clean
from pipeline.clean.pages import MAX_PAGES, earlier_page
from schemas.article import Access, BlockKind, Draft

STORY = "https://news.example/harbour/tide-wall.html"
SENTENCES = (
    "The tide wall at Norrhamn was closed for the ninth time this winter, the harbour master said on Tuesday, and it will stay closed.",
    "Engineers found that the northern gate had moved by four centimetres since it was built, which is twice what the plans allow for.",
    "Fishermen who moor outside the wall have asked the council for new berths, and the council has promised an answer before Easter.",
    "A second wall, proposed by the university in spring, would cost less than repairs, according to a paper that the council published.",
    "The harbour has been dredged each year since the wall was built, and each year a little more of the old bank is carried out to sea.",
    "Nobody in the town remembers a winter with so many storms, though the records of the light house speak of one in the last century.",
)


def text(number: int) -> str:
    """The two paragraphs of a page."""
    return "".join(f"<p>Part {number}. {sentence}</p>" for sentence in SENTENCES[(2 * number - 2) % 6 :][:2])


def html(number: int, *more: str, head: str = "", title: str = "The wall that keeps the tide out") -> str:
    return (
        f'<html lang="en"><head><title>{title}</title><meta property="og:type" content="article">{head}</head><body>'
        f"<article><h1>{title}</h1>{text(number)}</article>{''.join(more)}</body></html>"
    )


def next_of(page: str, url: str = STORY, first: str = "") -> str | None:
    return clean(Draft(format="html", page_html=page, url=url), first=first).next_page


def pager(*entries: tuple[str, str], around: str = "nav", name: str = "pagination") -> str:
    """A list of page numbers; an entry without an address is the page itself."""
    items = "".join(f'<a href="{url}">{label}</a> ' if url else f"<span>{label}</span> " for label, url in entries)
    return f'<{around} class="{name}">{items}</{around}>'


# --- where it goes on ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (STORY, f"{STORY}?page=2"),
        (STORY, f"{STORY}/2"),
        (STORY, "https://news.example/harbour/tide-wall-page-2.html"),
        (STORY, "https://news.example/harbour/tide-wall,seite-2.html"),
        ("https://news.example/tide-wall/", "https://news.example/tide-wall/2/"),
        ("https://news.example/tide-wall/", "https://news.example/tide-wall/page/2/"),
        ("https://news.example/tide-wall?id=7", "https://news.example/tide-wall?id=7&p=2"),
        ("https://news.example/tide-wall?page=1", "https://news.example/tide-wall?page=2"),
        (f"{STORY}?utm_source=feed", f"{STORY}?page=2"),
    ],
)
def test_rel_next_is_followed_to_the_storys_own_second_page(first: str, second: str) -> None:
    assert next_of(html(1, head=f'<link rel="next" href="{second}">'), first) == second
    assert next_of(html(1, f'<a class="more" rel="nofollow next" href="{second}">Go on</a>'), first) == second


def test_a_list_of_pages_beside_the_story_is_enough() -> None:
    assert next_of(html(1, pager(("1", ""), ("2", "?page=2"), ("3", "?page=3")))) == f"{STORY}?page=2"
    assert next_of(html(1, pager(("1", STORY), ("2", "tide-wall-2.html")))) == "https://news.example/harbour/tide-wall-2.html"
    arabic = html(1, pager(("١", STORY), ("٢", "?page=2"))).replace('lang="en"', 'lang="ar"')
    assert next_of(arabic) == f"{STORY}?page=2"


def test_the_number_may_stand_in_an_element_of_its_own_within_the_link() -> None:
    page = html(1, pager(("1", ""), ("<span> <b>2</b> </span>", f"{STORY}?page=2")))
    assert next_of(page) == f"{STORY}?page=2"


def test_pages_may_be_counted_from_0_in_addresses() -> None:
    page = html(1, pager(("1", ""), ("2", "?page=1"), ("3", "?page=2")))
    assert next_of(page) == f"{STORY}?page=1"
    assert next_of(page, f"{STORY}?page=1", STORY) == f"{STORY}?page=2"


def test_a_later_page_leads_to_the_one_after_it() -> None:
    page = html(2, pager(("1", STORY), ("2", ""), ("3", "tide-wall-3.html")))
    assert next_of(page, "https://news.example/harbour/tide-wall-2.html", STORY) == "https://news.example/harbour/tide-wall-3.html"


def test_the_last_page_leads_nowhere() -> None:
    page = html(3, pager(("1", STORY), ("2", "?page=2"), ("3", "")))
    assert next_of(page, f"{STORY}?page=3", STORY) is None


def test_a_page_without_an_address_has_its_canonical_one() -> None:
    page = html(1, pager(("1", ""), ("2", "?page=2")), head=f'<link rel="canonical" href="{STORY}">')
    assert next_of(page, "") == f"{STORY}?page=2"
    assert next_of(html(1, pager(("1", ""), ("2", "?page=2"))), "") is None


# --- where it comes from ---------------------------------------------------------------------------------------------------------


def earlier(page: str, url: str, asked: str = "") -> str:
    return earlier_page(page, url=url, asked=asked or url)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (STORY, f"{STORY}?page=2"),
        (STORY, f"{STORY}/2"),
        (STORY, "https://news.example/harbour/tide-wall-page-2.html"),
        ("https://news.example/tide-wall", "https://news.example/tide-wall/2"),
        ("https://news.example/tide-wall?page=1", "https://news.example/tide-wall?page=2"),
    ],
)
def test_a_further_page_says_which_one_it_continues(first: str, second: str) -> None:
    assert earlier(html(2, head=f'<link rel="canonical" href="{first}">'), second) == first
    assert earlier(html(2, head=f'<link rel="prev" href="{first}">'), second) == first
    assert earlier(html(2, pager(("1", first), ("2", ""), ("3", "?page=3"))), second) == first


def test_a_page_further_on_may_lead_to_the_one_before_it() -> None:
    assert earlier(html(3, head=f'<link rel="prev" href="{STORY}?page=2">'), f"{STORY}?page=3") == f"{STORY}?page=2"


@pytest.mark.parametrize(
    ("url", "other"),
    [
        (STORY, f"{STORY}?page=2"),  # the first page itself
        (f"{STORY}?page=2", f"{STORY}?page=2"),
        (f"{STORY}?page=2", f"{STORY}?page=3"),
        (f"{STORY}?page=2", "https://news.example/harbour/bridge.html"),
        (f"{STORY}?page=2", "https://elsewhere.example/harbour/tide-wall.html"),
        ("https://news.example/episode-2", "https://news.example/episode-1"),
        ("https://news.example/covid-19", "https://news.example/covid"),
        ("https://news.example/news/8", "https://news.example/news/7"),
        ("https://news.example/2026/05/08", "https://news.example/2026/05/07"),
        ("https://news.example/?p=12", "https://news.example/?p=11"),
    ],
)
def test_what_is_another_story_is_not_continued(url: str, other: str) -> None:
    assert earlier(html(2, pager(("1", other)), head=f'<link rel="prev" href="{other}"><link rel="canonical" href="{other}">'), url) == ""


def test_an_address_that_led_to_another_page_says_nothing() -> None:
    page = html(3, head=f'<link rel="prev" href="{STORY}?page=2">')
    assert earlier(page, f"{STORY}?page=3", f"{STORY}?page=2") == ""
    assert earlier(page, f"{STORY}?page=3", f"{STORY}?page=3".replace("https", "http")) == f"{STORY}?page=2"


# --- where it does not -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/harbour/bridge.html",  # the next article
        "https://news.example/harbour/tide-wall-2.html",  # may be another story with that headline
        "https://elsewhere.example/harbour/tide-wall.html?page=2",
        f"{STORY}?page=3",
        f"{STORY}?page=1",  # a list of other stories that loads more of itself
        f"{STORY}?cpage=2",
        f"{STORY}/comment-page-2",
        f"{STORY}#page2",
        "javascript:next()",
        "https://[broken/",
    ],
)
def test_rel_next_to_what_is_not_the_storys_second_page_is_not_followed(url: str) -> None:
    assert next_of(html(1, head=f'<link rel="next" href="{url}">')) is None


def test_articles_that_are_numbered_are_not_pages_of_one_another() -> None:
    for one, other in (("episode-1", "episode-2"), ("news/7", "news/8"), ("2026/05/07", "2026/05/08"), ("covid-19", "covid-20")):
        page = html(1, f'<a rel="next" href="/{other}">Next</a>', head=f'<link rel="next" href="/{other}">')
        assert next_of(page, f"https://news.example/{one}") is None


def test_pages_of_comments_and_of_other_stories_are_not_the_storys() -> None:
    for name in ("comments-pagination", "related-stories", "latest-news"):
        assert next_of(html(1, pager(("1", ""), ("2", "?page=2"), around="div", name=name))) is None
        assert next_of(html(1, f'<div id="{name}"><a rel="next" href="?page=2">Older</a></div>')) is None


def test_an_archive_without_end_is_no_story() -> None:
    page = html(1, pager(("1", ""), ("2", "?page=2"), ("48", "?page=48")), head='<link rel="next" href="?page=2">')
    assert next_of(page) is None


# --- one article of all ----------------------------------------------------------------------------------------------------------


def story(count: int, *, page: Callable[..., str] = html) -> dict[str, str]:
    """A story of so many pages, by address."""
    urls = [STORY] + [f"{STORY}?page={number}" for number in range(2, count + 1)]
    numbered = pager(*[(str(number), url) for number, url in enumerate(urls, 1)])
    return {url: page(number, numbered) for number, url in enumerate(urls, 1)}


def test_the_pages_of_a_story_become_one_article() -> None:
    pages = story(3)
    article = newswire.clean(pages[STORY], STORY, get=pages.get)
    assert article.paragraphs == tuple(f"Part {number}. {SENTENCES[2 * number - 2 + place]}" for number in (1, 2, 3) for place in (0, 1))
    assert (article.pages, article.next_page, article.access) == (3, None, Access.FULL)
    assert article.text == "\n\n".join(article.paragraphs)
    assert article.headline == "The wall that keeps the tide out"


def test_offsets_and_ids_hold_through_all_pages() -> None:
    pages = story(3, page=lambda number, more: html(number, more).replace("</article>", "<p>He did not say more.</p></article>"))
    alone = newswire.clean(pages[STORY], STORY)
    article = newswire.clean(pages[STORY], STORY, get=pages.get)
    assert article.blocks[: len(alone.blocks)] == alone.blocks
    assert all(article.text[block.start :].startswith(block.text) for block in article.blocks if block.start is not None)
    assert len({block.id for block in article.blocks}) == len(article.blocks)
    assert [block.id.partition("-")[2] for block in article.blocks if block.text == "He did not say more."] == ["", "2", "3"]


def test_what_a_later_page_repeats_is_there_once() -> None:
    standing = (
        '<h2>A town and its wall</h2><figure><img src="/wall.jpg"><figcaption>The wall in March. Photo: Ola Berg</figcaption></figure>'
    )
    pages = story(2, page=lambda number, more: html(number, more).replace("</h1>", f"</h1>{standing}{text(1) if number > 1 else ''}"))
    article = newswire.clean(pages[STORY], STORY, get=pages.get)
    assert [sum(paragraph == f"Part 1. {sentence}" for paragraph in article.paragraphs) for sentence in SENTENCES[:2]] == [1, 1]
    assert [block.text for block in article.blocks if block.kind is BlockKind.HEADING] in ([], ["A town and its wall"])
    assert len([block for block in article.blocks if block.kind is BlockKind.PICTURE]) == len(article.pictures) <= 1
    assert article.paragraphs[-1].startswith("Part 2.")


@pytest.mark.parametrize("third", [None, "<html><body><p>Not here.</p></body></html>"])
def test_a_page_that_is_not_to_be_had_leaves_the_text_partial(third: str | None) -> None:
    pages = {**story(3), f"{STORY}?page=3": third}
    article = newswire.clean(pages[STORY] or "", STORY, get=pages.get)
    assert (article.pages, article.next_page, article.access) == (2, f"{STORY}?page=3", Access.PARTIAL)
    assert article.access_reason == f"goes on at {STORY}?page=3, which was not read"
    assert article.paragraphs[-1].startswith("Part 2.")


def test_alone_a_first_page_is_partial_and_says_where_it_goes_on() -> None:
    article = newswire.clean(story(2)[STORY], STORY)
    assert (article.pages, article.next_page, article.access) == (1, f"{STORY}?page=2", Access.PARTIAL)


def test_pages_without_end_are_read_to_a_bound() -> None:
    asked: list[str] = []

    def get(url: str) -> str:
        asked.append(url)
        number = int(url.rpartition("=")[2])
        return html(number, head=f'<link rel="next" href="?page={number + 1}">')

    article = newswire.clean(html(1, head='<link rel="next" href="?page=2">'), STORY, get=get)
    assert article.pages == MAX_PAGES == len(asked) + 1
    assert article.access is Access.PARTIAL


@given(st.integers(1, 5))
def test_joining_loses_no_paragraph_of_any_page(count: int) -> None:
    pages = story(count)
    article = newswire.clean(pages[STORY], STORY, get=pages.get)
    assert [paragraph.partition(".")[0] for paragraph in article.paragraphs] == [f"Part {n}" for n in range(1, count + 1) for _ in (0, 1)]

"""Pages: where the article is, what the head says, and what is no article."""

from __future__ import annotations

import html
import json

import pytest

from pipeline.clean import clean
from pipeline.errors import Unreadable
from schemas.article import Access, Article, Draft

PROSE = [
    "The harbour commission voted on Monday to deepen the main channel by two metres, ending a dispute of nine years.",
    "Seven of the eleven members were in favour, the chairwoman told reporters after the meeting in the town hall.",
    "Dredging is to begin in October, and the fishing fleet will be paid for the days on which it cannot leave.",
]
BODY = "".join(f"<p>{text}</p>" for text in PROSE)


def page(body: str, head: str = "<title>Channel to be deepened</title>", url: str = "https://example.org/a/1") -> Article:
    return clean(Draft(format="html", page_html=f"<!doctype html><html><head>{head}</head><body>{body}</body></html>", url=url))


@pytest.mark.parametrize(
    "around",
    [
        "<nav><ul><li><a href='/'>Home</a></li><li><a href='/w'>World</a></li></ul></nav>{}",
        "{}<div class='related'><h3>Related</h3><p>A storm closed two airports in the north of the country on Sunday, officials said.</p></div>",
        "{}<div id='comments'><p>I have said for years that this channel is too shallow, and nobody would hear of it.</p></div>",
        "{}<aside><p>Sign up for our newsletter and have the harbour in your inbox on each morning of the week.</p></aside>",
        "{}<footer><p>Copyright 2024 Example Press. All rights reserved, in all countries of the world and at sea.</p></footer>",
        "{}<div style='display: none'><p>This paragraph is hidden, and nobody who reads the page will ever see a word of it.</p></div>",
        "<div class='cookie-consent'><p>We and our 812 partners would like to store something on your device, if you agree to it.</p></div>{}",
        "<script>document.write('<p>A paragraph that a script writes is none that stands in the page, is it?</p>')</script>{}",
        "<div class='share'><a href='#'>Share</a><a href='#'>Tweet</a></div>{}",
    ],
)
def test_only_the_article_is_read(around: str) -> None:
    assert list(page(around.format(f"<div>{BODY}</div>")).paragraphs) == PROSE


def test_an_element_of_a_bad_name_that_holds_the_story_is_spared() -> None:
    assert list(page(f"<div class='sidebar promo widget'>{BODY}</div>").paragraphs) == PROSE


def test_paragraphs_that_are_only_line_breaks_apart_are_paragraphs() -> None:
    assert list(page("<div>" + "<br><br>".join(PROSE) + "</div>").paragraphs) == PROSE


@pytest.mark.parametrize(
    "lines",
    [
        PROSE,
        [
            "港口委员会星期一投票决定，把主航道加深两米，从而结束了持续九年的争论。",
            "十一名委员中有七名赞成，主席在市政厅举行的会议结束后这样告诉记者。",
            "疏浚工程将于十月开始，渔船队在不能出海的日子里将得到补偿。",
        ],
    ],
)
def test_sentences_that_one_line_break_parts_are_paragraphs(lines: list[str]) -> None:
    assert list(page(f"<div>{'<br>'.join(lines)}</div>").paragraphs) == lines


def test_lines_of_a_poem_or_an_address_are_one_paragraph() -> None:
    poem = "The tide came in<br>and took the quay<br>and left the bell<br>for you and me"
    assert poem.replace("<br>", " ") in page(f"<div>{BODY}<p>{poem}</p></div>").paragraphs


def test_inline_markup_does_not_part_words() -> None:
    article = page(f"<p>The <b>har</b>bour <a href='/c'>commission</a> voted<br>on Monday to deepen the main channel.</p>{BODY}")
    assert article.paragraphs[0] == "The harbour commission voted on Monday to deepen the main channel."


def test_a_first_letter_that_is_set_large_is_part_of_its_word() -> None:
    linked = PROSE[0].replace("commission", "<a href='/c'>commission</a>")
    article = page(f"<p><span class='large'>T</span>\n\t{linked[1:]}</p>" + BODY[len(PROSE[0]) + 7 :])
    assert article.paragraphs[0] == PROSE[0]
    assert [PROSE[0][link.start : link.end] for link in article.blocks[0].links] == ["commission"]
    assert page(BODY.replace("<p>The", "<p><b>A</b> the")).paragraphs[0].startswith("A the")


@pytest.mark.parametrize(
    ("head", "body", "headline"),
    [
        (
            "<title>Channel to be deepened - The Example Press</title><meta property='og:site_name' content='The Example Press'>",
            "",
            "Channel to be deepened",
        ),
        ("<title>Channel | News</title>", "<h1>Channel to be deepened by two metres</h1>", "Channel to be deepened by two metres"),
        ("<title>x</title><meta property='og:title' content='Channel to be deepened'>", "", "Channel to be deepened"),
        (
            '<title>Press</title><script type=\'application/ld+json\'>{"@type":"NewsArticle","headline":"Q&amp;A: the channel"}</script>',
            "",
            "Q&A: the channel",
        ),
    ],
)
def test_the_headline_comes_without_the_sites_name(head: str, body: str, headline: str) -> None:
    assert page(body + BODY, head).headline == headline


def test_what_the_page_says_of_itself_is_read() -> None:
    said = {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "WebPage", "name": "no"},
            {
                "@type": ["NewsArticle"],
                "headline": "Channel to be deepened",
                "datePublished": "2024-03-01T10:00:00+02:00",
                "dateModified": "2024-03-01T12:30:00Z",
                "author": [{"@type": "Person", "name": "By Ama Mensah"}, {"@type": "Person", "name": "Will Drake"}],
                "keywords": ["harbours", "dredging"],
            },
        ],
    }
    head = f"<title>Channel</title><link rel='canonical' href='/a/channel'><script type='application/ld+json'>{json.dumps(said)}</script>"
    article = page(BODY, head)
    assert article.published is not None
    assert article.modified is not None
    assert (article.published.isoformat(), article.modified.isoformat()) == ("2024-03-01T08:00:00+00:00", "2024-03-01T12:30:00+00:00")
    assert (article.byline, article.keywords) == ("Ama Mensah, Will Drake", ("harbours", "dredging"))
    assert article.canonical_url == "https://example.org/a/channel"


def test_a_caption_above_the_text_is_a_picture_and_no_paragraph() -> None:
    article = page(
        f"<article><figure><img src='/f.jpg'><figcaption>A dredger at work. Photo by Ama Mensah/UPI</figcaption></figure><div>{BODY}</div></article>"
    )
    assert list(article.paragraphs) == PROSE
    assert [(picture.caption, picture.url) for picture in article.pictures] == [("A dredger at work.", "https://example.org/f.jpg")]


CAPTIONS = [
    "A dredger lies at the quay with its lines doubled against the wind. Photo: Ama Mensah",
    "Trawlers wait for the tide at the mouth of the channel on Monday. Photo: Will Drake",
]
FIGURES = "".join(f"<figure><img src='/{at}.jpg'><figcaption>{text}</figcaption></figure>" for at, text in enumerate(CAPTIONS))
FOOTER = "<footer><p>Copyright 2024 Example Press. All rights reserved in all countries.</p></footer>"


@pytest.mark.parametrize("intro", ["", "<p>Photographers went along the channel for a day and a night.</p>"])
def test_the_words_of_a_gallery_are_its_captions_and_what_introduces_them(intro: str) -> None:
    article = page(f"<main><article><h1>The channel in pictures</h1>{intro}{FIGURES}</article></main>{FOOTER}")
    assert [(picture.caption + " " + picture.credit_raw, picture.url) for picture in article.pictures] == [
        (text, f"https://example.org/{at}.jpg") for at, text in enumerate(CAPTIONS)
    ]
    assert article.text == intro.removeprefix("<p>").removesuffix("</p>")


def test_captions_elsewhere_make_no_gallery_of_a_page() -> None:
    assert page(f"<article><h1>A channel</h1>{BODY}</article><div>{FIGURES * 3}</div>").text == "\n\n".join(PROSE)
    teasers = FIGURES.replace("<figcaption>", "<figcaption><a href='/x'>").replace("</figcaption>", "</a></figcaption>")
    with pytest.raises(Unreadable):
        page(f"<main><h1>News</h1>{teasers}</main>")


def test_pictures_right_below_the_last_paragraph_are_the_storys() -> None:
    article = page(f"<article><h1>Channel to be deepened</h1>{BODY}{FIGURES}</article>")
    assert [picture.credit_raw for picture in article.pictures] == ["Photo: Ama Mensah", "Photo: Will Drake"]
    assert page(f"<article>{BODY}</article><div><h3>More</h3>{FIGURES}</div>").pictures == ()


def test_a_copyright_line_is_no_story() -> None:
    with pytest.raises(Unreadable):
        page(f"<main><h1>The channel in pictures</h1><img src='/1.jpg'></main>{FOOTER}", "<meta property='og:type' content='article'>")


@pytest.mark.parametrize("tag", ["ol", "ul"])
def test_a_first_paragraph_above_a_list_of_sentences_is_kept(tag: str) -> None:
    items = "".join(f"<li>{text}</li>" for text in PROSE[1:] * 2)
    intro = f"<main><article><h1>The channel, in short</h1><p>{PROSE[0]}</p>"
    assert page(f"{intro}<{tag}>{items}</{tag}></article></main>{FOOTER}").paragraphs[0] == PROSE[0]


@pytest.mark.parametrize("comments", ["section id='comments'", "ol class='comment-list'"])
def test_readers_words_that_outnumber_the_story_are_none_of_it(comments: str) -> None:
    said = "".join(
        f"<li class='comment'><p>I have said for {at} years that it is too shallow, and nobody would hear of it.</p></li>"
        for at in range(12)
    )
    tag = comments.split()[0]
    article = page(f"<main><article><h1>Channel to be deepened</h1>{BODY}</article><{comments}>{said}</{tag}></main>")
    assert list(article.paragraphs) == PROSE


def test_a_label_above_the_headline_is_no_paragraph() -> None:
    for label in ("<span class='kicker'>Politics</span>", "<p class='label'>Press release</p>", "<div>Paid post</div>"):
        assert list(page(f"<article>{label}<h1>Channel to be deepened</h1>{BODY}</article>").paragraphs) == PROSE


def test_short_lines_of_a_story_above_another_headline_stay() -> None:
    story = f"<article><h2>Channel to be deepened</h2><p>{PROSE[0]}</p><p>Why now?</p><p>{PROSE[1]}</p><p>{PROSE[2]}</p></article>"
    assert "Why now?" in page(f"{story}<div><h1>More of the Example Press</h1></div>").paragraphs


def test_who_wrote_each_entry_of_a_live_page_is_no_paragraph() -> None:
    entries = "".join(
        f"<article class='entry'><h3>At {at}</h3><p>{text}</p><p>By Ama Mensah</p></article>" for at, text in enumerate(PROSE)
    )
    article = page(f"<main><h1>Channel to be deepened</h1>{entries}</main>")
    assert [text for text in article.paragraphs if not text.startswith("At ")] == PROSE
    assert article.byline == "Ama Mensah"


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("<time datetime='2024-03-01T10:00:00Z'>1 March</time>", ""),
        ("<div>Sponsored content</div>", ""),
        ("", "<p>1st Ld-Writethru</p>"),
        ("", "<p>Ama Mensah covers ports. She can be reached at ama@example.org.</p>"),
        ("", "<p>Contact Ama Mensah at ama@example.org or 555-0101.</p>"),
    ],
)
def test_what_stands_right_above_and_below_the_text_is_none_of_it(above: str, below: str) -> None:
    assert list(page(f"<article><h1>Channel to be deepened</h1>{above}{BODY}{below}</article>").paragraphs) == PROSE


def test_a_link_between_paragraphs_keeps_its_place_and_address() -> None:
    article = page(f"<p>{PROSE[0]}</p><p><a href='/b'>RELATED Fleet wants a study</a></p><p>{PROSE[1]}</p><p>{PROSE[2]}</p>")
    assert list(article.paragraphs) == PROSE
    assert [(link.text, link.url, link.after_paragraph) for link in article.related_links] == [
        ("Fleet wants a study", "https://example.org/b", 1)
    ]


def test_a_text_that_only_the_pages_data_holds_is_read_from_there() -> None:
    said = json.dumps({"@type": "NewsArticle", "headline": "Channel to be deepened", "articleBody": "\n\n".join(PROSE * 2)})
    article = page("<div id='app'></div>", f"<title>x</title><script type='application/ld+json'>{said}</script>")
    assert list(article.paragraphs) == PROSE * 2


@pytest.mark.parametrize(
    ("head", "body", "word"),
    [
        (
            "<title>Just a moment...</title>",
            "<h1>example.org</h1><p>Verifying you are human. This may take a few seconds.</p>",
            "challenge",
        ),
        (
            "<title>Attention Required! | Shield</title>",
            "<p>Sorry, you have been blocked. You are unable to access example.org at this time.</p>",
            "challenge",
        ),
        (
            "<title>Access Denied</title>",
            "<p>You don't have permission to access this page on this server. Reference 18.2a3c</p>",
            "challenge",
        ),
        (
            "<title>404 - Page not found</title>",
            "<h1>Page not found</h1><p>The page that you were looking for is not here, or has never been.</p>",
            "error page",
        ),
        ("<title>World news</title>", "".join(f"<li><a href='/{n}'>A headline of a story number {n}</a></li>" for n in range(40)), "links"),
        ("<title>App</title>", "<div id='root'></div><script>start()</script>", "scripts"),
    ],
)
def test_pages_that_hold_no_article_are_refused_with_the_reason(head: str, body: str, word: str) -> None:
    with pytest.raises(Unreadable, match=word) as refused:
        page(body, head)
    assert "https://example.org/a/1" in str(refused.value)


def test_text_that_stands_in_the_body_alone_is_read() -> None:
    assert list(page("<br><br>".join(PROSE)).paragraphs) == PROSE
    assert list(page(" ".join(PROSE)).paragraphs) == [" ".join(PROSE)]


def test_settings_in_a_pages_data_are_no_text() -> None:
    settings = json.dumps({"modal": 1, "price": "$1.99", "html": "<p>Unlock all of it, and gifts for the season.</p>" * 20})
    said = json.dumps({"@type": "NewsArticle", "headline": "Channel to be deepened", "articleBody": settings})
    assert list(page(BODY, f"<title>x</title><script type='application/ld+json'>{said}</script>").paragraphs) == PROSE


def test_a_paragraph_that_a_caption_repeats_stays() -> None:
    picture = f"<figure><img src='/a.jpg'><figcaption>{PROSE[1]}</figcaption></figure>"
    article = page(f"<article><p>{PROSE[0]}</p>{picture}<p>{PROSE[1]}</p><p>{PROSE[2]}</p></article>")
    assert list(article.paragraphs) == PROSE
    assert article.pictures[0].caption == PROSE[1]


def test_links_listed_between_paragraphs_are_its_text() -> None:
    links = "".join(f"<li><a href='/{year}'>The trawler of the year {year}, and its crew</a></li>" for year in (2021, 2022, 2023))
    long = " ".join(PROSE)
    article = page(f"<article><p>{long}</p><p>2. {long}</p><ul>{links}</ul><p>3. {long}</p><p>4. {long}</p></article>")
    assert "The trawler of the year 2022, and its crew" in article.paragraphs


def test_a_body_in_data_that_is_escaped_twice_is_no_longer_for_it() -> None:
    escaped = html.escape(html.escape(BODY.replace("<p>", "<p class='text'>")))
    data = json.dumps({"@type": "NewsArticle", "headline": "Channel to be deepened", "articleBody": escaped})
    assert list(page(BODY, head=f"<script type='application/ld+json'>{data}</script>").paragraphs) == PROSE


@pytest.mark.parametrize("root", ["rss version='2.0'", "feed xmlns='http://www.w3.org/2005/Atom'", "rdf:RDF", "urlset", "sitemapindex"])
def test_a_feed_or_a_sitemap_is_no_page(root: str) -> None:
    name = root.split(" ", maxsplit=1)[0]
    with pytest.raises(Unreadable, match=f"<{name}>") as refused:
        document = f"<?xml version='1.0'?>\n<!-- made by a program -->\n<{root}><item><description>{BODY}</description></item></{name}>"
        clean(Draft(format="html", page_html=document, url="https://example.org/feed"))
    assert "sources add" in refused.value.hint


@pytest.mark.parametrize(
    "source",
    [
        "body { margin: 0 }\n.a p { color: #222; }\n" * 9,
        "(function(){var a=document.getElementById('x');a.b();})();\n" * 9,
        '{"story": {"body": "A"}}',
    ],
)
def test_a_program_or_data_is_no_page(source: str) -> None:
    with pytest.raises(Unreadable, match="a program or data"):
        page_of(source)


def page_of(document: str) -> Article:
    return clean(Draft(format="html", page_html=document, url="https://example.org/a/1"))


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        (
            "The <button type='button'>spring tide</button> comes twice a month, and then the boats stay in the basin.",
            "The spring tide comes",
        ),
        ("The tide rises by <math><mi>h</mi><mo>=</mo><mn>3</mn></math> metres on the highest day of the year.", "rises by h=3 metres"),
    ],
)
def test_words_of_a_sentence_stay_whatever_marks_them(markup: str, text: str) -> None:
    assert text in page(f"<article>{BODY}<p>{markup}</p></article>").text


def test_a_button_below_a_sentence_is_none_of_it() -> None:
    assert (
        page(f"<article>{BODY}<p>The work begins in May, they said. <button>Share</button></p></article>").paragraphs[-1].endswith("said.")
    )


def test_a_shadow_tree_that_the_page_declares_is_part_of_it() -> None:
    article = page(f"<news-story><template shadowrootmode='open'><article>{BODY}</article></template></news-story>")
    assert list(article.paragraphs) == PROSE
    with pytest.raises(Unreadable):
        page("<news-story><template shadowrootmode='open'><p>Nothing.</p></template></news-story>")


def test_what_is_left_out_of_an_endless_page_is_said() -> None:
    article = page("<article>" + "".join(f"<p>{at} {PROSE[0]}</p>" for at in range(51_000)) + "</article>")
    assert (article.access, "100000 elements" in article.access_reason) == (Access.PARTIAL, True)


MORE = [
    "The money comes from the state, which wants larger ships to call; the town pays for the lights and the quay wall.",
    "Two of the four shipyards have said that they will hire again, for the first time since the old basin was closed.",
]


@pytest.mark.parametrize(
    "line",
    [
        "<p>30</p>",
        "<h2>Fin</h2>",
        "<p>For more information, call the harbour office between nine and noon, on any day but Sunday.</p>",
        "<p>Copyright lawyers say that the old charts may be printed again without anybody's leave.</p>",
        "<p>With information scarce and rumours plenty, the fishermen sent one of their own to the capital.</p>",
        "<p>Editing by hand, two pupils brought the old register of ships into an order that can be searched.</p>",
        "<p>Heavy silt has contributed to this report's gloomy figures, the commission's engineer said at the meeting.</p>",
        "<p>The report found that two officers had mistakenly let three ships pass the bar at low water.</p>",
        "<p>The version of the plan that corrected the figures was handed out only after the vote.</p>",
        "<p>Watch: the tide tables list every high water of the year, and the lock keepers carry them.</p>",
        "<p>She put a photo beside it: “The channel as my grandfather knew it, and not a mast to be seen”.</p>",
        "<p>Register by 1 May through the council's free app or at the library to vote on it.</p>",
    ],
)
def test_a_line_that_only_looks_like_an_end_a_credit_or_a_link_stays_in_a_page(line: str) -> None:
    article = page(f"<article>{BODY}{line}{''.join(f'<p>{text}</p>' for text in MORE)}</article>")
    words = line[line.index(">") + 1 : line.rindex("<")]
    assert list(article.paragraphs) == [*PROSE, words, *MORE]
    assert article.correction is None


@pytest.mark.parametrize(
    "last", ["ENDS", "(Reporting by Ama Mensah; editing by Bo Lind)", "Copyright 2026 Example Press. All rights reserved."]
)
def test_what_ends_a_story_ends_it_in_a_page_too(last: str) -> None:
    assert list(page(f"<article>{BODY}<p>{last}</p></article>").paragraphs) == PROSE

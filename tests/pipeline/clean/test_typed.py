"""The blocks of a story: what each is, where it stands in the text, and under which name it is found again."""

from __future__ import annotations

from pipeline.clean import clean
from schemas.article import Article, BlockKind, Draft

PROSE = [
    "The harbour commission voted on Monday to deepen the main channel by two metres, ending a dispute of nine years.",
    "Seven of the eleven members were in favour, the chairwoman told reporters after the meeting in the town hall.",
    "Dredging is to begin in October, and the fishing fleet will be paid for the days on which it cannot leave.",
]


def page(body: str, head: str = "") -> Article:
    html = f"<!doctype html><html><head><title>Channel to be deepened</title>{head}</head><body><article>{body}</article></body></html>"
    return clean(Draft(format="html", page_html=html, url="https://example.org/a/1"))


def kinds(article: Article) -> list[tuple[str, str]]:
    return [(block.kind.value, block.text) for block in article.blocks]


def test_markup_says_what_a_block_is() -> None:
    article = page(
        f"<p>{PROSE[0]}</p><h2>The vote</h2><p>{PROSE[1]}</p><blockquote><p>We have waited nine years for this day, she said.</p></blockquote>"
        f"<ul><li>The channel will be nine metres deep.</li><li>The work will cost 84 million crowns.</li></ul><p>{PROSE[2]}</p>"
    )
    assert kinds(article) == [
        ("paragraph", PROSE[0]),
        ("heading", "The vote"),
        ("paragraph", PROSE[1]),
        ("quote", "We have waited nine years for this day, she said."),
        ("list", "The channel will be nine metres deep."),
        ("list", "The work will cost 84 million crowns."),
        ("paragraph", PROSE[2]),
    ]
    assert [block.level for block in article.blocks] == [0, 2, 0, 0, 0, 0, 0]


def test_code_keeps_its_lines_and_is_one_block() -> None:
    code = "def depth(tide):\n\treturn 9 + tide\n\nprint(depth(2))"
    article = page(f"<p>{PROSE[0]}</p><p>{PROSE[1]}</p><pre><code>{code}</code></pre><p>{PROSE[2]}</p>")
    assert [block.text for block in article.blocks if block.kind is BlockKind.CODE] == [
        "def depth(tide):\n    return 9 + tide\nprint(depth(2))"
    ]
    assert "\n\n".join(block.text for block in article.blocks) == article.text


def test_code_with_links_keeps_its_lines_too() -> None:
    article = page(f"<p>{PROSE[0]}</p><p>{PROSE[1]}</p><pre>import <a href='/tide'>tide</a>\nprint(tide)</pre><p>{PROSE[2]}</p>")
    assert [block.text for block in article.blocks if block.kind is BlockKind.CODE] == ["import tide\nprint(tide)"]


def test_plain_text_in_an_element_is_paragraphs() -> None:
    for opened, closed in (("<pre>", "</pre>"), ("<div>", "</div>"), ("", "")):
        assert kinds(page(opened + "\n\n".join(PROSE) + closed)) == [("paragraph", text) for text in PROSE]
    wrapped = "\n".join(PROSE[0][at : at + 60] for at in range(0, len(PROSE[0]), 60))
    [*_, last] = page(f"<p>{PROSE[1]}</p><p>{PROSE[2]}</p><p>{wrapped}\n\n and so on</p>").blocks
    assert (last.kind, last.text[-9:]) == (BlockKind.PARAGRAPH, "and so on")


def test_what_corrects_the_story_is_a_block_of_its_own_kind() -> None:
    for note in ("Correction: The vote was on Monday.", "<i>• This article was amended on 2 March 2024. The vote was on Monday.</i>"):
        article = page("".join(f"<p>{text}</p>" for text in [*PROSE, note]))
        assert [block.kind for block in article.blocks] == [BlockKind.PARAGRAPH] * 3 + [BlockKind.CORRECTION]
        assert article.correction and article.correction in article.blocks[-1].text


def test_a_headline_that_comes_again_with_its_mark_is_no_block() -> None:
    article = page(f"<h1>CORRECTED-Channel to be deepened</h1>{''.join(f'<p>{text}</p>' for text in PROSE)}")
    assert [block.text for block in article.blocks] == PROSE


def test_a_row_of_a_table_is_one_block() -> None:
    table = "<table><tr><th>Year</th><th>Ships</th></tr><tr><td>2024</td><td>1,204</td></tr></table>"
    article = page(f"<div><p>{PROSE[0]}</p><p>{PROSE[1]}</p>{table}<p>{PROSE[2]}</p></div>")
    assert [block.text for block in article.blocks if block.kind is BlockKind.TABLE] == ["Year | Ships", "2024 | 1,204"]


def test_blocks_of_text_stand_where_they_say() -> None:
    article = page("<h2>The vote</h2>".join(f"<p>{text}</p>" for text in PROSE))
    for block in article.blocks:
        assert block.start is not None
        assert article.text[block.start : block.start + len(block.text)] == block.text
    assert "\n\n".join(block.text for block in article.blocks) == article.text


def test_links_keep_their_place_in_the_text_also_behind_a_dateline() -> None:
    body = (
        f"<p>SEOUL, Aug. 15 (UPI) -- The <b>har</b>bour <a href='/c'>commission</a> voted\n on <a href='https://b.example/m'>Monday</a> to go on.</p>"
        f"<p>{PROSE[1]}</p><p>{PROSE[2]}</p>"
    )
    [first, *_] = page(body).blocks
    assert first.text.startswith("The harbour commission voted on Monday")
    assert [(first.text[link.start : link.end], link.url) for link in first.links] == [
        ("commission", "https://example.org/c"),
        ("Monday", "https://b.example/m"),
    ]


def test_a_picture_stands_where_it_stood_and_is_no_text() -> None:
    figure = "<figure><img src='/f.jpg'><figcaption>A dredger at work. Photo by Ama Mensah/UPI</figcaption></figure>"
    article = page(f"<p>{PROSE[0]}</p>{figure}<p>{PROSE[1]}</p><p>{PROSE[2]}</p>")
    picture = article.blocks[1]
    assert (picture.kind, picture.text, picture.credit, picture.url, picture.start) == (
        BlockKind.PICTURE,
        "A dredger at work.",
        "Photo by Ama Mensah/UPI",
        "https://example.org/f.jpg",
        None,
    )


def pictures(body: str) -> list[tuple[str, str]]:
    return [(block.text, block.url) for block in page(body).blocks if block.kind is BlockKind.PICTURE]


def test_a_picture_without_a_caption_stands_in_its_place_too() -> None:
    for shown in (
        "<p><img src='/f.jpg' alt='A dredger'></p>",
        "<figure><picture><source srcset='/f.webp'><img data-src='/f.jpg' src='data:,'></picture></figure>",
        "<figure><img src='/f.jpg'><noscript><img src='/f.jpg?large'></noscript></figure>",
        "<div class='picture'><a href='/f.jpg?full'><img src='/f.jpg' width='800' height='100%'></a></div>",
    ):
        article = page(f"<p>{PROSE[0]}</p>{shown}<p>{PROSE[1]}</p><p>{PROSE[2]}</p>")
        picture = article.blocks[1]
        assert (picture.kind, picture.text, picture.url, picture.start) == (BlockKind.PICTURE, "", "https://example.org/f.jpg", None)
        assert article.text == "\n\n".join(PROSE)


def test_icons_advertisements_and_pictures_of_other_stories_are_left_out() -> None:
    for shown in (
        "<img src='/star.png'>" * 3,
        "<img src='/pixel.gif' width='1' height='1'>",
        "<img src='/arrow.svg'>",
        "<div class='promo'><img src='/a.jpg'></div>",
        "<p><a href='/another-story'><img src='/a.jpg'></a></p>",
        "<div class='author-bio'><img src='/a.jpg'></div>",
    ):
        assert pictures(f"<p>{PROSE[0]}</p>{shown}<p>{PROSE[1]}</p><p>{PROSE[2]}</p>") == []
    assert pictures(f"<p>{PROSE[0]}</p><p>{PROSE[1]}</p><p>{PROSE[2]}</p></article><article><img src='/a.jpg'>") == []


def test_a_caption_has_the_address_of_its_picture_with_or_without_a_figure() -> None:
    for shown in (
        "<div class='wp-caption'><a href='/f.jpg'><img src='/f.jpg'></a><p class='wp-caption-text'>A dredger at work.</p></div>",
        "<figure><figcaption>A dredger at work.</figcaption><img src='/f.jpg'></figure>",
    ):
        assert pictures(f"<p>{PROSE[0]}</p>{shown}<p>{PROSE[1]}</p><img src='/g.jpg'><p>{PROSE[2]}</p>") == [
            ("A dredger at work.", "https://example.org/f.jpg"),
            ("", "https://example.org/g.jpg"),
        ]


def test_an_id_is_of_what_is_said_and_survives_an_edit_elsewhere() -> None:
    before, after = (
        page("".join(f"<p>{text}</p>" for text in PROSE)),
        page(f"<p>A new first paragraph, which was not there before.</p><p>{PROSE[0]}</p><p>{PROSE[2]}</p>"),
    )
    ids = {block.text: block.id for block in before.blocks}
    assert [block.id for block in after.blocks if block.text in ids] == [ids[PROSE[0]], ids[PROSE[2]]]
    assert len({block.id for block in before.blocks}) == 3


def test_twins_have_names_of_their_own() -> None:
    article = page(f"<p>{PROSE[0]}</p><h3>Update</h3><p>{PROSE[1]}</p><h3>Update</h3><p>{PROSE[2]}</p>")
    first, second = (block.id for block in article.blocks if block.text == "Update")
    assert second == f"{first}-2"


def test_entries_of_a_live_blog_keep_their_order_and_their_times() -> None:
    entries = "".join(
        f"<article class='entry'><time datetime='2026-03-01T0{hour}:00:00Z'>0{hour}:00</time><p>{text}</p></article>"
        for hour, text in zip((9, 8, 7), PROSE, strict=True)
    )
    said = '<script type="application/ld+json">{"@type":"LiveBlogPosting","headline":"Channel to be deepened"}</script>'
    for head in (said, ""):
        article = page(f"<div>{entries}</div>", head)
        assert [(block.kind, block.time[11:13]) for block in article.blocks] == [
            (BlockKind.LIVE, "09"),
            (BlockKind.LIVE, "08"),
            (BlockKind.LIVE, "07"),
        ]
        assert [block.text for block in article.blocks] == PROSE


def test_times_beside_a_story_make_it_no_live_blog() -> None:
    times = "".join(f"<p><time datetime='2026-03-0{day}'>{day} March</time></p>" for day in (1, 2, 3))
    article = page(f"<div>{times}</div>{''.join(f'<p>{text}</p>' for text in PROSE)}")
    assert {block.time for block in article.blocks} == {""}


def test_another_article_that_the_page_loads_below_is_none_of_it() -> None:
    first, second = (
        f"<section class='post'><h1>{title}</h1><div>{''.join(f'<p>{text}</p>' for text in texts)}</div></section>"
        for title, texts in (
            ("Channel to be deepened", PROSE),
            ("Bridge to be closed", ["The bridge over the river will be closed for two weeks in May, the county said on Thursday."] * 2),
        )
    )
    assert list(page(first + second).paragraphs) == PROSE


def test_confidence_is_a_share() -> None:
    sure = page("".join(f"<p>{text}</p>" for text in PROSE * 4))
    assert 0.5 < sure.confidence <= 1
    assert clean(Draft(format="text", headline="Channel", body_text=PROSE[0])).confidence == 1


def test_a_frame_within_the_story_is_an_embed_in_its_place_and_no_text() -> None:
    frame = '<figure><div class="video-wrapper"><iframe src="//video.example/embed/7"></iframe></div></figure>'
    article = page(f"<p>{PROSE[0]}</p>{frame}<p>{PROSE[1]}</p><p>{PROSE[2]}</p><p><embed src='/map.svg'></p>")
    assert [(block.kind.value, block.text, block.url, block.start is None) for block in article.blocks] == [
        ("paragraph", PROSE[0], "", False),
        ("embed", "", "https://video.example/embed/7", True),
        ("paragraph", PROSE[1], "", False),
        ("paragraph", PROSE[2], "", False),
        ("embed", "", "https://example.org/map.svg", True),
    ]
    assert article.text == "\n\n".join(PROSE)


def test_frames_that_nobody_sees_or_that_sell_or_stand_elsewhere_are_left_out() -> None:
    unseen = '<iframe src="/pixel" width="1" height="1"></iframe><iframe src="/tag" style="display: none"></iframe><iframe></iframe>'
    advert = '<div class="advertisement"><iframe src="https://ads.example/1"></iframe></div>'
    article = page(
        f"<p>{PROSE[0]}</p>{unseen}{advert}<p>{PROSE[1]}</p><p>{PROSE[2]}</p></article><iframe src='/weather'></iframe><article>"
    )
    assert [block.kind for block in article.blocks] == [BlockKind.PARAGRAPH] * 3


def test_a_post_within_the_story_is_one_embed_with_its_address_and_no_text() -> None:
    post = (
        '<blockquote class="twitter-tweet"><p>The channel will be deepened, and the fleet will be paid for it.</p>'
        '&mdash; Port of Ellery (@ellery) <a href="https://posts.example/ellery/status/12">March 1, 2026</a></blockquote>'
    )
    article = page(f"<p>{PROSE[0]}</p>{post}<p>{PROSE[1]}</p><p>{PROSE[2]}</p>")
    [embed] = [block for block in article.blocks if block.kind is BlockKind.EMBED]
    assert embed.text.startswith("The channel will be deepened, and the fleet will be paid for it. — Port of Ellery")
    assert (embed.url, embed.start) == ("https://posts.example/ellery/status/12", None)
    assert article.text == "\n\n".join(PROSE)

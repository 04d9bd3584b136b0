"""What a page says of itself, each thing with where it comes from and how sure it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean import clean, tree
from pipeline.clean.metadata import Metadata, read_metadata
from schemas.article import Draft, Genre, Origin

H1 = "<h1>A headline of words</h1>"
OF_TITLE = "<meta property='og:title' content='{}'>".format
OF_SITE = "<meta property='og:site_name' content='{}'>".format
URL = "https://www.example.org/news/harbour-1234"


def said(head: str = "", body: str = "", *, url: str = URL, html: str = "<html lang='en-US'>") -> Metadata:
    return read_metadata(tree.parse(f"<!doctype html>{html}<head>{head}</head><body>{body}</body></html>"), url=url)


def linked(**fields: Any) -> str:
    return f"<script type='application/ld+json'>{json.dumps({'@context': 'https://schema.org', '@type': 'NewsArticle', **fields})}</script>"


class TestTitle:
    @pytest.mark.parametrize(
        ("head", "body", "expected"),
        [
            ("<title>Channel to be deepened - The Example Press</title>" + OF_SITE("The Example Press"), "", "Channel to be deepened"),
            ("<title>Channel to be deepened | Example.org</title>", "", "Channel to be deepened"),
            ("<title>Example Press: Channel to be deepened</title>" + OF_SITE("Example Press"), "", "Channel to be deepened"),
            ("<title>Example: the channel</title>", "", "Example: the channel"),
            ("<title>Example News » Channel to be deepened</title>", "", "Channel to be deepened"),
            ("<title>Channel to be deepened - live - Example News</title>", "", "Channel to be deepened"),
            ("<title>Channel to be deepened | Live updates | Example News</title>", "", "Channel to be deepened"),
            ("<title>Port - Kiel - Example News</title>", "", "Port - Kiel"),
            (
                "<title>The Example Press: Channel to be deepened</title>" + OF_SITE("Example Press"),
                "",
                "The Example Press: Channel to be deepened",
            ),
            ("<title>Channel | News</title>", "<h1>Channel to be deepened by two metres</h1>", "Channel to be deepened by two metres"),
            (
                "<title>News</title>" + OF_TITLE("Channel to be deepened"),
                "<h1>News</h1><h1>Channel to be deepened</h1>",
                "Channel to be deepened",
            ),
            (linked(headline="Q&amp;A: the channel"), "<h1 class='logo'>Example Press</h1>", "Q&A: the channel"),
            (
                linked(headline="The channel is too shallow"),
                "<h1><span>Opinion</span> The channel is too shallow</h1>",
                "The channel is too shallow",
            ),
            (
                linked(headline="Deepest Ships of Ours") + OF_TITLE("A Complete List of Deepest Ships of Ours"),
                "<h1>A Complete List of Deepest Ships of Ours</h1>",
                "A Complete List of Deepest Ships of Ours",
            ),
            (
                OF_TITLE("Channel to be deepened"),
                "<h1>Channel to be deepened<span>Welcome to the harbour of the north</span></h1>",
                "Channel to be deepened",
            ),
            (
                OF_TITLE("Channel to be deepened"),
                "<h1><small>The meeting of the harbour commission</small><span>Channel to be deepened</span></h1>",
                "Channel to be deepened",
            ),
            (
                '<meta property="og:title" content="Mayor calls channel "too shallow""><title>Mayor calls channel "too shallow"</title>',
                "",
                'Mayor calls channel "too shallow"',
            ),
            ("<title>Example Post Daily » Channel to be deepened</title>" + OF_SITE("Example Post"), "", "Channel to be deepened"),
            ("<title>航道將加深 | 示例日報新聞</title>" + OF_SITE("示例日"), "", "航道將加深"),
            ("<title>港口航道将加深 - 示例新闻网</title>" + OF_SITE("示例新闻网"), "<h1>港口航道将加深</h1>", "港口航道将加深"),
            (
                "<title>Kanal | Liman haberleri</title>" + OF_TITLE("Kanal derinleştirilecek"),
                "<div itemprop='headline'>Kanal derinleştirilecek</div>",
                "Kanal derinleştirilecek",
            ),
        ],
    )
    def test_it_is_what_readers_see_without_the_sites_name(self, head: str, body: str, expected: str) -> None:
        assert said(head, body).headline == expected

    @pytest.mark.parametrize("title", ["Example News: Channel to be deepened", "Example News » Channel to be deepened"])
    def test_the_host_names_the_site_where_nothing_else_does(self, title: str) -> None:
        for url in ("https://www.example-news.org/a", "https://harbours.examplenews.co.uk/a"):
            assert said(f"<title>{title}</title>", url=url).headline == "Channel to be deepened"

    @pytest.mark.parametrize(
        "shown", ["| Channel to be deepened", "Blog Archive » Channel to be deepened", "<i>27.01.2022</i>Channel to be deepened"]
    )
    def test_ornaments_and_a_day_in_the_heading_are_no_part_of_it(self, shown: str) -> None:
        assert said("", f"<h1>{shown}</h1>").headline == "Channel to be deepened"

    def test_origins_that_agree_make_it_surer_than_one_alone_and_those_that_differ_less_sure(self) -> None:
        title = "<meta property='og:title' content='{}'>".format
        agreed = said(title("Channel to be deepened"), "<h1>Channel to be deepened</h1>").provenance["headline"]
        alone = said("", "<h1>Channel to be deepened</h1>").provenance["headline"]
        differing = said(title("Channel: all you need to know"), "<h1>Channel to be deepened</h1>").provenance["headline"]
        assert agreed.confidence > alone.confidence > differing.confidence
        assert (agreed.origin, agreed.where, agreed.against) == (Origin.VISIBLE, "h1", ())
        assert differing.against == ("opengraph: og:title",)


class TestSection:
    @pytest.mark.parametrize(
        ("way", "section"),
        [
            ("<div><a href='/'>首页</a> &gt; <a href='/news'>要闻</a> &gt; <a href='/port'>港口</a> &gt; 正文</div>", "港口"),
            ("<div>当前位置：<a href='/'>首页</a>&gt;<a href='/news'>要闻</a></div>", "要闻"),
            ("<p><a href='/'>Startseite</a> » <a href='/hafen'>Hafen</a></p>", "Hafen"),
            (
                "<ul class='breadcrumb'><li><a href='/'>Главная</a></li><li><a href='/port'>Порт</a></li><li>A headline of words</li></ul>",
                "Порт",
            ),
            ("<ul class='menu'><li><a href='/'>Home</a></li><li><a href='/news'>News</a></li><li><a href='/tv'>TV</a></li></ul>", ""),
            ("<div><a href='/'>Home</a> &gt; 3 March 2019</div>", ""),
            ("<div class='crumbs'><a href='/'>Начало</a> <a href='/bg'>България</a> Размер на шрифта</div>", "България"),
            ("<div><a href='/news'>Prices &gt; wages</a></div>", ""),
        ],
    )
    def test_the_way_to_a_page_ends_in_its_section(self, way: str, section: str) -> None:
        assert said("", way + H1).section == section

    def test_what_machines_are_told_outranks_the_way(self) -> None:
        assert (
            said(linked(articleSection="Harbour"), "<div><a href='/'>Home</a> &gt; <a href='/n'>News</a></div>" + H1).section == "Harbour"
        )


class TestAuthors:
    @pytest.mark.parametrize(
        ("head", "body", "names", "origin"),
        [
            (
                linked(author=[{"@type": "Person", "name": "By Ama Mensah"}, {"name": "Will Drake"}]),
                "",
                ["Ama Mensah", "Will Drake"],
                Origin.JSON_LD,
            ),
            (linked(author="Ama Mensah and Will Drake"), "", ["Ama Mensah", "Will Drake"], Origin.JSON_LD),
            (linked(author=[[{"name": "Ama Mensah"}], [{"name": "Will Drake"}]]), "", ["Ama Mensah", "Will Drake"], Origin.JSON_LD),
            (linked(author={"@list": [{"name": "Ama Mensah and"}, "Will Drake"]}), "", ["Ama Mensah", "Will Drake"], Origin.JSON_LD),
            (linked(author={"@type": "Person", "givenName": "Ama", "familyName": "Mensah"}), "", ["Ama Mensah"], Origin.JSON_LD),
            (linked(author={"@type": "Organization", "name": "Example"}, creator=["Ama Mensah"]), "", ["Ama Mensah"], Origin.JSON_LD),
            (
                linked(author={"@id": "#a"}) + linked(**{"@id": "#a", "@type": "Person", "name": "Ama Mensah"}),
                "",
                ["Ama Mensah"],
                Origin.JSON_LD,
            ),
            (
                linked(author={"@type": "Organization", "name": "Example Press"}),
                H1 + "<p class='byline'>By Ama Mensah</p>",
                ["Ama Mensah"],
                Origin.VISIBLE,
            ),
            ("<meta name='author' content='Ama Mensah, Staff Writer'>", "", ["Ama Mensah"], Origin.META),
            (
                "<meta property='article:author' content='https://social.example/ama'>",
                H1 + "<a rel='author' href='/p/ama'>Ama Mensah</a>",
                ["Ama Mensah"],
                Origin.VISIBLE,
            ),
            ("", H1 + "<span itemprop='author'><span itemprop='name'>Ama Mensah</span></span>", ["Ama Mensah"], Origin.MICRODATA),
            (
                "",
                H1 + "<div class='author-box'><a href='/authors/ama-mensah'>Ama Mensah</a> Political reporter</div>",
                ["Ama Mensah"],
                Origin.VISIBLE,
            ),
            (
                "",
                H1 + "<div class='byline-section'><a href='/staff/4711/ama-mensah/'>Ama Mensah</a> Harbour Post & Gazette</div>",
                ["Ama Mensah"],
                Origin.VISIBLE,
            ),
            (
                "<meta name='twitter:label1' content='Verfasst von'><meta name='twitter:data1' content='Ute Kern'>",
                "",
                ["Ute Kern"],
                Origin.META,
            ),
            (
                "",
                H1 + "<p>Von Ute Kern</p><p>Der Kanal soll tiefer werden, sagte der Bürgermeister am Montag.</p>",
                ["Ute Kern"],
                Origin.VISIBLE,
            ),
            (
                "",
                H1 + "<div class='AuthorName-x1'>Ama Mensah<a href='https://social.example/ama'>@ama</a></div>",
                ["Ama Mensah"],
                Origin.VISIBLE,
            ),
            (
                "",
                H1
                + "<div class='byline'><img><span class='author'>Ama Mensah</span> <a>Follow Ama on Social</a> <a>More of 99+ things</a></div>",
                ["Ama Mensah"],
                Origin.VISIBLE,
            ),
            (
                "",
                H1 + "<li><div class='author card'>Ama Mensah</div></li><li><div class='author card'>Will Drake</div></li>",
                ["Ama Mensah", "Will Drake"],
                Origin.VISIBLE,
            ),
            ("", H1 + "<ul class='author'><li>Ama Mensah</li><li>Will Drake</li></ul>", ["Ama Mensah", "Will Drake"], Origin.VISIBLE),
            ("", H1 + "<p>The channel is too shallow.</p>" * 9 + "<p> <b>Ama Mensah</b> </p>", ["Ama Mensah"], Origin.VISIBLE),
            ("", H1 + "<p>By</p><p>Ama Mensah</p><p>The channel is too shallow.</p>", ["Ama Mensah"], Origin.VISIBLE),
            ("", H1 + "<div>new! | By <b>Ama Mensah</b> | April 3, 2024</div>", ["Ama Mensah"], Origin.VISIBLE),
            ("", H1 + "<p>Posted by Ama 12.03.2024</p>", ["Ama"], Origin.VISIBLE),
            (
                "",
                H1 + "<p>By Ama Mensah</p>" + "<p>The channel.</p>" * 80 + "<a rel='author'>Will Drake</a>",
                ["Ama Mensah"],
                Origin.VISIBLE,
            ),
        ],
    )
    def test_they_are_found_wherever_they_stand(self, head: str, body: str, names: list[str], origin: Origin) -> None:
        found = said(head, body)
        assert [one.name for one in found.authors] == names
        assert found.provenance["authors"].origin is origin

    def test_a_printed_byline_that_names_more_than_the_data_is_believed(self) -> None:
        found = said(
            linked(author={"name": "Ama Mensah"}),
            H1 + "<div class='byline'>By Ama Mensah and Will Drake, Reuters</div>",
        )
        assert [(one.name, one.agency) for one in found.authors] == [("Ama Mensah", "Reuters"), ("Will Drake", "Reuters")]

    @pytest.mark.parametrize("handle", ["amensah", "AmaMensah", "Ama", "ama.mensah"])
    def test_a_handle_is_spelt_out_where_the_page_prints_the_name(self, handle: str) -> None:
        head = linked(author={"name": handle})
        assert [one.name for one in said(head, H1 + "<p>By Ama Mensah</p>").authors] == ["Ama Mensah"]
        assert [one.name for one in said(head, H1 + "<p>By Will Drake</p>").authors] == [handle]

    def test_whoever_filed_the_page_yields_to_a_plain_byline_but_not_to_a_box_of_names(self) -> None:
        head = "<meta name='author' content='Jan Moor'>"
        assert [one.name for one in said(head, H1 + "<p class='byline'>By Ama Mensah</p>").authors] == ["Ama Mensah"]
        box = "<div class='byline'>By Ama Mensah The Channel Is Open, Will Drake Says</div>"
        assert [one.name for one in said(head, H1 + box).authors] == ["Jan Moor"]

    def test_the_name_of_the_site_behind_a_name_is_taken_off(self) -> None:
        found = said(OF_SITE("Example News"), H1 + "<p class='byline'>By Ama Mensah Example News</p>")
        assert [one.name for one in found.authors] == ["Ama Mensah"]

    def test_a_reading_time_in_a_card_is_no_author(self) -> None:
        assert said("<meta name='twitter:label1' content='Lesezeit'><meta name='twitter:data1' content='3 Minuten'>").authors == ()

    @pytest.mark.parametrize(("site", "name"), [("LaRepublica.pe", "La República"), ("El Comercio", "Noticias El Comercio")])
    def test_the_site_is_known_by_other_spellings(self, site: str, name: str) -> None:
        assert said(OF_SITE(site) + f"<meta name='author' content='{name}'>").authors == ()

    @pytest.mark.parametrize(("others", "name"), [("", ["Ama Mensah"]), ("<a rel='author' href='/p/2'>Will Drake</a>", [])])
    def test_a_column_beside_the_text_names_its_author_where_it_names_one(self, others: str, name: list[str]) -> None:
        column = f"<div id='sidebar'><a rel='author' href='/p/1'>Ama Mensah</a>{others}</div>"
        assert [one.name for one in said("", H1 + "<p>The channel is too shallow.</p>" * 60 + column).authors] == name

    @pytest.mark.parametrize(
        "body",
        [
            H1 + "<div class='comments'><span class='author'>Angry Reader</span></div>",
            H1 + "<div class='related'><p class='byline'>By Somebody Else</p></div>",
            H1 + "<p class='byline'>Example Press</p>",
        ],
    )
    def test_readers_other_stories_and_the_site_are_no_authors(self, body: str) -> None:
        assert said("<meta property='og:site_name' content='Example Press'>", body).authors == ()


class TestTimes:
    @pytest.mark.parametrize(
        ("head", "body", "local", "origin"),
        [
            (linked(datePublished="2024-03-01T10:00:00+02:00"), "", "2024-03-01T10:00:00+02:00", Origin.JSON_LD),
            ("<meta property='article:published_time' content='2024-03-01T10:00:00'>", "", "2024-03-01T10:00:00", Origin.OPENGRAPH),
            ("<meta name='pubdate' content='20240301'>", "", "2024-03-01", Origin.META),
            (
                "",
                H1 + "<time itemprop='datePublished' datetime='2024-03-01T10:00Z'>today</time>",
                "2024-03-01T10:00:00+00:00",
                Origin.MICRODATA,
            ),
            (
                '<script type=\'application/ld+json\'>{"@type":"HowTo","name":"A knot","datePublished":"2024-03-01T10:00:00Z"}</script>',
                "",
                "2024-03-01T10:00:00+00:00",
                Origin.JSON_LD,
            ),
            ("<meta itemprop='uploadDate' content='2024-03-01T18:15:00Z'>", "", "2024-03-01T18:15:00+00:00", Origin.MICRODATA),
            ("", H1 + "<span class='date'>March 1, 2024</span>", "2024-03-01", Origin.VISIBLE),
            ("", H1 + "<p>Updated 5 March 2024 | Posted 1 March 2024</p>", "2024-03-01", Origin.VISIBLE),
            ("", H1 + "<p>1 marca 2024</p>", "2024-03-01", Origin.VISIBLE),
            ("", H1 + "<p>No date at all stands here.</p><footer>© 2031 Example Press</footer>", "", None),
        ],
    )
    def test_they_are_found_wherever_they_stand(self, head: str, body: str, local: str, origin: Origin | None) -> None:
        found = said(head, body)
        assert found.published_local == local
        assert (found.provenance["published"].origin if found.published else None) is origin

    def test_the_address_is_asked_last(self) -> None:
        found = said("", H1, url="https://example.org/2024/03/01/harbour/")
        assert (found.published_local, found.provenance["published"].origin) == ("2024-03-01", Origin.URL)

    def test_an_address_may_name_its_section_between_year_and_month(self) -> None:
        assert said("", H1, url="https://example.org/2010/POLITICS/08/13/harbour/index.html").published_local == "2010-08-13"

    def test_a_lone_date_elsewhere_is_better_than_none_and_half_as_sure(self) -> None:
        far = H1 + "<p>The channel is too shallow.</p>" * 60 + "<div>1 March 2024</div><footer>© 2031 Example Press</footer>"
        found = said("", far)
        assert found.published_local == "2024-03-01"
        assert found.provenance["published"].confidence == 0.5

    @pytest.mark.parametrize(
        "quoted",
        [
            "<blockquote class='post'><p>Sorry for the delay</p>— Harbour <a href='https://post.example/1'>March 3, 2019</a></blockquote>",
            "<blockquote><time datetime='2019-03-03'>March 3, 2019</time></blockquote>",
            "<div class='post-embed'><p>Sorry for the delay</p><span class='date'>3 March 2019</span></div>",
        ],
    )
    @pytest.mark.parametrize("text", ["", "<p>The channel is too shallow.</p>" * 60])
    def test_a_day_of_another_sites_post_is_nobodys(self, text: str, quoted: str) -> None:
        assert said("", H1 + text + quoted).published is None

    def test_the_publishers_clock_is_read_from_what_readers_see(self) -> None:
        found = said(
            linked(datePublished="2023-12-20T01:00:21Z"),
            H1 + "<div class='timestamp'>8:00 PM, Tue December 19, 2023</div>",
        )
        assert found.published_local == "2023-12-19T20:00:21-05:00"
        assert found.published is not None
        assert found.published.isoformat() == "2023-12-20T01:00:21+00:00"
        day = said(linked(datePublished="2023-12-20T01:00:21Z"), H1 + "<div class='timestamp'>December 19, 2023</div>")
        assert day.published_local == "2023-12-19"
        assert day.published == found.published

    def test_a_text_that_came_out_anew_has_the_day_that_readers_see(self) -> None:
        head = linked(datePublished="2019-03-30T10:00:00Z", dateModified="2023-12-21T08:00:00Z")
        found = said(head, H1 + "<div class='date'>Dec 19, 2023</div>")
        assert found.published_local == "2023-12-19"
        assert found.modified is not None
        assert found.provenance["published"].against == ("json-ld: datePublished",)
        same = said(head, H1 + "<div class='date'>Dec 21, 2023</div>")
        assert same.published_local == "2023-12-21T08:00:00+00:00"

    @pytest.mark.parametrize(
        ("body", "url"),
        [
            (H1 + "<div class='date'>Updated Dec 19, 2023</div>", URL),
            (H1 + "<div class='date'>Dec 24, 2023</div>", URL),
            (H1 + "<div class='date'>Jan 2, 2018</div>", URL),
            (H1 + "<div class='date'>Dec 19, 2023</div>", "https://example.org/2019/03/30/harbour/"),
        ],
    )
    def test_an_update_today_or_another_time_is_no_new_publication(self, body: str, url: str) -> None:
        head = linked(datePublished="2019-03-30T10:00:00Z", dateModified="2023-12-21T08:00:00Z")
        assert said(head, body, url=url).published_local == "2019-03-30T10:00:00+00:00"

    def test_the_publishers_clock_is_read_from_a_field_without_a_zone(self) -> None:
        found = said(linked(datePublished="2023-12-24T01:06:51Z") + "<meta name='published_at' content='2023-12-23 17:06:51'>")
        assert found.published_local == "2023-12-23T17:06:51-08:00"
        other = said(linked(datePublished="2023-12-24T01:06:51Z") + "<meta name='published_at' content='2023-12-23 17:11:03'>")
        assert other.published_local == "2023-12-24T01:06:51+00:00"

    def test_a_field_that_may_mean_either_yields_to_what_readers_see(self) -> None:
        assert said("<meta name='date' content='2020-02-12'>", H1 + "<div class='date'>05.02.2020</div>").published_local == "2020-02-05"

    def test_a_date_of_a_line_yields_to_the_address(self) -> None:
        found = said("", H1 + "<p>Stated on September 15, 2023 in a release:</p>", url="https://example.org/2023/dec/21/harbour/")
        assert (found.published_local, found.provenance["published"].origin) == ("2023-12-21", Origin.URL)

    def test_a_stamp_inside_the_headline_is_read(self) -> None:
        assert said("", "<h1><span class='date'>27.01.2022</span>A headline of words</h1>").published_local == "2022-01-27"

    def test_a_lone_date_is_better_than_one_among_words(self) -> None:
        far = H1 + "<p>The channel is too shallow.</p>" * 60 + "<div>Aid (until 31.12.2018)</div><div>1 March 2024</div>"
        assert said("", far).published_local == "2024-03-01"

    def test_a_change_is_no_publication(self) -> None:
        found = said("", H1 + "<div class='date'>Last updated: 5 March 2024</div>")
        assert found.published is None
        assert found.modified is not None
        assert found.modified.date().isoformat() == "2024-03-05"

    def test_origins_that_differ_lower_confidence_and_are_named(self) -> None:
        head = linked(datePublished="2024-03-01T10:00:00Z")
        agreed = said(head + "<meta property='article:published_time' content='2024-03-01T10:00:00Z'>").provenance["published"]
        differing = said(head + "<meta property='article:published_time' content='2021-05-06T10:00:00Z'>").provenance["published"]
        assert agreed.confidence > differing.confidence
        assert differing.against == ("opengraph: article:published_time",)

    def test_a_time_below_the_headline_that_differs_speaks_against_it(self) -> None:
        head = linked(datePublished="2024-05-12T10:00:00Z")
        alone = said(head, H1).provenance["published"]
        found = said(head, H1 + "<p class='byline'>By Ama Mensah</p><time datetime='2024-05-10T10:00:00+02:00'>10 May</time>")
        assert found.published_local == "2024-05-12T10:00:00+00:00"
        assert found.provenance["published"].against == ("visible: time",)
        assert found.provenance["published"].confidence < alone.confidence
        updated = said(head, H1 + "<time class='updated' datetime='2024-05-20'>20 May</time>")
        assert updated.provenance["published"] == alone

    @pytest.mark.parametrize(
        ("html", "day"), [("<html lang='en-US'>", "2024-03-04"), ("<html lang='en-GB'>", "2024-04-03"), ("<html lang='pt'>", "2024-04-03")]
    )
    def test_the_order_of_day_and_month_is_the_countrys(self, html: str, day: str) -> None:
        assert said("", H1 + "<span class='date'>03/04/2024</span>", html=html).published_local == day


class TestOtherStories:
    OTHER = linked(headline="Another story", url="https://www.example.org/news/another", author="Jan Moor", datePublished="2020-01-01")

    @pytest.mark.parametrize(
        "ours",
        [
            {"url": URL},
            {"@id": f"{URL}/#article"},
            {"mainEntityOfPage": {"@type": "WebPage", "@id": URL.replace("https://www.", "http://")}},
            {"headline": "A headline of words"},
        ],
    )
    def test_the_data_of_this_page_is_read(self, ours: dict[str, Any]) -> None:
        this = linked(author="Ama Mensah", datePublished="2024-05-10", **ours)
        for head in (self.OTHER + this, this + self.OTHER):
            found = said(head, H1)
            assert ([one.name for one in found.authors], found.published_local) == (["Ama Mensah"], "2024-05-10")

    def test_where_none_tells_the_first_counts(self) -> None:
        first = linked(headline="A story", author="Ama Mensah", datePublished="2024-05-10")
        assert [one.name for one in said(first + self.OTHER, H1).authors] == ["Ama Mensah"]


class TestKinds:
    @pytest.mark.parametrize(
        ("head", "body", "url", "genre"),
        [
            (linked(articleSection="Opinion"), "", URL, Genre.OPINION),
            ("<meta property='article:section' content='Kommentar'>", "", URL, Genre.OPINION),
            ("", "", "https://example.org/opinion/a-channel", Genre.OPINION),
            ("<title>社説：港の将来</title>", "", URL, Genre.OPINION),
            ("", "<div class='kicker'>Anzeige</div><h1>A headline of words</h1>", URL, Genre.SPONSORED),
            ("", H1 + "<span class='sponsor-label'>Paid post</span>", URL, Genre.SPONSORED),
            ("", "<span class='label'>Anzeige</span>" + H1, URL, Genre.SPONSORED),
            ("", "<div class='label'>Sponsored content</div>" + H1, URL, Genre.SPONSORED),
            ("", "<div class='sponsor-label'>Paid content by Example Dredging</div>" + H1, URL, Genre.SPONSORED),
            ("", "<div class='partner'>Partner content</div>" + H1, URL, Genre.SPONSORED),
            ("", "<p>This article is sponsored by Example Dredging.</p>" + H1, URL, Genre.SPONSORED),
            ("", H1 + "<p>Advertorial</p>", URL, Genre.SPONSORED),
            ("", "<span class='section-name'>Opinion</span>" + H1, URL, Genre.OPINION),
            ("", H1 + "<span class='badge'>Press release</span>", URL, Genre.PRESS_RELEASE),
            ("", "<div>FOR IMMEDIATE RELEASE</div>" + H1, URL, Genre.PRESS_RELEASE),
            ("", "", "https://example.org/pressemitteilungen/kanal", Genre.PRESS_RELEASE),
            ("<meta property='article:section' content='Communiqué de presse'>", "", URL, Genre.PRESS_RELEASE),
            ('<script type=\'application/ld+json\'>{"@type":"LiveBlogPosting","headline":"A storm"}</script>', "", URL, Genre.LIVE),
            ("<title>En direct : la tempête</title>", "", URL, Genre.LIVE),
        ],
    )
    def test_a_page_says_what_its_text_is(self, head: str, body: str, url: str, genre: Genre) -> None:
        assert said(head, body, url=url).genres == (genre,)

    @pytest.mark.parametrize(
        "body",
        [
            "<ul><li>Sponsored</li><li><a href='/p'>Press releases</a></li></ul>" + H1,
            "<div class='ad-label'>Advertisement</div>" + H1,
            "<div class='ad'><span class='label'>Sponsored</span></div>" + H1,
            "<div>Advertisement</div>" + H1,
            H1 + "<div class='label'>Anzeige</div>",
            H1 + "<aside><p>Sponsored</p></aside>",
            H1 + "<p>Opinion</p>",
            H1 + "<p>Press release by press release the channel grew deeper.</p>",
        ],
    )
    def test_places_for_advertisements_and_links_elsewhere_say_nothing_of_it(self, body: str) -> None:
        assert said("", body).genres == ()

    def test_news_has_no_mark(self) -> None:
        assert (
            said(
                "<title>Opinions differ on the channel</title>",
                "<h1>Opinions differ on the channel</h1>",
                url="https://example.org/news/live-on-a-boat",
            ).genres
            == ()
        )


def test_the_rest_of_what_a_page_says() -> None:
    head = (
        "<link rel='canonical' href='/news/harbour-1234'><link rel='amphtml' href='/amp/1234'>"
        "<meta property='og:site_name' content='Example Press'><meta property='og:image' content='/i/default.jpg'>"
        + linked(
            headline="Channel to be deepened",
            alternativeHeadline="Nine years of dispute end",
            articleSection="Harbours",
            keywords="harbours, dredging",
            image={"@type": "ImageObject", "url": "https://example.org/i/dredger.jpg", "caption": "A dredger"},
            isAccessibleForFree="False",
            wordCount=412,
            sourceOrganization={"@type": "Organization", "name": "Reuters"},
        )
    )
    found = said(head)
    assert {name: (one.origin, one.where) for name, one in found.provenance.items()} == {
        "headline": (Origin.JSON_LD, "headline"),
        "canonical_url": (Origin.LINK, "canonical"),
        "amp_url": (Origin.LINK, "amphtml"),
        "site": (Origin.OPENGRAPH, "og:site_name"),
        "declared_language": (Origin.META, "html lang"),
        "lead_picture": (Origin.JSON_LD, "image"),
        "keywords": (Origin.JSON_LD, "keywords"),
        "section": (Origin.JSON_LD, "articleSection"),
        "subtitle": (Origin.JSON_LD, "alternativeHeadline"),
        "source": (Origin.JSON_LD, "sourceOrganization"),
    }
    assert (found.canonical_url, found.amp_url) == ("https://www.example.org/news/harbour-1234", "https://www.example.org/amp/1234")
    assert (found.site, found.section, found.subtitle) == ("Example Press", "Harbours", "Nine years of dispute end")
    assert (found.keywords, found.language, found.source) == (("harbours", "dredging"), "en", "Reuters")
    assert found.picture is not None
    assert (found.picture.url, found.picture.caption) == ("https://example.org/i/dredger.jpg", "A dredger")
    assert (found.is_free, found.word_count, found.is_article) == (False, 412, True)


@pytest.mark.parametrize(
    "script",
    [
        '{"@type":"NewsArticle","headline":"Channel to be deepened",}',
        '<!-- {"@type":"NewsArticle","headline":"Channel to be deepened"} -->',
        '//<![CDATA[\n{"@type":"NewsArticle","headline":"Channel to be deepened"}\n//]]>',
        '{"@type":"NewsArticle","description":"a\nb","headline":"Channel to be deepened"};',
        '{"@type":"NewsArticle","headline":"Channel to be deepened"}{"@type":"Thing"}',
        '[[{"@graph":[{"@type":["http://schema.org/NewsArticle"],"headline":["Channel to be deepened"]}]}]]',
    ],
)
def test_json_that_is_broken_in_the_usual_ways_is_read(script: str) -> None:
    assert said(f"<script type='application/ld+json'>{script}</script>").headline == "Channel to be deepened"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                "@type @id @graph headline name author datePublished image publisher keywords articleSection itemListElement item wordCount".split()
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)


@given(JSON)
def test_any_json_is_borne(data: object) -> None:
    text = json.dumps(
        [{"@type": "NewsArticle"}, data, {"@type": "NewsArticle", "headline": data, "author": data, "datePublished": data, "image": data}]
    )
    found = said(f"<script type='application/ld+json'>{text.replace('<', '')}</script>")
    assert len(found.authors) <= 20


@given(
    st.lists(
        st.sampled_from(
            [
                "<h1>",
                "</h1>",
                "<time datetime='2024-03-01'>",
                "<p class='byline author date'>",
                "By Ama Mensah",
                "1 May 2024",
                "<meta property='og:title' content='x'>",
                "<title>",
                "<br>",
                "</p>",
            ]
        ),
        max_size=30,
    )
)
def test_any_markup_is_borne_and_read_the_same_twice(parts: list[str]) -> None:
    assert said("", "".join(parts)) == said("", "".join(parts))


@pytest.mark.parametrize(
    "body",
    [
        f"<h1 class='{'author ' * 100_000}'>A headline of words</h1>",
        f"<meta name='author' content='{'Ama Mensah, ' * 100_000}'>",
        f"<h1>{'word ' * 200_000}</h1>",
        "<div class='byline author'>" * 400 + "By Ama Mensah" * 10_000,
        f"<script type='application/ld+json'>{'[' * 100_000}</script>",
        f"<script type='application/ld+json'>{json.dumps({'@type': 'NewsArticle', 'author': [{'name': 'Ama Mensah'}] * 50_000})}</script>",
        "<span class='date'>1 May 2024</span>" * 20_000,
        H1 + f"<p class='byline'>By {'Ama and ' * 50_000}</p>",
    ],
    ids=["a class", "a meta", "a heading", "bylines in bylines", "deep JSON", "many authors", "many dates", "a long byline"],
)
def test_what_is_too_much_is_cut(body: str) -> None:
    found = said("", body)
    assert len(found.headline) <= 600
    assert len(found.authors) <= 20


def test_a_story_that_is_sent_as_a_newsletter_has_its_subtitle_and_its_author() -> None:
    prose = "<p>The harbour commission voted on Monday to deepen the main channel by two metres, ending a dispute.</p>" * 4
    top = "<h1>Harbour vote</h1><h3 class='subtitle'>Why the vote matters more than money</h3><div class='byline'>By Ola Brandt</div>"
    html = f"<html><head><title>Harbour vote</title></head><body><article class='newsletter-post post'>{top}{prose}</article></body></html>"
    article = clean(Draft(format="html", page_html=html, url="https://example.org/p/vote"))
    assert (article.subtitle, [author.name for author in article.authors]) == ("Why the vote matters more than money", ["Ola Brandt"])

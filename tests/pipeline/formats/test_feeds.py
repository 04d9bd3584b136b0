"""RSS and Atom → Listing: what publishers write, and what they meant."""

# ruff: noqa: E501 - feeds as they are written
from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import Unreadable
from pipeline.formats import atom, rss
from pipeline.formats._feeds import LONGEST_FIELD, MOST_ENTRIES, mended, moment, plain
from schemas.document import Document, Entry, Listing


def document(body: str | bytes, content_type: str = "") -> Document:
    return Document(
        url="https://wire.example/feeds/world.xml",
        body=body if isinstance(body, bytes) else body.encode(),
        fetched_at=datetime(2026, 3, 1, tzinfo=UTC),
        content_type=content_type,
    )


def channel(*items: str, head: str = "<title>World</title><link>https://wire.example/</link>") -> str:
    namespaces = 'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
    inner = "".join(f"<item>{item}</item>" for item in items)
    return f'<?xml version="1.0"?><rss version="2.0" {namespaces}><channel>{head}{inner}</channel></rss>'


def item(inner: str) -> Entry:
    listing = rss.read(document(channel(inner)))
    assert len(listing.entries) == 1, listing.warnings
    return listing.entries[0]


def entry(inner: str, attributes: str = "") -> Entry:
    listing = atom.read(
        document(f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en" {attributes}><title>World</title><entry>{inner}</entry></feed>')
    )
    assert len(listing.entries) == 1, listing.warnings
    return listing.entries[0]


def test_an_rss_item_is_read_whole() -> None:
    found = item(
        """<media:title>A picture</media:title><title>Port &amp; fleet agree</title><link>/story/7?utm_source=rss</link>
        <guid isPermaLink="false">tag:wire.example,2026:7</guid><description>&lt;p&gt;Seven of eleven members were in favour.&lt;/p&gt;</description>
        <content:encoded><![CDATA[<p>The commission voted.</p>]]></content:encoded><dc:creator>Ilse Varga</dc:creator>
        <author>desk@wire.example (Karel Novak)</author><category>Ports</category><dc:subject>Fishing</dc:subject><media:category>x</media:category>
        <pubDate>Sun, 01 Mar 2026 10:00:00 +0100</pubDate><atom:updated>2026-03-01T11:00:00Z</atom:updated>"""
    )
    assert found == Entry(
        key="tag:wire.example,2026:7",
        url="https://wire.example/story/7?utm_source=rss",
        title="Port & fleet agree",
        summary="Seven of eleven members were in favour.",
        content_html="<p>The commission voted.</p>",
        authors=("Ilse Varga", "Karel Novak"),
        categories=("Ports", "Fishing"),
        published=datetime(2026, 3, 1, 9, tzinfo=UTC),
        updated=datetime(2026, 3, 1, 11, tzinfo=UTC),
    )


def test_the_channel_says_its_title_language_link_and_rhythm() -> None:
    head = '<atom:link rel="self" href="https://wire.example/feed"/><title>World</title><link>https://wire.example/</link><language>en-GB</language><ttl>15</ttl>'
    listing = rss.read(document(channel("<title>x</title><link>/1</link>", head=head)))
    assert (listing.title, listing.language, listing.link, listing.ttl_s) == ("World", "en-GB", "https://wire.example/", 900)
    assert listing.entries[0].language == "en-GB"
    head = "<title>W</title><sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>"
    assert rss.read(document(channel(head=head))).ttl_s == 900


def test_a_guid_is_a_link_unless_it_says_no() -> None:
    linked = item("<title>x</title><guid>https://wire.example/story/7</guid>")
    assert (linked.url, linked.is_permalink) == ("https://wire.example/story/7", True)
    listing = rss.read(document(channel('<title>x</title><guid isPermaLink="false">https://wire.example/story/7</guid>')))
    assert listing.entries == ()
    assert listing.warnings == ("entry 1: it has neither a link nor a guid that is one: left out",)


def test_rdf_is_read_with_its_own_ids_and_dates() -> None:
    body = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
      <channel rdf:about="https://wire.example/"><title>World</title><link>https://wire.example/</link><dc:language>de</dc:language><items/></channel>
      <item rdf:about="urn:wire:7"><title>Hafen</title><link>https://wire.example/7</link><dc:date>2026-03-01T10:00+01:00</dc:date></item></rdf:RDF>"""
    assert rss.sniff(document(body)) == 1.0
    [found] = rss.read(document(body)).entries
    assert (found.key, found.title, found.language, found.published) == ("urn:wire:7", "Hafen", "de", datetime(2026, 3, 1, 9, tzinfo=UTC))


def test_an_atom_entry_is_read_whole() -> None:
    found = entry(
        """<id>tag:wire.example,2026:8</id><title>Fish &lt;b&gt; chips</title><link rel="self" href="/8.atom"/><link rel="edit" href="/edit"/>
        <link href="/8.pdf" type="application/pdf"/><link rel="alternate" type="text/html" href="story/8"/><summary type="html">&lt;p&gt;In &lt;i&gt;short&lt;/i&gt;&lt;/p&gt;</summary>
        <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Whole &amp; all</p></div></content><author><name>Ilse Varga</name><email>a@b</email></author>
        <category term="ports" label="Ports"/><published>2026-03-01T10:00:00+01:00</published><updated>2026-03-01T11:00:00.5Z</updated>""",
        'xml:base="https://cdn.example/news/"',
    )
    assert found == Entry(
        key="tag:wire.example,2026:8",
        url="https://cdn.example/news/story/8",
        title="Fish <b> chips",
        summary="In short",
        content_html="<div><p>Whole &amp; all</p></div>",
        authors=("Ilse Varga",),
        categories=("Ports",),
        language="en",
        published=datetime(2026, 3, 1, 9, tzinfo=UTC),
        updated=datetime(2026, 3, 1, 11, 0, 0, 500_000, tzinfo=UTC),
    )


def test_atom_text_content_is_escaped_and_content_elsewhere_is_a_link() -> None:
    assert entry('<id>x:1</id><link href="/1"/><content>5 &lt; 6\n\nsecond</content>').content_html == "<p>5 &lt; 6</p>\n<p>second</p>"
    assert entry('<id>x:1</id><content type="text/html" src="/whole/1"/>').url == "https://wire.example/whole/1"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("AT&T, R&D and Q&A", "AT&T, R&D and Q&A"),
        ("AT&amp;T", "AT&T"),
        ("AT&amp;amp;T", "AT&T"),
        ("Caf&eacute; &mdash; &#8220;x&#8221; &nbsp; y", "Café — “x” y"),
        ("It&#146;s &#x92;", "It’s ’"),
        ("bell\x07 &#7;end", "bell end"),
        ("<![CDATA[Fish & <b>chips</b> &eacute;]]>", "Fish & chips é"),
        ("<![CDATA[Ross Stores <ROST> up 5%]]>", "Ross Stores <ROST> up 5%"),
        ("&nosuch; thing &copycat", "&nosuch; thing &copycat"),
    ],
)
def test_a_title_says_what_its_publisher_meant(written: str, meant: str) -> None:
    assert item(f"<link>/1</link><title>{written}</title>").title == meant


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("Sun, 01 Mar 2026 10:00:00 GMT", "2026-03-01T10:00:00"),
        ("Sun, 01 Mar 2026 10:00:00 GMT+0200", "2026-03-01T08:00:00"),
        ("Sun, 01 Mar 2026 10:00:00 UTC+2", "2026-03-01T08:00:00"),
        ("Sun, 01 Mar 2026 10:00:00 +02:00", "2026-03-01T08:00:00"),
        ("Sun, 01 Mar 2026 10:00:00 EST", "2026-03-01T15:00:00"),
        ("Sun, 01 Mar 2026 10:00:00 CEST", "2026-03-01T08:00:00"),
        ("1 Mar 26 10:00 PST", "2026-03-01T18:00:00"),
        ("2026-03-01T10:00:00+02:00", "2026-03-01T08:00:00"),
        ("2026-03-01T10:00:00.123456-05:00", "2026-03-01T15:00:00.123456"),
        ("2026-03-01 10:00:00 +0200", "2026-03-01T08:00:00"),
        ("2026-03-01 10:00:00", "2026-03-01T10:00:00"),
        ("2026-03-01", "2026-03-01T00:00:00"),
        ("20260301T100000Z", "2026-03-01T10:00:00"),
        ("March 1, 2026 10:00 AM EDT", "2026-03-01T14:00:00"),
        ("Sunday, March 1, 2026 - 10:00", "2026-03-01T10:00:00"),
        ("1 March 2026", "2026-03-01T00:00:00"),
    ],
)
def test_dates_as_feeds_write_them(written: str, utc: str) -> None:
    assert moment(written) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    ["", "yesterday", "Monday", "10:00", "March 2026", "0", "1970-01-01T00:00:00Z", "0000-00-00", "31 Feb 2026", "9" * 90, "x" * 10_000],
)
def test_what_is_no_whole_date_is_none_and_never_now(written: str) -> None:
    assert moment(written) is None


@given(st.text(max_size=60))
def test_no_date_breaks_the_reader(written: str) -> None:
    found = moment(written)
    assert found is None or found.tzinfo is UTC


def test_one_bad_entry_is_a_warning_and_its_neighbours_stay() -> None:
    listing = rss.read(
        document(channel("<link>/1</link>", "<link>javascript:alert(1)</link>", "<title>nothing</title>", "<link>/2</link>"))
    )
    assert [found.url for found in listing.entries] == ["https://wire.example/1", "https://wire.example/2"]
    assert [warning.partition(":")[0] for warning in listing.warnings] == ["entry 2", "entry 3"]


def test_the_url_joins_an_id_that_stands_for_several_entries() -> None:
    listing = rss.read(
        document(
            channel(
                *(f"<guid isPermaLink='false'>7</guid><link>/{n}</link>" for n in (1, 2, 2)),
                "<guid isPermaLink='false'>8</guid><link>/3</link>",
            )
        )
    )
    assert [found.key for found in listing.entries] == ["7 https://wire.example/1", "7 https://wire.example/2", "8"]
    assert listing.warnings == ("1 id stands for several entries: URLs tell them apart",)


def test_a_feed_cut_in_the_middle_gives_its_whole_entries() -> None:
    body = channel("<link>/1</link><title>one</title>", "<link>/2</link><title>two</title>")
    listing = rss.read(document(body[: body.index("two")]))
    assert [found.title for found in listing.entries] == ["one"]
    assert "the feed ends within entry 2: left out" in listing.warnings


def test_broken_xml_is_read_and_said() -> None:
    listing = rss.read(
        document(channel("<link>/1</link><title>one<br>more</title><description>a</description>", "<link>/2</link><title>two</title>"))
    )
    assert "two" in [found.title for found in listing.entries]
    assert listing.warnings[0].startswith("not well-formed in line 1, read all the same")


def test_prefixes_that_nobody_declared_are_understood() -> None:
    body = "<rss><channel><title>W</title><item><link>https://wire.example/1</link><dc:creator>Ilse Varga</dc:creator><dc:date>2026-03-01</dc:date></item></channel></rss>"
    [found] = rss.read(document(body)).entries
    assert (found.authors, found.published) == (("Ilse Varga",), datetime(2026, 3, 1, tzinfo=UTC))


def test_charsets_are_told_by_what_the_bytes_are() -> None:
    def title(body: bytes, content_type: str = "") -> str:
        return rss.read(document(body, content_type)).entries[0].title

    text = '<?xml version="1.0" encoding="{}"?><rss><channel><item><link>https://wire.example/1</link><title>Café – Größe</title></item></channel></rss>'
    assert title(text.format("windows-1252").encode("cp1252")) == "Café – Größe"
    assert title(text.format("ISO-8859-1").encode()) == "Café – Größe"
    assert title(text.format("UTF-16").encode("utf-16")) == "Café – Größe"
    assert title(text.format("UTF-8").encode("utf-8-sig"), "text/xml; charset=iso-8859-1") == "Café – Größe"


def test_entities_are_never_expanded_and_no_file_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("for our eyes only")
    doctype = f'<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c SYSTEM "file://{secret}">]>'
    body = f"{doctype}<rss><channel><item><link>https://wire.example/1</link><title>&b; &c;</title></item></channel></rss>"
    [found] = rss.read(document(body)).entries
    assert found.title == "&b; &c;"
    # feedparser takes bytes for a file's name first
    with pytest.raises(Unreadable):
        rss.read(document(str(secret)))


def test_what_our_reader_makes_nothing_of_is_read_once_more() -> None:
    body = "<html><rss><channel><title>W</title><item><title>one</title><link>https://wire.example/1</link><pubDate>Sun, 01 Mar 2026 10:00:00 GMT</pubDate></item></channel></rss></html>"
    listing = rss.read(document(body))
    assert [(found.title, found.url, found.published) for found in listing.entries] == [
        ("one", "https://wire.example/1", datetime(2026, 3, 1, 10, tzinfo=UTC))
    ]
    assert "read by feedparser" in listing.warnings[-1]


@pytest.mark.parametrize("body", ["<html><body>404</body></html>", "no markup", "<", "<rss", "{}"])
def test_what_is_no_feed_says_so(body: str) -> None:
    for format in (rss, atom):
        with pytest.raises(Unreadable, match=r"https://wire\.example/feeds/world\.xml is "):
            format.read(document(body))


def test_an_empty_feed_is_an_empty_listing() -> None:
    assert rss.read(document(channel())) == Listing(entries=(), title="World", link="https://wire.example/")


def test_size_is_bounded() -> None:
    many = rss.read(document(channel(*(f"<link>/{n}</link>" for n in range(MOST_ENTRIES + 5)))))
    assert len(many.entries) == MOST_ENTRIES
    assert many.warnings == ("more than 5,000 entries: the rest is left out",)
    big = rss.read(
        document(
            channel(
                f"<link>/1</link><title>{'t' * 9_000}</title><content:encoded>{'x' * (LONGEST_FIELD + 9)}</content:encoded><guid isPermaLink='false'>{'g' * 9_000}</guid>"
            )
        )
    )
    [found] = big.entries
    assert (len(found.content_html), len(found.title), len(found.key)) == (LONGEST_FIELD, 2_000, 500)
    assert big.warnings == ("entry 1: its text is cut at 500,000 characters",)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("hostile", ["<![CDATA[", "<", "&", "&#", "<!--", "<?x", "<item>", "<a ", "&amp", "<!doctype ["])
def test_hostile_repetition_takes_no_time(hostile: str) -> None:
    body = hostile * 60_000
    mended(body)
    plain(body)
    for text in (body, channel(f"<link>/1</link><title>{body}</title>")):
        for format in (rss, atom):
            format.sniff(document(text))
            with contextlib.suppress(Unreadable):
                format.read(document(text))


@given(st.text())
def test_mending_twice_equals_once(text: str) -> None:
    assert mended(mended(text)) == mended(text)


def test_sniffing_knows_a_feed_by_its_first_element() -> None:
    feed = '<?xml version="1.0"?><!-- a <rss> --><?xml-stylesheet href="x"?>\n<feed xmlns="http://www.w3.org/2005/Atom"></feed>'
    assert (rss.sniff(document(feed)), atom.sniff(document(feed))) == (0.0, 1.0)
    assert rss.sniff(document("\n\n<RSS version='0.91'>")) == 1.0
    assert rss.sniff(document("<!doctype html><html><p>how to write <rss>")) == 0.0
    assert rss.sniff(document("<html>", "application/rss+xml")) == 0.0


def test_real_feeds_say_what_another_reader_found_in_them(shared: Path) -> None:
    """Titles, links and dates as feed-rs reads them; an entry without any page is no entry for us."""
    folder = shared / "samples/wire/rss-atom/feed-rs"
    paths = sorted(folder.glob("*.xml"))
    assert paths
    wrong: list[tuple[str, object, object]] = []
    for path in paths:
        expected = json.loads(path.with_name(f"{path.stem}.serde.json").read_text(encoding="utf-8"))
        listing = (rss if path.name.startswith("rss") else atom).read(document(path.read_bytes()))
        pageless = sum("neither" in warning for warning in listing.warnings)
        if len(listing.entries) + pageless != len(expected["entries"]):
            wrong.append((path.name, len(listing.entries), len(expected["entries"])))
        if pageless:
            continue
        for ours, theirs in zip(listing.entries, expected["entries"], strict=True):
            if theirs["title"] and ours.title != " ".join(theirs["title"]["content"].split()):
                wrong.append((path.name, ours.title, theirs["title"]["content"]))
            links = [link["href"] for link in theirs["links"]]
            if links and not any(ours.url == link or ours.url.endswith(link) for link in links):
                wrong.append((path.name, ours.url, links))
            if theirs["published"]:
                at = datetime.fromisoformat(theirs["published"].replace("Z", "+00:00")).replace(microsecond=0)
                if ours.published is None or ours.published.replace(microsecond=0) != at:
                    wrong.append((path.name, ours.published, at))
    assert wrong == []

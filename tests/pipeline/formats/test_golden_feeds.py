"""Sample feeds, whole and broken, each beside its listing; and the real feeds of others, where they are at hand."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from pipeline.errors import Unreadable
from pipeline.formats import Format, atom, rss
from schemas.document import Entry, Listing
from tests import feeds

READERS = {"rss": rss.FORMAT, "atom": atom.FORMAT}


def listing(format: Format, body: str) -> Listing:
    found = format.read(feeds.document(body))
    assert isinstance(found, Listing)
    return found


@pytest.mark.parametrize("name", [*feeds.names("rss"), *feeds.names("atom")])
def test_a_sample_gives_its_listing_and_is_known_by_its_bytes(name: str) -> None:
    document, expected = feeds.sample(name)
    kind = name.partition("-")[0]
    found = READERS[kind].read(document)
    assert isinstance(found, Listing)
    assert feeds.as_json(found) == expected
    if name != "rss-broken":  # a server's complaint stands before its root
        assert {other: format.sniff(document) for other, format in READERS.items()} == {"rss": 0.0, "atom": 0.0} | {kind: 1.0}


@pytest.mark.parametrize("format", READERS.values(), ids=READERS)
def test_a_document_cut_anywhere_gives_whole_entries_or_is_unreadable(format: Format) -> None:
    whole, _ = feeds.sample({"rss": "rss-2.0", "atom": "atom-1.0"}[format.name])
    everything = format.read(whole)
    assert isinstance(everything, Listing)
    titles = {entry.title for entry in everything.entries}
    for end in range(0, len(whole.body), 37):
        try:
            found = format.read(msgspec.structs.replace(whole, body=whole.body[:end]))
        except Unreadable:
            continue
        assert isinstance(found, Listing)
        assert {entry.title for entry in found.entries} <= titles, end


def test_an_xhtml_content_keeps_no_prefixes() -> None:
    document, _ = feeds.sample("atom-1.0")
    found = atom.read(document).entries[0].content_html
    assert "<b>2</b>" in found
    assert "x:" not in found


HOSTILE = {
    "entities in entities": '<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>',
    "a file of ours": '<!DOCTYPE l [<!ENTITY c SYSTEM "file:///etc/hostname">]>',
    "another host": '<!DOCTYPE l [<!ENTITY % d SYSTEM "http://127.0.0.1:1/d.dtd"> %d; <!ENTITY c "x">]>',
}


@pytest.mark.parametrize("prolog", HOSTILE.values(), ids=HOSTILE)
def test_a_document_defines_no_entities(prolog: str) -> None:
    [entry] = rss.read(feeds.rss("<item><title>&c;</title><link>https://example.org/1</link></item>", before=prolog)).entries
    assert entry.title == "&c;"


def test_a_million_open_tags_end_soon() -> None:
    with pytest.raises(Unreadable):
        listing(rss.FORMAT, "<a>" * 1_000_000)
    assert listing(rss.FORMAT, "<rss><channel><item>" + "<a>" * 300_000).entries == ()


def test_what_is_lost_behind_too_deep_a_nest_is_said() -> None:
    deep = "<item><title>Deep</title><link>https://example.org/1</link><description>" + "<b>" * 5_000 + "</description></item>"
    found = rss.read(feeds.rss(deep, feeds.ITEM.format(2)))
    assert any("depth" in warning for warning in found.warnings)


def test_ten_thousand_entries_are_cut_and_said() -> None:
    found = rss.read(feeds.rss(*(feeds.ITEM.format(number) for number in range(10_000))))
    assert len(found.entries) == 5_000
    assert found.entries[0].title == "T0"
    assert found.warnings == ("more than 5,000 entries: the rest is left out",)


def test_no_entry_is_larger_than_its_bounds() -> None:
    long = "x" * 3_000_000
    item = f"<item><title>{long}</title><link>https://example.org/1</link><guid isPermaLink='false'>{long}</guid><description>{long}</description></item>"
    found = rss.read(feeds.rss(item, feeds.ITEM.format(2)))
    first, second = found.entries
    assert len(msgspec.json.encode(first)) < 600_000
    assert len(first.key) <= 500
    assert second.title == "T2"


@pytest.mark.parametrize("soup", ["&#xD800;", "&#0;", "&#99999999;", "<![CDATA[", "<!--", "<?x", "]]>", "\ufffe", "<item", "</rss>"])
@pytest.mark.parametrize("format", READERS.values(), ids=READERS)
def test_soup_before_within_or_behind_a_feed_raises_nothing_but_unreadable(format: Format, soup: str) -> None:
    whole = (feeds.rss(feeds.ITEM) if format.name == "rss" else feeds.atom(feeds.ENTRY)).body.decode()
    for place in (0, whole.find("<title>"), whole.rfind("</title>"), len(whole)):
        for body in (whole[:place] + soup + whole[place:], f"<br>{soup}<item><title>t</title></item>"):
            try:
                format.read(feeds.document(body))
            except Unreadable:
                continue


def _real(shared: Path) -> list[Path]:
    return sorted((shared / "samples" / "wire" / "rss-atom").rglob("*.xml"))


def test_real_feeds_lose_no_entry_that_bears_a_link(shared: Path) -> None:
    seen = 0
    for path in _real(shared):
        reader = READERS[path.name.partition("_")[0]]
        found = reader.read(feeds.document(path.read_bytes()))
        assert isinstance(found, Listing)
        assert reader.sniff(feeds.document(path.read_bytes())) > 0.5, path.name
        expected = msgspec.json.decode(path.with_suffix(".serde.json").read_bytes())
        linked = [entry for entry in expected["entries"] if entry["links"]]
        assert len(found.entries) + sum("left out" in warning for warning in found.warnings) >= len(linked), (path.name, found.warnings)
        assert all(_is_whole(entry) for entry in found.entries), path.name
        seen += len(found.entries)
    assert seen > 50


def _is_whole(entry: Entry) -> bool:
    return bool(entry.key and entry.title) and entry.url.startswith(("http://", "https://"))

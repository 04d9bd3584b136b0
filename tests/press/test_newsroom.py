"""What the simulated press puts out, over real sockets and into a real folder."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.error import HTTPError

import feedparser
import pytest
from selectolax.lexbor import LexborHTMLParser

from press import Press
from press.generate import documents
from press.houses import HOUSES
from press.scenario import DAY, play
from press.stories import stories

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock_hands() -> Clock:
    return Clock()


@pytest.fixture
def press(tmp_path: Path, clock_hands: Clock) -> Iterator[Press]:
    with Press(drop=tmp_path / "drop", clock=clock_hands) as press:
        yield press


def get(url: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode(), dict(answer.headers)
    except HTTPError as error:
        with error:
            return error.code, error.read().decode(), dict(error.headers)


def test_a_story_is_listed_and_its_page_holds_its_words(press: Press) -> None:
    published = press.publish("ferry", "story")
    [entry] = feedparser.parse(get(press.feed_url("calder"))[1]).entries
    assert (entry.id, entry.link, entry.title) == (published.guid, published.url, published.headline)
    page = LexborHTMLParser(get(entry.link)[1])
    paragraphs = [node.text() for node in page.css(".article-body > p:not(.interstitial)")]
    assert paragraphs[0] == f"LISBON, March 14 (Calder) -- {published.paragraphs[0]}"
    assert tuple(paragraphs[1:]) == published.paragraphs[1:]


def test_a_page_bears_what_surrounds_stories_in_life(press: Press) -> None:
    text = LexborHTMLParser(get(press.publish("ferry", "writethru").url)[1]).text()
    assert text.count("leaves the terminal at Barreiro last spring. File Photo by Rui Antas/Calder") == 2
    for around in ("License Photo", "RELATED River pilots", "Latest Headlines", "Follow Us", "By Ines Valadim", "(Adds evacuation"):
        assert around in text


def test_versions_keep_guid_and_address(press: Press, clock_hands: Clock) -> None:
    first = press.publish("ferry", "alert")
    clock_hands.now += timedelta(minutes=5)
    second = press.publish("ferry", "story")
    assert (first.guid, first.url) == (second.guid, second.url)
    assert (first.version, second.version) == (1, 2)
    [entry] = feedparser.parse(get(press.feed_url("calder"))[1]).entries
    assert entry.title == second.headline
    assert entry.published_parsed[:5] == (2026, 3, 14, 12, 0)
    assert entry.updated_parsed[:5] == (2026, 3, 14, 12, 5)


def test_a_correction_is_marked_and_says_what_it_corrects(press: Press) -> None:
    press.publish("ferry", "writethru")
    page = get(press.correct("ferry").url)[1]
    assert "CORRECTED-All 221" in page
    assert "(Corrects number of people aboard" in page


def test_an_outlet_carries_a_share_with_words_of_its_own(press: Press) -> None:
    whole = press.publish("ferry", "writethru")
    carried = press.carry("inland-courier", "ferry", 0.5, additions=["A line of our own."], headline="Fog ferry")
    assert carried.paragraphs == (*whole.paragraphs[:4], "A line of our own.")
    assert carried.carries == "calder/ferry"
    [entry] = feedparser.parse(get(press.feed_url("inland-courier"))[1]).entries
    assert entry.title == "Fog ferry"
    assert entry.id != whole.guid


def test_a_poll_with_the_validators_is_answered_304_until_something_changes(press: Press, clock_hands: Clock) -> None:
    press.publish("museum")
    url = press.feed_url("calder")
    status, _, headers = get(url)
    assert status == 200
    assert get(url, If_None_Match=headers["ETag"])[0] == 304
    assert get(url, If_Modified_Since=headers["Last-Modified"])[0] == 304
    assert get(url, If_None_Match='"another"', If_Modified_Since=headers["Last-Modified"])[0] == 200
    assert get(url, If_Modified_Since=format_datetime(NOON - timedelta(days=1), usegmt=True))[0] == 200
    assert get(url, If_Modified_Since="nonsense")[0] == 200
    clock_hands.now += timedelta(seconds=1)
    press.publish("ferry", "alert")
    assert get(url, If_None_Match=headers["ETag"])[0] == 200
    assert get(url, If_Modified_Since=headers["Last-Modified"])[0] == 200


def test_a_file_holds_one_item_and_nothing_unfinished_stays(press: Press, tmp_path: Path) -> None:
    until = NOON + timedelta(hours=1)
    published = press.embargo("census", until)
    [path] = (tmp_path / "drop").iterdir()
    item = json.loads(path.read_text())
    assert item["uri"] == published.guid
    assert item["embargoed"] == until.isoformat()
    assert (item["version"], item["pubstatus"], item["language"], item["located"]) == ("1", "usable", "en", "Nairobi")
    assert item["body_html"].startswith("<p>NAIROBI, Kenya, March 14 (Meridia) - A count from the air")


def test_a_kill_names_the_item_and_has_no_body(press: Press, tmp_path: Path) -> None:
    usable = press.publish("merger")
    kill = press.kill("merger")
    items = {one["version"]: one for one in (json.loads(path.read_text()) for path in (tmp_path / "drop").iterdir())}
    assert items["2"]["pubstatus"] == "canceled"
    assert items["2"]["uri"] == items["1"]["uri"] == usable.guid
    assert "body_html" not in items["2"]
    assert (kill.kind, kill.paragraphs) == ("kill", ())


def test_a_killed_page_is_gone_and_no_longer_listed(press: Press) -> None:
    published = press.publish("museum")
    press.kill("museum")
    assert get(published.url)[0] == 410
    assert feedparser.parse(get(press.feed_url("calder"))[1]).entries == []


def test_the_ledger_knows_what_was_published_and_what_was_served(press: Press) -> None:
    published = press.publish("museum")
    get(published.url)
    get(published.url, If_None_Match=get(published.url)[2]["ETag"])
    get(press.url("calder", "/nothing"))
    press.publish("merger")
    assert [(one.path, one.status, one.item, one.version) for one in press.ledger.served] == [
        ("/news/museum", 200, "museum", 1),
        ("/news/museum", 200, "museum", 1),
        ("/news/museum", 304, "museum", 1),
        ("/nothing", 404, "", 0),
        ("meridia-merger-1.json", 0, "merger", 1),
    ]
    assert press.ledger.whole_answers() == {("calder", "museum", 1): 2, ("meridia", "merger", 1): 1}
    assert press.ledger.current()["calder", "museum"] == published
    lines = [json.loads(line) for line in press.ledger.as_json_lines().splitlines()]
    assert [line["what"] for line in lines].count("published") == 2
    assert len(lines) == 7


def test_each_step_of_the_day_can_be_played(press: Press) -> None:
    for step in DAY:
        play(press, step)
    kinds = {entry.kind for entry in press.ledger.published}
    assert kinds >= {"alert", "story", "writethru", "correction", "pickup", "update", "kill"}
    assert {entry.item for entry in press.ledger.published} == set(stories())
    for house in HOUSES.values():
        if house.feed:
            parsed = feedparser.parse(get(press.feed_url(house.key))[1])
            assert not parsed.bozo
            assert parsed.entries


def test_a_flood_is_listed_newest_first_up_to_the_window(tmp_path: Path) -> None:
    with Press(drop=tmp_path, feed_window=10) as press:
        press.flood("vantry", documents(25))
        entries = feedparser.parse(get(press.feed_url("vantry"))[1]).entries
        assert [entry.id.rpartition(":")[2] for entry in entries] == [f"item-{number:05}" for number in range(25, 15, -1)]


def test_what_there_is_not_is_named(press: Press) -> None:
    with pytest.raises(KeyError, match="ferry has no version 'obituary': it has alert, story"):
        press.publish("ferry", "obituary")
    with pytest.raises(KeyError, match="no house has put out 'ferry'"):
        press.carry("harbour-post", "ferry")
    with pytest.raises(ValueError, match="can't carry an embargo"):
        press.embargo("ferry", NOON)


@pytest.mark.parametrize("story", stories().values(), ids=lambda story: story.slug)
def test_stories_are_whole(story: object) -> None:
    from press.stories import Story

    assert isinstance(story, Story)
    assert story.house in HOUSES
    assert HOUSES[story.house].dateline
    for version in story.versions:
        assert version.headline
        assert not version.headline.endswith(".")
        assert all(paragraph.endswith((".", '"', "?")) for paragraph in version.paragraphs), story.slug


def test_another_host_is_listened_on_and_stands_in_its_urls() -> None:
    with Press(host="localhost") as press:
        published = press.publish("ferry", "story")
        assert published.url.startswith(f"http://localhost:{press.sites['calder'].port}/news/")
        assert get(published.url)[0] == 200

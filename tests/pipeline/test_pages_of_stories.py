"""A story on several pages: all of them are fetched as owed pages, and become one item; whatever is killed between. Database and web are real."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline import collect
from pipeline.here import ingest_here
from pipeline.ingest import ingest_chunk
from pipeline.storage import explain, items, quarantine, work
from pipeline.storage.db import Database
from schemas import tables
from schemas.article import Access, Article
from schemas.outcome import Outcome
from tests.pipeline.clean.test_pages import SENTENCES, html, pager
from tests.pipeline.newsroom import Newsroom, Settable, feed
from tests.pipeline.test_collect_pump import CHILD
from tests.pipeline.web import Web, reply

PARTS = [f"Part {number}. {SENTENCES[2 * number - 2 + place]}" for number in (1, 2, 3) for place in (0, 1)]


@pytest.fixture
def room(database: Database, web: Web, clock: Settable) -> Newsroom:
    room = Newsroom(database, web, clock)
    publish(web)
    web.at("/feed", reply(feed((web.url("/wall"), "The wall"))))
    room.declare()
    return room


def path(number: int) -> str:
    return "/wall" if number == 1 else f"/wall?page={number}"


def publish(web: Web, *, without: int = 0, corrected: int = 0) -> None:
    """A story of three pages; or one of them is not there, or was corrected."""
    numbered = pager(*[(str(number), path(number)) for number in (1, 2, 3)])
    for number in (1, 2, 3):
        page = html(number, numbered)
        page = page.replace(f"Part {number}.", f"Corrected. Part {number}.", 1) if number == corrected else page
        web.at(path(number), reply(b"gone", status=404) if number == without else reply(page.encode(), Content_Type="text/html"))


def ingest(room: Newsroom) -> list[Outcome]:
    """All that waits for it."""
    outcomes = []
    for row in room.rows(tables.work, tables.work.c.stage == "ingest"):
        with room.database.write() as conn:
            claimed = work.claim(conn, row.id, worker="test:1", lease_s=30, now=room.clock.now)
        assert claimed is not None
        outcomes.append(ingest_chunk(room.database, claimed, room.settings))
    return outcomes


def article(room: Newsroom) -> Article:
    """Of the only item."""
    [item] = room.rows(tables.item)
    with room.database.read() as conn:
        return items.load_article(conn, item.current)


def why(room: Newsroom, url: str) -> str:
    with room.database.read() as conn:
        life = explain.why(conn, room.web.url(url))
    return "\n".join([*(moment.sentence for moment in life.moments), *life.now])


def test_the_pages_of_a_story_become_one_item(room: Newsroom) -> None:
    assert room.poll().sentence == "wire: 1 listed, 1 new, 1 page owed; 3 pages fetched"
    assert room.captured() == [path(1), path(2), path(3)]
    assert [row.continues for row in room.rows(tables.capture)] == [None, 1, 1]
    assert len({row.log_id for row in room.rows(tables.capture)}) == 1
    assert [(lane, documents) for lane, _, documents in room.ingest()] == [("normal", 1)]
    assert [outcome.sentence for outcome in ingest(room)] == ["1 new"]
    assert list(article(room).paragraphs) == PARTS
    assert (article(room).pages, article(room).access) == (3, Access.FULL)
    assert len(room.rows(tables.verdict)) == 1


def test_why_tells_of_all_pages_whichever_is_asked_for(room: Newsroom) -> None:
    room.poll()
    ingest(room)
    for number in (1, 2, 3):
        told = why(room, path(number))
        assert f"came from {room.web.url(path(3))}, a further page of capture 1" in told
        assert "Judged new: version 1 of item 1" in told


def test_the_same_pages_again_are_unchanged(room: Newsroom) -> None:
    room.poll()
    ingest(room)
    room.web.at("/feed", reply(feed((room.web.url("/wall"), "The wall, still"))))
    room.poll()
    assert [outcome.sentence for outcome in ingest(room)] == ["1 unchanged"]
    assert len(room.rows(tables.version)) == 1


def test_further_pages_that_are_listed_too_are_no_items(room: Newsroom) -> None:
    room.web.at("/feed", reply(feed(*((room.web.url(path(number)), "The wall") for number in (3, 1, 2)))))
    room.poll()
    ingest(room)
    assert list(article(room).paragraphs) == PARTS
    assert room.captured() == [path(1), path(2), path(3)]
    told = why(room, path(2))
    assert f"Further page, in run 1: it continues {room.web.url(path(1))}, and is read as part of that story" in told
    assert "Judged new: version 1 of item 1" in told


def test_a_story_of_which_a_further_page_alone_is_listed_is_had_from_its_first_page_on(room: Newsroom) -> None:
    room.web.at("/feed", reply(feed((room.web.url(path(3)), "The wall"), (room.web.url(path(2)), "The wall"))))
    room.poll()
    ingest(room)
    assert list(article(room).paragraphs) == PARTS
    assert room.captured() == [path(1), path(2), path(3)]


def test_a_further_page_that_is_listed_anew_brings_the_whole_story_anew(room: Newsroom, clock: Settable) -> None:
    room.poll()
    ingest(room)
    publish(room.web, corrected=2)
    clock.advance(seconds=60)
    room.web.at("/feed", reply(feed((room.web.url(path(2)), "The wall, corrected"))))
    room.poll()
    assert [outcome.sentence for outcome in ingest(room)] == ["1 update"]
    assert list(article(room).paragraphs)[2] == f"Corrected. {PARTS[2]}"


def test_a_first_page_that_can_not_be_had_is_told_of(room: Newsroom) -> None:
    publish(room.web, without=1)
    room.web.at("/feed", reply(feed((room.web.url(path(2)), "The wall"))))
    assert room.poll().quarantined == (1,)
    assert "it continues" in why(room, path(2))
    assert "In quarantine under 1" in why(room, path(1))
    assert room.rows(tables.fetch_job) == []


def test_a_page_that_can_not_be_had_leaves_the_story_partial_and_why_says_so(room: Newsroom) -> None:
    publish(room.web, without=3)
    assert "1 quarantined" in room.poll().sentence
    assert [outcome.sentence for outcome in ingest(room)] == ["1 new"]
    assert list(article(room).paragraphs) == PARTS[:4]
    assert article(room).access is Access.PARTIAL
    told = why(room, path(1))
    assert f"The text of item 1 is partial: its page goes on at {room.web.url(path(3))}, which was not read." in told
    assert "In quarantine under 1" in told


def test_a_replay_of_the_page_that_was_missing_makes_the_story_whole(room: Newsroom, clock: Settable) -> None:
    publish(room.web, without=2)
    room.poll()
    ingest(room)
    publish(room.web)
    with room.database.write() as conn:
        assert quarantine.replay(conn, [1], clock.advance(seconds=60)) == 1
    room.pump()
    assert [outcome.sentence for outcome in ingest(room)] == ["1 update"]
    assert list(article(room).paragraphs) == PARTS


def test_a_page_that_fails_for_a_while_is_waited_for(room: Newsroom, clock: Settable) -> None:
    room.web.at(path(2), reply(status=503))
    room.poll()
    assert room.ingest() == []
    [job] = room.rows(tables.fetch_job)
    assert (job.continues, job.retries) == (1, 1)
    publish(room.web)
    clock.advance(seconds=60)
    room.pump()
    ingest(room)
    assert list(article(room).paragraphs) == PARTS


def test_a_page_that_goes_on_failing_withholds_the_others_for_half_a_minute_only(room: Newsroom, clock: Settable) -> None:
    room.web.at(path(2), reply(status=503))
    room.poll()
    for _ in range(2):
        assert room.ingest() == []
        [job] = room.rows(tables.fetch_job)
        assert job.due_at - clock.now < timedelta(seconds=25)
        clock.now = job.due_at
        room.pump()
    ingest(room)
    assert article(room).access is Access.PARTIAL
    assert list(article(room).paragraphs) == PARTS[:2]
    assert "In quarantine under 1" in why(room, path(1))


@pytest.mark.parametrize(("wait_s", "waits"), [(60, True), (61, False)])
def test_a_page_that_is_to_be_asked_for_much_later_is_not_waited_for(room: Newsroom, wait_s: int, waits: bool) -> None:
    room.web.at(path(2), reply(status=429, Retry_After=str(wait_s)))
    room.poll()
    assert (room.ingest() == []) is waits
    assert bool(room.rows(tables.fetch_job)) is waits


@pytest.mark.parametrize("point", ["fetch.taken", "fetch.before_commit", "fetch.after_commit"])
def test_a_pump_that_is_killed_between_two_pages_loses_and_doubles_nothing(
    room: Newsroom, database_url: str, clock: Settable, tmp_path: Path, point: str
) -> None:
    room.web.at(path(2), reply(status=503))
    room.poll()
    publish(room.web)
    clock.advance(seconds=60)
    child = [sys.executable, "-c", CHILD, database_url, room.web.host, f"{point}=kill@{tmp_path}", clock.now.isoformat()]
    assert subprocess.run(child, cwd=Path(__file__).parents[2], check=False).returncode == -9
    clock.advance(seconds=collect.host_lease_s(room.settings) + 50)
    room.pump()
    assert room.rows(tables.fetch_job) == []
    assert [documents for _, _, documents in room.ingest()] == [1]
    assert room.captured() == [path(1), path(2), path(3)]
    ingest(room)
    assert list(article(room).paragraphs) == PARTS


def test_a_page_that_is_watched_goes_on_too(room: Newsroom) -> None:
    room.declare("page", kind="url", location="/wall")
    room.web.at("/feed", reply(feed()))
    room.poll()
    assert [outcome.sentence for outcome in ingest(room)] == ["1 new"]
    assert list(article(room).paragraphs) == PARTS


def test_a_change_of_a_further_page_alone_of_a_page_that_is_watched_is_noticed_within_a_day(room: Newsroom, clock: Settable) -> None:
    room.declare("page", kind="url", location="/wall")
    room.web.at("/feed", reply(feed()))
    room.poll()
    ingest(room)
    publish(room.web, corrected=3)
    clock.advance(seconds=3_600)
    assert "page: not modified" in room.poll().sentence
    clock.advance(seconds=86_400)
    room.poll()
    assert [outcome.sentence for outcome in ingest(room)] == ["1 update"]
    assert list(article(room).paragraphs)[4] == f"Corrected. {PARTS[4]}"


def test_pages_that_lead_back_to_the_first_end(room: Newsroom) -> None:
    room.web.at(path(2), lambda asked: asked.send(status=302, Location=path(1)))
    room.poll()
    ingest(room)
    assert list(article(room).paragraphs) == PARTS[:2]
    assert room.rows(tables.fetch_job) == []


@pytest.mark.parametrize("number", [1, 3])
def test_a_story_that_a_person_ingests_is_whole(room: Newsroom, number: int) -> None:
    [one] = ingest_here(room.database, room.settings, room.web.url(path(number)))
    assert one.article is not None
    assert list(one.article.paragraphs) == PARTS
    assert (one.verdict, one.article.pages) == ("new", 3)

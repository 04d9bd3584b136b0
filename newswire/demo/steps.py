"""The eight steps of the demo. Each does something to the press, and checks on rows of the database what became of it."""

from __future__ import annotations

import base64
import json
import os
import signal
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import msgspec

from newswire.demo.consumer import Consumer, Held
from newswire.demo.rows import ItemRow, Rows, VersionRow, check, until
from newswire.demo.telling import Teller
from pipeline.enrich import enrichers
from press import Press, Published
from press.generate import documents
from press.houses import HOUSES
from press.scenario import ADDED
from workers.embedded import System

EMBARGO_S = 6
BURST = 60
BURSTS_AT_MOST = 5


class Stage(msgspec.Struct, kw_only=True):
    """What the steps play on."""

    press: Press
    rows: Rows
    consumer: Consumer
    start_consumer: Callable[[], object]
    """Called once the first story is there, which is not to wait for one more process to start."""
    system: System
    teller: Teller
    deaths: Callable[[], list[dict[str, Any]]]
    """What the supervisor told of children that died."""
    started: float
    """When the demo began, by the monotonic clock."""
    killed: list[int] = []
    """Process ids."""


Step = Callable[[Stage], None]


def alert_story_writethru(stage: Stage) -> None:
    """1"""
    press, rows, tell = stage.press, stage.rows, stage.teller
    alert = press.publish("ferry", "alert")
    tell.says(f"{HOUSES[alert.house].name} puts out an alert in its RSS feed, {press.feed_url(alert.house)}")
    with tell.waiting("newswire polls the feed, fetches the page, stores the item"):
        [first] = until(
            lambda: rows.versions(alert.guid), lambda seen: len(seen) == 1, "the alert is stored as one item with one version", within_s=45
        )
    _is(first, alert, "first")
    tell.holds(f"stored {time.monotonic() - stage.started:.1f} s after the start: {_dateline(first)}")
    tell.story(first.article.headline, first.article.text)
    stage.start_consumer()
    full = press.publish("ferry", "story")
    with tell.waiting("the full story"):
        second = _version(stage, full, 2)
    _is(second, full, "update")
    tell.holds(f"the full story is version 2 of the same item: {len(second.article.paragraphs)} paragraphs, caption and links taken out")
    later = press.publish("ferry", "writethru")
    with tell.waiting("the writethru"):
        third = _version(stage, later, 3)
    _is(third, later, "writethru")
    tell.holds(f"the writethru is version 3, {third.article.advisories[0] if third.article.advisories else ''}. What changed:")
    tell.difference(second.article, third.article)
    found = _item(rows, alert.guid)
    check(rows.events(found.id)[0] == "stored", "its first event is stored", rows.events(found.id))
    check(len(rows.verdicts(found.id)) >= 3, "three verdicts", rows.verdicts(found.id))


def pickups(stage: Stage) -> None:
    """2"""
    press, rows, tell = stage.press, stage.rows, stage.teller
    original = _item(rows, press.ledger.current()["calder", "ferry"].guid)
    whole = press.carry("harbour-post", "ferry")
    cut = press.carry("inland-courier", "ferry", 0.5, headline="Fog ferry: everybody safe")
    more = press.carry("daily-lantern", "ferry", additions=ADDED)
    tell.says("Three outlets carry the story: whole, cut to half of it, and with paragraphs of their own")
    lines = []
    for carried, how in ((whole, "whole"), (cut, "cut"), (more, "with additions")):
        with tell.waiting(f"{HOUSES[carried.house].name} is polled"):
            copy = until(lambda carried=carried: rows.item(carried.guid), bool, f"the copy of {carried.house} is stored")  # type: ignore[misc]
            assert copy is not None
        shares = rows.pickup(copy.id)
        check(
            shares is not None and shares.other == original.id, f"a relation pickup_of from {carried.house} to item {original.id}", shares
        )
        check(rows.verdicts(copy.id)[0].kind == "pickup", "the verdict pickup", rows.verdicts(copy.id))
        check(copy.story == original.story, f"the copy is of story {original.story}", copy)
        assert shares is not None
        fits = {
            "whole": shares.share_of_item > 0.95 and shares.share_of_other > 0.95,
            "cut": shares.share_of_item > 0.95 and 0.3 < shares.share_of_other < 0.8,
            "with additions": 0.6 < shares.share_of_item < 0.95 and shares.share_of_other > 0.95,
        }
        check(fits[how], f"shares that fit a copy that is {how}", shares)
        lines.append(
            (HOUSES[carried.house].name, how, _percent(shares.share_of_item), _percent(shares.share_of_other), f"story {copy.story}")
        )
    tell.holds(f"each is recognised as a pickup of item {original.id}, by the words it shares:")
    tell.table(("outlet", "carries it", "of its text", "of the original", "grouped in"), lines)


def correction_and_embargo(stage: Stage) -> None:
    """3"""
    press, rows, tell, consumer = stage.press, stage.rows, stage.teller, stage.consumer
    until_then = press.now() + timedelta(seconds=EMBARGO_S)
    embargoed = press.embargo("census", until_then)
    tell.says(f"{HOUSES[embargoed.house].name} drops a file that is under embargo until {until_then:%H:%M:%S} UTC")
    corrected = press.correct("ferry")
    tell.says(f"{HOUSES[corrected.house].name} corrects its story")
    with tell.waiting("the embargoed item is stored"):
        held = until(
            lambda: rows.item(embargoed.guid), lambda seen: seen is not None and seen.status == "held", "the item is stored as held"
        )
        assert held is not None
    check(held.shown is None, "no version of it may be shown", held)
    check(held.id not in consumer.held(), "the consumer has not heard of it", sorted(consumer.held()))
    tell.holds(f"item {held.id} is held: its text is stored, and no consumer has it")
    with tell.waiting("the correction is stored"):
        fourth = _version(stage, corrected, 4)
    _is(fourth, corrected, "correction")
    check("corrected" in rows.events(_item(rows, corrected.guid).id), "an event corrected", rows.events(_item(rows, corrected.guid).id))
    tell.holds(f"version 4 is a correction: {fourth.article.correction}")
    tell.difference(rows.versions(corrected.guid)[2].article, fourth.article)
    with tell.waiting("the embargo ends"):
        released = until(
            lambda: rows.item(embargoed.guid),
            lambda seen: seen is not None and seen.status == "usable",
            "the item is released when its embargo ends",
            within_s=EMBARGO_S + 40,
        )
        assert released is not None
        told = _told(stage, embargoed.guid, embargoed.text)
    at = rows.event_at(released.id, "released")
    check(at is not None and at >= until_then, f"the event released is not before {until_then:%H:%M:%S}", at)
    assert at is not None
    tell.holds(f"released {(at - until_then).total_seconds():.1f} s after its time, and told to the consumer: {told.headline}")


def killed_workers(stage: Stage) -> None:
    """4"""
    press, rows, tell, consumer = stage.press, stage.rows, stage.teller, stage.consumer
    burst: list[Published] = []
    child = parent = 0
    for number in range(BURSTS_AT_MOST):
        burst += press.flood("meridia", documents(BURST, first=number * BURST + 1))
        tell.says(f"{BURST} documents arrive at once" + (" again: the last burst was over too soon to be hit" if number else ""))
        with tell.waiting("a child at work is killed with SIGKILL, then its whole worker"):
            child = _kill_a_child(stage, {one.guid for one in burst})
            if child:
                tell.says(f"SIGKILL to process {child}, a pool child with a chunk in its hands")
                parent = _kill_the_worker(stage)
                tell.says(f"SIGKILL to process {parent}, the whole worker")
                break
    check(bool(child and parent), f"a worker could be killed at work in one of {BURSTS_AT_MOST} bursts", (child, parent))
    guids = {one.guid: one for one in burst}
    with tell.waiting("the worker is started again, and what was lost is taken up"):
        stored = until(
            lambda: rows.of_documents(set(guids)),
            lambda seen: len(seen) == len(guids),
            f"each of {len(guids)} documents is stored",
            within_s=60,
        )
        until(rows.waiting, lambda seen: seen == 0, "no work is left", within_s=60)
    wrong = {guid: found for guid, found in stored.items() if len(found) != 1 or found[0][1] != 1}
    check(not wrong, "each document is one item with one version", wrong)
    check(rows.captured_twice() == 0, "no capture was decided twice", rows.captured_twice())
    check(rows.undecided() == 0, "no capture is without a verdict", rows.undecided())
    texts = {rows.of_documents({guid})[guid][0][0]: one.text for guid, one in guids.items()}
    with tell.waiting("the consumer hears of each"):
        until(
            lambda: [item for item, text in texts.items() if (got := consumer.held().get(item)) is None or got.text != text],
            lambda missing: not missing,
            f"the consumer holds each of the {len(texts)} with the text that the press served",
            within_s=60,
        )
    until(
        lambda: [death for death in stage.deaths() if death["role"] == "worker"],
        lambda seen: any(death["pid"] == parent and death["status"] == -signal.SIGKILL for death in seen),
        "the supervisor saw the worker die of SIGKILL",
    )
    tell.holds(f"{len(guids)} served, {len(stored)} stored, each once; the consumer holds {len(texts)}, each with its own text")


def kill_notice(stage: Stage) -> None:
    """5"""
    press, rows, tell, consumer = stage.press, stage.rows, stage.teller, stage.consumer
    usable = press.publish("merger")
    tell.says(f"{HOUSES[usable.house].name}: {usable.headline}")
    with tell.waiting("the consumer hears of it"):
        told = _told(stage, usable.guid, usable.text)
    tell.holds(f"the consumer holds item {told.item} with its text, {len((told.text or '').split())} words")
    press.kill("merger")
    tell.says("The agency kills it: a file with its id, the status canceled, and no text")
    with tell.waiting("the kill reaches the consumer"):
        hidden = until(
            lambda: consumer.held().get(told.item),
            lambda seen: seen is not None and seen.status == "killed",
            f"the consumer is told that item {told.item} is killed",
        )
        assert hidden is not None
    check(hidden.text is None and hidden.headline is None, "it shows neither text nor headline", hidden)
    check("article" not in hidden.message or hidden.message["article"] is None, "the message holds no text", hidden.message)
    killed = _item(rows, usable.guid)
    check(killed.status == "killed", "the item is killed", killed)
    check(rows.versions(usable.guid)[0].article.text == usable.text, "what was stored stays, for the record", rows.versions(usable.guid))
    tell.holds("the consumer's copy is hidden; newswire keeps the text for the record, and shows it to nobody")


def enrichments(stage: Stage) -> None:
    """6"""
    rows, tell = stage.rows, stage.teller
    names = set(enrichers())
    check(names >= {"language", "keywords", "places"}, "enrichers for language, keywords and places", names)
    ferry = stage.press.ledger.current()["calder", "ferry"]
    current = rows.versions(ferry.guid)[-1]
    with tell.waiting("workers take them from their queue"):
        facts = until(lambda: rows.facts(current.id), lambda seen: set(seen) >= names, f"facts by {', '.join(sorted(names))}")
    found = [place["name"] for place in facts["places"]["places"]]
    check("Lisbon" in found, "the dateline's place is among the places", facts["places"])
    check(current.article.language == "en", "the language is English", current.article.language)
    tell.holds(f"facts about version {current.number} of the ferry story, each stored under (version, text hash, enricher, its version):")
    tell.table(("enricher", "says"), [(name, _short(facts[name])) for name in sorted(names)])
    lacking = until(
        lambda: rows.lacking_facts(names), lambda seen: not seen, "each current version that may be shown has facts by each enricher"
    )
    tell.holds(f"all {rows.usable()} items that may be shown have theirs{'' if not lacking else '!'}")


def foreign_consumer(stage: Stage) -> None:
    """7"""
    rows, tell, consumer = stage.rows, stage.teller, stage.consumer
    with tell.waiting("the last acknowledgements come in"):
        until(rows.owed, lambda seen: seen == 0, "nothing is left to acknowledge", within_s=45)
    held = consumer.held()
    truth = rows.truth()
    check(set(held) == set(truth), "the consumer holds the items that newswire holds, no more and no fewer", set(held) ^ set(truth))
    names = set(enrichers())
    bare = [id for id, (status, _) in truth.items() if status == "usable" and set(held[id].message.get("facts", {})) < names]
    check(not bare, "of each it holds the facts that the enrichers found", bare)
    wrong = {id: (held[id].status, status) for id, (status, text) in truth.items() if held[id].status != status or held[id].text != text}
    check(not wrong, "of each it holds what is true now", wrong)
    published = {entry.guid for entry in stage.press.ledger.published}
    check(len(truth) == len(published), f"as many items as the press put out: {len(published)}", len(truth))
    check(rows.delivered() >= len(truth), "each was acknowledged once at least", rows.delivered())
    tell.holds("examples/consumer is a Celery app of its own, in a process where importing newswire is blocked, on its own Redis database")
    tell.holds(f"{len(published)} items from the press, {len(truth)} here, {len(held)} there: statuses and texts are equal")
    tell.holds(
        f"{consumer.received()} messages reached it, none is left unacknowledged: Celery's own link does it, without a line of its code"
    )


def flower(stage: Stage) -> None:
    """8"""
    system, tell = stage.system, stage.teller
    with tell.waiting("Flower is asked for its jobs"):
        jobs = until(
            lambda: _jobs(system), lambda seen: _is_telling(seen), "Flower shows done jobs of fetch, ingest and enrich", within_s=30
        )
    chosen: dict[str, dict[str, Any]] = {}
    for job in sorted(jobs.values(), key=lambda job: -len(str(job.get("args") or ""))):
        if job.get("state") == "SUCCESS" and job.get("result") and job.get("args") and job.get("name"):
            chosen.setdefault(str(job["name"]), job)
    tell.holds(f"Flower shows {len(jobs)} jobs at {with_password(system)}")
    lines = [(str(job["uuid"])[:34], _clip(job["args"], 42), _clip(job["result"], 46)) for job in chosen.values()]
    tell.table(("job", "arguments", "result"), lines)


STEPS: tuple[tuple[str, Step], ...] = (
    ("An alert, the full story, a writethru", alert_story_writethru),
    ("Outlets carry it", pickups),
    ("A correction, and an embargo", correction_and_embargo),
    ("A worker is killed in the middle", killed_workers),
    ("A story is killed", kill_notice),
    ("Enrichments", enrichments),
    ("An independent consumer", foreign_consumer),
    ("Flower", flower),
)


def with_password(system: System) -> str:
    """The address as a browser takes it."""
    return system.flower_url.replace("://", f"://{system.flower_auth}@")


# --- what the steps share -------------------------------------------------------------------------------------------------------


def _item(rows: Rows, guid: str) -> ItemRow:
    found = rows.item(guid)
    check(found is not None, f"there is an item with the id {guid}", found)
    assert found is not None
    return found


def _version(stage: Stage, published: Published, number: int) -> VersionRow:
    seen = until(
        lambda: stage.rows.versions(published.guid),
        lambda seen: len(seen) >= number,
        f"{published.item} has {number} versions",
    )
    check([row.number for row in seen] == list(range(1, number + 1)), f"versions 1 to {number}", [row.number for row in seen])
    return seen[-1]


def _is(stored: VersionRow, published: Published, kind: str) -> None:
    """The version is what the press put out: its words, and nothing of what stood around them."""
    check(stored.kind == kind, f"a version of the kind {kind}", stored.kind)
    check(stored.article.headline == published.headline, f"the headline {published.headline!r}", stored.article.headline)
    check(stored.article.paragraphs == published.paragraphs, "exactly the paragraphs that the press wrote", stored.article.paragraphs)


def _told(stage: Stage, guid: str, text: str) -> Held:
    def look() -> Held | None:
        found = stage.rows.item(guid)
        return stage.consumer.held().get(found.id) if found else None

    told = until(
        look, lambda seen: seen is not None and seen.text == text, f"the consumer holds {guid} with the text that the press served"
    )
    assert told is not None
    return told


def _dateline(stored: VersionRow) -> str:
    line = stored.article.dateline
    return f"from {line.city}, {line.country_code}, by {line.agency}" if line else "without a dateline"


def _percent(share: float) -> str:
    return f"{round(share * 100)} %"


def _short(value: dict[str, Any]) -> str:
    """A fact in few words."""
    if "places" in value:
        return ", ".join(f"{place['name']} ({place['country']})" for place in value["places"][:5])
    if "keywords" in value:
        return ", ".join(str(one["word"]) for one in value["keywords"][:6])
    return _clip(json.dumps(value, ensure_ascii=False), 70)


def _clip(value: Any, width: int) -> str:
    text = str(value)
    return text if len(text) <= width else text[: width - 1] + "…"


def _kill_a_child(stage: Stage, guids: set[str]) -> int:
    """SIGKILL to a child that holds a row of work, which must be there still after it; its process id, 0 where the burst was over first."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        for row in stage.rows.under_work():
            if row.lane == "flash" or row.stage not in ("ingest", "enrich"):
                continue  # of another worker
            pid = int(row.claimed_by.rpartition(":")[2])
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                stage.killed.append(pid)
                if stage.rows.has_work(row.id):
                    return pid
        if stage.rows.waiting() == 0 and len(stage.rows.of_documents(guids)) == len(guids):
            return 0
    return 0


def _kill_the_worker(stage: Stage) -> int:
    pid = stage.system.pids["worker"]
    os.kill(pid, signal.SIGKILL)
    stage.killed.append(pid)
    return pid


def _jobs(system: System) -> dict[str, dict[str, Any]]:
    """All jobs that Flower knows, by id; none while it is not up yet."""
    request = urllib.request.Request(f"{system.flower_url}/api/tasks?limit=1000")
    request.add_header("Authorization", "Basic " + base64.b64encode(system.flower_auth.encode()).decode())
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return dict(json.load(answer))
    except OSError:
        return {}


def _is_telling(jobs: dict[str, dict[str, Any]]) -> bool:
    done = {job.get("name") for job in jobs.values() if job.get("state") == "SUCCESS"}
    return done >= {"newswire.fetch", "newswire.ingest", "newswire.enrich"}

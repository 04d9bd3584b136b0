"""The message to consumers: a contract with other teams. It may grow; what it says today it says for ever."""

from __future__ import annotations

import importlib.util
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from pipeline.storage.explain import _EVENTS
from pipeline.storage.messages import NEVER_TOLD
from schemas.article import Access, Article, Author, Dateline, Genre, Link, Origin, Picture, Place, Provenance, Rights
from schemas.messages import LARGEST_BYTES, Message, Pickup, Showing, Version, encode, json_schema

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
SCHEMA_1 = json.loads((GOLDEN / "message.schema-1.json").read_text())
"""As version 1 was published first. Never write this file anew: it is what the oldest consumers know."""

AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
IDS: dict[str, Any] = {
    "epoch": 1,
    "seq": 42,
    "subscription": "stories",
    "generation": 1772366400,
    "item": 17,
    "provider": "harbour-wire",
    "story": 9,
}
PARAGRAPHS = (
    "The harbour commission of Port Ellery voted on Monday to deepen the main channel by two metres.",
    'Dredging is to begin in October. "We waited nine years", said the chairwoman, Ilse Varga.',
)
WHOLE = Message(
    **IDS,
    status=Showing.USABLE,
    event="corrected",
    source="harbour-wire-world",
    url="https://wire.example/17",
    urls=("https://wire.example/17", "https://wire.example/2026/03/port-ellery"),
    log_id="7f3a",
    version=Version(id=31, number=2, kind="correction", publisher_version="2", published_at=AT, version_at=AT, fetched_at=AT),
    article=Article(
        headline="Port Ellery votes to deepen its harbour",
        paragraphs=PARAGRAPHS,
        text="\n\n".join(PARAGRAPHS),
        byline="Ada Lind",
        dateline=Dateline(
            raw="PORT ELLERY, March 1 (HW) -- ",
            place_raw="PORT ELLERY",
            city="Port Ellery",
            country_code="IE",
            places=(Place(raw="PORT ELLERY", city="Port Ellery", country_code="IE"),),
            month=3,
            day=1,
            resolved_date="2026-03-01",
            agency="HW",
            agency_raw="HW",
            separator=" -- ",
        ),
        pictures=(
            Picture(caption="The channel at low tide.", credit_raw="File Photo by HW", credit_type="File Photo", credit_sources=("HW",)),
        ),
        related_links=(Link(text="Fleet asks for a study", url="https://wire.example/12", after_paragraph=1),),
        correction="the depth is two metres, not three",
        language="en",
        credited_source="HW",
        published=AT,
        modified=AT,
        canonical_url="https://wire.example/17",
        keywords=("ports",),
        word_count=len(" ".join(PARAGRAPHS).split()),
        authors=(Author("Ama Mensah", role="Staff Writer", agency="HW"),),
        published_local="2026-03-01T12:00:00+00:00",
        section="Harbours",
        site="Harbour Wire",
        declared_language="en",
        amp_url="https://wire.example/amp/17",
        lead_picture=Picture(url="https://wire.example/17.jpg"),
        access=Access.PARTIAL,
        access_reason="says 'Subscribe to continue reading'",
        is_paywalled=True,
        genres=(Genre.OPINION,),
        provenance={
            "authors": Provenance(origin=Origin.JSON_LD, confidence=0.63, where="author", against=("visible: byline",)),
            "published": Provenance(origin=Origin.OPENGRAPH, confidence=0.95, where="article:published_time", given="2026-03-01T12:00:00Z"),
        },
    ),
    facts={"language": {"language": "en"}, "keywords": {"keywords": [{"word": "harbour", "weight": 1.0}]}},
    pickup_of=Pickup(item=4, share_of_item=0.91, share_of_other=0.55),
    rights=Rights(copyright="© 2026 Harbour Wire", usage_terms="Not for archives", license_url="https://wire.example/terms"),
    embargo_until=AT,
)
MESSAGES = {
    "whole": WHOLE,
    "killed": Message(**IDS, status=Showing.KILLED, event="killed"),
    "purged": Message(**IDS, status=Showing.PURGED, event="purged"),
    "left": Message(**IDS, status=Showing.LEFT, event="refiltered"),
    "held": Message(**IDS, status=Showing.HELD, event="stored"),
}


class Consumer1Version(msgspec.Struct, kw_only=True):
    id: int
    number: int
    kind: str


class Consumer1(msgspec.Struct, kw_only=True):
    """A consumer of the first day: strict about what it reads, and it reads all; what it does not know it lets pass."""

    schema: int
    epoch: int
    seq: int
    subscription: str
    generation: int
    item: int
    provider: str
    status: str
    story: int
    event: str
    source: str
    url: str
    urls: list[str]
    log_id: str
    version: Consumer1Version | None
    article: dict[str, Any] | None
    facts: dict[str, Any]
    pickup_of: dict[str, Any] | None
    rights: dict[str, str] | None
    embargo_until: datetime | None
    body_omitted: bool


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_its_golden_file(name: str) -> None:
    golden = json.loads((GOLDEN / f"message-{name}.json").read_text())
    assert json.loads(encode(MESSAGES[name])) == golden


def test_each_status_that_can_be_sent_has_a_golden_file_is_known_to_the_oldest_consumer_and_documented() -> None:
    statuses = {status.value for status in Showing}
    page = (ROOT / "docs" / "reference" / "message.md").read_text()
    assert {str(message.status) for message in MESSAGES.values()} == statuses
    assert set(SCHEMA_1["$defs"]["Showing"]["enum"]) == statuses, "one that it does not know it may show"
    assert [status for status in sorted(statuses) if f"| `{status}` |" not in page] == []


def test_each_event_that_makes_a_message_is_documented() -> None:
    page = (ROOT / "docs" / "reference" / "message.md").read_text()
    [row] = [line for line in page.splitlines() if line.startswith("| `event` |")]
    assert [kind for kind in (*_EVENTS, "snapshot") if kind != NEVER_TOLD and f"`{kind}`" not in row] == []


@pytest.mark.parametrize("name", MESSAGES)
def test_an_old_consumer_reads_a_message_of_today(name: str) -> None:
    encoded = encode(MESSAGES[name])
    jsonschema.validate(json.loads(encoded), SCHEMA_1)
    assert msgspec.json.decode(encoded, type=Consumer1).item == 17


@pytest.mark.parametrize("name", MESSAGES)
def test_an_old_consumer_reads_a_message_of_tomorrow_with_fields_that_it_does_not_know(name: str) -> None:
    tomorrow = json.loads(encode(MESSAGES[name])) | {"mood": "calm", "schema": 1}
    if tomorrow["version"]:
        tomorrow["version"]["colour"] = "blue"
    jsonschema.validate(tomorrow, SCHEMA_1)
    assert msgspec.json.decode(json.dumps(tomorrow), type=Consumer1).event == MESSAGES[name].event


@pytest.mark.parametrize("change", [{"item": "17"}, {"seq": None}, {"status": "gone"}, {"article": {"headline": 3}}])
def test_a_field_that_changes_its_type_or_goes_would_be_noticed(change: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(encode(WHOLE)) | change, SCHEMA_1)
    without = json.loads(encode(WHOLE))
    del without["seq"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(without, SCHEMA_1)


def test_the_schema_in_the_documentation_is_that_of_the_code() -> None:
    spec = importlib.util.spec_from_file_location("message_schema", ROOT / "scripts" / "message_schema.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.PATH.read_text() == script.text(), "run scripts/message_schema.py"


def test_every_field_of_the_message_is_in_the_documentation() -> None:
    page = (ROOT / "docs" / "reference" / "message.md").read_text()
    assert [name for name in Message.__struct_fields__ if f"| `{name}` |" not in page] == []
    assert [name for name in Article.__struct_fields__ if f"`{name}`" not in page] == []
    assert [str(status) for status in Showing if f"`{status}`" not in page] == []


def test_what_is_shown_to_nobody_bears_ids_and_status_only() -> None:
    for name in ("killed", "left"):
        told = json.loads(encode(MESSAGES[name]))
        empty = {key for key, value in told.items() if value in (None, "", [], {}, False)}
        assert set(told) - empty == {"schema", "event", "status", *IDS}


@pytest.mark.parametrize("size", [LARGEST_BYTES - 5000, LARGEST_BYTES + 1, LARGEST_BYTES * 10])
def test_what_is_too_large_goes_without_its_body_and_says_so(size: int) -> None:
    article = msgspec.structs.replace(WHOLE.article, paragraphs=("p" * 100,), text="t" * size)  # type: ignore[type-var]
    told = encode(msgspec.structs.replace(WHOLE, article=article))
    assert len(told) <= LARGEST_BYTES
    read = msgspec.json.decode(told, type=Message)
    assert read.article is not None
    assert read.body_omitted is (size > LARGEST_BYTES)
    assert (read.article.text == "") is read.body_omitted
    assert (read.url, read.article.headline, read.facts) == (WHOLE.url, "Port Ellery votes to deepen its harbour", WHOLE.facts)


def test_facts_go_too_where_they_alone_are_too_large() -> None:
    told = encode(msgspec.structs.replace(WHOLE, facts={"noisy": "x" * LARGEST_BYTES}))
    assert len(told) <= LARGEST_BYTES
    read = msgspec.json.decode(told, type=Message)
    assert (read.body_omitted, read.facts) == (True, {})


def test_a_message_reads_back_as_it_was() -> None:
    assert msgspec.json.decode(encode(WHOLE), type=Message) == WHOLE
    assert json_schema()["$defs"]["Message"]["required"]

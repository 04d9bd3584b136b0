"""ninjs, 1.x to 3.x."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.clean import clean
from pipeline.errors import Unreadable
from pipeline.formats import ninjs
from schemas.article import Article, Draft, Kind, Urgency, Usability
from schemas.document import Document

ITEM = {
    "uri": "urn:x:1",
    "type": "text",
    "version": "2",
    "pubstatus": "usable",
    "headline": "Bridge to be closed",
    "body_text": "It will be closed in May.",
}


def read(value: object) -> tuple[Draft, ...]:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return ninjs.FORMAT.read(Document(url="https://example.org/x.json", body=body, fetched_at=datetime(2026, 3, 1, tzinfo=UTC)))  # type: ignore[return-value]


def one(**fields: object) -> Draft:
    [draft] = read(ITEM | fields)
    return draft


def test_names_of_all_versions_are_read_alike() -> None:
    first = one(versioncreated="2024-05-01T09:31:00Z", body_html="<p>It will be closed.</p>", copyrightnotice="(c) X", usageterms="None")
    third = read(
        {
            "uri": "urn:x:1",
            "type": "text",
            "version": "2",
            "pubStatus": "usable",
            "versionCreated": "2024-05-01T09:31:00Z",
            "headlines": [{"role": "subtitle", "value": "No"}, {"role": "main", "value": "Bridge to be closed"}],
            "bodies": [
                {"role": "caption", "contentType": "text/plain", "value": "No"},
                {"role": "main", "contentType": "text/html", "value": "<p>It will be closed.</p>"},
            ],
            "copyrightNotice": "(c) X",
            "usageTerms": "None",
        }
    )[0]
    for field in ("guid", "version", "version_at", "headline", "body_html", "rights", "usability", "published"):
        assert getattr(first, field) == getattr(third, field), field


@pytest.mark.parametrize(
    ("status", "usability"),
    [
        ("usable", Usability.USABLE),
        ("withheld", Usability.WITHHELD),
        ("canceled", Usability.CANCELED),
        ("cancelled", Usability.CANCELED),
        ("?", Usability.WITHHELD),
    ],
)
def test_the_status_says_what_may_be_done(status: str, usability: Usability) -> None:
    assert one(pubstatus=status).usability is usability


def test_a_kill_may_come_with_nothing() -> None:
    [draft] = read({"uri": "urn:x:1", "pubstatus": "canceled", "type": "text", "version": "3"})
    assert (draft.usability, draft.body_text, draft.version) == (Usability.CANCELED, "", "3")


def test_an_embargo_that_cannot_be_read_withholds() -> None:
    assert one(embargoed="2024-05-01T12:00:00+02:00").embargo_until == datetime(2024, 5, 1, 10, tzinfo=UTC)
    assert one(embargoedUntil="2024-05-01T10:00:00Z").embargo_until == datetime(2024, 5, 1, 10, tzinfo=UTC)
    broken = one(embargoed="next Tuesday")
    assert (broken.embargo_until, broken.usability) == (None, Usability.WITHHELD)
    assert "next Tuesday" in broken.warnings[0]
    assert one(embargoed=None).usability is Usability.USABLE


@pytest.mark.parametrize(
    ("urgency", "lane"), [(1, Urgency.FLASH), (2, Urgency.FLASH), (3, Urgency.NORMAL), ("4", Urgency.NORMAL), (None, None)]
)
def test_urgency_makes_the_lane(urgency: object, lane: Urgency | None) -> None:
    assert one(urgency=urgency).urgency is lane


def test_an_alert_is_known_by_its_genre() -> None:
    assert one(genre=[{"name": "Alert"}]).kind is Kind.ALERT


def test_an_opaque_version_stays_as_it_is() -> None:
    assert one(version=0).version == "0"
    assert one(version="MTZX_2").version == "MTZX_2"


def test_the_publisher_is_taken_from_a_name_or_an_object() -> None:
    assert one(provider="Example Wire").provider == "Example Wire"
    assert one(source={"name": "Example Wire"}).provider == "Example Wire"
    assert one().provider == ""


@pytest.mark.parametrize(
    "container", [[ITEM, ITEM], {"items": [ITEM, ITEM]}, {"total": 2, "item": [ITEM, ITEM]}], ids=["array", "items", "item"]
)
def test_several_items_come_with_their_paths(container: object) -> None:
    drafts = read(container)
    assert len(drafts) == 2
    assert len({draft.path for draft in drafts}) == 2


def test_pictures_come_from_the_associations() -> None:
    picture = {
        "type": "picture",
        "description_text": "A bridge. (Photo by Ama Mensah/Example)",
        "renditions": {"big": {"href": "https://example.org/b.jpg", "width": 900}},
    }
    [found] = one(associations={"main": picture, "film": {"type": "video"}}).pictures
    assert (found.caption, found.credit_sources, found.url) == ("A bridge.", ("Ama Mensah", "Example"), "https://example.org/b.jpg")
    assert one(associations=[picture | {"name": "main"}]).pictures == (found,)


def test_a_picture_alone_is_no_text_item() -> None:
    with pytest.raises(Unreadable, match="no text item, only: picture"):
        read({"uri": "urn:x:2", "type": "picture", "headline": "A bridge", "pubstatus": "usable"})


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 50_000,
        b'{"a":' * 50_000,
        b'{"uri": 1e400, "headline": 5, "body_text": []}',
        b'{"uri":"x","type":7,"bodies":{"a":1},"headline":null,"associations":5}',
        b'[1, null, "x"]',
    ],
)
def test_strange_json_is_read_or_refused(body: bytes) -> None:
    try:
        drafts = read(body)
    except Unreadable:
        return
    assert all(draft.format == "ninjs" for draft in drafts)


def test_samples_of_the_standard_are_read(shared: Path) -> None:
    articles: list[Article] = []
    for path in sorted((shared / "samples" / "wire" / "ninjs" / "iptc").glob("*.json")):
        try:
            drafts = read(path.read_bytes())
        except Unreadable:
            continue
        for draft in drafts:
            try:
                articles.append(clean(draft))
            except Unreadable:
                continue
    assert len(articles) >= 30
    assert sum(article.dateline is not None and article.dateline.city == "Grosseto" for article in articles) >= 15

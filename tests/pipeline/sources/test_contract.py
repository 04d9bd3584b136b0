"""What each kind of source keeps, whatever the folder (or an entry point) holds."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from pathlib import Path

import msgspec
import pytest

from pipeline import sources
from pipeline.errors import Misconfigured, NewswireError
from pipeline.sources import Asked, Look, Reach, SourceKind
from schemas.document import Document, Entry, Listing

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KINDS = list(sources.kinds().values())
LISTING = Listing(
    entries=(
        Entry(key="1", url="https://example.org/1", title="One", content_html="<p>Text.</p>"),
        Entry(key="2", url="https://example.org/2", title="Two"),
    )
)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> SourceKind:
    value: SourceKind = request.param
    return value


def looks(kind: SourceKind, folder: Path) -> Iterator[Look]:
    """Two looks at the same state of a source."""
    for _ in range(2):
        if kind.read is not None:
            asked = Asked(name="s", location=kind.check("https://example.org/feed"), settings=kind.settings({}))
            document = Document(url=asked.location, body=b"bytes", fetched_at=NOW)
            yield kind.read(asked, document, lambda document: LISTING)
        else:
            assert kind.look is not None
            asked = Asked(name="s", location=kind.check(str(folder)), settings=kind.settings({}))
            yield kind.look(asked, Reach(known=lambda keys: {}, now=NOW, max_body_bytes=1000))


def test_the_kinds_so_far() -> None:
    assert {"url", "feed", "folder"} <= set(sources.kinds())


def test_it_is_asked_over_http_or_looks_itself(kind: SourceKind) -> None:
    assert (kind.read is None) != (kind.look is None)
    assert kind.rhythm_s > 0
    assert kind.name == kind.name.lower()


def test_nonsense_is_refused_with_a_sentence(kind: SourceKind) -> None:
    for location in ("", "  ", "gopher://example.org/", "\x00"):
        with pytest.raises(Misconfigured) as caught:
            kind.check(location)
        assert str(caught.value).endswith(".")
    with pytest.raises(Misconfigured):
        kind.settings({"no-such-setting": 1})


def test_checking_twice_is_checking_once(kind: SourceKind, tmp_path: Path) -> None:
    location = kind.check("https://example.org/feed" if kind.read else str(tmp_path))
    assert kind.check(location) == location
    settings = kind.settings({})
    assert kind.settings(settings) == settings


def test_the_same_state_looks_the_same(kind: SourceKind, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("words")
    os.utime(tmp_path / "a.txt", (1, 1))
    first, second = looks(kind, tmp_path)
    assert first == second
    assert first.listed >= len(first.found) > 0


def test_each_entry_has_a_key_a_url_and_a_hash_and_can_be_stored_as_json(kind: SourceKind, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("words")
    os.utime(tmp_path / "a.txt", (1, 1))
    for look in looks(kind, tmp_path):
        for found in look.found:
            assert found.entry.key
            assert "://" in found.entry.url
            assert found.hash
            assert msgspec.convert(msgspec.to_builtins(found.entry), Entry) == found.entry
        msgspec.json.encode(look.cursor)


def test_trouble_is_an_error_of_ours(kind: SourceKind, tmp_path: Path) -> None:
    def unreadable(document: Document) -> Listing:
        raise Misconfigured("no")

    asked = Asked(name="s", location=kind.check("https://example.org/x" if kind.read else str(tmp_path / "absent")))
    if kind.read is not None and "parse(" in inspect.getsource(kind.read):
        with pytest.raises(NewswireError):
            kind.read(asked, Document(url=asked.location, body=b"", fetched_at=NOW), unreadable)
    elif kind.look is not None:
        with pytest.raises(NewswireError):
            kind.look(asked, Reach(known=lambda keys: {}, now=NOW, max_body_bytes=1000))


def test_a_third_party_adds_a_kind_by_an_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "entry_points", lambda group: [EntryPoint("mine", f"{__name__}:MINE", group)])
    monkeypatch.setattr(EntryPoint, "load", lambda point: {"mine": MINE, "bad": 3}[point.name])
    sources.kinds.cache_clear()
    try:
        assert sources.kind("mine") is MINE
        sources.kinds.cache_clear()
        monkeypatch.setattr(sources, "entry_points", lambda group: [EntryPoint("bad", "somewhere:BAD", group)])
        with pytest.raises(Misconfigured, match=r"bad = somewhere:BAD of newswire.sources is no SourceKind"):
            sources.kinds()
    finally:
        monkeypatch.undo()
        sources.kinds.cache_clear()


MINE = SourceKind(name="mine", rhythm_s=1, check=lambda location: location, settings=sources.no_settings, read=KINDS[0].read)

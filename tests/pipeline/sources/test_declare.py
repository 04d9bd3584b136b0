"""A TOML file of sources, read: and each mistake in it told with file and entry."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import Misconfigured
from pipeline.sources.declare import from_table, read_file, span_s
from schemas.source import Declared

GOOD = """
[[source]]
name = "reuters-world"
kind = "feed"
location = "https://www.example.org/world.xml"
language = "en"
lane = "flash"
every = "90s"
content = "feed"

[[source]]
name = "drop"
kind = "folder"
location = "incoming"
provider = "dpa"
cron = "*/5 6-22 * * MON-FRI"

[[source]]
name = "front-page"
kind = "url"
location = "https://example.org/"
every = "never"
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "sources.toml"
    path.write_text(text)
    return path


def test_a_file_is_read(tmp_path: Path) -> None:
    wire, drop, page = read_file(write(tmp_path, GOOD))
    assert wire == Declared(
        name="reuters-world",
        kind="feed",
        location="https://www.example.org/world.xml",
        provider="example.org",
        language="en",
        lane="flash",
        rhythm_s=90.0,
        settings={"content": "feed"},
    )
    assert (drop.location, drop.provider, drop.rhythm_s, drop.cron) == (str(tmp_path / "incoming"), "dpa", None, "*/5 6-22 * * MON-FRI")
    assert drop.settings == {"recursive": True}
    assert (page.rhythm_s, page.cron) == (None, "")


def test_an_empty_file_has_no_sources(tmp_path: Path) -> None:
    assert read_file(write(tmp_path, "")) == ()


@pytest.mark.parametrize(
    ("changed", "to", "said"),
    [
        ('name = "drop"', 'name = "reuters-world"', "its name is taken by another source"),
        ('name = "drop"', 'name = "a b/c"', "'a b/c' is no name for a source"),
        ('name = "drop"', "", "it has no name"),
        ('kind = "folder"', 'kind = "carrier-pigeon"', "'carrier-pigeon' is no kind of source"),
        ('kind = "folder"', "kind = 3", "kind = 3 is not what it takes: a text"),
        ('location = "incoming"', 'location = "https://example.org/"', "is no path of a file or folder"),
        ('provider = "dpa"', 'lane = "fast"', "lane = 'fast' is none of flash, normal, backfill"),
        ('provider = "dpa"', 'language = "English"', "language = 'English' is no language tag"),
        ('provider = "dpa"', 'every = "5m"', "only one of the two can say when"),
        ('provider = "dpa"', 'recursive = "yes"', "recursive = 'yes' is none of True, False"),
        ('provider = "dpa"', "ttl = 5", "'ttl' is no setting of this kind of source"),
        ('provider = "dpa"', "tags = [1]", "tags = [1] is not what it takes"),
        ("*/5 6-22 * * MON-FRI", "61 * * * *", "is no cron line: Bad minute"),
        ("*/5 6-22 * * MON-FRI", "0 0 31 2 *", "is no cron line"),
        ("*/5 6-22 * * MON-FRI", "hourly", "is no cron line"),
    ],
)
def test_a_mistake_is_told_with_file_and_entry(tmp_path: Path, changed: str, to: str, said: str) -> None:
    assert changed in GOOD
    path = write(tmp_path, GOOD.replace(changed, to))
    with pytest.raises(Misconfigured) as caught:
        read_file(path)
    assert str(caught.value).startswith(f"{path}, source 2 (")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "location", ["https://", "example.org/feed", "ftp://example.org/", "https://user:secret@example.org/", "https://example.org:port/", ""]
)
def test_a_feed_is_on_the_web(location: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        from_table({"name": "a", "kind": "feed", "location": location})
    assert "secret" not in str(caught.value)


def test_two_sources_of_one_location_are_a_mistake(tmp_path: Path) -> None:
    again = '[[source]]\nname = "again"\nkind = "url"\nlocation = "https://example.org/"\n'
    with pytest.raises(Misconfigured, match=r"source 4 \(again\): front-page asks for the same location"):
        read_file(write(tmp_path, GOOD + again))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[source]\n", "is not TOML"),
        ("name = 1", "holds 'name'"),
        ("source = 3", "no list of tables"),
        ("[source]\nname='a'", "no list of tables"),
    ],
)
def test_what_is_no_file_of_sources_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(Misconfigured, match=said) as caught:
        read_file(path)
    assert str(path) in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="No such file"):
        read_file(tmp_path / "absent.toml")
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b"# caf\xe9")
    with pytest.raises(Misconfigured, match="is not UTF-8"):
        read_file(latin)


def test_spans_of_time() -> None:
    assert [span_s(value) for value in ("30s", "5m", "2h", "1d", "1.5h", "45", 45, 0.5)] == [30, 300, 7200, 86_400, 5400, 45, 45, 0.5]
    assert span_s("never") is None
    for nonsense in ("", "5 minutes", "-5m", "0", 0, -1, True, "1w", "nan"):
        with pytest.raises(Misconfigured, match="is no span of time"):
            span_s(nonsense)

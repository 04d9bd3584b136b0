"""Settings: where each comes from, and that a wrong one is refused by name and place."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import collect
from pipeline.config import LONGEST_FETCH_S, Settings, load
from pipeline.errors import Misconfigured
from workers.tasks import PUMP_LIMIT_S, PUMP_SOFT_LIMIT_S


def test_an_argument_wins_over_the_environment_over_the_file_over_the_default(tmp_path: Path) -> None:
    (tmp_path / "newswire.toml").write_text("children = 3\nqueue_window = 5\nchunk_documents = 7\n")
    read = load({"NEWSWIRE_HOME": str(tmp_path), "NEWSWIRE_CHILDREN": "4", "NEWSWIRE_QUEUE_WINDOW": "6"}, children=5)
    assert (read.children, read.queue_window, read.chunk_documents, read.lease_s) == (5, 6, 7, Settings().lease_s)


def test_the_database_and_redis_are_also_named_as_hosting_platforms_do() -> None:
    read = load({"DATABASE_URL": "postgresql://db/news", "REDIS_URL": "redis://r:6379/0"})
    assert (read.database, read.redis_url) == ("postgresql://db/news", "redis://r:6379/0")


def test_an_empty_variable_is_none(tmp_path: Path) -> None:
    assert load({"DATABASE_URL": "", "NEWSWIRE_HOME": str(tmp_path)}).database == f"sqlite:///{tmp_path}/newswire.sqlite"


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("NEWSWIRE_CHILDREN", "many", r"children = 'many' in the variable NEWSWIRE_CHILDREN: Expected `int`"),
        ("NEWSWIRE_CHILDREN", "0", r"children = '0' .* >= 1"),
        ("NEWSWIRE_QUEUE_WINDOW", "-1", r"queue_window = '-1' .* >= 1"),
        ("NEWSWIRE_CHUNK_DOCUMENTS", "0", r"chunk_documents"),
        ("NEWSWIRE_MAX_BODY_BYTES", "0", r"max_body_bytes"),
        ("NEWSWIRE_HOST_PACE_S", "-0.5", r"host_pace_s = '-0.5' .* >= 0"),
        ("NEWSWIRE_FETCH_DEADLINE_S", "0", r"fetch_deadline_s"),
        ("NEWSWIRE_FETCH_DEADLINE_S", "31", r"fetch_deadline_s = '31' .* <= 30"),
        ("NEWSWIRE_FLOWER_PORT", "70000", r"flower_port"),
        ("NEWSWIRE_LOG_LEVEL", "loud", r"log_level"),
        ("NEWSWIRE_LEASE_S", "10", r"soft_time_limit_s < time_limit_s < lease_s"),
    ],
)
def test_a_value_that_can_not_work_is_refused_with_its_name_and_place(variable: str, value: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        load({variable: value})


def test_a_setting_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "newswire.toml").write_text("childern = 3\n")
    with pytest.raises(Misconfigured, match=r"childern is not a setting \(the file of settings\)"):
        load({"NEWSWIRE_HOME": str(tmp_path)})


@pytest.mark.parametrize("bad", ["children = ", "children = \xff"])
def test_a_file_that_is_not_toml_is_said_to_be(bad: str, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_bytes(bad.encode("latin-1"))
    with pytest.raises(Misconfigured, match=r"own\.toml is not TOML"):
        load({"NEWSWIRE_CONFIG": str(tmp_path / "own.toml")})


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="can't be read"):
        load({"NEWSWIRE_CONFIG": str(tmp_path / "none.toml")})


def test_a_pump_ends_by_itself_before_its_time_limit_whatever_the_deadline() -> None:
    longest = collect.longest_pump_s(Settings(fetch_deadline_s=LONGEST_FETCH_S))
    assert longest <= PUMP_SOFT_LIMIT_S < PUMP_LIMIT_S


def test_a_secret_comes_from_a_file_that_a_variable_names(tmp_path: Path) -> None:
    """As containers are given them: a file, with a line's end or without."""
    (tmp_path / "url").write_text("postgresql://newswire:s%2Fcret@postgres/newswire\n")
    (tmp_path / "auth").write_text("newswire:secret")
    settings = load({"DATABASE_URL_FILE": str(tmp_path / "url"), "NEWSWIRE_FLOWER_AUTH_FILE": str(tmp_path / "auth")})
    assert settings.database_url == "postgresql://newswire:s%2Fcret@postgres/newswire"
    assert settings.flower_auth == "newswire:secret"


def test_an_empty_name_of_a_file_names_none() -> None:
    assert load({"DATABASE_URL": "sqlite:///a", "DATABASE_URL_FILE": ""}).database_url == "sqlite:///a"


def test_a_variable_and_its_file_are_not_both_obeyed(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("redis://b")
    with pytest.raises(Misconfigured, match="REDIS_URL and REDIS_URL_FILE are both set"):
        load({"REDIS_URL": "redis://a", "REDIS_URL_FILE": str(tmp_path / "url")})


@pytest.mark.parametrize(("content", "says"), [(None, "can't be read: No such file"), (b"\xff", "is not UTF-8")])
def test_a_file_that_can_not_be_read_is_named(tmp_path: Path, content: bytes | None, says: str) -> None:
    path = tmp_path / "children"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Misconfigured, match=f"{path} that NEWSWIRE_CHILDREN_FILE names {says}"):
        load({"NEWSWIRE_CHILDREN_FILE": str(path)})


def test_a_wrong_value_in_a_file_is_refused_by_its_variable(tmp_path: Path) -> None:
    (tmp_path / "children").write_text("many")
    with pytest.raises(Misconfigured, match="children = 'many' in the variable NEWSWIRE_CHILDREN"):
        load({"NEWSWIRE_CHILDREN_FILE": str(tmp_path / "children")})

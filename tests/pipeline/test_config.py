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

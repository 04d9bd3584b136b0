"""The passwords of an installation: made once, kept, never a default, never told."""

from __future__ import annotations

import stat
import subprocess
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from deploy.passwords import main
from pipeline.config import load
from tests.servers.valkey import binary
from tests.workers.conftest import until
from workers.embedded import free_port

ALL = ("--postgres", "postgres", "--redis", "redis", "--flower")


def files(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_what_is_missing_is_made_and_then_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), *ALL], {}) == 0
    made = files(tmp_path)
    assert set(made) == {"postgres_password", "database_url", "redis_password", "redis_url", "redis.conf", "flower_password", "flower_auth"}
    passwords = [made[name] for name in ("postgres_password", "redis_password", "flower_password")]
    assert len(set(passwords)) == 3
    assert all(len(password) >= 32 for password in passwords)
    assert main([str(tmp_path), *ALL], {}) == 0
    assert files(tmp_path) == made
    said = capsys.readouterr()
    assert not any(password in said.out + said.err for password in passwords)


def test_two_installations_share_none(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        main([str(tmp_path / name), *ALL], {})
    assert not set(files(tmp_path / "a").values()) & set(files(tmp_path / "b").values())


def test_settings_read_them(tmp_path: Path) -> None:
    main([str(tmp_path), *ALL], {"POSTGRES_PASSWORD": "p@ss/word %41"})
    variables = {"DATABASE_URL_FILE": "database_url", "REDIS_URL_FILE": "redis_url", "NEWSWIRE_FLOWER_AUTH_FILE": "flower_auth"}
    settings = load({variable: str(tmp_path / name) for variable, name in variables.items()})
    assert settings.database_url == "postgresql://newswire:p%40ss%2Fword%20%2541@postgres/newswire"
    assert urlsplit(settings.redis_url).password == (tmp_path / "redis_password").read_text()
    assert settings.flower_auth.startswith("newswire:")


def test_one_that_is_given_is_taken_but_not_in_place_of_one_in_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), "--flower"], {"FLOWER_PASSWORD": "mine"}) == 0
    assert files(tmp_path)["flower_auth"] == "newswire:mine"
    assert main([str(tmp_path), "--flower"], {"FLOWER_PASSWORD": "another"}) == 1
    assert "FLOWER_PASSWORD is not the password in use" in capsys.readouterr().err
    assert files(tmp_path)["flower_auth"] == "newswire:mine"


def test_nobody_may_write_them(tmp_path: Path) -> None:
    main([str(tmp_path), *ALL], {})
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o444}


def test_a_folder_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none"), "--flower"], {}) == 1
    assert str(tmp_path / "none") in capsys.readouterr().err


def test_a_server_takes_the_configuration(tmp_path: Path) -> None:
    """Whatever stands in the password; it keeps its queues, and throws none of them away."""
    password = 'a "quoted" \\ word'
    main([str(tmp_path), "--redis", "localhost"], {"REDIS_PASSWORD": password})
    port = free_port()
    server = subprocess.Popen(
        [binary(), str(tmp_path / "redis.conf"), "--bind", "127.0.0.1", "--port", str(port)], cwd=tmp_path, stdout=subprocess.DEVNULL
    )

    def answers(client: redis.Redis) -> bool:
        with suppress(redis.ConnectionError):
            return bool(client.ping())
        return False

    try:
        with redis.Redis(port=port, password=password) as client:
            until(lambda: answers(client))
            assert client.config_get("appendonly") == {"appendonly": "yes"}
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        with redis.Redis(port=port) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
    finally:
        server.terminate()
        server.wait(10)

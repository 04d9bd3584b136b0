"""All children of one command: started, watched, restarted, and gone for sure, however the starter ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import redis

from pipeline.config import Settings
from pipeline.errors import Infrastructure, Misconfigured
from tests.workers.conftest import until
from workers.embedded import free_port, running

pytestmark = pytest.mark.timeout(120)

ROOT = Path(__file__).parents[2]
SCRIPT = """
import sys, time
sys.path.insert(0, {root!r})
from pipeline.config import Settings
from workers.embedded import running
with running(Settings(home={home!r}), flower=False) as system:
    print(system.supervisor, flush=True)
    time.sleep(600)
"""


def is_alive(pid: int) -> bool:
    """A zombie is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def family(session_of: list[int]) -> list[int]:
    """Every living process in the sessions that these lead."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) in session_of and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at /proc")
def test_one_command_starts_all_restarts_what_dies_and_leaves_nothing_behind(tmp_path: Path) -> None:
    settings = Settings(home=str(tmp_path / "home"))
    with running(settings, flower=False) as system:
        assert set(system.pids) == {"broker", "worker", "flash", "fetch", "beat", "deliver"}
        with redis.Redis.from_url(system.redis_url) as client:
            assert client.ping()
            assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
            assert client.config_get("bind")["bind"] == "127.0.0.1"

        # a second one in the same home says so
        with pytest.raises(Misconfigured, match=f"runs already in .*process {system.supervisor}"), running(settings, flower=False):
            pass

        # what dies comes back: a worker, the broker
        happened: list[dict[str, object]] = []

        def listen() -> None:
            happened.extend(system.events())

        threading.Thread(target=listen, daemon=True).start()
        for role in ("worker", "broker"):
            os.kill(system.pids[role], signal.SIGKILL)
            until(lambda role=role: [e for e in happened if e["event"] == "started" and e["role"] == role])  # type: ignore[misc]
        until(lambda: _answers(system.redis_url))
        sessions = [*system.pids.values(), *(int(str(e["pid"])) for e in happened), system.supervisor]
        assert family(sessions)
    assert family(sessions) == []
    assert not (tmp_path / "home" / "running.json").exists()


def _answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_outlives_its_starter(tmp_path: Path, number: signal.Signals) -> None:
    script = SCRIPT.format(root=str(ROOT), home=str(tmp_path / "home"))
    starter = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert starter.stdout is not None
    supervisor = int(starter.stdout.readline())
    children = [int(pid) for pid in Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()]
    assert len(children) == 6
    os.kill(starter.pid, number)
    starter.wait(30)
    starter.stdout.close()
    until(lambda: not family([supervisor, *children]))


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at /proc")
def test_nothing_outlives_its_supervisor(tmp_path: Path) -> None:
    with running(Settings(home=str(tmp_path / "home")), flower=False) as system:
        os.kill(system.supervisor, signal.SIGKILL)
        until(lambda: not family([*system.pids.values()]))


def test_a_folder_with_packages_of_our_names_does_not_shadow_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("workers", "schemas", "pipeline", "celery", "celeryconfig"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"raise SystemExit('{name} of the current folder was imported')\n")
    monkeypatch.chdir(tmp_path)
    with running(Settings(home=str(tmp_path / "home")), flower=False) as system:
        for role in ("worker", "flash", "fetch"):
            until(lambda role=role: "worker.ready" in (tmp_path / "home" / "logs" / f"{role}.log").read_text())  # type: ignore[misc]
        assert all(is_alive(pid) for pid in system.pids.values())
    logs = "".join(log.read_text() for log in (tmp_path / "home" / "logs").glob("*.log"))
    assert "of the current folder" not in logs


def test_a_redis_that_is_away_is_told_before_anything_starts(tmp_path: Path) -> None:
    settings = Settings(home=str(tmp_path / "home"), redis_url=f"redis://127.0.0.1:{free_port()}/0")
    with pytest.raises(Infrastructure, match="is not to be had"), running(settings):
        pass


def test_a_home_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Infrastructure, match="can't be used"), running(Settings(home=str(tmp_path / "file" / "home"))):
        pass

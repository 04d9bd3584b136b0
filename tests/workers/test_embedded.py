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

pytestmark = [pytest.mark.timeout(120), pytest.mark.slow]

ROOT = Path(__file__).parents[2]
SCRIPT = f"""
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that starts the tests in the background has it ignored
sys.path.insert(0, {str(ROOT)!r})
from pipeline.config import Settings
from workers.embedded import running
with running(Settings(home="home"), flower=False) as system:
    print(system.supervisor, *system.pids.values(), flush=True)
    time.sleep(600)
"""
ROLES = {"broker", "worker", "flash", "fetch", "beat", "deliver"}


def family(leaders: list[int]) -> list[int]:
    """Every living process in the sessions that these lead. A zombie is dead."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, *fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) in leaders and state != "Z":
            found.append(int(stat.parent.name))
    return found


def answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_one_command_starts_all_restarts_what_dies_and_takes_all_along(tmp_path: Path) -> None:
    settings = Settings(home=str(tmp_path / "home"))
    with running(settings, flower=False) as system:
        assert set(system.pids) == ROLES
        with redis.Redis.from_url(system.redis_url) as client:
            kept = client.config_get("maxmemory-policy", "bind", "appendonly")
        assert kept == {"maxmemory-policy": "noeviction", "bind": "127.0.0.1", "appendonly": "yes"}

        # a second one in the same home says so
        with pytest.raises(Misconfigured, match=f"runs already in .*process {system.supervisor}"), running(settings, flower=False):
            pass

        # what dies comes back: a worker, the broker on its old port
        happened: list[dict[str, object]] = []

        def listen() -> None:
            for event in system.events():
                happened.append(event)  # noqa: PERF402  told as they come

        threading.Thread(target=listen, daemon=True).start()
        for role in ("worker", "broker"):
            os.kill(system.pids[role], signal.SIGKILL)
            until(lambda role=role: [e for e in happened if e["event"] == "started" and e["role"] == role])  # type: ignore[misc]
        until(lambda: answers(system.redis_url))

        # killed, it takes all along: the new ones, and the children of workers
        leaders = [*system.pids.values(), *(int(str(e["pid"])) for e in happened if e["event"] == "started")]
        assert len(family(leaders)) >= len(ROLES)
        os.kill(system.supervisor, signal.SIGKILL)
        until(lambda: not family(leaders))


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_outlives_its_starter_nor_is_shadowed_by_its_folder(tmp_path: Path, number: signal.Signals) -> None:
    for name in ("workers", "schemas", "pipeline", "celery", "celeryconfig", "flowerconfig"):
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit('{name} of the current folder was imported')\n")
    starter = subprocess.Popen([sys.executable, "-P", "-c", SCRIPT], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert starter.stdout is not None
    with starter.stdout:
        try:
            leaders = [int(pid) for pid in starter.stdout.readline().split()]
            assert len(leaders) == len(ROLES) + 1
            logs = tmp_path / "home" / "logs"
            for role in ("worker", "flash", "fetch"):
                until(lambda role=role: (logs / f"{role}.log").exists() and "worker.ready" in (logs / f"{role}.log").read_text())  # type: ignore[misc]
            os.kill(starter.pid, number)
            starter.wait(30)
        finally:
            starter.kill()
            starter.wait()
    until(lambda: not family(leaders))
    assert not (tmp_path / "home" / "running.json").exists()
    assert "of the current folder" not in "".join(log.read_text() for log in logs.glob("*.log"))


def test_a_redis_that_is_away_is_told_before_anything_starts(tmp_path: Path) -> None:
    settings = Settings(home=str(tmp_path / "home"), redis_url=f"redis://127.0.0.1:{free_port()}/0")
    with pytest.raises(Infrastructure, match="is not to be had"), running(settings):
        pass


def test_a_home_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Infrastructure, match="can't be used"), running(Settings(home=str(tmp_path / "file" / "home"))):
        pass

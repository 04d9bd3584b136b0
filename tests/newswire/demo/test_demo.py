"""The demo when it is stopped, or when something does not hold. `tests/test_wheel.py` runs it to its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.xdist_group("demo")]

COMMAND = (sys.executable, "-P", "-m", "newswire", "demo")


@pytest.fixture
def mark() -> str:
    """In the environment of all processes that come of a test."""
    return uuid.uuid4().hex


def left_behind(*marks: str) -> list[str]:
    """Processes that bear one of the marks in their environment or command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "environ").read_bytes() + (path / "cmdline").read_bytes()
        except OSError:
            continue
        if int(path.name) != os.getpid() and any(mark.encode() in words for mark in marks):
            found.append((path / "cmdline").read_bytes().decode(errors="replace").replace("\0", " "))
    return found


def environment(mark: str, tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "TEST_MARK": mark, "TMPDIR": str(tmp_path)}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_it_ends_all_and_says_so(number: signal.Signals, code: int, mark: str, tmp_path: Path) -> None:
    demo = subprocess.Popen(
        COMMAND, cwd=tmp_path, env=environment(mark, tmp_path), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert demo.stdout is not None
    for line in demo.stdout:
        if line.startswith("1. "):
            break
    assert len(left_behind(mark, str(tmp_path))) > 5
    demo.send_signal(number)
    time.sleep(0.2)
    demo.send_signal(number)  # a second one does not cut the clean-up short
    out, err = demo.communicate(timeout=60)
    assert (demo.returncode, err) == (code, "")
    assert out.splitlines()[-1].endswith("nothing is left running.")
    assert left_behind(mark, str(tmp_path)) == []
    assert list(tmp_path.glob("newswire-demo-*")) == []


def test_killed_it_leaves_no_process(mark: str, tmp_path: Path) -> None:
    demo = subprocess.Popen(COMMAND, cwd=tmp_path, env=environment(mark, tmp_path), text=True, stdout=subprocess.PIPE)
    assert demo.stdout is not None
    for line in demo.stdout:
        if line.startswith("1. "):
            break
    demo.kill()
    demo.wait()
    demo.stdout.close()
    deadline = time.monotonic() + 40
    while (found := left_behind(mark, str(tmp_path))) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert found == []


FAILING = """
import sys
from newswire import demo
from newswire.demo import steps
from newswire.demo.rows import check

def step(stage):
    check(False, "that the moon is cheese", {"moon": "rock"})

steps.STEPS = (("A step that holds", lambda stage: None), ("The moon", step))
sys.exit(demo.run(sys.argv[1]))
"""


def test_a_step_that_does_not_hold_is_named_with_what_the_rows_said(mark: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    done = subprocess.run(
        (sys.executable, "-P", "-c", FAILING, str(home)),
        cwd=tmp_path,
        env=environment(mark, tmp_path),
        text=True,
        capture_output=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    failure = done.stdout[done.stdout.index("FAILED at step 2: The moon") :]
    assert "Expected  that the moon is cheese" in failure
    assert "Rows said {'moon': 'rock'}" in failure
    assert f"Logs      {home / 'logs'}" in failure
    assert (home / "logs" / "worker.log").exists()
    assert left_behind(mark, str(home)) == []


def test_it_wants_a_folder_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "newswire.sqlite").write_bytes(b"somebody's")
    done = subprocess.run((*COMMAND[:-1], "--home", str(tmp_path), "demo"), text=True, capture_output=True, timeout=30, check=False)
    assert done.returncode == 2
    assert f"{tmp_path} is not empty: the demo wants a folder of its own." in done.stderr
    assert "Traceback" not in done.stderr

"""`make test-compose`: the stack of docker-compose.yml on a real engine, from its build to its end. A quarter of an hour at most."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from tests.compose import versions
from tests.compose.stack import Failed, Stack, engine, gone_at_the_end
from tests.compose.steps import STEPS, Trial

LONGEST_S = 900


@pytest.mark.timeout(LONGEST_S + 120)
def test_the_stack_holds_to_its_promises(request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if not request.config.getoption("--compose"):
        pytest.skip("it is run by `make test-compose`")
    found = engine()
    if isinstance(found, str):
        pytest.skip(f"no engine can be had: {found}")
    stack = Stack(found, versions.ROOT, "newswire-test:new")
    table = Table("step", "s", "what was seen", title=f"make test-compose, with {' '.join(found)}", title_justify="left")
    console = Console(width=150)
    failed = ""
    began = time.monotonic()
    trial = Trial(stack, versions.make(found, tmp_path), tmp_path)
    with gone_at_the_end(stack):
        for name, step in STEPS:
            step_began = time.monotonic()
            try:
                seen = step(trial)
            except Failed as error:
                failed = f"{name}: {error}"
                seen = f"FAILED: {error}"
            took_s = time.monotonic() - step_began
            table.add_row(name, f"{took_s:.0f}", seen)
            with capsys.disabled():
                console.print(f"{name} ({took_s:.0f} s): {seen}", markup=False, highlight=False)
            if failed:
                _keep_logs(trial, tmp_path)
                break
    table.add_row("all", f"{time.monotonic() - began:.0f}", "")
    with capsys.disabled():
        console.print(table)
    assert not failed, failed
    assert time.monotonic() - began < LONGEST_S


def _keep_logs(trial: Trial, folder: Path) -> None:
    (folder / "containers.log").write_text(trial.stack.compose("logs", "--no-color", "--tail", "200", check=False), encoding="utf-8")
    (folder / "containers.txt").write_text(trial.stack.compose("ps", check=False), encoding="utf-8")

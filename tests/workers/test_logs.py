"""Logs: one event a line, bound fields, the outcome; libraries through the same door."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = """
import logging, sys
sys.path.insert(0, {root!r})
import structlog
from pipeline.config import Settings
from workers import logs
logs.set_up(Settings(log_format={format!r}, log_level={level!r}), role="worker")
log = structlog.get_logger()
with structlog.contextvars.bound_contextvars(work=812, run=41):
    log.info("work.done", outcome="41 new", log_ids=["a1"])
log.debug("not unless asked")
logging.getLogger("kombu").info("chatter")
logging.getLogger("kombu").warning("lost the broker")
try:
    1 / 0
except ZeroDivisionError:
    log.warning("work.stopped", exc_info=True)
"""


def said(format: str = "auto", level: str = "info") -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(root=str(ROOT), format=format, level=level)], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_outside_of_a_terminal_each_line_is_an_object_with_what_was_bound() -> None:
    lines = [json.loads(line) for line in said()]
    assert [line["event"] for line in lines] == ["work.done", "lost the broker", "work.stopped"]
    assert lines[0] | {"timestamp": ""} == {
        "event": "work.done", "outcome": "41 new", "log_ids": ["a1"], "work": 812, "run": 41, "role": "worker", "level": "info", "timestamp": "",
    }  # fmt: skip
    assert "ZeroDivisionError" in lines[2]["exception"]


def test_debug_lets_libraries_speak() -> None:
    assert [json.loads(line)["event"] for line in said(level="debug")][:3] == ["work.done", "not unless asked", "chatter"]


def test_the_console_is_for_people() -> None:
    assert "work.done" in said(format="console")[0]
    assert not said(format="console")[0].startswith("{")

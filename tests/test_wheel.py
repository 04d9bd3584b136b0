"""The wheel, in an environment that has nothing but it and the runtime lock, started from a folder with packages of the same names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.newswire.demo.test_demo import left_behind

ROOT = Path(__file__).parents[1]
TITLES = (
    "1. An alert, the full story, a writethru",
    "2. Outlets carry it",
    "3. A correction, and an embargo",
    "4. A worker is killed in the middle",
    "5. A story is killed",
    "6. Enrichments",
    "7. An independent consumer",
    "8. Flower",
)
PACKAGES = {"schemas", "pipeline", "workers", "press", "newswire", "migrations"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.xdist_group("wheel")]


def _run(*command: str | Path, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([str(word) for word in command], cwd=cwd, text=True, capture_output=True, env={**os.environ, **env})
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the source distribution, so that this is whole as well."""
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment with the wheel."""
    folder = tmp_path_factory.mktemp("empty") / "venv"
    venv.create(folder, symlinks=True)
    pip = (sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install", "--quiet", "--disable-pip-version-check")
    _run(*pip, "--require-hashes", "--only-binary", ":all:", "-r", "requirements/runtime.txt")
    _run(*pip, "--no-deps", "--no-index", wheel)
    return folder / "bin"


@pytest.fixture
def hostile_folder(tmp_path: Path) -> Path:
    """A folder with packages of its own that bear our names, and say so when they are imported in place of ours."""
    for name in PACKAGES - {"newswire"}:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"raise SystemExit('{name} of the working directory was imported')\n")
    return tmp_path


def test_the_wheel_holds_our_packages_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = message_from_bytes(archive.read(next(name for name in names if name.endswith(".dist-info/METADATA"))))
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == PACKAGES
    assert metadata["License-Expression"] == "Apache-2.0"
    assert {name.rpartition("/")[2] for name in names if ".dist-info/licenses/" in name} == {"LICENSE", "NOTICE"}
    in_repository = {str(path.relative_to(ROOT)) for package in PACKAGES for path in (ROOT / package).rglob("*.py")}
    assert in_repository <= set(names)
    assert any(name.startswith("newswire/examples/consumer/") for name in names)


def test_it_starts_from_a_folder_with_packages_of_our_names(installed: Path, hostile_folder: Path) -> None:
    help_text = _run(installed / "newswire", "--help", cwd=hostile_folder).stdout
    assert "ingest" in help_text
    assert "ingest" in _run(installed / "python", "-P", "-m", "newswire", "--help", cwd=hostile_folder).stdout
    _run(installed / "newswire", "db", "upgrade", cwd=hostile_folder, NEWSWIRE_HOME=str(hostile_folder / "home"))


def test_the_demo_tells_all_steps_and_leaves_nothing_behind(installed: Path, hostile_folder: Path) -> None:
    """All kinds of processes are started from that folder, and assert the story on database rows.

    With settings in the environment that are not for it: it must not write into somebody's database.
    """
    foreign = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1/0", "NEWSWIRE_HOME": "/nowhere"}
    told = _run(installed / "newswire", "demo", cwd=hostile_folder, TMPDIR=str(hostile_folder), **foreign).stdout
    lines = told.splitlines()
    assert [line for line in lines if line in TITLES] == list(TITLES)
    assert "\x1b" not in told
    for promise in (
        r"ok stored [\d.]+ s after the start: from Lisbon, PT, by Calder",
        r"    The Harbour Post \| whole \| 100 % \| 100 % \| story 1",
        r"ok version 4 is a correction: Corrects number of people aboard.*",
        r"- SIGKILL to process \d+, the whole worker",
        r"ok (\d+) served, \1 stored, each once; the consumer holds \1, each with its own text",
        r"ok Flower shows \d+ jobs at http://newswire:.*@127\.0\.0\.1:\d+",
        r"All eight steps held, in \d+ s",
    ):
        assert any(re.fullmatch(promise, line) for line in lines), f"{promise}\n{told}"
    assert left_behind(str(hostile_folder)) == []
    assert list(hostile_folder.glob("newswire-demo-*")) == []

"""The locks: what pyproject.toml asks for, each with its hashes, the same version everywhere, and no host named."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ASKED = {
    "runtime": PROJECT["project"]["dependencies"],
    "dev": PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"],
    "bench": PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["bench"],
    "build": PROJECT["build-system"]["requires"],
}


def _entries(lock: Path) -> list[str]:
    """Each requirement with its hashes, as one line."""
    text = re.sub(r"^#.*\n", "", lock.read_text(), flags=re.MULTILINE)
    return text.replace("\\\n", " ").splitlines()


def _pins(lock: Path) -> dict[str, Version]:
    requirements = [Requirement(entry.split(" --hash")[0].strip()) for entry in _entries(lock)]
    return {canonicalize_name(it.name): Version(str(it.specifier).removeprefix("==")) for it in requirements}


def test_there_are_three_and_the_build_backends() -> None:
    assert [lock.stem for lock in LOCKS] == ["bench", "build", "dev", "runtime"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_each_requirement_is_one_version_with_its_hashes(lock: Path) -> None:
    for entry in _entries(lock):
        assert re.fullmatch(r"[a-z0-9-]+==\S+( ; [^;]*?)?(\s+--hash=sha256:[0-9a-f]{64})+", entry.rstrip()), entry


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_no_host_is_named(lock: Path) -> None:
    assert not re.search(r"://|--index|--extra-index|--find-links|--trusted-host", lock.read_text())


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_it_holds_what_the_project_asks_for(lock: Path) -> None:
    pins = _pins(lock)
    for requirement in map(Requirement, ASKED[lock.stem]):
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), requirement


def test_a_package_has_one_version_in_all_locks() -> None:
    versions: dict[str, set[Version]] = {}
    for lock in LOCKS:
        for name, version in _pins(lock).items():
            versions.setdefault(name, set()).add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}

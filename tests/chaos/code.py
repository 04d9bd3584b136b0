"""Which code a run was of: `python -m tests.chaos.code` prints it of this checkout, and needs no git."""

from __future__ import annotations

import hashlib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("migrations", "newswire", "pipeline", "schemas", "workers")
"""All that runs in operation."""
LENGTH = 12


def sources(root: Path = ROOT) -> str:
    """The first digits of the SHA-256 over names and contents of all Python files but tests."""
    digest = hashlib.sha256()
    for path in sorted(path for package in PACKAGES for path in (root / package).rglob("*.py")):
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:LENGTH]


if __name__ == "__main__":
    print(sources())

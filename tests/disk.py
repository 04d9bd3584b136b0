"""A small disk, a real one, that a test fills."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


class Disk:
    """Mounted."""

    def __init__(self, mount: Path) -> None:
        self.mount = mount

    def fill(self) -> None:
        with (self.mount / "ballast").open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"x" * 4096)

    def free(self) -> None:
        (self.mount / "ballast").unlink()


@contextmanager
def mounted(path: Path, size: str) -> Iterator[Disk]:
    """`size`: as mount takes it, `512k`. Skips the test where nothing can be mounted."""
    path.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)], capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)

"""Where things lie that come with newswire, from a wheel as from a checkout."""

from __future__ import annotations

from pathlib import Path


def examples() -> Path:
    """The folder of examples: inside the package when it was installed from a wheel, beside it in a checkout."""
    here = Path(__file__).parent
    return here / "examples" if (here / "examples").is_dir() else here.parent / "examples"

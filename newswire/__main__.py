"""`python -m newswire`: the same as `newswire`."""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> int:
    root = str(Path(__file__).resolve().parent.parent)
    if sys.path[0] != root:  # `-m` puts the current folder first: its own `schemas/` or `workers/` would be taken for ours
        sys.path[0] = root
    from newswire.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())

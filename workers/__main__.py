"""Started by our own processes only, by its path and with `-P`: a folder with a `workers/` of its own does not shadow ours."""

from __future__ import annotations

import json
import sys
from pathlib import Path

_ROOT = str(Path(__file__).resolve().parent.parent)
if _ROOT not in sys.path:
    sys.path.insert(0, _ROOT)


def main() -> int:
    from workers import supervisor

    if sys.argv[1] == "supervise":
        return supervisor.main()
    import msgspec

    from pipeline.config import Settings
    from workers import roles

    start = json.loads(sys.stdin.buffer.readline())
    supervisor.die_with(start["parent"])
    return roles.run(sys.argv[1], msgspec.convert(start["settings"], Settings))


if __name__ == "__main__":
    sys.exit(main())

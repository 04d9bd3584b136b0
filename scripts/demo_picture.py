"""Write docs/demo.svg: the terminal of a real run of `newswire demo`, as many of its lines as fit, for README.

.venv/bin/python scripts/demo_picture.py
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from newswire.demo import run

PICTURE = Path(__file__).parents[1] / "docs" / "demo.svg"
WIDTH = 112
SHOWN = {0: 99, 1: 12, 2: 99, 4: 99, 5: 99, 8: 99}
"""Lines of each step that are shown at most; 0 is what stands above the first."""


def main() -> int:
    terminal = Console(file=io.StringIO(), record=True, width=WIDTH, force_terminal=True, color_system="truecolor", highlight=False)
    code = run(console=terminal)
    lines = terminal.export_text(styles=True).splitlines()
    if code:
        print("\n".join(lines), file=sys.stderr)
        return code
    picture = Console(file=io.StringIO(), record=True, width=WIDTH, force_terminal=True, color_system="truecolor", highlight=False)
    for line in _chosen([Text.from_ansi(_anonymous(line)) for line in lines]):
        picture.print(line, soft_wrap=True)
    svg = picture.export_svg(title="make demo", theme=MONOKAI, unique_id="demo")
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)  # they would be fetched from somebody's server
    PICTURE.write_text(svg, encoding="utf-8")
    print(f"{PICTURE.relative_to(Path.cwd())}: {len(svg):,} bytes, of {len(lines)} lines")
    return 0


def _chosen(lines: list[Text]) -> list[Text]:
    """Those that fit a picture, with a mark where some are left out."""
    step, count, chosen = 0, 0, []
    for line in lines:
        begins = re.match(r"(\d)  \S.*──", line.plain)
        if begins:
            step, count = int(begins[1]), 0
        count += 1
        if count <= SHOWN.get(step, 1):
            chosen.append(line)
        elif count == SHOWN.get(step, 1) + 1:
            chosen.append(Text("  …", "dim"))
    return chosen


def _anonymous(line: str) -> str:
    """Flower's password of that run is of no use to anybody, and looks as if it were; as many signs, so that boxes stay whole."""
    return re.sub(r"(?<=newswire:)[\w-]+(?=@)", lambda match: "·" * len(match[0]), line)


if __name__ == "__main__":
    sys.exit(main())

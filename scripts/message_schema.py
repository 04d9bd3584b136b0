"""Write docs/reference/message.schema.json anew from schemas/messages.py. A test holds both equal."""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATH = ROOT / "docs" / "reference" / "message.schema.json"


def text() -> str:
    """The schema, as the file has it."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    from schemas.messages import json_schema

    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.parent.mkdir(parents=True, exist_ok=True)
    PATH.write_text(text(), encoding="utf-8")
    print(f"{PATH.relative_to(ROOT)} is written.")

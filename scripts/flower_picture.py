"""Write docs/flower.png: Flower's page of jobs, as it is in the running stack of docker-compose.yml with the profile demo.

docker compose --profile demo up -d
.venv/bin/python scripts/flower_picture.py            a browser is needed: Debian's chromium, or any that playwright finds

So that failed and put-off jobs are in it too, a spoiled file is dropped, and a source is added that answers with an error.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

PICTURE = Path(__file__).parents[1] / "docs" / "flower.png"
COMPOSE = shlex.split(os.environ.get("COMPOSE", "docker compose"))
URL = f"http://127.0.0.1:{os.environ.get('FLOWER_PORT', '5555')}"
WIDTH, HEIGHT = 1900, 1180
PATIENCE_S = 90
STATES = ("SUCCESS", "FAILURE", "RETRY")


def main() -> int:
    user, _, password = compose("exec", "-T", "flower", "cat", "/run/newswire/flower_auth").strip().partition(":")
    compose("exec", "-T", "press", "sh", "-c", "echo '{\"uri\": ' > /inbox/meridia/spoiled.json")
    compose(
        "run", "--rm", "-T", "cli", "sources", "add", "away", "feed", "http://press.invalid:8800/hostile/500", "--every", "5s", check=False
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT}, http_credentials={"username": user, "password": password, "send": "always"}
        )
        page.goto(f"{URL}/tasks", wait_until="networkidle")
        _await(page)
        page.screenshot(path=PICTURE)
        browser.close()
    compose("run", "--rm", "-T", "cli", "sources", "remove", "away")
    print(f"{PICTURE.relative_to(Path.cwd())}: {PICTURE.stat().st_size:,} bytes")
    return 0


def _await(page: Page) -> None:
    """Until jobs of each end are on the page, newest first."""
    end = time.monotonic() + PATIENCE_S
    while True:
        text = page.inner_text("table#tasks-table")
        if all(state in text for state in STATES):
            return
        if time.monotonic() > end:
            sys.exit(f"Flower shows no job that ended as {', '.join(state for state in STATES if state not in text)}: does the demo run?")
        page.wait_for_timeout(2000)
        page.reload(wait_until="networkidle")


def compose(*words: str, check: bool = True) -> str:
    done = subprocess.run([*COMPOSE, *words], capture_output=True, text=True, check=False)
    if check and done.returncode:
        sys.exit(f"{shlex.join([*COMPOSE, *words])}: {done.stderr.strip()[-500:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())

"""What Flower takes for the jobs that it keeps: memory, the time of its page and of its API, of saving and of starting with them.

    python -m benchmarks.flower [KEPT JOBS]...       prints a table, writes benchmarks/results/flower.json

For each KEPT, Flower is sent the four events of each of JOBS jobs as our workers send them, as fast as it takes them; its memory is looked at
as it fills, and at the end. A day at 10 jobs a second is 864,000; what it does not keep costs it nothing, which the last columns show.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import msgspec
import psutil
import redis
from rich.console import Console
from rich.table import Table

from pipeline import resources
from pipeline.config import Settings
from tests.servers.valkey import Valkey
from tests.workers.conftest import process
from workers.app import create
from workers.embedded import free_port

RUNS = ((10_000, 30_000), (500, 16_000))
"""(kept, sent)"""
FLAT = (10_000, 20_000, 30_000, 60_000, 100_000, 150_000)
"""Jobs at which the state alone is looked at, which takes them 20 times as fast as through a broker: it must not grow with what is forgotten."""
BURST = 500
PATHS = {
    "page_s": "/tasks",
    "table_s": "/tasks/datatable?draw=1&start=0&length=15&search[value]=&order[0][column]=0&order[0][dir]=desc&columns[0][data]=name",
    "api_s": "/api/tasks?limit=100",
}
"""The page, what it asks for when it opens, and what a program asks for."""
LABEL, RESULT = "reuters-world · 50 documents · run 41", "41 new, 6 pickups, 3 unchanged"
_RESULTS = Path(__file__).parent / "results" / "flower.json"


class Shown(msgspec.Struct):
    """One Flower, under load."""

    settings: Settings
    child: psutil.Process
    auth: str

    def get(self, path: str) -> tuple[float, bytes]:
        """Seconds, and what came."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.settings.flower_port}{path}")
        request.add_header("Authorization", f"Basic {base64.b64encode(self.auth.encode()).decode()}")
        began = time.perf_counter()
        with urllib.request.urlopen(request, timeout=120) as answer:
            body = answer.read()
        return time.perf_counter() - began, body

    def memory_mb(self) -> float:
        return float(self.child.memory_info().rss) / 1e6


@contextmanager
def flower(settings: Settings) -> Iterator[tuple[Shown, float]]:
    """A running one, and the seconds until it answered."""
    began = time.perf_counter()
    with process("flower", settings, Path(settings.home) / "flower.log") as started:
        shown = Shown(settings=settings, child=psutil.Process(started.pid), auth=settings.flower_auth)
        while True:
            try:
                shown.get("/api/tasks?limit=1")
                break
            except OSError:
                assert started.poll() is None, (Path(settings.home) / "flower.log").read_text()
                time.sleep(0.1)
        yield shown, time.perf_counter() - began
        started.terminate()  # in order, so that it saves
        started.wait(60)


def send(settings: Settings, first: int, count: int) -> None:
    """The events of so many jobs, as four kinds of processes send them."""
    resources.use(settings)
    app = create()
    with app.connection() as connection, app.events.Dispatcher(connection, hostname="worker@bench", buffer_while_offline=False) as tell:
        for number in range(first, first + count):
            id = f"ingest-{number}-1"
            tell.send("task-sent", uuid=id, name="newswire.ingest", args=LABEL, kwargs="", queue="ingest", routing_key="ingest", retries=0)
            tell.send("task-received", uuid=id, name="newswire.ingest", args=LABEL, kwargs="", retries=0, eta=None, expires=None)
            tell.send("task-started", uuid=id)
            tell.send("task-succeeded", uuid=id, result=repr(RESULT), runtime=0.21)


def measure(valkey: Valkey, kept: int, sent: int) -> dict[str, Any]:
    """Fill one Flower, look at it, start it anew."""
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(
            home=home, redis_url=valkey.url(), flower_port=free_port(), flower_auth="bench:bench", flower_jobs=kept, log_format="json"
        )
        with flower(settings) as (shown, _), redis.Redis.from_url(valkey.url()) as client:
            found: dict[str, float] = {"kept": kept, "sent": sent, "empty_mb": shown.memory_mb()}
            grew: dict[int, int] = {}
            began = time.perf_counter()
            for first in range(0, sent, BURST):
                send(settings, first, min(BURST, sent - first))
                if first + BURST == kept or first % (sent // 8 // BURST * BURST or BURST) == 0:
                    _settle(shown, f"ingest-{first + BURST - 1}-1")
                    grew[first + BURST] = round(shown.memory_mb())
            _settle(shown, f"ingest-{sent - 1}-1")
            found["jobs_s"] = sent / (time.perf_counter() - began)
            client.ping()
            for name, path in PATHS.items():
                found[name] = min(shown.get(path)[0] for _ in range(3))
            found["end_mb"] = shown.memory_mb()
            began = time.perf_counter()
        found["save_s"] = time.perf_counter() - began
        found["file_mb"] = sum(path.stat().st_size for path in Path(home).glob("flower*")) / 1e6
        with flower(settings) as (again, until_ready):
            found["start_s"] = until_ready
            found["kept_after_restart"] = len(json.loads(again.get("/api/tasks")[1]))
            found["peak_mb"] = again.memory_mb()
    return found | {"mb_by_jobs": grew}


def flat(kept: int) -> dict[int, int]:
    """MB of a process with nothing but Flower's state in it, by the jobs that it was told of. To be run in a process of its own."""
    import flower.options  # the state reads them
    from flower.events import EventsState

    assert flower.options
    state, own, found = EventsState(max_tasks_in_memory=kept), psutil.Process(), {}
    clock = count(1)
    for number in range(1, FLAT[-1] + 1):
        id = f"ingest-{number}-1"
        named = {"name": "newswire.ingest", "args": LABEL, "kwargs": "", "retries": 0}
        kinds = {"sent": named, "received": named, "started": {}, "succeeded": {"result": repr(RESULT), "runtime": 0.21}}
        for kind, more in kinds.items():
            at = time.time()
            event = {"type": f"task-{kind}", "hostname": "worker@bench", "uuid": id, "pid": 1, "utcoffset": 0, "clock": next(clock)}
            state.event(event | more | {"timestamp": at, "local_received": at})
        if number in FLAT:
            found[number] = round(own.memory_info().rss / 1e6)
    return found


def _settle(shown: Shown, last: str) -> None:
    """Until it knows the last job."""
    while True:
        try:
            if b"SUCCESS" in shown.get(f"/api/task/info/{last}")[1]:
                return
        except OSError:
            time.sleep(0.2)


def main() -> None:
    asked = [int(word) for word in sys.argv[1:]]
    runs = list(zip(asked[::2], asked[1::2], strict=True)) or list(RUNS)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        state = apart.submit(flat, 10_000).result()
    with Valkey() as valkey:
        results = [measure(valkey, kept, sent) for kept, sent in runs]
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    made = {"commit": commit, "python": sys.version.split()[0], "state_of_10000_mb_by_jobs": state, "results": results}
    _RESULTS.write_text(json.dumps(made, indent=1) + "\n")
    table = Table(*results[0])
    for found in results:
        table.add_row(*(f"{value:.3g}" if isinstance(value, float) else str(value) for value in found.values()))
    Console(width=200).print(table)


if __name__ == "__main__":
    main()

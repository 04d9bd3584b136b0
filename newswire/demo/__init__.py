"""`newswire demo`: the whole system tells its story in a terminal, against a simulated press, and each step is checked on database rows.

press ─► newswire (workers/embedded.py: broker, workers, beat, deliverer, Flower) ─► another team's consumer
                 └─► steps.py: what the rows say
"""

from __future__ import annotations

import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console

from newswire.demo import consumer
from newswire.demo.rows import Rows, Unexpected
from newswire.demo.steps import STEPS, Stage, with_password
from newswire.demo.telling import Teller
from pipeline.config import Settings
from pipeline.errors import Misconfigured, NewswireError
from pipeline.storage import sources, subscriptions
from pipeline.storage.db import Database
from press import Press
from press.generate import documents
from press.houses import HOUSES
from schemas.source import Declared
from workers.embedded import System, running

LATEST_S = 90
"""All of it, set-up aside."""
_KEPT_EVERY_S = 3


class _Stopped(BaseException):
    """By a signal: its number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def run(home: str | None = None, *, keep: bool = False, console: Console | None = None) -> int:
    """Tell the story. 0: all steps held. 1: one did not, and is named. 130: Ctrl-C. No process is left behind.

    `home`: a folder for its files, new or empty, which stays; without one a temporary folder, which goes if all went well. Raises
    Misconfigured or Infrastructure where it can't start.
    """
    teller = Teller(console or Console(highlight=False))
    started = time.monotonic()
    folder = _home(home)
    is_told = False
    before = {number: signal.signal(number, _stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with ExitStack() as stack:
            stack.callback(_hold_signals)  # what ends the children must not be interrupted
            is_told = _tell(stack, teller, folder, started, keep=keep)
    except _Stopped as stopped:
        teller.says(
            "Stopped by Ctrl-C: nothing is left running." if stopped.number == signal.SIGINT else "Told to stop: nothing is left running."
        )
        return 128 + stopped.number
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if home is None and is_told:
            shutil.rmtree(folder, ignore_errors=True)
    return 0 if is_told else 1


def _stop(number: int, _: object) -> NoReturn:
    raise _Stopped(number)


def _hold_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _home(home: str | None) -> Path:
    if home is None:
        return Path(tempfile.mkdtemp(prefix="newswire-demo-"))
    folder = Path(home).expanduser().absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Misconfigured(f"{folder} is not empty: the demo wants a folder of its own.", hint="Name another, or leave --home out.")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _tell(stack: ExitStack, teller: Teller, folder: Path, started: float, *, keep: bool) -> bool:
    press = stack.enter_context(Press(drop=folder / "drop"))
    settings = _settings(folder, press)
    with teller.waiting("Valkey, workers, scheduler, deliverer and Flower start"):
        system = stack.enter_context(running(settings))
    reader = stack.enter_context(consumer.consuming(folder / "consumer", system.redis_url, consumer.inherited()))
    deaths = _deaths(system)
    db = Database.open(settings.database)
    stack.callback(db.close)
    with db.write() as conn:
        now = db.now(conn)
        sources.apply(conn, _declared(press, folder), now)
        subscriptions.add(conn, now, name="stories", kind="celery", target=consumer.target(system.redis_url))
    teller.panel(
        "newswire demo",
        f"A simulated press of {len(HOUSES)} houses on 127.0.0.1, real Celery workers on Valkey, SQLite, and another team's consumer.",
        "Whatever is claimed here was read from rows of the database first.",
        f"Files and logs  {folder}",
        f"Flower          {with_password(system)}",
    )
    stage = Stage(press=press, rows=Rows(db), consumer=reader, system=system, teller=teller, deaths=lambda: deaths, started=started)
    for number, (title, step) in enumerate(STEPS, 1):
        teller.step(number, title)
        try:
            step(stage)
        except (NewswireError, OSError) as error:
            _failed(teller, folder, number, title, error, deaths)
            return False
    took = time.monotonic() - started
    if took > LATEST_S:
        teller.says(f"All steps held, but they took {took:.0f} s: {LATEST_S} were promised. Is this machine busy?")
    _ended(teller, took)
    if keep:
        _keep(stage, folder)
    return True


def _settings(folder: Path, press: Press) -> Settings:
    """Of its own: nothing of the environment, or the demo would write into somebody's database."""
    return Settings(
        home=str(folder),
        allow_networks=tuple(f"127.0.0.1/32:{site.port}" for site in press.sites.values()),
        host_pace_s=0.05,
        chunk_documents=10,
        log_format="json",
    )


def _declared(press: Press, folder: Path) -> list[Declared]:
    feeds = [
        Declared(
            name=house.key, kind="feed", location=press.feed_url(house.key), provider=f"{house.key}.invalid", language="en", rhythm_s=1.0
        )
        for house in HOUSES.values()
        if house.feed
    ]
    return [*feeds, Declared(name="meridia", kind="folder", location=str(folder / "drop"), provider="meridia.invalid", rhythm_s=2.0)]


def _deaths(system: System) -> list[dict[str, Any]]:
    """What died, as it dies: read all the time, or the supervisor would wait for us."""
    found: list[dict[str, Any]] = []

    def read() -> None:
        with suppress(ValueError, OSError):  # closed at the end
            found.extend(event for event in system.events() if event["event"] == "died")

    threading.Thread(target=read, daemon=True).start()
    return found


def _failed(teller: Teller, folder: Path, number: int, title: str, error: Exception, deaths: list[dict[str, Any]]) -> None:
    lines = (
        [f"Expected  {error.expected}", f"Rows said {error.seen}"]
        if isinstance(error, Unexpected)
        else [f"{type(error).__name__}: {error}"]
    )
    lines += [f"Died      {death['role']} with status {death['status']}, see {death['log']}" for death in deaths[:4]]
    teller.panel(f"FAILED at step {number}: {title}", *lines, f"Logs      {folder / 'logs'} and {folder / 'consumer' / 'consumer.log'}")


def _ended(teller: Teller, took: float) -> None:
    teller.panel(
        f"All eight steps held, in {took:.0f} s",
        "Try next:",
        "  newswire demo --keep                               the same, and Flower stays up until Ctrl-C",
        "  newswire ingest https://example.org/some-article   one page, the whole way, printed as an article",
        "  newswire sources add NAME feed URL; newswire up    your own sources, on this machine",
        "  docs/tutorial.md                                   a quarter of an hour, command by command",
    )


def _keep(stage: Stage, folder: Path) -> NoReturn:
    """Until Ctrl-C; the press goes on, so that there is something to see."""
    stage.teller.says(f"All of it goes on until Ctrl-C. Flower: {with_password(stage.system)}")
    stage.teller.says(f"In another terminal: newswire --home {folder} status")
    for number in _numbers(from_=100_001):
        stage.press.flood("calder", documents(1, first=number))
        time.sleep(_KEPT_EVERY_S)
    raise AssertionError


def _numbers(from_: int) -> Iterator[int]:
    while True:
        yield from_
        from_ += 1

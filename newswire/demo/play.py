"""The demo from the moment on when all of it runs: sources, a subscription, eight steps, an end."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path
from typing import Any, NoReturn

from newswire.demo import consumer
from newswire.demo.rows import Rows, Unexpected
from newswire.demo.steps import STEPS, Stage, with_password
from newswire.demo.telling import Teller
from pipeline.errors import NewswireError
from pipeline.storage import sources, subscriptions
from pipeline.storage.db import Database
from press import Press
from press.generate import documents
from press.houses import HOUSES
from schemas.source import Declared
from workers.embedded import System

LATEST_S = 90
"""All of it, set-up aside."""
_KEPT_EVERY_S = 3


def play(stack: ExitStack, teller: Teller, press: Press, system: System, folder: Path, started: float, *, keep: bool) -> bool:
    """Play all steps; whether they held."""
    deaths = _deaths(system)
    db = Database.open(f"sqlite:///{folder / 'newswire.sqlite'}")
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
    consuming = consumer.consuming(folder / "consumer", system.redis_url, consumer.inherited())
    stage = Stage(
        press=press,
        rows=Rows(db),
        consumer=consumer.Consumer(consumer.file_in(folder / "consumer")),
        start_consumer=lambda: stack.enter_context(consuming),
        system=system,
        teller=teller,
        deaths=lambda: deaths,
        started=started,
    )
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
    for number in count(100_001):
        stage.press.flood("calder", documents(1, first=number))
        time.sleep(_KEPT_EVERY_S)
    raise AssertionError("the numbers have no end")

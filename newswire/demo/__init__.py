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
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from newswire.demo.telling import Teller
from pipeline.config import Settings
from pipeline.errors import Misconfigured
from press import Press
from workers.embedded import running


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
    is_told = is_over = False
    before = {number: signal.signal(number, _stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with ExitStack() as stack:
            try:
                is_told = _tell(stack, teller, folder, started, keep=keep)
            except _Stopped:
                teller.says("Stopping: what is in hand is finished or given back")
                raise
            finally:
                _ignore_signals()  # what ends the children must not be interrupted
    except _Stopped as stopped:
        is_over = True
        teller.says(
            "Stopped by Ctrl-C: nothing is left running." if stopped.number == signal.SIGINT else "Told to stop: nothing is left running."
        )
        return 128 + stopped.number
    else:
        is_over = is_told  # what failed keeps its logs
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if home is None and is_over:
            shutil.rmtree(folder, ignore_errors=True)
    return 0 if is_told else 1


def _stop(number: int, _: object) -> NoReturn:
    _ignore_signals()
    raise _Stopped(number)


def _ignore_signals() -> None:
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
    # the supervisor imports for three seconds, in a process of its own: meanwhile we import what we need
    importing = threading.Thread(target=import_module, args=("newswire.demo.play",), daemon=True)
    importing.start()
    with teller.waiting("Valkey, workers, scheduler, deliverer and Flower start"):
        system = stack.enter_context(running(_settings(folder, press)))
    importing.join()
    from newswire.demo import play

    return play.play(stack, teller, press, system, folder, started, keep=keep)


def _settings(folder: Path, press: Press) -> Settings:
    """Of its own: nothing of the environment, or the demo would write into somebody's database."""
    return Settings(
        home=str(folder),
        allow_networks=tuple(f"127.0.0.1/32:{site.port}" for site in press.sites.values()),
        host_pace_s=0.05,
        chunk_documents=10,
        log_format="json",
    )

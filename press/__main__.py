"""`python -m press`: the simulated press alone, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from press.generate import documents
from press.houses import HOUSES
from press.newsroom import Press
from press.scenario import DAY, play


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m press", description="A simulated press: nothing that it reports has happened.")
    parser.add_argument(
        "--host", default="127.0.0.1", help="name or address of this machine to listen on, and for its URLs (default loopback)"
    )
    parser.add_argument("--port", type=int, default=8800, help="of the first house; the others follow (default 8800; 0: free ones)")
    parser.add_argument("--drop", type=Path, default=Path("press-drop"), help="folder for the house that drops files")
    parser.add_argument("--every", type=float, default=0.0, help="seconds between two steps of the day (default 0: all of it at once)")
    parser.add_argument("--documents", type=int, default=0, help="generated stories besides, on Calder Wire")
    parser.add_argument("--flow", type=float, default=0.0, help="after the day, seconds between two more generated stories, without end")
    parser.add_argument("--ledger", type=Path, help="write what was published and served to this file at the end, as JSON lines")
    options = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        press = Press(drop=options.drop, host=options.host, port=options.port)
    except OSError as error:
        print(
            f"The press can't listen on {options.host} port {options.port} and the ones after it: {error.strerror}. Choose another --port.",
            file=sys.stderr,
        )
        return 1
    with press:
        for house in HOUSES.values():
            print(f"{house.name:22} {press.feed_url(house.key) if house.feed else options.drop}")
        sys.stdout.flush()
        press.flood("calder", documents(options.documents))
        for step in DAY:
            if options.every and stop.wait(options.every):
                break
            done = play(press, step)
            print(f"{done.at:%H:%M:%S} {HOUSES[done.house].name}: {done.kind}: {done.headline}", flush=True)
        number = options.documents
        while options.flow and not stop.wait(options.flow):
            number += 1
            press.flood("calder", documents(1, first=number))
        stop.wait()
    if options.ledger:
        options.ledger.write_text(press.ledger.as_json_lines(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

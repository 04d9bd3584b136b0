"""Run a server that can't outlive who started it: `python tether.py [--keep] FOLDER STOP_SIGNAL COMMAND…`.

The starter holds the other end of this process's standard input. When it closes, by an orderly end, a crash or kill -9, the server gets
the signal, then SIGKILL, and its folder is removed, unless the starter wrote a byte first: it means to start the server again. The byte `9`
asks for SIGKILL at once; with `--keep` the folder is never removed. The starter's Ctrl-C does not come here: start it in a session of its own.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

PATIENCE_S = 10


def main(folder: str, stop_signal: str, command: list[str], *, is_kept: bool) -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: os.close(0))  # told to go: the same end as by the starter's
    owner = Path(folder).stat()
    who: dict[str, Any] = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, cwd=folder, **who)
    try:
        while server.poll() is None:
            readable, _, _ = select.select([0], [], [], 0.2)
            if readable:
                asked = os.read(0, 1)
                is_kept = is_kept or bool(asked)
                if asked == b"9":
                    server.kill()
                break
    except OSError:
        pass  # standard input was closed by a signal
    finally:
        if server.poll() is None:
            server.send_signal(getattr(signal, stop_signal))
            try:
                server.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
        if not is_kept:
            shutil.rmtree(folder, ignore_errors=True)
    return int(server.returncode)


if __name__ == "__main__":
    keep = sys.argv[1] == "--keep"
    words = sys.argv[2:] if keep else sys.argv[1:]
    sys.exit(main(words[0], words[1], words[2:], is_kept=keep))

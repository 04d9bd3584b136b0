"""Flower, so that a person reads jobs in it: their arguments and results as columns, its history in a file, on loopback, with a password.

Without a password Flower shows its pages but refuses its API, and with it the buttons that revoke a job: so there is always one. Who wants
to reach it from elsewhere puts a proxy with TLS before it.
"""

from __future__ import annotations

import os
import secrets
import signal
import sys

from pipeline import resources
from pipeline.config import Settings
from workers import logs
from workers.app import app

SAVE_EVERY_S = 30
COLUMNS = "name,uuid,state,args,result,received,runtime,worker"
"""Not `exception`: Flower 2.2 puts it into its page unescaped, and errors quote names that strangers gave. A job's own page tells it, escaped."""


def auth(settings: Settings) -> str:
    """`user:password`: the setting's, else one made once and kept in the home, for its owner's eyes."""
    if settings.flower_auth:
        return settings.flower_auth
    path = settings.home_path / "flower-auth"
    settings.home_path.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(f"newswire:{secrets.token_urlsafe(12)}")
    except FileExistsError:
        pass
    return path.read_text(encoding="utf-8").strip()


def arguments(settings: Settings) -> list[str]:
    """Flower's command line. It stays in this process: no list of processes shows the password."""
    return [
        "flower",
        f"--address={settings.flower_address}",
        f"--port={settings.flower_port}",
        f"--basic-auth={auth(settings)}",
        f"--conf={os.devnull}",  # not a flowerconfig.py of the current folder
        f"--tasks-columns={COLUMNS}",
        f"--max-tasks={settings.flower_jobs}",
        "--persistent=True",
        f"--db={settings.home_path / 'flower'}",
        f"--state-save-interval={SAVE_EVERY_S * 1000}",
        "--purge-offline-workers=300",
        "--logging=warning",
    ]


def run(settings: Settings) -> int:
    """Run Flower in this process until it is told to stop. Raises Misconfigured or Infrastructure before it starts."""
    resources.use(settings)
    logs.set_up(settings, role="flower")
    for warning in resources.check_redis(resources.redis_url()):
        print(warning, file=sys.stderr)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    app.start(argv=arguments(settings))
    return 0

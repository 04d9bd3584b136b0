"""The contract test for consumers: the examples pass it, and each mistake that a consumer can make is found, and named."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from newswire.cli import main
from newswire.consumer_check import A_DEAD_READER, CASES, Shown, check, looks
from newswire.consumer_lines import line_to
from pipeline.errors import Misconfigured
from tests.consumer import consuming, until
from tests.hook import SECRET
from workers.embedded import free_port

EXAMPLES = Path(__file__).parents[2] / "examples"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def results(kind: str, settings: dict[str, Any], look: Callable[[int], Shown], patience_s: float = 60) -> dict[str, str]:
    """By case: what is said; '' where all is well."""
    with line_to(kind, settings, patience_s, lambda: NOW) as line:
        return {result.name: result.says if not result.ok else "" for result in check(line, look, patience_s)}


# --- wrong consumers ------------------------------------------------------------------------------------------------------------


class Careless:
    """A webhook in this process, that makes one mistake."""

    def __init__(self, mistake: str) -> None:
        self.mistake = mistake
        self.held: dict[int, tuple[Any, str | None]] = {}
        self.applied: dict[int, int] = {}
        careless = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(careless.take(said))
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        port = self._server.server_address[1]
        self.settings = {"url": f"http://127.0.0.1:{port}/", "secret": SECRET, "allow_networks": "127.0.0.1/32"}

    def take(self, said: dict[str, Any]) -> int:
        """A status."""
        item, mark = said["item"], self._mark(said)
        held = self.held.get(item)
        if self.mistake == "it refuses a message without its body" and said["body_omitted"]:
            return 422
        if held is None and said["article"] is None and self.mistake == "it forgets kills of what it does not have":
            return 204
        if self.mistake != "it has no guard" and held is not None and mark <= held[0]:
            return 204
        text = said["article"]["headline"] if said["article"] else None
        if said["status"] == "killed" and self.mistake == "it does not hide what is killed":
            text = held[1] if held else None
        if said["status"] == "left" and self.mistake == "it passes over what left the filter" and held:
            text = held[1]
        if text is None and self.mistake == "it deletes the row of what is killed":
            self.held.pop(item, None)
            return 204
        self.held[item] = (mark, text)
        self.applied[item] = self.applied.get(item, 0) + 1
        return 204

    def _mark(self, said: dict[str, Any]) -> Any:
        if self.mistake == "it compares seq alone":
            return (said["seq"],)
        if self.mistake == "it compares the generation first":
            return (said["generation"], said["epoch"], said["seq"])
        return (said["epoch"], said["seq"])

    def look(self, item: int) -> Shown:
        return Shown(shows=self.held[item][1] if item in self.held else None, applied=self.applied.get(item, 0))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.mark.parametrize(
    ("mistake", "found"),
    [
        ("none", set()),
        ("it has no guard", {"a repeat", "out of order", "a text after its kill", "a kill of an unknown item", "a rewind"}),
        ("it forgets kills of what it does not have", {"a kill of an unknown item"}),
        ("it deletes the row of what is killed", {"a text after its kill", "a kill of an unknown item"}),
        ("it does not hide what is killed", {"a kill", "a text after its kill"}),
        ("it passes over what left the filter", {"no longer in the filter"}),
        ("it compares seq alone", {"a restored newswire"}),
        ("it compares the generation first", {"a rewind"}),
        ("it refuses a message without its body", {"a message without its body"}),
    ],
)
def test_each_mistake_is_found_and_named(mistake: str, found: set[str]) -> None:
    careless = Careless(mistake)
    said = results("webhook", careless.settings, careless.look)
    shown_at_the_end = {text for _, text in careless.held.values()}
    careless.close()
    assert {name for name, says in said.items() if says} == found
    assert all(says.endswith(".") for says in said.values() if says)
    if not found:
        assert shown_at_the_end == {None}, "what was tried is purged there"


def test_a_consumer_that_is_not_there_is_told_case_by_case() -> None:
    careless = Careless("none")
    careless.close()
    said = results("webhook", careless.settings, careless.look)
    assert all("not to be had" in says for says in said.values())


# --- the examples ---------------------------------------------------------------------------------------------------------------


@contextmanager
def example(folder: Path, *arguments: str, **environment: str) -> Iterator[Callable[[int], Shown]]:
    """One of them as a process; how to look at what it holds."""
    held = folder / "held.sqlite"
    with (folder / "example.log").open("wb") as log:
        variables = {"PATH": os.defpath, "CONSUMER_FILE": str(held)} | environment
        command = [sys.executable, "-P", str(EXAMPLES / arguments[0]), *arguments[1:]]
        process = subprocess.Popen(command, cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield lambda item: held_by(held, item)
    finally:
        process.kill()
        process.wait()


def held_by(file: Path, item: int) -> Shown:
    """As its --show prints it."""
    if not file.exists():
        return Shown(shows=None, applied=0)
    with closing(sqlite3.connect(file, timeout=30)) as conn:
        try:
            row = conn.execute("SELECT headline, applied FROM held WHERE item = ?", (item,)).fetchone()
        except sqlite3.OperationalError:  # it has not made its tables yet
            row = None
    return Shown(shows=row[0] if row else None, applied=row[1] if row else 0)


def test_the_example_of_a_webhook_keeps_to_the_contract(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the command that its team would type."""
    port = free_port()
    with example(tmp_path, "webhook/receive.py", str(port), WEBHOOK_SECRET=SECRET):
        settings = {"url": f"http://127.0.0.1:{port}/", "secret": SECRET, "allow_networks": "127.0.0.1/32"}
        until(lambda: listens(port), "the webhook")
        shows = f"env CONSUMER_FILE={tmp_path / 'held.sqlite'} {sys.executable} {EXAMPLES / 'webhook' / 'receive.py'} --show {{item}}"
        pairs = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
        code = main(["consumers", "check", "--to", "webhook", *pairs, "--shows", shows])
    said = capsys.readouterr().out
    assert (code, "WRONG" in said) == (0, False), said
    assert said.count("well") == sum(not case.logs_only for case in CASES)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_example_of_a_stream_keeps_to_the_contract(tmp_path: Path, valkey_url: str) -> None:
    with example(tmp_path, "stream/reader.py", "stories", "desk", "one", STREAM_URL=valkey_url) as look:
        said = results("stream", {"url": valkey_url, "stream": "stories", "groups": "desk"}, look)
    assert said == {case.name: "" for case in CASES} | {A_DEAD_READER: ""}


def test_a_reader_that_claims_nothing_of_the_dead_is_found(tmp_path: Path, valkey_url: str) -> None:
    """And what it is told after that it takes: nothing is left in dead hands."""
    with example(tmp_path, "stream/reader.py", "stories", "desk", "one", STREAM_URL=valkey_url, LEFT_AFTER_MS=str(10**12)) as look:
        said = results("stream", {"url": valkey_url, "stream": "stories", "groups": "desk"}, look, patience_s=5)
        until(lambda: all(look(item).shows is None for item in shown(tmp_path)), "all purged at its end")
    assert {name for name, says in said.items() if says} == {A_DEAD_READER}
    assert "XAUTOCLAIM" in said[A_DEAD_READER]


def shown(folder: Path) -> list[int]:
    with closing(sqlite3.connect(folder / "held.sqlite", timeout=30)) as conn:
        return [item for (item,) in conn.execute("SELECT item FROM held")]


def test_the_example_of_files_keeps_to_the_contract(tmp_path: Path) -> None:
    folder = tmp_path / "news"
    folder.mkdir()
    with example(tmp_path, "files/reader.py", str(folder)) as look:
        said = results("files", {"folder": str(folder)}, look)
    assert said == {case.name: "" for case in CASES}


def test_the_example_of_a_celery_task_keeps_to_the_contract(tmp_path: Path, valkey_url: str) -> None:
    with consuming(tmp_path, valkey_url) as consumer:

        def look(item: int) -> Shown:
            applied = sum(one[0] == item and bool(one[3]) for one in consumer.received())
            return Shown(shows=consumer.held().get(item, ("", None))[1], applied=applied)

        said = results("celery", consumer.target, look)
    assert said == {case.name: "" for case in CASES if not case.logs_only}


# --- the command that looks -----------------------------------------------------------------------------------------------------


def test_a_command_may_print_a_headline_nothing_or_json() -> None:
    assert looks("echo Item {item}", 7) == Shown(shows="Item 7")
    assert looks("true", 7) == Shown(shows=None)
    assert looks("""echo '{"shows": null, "applied": 3}'""", 7) == Shown(shows=None, applied=3)


@pytest.mark.parametrize("command", ["false", "no-such-program {item}", "echo {shows"])
def test_a_command_that_fails_is_told_in_a_sentence(command: str) -> None:
    with pytest.raises(Misconfigured, match="The command"):
        looks(command, 7)

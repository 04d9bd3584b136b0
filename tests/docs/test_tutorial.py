"""The tutorial's commands, run one after the other as a reader types them, say what the tutorial says they do."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"
PORTS = range(8800, 8805)
LOOKING, LOOKING_S = "newswire items list", 60
"""What only looks is typed again until it is there: a reader looks twice too."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.xdist_group("demo")]


def steps(markdown: str) -> list[tuple[str, list[str]]]:
    """(command, the lines that it says) of all console blocks."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"^```console\n(.*?)^```", markdown, re.DOTALL | re.MULTILINE):
        is_heredoc = False
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
                is_heredoc = "<<'END'" in line
            elif is_heredoc:
                found[-1] = (f"{found[-1][0]}\n{line}", [])
                is_heredoc = line != "END"
            else:
                found[-1][1].append(line)
    return found


def says(output: str, line: str) -> bool:
    """Whether a line of output fits one of the tutorial, in which `…` stands for anything."""
    pattern = ".*".join(re.escape(part) for part in line.split("…"))
    return any(re.fullmatch(pattern, one) for one in output.splitlines())


def free_block() -> int:
    """The first of as many free ports as the press takes."""
    for base in range(20_000 + os.getpid() % 20_000, 60_000, len(PORTS)):
        try:
            for port in range(base, base + len(PORTS)):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return base
    raise AssertionError("no ports are free")


def test_steps_are_read_from_the_blocks() -> None:
    text = "x\n```console\n$ a <<'END'\nfoo\nEND\n$ b\nout …\n\nmore\n```\n```sh\n$ c\n```\n"
    assert steps(text) == [("a <<'END'\nfoo\nEND", []), ("b", ["out …", "", "more"])]
    assert says("x\nout 12\n", "out …")
    assert not says("xout 12\n", "out …")


def test_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    base = free_block()
    text = re.sub(r"\b880(\d)\b", lambda match: str(base + int(match[1])), TUTORIAL.read_text(encoding="utf-8"))
    text = text.replace("python -m press", f"python -P -m press --port {base}")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NEWSWIRE_") and not name.endswith("_URL")}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    shell = subprocess.Popen(
        ["bash", "-m"],
        cwd=tmp_path,
        env=environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert shell.stdin is not None
    assert shell.stdout is not None
    try:
        for command, expected in steps(text):
            until = time.monotonic() + (LOOKING_S if command.startswith(LOOKING) else 0)
            while True:
                code, output = typed(shell, command)
                assert code == 0 or command.startswith("kill"), f"$ {command}\n{output}"
                missing = [line for line in expected if line and not says(output, line)]
                if not missing or time.monotonic() > until:
                    break
            assert not missing, f"$ {command}\nsaid\n{output}\nand not\n{missing}"
        shell.stdin.close()
        assert shell.wait(20) == 0
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            if shell.poll() is None:
                for job in _children(shell.pid):
                    os.kill(job, number)
        shell.kill()
        shell.wait()
        shell.stdin.close()
        shell.stdout.close()


def typed(shell: subprocess.Popen[str], command: str) -> tuple[int, str]:
    """One command at the shell's prompt: its exit code, and what it said."""
    assert shell.stdin is not None
    assert shell.stdout is not None
    end = uuid.uuid4().hex
    shell.stdin.write(f"{command}\necho {end} $?\n")
    shell.stdin.flush()
    output = ""
    for line in shell.stdout:
        if end in line:
            return int(line.split()[-1]), output
        output += line
    pytest.fail(f"the shell ended at: {command}\n{output}")


def _children(pid: int) -> list[int]:
    listed = subprocess.run(["pgrep", "-P", str(pid)], text=True, capture_output=True, check=False)
    return [int(word) for word in listed.stdout.split()]

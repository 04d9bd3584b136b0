"""Each scheduler's command of docs/how-to/schedule.md, run as it stands there, does what the page says."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import kubernetes_validate
import msgspec
import pytest
import yaml
from celery import Celery

from pipeline.config import Settings
from pipeline.sources import declare
from pipeline.storage import sources
from pipeline.storage.db import Database
from tests.workers.conftest import celery_app, settings, start, until
from workers.embedded import free_port

__all__ = ["celery_app", "settings", "start"]

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "schedule.md").read_text(encoding="utf-8")
STORY = "Harbour opens\n\nWESTPORT, March 3 (Coastline) - The harbour of Westport opened again on Tuesday, two days after a storm had closed it."
SAYS = "1 source due, 1 claimed, run"


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def commands() -> dict[str, list[str]]:
    """By scheduler: its command's words."""
    cron = blocks("crontab")[0].splitlines()[-1].split()
    unit = next(line for line in blocks("ini")[0].splitlines() if line.startswith("ExecStart=")).partition("=")[2]
    call = next(node for node in ast.walk(ast.parse(blocks("python")[0])) if isinstance(node, ast.Call) and node.func.id == "BashOperator")  # type: ignore[attr-defined]
    bash = {word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg == "bash_command"}["bash_command"]
    pod = yaml.safe_load(blocks("yaml")[0])["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["command"]
    return {"cron": cron[6:], "systemd": unit.split(), "airflow": bash.split(), "kubernetes": pod}


def test_they_all_run_the_same_command() -> None:
    found = commands()
    assert set(map(tuple, found.values())) == {
        ("/opt/newswire/bin/newswire", "trigger", "example-later", "--wait", "--timeout", "3000"),
    }


@pytest.mark.parametrize("version", ["1.28", kubernetes_validate.latest_version()])
def test_kubernetes_takes_the_cron_job_which_is_like_the_other_jobs(version: str) -> None:
    found = yaml.safe_load(blocks("yaml")[0])
    kubernetes_validate.validate(found, version, strict=True)
    migrate = yaml.safe_load((ROOT / "deploy" / "kubernetes" / "migrate.yaml").read_text(encoding="utf-8"))["spec"]["template"]["spec"]
    pod = found["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    [ours], [theirs] = pod["containers"], migrate["containers"]
    for name in ("image", "envFrom", "securityContext", "volumeMounts", "resources"):
        assert ours[name] == theirs[name]
    assert (pod["volumes"], pod["securityContext"]) == (migrate["volumes"], migrate["securityContext"])


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    for name, text in zip(("service", "timer"), blocks("ini"), strict=True):
        unit = text.replace("/opt/newswire/bin/newswire", sys.executable).replace("User=newswire", "User=root")
        (tmp_path / f"newswire-trigger.{name}").write_text(unit)
    paths = [str(path) for path in sorted(tmp_path.glob("newswire-trigger.*"))]
    done = subprocess.run(["systemd-analyze", "verify", *paths], capture_output=True, text=True)
    assert (done.returncode, [line for line in done.stderr.splitlines() if "newswire-trigger" in line]) == (0, [])


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_each_polls_and_says_so(
    celery_app: Celery, database: Database, settings: Settings, start: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    folder, port, config = tmp_path / "drop", free_port(), tmp_path / "newswire.toml"
    folder.mkdir()
    (folder / "story.txt").write_text(STORY)
    values = {name: getattr(settings, name) for name in ("home", "database_url", "redis_url")}
    config.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items()))
    with database.write() as conn:
        declared = {"name": "example-later", "kind": "folder", "location": str(folder), "every": "never"}
        sources.add(conn, declare.from_table(declared), database.now(conn))
    env = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "NEWSWIRE_CONFIG": str(config), "FLOWER_AUTH": "ada:secret"}

    def run(text: str, **more: str) -> subprocess.CompletedProcess[str]:
        text = text.replace("/opt/newswire/bin/", f"{Path(sys.executable).parent}/").replace(":5555/", f":{port}/")
        return subprocess.run(["sh", "-c", text], env=env | more, cwd=ROOT, capture_output=True, text=True, timeout=110)

    # two at once, and nobody who would end the first before the second looks: one of them claims it
    both = [
        subprocess.Popen(["newswire", "trigger", "example-later"], env=env, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = "".join(process.communicate(timeout=60)[1] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(re.findall(r"(\d claimed.*?), run", said)) == ["0 claimed (1 under way already)", "1 claimed"]

    start("all")
    start("flower", flower_port=port, flower_auth="ada:secret")
    until(lambda: celery_app.control.ping(timeout=0.3))
    until(lambda: answers(f"http://127.0.0.1:{port}/healthcheck"))
    until(lambda: run("newswire trigger example-later --wait").returncode == 0)

    # cron's words, and those of the three that use the same; a file counts when it looks the same for a second
    while True:
        done = run(" ".join(commands()["cron"]))
        assert done.returncode == 0, done.stderr
        assert done.stderr.startswith(SAYS)
        if "0 in quarantine, 0 still open; newswire runs show" in done.stdout:
            break
        time.sleep(0.2)
    shown = "".join(run(f"newswire runs show {number}").stdout for number in range(1, int(done.stdout.split()[-1]) + 1))
    assert "example-later\tchanged\t1\t1\t1\t0\t0\t0\t0\t" in shown
    assert "It is done, after" in shown

    [_, call, sent, result] = blocks("sh")
    until(lambda: run("newswire trigger example-later --wait").returncode == 0)  # whatever is under way has ended
    called = run(call)
    assert called.returncode == 0, called.stderr
    id = called.stdout.split()[-1]
    assert SAYS in run(f"celery -A workers.app result {id}").stdout

    until(lambda: run("newswire trigger example-later --wait").returncode == 0)
    answer = run(sent)
    assert answer.returncode == 0, answer.stderr
    id = json.loads(answer.stdout)["task-id"]
    until(lambda: json.loads(run(result, TASK_ID=id).stdout)["state"] == "SUCCESS")
    became = json.loads(run(result, TASK_ID=id).stdout)
    assert SAYS in became["result"]
    refused = run(sent, FLOWER_AUTH="ada:wrong")
    assert (refused.returncode, "401" in refused.stderr) == (22, True)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError as error:
        return "401" in str(error)


def test_settings_of_the_page_are_settings() -> None:
    assert {name.lower() for name in re.findall(r"NEWSWIRE_([A-Z_]+)", PAGE)} - {"config"} <= set(msgspec.structs.asdict(Settings()))

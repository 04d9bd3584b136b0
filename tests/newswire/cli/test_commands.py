"""Commands as they are typed, on a real database in a folder; a broker only where it is talked to."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from newswire.cli import main, opening
from pipeline.delivery import targets
from pipeline.errors import Misconfigured
from pipeline.storage.db import Database
from pipeline.storage.messages import check_filter

ROOT = Path(__file__).parents[3]
STORY = """Harbour channel to be deepened

PORT ELLERY, March 2 (Reuters) - The harbour commission voted on Monday to deepen the main channel by two metres, ending a long dispute.

Seven of the eleven members were in favour, the chairwoman, Ilse Varga, told reporters after the meeting in Hamburg.
"""

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """One command line in this process: exit code, stdout, stderr."""
    for name in [name for name in os.environ if name.startswith("NEWSWIRE_") or name in ("DATABASE_URL", "REDIS_URL")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NEWSWIRE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(opening.options, "home", "")

    def line(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        said = capsys.readouterr()
        return code, said.out, said.err

    return line


@pytest.fixture
def story(tmp_path: Path) -> Path:
    path = tmp_path / "story.txt"
    path.write_text(STORY)
    return path


# --- help ------------------------------------------------------------------------------------------------------------------------


def test_help_names_every_command_and_what_it_is_for(run: Run) -> None:
    code, out, _ = run("--help")
    assert code == 0
    names = (
        "demo ingest up worker beat deliver flower health sources trigger runs status items why enrich"
        " subscriptions consumers quarantine work drain doctor db config"
    )
    for command in names.split():
        assert f"\n  {command} " in out


def test_every_command_has_help_with_an_example() -> None:
    from typer.main import get_command

    from newswire.cli.commands import app

    def leaves(command: object, path: str = "newswire") -> list[tuple[str, str]]:
        children = getattr(command, "commands", {})
        if not children:
            return [(path, getattr(command, "help", "") or "")]
        return [leaf for name, child in children.items() for leaf in leaves(child, f"{path} {name}")]

    found = leaves(get_command(app))
    assert len(found) >= 40
    assert [path for path, help in found if path not in help] == []


def test_help_comes_without_celery_sqlalchemy_or_rich(tmp_path: Path) -> None:
    program = "import sys; from newswire.cli import main; main(['--help']); print('LOADED', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, text=True, capture_output=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.rpartition("LOADED")[2].split()}
    assert loaded & {"celery", "sqlalchemy", "kombu", "redis", "alembic", "structlog", "httpx2", "lxml", "rich", "asyncio"} == set()


def test_a_folder_with_packages_of_our_names_does_not_shadow_ours(tmp_path: Path) -> None:
    for name in ("schemas", "workers", "pipeline"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('taken from the current folder')")
    done = subprocess.run(
        [sys.executable, "-m", "newswire", "config"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        text=True,
        capture_output=True,
    )
    assert (done.returncode, "taken" in done.stderr) == (0, False), done.stderr


# --- news ------------------------------------------------------------------------------------------------------------------------


def test_ingest_prints_the_article_and_tells_the_verdict_and_again_the_same(run: Run, story: Path) -> None:
    code, first, verdict = run("ingest", str(story))
    assert code == 0
    assert verdict.startswith("new: item 1 is usable")
    assert first.startswith("Harbour channel to be deepened\n\nPORT ELLERY, March 2 (Reuters) - The harbour commission")
    code, second, verdict = run("ingest", str(story))
    assert (code, second) == (0, first)
    assert verdict.startswith("unchanged: item 1")


def test_ingest_prints_one_json_object(run: Run, story: Path) -> None:
    _, out, _ = run("ingest", str(story), "--json")
    article = json.loads(out)
    assert out.count("\n") == 1
    assert len(article["paragraphs"]) == 2
    assert article["text"] == "\n\n".join(article["paragraphs"])
    dateline = article["dateline"]
    assert (dateline["month"], dateline["day"], dateline["year"], dateline["agency"]) == (3, 2, None, "Reuters")
    assert (article["language"], article["word_count"]) == ("en", len(article["text"].split()))


def test_one_bad_document_leaves_its_neighbours_unharmed(run: Run, story: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    code, out, err = run("ingest", str(tmp_path / "empty.txt"), str(story), "--json")
    assert code == 1
    assert json.loads(out)["headline"] == "Harbour channel to be deepened"
    assert "empty.txt is empty" in err
    assert "1 of 2 could not be ingested" in err


def test_what_was_ingested_is_no_concern_of_the_sources(run: Run, story: Path, tmp_path: Path) -> None:
    run("ingest", str(story))
    assert json.loads(run("sources", "list")[1]) == []
    (tmp_path / "sources.toml").touch()
    assert json.loads(run("sources", "apply", str(tmp_path / "sources.toml"), "--json")[1])["removed"] == []
    assert run("ingest", str(story))[2].startswith("unchanged: item 1")


def test_what_was_ingested_is_listed_shown_explained_and_compared(run: Run, story: Path) -> None:
    run("ingest", str(story))
    story.write_text(STORY.replace("Seven of the eleven", "Eight of the eleven"))
    assert run("ingest", str(story))[2].startswith("version: item 1")
    [row] = json.loads(run("items", "list", "--search", "harbour commission")[1])
    assert (row["id"], row["versions"], row["source"]) == (1, 2, "command-line/local")
    assert json.loads(run("items", "list", "--search", "no such words")[1]) == []
    shown = run("items", "show", "1")[1]
    assert "Eight of the eleven" in shown
    assert "Hamburg" in shown.partition("places")[2]
    assert json.loads(run("items", "show", story.as_uri(), "--json")[1])["id"] == 1
    difference = run("items", "diff", "1")[1]
    assert "[-Seven-]" in difference
    assert "{+Eight+}" in difference
    life = run("why", story.as_uri())[1]
    assert "Judged new: version 1 of item 1" in life
    assert "current is version 2" in life
    report = run("runs", "show", "2")[1]
    assert "1 version" in report


def test_a_fetched_text_cannot_steer_the_terminal(run: Run, story: Path) -> None:
    story.write_text(STORY.replace("Harbour channel", "Harbour \x1b]0;owned\x07\x1b[31mchannel\u202e"))
    for arguments in (("ingest", str(story)), ("items", "show", "1"), ("items", "list"), ("why", "1")):
        _, out, err = run(*arguments)
        assert not {"\x1b", "\x07", "\u202e"} & set(out + err)


def test_facts_of_a_changed_enricher_are_owed_again(run: Run, story: Path, tmp_path: Path) -> None:
    from sqlalchemy import delete

    from schemas.tables import fact

    run("ingest", str(story))
    assert run("enrich", "--missing", "places")[1] == "0 texts lack the facts of places.\n"
    db = Database.open(f"sqlite:///{tmp_path / 'home' / 'newswire.sqlite'}")
    with db.write() as conn:
        conn.execute(delete(fact).where(fact.c.enricher == "places"))
    db.close()
    assert run("enrich", "--missing", "places")[1].startswith("1 text lacks the facts of places: run ")
    [row] = json.loads(run("work", "list")[1])
    assert (row["stage"], row["lane"]) == ("enrich", "backfill")
    assert run("work", "retry", str(row["id"]))[0] == 0
    assert run("work", "cancel", str(row["id"]))[0] == 0
    assert run("work", "cancel", str(row["id"]))[0] == 1
    [aside] = json.loads(run("quarantine", "list")[1])
    assert aside["message"] == "revoked by an operator"
    assert "revoked by an operator" in run("quarantine", "show", str(aside["id"]))[1]
    assert [len(json.loads(run("quarantine", "list", "--error", error)[1])) for error in ("an Operator", "a publisher")] == [1, 0]
    assert run("quarantine", "replay", "--error", "a publisher")[0] == 0
    assert run("quarantine", "replay", "--error", "by an operator")[1].startswith("1 of 1 back to work")
    assert len(json.loads(run("work", "list")[1])) == 1


# --- sources and consumers --------------------------------------------------------------------------------------------------------


def test_sources_are_added_paused_resumed_shown_and_removed(run: Run, tmp_path: Path) -> None:
    assert run("sources", "add", "agency", "folder", str(tmp_path), "--every", "5m")[1].endswith("when a file comes, and every 5m.\n")
    assert run("sources", "add", "agency", "folder", str(tmp_path))[0] == 2
    assert run("sources", "pause", "agency", "--reason", "moves")[1] == "1 of 1 paused.\n"
    assert "paused: moves" in run("sources", "show", "agency")[1]
    assert run("sources", "resume", "agency")[1] == "1 of 1 resumed.\n"
    assert [one["name"] for one in json.loads(run("sources", "list")[1])] == ["agency"]
    assert run("sources", "remove", "agency")[1] == "1 of 1 removed.\n"
    assert json.loads(run("sources", "list")[1]) == []


def test_the_sources_are_made_equal_to_a_file(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    file.write_text('[[source]]\nname = "a"\nkind = "feed"\nlocation = "https://example.org/a.xml"\n')
    assert run("sources", "apply", str(file))[1] == "1 added: a\n0 unchanged\n"
    assert run("sources", "apply", str(file))[1] == "1 unchanged\n"
    file.write_text("")
    assert run("sources", "apply", str(file))[1] == "1 removed: a\n0 unchanged\n"


def test_subscriptions_are_added_checked_rewound_and_removed_without_telling_passwords(run: Run, valkey_url: str) -> None:
    broker = valkey_url.replace("redis://", "redis://:s3cret@") if "@" not in valkey_url else valkey_url
    target = ("--set", "task=desk.receive", "--set", "queue=desk")
    assert (
        run("subscriptions", "add", "desk", "--set", f"broker={broker}", *target, "--filter", "language=en", "--filter", "language=de")[0]
        == 0
    )
    [row] = json.loads(run("subscriptions", "list")[1])
    assert row["filter"] == {"language": ["en", "de"]}
    for arguments in (("list",), ("show", "desk"), ("show", "desk", "--json")):
        assert "s3cret" not in run("subscriptions", *arguments)[1]
    code, out, _ = run("subscriptions", "set", "desk", "--set", "window=500", "--set", f"broker={valkey_url}")
    assert (code, "window: default -> 500" in out, "broker: changed" in out, "s3cret" in out) == (0, True, True, False)
    run("subscriptions", "set", "desk", "--filter", "language=fr", "--filter", "keyword=harbour", "--after", "enriched")
    assert "what left it is looked for: 0 items to go" in run("subscriptions", "show", "desk")[1]
    run("subscriptions", "set", "desk", "--filter", "keyword=", "--set", "window=")
    [row] = json.loads(run("subscriptions", "list")[1])
    assert (row["filter"], row["after"]) == ({"language": ["fr"]}, "enriched")
    assert "is set so already" in run("subscriptions", "set", "desk", "--after", "enriched")[1]
    for wrong in (("--set", "window=0"), ("--set", "colour=red"), ("--set", "queue="), ("--filter", "colour=red"), ()):
        assert run("subscriptions", "set", "desk", *wrong)[0] == 2
    run("subscriptions", "pause", "desk", "--reason", "moves")
    assert "paused: moves" in run("subscriptions", "show", "desk")[1]
    run("subscriptions", "resume", "desk")
    assert run("subscriptions", "rewind", "desk", "--all")[0] == 0
    assert run("subscriptions", "rewind", "desk", "--to", "yesterday")[0] == 2
    run("subscriptions", "remove", "desk")
    assert run("subscriptions", "show", "desk")[0] == 2
    run("subscriptions", "add", "open", "--set", f"broker={valkey_url}", *target)
    assert "can be reached" in run("subscriptions", "check", "open")[1]
    run("subscriptions", "add", "away", "--set", "broker=redis://127.0.0.1:1/0", *target)
    assert run("subscriptions", "check", "away")[0] == 3


def test_help_of_subscriptions_names_all_filters_what_each_target_needs_and_the_zone_of_times() -> None:
    from typer.main import get_command

    from newswire.cli.commands import app

    def help_of(command: str, option: str) -> str:
        group: Any = get_command(app)
        found = group.commands["subscriptions"].commands[command].params
        return str(next(one.help for one in found if option in one.opts))

    with pytest.raises(Misconfigured) as told:
        check_filter({"colour": ["red"]})
    plain = told.value.hint.removeprefix("There are: ").partition(";")[0].split(", ")
    assert len(plain) >= 6
    assert [name for name in plain if name not in help_of("add", "--filter")] == []
    for kind, target in targets().items():
        needs: dict[str, str] = {}
        while True:
            with pytest.raises(Misconfigured) as told:
                target.check(needs)
            if not (lacking := re.search(r"target needs (\w+)\.", str(told.value))):
                break
            needs[lacking[1]] = "?"
        assert needs
        assert [name for name in (kind, *needs) if name not in help_of("add", "--set")] == []
    assert "UTC" in help_of("rewind", "--to")


def test_two_subscriptions_never_share_a_stream_or_a_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "news")
    stream = ("--to", "stream", "--set", "groups=desk", "--set", "stream=stories", "--set")
    files = ("--to", "files", "--set")
    assert run("subscriptions", "add", "one", *stream, "url=redis://:s3cret@localhost:6379/0")[0] == 0
    assert run("subscriptions", "add", "archive", *files, f"folder={tmp_path}/news")[0] == 0
    for taken, again in (
        ("one", (*stream, "url=rediss://127.0.0.1?ssl_cert_reqs=none")),
        ("archive", (*files, f"folder={tmp_path}/link/")),
    ):
        code, _, err = run("subscriptions", "add", "other", *again)
        assert (code, f"the subscription {taken} has its own there" in err, "s3cret" in err) == (2, True, False)
    assert run("subscriptions", "add", "other", *stream, "url=redis://localhost:6379/1")[0] == 0
    assert run("subscriptions", "set", "other", "--set", "url=redis://127.0.0.1/0")[0] == 2
    assert run("subscriptions", "set", "one", "--set", "url=redis://127.0.0.1/0")[0] == 0, "it is its own"
    run("subscriptions", "remove", "one")
    assert run("subscriptions", "set", "other", "--set", "url=redis://127.0.0.1/0")[0] == 0


# --- care ------------------------------------------------------------------------------------------------------------------------


def test_the_state_of_all_is_told_without_a_redis_too(run: Run, story: Path) -> None:
    run("ingest", str(story))
    state = json.loads(run("status", "--json")[1])
    assert state["items"] == {"usable": 1}
    assert "There is no Redis" in state["redis"]
    assert "Nothing waits." in run("status")[1]


def test_the_database_is_made_and_checked(run: Run) -> None:
    assert run("db", "check")[0] == 2
    assert "from nothing" in run("db", "upgrade")[1]
    assert "already" in run("db", "upgrade")[1]
    assert run("db", "check")[0] == 0


def test_settings_are_shown_without_passwords(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:s3cret@h/x")
    monkeypatch.setenv("REDIS_URL", "redis://:s3cret@h/0")
    monkeypatch.setenv("NEWSWIRE_FLOWER_AUTH", "me:s3cret")
    for arguments in (("config",), ("config", "--json")):
        assert "s3cret" not in "".join(map(str, run(*arguments)))


# --- all of it --------------------------------------------------------------------------------------------------------------------


def test_trigger_waits_for_what_it_set_off_and_names_what_failed(tmp_path: Path) -> None:
    drop, home = tmp_path / "drop", tmp_path / "home"
    drop.mkdir()
    env = {"PATH": os.environ["PATH"], "NEWSWIRE_HOME": str(home)}
    command = [sys.executable, "-m", "newswire"]

    def newswire(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *arguments], env=env, cwd=ROOT, text=True, capture_output=True, timeout=60)

    assert newswire("sources", "add", "drop", "folder", str(drop), "--every", "never").returncode == 0
    assert newswire("trigger", "drop").returncode == 3  # nothing runs: no Redis
    up = subprocess.Popen([*command, "up", "--no-flower"], env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert up.stdout is not None
        assert up.stdout.readline().startswith("newswire runs.")
        (drop / "story.txt").write_text(STORY)
        deadline = time.monotonic() + 30
        while not json.loads(newswire("items", "list").stdout):  # the folder is watched: its watcher may be faster than we are
            done = newswire("trigger", "drop", "--wait", "--timeout", "30")
            assert done.returncode == 0, done.stderr
            assert time.monotonic() < deadline
        newswire("sources", "add", "dead", "feed", "http://127.0.0.1:9/feed.xml", "--every", "never")
        failed = newswire("trigger", "--all", "--wait", "--timeout", "30", "--json")
        assert failed.returncode == 1
        assert "dead failed: " in failed.stderr
        assert set(json.loads(failed.stdout)["failed"]) == {"dead"}
    finally:
        up.terminate()
        assert up.wait(40) == 0
        assert up.stdout is not None
        up.stdout.close()

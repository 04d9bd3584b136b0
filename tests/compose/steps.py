"""What a stack must hold to, step by step: each does something to it, and looks at rows. Each returns what was seen, in a sentence."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

from pipeline.enrich import enrichers
from pipeline.storage import schema
from press.stories import stories
from tests.compose.stack import OURS, PROJECT, Failed, Stack, run, until
from tests.compose.versions import Versions

DOCUMENTS = 400
"""Of one load: several chunks, so that some are in hand whenever something is done to the stack."""
WORKING = ("worker-fetch", "worker-ingest", "worker-enrich", "worker-flash", "beat", "deliver")
_IN_HAND = "FROM work WHERE stage IN ('ingest', 'enrich') AND lane <> 'flash' AND leased_until > clock_timestamp()"
_WORK_IN_HAND = f"""DO $$ BEGIN
    FOR turn IN 1..4000 LOOP
        IF (SELECT count(*) >= 2 {_IN_HAND}) THEN RETURN; END IF;
        PERFORM pg_sleep(0.03);
    END LOOP;
    RAISE EXCEPTION 'no worker has taken two pieces of work within two minutes';
END $$;
SELECT split_part(claimed_by, ':', 1), count(*) {_IN_HAND} GROUP BY 1"""
"""Waits at the server: work is in hand for less time than a command of docker takes."""
_FACTS = len(enrichers())
Numbers = tuple[int, int]


class Trial:
    """The stack, the versions of it, and what the steps hand on."""

    def __init__(self, stack: Stack, versions: Versions, folder: Path) -> None:
        self.stack = stack
        self.versions = versions
        self.folder = folder
        self.busy: dict[str, int] = {}
        """Containers, by the beginning of their ids, and how many pieces of work each had in hand when the last load had begun."""
        self._next = 10_000

    def load(self, times: int = 1, *, until_in_hand: bool = False) -> Numbers:
        """Stories are dropped as files; the numbers of the first and the last. `until_in_hand`: returns while a worker has some of them."""
        first, self._next = self._next, self._next + times * DOCUMENTS
        self.stack.load(first, times * DOCUMENTS)
        if until_in_hand:
            self.busy = {host: int(count) for host, count in self.stack.rows(_WORK_IN_HAND)}
        return first, self._next - 1

    def arrived(self, numbers: Numbers, *, within_s: float = 300) -> str:
        """Each story of these numbers is stored once, with all facts, nothing is in quarantine, and the consumer holds what we hold."""
        stack, count = self.stack, numbers[1] - numbers[0] + 1
        until(lambda: stack.number(f"SELECT count(*) FROM ({_items(numbers)}) AS found") == count, f"{count} items", within_s=within_s)
        until(lambda: stack.number(_whole(numbers)) == count, f"{count} items with {_FACTS} facts each", within_s=within_s)
        wanted = set(stack.rows(_items(numbers)))
        until(lambda: wanted <= stack.held(), "the consumer holds all of them as we do", within_s=within_s)
        many = stack.number(f"SELECT count(*) FROM version WHERE item IN (SELECT id FROM ({_items(numbers)}) AS found)")
        check(many == count, f"{count} items have {count} versions", many)
        self.sound()
        return f"{count} of {count} stored once, with {_FACTS * count} facts, and with the consumer"

    def sound(self) -> None:
        """What must hold at any time: the log has no gap, and nothing was set aside."""
        gaps = self.stack.number("SELECT coalesce(max(seq), 0) - count(*) FROM event")
        check(gaps == 0, "the log has no gap", gaps)
        aside = self.stack.rows("SELECT stage, error, message, url FROM quarantine WHERE released_at IS NULL")
        check(not aside, "quarantine is empty", aside)

    def well(self, *, within_s: float = 300) -> None:
        bad: list[str] = []

        def look() -> bool:
            bad[:] = self.stack.unwell()
            return not bad

        try:
            until(look, "all are healthy", within_s=within_s, every_s=1)
        except Failed as error:
            raise Failed(f"{error}: {', '.join(bad)}") from error


def check(holds: bool, expected: str, found: object) -> None:
    if not holds:
        raise Failed(f"expected that {expected}, found {found!r}")


def _items(numbers: Numbers) -> str:
    """Statement: (item, status, headline) of the stories of these numbers."""
    keys = f"'tag:meridia.invalid,2026:item-{numbers[0]}' AND 'tag:meridia.invalid,2026:item-{numbers[1]}'"
    return (
        "SELECT item.id, item.status, version.headline FROM identity JOIN item ON item.id = identity.item"
        f" JOIN version ON version.id = item.shown WHERE identity.kind = 'guid' AND identity.key BETWEEN {keys}"
    )


def _whole(numbers: Numbers) -> str:
    return (
        f"SELECT count(*) FROM ({_items(numbers)}) AS found JOIN item ON item.id = found.id"
        f" WHERE {_FACTS} = (SELECT count(DISTINCT enricher) FROM fact WHERE fact.version = item.current)"
    )


# --- the steps ------------------------------------------------------------------------------------------------------------------


def build(trial: Trial) -> str:
    """Of this tree, of an earlier commit, and of this tree with one more migration."""
    for stack in (trial.stack, trial.versions.earlier, trial.versions.later):
        stack.compose("build", "passwords")
    sizes = [int(run("docker", "image", "inspect", "-f", "{{.Size}}", name)) // 1_000_000 for name in (trial.stack.image, _base(trial))]
    return f"image of {sizes[0]} MB on a base of {sizes[1]} MB; the earlier one is of {trial.versions.earlier_commit}"


def _base(trial: Trial) -> str:
    found = re.search(r"\$\{PYTHON_TAG:-([^}]+)\}", (trial.stack.folder / "Dockerfile").read_text(encoding="utf-8"))
    assert found
    return f"python:{found[1]}"


def up(trial: Trial) -> str:
    began = time.monotonic()
    trial.stack.compose("up", "-d", "--no-build")
    started_s = time.monotonic() - began
    trial.well()
    check(trial.stack.rows("SELECT version_num FROM alembic_version") == [(schema.head(),)], "the tables are of this code", "")
    return f"started in {started_s:.0f} s, all healthy after {time.monotonic() - began:.0f} s"


def locked_up(trial: Trial) -> str:
    """What a container of ours can't do, tried in each; the ways out; no password where others could read it."""
    stack = trial.stack
    secrets = [stack.execute("flower", "cat", f"/run/newswire/{name}_password") for name in ("postgres", "redis", "flower")]
    for service in OURS:
        status = dict(line.split(":\t", 1) for line in stack.execute(service, "cat", "/proc/1/status").splitlines() if ":\t" in line)
        check(status["Uid"].split()[0] == "10001", f"{service} is not root", status["Uid"])
        check(int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0, f"{service} has no capability", status["CapEff"])
        check(status["NoNewPrivs"].strip() == "1", f"{service} gains no privileges", status["NoNewPrivs"])
        written = stack.execute(service, "sh", "-c", "touch /opt/newswire/x 2>&1 || true")
        check("Read-only file system" in written, f"{service} has a read-only root", written)
        [id] = stack.containers(service)
        networks = {name.rpartition("_")[2] for name in stack.inspect(id)["NetworkSettings"]["Networks"]}
        wanted = {"inside", "outside"} if service in ("worker-fetch", "deliver", "flower") else {"inside"}
        check(networks == wanted, f"{service} is in {sorted(wanted)}", networks)
        shown = json.dumps(stack.inspect(id)) + stack.logs(service) + stack.execute(service, "sh", "-c", "cat /proc/[0-9]*/cmdline")
        check(not [secret for secret in secrets if secret in shown], f"{service} shows no password", "one of them")
    internal = run("docker", "network", "inspect", "-f", "{{.Internal}}", f"{PROJECT}_inside").strip()
    check(internal == "true", "the network inside is internal", internal)
    [id] = stack.containers("flower")
    ports = stack.inspect(id)["NetworkSettings"]["Ports"]
    check({binding["HostIp"] for bound in ports.values() for binding in bound or []} == {"127.0.0.1"}, "Flower is on loopback", ports)
    connected = stack.number("SELECT count(*) FROM pg_stat_activity WHERE usename = 'newswire' AND client_addr IS NOT NULL")
    check(0 < connected <= 28, "at most 28 connections are held", connected)
    return f"{len(OURS)} services: not root, no capability, read-only, three with a way out; {connected} connections to PostgreSQL"


_DAY = {("calder", "ferry", "correction"), ("vantry", "grid", "update"), ("meridia", "census", "story"), ("meridia", "merger", "")}
"""Of press.scenario.DAY: house, story and version that is out at its end; '' for one that was killed."""
_BY_KEY = """SELECT identity.key, item.status, CASE item.status WHEN 'usable' THEN version.headline ELSE '' END
    FROM identity JOIN item ON item.id = identity.item LEFT JOIN version ON version.id = item.shown WHERE identity.kind = 'guid'"""
_SHOWN = """SELECT item.id, item.status, CASE item.status WHEN 'usable' THEN version.headline ELSE '' END
    FROM item LEFT JOIN version ON version.id = item.shown WHERE item.status <> 'held'"""


def press_feeds(trial: Trial) -> str:
    """The day of the press, from its feeds and its folder to the facts, and to the consumer's own file."""
    stack = trial.stack
    told = stories()
    wanted = {
        (f"tag:{house}.invalid,2026:{slug}", "usable" if name else "killed", told[slug].version(name).headline if name else "")
        for house, slug, name in _DAY
    }
    until(lambda: wanted <= set(stack.rows(_BY_KEY)), f"the day's items are as the press put them out: {wanted}", within_s=300, every_s=2)
    pickups = stack.number("SELECT count(*) FROM relation WHERE kind = 'pickup_of'")
    check(pickups >= 3, "the outlets' copies are known as such", pickups)
    until(lambda: set(stack.rows(_SHOWN)) == stack.held(), "the consumer's file says what our rows say", within_s=60)
    trial.sound()
    facts = stack.number("SELECT count(*) FROM fact")
    return f"{len(stack.held())} items, {pickups} pickups, an embargo that ended, a kill; {facts} facts; the consumer's file is equal"


def trigger(trial: Trial) -> str:
    """By command, as cron would, and by HTTP, as any scheduler could."""
    stack = trial.stack
    said = json.loads(stack.cli("trigger", "--all", "--wait", "--timeout", "120", "--json").splitlines()[-1])
    check(said["open"] == 0 and not said["failed"], "all of it was done", said)
    polls = stack.number(f"SELECT count(*) FROM poll WHERE run = {said['run']} AND finished_at IS NOT NULL")
    check(polls >= 1, "the run has polls that ended", polls)
    status, task = stack.flower("/api/task/async-apply/newswire.poll_source", body={"args": ["calder"]})
    check(status == 200, "Flower takes a call", status)
    until(lambda: stack.number("SELECT count(*) FROM run WHERE trigger = 'call'"), "a run by a call")
    return f"run {said['run']}: {polls} polls, all done; and by HTTP task {task['task-id'][:8]}"


def flower(trial: Trial) -> str:
    stack = trial.stack
    for path in ("/api/tasks", "/api/workers", "/api/task/revoke/x"):
        status, _ = stack.flower(path, login=False, body={} if "revoke" in path else None)
        check(status == 401, f"{path} is refused without a login", status)

    def told() -> dict[str, dict[str, str]]:
        _, tasks = stack.flower("/api/tasks?limit=500")
        return {task["name"]: task for task in (tasks or {}).values() if task["state"] == "SUCCESS" and task["result"] and task["args"]}

    until(lambda: {"newswire.fetch", "newswire.ingest", "newswire.enrich"} <= told().keys(), "Flower shows done jobs of each stage")
    ingest = told()["newswire.ingest"]
    run_id = re.search(r"run (\d+)", ingest["args"])
    check(run_id is not None, "the arguments name source, size and run", ingest["args"])
    check(
        bool(re.search(r"\d+ (new|version|pickup|unchanged|kill|correction|update)", ingest["result"])),
        "the result is a sentence",
        ingest["result"],
    )
    assert run_id
    check(stack.number(f"SELECT count(*) FROM run WHERE id = {run_id[1]}") == 1, "the run that it names is a row", run_id[1])
    return f"refuses without a login; {ingest['args']} → {ingest['result']}"


def scale(trial: Trial) -> str:
    stack = trial.stack
    stack.compose("up", "-d", "--no-build", "--no-recreate", "--scale", "worker-ingest=4")
    until(lambda: len(stack.containers("worker-ingest")) == 4, "four of worker-ingest")
    until(lambda: stack.logs("worker-ingest").count('"worker.ready"') >= 4, "all four are ready")
    numbers = trial.load()
    arrived = trial.arrived(numbers)
    at_work = sum('"work.done"' in run("sh", "-c", f"docker logs {id} 2>&1") for id in stack.containers("worker-ingest"))
    check(at_work >= 2, "several of them worked", at_work)
    held = stack.number("SELECT count(*) FROM pg_stat_activity WHERE usename = 'newswire' AND client_addr IS NOT NULL")
    check(held <= 43, "at most 43 connections are held", held)
    check("connections_short" not in stack.logs("worker-ingest"), "no worker found PostgreSQL too small", "one did")
    return f"{at_work} of 4 worked, {held} connections; {arrived}"


def crash(trial: Trial) -> str:
    """kill -9: a worker that has work in hand, and the deliverer."""
    stack = trial.stack
    workers = {id[:12]: id for service in ("worker-ingest", "worker-enrich") for id in stack.containers(service)}
    numbers = trial.load(until_in_hand=True)
    host = max(trial.busy, key=lambda host: trial.busy[host])
    victims = [workers[host], *stack.containers("deliver")]
    before = [stack.inspect(id)["State"]["StartedAt"] for id in victims]
    for id in victims:
        stack.crash(id)
    until(lambda: all(_is_new(stack, id, at) for id, at in zip(victims, before, strict=True)), "the engine starts them again")
    return f"a worker with {trial.busy[host]} pieces of work in hand and the deliverer killed, and started again; {trial.arrived(numbers)}"


def _is_new(stack: Stack, id: str, before: str) -> bool:
    state = stack.inspect(id)["State"]
    return bool(state["Running"]) and state["StartedAt"] > before


def flush(trial: Trial) -> str:
    stack = trial.stack
    numbers = trial.load(until_in_hand=True)
    script = 'REDISCLI_AUTH="$(cat /run/newswire/redis_password)" valkey-cli flushall'
    check(stack.execute("redis", "sh", "-c", script).strip() == "OK", "Redis is empty", "it said something else")
    return trial.arrived(numbers)


def restart_postgres(trial: Trial) -> str:
    stack = trial.stack
    numbers = trial.load(until_in_hand=True)
    [id] = stack.containers("postgres")
    began = time.monotonic()
    run("docker", "restart", "-t", "60", id)
    until(lambda: stack.inspect(id)["State"]["Health"]["Status"] == "healthy", "PostgreSQL is healthy")
    took_s = time.monotonic() - began
    arrived = trial.arrived(numbers)
    restarts = sum(
        stack.inspect(id)["RestartCount"] for service in ("worker-fetch", "worker-flash", "beat") for id in stack.containers(service)
    )
    check(restarts == 0, "nobody else had to be started again", restarts)
    return f"away for {took_s:.0f} s; {arrived}"


def stop(trial: Trial) -> str:
    """In order, under load: how long, nothing lost, nothing blamed; and on again."""
    stack = trial.stack
    ids = [id for service in (*WORKING, "flower") for id in stack.containers(service)]
    numbers = trial.load(3, until_in_hand=True)
    began = time.monotonic()
    run("docker", "stop", "--time", "30", *ids)  # as compose does, and sooner there than its own start: the work is still in hand
    took_s = time.monotonic() - began
    codes = {
        service: [stack.inspect(id)["State"]["ExitCode"] for id in stack.containers(service, all=True)] for service in (*WORKING, "flower")
    }
    check(not any(code == 137 for found in codes.values() for code in found), "nobody had to be killed", codes)
    blamed = stack.rows("SELECT id, label, attempts FROM work WHERE attempts > 0 OR leased_until > now()")
    check(not blamed, "all work was given back, and no loss was counted", blamed)
    left = stack.number("SELECT count(*) FROM work")
    stack.compose("up", "-d", "--no-build", "--no-recreate")
    held = f"{sum(trial.busy.values())} pieces of work in hand, {left} left after it, none under a lease"
    return f"{len(ids)} containers in {took_s:.1f} s, {held}; on again: {trial.arrived(numbers)}"


def upgrade(trial: Trial) -> str:
    """From the image of an earlier commit to this one and one more migration, with work in hand."""
    trial.stack.compose("down", "-v")
    trial.stack = stack = trial.versions.earlier
    stack.compose("up", "-d", "--no-build")
    before = stack.rows("SELECT version_num FROM alembic_version")
    numbers = trial.load(until_in_hand=True)
    trial.stack = stack = trial.versions.later
    began = time.monotonic()
    stack.compose("up", "-d", "--no-build")
    took_s = time.monotonic() - began
    after = stack.rows("SELECT version_num FROM alembic_version")
    check(after == [(trial.versions.revision,)] != before, f"the tables are at {trial.versions.revision}", after)
    images = {stack.inspect(id)["Config"]["Image"] for service in OURS for id in stack.containers(service)}
    check(images == {stack.image}, "all run the new image", images)
    arrived = trial.arrived(numbers)
    trial.well()
    return f"{before[0][0]} to {after[0][0]} in {took_s:.0f} s; {arrived}"


def backup_and_restore(trial: Trial) -> str:
    """All volumes are destroyed between the two, Redis and passwords among them."""
    stack = trial.stack
    tables = ("item", "version", "rendition", "fact", "event", "capture", "capture_body", "source", "subscription", "history")
    counts = "SELECT " + ", ".join(f"(SELECT count(*) FROM {name})" for name in tables)
    stack.compose("stop", "press")  # so that the rows stand still
    until(
        lambda: stack.number("SELECT count(*) FROM work") + stack.number("SELECT count(*) FROM fetch_job WHERE kind = 'page'") == 0,
        "all is done",
    )
    stack.compose("stop", *WORKING)
    before = stack.rows(counts)
    dump = trial.folder / "newswire.dump"
    [id] = stack.containers("postgres")
    run("sh", "-c", f"docker exec {id} pg_dump -U newswire -Fc newswire > {dump}")
    stack.compose("down", "-v")
    check(
        not run("docker", "volume", "ls", "-q", "--filter", f"label=com.docker.compose.project={PROJECT}"), "no volume is left", "some are"
    )
    stack.compose("up", "-d", "--no-build", "postgres")
    until(lambda: stack.inspect(stack.containers("postgres")[0])["State"]["Health"]["Status"] == "healthy", "PostgreSQL is healthy")
    stack.execute("postgres", "pg_restore", "-U", "newswire", "-d", "newswire", "--exit-on-error", input=dump.read_bytes())
    check(stack.rows(counts) == before, "all rows are back", stack.rows(counts))
    stack.compose("up", "-d", "--no-build", "redis")
    epoch = stack.number("SELECT epoch FROM log_state")
    stack.cli("db", "restored", "--days", "2")
    check(stack.number("SELECT epoch FROM log_state") > epoch, "a new epoch has begun", epoch)
    stack.compose("up", "-d", "--no-build")
    return f"{dump.stat().st_size // 1000} kB, {sum(int(count) for count in before[0])} rows back; then {_tells_again(trial)}"


def _tells_again(trial: Trial) -> str:
    """The consumer lost its file too, and its broker's password is another: both are mended by command."""
    stack = trial.stack
    broker = stack.execute("consumer", "cat", "/run/consumer/redis_url").strip()
    stack.cli("subscriptions", "remove", "stories")
    given = ("--set", f"broker={broker}", "--set", "task=stories.receive", "--set", "queue=stories")
    stack.cli("subscriptions", "add", "stories", "--from-start", "--after", "enriched", *given)
    shown = "SELECT count(*) FROM item WHERE status IN ('usable', 'killed')"
    until(lambda: len(stack.held()) >= stack.number(shown) > 0, "the consumer holds all items again", within_s=180)
    return trial.arrived(trial.load())


def down(trial: Trial) -> str:
    began = time.monotonic()
    trial.stack.compose("down", "-v", "--remove-orphans")
    took_s = time.monotonic() - began
    for kind in ("volume", "network", "container"):
        words = ("docker", kind, "ls", "-q", *(["-a"] if kind == "container" else []))
        left = run(*words, "--filter", f"label=com.docker.compose.project={PROJECT}")
        check(not left, f"no {kind} is left", left)
    return f"in {took_s:.0f} s; no container, network or volume is left"


STEPS: tuple[tuple[str, Callable[[Trial], str]], ...] = (
    ("build", build),
    ("up, all healthy", up),
    ("locked up", locked_up),
    ("the press feeds", press_feeds),
    ("a trigger from outside", trigger),
    ("Flower", flower),
    ("scale up", scale),
    ("kill -9", crash),
    ("flush Redis", flush),
    ("restart PostgreSQL", restart_postgres),
    ("stop under load", stop),
    ("upgrade with work in hand", upgrade),
    ("backup, destroy, restore", backup_and_restore),
    ("down", down),
)

"""What goes wrong in a run: one function a fault. It begins the fault, and gives for how long, and what ends it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psycopg
import redis

from tests.chaos.driver import FAILPOINTS, FEED, Run
from tests.chaos.place import MOST_CONNECTIONS, THEIRS, start_patiently
from tests.chaos.system import Team, send, send_group
from tests.servers.proxy import Mode
from tests.servers.valkey import Valkey

Ended = Callable[[], None]
Begun = tuple[float, Ended]
Begin = Callable[[Run, Random], Begun]
ROLES = {"beat": 2, "worker": 3, "flash": 1, "fetch": 2, "deliver": 3}
KINDS = {"celery": 1, "files": 1, "stream": 1, "webhook": 1}
"""Of newswire's processes and of consumers: how often one is killed, beside the others."""
PAST_LEASE_S = 16.0
"""Longer than the leases of a run: 14 s of work, 6 s of a subscription."""
OPERATOR_S = 60


def nothing() -> None:
    """For what ends by itself."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A line of the table."""

    name: str
    touches: str
    """What it takes: no other fault takes the same at the same time."""
    begin: Begin
    weight: int = 1
    needs: str = ""
    """`postgresql`, `disks`, a kind of consumer: where it can't be, the table says why."""

    def why_not(self, run: Run) -> str:
        """'' where it can be."""
        if self.needs == "postgresql" and run.place.postgres is None:
            return "SQLite has no server"
        if self.needs in KINDS and not any(team.kind == self.needs for team in run.teams):
            return "no such consumer in this run"
        if self.needs == "disks" and not run.place.data.is_small:
            return "no small file system: not root"
        return ""


# --- processes ------------------------------------------------------------------------------------------------------------------


def kill_child(run: Run, random: Random) -> Begun:
    if pool := run.system.pool():
        send(random.choice(pool), signal.SIGKILL)
    return 0.5, nothing


def kill_role(role: str) -> Begin:
    def begin(run: Run, random: Random) -> Begun:
        send(run.system.pids[role], signal.SIGKILL)
        return 1.0, nothing

    return begin


def of_kind(run: Run, kind: str, random: Random) -> Team:
    return random.choice([team for team in run.teams if team.kind == kind])


def kill_consumer(kind: str) -> Begin:
    def begin(run: Run, random: Random) -> Begun:
        team = of_kind(run, kind, random)
        team.kill()
        return random.uniform(0.2, 3), team.start

    return begin


def freeze_role(role: str) -> Begin:
    """The process and all its children: a host that stood still."""

    def begin(run: Run, random: Random) -> Begun:
        pid = run.system.pids[role]
        send_group(pid, signal.SIGSTOP)
        return PAST_LEASE_S, lambda: send_group(pid, signal.SIGCONT)

    return begin


def freeze_child(run: Run, random: Random) -> Begun:
    """Its parent ends it at the hard time limit, or it goes on as a zombie."""
    pool = run.system.pool()
    if not pool:
        return 0.5, nothing
    pid = random.choice(pool)
    send(pid, signal.SIGSTOP)
    return PAST_LEASE_S, lambda: send(pid, signal.SIGCONT)


def freeze_consumer(kind: str) -> Begin:
    def begin(run: Run, random: Random) -> Begun:
        pid = of_kind(run, kind, random).pid
        send_group(pid, signal.SIGSTOP)
        return PAST_LEASE_S, lambda: send_group(pid, signal.SIGCONT)

    return begin


def restart_role(role: str) -> Begin:
    def begin(run: Run, random: Random) -> Begun:
        send(run.system.pids[role], signal.SIGTERM)
        return 2.0, nothing

    return begin


def restart_consumer(kind: str) -> Begin:
    def begin(run: Run, random: Random) -> Begun:
        team = of_kind(run, kind, random)
        team.end()
        return 0.5, team.start

    return begin


def two_of(*roles: str) -> Begin:
    """More processes of these roles, started by mistake, or on a second host."""

    def begin(run: Run, random: Random) -> Begun:
        stack = ExitStack()
        for role in roles:
            stack.enter_context(run.system.second(role, run.place.folder / f"second-{role}.log"))
        return 6.0, stack.close

    return begin


def two_consumers(kind: str) -> Begin:
    def begin(run: Run, random: Random) -> Begun:
        stack = ExitStack()
        stack.enter_context(of_kind(run, kind, random).second())
        return 6.0, stack.close

    return begin


def failpoint(name: str) -> Fault:
    def begin(run: Run, random: Random) -> Begun:
        run.arm(name)

        def end() -> None:
            if run.was_hit(name):
                run.hits[name] += 1
            run.disarm(name)

        return 8.0, end

    return Fault(name=f"kill -9 at {name}", touches=name, begin=begin, weight=2)


# --- Redis ----------------------------------------------------------------------------------------------------------------------


def kill_redis(run: Run, random: Random) -> Begun:
    run.place.redis.kill()
    return random.uniform(0.5, 4), lambda: start_patiently(run.place.redis)


def old_redis(run: Run, random: Random) -> Begun:
    """It comes back with what it held some seconds ago."""
    return 4.0, older(run.place.redis, run.place.folder / "older-aof")


def old_theirs(run: Run, random: Random) -> Begun:
    """What waited in a consumer's queue is there again, after it was taken out, applied and acknowledged."""
    go_on = stopped_consumers(run)
    run.publish(20)
    time.sleep(6)
    end = older(run.place.theirs, run.place.folder / "older-theirs")
    go_on()
    return 4.0, end


def older(server: Valkey, kept: Path) -> Ended:
    """Keeps what a server holds; what it gives kills the server, and starts it with that."""
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(server.append_only_files, kept)

    def end() -> None:
        server.kill()
        shutil.rmtree(server.append_only_files)
        shutil.copytree(kept, server.append_only_files)
        start_patiently(server)

    return end


def flush(url: str) -> None:
    with suppress(redis.RedisError), redis.Redis.from_url(url, socket_timeout=5) as client:
        client.flushall()


def flush_redis(run: Run, random: Random) -> Begun:
    flush(run.place.redis.url())
    return 0.5, nothing


def fill_redis(run: Run, random: Random) -> Begun:
    with redis.Redis.from_url(run.place.redis.url(), socket_timeout=5) as client:
        client.config_set("maxmemory", "1mb")

    def end() -> None:
        with redis.Redis.from_url(run.place.redis.url(), socket_timeout=5) as client:
            client.config_set("maxmemory", "0")

    return random.uniform(2, 6), end


def flush_theirs(run: Run, random: Random) -> Begun:
    flush(run.place.theirs.url())
    return 0.5, nothing


def kill_theirs(run: Run, random: Random) -> Begun:
    run.place.theirs.kill()
    return random.uniform(0.5, 4), lambda: start_patiently(run.place.theirs)


# --- PostgreSQL -----------------------------------------------------------------------------------------------------------------


def kill_postgres(run: Run, random: Random) -> Begun:
    server = run.place.postgres
    assert server is not None
    server.kill()
    return random.uniform(0.5, 3), lambda: start_patiently(server)


def restart_postgres(run: Run, random: Random) -> Begun:
    server = run.place.postgres
    assert server is not None
    server.stop(keep=True)
    return 0.5, lambda: start_patiently(server)


def no_connections(run: Run, random: Random) -> Begun:
    held: list[psycopg.Connection[object]] = []
    with suppress(psycopg.Error):
        for _ in range(MOST_CONNECTIONS):
            held += [psycopg.connect(run.place.direct_url, connect_timeout=5)]

    def end() -> None:
        for conn in held:
            with suppress(psycopg.Error):
                conn.close()

    return random.uniform(3, 6), end


# --- networks -------------------------------------------------------------------------------------------------------------------


def cut(name: str) -> Begin:
    """All connections are reset, five times a second for a second."""

    def begin(run: Run, random: Random) -> Begun:
        for _ in range(5):
            run.place.proxies[name].cut()
            time.sleep(0.2)
        return 0.1, nothing

    return begin


def network(name: str, mode: Mode, seconds: float) -> Begin:
    def begin(run: Run, random: Random) -> Begun:
        proxy = run.place.proxies[name]
        proxy.mode = mode

        def end() -> None:
            proxy.mode = "open"
            if mode == "hole":
                proxy.cut()

        return seconds, end

    return begin


# --- disks, the press, documents ------------------------------------------------------------------------------------------------


def full_disk(which: str) -> Begin:
    def begin(run: Run, random: Random) -> Begun:
        disk = run.place.disks[which]
        disk.fill()

        def end() -> None:
            disk.free()
            if which == "database":
                run.place.revive_postgres()

        return random.uniform(2, 5), end

    return begin


def bad_press(*ways: str, path: str = "feed") -> Begin:
    def begin(run: Run, random: Random) -> Begun:
        paths = ["/rss.xml"]
        if path == "page":
            newest = [one for one in run.press.ledger.published[-200:] if one.house == FEED]
            paths = [f"/news/{one.item}" for one in newest[-10:]]
        for one in paths:
            run.press.misbehave(FEED, one, random.choice(ways))

        def end() -> None:
            for one in paths:
                run.press.behave(FEED, one)

        return random.uniform(2, 6), end

    return begin


def revised_in_flight(run: Run, random: Random) -> Begun:
    """A consumer stands still with messages in its queue; what they tell of is revised; it goes on."""
    go_on = stopped_consumers(run)
    run.publish(20)
    time.sleep(6)
    run.revise_last(20)
    return 8.0, go_on


def stopped_consumers(run: Run) -> Ended:
    """All stand still; what it gives lets them go on."""
    pids = [team.pid for team in run.teams]
    for pid in pids:
        send_group(pid, signal.SIGSTOP)

    def go_on() -> None:
        for pid in pids:
            send_group(pid, signal.SIGCONT)

    return go_on


def poison(run: Run, random: Random) -> Begun:
    with suppress(OSError):
        run.drop_poison()
    return 0.5, nothing


def restore(run: Run, random: Random) -> Begun:
    """The database goes back to a backup that was taken some faults ago, and the operator says so."""
    run.system.stop()
    run.place.restore()
    run.db.engine.dispose()  # it would go on with the file that was
    run.forget_what_was_seen()
    if not run.without.startswith("after a restore"):
        say_restored(run)
    run.system.start()
    return 1.0, nothing


def say_restored(run: Run) -> None:
    """What the operator does after a restore."""
    environment = {"DATABASE_URL": run.place.direct_url, "REDIS_URL": run.place.redis.url(), "NEWSWIRE_HOME": run.settings.home}
    subprocess.run([*newswire(), "db", "restored"], env=environment_with(environment), check=True, timeout=OPERATOR_S, capture_output=True)


def newswire() -> list[str]:
    return [sys.executable, "-P", "-m", "newswire"]


def environment_with(more: dict[str, str]) -> dict[str, str]:
    return dict(os.environ) | more


def of_role(role: str) -> list[Fault]:
    """What may happen to a process of ours: each line is drawn at least once in a long run."""
    return [
        Fault(name=f"kill -9 of {role}", touches=role, begin=kill_role(role), weight=ROLES[role]),
        Fault(name=f"{role} stopped past its lease", touches=role, begin=freeze_role(role)),
        Fault(name=f"an orderly restart of {role}", touches=role, begin=restart_role(role)),
        Fault(name=f"a second {role}", touches="second", begin=two_of(role)),
    ]


def of_consumer(kind: str) -> list[Fault]:
    """What may happen to a consumer's process. A second one of a webhook would want the same port."""
    faults = [
        Fault(name=f"kill -9 of a {kind} consumer", touches="consumer", begin=kill_consumer(kind), weight=KINDS[kind], needs=kind),
        Fault(name=f"a {kind} consumer stopped", touches="consumer", begin=freeze_consumer(kind), needs=kind),
        Fault(name=f"an orderly restart of a {kind} consumer", touches="consumer", begin=restart_consumer(kind), needs=kind),
    ]
    if kind != "webhook":
        faults.append(Fault(name=f"a second {kind} consumer", touches="consumer", begin=two_consumers(kind), needs=kind))
    return faults


def table() -> list[Fault]:
    """All faults that a run may draw."""
    pg, disks = "postgresql", "disks"
    return [
        Fault(name="kill -9 of a pool child", touches="", begin=kill_child, weight=8),
        *(failpoint(name) for name in FAILPOINTS),
        Fault(name="a pool child stopped past its lease", touches="", begin=freeze_child, weight=2),
        *(fault for role in ROLES for fault in of_role(role)),
        *(fault for kind in KINDS for fault in of_consumer(kind)),
        Fault(name="a second beat, worker and deliverer at once", touches="second", begin=two_of("beat", "worker", "deliver")),
        Fault(name="Redis killed", touches="redis", begin=kill_redis, weight=3),
        Fault(name="Redis back with an older AOF", touches="redis", begin=old_redis, weight=2),
        Fault(name="Redis flushed", touches="redis", begin=flush_redis, weight=3),
        Fault(name="Redis out of memory", touches="redis", begin=fill_redis, weight=2),
        Fault(name="a consumer's Redis flushed", touches="theirs", begin=flush_theirs, weight=2),
        Fault(name="a consumer's Redis killed", touches="theirs", begin=kill_theirs, weight=2),
        Fault(name="a consumer's Redis back with an older AOF", touches="theirs", begin=old_theirs, weight=1),
        Fault(name="PostgreSQL killed -9", touches="database", begin=kill_postgres, weight=3, needs=pg),
        Fault(name="PostgreSQL restarted", touches="database", begin=restart_postgres, weight=2, needs=pg),
        Fault(name="PostgreSQL out of connections", touches="database", begin=no_connections, weight=2, needs=pg),
        Fault(name="PostgreSQL's connections cut in mid-statement", touches="database", begin=cut("database"), weight=4, needs=pg),
        Fault(name="the network to the database slow", touches="database", begin=network("database", "slow", 5), weight=2, needs=pg),
        Fault(name="the network to the database half open", touches="database", begin=network("database", "hole", 9), weight=2, needs=pg),
        Fault(name="the network to Redis cut", touches="redis", begin=cut("redis"), weight=3),
        Fault(name="the network to Redis slow", touches="redis", begin=network("redis", "slow", 5), weight=2),
        Fault(name="the network to Redis half open", touches="redis", begin=network("redis", "hole", 8), weight=2),
        Fault(name="the network to consumers cut", touches="theirs", begin=cut(THEIRS), weight=2),
        Fault(name="the network to consumers slow", touches="theirs", begin=network(THEIRS, "slow", 5), weight=1),
        Fault(name="the network to consumers half open", touches="theirs", begin=network(THEIRS, "hole", 8), weight=2),
        Fault(name="disk full under the database", touches="database", begin=full_disk("database"), weight=2, needs=disks),
        Fault(name="disk full under the press's folder", touches="drop", begin=full_disk("press folder"), weight=2, needs=disks),
        Fault(name="disk full under the logs", touches="logs", begin=full_disk("logs"), weight=2, needs=disks),
        Fault(name="the press answers 500", touches="press", begin=bad_press("500"), weight=2),
        Fault(name="the press resets, drips, is silent", touches="press", begin=bad_press("reset", "drip", "silent", "half"), weight=2),
        Fault(name="the press lies with validators", touches="press", begin=bad_press("never-modified", "same-tag", "other-tag"), weight=2),
        Fault(name="pages answer 500, reset, half", touches="press", begin=bad_press("500", "reset", "half", path="page"), weight=2),
        Fault(name="a poison document", touches="", begin=poison, weight=3),
        Fault(name="revised in flight", touches="consumer", begin=revised_in_flight, weight=1),
    ]

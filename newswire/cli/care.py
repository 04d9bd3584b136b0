"""`newswire status`, `quarantine`, `work`, `db`, `config`: how it is, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswire.cli import FAILED
from newswire.cli.opening import load, opened
from newswire.cli.output import AsJson, complain, fields, plain, say, show_json, table, tell, wants_json

if TYPE_CHECKING:
    from newswire.waits import Redis
    from pipeline.config import Settings

quarantine = typer.Typer(help="What was set aside because it failed.", no_args_is_help=True, rich_markup_mode=None)
work = typer.Typer(help="What is still to do, in rows.", no_args_is_help=True, rich_markup_mode=None)
database = typer.Typer(help="Make, migrate and check the database.", no_args_is_help=True, rich_markup_mode=None)

_Limit = Annotated[int, typer.Option(min=1, help="So many at most.")]
_Error = Annotated[
    str, typer.Option("--error", metavar="WORDS", help="All of one type (Unreadable, Gone, WorkerLost …), or whose reason has these words.")
]
_Id = Annotated[int, typer.Argument(metavar="ID", show_default=False)]


def add_to(app: typer.Typer) -> None:
    app.command()(status)
    app.command()(config)
    app.add_typer(quarantine, name="quarantine")
    app.add_typer(work, name="work")
    app.add_typer(database, name="db")


def status(as_json: AsJson = False) -> None:
    """Show how all of it is: sources, backlog and what it waits for, quarantine, subscriptions, Redis.

    \b
    newswire status
    """
    from newswire.doctor import machine
    from newswire.waits import waits
    from pipeline.delivery import target
    from pipeline.storage import listing

    settings = load()
    with opened(settings) as db, db.read() as conn:
        found = listing.status(conn, db.now(conn))
    for one in found["subscriptions"]:
        kind = target(one["kind"])
        one["log_waits_for"] = kind.log_waits_for if kind.is_log else ""
    found["redis"] = _redis()
    waiting = waits(found, _broker(), machine.space(settings))
    if as_json:
        show_json(found | {"waits": waiting})
        return
    sources = found["sources"]
    failing = sources["failing"]
    fields(
        [
            ("items", found["items"] or "none yet"),
            ("sources", f"{sources['all']}, {sources['paused']} paused, {len(failing)} failing"),
            ("quarantine", f"{found['quarantine']}: newswire quarantine list" if found["quarantine"] else "empty"),
            ("redis", found["redis"]),
            ("drained", found["drained"]),
        ]
    )
    if failing:
        table(
            ("failing source", "times", "last went well", "why"),
            [(s["name"], s["failures"], s["last_ok_at"], s["last_error"]) for s in failing],
        )
    if found["backlog"]:
        table(
            ("to do", "lane", "ready", "worked on", "later", "oldest waits"),
            [(b["stage"], b["lane"], b["ready"], b["leased"], b["later"], f"{b['waits_s']} s") for b in found["backlog"]],
        )
    if found["fetches"]:
        table(
            ("host", "to fetch", "not before", "failures in a row"),
            [(f["host"], f["jobs"], f["not_before"], f["failures"]) for f in found["fetches"]],
        )
    if found["subscriptions"]:
        table(
            ("subscription", "state", "to read", "to tell", "in flight", "parked"),
            [
                (s["name"], f"paused: {s['reason']}" if s["paused"] else "on", s["behind"], s["waiting"], s["in_flight"], s["parked"])
                for s in found["subscriptions"]
            ],
        )
    if waiting:
        table(("what waits", "how many", "for what", "what to do"), [(w.what, w.count, w.waits_for, w.do) for w in waiting])
    else:
        say("Nothing waits.")


def _broker() -> Redis:
    from newswire import waits
    from pipeline import resources
    from pipeline.errors import NewswireError

    try:
        return waits.look_at_redis(resources.redis_url())
    except NewswireError as error:
        return waits.Redis(trouble=str(error).rstrip("."))


def _redis() -> str:
    from pipeline import resources
    from pipeline.errors import NewswireError

    try:
        url = resources.redis_url()
        return " ".join([f"there, at {resources.without_password(url)}", *resources.check_redis(url)])
    except NewswireError as error:
        return f"{error} {error.hint}".strip()


def config(as_json: AsJson = False) -> None:
    """Print all settings as they are in force, passwords hidden. A setting NAME is read from NEWSWIRE_NAME, or from a file.

    \b
    NEWSWIRE_HOME=/srv/newswire newswire config
    """
    shown = _shown(load())
    if as_json:
        show_json(shown)
        return
    table(("setting", "value"), list(shown.items()))
    tell("Set them as NEWSWIRE_<NAME>, in newswire.toml in the home, or in the file that NEWSWIRE_CONFIG names.")


def _shown(settings: Settings) -> dict[str, Any]:
    from pipeline.resources import without_password

    shown: dict[str, Any] = {name: getattr(settings, name) for name in settings.__struct_fields__}
    shown["home"] = str(settings.home_path)
    shown["database_url"] = without_password(settings.database)
    shown["redis_url"] = without_password(settings.redis_url)
    shown["flower_auth"] = "***" if settings.flower_auth else ""
    shown["allow_networks"] = ", ".join(settings.allow_networks)
    return shown


# --- quarantine -----------------------------------------------------------------------------------------------------------------


@quarantine.command("list")
def quarantine_list(
    released: Annotated[bool, typer.Option("--released", help="Also what was replayed.")] = False,
    run: Annotated[int | None, typer.Option(help="Of this run only.", show_default=False)] = None,
    error: _Error = "",
    limit: _Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List what was set aside, the newest first.

    \b
    newswire quarantine list
    newswire quarantine list --error "is empty"
    """
    from pipeline.storage import listing

    with opened(load()) as db, db.read() as conn:
        found = listing.quarantine_list(conn, released=released, run_id=run, error=error, limit=limit)
    if wants_json(as_json):
        show_json(found)
        return
    table(
        ("id", "since", "stage", "source", "why", "url"),
        [(q["id"], q["at"], q["stage"], q["source"], q["message"], q["url"]) for q in found],
        none="Nothing is in quarantine.",
    )


@quarantine.command("show")
def quarantine_show(id: _Id, as_json: AsJson = False) -> None:
    """Show why one was set aside, and what to do.

    \b
    newswire quarantine show 17
    """
    from pipeline.storage import listing

    with opened(load()) as db, db.read() as conn:
        found = listing.quarantine_show(conn, id)
    if as_json:
        show_json(found)
        return
    fields(
        [
            ("quarantine", found["id"]),
            ("since", found["at"]),
            ("released", found["released_at"]),
            ("source", found["source_name"]),
            ("url", found["url"]),
            ("why", found["message"]),
            ("what to do", found["hint"]),
            ("error", found["error"]),
            ("stage", f"{found['stage']}{', only ' + found['only'] if found['only'] else ''}, in the lane {found['lane']}"),
            (_REFS.get(found["stage"], "refs"), ", ".join(map(str, found["refs"]))),
            ("run", found["run"]),
            ("by newswire", found["code_version"]),
        ]
    )
    if found["released_at"] is None:
        tell(f"Try it again: newswire quarantine replay {id}")


_REFS = {"ingest": "captures", "enrich": "versions", "release": "versions", "scan": "sources", "fetch": "sightings"}


@quarantine.command("replay")
def quarantine_replay(
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID]...", show_default=False)] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that is there.")] = False,
    error: _Error = "",
    source: Annotated[str, typer.Option("--source", metavar="NAME", help="All of one source.")] = "",
) -> None:
    """Put what was set aside back to work, after a mend. Running workers do the rest.

    \b
    newswire quarantine replay 17 18
    newswire quarantine replay --all
    """
    from pipeline.errors import Misconfigured
    from pipeline.storage import listing, runs
    from pipeline.storage import quarantine as rows

    if sum((bool(ids), everything, bool(error or source))) != 1:
        raise Misconfigured(
            "Say what to replay: numbers of quarantine, --all, --error WORDS or --source NAME.", hint="newswire quarantine list"
        )
    with opened(load()) as db, db.write() as conn:
        now = db.now(conn)
        chosen = list(ids or listing.quarantine_open(conn, error=error, source_name=source))
        for id in chosen:
            listing.quarantine_show(conn, id)
        label = " of ".join(filter(None, (error, source))) or ("all of it" if everything else ", ".join(map(str, chosen)))
        run = runs.begin(conn, now, trigger="replay", label=f"quarantine {label}")
        count = rows.replay(conn, chosen, now, run=run)
    say(f"{count} of {len(chosen)} back to work: run {run}." if count else "Nothing of it is in quarantine any more.")
    if count < len(chosen):
        raise typer.Exit(FAILED)


# --- work -----------------------------------------------------------------------------------------------------------------------


@work.command("list")
def work_list(limit: _Limit = 50, as_json: AsJson = False) -> None:
    """List what is to do, what is due first.

    \b
    newswire work list
    """
    from pipeline.storage import listing

    with opened(load()) as db, db.read() as conn:
        found = listing.work_list(conn, db.now(conn), limit=limit)
    if wants_json(as_json):
        show_json(found)
        return
    table(
        ("id", "stage", "lane", "what", "state", "due", "losses", "retries", "last error"),
        [
            (w["id"], w["stage"], w["lane"], w["label"], w["state"], w["due_at"], w["attempts"], w["retries"], w["last_error"])
            for w in found
        ],
        none="Nothing is to do.",
    )


@work.command("retry")
def work_retry(ids: Annotated[list[int], typer.Argument(metavar="ID...", show_default=False)]) -> None:
    """Try rows that wait for a later time at once.

    \b
    newswire work retry 812
    """
    from pipeline.storage import work as rows

    with opened(load()) as db, db.write() as conn:
        now = db.now(conn)
        stuck = [id for id in ids if not rows.retry_now(conn, id, now)]
    _told(ids, stuck, "due now")


@work.command("cancel")
def work_cancel(ids: Annotated[list[int], typer.Argument(metavar="ID...", show_default=False)]) -> None:
    """Take rows out of work, into quarantine, from where they can be replayed.

    \b
    newswire work cancel 812
    """
    from pipeline.storage import listing
    from pipeline.storage import work as rows

    with opened(load()) as db, db.write() as conn:
        now = db.now(conn)
        stuck = [id for id in ids if rows.revoke(conn, id, listing.attempt(conn, id), now) is None]
    _told(ids, stuck, "set aside: newswire quarantine list")


def _told(ids: list[int], stuck: list[int], what: str) -> None:
    if len(ids) > len(stuck):
        say(f"{len(ids) - len(stuck)} {what}.")
    if stuck:
        complain(f"Work {', '.join(map(str, stuck))} is done, or somebody works on it now: `newswire work list`.")
        raise typer.Exit(FAILED)


# --- db -------------------------------------------------------------------------------------------------------------------------


@database.command("upgrade")
def db_upgrade() -> None:
    """Make the tables, or move them to what this newswire needs. Twice does nothing.

    \b
    newswire db upgrade
    """
    from pathlib import Path

    from pipeline.resources import without_password
    from pipeline.storage import schema
    from pipeline.storage.db import Database

    settings = load()
    db = Database.open(settings.database)
    try:
        if not db.is_postgresql and db.engine.url.database:
            Path(db.engine.url.database).parent.mkdir(parents=True, exist_ok=True)
        before = schema.current(db)
        schema.upgrade(db)
        after = schema.current(db)
    finally:
        db.close()
    where = without_password(settings.database)
    say(f"{where} is at revision {after}{' already' if before == after else ', from ' + (before or 'nothing')}.")


@database.command("restored")
def db_restored(
    days: Annotated[
        float, typer.Option(min=0, help="Tell consumers again what changed in so many days: more than the backup is old.")
    ] = 3.0,
) -> None:
    """After a backup was put back: make consumers take what is true now over what the database has forgotten.

    Stop the deliverer first. Each subscription is told again of what changed in the last days; streams are made anew.

    \b
    pg_restore … && newswire db restored --days 2
    """
    from datetime import timedelta

    from pipeline.delivery import targets
    from pipeline.storage.restored import restored
    from schemas.outcome import counted

    with opened(load()) as db, db.write() as conn:
        now = db.now(conn)
        logs = [name for name, kind in targets().items() if kind.is_log]
        done = restored(conn, now, since=now - timedelta(days=days), logs=logs)
    say(
        f"Epoch {done.epoch}: told again to {counted(done.subscriptions, 'subscription')}: {counted(done.items, 'item')} of the last {days:g} days."
    )


@database.command("check")
def db_check() -> None:
    """Say whether the database is there and fits; exit code 0 if it does.

    \b
    newswire db check
    """
    from pathlib import Path

    from pipeline.errors import Misconfigured
    from pipeline.resources import without_password
    from pipeline.storage import schema
    from pipeline.storage.db import Database

    settings = load()
    db = Database.open(settings.database)
    try:
        if not db.is_postgresql and not Path(db.engine.url.database or "").exists():
            raise Misconfigured(f"There is no database yet: {db.engine.url.database} does not exist.", hint="newswire db upgrade")
        schema.check(db)
    finally:
        db.close()
    say(f"{without_password(settings.database)} fits: revision {plain(schema.head())}.")

"""Commands for whoever runs it: status, quarantine, work, db, config."""

from __future__ import annotations

from typing import Annotated

import typer

from newswire.cli.output import AsJson, cell, database, encode, is_json, say, settings, show

quarantine = typer.Typer(no_args_is_help=True, help="What was set aside, why, and how it comes back.")
work = typer.Typer(no_args_is_help=True, help="What is still to do.")
db_app = typer.Typer(no_args_is_help=True, help="The database's tables.")


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(status)
    app.add_typer(quarantine, name="quarantine")
    app.add_typer(work, name="work")
    app.add_typer(db_app, name="db")
    app.command()(config)


def status(as_json: AsJson = False) -> None:
    """How everything is, and what waits for what."""
    from pipeline import resources
    from pipeline.errors import NewswireError
    from pipeline.storage import listing

    configured = settings()
    with database(configured) as db, db.read() as conn:
        state = listing.status(conn, db.now(conn))
    resources.use(configured)
    try:
        url = resources.redis_url()
        state["redis"] = "; ".join(resources.check_redis(url)) or f"at {resources.without_password(url)}"
    except NewswireError as error:
        state["redis"] = f"{error} {error.hint}".strip()
    if is_json(as_json):
        print(encode(state))
        return
    print(f"database       {resources.without_password(configured.database)}")
    print(f"redis          {state['redis']}")
    print(f"items          {cell(state['items']) or 'none yet'}")
    all_sources = state["sources"]
    print(f"sources        {all_sources['all']}, {all_sources['paused']} paused, {len(all_sources['failing'])} failing")
    for one in all_sources["failing"]:
        print(f"               {one['name']} failed {one['failures']} times in a row: {one['last_error']}")
    for one in state["fetches"]:
        waits = f", not before {cell(one['not_before'])}" if one["not_before"] else ""
        print(f"to fetch       {one['jobs']} at {one['host']}{waits}")
    for one in state["backlog"]:
        oldest = f", the oldest for {one['waits_s']} s" if one["waits_s"] else ""
        print(f"to {one['stage']:11} {one['lane']}: {one['ready']} ready{oldest}, {one['leased']} worked on, {one['later']} later")
    for one in state["subscriptions"]:
        paused = f", paused: {one['reason']}" if one["paused"] else ""
        print(
            f"told           {one['name']}: {one.get('behind', 0)} events to read, {one.get('waiting', 0)} items to tell,"
            f" {one.get('in_flight', 0)} on their way, {one.get('parked', 0)} parked{paused}"
        )
    print(f"quarantine     {state['quarantine']}{' (newswire quarantine list)' if state['quarantine'] else ''}")


@quarantine.command("list")
def quarantine_list(
    released: Annotated[bool, typer.Option("--released", help="Also what was put back.")] = False,
    limit: Annotated[int, typer.Option(min=1)] = 50,
    as_json: AsJson = False,
) -> None:
    """What is set aside, the newest first."""
    from pipeline.storage import listing

    with database() as db, db.read() as conn:
        rows = listing.quarantine_list(conn, released=released, limit=limit)
    columns = {"id": "number", "at": "since (UTC)", "stage": "stage", "source": "source", "message": "why"}
    show(rows, columns, as_json=as_json, empty="Nothing is in quarantine.")


@quarantine.command("show")
def quarantine_show(number: int, as_json: AsJson = False) -> None:
    """Who, what, where, why, since when, by which version of the code. Example: newswire quarantine show 17"""
    from pipeline.storage import listing

    with database() as db, db.read() as conn:
        row = listing.quarantine_show(conn, number)
    if is_json(as_json):
        print(encode(row))
        return
    for key, value in row.items():
        if value not in (None, "", []):
            print(f"{key:14} {cell(value)}")
    print(f"\nAfter a mend: newswire quarantine replay {number}")


@quarantine.command("replay")
def quarantine_replay(
    numbers: Annotated[list[int] | None, typer.Argument(metavar="NUMBER...")] = None,
    all_: Annotated[bool, typer.Option("--all", help="All that is set aside.")] = False,
    error: Annotated[str, typer.Option(metavar="TYPE", help="All of one type of error: Unreadable, Gone …")] = "",
) -> None:
    """Put it back to work. Example: newswire quarantine replay 17 18"""
    from pipeline.errors import Misconfigured
    from pipeline.storage import listing
    from pipeline.storage import quarantine as stored

    if sum((bool(numbers), all_, bool(error))) != 1:
        raise Misconfigured("Give numbers, --all or --error TYPE.")
    with database() as db, db.write() as conn:
        rows = listing.quarantine_list(conn, limit=1_000_000)
        chosen = numbers or [row["id"] for row in rows if all_ or row["error"] == error]
        count = stored.replay(conn, chosen, db.now(conn))
    say(f"{count} put back to work.")
    if numbers and count < len(numbers):
        say(f"newswire: {len(numbers) - count} of them are not in quarantine (any more).")
        raise typer.Exit(1)


@work.command("list")
def work_list(limit: Annotated[int, typer.Option(min=1)] = 50, as_json: AsJson = False) -> None:
    """Rows of work, what is due first."""
    from pipeline.storage import listing

    with database() as db, db.read() as conn:
        rows = listing.work_list(conn, db.now(conn), limit=limit)
    columns = {
        "id": "work",
        "stage": "stage",
        "lane": "lane",
        "state": "state",
        "due_at": "due (UTC)",
        "label": "what",
        "last_error": "last trouble",
    }
    show(rows, columns, as_json=as_json, empty="There is nothing to do.")


@work.command("retry")
def work_retry(numbers: Annotated[list[int], typer.Argument(metavar="NUMBER...")]) -> None:
    """Try these now, whenever they were due."""
    from pipeline.storage import work as stored

    with database() as db, db.write() as conn:
        done = sum(stored.retry_now(conn, number, db.now(conn)) for number in numbers)
    say(f"{done} of {len(numbers)} are due now.")
    raise typer.Exit(0 if done == len(numbers) else 1)


@work.command("cancel")
def work_cancel(numbers: Annotated[list[int], typer.Argument(metavar="NUMBER...")]) -> None:
    """Move these to quarantine, as a revoke in Flower does. Nothing is lost: `newswire quarantine replay` brings them back."""
    from sqlalchemy import select

    from pipeline.storage import work as stored
    from schemas.tables import work as rows

    done = []
    with database() as db, db.write() as conn:
        for number in numbers:
            row = conn.execute(select(rows.c.attempts, rows.c.token).where(rows.c.id == number)).one_or_none()
            attempt = 0 if row is None else row.attempts if row.token else row.attempts + 1
            aside = stored.revoke(conn, number, attempt, db.now(conn)) if row is not None else None
            done += [aside] if aside is not None else []
    where = f": quarantine {', '.join(map(str, done))}" if done else ""
    say(f"{len(done)} of {len(numbers)} set aside{where}.")
    raise typer.Exit(0 if len(done) == len(numbers) else 1)


@db_app.command("upgrade")
def db_upgrade() -> None:
    """Make or migrate the tables. Safe to run twice, and while workers run."""
    from pipeline.storage import schema
    from pipeline.storage.db import Database

    configured = settings()
    if not configured.database_url:
        configured.home_path.mkdir(parents=True, exist_ok=True)
    db = Database.open(configured.database)
    try:
        schema.upgrade(db)
        say(f"The database is at revision {schema.current(db)}.")
    finally:
        db.close()


@db_app.command("check")
def db_check() -> None:
    """Whether the tables are what this version needs."""
    with database():
        say("The database is what this version needs.")


def config(as_json: AsJson = False) -> None:
    """All settings, as they are in force; each can be set as NEWSWIRE_<NAME>."""
    import msgspec

    from pipeline.resources import without_password

    values = msgspec.structs.asdict(settings())
    for name in ("database_url", "redis_url"):
        values[name] = without_password(values[name]) if values[name] else ""
    values["flower_auth"] = "***" if values["flower_auth"] else ""
    if is_json(as_json):
        print(encode(values))
        return
    for name, value in values.items():
        print(f"{name:18} {', '.join(value) if isinstance(value, tuple) else value}")

"""Commands about consumers: who is told, of what, and how far they are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from newswire.cli.output import AsJson, cell, database, encode, is_json, say, show

subscriptions = typer.Typer(no_args_is_help=True, help="Who is told of items, and how far they are.")

Pairs = Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(subscriptions, name="subscriptions")


def _pairs(given: list[str] | None, what: str) -> list[tuple[str, str]]:
    from pipeline.errors import Misconfigured

    pairs = [tuple(one.partition("=")[::2]) for one in given or []]
    for name, value in pairs:
        if not name or not value:
            raise Misconfigured(f"{what} takes name=value, not {name!r}.")
    return pairs  # type: ignore[return-value]


@subscriptions.command("add")
def add(
    name: str,
    to: Annotated[str, typer.Option(help="Kind of target: celery.")] = "celery",
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting of the target: broker, task, queue …")
    ] = None,
    filter_: Annotated[
        list[str] | None,
        typer.Option("--filter", metavar="NAME=VALUE", help="provider, source, language, keyword or kind. May be given often."),
    ] = None,
    after: Annotated[str, typer.Option(help="stored, or enriched: only when all facts are there.")] = "stored",
    from_start: Annotated[bool, typer.Option("--from-start", help="Also all that is stored already.")] = False,
) -> None:
    """Subscribe a consumer.

    Example: newswire subscriptions add team --set broker=redis://127.0.0.1:6379/1 --set task=stories.receive --set queue=stories
    """
    from pipeline.delivery import target
    from pipeline.storage import subscriptions as stored

    settings: dict[str, Any] = {key: int(value) if value.isdecimal() else value for key, value in _pairs(set_, "--set")}
    filters: dict[str, list[str]] = {}
    for key, value in _pairs(filter_, "--filter"):
        filters.setdefault(key, []).append(value)
    target(to).check(settings)
    with database() as db, db.write() as conn:
        stored.add(conn, db.now(conn), name=name, kind=to, target=settings, filter=filters, after=after, from_start=from_start)
    say(f"{name} is told of items {'from the start' if from_start else 'from now on'}, by {target(to).describe(settings)}.")


@subscriptions.command("list")
def list_(as_json: AsJson = False) -> None:
    """All subscriptions: what waits, what is on its way, what is parked."""
    from pipeline.delivery import target
    from pipeline.storage import deliveries
    from pipeline.storage import subscriptions as stored

    with database() as db, db.read() as conn:
        lag = deliveries.lag(conn, db.now(conn))
        rows = [
            {
                "name": one.name,
                "state": f"paused: {one.pause_reason}" if one.paused_at else "on",
                "to": target(one.kind).describe(one.target),
            }
            | lag.get(one.id, {})
            for one in stored.listed(conn)
        ]
    columns = {
        "name": "name",
        "state": "state",
        "to": "to",
        "behind": "to read",
        "waiting": "to tell",
        "in_flight": "on its way",
        "parked": "parked",
    }
    show(rows, columns, as_json=as_json, empty="Nobody is told. `newswire subscriptions add` subscribes a consumer.")


@subscriptions.command("show")
def show_(name: str, as_json: AsJson = False) -> None:
    """One subscription. Passwords in its target are not shown."""
    import msgspec

    from pipeline.delivery import target
    from pipeline.storage import deliveries
    from pipeline.storage import subscriptions as stored

    with database() as db, db.read() as conn:
        one = stored.get(conn, name)
        lag = deliveries.lag(conn, db.now(conn)).get(one.id, {})
    values = msgspec.structs.asdict(one) | lag
    values["target"] = target(one.kind).describe(one.target)
    del values["token"]
    if is_json(as_json):
        print(encode(values))
        return
    for key, value in values.items():
        if value not in (None, "", {}):
            print(f"{key:14} {cell(value)}")


@subscriptions.command("pause")
def pause(name: str, reason: Annotated[str, typer.Option(help="Shown wherever it is.")] = "by hand") -> None:
    """Send nothing; what changes is kept for it."""
    from pipeline.storage import subscriptions as stored

    with database() as db, db.write() as conn:
        stored.pause(conn, name, db.now(conn), reason)
    say(f"{name} is paused; `newswire subscriptions resume {name}` goes on.")


@subscriptions.command("resume")
def resume(name: str) -> None:
    """Send again."""
    from pipeline.storage import subscriptions as stored

    with database() as db, db.write() as conn:
        stored.resume(conn, name)
    say(f"{name} goes on.")


@subscriptions.command("rewind")
def rewind(name: str, to: Annotated[str, typer.Option(help="A number (0: the beginning), or a time: 2026-03-01T12:00.")]) -> None:
    """Tell it again what changed since. Example: newswire subscriptions rewind team --to 2026-03-01T12:00"""
    from pipeline.errors import Misconfigured
    from pipeline.storage import subscriptions as stored

    try:
        place: int | datetime = int(to) if to.isdecimal() else datetime.fromisoformat(to)
    except ValueError as error:
        raise Misconfigured(f"{to!r} is neither a number nor a time.", hint="0, or 2026-03-01T12:00 (UTC).") from error
    if isinstance(place, datetime) and place.tzinfo is None:
        place = place.replace(tzinfo=UTC)
    with database() as db, db.write() as conn:
        one = stored.rewind(conn, name, to=place)
    say(f"{name} is told again what changed after event {one.read_seq}.")


@subscriptions.command("remove")
def remove(name: str) -> None:
    """End a subscription."""
    from pipeline.storage import subscriptions as stored

    with database() as db, db.write() as conn:
        stored.remove(conn, name, db.now(conn))
    say(f"{name} is told nothing any more.")

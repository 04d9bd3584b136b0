"""`newswire subscriptions`: who is told, of what, and how far they are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswire.cli import FAILED
from newswire.cli.opening import load, opened
from newswire.cli.output import AsJson, fields, say, show_json, table, tell, wants_json
from newswire.cli.subscription_settings import change, filters, in_words, target_settings

if TYPE_CHECKING:
    from pipeline.storage.subscriptions import Subscription

subscriptions = typer.Typer(help="Add, list, change, pause and rewind consumers.", no_args_is_help=True, rich_markup_mode=None)

_Name = Annotated[str, typer.Argument(show_default=False)]


_SETTINGS = (
    "Of its target, as its kind needs: broker, task, queue (celery); url, secret (webhook); url, stream, groups (stream); folder (files)."
    " All of them: docs/reference/subscriptions.md"
)
_FILTERS = (
    "provider, source, language, keyword, kind, url, or any field of the message by its path: article.urgency=flash, facts.places.name=…;"
    " several values of one: any."
)


def add_to(app: typer.Typer) -> None:
    app.add_typer(subscriptions, name="subscriptions")


@subscriptions.command("add")
def add(
    name: _Name,
    to: Annotated[
        str, typer.Option("--to", metavar="KIND", help="celery (a task of a foreign application), webhook, stream (Redis), files.")
    ] = "celery",
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help=_SETTINGS)] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--filter", metavar="NAME=VALUE", help=_FILTERS),
    ] = None,
    after: Annotated[str, typer.Option(help="stored, or enriched: then facts are in the message.")] = "stored",
    embargo: Annotated[str, typer.Option(help="wait, or early: told also of what is under embargo, and until when.")] = "wait",
    from_start: Annotated[bool, typer.Option("--from-start", help="With all that is stored already.")] = False,
) -> None:
    """Tell a consumer of items, from now on.

    \b
    newswire subscriptions add stories --set broker=redis://127.0.0.1:6379/1 --set task=stories.receive --set queue=stories
    newswire subscriptions add desk … --filter language=en --filter keyword=harbour --after enriched
    """
    from pipeline.delivery import check_place, target
    from pipeline.storage import subscriptions as rows

    kind = target(to)
    wanted = target_settings(settings or [])
    kind.check(wanted)
    chosen = filters(only or [])
    with opened(load(), create=True) as db, db.write() as conn:
        check_place(name, to, wanted, rows.listed(conn))
        rows.add(
            conn,
            db.now(conn),
            name=name,
            kind=to,
            target=wanted,
            filter=chosen,
            after=after,
            embargo=embargo,
            from_start=from_start,
            is_log=kind.is_log,
        )
    say(f"{name} is told of items from now on{', and of all that is stored' if from_start else ''}: {kind.describe(wanted)}.")


subscriptions.command("set")(change)


@subscriptions.command("list")
def list_(as_json: AsJson = False) -> None:
    """List all subscriptions, and how far behind they are.

    \b
    newswire subscriptions list
    """
    from pipeline.delivery import target
    from pipeline.storage import deliveries
    from pipeline.storage import subscriptions as rows

    with opened(load()) as db, db.read() as conn:
        found = rows.listed(conn)
        lag = deliveries.lag(conn, db.now(conn))
    if wants_json(as_json):
        show_json([_public(one, lag) for one in found])
        return
    table(
        ("name", "target", "filter", "state", "to read", "to tell", "in flight", "parked"),
        [
            (one.name, target(one.kind).describe(one.target), in_words(one.filter), _state(one), *(lag[one.id][k] for k in _LAG))
            for one in found
        ],
        none="Nobody is told yet: newswire subscriptions add --help",
    )


_LAG = ("behind", "waiting", "in_flight", "parked")


def _state(one: Subscription) -> str:
    if one.paused_at:
        return f"paused{f': {one.pause_reason}' if one.pause_reason else ''}"
    return f"waits: {one.trouble}" if one.trouble else "on"


def _public(one: Subscription, lag: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """As JSON, without passwords and tokens."""
    from pipeline.delivery import target

    told = ("name", "kind", "filter", "after", "embargo", "generation", "read_seq")
    names = (*told, "paused_at", "pause_reason", "trouble", "trouble_at", "created_at")
    return {name: getattr(one, name) for name in names} | {"target": target(one.kind).describe(one.target)} | lag.get(one.id, {})


@subscriptions.command("show")
def show(name: _Name, as_json: AsJson = False) -> None:
    """Show one: its target, how far it is, and what is parked because it could not be told.

    \b
    newswire subscriptions show stories
    """
    from pipeline.delivery import target
    from pipeline.storage import deliveries, listing
    from pipeline.storage import subscriptions as rows

    with opened(load()) as db, db.read() as conn:
        one = rows.get(conn, name)
        lag = deliveries.lag(conn, db.now(conn))
        held_back = listing.parked(conn, one.id)
    if as_json:
        show_json(_public(one, lag) | {"parked_items": held_back})
        return
    fields(
        [
            ("name", one.name),
            ("target", target(one.kind).describe(one.target)),
            ("filter", _filter(one)),
            ("told after", one.after),
            ("state", _state(one)),
            ("read up to event", one.read_seq),
            ("events to read", lag[one.id]["behind"]),
            ("items to tell", lag[one.id]["waiting"]),
            ("in flight", lag[one.id]["in_flight"]),
            ("generation", one.generation),
        ]
    )
    if held_back:
        say("Parked:")
        table(_PARKED, [tuple(row.values()) for row in held_back])
        tell(f"Try them again: newswire subscriptions retry {name} --all")


def _filter(one: Subscription) -> str:
    if one.refilter_from is None:
        return in_words(one.filter)
    from schemas.outcome import counted

    left = counted(one.past[-1].items + 1 - one.refilter_from, "item")
    return f"{in_words(one.filter) or 'none'} (what left it is looked for: {left} to go)"


@subscriptions.command("pause")
def pause(name: _Name, reason: Annotated[str, typer.Option(help="For whoever asks later.")] = "") -> None:
    """Send nothing until it is resumed; what it would have been told of is kept.

    \b
    newswire subscriptions pause stories --reason "moves to a new Redis"
    """
    from pipeline.storage import subscriptions as rows

    with opened(load()) as db, db.write() as conn:
        rows.pause(conn, name, db.now(conn), reason)
    say(f"{name} is paused.")


@subscriptions.command("resume")
def resume(name: _Name) -> None:
    """Send again.

    \b
    newswire subscriptions resume stories
    """
    from pipeline.storage import subscriptions as rows

    with opened(load()) as db, db.write() as conn:
        rows.resume(conn, name)
    say(f"{name} is on.")


@subscriptions.command("rewind")
def rewind(
    name: _Name,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="EVENT|TIME",
            help="An event's number, or a time, UTC unless it says otherwise: 2026-11-24T06:00",
            show_default=False,
        ),
    ] = "",
    everything: Annotated[bool, typer.Option("--all", help="From the first event on.")] = False,
) -> None:
    """Tell again what changed since an event or a time, as it is now.

    \b
    newswire subscriptions rewind stories --to 2026-11-24T06:00
    """
    from pipeline.errors import Misconfigured
    from pipeline.storage import subscriptions as rows

    if bool(to) == everything:
        raise Misconfigured("Say how far to rewind: --to EVENT, --to TIME, or --all.", hint="newswire subscriptions rewind --help")
    since = 0 if everything else _since(to)
    with opened(load()) as db, db.write() as conn:
        one = rows.rewind(conn, name, to=since)
    say(f"{name} is told again of what changed after event {one.read_seq}, as generation {one.generation}.")


def _since(given: str) -> int | datetime:
    from pipeline.errors import Misconfigured

    if given.isdecimal():
        return int(given)
    try:
        parsed = datetime.fromisoformat(given)
    except ValueError as error:
        raise Misconfigured(
            f"{given} is neither an event's number nor a time.", hint="A time is written 2026-11-24T06:00, in UTC."
        ) from error
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


@subscriptions.command("remove")
def remove(name: _Name) -> None:
    """End a subscription; what it had still to be told is dropped.

    \b
    newswire subscriptions remove stories
    """
    from pipeline.storage import subscriptions as rows

    with opened(load()) as db, db.write() as conn:
        rows.remove(conn, name, db.now(conn))
    say(f"{name} is removed.")


@subscriptions.command("parked")
def parked(name: _Name, limit: Annotated[int, typer.Option(min=1, help="So many at most.")] = 50, as_json: AsJson = False) -> None:
    """List what a consumer could not be told: why, since when, by which version of newswire.

    \b
    newswire subscriptions parked stories
    """
    from pipeline.storage import listing
    from pipeline.storage import subscriptions as rows

    with opened(load()) as db, db.read() as conn:
        found = listing.parked(conn, rows.get(conn, name).id, limit=limit)
    if wants_json(as_json):
        show_json(found)
        return
    table(_PARKED, [tuple(row.values()) for row in found], none="Nothing is parked.")


_PARKED = ("item", "since", "attempts", "why", "by newswire", "headline")


@subscriptions.command("retry")
def retry(
    name: _Name,
    items: Annotated[list[int] | None, typer.Argument(metavar="[ITEM]...", show_default=False)] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that is parked.")] = False,
    error: Annotated[str, typer.Option("--error", metavar="WORDS", help="All whose reason has these words: 422, unconfirmed.")] = "",
) -> None:
    """Tell a consumer again of what was parked.

    \b
    newswire subscriptions retry stories 17 18
    newswire subscriptions retry stories --all
    """
    from pipeline.errors import Misconfigured
    from pipeline.storage import deliveries
    from pipeline.storage import subscriptions as rows

    if sum((bool(items), everything, bool(error))) != 1:
        raise Misconfigured("Say what to retry: numbers of items, --all, or --error WORDS.", hint=f"newswire subscriptions parked {name}")
    with opened(load()) as db, db.write() as conn:
        count = deliveries.retry(conn, rows.get(conn, name).id, db.now(conn), items=items or (), error=error)
    say(f"{count} due now." if count else "Nothing of it is parked.")
    if count < len(items or [0]):
        raise typer.Exit(FAILED)


@subscriptions.command("check")
def check(
    name: _Name,
    patience: Annotated[float, typer.Option(min=0, help="Seconds to wait for a probe's acknowledgement.")] = 10.0,
    as_json: AsJson = False,
) -> None:
    """Ask its target whether it would take messages and acknowledge them; exit code 0 if so. A probe is sent; it changes nothing there.

    \b
    newswire subscriptions check stories
    """
    from newswire.checking import examine

    with opened(load()) as db:
        found = examine(db, name, patience)
    is_well = all(one.ok for one in found)
    if as_json:
        show_json({"ok": is_well, "found": found})
    else:
        say(*(one.says if one.ok else f"Not well: {one.says}" for one in found))
    if not is_well:
        raise typer.Exit(FAILED)

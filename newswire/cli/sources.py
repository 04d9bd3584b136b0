"""`newswire sources`: where news comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswire.cli.opening import load, opened
from newswire.cli.output import AsJson, fields, say, show_json, table, wants_json

if TYPE_CHECKING:
    from pipeline.storage.sources import Source
    from schemas.source import Declared

sources = typer.Typer(help="Add, list, pause and remove what is polled.", no_args_is_help=True, rich_markup_mode=None)

_Names = Annotated[list[str], typer.Argument(metavar="NAME...", show_default=False)]


def add_to(app: typer.Typer) -> None:
    app.add_typer(sources, name="sources")


@sources.command("add")
def add(
    name: Annotated[str, typer.Argument(help="How you call it: reuters-world", show_default=False)],
    kind: Annotated[str, typer.Argument(help="url, feed or folder.", show_default=False)],
    location: Annotated[str, typer.Argument(help="An address, or a path.", show_default=False)],
    provider: Annotated[str, typer.Option(help="Whose ids these are; its host by default.")] = "",
    language: Annotated[str, typer.Option(metavar="TAG", help="For what says nothing of its own: en")] = "",
    lane: Annotated[str, typer.Option(help="flash, normal or backfill.")] = "normal",
    every: Annotated[
        str, typer.Option(metavar="SPAN", help="30s, 5m, 2h, 1d, or never: only when triggered. A folder is watched besides.")
    ] = "",
    cron: Annotated[str, typer.Option(metavar="LINE", help="Five fields, UTC, instead of --every.")] = "",
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="What only its kind knows: content=feed")
    ] = None,
) -> None:
    """Add a source. It is polled at once, and then in its rhythm, by a running scheduler.

    \b
    newswire sources add example-world feed https://example.org/world.xml --every 5m
    newswire sources add agency folder /srv/agency/in
    """
    from pipeline.sources.declare import from_table
    from pipeline.storage import sources as rows

    given: dict[str, Any] = {"name": name, "kind": kind, "location": location, "lane": lane}
    given |= {key: value for key, value in {"provider": provider, "language": language, "every": every, "cron": cron}.items() if value}
    given |= _settings(settings or ())
    declared = from_table(given, base=Path.cwd())
    with opened(load(), create=True) as db, db.write() as conn:
        rows.add(conn, declared, db.now(conn))
    say(f"{declared.name} is added: {declared.kind} at {declared.location}, {_rhythm(declared)}.")


def _settings(pairs: list[str] | tuple[()]) -> dict[str, Any]:
    from pipeline.errors import Misconfigured

    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise Misconfigured(f"--set {pair} has no value.", hint="Write --set NAME=VALUE.")
        found[name] = {"true": True, "false": False}.get(value, value)
    return found


def _rhythm(one: Declared | Source) -> str:
    watched = "when a file comes, and " if one.kind == "folder" else ""
    return f"{watched}{_asked(one.rhythm_s, one.cron)}"


def _asked(rhythm_s: float | None, cron: str) -> str:
    if cron:
        return f"by cron: {cron}"
    if rhythm_s is None:
        return "only when triggered"
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if rhythm_s >= size and rhythm_s % size == 0:
            return f"every {rhythm_s // size:g}{unit}"
    return f"every {rhythm_s:g}s"


@sources.command("apply")
def apply(
    file: Annotated[Path, typer.Argument(metavar="FILE.toml", help="Of [[source]] tables.", show_default=False)],
    keep: Annotated[bool, typer.Option("--keep", help="Leave sources alone that the file does not name.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make the sources equal a file: what is missing there is removed, what they brought stays.

    \b
    newswire sources apply sources.toml
    """
    from pipeline.sources.declare import read_file
    from pipeline.storage import sources as rows

    declared = read_file(file)
    with opened(load(), create=True) as db, db.write() as conn:
        done = rows.apply(conn, declared, db.now(conn), keep=keep)
    if as_json:
        show_json(done)
        return
    for what in ("added", "changed", "removed"):
        names: tuple[str, ...] = getattr(done, what)
        if names:
            say(f"{len(names)} {what}: {', '.join(names)}")
    say(f"{len(done.unchanged)} unchanged")


@sources.command("list")
def list_(as_json: AsJson = False) -> None:
    """List all sources, and how they are.

    \b
    newswire sources list
    """
    from pipeline.storage import sources as rows

    with opened(load()) as db, db.read() as conn:
        found = rows.listed(conn)
    if wants_json(as_json):
        show_json(found)
        return
    table(
        ("name", "kind", "when", "health", "polled", "changed", "location"),
        [(s.name, s.kind, _rhythm(s), _health(s), s.last_poll_at, s.last_change_at, s.location) for s in found],
        none="There is no source yet: newswire sources add NAME KIND LOCATION",
    )


def _health(one: Source) -> str:
    if one.paused_at is not None:
        return f"paused{f': {one.pause_reason}' if one.pause_reason else ''}"
    if one.failures:
        return f"failed {one.failures} times: {one.last_error}" if one.failures > 1 else f"failed: {one.last_error}"
    return "ok" if one.last_ok_at else "not polled yet"


@sources.command("show")
def show(name: Annotated[str, typer.Argument(show_default=False)], as_json: AsJson = False) -> None:
    """Show one source: what it is, how it is, and its last polls.

    \b
    newswire sources show example-world
    """
    from pipeline.storage import listing
    from pipeline.storage import sources as rows

    with opened(load()) as db, db.read() as conn:
        [one] = rows.named(conn, [name])
        polls = listing.polls(conn, one.id)
    if as_json:
        show_json({"source": one, "polls": polls})
        return
    fields(
        [
            ("name", one.name),
            ("kind", one.kind),
            ("location", one.location),
            ("provider", one.provider),
            ("language", one.language),
            ("lane", one.lane),
            ("when", _rhythm(one)),
            ("health", _health(one)),
            ("next poll", one.due_at),
            ("last change", one.last_change_at),
            *((f"its {key}", value) for key, value in one.settings.items()),
        ]
    )
    if polls:
        table(
            ("run", "began", "outcome", "entries", "new", "note"),
            [(p["run"], p["started_at"], p["outcome"] or "under way", p["entries"], p["new_entries"], p["note"]) for p in polls],
        )


@sources.command("pause")
def pause(names: _Names, reason: Annotated[str, typer.Option(help="For whoever asks later.")] = "") -> None:
    """Ask no more, until they are resumed.

    \b
    newswire sources pause example-world --reason "moves to a new address"
    """
    from pipeline.storage import sources as rows

    with opened(load()) as db, db.write() as conn:
        count = rows.pause(conn, names, db.now(conn), reason=reason)
    say(f"{count} of {len(names)} paused.")


@sources.command("resume")
def resume(names: _Names) -> None:
    """Ask again what was paused.

    \b
    newswire sources resume example-world
    """
    from pipeline.storage import sources as rows

    with opened(load()) as db, db.write() as conn:
        count = rows.resume(conn, names, db.now(conn))
    say(f"{count} of {len(names)} resumed.")


@sources.command("remove")
def remove(names: _Names) -> None:
    """Ask no more, and forget them; what they brought stays.

    \b
    newswire sources remove example-world
    """
    from pipeline.storage import sources as rows

    with opened(load()) as db, db.write() as conn:
        rows.named(conn, names)
        count = rows.remove(conn, names, db.now(conn))
    say(f"{count} of {len(names)} removed.")

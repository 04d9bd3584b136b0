"""`newswire subscriptions set`, and how settings and filters of a subscription are written on a command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswire.cli.opening import load, opened
from newswire.cli.output import AsJson, progress, say, show_json

if TYPE_CHECKING:
    from pipeline.storage.db import Database
    from pipeline.storage.subscriptions import Subscription


def change(
    name: Annotated[str, typer.Argument(show_default=False)],
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Of its target, as in `add`; NAME= for its default.")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--filter", metavar="NAME=VALUE", help="In place of that filter's values; NAME= takes the filter away."),
    ] = None,
    after: Annotated[str, typer.Option(help="stored, or enriched.", show_default=False)] = "",
    embargo: Annotated[str, typer.Option(help="wait, or early.", show_default=False)] = "",
    as_json: AsJson = False,
) -> None:
    """Change settings while it runs; what is not named stays. Its consumer is told of what it has and the new filter no longer lets pass: the
    deliverer looks for that, and nothing waits for it.

    \b
    newswire subscriptions set stories --set window=500
    newswire subscriptions set desk --filter language=en --filter language=de --filter keyword=
    """
    import msgspec

    from pipeline.delivery import check_place, target
    from pipeline.errors import Misconfigured
    from pipeline.storage import changing, subscriptions

    if not (settings or only or after or embargo):
        raise Misconfigured("Say what to change: --set, --filter, --after or --embargo.", hint="newswire subscriptions set --help")
    with opened(load()) as db:
        before = _settled(db, name)
        wanted = msgspec.structs.replace(
            before,
            target=_merged(before.target, target_settings(settings or [], may_be_empty=True)),
            filter=_merged(before.filter, filters(only or [], may_be_empty=True)),
            after=after or before.after,
            embargo=embargo or before.embargo,
        )
        target(before.kind).check(wanted.target)
        changed = _changed(before, wanted)
        if changed:
            with db.write() as conn:
                if wanted.target != before.target:
                    check_place(name, before.kind, wanted.target, subscriptions.listed(conn))
                changing.change(conn, db.now(conn), before, wanted)
        with db.read() as conn:
            now = subscriptions.get(conn, name)
    if as_json:
        show_json({"changed": changed})
        return
    say(*(changed or [f"{name} is set so already."]))
    if now.refilter_from is not None:
        say(f"The deliverer looks for what leaves the filter and tells its consumer: newswire subscriptions show {name}")


def _settled(db: Database, name: str) -> Subscription:
    """One of which all items are looked at for its last change of filter: what a deliverer has not done yet is done here."""
    from pipeline.storage import changing, subscriptions

    with progress("Looking for what its last change left", None) as bar:
        while True:
            with db.read() as conn:
                one = subscriptions.get(conn, name)
            if one.refilter_from is None:
                return one
            bar.to(one.refilter_from, one.past[-1].items)
            changing.step(db, name)


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """`new` over `old`, each of `headers` too; what is empty goes."""
    found = dict(old)
    for name, value in new.items():
        found[name] = _merged(old.get(name) or {}, value) if isinstance(value, dict) else value
        if found[name] in ("", [""], {}):
            del found[name]
    return found


def _changed(before: Subscription, wanted: Subscription) -> list[str]:
    """A line for each difference. Of a target's settings only numbers are told, and what its kind says of it: others may be secrets."""
    from pipeline.delivery import target

    describe = target(before.kind).describe
    pairs = {
        "target": (describe(before.target), describe(wanted.target)),
        "filter": (in_words(before.filter), in_words(wanted.filter)),
        "told after": (before.after, wanted.after),
        "embargo": (before.embargo, wanted.embargo),
    }
    lines = [f"{what}: {was or 'none'} -> {now or 'none'}" for what, (was, now) in pairs.items() if was != now]
    for name in sorted(before.target.keys() | wanted.target.keys()):
        was, now = (str(one.target.get(name, "default")) for one in (before, wanted))
        if was == now:
            continue
        if all(value == "default" or value.replace(".", "", 1).isdecimal() for value in (was, now)):
            lines.append(f"{name}: {was} -> {now}")
        elif now not in pairs["target"][1]:
            lines.append(f"{name}: changed")
    return lines


def in_words(filter: dict[str, list[str]]) -> str:
    """`language en or de; keyword harbour`"""
    return "; ".join(f"{name} {' or '.join(values)}" for name, values in filter.items())


def filters(given: list[str], *, may_be_empty: bool = False) -> dict[str, list[str]]:
    """`language=en language=de` are two values of one. Raises Misconfigured."""
    chosen: dict[str, list[str]] = {}
    for name, value in _pairs(given, "--filter", may_be_empty):
        chosen.setdefault(name, []).append(value)
    return chosen


def target_settings(given: list[str], *, may_be_empty: bool = False) -> dict[str, Any]:
    """`headers.x-team=desk` is a part of `headers`. Raises Misconfigured."""
    found: dict[str, Any] = {}
    for name, value in _pairs(given, "--set", may_be_empty):
        whole, dot, part = name.partition(".")
        if dot:
            found.setdefault(whole, {})[part] = value
        else:
            found[name] = value
    return found


def _pairs(given: list[str], option: str, may_be_empty: bool) -> list[tuple[str, str]]:
    from pipeline.errors import Misconfigured

    found = []
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or not name or not (value or may_be_empty):
            raise Misconfigured(f"{option} {pair} is no NAME=VALUE.", hint="newswire subscriptions add --help")
        found.append((name, value))
    return found

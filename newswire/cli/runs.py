"""`newswire runs`: what each trigger set off, and what came of it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from newswire.cli.opening import load, opened
from newswire.cli.output import AsJson, fields, plain, say, show_json, table, wants_json

runs = typer.Typer(help="What each trigger set off.", no_args_is_help=True, rich_markup_mode=None)


def add_to(app: typer.Typer) -> None:
    app.add_typer(runs, name="runs")


@runs.command("list")
def list_(limit: Annotated[int, typer.Option(min=1, help="So many at most.")] = 20, as_json: AsJson = False) -> None:
    """List runs, the newest first: when, by whom, and what came of them.

    \b
    newswire runs list --limit 5
    """
    from pipeline.storage import runs as rows

    with opened(load()) as db, db.read() as conn:
        found = rows.listed(conn, limit=limit)
    if wants_json(as_json):
        show_json(found)
        return
    table(
        ("run", "began", "trigger", "what", "polls", "came of it"),
        [(r["id"], r["created_at"], r["trigger"], r["label"], r["polls"], r["verdicts"]) for r in found],
        none="There was no run yet.",
    )


@runs.command("show")
def show(id: Annotated[int, typer.Argument(metavar="RUN", show_default=False)], as_json: AsJson = False) -> None:
    """Tell what one run did: by source what came of its documents and how long it took; what failed, and what to do; what is still to do.

    \b
    newswire runs show 41
    """
    from pipeline.storage import runs as rows

    with opened(load()) as db, db.read() as conn:
        found = rows.report(conn, id)
    if as_json:
        show_json(found)
        return
    say(f"Run {id}, begun {plain(found['created_at'])} by {found['trigger']}{': ' + found['label'] if found['label'] else ''}.")
    if found["sources"]:
        kinds = rows.kinds_of(found["sources"])
        table(
            ("source", "outcome", "listed", "documents", *kinds, "quarantined", "took"),
            [
                (
                    one["name"],
                    one["outcome"],
                    one["entries"],
                    one["documents"],
                    *(one["verdicts"].get(kind, 0) for kind in kinds),
                    one["quarantined"],
                    _seconds(one["took_s"]),
                )
                for one in found["sources"]
            ],
        )
    if found["failures"]:
        table(("failed", "times", "why", "what to do"), [(one["source"], one["times"], one["why"], one["do"]) for one in found["failures"]])
    fields(
        [
            ("documents fetched", found["captures"]),
            ("verdicts", found["verdicts"]),
            ("in quarantine", found["quarantined"] and f"{found['quarantined']}: newswire quarantine list --run {id}"),
            ("still to fetch", found["fetches_to_do"] or ""),
            ("still to work on", found["work_to_do"] or ""),
        ]
    )
    say(_end(found))


def _end(found: dict[str, Any]) -> str:
    from pipeline.storage.runs import UNDER_WAY

    if found["fetches_to_do"] or found["work_to_do"] or any(one["outcome"] == UNDER_WAY for one in found["sources"]):
        return "It goes on."
    return f"It is done{', after ' + _seconds(found['took_s']) if found['took_s'] is not None else ''}."


def _seconds(took_s: float | None) -> str:
    if took_s is None:
        return ""
    return f"{took_s:.1f} s" if took_s < 120 else f"{took_s / 60:.0f} min"

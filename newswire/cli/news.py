"""Commands about news: ingest, items, why, enrich."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswire.cli.output import AsJson, complain, database, encode, is_json, say, settings, show

if TYPE_CHECKING:
    from pipeline.here import Ingested
    from schemas.article import Article

items = typer.Typer(no_args_is_help=True, help="Look at what is stored.")


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(ingest)
    app.add_typer(items, name="items")
    app.command()(why)
    app.command()(enrich)


def ingest(
    locations: Annotated[list[str], typer.Argument(metavar="PATH|URL...", help="Files or pages.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print each article as a JSON object.")] = False,
) -> None:
    """Take documents the whole way in this process, and print their articles. The verdict goes to stderr.

    Example: newswire ingest story.txt https://example.org/page.html --json
    """
    from pipeline.errors import NewswireError
    from pipeline.here import ingest_here

    worst = 0
    configured = settings()
    with database(configured) as db:
        for location in locations:
            try:
                for one in ingest_here(db, configured, location):
                    _tell(one, as_json=as_json)
            except NewswireError as error:
                worst = max(worst, complain(error))
    raise typer.Exit(worst)


def _tell(one: Ingested, *, as_json: bool) -> None:
    if one.article is not None:
        print(encode(one.article) if as_json else _as_text(one.article), flush=True)
    elif as_json:
        print(encode({"item": one.item, "status": one.status}), flush=True)
    held = f" It is {one.status}: consumers are not shown it." if one.status != "usable" else ""
    say(f"{one.verdict}: item {one.item}{'; ' if one.evidence else ''}{'; '.join(one.evidence)}.{held}")


def _as_text(article: Article) -> str:
    lines = [article.headline, "=" * min(len(article.headline), 80)]
    if article.byline:
        lines.append(f"By {article.byline}")
    if article.dateline:
        lines.append(article.dateline.raw.strip())
    related = {link.after_paragraph: link for link in article.related_links}
    for place, paragraph in enumerate(article.paragraphs, 1):
        lines += ["", paragraph]
        if place in related:
            lines.append(f"  → {related[place].text}")
    for picture in article.pictures:
        lines += ["", f"[picture] {picture.caption} {picture.credit_raw}".rstrip()]
    return "\n".join(lines)


@items.command("list")
def items_list(
    search: Annotated[str, typer.Option("--search", "-s", help="Words in the headline or the text.")] = "",
    source: Annotated[str, typer.Option(help="Name of a source.")] = "",
    since: Annotated[datetime | None, typer.Option(help="Came on this day or later.", formats=["%Y-%m-%d"])] = None,
    until: Annotated[datetime | None, typer.Option(help="Came on this day or earlier.", formats=["%Y-%m-%d"])] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 20,
    as_json: AsJson = False,
) -> None:
    """The newest items. Example: newswire items list --search harbour --since 2026-03-01"""
    from pipeline.storage import listing

    with database() as db, db.read() as conn:
        rows = listing.item_list(
            conn,
            search=search,
            source_name=source,
            since=since.date() if since else None,
            until=until.date() if until else None,
            limit=limit,
        )
    columns = {
        "id": "item",
        "status": "status",
        "versions": "version",
        "source": "source",
        "headline": "headline",
        "updated_at": "changed (UTC)",
    }
    show(rows, columns, as_json=as_json, empty="Nothing is stored that fits. `newswire sources add` or `newswire ingest` brings something.")


@items.command("show")
def items_show(item: int, as_json: AsJson = False) -> None:
    """One item whole. Example: newswire items show 12"""
    from pipeline.storage import listing

    with database() as db, db.read() as conn:
        found = listing.item_show(conn, item)
    if is_json(as_json):
        print(encode(found))
        return
    print(f"item {item} · {found['provider']} · {found['status']} · story {found['story']} · {found['url']}")
    for one in found["versions"]:
        print(f"  version {one['number']} {one['kind']}{' (history)' if one['is_history'] else ''}: {one['headline']}")
    for one in found["copies"]:
        print(f"  {one['kind'].replace('_', ' ')} item {one['other']}, {round((one['share_of_item'] or 0) * 100)} % of its text")
    for one in found["copied_by"]:
        print(f"  carried by item {one['item']}, {round((one['share_of_other'] or 0) * 100)} % of it")
    for name, value in found["facts"].items():
        print(f"  {name}: {_brief(value)}")
    if found["article"] is not None:
        print()
        print(_as_text(found["article"]))


def _brief(value: Any) -> str:
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value.values()))
    if isinstance(value, list):
        return ", ".join(str(one.get("word") or one.get("name") or one) if isinstance(one, dict) else str(one) for one in value)
    return str(value.get("language", value)) if isinstance(value, dict) else str(value)


@items.command("diff")
def items_diff(
    item: int,
    old: Annotated[int | None, typer.Argument(help="Number of a version. [default: the one before the newest]")] = None,
    new: Annotated[int | None, typer.Argument(help="Number of a version. [default: the newest]")] = None,
) -> None:
    """What changed between two versions, word by word. Example: newswire items diff 12 1 3"""
    from rich.console import Console

    from newswire.diff import difference
    from pipeline.errors import Misconfigured
    from pipeline.storage import listing

    with database() as db, db.read() as conn:
        texts = {number: (kind, article) for number, kind, article in listing.version_texts(conn, item)}
    numbers = sorted(texts)
    second = new or numbers[-1]
    first = old or max((number for number in numbers if number < second), default=second)
    for number in (first, second):
        if number not in texts:
            raise Misconfigured(f"Item {item} has no version {number}.", hint=f"It has {', '.join(map(str, numbers))}.")
    console = Console()
    console.print(f"item {item}: version {first} ({texts[first][0]}) → version {second} ({texts[second][0]})", style="bold")
    for line in difference(texts[first][1], texts[second][1]):
        console.print(line)


def why(asked: Annotated[str, typer.Argument(metavar="URL|ID")], as_json: AsJson = False) -> None:
    """The life of an item or a URL: what happened, when, and why. Example: newswire why https://example.org/story"""
    from rich.console import Console
    from rich.markup import escape

    from pipeline.storage import explain

    with database() as db, db.read() as conn:
        life = explain.why(conn, asked)
    if is_json(as_json):
        print(encode(life))
        return
    console = Console()
    console.print(f"[bold]{escape(life.about)}[/]")
    for one in life.moments:
        console.print(f"[dim]{one.at:%Y-%m-%d %H:%M:%S}[/]  {escape(one.sentence)}")
    for sentence in life.now:
        console.print(f"[bold]now[/]                  {escape(sentence)}")


def enrich(
    missing: Annotated[str, typer.Option(metavar="NAME", help="An enricher that was added or changed.")],
) -> None:
    """Fill in an enricher's facts for all that is stored, in the backfill lane. Example: newswire enrich --missing places"""
    from pipeline.enriching import owe_missing
    from schemas import tables

    configured = settings()
    with database(configured) as db:
        with db.write() as conn:
            values = tables.run.insert().values(trigger="cli", label=f"enrich --missing {missing}", created_at=db.now(conn))
            run = int(conn.execute(values.returning(tables.run.c.id)).scalar_one())
        count = owe_missing(db, missing, run=run, chunk=configured.chunk_documents)
    say(f"{count} texts lack the facts of {missing}: work for the enrichers, run {run}. `newswire runs show {run}` tells how far they are.")

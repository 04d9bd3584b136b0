"""`newswire ingest`, `items`, `why`, `enrich`: what came in, what it became, and why."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswire.cli import FAILED, explain
from newswire.cli.opening import load, opened
from newswire.cli.output import AsJson, complain, draw, fields, plain, progress, say, show_json, table, tell, wants_json

if TYPE_CHECKING:
    from pipeline.here import Ingested
    from schemas.article import Article

items = typer.Typer(help="List, read and compare what is stored.", no_args_is_help=True, rich_markup_mode=None)

_Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="By the day on which it came, UTC.")]
_Limit = Annotated[int, typer.Option(min=1, help="So many at most.")]


def add_to(app: typer.Typer) -> None:
    app.command()(ingest)
    app.command()(why)
    app.command()(enrich)
    app.add_typer(items, name="items")


def ingest(
    locations: Annotated[list[str], typer.Argument(metavar="PATH|URL...", help="Files, or addresses of pages.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Read, clean and store documents in this process: the article goes to stdout, what became of it to stderr.

    Given again, it is found to be the same, and printed the same.

    \b
    newswire ingest story.txt
    newswire ingest https://example.org/story.html --json
    """
    from pipeline.errors import Infrastructure, NewswireError
    from pipeline.here import ingest_here

    settings = load()
    failed = 0
    with opened(settings, create=True) as db, progress("ingest", len(locations)) if len(locations) > 1 else progress("", 0) as bar:
        for place, location in enumerate(locations):
            bar.to(place, label=location[-50:])
            try:
                found = ingest_here(db, settings, location)
            except Infrastructure:
                raise
            except NewswireError as error:
                if len(locations) == 1:
                    raise
                failed += 1
                complain(explain(error)[0])
                continue
            for one in found:
                _show_ingested(one, as_json=as_json)
    if failed:
        tell(f"{failed} of {len(locations)} could not be ingested.")
        raise typer.Exit(FAILED)


def _show_ingested(one: Ingested, *, as_json: bool) -> None:
    because = "; ".join(one.evidence)
    tell(f"{one.verdict}: item {one.item} is {one.status}{f', because {because}' if because else ''}.")
    if as_json:
        show_json(one.article if one.article is not None else {"item": one.item, "status": one.status})
    elif one.article is not None:
        print_article(one.article)


def print_article(article: Article) -> None:
    """An article as a wire prints it."""
    say(article.headline)
    for line in (article.subtitle, f"By {article.byline}" if article.byline else ""):
        if line:
            say(line)
    for place, paragraph in enumerate(article.paragraphs):
        say("", (article.dateline.raw if article.dateline and place == 0 else "") + paragraph)
    for picture in article.pictures:
        credit = f" ({picture.credit_raw})" if picture.credit_raw else ""
        say("", f"[Picture: {picture.caption}{credit}]")
    if article.related_links:
        say("", *(f"Related: {link.text}{f' {link.url}' if link.url else ''}" for link in article.related_links))


def why(
    asked: Annotated[str, typer.Argument(metavar="URL|ID", help="An address, or an item's number.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Tell the life of an item or of an address, sentence by sentence: seen, fetched, judged, told of, and what is awaited.

    \b
    newswire why https://example.org/story.html
    newswire why 41
    """
    from pipeline.storage import explain as life

    with opened(load()) as db, db.read() as conn:
        told = life.why(conn, asked)
    if as_json:
        show_json(told)
        return
    for moment in told.moments:
        say(f"{moment.at:%Y-%m-%d %H:%M:%S}  {moment.sentence}")
    if told.now:
        say("" if told.moments else "Now:", *(["Now:"] if told.moments else []), *(f"  {sentence}" for sentence in told.now))


def enrich(
    missing: Annotated[str, typer.Option("--missing", metavar="NAME", help="An enricher, as in its file's name.", show_default=False)],
) -> None:
    """Owe the facts of one enricher for all items that lack them, after it was added or changed. Workers do the rest.

    \b
    newswire enrich --missing places
    """
    from pipeline.enriching import owe_missing
    from pipeline.storage import runs as run_rows

    settings = load()
    with opened(settings, create=True) as db:
        with db.write() as conn:
            run = run_rows.begin(conn, db.now(conn), trigger="cli", label=f"enrich --missing {missing}")
        owed = owe_missing(db, missing, run=run, chunk=settings.chunk_documents)
    say(f"{owed} {'text lacks' if owed == 1 else 'texts lack'} the facts of {missing}{f': run {run}' if owed else ''}.")
    if owed:
        tell(f"Running workers fill them in; `newswire runs show {run}`.")


# --- items ----------------------------------------------------------------------------------------------------------------------


@items.command("list")
def items_list(
    search: Annotated[str, typer.Option("--search", "-s", metavar="TEXT", help="Words as they stand in headline or text.")] = "",
    source: Annotated[str, typer.Option(metavar="NAME", help="Of this source only.")] = "",
    since: _Day = None,
    until: _Day = None,
    limit: _Limit = 20,
    as_json: AsJson = False,
) -> None:
    """List items, the newest first.

    \b
    newswire items list --search "harbour bridge" --since 2026-11-01
    """
    from pipeline.storage import listing

    with opened(load()) as db, db.read() as conn:
        found = listing.item_list(
            conn, search=search, source_name=source, since=since and since.date(), until=until and until.date(), limit=limit
        )
    if wants_json(as_json):
        show_json(found)
        return
    table(
        ("id", "came", "source", "status", "versions", "lang", "headline"),
        [(r["id"], r["created_at"], r["source"], r["status"], r["versions"], r["language"], r["headline"]) for r in found],
        none="No item is like that.",
    )


@items.command("show")
def items_show(
    asked: Annotated[str, typer.Argument(metavar="ID|URL", help="An item's number, or its address.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Show one item: its text, versions, facts, keys, and what shares its text.

    \b
    newswire items show 41
    """
    from pipeline.storage import listing

    with opened(load()) as db, db.read() as conn:
        found = listing.item_show(conn, listing.item_of(conn, asked))
    if as_json:
        show_json(found)
        return
    article: Article | None = found["article"]
    if article is not None:
        print_article(article)
        say("")
    fields(
        [
            ("item", found["id"]),
            ("status", found["status"]),
            ("provider", found["provider"]),
            ("url", found["url"]),
            ("story", found["story"]),
            *((f"version {one['number']}", f"{plain(one['created_at'])} {one['kind']}: {one['headline']}") for one in found["versions"]),
            *(("key", f"{one['kind']} {one['key']}") for one in found["keys"]),
            *(("pickup of", _shared(one["other"], one["share_of_item"], "of this text")) for one in found["copies"]),
            *(("picked up by", _shared(one["item"], one["share_of_other"], "of this text")) for one in found["copied_by"]),
            *((name, _fact(value)) for name, value in found["facts"].items()),
        ]
    )


def _shared(item: int, share: float | None, of: str) -> str:
    return f"item {item}" + (f", {round(share * 100)} % {of}" if share is not None else "")


def _fact(value: dict[str, Any]) -> str:
    """A fact's values in a line: names and words of lists, all else as it is."""
    parts = []
    for key, one in value.items():
        if isinstance(one, list):
            parts.append(
                ", ".join(str(entry.get("name") or entry.get("word") or entry) if isinstance(entry, dict) else str(entry) for entry in one)
            )
        else:
            parts.append(f"{key} {one}")
    return "; ".join(parts)


@items.command("diff")
def items_diff(
    asked: Annotated[str, typer.Argument(metavar="ID|URL", help="An item's number, or its address.", show_default=False)],
    first: Annotated[int | None, typer.Argument(metavar="[FROM]", help="A version's number.", show_default=False)] = None,
    second: Annotated[int | None, typer.Argument(metavar="[TO]", help="Another one; the next if left out.", show_default=False)] = None,
) -> None:
    """Show what changed from one version of an item to another, word by word; the last two unless they are named.

    \b
    newswire items diff 41
    newswire items diff 41 1 3
    """
    from newswire.diff import difference
    from pipeline.errors import Misconfigured
    from pipeline.storage import listing

    with opened(load()) as db, db.read() as conn:
        id = listing.item_of(conn, asked)
        texts = {number: article for number, _, article in listing.version_texts(conn, id)}
    numbers = sorted(texts)
    if first is None and len(numbers) < 2:
        raise Misconfigured(f"Item {id} has one version only: there is nothing to compare.", hint=f"`newswire items show {id}`")
    old = numbers[-2] if first is None else first
    new = numbers[-1] if first is None else second if second is not None else first + 1
    for number in (old, new):
        if number not in texts:
            raise Misconfigured(f"Item {id} has no version {number}.", hint=f"It has {', '.join(map(str, numbers))}.")
    tell(f"Item {id}, version {old} → {new}")
    draw(difference(texts[old], texts[new]))

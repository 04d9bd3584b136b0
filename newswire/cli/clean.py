"""`newswire clean`: the articles of pages, without a database: a JSON line for each."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from newswire.cli import FAILED, explain
from newswire.cli.output import AsJson, complain, fields, plain, progress, say, tell, wants_json

if TYPE_CHECKING:
    from schemas.article import Article

_SUFFIXES = (".html", ".htm", ".xhtml", ".shtml")
_CHUNK = 16
"""Pages that a process is given at once."""


def add_to(app: typer.Typer) -> None:
    app.command(name="clean")(clean)


def clean(
    locations: Annotated[
        list[str],
        typer.Argument(metavar="PATH|URL|-...", help="Pages: files, folders of them, addresses, - for stdin.", show_default=False),
    ],
    as_json: AsJson = False,
    why: Annotated[
        bool, typer.Option("--explain", help="Show each element and block, kept or dropped, and the rule that decided.")
    ] = False,
    address: Annotated[
        str,
        typer.Option(
            "--url", help="Where the one page stands that a file or stdin holds: links and some dates need it.", show_default=False
        ),
    ] = "",
    page: Annotated[
        str,
        typer.Option("--explain-html", metavar="FILE", help="Write the same as a page: the page's own text, coloured.", show_default=False),
    ] = "",
) -> None:
    """Take the article out of web pages, and store nothing.

    A JSON line a page: path, url, title, authors, published, modified, language, text, blocks, confidence, access; next_page where the story goes
    on, reason where not all of it is there. One page in a terminal is shown to be read. Many pages use all cores; lines come in the order of the pages.

    \b
    newswire clean story.html
    newswire clean pages/ > articles.jsonl
    newswire clean https://example.org/story.html --explain
    """
    found = _files(locations)
    if page and len(found) > 1:
        raise typer.BadParameter(f"is written from one page, and there are {len(found)}.", param_hint="--explain-html")
    if address and (len(found) > 1 or "://" in found[0]):
        raise typer.BadParameter("is of one page that a file or stdin holds.", param_hint="--url")
    if why or page:
        raise typer.Exit(FAILED if _explain(found, address, page, in_terminal=why) else 0)
    shown_to_read = len(found) == 1 and not wants_json(as_json)
    blocked = failed = 0
    with progress("clean", len(found)) as bar:
        for done, (location, line, complaint, is_blocked) in enumerate(_cleaned(found, address)):
            bar.to(done, label=shown(location)[-50:])
            if complaint:
                blocked, failed = blocked + is_blocked, failed + (not is_blocked)
                name = shown(location)
                complain(f"{name}: {complaint}" if name not in complaint else complaint)
            if line is not None and shown_to_read and not is_blocked:
                _show(line)
            elif line is not None and not shown_to_read:
                import msgspec

                sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    if blocked or failed:
        if len(found) > 1:
            tell(f"{blocked} of {len(found)} pages without an article, {failed} not to be read.")
        raise typer.Exit(FAILED)


def _files(locations: Sequence[str]) -> list[str]:
    """Folders replaced by the pages in them."""
    found: list[str] = []
    empty = ""
    for location in locations:
        folder = Path(location)
        if not location:
            raise typer.BadParameter("is empty: name a file, a folder, an address or `-`.", param_hint="PATH")
        if location != "-" and "://" not in location and folder.is_dir():
            pages = sorted(str(path) for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES and path.is_file())
            if not pages:
                empty = f"{location} holds no page ({', '.join(_SUFFIXES)})."
                complain(empty)
            found += pages
        else:
            found.append(location)
    if not found:
        raise typer.BadParameter(empty, param_hint="PATH")
    if found.count("-") > 1:
        raise typer.BadParameter("stands twice: stdin holds one page.", param_hint="-")
    return found


def shown(location: str) -> str:
    """A path that can be printed: its bytes need not be UTF-8."""
    return location.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


_Cleaned = tuple[str, dict[str, Any] | None, str, bool]
"""A location, its line, what went wrong, and whether that is the page's own fault."""


def _cleaned(locations: Sequence[str], address: str) -> Iterator[_Cleaned]:
    if address:
        yield _one(locations[0], address)
        return
    local = [location for location in locations if "://" not in location]
    if len(local) < 2 * _CHUNK or "-" in local:  # no other process reads this one's stdin
        yield from map(_one, locations)
        return
    import os
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        yield from pool.map(_one, locations, chunksize=_CHUNK)


def _one(location: str, address: str = "") -> _Cleaned:
    """Clean one page; in a process of its own where there are many."""
    import newswire
    from pipeline.errors import Infrastructure, NewswireError, Unreadable

    url = location if "://" in location else address
    try:
        body, url = read(location, address)
        article = newswire.clean(body, url or None, get=_further if "://" in location else None)
    except Unreadable as refusal:
        return (
            location,
            {**_EMPTY, "path": shown(location), "url": url, "access": "blocked", "reason": str(refusal)},
            explain(refusal)[0],
            True,
        )
    except Infrastructure:
        raise
    except (NewswireError, OSError) as error:
        return location, None, explain(error)[0], False
    return location, as_line(location, url, article), "", False


def _further(url: str) -> bytes | str | None:
    """A further page of a story, as politely as polls are; None where it can't be had: then the line says `partial`."""
    import time

    from newswire.cli.opening import load
    from pipeline.errors import Infrastructure, NewswireError

    time.sleep(load().host_pace_s)
    try:
        return read(url)[0]
    except Infrastructure:
        raise
    except NewswireError:
        return None


def read(location: str, address: str = "") -> tuple[bytes | str, str]:
    """A page, as text where its server said its charset, and its address where it has one. Raises OSError, or what a fetch raises."""
    if location == "-":
        return sys.stdin.buffer.read(), address
    if "://" not in location:
        return Path(location).read_bytes(), address
    from newswire.cli.opening import load
    from pipeline.clean.page import decoded
    from pipeline.here import fetch
    from pipeline.storage.db import Database

    clock = Database.open("sqlite://")  # time is a database's, also where nothing is stored
    try:
        with clock.read() as conn:
            now = clock.now(conn)
    finally:
        clock.close()
    document = fetch(location, load(), now)
    url = document.final_url or document.url
    return decoded(document.body, url=url, content_type=document.content_type), url


_EMPTY: dict[str, Any] = {
    "path": "",
    "url": "",
    "title": "",
    "authors": [],
    "published": None,
    "modified": None,
    "language": "",
    "text": "",
    "blocks": [],
    "confidence": 0.0,
}


def as_line(location: str, url: str, article: Article) -> dict[str, Any]:
    """What is printed of one page."""
    return {
        "path": shown(location),
        "url": article.canonical_url or url,
        "title": article.headline,
        "authors": [author.name for author in article.authors if author.name],
        "published": article.published_local or article.published,
        "modified": article.modified,
        "language": article.language,
        "text": article.text,
        "blocks": article.blocks,
        "confidence": article.confidence,
        "access": article.access,
        **({"reason": article.access_reason} if article.access_reason else {}),
        **({"next_page": article.next_page} if article.next_page else {}),
    }


def _show(line: dict[str, Any]) -> None:
    head = ("title", "authors", "published", "language", "url", "confidence", "access")
    fields([(name, ", ".join(line[name]) if isinstance(line[name], list) else line[name]) for name in head])
    say("", line["text"])


def _explain(locations: Sequence[str], address: str, page: str, *, in_terminal: bool) -> int:
    """How many pages could not be read; the others are explained."""
    from newswire import explaining
    from pipeline.errors import Infrastructure, NewswireError

    failed = 0
    for location in locations:
        try:
            told = explaining.explained(*read(location, address))
        except Infrastructure:
            raise
        except (NewswireError, OSError) as error:
            complain(f"{shown(location)}: {explain(error)[0]}")
            failed += 1
            continue
        if in_terminal:
            explaining.draw(told)
        if page:
            Path(page).write_text(explaining.as_html(told, plain(shown(location))), encoding="utf-8")
            tell(f"{page} is written.")
    return failed

"""The tools, each as a function from a page's bytes to what it found, timed. Peers run as their documentation says, comments left out."""

from __future__ import annotations

import hashlib
import json
import logging
import multiprocessing
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from importlib.metadata import version
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec
from rich.progress import track
from selectolax.lexbor import LexborHTMLParser

from benchmarks.clean.data import Truth, names_of
from benchmarks.clean.metrics import Found

logging.disable(logging.CRITICAL)  # peers tell of each page that they can't read
Tool = Callable[[bytes, str], Found]


def _trafilatura(body: bytes, url: str, **options: Any) -> Found:
    import trafilatura

    document: Any = trafilatura.bare_extraction(body, url=url, include_comments=False, with_metadata=True, **options)
    if document is None:
        return Found()
    return Found(
        text=document.text or "", title=document.title or "", authors=names_of(document.author or ""), date=(document.date or "")[:10]
    )


def _readability(body: bytes, url: str) -> Found:
    import readability
    from lxml import html

    from pipeline.text import charset

    document = readability.Document(charset.decode(body), url=url)
    summary = html.fromstring(document.summary())
    for block in summary.iter("p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "br", "td", "blockquote", "pre"):
        block.tail = "\n" + (block.tail or "")
    return Found(text=summary.text_content(), title=document.short_title() or "")


def _newspaper4k(body: bytes, url: str) -> Found:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import newspaper

        from pipeline.text import charset

        article = newspaper.article(
            url, input_html=charset.decode(body), fetch_images=False
        )  # else it asks the network for each page's pictures
    date = article.publish_date
    return Found(
        text=article.text or "",
        title=article.title or "",
        authors=tuple(article.authors or ()),
        date=date.strftime("%Y-%m-%d") if date else "",
    )


def _resiliparse(body: bytes, _: str) -> Found:
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.encoding import bytes_to_str, detect_encoding
    from resiliparse.parse.html import HTMLTree

    tree = HTMLTree.parse(bytes_to_str(body, detect_encoding(body) or "utf-8"))
    text = extract_plain_text(tree, main_content=True, alt_texts=False, list_bullets=False)
    return Found(text=text, title=tree.title or "")


def _htmldate(body: bytes, url: str) -> Found:
    import htmldate

    return Found(date=(htmldate.find_date(body, url=url, original_date=True) or "")[:10])


PEERS: dict[str, tuple[str, Tool]] = {
    "trafilatura": ("trafilatura", _trafilatura),
    "trafilatura fast": ("trafilatura", lambda body, url: _trafilatura(body, url, fast=True)),
    "trafilatura precision": ("trafilatura", lambda body, url: _trafilatura(body, url, favor_precision=True)),
    "readability-lxml": ("readability-lxml", _readability),
    "newspaper4k": ("newspaper4k", _newspaper4k),
    "resiliparse": ("resiliparse", _resiliparse),
    "htmldate": ("htmldate", _htmldate),
}
"""A name → the distribution that it is of, and the tool."""
OF_TEXT = tuple(name for name in PEERS if name != "htmldate")
OF_TITLES = tuple(name for name in PEERS if name != "htmldate")
OF_AUTHORS = ("trafilatura", "trafilatura fast", "trafilatura precision", "newspaper4k")
OF_DATES = (*OF_AUTHORS, "htmldate")


def ours(body: bytes, url: str) -> Found:
    """newswire's: bytes → text, page → Article. A refusal finds nothing."""
    from pipeline.clean import clean
    from pipeline.errors import Unreadable
    from pipeline.text import charset
    from schemas.article import Draft

    try:
        article = clean(Draft(format="html", page_html=charset.decode(body), url=url))
    except Unreadable as refusal:
        return Found(refused=str(refusal))
    return Found(
        text=article.text,
        title=article.headline,
        authors=names_of([author.name for author in article.authors]),
        date=article.published_local[:10],
        confidence=getattr(article, "confidence", None),
    )


def cpu_s(run: Callable[[], object], times: int = 1) -> float:
    """The least of so many runs, in seconds of CPU."""
    best = float("inf")
    for _ in range(times):
        began = time.process_time()
        run()
        best = min(best, time.process_time() - began)
    return best


def timed(tool: Tool, truth: Truth) -> Found:
    """One run of a tool, with its cost beside that of a bare parse of the same bytes in this process."""
    body = truth.body()
    bare = cpu_s(lambda: LexborHTMLParser(body), 3)
    found = Found()

    def run() -> None:
        nonlocal found
        try:
            found = tool(body, truth.url)
        except Exception:  # a peer that fails found nothing
            found = Found()

    spent = cpu_s(run)
    return msgspec.structs.replace(found, ratio=spent / bare, milliseconds=spent * 1000)


_PATIENCE_S = 120
"""By the clock. A peer that takes longer over a page is ended, and found nothing on it."""
_KEPT_EVERY = 25
"""Pages, until what was found is kept: a run that is broken off goes on from there."""


def _serve(name: str, pipe: Connection) -> None:
    """A peer in a process of its own: one page in, what it found out."""
    while True:
        truth = msgspec.json.decode(pipe.recv_bytes(), type=Truth)
        pipe.send_bytes(msgspec.json.encode(timed(PEERS[name][1], truth)))


class Peer:
    """One tool in a process that may hang or die on a page: then the next page has a new one."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._start()

    def _start(self) -> None:
        self._pipe, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(target=_serve, args=(self.name, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def read(self, truth: Truth, patience_s: float = _PATIENCE_S) -> Found:
        """What it finds on a page; nothing, with the reason, where it hangs or dies."""
        try:
            self._pipe.send_bytes(msgspec.json.encode(truth))
            if self._pipe.poll(patience_s):
                return msgspec.json.decode(self._pipe.recv_bytes(), type=Found)
            reason = f"took more than {patience_s:g} seconds"
        except (EOFError, OSError):
            reason = "died"
        self.close()
        self._start()
        return Found(refused=f"{self.name} {reason}")

    def close(self) -> None:
        """End its process."""
        self._process.kill()
        self._process.join()
        self._pipe.close()


def run_peer(name: str, truths: Iterable[Truth], cache: Path | None) -> list[Found]:
    """What a peer finds on all pages; from the cache where its version and the page are there."""
    label = f"{name} {version(PEERS[name][0])}"
    store = cache / f"{re.sub('[^a-z0-9]+', '-', label)}.json" if cache else None
    known: dict[str, Any] = json.loads(store.read_text(encoding="utf-8")) if store and store.exists() else {}
    found = []
    peer = Peer(name)
    for place, truth in enumerate(track(list(truths), description=label, transient=True), start=1):
        digest = hashlib.sha1(f"{truth.set}{truth.page}{truth.url}".encode()).hexdigest()
        if digest not in known:
            known[digest] = msgspec.to_builtins(peer.read(truth))
            if store and not place % _KEPT_EVERY:
                _keep(store, known)
        found.append(msgspec.convert(known[digest], Found))
    peer.close()
    if store:
        _keep(store, known)
    lost = [one.refused for one in found if one.refused]
    told = f", nothing of {len(lost)}: {', '.join(sorted(set(lost)))}" if lost else ""
    print(f"{label}: {len(found)} pages{told}.", file=sys.stderr, flush=True)  # a run takes long, and its bars are not seen in a log
    return found


def _keep(store: Path, known: dict[str, Any]) -> None:
    store.parent.mkdir(parents=True, exist_ok=True)
    store.write_text(json.dumps(known), encoding="utf-8")

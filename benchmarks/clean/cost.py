"""What newswire's own cleaning costs: CPU beside a bare parse, memory on a large page, time on broken ones."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence

import msgspec
from rich.progress import track
from selectolax.lexbor import LexborHTMLParser

from benchmarks.clean.data import Truth
from benchmarks.clean.fuzz import mutated
from benchmarks.clean.metrics import spread
from benchmarks.clean.tools import cpu_s
from pipeline.clean import clean
from pipeline.errors import Unreadable
from pipeline.text import charset, language
from schemas.article import Article, Draft

_TIMES = 5
_LARGE_MB = 20
_MEMORY = """
import sys
from pipeline.clean import clean
from pipeline.errors import Unreadable
from schemas.article import Draft
paragraph = "<p>" + "The harbour commission voted on Monday to deepen the main channel by two metres, ending a dispute. " * 5 + "</p>"
tags = "<div><span>a</span></div>"
def most():  # of this program alone: getrusage has that of the parent, too, from before it became another
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
def peak(html):
    before = most()
    try:
        clean(Draft(format="html", page_html=html, url="https://example.org/a"))
    except Unreadable:
        pass
    return (most() - before) / 1024
peak("<html><body>" + paragraph * 20)
block = paragraph if sys.argv[1] == "text" else tags
html = "<html><body>" + block * (int(sys.argv[2]) * 1_000_000 // len(block))
print(peak(html))
"""


class Cost(msgspec.Struct, frozen=True):
    """Multiples of a bare parse: median and 95th percentile over pages."""

    cleaning: tuple[float, float]
    """Text and all metadata, charset and language detection apart."""
    charset: tuple[float, float]
    language: tuple[float, float]
    parse_ms: tuple[float, float]


def cost(truths: Sequence[Truth]) -> Cost:
    """Of all pages: the least of five runs of each part."""
    rows = []
    for truth in track(truths, description="CPU", transient=True):
        body = truth.body()
        parse = cpu_s(lambda body=body: LexborHTMLParser(body), _TIMES)  # type: ignore[misc]
        decode = cpu_s(lambda body=body: charset.decode(body), _TIMES)  # type: ignore[misc]
        draft = Draft(format="html", page_html=charset.decode(body), url=truth.url)
        whole = cpu_s(lambda draft=draft: cleaned(draft), _TIMES)  # type: ignore[misc]
        article = cleaned(draft)
        detect = cpu_s(lambda article=article: language.of_text(article.text or article.headline), _TIMES) if article else 0.0  # type: ignore[misc]
        rows.append(((whole - detect) / parse, decode / parse, detect / parse, parse * 1000))
    return Cost(*(spread(column) for column in zip(*rows, strict=True)))


def cleaned(draft: Draft) -> Article | None:
    """The article, or None where it is refused."""
    try:
        return clean(draft)
    except Unreadable:
        return None


def memory_mb(kind: str) -> float:
    """Peak memory that a page of 20 MB adds to a process of its own, in MB: mostly `text`, or mostly `tags`."""
    done = subprocess.run([sys.executable, "-c", _MEMORY, kind, str(_LARGE_MB)], capture_output=True, text=True, check=True)
    return float(done.stdout)


class Fuzzed(msgspec.Struct, frozen=True):
    """The worst of many mutated pages."""

    pages: int
    worst_ms: float
    allowance_used: float
    """The worst share of what a page may take: 5 ms and 50 ms a MB."""
    crashes: int


def fuzz(truths: Sequence[Truth], count: int) -> Fuzzed:
    """Mutate pages so often; none may crash, or take longer than its allowance."""
    bodies = [truth.body() for truth in truths]
    cleaned(
        Draft(format="html", page_html=charset.decode(bodies[0]), url="https://example.org/a")
    )  # reads tables and models, once a process
    worst = used = 0.0
    crashes = 0
    for seed in track(range(count), description="mutated pages", transient=True):
        body = mutated(bodies[seed % len(bodies)], random.Random(seed))
        draft = Draft(format="html", page_html=charset.decode(body), url="https://example.org/a")
        try:
            spent = cpu_s(lambda draft=draft: cleaned(draft))  # type: ignore[misc]
        except Exception as error:
            crashes += 1
            print(f"seed {seed}: {type(error).__name__}: {error}", file=sys.stderr)
            continue
        allowed = (5 + 50 * len(body) / 1e6) / 1000
        if spent > allowed:  # or was it the machine?
            spent = min(spent, cpu_s(lambda draft=draft: cleaned(draft), 3))  # type: ignore[misc]
        worst = max(worst, spent)
        used = max(used, spent / allowed)
    return Fuzzed(count, worst * 1000, used, crashes)

"""How well datelines are read, on real ones that are labelled, and how often one is found where there is none.

    python -m benchmarks.datelines ../shared/samples

Lines: wire-text/datelines.jsonl. A row whose SHA-1 of `raw`, read as a number, is even is for tuning; the odd ones are only reported, as
counts. Each row is read alone and with a sentence behind it. A line is right where all is: places with their regions, printed countries,
the date and what it resolves to, the agency (none where none is printed), the separator. The country that a line leaves out is judged
apart, by dateline_countries.tsv (kept by hand, from no table that newswire reads; ISO 3166-1 alpha-2, then names): places that it does
not name are not judged.

False ones: the rows that are no datelines, and all `<p>` and the first three paragraphs of text of the pages in pages/ whose registrable
domain's SHA-1 has an even second byte. Those that do bear a dateline were read one by one; dateline_paragraphs.txt has the first 16
hexadecimal digits of their SHA-1.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table
from selectolax.lexbor import LexborHTMLParser

from benchmarks.clean import data
from pipeline.text import charset
from pipeline.text.datelines import split_lead
from pipeline.text.whitespace import one_line
from schemas.article import Dateline

HERE = Path(__file__).parent
RESULT = HERE / "results" / "datelines.json"
STORY = " The council voted on Monday to go on with the plan."
ASPECTS = ("found", "places", "printed country", "date", "agency", "separator")


class Half(msgspec.Struct):
    """Counts over one half of the rows."""

    lines: int = 0
    wrong_lines: int = 0
    wrong: dict[str, int] = {}
    """By aspect; of a line that is not found, all of them."""
    countries_inferred: int = 0
    countries_judged: int = 0
    countries_right: int = 0
    no_datelines: int = 0
    false_datelines: int = 0


class Pages(msgspec.Struct):
    """Counts over paragraphs of pages."""

    pages: int = 0
    paragraphs: int = 0
    datelines: int = 0
    false_datelines: int = 0
    missed: int = 0


class Result(msgspec.Struct):
    tuning: Half
    reporting: Half
    pages: Pages


def half(raw: str) -> str:
    return "reporting" if int(hashlib.sha1(raw.encode()).hexdigest(), 16) % 2 else "tuning"


def lines(samples: Path, which: str) -> Half:
    """Judge all rows of one half."""
    found = Half(wrong=dict.fromkeys(ASPECTS, 0))
    countries = _countries()
    for line in (samples / "wire-text" / "datelines.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if half(row["raw"]) != which:
            continue
        read = [_read(row, text) for text in (row["raw"], row["raw"] + STORY)]
        if row["kind"] != "dateline":
            found.no_datelines += 1
            found.false_datelines += any(read)
            continue
        found.lines += 1
        wrong = set().union(*(_wrong(row, one) for one in read))
        found.wrong_lines += bool(wrong)
        for aspect in wrong:
            found.wrong[aspect] += 1
        for place in read[1].places if read[1] else ():
            if place.country is None and place.region is None and place.city:
                found.countries_inferred += 1
                true = countries.get(place.city.casefold())
                found.countries_judged += true is not None
                found.countries_right += true is not None and true == place.country_code
    return found


def _countries() -> dict[str, str]:
    rows = (line.split("\t") for line in (HERE / "dateline_countries.tsv").read_text(encoding="utf-8").splitlines())
    return {name.casefold(): code for code, names in rows for name in names.split("|")}


def _read(row: dict[str, Any], text: str) -> Dateline | None:
    published = datetime.fromisoformat(row["pub_date"]).replace(tzinfo=UTC) if row.get("pub_date") else None
    return split_lead(text, published=published).dateline


def _wrong(row: dict[str, Any], found: Dateline | None) -> set[str]:
    """The aspects in which a row was not read right."""
    if found is None:
        return set(ASPECTS)
    places = [((place.city or place.raw).casefold(), place.region) for place in found.places]
    resolved = row.get("resolved") in (None, found.resolved_date)
    return {
        aspect
        for aspect, is_right in {
            "places": places == [(place["city"].casefold(), place["region"]) for place in row["places"]],
            "printed country": [place.country for place in found.places] == [place["country"] for place in row["places"]],
            "date": (found.month, found.day, found.year) == (row["month"], row["day"], row["year"]) and resolved,
            "agency": found.agency == (row["agency"] if row["agency_raw"] else None),
            "separator": found.separator == row["separator"],
        }.items()
        if not is_right
    }


def pages(samples: Path) -> Pages:
    """Look for datelines in the paragraphs of all pages that are for tuning."""
    found = Pages()
    true = set((HERE / "dateline_paragraphs.txt").read_text(encoding="utf-8").split())
    for paragraphs in _tuning_pages(samples / "pages"):
        found.pages += 1
        for text in paragraphs:
            is_one = hashlib.sha1(text.encode()).hexdigest()[:16] in true
            is_found = split_lead(text).dateline is not None
            found.paragraphs += 1
            found.datelines += is_one
            found.false_datelines += is_found and not is_one
            found.missed += is_one and not is_found
    return found


def _tuning_pages(folder: Path) -> Iterator[set[str]]:
    """The paragraphs of each page."""
    for page in data.load(folder, "tuning"):
        texts = [one_line(node.text(separator="")) for node in LexborHTMLParser(charset.decode(page.body())).css("p")]
        first = [one_line(line) for line in (page.text or "").split("\n") if line.strip()][:3]
        yield {text for text in (*texts, *first) if len(text) >= 25}


def measure(samples: Path) -> Result:
    return Result(tuning=lines(samples, "tuning"), reporting=lines(samples, "reporting"), pages=pages(samples))


def main() -> None:
    """Measure both halves and the pages, print a table, keep the counts in results/datelines.json."""
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "wire-text" / "datelines.jsonl").is_file():
        sys.exit("usage: python -m benchmarks.datelines FOLDER    with wire-text/datelines.jsonl and pages/ in it")
    result = measure(Path(sys.argv[1]))
    RESULT.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
    table = Table("rows", "lines", "wrong", *(f"{aspect} wrong" for aspect in ASPECTS), "inferred country", "false")
    for name, one in (("tuning", result.tuning), ("reporting", result.reporting)):
        country = f"{one.countries_right} of {one.countries_judged}, {one.countries_inferred - one.countries_judged} not judged"
        table.add_row(
            name,
            str(one.lines),
            str(one.wrong_lines),
            *(str(one.wrong[aspect]) for aspect in ASPECTS),
            country,
            f"{one.false_datelines} of {one.no_datelines}",
        )
    console = Console()
    console.print(table)
    seen = result.pages
    console.print(
        f"{seen.paragraphs:,} paragraphs of {seen.pages} pages: {seen.datelines} bear a dateline, {seen.missed} of them missed; "
        f"{seen.false_datelines} found where there is none."
    )


if __name__ == "__main__":
    main()

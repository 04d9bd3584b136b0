"""When a page says that it came out and was changed: the candidates in their order, and which to believe. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta, timezone
from functools import cache
from itertools import islice

import msgspec

from pipeline.clean.metadata import names
from pipeline.clean.metadata.around import Around, Shown
from pipeline.clean.metadata.dates import Moment, date_span, moment
from pipeline.clean.metadata.head import Head
from pipeline.clean.metadata.jsonld import Graph, string
from pipeline.clean.metadata.people import alternatives
from pipeline.clean.metadata.said import Said, believed
from pipeline.text.labels import PUBLISHED, UPDATED
from pipeline.text.later import later
from schemas.article import Origin, Provenance

_URL_DATE = later(r"[/_-]((?:19|20)\d\d)(?:[/_-]?|/[A-Za-z_-]{2,30}/)([01]\d)[/_-]?([0-3]\d)(?=[/_.-]|$)")
"""`/2024/05/10/`, `-20240510.`, `/2024/politics/05/10/`"""
_URL_NAMED = re.compile(r"/((?:19|20)\d\d)/([a-z]{3})/([0-3]?\d)(?=/)")
_NEAR = 120
"""A shown date further below the heading than this many gathered elements is another story's."""
_RIGHT_BELOW = 15
_ENOUGH = 6
"""Shown dates: what follows them is another story's."""
_ANYWHERE = "anywhere in the page"
_LONG = 200
_STAMP = 60
"""Characters: a longer line is no mere stamp."""
_LONGEST_LINE = 1000
"""Characters: what is longer is text, and looking for words in it would cost more than all the rest."""
_MANY = 50
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_QUARTER = timedelta(minutes=15)
_FARTHEST = timedelta(hours=14)
"""No clock is further from UTC."""


def read(
    head: Head, around: Around, graph: Graph, urls: Sequence[str], *, month_first: bool
) -> tuple[Said[Moment] | None, Provenance | None, Said[Moment] | None]:
    """(published, how it is known, modified)."""
    machine = list(_machine(head, around, graph, month_first))
    shown, changed = _shown(around, month_first)
    told_change = next(_changes(head, around, graph, month_first), None)
    modified = told_change or (changed[0] if changed else None)
    linked = list(_of_urls(urls))
    if not machine and not shown:
        shown = _agreeing(_elsewhere(around.elsewhere, month_first), linked)
        if not shown:
            stamps = list(_stamps(around.lines.near(_may_be_stamp), month_first))
            stamps = stamps or list(_stamps(around.lines.below, month_first))
            shown = _agreeing((one for one, is_change in stamps if not is_change), linked)
            modified = modified or next((one for one, is_change in stamps if is_change), None)
    if not machine and not shown and not linked:
        shown = _anywhere(around, month_first)
    chosen = _chosen(machine, shown, linked, told_change)
    if chosen is None:
        return None, None, modified
    alone = 0.5 if chosen.where == _ANYWHERE else 0.86 if chosen.origin in (Origin.JSON_LD, Origin.OPENGRAPH) else 0.9
    seen = shown[:1] or _valued(around, month_first)
    how = believed(
        chosen, [*machine, *seen, *linked], same=lambda one, other: abs(one.day - other.day) <= _DAY, alone=alone, differing_keeps=0.65
    )
    return chosen, how, modified


def _chosen(
    machine: Sequence[Said[Moment]], shown: Sequence[Said[Moment]], linked: Sequence[Said[Moment]], changed: Said[Moment] | None
) -> Said[Moment] | None:
    """What machines are told, on the day that readers see; else what readers see; else what the address says."""
    if not machine:
        return next(iter([*shown, *linked]), None)
    first = machine[0]
    if shown and first.where in names.PERHAPS and abs(shown[0].value.day - first.value.day) > _DAY:
        return shown[0]
    is_linked = any(abs(one.value.day - first.value.day) <= _DAY for one in linked)
    if shown and changed and not is_linked and (again := _again(first.value, shown[0], changed.value)):
        return again
    if not first.value.at.utcoffset():
        if (clock := _clock(first.value, machine)) is not None:
            return msgspec.structs.replace(first, value=clock)
        seen = [one.value for one in shown if abs(one.value.day - first.value.day) <= _DAY]
        if seen and seen[0].day != first.value.day:
            return msgspec.structs.replace(first, value=_local(first.value, seen[0]))
    return first


def _again(told: Moment, shown: Said[Moment], changed: Moment) -> Said[Moment] | None:
    """A text that came out anew: the one day that readers see, and no word of an update, lies behind the first publication, not behind the last change."""
    seen = shown.value
    is_change = seen.has_time and changed.has_time and abs(seen.at.replace(tzinfo=None) - changed.at.replace(tzinfo=None)) <= _MINUTE
    if not told.day < seen.day <= changed.day or not (seen.day - told.day > _DAY or is_change):
        return None
    return msgspec.structs.replace(shown, value=changed if changed.day == seen.day else seen)


def _clock(told: Moment, machine: Sequence[Said[Moment]]) -> Moment | None:
    """A time in UTC by its publisher's clock, where another field has that clock's time and no zone."""
    for one in machine:
        if told.has_time and one.value.has_time and not one.value.has_zone:
            apart = one.value.at.replace(tzinfo=None, second=0, microsecond=0) - told.at.replace(tzinfo=None, second=0, microsecond=0)
            if apart and abs(apart) <= _FARTHEST and not apart % _QUARTER:
                return msgspec.structs.replace(told, at=told.at.astimezone(timezone(apart)), has_zone=True)
    return None


def _agreeing(found: Iterable[Said[Moment]], linked: Sequence[Said[Moment]]) -> list[Said[Moment]]:
    """Dates not marked near the headline; where the address has one, only those that agree with it: `stated on May 1, 2024` is another's."""
    return [one for one in found if not linked or abs(one.value.day - linked[0].value.day) <= _DAY]


def _anywhere(around: Around, month_first: bool) -> list[Said[Moment]]:
    """A last resort: the first short line that is a date and nothing else, or that has one: `until 31.12.2018` is no stamp."""
    stamps = (one for one, is_change in _stamps(around.lines.short(), month_first) if not is_change)
    found = list(islice(stamps, _MANY))
    alone = [one for one in found if not any(map(str.isalpha, _without_date(one.given)))]
    return [msgspec.structs.replace(one, where=_ANYWHERE) for one in (alone or found)[:1]]


def _without_date(text: str) -> str:
    span = date_span(text)
    return text[: span[0]] + text[span[1] :] if span else text


def _local(told: Moment, seen: Moment) -> Moment:
    """A time in UTC as its publisher's clock shows it: the difference to the shown time is the zone, where it can be one."""
    if seen.has_time and told.has_time:
        quarters = round((seen.at.replace(tzinfo=None) - told.at.replace(tzinfo=None)).total_seconds() / 900)
        if seen.has_zone:
            return msgspec.structs.replace(told, at=told.at.astimezone(seen.at.tzinfo), has_zone=True)
        if abs(quarters) <= 14 * 4:
            return msgspec.structs.replace(told, at=told.at.astimezone(timezone(timedelta(minutes=15 * quarters))), has_zone=True)
    return seen if not told.has_time else msgspec.structs.replace(told, on=seen.day)


def _machine(head: Head, around: Around, graph: Graph, month_first: bool) -> Iterator[Said[Moment]]:
    texts: list[tuple[str, Origin, str]] = [(string(graph.article.get("datePublished")), Origin.JSON_LD, "datePublished")]
    texts += [(head.meta[name][0], Origin.OPENGRAPH if ":" in name else Origin.META, name) for name in names.PUBLISHED if name in head.meta]
    texts += [(value, Origin.MICRODATA, "datePublished") for value in head.props.get("datepublished", ())[:1]]
    texts += [(value, Origin.MICRODATA, "uploadDate") for value in head.props.get("uploaddate", ())[:1]]
    texts += [(one.value or one.text, Origin.MICRODATA, "datePublished") for one in around.stamps if one.prop == "datepublished"][:1]
    texts += [(string(graph.page.get(name)), Origin.JSON_LD, name) for name in ("datePublished", "uploadDate")]
    texts += [(string(graph.article.get("dateCreated")), Origin.JSON_LD, "dateCreated")]
    texts += [
        ((head.meta.get(name) or head.props[name])[0], Origin.META, name)
        for name in names.PERHAPS
        if name in head.meta or name in head.props
    ]
    return _read(texts, month_first)


def _changes(head: Head, around: Around, graph: Graph, month_first: bool) -> Iterator[Said[Moment]]:
    texts: list[tuple[str, Origin, str]] = [(string(graph.article.get("dateModified")), Origin.JSON_LD, "dateModified")]
    texts += [(head.meta[name][0], Origin.OPENGRAPH if ":" in name else Origin.META, name) for name in names.MODIFIED if name in head.meta]
    texts += [(value, Origin.MICRODATA, "dateModified") for value in head.props.get("datemodified", ())[:1]]
    texts += [(one.value or one.text, Origin.MICRODATA, "dateModified") for one in around.stamps if one.prop == "datemodified"][:1]
    return _read(texts, month_first)


def _read(texts: Iterable[tuple[str, Origin, str]], month_first: bool) -> Iterator[Said[Moment]]:
    for text, origin, where in texts:
        if text and (found := moment(text, month_first=month_first)):
            yield Said(found, origin, where, text[:60])


def _shown(around: Around, month_first: bool) -> tuple[list[Said[Moment]], list[Said[Moment]]]:
    """Dates that readers see near the heading: (when it came out, when it was changed)."""
    published: list[Said[Moment]] = []
    changed: list[Said[Moment]] = []
    for one in sorted((*around.stamps, *around.bylines), key=lambda one: (one.place < 0, abs(one.place))):
        if abs(one.place) > _NEAR or one.prop in ("datepublished", "datemodified") or date_span(one.text) is None or one.is_aside:
            continue
        if len(published) + len(changed) >= _ENOUGH:
            break
        for part, is_change in _parts(one.text):
            found = moment(part, month_first=month_first)
            if found is not None:
                better = _sharper(one, found, month_first)
                (changed if is_change or "modified" in one.label else published).append(
                    Said(better, Origin.VISIBLE, one.label[:40] or "time", part.strip()[:60])
                )
    return published, changed


def _valued(around: Around, month_first: bool) -> list[Said[Moment]]:
    """A time right below the headline whose day only its markup has whole: `<time datetime="2024-05-10">10 May</time>`."""
    for one in around.stamps:
        is_ours = 0 < one.place <= _RIGHT_BELOW and one.value and one.prop not in ("datepublished", "datemodified")
        if is_ours and "modif" not in one.label and "updat" not in one.label and not one.is_aside:
            found = moment(one.value, month_first=month_first)
            return [Said(found, Origin.VISIBLE, one.label[:40] or "time", one.value)] if found and not _words().search(one.text) else []
    return []


def _may_be_stamp(text: str) -> bool:
    return len(text) <= _LONG and date_span(text) is not None


def _elsewhere(around: Around, month_first: bool) -> Iterator[Said[Moment]]:
    """Marked times that stand neither near the headline nor in another story."""
    for one in around.stamps:
        if one.prop != "datemodified" and not one.is_aside and (found := moment(one.value or one.text, month_first=month_first)):
            yield Said(found, Origin.MICRODATA if one.prop else Origin.VISIBLE, one.prop or "time", one.text[:60])


def _stamps(lines: Sequence[str], month_first: bool) -> Iterator[tuple[Said[Moment], bool]]:
    """Lines that are a date and little else, or a date behind a word for publishing or changing, and whether it is of a change."""
    for line in lines:
        if len(line) > _LONGEST_LINE or date_span(line) is None:
            continue
        for part, is_change in _parts(line):
            if len(part) > _LONG:
                continue
            span = date_span(part)
            if span is None:
                continue
            is_labelled = part is not line and span[0] < 12
            if (is_labelled or len(line) <= _STAMP) and (found := moment(part, month_first=month_first)):
                yield Said(found, Origin.VISIBLE, "text", part.strip()[:60]), is_change


def _sharper(one: Shown, found: Moment, month_first: bool) -> Moment:
    """The machine's form of a shown time, where it is the same day's."""
    told = moment(one.value, month_first=month_first) if one.value else None
    return told if told is not None and told.day == found.day else found


def _parts(text: str) -> Iterable[tuple[str, bool]]:
    """A stamp at its words: `Posted May 1 | Updated May 2` → (`May 1 |`, False), (`May 2`, True)."""
    is_change = False
    for place, part in enumerate(_words().split(text)):
        if place % 2:
            is_change = part.casefold() in UPDATED
        elif part:
            yield part, is_change


@cache
def _words() -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W\d_])({alternatives((*UPDATED, *PUBLISHED))})(?![a-zà-ÿ])", re.IGNORECASE)


def _of_urls(urls: Sequence[str]) -> Iterator[Said[Moment]]:
    for url in urls:
        match = _URL_DATE.search(url[:2000])
        if match and (found := moment("-".join(match.groups()))):
            yield Said(found, Origin.URL, "address", match.group())
            return
        match = _URL_NAMED.search(url[:2000])
        if match and (found := moment(f"{match[3]} {match[2]} {match[1]}")):
            yield Said(found, Origin.URL, "address", match.group())
            return

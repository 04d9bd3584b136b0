"""The life of a URL or an item, sentence by sentence: what happened, when, and why. Reading only.

What is told comes from the rows themselves (sightings, captures, verdicts, versions, events, facts, deliveries, quarantine) and, for what leaves
no row, from history.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, func, or_, select

from pipeline.errors import Misconfigured
from pipeline.storage import items
from pipeline.storage.listing import canonical_or_same, items_of
from schemas import tables
from schemas.article import Access
from schemas.tables import (
    capture,
    delivery,
    event,
    fetch_job,
    history,
    item,
    quarantine,
    sighting,
    source,
    subscription,
    verdict,
    version,
)


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened."""

    at: datetime
    sentence: str


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of what was asked for."""

    about: str
    moments: tuple[Moment, ...]
    now: tuple[str, ...]
    """How things stand, and what is awaited."""
    items: tuple[int, ...] = ()


def why(conn: Connection, asked: str) -> Life:
    """The life of a URL, or of an item by its id. Raises Misconfigured for what was never seen."""
    ids = [int(asked)] if asked.isdecimal() else items_of(conn, asked)
    addresses = set() if asked.isdecimal() else {asked, canonical_or_same(asked)}
    captures = conn.execute(select(verdict.c.capture).where(verdict.c.item.in_(ids))).scalars().all() if ids else []
    found = conn.execute(
        select(func.coalesce(capture.c.continues, capture.c.id)).where(
            or_(capture.c.id.in_(captures), capture.c.url.in_(addresses), capture.c.final_url.in_(addresses))
        )
    )
    firsts = set(found.scalars())
    seen = conn.execute(
        select(capture, source.c.name.label("source_name"))
        .join(source, source.c.id == capture.c.source)
        .where(or_(capture.c.id.in_(firsts), capture.c.continues.in_(firsts)))
    ).all()
    addresses |= {row.url for row in seen}
    addresses |= set(conn.execute(select(fetch_job.c.url).where(fetch_job.c.continues.in_(firsts))).scalars())
    versions = set(conn.execute(select(version.c.id).where(version.c.item.in_(ids))).scalars())
    sightings = {int(row.sighting) for row in seen if row.sighting}
    held = {"fetch": sightings, "ingest": {int(row.id) for row in seen}, "enrich": versions, "release": versions}
    aside = _set_aside(conn, held, addresses)
    moments = [
        *_sighted(conn, addresses, sightings),
        *(Moment(at=row.fetched_at, sentence=_fetched(row)) for row in seen),
        *_judged(conn, [row.id for row in seen]),
        *_events(conn, ids),
        *_told(conn, ids, addresses),
        *_aside_and_back(aside),
    ]
    standing = [*_standing(conn, ids), *_awaited(conn, held, addresses), *_still_aside(aside)]
    if asked.isdecimal() and not standing:
        raise Misconfigured(f"There is no item {asked}.", hint="`newswire items list` shows the newest.")
    if not moments and not standing:
        raise Misconfigured(f"{asked} was never seen: no source listed it, nobody ingested it.", hint=f"newswire ingest {asked}")
    about = f"item {asked}" if asked.isdecimal() else asked
    return Life(about=about, moments=tuple(sorted(moments, key=lambda one: one.at)), now=tuple(standing), items=tuple(ids))


def _sighted(conn: Connection, addresses: set[str], ids: set[int]) -> list[Moment]:
    rows = conn.execute(
        select(sighting.c.seen_at, sighting.c.run, sighting.c.entry_key, source.c.name)
        .join(source, source.c.id == sighting.c.source)
        .where(or_(sighting.c.id.in_(ids), sighting.c.url.in_(addresses)))
    )
    return [Moment(at=row.seen_at, sentence=f"{row.name} listed it as {row.entry_key}{_by(row.run)}.") for row in rows]


def _by(run: int | None) -> str:
    return f", in run {run}" if run else ""


def _fetched(row: Any) -> str:
    redirected = f", redirected to {row.final_url}" if row.final_url and row.final_url != row.url else ""
    kind = f" of {row.content_type.partition(';')[0]}" if row.content_type else ""
    further = f", a further page of capture {row.continues}" if row.continues else ""
    return f"{row.size_bytes:,} bytes{kind} came from {row.url}{redirected}{further} (capture {row.id}, source {row.source_name}, log id {row.log_id})."


def _judged(conn: Connection, captures: list[int]) -> list[Moment]:
    rows = conn.execute(
        select(verdict, version.c.number, version.c.kind.label("version_kind"))
        .outerjoin(version, version.c.id == verdict.c.version)
        .where(verdict.c.capture.in_(captures))
    )
    moments = []
    for row in rows:
        because = "; ".join(row.evidence.get("sentences", ()))
        what = f"version {row.number} of item {row.item} ({row.version_kind})" if row.number else f"item {row.item}"
        moments.append(Moment(at=row.at, sentence=f"Judged {row.kind}: {what}{f', because {because}' if because else ''}."))
    return moments


_EVENTS = {
    "stored": "Stored",
    "updated": "Updated",
    "corrected": "Corrected",
    "history": "Kept as an older version",
    "enriched": "Its facts are complete",
    "released": "Its embargo ended: shown to consumers",
    "rights": "Its rights changed",
    "killed": "Killed: its text is shown to nobody",
    "revived": "Revived by hand",
    "purged": "Purged: its text is gone",
    "refiltered": "The filter of a subscription changed, and it came into it or left it",
}


def _events(conn: Connection, ids: list[int]) -> list[Moment]:
    rows = conn.execute(
        select(event, version.c.number)
        .outerjoin(version, version.c.id == event.c.version)
        .where(event.c.item.in_(ids))
        .order_by(event.c.seq)
    )
    return [
        Moment(
            at=row.at,
            sentence=f"{_EVENTS.get(row.kind, row.kind)}{f', version {row.number}' if row.number else ''} (event {row.seq}, {row.lane}).",
        )
        for row in rows
    ]


_SILENT = ("listed", "fetched", "stored", "enriched", "released", "killed", "quarantined")
"""What sightings, captures, verdicts, events and quarantine tell already."""


def _told(conn: Connection, ids: list[int], addresses: set[str]) -> list[Moment]:
    rows = conn.execute(
        select(history)
        .where(or_(history.c.item.in_(ids), history.c.url.in_(addresses)), history.c.what.not_in(_SILENT))
        .order_by(history.c.id)
    )
    return [Moment(at=row.at, sentence=_sentence(row)) for row in rows if "quarantine" not in (row.detail or {})]


def _sentence(row: Any) -> str:
    detail = row.detail or {}
    if row.what == "delivered":
        until = "was given" if detail.get("until") == "appended" else "acknowledged"
        return f"{detail.get('subscription')} {until} event {detail.get('seq')}."
    said = detail.get("error") or detail.get("message")
    if said is None:
        said = ", ".join(f"{name} {detail[name]}" for name in sorted(detail) if detail[name] not in ("", None))
    return f"{row.what.capitalize()}{_by(row.run)}{f': {_bare(said)}' if said else ''}."


def _bare(sentence: object) -> str:
    return str(sentence).rstrip(".")


_LOOKED_AT = 1_000
"""Rows of quarantine and of work, the newest, that are searched for what they hold."""


def _set_aside(conn: Connection, held: dict[str, set[int]], addresses: set[str]) -> list[Any]:
    """Rows of quarantine that are about one of these."""
    rows = conn.execute(select(quarantine).order_by(quarantine.c.id.desc()).limit(_LOOKED_AT)).all()
    return [row for row in rows if row.url in addresses or held.get(row.stage, set()) & set(row.refs)]


def _aside_and_back(rows: list[Any]) -> list[Moment]:
    told = [Moment(at=row.at, sentence=f"Set aside in quarantine under {row.id}{_by(row.run)}: {_bare(row.message)}.") for row in rows]
    back = [row for row in rows if row.released_at is not None]
    return told + [Moment(at=row.released_at, sentence=f"Put back to work out of quarantine {row.id}.") for row in back]


def _standing(conn: Connection, ids: list[int]) -> list[str]:
    found = []
    for row in conn.execute(select(item, version.c.number).outerjoin(version, version.c.id == item.c.current).where(item.c.id.in_(ids))):
        held = ""
        if row.status == "held":
            until = conn.execute(select(version.c.embargo_until).where(version.c.id == row.current)).scalar()
            held = f" until {until:%Y-%m-%d %H:%M} UTC" if until and until.year < 9999 else " until its publisher says otherwise"
        found.append(
            f"Item {row.id} of {row.provider} is {row.status}{held}; current is version {row.number or 0}; it belongs to story {row.story}."
        )
        article = (
            items.load_articles(conn, [row.current]).get(row.current) if row.current and row.status not in ("killed", "purged") else None
        )
        if article is not None and article.access is Access.PARTIAL:
            found.append(f"The text of item {row.id} is partial: its page {article.access_reason}.")
    relation = tables.relation
    for row in conn.execute(select(relation).where(relation.c.item.in_(ids))):
        share = f" ({round(row.share_of_item * 100)} % of its text)" if row.share_of_item is not None else ""
        found.append(f"Item {row.item} is a pickup of item {row.other}{share}.")
    for row in conn.execute(select(relation).where(relation.c.other.in_(ids))):
        share = f", {round(row.share_of_other * 100)} % of it" if row.share_of_other is not None else ""
        found.append(f"Item {row.item} carries it{share}.")
    rows = conn.execute(
        select(delivery, subscription.c.name, subscription.c.paused_at, subscription.c.pause_reason, subscription.c.trouble)
        .join(subscription, subscription.c.id == delivery.c.subscription)
        .where(delivery.c.item.in_(ids))
    )
    return found + [f"Telling {row.name} of event {row.seq} {_bare(_untold(row))}." for row in rows]


def _untold(row: Any) -> str:
    """Why a subscription was not told yet."""
    if row.parked_at:
        return f"is parked: {row.last_error}"
    if row.paused_at:
        return f"waits: it is paused{f', {row.pause_reason}' if row.pause_reason else ''}"
    if row.sent_seq:
        return "is on its way"
    if row.trouble:
        return f"waits: {row.trouble}"
    return f"is due at {row.due_at:%H:%M:%S} UTC{f', after it {row.last_error}' if row.last_error else ''}"


def _still_aside(rows: list[Any]) -> list[str]:
    return [
        f"In quarantine under {row.id}: {_bare(row.message)}. To try it again: newswire quarantine replay {row.id}"
        for row in rows
        if row.released_at is None
    ]


def _awaited(conn: Connection, held: dict[str, set[int]], addresses: set[str]) -> list[str]:
    """`held`: by stage, what rows of work may be about."""
    found = []
    for row in conn.execute(select(fetch_job).where(fetch_job.c.url.in_(addresses))):
        error = f" ({row.retries} {'try' if row.retries == 1 else 'tries'} failed: {_bare(row.last_error)})" if row.last_error else ""
        found.append(f"{row.url} is to be fetched from {row.due_at:%Y-%m-%d %H:%M:%S} UTC on{error}.")
    rows = conn.execute(select(tables.work).where(tables.work.c.stage.in_(held)).order_by(tables.work.c.id).limit(_LOOKED_AT)).all()
    found += [
        f"To do: {row.stage}, {row.label} (work {row.id}, due {row.due_at:%Y-%m-%d %H:%M:%S} UTC{_trouble(row.last_error)})."
        for row in rows
        if held[row.stage] & set(row.refs)
    ]
    return found


def _trouble(error: str) -> str:
    return f", {_bare(error)}" if error else ""

"""The decisions of one chunk, made under the ledger lock: what each draft is to what is stored, and the rows that say so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from pipeline import clean
from pipeline.dedupe.decide import Held, HeldVersion, Incoming, Neighbour, decide
from pipeline.dedupe.signature import SCHEME
from pipeline.ingest.prepare import NO_END, Prepared
from pipeline.storage import items, ledger
from pipeline.storage.items import Arrival, Rows, StoredItem, StoredVersion
from pipeline.storage.work import Claimed, NewWork
from schemas import tables
from schemas.article import Urgency
from schemas.outcome import counted
from schemas.verdict import Evidence, ItemStatus, Verdict, VerdictKind, VersionKind

AT_LEAST_SHARED = 2
"""Hashes that two signatures have in common before their texts are compared."""
_EVENTS = {
    VersionKind.FIRST: "stored",
    VersionKind.UPDATE: "updated",
    VersionKind.CORRECTION: "corrected",
    VersionKind.WRITETHRU: "updated",
}
_WORDS = {
    "new": "new",
    "pickup": "pickups",
    "update": "updates",
    "correction": "corrections",
    "writethru": "writethrus",
    "kill": "kills",
    "history": "older versions",
    "unchanged": "unchanged",
    "repeat": "repeats",
}
_SINGULAR = {"history": "older version"}


class Chunk:
    """The decisions of one chunk, under the ledger lock: each member sees what those before it brought."""

    def __init__(
        self,
        conn: Connection,
        now: datetime,
        claimed: Claimed,
        log: ledger.Ledger,
        prepared: Sequence[Prepared],
        near: dict[int, list[int]],
        seen: int,
    ) -> None:
        self.now, self.claimed, self.log = now, claimed, log
        self.rows = Rows()
        self.releases: list[NewWork] = []
        self.counts: Counter[str] = Counter()
        self._enrich: dict[str, list[int]] = {}
        self._names: set[str] = {one.arrival.source_name for one in prepared}
        keys = [triple for one in prepared for triple in one.triples]
        self._known = items.known_keys(conn, keys)
        self._tombstones = items.tombstones(conn, keys)
        self._judged = items.judged(conn, claimed.refs)
        self._items = items.stored_items(conn, self._known.values())
        since = items.signatures(conn, ledger.versions_since(conn, seen), scheme=SCHEME)
        self._signatures: dict[int, frozenset[int]] = {version: frozenset(hashes) for version, hashes in since.items()}
        self._near = near
        wanted = {version for found in near.values() for version in found} | set(since)
        wanted |= {one.current for one in self._items.values() if one.current}
        self._versions = items.stored_versions(conn, wanted)
        self._item_ids, self._version_ids, self._story_ids = items.reserve(conn, len(prepared), tables.item, tables.version, tables.story)

    def judge(self, place: int, one: Prepared) -> None:
        """Decide about one draft and note what has to be written."""
        if (one.arrival.capture, one.draft.path) in self._judged:
            self.counts["repeat"] += 1
            return
        found = [
            (kind, key, self._known[provider, kind, key]) for provider, kind, key in one.triples if (provider, kind, key) in self._known
        ]
        owner = min(found, key=lambda match: match[2]) if found else None  # several keys, several items: the oldest wins
        stored = self._items.get(owner[2]) if owner else None
        is_killed = (stored is not None and stored.status == ItemStatus.KILLED) or any(t in self._tombstones for t in one.triples)
        decided = decide(
            Incoming(
                provider=one.provider,
                draft=one.draft,
                article=one.article,
                keys=one.keys,
                matched_by=owner[:2] if owner else None,
                text_hash=one.text_hash,
                fetched_at=one.arrival.fetched_at,
            ),
            self._held(stored),
            self._neighbours(place, one, stored),
            is_killed=is_killed,
        )
        if len({match[2] for match in found}) > 1:
            others = ", ".join(str(id) for id in sorted({match[2] for match in found})[1:])
            decided = _and(decided, f"its keys also name item {others}: the oldest was taken")
        self._note(one, stored, decided, is_killed=is_killed)

    def _held(self, stored: StoredItem | None) -> Held | None:
        if stored is None:
            return None
        current = self._versions.get(stored.current) if stored.current else None
        return Held(
            item=stored.item,
            status=ItemStatus(stored.status),
            current=None
            if current is None
            else HeldVersion(
                version=current.version,
                text_hash=current.text_hash,
                headline=current.headline,
                text=current.text,
                publisher_version=current.publisher_version,
                version_at=current.version_at,
                fetched_at=current.fetched_at,
            ),
        )

    def _neighbours(self, place: int, one: Prepared, stored: StoredItem | None) -> list[Neighbour]:
        mine = frozenset(one.hashes)
        ids = set(self._near.get(place, ()))
        ids |= {version for version, hashes in self._signatures.items() if len(mine & hashes) >= AT_LEAST_SHARED}
        return [
            Neighbour(
                item=other.item,
                version=other.version,
                provider=other.provider,
                headline=other.headline,
                text=other.text,
                at=other.published_at or other.fetched_at,
                story=other.story,
            )
            for other in (self._versions[id] for id in sorted(ids) if id in self._versions)
            if stored is None or other.item != stored.item
        ]

    def _note(self, one: Prepared, stored: StoredItem | None, decided: Verdict, *, is_killed: bool) -> None:
        version: int | None = None
        if decided.kind is VerdictKind.KILL:
            stored = self._kill(one, stored)
        elif decided.kind is VerdictKind.UNCHANGED:
            assert stored is not None
            self._lift(one, stored)
        else:
            stored, version = self._store(one, stored, decided, is_killed=is_killed)
        self.counts[_word(decided)] += 1
        self.rows.verdict.append(
            {
                "capture": one.arrival.capture,
                "path": one.draft.path,
                "kind": decided.kind,
                "item": stored.item,
                "version": version,
                "evidence": msgspec.to_builtins(decided.evidence),
                "run": self.claimed.run,
                "at": self.now,
            }
        )
        self._judged.add((one.arrival.capture, one.draft.path))
        self._name(one, stored.item)

    def _name(self, one: Prepared, item: int) -> None:
        for provider, kind, key in one.triples:
            if (provider, kind, key) not in self._known:
                self._known[provider, kind, key] = item
                self.rows.identity.append({"provider": provider, "kind": kind, "key": key, "item": item})

    def _new_item(self, one: Prepared, *, status: ItemStatus, story: int | None, lane: str) -> StoredItem:
        id = next(self._item_ids)
        if story is None:
            story = next(self._story_ids)
            self.rows.story.append({"id": story, "original": id, "created_at": self.now})
        self.rows.item[id] = {
            "id": id,
            "provider": one.provider,
            "source": one.arrival.source,
            "story": story,
            "status": status,
            "current": None,
            "shown": None,
            "url": (one.article.canonical_url if one.article else None) or one.draft.url,
            "lane": lane,
            "created_at": self.now,
            "updated_at": self.now,
        }
        stored = StoredItem(item=id, story=story, status=status, lane=lane, current=None, shown=None, versions=0)
        self._items[id] = stored
        return stored

    def _change(self, stored: StoredItem, **values: Any) -> StoredItem:
        row = self.rows.item.get(stored.item)
        if row is None:
            row = self.rows.item_changes.setdefault(stored.item, {})
        row.update(values, updated_at=self.now)
        changed = msgspec.structs.replace(stored, **{k: v for k, v in values.items() if k in StoredItem.__struct_fields__})
        self._items[stored.item] = changed
        return changed

    def _kill(self, one: Prepared, stored: StoredItem | None) -> StoredItem:
        """The publisher calls it off. The text stays stored and is shown to nobody; an unknown item is killed before it comes."""
        if stored is None:
            stored = self._new_item(one, status=ItemStatus.KILLED, story=None, lane="flash")
        elif stored.status in (ItemStatus.KILLED, ItemStatus.PURGED):
            return stored
        else:
            stored = self._change(stored, status=ItemStatus.KILLED)
        for provider, kind, key in one.triples:
            if (provider, kind, key) not in self._tombstones:
                self._tombstones.add((provider, kind, key))
                self.rows.tombstone.append(
                    {"provider": provider, "kind": kind, "key": key, "reason": one.draft.editor_note, "item": stored.item, "at": self.now}
                )
        self.log.append(stored.item, stored.current, "killed", "flash")
        self.tell("killed", stored.item, one.arrival, note=one.draft.editor_note)
        return stored

    def _lift(self, one: Prepared, stored: StoredItem) -> None:
        """The same text again: only its embargo may have been lifted or moved. The release itself reads the version's row."""
        current = self._versions.get(stored.current) if stored.current else None
        if (
            current is None
            or stored.shown == current.version
            or stored.status == ItemStatus.KILLED
            or one.embargo_until == current.embargo_until
        ):
            return
        self.rows.version_changes[current.version] = {"embargo_until": one.embargo_until}
        if one.embargo_until != NO_END:
            self.releases.append(self._release(current.version, max(one.embargo_until or self.now, self.now), one))

    def _release(self, version: int, at: datetime, one: Prepared) -> NewWork:
        return NewWork(
            stage="release",
            lane="flash",
            label=f"{one.arrival.source_name} · embargo of version {version}",
            refs=(version,),
            run=self.claimed.run,
            due_at=at,
        )

    def _store(self, one: Prepared, stored: StoredItem | None, decided: Verdict, *, is_killed: bool) -> tuple[StoredItem, int]:
        """A new version, of a new item or of one that we hold."""
        assert one.article is not None and decided.version_kind is not None
        lane = "flash" if one.article.urgency is Urgency.FLASH else self.claimed.lane
        held = one.embargo_until is not None and one.embargo_until > self.now
        is_new = stored is None
        if stored is None:
            story = self._story_of(decided.pickup_of)
            status = ItemStatus.KILLED if is_killed else ItemStatus.HELD if held else ItemStatus.USABLE
            stored = self._new_item(one, status=status, story=story, lane=lane)
        version = next(self._version_ids)
        is_history = decided.kind is VerdictKind.HISTORY
        number = stored.versions + 1
        changes: dict[str, Any] = {} if is_history else {"current": version}
        if not is_history and not held:
            changes |= {"shown": version}
            if stored.status == ItemStatus.HELD:
                changes |= {"status": ItemStatus.USABLE}
        stored = self._change(msgspec.structs.replace(stored, versions=number), **changes)
        self._rows_of_version(one, stored, version, number, decided.version_kind, is_history=is_history, held=held)
        if held and one.embargo_until is not None and one.embargo_until != NO_END:
            self.releases.append(self._release(version, one.embargo_until, one))
        if decided.pickup_of is not None:
            self._relate(stored.item, decided)
        if stored.status == ItemStatus.KILLED and not is_new:
            kind = "history"  # what arrives for a killed item is kept, and changes nothing that anybody may see
        elif stored.status == ItemStatus.KILLED:
            kind = "killed"
        else:
            kind = "history" if is_history else _EVENTS[decided.version_kind]
        self.log.append(stored.item, version, kind, lane)
        if not is_history and stored.status != ItemStatus.KILLED:
            self._enrich.setdefault(lane, []).append(version)
        self.tell("stored", stored.item, one.arrival, version=version, number=number, kind=decided.version_kind, held=held)
        return stored, version

    def _story_of(self, original: int | None) -> int | None:
        if original is None:
            return None
        if original in self._items:
            return self._items[original].story
        return next((one.story for one in self._versions.values() if one.item == original), None)

    def _relate(self, item: int, decided: Verdict) -> None:
        overlap = decided.evidence.overlap
        self.rows.relation.append(
            {
                "item": item,
                "kind": "pickup_of",
                "other": decided.pickup_of,
                "share_of_item": overlap.of_new if overlap else None,
                "share_of_other": overlap.of_other if overlap else None,
                "created_at": self.now,
            }
        )

    def _rows_of_version(
        self, one: Prepared, stored: StoredItem, version: int, number: int, kind: VersionKind, *, is_history: bool, held: bool
    ) -> None:
        article, draft = one.article, one.draft
        assert article is not None
        text, values = items.article_row(article)
        published = draft.published or article.published
        self.rows.version.append(
            {
                "id": version,
                "item": stored.item,
                "number": number,
                "kind": kind,
                "publisher_version": draft.version,
                "version_at": draft.version_at,
                "published_at": published,
                "fetched_at": one.arrival.fetched_at,
                "is_history": is_history,
                "embargo_until": one.embargo_until,
                "released_at": None if held or one.embargo_until is None else self.now,
                "capture": one.arrival.capture,
                "path": draft.path,
                "text_hash": one.text_hash,
                "headline": article.headline,
                "language": article.language,
                "draft": items.draft_row(draft),
                "log_id": one.arrival.log_id,
                "created_at": self.now,
            }
        )
        self.rows.rendition.append({"version": version, "cleaner": clean.CLEANER, "text": text, "article": values, "created_at": self.now})
        self.rows.rights.append({"version": version, **msgspec.to_builtins(draft.rights)})
        self.rows.band.append({"version": version, "item": stored.item, "scheme": SCHEME, "hashes": list(one.hashes)})
        self._signatures[version] = frozenset(one.hashes)
        self._versions[version] = StoredVersion(
            item=stored.item,
            version=version,
            story=stored.story,
            provider=one.provider,
            status=stored.status,
            number=number,
            publisher_version=draft.version,
            version_at=draft.version_at,
            published_at=published,
            fetched_at=one.arrival.fetched_at,
            embargo_until=one.embargo_until,
            released_at=None if held or one.embargo_until is None else self.now,
            text_hash=one.text_hash,
            headline=article.headline,
            text=text,
        )

    def tell(self, what: str, item: int | None, arrival: Arrival, **detail: Any) -> None:
        """A row of history."""
        self.rows.history.append(
            {
                "at": self.now,
                "what": what,
                "item": item,
                "source": arrival.source,
                "run": self.claimed.run,
                "url": arrival.url,
                "log_id": arrival.log_id,
                "detail": {"capture": arrival.capture, **detail},
            }
        )

    def enrichments(self) -> list[NewWork]:
        """The next stage: one row a lane."""
        name = self._names.pop() if len(self._names) == 1 else f"{len(self._names)} sources"
        run = f" · run {self.claimed.run}" if self.claimed.run else ""
        return [
            NewWork(
                stage="enrich",
                lane=lane,
                label=f"{name} · {counted(len(versions), 'text')}{run}",
                refs=tuple(versions),
                run=self.claimed.run,
            )
            for lane, versions in sorted(self._enrich.items())
        ]

    def sentence(self, broken: int) -> str:
        """`41 new, 6 pickups, 3 unchanged`"""
        parts = [_counted(word, self.counts[word]) for word in _WORDS if self.counts[word]]
        return ", ".join(parts + ([f"{broken} quarantined"] if broken else [])) or "nothing in it"


def _counted(word: str, count: int) -> str:
    return f"{count} {_SINGULAR.get(word, word) if count == 1 else _WORDS[word]}"


def _word(decided: Verdict) -> str:
    if decided.kind is not VerdictKind.VERSION:
        return str(decided.kind)
    return (
        "new" if decided.version_kind is VersionKind.FIRST else str(decided.version_kind)
    )  # a first text for what was killed before it came


def _and(decided: Verdict, sentence: str) -> Verdict:
    evidence: Evidence = msgspec.structs.replace(decided.evidence, sentences=(*decided.evidence.sentences, sentence))
    return msgspec.structs.replace(decided, evidence=evidence)

"""From the tables to messages: what one subscription may see of an item, as it is now; and whether its filter lets it pass. Reading only.

push    the version that is shown now
log     the version that an event brought, if it may be seen by now
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import ColumnElement, Connection, or_, select, true

from pipeline.errors import Misconfigured
from pipeline.storage import items, ledger
from schemas.article import Article, Rights
from schemas.messages import Message, Pickup, Showing, Version
from schemas.tables import event, fact, identity, item, log_state, relation, rights, source, version
from schemas.verdict import ItemStatus

if TYPE_CHECKING:
    from pipeline.storage.subscriptions import Subscription

KILLS = ("killed", "purged")
"""Kinds of events, and states, that ignore filters: rows are gone after an acknowledgement, so nobody knows who was told."""
WHEN_ENRICHED = ("enriched", "released", "rights", "killed", "revived", "purged")
"""Kinds of events that one who waits for facts is told of."""
NEVER_TOLD = "history"
"""A version that was superseded before it came changes nothing of what is shown."""
REFILTERED = "refiltered"
"""A filter was changed, and with it what one subscription's consumer may show of this item. It has a number, which is greater than all that
the consumer holds."""
_PUNCTUATION = ".,:;!?\"'()[]“”‘’«»"


def is_told(one: Subscription, kind: str, seq: int) -> bool:
    """Whether this subscription is told of such events, if it is told of the item."""
    if kind == REFILTERED:
        return any(past.first <= seq <= past.last for past in one.past)
    return kind != NEVER_TOLD and (one.after == "stored" or kind in WHEN_ENRICHED)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One message to make."""

    item: int
    seq: int
    version: int | None = None
    """That of an event; None: the one that this subscription may see now."""


def make(conn: Connection, one: Subscription, wanted: Sequence[Wanted]) -> dict[tuple[int, int], Message]:
    """Messages by (item, seq), from the items' state now; without those of which there is nothing to see.

    Killed or purged: ids and status only. Under embargo: the same where an event's version was asked for, else nothing.
    """
    epoch = int(conn.execute(select(log_state.c.epoch).where(log_state.c.id == 1)).scalar_one())
    ids = sorted({asked.item for asked in wanted})
    rows = {row.id: row for row in conn.execute(select(item).where(item.c.id.in_(ids)))}
    asked_for = {asked: asked.version or _visible(one, rows[asked.item]) for asked in wanted if asked.item in rows}
    parts = _Parts(conn, one, [id for id in asked_for.values() if id is not None], ids)
    kinds = _kinds(conn, wanted)
    ever = ever_matched(conn, one, ids)
    made: dict[tuple[int, int], Message] = {}
    for asked, version_id in asked_for.items():
        row = rows[asked.item]
        named = {
            "epoch": epoch,
            "seq": asked.seq,
            "subscription": one.name,
            "generation": one.generation,
            "item": asked.item,
            "provider": row.provider,
            "story": row.story,
            "event": kinds.get((asked.item, asked.seq), "snapshot"),
        }
        if row.status in KILLS:
            made[asked.item, asked.seq] = Message(status=Showing(row.status), **named)
            continue
        of = parts.versions.get(version_id) if version_id is not None else None
        if version_id is None and named["event"] == REFILTERED and asked.item in ever:  # told early once, and no longer to be shown
            made[asked.item, asked.seq] = Message(status=Showing.HELD, **named)
        elif of is None or of.id not in parts.articles or (one.after == "enriched" and of.id not in parts.enriched):
            continue
        elif not _may_be_seen(one, of):
            if asked.version is not None and asked.item in ever:
                made[asked.item, asked.seq] = Message(status=Showing.HELD, **named)
        elif not any(one.filter.values()) or matches(one.filter, parts.metadata(of)):
            made[asked.item, asked.seq] = Message(status=Showing.USABLE, url=row.url, **parts.whole(of, row), **named)
        elif asked.item in ever:
            made[asked.item, asked.seq] = Message(status=Showing.LEFT, **named)
    return made


def _visible(one: Subscription, row: Any) -> int | None:
    """The version of an item that this subscription may see now."""
    if one.embargo == "early" and row.status in (ItemStatus.USABLE, ItemStatus.HELD):
        return row.current  # type: ignore[no-any-return]
    return row.shown if row.status == ItemStatus.USABLE else None


def _may_be_seen(one: Subscription, of: Any) -> bool:
    return one.embargo == "early" or of.embargo_until is None or of.released_at is not None


def _kinds(conn: Connection, wanted: Sequence[Wanted]) -> dict[tuple[int, int], str]:
    seqs = sorted({asked.seq for asked in wanted})
    found = conn.execute(select(event.c.item, event.c.seq, event.c.kind).where(event.c.seq.in_(seqs)))
    return {(row.item, row.seq): row.kind for row in found}


class _Parts:
    """What messages of these versions are put together from."""

    def __init__(self, conn: Connection, one: Subscription, versions: Sequence[int], ids: Sequence[int]) -> None:
        self.versions = {row.id: row for row in conn.execute(_versions().where(version.c.id.in_(sorted(set(versions)))))}
        shown = sorted(self.versions)
        self.articles = items.load_articles(conn, shown)
        self.enriched = ledger.having(conn, "enriched", shown) if one.after == "enriched" else set()
        self._facts = _facts(conn, self.versions)
        self._words = _found_keywords(conn, one.filter, shown)
        self._terms = _terms(conn, shown)
        self._urls = _urls(conn, ids)
        self._pickups = {
            row.item: Pickup(item=row.other, share_of_item=row.share_of_item, share_of_other=row.share_of_other)
            for row in conn.execute(select(relation).where(relation.c.kind == "pickup_of", relation.c.item.in_(ids)))
        }

    def metadata(self, of: Any) -> dict[str, Any]:
        return _metadata(of, self.articles.get(of.id), self._facts.get(of.id, {}), self._terms.get(of.id), self._words.get(of.id, ()))

    def whole(self, of: Any, row: Any) -> dict[str, Any]:
        """The fields of a message that shows this version."""
        return {
            "source": of.source or "",
            "urls": tuple(dict.fromkeys(filter(None, (row.url, *self._urls.get(row.id, ()))))),
            "log_id": of.log_id,
            "version": _version(of),
            "article": self.articles[of.id],
            "facts": self._facts.get(of.id, {}),
            "pickup_of": self._pickups.get(row.id),
            "rights": self._terms.get(of.id),
            "embargo_until": of.embargo_until,
        }


def _versions() -> Any:
    return (
        select(version, item.c.provider, item.c.url, source.c.name.label("source"))
        .join(item, item.c.id == version.c.item)
        .outerjoin(source, source.c.id == item.c.source)
    )


def _version(of: Any) -> Version:
    return Version(**{name: getattr(of, name) for name in Version.__struct_fields__})


def _terms(conn: Connection, versions: Sequence[int]) -> dict[int, Rights]:
    return {
        row.version: Rights(copyright=row.copyright, usage_terms=row.usage_terms, license_url=row.license_url)
        for row in conn.execute(select(rights).where(rights.c.version.in_(versions)))
    }


def _facts(conn: Connection, versions: Mapping[int, Any]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    rows = conn.execute(select(fact).where(fact.c.version.in_(sorted(versions))).order_by(fact.c.at, fact.c.enricher_version))
    for row in rows:
        if row.text_hash == versions[row.version].text_hash:
            found.setdefault(row.version, {})[row.enricher] = row.value
    return found


def _urls(conn: Connection, ids: Sequence[int]) -> dict[int, list[str]]:
    """What identifies these items by URL, in canonical form."""
    found: dict[int, list[str]] = {}
    for row in conn.execute(
        select(identity.c.item, identity.c.key).where(identity.c.item.in_(ids), identity.c.kind == "url").order_by(identity.c.key)
    ):
        found.setdefault(row.item, []).append(row.key)
    return found


# --- what matches ---------------------------------------------------------------------------------------------------------------

_PLAIN = ("provider", "source", "language", "kind", "keyword", "url")
_ROOTS: dict[str, type[msgspec.Struct] | None] = {"article": Article, "version": Version, "rights": Rights, "facts": None}
"""What a path may begin with. What enrichers say has no fixed form."""
_IN_ARTICLE = ("keyword", "kind", "article")


def check_filter(filter: Mapping[str, Sequence[str]]) -> None:
    """Raises Misconfigured for what no message has."""
    for name in filter:
        root, _, rest = name.partition(".")
        if name in _PLAIN or (rest and root in _ROOTS and (_ROOTS[root] is None or rest.split(".")[0] in _ROOTS[root].__struct_fields__)):  # type: ignore[union-attr]
            continue
        hint = f"There are: {', '.join(_PLAIN)}; and each field of {', '.join(_ROOTS)}: article.urgency, facts.places.name."
        raise Misconfigured(f"{name} is no filter.", hint=hint)


def matches(filter: Mapping[str, Sequence[str]], metadata: Mapping[str, Any]) -> bool:
    """Pure: each filter that is given names one of its values, in whatever case.

    A keyword is one of the publisher's, a word of the headline, or one that the enricher `keywords` found. A path (`article.dateline.city`)
    leads through lists to each of their members.
    """
    return all(
        not wanted or {one.casefold() for one in wanted} & set(_values(metadata, name.split("."))) for name, wanted in filter.items()
    )


def _values(of: Any, path: Sequence[str]) -> Iterator[str]:
    if isinstance(of, list | tuple):
        for member in of:
            yield from _values(member, path)
    elif path:
        if isinstance(of, Mapping):
            yield from _values(of.get(path[0]), path[1:])
    elif of is not None:
        yield str(of).casefold()


def _metadata(of: Any, article: Article | None, facts: Mapping[str, Any], terms: Rights | None, words: Iterable[str]) -> dict[str, Any]:
    """What filters look at. `of`: a row of a version, with its item's provider, source and url."""
    keywords = {*(article.keywords if article else ()), *words, *(word.strip(_PUNCTUATION) for word in of.headline.split())}
    return {
        "provider": of.provider,
        "source": of.source or "",
        "language": of.language,
        "url": of.url,
        "kind": str(article.kind) if article else "",
        "keyword": list(keywords),
        "article": msgspec.to_builtins(article),
        "version": msgspec.to_builtins(_version(of)),
        "rights": msgspec.to_builtins(terms),
        "facts": facts,
    }


def ever_matched(conn: Connection, one: Subscription, ids: Iterable[int]) -> set[int]:
    """Items of which a version that could be seen, now or before, matches this subscription's filter, or matched one that it had.

    What left the filter must be told so; what never came needs no word.
    """
    ids = set(ids)
    found = _matched(conn, ids, one.filter, one.embargo, None)
    tried = [(one.filter, one.embargo)]
    for past in reversed(one.past):  # of equal ones the last covers the others
        if (past.filter, past.embargo) not in tried and found < ids:
            found |= _matched(conn, ids - found, past.filter, past.embargo, past.until)
            tried.append((past.filter, past.embargo))
    return found


def _matched(conn: Connection, ids: set[int], filter: Mapping[str, Sequence[str]], embargo: str, until: int | None) -> set[int]:
    """`until`: no newer version than this."""
    if until is None and not any(filter.values()):
        return ids
    roots = {name.partition(".")[0] for name in filter}
    some = _versions().where(version.c.item.in_(sorted(ids)), ~version.c.is_history, _could_be_seen(embargo))
    rows = conn.execute(some if until is None else some.where(version.c.id <= until)).all()
    numbers = [row.id for row in rows]
    texts = items.load_articles(conn, numbers) if roots & set(_IN_ARTICLE) else {}
    facts = _facts(conn, {row.id: row for row in rows}) if "facts" in roots else {}
    terms = _terms(conn, numbers) if "rights" in roots else {}
    words = _found_keywords(conn, filter, numbers)
    return {
        row.item
        for row in rows
        if matches(filter, _metadata(row, texts.get(row.id), facts.get(row.id, {}), terms.get(row.id), words.get(row.id, ())))
    }


def _could_be_seen(embargo: str) -> ColumnElement[bool]:
    return true() if embargo == "early" else or_(version.c.embargo_until.is_(None), version.c.released_at.is_not(None))


def differing(
    conn: Connection, before: Subscription, after: Subscription, ids: Sequence[int]
) -> tuple[dict[int, int | None], dict[int, int | None]]:
    """Of these items, those that match now and will no longer after a change of settings, and those that will and do not now, or in another
    version (embargo); with the version that may be seen then.
    """
    rows = conn.execute(select(item).where(item.c.id.in_(ids), item.c.status.not_in(KILLS))).all()
    shown = {row.id: (_visible(before, row), _visible(after, row)) for row in rows}
    both = msgspec.structs.replace(after, filter=before.filter | after.filter)
    parts = _Parts(conn, both, [id for pair in shown.values() for id in pair if id is not None], [])

    def fits(one: Subscription, version_id: int | None) -> bool:
        of = parts.versions.get(version_id) if version_id is not None else None
        return of is not None and matches(one.filter, parts.metadata(of))

    leaving: dict[int, int | None] = {}
    coming: dict[int, int | None] = {}
    for id, (was, will) in shown.items():
        is_in, will_be = fits(before, was), fits(after, will)
        if is_in and not will_be:
            leaving[id] = will
        elif will_be and not (is_in and was == will):
            coming[id] = will
    return leaving, coming


def _found_keywords(conn: Connection, filter: Mapping[str, Sequence[str]], versions: Sequence[int]) -> dict[int, list[str]]:
    """By version, whatever an enricher of any version ever said of it: what matched once must not be forgotten."""
    found: dict[int, list[str]] = {}
    if filter.get("keyword"):
        for row in conn.execute(select(fact.c.version, fact.c.value).where(fact.c.version.in_(versions), fact.c.enricher == "keywords")):
            found.setdefault(row.version, []).extend(str(word["word"]) for word in row.value.get("keywords", ()))
    return found

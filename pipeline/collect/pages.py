"""Stories on several pages: what a page that was fetched owes still."""

from __future__ import annotations

from sqlalchemy import Connection, exists, or_, select

from pipeline import clean, formats
from pipeline.clean import pages
from pipeline.clean.pages import MAX_PAGES, may_go_on
from pipeline.storage.frontier import Job, NewJob
from pipeline.urls import host_key
from schemas.document import Document
from schemas.tables import capture, fetch_job, sighting


def next_page(document: Document, first: str = "") -> str:
    """Where the story of a page goes on; "" where it ends. `first` is its first page, if that is another one. Pure.

    What is wrong with a page is for ingest to say: here it ends the story.
    """
    if not first and not may_go_on(document.body):
        return ""
    try:
        page = formats.page_of(document)
        return clean.clean(page, first=first).next_page or "" if page is not None else ""
    except Exception:  # of whatever kind: ingest meets it again, and says it of this document
        return ""


def earlier_page(document: Document) -> str:
    """Where the story begins, or is earlier, that a page says it continues; "" where it says none. Pure."""
    try:
        page = formats.page_of(document)
        return pages.earlier_page(page.page_html, url=document.final_url or document.url, asked=document.url) if page is not None else ""
    except Exception:  # as above
        return ""


def owed_story(conn: Connection, job: Job, url: str) -> NewJob | None:
    """The job that fetches the story, from its page at `url` on, of which a listing listed a further page. None: it is, or was since then."""
    listed_at = select(sighting.c.seen_at).where(sighting.c.id == job.sighting).scalar_subquery()
    had = exists().where(capture.c.url == url, capture.c.source == job.source, capture.c.fetched_at >= listed_at)
    owed = exists().where(fetch_job.c.url == url, fetch_job.c.source == job.source)
    if conn.execute(select(or_(had, owed))).scalar_one():
        return None
    return NewJob(host=host_key(url), url=url, kind="page", source=job.source, lane=job.lane, sighting=job.sighting, run=job.run)


def owed_page(conn: Connection, first: int, url: str, lane: str) -> NewJob | None:
    """The job that fetches the next page of a story, of whose pages the first is this capture.

    None where there is no next one, it was had already, or there are too many.
    """
    if not url:
        return None
    rows = conn.execute(select(capture).where(or_(capture.c.id == first, capture.c.continues == first)).order_by(capture.c.id)).all()
    if len(rows) >= MAX_PAGES or any(url in (row.url, row.final_url) for row in rows):
        return None
    row = rows[0]
    return NewJob(
        host=host_key(url), url=url, kind="page", source=row.source, lane=lane, sighting=row.sighting, continues=first, run=row.run
    )

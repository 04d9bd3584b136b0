"""Stories on several pages: what a page that was fetched owes still."""

from __future__ import annotations

from sqlalchemy import Connection, or_, select

from pipeline import clean, formats
from pipeline.clean.pages import MAX_PAGES, may_go_on
from pipeline.storage.frontier import NewJob
from pipeline.urls import host_key
from schemas.document import Document
from schemas.tables import capture


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

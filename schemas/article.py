"""What is read out of a document: `Draft` (what a format gave, nothing lost) and `Article` (clean, what we store and send)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class Usability(StrEnum):
    """What the publisher says may be done with it (IPTC pubStatus)."""

    USABLE = "usable"
    WITHHELD = "withheld"
    CANCELED = "canceled"


class Urgency(StrEnum):
    """How fast it must travel; the lanes are made of it."""

    FLASH = "flash"
    NORMAL = "normal"


class Kind(StrEnum):
    """What sort of item a text is by its own marks (never by its publisher)."""

    ALERT = "alert"
    STORY = "story"
    ADVISORY = "advisory"


class Access(StrEnum):
    """How much of an article its page gave us."""

    FULL = "full"
    PARTIAL = "partial"
    """The beginning: a paywall or a `continue reading` hides the rest, or it goes on at a page that was not read."""
    BLOCKED = "blocked"
    """None of it: never stored as an article; here for those who report on pages."""


class Genre(StrEnum):
    """What sort of text a page says that it is, beside news."""

    OPINION = "opinion"
    SPONSORED = "sponsored"
    PRESS_RELEASE = "press release"
    LIVE = "live"


class Origin(StrEnum):
    """What says a thing about an article."""

    FORMAT = "format"
    """A field of a feed, of ninjs or another format."""
    JSON_LD = "json-ld"
    OPENGRAPH = "opengraph"
    MICRODATA = "microdata"
    META = "meta"
    LINK = "link"
    VISIBLE = "visible"
    """Text that readers see."""
    WIRE = "wire"
    """The text's own wire marks: dateline, byline, credit, tail."""
    DETECTED = "detected"
    """The data that a page's scripts show it from, found by its shape."""
    URL = "url"


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """How one thing about an article is known."""

    origin: Origin
    confidence: float
    """0 to 1: how often what is known in this way is right. Lower where other origins say another thing."""
    where: str = ""
    """The field or element: `datePublished`, `article:published_time`, `h1`."""
    given: str = ""
    """As it stands there, where we changed it: a time with its zone."""
    against: tuple[str, ...] = ()
    """Origins that say another thing, with their fields."""


class Author(msgspec.Struct, frozen=True):
    """One person of a byline. An agency that stands there alone has no name."""

    name: str
    role: str = ""
    """`Staff Writer`, `Chefredakteurin`: as printed."""
    agency: str = ""
    """By its usual name."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One place that a dateline prints."""

    raw: str
    """As printed: `TALLAHASSEE`."""
    city: str | None = None
    """In ordinary capitals: `Tallahassee`."""
    region: str | None = None
    """As printed: `Fla.`"""
    country: str | None = None
    """As printed: `Gaza Strip`; None where the line prints none."""
    country_code: str | None = None
    """ISO 3166-1 alpha-2."""
    country_given: bool = False
    """False: the code is inferred from the city, the line does not print a country."""


class Dateline(msgspec.Struct, frozen=True, kw_only=True):
    """`SEOUL, Aug. 15 (UPI) -- ` in its parts. Year-less dates keep `year` None; `date` is resolved against publication only."""

    raw: str
    """Exactly what was taken off the lead, the space after the separator included."""
    place_raw: str | None = None
    city: str | None = None
    """The first place's city; all of them are in `places`."""
    country_code: str | None = None
    country_given: bool = False
    places: tuple[Place, ...] = ()
    month: int | None = None
    day: int | None = None
    year: int | None = None
    """Only what the line prints."""
    resolved_date: str | None = None
    """ISO date: the printed one, its year chosen nearest to the publication time when that is known. Never against now."""
    agency: str | None = None
    """By its usual name: `UPI`, `AP`, `Reuters`, `AFP`."""
    agency_raw: str | None = None
    separator: str | None = None


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture that goes with the text. The caption is never part of the body."""

    caption: str = ""
    credit_raw: str = ""
    """`File Photo by KCNA/UPI`"""
    credit_type: str | None = None
    """`File Photo`"""
    credit_sources: tuple[str, ...] = ()
    """`("KCNA", "UPI")`"""
    license_text: str | None = None
    """The words of a licence link that stood beside it: `License Photo`."""
    url: str | None = None


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A link to another story that stood between paragraphs."""

    text: str
    url: str | None = None
    after_paragraph: int = 0
    """How many body paragraphs stand before it."""


class BlockKind(StrEnum):
    """What a block of a story is."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    LIST = "list"
    """One item of a list."""
    QUOTE = "quote"
    TABLE = "table"
    """One row, its cells parted by ` | `."""
    CODE = "code"
    PICTURE = "picture"
    EMBED = "embed"
    """What another site shows here: a post, a video."""
    LIVE = "live"
    """A paragraph of a live blog's entry; `time` is the entry's."""
    CORRECTION = "correction"
    ADVISORY = "advisory"


class TextLink(msgspec.Struct, frozen=True):
    """A link in a block's text, in characters from the block's first."""

    start: int
    end: int
    url: str


class TextBlock(msgspec.Struct, frozen=True, kw_only=True):
    """One block of a story, in the story's order."""

    kind: BlockKind
    text: str
    """Of a picture its caption; of an embed nothing, or the words that stand in for it."""
    id: str = ""
    """Of what it says, not of where it stands: the same in each version that has it. Twins are numbered."""
    start: int | None = None
    """Where it begins in the article's text; None for what is no part of it: pictures, embeds, notes."""
    level: int = 0
    """Of a heading, 1 to 6."""
    time: str = ""
    """Of a live blog's entry, as its markup gives it."""
    url: str = ""
    """Of a picture, an embed, or the only link of a block."""
    credit: str = ""
    links: tuple[TextLink, ...] = ()


class Rights(msgspec.Struct, frozen=True, kw_only=True):
    """What may be done with it, in the publisher's words."""

    copyright: str = ""
    usage_terms: str = ""
    license_url: str = ""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a format read: fields as the publisher gave them, white space and all. `clean` makes an Article of it.

    Exactly one of `page_html` (a whole web page, the text has to be found), `body_html` (the body, marked up) and `body_text` is not
    empty, unless the item has no body at all (a kill).
    """

    format: str
    """Name of the format that read it: `html`, `text`, `ninjs`."""
    path: str = ""
    """Where in the document it stood, for containers: `items/3`. Empty for a document that is one item."""
    page_html: str = ""
    body_html: str = ""
    body_text: str = ""
    url: str = ""
    """Where it stands, or where the publisher says its page is."""
    provider: str = ""
    """Who published it, where the format says so; else the source's provider counts."""
    guid: str = ""
    """The publisher's own id, the same for all versions of one item."""
    version: str = ""
    """The publisher's version, as given: numbers, or anything opaque."""
    version_at: datetime | None = None
    """When the publisher made this version."""
    published: datetime | None = None
    """First published."""
    headline: str = ""
    subtitle: str = ""
    byline: str = ""
    located: str = ""
    language: str = ""
    urgency: Urgency | None = None
    kind: Kind | None = None
    usability: Usability = Usability.USABLE
    embargo_until: datetime | None = None
    editor_note: str = ""
    keywords: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    rights: Rights = Rights()
    extra: dict[str, str] = {}
    """Fields of the format that have no place above, by their names there."""
    warnings: tuple[str, ...] = ()


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """A clean wire article. `paragraphs` hold the story's own words and nothing else; all that stood around them has a field."""

    headline: str
    paragraphs: tuple[str, ...]
    text: str = ""
    """The paragraphs joined by blank lines: always `"\\n\\n".join(paragraphs)`."""
    subtitle: str | None = None
    byline: str | None = None
    """As printed, `By` taken off; None where there is none."""
    dateline: Dateline | None = None
    pictures: tuple[Picture, ...] = ()
    related_links: tuple[Link, ...] = ()
    advisories: tuple[str, ...] = ()
    """`(Adds details, background)`, `Eds: UPDATES …`: words to editors, taken out of the body."""
    tails: tuple[str, ...] = ()
    """Credits and contacts at the end, `(Reporting by …)`, taken out of the body."""
    kind: Kind = Kind.STORY
    correction: str | None = None
    """What a correction says it corrects, where the text is marked as one; "" where it only bears the mark."""
    writethru: bool = False
    """Bears a writethru, update or lead mark."""
    urgency: Urgency = Urgency.NORMAL
    language: str = ""
    """BCP 47 primary tag; empty where it could not be told."""
    credited_source: str | None = None
    """The agency that dateline, byline, credit or tail name; or the house that a label for the source does."""
    published: datetime | None = None
    modified: datetime | None = None
    """UTC; of a day alone its midnight, and a time without a zone as if it were UTC's: `provenance["modified"].given` has what the page says."""
    canonical_url: str | None = None
    keywords: tuple[str, ...] = ()
    word_count: int = 0
    """Of `text`, split at white space; in scripts without, each ideograph is one."""
    authors: tuple[Author, ...] = ()
    """The people of the byline."""
    published_local: str = ""
    """`published` by the publisher's clock, as much as is known: `2023-12-19T20:00:00-05:00`, `2023-12-19T20:00:00`, `2023-12-19`."""
    section: str = ""
    site: str = ""
    """The outlet's name, as its page gives it."""
    declared_language: str = ""
    """What the publisher says; `language` is what the text is in."""
    amp_url: str | None = None
    lead_picture: Picture | None = None
    access: Access = Access.FULL
    access_reason: str = ""
    """What is said for PARTIAL: the paywall's own words or its mark."""
    is_paywalled: bool | None = None
    """The publisher says that not all may read it; None where nothing is said."""
    genres: tuple[Genre, ...] = ()
    provenance: dict[str, Provenance] = {}
    """How what stands in the fields above is known, by their names; of genres, by the genre's."""
    blocks: tuple[TextBlock, ...] = ()
    """The paragraphs with what they are, and what stands between them."""
    confidence: float = 1.0
    """How good a page's text is likely to be, as the F1 that pages of its sort reached (docs/reference/clean.md); 1 where nothing was to be found."""
    pages: int = 1
    """How many pages of its story it was joined from."""
    next_page: str | None = None
    """Where the story goes on, if that was not read: `rel=next`, or a list of its pages."""

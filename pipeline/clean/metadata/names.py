"""Names of `meta` elements and of data, by what they say, the most reliable first."""

from __future__ import annotations


def plain(name: str) -> str:
    """A field's name without what its writers like: `published_at`, `publishedAt`."""
    return name[:40].replace("_", "").replace("-", "").lower()


TITLES = tuple(
    """
    headline sailthru.title parsely-title dc.title hdl articletitle
    """.split()
)
"""Besides `og:title` and `twitter:title`."""

AUTHORS = tuple(
    """
    author article:author article:author_name byl parsely-author sailthru.author dc.creator dcterms.creator dc.author
    og:article:author article.author citation_author cxenseparse:author bt:author lp.article:author mrf:authors
    """.split()
)
"""Who wrote it."""

PUBLISHED = tuple(
    """
    article:published_time og:published_time article:published datepublished date_published pubdate pub_date publishdate
    publish-date publish_date publication_date published_at published-date article.published parsely-pub-date sailthru.date
    cxenseparse:recs:publishtime originalpublicationdate bt:pubdate analyticsattributes.articledate dc.date.issued dcterms.issued
    citation_publication_date article:post_time og:article:published_time article_date_original displaydate
    weibo:article:create_at og:time
    """.split()
)
"""When it came out."""

PERHAPS = tuple(
    """
    date dc.date dcterms.date dc.date.created dcterms.created article:created created createdate timestamp dateupdate apub:time
    """.split()
)
"""When it came out or was changed: names that sites use for either."""

MODIFIED = tuple(
    """
    article:modified_time og:updated_time article:modified datemodified lastmod last-modified dcterms.modified dc.date.modified
    article.updated modified updated_time revision_date
    """.split()
)
"""When it was changed."""

SECTIONS = tuple(
    """
    article:section section parsely-section sailthru.section cxenseparse:category og:section articlesection columnname
    """.split()
)
"""The part of the outlet that it is in."""

KEYWORDS = tuple(
    """
    news_keywords article:tag keywords sailthru.tags parsely-tags
    """.split()
)
"""What it is about."""

SOURCES = tuple(
    """
    dc.source dcterms.source article:source source syndication-source original-source agency contentsource
    """.split()
)
"""Whom it comes from."""

GENRES = tuple(
    """
    article:opinion article:content_type genre dc.type article:type
    """.split()
)
"""What sort of text it is."""

PICTURES = tuple(
    """
    og:image og:image:url og:image:secure_url twitter:image twitter:image:src
    """.split()
)
"""The lead picture."""

CAPTIONS = tuple(
    """
    og:image:alt twitter:image:alt
    """.split()
)
"""Its caption."""

LANGUAGES = tuple(
    """
    content-language og:locale language dc.language
    """.split()
)
"""What it is written in."""

SITES = tuple(
    """
    og:site_name application-name sitename
    """.split()
)
"""The name of the outlet."""

DATA = {
    "headline": "headline title".split(),
    "author": "author authors byline writer writers".split(),
    "published": """
    publishedat datepublished publisheddate publishdate publishedon publishedtime publicationdate publicationtime firstpublished
    firstpublishedat firstpublishedtime pubdate
    """.split(),
}
"""Fields of the objects in a page's data, `plain`, by what they say of the text beside them."""
BESIDE = frozenset((*DATA["author"], *DATA["published"]))

OTHERS = (
    "og:title", "twitter:title", "og:url", "og:type", "article:content_tier", "twitter:label1", "twitter:data1", "twitter:label2", "twitter:data2"
)  # fmt: skip
PROPS = frozenset(("author", "datepublished", "datemodified", "uploaddate", "dateupdate", "headline"))
"""`itemprop` of `meta` elements."""
ALL = frozenset((
    *TITLES, *AUTHORS, *PUBLISHED, *PERHAPS, *MODIFIED, *SECTIONS, *KEYWORDS, *SOURCES, *GENRES, *PICTURES, *CAPTIONS, *LANGUAGES, *SITES, *OTHERS
))  # fmt: skip
"""Names that are read; of others a page has dozens."""

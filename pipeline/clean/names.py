"""What an element's class and id say that it is. Pure, and decided once a string: pages repeat their names.

No name is believed alone: a wrapper called `paywall` or `hidden` may hold the story. The model weighs it with the share of the page's prose below it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pipeline.text.later import later

COMMENTS, RELATED, FRAME, META, MEDIA, PROMO, BODY, AUTHOR = (1 << bit for bit in range(8))
"""Readers' words; other stories; the site's own frame; what stands around a headline; pictures; what sells; the story; who wrote it."""

_WORDS = {
    COMMENTS: "comment comments disqus commentlist commentaire commentaires kommentar kommentare comentarios comentario commenti reacties"
    " komentarze respond livefyre discussion replies reply feedback livechat",
    RELATED: "related recommend recommended recommendation recommendations outbrain taboola popular trending mostread mostpopular most readmore"
    " morefrom seealso upnext alsoread recirc recirculation teaser teasers similar more latest suggested relacionados relacionadas verwandt"
    " verwandte weitere lire aussi leggi powiazane rail next prev previous inbrief listing latestnews topstories carousel slider zergnet mgid",
    FRAME: "footer nav navbar navigation menu menus breadcrumb breadcrumbs crumb crumbs sidebar aside masthead toolbar tools header topbar banner"
    " cookie cookies consent gdpr modal popup overlay login search skip jump pagination pager pages widget widgets sr visually screenreader"
    " offscreen noprint hide hidden copyright disclaimer imprint impressum legal ticker marquee weather survey poll quiz rating ratings secondary"
    " sidebarwidget metanav",
    META: "meta metadata tags tag taglist tagcloud topics topic share sharing sharebar social socials facebook twitter byline dateline timestamp date published"
    " posted categories category kicker eyebrow credit credits infobox print tools postmeta entrymeta",
    MEDIA: "caption captions figure image img photo picture gallery video media audio player figcaption wpcaption slideshow",
    PROMO: "promo promos promotion advert advertisement adverts advertising ads ad sponsor sponsored sponsors newsletter newsletters signup subscribe"
    " subscription donate donation werbung anzeige publicidad pub affiliate shop product cta callout offer deal deals premium register outstream",
    BODY: "article articlebody story storybody content body entry post text main page maincontent paragraph bodytext copy prose richtext wysiwyg artikel"
    " nota noticia texto articulo articolo tresc",
    AUTHOR: "author authors bio autor autoren auteur autore writer contributor profile about vcard",
}
_OF_WORD = {word: bit for bit, words in _WORDS.items() for word in words.split()}
_SPLIT = re.compile(r"[a-z]+|[A-Z][a-z]*")
_SURE_BODY = later(
    r"article[-_]{0,2}body|story[-_]{0,2}body|entry[-_]content|post[-_]content|article[-_]{0,2}content|article[-_]{0,2}text|story[-_]?text|story[-_]?content"
    r"|body[-_]?copy|post[-_]body|body[-_]text|news[-_]?text|article[-_]copy|rich[-_]?text[-_]?body"
)
SURE = 1 << 8
"""Calls itself the body of an article: `articleBody`, `entry-content`."""

CAPTION = 1 << 9
"""Words of a picture, outside a `figcaption`."""
_CAPTION = re.compile(r"(?:^|[-_a-z])(?:caption|captions|figcaption)(?:[-_]text|$)|Caption\b")

ASIDE = 1 << 10
"""What is no story's even where it stands within one: consent, readers' comments, disclaimers, a few words on the author."""
_ASIDE = re.compile(r"consent|cookie|gdpr|comment|disclaimer|disclosure|\bbio\b|[-_]bio|author-?(?:info|card|box)")


def verdict(label: str) -> int:
    """The bits that a class and id earn; 0 for what says nothing."""
    found = 0
    for name in label.split():
        found |= _of_name(name)
    return found


@lru_cache(maxsize=16_384)
def _of_name(name: str) -> int:
    """Of one of them. Sites differ in what stands beside what, far less in the names themselves."""
    lower = name.lower()
    found = SURE if _SURE_BODY.search(lower) else 0
    if "caption" in lower and _CAPTION.search(name):
        found |= CAPTION
    if _ASIDE.search(lower):
        found |= ASIDE
    for word in _SPLIT.findall(name):
        found |= _OF_WORD.get(word.lower(), 0)
    return found

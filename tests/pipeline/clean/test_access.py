"""All of an article, its beginning, or something else in its place."""

from __future__ import annotations

import html
import json

import pytest

from pipeline.clean import clean
from pipeline.errors import Blocked
from schemas.article import Access, Article, Draft

PROSE = [
    "The harbour commission voted on Monday to deepen the main channel by two metres, ending a dispute of nine years.",
    "Seven of the eleven members were in favour, the chairwoman told reporters after the meeting in the town hall.",
    "Dredging is to begin in October, and the fishing fleet will be paid for the days on which it cannot leave.",
]
BODY = "".join(f"<p>{text}</p>" for text in PROSE)
URL = "https://example.org/a/1"


def page(body: str, head: str = "<title>Channel to be deepened</title>") -> Article:
    return clean(Draft(format="html", page_html=f"<!doctype html><html><head>{head}</head><body>{body}</body></html>", url=URL))


def linked(**fields: object) -> str:
    return f"<script type='application/ld+json'>{json.dumps({'@type': 'NewsArticle', 'headline': 'Channel to be deepened', **fields})}</script>"


@pytest.mark.parametrize(
    ("title", "body", "word"),
    [
        ("Just a moment...", "<p>Verifying you are human. This may take a few seconds.</p>", "challenge"),
        (
            "example.org",
            "<h1>Sind Sie ein Mensch?</h1><p>Bitte lösen Sie die Aufgabe, dann geht es weiter zur gewünschten Seite.</p>",
            "challenge",
        ),
        ("Доступ ограничен", "<p>Подтвердите, что вы не робот, чтобы продолжить чтение нашего сайта.</p>", "challenge"),
        ("安全验证", "<p>请完成验证后继续访问。</p>", "challenge"),
        (
            "Page introuvable",
            "<h1>Page introuvable</h1><p>La page que vous cherchez n'est plus là, ou n'y a jamais été, hélas.</p>",
            "error page",
        ),
        ("Sayfa bulunamadı", "<p>Aradığınız sayfa taşınmış ya da silinmiş olabilir, lütfen ana sayfaya dönün.</p>", "error page"),
        (
            "Example",
            "<h1>Mit Werbung weiterlesen</h1><p>Besuchen Sie uns wie gewohnt, oder ohne Werbung mit einem Abo.</p>",
            "consent wall",
        ),
        ("Example", "<h2>We value your privacy</h2><p>We and our partners store information on your device.</p>", "consent wall"),
        (
            "Example",
            "<h1>Please sign in</h1><form><label>Name</label><input></form><p>You must be logged in to see this page.</p>",
            "login",
        ),
        ("Example", "<h1>Connectez-vous pour continuer</h1><p>Cet espace est ouvert aux membres de notre réseau.</p>", "login"),
        ("App", "<div id='root'></div><script>start()</script>", "scripts"),
    ],
)
def test_what_stands_in_an_articles_place_is_refused_and_named(title: str, body: str, word: str) -> None:
    with pytest.raises(Blocked, match=word) as refused:
        page(body, f"<title>{title}</title>")
    assert str(refused.value).startswith(URL)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    "body",
    [
        f"<p>“Verify you are human” is what the harbour's new website asks first, and fishermen are not amused by it at all.</p>{BODY * 5}",
        f"<h1>404 boats, one channel</h1>{BODY * 5}",
        f"<div class='cookie-banner'><p>We value your privacy</p><p>We and our partners store cookies.</p></div>{BODY}",
        f"<header><a>Sign in to your account</a></header>{BODY}",
    ],
)
def test_a_story_about_such_things_or_with_a_banner_is_a_story(body: str) -> None:
    assert page(body).access is Access.FULL


@pytest.mark.parametrize(
    ("head", "below"),
    [
        (linked(isAccessibleForFree=False), "<div class='gate'>Subscribe to continue reading</div>"),
        (linked(isAccessibleForFree="http://schema.org/False"), ""),
        (linked(wordCount=900, isAccessibleForFree=False), "<p>" + PROSE[0] * 6 + "</p>"),
        ("", "<div>Jetzt weiterlesen mit einem Abo</div>"),
        ("", "<div>Cet article est réservé aux abonnés.</div>"),
        ("", "<div>この記事は有料会員限定です。</div>"),
        ("", "<p>The rest of the fleet will have to wait until … Read more</p>"),
        ("", "<button>Subscribe to continue reading</button>"),
    ],
)
def test_a_beginning_is_known_as_one_and_says_why(head: str, below: str) -> None:
    article = page(BODY + below, "<title>Channel to be deepened</title>" + head)
    assert article.access is Access.PARTIAL
    assert article.access_reason


@pytest.mark.parametrize(
    ("last", "gate"),
    [
        ("", "<p><a class='more' href='/x'>Continue reading</a></p>"),
        ("", "<div class='button'><a href='/x'>Read the full story</a></div>"),
        ("The rest of the fleet will have to wait until …", " <a href='/x'>Continue reading</a>"),
        (
            "",
            "<div>You have reached your limit of free articles this month.</div><div>To read the rest of this article, subscribe now.</div>",
        ),
        ("", "<div>Jetzt weiterlesen mit Plus</div><p>Sie haben bereits ein Abo? Hier anmelden</p>"),
    ],
)
def test_where_a_text_is_cut_off_the_words_of_the_gate_are_none_of_it(last: str, gate: str) -> None:
    below = f"<p>{last}{gate}</p>" if last else gate
    article = page(
        f"<article><h1>Channel to be deepened</h1>{BODY}{below}</article><footer><p>Copyright 2024 Example Press.</p><p>Terms</p></footer>"
    )
    assert article.access is Access.PARTIAL
    assert list(article.paragraphs) == [*PROSE, *([last] if last else [])]
    assert all(not block.links for block in article.blocks)


def test_a_button_right_below_a_short_text_cuts_it_off() -> None:
    article = page(f"<article>{BODY}<div><button type='button'> Continue\n reading </button></div></article>")
    assert (article.access, article.access_reason) == (Access.PARTIAL, "ends with 'Continue reading'")


def test_a_button_that_shows_more_of_a_long_text_cuts_nothing_off() -> None:
    assert page(f"<div>{BODY * 3}</div><button>Read more</button>").access is Access.FULL
    assert page(f"{BODY}<footer><div><div><div><button>Read more</button></div></div></div></footer>").access is Access.FULL


def test_links_to_other_stories_below_a_text_cut_nothing_off() -> None:
    for below in (
        "<h2>Continue reading</h2><ul><li><a href='/x'>A bridge is closed</a></li></ul>",
        "<p><a href='/x'>A bridge is closed</a></p>",
    ):
        assert page(f"<article>{BODY}{below}</article>").access is Access.FULL


def test_a_brief_of_one_sentence_is_an_article_where_markup_says_so() -> None:
    assert page(f"<main><article><h1>Channel to be deepened</h1><p>{PROSE[1]}</p></article></main>").paragraphs == (PROSE[1],)
    with pytest.raises(Blocked):
        page(f"<main><div><h1>Channel to be deepened</h1><p>{PROSE[1]}</p></div></main>")
    with pytest.raises(Blocked):
        page(f"<article><h1>Results</h1><form><p>{PROSE[1]}</p></form></article>")


def test_a_whole_text_behind_a_paywalls_mark_is_whole() -> None:
    article = page(BODY * 12, linked(isAccessibleForFree=False, wordCount=680))
    assert (article.access, article.is_paywalled) == (Access.FULL, True)
    assert page(BODY).is_paywalled is None


PARAGRAPHS = PROSE * 2


def island(data: object) -> str:
    return f"<script type='application/json'>{json.dumps(data)}</script>".replace("</p>", "<\\/p>")


ISLANDS = {
    "properties": island({"props": {"pageProps": {"story": {"body": PARAGRAPHS}}}}),
    "blocks": island({"data": {"blocks": [{"type": "p", "text": text} for text in PARAGRAPHS], "related": [{"text": "x " * 2000}]}}),
    "markup": island({"post": {"content": "".join(f"<p>{text}</p>" for text in PARAGRAPHS)}}),
    "an assigned state": f"<script>window.__STATE__ = {json.dumps({'article': {'text': chr(10).join(PARAGRAPHS)}})};</script>",
    "a state assigned behind another": f"<script>window.dataLayer=[{{'page':'article'}}];window.Site=window.Site||{{}};Site.content="
    f"{json.dumps({'elements': [{'content': text} for text in PARAGRAPHS]})};Site.x=1</script>",
    "a state in a string": f"<script>window.__STATE__ = JSON.parse({json.dumps(json.dumps({'article': {'text': PARAGRAPHS}}))});</script>",
    "a stream of components": "".join(
        f"<script>self.__next_f.push([1,{json.dumps(f'{at}:' + json.dumps(['$', 'p', None, {'children': text}]) + chr(10))}])</script>"
        for at, text in enumerate(PARAGRAPHS)
    ),
    "runs of text": island({"body": [{"children": [{"text": text[:40]}, {"text": text[40:]}]} for text in PARAGRAPHS]}),
    "numbers as names": island({"pages": {str(at): {"text": text} for at, text in enumerate(PARAGRAPHS)}}),
    "an attribute": f"<div data-react-props='{html.escape(json.dumps({'steps': [{'text': text} for text in PARAGRAPHS]}))}'></div>",
    "beside the next story": island({"story": {"text": PARAGRAPHS}, "nextStory": {"text": [*PARAGRAPHS, "Another one. " * 9]}}),
    "beside settings": island(
        {"paywall": {"text": " " + json.dumps({"html": "<p>Unlock it, and gifts for the season.</p>" * 50})}, "body": PARAGRAPHS}
    ),
    "JSON-LD": linked(articleBody="\n\n".join(PARAGRAPHS)),
}


@pytest.mark.parametrize("name", ISLANDS)
def test_the_text_of_an_empty_shell_is_read_from_its_data(name: str) -> None:
    article = page(f"<div id='root'></div>{ISLANDS[name]}")
    assert list(article.paragraphs) == PARAGRAPHS


@pytest.mark.parametrize(
    "title",
    [
        "One more step towards a free port, says minister",
        "404 new homes approved beside the harbour",
        "Access denied: how wheelchair users are shut out of the ferry",
        "Page not found in archive was in the attic all along",
        "Oops: mayor sends tender to the wrong harbour",
    ],
)
def test_a_headline_that_begins_as_an_error_does_is_one(title: str) -> None:
    article = page(f"<h1>{title}</h1>{BODY}", f"<title>{title} | Example Herald</title>")
    assert (article.headline, article.access) == (title, Access.FULL)


def test_and_more_ends_a_list_and_cuts_nothing_off() -> None:
    assert page(f"<article>{BODY}<p>Boats, nets, ropes, sails … and more</p></article>").access is Access.FULL
    assert page(f"<article>{BODY}<p>The rest of the fleet will have to wait … [more]</p></article>").access is Access.PARTIAL


def test_a_letter_for_readers_elsewhere_cuts_nothing_off() -> None:
    assert page(f"<article>{BODY}</article><aside>Suscríbete para recibir nuestro boletín cada mañana</aside>").access is Access.FULL


def test_a_line_right_below_a_short_text_may_be_its_gate() -> None:
    for line in ("<span class='m'>Continue reading</span>", "This story is for members only. Join today", "Sign in to read on"):
        article = page(f"<article>{BODY}<p>{line}</p></article>")
        assert (article.access, list(article.paragraphs)) == (Access.PARTIAL, PROSE)

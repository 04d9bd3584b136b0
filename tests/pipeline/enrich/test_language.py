"""Which language a text is in, told on this machine alone."""

from __future__ import annotations

import socket

import pytest

from pipeline.enrich.language import enrich
from pipeline.text import language
from schemas.article import Article
from tests.stories import HARBOUR, HAVEN

GERMAN = "Die Hafenkommission hat am Montag beschlossen, die Fahrrinne um zwei Meter zu vertiefen, sagte die Vorsitzende nach der Sitzung."
FRENCH = "La commission du port a voté lundi l'approfondissement du chenal de deux mètres, a déclaré sa présidente après la réunion."


def found(text: str, declared: str = "") -> tuple[str, float]:
    fact = enrich(Article(headline="", paragraphs=(text,), text=text, language=declared))
    return fact["language"], fact["score"]


@pytest.mark.parametrize(
    ("text", "expected"), [(HARBOUR, "en"), (GERMAN, "de"), (FRENCH, "fr"), (HAVEN, "zh")], ids=["en", "de", "fr", "zh"]
)
def test_is_told_from_the_text_whatever_is_declared(text: str, expected: str) -> None:
    name, score = found(text, declared="it")
    assert name == expected
    assert 0.5 < score <= 1.01


@pytest.mark.parametrize("text", ["", " \n", "12 – 14: 3", "…"])
def test_a_text_without_letters_is_in_none(text: str) -> None:
    assert found(text) == ("", 0.0)


def test_no_network_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse, raising=True)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    language.model.cache_clear()  # its model is loaded anew
    assert found(GERMAN)[0] == "de"

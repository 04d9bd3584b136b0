"""Language detection works with the network shut: the model is in the wheel."""

from __future__ import annotations

import socket

import pytest

from pipeline.text import language


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("something reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The council voted on Monday to go on with the plan for the bridge.", "en"),
        ("Le conseil a voté lundi la poursuite du projet de pont.", "fr"),
        ("Der Rat hat am Montag beschlossen, den Bau der Brücke fortzusetzen.", "de"),
        ("Жители посёлка построили библиотеку в вагоне.", "ru"),
        ("国家邮政局说，一封信近日送到了收信人手中。", "zh"),
        ("أعلنت بلدية المدينة القديمة إعادة فتح السوق.", "ar"),
    ],
)
def test_a_sentence_is_enough(text: str, code: str) -> None:
    assert language.of_text(text) == code


def test_a_short_text_is_in_the_language_that_is_declared() -> None:
    assert language.of_text("Oslo", "nb-NO") == "nb"


def test_a_long_text_is_in_the_language_that_it_is_written_in() -> None:
    assert language.of_text("Le conseil a voté lundi la poursuite du projet de pont, malgré les critiques.", "en-US") == "fr"


def test_a_text_without_letters_has_no_language() -> None:
    assert language.detect("12 345 – 67") == ("", 0.0)
    assert language.of_text("") == ""


@pytest.mark.parametrize(("tag", "code"), [("pt-BR", "pt"), ("EN_us", "en"), ("zh-Hant-TW", "zh"), ("", ""), ("english", ""), ("x", "")])
def test_a_tag_has_a_primary_part(tag: str, code: str) -> None:
    assert language.primary(tag) == code

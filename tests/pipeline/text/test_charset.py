"""Bytes → text: BOM, header, declaration, UTF-8, guess."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.charset import decode
from tests.golden_samples import expected

RUSSIAN = "Жители посёлка построили библиотеку в вагоне, сообщила районная администрация. " * 4
GERMAN = "Die Bürger der Stadt hören am Montag über Maß und Größe der Brücke. " * 4


def test_a_byte_order_mark_is_surest() -> None:
    assert decode(codecs.BOM_UTF8 + GERMAN.encode(), "text/html; charset=iso-8859-1") == GERMAN
    assert decode(codecs.BOM_UTF16_LE + GERMAN.encode("utf-16-le")) == GERMAN


def test_the_header_is_believed_where_the_bytes_fit() -> None:
    assert decode(RUSSIAN.encode("koi8-r"), "text/html; charset=KOI8-R") == RUSSIAN


def test_the_documents_own_declaration_comes_next() -> None:
    page = f'<html><head><meta charset="windows-1251"><title>{RUSSIAN}</title>'
    assert decode(page.encode("cp1251")) == page
    xml = f'<?xml version="1.0" encoding="windows-1251"?><a>{RUSSIAN}</a>'
    assert decode(xml.encode("cp1251")) == xml


def test_what_is_declared_as_latin_and_is_utf8_is_utf8() -> None:
    assert decode(GERMAN.encode(), "text/html; charset=ISO-8859-1") == GERMAN


def test_what_is_declared_as_utf8_and_is_latin_is_latin() -> None:
    assert decode(GERMAN.encode("cp1252"), "text/html; charset=utf-8") == GERMAN


def test_latin_means_windows_1252_as_on_the_web() -> None:
    assert decode("“quoted” – so".encode("cp1252"), "text/html; charset=iso-8859-1") == "“quoted” – so"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cp1251", RUSSIAN),
        ("shift_jis", "北海道の小さな駅で三十年間売られてきた駅弁が、今月末で販売を終えることが分かった。" * 4),
        ("euc-kr", "정부는 내년부터 모든 초등학교에 실내 놀이터를 만들기로 했다고 교육부가 밝혔다." * 4),
        ("gb18030", "国家邮政局说，一封在湖底躺了六十一年的信近日送到了收信人手中。" * 4),
        ("big5", "國家郵政局說，一封在湖底躺了六十一年的信近日送到了收信人手中。" * 4),
        ("utf-16-le", GERMAN),
    ],
)
def test_undeclared_charsets_are_found_from_the_bytes(name: str, text: str) -> None:
    assert decode(text.encode(name)) == text


def test_a_text_cut_in_the_middle_of_a_sign_is_still_utf8() -> None:
    assert decode(GERMAN.encode() + b"\xc3").startswith(GERMAN)


def test_one_accent_in_a_short_text_is_no_stray_of_utf8() -> None:
    assert decode("Nach vier Monaten fährt die Bahn wieder.".encode("cp1252")) == "Nach vier Monaten fährt die Bahn wieder."
    assert decode("Das neue Café".encode("cp1252")) == "Das neue Café"


def test_a_stray_byte_does_not_make_utf8_something_else() -> None:
    assert decode(GERMAN.encode() + b"\xff" + GERMAN.encode()) == GERMAN + "\ufffd" + GERMAN


def test_a_stray_byte_does_not_make_a_page_that_says_utf8_something_else() -> None:
    page = "<meta charset=utf-8><p>“We could not risk it”, she said. She paid 5 € for it.</p>".encode()
    assert decode(page.replace(b"5", b"\xff")).count("“") == 1
    latin = "<meta charset=utf-8><p>Señor Núñez cobró 5 € y pagó más después.</p>".encode("cp1252")
    assert "Núñez" in decode(latin)


def test_japanese_that_is_all_ascii_is_told_by_its_shifts() -> None:
    text = "<p>港湾委員会は月曜日に航路を深くすることを決めた。</p>"
    assert decode(text.encode("iso2022_jp")) == text


def test_text_is_found_below_much_script() -> None:
    page = "<html><script>var a = 1;</script>" + "<script>f();</script>" * 5000 + f"<p>{RUSSIAN}</p>"
    assert decode(page.encode("cp1251")) == page


IN_LEGACY = {
    "arabic-page-windows-1256": "cp1256",
    "chinese-page-gb18030": "gb18030",
    "greek-page-windows-1253": "cp1253",
    "japanese-page-shift-jis": "cp932",
    "korean-page-euc-kr": "cp949",
    "polish-page-iso-8859-2": "iso8859-2",
    "russian-page-koi8-r": "koi8-r",
    "russian-page-windows-1251": "cp1251",
    "taiwan-page-big5-undeclared": "big5hkscs",
    "thai-page-tis-620": "cp874",
}


@pytest.mark.parametrize("declared", ["", "utf-8", "iso-8859-1", "windows-1252"])
@pytest.mark.parametrize("shape", ["{}", "<html><body><div><a href='/'>Home</a></div>{}<p>Contact</p></body></html>"])
@pytest.mark.parametrize("page", IN_LEGACY)
def test_a_wrong_declaration_or_none_does_not_hide_the_charset(page: str, shape: str, declared: str) -> None:
    _, wanted = expected(page)
    text = shape.format("".join(f"<p>{paragraph}</p>" for paragraph in wanted["body_paragraphs"]))
    assert decode(text.encode(IN_LEGACY[page]), f"text/html; charset={declared}" if declared else "") == text


@pytest.mark.parametrize(("written", "declared"), [("koi8-r", "windows-1251"), ("windows-1251", "koi8-r"), ("windows-1251", "iso-8859-1")])
def test_one_alphabets_charsets_are_told_apart(written: str, declared: str) -> None:
    assert decode(RUSSIAN.encode(written), f"text/html; charset={declared}") == RUSSIAN


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        ("Þórður Ægisson á Ísafirði segir að hákarlinn hafi verið stærri en báturinn. " * 3, "iso-8859-1"),
        ("ВСЕ ПОЕЗДА ИДУТ ПО РАСПИСАНИЮ, сообщила дорога, кроме одного. " * 3, "windows-1251"),
        ("Zażółć gęślą jaźń, powiedział sołtys. " * 3, "iso-8859-2"),
        ("Der Garten hat 20 m² und kostet 30 £ im Jahr, so der Verein für Größe. " * 3, "iso-8859-1"),
    ],
)
def test_what_is_declared_rightly_is_believed(text: str, charset: str) -> None:
    assert decode(text.encode(charset), f"text/html; charset={charset}") == text


def test_a_charset_that_nobody_knows_is_passed_over() -> None:
    assert decode(GERMAN.encode(), "text/html; charset=none-such") == GERMAN


@given(st.binary(), st.text(max_size=40))
def test_bytes_never_fail(body: bytes, label: str) -> None:
    assert isinstance(decode(body, f"text/html; charset={label}"), str)

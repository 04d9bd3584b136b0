"""Bytes → text: BOM, header, declaration, UTF-8, guess."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.charset import decode

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


def test_a_charset_that_nobody_knows_is_passed_over() -> None:
    assert decode(GERMAN.encode(), "text/html; charset=none-such") == GERMAN


@given(st.binary(), st.text(max_size=40))
def test_bytes_never_fail(body: bytes, label: str) -> None:
    assert isinstance(decode(body, f"text/html; charset={label}"), str)

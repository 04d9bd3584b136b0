"""Bylines as they are printed → people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.metadata.people import people
from schemas.article import Author


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("By AMA K. MENSAH and WILL DRAKE", ["AMA K. MENSAH", "WILL DRAKE"]),
        ("Ama Mensah December 22, 2023 at 7:35 PM", ["Ama Mensah"]),
        ("ByAma Mensah Published December 22, 2023 • 13 min read", ["Ama Mensah"]),
        ("Von Ute Kern und Jan Moor", ["Ute Kern", "Jan Moor"]),
        ("Text: Eva Klein / Foto: Max Muster", ["Eva Klein"]),
        ("Par Jean Petit et Anne Roux", ["Jean Petit", "Anne Roux"]),
        ("Por María José de la Cruz y Pedro Gómez", ["María José de la Cruz", "Pedro Gómez"]),
        ("di Paola Neri", ["Paola Neri"]),
        ("Por Luana Dias; Raphael Costa", ["Luana Dias", "Raphael Costa"]),
        ("Door Jan van der Meer", ["Jan van der Meer"]),
        ("Autor: Zofia Lis", ["Zofia Lis"]),
        ("Автор: Иван Петров", ["Иван Петров"]),
        ("Ahmet Yılmaz ve Ayşe Demir", ["Ahmet Yılmaz", "Ayşe Demir"]),
        ("بقلم: محمد علي", ["محمد علي"]),
        ("作者：张三", ["张三"]),
        ("文/李四", ["李四"]),
        ("記者李明／台北報導", ["李明"]),
        ("本报记者 李明", ["李明"]),
        ("記者李明、王芳／台北報導", ["李明", "王芳"]),
        ("Της Μαρίας Παππά", ["Μαρίας Παππά"]),
        ("李明 王小芳", ["李明", "王小芳"]),
        ("海湾发布 关注", ["海湾发布"]),
        ("Ama Mensah Senior Accra Correspondent", ["Ama Mensah"]),
        ("Budi Santoso Senin, 1 Mei 2023", ["Budi Santoso"]),
        ("Par Anne Petit le lundi 1 mai 2023", ["Anne Petit"]),
        ("记者李明 北京报道", ["李明"]),
        ("מאת: דוד כהן", ["דוד כהן"]),
        ("लेखक: राम कुमार", ["राम कुमार"]),
        ("Texte : Marie Petit", ["Marie Petit"]),
        ("โดย สมชาย ใจดี", ["สมชาย ใจดี"]),
        ("山田太郎、鈴木花子", ["山田太郎", "鈴木花子"]),
        ("김철수 기자", ["김철수"]),
        ("By Ama Mensah, Jan Moor, and Will Drake", ["Ama Mensah", "Jan Moor", "Will Drake"]),
        ("By Ludwig van der Berg in Berlin", ["Ludwig van der Berg"]),
        ("By Ama Mensah ama.mensah@example.org", ["Ama Mensah"]),
        ("Ama Mensah MS, RDN", ["Ama Mensah"]),
        ("By Ama Mensah MS, RDN, LD Ama Mensah", ["Ama Mensah"]),
        ("Erstellt von Ute Kern", ["Ute Kern"]),
        ("By George T. Hill III", ["George T. Hill III"]),
        ("Ama Mensah, Example Tribune", ["Ama Mensah"]),
        ("Harbours By Ama Mensah", ["Ama Mensah"]),
        ("Photos and Story By Ama Mensah", ["Ama Mensah"]),
        ("View all posts by Ama Mensah", ["Ama Mensah"]),
        ("AM Ama Mensah JM Jan Moor", ["Ama Mensah", "Jan Moor"]),
        ("Ama Mensah Ama Mensah Ama Mensah", ["Ama Mensah"]),
        ("Ama Mensah Twitter", ["Ama Mensah"]),
        ("Ama Mensah · Data and Graphics Journalist", ["Ama Mensah"]),
        ("12.03.2024 - Redaktion: Ute Kern (Pressesprecherin)", ["Ute Kern"]),
        ("Posted on March 12, 2024 by Ama Mensah", ["Ama Mensah"]),
        ("Ama Mensah'", ["Ama Mensah"]),
        ("<a href='/p/ama'>Ama Mensah</a>", ["Ama Mensah"]),
        ("By AMA DOE and JAN MOOR", ["AMA DOE", "JAN MOOR"]),
        ("Analysis by Ama Mensah", ["Ama Mensah"]),
        ("Ein Kommentar von Ute Kern", ["Ute Kern"]),
        ("Story by Ama Mensah; Photos by Will Drake", ["Ama Mensah"]),
        ("Ama Mensah 12 hours ago", ["Ama Mensah"]),
        ("Ute Kern vor 3 Stunden", ["Ute Kern"]),
        ("Ama Mensah, The Example Republic", ["Ama Mensah"]),
        ("By Ama Mensah of The Example", ["Ama Mensah"]),
        ("Analysis by Ama Mensah, CNN Senior Supreme Court Analyst", ["Ama Mensah"]),
    ],
)
def test_names_are_taken_out_of_a_byline(line: str, expected: list[str]) -> None:
    assert [one.name for one in people(line)] == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("By Ama Mensah, Staff Writer", Author("Ama Mensah", role="Staff Writer")),
        ("Senior Political Correspondent Ama Mensah", Author("Ama Mensah", role="Senior Political Correspondent")),
        ("Ama Mensah Political reporter @amensah", Author("Ama Mensah", role="Political reporter")),
        ("Ute Kern, Chefredakteurin", Author("Ute Kern", role="Chefredakteurin")),
        ("By Ama Mensah, Reuters", Author("Ama Mensah", agency="Reuters")),
        ("Ama Mensah (AP)", Author("Ama Mensah", agency="AP")),
        ("Par Jean Petit avec AFP", Author("Jean Petit", agency="AFP")),
        ("The Associated Press", Author("", agency="AP")),
        ("By Ama Mensah Associated Press", Author("Ama Mensah", agency="AP")),
        ("Kanal-Experte Jan Moor", Author("Jan Moor", role="Kanal-Experte")),
    ],
)
def test_roles_and_agencies_stand_apart_from_names(line: str, expected: Author) -> None:
    assert people(line) == (expected,)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "admin",
        "Staff",
        "Redaktion",
        "La rédaction",
        "编辑部",
        "Share this",
        "5 min read",
        "March 3, 2024",
        "By nightfall the town was dry.",
        "Foo Media GmbH",
        "Acme Group",
        "Multimedia Redaktion",
        "Redacción EP",
        "Web Desk",
        "By Example News Staff",
        "নিজস্ব প্রতিবেদক",
        "View All",
        "Read Full Bio",
        "Example Editorial Guidelines",
        "Folge Ama Mensah auf Twitter",
        "Hafenblatt, Frankfurt a. M., Germany",
    ],
)
def test_what_names_nobody_gives_nobody(line: str) -> None:
    assert people(line) == ()


def test_a_lone_word_is_a_name_only_where_a_machine_says_so() -> None:
    assert people("uriebe") == ()
    assert people("uriebe", is_structured=True) == (Author("uriebe"),)
    assert people("wir sind die Zeitung", is_structured=True) == ()


def test_a_name_with_the_family_first_is_turned() -> None:
    assert people("Mensah, Ama", is_structured=True) == (Author("Ama Mensah"),)


@given(st.text(max_size=2000), st.booleans())
def test_any_text_gives_few_short_names(text: str, is_structured: bool) -> None:
    found = people(text, is_structured=is_structured)
    assert len(found) <= 20
    assert all(len(one.name) <= 60 and one.name == one.name.strip() and (one.name or one.agency) for one in found)

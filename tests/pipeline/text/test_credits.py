"""Lines of credit above and below a story, by what their labels say."""

from __future__ import annotations

import pytest

from pipeline.text.bylines import reporters_of, signature_of
from pipeline.text.credits import Says, authors_of, fields, is_credit, source_of


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "2019-09-05 11:10  来源：海湾日报  作者：李明  责任编辑：王芳",
            {Says.PUBLISHED: "2019-09-05 11:10", Says.SOURCE: "海湾日报", Says.AUTHOR: "李明", Says.OTHER: "王芳"},
        ),
        (
            "2019年9月5日 11:10来源：海湾日报作者：李明",
            {Says.PUBLISHED: "2019年9月5日 11:10", Says.SOURCE: "海湾日报", Says.AUTHOR: "李明"},
        ),
        ("编辑|王芳 校对|李明 来源|海湾日报", {Says.OTHER: "李明", Says.SOURCE: "海湾日报"}),
        ("[责任编辑：王芳 PK12]", {Says.OTHER: "王芳 PK12"}),
        ("Автор: Анна Иванова | Обновлено: 2 мая 2023", {Says.AUTHOR: "Анна Иванова", Says.UPDATED: "2 мая 2023"}),
        ("Szerző: Kovács Anna, Forrás: MTI", {Says.AUTHOR: "Kovács Anna", Says.SOURCE: "MTI"}),
        ("글=홍길동 기자", {Says.AUTHOR: "홍길동 기자"}),
        ("文・山田太郎", {Says.AUTHOR: "山田太郎"}),
        ("来源：", {Says.SOURCE: ""}),
    ],
)
def test_each_label_of_a_line_is_read(line: str, expected: dict[Says, str]) -> None:
    assert dict(fields(line)) == expected


@pytest.mark.parametrize(
    "line",
    [
        "He said: go on.",
        "The sources: a ship, a crane and the harbour master's own words.",
        "Source: the harbour was dredged in spring. It will be again.",
        "他说：来源不明的船只已经离开港口。",
        "11:10",
        "text: none",
        "Author: " + "Jane Doe and " * 30,
    ],
)
def test_a_sentence_is_no_line_of_credit(line: str) -> None:
    assert not is_credit(line)


@pytest.mark.parametrize(
    ("line", "house"),
    [
        ("Источник: ТАСС", "TASS"),
        ("Źródło: PAP", "PAP"),
        ("來源：新華社", "Xinhua"),
        ("Kaynak: Körfez Gazetesi", "Körfez Gazetesi"),
        ("출처 : 연합뉴스", "Yonhap"),
        ("المصدر: وكالات", ""),
        ("来源：网络", ""),
        ("Zdroj: the web", ""),
    ],
)
def test_a_source_is_an_agency_by_its_usual_name_or_a_house_as_printed(line: str, house: str) -> None:
    assert source_of(line) == house


def test_authors_are_told_from_who_did_something_else() -> None:
    assert authors_of("Penulis: Budi Santoso | Editor: Sari Dewi") == "Budi Santoso"
    assert authors_of("责任编辑：王芳") == ""


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("海湾日报记者 李明 王小芳", "李明、王小芳"),
        ("本报记者李明", "李明"),
        ("記者李明／台北報導", "李明"),
        ("《海湾》作者 李明", "李明"),
        ("홍길동 기자 hong@example.kr", "홍길동 기자"),
        ("[서울=예시] 홍길동 특파원", "홍길동 특파원"),
        ("기자명 홍길동", "홍길동"),
        ("记者调查", None),
        ("记者会", None),
        ("기자 회견", None),
        ("전직 기자 출신", None),
    ],
)
def test_a_line_of_reporters_is_read_where_no_word_for_by_stands(line: str, names: str | None) -> None:
    assert reporters_of(line) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("（李明）", "李明"),
        ("(文/图 李明 王小芳)", "李明、王小芳"),
        ("（本报记者 李明）", "李明"),
        ("（完）", None),
        ("（资料图）", None),
        ("(Reuters)", None),
    ],
)
def test_a_name_in_brackets_signs_a_chinese_text(text: str, names: str | None) -> None:
    assert signature_of(text) == names

"""Bylines, and sentences that begin with `By`."""

from __future__ import annotations

import pytest

from pipeline.text.bylines import byline_of, is_staff_line, stamp_of


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("By Ama Mensah", "Ama Mensah"),
        ("By AMA MENSAH and WILL DRAKE", "AMA MENSAH and WILL DRAKE"),
        ("By Ama Mensah, UPI", "Ama Mensah, UPI"),
        ("By AMA MENSAH Associated Press", "AMA MENSAH"),
        ("Von Jonas Petersen, dpa", "Jonas Petersen, dpa"),
        ("Par Claire Vuillemin", "Claire Vuillemin"),
        ("Texte : Claire Vuillemin", "Claire Vuillemin"),
        ("بقلم: محمد علي", "محمد علي"),
        ("מאת: דוד כהן", "דוד כהן"),
        ("โดย สมชาย ใจดี", "สมชาย ใจดี"),
        ("By Ama Mensah Published: May 1, 2024 2:27 AM", "Ama Mensah"),
        ("Oleh Budi Santoso", "Budi Santoso"),
        ("di Anna Rossi", "Anna Rossi"),
        ("oprac. Anna Kowalska", "Anna Kowalska"),
        ("Της Μαρίας Παππά", "Μαρίας Παππά"),
        ("By Charles de la Tour Jr.", "Charles de la Tour Jr."),
    ],
)
def test_a_byline_is_read(line: str, name: str) -> None:
    assert byline_of(line) == name


@pytest.mark.parametrize(
    "line",
    [
        "By nightfall the town was dry.",
        "By Monday, 40 people had come back.",
        "By law the vote is secret",
        "Bystanders watched",
        "โดย" + " หมู่บ้านแห้งแล้ง" * 7,
    ],
)
def test_a_sentence_is_no_byline(line: str) -> None:
    assert byline_of(line) is None


def test_the_line_below_a_byline_is_known() -> None:
    assert is_staff_line("Associated Press")
    assert is_staff_line("UPI Staff Writer")
    assert not is_staff_line("Associated problems were found by the Press")


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("Aug. 15, 2022 / 3:12 AM", "Aug. 15, 2022"),
        ("Published: 15 August 2022", "15 August 2022"),
        ("Updated 2022-08-15 12:00 UTC", "2022-08-15"),
        ("Am 15. August 2022 sprach der Minister", None),
        ("14 Μαΐου 2026", "14 Μαΐου 2026"),
        ("Опубликовано: 14 мая 2026, 10:30", "14 мая 2026"),
        ("发布时间：2026年5月14日 10:30", "2026年5月14日"),
        ("입력 2026. 5. 14. 10:30", "2026. 5. 14."),
        ("jueves, 14 de mayo de 2026 a las 10:30", "14 de mayo de 2026"),
        ("14 mai 2026 à 10h30", "14 mai 2026"),
        ("2026年5月14日，村里的钟又响了。", None),
        ("Thứ Hai, 01/05/2023, 10:30 (GMT+7)", "01/05/2023"),
        ("10:30, 1 мая 2023", "1 мая 2023"),
        ("Publié le 01/05/2023 à 10h30, mis à jour le 02/05/2023 à 09h00", "01/05/2023"),
        ("Diterbitkan 01 Mei 2023, 10:30 WIB", "01 Mei 2023"),
        ("1 May 2023 Rome fell", None),
        ("May 14", None),
    ],
)
def test_a_time_stamp_is_a_line_of_its_own(line: str, date: str | None) -> None:
    assert stamp_of(line) == date

"""Dates of machines and of print, in many languages; never against the clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clean.metadata.dates import date_span, moment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2023-12-22T17:35:00.000Z", "2023-12-22T17:35:00+00:00"),
        ("2023-12-18 21:02:58", "2023-12-18T21:02:58+00:00"),
        ("2023-12-22T09:46:12-0500", "2023-12-22T09:46:12-05:00"),
        ("2023-11-30T13:00:06.581209Z EST", "2023-11-30T13:00:06+00:00"),
        ("2023-12-22 10:00:00 EST", "2023-12-22T10:00:00-05:00"),
        ("2023年12月22日 10:30:15", "2023-12-22T10:30:15+00:00"),
        ("تاریخ انتشار: ۱۱ اردیبهشت ۱۴۰۲ - ۱۰:۳۰", "2023-05-01T10:30:00+00:00"),
        ("۱۳۹۹/۰۱/۰۱", "2020-03-20T00:00:00+00:00"),
        ("1404/01/01 08:00", "2025-03-21T08:00:00+00:00"),
        ("20231222", "2023-12-22T00:00:00+00:00"),
        ("1703262900", "2023-12-22T16:35:00+00:00"),
        ("1703262900000", "2023-12-22T16:35:00+00:00"),
        ("Sat, 23 Dec 2023 05:42:00 PST", "2023-12-23T05:42:00-08:00"),
        ("8:00 PM EST, Tue December 19, 2023", "2023-12-19T20:00:00-05:00"),
        ("Dec. 22, 2023 10:45 a.m. PT", "2023-12-22T10:45:00-08:00"),
        ("June 22, 2023 4:05 PM ET", "2023-06-22T16:05:00-04:00"),
        ("March 12, 2023 4:05 PM CT", "2023-03-12T16:05:00-05:00"),
        ("November 5, 2023 4:05 PM MT", "2023-11-05T16:05:00-07:00"),
        ("October 29, 2006 4:05 PM PT", "2006-10-29T16:05:00-08:00"),
        ("22 December 2023 14:35 (GMT+7)", "2023-12-22T14:35:00+07:00"),
        ("22 December 2023 14:35 UTC+2", "2023-12-22T14:35:00+02:00"),
        ("2023-12-22 14:35 GMT+5:30", "2023-12-22T14:35:00+05:30"),
        ("2023-12-22 14:35 (UTC-3)", "2023-12-22T14:35:00-03:00"),
        ("12/18/23 4:02pm", "2023-12-18T16:02:00+00:00"),
        ("15. Mai 2019, 05:28 Uhr", "2019-05-15T05:28:00+00:00"),
        ("28.01.2020-15:49", "2020-01-28T15:49:00+00:00"),
        ("le 12 juin 2020 à 10h30", "2020-06-12T10:30:00+00:00"),
        ("28 de enero de 2020", "2020-01-28T00:00:00+00:00"),
        ("3 marzo 2021", "2021-03-03T00:00:00+00:00"),
        ("4 de março de 2021", "2021-03-04T00:00:00+00:00"),
        ("5 maart 2021", "2021-03-05T00:00:00+00:00"),
        ("22 grudnia 2023", "2023-12-22T00:00:00+00:00"),
        ("22 декабря 2023, 10:30", "2023-12-22T10:30:00+00:00"),
        ("5 Aralık 2023", "2023-12-05T00:00:00+00:00"),
        ("٢٢ ديسمبر ٢٠٢٣", "2023-12-22T00:00:00+00:00"),
        ("2023年12月22日 10:30", "2023-12-22T10:30:00+00:00"),
        ("2023年12月22日 下午3:05", "2023-12-22T15:05:00+00:00"),
        ("2023. 12. 22. 오후 9:30", "2023-12-22T21:30:00+00:00"),
        ("2023年12月22日 午後2時35分", "2023-12-22T14:35:00+00:00"),
        ("2023년 12월 22일 오후 2시 35분", "2023-12-22T14:35:00+00:00"),
        ("2023年12月22日 2時間前", "2023-12-22T00:00:00+00:00"),
        ("令和5年12月22日", "2023-12-22T00:00:00+00:00"),
        ("平成元年12月22日", "1989-12-22T00:00:00+00:00"),
        ("22 בדצמבר 2023", "2023-12-22T00:00:00+00:00"),
        ("22 मई 2023", "2023-05-22T00:00:00+00:00"),
        ("२२ मई २०२३, १४:३५", "2023-05-22T14:35:00+00:00"),
        ("২২ মে ২০২৩", "2023-05-22T00:00:00+00:00"),
        ("الجمعة 22 كانون الأول/ديسمبر 2023", "2023-12-22T00:00:00+00:00"),
        ("الإثنين 22 أيار/مايو 2023", "2023-05-22T00:00:00+00:00"),
        ("2023. december 22.", "2023-12-22T00:00:00+00:00"),
        ("2023 m. gruodžio 22 d.", "2023-12-22T00:00:00+00:00"),
        ("Fri Dec 22 10:00:00 CET 2023", "2023-12-22T00:00:00+00:00"),
        ("22 ธันวาคม 2566", "2023-12-22T00:00:00+00:00"),
        ("22 ธันวาคม 2023", "2023-12-22T00:00:00+00:00"),
        ("22 ธ.ค. 2566", "2023-12-22T00:00:00+00:00"),
        ("22 ธันวาคม พ.ศ. 2566", "2023-12-22T00:00:00+00:00"),
    ],
)
def test_a_time_is_read_in_its_own_zone(text: str, expected: str) -> None:
    found = moment(text)
    assert found is not None
    assert found.at.replace(microsecond=0).isoformat() == expected


def test_which_number_is_the_month_is_asked_only_where_neither_tells() -> None:
    for text, is_month_first, expected in [
        ("3/4/2024", True, "2024-03-04"),
        ("3/4/2024", False, "2024-04-03"),
        ("13/4/2024", True, "2024-04-13"),
        ("4/13/2024", False, "2024-04-13"),
        ("3.4.2024", True, "2024-04-03"),
        ("4.13.2024", False, "2024-04-13"),
    ]:
        found = moment(text, month_first=is_month_first)
        assert found is not None
        assert found.day.isoformat() == expected


@pytest.mark.parametrize(
    "text", ["", "2023", "12345678", "20231301", "March 5", "yesterday", "10:30", "© 2024 Example Press", "31 April 2024", "5 hours ago"]
)
def test_what_gives_no_whole_date_is_none(text: str) -> None:
    assert moment(text) is None


def test_a_zone_that_is_not_given_is_told() -> None:
    known, unknown, day = moment("2024-03-01T10:00:00+02:00"), moment("2024-03-01T10:00:00"), moment("1 March 2024")
    assert known is not None and unknown is not None and day is not None
    assert [(one.has_time, one.has_zone) for one in (known, unknown, day)] == [(True, True), (True, False), (False, False)]


@given(st.text(max_size=300))
def test_any_text_is_read_or_none(text: str) -> None:
    found = moment(text)
    assert found is None or 1900 <= found.at.year <= 2200 and found.at.tzinfo is not None
    span = date_span(text)
    assert span is None or 0 <= span[0] < span[1] <= len(text)

"""Printed dates and timestamps."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.dates import Printed, date_at_end, resolve, timestamp


@pytest.mark.parametrize(
    ("text", "before", "printed"),
    [
        ("SEOUL, Aug. 15", "SEOUL, ", Printed(8, 15)),
        ("Lyon, 10 juil 2024", "Lyon, ", Printed(7, 10, 2024)),
        ("Quito, 15 de agosto", "Quito, ", Printed(8, 15)),
        ("25-11-2023", "", Printed(11, 25, 2023)),
        ("Oslo, 15th August, 2022", "Oslo, ", Printed(8, 15, 2022)),
    ],
)
def test_a_date_is_found_at_the_end(text: str, before: str, printed: Printed) -> None:
    assert date_at_end(text) == (before, printed)


def test_a_day_that_no_month_has_is_no_date() -> None:
    assert date_at_end("SEOUL, Feb. 30") == ("SEOUL, Feb. 30", None)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("2018-01-18T09:31:58+0000", "2018-01-18T09:31:58+00:00"),
        ("2022-08-15T03:12:00.5Z", "2022-08-15T03:12:00.500000+00:00"),
        ("Mon, 15 Aug 2022 03:12:00 GMT", "2022-08-15T03:12:00+00:00"),
        ("Mon Aug 15 2022 03:12:00 GMT+0200", "2022-08-15T01:12:00+00:00"),
        ("2022-08-15 03:12:00 +02:00", "2022-08-15T01:12:00+00:00"),
        ("Aug. 15, 2022, 3:12 AM EDT", "2022-08-15T07:12:00+00:00"),
        ("Aug. 15, 2022, 3:12 AM ET", "2022-08-15T07:12:00+00:00"),
        ("Dec. 15, 2022, 3:12 AM (PT)", "2022-12-15T11:12:00+00:00"),
        ("15 August 2022 14:35 (GMT+7)", "2022-08-15T07:35:00+00:00"),
        ("Mon, 15 Aug 2022 14:35:00 GMT+5:30", "2022-08-15T09:05:00+00:00"),
        ("2022-08-15", "2022-08-15T00:00:00+00:00"),
    ],
)
def test_timestamps_become_utc(value: str, found: str) -> None:
    assert timestamp(value) == datetime.fromisoformat(found)


@pytest.mark.parametrize("value", ["", "soon", "5", "0000-00-00", "tomorrow at 6", "99999-01-01"])
def test_what_is_no_timestamp_is_none(value: str) -> None:
    assert timestamp(value) is None


@given(st.text(max_size=90))
def test_any_text_is_a_timestamp_or_none(value: str) -> None:
    found = timestamp(value)
    assert found is None or found.tzinfo is not None


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(-170, 170))
def test_the_nearest_year_brings_back_a_date_near_its_publication(published: date, days: int) -> None:
    meant = date.fromordinal(published.toordinal() + days)
    if (meant.month, meant.day) != (2, 29):
        assert resolve(Printed(meant.month, meant.day), published) == meant

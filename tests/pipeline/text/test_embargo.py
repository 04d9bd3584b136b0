"""When an embargo line lets a story go."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.text.embargo import until

ARRIVED = datetime(2022, 8, 14, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "end"),
    [
        ("EMBARGOED UNTIL 00:01 GMT, Tuesday, Aug. 16, 2022", "2022-08-16T00:01+00:00"),
        ("EMBARGOED UNTIL 6 a.m. EDT, Aug. 16", "2022-08-16T10:00+00:00"),
        ("NOT FOR RELEASE BEFORE 6 p.m. ET Aug 16", "2022-08-16T22:00+00:00"),
        ("EMBARGOED UNTIL 6 p.m. ET Jan. 3, 2023", "2023-01-03T23:00+00:00"),
        ("Embargoed until 1800 GMT", "2022-08-14T18:00+00:00"),
        ("Embargoed until 0600 GMT", "2022-08-15T06:00+00:00"),
        ("Sperrfrist: 16. August 2022, 06.00 Uhr", "2022-08-16T04:00+00:00"),
        ("EMBARGOED FOR RELEASE UNTIL NOON EST, 3 January 2023", "2023-01-03T17:00+00:00"),
    ],
)
def test_day_time_and_zone_make_an_end(line: str, end: str) -> None:
    assert until(line, arrived=ARRIVED) == datetime.fromisoformat(end)


@pytest.mark.parametrize("line", ["EMBARGOED UNTIL TUESDAY", "EMBARGOED UNTIL 6 a.m.", "HOLD FOR RELEASE", "EMBARGOED"])
def test_what_lacks_one_of_them_has_no_end(line: str) -> None:
    assert until(line, arrived=ARRIVED) is None

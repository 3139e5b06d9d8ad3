"""Numbers, durations and moments as people say them."""

from datetime import UTC, datetime, timedelta

import pytest

from latsar_sync.domain.figures import NONE, ago, count, day, moment, number, seconds
from latsar_sync.domain.language import speaking

NOW = datetime(2026, 12, 7, 13, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "told"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=5), "5 minutes ago"),
        (timedelta(hours=3), "3 hours ago"),
        (timedelta(days=3), "3 days ago"),
        (-timedelta(hours=3), "in 3 hours"),
        (timedelta(days=30), "7 Nov 2026"),
    ],
)
def test_how_long_ago_is_said_in_the_largest_unit_and_beyond_a_week_by_the_day(passed: timedelta, told: str) -> None:
    assert ago(NOW - passed, NOW) == told


@pytest.mark.parametrize(
    ("language", "thousands", "short", "long"),
    [("en", "1,220", "0.1 seconds", "4 min 12 s"), ("id", "1.220", "0,1 detik", "4 menit 12 detik")],
)
def test_counts_and_durations_are_written_as_the_language_writes_them(
    language: str, thousands: str, short: str, long: str
) -> None:
    with speaking(language):
        assert (count(1220), seconds(0.1), seconds(251.6)) == (thousands, short, long)
        assert seconds(0.04) == f"< {short}"  # a step that took a moment did not take none
        assert seconds(0).startswith("0 ")


def test_what_is_not_known_is_a_dash() -> None:
    assert (number(None), number(""), day(None), moment(None)) == (NONE,) * 4

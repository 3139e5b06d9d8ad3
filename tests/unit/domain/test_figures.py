"""Moments as people say them."""

from datetime import UTC, datetime, timedelta

import pytest

from latsar_sync.domain.figures import ago

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

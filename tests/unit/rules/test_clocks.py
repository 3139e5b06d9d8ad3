"""Clocks that cannot both be right are told, once they are more than five minutes apart."""

from datetime import UTC, datetime, timedelta

import pytest

from latsar_sync.rules.clocks import against_a_site, against_the_last_run

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, False), (300, False), (-300, False), (301, True), (-301, True), (86_400, True)]
)
def test_a_site_s_clock_is_told_where_it_is_minutes_ahead_or_behind(seconds: int, told: bool) -> None:
    said = against_a_site("mooc", NOON + timedelta(seconds=seconds), NOON)

    assert bool(said) is told
    theirs = f"{NOON + timedelta(seconds=seconds):%H:%M} UTC"
    assert all("site mooc" in line and "1 Nov 2026 12:00 UTC" in line and theirs in line for line in said)


def test_a_site_that_tells_no_time_is_not_compared() -> None:
    assert against_a_site("mooc", None, NOON) == []


@pytest.mark.parametrize(("seconds", "told"), [(-86_400, False), (0, False), (300, False), (301, True)])
def test_a_last_run_from_the_future_is_told_and_one_of_the_past_is_not(seconds: int, told: bool) -> None:
    said = against_the_last_run(NOON + timedelta(seconds=seconds), NOON)

    assert bool(said) is told
    ended = f"{NOON + timedelta(seconds=seconds):%H:%M} UTC"
    assert all("1 Nov 2026 12:00 UTC" in line and ended in line for line in said)


def test_before_the_first_run_there_is_nothing_to_compare() -> None:
    assert against_the_last_run(None, NOON) == []

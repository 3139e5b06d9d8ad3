"""Which threshold judges at a moment (rule 2)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from builders import REQUIRED, WIB, day, evidence, threshold

from latsar_sync.domain.decision import Rules, Threshold
from latsar_sync.rules.deciding import decide
from latsar_sync.rules.threshold import SEEDED_BY, next_threshold, threshold_at, threshold_in_force


def test_there_is_no_default_threshold() -> None:
    with pytest.raises(ValueError, match="no default"):
        decide(evidence(), Rules(threshold=None, required=REQUIRED))


@pytest.mark.parametrize(
    ("now", "version"),
    [
        (datetime(2026, 10, 31, 23, 59, 59, tzinfo=WIB), None),
        (datetime(2026, 11, 1, 0, 0, tzinfo=WIB), 1),
        (datetime(2026, 11, 9, 23, 59, 59, tzinfo=WIB), 1),
        (datetime(2026, 11, 10, 0, 0, tzinfo=WIB), 2),
        (datetime(2026, 11, 9, 17, 0, tzinfo=UTC), 2),
        (datetime(2026, 11, 20, 0, 0, tzinfo=WIB), 4),
        (datetime(2027, 1, 1, 0, 0, tzinfo=WIB), 4),
    ],
)
def test_the_latest_effective_threshold_judges(now: datetime, version: int | None) -> None:
    history = [
        threshold("70", version=1, effective_from=datetime(2026, 11, 1, tzinfo=WIB)),
        threshold("75", version=2, effective_from=datetime(2026, 11, 10, tzinfo=WIB)),
        threshold("80", version=3, effective_from=datetime(2026, 11, 20, tzinfo=WIB)),
        threshold("65", version=4, effective_from=datetime(2026, 11, 20, tzinfo=WIB)),
    ]

    for rows in (history, history[::-1]):
        in_force = threshold_in_force(rows, now)
        assert (in_force.version if in_force else None) == version


def test_a_row_recorded_later_for_an_earlier_day_does_not_replace_the_later_day() -> None:
    history = [threshold("80", version=1, effective_from=day(20)), threshold("75", version=2, effective_from=day(10))]

    in_force = threshold_in_force(history, day(21))

    assert in_force is not None
    assert in_force.value == 80
    assert next_threshold(history, history[1].effective_from) == history[0]
    assert next_threshold([*history, replace(history[0], version=3)], day(12)) == replace(history[0], version=3)
    assert next_threshold(history, day(20)) is None


def test_what_the_configuration_recorded_first_judges_before_its_own_clock_says_and_a_persons_does_not() -> None:
    seeded = threshold("70", version=1, effective_from=day(20), by=SEEDED_BY)
    by_a_person = threshold("70", version=1, effective_from=day(20))
    a_later_one_of_that_name = threshold("75", version=2, effective_from=day(20), by=SEEDED_BY)

    assert threshold_in_force([seeded], day(10)) == seeded
    assert threshold_in_force([by_a_person], day(10)) is None
    assert threshold_in_force([a_later_one_of_that_name], day(10)) is None
    assert threshold_in_force([seeded, a_later_one_of_that_name], day(21)) == a_later_one_of_that_name


def at_once(value: str, version: int, moment: datetime) -> Threshold:
    """Return a threshold that somebody recorded for now."""
    return threshold(value, version=version, effective_from=moment, recorded_at=moment)


@pytest.mark.parametrize("now", [day(9), day(11), day(21)])
def test_what_was_recorded_last_for_now_judges_also_where_the_clock_was_set_back_before_it(now: datetime) -> None:
    """Whatever the clock shows by now: it was in force when it was recorded."""
    for history in (
        [at_once("70", 1, day(1)), at_once("75", 2, day(20))],
        [at_once("70", 1, day(20)), at_once("75", 2, day(10))],
        [threshold("70", version=1, effective_from=day(15)), at_once("80", 2, day(20)), at_once("75", 3, day(10))],
    ):
        in_force = threshold_in_force(history, now)
        assert in_force is not None
        assert in_force.value == 75
        assert next_threshold(history, in_force.effective_from) is None


def test_what_was_recorded_for_a_day_to_come_judges_from_that_day_on_whatever_was_recorded_for_now_before_it() -> None:
    history = [at_once("70", 1, day(1)), threshold("80", version=2, effective_from=day(20)), at_once("75", 3, day(10))]

    judging = [threshold_in_force(history, day(each)) for each in (11, 20)]

    assert [each and each.value for each in judging] == [75, 80]
    assert next_threshold(history, day(10)) == history[1]


def test_what_judged_at_a_moment_that_is_past_is_told_without_what_was_recorded_since() -> None:
    history = [at_once("70", 1, day(1)), at_once("75", 2, day(10))]

    assert [each and each.value for each in (threshold_at(history, day(9)), threshold_at(history, day(10)))] == [70, 75]

"""Which groups the gradebook is read by, where calls do not go out together."""

from latsar_sync.moodle.grade_reports import covering_groups


def test_the_fewest_groups_that_hold_everybody_are_read() -> None:
    assert covering_groups({1: {1, 2, 3}, 2: {3, 4}, 3: {1, 2}, 4: set()}) == [1, 2]

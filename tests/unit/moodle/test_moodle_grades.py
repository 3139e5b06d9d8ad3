"""Which groups the gradebook is read by."""

import pytest

from latsar_sync.moodle.grades import bearable_groups, covering_groups


def test_the_fewest_groups_that_hold_everybody_are_read() -> None:
    assert covering_groups({1: {1, 2, 3}, 2: {3, 4}, 3: {1, 2}, 4: set()}) == [1, 2]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        pytest.param(0.4, [2, 3], id="a quick site answers even the large one in 8 seconds"),
        pytest.param(0.6, [2], id="12 seconds are too many"),
        pytest.param(30.0, [], id="a site that is on its knees is asked in small batches"),
    ],
)
def test_a_group_that_would_take_too_long_in_one_answer_is_not_read_in_one(seconds: float, expected: list[int]) -> None:
    assert bearable_groups({1: 50, 2: 60, 3: 1000}, 1, seconds) == expected

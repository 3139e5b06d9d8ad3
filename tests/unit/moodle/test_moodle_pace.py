"""How hard the service leans on a site: halved when it struggles, grown slowly, never beyond what is allowed."""

import threading
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.pace import GOOD_IN_A_ROW, MOST_CALLS, SLOW, Pace, Throttle

COMPLETION = Function.ACTIVITIES_COMPLETION_STATUS


def size_of(pace: Pace) -> int:
    """Return the calls that the next of endlessly many requests would carry."""
    return pace.calls(COMPLETION, 1_000_000)


def test_it_begins_with_what_was_measured() -> None:
    pace = Pace(2)
    assert pace.width == 2
    assert size_of(pace) == 150


@pytest.mark.parametrize("seconds", [SLOW + 0.1, inf])
def test_a_slow_or_failed_batch_halves_the_next_ones(seconds: float) -> None:
    pace = Pace(2)
    pace.carried(COMPLETION, 50, seconds)
    assert size_of(pace) == 25
    pace.carried(COMPLETION, 25, seconds)
    assert size_of(pace) == 12


def test_a_quick_batch_lets_the_next_one_grow_by_half_and_not_beyond_the_limit() -> None:
    pace = Pace(2)
    pace.carried(COMPLETION, 150, 1.0)
    assert size_of(pace) == 225
    for _ in range(50):
        pace.carried(COMPLETION, size_of(pace), 0.01)
    assert size_of(pace) == MOST_CALLS


def test_a_batch_that_would_become_uncomfortable_does_not_grow() -> None:
    pace = Pace(2)
    pace.carried(COMPLETION, 150, 4.5)
    assert size_of(pace) == 150


def test_a_batch_that_comes_near_to_being_slow_shrinks_by_a_third() -> None:
    pace = Pace(2)
    pace.carried(COMPLETION, 60, 8.0)
    assert size_of(pace) == 40


def test_a_small_rest_that_was_quick_says_nothing_about_large_batches() -> None:
    pace = Pace(2)
    pace.carried(COMPLETION, 3, 0.01)
    assert size_of(pace) == 150


def test_another_function_keeps_its_own_size() -> None:
    pace = Pace(2)
    pace.carried(COMPLETION, 50, inf)
    assert pace.calls(Function.USER_ATTEMPTS, 1000) == 100


def test_what_waits_is_spread_evenly_over_as_few_requests_as_will_do() -> None:
    pace = Pace(1)
    assert pace.calls(COMPLETION, 200) == 100
    assert pace.calls(COMPLETION, 150) == 150
    assert pace.calls(COMPLETION, 0) == 0


def test_what_takes_some_time_goes_out_in_as_many_requests_as_may_go_at_once() -> None:
    pace = Pace(2)
    assert pace.calls(COMPLETION, 150) == 75
    assert pace.calls(COMPLETION, 75, begun=75) == 75
    assert pace.calls(COMPLETION, 80) == 80
    pace.struggled()
    assert pace.calls(COMPLETION, 150) == 150


def test_of_more_than_one_round_the_last_requests_are_smaller() -> None:
    pace, waiting, sent = Pace(2), 800, list[int]()
    while waiting:
        sent.append(pace.calls(COMPLETION, waiting, begun=800 - waiting))
        waiting -= sent[-1]
    assert sent == [150, 150, 150, 150, 100, 100]


def test_requests_at_once_are_halved_by_trouble_and_come_back_one_by_one() -> None:
    pace = Pace(8)
    pace.struggled()
    assert pace.width == 4
    pace.answered(SLOW + 1)
    assert pace.width == 2
    for _ in range(GOOD_IN_A_ROW - 1):
        pace.answered(0.1)
    assert pace.width == 2
    pace.answered(0.1)
    assert pace.width == 3


@given(
    st.integers(1, 8),
    st.lists(st.one_of(st.floats(0, 60), st.just(inf)), max_size=60),
)
def test_it_never_leaves_its_bounds(most: int, seconds: list[float]) -> None:
    pace = Pace(most)
    for each in seconds:
        pace.carried(COMPLETION, size_of(pace), each)
        if each == inf:
            pace.struggled()
        else:
            pace.answered(each)
        assert 1 <= size_of(pace) <= MOST_CALLS
        assert 1 <= pace.width <= most


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


def test_a_gate_that_was_closed_lets_nobody_through_before_its_time() -> None:
    clock = Clock()
    gate = Throttle(2, clock.sleep, clock.monotonic)
    gate.close_for(7.0)
    with gate.slot():
        assert clock.now == 7.0
    with gate.slot():
        assert clock.now == 7.0


def test_a_gate_lets_no_more_through_at_once_than_the_pace_allows() -> None:
    clock = Clock()
    gate = Throttle(2, clock.sleep, clock.monotonic)
    gate.answered(0.1, well=False)  # one at once from here on
    passed = threading.Event()

    def second() -> None:
        with gate.slot():
            passed.set()

    with gate.slot():
        thread = threading.Thread(target=second)
        thread.start()
        assert not passed.wait(0.05)
    thread.join(5)
    assert passed.is_set()

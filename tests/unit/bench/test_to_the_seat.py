"""The measurement of the way to the seat: whoever hands in is waited for, each with a clock of their own."""

import sys
from collections.abc import Collection
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
from to_the_seat import watch, who_could_get_a_seat


class Service:
    """A service that looks every minute and seats whoever has handed in by then, on a clock that the test moves."""

    def __init__(self, works: bool = True) -> None:
        self.now = 1000.0
        self._works = works
        self._handed_in: dict[str, float] = {}

    def hand_in(self, row: dict[str, str]) -> None:
        self._handed_in[row["participant_id"]] = self.now

    def seated(self, who: Collection[str]) -> set[str]:
        last_run = self.now - self.now % 60
        return {each for each in who if self._works and self._handed_in[each] < last_run}

    def pause(self, seconds: float) -> None:
        self.now += seconds

    def watch(self, *moments: float, alive: bool = True) -> list[float]:
        people = [{"participant_id": f"p{number}"} for number in range(len(moments))]
        return watch(people, moments, self.hand_in, self.seated, lambda: alive, lambda: self.now, self.pause)


def test_each_has_a_clock_of_their_own_though_others_wait_meanwhile() -> None:
    seconds = Service().watch(0.0, 5.0, 70.0)

    # the clock stands at 40 s after a minute: the next runs come 20 s and 80 s from now
    assert seconds == pytest.approx([20.0, 15.0, 10.0], abs=0.5)


@pytest.mark.parametrize("service", [{"works": False}, {"alive": False}], ids=["no seat comes", "the daemon ended"])
def test_it_does_not_wait_for_ever(service: dict[str, bool]) -> None:
    with pytest.raises(SystemExit, match="No seat after"):
        Service(service.get("works", True)).watch(0.0, alive=service.get("alive", True))


def test_those_hand_in_who_lack_nothing_but_the_score_and_were_not_taken_out_of_the_course() -> None:
    below, material = ("score_below_threshold", {}), ("materials_incomplete", {})
    told = [([below], None), ([below], "withdrawn"), ([below, material], None), ([], "confirmed"), (None, None)]
    people = [{"reasons": reasons, "state": state} for reasons, state in told]

    assert who_could_get_a_seat(people) == people[:1]

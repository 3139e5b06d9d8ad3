"""Memory of very many people goes back to the machine, where the C library can be asked."""

import ctypes
from collections.abc import Callable

import pytest

from latsar_sync.run import machine_memory


class Library:
    """A C library that notes how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.told = list[tuple[int, int]]()

    def malloc_trim(self, _kept: int) -> int:
        self.asked += 1
        return 1

    def mallopt(self, name: int, value: int) -> int:
        self.told.append((name, value))
        return 1


def test_memory_is_given_back_after_very_many_people_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library()
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: library)

    for people in (1_000, machine_memory.MANY - 1, machine_memory.MANY):
        machine_memory.give_back(people)

    assert library.asked == 1


def test_what_is_large_is_kept_apart_from_what_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library()
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: library)

    machine_memory.keep_large_apart()

    assert library.told == [(-3, 131_072)]


def no_library(_name: str | None) -> object:
    raise OSError("no such library")


@pytest.mark.parametrize("load", [lambda _name: object(), no_library])
def test_a_system_that_cannot_be_asked_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, load: Callable[[str | None], object]
) -> None:
    monkeypatch.setattr(ctypes, "CDLL", load)

    machine_memory.give_back(machine_memory.MANY)
    machine_memory.keep_large_apart()

"""Long lists are printed as they come: nobody is left out, and few lines are held."""

import weakref
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from latsar_sync.cli.screens import frames, people

PEOPLE, TOGETHER = 60, 10


class Line(dict[str, Any]):
    """A line of which one can tell whether it is still held."""

    __hash__ = object.__hash__  # type: ignore[assignment]  # by which one it is


def lines(alive: "weakref.WeakSet[Line]", most: list[int], **fields: Callable[[int], Any]) -> Iterator[Line]:
    for number in range(PEOPLE):
        told = {name: tell(number) for name, tell in fields.items()}
        line = Line(
            name=f"Siti {number:03}",
            nip=None,
            shared_nip=None,
            score=None,
            reason=None,
            missing=(),
            programme="b",
            **told,
        )
        alive.add(line)
        most.append(len(alive))
        yield line


def printed(show: Callable[[Console], None]) -> str:
    paper = StringIO()
    show(Console(file=paper, width=100))
    return paper.getvalue()


@pytest.fixture(autouse=True)
def few_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Print so few rows in one table."""
    monkeypatch.setattr(frames, "ROWS_TOGETHER", TOGETHER)


def test_the_chase_list_is_printed_by_institution_whatever_order_it_comes_in() -> None:
    alive, most = weakref.WeakSet[Line](), list[int]()
    told = lines(alive, most, institution=lambda number: ("B", None, "A")[number % 3], decision=lambda _: None)
    text = printed(lambda console: people.show_participants(console, told, "en"))

    titles = [line.strip() for line in text.splitlines() if line.strip().endswith("(20)")]
    assert titles == ["A (20)", "B (20)", "– (20)"]
    assert [line.split()[2] for line in text.splitlines() if "Siti" in line] == [
        f"{number:03}" for first in (2, 0, 1) for number in range(first, PEOPLE, 3)
    ]
    assert max(most) <= 2


def test_the_roster_is_printed_by_angkatan_and_numbered_on_in_the_next_table() -> None:
    alive, most = weakref.WeakSet[Line](), list[int]()
    told = lines(
        alive,
        most,
        angkatan=lambda number: ("I", "II", None)[number // 20],
        state=lambda number: "waitlisted" if number >= 40 else "planned",
    )
    text = printed(lambda console: people.show_roster(console, told, "en"))

    rows = [line.split() for line in text.splitlines() if "Siti" in line]
    assert [(int(row[0]), row[3]) for row in rows] == [(1 + each % 20, f"{each:03}") for each in range(PEOPLE)]
    assert [line.strip() for line in text.splitlines() if "angkatan" in line] == [
        "b · angkatan I · 20 planned",
        "b · angkatan II · 20 planned",
        "b · angkatan – · 20 waitlisted",
    ]
    assert max(most) <= 3


def test_an_empty_list_says_so() -> None:
    assert printed(lambda console: people.show_participants(console, iter(()), "en")) == "Nobody matches.\n"
    assert printed(lambda console: people.show_roster(console, iter(()), "en")).startswith("The roster is empty")

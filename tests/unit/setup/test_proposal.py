"""Forty groups are one proposal, corrected where it is wrong, with a way back; numerals stand in their order."""

import io
from dataclasses import dataclass, field

import pytest
from rich.console import Console

from latsar_sync.cli.init_proposal import corrected, numbers_in
from latsar_sync.cli.init_questions import Choice, Interview
from latsar_sync.domain.errors import UsageError
from latsar_sync.setup.pairing import natural_order

GROUPS = [Choice(f"Angkatan {number}", "40 people") for number in range(1, 41)]
COURSES = [*(Choice(f"KLS-{number}") for number in range(1, 41)), Choice("-"), Choice("x")]


@dataclass(frozen=True)
class Typed(Interview):
    """Somebody who types these lines."""

    lines: list[str] = field(default_factory=list)

    def line(self, question: str) -> str:
        """Return the next line."""
        return self.lines.pop(0)


def talk(*lines: str, proposed: dict[str, str | None] | None = None) -> tuple[dict[str, str], str]:
    """Return what was chosen and what was shown."""
    shown = io.StringIO()
    person = Typed(Console(file=shown, width=100), silent=False, lines=list(lines))
    at_first: dict[str, str | None] = proposed or {
        each.key: f"KLS-{number}" for number, each in enumerate(GROUPS, start=1)
    }
    return corrected(person, GROUPS, at_first, COURSES), shown.getvalue()


def test_forty_groups_are_taken_by_one_enter() -> None:
    chosen, shown = talk("")

    assert chosen["Angkatan 40"] == "KLS-40"
    assert len(chosen) == 40
    assert shown.count("→ KLS-7 ") == 1


def test_exceptions_are_corrected_alone_or_several_at_once_and_taken_back() -> None:
    chosen, _ = talk("3=KLS-4", "5-7, 9 = -", "1-40=x", "<", "8=x", "")

    assert [chosen[f"Angkatan {number}"] for number in (2, 3, 4, 5, 6, 7, 8, 9, 10)] == [
        "KLS-2",
        "KLS-4",
        "KLS-4",
        "-",
        "-",
        "-",
        "x",
        "-",
        "KLS-10",
    ]


def test_going_back_before_the_first_correction_changes_nothing() -> None:
    assert talk("<", "<", "")[0] == talk("")[0]


def test_what_is_not_certain_must_be_decided_before_it_is_taken() -> None:
    uncertain: dict[str, str | None] = {each.key: "-" for each in GROUPS}
    uncertain |= {"Angkatan 2": None, "Angkatan 5": None}

    chosen, shown = talk("", "2=KLS-2", "", "5=x", "", proposed=uncertain)

    assert "Not decided yet: line 2, 5." in shown
    assert "Not decided yet: line 5." in shown
    assert (chosen["Angkatan 2"], chosen["Angkatan 5"]) == ("KLS-2", "x")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("KLS-2", "is no correction"),
        ("2=KLS-99", 'There is no "KLS-99" to choose'),
        ("0=KLS-1", '"0" names none of the lines'),
        ("41=KLS-1", '"41" names none'),
        ("5-3=x", '"5-3" names none'),
        ("=x", "names none"),
        ("a=x", '"a" names none'),
    ],
)
def test_what_cannot_be_understood_changes_nothing_and_is_told(said: str, told: str) -> None:
    chosen, shown = talk(said, "")

    assert told in shown
    assert chosen == talk("")[0]


def test_numbers_are_read_once_each_in_the_order_in_which_they_are_named() -> None:
    assert numbers_in(" 7, 1-3,2 ", 9) == [7, 1, 2, 3]
    with pytest.raises(UsageError):
        numbers_in("", 9)


@pytest.mark.parametrize(
    "names",
    [
        ["Angkatan I", "Angkatan II", "Angkatan IX", "Angkatan X", "Angkatan XL"],
        ["Angkatan 1", "Angkatan 2", "Angkatan 10", "Angkatan 10 B", "Angkatan 100"],
        ["Golongan II Angkatan I", "Golongan II Angkatan IX", "Golongan III Angkatan II"],
        ["kelas iv", "Kelas V", "Kelas 6"],
        ["KLS-2", "KLS-10", "LAIN-1"],
        ["TA 999", "TA 1000", "TA 2026"],
        ["Kelas 3", "Kelas Khusus"],
        ["Kursus 60", "Kursus li"],
    ],
)
def test_names_with_numerals_stand_in_the_order_of_their_numbers(names: list[str]) -> None:
    mixed = [*names[1::2], *names[::2]]

    assert sorted(mixed, key=natural_order) == names

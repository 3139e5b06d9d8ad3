"""An angkatan as a cell names it: by its whole name or its numeral, and never by a part of another's."""

from datetime import datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office_lists import refusal_of_cell

from latsar_sync.files.angkatan_cells import numeral, read_angkatan
from latsar_sync.files.cells import Cell, CellRefused


@given(st.integers(min_value=1, max_value=3999))
def test_every_roman_numeral_means_its_own_number_and_no_other(number: int) -> None:
    assert numeral(roman(number)) == numeral(roman(number).lower()) == numeral(str(number)) == number


def roman(number: int) -> str:
    pairs = zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ("M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"),
        strict=True,
    )
    text = ""
    for value, messages in pairs:
        text += messages * (number // value)
        number %= value
    return text


@pytest.mark.parametrize("text", ["", "IIII", "VX", "IC", "A", "1a", "-1"])
def test_what_is_no_numeral_means_no_number(text: str) -> None:
    assert numeral(text) is None


COURSES = {"V": (), "VI": ("Angkatan VI Golongan III",), "VIII": (), "khusus-2": ("Kelas Khusus",)}


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("VI", "VI"),
        ("Angkatan V", "V"),
        ("ANGKATAN  viii", "VIII"),
        ("angkatan VI golongan III", "VI"),
        ("Kelompok 6", "VI"),
        ("'6", "VI"),
        (6, "VI"),
        (6.0, "VI"),
        ("khusus-2", "khusus-2"),
        ("Khusus", "khusus-2"),
        ("-", None),
        (None, None),
    ],
)
def test_an_angkatan_is_known_by_its_whole_name_or_by_its_numeral(cell: Cell, found: str | None) -> None:
    assert read_angkatan(cell, COURSES) == found


@pytest.mark.parametrize("cell", [datetime(2026, 1, 2), time(1, 2)])  # noqa: DTZ001 - 1/2 as XLSX has it
def test_an_angkatan_that_a_spreadsheet_made_a_date_of_is_told_as_that(cell: Cell) -> None:
    assert refusal_of_cell(read_angkatan, cell, COURSES) == "became_date"


@pytest.mark.parametrize("cell", ["VII", "9", "Angkatan", "V I", "VI/VIII", "Angkatan VI Golongan II"])
def test_an_angkatan_is_never_taken_for_a_part_of_another(cell: str) -> None:
    assert refusal_of_cell(read_angkatan, cell, COURSES) == "angkatan_unknown"


def test_an_angkatan_that_nobody_knows_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(CellRefused) as caught:
        read_angkatan("Angkatan IX", COURSES)

    assert caught.value.values == {"shown": "Angkatan IX", "known": "V, VI, VIII, khusus-2"}


def test_a_numeral_that_two_angkatan_have_is_refused() -> None:
    assert refusal_of_cell(read_angkatan, "Angkatan 6", {"VI": (), "06": ()}) == "angkatan_unknown"
    assert read_angkatan("6", {"VI": (), "6": ()}) == "6"

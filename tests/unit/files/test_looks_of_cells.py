"""How cells of a workbook look: what is struck out, hidden or shown otherwise than it is stored is told."""

from pathlib import Path

import openpyxl
import pytest
from office_lists import HEADING, NIPS, PEOPLE, found_in, taken
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Color, Font, PatternFill

from latsar_sync.files.cells import Rounded


def cells(path: Path) -> list[tuple[object, ...]]:
    """Return the rows below the header."""
    return [tuple(row) for _line, row, _width in found_in(path).rows]


def lists_with(path: Path, cell: str, value: object, **looks: object) -> Path:
    """Return a list of participants in which one cell holds ``value`` and looks as told."""
    book = openpyxl.Workbook()
    for row in [HEADING, *PEOPLE]:
        book.active.append(list(row))
    book.active[cell] = value
    for what, look in looks.items():
        setattr(book.active[cell], what, look)
    book.save(path)
    return path


WHITE_PIECE = CellRichText("Orang", TextBlock(InlineFont(color="FFFFFFFF"), " Lain"))


PIECES = CellRichText(TextBlock(InlineFont(strike=True), "Orang Lama"), TextBlock(InlineFont(), " Orang Baru"))


@pytest.mark.parametrize(
    ("value", "looks", "code"),
    [
        (PEOPLE[1][1], {"font": Font(strike=True)}, "struck_out"),
        (PIECES, {}, "struck_out"),
        (PEOPLE[1][1], {"number_format": ";;;"}, "not_shown"),
        (WHITE_PIECE, {}, "not_shown"),
    ],
)
def test_what_is_struck_out_or_hidden_in_a_cell_may_be_meant_or_not_and_is_told(
    tmp_path: Path, value: object, looks: dict[str, object], code: str
) -> None:
    path = lists_with(tmp_path / "daftar.xlsx", "B3", value, **looks)

    assert taken(path)[1] == [code]


@pytest.mark.parametrize(
    ("form", "rejected"),
    [
        ('"I"', ["not_shown"]),
        (";;", ["not_shown"]),
        (";;;@", ["not_shown"]),
        ('[>=3]"I";"II"', ["not_shown"]),
        ('"I";0', ["not_shown"]),
        ('0"0"', ["not_shown"]),
        ("0,", ["not_shown"]),
        ('"Angkatan "0', []),
        ("0;;", []),
        ('General" (I)"', []),
        ('[Blue]#,##0" dari 9"', []),
        ("0;;;", []),
        ('"-";-0;"tiada"', ["not_shown"]),
    ],
)
def test_a_number_in_whose_place_words_another_number_or_nothing_is_shown_is_told(
    tmp_path: Path, form: str, rejected: list[str]
) -> None:
    path = lists_with(tmp_path / "daftar.xlsx", "E3", 3, number_format=form)

    assert taken(path)[1] == rejected


@pytest.mark.parametrize("form", ["0;-0;;@", "#,##0;(#,##0);-", '_(* #,##0_);_(* (#,##0);_(* "-"_);_(@_)'])
def test_a_zero_that_nobody_sees_is_no_score_of_zero(tmp_path: Path, form: str) -> None:
    """A formula that looks an empty cell up gives 0, which sheets are told not to show."""
    by_its_format = lists_with(tmp_path / "satu.xlsx", "E3", 0, number_format=form)
    book = openpyxl.load_workbook(lists_with(tmp_path / "dua.xlsx", "E3", 0))
    book.active.sheet_view.showZeros = False
    book.save(tmp_path / "dua.xlsx")

    assert [taken(each)[1] for each in (by_its_format, tmp_path / "dua.xlsx")] == [["not_shown"]] * 2


@pytest.mark.parametrize(
    ("looks", "rejected"),
    [
        ({"font": Font(color="FFFFFFFF")}, ["not_shown"]),
        ({"font": Font(color=Color(theme=0))}, ["not_shown"]),
        ({"font": Font(color="FFFFFF"), "fill": PatternFill("solid", fgColor="FFFFFF")}, ["not_shown"]),
        ({"font": Font(size=1)}, ["not_shown"]),
        ({"number_format": '0;0;0;"III"'}, ["not_shown"]),
        ({"font": Font(color="FFFFFF"), "fill": PatternFill("solid", fgColor="1F4E78")}, []),
        ({"font": Font(color=Color(theme=0, tint=-0.5))}, []),
        ({"number_format": '"Angkatan "@'}, []),
    ],
)
def test_letters_that_nobody_sees_are_told_in_a_person_s_line_and_make_no_title_another(
    tmp_path: Path, looks: dict[str, object], rejected: list[str]
) -> None:
    in_a_line = lists_with(tmp_path / "daftar.xlsx", "E3", "III", **looks)
    in_the_header = lists_with(tmp_path / "judul.xlsx", "E1", HEADING[4], **looks)

    assert taken(in_a_line)[1] == rejected
    assert taken(in_the_header)[1] == []


def test_a_number_that_is_shown_rounded_says_how_it_looks(tmp_path: Path) -> None:
    cells = [
        found_in(lists_with(tmp_path / f"{form}.xlsx", "E3", number, number_format=form)).rows[1][1][4]
        for number, form in ((69.6, "0"), (69.996, "0.00"), (69.5, "0.0"), (69.6, "General"), (1e300, "0"))
    ]

    assert [each.shown if isinstance(each, Rounded) else None for each in cells] == ["70", "70.00", None, None, None]
    assert cells == [69.6, 69.996, 69.5, 69.6, 1e300]


def test_a_line_that_is_struck_out_is_told_once_and_looks_of_other_cells_make_no_difference(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in [HEADING, *PEOPLE]:
        book.active.append(list(row))
    for cell in book.active[2]:
        cell.font = Font(strike=True)
    book.active["A3"].font = Font(strike=True)
    book.active["B3"].font = Font(strike=False, bold=True)
    book.save(tmp_path / "daftar.xlsx")

    people, rejected = taken(tmp_path / "daftar.xlsx")

    assert (rejected, list(people)) == (["struck_out"], NIPS[1:])

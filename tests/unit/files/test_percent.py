"""Scores and shares that are written in per cent: nothing is rounded up to a threshold on the way to points."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from latsar_sync.files.cells import Cell, CellRefused, read_materials
from latsar_sync.files.checking import Reader
from latsar_sync.files.comparison_of_scores import _score
from latsar_sync.files.opening import read_office_file


def cell_of(folder: Path, share: float, form: str = "0%") -> Cell:
    """Return what is read of a cell that holds a share and shows it in per cent, without decimal places."""
    book = openpyxl.Workbook()
    book.active["A1"] = share
    book.active["A1"].number_format = form
    book.save(folder / "nilai.xlsx")
    return read_office_file(folder / "nilai.xlsx").tables[0].rows[0].cells[0]


def points(cell: Cell, maximum: int = 100) -> Decimal | None:
    return _score(cell, Reader(datetime(2026, 11, 24, tzinfo=UTC), UTC, {}, maximum=Decimal(maximum), percent=True))


@pytest.mark.parametrize(
    ("share", "score"),
    [(0.6999999, "69.99999"), (0.7, "70"), (1.0, "100"), (0.0, "0"), (0.8575, "85.75")],
)
def test_a_cell_that_shows_per_cent_has_every_place_that_it_holds(tmp_path: Path, share: float, score: str) -> None:
    assert points(cell_of(tmp_path, share)) == Decimal(score)


def test_a_share_of_the_material_is_all_of_it_only_if_nothing_lacks(tmp_path: Path) -> None:
    assert read_materials(cell_of(tmp_path, 0.9999999)) == (0, 1)
    assert read_materials(cell_of(tmp_path, 1.0)) == (1, 1)


def test_per_cent_that_would_have_to_be_rounded_in_points_are_refused() -> None:
    with pytest.raises(CellRefused, match="score_too_precise"):
        points("69,99995%", maximum=10)  # 6.999995 of 10: 7 only if it is rounded
    assert points("69,9999%", maximum=10) == Decimal("6.99999")


@pytest.mark.parametrize("form", ['0"%"', "0\\%", '#,##0.0" %"'])
def test_a_sign_that_is_only_written_behind_a_number_makes_no_share_of_it(tmp_path: Path, form: str) -> None:
    cell = cell_of(tmp_path, 45, form)

    assert cell == "45%"
    assert points(cell, maximum=50) == Decimal("22.5")


@pytest.mark.parametrize("form", ["Standard", "Umum", "General"])
def test_a_number_without_a_format_is_no_date_in_any_language(tmp_path: Path, form: str) -> None:
    assert cell_of(tmp_path, 85, form) == 85

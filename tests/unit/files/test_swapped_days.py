"""A column of dates that was opened in a spreadsheet of another country is refused, not read with swapped days."""

from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest
from builders import nip

from latsar_sync.domain.language import speaking
from latsar_sync.files.cells import Cell
from latsar_sync.files.checking import Reader, Sheet
from latsar_sync.files.clearances import Register, check_documents
from latsar_sync.files.comparison_of_scores import take_scores
from latsar_sync.files.finding_columns import Header
from latsar_sync.files.opening import read_office_file
from latsar_sync.files.swapped_days import lines_with_swapped_days

FIFTH_OF_OCTOBER_AS_READ = date(2026, 5, 10)


def lines(*cells: Cell) -> list[int]:
    return lines_with_swapped_days(enumerate(cells, start=2))


def test_dates_beside_text_that_no_month_could_be_may_be_swapped() -> None:
    swapped = [FIFTH_OF_OCTOBER_AS_READ, "13/10/2026", "'28-10-2026 10.15", date(2026, 10, 10), None]

    assert lines(*swapped) == [2]


@pytest.mark.parametrize(
    "cells",
    [
        [FIFTH_OF_OCTOBER_AS_READ, "13/10/2026"],  # too few to tell
        [FIFTH_OF_OCTOBER_AS_READ, "13/10/2026", "12/10/2026"],  # this one would have become a date
        [FIFTH_OF_OCTOBER_AS_READ, "13/10/2026", date(2026, 10, 13)],  # the date was read as it is
        [FIFTH_OF_OCTOBER_AS_READ] * 3,
        ["13/10/2026"] * 3,
        [FIFTH_OF_OCTOBER_AS_READ, "13 Oktober 2026", "14 Oktober 2026"],
    ],
)
def test_what_shows_no_such_pattern_is_read_as_it_stands(cells: list[Cell]) -> None:
    assert lines(*cells) == []


TOLD = (
    "Day and month may have changed places here: other lines have days above 12 as text, all dates of the "
    "spreadsheet days up to 12. Format the column as text, and write all its dates alike."
)
DATES = [FIFTH_OF_OCTOBER_AS_READ, "13/10/2026", "14/10/2026"]


def test_scores_that_would_stand_in_a_wrong_place_in_line_are_rejected() -> None:
    lines = [(line, (nip(line), "80", at), 3) for line, at in enumerate(DATES, start=2)]
    header = Header(1, 3, {"nip": 0, "score": 1, "date": 2}, {"nip": "NIP", "score": "Nilai", "date": "Tanggal"}, ())
    sheet = Sheet(header, Reader(datetime(2026, 11, 24, tzinfo=UTC), UTC, {}))

    take_scores(sheet, lines, {}, {}, materials=False)

    assert [(each.line, each.column) for each in sheet.rejected if each.code == "days_swapped"] == [(2, "Tanggal")]


def test_a_document_is_not_valid_until_a_day_that_nobody_wrote(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["NIP", "Angkatan", "Jenis", "Nomor", "Penerbit", "Tanggal", "Berlaku sampai"])
    for line, at in enumerate(DATES, start=2):
        book.active.append([nip(line), None, "surat_sehat", str(line), "RSUD", date(2026, 1, 1), at])
    book.save(tmp_path / "surat.xlsx")
    people = {nip(line): [str(line)] for line in range(2, 5)}
    register = Register(people, [], {"surat_sehat"}, date(2026, 11, 24))

    with speaking("en"):
        found = check_documents(read_office_file(tmp_path / "surat.xlsx"), register)

    assert found.problems == [(2, TOLD)]

"""Lists as offices send them, and what is taken of them, for the tests of reading files."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.participant import Participant
from latsar_sync.files.cells import CellRefused
from latsar_sync.files.checking import Reader, Sheet
from latsar_sync.files.comparison import take_people
from latsar_sync.files.opening import read_office_file
from latsar_sync.files.tables import Found, Wanted, find_table

HEADING = ["No", "Nama", "NIP", "Instansi", "Angkatan"]
NIPS = ["199508172025042003", "199601022025041001", "199703032025042002"]
PEOPLE = [[str(line), f"Orang {'ABC'[line]}aa", nip, "Dinas Kesehatan", "III"] for line, nip in enumerate(NIPS)]
PEOPLE_COLUMNS = Wanted(["nip", "name", "angkatan"], ["institution"])
NOW = datetime(2026, 11, 28, tzinfo=UTC)


def workbook(path: Path, rows: Sequence[Sequence[object]], *merged: str) -> Path:
    """Write rows into a workbook and merge ranges of it, as a person does who typed the list."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    for area in merged:
        book.active.merge_cells(area)
    book.save(path)
    return path


def found_in(path: Path, wanted: Wanted = PEOPLE_COLUMNS) -> Found:
    return find_table(read_office_file(path), wanted)


def taken(path: Path) -> tuple[dict[str, tuple[str, str, tuple[str, ...]]], list[str]]:
    """Return name, institution and angkatan by NIP as a list of participants gives them, and codes of rejections."""
    found = found_in(path)
    reader = Reader(
        NOW, UTC, {each: (f"Angkatan {each}",) for each in ("I", "II", "III")}, True,
        exact_width=found.exact_width, open_cell=found.open_cell,
    )  # fmt: skip
    sheet = Sheet(found.header, reader)
    numbers = iter(range(1000))
    imported_file = take_people(sheet, found.rows, {}, 0, True, lambda: str(next(numbers)))
    people: list[Participant] = [change.record.participant for change in imported_file.new]
    return (
        {each.nip or "": (each.person.name, each.person.institution, each.person.groups) for each in people},
        [remark.code for remark in sheet.rejected],
    )


def refusal_of_cell(read: Callable[..., object], *arguments: object) -> str:
    """Return the code of the reason for which a cell is refused."""
    with pytest.raises(CellRefused) as refused:
        read(*arguments)
    return refused.value.code


def refusal(path: Path) -> UsageError:
    with pytest.raises(UsageError) as caught:
        found_in(path)
    assert caught.value.remedy
    assert "\n" not in str(caught.value)
    return caught.value


def csv_of(rows: Sequence[Sequence[str]], end: str = "\n", separator: str = ";") -> str:
    return "".join(separator.join(row) + "\n" for row in rows).removesuffix("\n") + end

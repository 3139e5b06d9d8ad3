"""A spreadsheet holds what it says, runs nothing, and prints as an office expects; openpyxl reads it back."""

import os
import resource
from dataclasses import replace
from typing import Any

import pytest
from papers import COLUMNS, MADE_AT, NIP, as_xlsx, paper, pile, row, xlsx_bytes

from latsar_sync.domain.errors import UsageError
from latsar_sync.exports import xlsx
from latsar_sync.exports.document import Column, ColumnKind, RowGroup
from latsar_sync.settings import OfficeSettings


def cells(sheet: Any) -> dict[str, Any]:
    """Return the cells of the first person by the heading of their column."""
    [head] = [line for line in sheet.iter_rows() if line[0].value == "No."]
    return {cell.value: sheet.cell(cell.row + 1, cell.column) for cell in head}


def test_a_nip_stays_18_digits_of_text() -> None:
    cell = cells(as_xlsx(paper("Ani"))["Angkatan I"])["NIP"]

    assert (cell.value, cell.data_type, cell.number_format) == (NIP, "s", "@")


def test_a_score_is_a_number_with_the_places_that_decide_and_a_time_is_a_time() -> None:
    found = cells(as_xlsx(paper("Ani"))["Angkatan I"])

    assert (found["Nilai"].value, found["Nilai"].number_format) == (69.996, "General")
    assert found["Diputuskan"].value == MADE_AT.replace(tzinfo=None)


@pytest.mark.parametrize(
    "name",
    [
        '=HYPERLINK("http://x","Ani")',
        "+62 Ani",
        "-1+1",
        "@SUM(A1)",
        "\tAni",
        " =1+1",
        "\u00a0@A1",
        "\nAni",
        "http://example.go.id/",
    ],
)
def test_what_looks_like_a_formula_or_link_is_a_text_and_stays_one(name: str) -> None:
    sheet = as_xlsx(paper(name))["Angkatan I"]
    cell = cells(sheet)["Nama"]

    assert (cell.value, cell.data_type) == (name, "s")
    assert cell.hyperlink is None
    assert cell.quotePrefix == ("http" not in name[:4])
    assert not any(each.data_type == "f" for line in sheet.iter_rows() for each in line)


@pytest.mark.parametrize("name", ["Ni Luh Dédé’s", "O'Hara", "ꦱꦸꦥꦂꦠ", "ᬫᬤᬾ", "A & B <C>", "x" * 300])
def test_every_name_is_kept_as_it_is(name: str) -> None:
    assert cells(as_xlsx(paper(name))["Angkatan I"])["Nama"].value == name


def test_a_text_longer_than_a_cell_takes_is_cut_and_not_left_out() -> None:
    assert cells(as_xlsx(paper("x" * 40_000))["Angkatan I"])["Nama"].value == "x" * 32_767


def test_it_prints_on_a4_as_wide_as_the_page_with_its_head_on_every_page() -> None:
    sheet = as_xlsx(paper("Ani", "Budi"))["Angkatan I"]
    head = next(line[0].row for line in sheet.iter_rows() if line[0].value == "No.")

    assert (sheet.page_setup.paperSize, sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage) == (
        9,
        0,
        True,
    )
    assert sheet.print_title_rows == f"${head}:${head}"
    assert sheet.freeze_panes == f"A{head + 1}"
    assert sheet.auto_filter.ref == f"A{head}:F{head + 2}"
    assert sheet.oddFooter.right.text.endswith("Page &P of &N")


def test_what_is_not_for_paper_is_in_the_sheet_and_not_on_the_printed_page() -> None:
    sheet = as_xlsx(paper("Ani"))["Angkatan I"]

    assert "Kode" in cells(sheet)
    assert sheet.print_area == f"'Angkatan I'!$A$1:$E${sheet.max_row}"


def test_a_row_is_as_high_as_its_longest_text_needs() -> None:
    sheet = as_xlsx(paper("Ani", " ".join(["Ni Luh"] * 12)))["Angkatan I"]
    first = cells(sheet)["Nama"].row

    assert sheet.row_dimensions[first].height in (None, 15)
    assert sheet.row_dimensions[first + 1].height == 45


def test_rows_that_no_page_holds_go_on_over_further_ones_with_number_and_name_on_each() -> None:
    wide = (*COLUMNS, *(Column(f"Kolom {number}", ColumnKind.TEXT, 80, 80) for number in range(3)))
    rows = [RowGroup("", [(*row(1, "Ani"), "a", "b", "c")])]
    sheet = as_xlsx(paper(columns=wide, groups=rows))["Angkatan I"]

    assert sheet.page_setup.fitToWidth == 2
    assert sheet.print_title_cols == "$A:$C"


def test_an_office_may_print_on_f4() -> None:
    sheet = as_xlsx(paper("Ani", office=OfficeSettings(paper="F4")))["Angkatan I"]

    assert sheet.page_setup.paperSize == 14


def test_totals_and_notes_stand_below_the_rows() -> None:
    lines = [list(filter(None, line)) for line in as_xlsx(paper("Ani"))["Angkatan I"].iter_rows(values_only=True)]

    assert ["Jumlah", 7] in lines
    assert lines[-1] == ["Dibuat: 7 Desember 2026 oleh Siti Aminah"]
    assert ["Program: Latsar CPNS"] in lines


def test_a_group_is_a_column_so_that_it_can_be_filtered() -> None:
    groups = [RowGroup("Kudus", [row(1, "Ani")]), RowGroup("Manado", [row(1, "Budi")])]
    sheet = as_xlsx(paper(groups=groups, grouping="Instansi"))["Angkatan I"]
    found = cells(sheet)

    assert found["Instansi"].value == "Kudus"
    assert sheet.cell(found["Instansi"].row + 1, found["Instansi"].column).value == "Manado"


def test_a_list_of_nobody_says_so() -> None:
    sheet = as_xlsx(paper())["Angkatan I"]

    assert "Nobody." in [line[0] for line in sheet.iter_rows(values_only=True)]
    assert sheet.auto_filter.ref is None


def test_more_rows_than_a_sheet_holds_are_refused_and_not_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("latsar_sync.exports.xlsx.MOST_ROWS", 20)

    with pytest.raises(UsageError, match="more rows than a spreadsheet can hold"):
        xlsx_bytes(paper(*["Ani"] * 30))


def test_every_list_has_a_sheet_of_its_own_whatever_its_name() -> None:
    document = pile([["Ani"], ["Budi"], ["Citra"]])
    names = ["a/b*c: " + "x" * 40, "A/B*C: " + "x" * 40, "''"]
    renamed = [replace(each, name=name) for each, name in zip(document.sections, names, strict=True)]

    tabs = as_xlsx(replace(document, sections=renamed)).sheetnames

    assert len({tab.casefold() for tab in tabs}) == 3
    assert all(0 < len(tab) <= 31 for tab in tabs)


def test_the_letterhead_stands_on_top() -> None:
    office = OfficeSettings(letterhead=("PEMERINTAH KABUPATEN CONTOH", "BKPSDM"))
    sheet = as_xlsx(paper("Ani", office=office))["Angkatan I"]

    assert [sheet["A1"].value, sheet["A2"].value, sheet["A3"].value] == [*office.letterhead, "DAFTAR PESERTA"]


def test_the_same_document_is_the_same_file() -> None:
    assert xlsx_bytes(paper("Ani")).getvalue() == xlsx_bytes(paper("Ani")).getvalue()


def test_what_is_only_for_paper_is_not_in_the_sheet() -> None:
    columns = (*COLUMNS[:-1], replace(COLUMNS[-1], paper=20, letters=0))

    assert "Kode" not in cells(as_xlsx(paper("Ani", columns=columns))["Angkatan I"])


def test_more_worksheets_than_files_may_be_open_at_first_are_written_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_first, at_most = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = max(int(each) for each in os.listdir("/dev/fd")) + 20
    monkeypatch.setattr(xlsx, "OTHER_FILES", few)
    resource.setrlimit(resource.RLIMIT_NOFILE, (few, at_most))
    try:
        book = as_xlsx(pile([["Ani"]] * 40))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (at_first, at_most))

    assert len(book.worksheets) == 40


def test_a_system_that_lets_too_few_files_be_open_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (100, 100))

    with pytest.raises(UsageError, match=r"2 worksheets.* 100 files"):
        xlsx_bytes(pile([["Ani"], ["Budi"]]))

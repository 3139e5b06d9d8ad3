"""A workbook is read as it is meant, or refused: merged, strict, escaped, coloured, with dates of another calendar."""

import re
import zipfile
from collections.abc import Callable
from datetime import datetime
from datetime import time as clock_time
from pathlib import Path

import pytest
import xlsxwriter
from office_lists import HEADING, NIPS, PEOPLE, PEOPLE_COLUMNS, found_in, refusal, taken, workbook

from latsar_sync.domain.errors import UsageError
from latsar_sync.files import office_file, opening, workbooks
from latsar_sync.files.opening import read_office_file
from latsar_sync.files.tables import Wanted, find_table
from latsar_sync.files.workbooks import unescaped


def rewrite(path: Path, member: str, change: Callable[[str], str], to: str | None = None) -> Path:
    """Replace one part of a workbook by what ``change`` makes of its text."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    text = members.pop(member).decode("utf-8")
    assert change(text) != text or to is not None
    members[to or member] = change(text).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def cells(path: Path) -> list[tuple[object, ...]]:
    """Return the rows below the header."""
    return [tuple(row) for _line, row, _width in found_in(path).rows]


def test_a_value_merged_over_several_people_is_the_value_of_each_of_them(tmp_path: Path) -> None:
    rows = [HEADING, *[[*row[:3], *(row[3:] if line == 0 else [None, None])] for line, row in enumerate(PEOPLE)]]
    path = workbook(tmp_path / "daftar.xlsx", rows, "D2:D4", "E2:E4")

    people, rejected = taken(path)

    assert rejected == []
    assert {told[1:] for told in people.values()} == {("Dinas Kesehatan", ("III",))}
    assert len(people) == 3


def test_titles_headings_and_rows_that_are_merged_for_their_looks_are_read(tmp_path: Path) -> None:
    rows = [
        ["DAFTAR PESERTA", None, None, None, None, None],
        ["No", "Nama", None, "NIP", "Instansi", "Angkatan"],
        [None, None, None, None, None, None],
        *[[row[0], row[1], None, *row[2:]] for row in PEOPLE],
    ]
    merged = [f"B{line}:C{line}" for line in (4, 5, 6)]
    path = workbook(
        tmp_path / "daftar.xlsx", rows, "A1:F1", "A2:A3", "B2:C3", "D2:D3", "E2:E3", "F2:F3", "E4:E6", *merged
    )
    # written by hand: openpyxl would write a cell for each of the million rows
    rewrite(path, "xl/worksheets/sheet1.xml", lambda text: text.replace('"E4:E6"', '"E4:E1048576"'))

    people, rejected = taken(path)

    assert rejected == []
    assert [name for name, _institution, _group in people.values()] == ["Orang Aaa", "Orang Baa", "Orang Caa"]


def test_a_heading_over_two_columns_that_differ_is_refused_not_guessed(tmp_path: Path) -> None:
    rows = [["NIP", "Nama", "Nilai", None], [NIPS[0], "A", 60, 90]]
    path = workbook(tmp_path / "nilai.xlsx", rows, "C1:D1")

    with pytest.raises(UsageError, match="more than one column for Score"):
        found_in(path, Wanted(["nip", "score"]))


def test_what_a_merged_cell_hides_is_never_taken_nor_lost_without_a_word(tmp_path: Path) -> None:
    path = workbook(tmp_path / "daftar.xlsx", [HEADING, *PEOPLE], "E2:E4")
    rewrite(
        path,
        "xl/worksheets/sheet1.xml",
        lambda text: text.replace('<c r="D3"', '<c r="E3" t="inlineStr"><is><t>II</t></is></c><c r="D3"', 1),
    )

    assert "line 3 hides something below a merged cell" in refusal(path).message


def strict(text: str) -> str:
    for plain, named in (
        ("http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main"),
        (
            "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
            "http://purl.oclc.org/ooxml/officeDocument/relationships",
        ),
    ):
        text = text.replace(plain, named)
    return text


def test_a_strict_workbook_is_read_like_any_other(tmp_path: Path) -> None:
    path = workbook(tmp_path / "daftar.xlsx", [HEADING, *PEOPLE])
    for part in ("xl/workbook.xml", "xl/worksheets/sheet1.xml", "_rels/.rels", "xl/_rels/workbook.xml.rels"):
        rewrite(path, part, strict)

    assert cells(path) == [tuple(row) for row in PEOPLE]


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("docProps/core.xml", lambda text: re.sub(r"(<dcterms:created[^>]*>)[^<]*", r"\1", text)),
        ("docProps/core.xml", lambda text: re.sub(r"(<dcterms:created[^>]*>)[^<]*", r"\g<1>28.11.2026 10:00", text)),
        ("xl/styles.xml", lambda text: text.replace("</fills>", "<fill/></fills>")),
        ("xl/styles.xml", lambda text: re.sub(r'<color theme="1" */>', '<color rgb="red"/>', text)),
        ("xl/_rels/workbook.xml.rels", lambda text: text.replace("/xl/worksheets/sheet1", "worksheets\\sheet1")),
        ("xl/_rels/workbook.xml.rels", lambda text: text.replace("/xl/worksheets/sheet1", "WORKSHEETS/Sheet1")),
        ("xl/worksheets/sheet1.xml", lambda text: re.sub(r'<(row|c) r="[A-Z0-9]+"', r"<\1", text)),
    ],
)
def test_odd_properties_styles_and_paths_spoil_no_data(tmp_path: Path, part: str, change: Callable[[str], str]) -> None:
    path = rewrite(workbook(tmp_path / "daftar.xlsx", [HEADING, *PEOPLE]), part, change)

    assert cells(path) == [tuple(row) for row in PEOPLE]


def test_a_workbook_without_styles_or_shared_texts_is_read(tmp_path: Path) -> None:
    path = tmp_path / "daftar.xlsx"
    lines = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row) + "</row>"
        for row in [HEADING, *PEOPLE]
    )
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns:r="{relation}"><sheets><sheet name="S" sheetId="1" r:id="a"/></sheets></workbook>',
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships><Relationship Id="a" Type="{relation}/worksheet" Target="s.xml"/></Relationships>',
        )
        archive.writestr("xl/s.xml", f"<worksheet><sheetData>{lines}</sheetData></worksheet>")

    assert cells(path) == [tuple(row) for row in PEOPLE]


def test_escapes_of_office_open_xml_are_undone(tmp_path: Path) -> None:
    rows = [[*row] for row in PEOPLE]
    rows[0][1] += "_x000D_\n"
    rows[1][2] += "_x000D_"
    rows[2][3] = "Dinas_x0007_ A"

    people, rejected = taken(workbook(tmp_path / "daftar.xlsx", [HEADING, *rows]))

    assert rejected == []
    assert people[NIPS[0]][0] == "Orang Aaa"
    assert people[NIPS[2]][1] == "Dinas A"
    assert unescaped("_x005F_x000D_ _xD83D__xDE00_ _xZZZZ_ _xD83D_") == "_x000D_ 😀 _xZZZZ_ \ufffd"


def test_control_characters_and_commands_to_a_terminal_never_get_into_a_name(tmp_path: Path) -> None:
    path = tmp_path / "daftar.csv"
    path.write_text(
        f"nip;nama;instansi;angkatan\n{NIPS[0]};Adi\x0bWira\x1b[31m;Dinas\x07\u202e \u2066A;I\n", encoding="utf-8"
    )

    assert taken(path) == ({NIPS[0]: ("Adi Wira", "Dinas A", ("I",))}, [])


def test_rows_that_are_only_coloured_count_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MAX_CELLS", 100)
    monkeypatch.setattr(office_file, "MAX_ROWS", 100)
    path = workbook(tmp_path / "daftar.xlsx", [HEADING, *PEOPLE])
    coloured = "".join(f'<row r="{line}"><c r="A{line}" s="0"/></row>' for line in (*range(5, 2000), 1_048_576))
    rewrite(path, "xl/worksheets/sheet1.xml", lambda text: text.replace("</sheetData>", f"{coloured}</sheetData>"))

    assert len(cells(path)) == 3


def test_numbers_dates_truths_and_errors_come_as_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "nilai.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_row(0, 0, ["NIP", "Nilai"])
        sheet.write(1, 0, NIPS[0])
        sheet.write(1, 1, 46000, day)
        sheet.write(1, 2, 46000.5, book.add_format({"num_format": "[h]:mm"}))
        sheet.write(1, 3, 0.5, book.add_format({"num_format": "hh:mm"}))
        sheet.write_boolean(1, 4, True)
        sheet.write_formula(1, 5, "=1/0", None, "#DIV/0!")
        sheet.write_formula(1, 6, '=""', None, "")
        sheet.write(1, 7, 1e308, day)
        sheet.write(1, 8, "ok")
    rewrite(path, "xl/worksheets/sheet1.xml", lambda text: text.replace('<c r="G2"', '<c r="G2" t="str"'))

    [row] = [tuple(row) for _line, row, _width in found_in(path, Wanted(["nip"], ["score"])).rows]

    assert row[1] == datetime(2025, 12, 9)  # noqa: DTZ001
    assert row[2] == "46000 days, 12:00:00"
    assert row[3] == clock_time(12)
    assert row[4:] == (True, "#DIV/0!", None, 1e308, "ok")


def test_the_calendar_of_old_macintoshes_is_heeded(tmp_path: Path) -> None:
    path = tmp_path / "nilai.xlsx"
    with xlsxwriter.Workbook(str(path), {"date_1904": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["NIP", "Nilai", "Tanggal"])
        sheet.write(1, 0, NIPS[0])
        sheet.write_datetime(1, 2, datetime(2026, 10, 5), book.add_format({"num_format": "d mmm yyyy"}))  # noqa: DTZ001

    [row] = [tuple(row) for _line, row, _width in found_in(path, Wanted(["nip"], ["date"])).rows]

    assert row[2] == datetime(2026, 10, 5)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("xl/workbook.xml", lambda text: text.replace('r:id="rId1"', 'r:id="rId77"')),
        ("xl/worksheets/sheet1.xml", lambda text: text.replace('<c r="C3"', '<c r="1C"')),
        ("xl/worksheets/sheet1.xml", lambda text: text.replace('<c r="C3"', '<c r="XFE3"')),
        ("xl/worksheets/sheet1.xml", lambda text: text.replace('<c r="C3"', '<c r="Z3" t="s"><v>99</v></c><c r="C3"')),
        ("xl/worksheets/sheet1.xml", lambda text: text.replace('<c r="C3"', '<c r="Z3" t="s"><v>-1</v></c><c r="C3"')),
        ("xl/worksheets/sheet1.xml", lambda text: text.replace('<c r="C3"', '<c r="Z3" s="-1"><v>1</v></c><c r="C3"')),
        ("xl/worksheets/sheet1.xml", lambda text: text.replace("</row>", "", 1)),
        ("xl/styles.xml", lambda text: text[:-30]),
    ],
)
def test_a_workbook_whose_data_cannot_be_trusted_is_refused(
    tmp_path: Path, part: str, change: Callable[[str], str]
) -> None:
    path = rewrite(workbook(tmp_path / "daftar.xlsx", [HEADING, *PEOPLE]), part, change)

    assert refusal(path).message == "daftar.xlsx was not taken: it is damaged."


def test_more_filled_cells_or_sheets_than_any_list_has_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(tmp_path / "daftar.xlsx", [HEADING, *PEOPLE], "E2:E4")
    monkeypatch.setattr("latsar_sync.files.workbooks.MAX_CELLS", 2)
    assert "more filled cells" in refusal(path).message
    monkeypatch.setattr("latsar_sync.files.workbooks.MAX_CELLS", 100)
    monkeypatch.setattr(opening, "MAX_SHEETS", 0)
    assert "more than 0 sheets" in refusal(path).message


@pytest.mark.parametrize("sheet", [None, "Arsip"])
def test_a_list_that_stands_on_a_hidden_sheet_is_refused_with_that_sheet(tmp_path: Path, sheet: str | None) -> None:
    path = tmp_path / "daftar.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("Sampul").write_row(0, 0, ["Daftar peserta"])
        hidden = book.add_worksheet("Arsip")
        hidden.write_row(0, 0, list(HEADING))
        hidden.hide()

    with pytest.raises(UsageError) as error:
        find_table(read_office_file(path), PEOPLE_COLUMNS, sheet)

    assert "Hidden sheets are not read" in error.value.remedy
    assert '"Arsip"' in error.value.remedy


@pytest.mark.parametrize("width", ["hidden", "no width"])
def test_a_column_that_nobody_sees_decides_nothing(tmp_path: Path, width: str) -> None:
    path = tmp_path / "nilai.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["NIP", "Nama", "Catatan", "Nilai", "Nilai keaktifan"])
        sheet.write_row(1, 0, [NIPS[0], "Orang Aaa", "hadir", 90, 60])
        sheet.set_column(2, 3, None if width == "hidden" else 0, None, {"hidden": width == "hidden"})

    with pytest.raises(UsageError, match='the column "Nilai" is hidden') as error:
        found_in(path, Wanted(["nip", "score"], ["name"]))

    assert "Show" in error.value.remedy
    assert found_in(path, Wanted(["nip", "name"])).rows  # one that is not used hides nothing from anybody


def test_a_row_that_stands_twice_in_a_workbook_loses_nobody_without_a_word(tmp_path: Path) -> None:
    path = workbook(tmp_path / "daftar.xlsx", [HEADING, *PEOPLE])
    rewrite(
        path,
        "xl/worksheets/sheet1.xml",
        lambda text: text.replace('r="4"', 'r="3"').replace('4" t=', '3" t='),
    )

    assert "it is damaged" in refusal(path).message


def test_blanks_far_to_the_right_cost_nothing_and_a_list_as_wide_as_that_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(tmp_path / "daftar.xlsx", [[*row, *[None] * 95, " "] for row in [HEADING, *PEOPLE]])
    monkeypatch.setattr(opening, "MAX_SPREAD", 20)

    assert len(found_in(path).rows) == len(PEOPLE)
    monkeypatch.setattr(opening, "MAX_SPREAD", 19)
    assert "more filled cells" in refusal(path).message


def test_two_lists_side_by_side_are_refused_with_how_to_put_them(tmp_path: Path) -> None:
    both = [[*left, None, *right] for left, right in zip([HEADING, *PEOPLE[:2]], [HEADING, *PEOPLE[1:]], strict=True)]

    assert "put one below the other" in refusal(workbook(tmp_path / "daftar.xlsx", both)).remedy


@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_a_list_that_a_spreadsheet_put_into_one_column_is_told_with_the_way_to_split_it(
    tmp_path: Path, separator: str
) -> None:
    rows = [["DAFTAR PESERTA"], *[[separator.join(row)] for row in [HEADING, *PEOPLE]]]

    told = refusal(workbook(tmp_path / "daftar.xlsx", rows))

    assert "all columns of line 2 stand in one cell" in str(told)
    assert "Text to Columns" in told.remedy

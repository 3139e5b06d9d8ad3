"""CSV and XLSX as offices send them are read whole; what is damaged, hostile or too large is refused in one line."""

import zipfile
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from latsar_sync.domain.errors import UsageError
from latsar_sync.files import office_file, opening, reading_csv
from latsar_sync.files.cells import UNCOMPUTED
from latsar_sync.files.office_file import OfficeFile
from latsar_sync.files.opening import read_office_file

TABLE = [["REKAP NILAI MOOC"], [], ["NIP", "Nama", "Nilai"], ["199508172025042003", "Siti Nur’aini", "70,5"]]


def cells_of(office: OfficeFile, name: str) -> dict[int, tuple[object, ...]]:
    return {row.line: row.cells for table in office.tables if table.name == name for row in table.rows}


def refused(path: Path) -> str:
    with pytest.raises(UsageError) as error:
        read_office_file(path)
    assert error.value.remedy
    assert "\n" not in str(error.value)
    return error.value.message


@pytest.mark.parametrize(("delimiter", "name"), reading_csv.DELIMITERS.items())
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_csv_is_read_in_every_encoding_with_every_separator(
    tmp_path: Path, delimiter: str, name: str, encoding: str, ending: str
) -> None:
    path = tmp_path / "nilai.csv"
    lines = [delimiter.join(f'"{cell}"' for cell in row) for row in TABLE]
    path.write_bytes(ending.join(lines).encode(encoding))

    office = read_office_file(path)

    assert cells_of(office, name) == {
        1: ("REKAP NILAI MOOC",),
        3: ("NIP", "Nama", "Nilai"),
        4: ("199508172025042003", "Siti Nur’aini", "70,5"),
    }
    assert not office.sheets


def test_the_sign_with_which_old_programs_end_a_text_is_no_line_that_breaks_off() -> None:
    [table] = opening.read_office_bytes("nilai.csv", b"NIP;Nilai\r\n199508172025042003;70\r\n\x1a").tables

    assert [row.line for row in table.rows] == [1, 2]
    assert table.open_line is None


@pytest.mark.parametrize("name", ["Siti Nur’aini", "José Sitompul", "Desirée", "Agnès Tan"])
def test_the_letters_of_old_macs_are_told_and_not_taken_for_those_of_windows(tmp_path: Path, name: str) -> None:
    """Once Excel on a Mac made NurÕaini of Nur’aini, without a word."""
    path = tmp_path / "daftar.csv"
    path.write_bytes(f"NIP;Nama\n1;{name}\n".encode("mac_roman"))
    told = refused(path)
    path.write_bytes(f"NIP;Nama\n1;{name}\n".encode("cp1252"))

    assert "it is written in the letters of old Macs" in told
    assert cells_of(read_office_file(path), ";")[2] == ("1", name)


def test_lines_are_counted_where_they_begin_even_with_a_line_break_in_a_cell(tmp_path: Path) -> None:
    path = tmp_path / "daftar.csv"
    path.write_text('NIP;Nama\n1;"Siti\nAminah"\n\n2;Budi\n', encoding="utf-8")

    assert list(cells_of(read_office_file(path), ";")) == [1, 2, 5]


def test_a_quote_that_is_never_closed_is_told_and_swallows_nobody(tmp_path: Path) -> None:
    path = tmp_path / "daftar.csv"
    path.write_text('NIP;Nama\n1;"Siti\n2;Budi\n', encoding="utf-8")

    (table,) = read_office_file(path).tables

    assert table.problem == "line 2 cannot be read: its quotes do not fit together"


def test_a_workbook_gives_values_numbers_and_dates_of_every_visible_sheet(tmp_path: Path) -> None:
    path = tmp_path / "nilai.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Nilai")
        sheet.write_row(0, 0, ["NIP", "Nilai", "Rumus", "Persen", "Kosong"])
        sheet.write_row(3, 0, ["199508172025042003", 70.5])
        sheet.write_formula(3, 2, "=B4+1", None, 71.5)
        sheet.write(3, 3, 0.85, book.add_format({"num_format": "0%"}))
        sheet.write_blank(3, 4, None, book.add_format({"bold": True}))
        book.add_worksheet("Rahasia").hide()

    office = read_office_file(path)

    assert office.sheets
    assert [table.name for table in office.tables] == ["Nilai"]
    assert cells_of(office, "Nilai")[4] == ("199508172025042003", 70.5, 71.5, "85%")


def test_a_zero_that_a_program_wrote_for_a_formula_it_never_computed_is_no_value(tmp_path: Path) -> None:
    path = tmp_path / "nilai.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet().write_row(0, 0, [0, "=40+45"])

    assert cells_of(read_office_file(path), "Sheet1")[1] == (0, UNCOMPUTED)


def test_a_formula_without_a_value_is_not_taken_for_an_empty_cell(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["NIP", "=B1+1", None])
    book.save(tmp_path / "nilai.xlsx")

    assert cells_of(read_office_file(tmp_path / "nilai.xlsx"), "Sheet")[1] == ("NIP", UNCOMPUTED)


def test_rows_beyond_what_the_sheet_says_of_its_size_are_read(tmp_path: Path) -> None:
    path = tmp_path / "nilai.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("S")
        for line in range(30):
            sheet.write_row(line, 0, [f"a{line}", "b"])
    rewrite(path, "xl/worksheets/sheet1.xml", lambda text: text.replace('ref="A1:B30"', 'ref="A1:A2"'))

    rows = cells_of(read_office_file(path), "S")

    assert len(rows) == 30
    assert rows[30] == ("a29", "b")


def rewrite(path: Path, member: str, change: object) -> None:
    """Replace one member of a workbook by what ``change`` makes of its text."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    changed = change(members[member].decode("utf-8"))  # type: ignore[operator]
    assert changed.encode() != members[member]
    members[member] = changed.encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def workbook(rows: int = 3) -> bytes:
    held = BytesIO()
    with xlsxwriter.Workbook(held) as book:
        sheet = book.add_worksheet()
        for line in range(rows):
            sheet.write_row(line, 0, ["NIP", "Nama"])
    return held.getvalue()


def archive_with(name: str, content: bytes) -> bytes:
    held = BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "it is an old Excel file (.xls) or has a password"),
        (b"PK\x03\x04 and nothing more", "it is damaged"),
        (archive_with("content.xml", b"<office/>"), "it is no XLSX file"),
        (archive_with("xl/workbook.xml", b"<workbook/>"), "it is damaged"),
        (workbook()[:-200], "it is damaged"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "it is neither an XLSX file nor text"),
        (b"\xff\xfe\x00", "it is neither an XLSX file nor text"),
    ],
)
def test_another_kind_of_file_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "kiriman.xlsx"
    path.write_bytes(content)

    assert refused(path) == f"kiriman.xlsx was not taken: {reason}."


def test_a_file_whose_name_is_no_text_is_called_by_the_letters_that_are(tmp_path: Path) -> None:
    odd = tmp_path / "daf\udcfftar\n\x1b.csv"  # \udcff stands for a byte of another encoding
    odd.write_text("NIP;Nama\n", encoding="utf-8")

    assert read_office_file(odd).name == "daftar.csv"
    odd.write_bytes(b"")
    assert refused(odd).startswith("daftar.csv was not taken")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    assert refused(tmp_path) == f"{tmp_path} is a folder, not a file."
    assert refused(tmp_path / "tidak-ada.csv") == "tidak-ada.csv was not taken: No such file or directory."


def test_a_file_that_is_too_large_is_not_even_opened(tmp_path: Path) -> None:
    path = tmp_path / "besar.csv"
    with path.open("wb") as file:
        file.truncate(opening.MAX_BYTES + 1)

    assert refused(path) == "besar.csv was not taken: it is larger than 10 MB."


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bom.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as member:
            for _ in range(101):
                member.write(b"0" * 1_000_000)

    assert path.stat().st_size < 1_000_000
    assert refused(path) == "bom.xlsx was not taken: it unpacks to more than 100 MB."


def test_xml_that_defines_entities_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "entitas.xlsx"
    path.write_bytes(workbook())
    evil = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    rewrite(path, "xl/workbook.xml", lambda text: text.replace("?>", f"?>{evil}", 1))

    assert refused(path) == "entitas.xlsx was not taken: it is damaged."


def test_more_rows_than_a_programme_can_have_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office_file, "MAX_ROWS", 20)
    (tmp_path / "a.csv").write_text("NIP;Nama\n" * 21, encoding="utf-8")
    (tmp_path / "b.xlsx").write_bytes(workbook(21))

    assert refused(tmp_path / "a.csv") == "a.csv was not taken: it has more than 20 rows."
    assert refused(tmp_path / "b.xlsx") == "b.xlsx was not taken: it has more than 20 rows."

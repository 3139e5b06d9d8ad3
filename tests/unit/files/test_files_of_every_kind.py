"""What offices send is read, or it is said what it is and how to save it: merged, strict, escaped, or cut off."""

import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from datetime import time as clock_time
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from latsar_sync.domain import language
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.participant import Participant
from latsar_sync.files import opening, workbooks
from latsar_sync.files.cells import CellRefused, read_score
from latsar_sync.files.checking import Reader, Sheet
from latsar_sync.files.comparison import take_people
from latsar_sync.files.file_kinds import kind_of_archive, kind_of_bytes, kind_of_text
from latsar_sync.files.mentions import whole_text
from latsar_sync.files.opening import read_office_file
from latsar_sync.files.tables import Found, Wanted, find_table
from latsar_sync.files.workbooks import unescaped

HEADING = ["No", "Nama", "NIP", "Instansi", "Angkatan"]
NIPS = ["199508172025042003", "199601022025041001", "199703032025042002"]
PEOPLE = [[str(line), f"Orang {'ABC'[line]}aa", nip, "Dinas Kesehatan", "III"] for line, nip in enumerate(NIPS)]
PEOPLE_COLUMNS = Wanted(["nip", "name", "angkatan"], ["institution"])
NOW = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_english_and_in_haste(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(opening, "SETTLING_SECONDS", 0.0)
    with language.speaking("en"):
        yield


def workbook(path: Path, rows: Sequence[Sequence[object]], *merged: str) -> Path:
    """Write rows into a workbook and merge ranges of it, as a person does who typed the list."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    for area in merged:
        book.active.merge_cells(area)
    book.save(path)
    return path


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


def found_in(path: Path, wanted: Wanted = PEOPLE_COLUMNS) -> Found:
    return find_table(read_office_file(path), wanted)


def cells(path: Path) -> list[tuple[object, ...]]:
    """Return the rows below the header."""
    return [tuple(row) for _line, row, _width in found_in(path).rows]


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


def refusal(path: Path) -> UsageError:
    with pytest.raises(UsageError) as caught:
        found_in(path)
    assert caught.value.remedy
    assert "\n" not in str(caught.value)
    return caught.value


# merged cells


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


# what Excel opens and others stumble over


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
    monkeypatch.setattr(opening, "MAX_ROWS", 100)
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


# files of another kind


WEB = '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><body><table><tr><th>NIP</th></tr></table></body></html>'
XML_2003 = (
    '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
    '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet/></Workbook>'
)
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100


@pytest.mark.parametrize(
    ("content", "reason", "remedy"),
    [
        (WEB.encode(), "it is a web page (HTML), whatever its name says", ".xlsx"),
        (f"\ufeff \r\n<!-- x --><TABLE>{WEB}".encode(), "it is a web page (HTML), whatever its name says", ".xlsx"),
        (WEB.encode("utf-16"), "it is a web page (HTML), whatever its name says", ".xlsx"),
        (XML_2003.encode(), "it is an XML spreadsheet of 2003, whatever its name says", ".xlsx"),
        (b"<?xml version='1.0'?><office:document/>", "it is an XML file", ".xlsx"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "it is a web archive (MHTML), whatever", ".xlsx"),
        (OLD + "Workbook".encode("utf-16-le"), "it is an old Excel file (.xls).", "Excel or LibreOffice"),
        (OLD + "Book".encode("utf-16-le"), "it is an old Excel file (.xls).", "Excel or LibreOffice"),
        (OLD + "EncryptedPackage".encode("utf-16-le"), "it has a password", "without a password"),
        (OLD + "WordDocument".encode("utf-16-le"), "it is a text document", "the table itself"),
        (b"%PDF-1.7\n", "it is a PDF that cannot be read", "the table itself"),
        (b"\xef\xbb\xbf \r\n%PDF-1.7\n", "it is a PDF that cannot be read", "the table itself"),
        (b"{\\rtf1", "it is a text document", "the table itself"),
        (b"\x1f\x8b\x08\0", "it is an archive", "Unpack"),
        (b"", "it is empty", "Copy it again"),
        (b"\0" * 5000, "it holds nothing but zeros", "Copy it again"),
        (b"NIP;Nama\n" + b"\0" * 500, "it ends in zeros", "Copy it again"),
        (b"Rekap nilai\r\n<table border=1><tr><td>NIP", "it is a web page (HTML), whatever its name says", ".xlsx"),
        (b"ID;PWXL;N;E\r\nC;Y1;X1", "it is a SYLK spreadsheet", "Excel or LibreOffice"),
        (b'[{"NIP": "1"}]', "it is a JSON file", "the table itself"),
    ],
)
def test_what_a_file_is_instead_is_said_with_the_way_to_save_it(
    tmp_path: Path, content: bytes, reason: str, remedy: str
) -> None:
    path = tmp_path / "peserta.xls"
    path.write_bytes(content)
    error = refusal(path)

    assert reason in error.message
    assert remedy in error.remedy


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}, "OpenDocument spreadsheet (.ods)"),
        ({"mimetype": "application/vnd.oasis.opendocument.text"}, "it is a text document"),
        ({"word/document.xml": ""}, "it is a text document"),
        ({"xl/workbook.bin": ""}, "binary Excel workbook (.xlsb)"),
        ({"Index/Document.iwa": ""}, "Apple Numbers"),
        ({"Index.zip": ""}, "Apple Numbers"),
        ({"peserta.xlsx": ""}, "it is no XLSX file"),
    ],
)
def test_what_an_archive_is_instead_is_said(tmp_path: Path, members: dict[str, str], reason: str) -> None:
    path = tmp_path / "peserta.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)

    assert reason in refusal(path).message


def test_markup_is_known_under_blanks_and_a_byte_order_mark() -> None:
    kind = kind_of_text("\ufeff \t\r\n<html>")

    assert kind is not None
    assert "web page" in kind.reason


def test_what_may_be_a_table_is_of_no_other_kind() -> None:
    assert kind_of_bytes(b"X") is None
    assert kind_of_bytes(b"NIP;Nama\n") is None
    assert kind_of_text("NIP;Nama <sic>\n") is None
    assert kind_of_archive(["XL\\workbook.xml"], b"") is None


def test_a_file_with_an_encrypted_member_has_a_password(tmp_path: Path) -> None:
    path = workbook(tmp_path / "daftar.xlsx", [HEADING])
    content = path.read_bytes()
    # bit 0 of the flags, in the local header and in the directory
    path.write_bytes(re.sub(rb"(PK\x01\x02.{4}).(.)", lambda m: m[1] + b"\1" + m[2], content, flags=re.DOTALL))

    assert "it has a password" in refusal(path).message


# cut off, or not there yet


def csv_of(rows: Sequence[Sequence[str]], end: str = "\n", separator: str = ";") -> str:
    return "".join(separator.join(row) + "\n" for row in rows).removesuffix("\n") + end


def test_a_list_that_breaks_off_within_its_last_line_is_refused_with_that_line(tmp_path: Path) -> None:
    path = tmp_path / "daftar.csv"
    whole = csv_of([HEADING, *PEOPLE])
    path.write_text(whole[: whole.index(NIPS[2]) + 8], encoding="utf-8")

    assert taken(path)[1] == ["breaks_off"]
    path.write_text(whole + ";;", encoding="utf-8")
    assert taken(path)[1] == ["breaks_off"]
    path.write_text(whole + "   ", encoding="utf-8")
    assert taken(path)[1] == []


@pytest.mark.parametrize(
    ("heading", "last", "rejected"),
    [
        (["NIP", "Nama", "Angkatan"], "II", ["cut_off"]),  # of III
        (["NIP", "Nama", "Angkatan"], "", ["cut_off"]),
        (["NIP", "Nama", "Angkatan"], '"II"', []),
        (["NIP", "Nama", "Angkatan", "Keterangan"], "sak", []),  # nothing is taken from there
        (["NIP", "Nama", "Angkatan", "Instansi"], "Dinas Kes", ["cut_off"]),
        (["Nama", "Angkatan", "NIP"], NIPS[1], []),
        (["Nama", "Angkatan", "NIP"], NIPS[1][:-1], ["nip_invalid"]),
    ],
)
def test_a_last_cell_without_a_line_end_is_taken_only_where_it_cannot_be_the_beginning_of_another(
    tmp_path: Path, heading: list[str], last: str, rejected: list[str]
) -> None:
    values = {"NIP": NIPS[0], "Nama": "Siti", "Angkatan": "I"}
    path = tmp_path / "daftar.csv"
    path.write_text(csv_of([heading, [*(values[each] for each in heading[:-1]), last]], end=""), encoding="utf-8")

    assert taken(path)[1] == rejected


@pytest.mark.parametrize(
    ("column", "cell", "may"),
    [
        ("score", "8", True), ("date", "2026-10-1", True), ("date", "2026-10-05", False), ("date", "", False),
        ("valid_until", "05/10/2026", False), ("materials", "11/1", True), ("materials", "ya", False),
        ("materials", "", True), ("name", "Siti", True), ("angkatan", "Angkatan I", True),
    ],
)  # fmt: skip
def test_what_may_be_the_beginning_of_another_cell(column: str, cell: str, may: bool) -> None:
    from latsar_sync.files.cells import may_go_on

    assert may_go_on(column, cell, ["I", "II"]) is may


def test_a_name_of_an_angkatan_that_no_other_begins_with_is_whole() -> None:
    from latsar_sync.files.cells import may_go_on

    assert not may_go_on("angkatan", "I", ["I", "Angkatan I"])
    assert not may_go_on("angkatan", "Merah", ["Merah", "Putih"])
    assert may_go_on("angkatan", "Mer", ["Merah", "Mer"])


def test_a_file_that_breaks_off_within_a_letter_or_mixes_encodings_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "daftar.csv"
    path.write_bytes("nip;nama\n1;Añi\n2;Bé".encode()[:-1])
    assert "breaks off within a letter" in refusal(path).message
    path.write_bytes("nip;nama\n1;Añi\n".encode() + "2;Bé\n".encode("cp1252"))
    assert "line 3 is written in another encoding" in refusal(path).message
    path.write_bytes(b"nip;nama\n1;\x81\x8d\n")
    assert "neither an XLSX file nor text" in refusal(path).message


def test_a_file_that_changes_while_it_is_read_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "daftar.csv"
    path.write_text(csv_of([HEADING, *PEOPLE]), encoding="utf-8")

    class Copying:
        """Stands for the moment of waiting: the copy goes on in it."""

        def wait(self, _seconds: float) -> None:
            with path.open("a", encoding="utf-8") as file:
                file.write("4;")

    monkeypatch.setattr(opening, "Event", Copying)

    assert "it is being written just now" in refusal(path).message


@given(cut=st.integers(min_value=0, max_value=len(csv_of([HEADING, *PEOPLE]).encode())))
@settings(max_examples=120, deadline=None)
def test_a_csv_cut_anywhere_is_refused_or_read_the_same_as_far_as_it_goes(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("cut") / "daftar.csv"
    content = csv_of([HEADING, *PEOPLE]).encode()
    path.write_bytes(content)
    whole, _none = taken(path)
    path.write_bytes(content[:cut])
    try:
        people, rejected = taken(path)
    except UsageError:
        return
    assert rejected or people.items() <= whole.items()


@given(share=st.floats(min_value=0, max_value=0.999))
@settings(max_examples=40, deadline=None)
def test_a_workbook_cut_anywhere_is_refused(tmp_path_factory: pytest.TempPathFactory, share: float) -> None:
    path = workbook(tmp_path_factory.mktemp("cut") / "daftar.xlsx", [HEADING, *PEOPLE])
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])

    refusal(path)


# numbers


@pytest.mark.parametrize(
    ("written", "read"),
    [("85,5", "85.50000"), ("85.5", "85.50000"), ("85,50 ", "85.50000"), ("'85", "85.00000"), (85.5, "85.50000")],
)
def test_numbers_are_read_as_people_write_them(written: str | float, read: str) -> None:
    assert str(read_score(written)) == read


@pytest.mark.parametrize("written", ["1.234,5", "1,234.5", "85%", "8 5", "#NAMA?", "Err:502", "####", "#N/A"])
def test_numbers_that_mean_two_things_or_nothing_are_refused(written: str) -> None:
    with pytest.raises(CellRefused):
        read_score(written)


def test_a_document_may_name_its_owner_by_nip_or_by_angkatan(tmp_path: Path) -> None:
    wanted = Wanted(["kind"], either=("nip", "angkatan"))
    path = tmp_path / "surat.csv"
    path.write_text("Kelas;Jenis Surat\nI;surat_sehat\n", encoding="utf-8")

    assert set(found_in(path, wanted).header.columns) == {"angkatan", "kind"}
    path.write_text("Nama;Jenis Surat\nI;surat_sehat\n", encoding="utf-8")
    assert "NIP, Angkatan, Kind" in refusal_of(path, wanted)
    path.write_text("NIP;Penerbit\n1;RSUD\n", encoding="utf-8")
    assert "line 1 lacks the column Kind" in refusal_of(path, wanted)


def refusal_of(path: Path, wanted: Wanted) -> str:
    with pytest.raises(UsageError) as caught:
        found_in(path, wanted)
    return caught.value.message


def test_a_heading_that_comes_again_on_the_next_page_is_nobody(tmp_path: Path) -> None:
    path = tmp_path / "daftar.csv"
    path.write_text(csv_of([HEADING, *PEOPLE[:2], HEADING, *PEOPLE[2:]]), encoding="utf-8")

    people, rejected = taken(path)

    assert (len(people), rejected) == (3, [])


def test_an_erasure_finds_a_nip_in_a_list_that_is_a_workbook_or_one_no_more(tmp_path: Path) -> None:
    path = workbook(tmp_path / "daftar.xlsx", [HEADING, *PEOPLE])

    assert NIPS[2] in whole_text(path.name, path.read_bytes())
    assert NIPS[0] in whole_text("rusak.xlsx", b"PK\x03\x04 " + NIPS[0].encode())


def test_an_erasure_finds_a_nip_on_a_hidden_sheet_or_in_a_comment(tmp_path: Path) -> None:
    path = tmp_path / "daftar.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Daftar")
        sheet.write_row(0, 0, ["Angkatan", "Nama"])
        sheet.write_comment(0, 0, f"tanya {NIPS[0]}")
        hidden = book.add_worksheet("Arsip")
        hidden.write_row(0, 0, ["NIP", "19950817 202504 2 003"])
        hidden.write_rich_string(1, 0, NIPS[1][:8], book.add_format({"bold": True}), NIPS[1][8:])
        hidden.hide()

    everything = whole_text(path.name, path.read_bytes())

    assert all(each in everything for each in (NIPS[0], NIPS[1], "19950817 202504 2 003"))


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

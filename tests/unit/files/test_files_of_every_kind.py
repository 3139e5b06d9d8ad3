"""What offices send is read, or it is said what it is, whatever its name says, and how to save it."""

import re
import zipfile
from datetime import UTC, date
from pathlib import Path

import pytest
import xlsxwriter
from office_lists import HEADING, NIPS, NOW, PEOPLE, csv_of, found_in, refusal, taken, workbook

from latsar_sync.domain.errors import UsageError
from latsar_sync.files.cells import CellRefused, read_score
from latsar_sync.files.checking import Reader, Sheet
from latsar_sync.files.clearances import Register, read_documents
from latsar_sync.files.file_kinds import kind_of_archive, kind_of_bytes, kind_of_text
from latsar_sync.files.mentions import whole_text
from latsar_sync.files.tables import Wanted

WEB = '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><body><table><tr><th>NIP</th></tr></table></body></html>'
XML_2003 = (
    '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
    '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet/></Workbook>'
)
EXCEL_HAS_IT_OPEN = b"\x04" + b"siti".ljust(54) + b"\x04\0" + "siti".ljust(54).encode("utf-16-le")
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100


@pytest.mark.parametrize(
    ("content", "reason", "remedy"),
    [
        (WEB.encode(), "it is a web page (HTML), whatever its name says", ".xlsx"),
        (f"\ufeff \r\n<!-- x --><TABLE>{WEB}".encode(), "it is a web page (HTML), whatever its name says", ".xlsx"),
        (WEB.encode("utf-16"), "it is a web page (HTML), whatever its name says", ".xlsx"),
        (f"<!-- {'x' * 5000} -->{WEB}".encode(), "it is a web page (HTML), whatever its name says", ".xlsx"),
        (b"<b>Fatal error</b>: Allowed memory size", "it is a web page (HTML), whatever its name says", ".xlsx"),
        (XML_2003.encode(), "it is an XML spreadsheet of 2003, whatever its name says", ".xlsx"),
        (b"<?xml version='1.0'?><office:document/>", "it is an XML file", ".xlsx"),
        (b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "it is a web archive (MHTML), whatever", ".xlsx"),
        (OLD + "Workbook".encode("utf-16-le"), "it is an old Excel file (.xls).", "Excel or LibreOffice"),
        (OLD + "Book".encode("utf-16-le"), "it is an old Excel file (.xls).", "Excel or LibreOffice"),
        (b"\t\x08\x10\0\0\x06\x05\0" + b"\0" * 99, "it is an old Excel file (.xls).", "Excel or LibreOffice"),
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
        (EXCEL_HAS_IT_OPEN, "it only says that somebody has the file of that name open", "without ~$"),
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


def test_an_open_document_in_one_file_is_no_web_page() -> None:
    flat = '<?xml version="1.0"?>\n<office:document office:mimetype="application/vnd.oasis.opendocument.spreadsheet">'

    assert kind_of_text(f"{flat}<office:meta/><style:style/><table:table/>") == kind_of_archive(
        [], b"application/vnd.oasis.opendocument.spreadsheet"
    )


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


def test_a_list_of_documents_may_number_its_columns_as_any_other(tmp_path: Path) -> None:
    path = tmp_path / "surat.csv"
    titles = "NIP;Jenis;Nomor;Penerbit;Tanggal;Berlaku sampai\n(1);(2);(3);(4);(5);(6)\n"
    path.write_text(f"{titles}{NIPS[0]};surat_sehat;440/1;RSUD;1/11/2026;1/2/2027\n", encoding="utf-8")

    register = Register({NIPS[0]: ["p1"]}, ["I"], ["surat_sehat"], date(2026, 11, 28))

    assert [each.participant_id for each in read_documents(path, register)] == ["p1"]


def refusal_of(path: Path, wanted: Wanted) -> str:
    with pytest.raises(UsageError) as caught:
        found_in(path, wanted)
    return caught.value.message


def test_a_heading_that_comes_again_on_the_next_page_is_nobody(tmp_path: Path) -> None:
    path = tmp_path / "daftar.csv"
    path.write_text(csv_of([HEADING, *PEOPLE[:2], HEADING, *PEOPLE[2:]]), encoding="utf-8")

    people, rejected = taken(path)

    assert (len(people), rejected, warned_of(path)) == (3, [], [])


def test_a_heading_that_comes_again_below_a_title_of_its_own_is_told_since_it_may_be_another_list(
    tmp_path: Path,
) -> None:
    path = tmp_path / "daftar.csv"
    path.write_text(csv_of([HEADING, *PEOPLE[:2], ["Daftar cadangan"], HEADING, *PEOPLE[2:]]), encoding="utf-8")

    assert warned_of(path) == [(5, "another_table")]


@pytest.mark.parametrize("printed", ["\ufeff\r\n", "<br />\n<b>Warning</b>:  Undefined in <b>/srv/x.php</b>\n"])
def test_what_a_program_prints_before_a_workbook_and_blanks_behind_a_separator_say_nothing(
    tmp_path: Path, printed: str
) -> None:
    whole = workbook(tmp_path / "daftar.xlsx", [HEADING, *PEOPLE])
    unclean = tmp_path / "dicetak.xlsx"
    unclean.write_bytes(printed.encode() + whole.read_bytes())
    parted = tmp_path / "daftar.csv"
    parted.write_text("".join(", ".join(f'"{cell}"' for cell in row) + "\n" for row in [HEADING, *PEOPLE]))

    assert taken(unclean) == taken(parted) == taken(whole)


def warned_of(path: Path) -> list[tuple[int, str]]:
    found = found_in(path)
    sheet = Sheet(found.header, Reader(NOW, UTC, {}))
    sheet.people(found.rows, ("nip", "name"))
    return [(remark.line, remark.code) for remark in sheet.warnings]


def test_an_erasure_finds_a_nip_in_a_list_that_is_a_workbook_or_one_no_more(tmp_path: Path) -> None:
    path = workbook(tmp_path / "daftar.xlsx", [HEADING, *PEOPLE])

    assert NIPS[2] in whole_text(path.name, path.read_bytes())
    assert NIPS[0] in whole_text("rusak.xlsx", b"PK\x03\x04 " + NIPS[0].encode())


@pytest.mark.parametrize("printed", ["", "\ufeff\r\n"])
def test_an_erasure_finds_a_nip_on_a_hidden_sheet_or_in_a_comment(tmp_path: Path, printed: str) -> None:
    path = tmp_path / "daftar.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Daftar")
        sheet.write_row(0, 0, ["Angkatan", "Nama"])
        sheet.write_comment(0, 0, f"tanya {NIPS[0]}")
        hidden = book.add_worksheet("Arsip")
        hidden.write_row(0, 0, ["NIP", "19950817 202504 2 003"])
        hidden.write_rich_string(1, 0, NIPS[1][:8], book.add_format({"bold": True}), NIPS[1][8:])
        hidden.hide()

    everything = whole_text(path.name, printed.encode() + path.read_bytes())

    assert all(each in everything for each in (NIPS[0], NIPS[1], "19950817 202504 2 003"))

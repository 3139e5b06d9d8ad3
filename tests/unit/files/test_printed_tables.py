"""The tables of PDFs are read where they hold text; a scan is refused with a word."""

from pathlib import Path

import pytest
from builders import nip
from fpdf import FPDF

from latsar_sync.domain import language
from latsar_sync.domain.errors import UsageError
from latsar_sync.files.opening import read_office_bytes
from latsar_sync.files.tables import Wanted, find_table


def document(lines: int, broken: bool = False) -> bytes:
    """Return a printed list of participants, of more than one page if it has many lines."""
    pdf = FPDF()
    pdf.set_font("Helvetica", size=9)
    pdf.add_page()
    pdf.cell(text="DAFTAR NILAI MOOC", new_x="LMARGIN", new_y="NEXT")
    with pdf.table(col_widths=(10, 45, 60, 20)) as table:
        table.row(["No", "NIP", "Nama", "Nilai"])
        for number in range(1, lines + 1):
            name = "Raden Mas Panjang Sekali Namanya Sampai Dua Baris" if broken else f"Peserta {number}"
            table.row([str(number), nip(number), name, "80,5"])
    return bytes(pdf.output())


def drawing() -> bytes:
    """Return a PDF without any text, as a scanner makes it."""
    pdf = FPDF()
    pdf.add_page()
    pdf.rect(10, 10, 50, 50)
    return bytes(pdf.output())


def test_the_rows_of_all_pages_are_read_with_every_digit() -> None:
    office = read_office_bytes("nilai.pdf", document(60))

    found = find_table(office, Wanted(("nip", "score"), ("name",)))

    numbers = [cells[found.header.columns["nip"]] for _line, cells, _width in found.rows]
    assert [each for each in numbers if each != "NIP"] == [nip(number) for number in range(1, 61)]


def test_a_cell_of_two_lines_is_one_cell() -> None:
    office = read_office_bytes("nilai.pdf", document(2, broken=True))

    found = find_table(office, Wanted(("nip", "name")))

    name = str(found.rows[0][1][found.header.columns["name"]])
    assert " ".join(name.split()) == "Raden Mas Panjang Sekali Namanya Sampai Dua Baris"


@pytest.mark.parametrize(
    ("content", "said"),
    [(drawing(), "a scan"), (b"%PDF-1.7\n", "cannot be read"), (document(3)[:900], "cannot be read")],
)
def test_what_holds_no_table_is_refused_in_a_line(content: bytes, said: str) -> None:
    with language.speaking("en"), pytest.raises(UsageError) as refused:
        read_office_bytes(str(Path("nilai.pdf")), content)

    assert said in refused.value.message
    assert "table itself" in (refused.value.remedy or "")

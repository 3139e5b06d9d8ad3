"""Documents made by hand, and what another program reads in the files they become."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from openpyxl import Workbook, load_workbook
from pypdf import PdfReader

from latsar_sync.exports.document import Cell, Column, ColumnKind, Document, RowGroup, Section
from latsar_sync.exports.pdf import write_pdf
from latsar_sync.exports.xlsx import write_xlsx
from latsar_sync.settings import OfficeSettings

MADE_AT = datetime(2026, 12, 7, 8, 5, tzinfo=ZoneInfo("Asia/Jakarta"))
NIP = "199508172025042003"
COLUMNS = (
    Column("No.", ColumnKind.NUMBER, 10, 6),
    Column("Nama", ColumnKind.TEXT, 70, 36),
    Column("NIP", ColumnKind.NIP, 42, 22),
    Column("Nilai", ColumnKind.SCORE, 25, 12),
    Column("Diputuskan", ColumnKind.MOMENT, 30, 18),
    Column("Kode", ColumnKind.TEXT, 0, 12),
)


def row(number: int, name: str, nip: str | None = NIP) -> tuple[Cell, ...]:
    """Return one row of a list, with a value of every kind."""
    return number, name, nip, Decimal("69.99600"), MADE_AT, "internal"


def paper(*names: str, office: OfficeSettings | None = None, **section: Any) -> Document:
    """Return a document with one list of these people."""
    return pile([names], office, **section)


def pile(lists: Sequence[Sequence[str]], office: OfficeSettings | None = None, **section: Any) -> Document:
    """Return a document with several lists, each a section of its own."""
    common: dict[str, Any] = {
        "name": "Angkatan I",
        "title": "Daftar Peserta",
        "facts": [("Program", "Latsar CPNS")],
        "columns": COLUMNS,
        "totals": [("Jumlah", 7)],
        "notes": [("Dibuat", "7 Desember 2026 oleh Siti Aminah")],
    }
    sections = [
        Section(
            **{"groups": [RowGroup("", [row(*each) for each in enumerate(names, start=1)])] if names else []}
            | common
            | section
        )
        for names in lists
    ]
    return Document("Daftar Peserta", sections, office or OfficeSettings(), MADE_AT, "Siti Aminah")


def as_xlsx(document: Document) -> Workbook:
    """Write a document as a spreadsheet, and open it with another program."""
    return load_workbook(xlsx_bytes(document))


def xlsx_bytes(document: Document) -> BytesIO:
    """Return the file itself."""
    file = BytesIO()
    write_xlsx(document, file)
    file.seek(0)
    return file


def as_pdf(document: Document) -> PdfReader:
    """Write a document as PDF, and open it with another program."""
    return PdfReader(pdf_bytes(document))


def pdf_bytes(document: Document) -> BytesIO:
    """Return the file itself."""
    file = BytesIO()
    write_pdf(document, file)
    file.seek(0)
    return file


def text_of(document: Document) -> str:
    """Return all that can be read in the document as PDF, in one line."""
    return " ".join(" ".join(page.extract_text() for page in as_pdf(document).pages).split())

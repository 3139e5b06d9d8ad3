"""The tables of PDFs are read where they hold text; a scan is refused with a word."""

import io
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from builders import nip
from fpdf import FPDF
from fpdf.enums import TextMode
from fpdf.fonts import FontFace
from PIL import Image, ImageDraw

from latsar_sync.domain import language
from latsar_sync.domain.errors import UsageError
from latsar_sync.files import reading_pdf
from latsar_sync.files.opening import read_office_bytes
from latsar_sync.files.reading_pdf import read_texts
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


def test_a_cell_beside_several_people_is_said_of_each_of_them() -> None:
    pdf = FPDF()
    pdf.set_font("Helvetica", size=9)
    pdf.add_page()
    with pdf.table() as table:
        table.row(["NIP", "Instansi", "Nilai"])
        for number, institution in enumerate(("Dinas Kesehatan", None, "")):
            row = table.row([nip(number)])
            if institution is not None:
                row.cell(institution, rowspan=2 if institution else 1)
            row.cell("80")
    found = find_table(read_office_bytes("nilai.pdf", bytes(pdf.output())), Wanted(("nip", "institution")))

    assert [cells[1] for _line, cells, _width in found.rows] == ["Dinas Kesehatan", "Dinas Kesehatan", ""]


def coloured(drawn: dict[str, Any] | None = None, after: Callable[[FPDF], None] | None = None, **style: Any) -> bytes:
    """Return a table whose titles are white on blue, as offices have them, and a score in a style of its own.

    ``drawn`` says how letters are drawn in a line of their own, ``after`` draws over the page.
    """
    pdf = FPDF()
    pdf.set_font("Helvetica", size=9)
    pdf.add_page()
    with pdf.table(headings_style=FontFace(color=(255, 255, 255), fill_color=(20, 60, 120))) as table:
        table.row(["NIP", "Nama", "Nilai"])
        row = table.row([nip(1), "Siti Aminah"])
        row.cell("" if drawn else "90", style=FontFace(**style))
    if drawn:
        with pdf.local_context(**drawn):
            pdf.set_xy(150, pdf.get_y() - 6)
            pdf.cell(text="90")
    if after:
        after(pdf)
    return bytes(pdf.output())


def covered(pdf: FPDF) -> None:
    pdf.set_fill_color(255, 255, 255)
    pdf.rect(pdf.l_margin, 10, 200, 100, style="F")


UNSEEN: list[dict[str, Any]] = [
    {"color": (255, 255, 255)},
    {"color": (250, 250, 250)},
    {"size_pt": 0.5},
    {"color": (0, 0, 0), "fill_color": (0, 0, 0)},
    {"drawn": {"text_mode": TextMode.INVISIBLE}},
    {"drawn": {"text_mode": TextMode.CLIP}},
    {"drawn": {"fill_opacity": 0}},
    {"after": covered},
]


@pytest.mark.parametrize("style", UNSEEN)
def test_a_table_with_letters_that_nobody_sees_is_refused(style: dict[str, Any]) -> None:
    """Once a white 90 was the score of somebody beside whose name nothing stood."""
    with language.speaking("en"), pytest.raises(UsageError, match="holds letters that nobody sees"):
        read_office_bytes("nilai.pdf", coloured(**style))


def two_in_one_place(first: str, second: str) -> bytes:
    """Return a table in one cell of which two numbers stand upon each other, the first one white."""
    pdf = FPDF()
    pdf.set_font("Helvetica", size=9)
    pdf.add_page()
    with pdf.table() as table:
        for cells in (["NIP", "Nama", "Nilai"], [nip(1), "Siti Aminah", ""]):
            table.row(cells)
    pdf.set_y(pdf.get_y() - 6)
    for score, colour in ((first, 255), (second, 0)):
        pdf.set_text_color(colour, colour, colour)
        pdf.set_x(150)
        pdf.cell(text=score)
    return bytes(pdf.output())


def test_letters_upon_each_other_are_refused_unless_they_are_the_same_printed_twice_to_look_bold() -> None:
    with language.speaking("en"), pytest.raises(UsageError, match="or that lie upon each other"):
        read_office_bytes("nilai.pdf", two_in_one_place("95", "60"))

    assert read_office_bytes("nilai.pdf", two_in_one_place("60", "60")).tables


def scanned(hidden: str, seen: str = "") -> bytes:
    """Return a picture of a page with a text laid over it that is not drawn, as programs do that recognise letters."""
    picture = Image.new("L", (400, 400), 255)
    ImageDraw.Draw(picture).text((20, 20), "SERTIFIKAT Nilai: 60", fill=0)
    pdf = FPDF()
    pdf.set_font("Helvetica", size=12)
    pdf.add_page()
    pdf.image(picture, x=0, y=0, w=pdf.w)
    with pdf.local_context(text_mode=TextMode.INVISIBLE):
        for line in hidden.splitlines():
            pdf.cell(text=line, new_x="LMARGIN", new_y="NEXT")
    for line in seen.splitlines():
        pdf.cell(text=line, new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def test_what_is_laid_over_a_scan_is_told_apart_from_what_people_see() -> None:
    found = read_texts(scanned("SERTIFIKAT Nilai: 95", "Ditandatangani secara elektronik"))

    assert (found.seen, found.recognised) == ("Ditandatangani secara elektronik", "SERTIFIKAT Nilai: 95")
    assert read_texts(scanned("SERTIFIKAT tanpa apa-apa")).recognised == "SERTIFIKAT tanpa apa-apa"


def test_white_letters_on_a_ground_are_seen() -> None:
    office = read_office_bytes("nilai.pdf", coloured(color=(255, 255, 255), fill_color=(0, 0, 0)))

    assert office.tables[0].rows[1].cells == (nip(1), "Siti Aminah", "90")


@pytest.mark.parametrize("degrees", [b"90", b"180", b"270"])
def test_a_pdf_that_lies_on_its_side_is_told_as_that(degrees: bytes) -> None:
    turned = document(3).replace(b"/Type /Page\n", b"/Type /Page\n/Rotate " + degrees + b"\n")

    with language.speaking("en"), pytest.raises(UsageError) as refused:
        read_office_bytes("nilai.pdf", turned)

    assert "pages are turned" in refused.value.message


def cut_off() -> bytes:
    """Return a PDF whose beginning tells all of it, as those for the web are, of which all but a page is gone."""
    whole = document(120)
    parts = {int(found[1]): found[0] for found in re.finditer(rb"(\d+) 0 obj.*?endobj", whole, re.DOTALL)}
    [catalog] = re.findall(rb"/Root (\d+) 0 R", whole)
    [kids] = re.findall(rb"/Kids \[(.*?)\]", whole, re.DOTALL)
    _first, *gone = map(int, re.findall(rb"(\d+) 0 R", kids))
    kept = b"\n".join(part for number, part in parts.items() if number not in gone)
    return b"%PDF-1.7\n" + kept + b"\ntrailer\n<</Root " + catalog + b" 0 R /Size 99>>\nstartxref\n0\n%%EOF\n"


@pytest.mark.parametrize("content", [cut_off(), document(3)[:-6], document(3)[:-6] + b" " * 2000])
def test_a_pdf_that_breaks_off_loses_nobody_without_a_word(content: bytes) -> None:
    with language.speaking("en"), pytest.raises(UsageError) as refused:
        read_office_bytes("nilai.pdf", content)

    assert "breaks off" in refused.value.message
    assert "Copy it again" in (refused.value.remedy or "")


@pytest.mark.parametrize(
    ("content", "said"),
    [(drawing(), "a scan"), (b"%PDF-1.7\n", "cannot be read"), (document(3)[:900], "cannot be read")],
)
def test_what_holds_no_table_is_refused_in_a_line(content: bytes, said: str) -> None:
    with language.speaking("en"), pytest.raises(UsageError) as refused:
        read_office_bytes(str(Path("nilai.pdf")), content)

    assert said in refused.value.message
    assert "table itself" in (refused.value.remedy or "")


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a program that stands in for what reads a PDF, to be written."""
    program = tmp_path / "python"
    program.touch(mode=0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    return program


def test_what_reads_a_strangers_file_is_told_no_secret(reader: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = reader.with_name("told")
    reader.write_text(
        f'#!/bin/sh\nenv > {told}\necho \'{{"texts": {{"seen": "", "recognised": ""}}}}\'\n', encoding="utf-8"
    )
    monkeypatch.setenv("LATSAR_MOOC_TOKEN", "rahasia")

    read_texts(b"%PDF-1.7")

    assert "PATH=" in told.read_text(encoding="utf-8")
    assert "rahasia" not in told.read_text(encoding="utf-8")


def test_a_pdf_that_holds_more_than_any_list_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reading_pdf, "MOST_TOLD", 100)
    monkeypatch.setattr(reading_pdf, "_bound_memory", lambda: None)
    monkeypatch.setattr(sys, "argv", ["reading_pdf", "texts"])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(document(3))))

    reading_pdf.main()

    assert capsys.readouterr().out == '{"problem": "too_much"}'

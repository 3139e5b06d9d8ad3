"""A PDF can be read, printed, signed and put into a file; pypdf reads it back."""

import zlib
from pathlib import Path

import pytest
from papers import COLUMNS, MADE_AT, NIP, as_pdf, paper, pdf_bytes, pile, row, text_of
from PIL import Image

from latsar_sync.domain import language
from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.exports.document import Column, ColumnKind, RowGroup
from latsar_sync.settings import OfficeSettings

OFFICE = OfficeSettings(
    letterhead=("PEMERINTAH KABUPATEN CONTOH", "BKPSDM"),
    address=("Jalan Merdeka 17",),
    place="Contoh",
    signer_position="Kepala Bidang",
    signer_name="Dr. Ni Luh Sukerti, M.Si.",
    signer_nip="197608172000032001",
)


def test_letterhead_title_rows_and_signature_are_there() -> None:
    text = text_of(paper("Ani Lestari, S.Pd.", office=OFFICE))

    for said in (*OFFICE.letterhead, *OFFICE.address, "DAFTAR PESERTA", "Ani Lestari, S.Pd.", "Kepala Bidang,"):
        assert said in text
    assert "19950817 202504 2 003" in text
    assert "Dr. Ni Luh Sukerti, M.Si. NIP 19760817 200003 2 001" in text


def test_the_date_beside_the_signature_is_said_in_the_language_in_use() -> None:
    with language.speaking("id"):
        assert "Contoh, 7 Desember 2026" in text_of(paper("Ani", office=OFFICE))
        assert "69,996" in text_of(paper("Ani"))
    with language.speaking("en"):
        assert "Contoh, 7 December 2026" in text_of(paper("Ani", office=OFFICE))
        assert "69.996" in text_of(paper("Ani"))


def test_without_an_office_there_are_lines_to_fill_in() -> None:
    text = text_of(paper("Ani"))

    assert "DAFTAR PESERTA" in text
    assert "7 December 2026 ……" in text
    assert "NIP ……" in text


def test_a_signer_without_a_nip_is_not_asked_for_one() -> None:
    assert "NIP …" not in text_of(paper("Ani", office=OfficeSettings(signer_name="Ratna")))


@pytest.mark.parametrize("name", ["O’Hara – “Ani”", "Ni Luh Dédé", "Ğülşah Ḥāfiẓ", "Đặng Thị", "Иван", "D'Souza"])
def test_names_with_letters_of_many_languages_are_printed_as_they_are(name: str) -> None:
    text = text_of(paper(name))

    assert name in text
    assert "written in Latin letters" not in text


@pytest.mark.parametrize(
    ("name", "shown"), [("김 Siti", "Gim Siti *"), ("Ani ꦱꦸꦥꦂꦠ", "Ani suprt *"), ("Ani \U0001f338", "Ani")]
)
def test_letters_that_the_font_lacks_are_written_in_latin_ones_and_that_is_said(name: str, shown: str) -> None:
    text = text_of(paper(name, "Budi"))

    assert shown in text
    assert "* : written in Latin letters; the spreadsheet has the text as it is" in text


def test_a_name_of_nothing_but_unknown_letters_does_not_vanish() -> None:
    text = text_of(paper("\U000e0fff\ua9c0"))

    assert "1 ?? *" in text


def test_characters_that_turn_the_direction_of_writing_are_left_out() -> None:
    text = text_of(paper("Ani\u202e\u200bLestari\x00"))

    assert "AniLestari" in text
    assert "*" not in text


def test_a_long_list_has_its_head_on_every_page_and_says_which_page_of_how_many() -> None:
    pages = [" ".join(page.extract_text().split()) for page in as_pdf(paper(*["Ani Lestari"] * 120)).pages]

    assert len(pages) >= 3
    assert all("No. Nama NIP" in page for page in pages)
    assert [f"Page {number} of {len(pages)}" in page for number, page in enumerate(pages, start=1)] == [True] * len(
        pages
    )
    assert sum(page.count("Ani Lestari") for page in pages) == 120


def test_the_place_to_sign_never_stands_on_a_page_without_a_name() -> None:
    document = pile([["Ani Lestari"] * people for people in range(20, 60)], office=OFFICE)
    signed = [text for page in as_pdf(document).pages for text in [page.extract_text()] if "Dr. Ni Luh" in text]

    assert len(signed) == 40
    assert all("Ani Lestari" in text and "Jumlah" in text and "Dibuat" in text for text in signed)


def test_every_list_begins_on_a_page_of_its_own_and_the_foot_says_which() -> None:
    document = pile([["Ani"], ["Budi"]])
    pages = [page.extract_text() for page in as_pdf(document).pages]

    assert len(pages) == 2
    assert "Ani" in pages[0]
    assert "Budi" not in pages[0]
    assert "Daftar Peserta · Angkatan I" in pages[1]


def test_a_group_has_its_heading_on_its_page_and_nothing_runs_into_the_foot() -> None:
    groups = [RowGroup(f"Instansi {number}", [row(1, "Ani Lestari")] * (1 + number % 3)) for number in range(150)]
    heights: list[float] = []

    def measure(text: str, _matrix: object, position: list[float], *_: object) -> None:
        if text.strip() and "Page" not in text and "·" not in text:
            heights.append(position[5])

    for page in as_pdf(paper(groups=groups)).pages:
        last_rows = page.extract_text(visitor_text=measure).partition("Page ")[0].rpartition("Instansi")[2]
        assert "Ani Lestari" in last_rows
    assert min(heights) > 14 / 25.4 * 72


def test_a_page_on_which_a_group_goes_on_says_whose_it_is() -> None:
    groups = [RowGroup("Kabupaten Toba", [row(1, "Ani Lestari")] * 100), RowGroup("Kota Bandung", [row(1, "Budi")])]
    pages = [page.extract_text() for page in as_pdf(paper(groups=groups)).pages]

    assert len(pages) >= 3
    assert [("Kabupaten Toba (continued)" in page) for page in pages] == [False] + [True] * (len(pages) - 1)
    assert "Kota Bandung (continued)" not in "".join(pages)


def test_how_many_are_on_a_list_is_written_as_people_do() -> None:
    assert "1,224" in text_of(paper("Ani", totals=[("Jumlah", 1224)]))


def test_a_list_of_nobody_says_so_and_can_be_signed() -> None:
    text = text_of(paper(office=OFFICE))

    assert "Nobody." in text
    assert "Dr. Ni Luh Sukerti" in text


def test_a_word_wider_than_its_column_is_broken_and_kept_whole() -> None:
    word = "Wawancara" * 20

    assert word in text_of(paper(word)).replace(" ", "")


def test_a_sheet_to_sign_in_has_its_columns_and_is_wide() -> None:
    days = [Column(f"Sen {day}", ColumnKind.SIGNATURE, 20, 10) for day in range(7)]
    columns = [Column("No.", ColumnKind.NUMBER, 10, 6), Column("Nama", ColumnKind.TEXT, 50, 30), *days]
    groups = [RowGroup("", [(1, "Ani Lestari", *[None] * 7)])]
    [page] = as_pdf(paper(columns=columns, groups=groups, landscape=True, row_height=10.0)).pages

    assert page.mediabox.width > page.mediabox.height
    assert "Sen 6" in page.extract_text()


def test_a_logo_is_printed(tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    Image.new("RGBA", (900, 300), (0, 90, 40, 128)).save(logo)

    assert len(as_pdf(paper("Ani", office=OfficeSettings(logo=logo))).pages[0].images) == 1


def test_a_logo_that_is_no_picture_inside_is_named_with_the_remedy(tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(b"\x89PNG\r\n\x1a\n" + zlib.compress(b"nothing"))

    with pytest.raises(ConfigurationError, match=r"logo\.png cannot be read"):
        pdf_bytes(paper("Ani", office=OfficeSettings(logo=logo)))


def test_the_same_document_is_the_same_file_and_says_when_and_by_whom_it_was_made() -> None:
    assert pdf_bytes(paper("Ani ’")).getvalue() == pdf_bytes(paper("Ani ’")).getvalue()
    described = as_pdf(paper("Ani")).metadata
    assert described is not None
    assert (described.title, described.author, described.creation_date) == ("Daftar Peserta", "Siti Aminah", MADE_AT)


def test_a_nip_a_day_and_a_state_are_not_broken_however_much_stands_beside_them() -> None:
    """Once a list of those found had 19900125 202503 1 in a line and 370 below it, and a recap terkonfir above masi."""
    beside = Column("Instansi", ColumnKind.TEXT, 300, 34)
    state = Column("Status", ColumnKind.STATE, 10, 16)
    section = {
        "columns": (*COLUMNS[:3], beside, state, *COLUMNS[3:]),
        "groups": [RowGroup("", [(1, "Ani", NIP, "Pemerintah Kabupaten", "terkonfirmasi", *row(1, "Ani")[3:])])],
    }

    lines = "\n".join(page.extract_text() for page in as_pdf(paper(**section)).pages).splitlines()

    for whole in ("19950817 202504 2 003", "07/12/2026", "terkonfirmasi"):
        assert any(whole in line for line in lines), whole

"""The placement list is taken whole or not at all, and says of every bad line what is wrong with it."""

from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.placement_list import PlacementList
from latsar_sync.files.placement_list import load_placement

TODAY = date(2026, 11, 24)
ANGKATAN = {"I": ("Angkatan I",), "II": ("Kelas Dua",)}
ANI, BUDI = "199508172025042003", "199601022025041001"


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "placement.csv"
    path.write_bytes(text.encode(encoding))
    return path


def refusal(path: Path) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        load_placement(path, ANGKATAN, TODAY)
    return caught.value


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_list_is_read_as_offices_save_it(tmp_path: Path, separator: str, encoding: str, ending: str) -> None:
    lines = ["NIP,Angkatan", f"'{ANI},I", "19960102 202504 1 001, II ", ","]
    path = written(tmp_path, ending.join(lines).replace(",", separator), encoding)

    assert load_placement(path, ANGKATAN, TODAY) == PlacementList({ANI: "I", BUDI: "II"}, lines={ANI: 2, BUDI: 3})


def test_the_columns_may_stand_in_the_other_order(tmp_path: Path) -> None:
    assert load_placement(written(tmp_path, f"angkatan,nip\nI,{ANI}\n"), ANGKATAN, TODAY).angkatan == {ANI: "I"}


def test_every_bad_line_is_told_with_its_reason(tmp_path: Path) -> None:
    lines = [
        "nip,angkatan",
        f"{ANI},I",
        f"{ANI},II",
        "3515081708950003,I",
        f"{BUDI},III",
        "1,99508E+17,I",
        ",II",
        "199601022025041002,",
    ]

    error = refusal(written(tmp_path, "\n".join(lines) + "\n"))

    assert error.details == (
        "line 2: The same NIP stands in line 3.",
        "line 3: The same NIP stands in line 2.",
        "line 4: This is no NIP: 16 digits, looks like a NIK.",
        'line 5: "III" is none of the programme\'s angkatan: I, II.',
        "line 6: The line has more cells than the header; a comma in it must stand in quotes.",
        "line 7: There is no NIP. If it is a total or a signature, delete the line.",
        "line 8: There is no angkatan.",
    )
    assert "was not taken: 7" in str(error)


def test_no_message_shows_a_nip_not_even_from_swapped_columns(tmp_path: Path) -> None:
    error = refusal(written(tmp_path, f"nip,angkatan\nI,{ANI}\n{BUDI[:-1]},I\n"))

    assert len(error.details) == 3
    assert not any(ANI in problem or BUDI[:-1] in problem for problem in error.details)


@pytest.mark.parametrize("text", ["name,angkatan\n", "nip\n", f"{ANI},I\n"])
def test_a_file_without_the_two_columns_is_refused(tmp_path: Path, text: str) -> None:
    error = refusal(written(tmp_path, text))

    assert "NIP, Angkatan" in error.message or "lacks the column Angkatan" in error.message
    assert "titles" in error.remedy or "heading" in error.remedy


def test_a_list_of_nobody_is_refused(tmp_path: Path) -> None:
    assert refusal(written(tmp_path, "nip,angkatan\n")).details == ("no line holds a participant",)


def test_a_file_that_is_missing_says_so(tmp_path: Path) -> None:
    assert "cannot be read" in str(refusal(tmp_path / "nowhere.csv"))


def test_it_is_read_as_every_other_file_of_an_office_is(tmp_path: Path) -> None:
    """A title above, headings of the office, other columns, Windows letters, a workbook, other names of an angkatan."""
    text = f"DAFTAR PEMBAGIAN;;;\nNo;Nama Peserta;NIP Baru;Kelas\n1;Añi;{ANI};Angkatan I\n2;Budi;{BUDI};kelas dua\n"
    with xlsxwriter.Workbook(str(tmp_path / "daftar.xlsx")) as book:
        sheet = book.add_worksheet()
        for number, line in enumerate(text.splitlines()):
            sheet.write_row(number, 0, line.split(";"))

    expected = {ANI: "I", BUDI: "II"}
    assert load_placement(written(tmp_path, text, "cp1252"), ANGKATAN, TODAY).angkatan == expected
    assert load_placement(tmp_path / "daftar.xlsx", ANGKATAN, TODAY).angkatan == expected


def test_an_open_quote_names_its_line(tmp_path: Path) -> None:
    assert "cannot be read" in str(refusal(written(tmp_path, f'nip,angkatan\n"{ANI},I\n')))


def test_a_column_of_places_is_read_and_an_unknown_place_is_told_by_its_line(tmp_path: Path) -> None:
    places = ("Barat", "Timur")
    told = written(tmp_path, f"nip,angkatan,lokasi\n{ANI},I,timur\n{BUDI},II,\n")
    found = load_placement(told, ANGKATAN, TODAY, places)
    anywhere = load_placement(told, ANGKATAN, TODAY)

    with pytest.raises(ConfigurationError) as refused:
        load_placement(written(tmp_path, f"nip,angkatan,lokasi\n{ANI},I,Bulan\n"), ANGKATAN, TODAY, places)

    assert found == PlacementList({ANI: "I", BUDI: "II"}, {ANI: "Timur"}, {ANI: 2, BUDI: 3})
    assert anywhere.places == {ANI: "timur"}
    assert refused.value.details == ('line 2: "Bulan" is none of the programme\'s places: Barat, Timur.',)

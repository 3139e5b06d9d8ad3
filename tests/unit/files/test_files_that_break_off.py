"""A file that breaks off, changes while it is read or mixes encodings is refused, or read as far as it surely goes."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from office_lists import HEADING, NIPS, PEOPLE, csv_of, refusal, taken, workbook

from latsar_sync.domain.errors import UsageError
from latsar_sync.files import opening
from latsar_sync.files.cells_cut_off import may_go_on


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

    assert may_go_on(column, cell, ["I", "II"]) is may


def test_a_name_of_an_angkatan_that_no_other_begins_with_is_whole() -> None:

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

"""Where the header of a table is found, and which of its columns is which."""

from collections.abc import Sequence

import pytest
from builders import nip
from compared_files import header_of, listed

from latsar_sync.domain.errors import UsageError
from latsar_sync.files.cells import Cell
from latsar_sync.files.finding_columns import UnclearColumns, find_header


def test_the_header_is_found_below_title_rows() -> None:
    rows = [(1, ["REKAP NILAI"], 1), (2, ["NIP: lihat di bawah"], 1), (4, ["No.", "N.I.P.", "Nilai (0-100)"], 3)]

    header, _ = find_header(rows, ["nip", "score"], [])

    assert header is not None
    assert (header.line, header.columns, header.ignored) == (4, {"nip": 1, "score": 2}, ("No.",))


def test_without_a_header_the_closest_row_is_told() -> None:
    rows = [(1, ["NIP"], 1), (2, ["NIP", "Nama"], 2), (3, ["NIP"], 1)]

    header, closest = find_header(rows, ["nip", "score"], ["name"])

    assert header is None
    assert closest is not None
    assert closest.line == 2


def test_of_rows_that_come_equally_close_the_first_is_told() -> None:
    rows = [(1, ["NIP", "Nama"], 2), (2, ["NIP", "Nama"], 2)]

    closest = find_header(rows, ["nip", "score"], ["name"])[1]

    assert closest is not None
    assert closest.line == 1


@pytest.mark.parametrize(
    ("numbers", "people"),
    [
        (["1", "2", "3", "4", "5"], 0),
        (["1.", "2.", "3.", "4.", "5."], 0),
        (["( 1 )", "(2)", "(3)", "(4)", "(5)"], 0),
        (["9", "10", "11", "12", "13"], 0),
        (["99", "100", "101", "102", "103"], 1),
        (["1", "2", "tiga", "4", "5"], 1),
    ],
)
def test_a_row_numbers_the_columns_by_numbers_of_one_or_two_digits_only(numbers: list[str], people: int) -> None:
    assert listed(numbers)[1].rows == people


def columns_of(*rows: Sequence[Cell]) -> dict[str, int]:
    numbered = [(number, cells, len(cells)) for number, cells in enumerate(rows, start=1)]
    header = find_header(numbered, ["nip", "score"], ["name"])[0]
    assert header is not None
    return dict(header.columns)


def test_a_title_over_two_columns_that_say_the_same_in_every_row_is_one() -> None:
    assert columns_of(["NIP", "Nilai", "Nilai"], [nip(1), "70", "70"], [nip(2)]) == {"nip": 0, "score": 1}
    assert columns_of(["NIP", "NIP", "Nilai"], [nip(1), nip(1), "70"]) == {"nip": 0, "score": 2}
    assert columns_of(["NIP", "Nilai", "Nilai"], [nip(1), None], [nip(2), "70", "70"]) == {"nip": 0, "score": 1}


@pytest.mark.parametrize(
    "rows",
    [
        [["NIP", "Nilai", "Nilai"], [nip(1), "70", "80"], [nip(2), "70", "70"]],
        [["NIP", "Nilai", "Nilai"], [nip(1), "70", "70"], [nip(2), "70", "80"]],
        [["NIP", "Nilai", "Nilai"], [nip(1), "70"]],
        [["NIP", "NIP", "Nilai"], [nip(1), nip(2), "70"]],
        [["NIP", "Nilai", "Nilai"]],
    ],
)
def test_a_title_over_two_columns_that_differ_in_any_row_is_refused_with_its_line(rows: list[list[Cell]]) -> None:
    with pytest.raises(UsageError, match="Line 1 has more than one column for"):
        columns_of(*rows)


@pytest.mark.parametrize(
    "other",
    ["Nilai Remedial", "NILAI (REMIDI)", "Nilai ujian ulang", "Remedial", "Nilai percobaan 2", "Skor Tertinggi"],
)
def test_a_second_score_of_the_same_people_is_asked_about_and_never_passed_over(other: str) -> None:
    """Once the score was taken from "Nilai" and who had passed at the second try stayed below the limit."""
    with pytest.raises(UnclearColumns, match="Line 1 has more than one column for Score") as refused:
        columns_of(["NIP", "Nilai", other], [nip(1), "60", "75"])

    assert f'"Nilai", "{other}"' in str(refused.value)


def test_a_second_score_that_tells_nothing_else_and_what_is_no_second_score_stop_nobody() -> None:
    assert columns_of(["NIP", "Nilai", "Nilai Remedial"], [nip(1), "60", None], [nip(2), "70", "70"])["score"] == 1
    assert columns_of(["NIP", "Nilai", "Nilai Remedial"], [nip(1), "60"], [nip(2), "70", " - "])["score"] == 1
    for other in ("Nilai Pretest", "Tanggal Remedial", "Keterangan remedial", "Nilai Sikap"):
        assert columns_of(["NIP", "Nilai", other], [nip(1), "60", "75"])["score"] == 1


def test_who_says_which_column_is_the_score_is_not_asked_again() -> None:
    rows = [(1, ["NIP", "Nilai", "Nilai Remedial"], 3), (2, [nip(1), "60", "75"], 3)]
    told = {"nip": (("nip",),), "score": (("nilai remedial",),)}

    header = find_header(rows, ["nip", "score"], [], known=told)[0]

    assert header is not None
    assert header.columns["score"] == 2


def test_a_second_choice_of_title_counts_only_where_there_is_no_first() -> None:
    both = header_of("NIP", "Nilai", "Unit Kerja", "Instansi")
    one = header_of("NIP", "Nilai", "Unit Kerja")

    assert both is not None
    assert one is not None
    assert (both.columns["institution"], both.ignored) == (3, ("Unit Kerja",))
    assert one.columns["institution"] == 2


def test_two_columns_of_one_title_stop_a_row_that_is_the_header_and_no_other() -> None:
    titles = ["NIP", "Nama", "Tanggal", "Tgl"]
    rows = [(1, titles, 4), (2, ["1", "A", "2026-01-01", "2026-02-02"], 4)]

    assert find_header(rows, ["nip", "score"], ["date"])[0] is None
    with pytest.raises(UsageError, match="more than one column for Date"):
        find_header(rows, ["nip", "name"], ["date"])

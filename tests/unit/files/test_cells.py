"""What one cell of an office's table says; whatever could mean two things is refused, and nothing is guessed."""

from contextlib import suppress
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office_lists import refusal_of_cell

from latsar_sync.files import cells
from latsar_sync.files.angkatan_cells import read_angkatan
from latsar_sync.files.cells import (
    UNCOMPUTED,
    Cell,
    CellRefused,
    read_materials,
    read_nip,
    read_score,
    text_of,
    title_of,
)
from latsar_sync.files.cells_cut_off import may_go_on
from latsar_sync.files.column_titles import TITLES, Titles
from latsar_sync.files.dates import read_moment
from latsar_sync.files.finding_columns import find_header

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NIP = "199508172025042003"


@pytest.mark.parametrize(
    "cell",
    [
        NIP,
        f"'{NIP}",
        f"’{NIP}",
        "19950817 202504 2 003",
        "19950817.202504.2.003",
        f"\u00a0{NIP}\u00a0",
        f"\ufeff{NIP}\u200b",
        f'="{NIP}"',
        "１９９５０８１７２０２５０４２００３",
    ],
)
def test_a_nip_is_found_under_what_offices_put_around_it(cell: str) -> None:
    assert read_nip(cell, TODAY).nip == NIP


@pytest.mark.parametrize(
    ("cell", "detail"),
    [
        (1.99508172025042e17, "spreadsheet_lost_digits"),
        (199508172025042003, "spreadsheet_lost_digits"),
        (19950817202504200, "spreadsheet_lost_digits"),
        ("1,99508E+17", "spreadsheet_lost_digits"),
        ("1.99508172025042E+17", "spreadsheet_lost_digits"),
        ("199508172025042000", "spreadsheet_lost_digits"),
        ("3201011708950003", "looks_like_nik"),
        (3201011708950003, "looks_like_nik"),
        ("199508172025212003", "looks_like_pppk"),
        ("19950817202504200", "length"),
        (12345, "length"),
        ("199513172025042003", "birth_date"),
    ],
)
def test_what_is_no_nip_is_refused_with_its_reason(cell: Cell, detail: str) -> None:
    check = read_nip(cell, TODAY)

    assert (check.nip, check.detail) == (None, detail)


@pytest.mark.parametrize(
    ("cell", "score"),
    [
        ("70", "70"),
        ("70,5", "70.5"),
        ("70.5", "70.5"),
        (" '70,50 ", "70.5"),
        ("69,99999", "69.99999"),
        ("70,000000", "70"),
        (70, "70"),
        (0.1 + 0.2, "0.3"),
        (999_999.0, "999999"),
        (69.99999, "69.99999"),
        (0, "0"),
        ("0", "0"),
    ],
)
def test_a_score_is_read_with_point_or_comma_and_only_the_noise_of_a_float_is_rounded_away(
    cell: Cell, score: str
) -> None:
    assert read_score(cell) == Decimal(score)


@pytest.mark.parametrize("cell", [None, "", "  ", "-", "–"])
def test_an_empty_cell_or_a_dash_is_no_score_and_not_zero(cell: Cell) -> None:
    assert read_score(cell) is None


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("lulus", "score_unreadable"),
        ("85%", "score_unreadable"),
        ("1.070,50", "score_unreadable"),
        ("-70", "score_unreadable"),
        (-70, "score_unreadable"),
        (-70.5, "score_unreadable"),
        (True, "score_unreadable"),
        ("7E1", "score_unreadable"),
        (1_000_000.0, "score_unreadable"),
        ("69,999996", "score_too_precise"),
        ("0.30000000000000004", "score_too_precise"),
        (69.999996, "score_too_precise"),
        (78.33333333333333, "score_too_precise"),
        (datetime(2026, 5, 7), "became_date"),  # noqa: DTZ001 - as XLSX has it
        (date(2026, 5, 7), "became_date"),
        ("#N/A", "cell_error"),
        ("#REF!", "cell_error"),
        (UNCOMPUTED, "formula_without_value"),
    ],
)
def test_a_cell_that_is_no_plain_score_is_refused(cell: Cell, code: str) -> None:
    assert refusal_of_cell(read_score, cell) == code


@given(st.decimals(min_value=0, max_value=100, places=5))
def test_every_score_with_five_places_is_read_as_it_is_written_however_it_is_written(score: Decimal) -> None:
    written = f"{score:.5f}"

    assert read_score(written) == read_score(written.replace(".", ",")) == read_score(float(score)) == score


@given(st.floats(min_value=0, max_value=100))
def test_no_float_is_ever_read_as_more_than_noise_away_from_what_it_is(number: float) -> None:
    try:
        score = read_score(number)
    except CellRefused:
        return
    assert score is not None
    assert abs(score - Decimal(repr(number))) <= Decimal("1e-9")


@given(st.one_of(st.none(), st.text(max_size=40), st.integers(), st.floats(allow_nan=False), st.booleans()))
def test_any_cell_is_read_or_refused_and_nothing_else_happens(cell: Cell) -> None:
    for read in (read_score, read_materials, text_of, lambda each: read_angkatan(each, {"I": (), "VI": ()})):
        with suppress(CellRefused):
            read(cell)
    title_of(cell)
    assert read_nip(cell, TODAY).nip is None or isinstance(cell, str)


@pytest.mark.parametrize(
    ("cell", "done"),
    [
        ("11/12", (11, 12)),
        ("12 / 12", (12, 12)),
        ("'11/12", (11, 12)),
        ("1/1", (1, 1)),
        ("12 dari 12", (12, 12)),
        ("3 of 9", (3, 9)),
        ("ya", (1, 1)),
        ("Selesai", (1, 1)),
        ("Sudah selesai", (1, 1)),
        ("✓", (1, 1)),
        (True, (1, 1)),
        ("tidak", (0, 1)),
        ("Belum", (0, 1)),
        ("belum selesai", (0, 1)),
        ("tidak lengkap", (0, 1)),
        (False, (0, 1)),
        ("100%", (1, 1)),
        ("100,00 %", (1, 1)),
        ("99,9%", (0, 1)),
        (None, None),
        ("-", None),
    ],
)
def test_how_much_material_is_done_is_read_as_a_share_or_as_yes_and_no(
    cell: Cell, done: tuple[int, int] | None
) -> None:
    assert read_materials(cell) == done


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (datetime(2026, 12, 12), "became_date"),  # noqa: DTZ001 - 12/12 as a spreadsheet turned it
        ("13/12", "materials_beyond_total"),
        ("0/0", "materials_unreadable"),
        ("12", "materials_unreadable"),
        (12, "materials_unreadable"),
        ("120%", "materials_unreadable"),
        ("100,5%", "materials_unreadable"),
        ("selesai sebagian", "materials_unreadable"),
        ("selesai belum", "materials_unreadable"),
        ("x", "materials_unreadable"),
        (time(12, 12), "became_date"),
    ],
)
def test_what_does_not_say_clearly_how_much_is_done_is_refused(cell: Cell, code: str) -> None:
    assert refusal_of_cell(read_materials, cell) == code


@pytest.mark.parametrize(
    ("read", "arguments", "code", "shown"),
    [
        (text_of, ("#N/A",), "cell_error", "#N/A"),
        (read_score, ("lulus",), "score_unreadable", "lulus"),
        (read_score, (-70.5,), "score_unreadable", "-70.5"),
        (read_score, ("69,999996",), "score_too_precise", "69,999996"),
        (read_materials, ("13/12",), "materials_beyond_total", "13/12"),
        (read_materials, ("x",), "materials_unreadable", "x"),
        (read_moment, ("1/1/1900", UTC, NOW, TODAY), "date_implausible", "1900-01-01"),
        (read_moment, ("25/11/2026", UTC, NOW), "date_in_future", "2026-11-25"),
        (read_moment, ("kemarin", UTC, NOW), "date_unreadable", "kemarin"),
        (read_moment, ("31/02/2026", UTC, NOW), "date_unreadable", "31/02/2026"),
        (read_angkatan, ("IX", {"V": (), "VI": ()}), "angkatan_unknown", "IX"),
    ],
)
def test_a_refused_cell_is_shown_as_it_was_read(read: object, arguments: tuple, code: str, shown: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(CellRefused, match=code) as caught:
        read(*arguments)  # type: ignore[operator]

    assert (caught.value.code, caught.value.values["shown"]) == (code, shown)


def test_titles_are_compared_without_capitals_punctuation_and_parentheses() -> None:
    assert title_of(" NILAI  (0-100) ") == "nilai"
    assert title_of("Angkatan/Kelompok") == "angkatan kelompok"
    assert title_of("N.I.P.") == "n i p"
    assert title_of("#N/A") == ""


def test_an_apostrophe_in_a_title_or_a_day_makes_nothing_else_of_it() -> None:
    assert title_of("Hari Jum'at") == title_of("hari jumat")
    assert read_moment("Jum'at, 17 April 2026", UTC, NOW) == read_moment("17 April 2026", UTC, NOW)


def test_what_is_shown_of_a_cell_is_short_and_holds_nobodys_number() -> None:
    assert cells.shown(f"NIP {NIP}") == f"NIP {'*' * 18}"
    assert cells.shown("x" * 50) == "x" * 30 + "…"
    assert cells.shown("x" * 30) == "x" * 30


@pytest.mark.parametrize(
    ("column", "cell", "others", "goes_on"),
    [
        ("nip", NIP[:12], (), False),
        ("date", "2026-11-2", (), True),
        ("issued", "2026-11-2", (), True),
        ("valid_until", "2026-11-2", (), True),
        ("date", "05/11/2026", (), False),
        ("issued", "05/11/2026", (), False),
        ("materials", "", (), True),
        ("materials", "1", (), True),
        ("materials", "11/1", (), True),
        ("materials", "selesai", (), False),
        ("angkatan", "V", ("V", "VI"), True),
        ("angkatan", "V", ("V",), False),
        ("angkatan", "II", ("I", "V"), True),
        ("angkatan", "Khu", ("Khusus",), True),
        ("angkatan", "Khusus", ("Khusus",), False),
        ("score", "7", (), True),
    ],
)
def test_a_cell_at_which_a_file_breaks_off_counts_only_where_no_more_can_follow(
    column: str, cell: Cell, others: tuple[str, ...], goes_on: bool
) -> None:
    assert may_go_on(column, cell, others) is goes_on


@pytest.mark.parametrize(
    ("title", "field", "is_it"),
    [
        ("Nilai (0-100)", "score", True),
        ("NILAI (skala 100, dengan titik)", "score", True),
        ("NIP (18 digit)", "nip", True),
        ("Nilai (pretest)", "score", False),
        ("Tanggal (lahir)", "date", False),
        ("NIP (atasan)", "nip", False),
        ("Instansi (tujuan)", "institution", True),
    ],
)
def test_what_stands_in_parentheses_is_passed_over_only_where_it_says_how_a_column_is_written(
    title: str, field: str, is_it: bool
) -> None:
    def is_known_by(known: Titles) -> bool:
        return find_header([(1, [title], 1)], [], [], [field], known)[0] is not None

    assert is_known_by(TITLES) is is_it
    assert is_known_by({field: ((title_of(title),),)})  # a person chose it


def test_a_header_that_names_another_score_further_down_is_no_repetition() -> None:
    header, _ = find_header([(1, ["NIP", "Nama", "Nilai"], 3)], ["name", "score"], [])

    assert header is not None
    assert header.is_repeated(["nip", "NAMA", "NILAI (0-100)"])
    assert not header.is_repeated(["NIP", "Nama", "Nilai (pretest)"])

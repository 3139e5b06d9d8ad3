"""What one cell of an office's table says; whatever could mean two things is refused, and nothing is guessed."""

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latsar_sync.files import cells
from latsar_sync.files.angkatan_cells import numeral, read_angkatan
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
from latsar_sync.files.dates import read_day, read_moment
from latsar_sync.files.finding_columns import find_header

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
JAKARTA = ZoneInfo("Asia/Jakarta")
NIP = "199508172025042003"


def refusal(read: object, *arguments: object) -> str:
    with pytest.raises(CellRefused) as refused:
        read(*arguments)  # type: ignore[operator]
    return refused.value.code


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
    assert refusal(read_score, cell) == code


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
    assert refusal(read_materials, cell) == code


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2026-11-05", "2026-11-05T00:00+07:00"),
        ("2026-11-05 08:30", "2026-11-05T08:30+07:00"),
        ("2026-11-05T08:30:15", "2026-11-05T08:30:15+07:00"),
        ("05/11/2026", "2026-11-05T00:00+07:00"),
        ("5-11-2026 08.30 WITA", "2026-11-05T08:30+08:00"),
        ("5 November 2026", "2026-11-05T00:00+07:00"),
        ("Kamis, 5 Nopember 2026 pukul 08.30 WIB", "2026-11-05T08:30+07:00"),
        ("12 Agt 2026", "2026-08-12T00:00+07:00"),
        ("1 Mei 2026", "2026-05-01T00:00+07:00"),
        (datetime(2026, 11, 5, 8, 30), "2026-11-05T08:30+07:00"),  # noqa: DTZ001 - as XLSX has it
        (datetime(2026, 11, 5, 8, 30, tzinfo=UTC), "2026-11-05T08:30+00:00"),
        (date(2026, 11, 5), "2026-11-05T00:00+07:00"),
    ],
)
def test_a_date_is_read_as_offices_write_it_with_the_day_before_the_month(cell: Cell, moment: str) -> None:
    assert read_moment(cell, JAKARTA, NOW) == datetime.fromisoformat(moment)


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2026-10-05T10:30:00Z", "2026-10-05T10:30:00+00:00"),
        ("2026-10-05T10:30:00+07:00", "2026-10-05T10:30:00+07:00"),
        ("2026-10-05 10:30:00-0100", "2026-10-05T10:30:00-01:00"),
        ("2026-10-05 10:30+05:30", "2026-10-05T10:30:00+05:30"),
        ("2026-10-05 10:30+10:00", "2026-10-05T10:30:00+10:00"),
        ("2026/10/05", "2026-10-05T00:00:00+07:00"),
        ("2 - 10 - 2026", "2026-10-02T00:00:00+07:00"),
        ("Jum'at, 2 Oktober 2026", "2026-10-02T00:00:00+07:00"),
        ("Jum’at, 2 Oktober 2026", "2026-10-02T00:00:00+07:00"),
        ("05/10/2026 10:30:00 AM", "2026-10-05T10:30:00+07:00"),
        ("05/10/2026 12:05 am", "2026-10-05T00:05:00+07:00"),
        ("05/10/2026 12:05 PM", "2026-10-05T12:05:00+07:00"),
        ("05/10/2026 1:05 PM", "2026-10-05T13:05:00+07:00"),
        ("05/10/2026 11:05 PM", "2026-10-05T23:05:00+07:00"),
        ("'05/10/2026", "2026-10-05T00:00:00+07:00"),
    ],
)
def test_a_date_is_read_as_programs_and_people_write_it(cell: Cell, moment: str) -> None:
    assert read_moment(cell, JAKARTA, NOW) == datetime.fromisoformat(moment)


@pytest.mark.parametrize(
    "cell",
    [
        "01/01/1900", "1 Januari 0001", "17/08/1945", "01/01/1970", "0001-01-01T00:00:00+14:00", "31/12/2023",
        datetime.fromisoformat("1900-01-01"), datetime.fromisoformat("0001-01-01"),
        date(1904, 1, 1), datetime(1, 1, 1, tzinfo=UTC),
    ],
)  # fmt: skip
def test_a_date_that_a_program_writes_which_knows_none_is_refused_with_the_first_plausible_day(cell: Cell) -> None:
    with pytest.raises(CellRefused) as caught:
        read_moment(cell, JAKARTA, NOW, date(2024, 1, 1))

    assert caught.value.code == "date_implausible"
    assert caught.value.values["minimum"] == "2024-01-01"


@pytest.mark.parametrize(
    "cell", ["31/12/9999", "9999-12-31T23:59:59-12:00", datetime.fromisoformat("9999-12-31"), "13/10/2026 13:00 pm"]
)
def test_no_date_at_the_end_of_the_calendar_is_a_fault(cell: Cell) -> None:
    assert refusal(read_moment, cell, JAKARTA, NOW) in ("date_in_future", "date_unreadable")


def test_the_first_plausible_day_and_this_very_moment_are_taken() -> None:
    assert read_moment("01/01/2024", JAKARTA, NOW, date(2024, 1, 1)) == datetime(2023, 12, 31, 17, tzinfo=UTC)
    assert read_moment("24/11/2026", JAKARTA, NOW) == datetime(2026, 11, 23, 17, tzinfo=UTC)
    assert read_moment(NOW, JAKARTA, NOW) == NOW


def test_a_day_that_has_begun_where_the_office_is_does_not_lie_in_the_future() -> None:
    in_the_evening = datetime(2026, 11, 24, 20, tzinfo=UTC)

    assert read_moment("25/11/2026", JAKARTA, in_the_evening) == datetime(2026, 11, 24, 17, tzinfo=UTC)


def test_a_moment_comes_out_in_universal_time() -> None:
    moment = read_moment("05/11/2026 08.30 WIB", JAKARTA, NOW)

    assert moment is not None
    assert moment.tzinfo is UTC


def test_a_day_is_read_like_a_date_without_its_time() -> None:
    assert read_day("5 Agustus 2026 pukul 10.30 WIB") == date(2026, 8, 5)
    assert read_day(datetime.fromisoformat("2026-08-05T23:00:00")) == date(2026, 8, 5)
    assert read_day("") is None


def test_an_empty_date_is_none() -> None:
    assert read_moment("-", JAKARTA, NOW) is None


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("kemarin", "date_unreadable"),
        ("5/11/26", "date_unreadable"),
        ("11/25/2026", "date_unreadable"),
        ("31/02/2026", "date_unreadable"),
        ("5 Brumaire 2026", "date_unreadable"),
        ("45982", "date_unreadable"),
        (45982, "date_unreadable"),
        ("5/11/2026 25:00", "date_unreadable"),
        ("5/11/2026 0:30 am", "date_unreadable"),
        ("25/11/2026", "date_in_future"),
        (NOW + timedelta(minutes=1), "date_in_future"),
    ],
)
def test_a_date_that_cannot_be_or_lies_in_the_future_is_refused(cell: Cell, code: str) -> None:
    assert refusal(read_moment, cell, JAKARTA, NOW) == code


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


@given(st.integers(min_value=1, max_value=3999))
def test_every_roman_numeral_means_its_own_number_and_no_other(number: int) -> None:
    assert numeral(roman(number)) == numeral(roman(number).lower()) == numeral(str(number)) == number


def roman(number: int) -> str:
    pairs = zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ("M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"),
        strict=True,
    )
    text = ""
    for value, messages in pairs:
        text += messages * (number // value)
        number %= value
    return text


@pytest.mark.parametrize("text", ["", "IIII", "VX", "IC", "A", "1a", "-1"])
def test_what_is_no_numeral_means_no_number(text: str) -> None:
    assert numeral(text) is None


COURSES = {"V": (), "VI": ("Angkatan VI Golongan III",), "VIII": (), "khusus-2": ("Kelas Khusus",)}


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("VI", "VI"),
        ("Angkatan V", "V"),
        ("ANGKATAN  viii", "VIII"),
        ("angkatan VI golongan III", "VI"),
        ("Kelompok 6", "VI"),
        ("'6", "VI"),
        (6, "VI"),
        (6.0, "VI"),
        ("khusus-2", "khusus-2"),
        ("Khusus", "khusus-2"),
        ("-", None),
        (None, None),
    ],
)
def test_an_angkatan_is_known_by_its_whole_name_or_by_its_numeral(cell: Cell, found: str | None) -> None:
    assert read_angkatan(cell, COURSES) == found


@pytest.mark.parametrize("cell", [datetime(2026, 1, 2), time(1, 2)])  # noqa: DTZ001 - 1/2 as XLSX has it
def test_an_angkatan_that_a_spreadsheet_made_a_date_of_is_told_as_that(cell: Cell) -> None:
    assert refusal(read_angkatan, cell, COURSES) == "became_date"


@pytest.mark.parametrize("cell", ["VII", "9", "Angkatan", "V I", "VI/VIII", "Angkatan VI Golongan II"])
def test_an_angkatan_is_never_taken_for_a_part_of_another(cell: str) -> None:
    assert refusal(read_angkatan, cell, COURSES) == "angkatan_unknown"


def test_an_angkatan_that_nobody_knows_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(CellRefused) as caught:
        read_angkatan("Angkatan IX", COURSES)

    assert caught.value.values == {"shown": "Angkatan IX", "known": "V, VI, VIII, khusus-2"}


def test_a_numeral_that_two_angkatan_have_is_refused() -> None:
    assert refusal(read_angkatan, "Angkatan 6", {"VI": (), "06": ()}) == "angkatan_unknown"
    assert read_angkatan("6", {"VI": (), "6": ()}) == "6"


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

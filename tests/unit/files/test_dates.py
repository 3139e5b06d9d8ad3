"""A date as offices, people and programs write it; whatever could mean two days, or cannot be, is refused."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from office_lists import refusal_of_cell

from latsar_sync.files.cells import Cell, CellRefused
from latsar_sync.files.dates import read_day, read_moment

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
JAKARTA = ZoneInfo("Asia/Jakarta")


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
    assert refusal_of_cell(read_moment, cell, JAKARTA, NOW) in ("date_in_future", "date_unreadable")


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
    assert refusal_of_cell(read_moment, cell, JAKARTA, NOW) == code

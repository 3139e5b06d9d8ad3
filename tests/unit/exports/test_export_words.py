"""Dates, numbers and sentences as Indonesian letters write them, and as English ones do."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from latsar_sync.domain import figures, language
from latsar_sync.exports.attendance_list import weeks
from latsar_sync.exports.roster_csv import CSV_COLUMNS, roster_csv
from latsar_sync.exports.words import sentences, sex_of
from latsar_sync.shapes.roster import RosterShape


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2026, 12, 7), date(2026, 12, 12), "7–12 Desember 2026"),
        (date(2026, 11, 30), date(2026, 12, 5), "30 November – 5 Desember 2026"),
        (date(2026, 12, 28), date(2027, 1, 2), "28 Desember 2026 – 2 Januari 2027"),
        (date(2026, 12, 7), date(2026, 12, 7), "7 Desember 2026"),
        (date(2026, 12, 7), None, "7 Desember 2026"),
        (None, None, ""),
    ],
)
def test_a_stretch_of_days_is_said_once_where_it_can_be(first: date | None, last: date | None, said: str) -> None:
    with language.speaking("id"):
        assert figures.days(first, last) == said


@pytest.mark.parametrize(
    ("zone", "said"),
    [("Asia/Jakarta", "13.05 WIB"), ("Asia/Makassar", "13.05 WITA"), ("Asia/Jayapura", "13.05 WIT")],
)
def test_a_moment_carries_the_letters_of_its_zone(zone: str, said: str) -> None:
    with language.speaking("id"):
        assert figures.long_moment(datetime(2026, 12, 7, 13, 5, tzinfo=ZoneInfo(zone))) == f"7 Desember 2026 {said}"


def test_english_documents_speak_english() -> None:
    with language.speaking("en"):
        assert figures.long_day(date(2026, 12, 7)) == "7 December 2026"
        assert figures.weekday(date(2026, 12, 7)) == "Mon, 7 Dec"
        assert figures.number(Decimal(70)) == "70"


def test_numbers_within_a_sentence_have_a_comma_in_indonesian() -> None:
    reasons = [("score_below_threshold", {"score": "69.99600", "threshold": "70"})]

    with language.speaking("id"):
        assert sentences(reasons, None) == ["Nilai evaluasi 69,996 belum mencapai batas kelulusan 70."]
        assert figures.number(Decimal(70)) == "70"


def test_days_are_parted_by_weeks_that_begin_on_a_monday() -> None:
    days = weeks(date(2026, 12, 3), date(2026, 12, 22))

    assert [len(week) for week in days] == [4, 7, 7, 2]
    assert days[0] == [date(2026, 12, day) for day in (3, 4, 5, 6)]


def test_the_sex_is_what_the_nip_says_and_nothing_without_one() -> None:
    with language.speaking("id"):
        assert [sex_of(nip) for nip in ("199508172025041003", "199508172025042003", None)] == ["L", "P", ""]


def test_the_csv_of_the_roster_has_no_column_that_its_json_does_not_have() -> None:
    assert set(CSV_COLUMNS) < RosterShape.__annotations__.keys()
    header = next(iter(roster_csv([]))).strip()
    assert header == ",".join(CSV_COLUMNS)

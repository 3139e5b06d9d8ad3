"""What a report shows of our people: found by their keys wherever they stand, compared and never read."""

from datetime import UTC, datetime, timedelta

import pytest
from builders import person

from latsar_sync.domain.participant import Person
from latsar_sync.rules.report_rows import ReportTable, by_key, compare, compare_keys, is_newest_first, key_column

ANI, BUDI, CITRA = person(1), person(2), person(3)
BLANK = ("", "", None, "")


def row(who: Person, total: str = "80.00", group: str = "Angkatan I") -> tuple[str, str, str, str]:
    return (who.name, total, f" {who.raw_key} ", group)


def test_people_are_found_by_the_column_in_which_their_keys_stand_and_blank_rows_are_nobodys() -> None:
    found = compare([BLANK, row(ANI), BLANK, row(BUDI)], [ANI, BUDI, CITRA])

    assert found is not None
    assert found.rows.keys() == {1, 2}
    assert (found.missing, found.strange) == ({3}, ())


def test_a_row_that_reads_otherwise_has_another_fingerprint_and_the_order_of_rows_says_nothing() -> None:
    twice = [row(ANI), row(ANI, group="Angkatan II")]
    first, turned = compare(twice, [ANI]), compare(twice[::-1], [ANI])
    changed = compare([row(ANI), row(ANI, "80.01", "Angkatan II")], [ANI])

    assert first == turned
    assert first is not None
    assert changed is not None
    assert changed.rows != first.rows


def test_whoever_is_nobody_of_ours_is_named_as_written_and_whoever_has_no_key_is_not_missed() -> None:
    nameless = Person(9, "Tanpa NIP", None, (), "", ANI.enrolment)
    found = compare([row(ANI), ("Guru", "", "pengampu.rek", "")], [ANI, nameless])

    assert found is not None
    assert (found.strange, found.missing) == (("pengampu.rek",), set())


def test_two_accounts_with_one_key_share_their_rows() -> None:
    double = Person(7, "Ani", ANI.raw_key, (), "", ANI.enrolment)
    found = compare([row(ANI)], [ANI, double])
    assert found is not None
    assert found.rows[1] == found.rows[7]


@pytest.mark.parametrize("table", [[], [BLANK], [("Guru", "", "lain", "")], [row(ANI)]])
def test_a_report_of_others_or_of_too_few_of_us_says_nothing(table: list[tuple[str | None, ...]]) -> None:
    assert compare(table, [ANI, BUDI, CITRA]) is None


def test_rows_may_be_of_different_lengths_and_of_two_columns_alike_the_first_counts() -> None:
    twice = ReportTable([("x",), ("199508172025042001", "199508172025042001")])

    assert key_column(twice, {"199508172025042001"}, 1) == 0
    assert compare([("x", "y"), (ANI.raw_key,)], [ANI]) is not None
    assert key_column(ReportTable([("x",)]), set(), 0) is None


def test_a_table_that_is_asked_twice_tells_the_same() -> None:
    table = ReportTable([BLANK, row(ANI), row(BUDI)])

    first, again = (compare_keys(table, by_key([ANI, BUDI])) for _ in range(2))

    assert first is not None
    assert first == again


def test_a_part_of_a_report_is_about_us_if_half_of_it_is_and_misses_nobody() -> None:
    people = [person(number) for number in range(1, 9)]

    found, others = compare([row(BUDI), row(ANI)], people, part=True), ("Guru", "", "lain", "")

    assert found is not None
    assert list(found.rows) == [2, 1]
    assert found.missing == set()
    assert compare([row(ANI), others, others], people, part=True) is None


def test_rows_stand_by_the_last_visit_only_where_that_shows() -> None:
    now = datetime(2026, 11, 29, tzinfo=UTC)
    visits: dict[int, datetime | None] = {each: now - timedelta(hours=each) for each in range(20)}
    came = {**visits, 13: now, 30: None}

    assert is_newest_first(visits, visits)
    assert is_newest_first(came, came)  # one of twenty came back after the rows were read
    assert not is_newest_first(reversed(visits), visits)
    assert not is_newest_first(range(20), dict.fromkeys(range(20), now))
    assert not is_newest_first(range(20), dict.fromkeys(range(20)))
    assert not is_newest_first([19, *range(1, 19), 0], dict.fromkeys(range(20), now) | {0: now - timedelta(days=9)})

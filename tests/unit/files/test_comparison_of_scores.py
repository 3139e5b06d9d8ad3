"""What a file of scores would change: each score goes to one person, and each rejection has line, column and reason."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from builders import nip
from compared_files import READER, header_of, person, reasons, scored

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.evidence import Imported
from latsar_sync.domain.participant import Enrolment
from latsar_sync.files.cells import Rounded
from latsar_sync.files.comparison_of_scores import ScoreComparison

HUNDRED = Decimal(100)


def test_scores_are_matched_by_nip_and_a_correction_follows_the_newest() -> None:
    before = Imported(3, 9, Decimal(60), Decimal(0), HUNDRED, None, 12, 12)

    taken, sheet = scored(
        [nip(1), "DADANG SUDRAJAT", "70,5", "12/12", "05/11/2026"],
        [nip(2), "", "", "", ""],
        known=[person(1), person(2)],
        newest={"p1": before},
    )

    assert sheet.rejected == []
    assert [(each.record.participant.id, each.before) for each in taken.changes] == [("p1", before), ("p2", None)]
    assert taken.changes[0].after == Imported(
        4, 0, Decimal("70.5"), Decimal(0), HUNDRED, datetime(2026, 11, 4, 17, tzinfo=UTC), 12, 12, 2
    )
    assert taken.changes[1].after == Imported(1, 0, None, Decimal(0), HUNDRED, line=3)


def test_a_score_beside_another_participant_s_name_is_rejected_and_a_name_that_differs_is_told() -> None:
    known = [person(1, "Muhammad Fajar"), person(2, "Muhammad Rizki, S.E."), person(3, "Siti Rahmawati")]

    _, sheet = scored(
        [nip(1), "dr. MUHAMMAD RIZKI", "90", "12/12", ""],
        [nip(2), "Muhammad Ridwan", "90", "12/12", ""],
        [nip(3), "Siti Rahmawati Putri", "90", "12/12", ""],
        known=known,
    )

    assert reasons(sheet) == [(2, "Nama", "name_of_another")]
    assert [(each.line, each.code) for each in sheet.warnings] == [(3, "name_differs")]


def test_a_score_that_the_sheet_shows_rounded_counts_as_it_is_held_and_that_is_told() -> None:
    """Once 69.6 that looks like 70 in the sheet failed somebody, and nobody was told why."""
    taken, sheet = scored([nip(1), "", Rounded(69.6, "70"), "ya"], known=[person(1)])

    assert taken.changes[0].after.raw == Decimal("69.60000")
    assert [(each.code, each.values) for each in sheet.warnings] == [
        ("score_shown_rounded", {"shown": "70", "meant": "69.6"})
    ]


def test_the_same_scores_again_change_nothing() -> None:
    newest = {"p1": Imported(1, 4, Decimal("70.50000"), Decimal(0), HUNDRED, None, 1, 1)}

    taken, _ = scored([nip(1), "", "70,5", "ya"], known=[person(1)], newest=newest)

    assert taken == ScoreComparison(unchanged=1)


def test_scores_that_change_something_and_those_that_do_not_are_counted_apart() -> None:
    newest = {"p1": Imported(1, 4, Decimal("70.50000"), Decimal(0), HUNDRED, None, 1, 1)}

    taken, _ = scored([nip(1), "", "70,5", "ya"], [nip(2), "", "80", "ya"], known=[person(1), person(2)], newest=newest)

    assert ([each.record.participant.id for each in taken.changes], taken.unchanged) == (["p2"], 1)


def test_a_line_with_a_name_or_a_score_and_no_nip_is_somebody() -> None:
    _, sheet = scored([None, "Siti", None], [None, None, "80"], [None, None, None, "12/12"], known=[person(1)])

    assert reasons(sheet) == [(2, "NIP", "nip_missing"), (3, "NIP", "nip_missing")]


def test_each_score_that_cannot_be_given_to_one_person_is_rejected() -> None:
    _, sheet = scored(
        [nip(9), "Siapa", "80", "12/12", ""],
        [nip(2), "", "80", "12/12", ""],
        [nip(3), "Bukan Orangnya", "80", "12/12", ""],
        [nip(4), "", "80", "12/12", ""],
        ["", "Tanpa NIP", "delapan puluh", "12/12", ""],
        [nip(5), "", "80", "12/12", ""],
        known=[person(2), person(20, nip_of=2), person(3), person(4, enrolment=Enrolment.ENDED)],
    )

    assert reasons(sheet) == [
        (2, "NIP", "not_a_participant"),
        (3, "NIP", "nip_shared"),
        (4, "Nama", "name_conflict"),
        (5, "NIP", "not_a_participant"),
        (6, "NIP", "nip_missing"),
        (6, "Nilai", "score_unreadable"),
        (7, "NIP", "not_a_participant"),
    ]


@pytest.mark.parametrize(
    ("score", "done", "day", "column", "code"),
    [
        ("101", "12/12", "", "Nilai", "score_out_of_range"),
        ("tujuh puluh", "12/12", "", "Nilai", "score_unreadable"),
        ("80", "13/12", "", "Materi selesai", "materials_beyond_total"),
        ("80", "12/12", "25/12/2026", "Tanggal", "date_in_future"),
    ],
)
def test_each_cell_of_a_score_that_cannot_be_is_rejected(
    score: str, done: str, day: str, column: str, code: str
) -> None:
    _, sheet = scored([nip(1), "", score, done, day], known=[person(1)])

    assert reasons(sheet) == [(2, column, code)]


@pytest.mark.parametrize("score", ["1.234", "1,234"])
def test_a_thousand_that_may_be_one_and_a_bit_is_refused_where_both_can_be(score: str) -> None:
    wide = replace(READER, maximum=Decimal(2000))

    _, sheet = scored([nip(1), "", score, "12/12", ""], known=[person(1)], reader=wide)
    _, narrow = scored([nip(1), "", score, "12/12", ""], known=[person(1)])

    assert reasons(sheet) == [(2, "Nilai", "score_ambiguous")]
    assert sheet.rejected[0].values == {"shown": score}
    assert reasons(narrow) == []


@pytest.mark.parametrize(("maximum", "code"), [("1000", ["score_ambiguous"]), ("999", [])])
def test_a_thousand_is_possible_from_a_maximum_of_1000(maximum: str, code: list[str]) -> None:
    _, sheet = scored([nip(1), "", "1,234", ""], known=[person(1)], reader=replace(READER, maximum=Decimal(maximum)))

    assert [remark.code for remark in sheet.rejected] == code


def test_a_score_at_either_end_of_the_range_is_taken_and_one_beyond_is_told_with_the_range() -> None:
    from_ten = replace(READER, minimum=Decimal("10.00000"), maximum=Decimal("100.00000"))
    lines = [[nip(number), "", score, ""] for number, score in enumerate(("10", "100", "9,99999"), start=1)]

    taken, sheet = scored(*lines, known=[person(1), person(2), person(3)], reader=from_ten)

    assert reasons(sheet) == [(4, "Nilai", "score_out_of_range")]
    assert sheet.rejected[0].values == {"shown": "9,99999", "minimum": "10", "maximum": "100"}
    assert len(taken.changes) == 3


def test_a_score_from_before_the_programme_can_have_begun_is_refused() -> None:
    begun = replace(READER, earliest=date(2024, 1, 1))

    _, sheet = scored([nip(1), "", "80", "", "31/12/2023"], known=[person(1)], reader=begun)

    assert reasons(sheet) == [(2, "Tanggal", "date_implausible")]


def test_whoever_has_another_number_of_activities_than_most_is_rejected() -> None:
    lines = [[nip(number), "", "80", "11/11" if number == 2 else "12/12", ""] for number in (1, 2, 3)]

    _, sheet = scored(*lines, known=[person(1), person(2), person(3)])

    assert reasons(sheet) == [(3, "Materi selesai", "materials_total_differs")]
    assert sheet.rejected[0].values == {"usual": "12", "total": "11"}


def test_the_material_is_not_read_where_a_mooc_tells_it() -> None:
    taken, sheet = scored([nip(1), "", "80", "entah"], known=[person(1)], materials=False)

    assert sheet.rejected == []
    assert taken.changes[0].after.materials_total is None


@pytest.mark.parametrize(("listed", "scores"), [("Nur'aini, S.Pd.", "NURAINI"), ("Ma'mun", "Ma\u2019mun")])
def test_a_name_with_an_apostrophe_is_nobody_else_s(listed: str, scores: str) -> None:
    _, sheet = scored([nip(1), scores, "80", ""], known=[person(1, name=listed)])

    assert sheet.rejected == []


def test_two_columns_that_claim_to_be_the_score_are_refused() -> None:
    with pytest.raises(UsageError, match='more than one column for Score: "Nilai", "Nilai Akhir"'):
        header_of("NIP", "Nilai", "Nilai Akhir")

"""What a file would change: each row is checked, each rejection has line, column and reason, nothing is half-taken."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from builders import nip

from latsar_sync.domain import language
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.evidence import Evidence, Grade, GradeStatus, Imported
from latsar_sync.domain.participant import Enrolment, Participant, Person
from latsar_sync.domain.records import Record
from latsar_sync.files.cells import Cell, read_materials
from latsar_sync.files.checking import REJECTIONS, WARNINGS, Reader, Remark, Sheet
from latsar_sync.files.comparison import PeopleComparison, ScoreComparison, take_people, take_scores
from latsar_sync.files.headers import Header, find_header

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
READER = Reader(NOW, ZoneInfo("Asia/Jakarta"), {"I": ("Angkatan I",), "II": ("Angkatan II",)})


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with language.speaking("en"):
        yield


LIST = ("No", "NIP", "Nama", "Instansi", "Angkatan/Kelompok")
SCORES = ("NIP", "Nama", "Nilai", "Materi selesai", "Tanggal")
HUNDRED = Decimal(100)

Lines = Sequence[Sequence[Cell]]


def opened(
    titles: Sequence[Cell], lines: Lines, required: Sequence[str], optional: Sequence[str], reader: Reader = READER
) -> tuple[Sheet, list[tuple[int, Sequence[Cell], int]]]:
    rows = [(number, cells, len(cells)) for number, cells in enumerate([titles, *lines], start=1)]
    header, _ = find_header(rows, required, optional)
    assert header is not None
    return Sheet(header, reader), rows[1:]


def listed(
    *lines: Sequence[Cell],
    known: Sequence[Record] = (),
    titles: Sequence[Cell] = LIST,
    whole: bool = True,
    reader: Reader = READER,
) -> tuple[PeopleComparison, Sheet]:
    sheet, rows = opened(titles, lines, ["nip", "name"], ["institution", "angkatan"], reader)
    ids = count(1)
    by_number = {record.participant.person.user_id: record for record in known}
    return take_people(sheet, rows, by_number, max(by_number, default=0), whole, lambda: f"new-{next(ids)}"), sheet


def scored(
    *lines: Sequence[Cell],
    known: Sequence[Record],
    newest: dict[str, Imported] | None = None,
    titles: Sequence[Cell] = SCORES,
    materials: bool = True,
    reader: Reader = READER,
) -> tuple[ScoreComparison, Sheet]:
    sheet, rows = opened(titles, lines, ["nip", "score"], ["name", "materials", "date"], reader)
    by_number = {record.participant.person.user_id: record for record in known}
    return take_scores(sheet, rows, by_number, newest or {}, materials), sheet


def person(
    number: int, name: str = "Dadang Tri Sudrajat, S.E.", enrolment: Enrolment = Enrolment.ACTIVE, nip_of: int = 0
) -> Record:
    number_in_nip = nip(nip_of or number)
    someone = Person(number, name, number_in_nip, ("I",), "Kota Kudus", enrolment)
    return Record(
        Participant(f"p{number}", someone, number_in_nip), Evidence(Grade(GradeStatus.NOT_IMPORTED)), None, NOW
    )


def reasons(sheet: Sheet) -> list[tuple[int, str, str]]:
    by_line = sorted(sheet.rejected, key=lambda remark: remark.line)
    return [(remark.line, remark.column, remark.code) for remark in by_line]


def test_a_list_of_new_people_is_taken_in_the_order_of_the_file() -> None:
    taken, sheet = listed(
        [1, nip(1), "Dadang Tri", "Kota Kudus", "Angkatan I"], [2, f"'{nip(2)}", "Yopi  Wowor", "", "ii"]
    )

    assert sheet.rejected == []
    assert sheet.header.ignored == ("No",)
    assert [(each.record.participant.person.user_id, each.record.participant.nip) for each in taken.new] == [
        (1, nip(1)),
        (2, nip(2)),
    ]
    assert [each.record.participant.person.groups for each in taken.new] == [("I",), ("II",)]
    assert taken.new[1].record.participant.person.name == "Yopi Wowor"
    first = taken.new[0].record
    assert first.evidence_version == 1
    assert (first.participant.id, first.participant.person.key) == ("new-1", nip(1))
    assert (first.evidence, first.last_seen_at) == (Evidence(Grade(GradeStatus.NOT_IMPORTED)), NOW)


def test_the_same_list_again_changes_nothing() -> None:
    line = [1, nip(1), "Dadang Tri Sudrajat, S.E.", "Kota Kudus", "I"]

    taken, _ = listed(line, known=[person(1)])

    assert taken == PeopleComparison(unchanged=1)


def test_what_differs_is_told_and_keeps_the_number_and_the_evidence() -> None:
    taken, _ = listed([1, nip(1), "Dadang T. Sudrajat", "Kota Demak", "II"], known=[person(1)])

    (change,) = taken.changed
    assert change.what == ("name", "institution", "angkatan")
    assert (change.record.participant.id, change.record.evidence) == ("p1", person(1).evidence)
    assert change.before == person(1)
    after = change.record.participant.person
    assert (after.name, after.institution, after.groups) == ("Dadang T. Sudrajat", "Kota Demak", ("II",))


def test_an_institution_and_an_angkatan_that_a_list_leaves_empty_are_empty_afterwards() -> None:
    taken, _ = listed([1, nip(1), "Dadang Tri Sudrajat, S.E.", "", ""], known=[person(1)])

    (change,) = taken.changed
    assert (change.record.participant.person.institution, change.record.participant.person.groups) == ("", ())


def test_an_address_is_kept_in_small_letters_and_what_is_none_is_left_out_and_told() -> None:
    titles = ("NIP", "Nama", "E-mail")
    sheet, rows = opened(
        titles,
        [(nip(1), "Siti Aminah", "mailto:Siti.A@Kudus.go.id"), (nip(2), "Budi Santoso", "menyusul")],
        ["nip", "name"],
        ["email"],
        replace(READER, placed_by_file=False),
    )

    taken = take_people(sheet, rows, {}, 0, True, iter("ab").__next__)

    assert [each.record.participant.person.email for each in taken.new] == ["siti.a@kudus.go.id", ""]
    assert [(each.line, each.code) for each in sheet.warnings] == [(3, "email_unusable")]
    assert sheet.rejected == []


def test_a_new_person_without_institution_and_angkatan_has_none() -> None:
    taken, _ = listed([1, nip(1), "Siti", "", ""])

    (new,) = taken.new
    assert (new.record.participant.person.institution, new.record.participant.person.groups) == ("", ())


def test_those_whom_a_list_leaves_as_they_are_are_counted() -> None:
    lines = [[number, nip(number), "Dadang Tri Sudrajat, S.E.", "Kota Kudus", "I"] for number in (1, 2)]

    assert listed(*lines, known=[person(1), person(2)])[0] == PeopleComparison(unchanged=2)


def test_whoever_is_missing_from_a_whole_list_has_ended_and_comes_back_when_listed_again() -> None:
    line = [1, nip(1), "Dadang Tri Sudrajat, S.E.", "Kota Kudus", "I"]

    without, _ = listed(line, known=[person(1), person(2)])
    part, _ = listed(line, known=[person(1), person(2)], whole=False)
    again, _ = listed(line, known=[person(1, enrolment=Enrolment.ENDED)])
    already, _ = listed(line, known=[person(1), person(2, enrolment=Enrolment.ENDED)])

    assert [each.record.participant.person.enrolment for each in without.ended] == [Enrolment.ENDED]
    assert [each.before for each in without.ended] == [person(2)]
    assert part.ended == already.ended == ()
    assert again.changed[0].what == ("enrolment",)


def test_new_people_get_numbers_after_those_known() -> None:
    taken, _ = listed([1, nip(3), "Siti", "", "I"], known=[person(7)])

    assert taken.new[0].record.participant.person.user_id == 8


def test_a_column_that_a_list_does_not_have_says_nothing() -> None:
    reader = replace(READER, placed_by_file=False)

    taken, sheet = listed(
        [nip(1), "Dadang Tri Sudrajat, S.E."], known=[person(1)], titles=("NIP", "Nama"), reader=reader
    )

    assert (taken.unchanged, sheet.warnings) == (1, [])


def test_each_thing_wrong_is_told_with_line_column_and_reason() -> None:
    _, sheet = listed(
        [1, None, "Tanpa NIP", "", "I"],
        [2, 1.99508172025042e17, "Angka", "", "I"],
        [3, nip(3), "", "", "I"],
        [4, nip(4), nip(4), "", "I"],
        [5, nip(5), "Panjang" * 40, "", "I"],
        [6, nip(6), "Siti", "#REF!", "Angkatan IV"],
    )

    assert reasons(sheet) == [
        (2, "NIP", "nip_missing"),
        (3, "NIP", "nip_invalid"),
        (4, "Nama", "name_missing"),
        (5, "Nama", "name_unreadable"),
        (6, "Nama", "name_unreadable"),
        (7, "Instansi", "cell_error"),
        (7, "Angkatan/Kelompok", "angkatan_unknown"),
    ]


def test_a_nip_that_stands_twice_rejects_every_line_with_it() -> None:
    _, sheet = listed([1, nip(1), "Siti", "", "I"], [2, nip(2), "Budi", "", "I"], [3, nip(1), "Siti", "", "I"])

    assert reasons(sheet) == [(2, "NIP", "nip_repeated"), (4, "NIP", "nip_repeated")]
    assert [remark.values["other"] for remark in sheet.rejected] == ["4", "2"]


@pytest.mark.parametrize(("length", "read"), [(200, []), (201, [(2, "Nama", "name_unreadable")])])
def test_a_name_has_at_most_200_letters(length: int, read: list[tuple[int, str, str]]) -> None:
    assert reasons(listed([1, nip(1), "S" * length, "", "I"])[1]) == read


def test_an_angkatan_that_cannot_be_read_is_rejected_and_not_warned_of_as_missing() -> None:
    _, sheet = listed([1, nip(1), "Siti", "", "Angkatan IV"])

    assert [remark.code for remark in sheet.rejected] == ["angkatan_unknown"]
    assert sheet.warnings == []


@pytest.mark.parametrize(
    ("born", "appointed", "told"),
    [
        ("20070301", "202503", []),
        ("20070401", "202503", [{"age": "17"}]),
        ("19841101", "202510", []),
        ("19841001", "202510", [{"age": "41"}]),
        ("19850101", "202512", []),
    ],
)
def test_an_age_is_unusual_below_18_and_from_41_on_the_day_of_appointment(
    born: str, appointed: str, told: list[dict[str, str]]
) -> None:
    _, sheet = listed([1, f"{born}{appointed}1001", "Siti", "", "I"])

    assert [remark.values for remark in sheet.warnings if remark.code == "age_unusual"] == told


def test_what_was_saved_in_a_wrong_encoding_is_taken_and_told_with_what_was_meant() -> None:
    taken, sheet = listed(
        [1, nip(1), "Siti Nurâ€™aini", "Kota SabÃ©", "I"], [2, nip(2), "Siti Nur’aini", "Kota Sabé", "I"]
    )

    assert len(taken.new) == 2
    assert [(remark.line, remark.column, remark.values) for remark in sheet.warnings] == [
        (2, "Nama", {"shown": "Siti Nurâ€™aini", "meant": "Siti Nur’aini"}),
        (2, "Instansi", {"shown": "Kota SabÃ©", "meant": "Kota Sabé"}),
    ]


def test_a_person_without_an_angkatan_and_an_unusual_age_are_told_and_taken() -> None:
    young = "201001012025042001"

    taken, sheet = listed([1, young, "Anak", "", ""])

    assert len(taken.new) == 1
    assert [(remark.line, remark.code) for remark in sheet.warnings] == [(2, "no_angkatan"), (2, "age_unusual")]
    assert sheet.warnings[1].values == {"age": "15"}


def test_empty_lines_and_the_numbering_of_the_columns_hold_nobody() -> None:
    taken, sheet = listed(["(1)", "(2)", "(3)", "(4)", "(5)"], [], [None, None, None, "Kota"], [1, nip(1), "S", "", 1])

    assert (sheet.rows, len(taken.new)) == (1, 1)


def test_a_csv_line_wider_than_its_header_is_rejected() -> None:
    _, sheet = scored(
        [nip(1), "Dadang", "70", "5", "12/12", ""], known=[person(1)], reader=replace(READER, exact_width=True)
    )

    assert reasons(sheet) == [(2, "NIP", "too_many_cells")]


def test_the_lines_after_one_that_is_too_wide_are_read_and_all_are_counted() -> None:
    _, sheet = scored(
        [nip(1), "Dadang", "70", "5", "12/12", ""],
        [nip(1), "", "delapan", "12/12", ""],
        [nip(2), "", "80", "12/12", ""],
        known=[person(1), person(2)],
        reader=replace(READER, exact_width=True),
    )

    assert reasons(sheet) == [(2, "NIP", "too_many_cells"), (3, "Nilai", "score_unreadable")]
    assert sheet.rows == 3


def test_a_line_in_which_the_file_breaks_off_is_told_with_its_cells_and_counted() -> None:
    _, sheet = listed(
        [1, nip(1), "Siti", "", "I"], [2, nip(2), "Budi", "", "I"], [3, nip(3)],
        reader=replace(READER, open_cell=(4, 1)),
    )  # fmt: skip

    assert reasons(sheet) == [(4, "NIP", "breaks_off")]
    assert sheet.rejected[0].values == {"total": "2", "usual": "5"}
    assert sheet.rows == 3


def test_a_cell_in_which_the_file_may_be_cut_off_is_told_with_its_line_and_not_taken() -> None:
    ends_there = replace(READER, open_cell=(2, 3))
    line = [nip(1), "", "80", "1/12"]

    _, cut = scored(line, known=[person(1)], reader=ends_there, titles=SCORES[:4])
    _, whole = scored([nip(1), "", "80", "selesai"], known=[person(1)], reader=ends_there, titles=SCORES[:4])

    assert reasons(cut) == [(2, "Materi selesai", "cut_off")]
    assert cut.take(2, line, "materials", read_materials) is None
    assert reasons(whole) == []


def test_a_rejected_cell_is_told_with_what_it_shows_and_a_nip_with_what_is_wrong_with_it() -> None:
    _, sheet = scored(["12345", "", "lulus", "12/12", ""], ["", "", "80", "", ""], known=[person(1)])

    assert [(remark.code, dict(remark.values)) for remark in sheet.rejected] == [
        ("nip_invalid", {"detail": "length"}),
        ("nip_missing", {}),
        ("score_unreadable", {"shown": "lulus"}),
    ]
    assert sheet.rejected[0].said("en") == "This is no NIP: not 18 digits."


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


def test_two_lines_of_one_name_and_nearly_one_nip_are_told() -> None:
    _, sheet = listed(
        [1, nip(1), "Siti Rahmawati", "", "I"],
        [2, nip(2), "SITI RAHMAWATI, S.Pd.", "", "I"],
        [3, nip(3), "Budi Santoso", "", "I"],
        [4, "200001012025041004", "Siti Rahmawati", "", "I"],
    )

    told = [(each.line, each.column, each.values) for each in sheet.warnings if each.code == "nip_nearly_repeated"]
    assert told == [(3, "NIP", {"other": "2"})]


def test_names_that_moved_to_another_nip_of_the_list_are_told_and_a_new_spelling_is_not() -> None:
    known = [person(1, "Siti Rahmawati"), person(2, "Budi Santoso"), person(3, "Citra Dewi")]

    _, sheet = listed(
        [1, nip(1), "Budi Santoso", "", "I"],
        [2, nip(2), "Siti Rahmawati", "", "I"],
        [3, nip(3), "CITRA DEWI, S.Pd.", "", "I"],
        known=known,
    )

    assert [(each.line, each.code) for each in sheet.warnings] == [(2, "name_moved"), (3, "name_moved")]


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


def test_a_name_that_cannot_be_read_is_told_with_its_line() -> None:
    _, sheet = scored([nip(1), "#REF!", "80", "12/12", ""], known=[person(1)])

    assert reasons(sheet) == [(2, "Nama", "cell_error")]


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


@pytest.mark.parametrize("code", [*REJECTIONS, *WARNINGS])
def test_every_remark_is_a_sentence_in_both_languages(code: str) -> None:
    values = dict.fromkeys(
        ("detail", "other", "shown", "known", "minimum", "maximum", "usual", "total", "age", "meant"),
        "length",
    )
    if code != "nip_invalid":
        del values["detail"]
    remark = Remark(3, "NIP", code, values)

    assert remark.said("en").endswith(".")
    assert remark.said("id").endswith(".")
    assert remark.said("id") != remark.said("en")


def header_of(*cells: Cell, required: Sequence[str] = ("nip", "score")) -> Header | None:
    return find_header([(1, cells, len(cells))], required, ["name", "institution", "angkatan"])[0]


def test_the_header_is_found_below_title_rows() -> None:
    rows = [(1, ["REKAP NILAI"], 1), (2, ["NIP: lihat di bawah"], 1), (4, ["No.", "NIP", "Nilai (0-100)"], 3)]

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


def test_a_second_choice_of_title_counts_only_where_there_is_no_first() -> None:
    both = header_of("NIP", "Nilai", "Unit Kerja", "Instansi")
    one = header_of("NIP", "Nilai", "Unit Kerja")

    assert both is not None
    assert one is not None
    assert (both.columns["institution"], both.ignored) == (3, ("Unit Kerja",))
    assert one.columns["institution"] == 2


def test_two_columns_that_claim_to_be_the_score_are_refused() -> None:
    with pytest.raises(UsageError, match='more than one column for Score: "Nilai", "Nilai Akhir"'):
        header_of("NIP", "Nilai", "Nilai Akhir")

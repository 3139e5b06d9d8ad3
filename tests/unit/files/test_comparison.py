"""What a file would change: each row is checked, each rejection has line, column and reason, nothing is half-taken."""

from dataclasses import replace

import pytest
from builders import nip
from compared_files import NOW, READER, SCORES, listed, opened, person, reasons, scored

from latsar_sync.domain.evidence import Evidence, Grade, GradeStatus
from latsar_sync.domain.participant import Enrolment
from latsar_sync.files.cells import read_materials
from latsar_sync.files.checking import Remark
from latsar_sync.files.comparison import PeopleComparison, take_people
from latsar_sync.files.rejections import REJECTIONS, WARNINGS


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
    assert (first.participant.id, first.participant.person.raw_key) == ("new-1", nip(1))
    assert (first.evidence, first.last_seen_at) == (Evidence(Grade(GradeStatus.SCORE_NOT_IMPORTED)), NOW)


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


def test_a_line_of_titles_below_the_header_is_told_as_that_and_not_as_a_total_to_delete() -> None:
    known = [person(1), person(2)]
    first, second = [nip(1), "Dadang Tri Sudrajat, S.E.", 71, "12/12"], [nip(2), "Dadang Tri Sudrajat, S.E.", 1, 80]

    _, below = scored(["", "", "Pretest", "Akademik"], first, known=known)
    _, further_down = scored(first, ["NIP", "Nama", "Pretest", "Nilai"], second, known=known)

    assert reasons(below) == [(2, "NIP", "titles_again")]
    assert (3, "NIP", "titles_again") in reasons(further_down)


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


def test_two_lines_of_one_name_and_nearly_one_nip_are_told() -> None:
    _, sheet = listed(
        [1, nip(1), "Siti Rahmawati", "", "I"],
        [2, nip(2), "SITI RAHMAWATI, S.Pd.", "", "I"],
        [3, nip(3), "Budi Santoso", "", "I"],
        [4, "200001012025041004", "Siti Rahmawati", "", "I"],
    )

    told = [(each.line, each.column, each.values) for each in sheet.warnings if each.code == "nip_nearly_repeated"]
    assert told == [(3, "NIP", {"other": "2"})]


def test_names_of_somebody_else_beside_a_nip_of_the_list_are_told_and_a_new_spelling_is_not() -> None:
    known = [person(1, "Siti Rahmawati"), person(2, "Budi Santoso"), person(3, "Citra Dewi"), person(4, "Dimas Putra")]

    _, sheet = listed(
        [1, nip(1), "Budi Santoso", "", "I"],
        [2, nip(2), "Siti Rahmawati", "", "I"],
        [3, nip(3), "CITRA DEWI, S.Pd.", "", "I"],
        [4, nip(4), "Eko Wahyudi", "", "I"],
        known=known,
    )

    told = [(each.line, each.code) for each in sheet.warnings]
    assert told == [(2, "name_moved"), (3, "name_moved"), (5, "name_differs")]


def test_a_name_that_cannot_be_read_is_told_with_its_line() -> None:
    _, sheet = scored([nip(1), "#REF!", "80", "12/12", ""], known=[person(1)])

    assert reasons(sheet) == [(2, "Nama", "cell_error")]


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

"""Imported scores as evidence: they stand in where the MOOC has none, never against it, and never before confirmed."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from builders import NOW, TODAY, day, done, graded, judge, nip, reading_of, rules, threshold

from latsar_sync.domain.decision import Basis, Decision, Gate, Outcome, Reason, Rules, Scale
from latsar_sync.domain.evidence import Attempts, Evidence, Grade, GradeStatus, Imported, Materials
from latsar_sync.domain.participant import Enrolment, Participant, Person
from latsar_sync.domain.records import Record
from latsar_sync.domain.request import Depth
from latsar_sync.domain.source_as_read import SourceReading
from latsar_sync.rules.deciding import decide, gates_lacking
from latsar_sync.rules.kept_from_before import evidence_after
from latsar_sync.rules.records_after_reading import OnRecord
from latsar_sync.rules.score_against_threshold import could_still_qualify
from latsar_sync.run.imported import ImportedSource

NO_GRADE = Grade(GradeStatus.NO_GRADE)
NONE_IMPORTED = Grade(GradeStatus.SCORE_NOT_IMPORTED)
WAITING = Grade(GradeStatus.IMPORT_UNCONFIRMED)
BY_FILES = rules(required=())
BY_ATTEMPT = replace(rules(), basis=Basis.BEST_ATTEMPT)


def imported(score: str | None = "80", version: int = 1, maximum: str = "100") -> Imported:
    raw = None if score is None else Decimal(score)
    return Imported(version, 7, raw, Decimal(0), Decimal(maximum), day(3), 12, 12)


def codes(decision: Decision) -> list[str]:
    return [reason.code for reason in decision.reasons]


@pytest.mark.parametrize(("score", "outcome"), [("70", "qualified"), ("69.99999", "not_yet"), (None, "not_yet")])
def test_a_confirmed_score_decides_where_the_mooc_holds_none(score: str | None, outcome: str) -> None:
    evidence = Evidence(NO_GRADE, done(), imported=imported(score))

    decision = decide(evidence, rules())

    assert decision.outcome == outcome
    assert evidence.source == "import"
    assert ("score_imported" in codes(decision)) is (score is not None)


@pytest.mark.parametrize("grade", [NO_GRADE, graded("90")])
def test_who_has_an_imported_score_and_lacks_a_clearance_lacks_nothing_else(grade: Grade) -> None:
    missing = Reason("clearance_missing", {"kind": "surat_sehat"})
    decision = decide(Evidence(grade, done(), imported=imported()), rules(), clearances=(missing,))

    assert codes(decision)[1:] == ["score_imported" if grade is NO_GRADE else "import_differs"]
    assert gates_lacking(decision) == {Gate.CLEARANCE}


@pytest.mark.parametrize(("score", "outcome"), [("7", "qualified"), ("6.99999", "not_yet")])
def test_a_score_from_a_file_is_a_share_of_the_range_that_the_file_names(score: str, outcome: str) -> None:
    by_share = replace(rules(), threshold=threshold("70", Scale.PERCENT))

    assert decide(Evidence(NO_GRADE, done(), imported=imported(score, maximum="10")), by_share).outcome == outcome


def test_the_time_at_which_an_imported_score_was_reached_gives_the_place_in_line() -> None:
    assert decide(Evidence(NO_GRADE, done(), imported=imported()), rules()).reached_at == day(3)


@pytest.mark.parametrize(("held", "outcome"), [("60", Outcome.NOT_YET), ("90", Outcome.QUALIFIED)])
def test_where_both_have_a_score_the_mooc_wins_and_the_difference_is_told(held: str, outcome: Outcome) -> None:
    decision = decide(Evidence(graded(held), done(), imported=imported("80")), rules())

    assert decision.outcome is outcome
    differs = next(reason for reason in decision.reasons if reason.code == "import_differs")
    assert differs.values == {"score": f"{held}.00000", "imported": "80.00000", "import": "7"}


def test_the_same_score_on_both_sides_is_not_remarked() -> None:
    assert codes(decide(Evidence(graded("80"), done(), imported=imported("80")), rules())) == []


@pytest.mark.parametrize(
    "status",
    [
        GradeStatus.GRADE_UNREAD,
        GradeStatus.GRADE_HIDDEN,
        GradeStatus.GRADE_ITEM_MISSING,
        GradeStatus.GRADE_NEEDS_UPDATE,
    ],
)
def test_a_grade_that_could_not_be_read_is_not_replaced_by_a_file(status: GradeStatus) -> None:
    decision = decide(Evidence(Grade(status), done(), imported=imported()), rules())

    assert decision.outcome is Outcome.UNDETERMINED
    assert codes(decision) == [str(status)]


@pytest.mark.parametrize(
    ("attempts", "outcome", "source"),
    [
        (None, Outcome.UNDETERMINED, "import"),
        (Attempts(0), Outcome.QUALIFIED, "import"),
        (Attempts(1, best=Decimal(40), maximum=Decimal(100)), Outcome.NOT_YET, "lms"),
        (Attempts(1, ungraded=1), Outcome.UNDETERMINED, "lms"),
    ],
)
def test_by_best_attempt_a_file_stands_in_only_where_no_attempt_was_made(
    attempts: Attempts | None, outcome: Outcome, source: str
) -> None:
    evidence = Evidence(NO_GRADE, done(), attempts, imported=imported())

    assert decide(evidence, BY_ATTEMPT).outcome is outcome
    assert evidence.source == source


def test_by_best_attempt_the_difference_to_the_best_attempt_is_told() -> None:
    attempts = Attempts(1, best=Decimal(40), maximum=Decimal(100))

    decision = decide(Evidence(NO_GRADE, done(), attempts, imported=imported()), BY_ATTEMPT)

    assert "import_differs" in codes(decision)


@pytest.mark.parametrize(("grade", "code"), [(NONE_IMPORTED, "score_not_imported"), (WAITING, "import_unconfirmed")])
def test_without_a_confirmed_score_nothing_is_decided_and_it_is_said_once(grade: Grade, code: str) -> None:
    evidence = Evidence(grade)

    decision = decide(evidence, BY_FILES)

    assert (decision.outcome, codes(decision), evidence.source) == (Outcome.UNDETERMINED, [code], "import")
    assert could_still_qualify(evidence, BY_FILES)


def test_a_newer_score_that_waits_leaves_the_confirmed_one_in_force() -> None:
    decision = decide(Evidence(WAITING, Materials(12), imported=imported()), BY_FILES)

    assert (decision.outcome, codes(decision)) == (Outcome.QUALIFIED, [])


def test_material_that_a_file_tells_is_open_or_done_by_its_number() -> None:
    part = decide(Evidence(NONE_IMPORTED, Materials(12, (12,)), imported=imported()), BY_FILES)
    silent = decide(Evidence(NONE_IMPORTED, None, imported=imported()), BY_FILES)

    assert (part.outcome, part.materials_done, part.materials_total) == (Outcome.NOT_YET, 11, 12)
    assert (codes(part), part.reasons[0].values) == (["materials_open"], {"done": "11", "total": "12"})
    assert (silent.outcome, codes(silent)) == (Outcome.UNDETERMINED, ["materials_unread"])


def person(number: int, enrolment: Enrolment = Enrolment.ACTIVE) -> Person:
    return Person(number, f"Orang {number}", nip(number), ("I",), "Kudus", enrolment)


def record(number: int, evidence: Evidence, enrolment: Enrolment = Enrolment.ACTIVE) -> Record:
    someone = person(number, enrolment)
    return Record(Participant(f"p{number}", someone, nip(number)), evidence, None, NOW, evidence_version=1)


def test_a_confirmed_score_is_new_evidence_and_stays_with_whoever_is_not_read() -> None:
    known = record(1, Evidence(NO_GRADE, done()))
    reading = reading_of((person(1),), {1: NO_GRADE}, imported={1: imported()})

    first = judge({1: known}, reading, rules(), OnRecord(NOW, TODAY), str)[1]
    later = reading_of((), {}, imported={1: imported()})
    gone = judge({1: first}, later, rules(), OnRecord(NOW, TODAY), str)[1]

    assert (first.evidence.imported, first.evidence_version) == (imported(), 2)
    assert gone.evidence.imported == imported()
    assert gone.decision is not None
    assert gone.decision.outcome is Outcome.QUALIFIED


def test_what_nobody_is_judged_by_any_more_is_not_kept_beside_what_is_read_anew() -> None:
    attempts = Attempts(1, best=Decimal(60), maximum=Decimal(100))
    known = {1: record(1, Evidence(NO_GRADE, done(0), attempts)), 2: record(2, Evidence(NO_GRADE, done(0), attempts))}
    reading = reading_of((person(1),), {1: NO_GRADE}, imported={1: imported()})

    judged = judge(known, reading, rules(by_materials=False), OnRecord(NOW, TODAY), str)

    here, gone = judged[1], judged[2]
    assert (here.evidence.materials, here.evidence.attempts, here.evidence.source) == (None, None, "import")
    assert here.decision is not None
    assert (here.decision.outcome, here.decision.materials_total) == (Outcome.QUALIFIED, None)
    assert (gone.evidence.materials, gone.evidence.attempts) == (done(0), attempts)


def listed(confirmed: Mapping[int, Imported], awaiting: frozenset[int] = frozenset(), **more: object) -> ImportedSource:
    known = {
        1: record(1, Evidence(NONE_IMPORTED)),
        2: record(2, Evidence(NONE_IMPORTED)),
        3: record(3, Evidence(NONE_IMPORTED), Enrolment.ENDED),
    }
    return ImportedSource("latsar", "daftar.xlsx", known, Decimal(100), True, confirmed, awaiting, **more)  # type: ignore[arg-type]


def read(source: ImportedSource, by: Rules = BY_FILES) -> SourceReading:
    return source.details(source.people_and_grades(Depth.FULL, frozenset()), by, True)


def test_a_score_confirmed_after_the_mooc_was_read_counts_without_reading_it_again() -> None:
    known = Record(Participant("anna", person(1), nip(1)), Evidence(NO_GRADE, done()), None, NOW)
    gone = person(1)._replace(enrolment=Enrolment.ENDED)
    reading = reading_of((person(1),), {}, imported={1: imported()})

    assert evidence_after(person(1), known, reading, rules()).imported == imported()
    assert evidence_after(gone, known, reading, rules()).imported == imported()
    assert evidence_after(gone, known, reading_of((), {}), rules()).imported is None
    assert evidence_after(person(1), None, reading, rules()).imported is None


def test_the_list_is_read_as_a_mooc_is_without_those_who_left_it() -> None:
    source = listed({1: imported()}, frozenset({2}))

    found = source.people_and_grades(Depth.INCREMENTAL, frozenset())
    reading = read(source)

    assert [each.user_id for each in found.people] == [1, 2]
    assert (found.shortname, found.how_found.anybody, found.grades[2]) == ("daftar.xlsx", True, WAITING)
    assert found.evaluation is not None
    assert found.evaluation.grade_max == 100
    assert reading.materials == {1: Materials(12)}
    assert evidence_after(person(1), None, reading, rules()).imported == imported()
    assert len(found.remarks) == 1


def test_the_files_material_is_left_out_where_none_is_asked_for_or_told() -> None:
    silent = replace(imported(), materials_total=None, materials_done=None)

    assert read(listed({1: imported()}), rules(by_materials=False, required=())).materials == {}
    assert read(listed({1: silent})).materials == {1: None}


def test_one_participants_run_looks_at_nobody_else() -> None:
    source = listed({}, nip=nip(2))

    assert list(source.people_and_grades(Depth.FULL, frozenset()).grades) == [2]
    assert not read(source).looks_for_everybody

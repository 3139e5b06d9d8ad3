"""What a reading changes in what is known (rules 2, 4, 5, 8, 10, 11): nothing lost, nothing written twice."""

import pytest
from builders import TODAY, day, done, graded, judge, nip, person, reading_of, rules, threshold
from hypothesis import given
from hypothesis import strategies as st
from readings_judged import ANI, BUDI, RULES, codes, outcome, read, run, versions

from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.evidence import UNREAD_GRADE, Grade, GradeStatus
from latsar_sync.domain.known_people import PeopleInMemory
from latsar_sync.domain.language import LANGUAGES
from latsar_sync.domain.nip import check_nip
from latsar_sync.domain.participant import Enrolment
from latsar_sync.domain.reason_sentences import NIP_DETAILS, sentence
from latsar_sync.domain.source_as_read import SourceReading
from latsar_sync.domain.state_words import word
from latsar_sync.rules.people_as_read import with_their_place
from latsar_sync.rules.records_after_reading import OnRecord

# First seen


def test_somebody_seen_for_the_first_time_is_recorded_and_judged() -> None:
    record = run({}, read(ANI))[1]

    assert (record.participant.id, record.participant.nip, record.participant.person) == ("id-1", nip(1), ANI)
    assert outcome(record) is Outcome.QUALIFIED
    assert versions(record) == (1, 1)
    assert (record.threshold_version, record.required_version) == (1, 1)
    assert (record.last_seen_at, record.grade_as_of, record.materials_as_of) == (day(10), day(10), day(10))


def test_somebody_of_whom_nothing_could_be_read_is_recorded_as_undetermined() -> None:
    record = run({}, read(ANI, grades={1: UNREAD_GRADE}, materials={}))[1]

    assert (outcome(record), versions(record)) == (Outcome.UNDETERMINED, (1, 1))
    assert (record.grade_as_of, record.materials_as_of) == (None, None)


def test_everybody_has_an_id_of_their_own_that_stays() -> None:
    first = run({}, read(ANI, BUDI))
    later = run(first, read(BUDI, ANI, person(3)), now=day(11))

    assert [first[1].participant.id, first[2].participant.id] == ["id-1", "id-2"]
    assert [later[number].participant.id for number in (1, 2, 3)] == ["id-1", "id-2", "id-3"]


# Nothing new: rule 8


def test_an_unchanged_reading_at_the_same_moment_gives_equal_records() -> None:
    known = run({}, read(ANI, BUDI, grades={1: graded("80"), 2: graded("10")}))

    assert run(known, read(ANI, BUDI, grades={1: graded("80"), 2: graded("10")})) == known


def test_an_unchanged_reading_later_moves_only_the_times() -> None:
    known = run({}, read(ANI))
    later = run(known, read(ANI), now=day(11))

    assert later[1] == known[1]._replace(last_seen_at=day(11), grade_as_of=day(11), materials_as_of=day(11))


def test_the_same_number_written_otherwise_is_no_new_evidence() -> None:
    known = run({}, read(ANI, grades={1: graded("80")}))

    assert versions(run(known, read(ANI, grades={1: graded("80.00000")}))[1]) == (1, 1)


any_grade = st.sampled_from([graded("80"), graded("69.99999"), Grade(GradeStatus.NO_GRADE), UNREAD_GRADE])
any_materials = st.none() | st.sampled_from([done(), done(0), done(3), done(9)])
any_reading = st.builds(
    lambda grades, materials, everybody, enrolments: reading_of(
        tuple(person(number) for number in sorted(grades)),
        grades,
        materials,
        enrolments,
        looks_for_everybody=everybody,
    ),
    st.dictionaries(st.integers(1, 3), any_grade, min_size=1),
    st.dictionaries(st.integers(1, 3), any_materials),
    st.booleans(),
    st.booleans(),
)


@given(any_reading, any_reading)
def test_reading_the_same_twice_writes_nothing_the_second_time(first: SourceReading, second: SourceReading) -> None:
    known = run(run({}, first), second)

    assert run(known, second) == known


@given(any_reading, any_reading)
def test_a_version_counts_up_exactly_when_something_differs(first: SourceReading, second: SourceReading) -> None:
    before = run({}, first)
    for user_id, record in run(before, second).items():
        known = before.get(user_id)
        new_evidence = known is None or known.evidence != record.evidence
        new_decision = new_evidence or known is None or known.decision != record.decision
        old = versions(known) if known else (0, 0)
        assert versions(record) == (old[0] + new_evidence, old[1] + new_decision)


# Read in parts: rule 10


def test_a_reading_of_chosen_people_touches_nobody_else() -> None:
    known = run({}, read(ANI, BUDI))
    one = reading_of((ANI, BUDI), {1: graded("10")}, looks_for_everybody=False)
    judged = judge(known, one, RULES, OnRecord(day(11), TODAY, 1), lambda: "nobody")

    assert list(judged) == [1]
    assert outcome(judged[1]) is Outcome.NOT_YET


def test_a_chosen_person_is_judged_where_there_are_no_grades_to_read() -> None:
    """The classical method reads no grades (rule 13)."""
    judged = run({}, reading_of((ANI,), looks_for_everybody=False), rules(gated=False))

    assert outcome(judged[1]) is Outcome.QUALIFIED
    assert judged[1].threshold_version is None


# Whoever is gone: rule 5


def test_whoever_is_no_longer_enrolled_keeps_the_last_evidence_flagged() -> None:
    known = run({}, read(ANI, BUDI))
    later = run(known, read(BUDI), now=day(11))

    assert later[1].evidence == known[1].evidence._replace(enrolment=Enrolment.ENDED)
    assert (outcome(later[1]), codes(later[1]), versions(later[1])) == (
        Outcome.QUALIFIED,
        ["enrolment_ended"],
        (2, 2),
    )
    assert (later[1].last_seen_at, later[1].grade_as_of) == (day(10), day(10))
    assert run(later, read(BUDI), now=day(11)) == later


@pytest.mark.parametrize("enrolments", [True, False])
def test_whoever_comes_back_is_active_again(enrolments: bool) -> None:
    gone = run(run({}, read(ANI, BUDI)), read(BUDI))
    back = run(gone, read(ANI, BUDI, enrolments=enrolments), now=day(12))

    assert (back[1].evidence.enrolment, codes(back[1])) == (Enrolment.ACTIVE, [])
    assert back[1].participant.id == gone[1].participant.id
    assert back[1].last_seen_at == day(12)


def test_a_suspension_stands_until_enrolments_are_told_apart_again() -> None:
    suspended = run({}, read(ANI._replace(enrolment=Enrolment.SUSPENDED)))
    quick = run(suspended, read(ANI, enrolments=False))
    full = run(quick, read(ANI, enrolments=True))

    assert codes(suspended[1]) == ["enrolment_suspended"]
    assert quick == suspended
    assert (outcome(full[1]), codes(full[1])) == (Outcome.QUALIFIED, [])


def test_a_newcomer_of_a_quick_reading_is_active() -> None:
    assert run({}, read(ANI, enrolments=False))[1].evidence.enrolment is Enrolment.ACTIVE


# Judged again without new evidence: rules 2 and 3


def test_a_new_threshold_judges_everybody_again() -> None:
    known = run({}, read(ANI, BUDI, grades={1: graded("80"), 2: graded("90")}))
    stricter = rules(threshold("85", version=2))
    later = run(known, read(ANI, BUDI, grades={1: graded("80"), 2: graded("90")}), stricter)

    assert [outcome(later[number]) for number in (1, 2)] == [Outcome.NOT_YET, Outcome.QUALIFIED]
    assert [versions(later[number]) for number in (1, 2)] == [(1, 2), (1, 2)]
    assert later[2].threshold_version == 2


def test_a_new_threshold_judges_those_too_who_are_gone() -> None:
    gone = run(run({}, read(ANI, BUDI)), read(BUDI))
    later = run(gone, read(BUDI), rules(threshold("85", version=2)))

    assert (outcome(later[1]), later[1].threshold_version) == (Outcome.NOT_YET, 2)


def test_a_new_required_set_is_a_new_decision_row() -> None:
    known = run({}, read(ANI))
    later = run(known, read(ANI), required=2)

    assert (versions(later[1]), later[1].required_version) == ((1, 2), 2)


# The NIP: docs/rules.md


@pytest.mark.parametrize(("key", "code"), [("", "nip_missing"), ("1995", "nip_invalid"), ("3201", "nip_invalid")])
def test_an_unusable_nip_is_undetermined(key: str, code: str) -> None:
    record = run({}, read(person(1, key)))[1]

    assert (outcome(record), codes(record), record.participant.nip) == (Outcome.UNDETERMINED, [code], None)


@pytest.mark.parametrize(
    ("key", "detail"),
    [
        ("1995081720250420", "looks_like_nik"),
        ("19950817", "length"),
        ("199502302025042003", "birth_date"),
        ("199508172025992003", "appointment_month"),
        ("199508172025212003", "looks_like_pppk"),
        ("199508172025043003", "sex"),
        ("19950817 202504 2 000", "sequence"),
        ("1,99508E+17", "spreadsheet_lost_digits"),
    ],
)
def test_the_reason_says_what_is_wrong_with_a_nip_and_does_not_repeat_it(key: str, detail: str) -> None:
    record = run({}, read(person(1, key)))[1]

    assert record.decision is not None
    for language in LANGUAGES:
        text = sentence(record.decision.reasons[0], language)
        assert word(NIP_DETAILS, detail, language) in text
        assert key not in text


def test_a_nip_of_two_accounts_makes_both_undetermined_until_one_is_mended() -> None:
    alone = run({}, read(ANI))
    shared = run(alone, read(ANI, person(2, nip(1))))
    mended = run(shared, read(ANI, BUDI))

    assert outcome(alone[1]) is Outcome.QUALIFIED
    assert [(outcome(shared[number]), codes(shared[number])) for number in (1, 2)] == [
        (Outcome.UNDETERMINED, ["nip_duplicate"])
    ] * 2
    assert [outcome(mended[number]) for number in (1, 2)] == [Outcome.QUALIFIED] * 2
    assert versions(mended[1]) == (1, 3)
    assert mended[2].participant.id == shared[2].participant.id


def test_a_nip_is_shared_with_people_whom_this_reading_did_not_look_at() -> None:
    known = run({}, read(ANI))
    newcomer = person(2, nip(1))
    later = run(known, reading_of((newcomer,), {2: graded("80")}, {2: done()}, looks_for_everybody=False))

    assert (outcome(later[2]), codes(later[2])) == (Outcome.UNDETERMINED, ["nip_duplicate"])


def test_two_people_without_nip_share_nothing() -> None:
    known = run({}, read(person(1, ""), person(2, "")))

    assert [codes(known[number]) for number in (1, 2)] == [["nip_missing"]] * 2


def test_a_corrected_nip_is_checked_again() -> None:
    wrong = run({}, read(person(1, "1995")))
    right = run(wrong, read(ANI))

    assert (right[1].participant.nip, right[1].participant.nip_reason, outcome(right[1])) == (
        nip(1),
        None,
        Outcome.QUALIFIED,
    )


def test_a_new_name_or_group_is_taken_over_without_a_new_decision() -> None:
    known = run({}, read(ANI))
    moved = ANI._replace(name="Ani Lestari", groups=("Angkatan II",))
    later = run(known, read(moved))

    assert (later[1].participant.person, later[1].participant.nip) == (moved, check_nip(nip(1), TODAY).nip)
    assert versions(later[1]) == (1, 1)


def test_everybody_comes_together_where_the_placement_list_says_and_at_no_place_of_before() -> None:
    known = run({}, read(ANI, BUDI._replace(place="Barat")))
    places = {known[1].participant.nip or "": "Timur", nip(3): "Barat"}

    now = with_their_place(read(ANI, BUDI._replace(place="Barat"), person(3)), PeopleInMemory(known), places, TODAY)
    again = with_their_place(now, PeopleInMemory(known), places, TODAY)

    assert [each.place for each in now.as_read.people] == ["Timur", "", "Barat"]
    assert all(one is other for one, other in zip(now.as_read.people, again.as_read.people, strict=True))


def test_the_place_of_whoever_s_nip_a_person_corrected_is_found_by_that() -> None:
    known = run({}, read(person(1, "1995")))
    corrected = known[1]._replace(participant=known[1].participant._replace(nip=nip(7), corrected=nip(7)))

    now = with_their_place(read(person(1, "1995")), PeopleInMemory({1: corrected}), {nip(7): "Timur"}, TODAY)

    assert [each.place for each in now.as_read.people] == ["Timur"]

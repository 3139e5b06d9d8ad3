"""Whose record cannot be read is set aside: not judged anew, not believed gone, and the others are judged (rule 20)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import builders
from builders import reading_of

from latsar_sync.domain.decision import Basis, Outcome, Rules, Scale, Threshold
from latsar_sync.domain.evidence import Attempts, Grade, GradeStatus, Materials
from latsar_sync.domain.participant import Enrolment, Person
from latsar_sync.domain.records import Record
from latsar_sync.domain.source_as_read import SourceReading
from latsar_sync.rules.records_after_reading import OnRecord

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
THRESHOLD = Threshold(1, Decimal(70), Scale.POINTS, "SK", NOW, "x", NOW)
RULES = Rules(THRESHOLD, required=())
GRADED = Grade(GradeStatus.GRADED, Decimal("85.00000"), Decimal(0), Decimal(100))
DONE = Materials(0)
PEOPLE = tuple(Person(number, "x", f"19900318201503200{number}", ("Angkatan I",)) for number in (1, 2, 3))
GRADES, ALL_DONE = dict.fromkeys((1, 2, 3), GRADED), dict.fromkeys((1, 2, 3), DONE)
BOTH = reading_of(PEOPLE, GRADES, ALL_DONE)


def judge(known: dict[int, Record], reading: SourceReading, days: int = 0, rules: Rules = RULES) -> dict[int, Record]:
    numbers = iter("abcdefg")
    moment = OnRecord(NOW + timedelta(days=days), date(2026, 11, 20))
    return builders.judge(known, reading, rules, moment, lambda: next(numbers))


def codes(record: Record) -> list[str]:
    assert record.decision is not None
    return [reason.code for reason in record.decision.reasons]


def outcome(record: Record) -> Outcome:
    assert record.decision is not None
    return record.decision.outcome


def test_whose_place_in_the_list_cannot_be_read_stays_what_they_were_and_is_not_judged() -> None:
    known = judge({}, BOTH)
    half = Person(2, "", None, ())

    for people in ((PEOPLE[0], PEOPLE[2]), (PEOPLE[0], half, PEOPLE[2])):
        after = judge(known, reading_of(people, aside={2: "groups: no list"}), days=1)

        assert outcome(after[2]) is Outcome.UNDETERMINED
        assert codes(after[2]) == ["record_unreadable"]
        assert after[2].participant == known[2].participant
        assert after[2].evidence == known[2].evidence
        assert [after[number].decision for number in (1, 3)] == [known[number].decision for number in (1, 3)]


def test_whoever_can_be_read_again_is_judged_again() -> None:
    known = judge({}, BOTH)
    aside = judge(known, reading_of((PEOPLE[0], PEOPLE[2]), aside={2: "x"}), days=1)

    assert judge({**known, **aside}, reading_of(PEOPLE), days=2)[2].decision == known[2].decision


def test_somebody_new_whose_record_cannot_be_read_is_on_the_list_and_undetermined() -> None:
    judged = judge({}, replace(BOTH, aside={2: "idnumber: no text"}))

    assert codes(judged[2]) == ["record_unreadable"]
    assert judged[2].participant.person.enrolment is Enrolment.ACTIVE


def test_a_run_about_one_person_touches_nobody_who_is_set_aside() -> None:
    known = judge({}, BOTH)
    one = reading_of(PEOPLE, {1: GRADED}, {1: DONE}, looks_for_everybody=False, aside={2: "x"})

    assert judge(known, one, days=1).keys() == {1}


def test_what_lacks_is_called_unreadable_until_it_is_asked_for_again() -> None:
    unread = replace(BOTH, materials={1: DONE, 2: None, 3: DONE}, unreadable={2: "statuses.0.state: no whole number"})
    known = judge({}, unread)
    assert codes(known[2]) == ["record_unreadable"]

    quiet = judge(known, reading_of(PEOPLE), days=1)
    assert quiet[2].decision == known[2].decision
    assert quiet[2].decision_version == known[2].decision_version

    asked = judge(quiet, reading_of(PEOPLE, materials={2: None}), days=2)
    assert codes(asked[2]) == ["materials_unread"]
    assert judge(quiet, reading_of(PEOPLE, materials={2: DONE}), days=2)[2].decision == known[1].decision


def test_a_grade_that_cannot_be_read_is_no_reading_of_that_grade() -> None:
    known = judge({}, BOTH)
    unreadable = Grade(GradeStatus.RECORD_UNREADABLE)
    after = judge(known, reading_of(PEOPLE, {**GRADES, 2: unreadable}, ALL_DONE, unreadable={2: "x"}), days=1)

    assert codes(after[2]) == ["record_unreadable"]
    assert after[2].grade_as_of == NOW
    assert after[1].grade_as_of == NOW + timedelta(days=1)


def test_one_fully_read_gate_that_is_not_met_is_enough_all_the_same() -> None:
    low = GRADED._replace(raw=Decimal("50.00000"))
    judged = judge({}, reading_of(PEOPLE, {**GRADES, 1: low}, materials={1: None}, unreadable={1: "x"}))

    assert outcome(judged[1]) is Outcome.NOT_YET


def test_attempts_that_cannot_be_read_are_called_so() -> None:
    rules = replace(RULES, basis=Basis.BEST_ATTEMPT)
    tried = Attempts(1, 0, Decimal("80.00000"), NOW, Decimal(100))
    judged = judge({}, replace(BOTH, attempts={1: tried, 2: None, 3: tried}, unreadable={2: "x"}), rules=rules)

    assert codes(judged[2]) == ["record_unreadable"]
    assert outcome(judged[1]) is Outcome.QUALIFIED

"""What stays of what was known when a new reading is joined with it: evidence, place in line (rules 4, 10, 11, 20)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from builders import day, done, graded, reading_of, rules, threshold
from readings_judged import ANI, RULES, codes, outcome, read, run, versions

from latsar_sync.domain.decision import Basis, Outcome
from latsar_sync.domain.errors import NOT_CONFIRMED
from latsar_sync.domain.evidence import UNREAD_GRADE, Attempts, Evidence, Grade, GradeStatus, Imported
from latsar_sync.domain.participant import Enrolment
from latsar_sync.domain.records import Record
from latsar_sync.rules.kept_from_before import evidence_after, scored_otherwise

# Read in parts: rules 4 and 10


def test_what_was_not_read_this_time_stands() -> None:
    known = run({}, read(ANI))
    later = run(known, read(ANI, materials={}), now=day(11))

    assert later[1].evidence == known[1].evidence
    assert (outcome(later[1]), versions(later[1])) == (Outcome.QUALIFIED, (1, 1))
    assert (later[1].grade_as_of, later[1].materials_as_of) == (day(11), day(10))


def test_materials_that_were_refused_are_unread_and_decide_against_nobody() -> None:
    known = run({}, read(ANI))
    later = run(known, read(ANI, materials={1: None}), now=day(11))

    assert (outcome(later[1]), codes(later[1]), versions(later[1])) == (
        Outcome.UNDETERMINED,
        ["materials_unread"],
        (2, 2),
    )
    assert later[1].decision is not None
    assert later[1].decision.materials_done is None
    assert later[1].materials_as_of == day(10)


def test_a_grade_that_was_refused_is_unread_and_keeps_the_time_of_the_last_one() -> None:
    known = run({}, read(ANI))
    later = run(known, read(ANI, grades={1: UNREAD_GRADE}), now=day(11))

    assert (outcome(later[1]), codes(later[1])) == (Outcome.UNDETERMINED, ["grade_unread"])
    assert later[1].grade_as_of == day(10)


def test_attempts_stand_until_they_are_read_again_or_refused() -> None:
    by = rules(basis=Basis.BEST_ATTEMPT)
    passed = Attempts(finished=1, best=Decimal(85), reached_at=day(2))
    known = run({}, replace(read(ANI, grades={}), attempts={1: passed}), by)
    unread = run(known, read(ANI, grades={}), by)
    refused = run(known, replace(read(ANI, grades={}), attempts={1: None}), by)

    assert unread == known
    assert known[1].attempts_as_of == day(10)
    assert (outcome(known[1]), outcome(refused[1])) == (Outcome.QUALIFIED, Outcome.UNDETERMINED)
    assert codes(refused[1]) == ["attempts_unread"]


def test_evidence_before_the_first_reading_is_all_unread() -> None:
    assert evidence_after(ANI, None, reading_of((ANI,)), rules()) == Evidence()


def test_the_enrolment_is_always_that_of_the_person_as_read() -> None:
    known = run({}, read(ANI))[1]
    suspended = ANI._replace(enrolment=Enrolment.SUSPENDED)

    assert evidence_after(suspended, known, reading_of((suspended,)), rules()) == known.evidence._replace(
        enrolment=Enrolment.SUSPENDED
    )


@pytest.mark.parametrize(
    ("why", "said"), [(NOT_CONFIRMED, "source_account_unconfirmed"), ("grades: no list", "record_unreadable")]
)
def test_why_somebody_could_not_be_read_stands_in_place_of_what_was_not_read_only(why: str, said: str) -> None:
    seen = read(ANI, grades={1: Grade(GradeStatus.GRADE_HIDDEN)}, materials={1: None})

    record = run({}, replace(seen, unreadable={1: why}))[1]

    assert (outcome(record), codes(record)) == (Outcome.UNDETERMINED, ["grade_hidden", said])


# The place in line: rule 11, order by the time the limit was reached


def reached(records: Mapping[int, Record]) -> datetime | None:
    decision = records[1].decision
    return decision.reached_at if decision else None


def test_a_better_attempt_later_does_not_cost_the_place_in_line() -> None:
    known = run({}, read(ANI, grades={1: graded("80", at=day(3))}))
    better = run(known, read(ANI, grades={1: graded("95", at=day(7))}))

    assert outcome(better[1]) is Outcome.QUALIFIED
    assert reached(better) == day(3)


def test_a_time_that_turns_out_earlier_is_taken() -> None:
    known = run({}, read(ANI, grades={1: graded("80", at=day(7))}))

    assert reached(run(known, read(ANI, grades={1: graded("80", at=day(3))}))) == day(3)


def test_a_grade_without_a_time_has_none() -> None:
    undated = graded("80")._replace(graded_at=None)
    known = run({}, read(ANI, grades={1: undated}))

    assert (outcome(known[1]), reached(known)) == (Outcome.QUALIFIED, None)
    assert reached(run(known, read(ANI, grades={1: graded("80", at=day(7))}))) == day(7)


def test_whoever_fell_below_the_limit_has_no_time() -> None:
    passed = run({}, read(ANI, grades={1: graded("80", at=day(3))}))
    corrected = run(passed, read(ANI, grades={1: graded("60", at=day(4))}))

    assert reached(corrected) is None


def test_a_better_attempt_while_materials_are_open_does_not_cost_the_place_in_line() -> None:
    """The limit was reached on day 3, whatever else was still missing then."""
    open_still = run({}, read(ANI, grades={1: graded("75", at=day(3))}, materials={1: done(0)}))
    better = run(open_still, read(ANI, grades={1: graded("90", at=day(7))}, materials={1: done(0)}))
    complete = run(better, read(ANI, grades={1: graded("90", at=day(7))}))

    assert outcome(complete[1]) is Outcome.QUALIFIED
    assert reached(complete) == day(3)


def test_a_run_that_could_not_read_the_grade_does_not_cost_the_place_in_line() -> None:
    known = run({}, read(ANI, grades={1: graded("75", at=day(3))}))
    unread = run(known, read(ANI, grades={1: UNREAD_GRADE}))
    better = run(unread, read(ANI, grades={1: graded("90", at=day(7))}))

    assert outcome(better[1]) is Outcome.QUALIFIED
    assert reached(better) == day(3)


def test_the_time_of_a_lower_limit_does_not_count_for_a_higher_one() -> None:
    """65 on day 1 did not reach 80; the person who had 80 on day 5 stands before the one who had it on day 7."""
    lenient, strict = rules(threshold("60", version=1)), rules(threshold("80", version=2))
    known = run({}, read(ANI, grades={1: graded("65", at=day(1))}), lenient)
    better = run(known, read(ANI, grades={1: graded("85", at=day(7))}), lenient)
    stricter = run(better, read(ANI, grades={1: graded("85", at=day(7))}), strict, earlier=lenient.threshold)

    assert outcome(stricter[1]) is Outcome.QUALIFIED
    assert reached(stricter) == day(7)


@pytest.mark.parametrize("value", ["70", "60"])
def test_a_limit_that_is_no_higher_does_not_cost_the_place_in_line(value: str) -> None:
    """75 on day 3 reached 70, and so it reached 60: a new row that asks no more must not send anybody back in line."""
    known = run({}, read(ANI, grades={1: graded("75", at=day(3))}))
    better = run(known, read(ANI, grades={1: graded("90", at=day(7))}))
    asked = rules(threshold(value, version=2))
    later = run(better, read(ANI, grades={1: graded("90", at=day(7))}), asked, earlier=RULES.threshold)

    assert reached(better) == day(3)
    assert reached(later) == day(3)


def test_a_place_in_line_is_not_kept_by_a_limit_of_which_nothing_is_recorded() -> None:
    known = run({}, read(ANI, grades={1: graded("80", at=day(3))}))
    by_another = {1: known[1]._replace(threshold_version=9)}

    assert reached(run(by_another, read(ANI, grades={1: graded("90", at=day(7))}))) == day(7)


@pytest.mark.parametrize(
    ("told", "counts", "enrolment", "unread", "otherwise"),
    [
        (None, None, Enrolment.ACTIVE, False, False),
        (None, 1, Enrolment.ACTIVE, False, True),
        (2, 2, Enrolment.ACTIVE, False, False),
        (2, 1, Enrolment.ACTIVE, False, True),  # a certificate that counts again
        (2, None, Enrolment.SUSPENDED, False, True),
        (2, None, Enrolment.ENDED, False, True),
        (None, 1, Enrolment.ACTIVE, True, False),
    ],
)
def test_whoever_is_judged_by_another_score_of_a_file_next_is_known_by_what_counts(
    told: int | None, counts: int | None, enrolment: Enrolment, unread: bool, otherwise: bool
) -> None:
    imported = None if told is None else Imported(told, 1, Decimal(80), Decimal(0), Decimal(100))
    known = run({}, read(ANI))[1]
    seen = known.evidence._replace(imported=imported, grade=UNREAD_GRADE if unread else known.evidence.grade)
    who = known.participant._replace(person=known.participant.person._replace(enrolment=enrolment))
    record = known._replace(participant=who, evidence=seen)

    found = scored_otherwise([record], {} if counts is None else {who.id: counts})

    assert found == ({who.id} if otherwise else set())

"""Every number of the LMS comes through one place, and no attempt's state is taken for another (rule 1)."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from latsar_sync.domain.decision import Basis, Outcome, Rules, Scale, Threshold
from latsar_sync.domain.evidence import Evidence, Grade, GradeStatus
from latsar_sync.domain.rounding import FIVE_PLACES
from latsar_sync.moodle import payloads
from latsar_sync.moodle.grades import find_evaluation, grade_in_report
from latsar_sync.moodle.quiz_attempts import _attempts
from latsar_sync.rules.deciding import decide
from latsar_sync.rules.score_against_threshold import reaches

THEN = datetime(2026, 11, 24, tzinfo=UTC)


def threshold(value: str = "70", scale: Scale = Scale.POINTS) -> Threshold:
    """Return a recorded limit."""
    return Threshold(1, Decimal(value), scale, "SK", THEN, "config", THEN)


stored = st.integers(1, 999_999_999).map(lambda number: Decimal(number) * FIVE_PLACES)
"""Whatever Moodle can store as a maximum: NUMERIC(10,5)."""
FULL = threshold("100", Scale.PERCENT)


def printed(number: Decimal, digits: int) -> str:
    """Return a number as Moodle prints its float: with 17 digits up to 4.3, with as few as will do from 4.5 on."""
    return f"{float(number):.17g}" if digits == 17 else repr(float(number))


def report(raw: Decimal, maximum: Decimal, digits: int) -> payloads.UserGrades:
    """Return a person's grade report as read from an answer."""
    item = (
        '{"id":1,"itemtype":"mod","itemmodule":"quiz","iteminstance":3,"itemnumber":0,"idnumber":"EVAL","cmid":5,'
        f'"itemname":"E","graderaw":{printed(raw, digits)},"grademin":0,"grademax":{printed(maximum, digits)}}}'
    )
    return payloads.GRADE_REPORT.parse(f'{{"usergrades":[{{"userid":7,"gradeitems":[{item}]}}]}}').usergrades[0]


@given(stored, st.sampled_from([16, 17]))
def test_full_marks_are_a_hundred_per_cent_of_whatever_maximum(maximum: Decimal, digits: int) -> None:
    read = report(maximum, maximum, digits)
    evaluation = find_evaluation("C", "EVAL", None, [read], True)
    assert evaluation is not None
    grade = grade_in_report(read, evaluation)

    assert (grade.raw, grade.maximum, grade.minimum, evaluation.grade_max) == (maximum, maximum, 0, maximum)
    assert decide(Evidence(grade), Rules(FULL, by_materials=False)).outcome is Outcome.QUALIFIED


@given(stored, st.integers(1, 100), st.sampled_from([16, 17]))
def test_a_grade_exactly_on_a_per_cent_limit_passes_and_the_next_lower_one_does_not(
    maximum: Decimal, percent: int, digits: int
) -> None:
    limit = (maximum * percent / 100).quantize(FIVE_PLACES)
    if limit * 100 < maximum * percent:
        limit += FIVE_PLACES  # the limit itself lies between two grades that Moodle can store
    rules = Rules(threshold(str(percent), Scale.PERCENT), by_materials=False)

    def outcome(raw: Decimal) -> Outcome:
        grade = Grade(GradeStatus.GRADED, report(raw, maximum, digits).gradeitems[0].graderaw, Decimal(0))
        return decide(
            Evidence(grade._replace(maximum=report(raw, maximum, digits).gradeitems[0].grademax)), rules
        ).outcome

    assert outcome(limit) is Outcome.QUALIFIED
    assert outcome(limit - FIVE_PLACES) is Outcome.NOT_YET


@given(stored, stored)
def test_a_quiz_s_maximum_marks_and_grade_to_pass_are_what_moodle_stores(grade: Decimal, marks: Decimal) -> None:
    quiz = f'{{"id":1,"coursemodule":5,"grade":{printed(grade, 17)},"sumgrades":{printed(marks, 17)}}}'
    [read] = payloads.QUIZZES.parse(f'{{"quizzes":[{quiz}]}}').quizzes
    best = payloads.BEST_GRADE.parse(
        f'{{"hasgrade":true,"grade":{printed(marks, 17)},"gradetopass":{printed(grade, 17)}}}'
    )

    assert (read.grade, read.sumgrades, best.grade, best.gradetopass) == (grade, marks, marks, grade)


@pytest.mark.parametrize("number", ["1e30", "123456789012345678901234567890"])
def test_a_number_that_moodle_cannot_store_is_a_wrong_answer_and_no_other_error(number: str) -> None:
    with pytest.raises(ValidationError, match="more digits"):
        payloads.QUIZZES.parse(f'{{"quizzes":[{{"id":1,"coursemodule":5,"grade":{number}}}]}}')


def judged(*attempts: tuple[str, int | None]) -> tuple[Outcome, list[str]]:
    """Return the answer for somebody with these attempts: state, and marks of 20."""
    body: list[dict[str, Any]] = [
        {"id": number, "attempt": number, "state": state, "sumgrades": marks, "timefinish": 1_700_000_000}
        for number, (state, marks) in enumerate(attempts, 1)
    ]
    read = payloads.ATTEMPTS.parse(json.dumps({"attempts": body}))
    seen = _attempts(read, Decimal(100), Decimal(20), partial(reaches, threshold=threshold()))
    decision = decide(
        Evidence(Grade(GradeStatus.NO_GRADE), attempts=seen), Rules(threshold(), Basis.BEST_ATTEMPT, by_materials=False)
    )
    return decision.outcome, [reason.code for reason in decision.reasons]


@pytest.mark.parametrize("state", ["submitted", "a_state_of_the_future"])
@pytest.mark.parametrize("before", [[], [("finished", 12)], [("abandoned", None)]])
def test_what_was_handed_in_and_has_no_result_is_not_known_rather_than_absent(
    state: str, before: list[tuple[str, int | None]]
) -> None:
    assert judged(*before, (state, None)) == (Outcome.UNDETERMINED, ["attempt_ungraded"])


@pytest.mark.parametrize("state", ["submitted", "a_state_of_the_future"])
def test_an_attempt_that_reached_the_limit_counts_whatever_waits_for_marks(state: str) -> None:
    assert judged(("finished", 14), (state, None)) == (Outcome.QUALIFIED, [])


@pytest.mark.parametrize("state", ["notstarted", "inprogress", "overdue", "abandoned"])
def test_an_attempt_from_which_no_grade_comes_is_none(state: str) -> None:
    assert judged((state, None)) == (Outcome.NOT_YET, ["no_grade"])
    assert judged(("finished", 12), (state, 20)) == (Outcome.NOT_YET, ["score_below_threshold"])

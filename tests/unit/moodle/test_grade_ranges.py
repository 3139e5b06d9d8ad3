"""One person's older range is not taken for the evaluation's, and nobody is judged by it (rule 1, trap 5)."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from latsar_sync.domain.evidence import Evaluation, Grade, GradeStatus
from latsar_sync.moodle.grade_ranges import by_one_range

BEFORE, NOW = Decimal(100), Decimal(50)
SEEN = Evaluation(4, 2, "quiz", "Evaluasi", Decimal(0), BEFORE)


def grade(maximum: Decimal | None, day: int = 1, overridden: bool = False, raw: Decimal | None = Decimal(40)) -> Grade:
    status = GradeStatus.NO_GRADE if raw is None else GradeStatus.GRADED
    least = None if maximum is None else Decimal(0)
    return Grade(status, raw, least, maximum, overridden, datetime(2026, 11, day, tzinfo=UTC))


def without(maximum: Decimal | None) -> Grade:
    return grade(maximum, raw=None)


@pytest.mark.parametrize(
    ("grades", "believed", "greatest"),
    [
        ([grade(BEFORE), grade(NOW), without(NOW)], BEFORE, NOW),
        ([without(NOW), grade(BEFORE, 9)], BEFORE, NOW),
        ([without(NOW), without(NOW), without(BEFORE), grade(NOW)], None, NOW),
        ([grade(BEFORE, 1), grade(NOW, 2)], None, NOW),
        ([grade(NOW, 1), grade(BEFORE, 2, overridden=True)], None, NOW),
        ([grade(BEFORE, 2, overridden=True)], None, BEFORE),
        ([grade(BEFORE)], NOW, NOW),
        ([grade(None), without(None)], NOW, BEFORE),
        ([], NOW, BEFORE),
    ],
    ids=[
        "by whoever has no grade",
        "though that is older",
        "by most of those: one record that is spoilt stands for itself",
        "by the newest grade of everybody",
        "by none set by hand, if there is another",
        "else by that",
        "as believed, of some people",
        "as found, where ranges are hidden",
        "as found, where nobody was asked",
    ],
)
def test_the_range_of_the_evaluation_is_that_of_its_grade_item(
    grades: list[Grade], believed: Decimal | None, greatest: Decimal
) -> None:
    last = None if believed is None else replace(SEEN, grade_max=believed)

    evaluation, found = by_one_range(SEEN, last, enumerate(grades), len(grades))

    assert evaluation.grade_max == greatest
    differing = [
        who for who, each in enumerate(grades) if each.raw is not None and each.maximum not in (None, greatest)
    ]
    assert [who for who, each in found.items() if each.status is GradeStatus.GRADE_RANGE_DIFFERS] == differing
    assert all(each._replace(status=grades[who].status) == grades[who] for who, each in found.items())


def test_what_was_believed_of_another_evaluation_says_nothing() -> None:
    evaluation, _ = by_one_range(SEEN, replace(SEEN, cmid=9), [(7, grade(NOW))], 1)

    assert evaluation.grade_max == NOW

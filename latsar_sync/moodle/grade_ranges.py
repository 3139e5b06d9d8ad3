"""The range of the evaluation, and whose grade stands for another one (rule 1, trap 5).

Where a course calculates by the initial ranges of grades (Moodle's ``minmaxtouse`` 2), a grade report tells of whoever
has a grade the range that the grade was given by, of whoever has none the one of the grade item.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal

from latsar_sync.domain.evidence import Evaluation, Grade, GradeStatus
from latsar_sync.domain.many_people import pack_grades

Range = tuple[Decimal, Decimal]
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class RangesShown:
    """The ranges with which grades were shown: ``of_item`` to how many who have no grade, and ``of_grades``, each with
    the newest grade by it, those that a teacher set by hand last.
    """

    of_item: Counter[Range] = field(default_factory=Counter)
    of_grades: dict[Range, tuple[bool, datetime]] = field(default_factory=dict)

    def noting(self, grades: Iterable[tuple[int, Grade]]) -> Iterator[tuple[int, Grade]]:
        """Pass grades on, and note their ranges."""
        for who, grade in grades:
            shown = _range_of(grade)
            if shown is not None and grade.status is GradeStatus.NO_GRADE:
                self.of_item[shown] += 1
            elif shown is not None and grade.status is GradeStatus.GRADED:
                age = not grade.overridden, grade.graded_at or LONG_AGO
                self.of_grades[shown] = max(age, self.of_grades.get(shown, age))
            yield who, grade

    def put_into(self, evaluation: Evaluation, believed: Evaluation | None) -> Evaluation:
        """Return the evaluation with the range of its grade item.

        One record may be spoilt: most of those without a grade tell it. Where nobody is without one: the range that
        was ``believed`` when everybody was read last, None in such a reading; else that of the newest grade.
        """
        shown = max(self.of_item, key=self.of_item.__getitem__, default=None)
        if shown is None and self.of_grades:
            shown = max(self.of_grades, key=self.of_grades.__getitem__)
            if believed is not None and believed.cmid == evaluation.cmid:
                shown = _of(believed.grade_min, believed.grade_max) or shown
        return evaluation if shown is None else replace(evaluation, grade_min=shown[0], grade_max=shown[1])

    def others_than(self, evaluation: Evaluation) -> bool:
        """Say whether any grade stands for another range than the evaluation's."""
        return any(each != (evaluation.grade_min, evaluation.grade_max) for each in self.of_grades)


def by_one_range(
    evaluation: Evaluation, believed: Evaluation | None, grades: Iterable[tuple[int, Grade]], number: int
) -> tuple[Evaluation, Mapping[int, Grade]]:
    """Return the evaluation with the range of its grade item, and by user id the ``grades`` of so many people by it.

    Of a grade that stands for another range nobody can tell what it is worth: it is not known. ``believed`` is the
    evaluation as everybody was read last.
    """
    ranges = RangesShown()
    found = pack_grades(ranges.noting(grades), number)
    evaluation = ranges.put_into(evaluation, believed)
    if ranges.others_than(evaluation):
        found = pack_grades(_others_not_known(evaluation, found.items()), number)
    return evaluation, found


def _others_not_known(evaluation: Evaluation, grades: Iterable[tuple[int, Grade]]) -> Iterator[tuple[int, Grade]]:
    for who, grade in grades:
        shown = _range_of(grade) if grade.status is GradeStatus.GRADED else None
        if shown is None or shown == (evaluation.grade_min, evaluation.grade_max):
            yield who, grade
        else:
            yield who, grade._replace(status=GradeStatus.GRADE_RANGE_DIFFERS)


def _range_of(grade: Grade) -> Range | None:
    return _of(grade.minimum, grade.maximum)


def _of(least: Decimal | None, greatest: Decimal | None) -> Range | None:
    return None if least is None or greatest is None else (least, greatest)

"""What people of the campus reached: attempts at a quiz, grades, completion."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

HIGHEST, AVERAGE, FIRST, LAST = 1, 2, 3, 4


@dataclass
class Attempt:
    """One quiz attempt; `marks` are raw marks (Moodle's sumgrades), none while ungraded; `modified` its last change."""

    id: int
    number: int
    state: str
    timestart: int
    timefinish: int = 0
    marks: Decimal | None = None
    modified: int = 0


@dataclass
class Grade:
    """The gradebook row of one person for one item; `final` is what the gradebook shows.

    `maximum` is the greatest grade by which it was given, where the course calculates by that one.
    """

    final: Decimal | None
    overridden: bool = False
    submitted: int = 0
    graded: int = 0
    maximum: Decimal | None = None
    hidden: bool = False


@dataclass
class Completion:
    """One row of Moodle's course_modules_completion."""

    state: int
    time: int
    overridden_by: int | None = None


@dataclass
class Quiz:
    """What makes an activity a quiz: its scale, its attempts, and its grade item.

    `regraded` is when the quiz last settled its own grade of a person (Moodle's quiz_grades.timemodified).
    """

    maximum: Decimal
    marks: Decimal
    grade_to_pass: Decimal = Decimal(0)
    method: int = HIGHEST
    item_id: int = 0
    item_hidden: bool = False
    weight: int = 0
    attempts: dict[int, list[Attempt]] = field(default_factory=dict)
    grades: dict[int, Grade] = field(default_factory=dict)
    regraded: dict[int, int] = field(default_factory=dict)

    def scaled(self, marks: Decimal) -> Decimal:
        """Raw marks on the quiz's own scale, with the 5 decimals Moodle stores (mod/quiz: quiz_rescale_grade)."""
        if self.marks == 0:
            return Decimal(0)
        return (marks * self.maximum / self.marks).quantize(Decimal("0.00001"))

    def best_grade(self, user_id: int) -> Decimal | None:
        """The grade the quiz itself computes from finished attempts by its grading method, or none."""
        marks = [a.marks for a in self.attempts.get(user_id, []) if a.state == "finished" and a.marks is not None]
        if not marks:
            return None
        chosen = {HIGHEST: max(marks), AVERAGE: sum(marks, Decimal(0)) / len(marks), FIRST: marks[0], LAST: marks[-1]}
        return self.scaled(chosen[self.method])

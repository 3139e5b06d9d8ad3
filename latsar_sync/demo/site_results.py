"""What people of the campus reach in a course, and what teachers and cron make of it: visits, completion, grades.

Every public method takes the site's lock, so a test may change the site while requests are being served.
"""

from __future__ import annotations

from decimal import Decimal

from latsar_sync.demo import results
from latsar_sync.demo.reached import Attempt, Completion, Grade
from latsar_sync.demo.site_state import SiteState


class Results(SiteState):
    """A site in whose courses people reach something."""

    def visit(self, user_id: int, cmid: int, when: int | None = None) -> None:
        """Note that a person was in the activity's course; Moodle keeps the last time (user_lastaccess)."""
        with self.lock:
            moment = self.clock() if when is None else when
            for course in (each for each in self.courses.values() if any(m.cmid == cmid for m in each.modules)):
                course.lastaccess[user_id] = max(moment, course.lastaccess.get(user_id, 0))
                self.users[user_id].lastaccess = max(moment, self.users[user_id].lastaccess)

    def set_completion(
        self, user_id: int, cmid: int, state: int, when: int | None = None, visiting: bool = True
    ) -> None:
        """Store a completion state (0, 1, 2 or 3) as it is; no grade follows from it.

        Not `visiting`: a teacher set it, or the person used the mobile app, which Moodle counts as no visit.
        """
        with self.lock:
            self.module(cmid).completions[user_id] = Completion(state, self.clock() if when is None else when)
            if visiting:
                self.visit(user_id, cmid, when)

    def add_attempt(
        self,
        user_id: int,
        cmid: int,
        marks: Decimal | None,
        state: str = "finished",
        when: int | None = None,
        visiting: bool = True,
    ) -> Attempt:
        """Add a quiz attempt with raw marks; grade and completion follow by the quiz's own rules, as in Moodle.

        Not `visiting`: made in the mobile app, or handed in by cron.
        """
        with self.lock:
            module, now = self.module(cmid), self.clock() if when is None else when
            quiz = results.quiz_of(module)
            earlier = quiz.attempts.setdefault(user_id, [])
            finish = now if state == "finished" else 0
            attempt = Attempt(self._next("attempt"), len(earlier) + 1, state, now - 1800, finish, marks, now)
            earlier.append(attempt)
            results.regrade(module, user_id, now)
            if visiting:
                self.visit(user_id, cmid, now)
            return attempt

    def mark_attempt(self, attempt: Attempt, cmid: int, user_id: int, marks: Decimal) -> None:
        """Give a finished attempt its marks, as a teacher who grades an essay; the person need not be there."""
        with self.lock:
            attempt.marks, attempt.modified = marks, self.clock()
            results.regrade(self.module(cmid), user_id, self.clock())

    def set_grade(
        self, user_id: int, cmid: int, value: Decimal | None, overridden: bool = False, when: int | None = None
    ) -> None:
        """Set a grade and let completion follow.

        Overridden: a teacher writes into the gradebook, the quiz keeps its own grade. Otherwise the quiz itself says
        so: the finished attempts are replaced by one with that result, or by none when `value` is None.
        """
        with self.lock:
            module, now = self.module(cmid), self.clock() if when is None else when
            quiz = results.quiz_of(module)
            if overridden:
                old = quiz.grades.get(user_id)
                quiz.grades[user_id] = Grade(value, True, old.submitted if old else now, now)
                results.recomplete(module, user_id, now)
                return
            unfinished = [a for a in quiz.attempts.get(user_id, []) if a.state != "finished"]
            quiz.attempts[user_id] = unfinished
            quiz.grades.pop(user_id, None)
            if value is None:
                results.recomplete(module, user_id, now)
            else:
                self.add_attempt(user_id, cmid, value * quiz.marks / quiz.maximum, when=now)

    def run_cron(self) -> None:
        """Do what Moodle's cron does for course completion: mark people who meet every criterion as completed."""
        with self.lock:
            for course in self.courses.values():
                results.complete_courses(course, self.clock())

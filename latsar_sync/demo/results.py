"""How grades and completion follow from quiz attempts, as in a real Moodle."""

from __future__ import annotations

from latsar_sync.demo import records
from latsar_sync.demo.reached import Completion, Grade, Quiz
from latsar_sync.demo.records import Course, Module


def quiz_of(module: Module) -> Quiz:
    """The quiz inside an activity; raises ValueError if the activity is none."""
    if module.quiz is None:
        raise ValueError(f"activity {module.cmid} is not a quiz")
    return module.quiz


def regrade(module: Module, user_id: int, now: int) -> None:
    """Bring gradebook and completion of one person in line with the attempts; an override stays."""
    quiz = quiz_of(module)
    old, value = quiz.grades.get(user_id), quiz.best_grade(user_id)
    if value is not None:
        quiz.regraded[user_id] = now
    if value is not None and not (old and old.overridden):
        quiz.grades[user_id] = Grade(value, False, old.submitted if old else now, now)
    recomplete(module, user_id, now)


def recomplete(module: Module, user_id: int, now: int) -> None:
    """Set the completion state by the activity's rules: pass grade gives 2 or 3, an attempt gives 1."""
    quiz = quiz_of(module)
    grade = quiz.grades.get(user_id)
    state = records.INCOMPLETE
    if "completionpassgrade" in module.rules:
        if grade and grade.final is not None:
            passed = grade.final >= quiz.grade_to_pass
            state = records.COMPLETE_PASS if passed else records.COMPLETE_FAIL
    elif any(a.state == "finished" for a in quiz.attempts.get(user_id, [])):
        state = records.COMPLETE
    if module.tracking and module.state_of(user_id) != state:
        module.completions[user_id] = Completion(state, now)


def complete_courses(course: Course, now: int) -> None:
    """Mark the people of a course who meet every criterion; a mark once given is never taken back."""
    tracked = [m for m in course.modules if m.tracking and m.visible]
    if not course.completion_criteria or not tracked:
        return
    for user_id in course.enrolments:
        done = all(m.state_of(user_id) in (records.COMPLETE, records.COMPLETE_PASS) for m in tracked)
        if done:
            course.completed.setdefault(user_id, now)

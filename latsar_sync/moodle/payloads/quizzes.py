"""Quizzes and attempts."""

from pydantic import TypeAdapter

from latsar_sync.moodle.fields import Flag, Id, Number, Seconds, Text
from latsar_sync.moodle.parsing import Payload, Shape


class Quiz(Payload):
    """A quiz: ``grade`` its maximum, ``sumgrades`` the marks that make it up."""

    id: Id
    coursemodule: Id
    grade: Number | None = None
    sumgrades: Number | None = None


class MoodleWarning(Payload):
    """Something Moodle left out of an answer that otherwise looks like a success."""

    item: Text | None = None
    itemid: Id | None = None
    warningcode: Text
    message: Text


class Quizzes(Payload):
    """Answer of ``quizzes_by_courses``; a course without access shows only in ``warnings``."""

    quizzes: tuple[Quiz, ...]
    warnings: tuple[MoodleWarning, ...] = ()


class Attempt(Payload):
    """One attempt, of ``userid`` at ``quiz``; ``sumgrades`` are raw marks, None until marked; ``timefinish`` is 0 while
    it runs.
    """

    id: Id
    quiz: Id | None = None
    userid: Id | None = None
    attempt: Id
    state: Text
    sumgrades: Number | None = None
    timefinish: Seconds = None


class QuizAttempts(Payload):
    """Answer of ``user_attempts`` and ``user_quiz_attempts``."""

    attempts: tuple[Attempt, ...]


class BestGrade(Payload):
    """Answer of ``best_grade``; ``grade`` is already scaled to the quiz's maximum."""

    hasgrade: Flag
    grade: Number | None = None
    gradetopass: Number | None = None


QUIZZES = Shape(TypeAdapter(Quizzes), exact_numbers=True)
ATTEMPTS = Shape(TypeAdapter(QuizAttempts), exact_numbers=True)
BEST_GRADE = Shape(TypeAdapter(BestGrade), exact_numbers=True)

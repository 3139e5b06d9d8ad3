"""Web-service functions about quizzes and their attempts."""

from __future__ import annotations

from typing import Any, Final

from latsar_sync.demo import access, failures
from latsar_sync.demo.functions_grades import (
    as_number,
    person_to_read,
)
from latsar_sync.demo.printed_names import html_name
from latsar_sync.demo.reached import Attempt, Quiz
from latsar_sync.demo.records import Course, Module, ServiceAccount
from latsar_sync.demo.versions import as_of
from latsar_sync.demo.world import Site

# The fixed part of a quiz as recorded in mod_quiz_get_quizzes_by_courses.success.
QUIZ_BEHAVIOUR: Final[dict[str, object]] = {
    "timeopen": 0, "timeclose": 0, "timelimit": 0, "overduehandling": "autosubmit", "graceperiod": 86400,
    "preferredbehaviour": "deferredfeedback", "canredoquestions": 0, "attempts": 0, "attemptonlast": 0,
}  # fmt: skip
QUIZ_REVIEW: Final[dict[str, object]] = {
    "decimalpoints": 2, "questiondecimalpoints": -1, "reviewattempt": 69904, "reviewcorrectness": 69904,
    "reviewmaxmarks": 69904, "reviewmarks": 69904, "reviewspecificfeedback": 69904, "reviewgeneralfeedback": 69904,
    "reviewrightanswer": 69904, "reviewoverallfeedback": 4368, "questionsperpage": 1, "navmethod": "free",
}  # fmt: skip
QUIZ_REST: Final[dict[str, object]] = {
    "browsersecurity": "", "delay1": 0, "delay2": 0, "showuserpicture": 0, "showblocks": 0,
    "completionattemptsexhausted": 0, "completionpass": 0, "allowofflineattempts": 0, "autosaveperiod": 60,
    "hasfeedback": 0, "hasquestions": 1,
}  # fmt: skip
STATES: Final = {"finished": ("finished", "abandoned", "submitted"), "unfinished": ("inprogress", "overdue")}


def get_quizzes_by_courses(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """mod_quiz_get_quizzes_by_courses: the quizzes the account sees; courses it may not enter become warnings."""
    course_ids = params["courseids"] or [c.id for c in site.courses.values() if account.user_id in c.enrolments]
    quizzes: list[dict[str, object]] = []
    warnings: list[dict[str, object]] = []
    for course_id in course_ids:
        course = site.courses.get(course_id)
        if course is None or not access.may_enter(site, account, course):
            message = "No access rights in course context"
            warnings.append({"item": "course", "itemid": course_id, "warningcode": "1", "message": message})
            continue
        for module in course.modules:
            if module.quiz is not None and access.sees_module(account, module):
                quizzes.append(_described_quiz(site, course, module, module.quiz))
    return {"quizzes": quizzes, "warnings": warnings}


def _described_quiz(site: Site, course: Course, module: Module, quiz: Quiz) -> dict[str, object]:
    head = {
        "id": module.instance,
        "coursemodule": module.cmid,
        "course": course.id,
        "name": html_name(module.name),
        "intro": "",
        "introformat": 1,
        "introfiles": [],
        "section": module.section,
        "visible": module.visible if site.moodle.since(4, 3) else int(module.visible),
        "groupmode": 0,
        "groupingid": 0,
        "lang": "",
        "enableaitools": None,
        "enabledaiactions": None,
    }
    scale = {"sumgrades": as_number(quiz.marks), "grade": as_number(quiz.maximum)}
    whole = head | QUIZ_BEHAVIOUR | {"grademethod": quiz.method} | QUIZ_REVIEW | scale | QUIZ_REST
    return as_of(site.moodle, "quiz", whole)


def get_user_attempts(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """mod_quiz_get_user_attempts: one person's attempts; userid 0 is the account itself, status finished.

    Since 5.0 it shows what was submitted as finished, without marks, and leaves out what was not started.
    """
    attempts = _attempts_of(site, account, params)
    told = [each for each in attempts if each["state"] != "notstarted"]
    return {"attempts": [_as_before(each) if each["state"] == "submitted" else each for each in told], "warnings": []}


def _as_before(submitted: dict[str, object]) -> dict[str, object]:
    old = submitted | {"state": "finished", "sumgrades": None}
    del old["gradeitemmarks"]
    return old


def get_user_quiz_attempts(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """mod_quiz_get_user_quiz_attempts: the same in true states, since 5.0; not started is neither finished nor not."""
    return {"attempts": _attempts_of(site, account, params), "warnings": []}


def _attempts_of(site: Site, account: ServiceAccount, params: dict[str, Any]) -> list[dict[str, object]]:
    module, quiz = _quiz_to_read(site, account, params["quizid"])
    if params["status"] not in ("all", *STATES):
        raise failures.invalid_parameter()
    user_id = person_to_read(site, account, params["userid"])
    wanted = STATES.get(params["status"])
    attempts = [a for a in quiz.attempts.get(user_id, []) if wanted is None or a.state in wanted]
    return [_described_attempt(site, module, user_id, a) for a in attempts]


def get_user_best_grade(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """mod_quiz_get_user_best_grade: the quiz's own grade, which no gradebook override touches."""
    _, quiz = _quiz_to_read(site, account, params["quizid"])
    user_id = person_to_read(site, account, params["userid"])
    best = quiz.best_grade(user_id)
    answer: dict[str, object] = {"hasgrade": best is not None}
    if best is not None:
        answer["grade"] = as_number(best)
    if quiz.grade_to_pass > 0:
        answer["gradetopass"] = as_number(quiz.grade_to_pass)
    return answer | {"warnings": []}


def _quiz_to_read(site: Site, account: ServiceAccount, quiz_id: int) -> tuple[Module, Quiz]:
    for course in site.courses.values():
        for module in course.modules:
            if module.quiz is not None and module.instance == quiz_id:
                access.enter(site, account, course)
                if not access.sees_module(account, module):
                    raise failures.not_accessible()
                return module, module.quiz
    raise failures.missing_record("quiz")


def _described_attempt(site: Site, module: Module, user_id: int, attempt: Attempt) -> dict[str, object]:
    done = attempt.state == "finished"
    described: dict[str, object] = {
        "id": attempt.id,
        "quiz": module.instance,
        "userid": user_id,
        "attempt": attempt.number,
        "uniqueid": attempt.id,
        "layout": "1,2,3,4,5,6,7,8,9,10,0",
        "currentpage": 0,
        "preview": 0,
        "state": attempt.state,
        "timestart": attempt.timestart,
        "timefinish": attempt.timefinish,
        "timemodified": attempt.modified,
        "timemodifiedoffline": 0,
        "timecheckstate": None,
        "sumgrades": None if attempt.marks is None else as_number(attempt.marks),
        "gradeitemmarks": [],
        "gradednotificationsenttime": attempt.timefinish if done else None,
    }
    return as_of(site.moodle, "attempt", described)

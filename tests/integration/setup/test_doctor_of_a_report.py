"""What doctor says of the report that tells whom to ask."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from diagnoses import examined
from service import ServiceFactory

from latsar_sync.demo import Campus
from latsar_sync.demo.records import STUDENT, Report
from latsar_sync.demo.rights import MOOC_TOKEN
from latsar_sync.setup.doctor import Status, custom_report

NUMBER = 7
FUNCTIONS = ("core_reportbuilder_retrieve_report", "core_user_get_users_by_field", "core_user_get_course_user_profiles")
OK, WARN, FAIL = Status.OK, Status.WARN, Status.FAIL


def unseen(campus: Campus) -> None:
    campus.mooc.reports[NUMBER].audience = frozenset()


def of_others(campus: Campus) -> None:
    campus.mooc.reports[NUMBER].course_id = 1


def gone(campus: Campus) -> None:
    del campus.mooc.reports[NUMBER]


def with_teachers(campus: Campus) -> None:
    course = campus.mooc.course("MOOC-LATSAR")
    teacher = next(user_id for user_id in course.enrolments if STUDENT not in course.roles.get(user_id, ()))
    campus.mooc.users[teacher].idnumber = "DOSEN-1"
    campus.mooc.reports[NUMBER].students_only = False


def without_grades(campus: Campus) -> None:
    report = campus.mooc.reports[NUMBER]
    columns = tuple(each for each in report.columns if each != "completion:grade")
    campus.mooc.reports[NUMBER] = replace(report, columns=columns)


def with_names(campus: Campus) -> None:
    report = campus.mooc.reports[NUMBER]
    campus.mooc.reports[NUMBER] = replace(report, columns=(*report.columns, "user:fullname"))


def that_changes_daily(campus: Campus) -> None:
    report = campus.mooc.reports[NUMBER]
    campus.mooc.reports[NUMBER] = replace(report, columns=(*report.columns, "completion:dayscourse"))


def of_every_course(campus: Campus) -> None:
    campus.mooc.enrol(campus.mooc.courses[1].shortname, min(campus.mooc.course("MOOC-LATSAR").enrolments))
    campus.mooc.reports[NUMBER].course_id = None


def that_is_long(campus: Campus) -> None:
    course = campus.mooc.course("MOOC-LATSAR")
    course.lastaccess = {user_id: 1_700_000_000 + 60 * user_id for user_id in course.enrolments}


def by_last_access(campus: Campus) -> None:
    that_is_long(campus)
    campus.mooc.reports[NUMBER].newest_first = True


def without_lookups(campus: Campus) -> None:
    campus.mooc.accounts[MOOC_TOKEN].functions.difference_update(FUNCTIONS[1:])


def without_function(campus: Campus) -> None:
    campus.mooc.accounts[MOOC_TOKEN].functions.discard(FUNCTIONS[0])


@pytest.mark.parametrize(
    ("wrong", "expected", "said"),
    [
        (None, {OK}, "rows"),
        (unseen, {FAIL}, "may not see the report"),
        (gone, {FAIL}, "there is no report 7"),
        (of_others, {FAIL}, "at least half of the participants"),
        (without_function, {FAIL}, "core_reportbuilder_retrieve_report"),
        (with_teachers, {OK, WARN}, "who are no participants"),
        (without_grades, {OK, WARN}, "headed Grade"),
        (with_names, {OK, WARN}, "Full name"),
        (that_changes_daily, {OK, WARN}, "Time taking course: that changes by itself"),
        (of_every_course, {OK, WARN}, "have more than one row"),
        (that_is_long, {OK, WARN}, "All its rows are read in every run"),
        (by_last_access, {OK}, "incremental runs read the first rows"),
        (without_lookups, {OK, WARN}, "The list of people is read in every run"),
    ],
)
def test_doctor_says_what_a_report_shows_and_what_lacks(
    make_service: ServiceFactory,
    sqlite_url: str,
    campus: Campus,
    monkeypatch: pytest.MonkeyPatch,
    wrong: Callable[[Campus], None] | None,
    expected: set[Status],
    said: str,
) -> None:
    campus.mooc.reports[NUMBER] = Report(NUMBER, campus.mooc.course("MOOC-LATSAR").id)
    campus.mooc.accounts[MOOC_TOKEN].functions.update(FUNCTIONS)
    if wrong is not None:
        wrong(campus)
    if wrong in (that_is_long, by_last_access):
        monkeypatch.setattr(custom_report, "WHOLE_UP_TO", 50)

    found = examined(make_service(sqlite_url, source=f"report = {NUMBER}"))["report"]

    assert {check.status for check in found} == expected
    assert any(said in check.text for check in found)
    assert all(check.remedy for check in found if check.status is not OK)

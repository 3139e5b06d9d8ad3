"""Web-service functions about custom reports: the rows of people in a course, in the words of a page."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from latsar_sync.demo import failures
from latsar_sync.demo.printed_names import html_name
from latsar_sync.demo.records import STUDENT, Course, Report, ServiceAccount, User
from latsar_sync.demo.world import Site

SOURCE: Final = "core_course\\reportbuilder\\datasource\\participants"
HEADINGS: Final = {
    "user:idnumber": "ID number",
    "user:username": "Username",
    "user:fullname": "Full name",
    "completion:dayscourse": "Time taking course",
    "completion:completed": "Completed",
    "completion:timecompleted": "Time completed",
    "completion:grade": "Grade",
    "access:timeaccess": "Last access to course",
    "group:name": "Name",
    "role:shortname": "Short name",
}
"""The columns that the campus knows, with their headings; two of them may read alike, as in a real one."""


def retrieve_report(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """core_reportbuilder_retrieve_report: a page of a report's rows; the source looks at no right in the course.

    Whoever is not in the audience may not see it. There is no greatest page; 0 and less gives everything.
    """
    report = site.reports.get(params["reportid"])
    if report is None:
        raise failures.missing_record("reportbuilder_report")
    if report.audience is not None and account.user_id not in report.audience:
        kind = "exception\\report_access_exception" if site.moodle.since(4, 5) else "report_access_exception"
        raise failures.MoodleError(f"core_reportbuilder\\{kind}", "errorreportview", "You cannot view this report")
    courses = [course for course in site.courses.values() if report.course_id in (None, course.id)]
    rows = [row for course in courses for row in _rows(site, report, course)]
    size, page = params["perpage"], params["page"]
    shown = rows if size <= 0 else rows[page * size : (page + 1) * size]
    beyond = site.moodle.since(5, 1) and not shown
    return {
        "details": _details(site, report),
        "data": {
            "headers": [HEADINGS[column] for column in report.columns],
            "rows": [{"columns": row} for row in shown],
            "totalrowcount": 0 if beyond else len(rows),
        },
        "warnings": [],
    }


def _details(site: Site, report: Report) -> dict[str, Any]:
    admin = {"id": 2, "fullname": "Admin User", "idnumber": "", "email": "admin@latsar.example.id"}
    admin |= dict.fromkeys(("phone1", "phone2", "department", "institution", "identity"), "")
    admin |= dict.fromkeys(("profileurl", "profileimageurl", "profileimageurlsmall"), site.url)
    more: dict[str, Any] = {"tags": []} if site.moodle.since(4, 5) else {}
    more |= {"customfields": {"data": []}} if site.moodle.since(5, 1) else {}
    more |= dict.fromkeys(("itemid", "type", "usercreated", "usermodified", "timecreated", "timemodified"), 0)
    more |= {"component": "", "area": "", "contextid": 1, "uniquerows": False, "settingsdata": None}
    source = {"source": SOURCE, "sourcename": "Course participants", "conditiondata": "{}"}
    return {"id": report.id, "name": report.name, "modifiedby": admin, **source, **more}


def _rows(site: Site, report: Report, course: Course) -> list[list[str | None]]:
    """One row a person and group; before them a blank one for each enrolment method without people."""
    seen = course.lastaccess if report.newest_first else {}
    people = [site.users[user_id] for user_id in sorted(course.enrolments, key=lambda each: (-seen.get(each, 0), each))]
    used = {each.method for rows in course.enrolments.values() for each in rows}
    blank = [_blank(report) for method in course.methods if method not in used]
    shown = (user for user in people if not user.deleted and _is_meant(report, course, user))
    return blank + [row for user in shown for row in _rows_of(site, report, course, user)]


def _is_meant(report: Report, course: Course, user: User) -> bool:
    by_role = not report.students_only or STUDENT in course.roles.get(user.id, ())
    return by_role and user.id not in report.left_out


def _blank(report: Report) -> list[str | None]:
    return [None if column == "role:shortname" else "" for column in report.columns]


def _rows_of(site: Site, report: Report, course: Course, user: User) -> list[list[str | None]]:
    groups = [html_name(group.name) for group in course.groups_of(user.id)] or [""]
    cells = {
        "user:idnumber": user.idnumber,
        "user:username": user.username,
        "user:fullname": user.fullname,
        "completion:dayscourse": f"{site.clock() - course.startdate} secs",
        "completion:completed": "Yes" if user.id in course.completed else "No",
        "completion:timecompleted": _moment(course.completed.get(user.id)),
        "completion:grade": _total(course, user.id),
        "access:timeaccess": _moment(course.lastaccess.get(user.id)) or "Never",
        "role:shortname": "student" if STUDENT in course.roles.get(user.id, ()) else "editingteacher",
    }
    by_group = groups if "group:name" in report.columns else groups[:1]
    return [[{**cells, "group:name": group}[column] for column in report.columns] for group in by_group]


def _moment(seconds: int | None) -> str:
    """A time in words, without seconds."""
    return f"{datetime.fromtimestamp(seconds, UTC):%A, %-d %B %Y, %-I:%M %p}" if seconds else ""


def _total(course: Course, user_id: int) -> str:
    """The course total with two decimals; while the gradebook waits for its regrade it is the one of before."""
    if course.old_totals is not None:
        return course.old_totals.get(user_id, "")
    total: Decimal | None = None
    for module in course.modules:
        row = module.quiz.grades.get(user_id) if module.quiz and module.quiz.weight else None
        total = row.final if row is not None and row.final is not None else total
    return "" if total is None else f"{total.quantize(Decimal('0.01'), rounding=ROUND_HALF_UP)}"


def totals_as_they_are(course: Course) -> dict[int, str]:
    """What a report shows as totals until somebody reads grades, if a setting of the gradebook is saved now."""
    return {user_id: _total(course, user_id) for user_id in course.enrolments}

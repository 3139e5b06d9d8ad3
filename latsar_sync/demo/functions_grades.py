"""Web-service functions about the gradebook and quizzes."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from operator import attrgetter
from typing import Any, Final

from latsar_sync.demo import access, failures, records
from latsar_sync.demo.answers import Known, Parts
from latsar_sync.demo.printed_names import html_name, require_tidy_names
from latsar_sync.demo.reached import Grade, Quiz
from latsar_sync.demo.records import Course, Module, ServiceAccount, User
from latsar_sync.demo.world import Site

_ICON: Final = '<i class="icon fa {shape} fa-fw inline"  title="{word}" role="img" aria-label="{word}"></i>'
_PASS_ICON: Final = _ICON.format(shape="fa-check text-success", word="Pass")
_FAIL_ICON: Final = _ICON.format(shape="fa-times text-danger", word="Fail")


_REPORTS: Final = Parts()
_OF_MODULE: Final = attrgetter("cmid", "instance", "modname", "name", "idnumber")
_OF_QUIZ: Final = attrgetter("maximum", "grade_to_pass", "item_id", "item_hidden", "weight")
"""What the grade item of a quiz shows of it."""


def get_grade_items(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """gradereport_user_get_grade_items: the grade items of one person, of a group, or (userid 0) of everybody.

    Rules: grade/report/user/classes/external/user.php. A bulk answer is ordered by last name, leaves out inactive
    enrolments and people without a gradebook role; a single unenrolled person gets null grades.
    """
    course = access.known_course(site, params["courseid"])
    access.enter(site, account, course)
    access.require(account, "gradereport/user:view")
    user_id, group_id = params["userid"], params["groupid"]
    if user_id:
        person = access.known_active_user(site, user_id)
        if not access.shares_group(account, course, user_id):
            raise failures.moodle_error("notingroup", "error/notingroup")
        if "moodle/grade:viewall" not in account.capabilities and user_id != account.user_id:
            raise failures.moodle_error("nopermissiontoviewgrades", "Cannot view grades.")
        people = [person]
    else:
        access.require(account, "moodle/grade:viewall")
        people = _graded_people(site, account, course, group_id)
    if not access.all_groups_visible(account, course):
        group = course.groups.get(group_id)
        if group is None or account.user_id not in group.members:
            raise failures.moodle_error("notingroup", "error/notingroup")
    course.old_totals = None
    require_tidy_names(person.fullname for person in people)
    return {"usergrades": _reports(site, account, course, people), "warnings": []}


def _reports(site: Site, account: ServiceAccount, course: Course, people: list[User]) -> list[Known]:
    """The report of each of these people, made and printed once for what it follows from."""
    quizzes = [(module, module.quiz) for module in course.modules if module.quiz is not None]
    frame = (
        (site.moodle.number, "moodle/grade:viewhidden" in account.capabilities),
        (course.id, course.idnumber, course.report_shows_grades, course.report_shows_ranges),
        tuple((_OF_MODULE(each), _OF_QUIZ(quiz), access.sees_module(account, each)) for each, quiz in quizzes),
    )
    result = []
    for person in people:
        rows = [quiz.grades.get(person.id) for _, quiz in quizzes]
        grades = tuple(
            [row and (row.final, row.overridden, row.submitted, row.graded, row.maximum, row.hidden) for row in rows]
        )
        made = partial(_user_grades, site, account, course, person)
        result.append(_REPORTS.part((frame, person.id, person.fullname, person.idnumber, grades), made))
    return result


def _graded_people(site: Site, account: ServiceAccount, course: Course, group_id: int) -> list[User]:
    now = site.clock()
    user_ids = {user_id for user_id, roles in course.roles.items() if records.STUDENT in roles}
    user_ids &= set(course.enrolments)
    if site.only_active_grades or "moodle/course:viewsuspendedusers" not in account.capabilities:
        user_ids = {user_id for user_id in user_ids if course.is_active(user_id, now)}
    if group_id:
        groups = (other.groups.get(group_id) for other in site.courses.values())
        group = next((g for g in groups if g), None)
        if group is None or group.visibility == 0 or access.sees_hidden_groups(site, account):
            user_ids &= set(group.members) if group else set()  # of a hidden group Moodle tells everybody
    return access.by_last_name(site, user_ids)


def _user_grades(site: Site, account: ServiceAccount, course: Course, person: User) -> dict[str, object]:
    sees_hidden = "moodle/grade:viewhidden" in account.capabilities
    items: list[dict[str, object]] = []
    total: Grade | None = None
    any_hidden = False
    for module in course.modules:
        quiz = module.quiz
        if quiz is None:
            continue
        row = quiz.grades.get(person.id)
        if quiz.weight and row is not None:
            total = Grade(row.final, False, 0, row.graded)
        if _is_hidden(quiz, row) and not sees_hidden:
            any_hidden = True
        elif access.sees_module(account, module):
            items.append(_module_item(site, module, quiz, row))
    items.append(_course_item(course, total, blanked=any_hidden))
    items = [_as_displayed(course, item) for item in items]
    if any_hidden:
        # Weights of hidden items would show through, so Moodle prints none.
        items = [{k: v for k, v in item.items() if not k.startswith("weight")} for item in items]
    return {
        "courseid": course.id,
        "courseidnumber": course.idnumber,
        "userid": person.id,
        "userfullname": person.fullname,
        "useridnumber": person.idnumber,
        "maxdepth": 2,
        "gradeitems": items,
    }


def _as_displayed(course: Course, item: dict[str, object]) -> dict[str, object]:
    """Leave out what the course's user report hides, as grade/report/user/classes/report/user.php does."""
    hidden: set[str] = set()
    if not course.report_shows_grades:
        hidden |= {"graderaw", "gradeformatted", "gradeishidden", "gradehiddenbydate", "gradeneedsupdate"}
        hidden |= {"gradedatesubmitted", "gradedategraded", "gradeislocked", "gradeisoverridden"}
    if not course.report_shows_ranges:
        hidden |= {"grademin", "grademax", "rangeformatted"}
    return {key: value for key, value in item.items() if key not in hidden}


def _is_hidden(quiz: Quiz, row: Grade | None) -> bool:
    return quiz.item_hidden or (row is not None and row.hidden)


def _module_item(site: Site, module: Module, quiz: Quiz, row: Grade | None) -> dict[str, object]:
    final = row.final if row else None
    item: dict[str, object] = {
        "id": quiz.item_id,
        "itemname": module.name if site.moodle.since(4, 5) else html_name(module.name),
        "itemtype": "mod",
        "itemmodule": module.modname,
        "iteminstance": module.instance,
        "itemnumber": 0,
        "idnumber": module.idnumber,
        "categoryid": 1,
        "outcomeid": None,
        "scaleid": None,
        "locked": False,
        "cmid": module.cmid,
    }
    if final is not None:
        item |= {"weightraw": quiz.weight, "weightformatted": f"{quiz.weight * 100}.00 %"}
    formatted = _two_places(final)
    if final is not None and quiz.grade_to_pass > 0 and not _is_hidden(quiz, row):
        formatted = (_PASS_ICON if final >= quiz.grade_to_pass else _FAIL_ICON) + formatted
    # grade/report/user: whoever has no grade is shown the range of the item, whatever the course calculates by
    initial = None if row is None or final is None else row.maximum
    return item | _grade_part(row, final, initial or quiz.maximum, formatted, hidden=_is_hidden(quiz, row))


def _course_item(course: Course, total: Grade | None, blanked: bool) -> dict[str, object]:
    final = None if blanked or total is None else total.final
    item: dict[str, object] = {
        "id": 1,
        "itemname": None,
        "itemtype": "course",
        "itemmodule": None,
        "iteminstance": 1,
        "itemnumber": None,
        "idnumber": None,
        "categoryid": None,
        "outcomeid": None,
        "scaleid": None,
        "locked": False,
    }
    return item | _grade_part(total, final, Decimal(100), _two_places(final), hidden=False)


def _grade_part(
    row: Grade | None, final: Decimal | None, maximum: Decimal, formatted: str, hidden: bool
) -> dict[str, object]:
    percentage = None if final is None or not maximum else min(max(final, Decimal(0)), maximum) / maximum * 100
    return {
        "graderaw": None if final is None else as_number(final),
        "gradedatesubmitted": (row.submitted or None) if row else None,
        "gradedategraded": row.graded if row else None,
        "gradehiddenbydate": False,
        "gradeneedsupdate": False,
        "gradeishidden": hidden,
        "gradeislocked": False,
        "gradeisoverridden": row.overridden if row else False,
        "gradeformatted": formatted,
        "grademin": 0,
        "grademax": as_number(maximum),
        "rangeformatted": f"0.00&ndash;{_two_places(maximum)}",
        "percentageformatted": "-" if percentage is None else f"{_two_places(percentage)} %",
        "feedback": "",
        "feedbackformat": 0,
    }


def as_number(value: Decimal) -> int | Decimal:
    """A number as an answer holds it: without a fraction, which takes longer to print, where it has none."""
    whole = int(value)
    return whole if whole == value else value


def _two_places(value: Decimal | None) -> str:
    # 69.996 shows as 70.00: the trap of every formatted grade.
    return "-" if value is None else str(value.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP))


def person_to_read(site: Site, account: ServiceAccount, user_id: int) -> int:
    if user_id == 0:
        return account.user_id
    access.known_active_user(site, user_id)
    if user_id != account.user_id:
        access.require(account, "mod/quiz:viewreports")
    return user_id

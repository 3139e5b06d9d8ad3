"""Web-service functions about activity completion and course completion."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any, Final

from latsar_sync.demo import access, failures, records
from latsar_sync.demo.answers import Parts
from latsar_sync.demo.printed_names import html_name
from latsar_sync.demo.reached import Completion
from latsar_sync.demo.records import Course, Module, ServiceAccount
from latsar_sync.demo.versions import MoodleVersion, as_of
from latsar_sync.demo.world import Site

_RULE_TEXTS: Final = {
    "completionview": "View",
    "completionminattempts": "Make attempts: 1",
    "completionusegrade": "Receive a grade",
    "completionpassgrade": "Receive a passing grade",
}
_STATUSES: Final = Parts()
_REQUIREMENTS: Final = {
    "completionview": "Viewing the page",
    "completionusegrade": "Achieving grade",
    "completionpassgrade": "Achieving passing grade",
}


def completion_data(site: Site, course: Course, module: Module, user_id: int) -> dict[str, object]:
    """One person's completion of one activity, as the contents and the completion function print it."""
    return _completion(site.moodle, module, module.completions.get(user_id), _is_tracked(site, course, user_id))


def _completion(moodle: MoodleVersion, module: Module, row: Completion | None, tracked: bool) -> dict[str, object]:
    state = row.state if row else records.INCOMPLETE
    data: dict[str, object] = {
        "state": state,
        "timecompleted": row.time if row else 0,
        "overrideby": row.overridden_by if row else None,
        "valueused": False,
        "hascompletion": True,
        "isautomatic": module.tracking == records.TRACKING_AUTOMATIC,
        "istrackeduser": tracked,
        "uservisible": True,
        "details": [
            {
                "rulename": rule,
                "rulevalue": {"status": _rule_status(rule, state), "description": _RULE_TEXTS.get(rule, rule)},
            }
            for rule in module.rules
        ],
        "isoverallcomplete": state in (records.COMPLETE, records.COMPLETE_PASS),
    }
    return as_of(moodle, "completion", data)


def _rule_status(rule: str, state: int) -> int:
    # As recorded: a failing grade is received (1) but is not a passing one (3); a passing grade gives 2 and 2.
    if rule == "completionusegrade" and state == records.COMPLETE_FAIL:
        return records.COMPLETE
    if rule in ("completionusegrade", "completionpassgrade"):
        return state
    return min(state, records.COMPLETE)


def _is_tracked(site: Site, course: Course, user_id: int) -> bool:
    return course.is_active(user_id, site.clock()) and records.STUDENT in course.roles.get(user_id, ())


def get_activities_completion_status(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """core_completion_get_activities_completion_status: one person's tracked activities that the account sees."""
    course = access.known_course(site, params["courseid"])
    user = access.known_active_user(site, params["userid"])
    access.enter(site, account, course)
    if user.id != account.user_id:
        access.require(account, "report/progress:view")
        if not access.shares_group(account, course, user.id):
            raise failures.moodle_error("accessdenied", "Access denied")
    moodle, tracked = site.moodle, _is_tracked(site, course, user.id)
    statuses = []
    for module in course.modules if course.completion_enabled else []:
        if module.tracking and access.sees_module(account, module):
            row = module.completions.get(user.id)
            of_module = (module.cmid, module.modname, module.instance, module.tracking, module.rules)
            of_person = (tracked, row and (row.state, row.time, row.overridden_by))
            status = partial(_status, moodle, module, row, tracked)
            statuses.append(_STATUSES.part((moodle.number, of_module, of_person), status))
    return {"statuses": statuses, "warnings": []}


def _status(moodle: MoodleVersion, module: Module, row: Completion | None, tracked: bool) -> dict[str, object]:
    head = {"cmid": module.cmid, "modname": module.modname, "instance": module.instance}
    data = _completion(moodle, module, row, tracked)
    state = {"state": data.pop("state"), "timecompleted": data.pop("timecompleted")}
    return head | state | {"tracking": module.tracking} | data


def get_course_completion_status(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """core_completion_get_course_completion_status: every criterion of one person; `completed` waits for cron."""
    course = access.known_course(site, params["courseid"])
    user = access.known_active_user(site, params["userid"])
    access.enter(site, account, course)
    # The same answer when completion is switched off in the course, as recorded.
    if not course.completion_enabled or "report/completion:view" not in account.capabilities:
        raise failures.moodle_error("cannotviewreport", "You cannot view this report")
    if not access.shares_group(account, course, user.id):
        raise failures.moodle_error("accessdenied", "Access denied")
    if not _is_tracked(site, course, user.id):
        raise failures.moodle_error("usernotenroled", "User is not enrolled in this course")
    if not course.completion_criteria:
        raise failures.moodle_error("nocriteriaset", "No completion criteria set for this course")
    criteria = [_activity_criterion(site, m, user.id) for m in course.modules if m.tracking and m.visible]
    criteria.append(_grade_criterion(course, user.id))
    status = {"completed": user.id in course.completed, "aggregation": 1, "completions": criteria}
    return {"completionstatus": status, "warnings": []}


def _activity_criterion(site: Site, module: Module, user_id: int) -> dict[str, object]:
    row = module.completions.get(user_id)
    complete = row is not None and row.state in (records.COMPLETE, records.COMPLETE_PASS)
    link = f"{site.url}/mod/{module.modname}/view.php?id={module.cmid}"
    wanted = [_REQUIREMENTS[rule] for rule in module.rules if rule in _REQUIREMENTS]
    return {
        "type": 4,
        "title": "Activity completion",
        "status": "Yes" if complete else "No",
        "complete": complete,
        "timecompleted": row.time if row and complete else None,
        "details": {
            "type": "Activity completion",
            "criteria": f'<a href="{link}">{html_name(module.name)}</a>',
            "requirement": ", ".join(wanted),
            "status": "",
        },
    }


def _grade_criterion(course: Course, user_id: int) -> dict[str, object]:
    rows = (m.quiz.grades.get(user_id) for m in course.modules if m.quiz is not None and m.quiz.weight)
    total = next((row.final for row in rows if row is not None), None)
    shown = "" if total is None else f"{total.quantize(Decimal('0.01'))}"
    needed = f"{course.required_grade.quantize(Decimal('0.01'))}"
    complete = user_id in course.completed
    return {
        "type": 6,
        "title": "Course grade",
        "status": f"{shown or 'No grade'} ({needed} required)",
        "complete": complete,
        "timecompleted": course.completed.get(user_id),
        "details": {
            "type": "Course grade",
            "criteria": "Required course grade",
            "requirement": needed,
            "status": shown,
        },
    }

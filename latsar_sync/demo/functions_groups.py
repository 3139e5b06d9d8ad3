"""Web-service functions about the groups of a course (reads only)."""

from __future__ import annotations

from typing import Any

from latsar_sync.demo import access, failures, records
from latsar_sync.demo.printed_names import escaped, group_name, html_name
from latsar_sync.demo.records import Group, ServiceAccount
from latsar_sync.demo.versions import as_of
from latsar_sync.demo.world import Site


def find_group(site: Site, group_id: int) -> Group | None:
    found = (course.groups.get(group_id) for course in site.courses.values())
    return next((group for group in found if group), None)


def in_own_group(site: Site, account: ServiceAccount, group_id: int) -> bool:
    group = find_group(site, group_id)
    return group is not None and account.user_id in group.members


def get_course_groups(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """core_group_get_course_groups: every group of a course; needs moodle/course:managegroups."""
    course = access.enter_wrapped(site, account, params["courseid"])
    access.require(account, "moodle/course:managegroups")
    shown = [g for g in course.groups.values() if g.visibility == 0 or access.sees_hidden_groups(site, account)]
    if not site.moodle.escapes_group_names and any(html_name(g.name) != escaped(g.name) for g in shown):
        raise failures.invalid_response()
    return [described_group(site, g) for g in shown]


def get_activity_allowed_groups(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """core_group_get_activity_allowed_groups: the groups that the account may work with in an activity.

    Left out without a word: groups outside the activity's grouping, without participation, and whose members do not
    show; without `moodle/site:accessallgroups` all but the account's own (lib/grouplib.php).
    """
    found = ((course, module) for course in site.courses.values() for module in course.modules)
    course, module = next(((c, m) for c, m in found if m.cmid == params["cmid"]), (None, None))
    if course is None or module is None:
        raise failures.missing_record()
    access.enter(site, account, course)
    if not access.sees_module(account, module):
        raise failures.not_accessible()
    everywhere = "moodle/site:accessallgroups" in account.capabilities
    groups = [
        group
        for group in sorted(course.groups.values(), key=lambda group: group.name)
        if (everywhere or module.group_mode == records.VISIBLE_GROUPS or account.user_id in group.members)
        and group.participation
        and (group.visibility == 0 or access.sees_hidden_groups(site, account))
        and (module.grouping is None or group.id in module.grouping)
    ]
    names = ("id", "name", "description", "descriptionformat", "idnumber", "courseid")
    listed = [
        {name: value for name, value in described_group(site, group).items() if name in names} for group in groups
    ]
    return {"groups": listed, "canaccessallgroups": everywhere, "warnings": []}


def described_group(site: Site, group: Group, made_with_key: str | None = None) -> dict[str, object]:
    """One group as the group functions print it; one that was just made has its name as it is stored."""
    described: dict[str, object] = {
        "id": group.id,
        "courseid": group.course_id,
        "name": group_name(site, group) if made_with_key is None else group.name,
        "description": group.description,
        "descriptionformat": 1,
        "enrolmentkey": made_with_key,
        "idnumber": group.idnumber,
        "visibility": group.visibility,
        "participation": group.participation,
    }
    return as_of(site.moodle, "group", described)


def known_group(site: Site, group_id: int) -> Group:
    """The group of any course, or `invalidrecord`."""
    group = find_group(site, group_id)
    if group is None:
        raise failures.missing_record("groups")
    return group

"""What a service account may see and do: Moodle's require_login, capabilities and separate groups."""

from __future__ import annotations

from typing import Final

from latsar_sync.demo import failures, records
from latsar_sync.demo.records import Course, Module, ServiceAccount, User
from latsar_sync.demo.world import Site

CAPABILITY_NAMES: Final = {
    "moodle/site:accessallgroups": "Access all groups",
    "moodle/course:viewparticipants": "View participants",
    "moodle/course:enrolreview": "Review course enrolments",
    "moodle/course:managegroups": "Manage groups",
    "enrol/manual:enrol": "Enrol users",
    "report/progress:view": "View activity completion reports",
    "gradereport/user:view": "View user report",
    "moodle/grade:viewall": "View grades of other users",
    "mod/quiz:viewreports": "View quiz reports",
    "moodle/site:sendmessage": "Send messages to any user",
    "moodle/role:review": "Review permissions for others",
    "moodle/notes:manage": "Manage notes",
    "moodle/notes:view": "View notes",
}


VIEWED_BY_ROLE: Final = frozenset(
    {"assign", "bigbluebuttonbn", "data", "feedback", "glossary", "h5pactivity", "lti", "qbank", "quiz", "workshop"}
)
"""Kinds whose view right a role must give; those of others every authenticated user has, or they have none (4.0 to 5.1:
archetypes in `mod/*/db/access.php`)."""


def require(account: ServiceAccount, capability: str) -> None:
    """Raise `nopermissions` unless the account's role has the capability."""
    if capability not in account.capabilities:
        raise failures.no_permission(CAPABILITY_NAMES.get(capability, capability))


def may_enter(site: Site, account: ServiceAccount, course: Course) -> bool:
    """Whether require_login would let the account into the course."""
    if account.must_change_password:
        return False
    if not course.visible and "moodle/course:viewhiddencourses" not in account.capabilities:
        return False
    return "moodle/course:view" in account.capabilities or course.is_active(account.user_id, site.clock())


def known_course(site: Site, course_id: int) -> Course:
    """The course, or `invalidrecord`."""
    course = site.courses.get(course_id)
    if course is None:
        raise failures.missing_record("course")
    return course


def enter(site: Site, account: ServiceAccount, course: Course) -> None:
    """Raise `requireloginerror` unless the account may enter (functions that validate the context themselves)."""
    if not may_enter(site, account, course):
        raise failures.not_accessible()


def enter_wrapped(site: Site, account: ServiceAccount, course_id: int) -> Course:
    """The course, or `errorcoursecontextnotvalid` as the group functions wrap both failures."""
    course = site.courses.get(course_id)
    if course is None:
        raise failures.course_context_not_valid(course_id, "Invalid parameter value detected")
    if not may_enter(site, account, course):
        raise failures.course_context_not_valid(course_id, "Course or activity not accessible.")
    return course


def known_active_user(site: Site, user_id: int) -> User:
    """The user as core_user::get_user and require_active_user accept one: confirmed, not deleted, maybe suspended."""
    user = site.users.get(user_id)
    if user is None:
        raise failures.invalid_user()
    if user.deleted:
        raise failures.moodle_error("userdeleted", "error/userdeleted")
    if not user.confirmed:
        raise failures.moodle_error("usernotconfirmed", "error/usernotconfirmed")
    return user


def sees_module(account: ServiceAccount, module: Module) -> bool:
    """Whether the activity is visible to the account: hidden, restricted or forbidden ones vanish without a word."""
    if not module.visible and "moodle/course:viewhiddenactivities" not in account.capabilities:
        return False
    if (
        module.restricted or module.open_to
    ) and "moodle/course:ignoreavailabilityrestrictions" not in account.capabilities:
        return False
    return module.modname not in VIEWED_BY_ROLE or f"mod/{module.modname}:view" in account.capabilities


def all_groups_visible(account: ServiceAccount, course: Course) -> bool:
    """Whether groups do not limit the account in this course."""
    return course.group_mode != records.SEPARATE_GROUPS or "moodle/site:accessallgroups" in account.capabilities


def sees_hidden_groups(site: Site, account: ServiceAccount) -> bool:
    """Whether groups that hide their members show to the account; before 4.2 no group did."""
    return not site.moodle.has_hidden_groups or "moodle/course:viewhiddengroups" in account.capabilities


def shares_group(account: ServiceAccount, course: Course, user_id: int) -> bool:
    """Whether the account may see this person under the course's group mode (groups_user_groups_visible)."""
    if all_groups_visible(account, course) or user_id == account.user_id:
        return True
    return any({user_id, account.user_id} <= group.members.keys() for group in course.groups.values())


def quiz_updates_tell_of(account: ServiceAccount, course: Course, module: Module, user_id: int) -> bool:
    """Whether the changes of a quiz tell a person's attempts and grades: with separate groups those of members of any
    group, to whoever may access all groups (groups_get_activity_shared_group_members).
    """
    if module.group_mode != records.SEPARATE_GROUPS:
        return True
    everywhere = "moodle/site:accessallgroups" in account.capabilities
    return any(
        user_id in group.members and (everywhere or account.user_id in group.members)
        for group in course.groups.values()
    )


def by_last_name(site: Site, user_ids: set[int]) -> list[User]:
    """People in the order of group members and grade reports: last name, first name, id."""
    users = (site.users[user_id] for user_id in user_ids)
    return sorted(users, key=lambda user: (user.lastname, user.firstname, user.id))

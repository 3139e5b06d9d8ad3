"""What a service account sees of a person, by itself and in a course, as the functions about people print it."""

from __future__ import annotations

from typing import Final, NamedTuple

from latsar_sync.demo import access, records
from latsar_sync.demo.printed_names import group_name, html_name
from latsar_sync.demo.records import Course, ServiceAccount, User
from latsar_sync.demo.world import Site

NOBODY_SEES: Final = 3
"""The visibility of a group whose members Moodle lists for nobody but who may see hidden groups."""


class Sight(NamedTuple):
    """What an account sees of people on a site."""

    account_id: int
    url: str
    everything: bool
    parts_of_names: bool
    identity: frozenset[str]


def sight_of(site: Site, account: ServiceAccount) -> Sight:
    """What the account sees, by its role."""
    rights = account.capabilities
    return Sight(
        account.user_id,
        site.url,
        "moodle/user:viewalldetails" in rights,
        site.moodle.since(4, 5) or "moodle/site:viewfullnames" in rights,
        frozenset(site.identity_fields) if "moodle/site:viewuseridentity" in rights else frozenset(),
    )


def is_seen(site: Site, account: ServiceAccount, user: User) -> bool:
    """Whether the account may see the person at all."""
    if user.invisible:
        return False
    itself = user.id == account.user_id
    return "moodle/user:viewdetails" in account.capabilities or itself or _is_a_contact(site, user)


def details_of(sight: Sight, user: User) -> dict[str, object]:
    """The fields of user_get_user_details in user/lib.php."""
    itself = user.id == sight.account_id
    everything = itself or sight.everything
    details: dict[str, object] = {"id": user.id}
    if everything:
        details["username"] = user.username
    if sight.parts_of_names:
        details |= {"firstname": user.firstname, "lastname": user.lastname}
    details["fullname"] = user.fullname
    if itself or "email" in sight.identity:
        details["email"] = user.email
    if everything or "department" in sight.identity:
        details["department"] = user.department
    for name in ("institution", "idnumber"):
        value = getattr(user, name)
        if value and (everything or name in sight.identity):
            details[name] = value
    details |= {"firstaccess": 0, "lastaccess": user.lastaccess}
    details |= {name: value for name in ("city", "country") if (value := getattr(user, name))}
    picture = f"{sight.url}/theme/image.php/boost/core/1/u/"
    return details | {"profileimageurlsmall": picture + "f2", "profileimageurl": picture + "f1"}


def _is_a_contact(site: Site, user: User) -> bool:
    """Say whether a course shows them as a contact: everybody may see those (user/lib.php, has_coursecontact_role)."""
    return any(records.EDITING_TEACHER in course.roles.get(user.id, ()) for course in site.courses.values())


class OfCourse(NamedTuple):
    """What a course tells of one person; ``groups`` are none where nothing is said of them, ``courses`` likewise."""

    groups: tuple[tuple[int, str, str], ...] | None
    roles: tuple[int, ...]
    courses: tuple[tuple[int, str, str], ...] | None


def groups_by_member(
    site: Site, account: ServiceAccount, course: Course, people: set[int]
) -> dict[int, list[tuple[int, str, str]]]:
    """The groups that show of each of these people, as they are printed, by name as Moodle lists them."""
    hidden = () if access.sees_hidden_groups(site, account) else (NOBODY_SEES,)
    found: dict[int, list[tuple[int, str, str]]] = {}
    for group in sorted(course.groups.values(), key=lambda group: group.name):
        if group.visibility not in hidden:
            printed = (group.id, group_name(site, group), group.description)
            for user_id in group.members.keys() & people:
                found.setdefault(user_id, []).append(printed)
    return found


def told_by_course(
    site: Site,
    account: ServiceAccount,
    course: Course,
    user: User,
    groups: list[tuple[int, str, str]],
    with_courses: bool = True,
) -> OfCourse:
    """What the course tells of the person, whose groups ``groups_by_member`` gives; other courses where asked for."""
    # The key is missing for people in no group since 4.3 (recording core_enrol_get_enrolled_users.success-manager).
    said = tuple(groups) if groups or not site.moodle.escapes_group_names else None
    roles = tuple(sorted(course.roles.get(user.id, ())))
    if not with_courses:
        return OfCourse(said, roles, None)
    courses = [
        (other.id, html_name(other.fullname), other.shortname)
        for other in site.courses.values()
        # a hidden course shows to nobody who may not see hidden ones: it is their right that counts, not the account's
        if other.visible and other.is_active(user.id, site.clock()) and access.may_enter(site, account, other)
    ]
    return OfCourse(said, roles, tuple(courses))


def course_details(told: OfCourse) -> dict[str, object]:
    """The same as it is printed."""
    details: dict[str, object] = {}
    if told.groups is not None:
        details["groups"] = [
            {"id": number, "name": name, "description": description, "descriptionformat": 1}
            for number, name, description in told.groups
        ]
    details["roles"] = [
        {"roleid": role, "name": "", "shortname": records.ROLES[role], "sortorder": 0} for role in told.roles
    ]
    if told.courses is not None:
        details["enrolledcourses"] = [
            {"id": number, "fullname": fullname, "shortname": shortname} for number, fullname, shortname in told.courses
        ]
    return details

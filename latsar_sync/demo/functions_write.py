"""Web-service functions that change the site. Each checks every row first, so a refused batch leaves no trace."""

from __future__ import annotations

from typing import Any, Final

from latsar_sync.demo import access, failures, records
from latsar_sync.demo.functions_groups import described_group, known_group
from latsar_sync.demo.records import ServiceAccount
from latsar_sync.demo.world import Site

LONGEST_NAME: Final = 254


def create_groups(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """core_group_create_groups: a name twice in a course is `invalidparameter`, an idnumber twice `idnumbertaken`."""
    taken_names, taken_numbers = set(), set()
    for row in params["groups"]:
        course_id, name, number = row["courseid"], row["name"].strip(), row["idnumber"].strip()
        if not name:
            raise failures.invalid_parameter()
        if len(name) > LONGEST_NAME:
            raise failures.write_failed()
        known = site.courses.get(course_id)
        if known and (name in {g.name for g in known.groups.values()} or (course_id, name) in taken_names):
            raise failures.invalid_parameter()
        course = access.enter_wrapped(site, account, course_id)
        access.require(account, "moodle/course:managegroups")
        if number and (number in {g.idnumber for g in course.groups.values()} or (course_id, number) in taken_numbers):
            raise failures.moodle_error("idnumbertaken", "This ID number is already in use")
        taken_names.add((course_id, name))
        taken_numbers.add((course_id, number))
    created = []
    for row in params["groups"]:
        course = site.courses[row["courseid"]]
        name, number = row["name"].strip(), row["idnumber"].strip()
        group = site.add_group(course.shortname, name, number, description=row["description"])
        group.visibility = row["visibility"]
        created.append(described_group(site, group, row["enrolmentkey"]))
    return created


def add_group_members(site: Site, account: ServiceAccount, params: dict[str, Any]) -> None:
    """core_group_add_group_members: adding twice is fine; someone not enrolled refuses the whole batch."""
    for row in params["members"]:
        group = known_group(site, row["groupid"])
        user = site.users.get(row["userid"])
        if user is None or user.deleted:
            raise failures.invalid_user()
        course = access.enter_wrapped(site, account, group.course_id)
        access.require(account, "moodle/course:managegroups")
        if user.id not in course.enrolments:
            raise failures.invalid_parameter()
    for row in params["members"]:
        known_group(site, row["groupid"]).members.setdefault(row["userid"], site.clock())


def enrol_users(site: Site, account: ServiceAccount, params: dict[str, Any]) -> None:
    """enrol_manual_enrol_users: enrols, and overwrites dates and status of whoever is enrolled by hand already.

    Left out means 0 and active, so a second call re-activates (recording db-state-after-each-call).
    """
    for row in params["enrolments"]:
        course = site.courses.get(row["courseid"])
        if course is None:
            raise failures.invalid_parameter()
        access.enter(site, account, course)
        access.require(account, "enrol/manual:enrol")
        if site.moodle.looks_for_people_first:
            access.known_active_user(site, row["userid"])
        may_assign = "moodle/role:assign" in account.capabilities and row["roleid"] in account.assignable_roles
        if not may_assign:
            raise failures.moodle_error(
                "wsusercannotassign",
                f"You don't have the permission to assign this role ({row['roleid']}) "
                f"to this user ({row['userid']}) in this course ({row['courseid']}).",
            )
        if not course.methods.get("manual", False):
            # Moodle left its own placeholder unfilled here until 4.5.
            said = course.id if site.moodle.since(4, 5) else "{$a->courseid}"
            message = f"Manual enrolment plugin instance doesn't exist or is disabled for the course (id = {said})"
            raise failures.moodle_error("wsnoinstance", message)
        user = site.users.get(row["userid"])
        if user is None or user.deleted:
            raise failures.coding_error("User ID does not exist or is deleted!")
    for row in params["enrolments"]:
        site.enrol(
            site.courses[row["courseid"]].shortname,
            row["userid"],
            role=records.ROLES[row["roleid"]],
            suspended=bool(row["suspend"]),
            timestart=row["timestart"] or 0,
            timeend=row["timeend"] or 0,
        )


def create_users(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """core_user_create_users: a username or address that is taken is `invalidparameter`, and nobody is made.

    The right is asked before anything else (user/externallib.php, create_users).
    """
    if "moodle/user:create" not in account.capabilities:
        raise failures.no_permission("Create users")
    there = [user for user in site.users.values() if not user.deleted]
    names, addresses = {user.username for user in there}, {user.email.casefold() for user in there}
    for row in params["users"]:
        blank = any(not row[name].strip() for name in ("username", "firstname", "lastname"))
        if blank or row["username"] in names or row["auth"] != "manual":
            raise failures.invalid_parameter()
        if "@" not in row["email"] or row["email"].casefold() in addresses:
            raise failures.invalid_parameter()
        if not (row["createpassword"] or row["password"]):
            raise failures.invalid_parameter()
        names.add(row["username"])
        addresses.add(row["email"].casefold())
    made = []
    for row in params["users"]:
        user = site.add_user(
            row["firstname"], row["lastname"], row["idnumber"], row["username"], institution=row["institution"]
        )
        user.email = row["email"]
        made.append({"id": user.id, "username": user.username})
    return made

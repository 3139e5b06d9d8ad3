"""Web-service functions about the account itself, people, participants and groups (reads only)."""

from __future__ import annotations

import re
from dataclasses import fields
from functools import partial
from operator import attrgetter
from typing import Any, Final

from latsar_sync.demo import access, failures
from latsar_sync.demo.answers import Known, Parts
from latsar_sync.demo.functions_groups import find_group, in_own_group
from latsar_sync.demo.people_as_seen import (
    OfCourse,
    course_details,
    details_of,
    groups_by_member,
    is_seen,
    sight_of,
    told_by_course,
)
from latsar_sync.demo.printed_names import require_tidy_names
from latsar_sync.demo.records import Course, ServiceAccount, User
from latsar_sync.demo.versions import as_of, has_feature, has_function
from latsar_sync.demo.world import Site

_PARTICIPANTS: Final = Parts()
_VALUES: Final = attrgetter(*(each.name for each in fields(User)))
_FEATURES: Final = {
    "usecomments": 1, "usetags": 1, "enablenotes": 1, "messaging": 1, "enableblogs": 1, "enablecompletion": 1,
    "enablebadges": 1, "messagingallusers": 0, "enablecustomreports": 1, "enableglobalsearch": 0,
    "mnet_dispatcher_mode": 0, "enablecompetencies": 1,
}  # fmt: skip

_CLEAN_USERNAME: Final = re.compile(r"[-.@_a-z0-9]*")
"""PARAM_USERNAME: Moodle saves no other name, but who writes into its database does, with capitals for instance."""

# user/lib.php, user_get_default_fields; asking for another one is an error.
_USER_FIELDS: Final = frozenset(
    {
        *("id", "username", "fullname", "firstname", "lastname", "email", "address", "phone1", "phone2", "department"),
        *("idnumber", "institution", "interests", "firstaccess", "lastaccess", "auth", "confirmed", "timezone"),
        *("mailformat", "description", "descriptionformat", "city", "country", "profileimageurlsmall", "msn", "url"),
        *("profileimageurl", "customfields", "groups", "roles", "preferences", "enrolledcourses", "suspended", "icq"),
        *("lastcourseaccess", "lang", "theme", "calendartype", "trackforums", "skype", "yahoo", "aim"),
    }
)


def get_site_info(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """core_webservice_get_site_info: who the account is and which functions its service holds."""
    user, moodle = site.users[account.user_id], site.moodle
    held = sorted(name for name in account.functions if has_function(moodle, name))
    info: dict[str, object] = {
        "sitename": site.title,
        "username": user.username,
        "firstname": user.firstname,
        "lastname": user.lastname,
        "fullname": user.fullname,
        "lang": "en",
        "userid": user.id,
        "siteurl": site.url,
        "userpictureurl": f"{site.url}/theme/image.php/boost/core/1/u/f1",
        "functions": [{"name": name, "version": moodle.version} for name in held],
        "downloadfiles": 0,
        "uploadfiles": 0,
        "release": moodle.release,
        "version": moodle.version,
        "mobilecssurl": "",
        "advancedfeatures": [
            {"name": name, "value": value if name != "enablecompletion" else int(site.completion_enabled)}
            for name, value in _FEATURES.items()
            if has_feature(moodle, name)
        ],
        "usercanmanageownfiles": True,
        "userquota": 104857600,
        "usermaxuploadfilesize": 2097152,
        "userhomepage": 1,
        "userprivateaccesskey": "0" * 32,
        "siteid": 1,
        "sitecalendartype": "gregorian",
        "usercalendartype": "gregorian",
        "userissiteadmin": account.site_admin,
        "theme": "boost",
        "limitconcurrentlogins": 0,
        "policyagreed": 1,
    }
    return as_of(moodle, "site", info)


def get_users_by_field(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """core_user_get_users_by_field: people by id, idnumber, username or email; whoever may not be seen is left out.

    A person also counts as unseen when the searched field itself may not be shown (user/externallib.php).
    """
    name, values = params["field"], params["values"]
    if name not in ("id", "idnumber", "username", "email"):
        raise failures.coding_error("invalid field parameter")
    if name == "id" and not all(value.isdigit() for value in values):
        raise failures.invalid_parameter()
    if name == "email" and any(value != value.strip() for value in values):
        raise failures.invalid_parameter()
    # PARAM_USERNAME takes everything else out, and a value that cleaning would change is refused
    if name == "username" and not all(map(_CLEAN_USERNAME.fullmatch, values)):
        raise failures.invalid_parameter()
    wanted = {int(value) for value in values} if name == "id" else set(values)
    sight, result = sight_of(site, account), []
    for user in sorted((u for u in site.users.values() if getattr(u, name) in wanted), key=lambda u: u.id):
        if is_seen(site, account, user) and (details := details_of(sight, user)).get(name):
            result.append({**details, **_site_details(site, account, user)})
    _require_printable(result)
    return result


def _require_printable(people: list[dict[str, Any]]) -> None:
    """Raise `invalidresponse` if cleaning would alter a name or username, as lists of people outside courses refuse."""
    require_tidy_names(str(each["fullname"]) for each in people)
    if not all(_CLEAN_USERNAME.fullmatch(each.get("username", "")) for each in people):
        raise failures.invalid_response()


def get_enrolled_users(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """core_enrol_get_enrolled_users: participants of a course, all options of enrol/externallib.php.

    People the account may not see are dropped after the page was cut: a short page is not the last one.
    """
    course = access.known_course(site, params["courseid"])
    access.enter_wrapped(site, account, course.id)
    options = _participant_options(params["options"])
    if not {"moodle/course:viewparticipants", "moodle/course:enrolreview"} & account.capabilities:
        access.require(account, "moodle/course:viewparticipants")
    if options["withcapability"]:
        access.require(account, "moodle/role:review")
    if options["onlyactive"] or options["onlysuspended"]:
        access.require(account, "moodle/course:enrolreview")
    if options["onlyactive"] and options["onlysuspended"]:
        raise failures.coding_error("Both onlyactive and onlysuspended are set, this is probably not what you want!")
    group_id = options["groupid"]
    if group_id and not in_own_group(site, account, group_id):
        access.require(account, "moodle/site:accessallgroups")
    people = _participants(site, account, course, options)
    start, count = options["limitfrom"], options["limitnumber"]
    page = people[start : start + count] if count else people[start:]
    shown = [user for user in page if not user.deleted and is_seen(site, account, user)]
    require_tidy_names(user.fullname for user in shown)
    return _described_participants(site, account, course, shown, options["userfields"])


def _described_participants(
    site: Site, account: ServiceAccount, course: Course, people: list[User], fields: frozenset[str]
) -> list[Known]:
    """People of a course with these fields, all if none: each made and printed once for what it follows from."""
    groups = groups_by_member(site, account, course, {user.id for user in people})
    sight = sight_of(site, account)

    def described(user: User, visited: int, of_course: OfCourse) -> dict[str, object]:
        details = details_of(sight, user) | {"lastcourseaccess": visited} | course_details(of_course)
        return {k: v for k, v in details.items() if not fields or k in fields or k in ("id", "fullname")}

    with_courses = not fields or "enrolledcourses" in fields
    result = []
    for user in people:
        visited = course.lastaccess.get(user.id, 0)
        of_course = told_by_course(site, account, course, user, groups.get(user.id, []), with_courses)
        made = partial(described, user, visited, of_course)
        result.append(_PARTICIPANTS.part((sight, fields, _VALUES(user), visited, of_course), made))
    return result


def _participant_options(given: list[dict[str, Any]]) -> dict[str, Any]:
    options: dict[str, Any] = {"withcapability": "", "groupid": 0, "onlyactive": 0, "onlysuspended": 0}
    options |= {"userfields": frozenset(), "limitfrom": 0, "limitnumber": 0, "sortby": "id", "sortdirection": "ASC"}
    for option in given:
        name, value = option["name"], str(option["value"])
        if name in ("groupid", "onlyactive", "onlysuspended", "limitfrom", "limitnumber"):
            # a number that is none counts as 0, as a form's does in PHP
            options[name] = int(value) if value.lstrip("-").isdigit() else 0
        elif name == "sortby":
            if value not in ("id", "firstname", "lastname", "siteorder"):
                raise failures.invalid_parameter()
            options[name] = value
        elif name == "sortdirection":
            if value.upper() not in ("ASC", "DESC"):
                raise failures.invalid_parameter()
            options[name] = value.upper()
        elif name == "userfields":
            fields = frozenset(value.split(","))
            for unknown in sorted(fields - _USER_FIELDS):
                raise failures.moodle_error("invaliduserfield", f"Invalid user field: {unknown}")
            options[name] = fields
        elif name == "withcapability":
            options[name] = value
    return options


def _participants(site: Site, account: ServiceAccount, course: Course, options: dict[str, Any]) -> list[User]:
    now = site.clock()
    user_ids = set(course.enrolments)
    if options["onlyactive"]:
        user_ids = {user_id for user_id in user_ids if course.is_active(user_id, now)}
    if options["onlysuspended"]:
        user_ids = {user_id for user_id in user_ids if not course.is_active(user_id, now)}
    if options["groupid"]:
        group = find_group(site, options["groupid"])
        shown = group is not None and (group.visibility == 0 or access.sees_hidden_groups(site, account))
        user_ids &= set(group.members) if group and shown else set()
    elif not access.all_groups_visible(account, course):
        user_ids = {user_id for user_id in user_ids if access.shares_group(account, course, user_id)}
        user_ids.discard(account.user_id)
    people = [site.users[user_id] for user_id in user_ids]
    if options["sortby"] == "id":
        people.sort(key=lambda user: user.id)
    else:
        first = "firstname" if options["sortby"] == "firstname" else "lastname"
        people.sort(key=lambda user: (getattr(user, first), user.lastname, user.firstname, user.id))
    if options["sortdirection"] == "DESC":
        people.reverse()
    return people


def _site_details(site: Site, account: ServiceAccount, user: User) -> dict[str, object]:
    more: dict[str, object] = {} if site.hides_suspended else {"suspended": user.suspended}
    more["timezone"] = "99"
    if user.id == account.user_id:
        more["preferences"] = [{"name": "_lastloaded", "value": site.clock()}]
    if "preferences" in more or "moodle/user:viewalldetails" in account.capabilities:
        more |= {"auth": "manual", "confirmed": user.confirmed, "lang": "en", "theme": "", "mailformat": 1}
        more["trackforums"] = 0
    return as_of(site.moodle, "account", more)


def get_course_user_profiles(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """core_user_get_course_user_profiles: people as a course shows them, enrolled there or not (look at the roles)."""
    sight, result = sight_of(site, account), []
    for user_id, course_id in sorted({each["userid"]: each["courseid"] for each in params["userlist"]}.items()):
        course = access.known_course(site, course_id)
        access.enter(site, account, course)
        user = site.users.get(user_id)
        if user is None or user.deleted or not is_seen(site, account, user):
            continue
        groups = groups_by_member(site, account, course, {user_id}).get(user_id, [])
        details = details_of(sight, user) | _site_details(site, account, user)
        details |= course_details(told_by_course(site, account, course, user, groups))
        if not details["enrolledcourses"]:
            del details["enrolledcourses"]
        result.append(details)
    _require_printable(result)
    return result

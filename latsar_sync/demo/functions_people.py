"""Web-service functions about the account itself, people, participants and groups (reads only)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields
from functools import partial
from operator import attrgetter
from typing import Any, Final, NamedTuple

from latsar_sync.demo import access, failures, records
from latsar_sync.demo.answers import Known, Parts
from latsar_sync.demo.records import Course, Group, ServiceAccount, User
from latsar_sync.demo.versions import as_of, has_feature, has_function
from latsar_sync.demo.world import Site

NOBODY_SEES: Final = 3
"""The visibility of a group whose members Moodle lists for nobody but who may see hidden groups."""

_PARTICIPANTS: Final = Parts()
_VALUES: Final = attrgetter(*(each.name for each in fields(User)))
_FEATURES: Final = {
    "usecomments": 1, "usetags": 1, "enablenotes": 1, "messaging": 1, "enableblogs": 1, "enablecompletion": 1,
    "enablebadges": 1, "messagingallusers": 0, "enablecustomreports": 1, "enableglobalsearch": 0,
    "mnet_dispatcher_mode": 0, "enablecompetencies": 1,
}  # fmt: skip

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
            {"name": name, "value": value} for name, value in _FEATURES.items() if has_feature(moodle, name)
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
    if name == "username" and any(not re.fullmatch(r"[-.@_a-z0-9]*", value) for value in values):
        raise failures.invalid_parameter()
    wanted = {int(value) for value in values} if name == "id" else set(values)
    sight, result = _sight(site, account), []
    for user in sorted((u for u in site.users.values() if getattr(u, name) in wanted), key=lambda u: u.id):
        if _is_seen(site, account, user) and (details := _details(sight, user)).get(name):
            result.append({**details, **_site_details(site, account, user)})
    require_tidy_names(str(each["fullname"]) for each in result)
    return result


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
    if group_id and not _in_own_group(site, account, group_id):
        access.require(account, "moodle/site:accessallgroups")
    people = _participants(site, account, course, options)
    start, count = options["limitfrom"], options["limitnumber"]
    page = people[start : start + count] if count else people[start:]
    shown = [user for user in page if not user.deleted and _is_seen(site, account, user)]
    require_tidy_names(user.fullname for user in shown)
    return _described_participants(site, account, course, shown, options["userfields"])


def _described_participants(
    site: Site, account: ServiceAccount, course: Course, people: list[User], fields: frozenset[str]
) -> list[Known]:
    """People of a course with these fields, all if none: each made and printed once for what it follows from."""
    groups = _groups_by_member(site, account, course, {user.id for user in people})
    sight = _sight(site, account)

    def described(user: User, visited: int, of_course: _OfCourse) -> dict[str, object]:
        details = _details(sight, user) | {"lastcourseaccess": visited} | _course_details(of_course)
        return {k: v for k, v in details.items() if not fields or k in fields or k in ("id", "fullname")}

    with_courses = not fields or "enrolledcourses" in fields
    result = []
    for user in people:
        visited = course.lastaccess.get(user.id, 0)
        of_course = _of_course(site, account, course, user, groups.get(user.id, []), with_courses)
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
        group = _find_group(site, options["groupid"])
        shown = group is not None and (group.visibility == 0 or sees_hidden_groups(site, account))
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


def _find_group(site: Site, group_id: int) -> Group | None:
    found = (course.groups.get(group_id) for course in site.courses.values())
    return next((group for group in found if group), None)


def _in_own_group(site: Site, account: ServiceAccount, group_id: int) -> bool:
    group = _find_group(site, group_id)
    return group is not None and account.user_id in group.members


class _Sight(NamedTuple):
    """What an account sees of people on a site."""

    account_id: int
    url: str
    everything: bool
    parts_of_names: bool
    identity: frozenset[str]


def _sight(site: Site, account: ServiceAccount) -> _Sight:
    rights = account.capabilities
    return _Sight(
        account.user_id,
        site.url,
        "moodle/user:viewalldetails" in rights,
        site.moodle.since(4, 5) or "moodle/site:viewfullnames" in rights,
        frozenset(site.identity_fields) if "moodle/site:viewuseridentity" in rights else frozenset(),
    )


def _is_seen(site: Site, account: ServiceAccount, user: User) -> bool:
    if user.invisible:
        return False
    itself = user.id == account.user_id
    return "moodle/user:viewdetails" in account.capabilities or itself or _is_a_contact(site, user)


def _details(sight: _Sight, user: User) -> dict[str, object]:
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


def _site_details(site: Site, account: ServiceAccount, user: User) -> dict[str, object]:
    more: dict[str, object] = {"suspended": user.suspended, "timezone": "99"}
    if user.id == account.user_id:
        more["preferences"] = [{"name": "_lastloaded", "value": site.clock()}]
    if "preferences" in more or "moodle/user:viewalldetails" in account.capabilities:
        more |= {"auth": "manual", "confirmed": user.confirmed, "lang": "en", "theme": "", "mailformat": 1}
        more["trackforums"] = 0
    return as_of(site.moodle, "account", more)


class _OfCourse(NamedTuple):
    """What a course tells of one person; ``groups`` are none where nothing is said of them, ``courses`` likewise."""

    groups: tuple[tuple[int, str, str], ...] | None
    roles: tuple[int, ...]
    courses: tuple[tuple[int, str, str], ...] | None


def _groups_by_member(
    site: Site, account: ServiceAccount, course: Course, people: set[int]
) -> dict[int, list[tuple[int, str, str]]]:
    """The groups that show of each of these people, as they are printed, by name as Moodle lists them."""
    hidden = () if sees_hidden_groups(site, account) else (NOBODY_SEES,)
    found: dict[int, list[tuple[int, str, str]]] = {}
    for group in sorted(course.groups.values(), key=lambda group: group.name):
        if group.visibility not in hidden:
            printed = (group.id, group_name(site, group), group.description)
            for user_id in group.members.keys() & people:
                found.setdefault(user_id, []).append(printed)
    return found


def _of_course(
    site: Site,
    account: ServiceAccount,
    course: Course,
    user: User,
    groups: list[tuple[int, str, str]],
    with_courses: bool = True,
) -> _OfCourse:
    # The key is missing for people in no group since 4.3 (recording core_enrol_get_enrolled_users.success-manager).
    said = tuple(groups) if groups or not site.moodle.escapes_group_names else None
    roles = tuple(sorted(course.roles.get(user.id, ())))
    if not with_courses:
        return _OfCourse(said, roles, None)
    courses = [
        (other.id, html_name(other.fullname), other.shortname)
        for other in site.courses.values()
        # a hidden course shows to nobody who may not see hidden ones: it is their right that counts, not the account's
        if other.visible and other.is_active(user.id, site.clock()) and access.may_enter(site, account, other)
    ]
    return _OfCourse(said, roles, tuple(courses))


def _course_details(told: _OfCourse) -> dict[str, object]:
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


_TAG: Final = re.compile(r"<[a-zA-Z/!?][^>]*>?")


def html_name(name: str) -> str:
    """A name as format_string prints it: tags taken out, one never closed to the end; & and angle brackets escaped."""
    return escaped(_TAG.sub("", name) if "<" in name else name)


def escaped(name: str) -> str:
    """A name with & and angle brackets escaped, quotes left alone."""
    return name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def group_name(site: Site, group: Group) -> str:
    """The name of a group in lists: as it is stored in 4.0, formatted since 4.3."""
    return html_name(group.name) if site.moodle.escapes_group_names else group.name


def get_course_groups(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """core_group_get_course_groups: every group of a course; needs moodle/course:managegroups."""
    course = access.enter_wrapped(site, account, params["courseid"])
    access.require(account, "moodle/course:managegroups")
    shown = [g for g in course.groups.values() if g.visibility == 0 or sees_hidden_groups(site, account)]
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
        and (group.visibility == 0 or sees_hidden_groups(site, account))
        and (module.grouping is None or group.id in module.grouping)
    ]
    names = ("id", "name", "description", "descriptionformat", "idnumber", "courseid")
    listed = [
        {name: value for name, value in described_group(site, group).items() if name in names} for group in groups
    ]
    return {"groups": listed, "canaccessallgroups": everywhere, "warnings": []}


def get_course_user_profiles(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """core_user_get_course_user_profiles: people as a course shows them, enrolled there or not (look at the roles)."""
    sight, result = _sight(site, account), []
    for user_id, course_id in sorted({each["userid"]: each["courseid"] for each in params["userlist"]}.items()):
        course = access.known_course(site, course_id)
        access.enter(site, account, course)
        user = site.users.get(user_id)
        if user is None or user.deleted or not _is_seen(site, account, user):
            continue
        groups = _groups_by_member(site, account, course, {user_id}).get(user_id, [])
        details = _details(sight, user) | _site_details(site, account, user)
        details |= _course_details(_of_course(site, account, course, user, groups))
        if not details["enrolledcourses"]:
            del details["enrolledcourses"]
        result.append(details)
    require_tidy_names(str(each["fullname"]) for each in result)
    return result


def require_tidy_names(names: Iterable[str]) -> None:
    """Raise `invalidresponse` if a name would be altered by cleaning: one such person spoils the whole answer."""
    if any("<" in name and html_name(name) != escaped(name) for name in names):
        raise failures.invalid_response()


def sees_hidden_groups(site: Site, account: ServiceAccount) -> bool:
    """Whether groups that hide their members show to the account; before 4.2 no group did."""
    return not site.moodle.has_hidden_groups or "moodle/course:viewhiddengroups" in account.capabilities


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
    group = _find_group(site, group_id)
    if group is None:
        raise failures.missing_record("groups")
    return group

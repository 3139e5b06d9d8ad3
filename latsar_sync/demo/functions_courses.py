"""Web-service functions about courses and their contents."""

from __future__ import annotations

import json
from typing import Any, Final

from latsar_sync.demo import access, failures
from latsar_sync.demo.functions_completion import completion_data
from latsar_sync.demo.printed_names import html_name
from latsar_sync.demo.records import Course, Module, ServiceAccount
from latsar_sync.demo.versions import as_of
from latsar_sync.demo.world import Site

_FILTERS: Final = ("displayh5p", "activitynames", "mathjaxloader", "emoticon", "urltolink", "mediaplugin")
_PLURALS: Final = {"page": "Pages", "quiz": "Quizzes", "forum": "Forums", "label": "Text and media areas"}
SILENT_PLUGINS: Final = frozenset({"customcert"})
"""Plugins that do not tell what changed; this one is no part of Moodle, but prints the certificates of many courses."""
FRONT_PAGE: Final = 1
_FORMAT_OPTIONS: Final = [{"name": "hiddensections", "value": 1}, {"name": "coursedisplay", "value": 0}]
_PURPOSES: Final = {"page": "content", "quiz": "assessment", "forum": "collaboration", "label": "content"}
_PAGE_FILE: Final = {
    "filename": "index.html", "filepath": "/", "filesize": 0, "fileurl": "", "timecreated": None, "timemodified": 0,
    "sortorder": 1, "userid": None, "author": None, "license": None,
}  # fmt: skip
_CONTENT_OPTIONS: Final = frozenset(
    {
        "excludemodules",
        "excludecontents",
        "includestealthmodules",
        "sectionid",
        "sectionnumber",
        "cmid",
        "modname",
        "modid",
    }
)


def get_courses_by_field(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """core_course_get_courses_by_field: courses by id, ids, shortname, idnumber, category, or all.

    A course the account may not enter comes with its public fields only; a hidden one does not come at all.
    """
    name, value = params["field"], params["value"]
    if name not in ("", "id", "ids", "shortname", "idnumber", "category"):
        raise failures.invalid_parameter()
    courses = []
    for course in site.courses.values():
        ids = value.split(",") if name == "ids" else [value]
        key = str(course.id) if name in ("id", "ids") else str(getattr(course, name)) if name else value
        if key not in ids or (not course.visible and "moodle/course:viewhiddencourses" not in account.capabilities):
            continue
        courses.append(_public_course(site, course) | _private_course(site, account, course))
    return {"courses": courses, "warnings": []}


def _public_course(site: Site, course: Course) -> dict[str, object]:
    teachers = [site.users[user_id] for user_id, roles in course.roles.items() if 3 in roles]
    described: dict[str, object] = {
        "id": course.id,
        "fullname": html_name(course.fullname),
        "displayname": html_name(course.fullname),
        "shortname": html_name(course.shortname),
        "courseimage": f"{site.url}/pluginfile.php/{course.id + 10}/course/generated/course.svg",
        "categoryid": course.category,
        "categoryname": "Latsar CPNS 2026",
        "sortorder": 20000 + course.id,
        "summary": html_name(course.summary),
        "summaryformat": 1,
        "summaryfiles": [],
        "overviewfiles": [],
        "showactivitydates": False,
        "showcompletionconditions": True,
        "contacts": [{"id": user.id, "fullname": user.fullname} for user in teachers],
        # The only place in the API that tells whether people can be enrolled by hand.
        "enrollmentmethods": [method for method, enabled in course.methods.items() if enabled],
    }
    return as_of(site.moodle, "course", described)


def _private_course(site: Site, account: ServiceAccount, course: Course) -> dict[str, object]:
    if not access.may_enter(site, account, course):
        return {}
    details: dict[str, object] = {
        "format": "site" if course.id == FRONT_PAGE else "topics",
        "showgrades": 1,
        "newsitems": 0,
        "startdate": course.startdate,
        "enddate": 0,
        "maxbytes": 0,
        "showreports": 0,
        "visible": int(course.visible),
        "groupmode": course.group_mode,
        "groupmodeforce": 0,
        "defaultgroupingid": 0,
        "enablecompletion": int(course.completion_enabled),
        "completionnotify": 0,
        "lang": "",
        "theme": "",
        "marker": 0,
        "filters": [{"filter": name, "localstate": 0, "inheritedstate": 1} for name in _FILTERS],
        "courseformatoptions": _FORMAT_OPTIONS,
    }
    if course.id == FRONT_PAGE:
        del details["courseformatoptions"]
    elif site.moodle.since(4, 3):
        details["courseformatoptions"] = [*_FORMAT_OPTIONS, {"name": "indentation", "value": "1"}]
    if "moodle/course:update" in account.capabilities:
        details["idnumber"] = course.idnumber
    return details


def get_contents(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """core_course_get_contents: sections with the activities the account may see, narrowed by options."""
    course = access.known_course(site, params["courseid"])
    access.enter_wrapped(site, account, course.id)
    options: dict[str, str] = {}
    for option in params["options"]:
        if option["name"] not in _CONTENT_OPTIONS:
            raise failures.moodle_error("errorinvalidparam", f'The param "{option["name"]}" is invalid.')
        options[option["name"]] = option["value"]
    with_files = options.get("excludecontents", "0") in ("0", "")
    sections = []
    for number, name in enumerate(course.sections):
        section_id = course.id * 100 + number
        if options.get("sectionnumber", str(number)) != str(number):
            continue
        if options.get("sectionid", str(section_id)) != str(section_id):
            continue
        hidden = number in course.hidden_sections
        if hidden and "moodle/course:viewhiddensections" not in account.capabilities:
            continue
        modules = [
            m for m in course.modules if m.section == number and (access.sees_module(account, m) or m.greyed_out)
        ]
        chosen = [m for m in modules if is_asked_for(m, options)]
        sections.append(
            {
                "id": section_id,
                "name": html_name(name),
                "visible": int(not hidden),
                "summary": "",
                "summaryformat": 1,
                "section": number,
                "hiddenbynumsections": 0,
                "uservisible": True,
                "component": "mod_subsection" if number in course.subsections else None,
                "itemid": course.subsections.get(number),
                "modules": [_described_module(site, account, course, m, with_files) for m in chosen],
            }
        )
    return [as_of(site.moodle, "section", section) for section in sections]


def _availability(module: Module) -> str | None:
    groups = [{"type": "group", "id": group} for group in module.open_to]
    if groups:
        return json.dumps({"op": "|", "c": groups, "show": True}, separators=(",", ":"))
    return '{"op":"&","c":[],"showc":[]}' if module.restricted else None


def _described_module(
    site: Site, account: ServiceAccount, course: Course, module: Module, with_files: bool
) -> dict[str, object]:
    described: dict[str, object] = {"id": module.cmid}
    if module.modname not in ("label", "subsection"):
        described["url"] = f"{site.url}/mod/{module.modname}/view.php?id={module.cmid}"
    custom_data: object = ""
    if module.quiz is not None:
        needed = "1" if "completionminattempts" in module.rules else "0"
        rules = {"completionpassorattemptsexhausted": [], "completionminattempts": needed}
        custom_data = {"customcompletionrules": rules}
    described |= {
        "name": html_name(module.name),
        "instance": module.instance,
        "contextid": module.context_id,
        "visible": int(module.visible),
        "uservisible": access.sees_module(account, module),
        "visibleoncoursepage": 1,
        "modicon": f"{site.url}/theme/image.php/boost/{module.modname}/1/monologo?filtericon=1",
        "modname": module.modname,
        "purpose": _PURPOSES.get(module.modname, "other"),
        "branded": False,
        "modplural": _PLURALS.get(module.modname, module.modname),
        "indent": 0,
        "onclick": "",
        "afterlink": None,
        "customdata": json.dumps(custom_data, separators=(",", ":")),
        "noviewlink": module.modname == "label",
        "candisplay": module.modname != "qbank",
        "completion": module.tracking if course.completion_enabled else 0,
    }
    if site.restrictions_enabled and "moodle/course:viewhiddenactivities" in account.capabilities:
        described["availability"] = _availability(module)
    if module.greyed_out and not described["uservisible"]:
        described["availabilityinfo"] = "Available from <strong>17 March 2030, 5:46 PM</strong>"
    if described["completion"]:
        described["completiondata"] = completion_data(site, course, module, account.user_id)
    described |= {"downloadcontent": 1, "dates": [], "groupmode": module.group_mode}
    if module.modname == "page":
        described["contents"] = [{"type": "file", **_PAGE_FILE}] if with_files else []
        described["contentsinfo"] = {
            "filescount": 1,
            "filessize": 0,
            "lastmodified": course.startdate,
            "mimetypes": [],
            "repositorytype": "",
        }
    return as_of(site.moodle, "module", described)


def is_asked_for(module: Module, options: dict[str, str]) -> bool:
    """Say whether the options of a call let an activity through."""
    if options.get("excludemodules", "0") == "1":
        return False
    return (
        options.get("cmid", str(module.cmid)) == str(module.cmid)
        and options.get("modname", module.modname) == module.modname
        and options.get("modid", str(module.instance)) == str(module.instance)
    )

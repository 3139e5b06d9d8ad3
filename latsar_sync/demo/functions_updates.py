"""Web-service functions that tell what changed in a course."""

from __future__ import annotations

from functools import partial
from typing import Any

from latsar_sync.demo import access
from latsar_sync.demo.functions_courses import SILENT_PLUGINS
from latsar_sync.demo.records import Course, Module, ServiceAccount
from latsar_sync.demo.world import Site


def get_updates_since(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """core_course_get_updates_since: what changed in each activity that the account sees (course/lib.php).

    Attempts and quiz grades are those of everybody, and left out without mod/quiz:viewreports (mod/quiz/lib.php).
    """
    course = access.known_course(site, params["courseid"])
    access.enter(site, account, course)
    instances, warnings = [], []
    for module in course.modules:
        if not access.sees_module(account, module):
            continue
        if module.modname in SILENT_PLUGINS:
            said = "This module does not implement the check_updates_since callback: module"
            warnings.append(
                {"item": "module", "itemid": module.cmid, "warningcode": "missingcallback", "message": said}
            )
        elif updates := _updates(account, course, module, params["since"], params["filter"]):
            instances.append({"contextlevel": "module", "id": module.cmid, "updates": updates})
    return {"instances": instances, "warnings": warnings}


def check_updates(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """core_course_check_updates: the same of the ids asked for, and which of them are closed or of no module here."""
    course = access.known_course(site, params["courseid"])
    access.enter(site, account, course)
    modules = {module.cmid: module for module in course.modules}
    instances, warnings = [], []
    for asked in params["tocheck"]:
        module = modules.get(asked["id"])
        if module is None:
            code, said = "cmidnotincourse", "This module id does not belong to this course."
        elif not access.sees_module(account, module):
            code, said = "nonuservisible", "You don't have access to this module."
        else:
            if updates := _updates(account, course, module, asked["since"], params["filter"]):
                instances.append({"contextlevel": "module", "id": module.cmid, "updates": updates})
            continue
        warnings.append({"item": "module", "itemid": asked["id"], "warningcode": code, "message": said})
    return {"instances": instances, "warnings": warnings}


def _updates(
    account: ServiceAccount, course: Course, module: Module, since: int, areas: list[str]
) -> list[dict[str, object]]:
    updates: list[dict[str, object]] = []
    # the filter of areas leaves attempts and grades in, as in Moodle
    if module.modified > since and (not areas or "configuration" in areas):
        updates.append({"name": "configuration", "timeupdated": module.modified})
    if module.quiz is not None:
        told_of = partial(access.quiz_updates_tell_of, account, course, module)
        changed = [a for who, mine in module.quiz.attempts.items() if told_of(who) for a in mine if a.modified > since]
        attempts = [attempt.id for attempt in changed]
        grades = [who for who, when in module.quiz.regraded.items() if when > since and told_of(who)]
        items = {"questions": [module.instance] if module.modified > since else []}
        if "mod/quiz:viewreports" in account.capabilities:
            items |= {"userattempts": attempts, "usergrades": grades}
        updates += [{"name": name, "itemids": ids} for name, ids in items.items() if ids]
    return updates

"""Web-service functions by which marks are left: notes, descriptions of groups, calendar events (4.0 to 5.1 alike)."""

from __future__ import annotations

from typing import Any

from latsar_sync.demo import access, failures
from latsar_sync.demo.functions_groups import known_group
from latsar_sync.demo.records import CalendarEvent, Note, ServiceAccount
from latsar_sync.demo.world import Site


def create_notes(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """core_notes_create_notes: a note about somebody who is not there is told by -1, the others are written."""
    if not site.marks.notes_enabled:
        raise failures.moodle_error("notesdisabled", "Sorry, you do not have permission to manage notes.")
    answers: list[dict[str, object]] = []
    for row in params["notes"]:
        course = site.courses.get(row["courseid"])
        if course is not None:
            access.enter(site, account, course)
            access.require(account, "moodle/notes:manage")
        user = site.users.get(row["userid"])
        answer: dict[str, object] = {} if row["clientnoteid"] is None else {"clientnoteid": row["clientnoteid"]}
        if course is None or user is None or user.deleted:
            answers.append(answer | {"noteid": -1, "errormessage": "Invalid user id"})
            continue
        site.marks.notes.append(
            Note(len(site.marks.notes) + 1, row["userid"], row["courseid"], row["text"], account.user_id)
        )
        answers.append(answer | {"noteid": len(site.marks.notes)})
    return answers


def get_course_notes(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """core_notes_get_course_notes: everybody's notes of a course, with who wrote them."""
    course = access.known_course(site, params["courseid"])
    access.enter(site, account, course)
    access.require(account, "moodle/notes:view")
    notes = [
        {"id": each.id, "courseid": course.id, "userid": each.user_id, "content": each.text}
        | {"format": 2, "created": 0, "lastmodified": 0, "usermodified": each.author_id, "publishstate": "public"}
        for each in site.marks.notes
        if each.course_id == course.id and params["userid"] in (0, each.user_id)
    ]
    may = "moodle/notes:manage" in account.capabilities
    told = {"sitenotes": [], "coursenotes": notes, "personalnotes": [], "warnings": []}
    return told | {"canmanagesystemnotes": False, "canmanagecoursenotes": may}


def update_groups(site: Site, account: ServiceAccount, params: dict[str, Any]) -> None:
    """core_group_update_groups: what is not told stays; the name must be told and be nobody else's in the course."""
    for row in params["groups"]:
        group = known_group(site, row["id"])
        course = access.enter_wrapped(site, account, group.course_id)
        access.require(account, "moodle/course:managegroups")
        if not row["name"].strip() or any(g.name == row["name"] and g is not group for g in course.groups.values()):
            raise failures.invalid_parameter()
        group.name = row["name"]
        if row["description"] is not None:
            group.description = row["description"]


def create_calendar_events(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """core_calendar_create_calendar_events: what the account may not enter is left out with a warning."""
    made: list[dict[str, object]] = []
    warnings: list[dict[str, object]] = []
    for row in params["events"]:
        if "moodle/calendar:manageentries" not in account.capabilities:
            said = "you do not have permissions to create this event"
            warnings.append({"item": row["name"], "warningcode": "nopermissions", "message": said})
            continue
        event = CalendarEvent(
            len(site.marks.events) + 1, row["name"], row["courseid"], row["groupid"], row["timestart"]
        )
        site.marks.events.append(event)
        made.append({"id": event.id, "name": event.name, "format": 2, "courseid": event.course_id})
    return {"events": made, "warnings": warnings}


def get_calendar_access_information(site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
    """core_calendar_get_calendar_access_information: what the account may enter into a course's calendar."""
    access.enter(site, account, access.known_course(site, params["courseid"]))
    may = "moodle/calendar:manageentries" in account.capabilities
    return {"canmanageentries": may, "canmanageownentries": True, "canmanagegroupentries": may, "warnings": []}

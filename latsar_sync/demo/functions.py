"""The catalogue: every web-service function of the campus with its parameters, and the call itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from latsar_sync.demo import (
    functions_completion,
    functions_courses,
    functions_grades,
    functions_groups,
    functions_marks,
    functions_messages,
    functions_people,
    functions_quizzes,
    functions_reports,
    functions_updates,
    functions_write,
)
from latsar_sync.demo.parameters import Fields, Items, Scalar, flag, integer, raw, text
from latsar_sync.demo.records import ServiceAccount
from latsar_sync.demo.world import Site

BATCH: Final = "tool_mobile_call_external_functions"
SITE_INFO: Final = "core_webservice_get_site_info"

NO_PASSWORD_PAGE: Final = (
    "You cannot proceed without changing your password, however there is no available page for changing it. "
    "Please contact your Moodle Administrator."
)

WriteHook = Callable[[str, dict[str, Any]], None]
CallHook = Callable[[str, Any], None]


@dataclass(frozen=True)
class Function:
    """One web-service function: what it takes, what runs, and whether it changes the site."""

    parameters: Fields
    run: Callable[[Site, ServiceAccount, dict[str, Any]], object]
    writes: bool = False


def _options(value: Scalar) -> Items:
    return Items(Fields({"name": Scalar("alpha"), "value": value}), [])


def _course_and_user() -> Fields:
    return Fields({"courseid": integer(), "userid": integer()})


_ATTEMPTS = Fields(
    {
        "quizid": integer(),
        "userid": integer(0),
        "status": Scalar("alpha", "finished"),
        "includepreviews": flag(False),
    }
)
_NEW_GROUP = Fields(
    {
        "courseid": integer(),
        "name": text(),
        "description": raw(),
        "descriptionformat": integer(1),
        "enrolmentkey": raw(""),
        "idnumber": raw(""),
        "visibility": integer(0),
        "participation": flag(True),
    }
)
_NEW_USER = Fields(
    {
        "username": raw(),
        "auth": raw("manual"),
        "createpassword": flag(False),
        "password": raw(""),
        "firstname": text(),
        "lastname": text(),
        "email": raw(),
        "idnumber": raw(""),
        "institution": text(""),
    }
)
_NEW_ENROLMENT = Fields(
    {
        "roleid": integer(),
        "userid": integer(),
        "courseid": integer(),
        "timestart": integer(0),
        "timeend": integer(0),
        "suspend": integer(0),
    }
)

_NEW_NOTE = Fields(
    {
        "userid": integer(),
        "publishstate": Scalar("alpha"),
        "courseid": integer(),
        "text": raw(),
        "format": integer(1),
        "clientnoteid": Scalar("alphanumext", None),
    }
)
_CHANGED_GROUP = Fields(
    {"id": integer(), "name": text(), "description": raw(None), "descriptionformat": integer(1), "idnumber": raw(None)}
)
_NEW_EVENT = Fields(
    {
        "name": text(),
        "description": raw(""),
        "format": integer(1),
        "courseid": integer(0),
        "groupid": integer(0),
        "repeats": integer(0),
        "eventtype": Scalar("alpha", "user"),
        "timestart": integer(0),
        "timeduration": integer(0),
        "visible": integer(1),
        "sequence": integer(1),
    }
)
_NEW_MESSAGE = Fields(
    {
        "touserid": integer(),
        "text": raw(),
        "textformat": integer(0),
        "clientmsgid": Scalar("alphanumext", None),
    }
)

FUNCTIONS: Final[dict[str, Function]] = {
    SITE_INFO: Function(
        Fields({"serviceshortnames": Items(Scalar("alpha"), [])}),
        functions_people.get_site_info,
    ),
    "core_user_get_users_by_field": Function(
        Fields({"field": Scalar("alpha"), "values": Items(raw())}),
        functions_people.get_users_by_field,
    ),
    "core_enrol_get_enrolled_users": Function(
        Fields({"courseid": integer(), "options": _options(raw())}),
        functions_people.get_enrolled_users,
    ),
    "core_group_get_course_groups": Function(
        Fields({"courseid": integer()}),
        functions_groups.get_course_groups,
    ),
    "core_group_get_activity_allowed_groups": Function(
        Fields({"cmid": integer(), "userid": integer(0)}),
        functions_groups.get_activity_allowed_groups,
    ),
    "core_user_get_course_user_profiles": Function(
        Fields({"userlist": Items(_course_and_user())}),
        functions_people.get_course_user_profiles,
    ),
    "core_course_get_courses_by_field": Function(
        Fields({"field": Scalar("alpha", ""), "value": raw("")}),
        functions_courses.get_courses_by_field,
    ),
    "core_course_get_contents": Function(
        Fields({"courseid": integer(), "options": _options(raw())}),
        functions_courses.get_contents,
    ),
    "core_course_get_updates_since": Function(
        Fields({"courseid": integer(), "since": integer(), "filter": Items(Scalar("alpha"), [])}),
        functions_updates.get_updates_since,
    ),
    "core_course_check_updates": Function(
        Fields(
            {
                "courseid": integer(),
                "tocheck": Items(Fields({"contextlevel": Scalar("alpha"), "id": integer(), "since": integer()})),
                "filter": Items(Scalar("alpha"), []),
            }
        ),
        functions_updates.check_updates,
    ),
    "core_completion_get_activities_completion_status": Function(
        _course_and_user(),
        functions_completion.get_activities_completion_status,
    ),
    "core_completion_get_course_completion_status": Function(
        _course_and_user(),
        functions_completion.get_course_completion_status,
    ),
    "gradereport_user_get_grade_items": Function(
        Fields({"courseid": integer(), "userid": integer(0), "groupid": integer(0)}),
        functions_grades.get_grade_items,
    ),
    "core_reportbuilder_retrieve_report": Function(
        Fields({"reportid": integer(), "page": integer(0), "perpage": integer(10)}),
        functions_reports.retrieve_report,
    ),
    "mod_quiz_get_quizzes_by_courses": Function(
        Fields({"courseids": Items(integer(), [])}),
        functions_quizzes.get_quizzes_by_courses,
    ),
    "mod_quiz_get_user_attempts": Function(_ATTEMPTS, functions_quizzes.get_user_attempts),
    "mod_quiz_get_user_quiz_attempts": Function(_ATTEMPTS, functions_quizzes.get_user_quiz_attempts),
    "mod_quiz_get_user_best_grade": Function(
        Fields({"quizid": integer(), "userid": integer(0)}),
        functions_quizzes.get_user_best_grade,
    ),
    "core_group_create_groups": Function(
        Fields({"groups": Items(_NEW_GROUP)}),
        functions_write.create_groups,
        writes=True,
    ),
    "core_user_create_users": Function(
        Fields({"users": Items(_NEW_USER)}),
        functions_write.create_users,
        writes=True,
    ),
    "core_group_add_group_members": Function(
        Fields({"members": Items(Fields({"groupid": integer(), "userid": integer()}))}),
        functions_write.add_group_members,
        writes=True,
    ),
    "enrol_manual_enrol_users": Function(
        Fields({"enrolments": Items(_NEW_ENROLMENT)}),
        functions_write.enrol_users,
        writes=True,
    ),
    "core_notes_create_notes": Function(
        Fields({"notes": Items(_NEW_NOTE)}),
        functions_marks.create_notes,
        writes=True,
    ),
    "core_notes_get_course_notes": Function(
        Fields({"courseid": integer(), "userid": integer(0)}),
        functions_marks.get_course_notes,
    ),
    "core_group_update_groups": Function(
        Fields({"groups": Items(_CHANGED_GROUP)}),
        functions_marks.update_groups,
        writes=True,
    ),
    "core_calendar_create_calendar_events": Function(
        Fields({"events": Items(_NEW_EVENT)}),
        functions_marks.create_calendar_events,
        writes=True,
    ),
    "core_calendar_get_calendar_access_information": Function(
        Fields({"courseid": integer(0)}),
        functions_marks.get_calendar_access_information,
    ),
    "core_message_send_instant_messages": Function(
        Fields({"messages": Items(_NEW_MESSAGE)}),
        functions_messages.send_instant_messages,
        writes=True,
    ),
}

BATCH_PARAMETERS: Final = Fields(
    {
        "requests": Items(
            Fields(
                {
                    "function": Scalar("raw"),
                    "arguments": raw("{}"),
                    "settingraw": flag(False),
                    "settingfilter": flag(False),
                    "settingfileurl": flag(True),
                    "settinglang": raw(""),
                }
            )
        )
    }
)

# Functions of a real Moodle that the campus does not have: outside every service here, yet not unknown.
KNOWN_ELSEWHERE: Final = frozenset(
    {
        "core_cohort_add_cohort_members",
        "core_course_delete_courses",
        "core_course_get_courses",
        "core_enrol_get_users_courses",
        "core_group_delete_group_members",
        "core_group_delete_groups",
        "core_group_get_group_members",
        "core_group_get_groups",
        "core_role_assign_roles",
        "core_user_get_users",
        "core_user_update_users",
        "enrol_manual_unenrol_users",
        "gradereport_user_get_grades_table",
    }
)

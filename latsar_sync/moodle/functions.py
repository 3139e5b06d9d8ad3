"""What the service may ask of Moodle, and how the arguments are written into a form."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import quote_plus

Argument: TypeAlias = "str | int | bool | Sequence[Argument] | Mapping[str, Argument] | None"
Arguments: TypeAlias = Mapping[str, Argument]


class Function(StrEnum):
    """Every web-service function the service calls; each must be listed in the token's external service."""

    SITE_INFO = "core_webservice_get_site_info"
    """Who the token belongs to, the Moodle version, the functions the service holds."""
    COURSES_BY_FIELD = "core_course_get_courses_by_field"
    """Courses by id, shortname or idnumber; nothing found and no access both answer an empty list."""
    COURSE_CONTENTS = "core_course_get_contents"
    """Sections and activities of a course; what the account cannot see is left out without a word."""
    ENROLLED_USERS = "core_enrol_get_enrolled_users"
    """The people of a course with their roles and groups, by pages."""
    ACTIVITIES_COMPLETION_STATUS = "core_completion_get_activities_completion_status"
    """The state of every tracked activity of one person."""
    COURSE_COMPLETION_STATUS = "core_completion_get_course_completion_status"
    """Whether one person has completed the course; waits for the site's cron."""
    GRADE_ITEMS = "gradereport_user_get_grade_items"
    """The gradebook of one person, of a group, or of everybody (user 0)."""
    QUIZZES_BY_COURSES = "mod_quiz_get_quizzes_by_courses"
    """The quizzes of courses with their maximum grade and marks."""
    USER_ATTEMPTS = "mod_quiz_get_user_attempts"
    """One person's attempts at one quiz, before Moodle 5.0."""
    USER_QUIZ_ATTEMPTS = "mod_quiz_get_user_quiz_attempts"
    """The same since Moodle 5.0, with the true state of an attempt that waits for marking."""
    BEST_GRADE = "mod_quiz_get_user_best_grade"
    """One quiz's grade to pass, by anybody's answer; their grade in it knows no gradebook override, and is not used."""
    UPDATES_SINCE = "core_course_get_updates_since"
    """What changed in the activities of a course since a moment; attempts and quiz grades by their ids, of whomever."""
    CHECK_UPDATES = "core_course_check_updates"
    """The same of activities by their ids; also says of each id whether it is the course's and may not be viewed."""
    CALL_EXTERNAL_FUNCTIONS = "tool_mobile_call_external_functions"
    """Several reads in one request; stops at the first that fails."""
    USERS_BY_FIELD = "core_user_get_users_by_field"
    """Accounts by id, idnumber or username; an account that may not be seen is left out."""
    COURSE_GROUPS = "core_group_get_course_groups"
    """The groups of a course with their idnumbers."""
    ACTIVITY_ALLOWED_GROUPS = "core_group_get_activity_allowed_groups"
    """The groups of an activity's grouping that the account may work with; hidden ones are left out without a word."""
    COURSE_USER_PROFILES = "core_user_get_course_user_profiles"
    """People by user id as a course shows them, with roles and groups there, enrolled or not; no choice of fields."""
    RETRIEVE_REPORT = "core_reportbuilder_retrieve_report"
    """The rows of a custom report, since Moodle 4.1, in the words of a page; the account must be in its audience."""
    CREATE_GROUPS = "core_group_create_groups"
    """Make groups; not repeatable, so look before."""
    ADD_GROUP_MEMBERS = "core_group_add_group_members"
    """Put enrolled people into groups; repeating is harmless."""
    ENROL_USERS = "enrol_manual_enrol_users"
    """Enrol people manually; repeating re-activates a suspended enrolment and clears its dates."""
    CREATE_USERS = "core_user_create_users"
    """Make accounts; a username comes once, so a repeated call is refused. Optional."""
    CREATE_NOTES = "core_notes_create_notes"
    """Notes about people that managers of a course read; not repeatable, and optional."""
    COURSE_NOTES = "core_notes_get_course_notes"
    """The notes of a course with their authors; read where it is not known whether one was written."""
    UPDATE_GROUPS = "core_group_update_groups"
    """Change groups; what is not told stays, but the name must be told. Optional."""
    CREATE_EVENTS = "core_calendar_create_calendar_events"
    """Calendar events; what the account may not enter is left out with a warning. Not repeatable, and optional."""
    CALENDAR_ACCESS = "core_calendar_get_calendar_access_information"
    """What the account may enter into the calendar of a course."""
    SEND_MESSAGES = "core_message_send_instant_messages"
    """Personal messages from the service account; not repeatable, and optional."""


WRITES = frozenset(
    {
        Function.CREATE_GROUPS,
        Function.ADD_GROUP_MEMBERS,
        Function.ENROL_USERS,
        Function.CREATE_USERS,
        Function.SEND_MESSAGES,
        Function.CREATE_NOTES,
        Function.UPDATE_GROUPS,
        Function.CREATE_EVENTS,
    }
)
"""Functions that change the site: sent once, never repeated by themselves."""

MAX_VARIABLES = 800
"""PHP drops variables beyond max_input_vars (1000 by default) without an error; this keeps clear of it (trap 43)."""
MAX_BODY_BYTES = 1_000_000
"""A body over post_max_size loses all its parameters and looks like a wrong token (trap 42)."""

QUOTED = [quote_plus(bytes([byte])) for byte in range(256)]


def form_body(function: Function, arguments: Arguments, token: str) -> str:
    """Given a call, produce the body of its form. Raise ValueError if PHP might cut it short."""
    fields = form_fields(arguments)
    # Token and function come first: what PHP drops when there is too much is the end.
    call = [("wstoken", token), ("wsfunction", function.value)]
    settings = [("moodlewsrestformat", "json"), ("moodlewssettinglang", "en")]
    body = "&".join([f"{_quoted_name(name)}={_quoted(value)}" for name, value in call + settings + fields])
    if len(fields) > MAX_VARIABLES or len(body) > MAX_BODY_BYTES:
        raise ValueError(f"{function} with {len(fields)} variables and {len(body)} bytes is too much for one request.")
    return body


@lru_cache(4096)  # thousands of the same names are sent in each run, and quoting them was most of what a form took
def _quoted_name(name: str) -> str:
    return _quoted(name)


def _quoted(text: str) -> str:
    """Return what ``quote_plus`` does, which takes three times as long for the calls of a batch."""
    return text if text.isascii() and text.isalnum() else "".join(map(QUOTED.__getitem__, text.encode()))


def form_fields(arguments: Arguments) -> list[tuple[str, str]]:
    """Given arguments, produce form fields as PHP reads them.

    For example ``{"users": [{"id": 7, "on": True}]}`` gives ``users[0][id]=7`` and ``users[0][on]=1``.
    None is left out, since a form cannot say null. Raise ValueError for an empty list: Moodle would see
    a missing argument, so whoever has nothing to send must not call.
    """
    return [field for name, value in arguments.items() for field in _leaves(name, value)]


def _leaves(name: str, value: Argument) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, bool):
        yield name, str(int(value))
    elif isinstance(value, str | int):
        yield name, str(value)
    elif not value:
        raise ValueError(f"The argument {name} is an empty list; a form cannot carry it.")
    else:
        pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
        for key, item in pairs:
            yield from _leaves(f"{name}[{key}]", item)

"""What the two service accounts of the demo may do: the least that latsar-sync needs, and the made-up tokens."""

from __future__ import annotations

from typing import Final

from latsar_sync.demo.functions import BATCH, FUNCTIONS, SITE_INFO

MOOC_TOKEN: Final = "demo" * 7 + "mooc"
KELAS_TOKEN: Final = "demo" * 7 + "klas"

VIEWED: Final = (
    *("assign", "bigbluebuttonbn", "chat", "choice", "data", "feedback", "folder", "glossary", "h5pactivity", "imscp"),
    *("label", "lesson", "lti", "page", "qbank", "quiz", "resource", "url", "workshop"),
)
VIEWS: Final = frozenset(f"mod/{kind}:view" for kind in VIEWED)
"""The view right of every standard kind of activity that has one."""

SOURCE_CAPABILITIES: Final = frozenset(
    {
        "webservice/rest:use",
        "moodle/course:view",
        "moodle/course:viewhiddencourses",
        "moodle/course:viewparticipants",
        "moodle/course:enrolreview",
        "moodle/site:accessallgroups",
        "moodle/user:viewdetails",
        "moodle/user:viewalldetails",
        "moodle/course:viewhiddenactivities",
        "moodle/course:ignoreavailabilityrestrictions",
        "moodle/course:viewhiddensections",
        "moodle/course:viewhiddengroups",
        "gradereport/user:view",
        "moodle/grade:viewall",
        "moodle/grade:viewhidden",
        "report/progress:view",
        "report/completion:view",
        "mod/quiz:viewreports",
        *VIEWS,
    }
)
SOURCE_FUNCTIONS: Final = frozenset(
    {
        SITE_INFO,
        BATCH,
        "core_course_get_courses_by_field",
        "core_course_get_contents",
        "core_course_get_updates_since",
        "core_course_check_updates",
        "core_enrol_get_enrolled_users",
        "gradereport_user_get_grade_items",
        "core_completion_get_activities_completion_status",
        "core_completion_get_course_completion_status",
        "mod_quiz_get_quizzes_by_courses",
        "mod_quiz_get_user_attempts",
        "mod_quiz_get_user_quiz_attempts",
        "mod_quiz_get_user_best_grade",
    }
)
TARGET_CAPABILITIES: Final = frozenset(
    {
        "webservice/rest:use",
        "moodle/user:viewdetails",
        "moodle/user:viewalldetails",
        "moodle/course:view",
        "moodle/course:viewhiddencourses",
        "enrol/manual:enrol",
        "moodle/role:assign",
        "moodle/course:enrolreview",
        "moodle/site:accessallgroups",
        "moodle/course:managegroups",
        "moodle/course:viewhiddengroups",
    }
)
TARGET_FUNCTIONS: Final = frozenset(
    {
        SITE_INFO,
        BATCH,
        "core_user_get_users_by_field",
        "core_course_get_courses_by_field",
        "core_enrol_get_enrolled_users",
        "core_group_get_course_groups",
        "core_group_create_groups",
        "core_group_add_group_members",
        "enrol_manual_enrol_users",
    }
)

# What messages to people need besides; the accounts of the demo write to nobody.
MESSAGE_CAPABILITIES: Final = frozenset({"moodle/site:sendmessage", "moodle/site:messageanyuser"})
GROUP_FUNCTIONS: Final = frozenset({"core_group_get_activity_allowed_groups", "core_user_get_course_user_profiles"})
"""What reading by group needs besides."""
MESSAGE_FUNCTIONS: Final = frozenset({"core_message_send_instant_messages"})
# What marks inside Moodle need besides.
MARK_CAPABILITIES: Final = frozenset({"moodle/notes:manage", "moodle/notes:view", "moodle/calendar:manageentries"})
MARK_FUNCTIONS: Final = frozenset(
    {
        "core_notes_create_notes",
        "core_notes_get_course_notes",
        "core_group_update_groups",
        "core_calendar_create_calendar_events",
        "core_calendar_get_calendar_access_information",
    }
)

# What a manager's role would add; the recordings were made with such an account.
EVERY_CAPABILITY: Final = (
    SOURCE_CAPABILITIES
    | TARGET_CAPABILITIES
    | MESSAGE_CAPABILITIES
    | MARK_CAPABILITIES
    | {"moodle/site:viewuseridentity", "moodle/site:viewfullnames", "moodle/course:update"}
)
EVERY_FUNCTION: Final = frozenset(FUNCTIONS) | {BATCH}

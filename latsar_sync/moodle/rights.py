"""The rights of Moodle that the service needs or names, each once; which function tells that one of them lacks."""

from collections.abc import Mapping
from typing import Final

from latsar_sync.moodle.functions import Function


class Right:
    """Capabilities, as Moodle calls them."""

    CALENDAR_MANAGEENTRIES: Final = "moodle/calendar:manageentries"
    COURSE_ENROLREVIEW: Final = "moodle/course:enrolreview"
    COURSE_IGNOREAVAILABILITYRESTRICTIONS: Final = "moodle/course:ignoreavailabilityrestrictions"
    COURSE_MANAGEGROUPS: Final = "moodle/course:managegroups"
    COURSE_VIEW: Final = "moodle/course:view"
    COURSE_VIEWHIDDENACTIVITIES: Final = "moodle/course:viewhiddenactivities"
    COURSE_VIEWHIDDENCOURSES: Final = "moodle/course:viewhiddencourses"
    COURSE_VIEWHIDDENGROUPS: Final = "moodle/course:viewhiddengroups"
    COURSE_VIEWHIDDENSECTIONS: Final = "moodle/course:viewhiddensections"
    COURSE_VIEWPARTICIPANTS: Final = "moodle/course:viewparticipants"
    ENROL_MANUAL_ENROL: Final = "enrol/manual:enrol"
    GRADEREPORT_USER_VIEW: Final = "gradereport/user:view"
    GRADE_VIEWALL: Final = "moodle/grade:viewall"
    GRADE_VIEWHIDDEN: Final = "moodle/grade:viewhidden"
    MOD_QUIZ_VIEW: Final = "mod/quiz:view"
    MOD_QUIZ_VIEWREPORTS: Final = "mod/quiz:viewreports"
    NOTES_MANAGE: Final = "moodle/notes:manage"
    NOTES_VIEW: Final = "moodle/notes:view"
    REPORT_COMPLETION_VIEW: Final = "report/completion:view"
    REPORT_PROGRESS_VIEW: Final = "report/progress:view"
    ROLE_ASSIGN: Final = "moodle/role:assign"
    SITE_ACCESSALLGROUPS: Final = "moodle/site:accessallgroups"
    SITE_MESSAGEANYUSER: Final = "moodle/site:messageanyuser"
    SITE_SENDMESSAGE: Final = "moodle/site:sendmessage"
    USER_CREATE: Final = "moodle/user:create"
    USER_VIEWALLDETAILS: Final = "moodle/user:viewalldetails"
    USER_VIEWDETAILS: Final = "moodle/user:viewdetails"
    WEBSERVICE_REST_USE: Final = "webservice/rest:use"


CAPABILITIES = {
    "Create users": Right.USER_CREATE,
    "Access all groups": Right.SITE_ACCESSALLGROUPS,
    "Enrol users": Right.ENROL_MANUAL_ENROL,
    "Manage groups": Right.COURSE_MANAGEGROUPS,
    "Manage notes": Right.NOTES_MANAGE,
    "View notes": Right.NOTES_VIEW,
    "Send messages to any user": Right.SITE_SENDMESSAGE,
    "Review course enrolments": Right.COURSE_ENROLREVIEW,
    "View activity completion reports": Right.REPORT_PROGRESS_VIEW,
    "View grades of other users": Right.GRADE_VIEWALL,
    "View participants": Right.COURSE_VIEWPARTICIPANTS,
    "View quiz reports": Right.MOD_QUIZ_VIEWREPORTS,
    "View user report": Right.GRADEREPORT_USER_VIEW,
}
"""English name in the message of ``nopermissions`` → the capability to allow."""

RIGHTS_ASKED_FOR: Mapping[Function, tuple[str, ...]] = {
    Function.ENROLLED_USERS: (
        Right.COURSE_VIEWPARTICIPANTS,
        Right.COURSE_ENROLREVIEW,
        Right.SITE_ACCESSALLGROUPS,
    ),
    Function.ACTIVITIES_COMPLETION_STATUS: (Right.REPORT_PROGRESS_VIEW,),
    Function.COURSE_COMPLETION_STATUS: (Right.REPORT_COMPLETION_VIEW,),
    Function.GRADE_ITEMS: (Right.GRADEREPORT_USER_VIEW, Right.GRADE_VIEWALL),
    Function.USER_ATTEMPTS: (Right.MOD_QUIZ_VIEWREPORTS,),
    Function.USER_QUIZ_ATTEMPTS: (Right.MOD_QUIZ_VIEWREPORTS,),
    Function.BEST_GRADE: (Right.MOD_QUIZ_VIEWREPORTS,),
    Function.COURSE_GROUPS: (Right.COURSE_MANAGEGROUPS,),
    Function.CREATE_GROUPS: (Right.COURSE_MANAGEGROUPS,),
    Function.ADD_GROUP_MEMBERS: (Right.COURSE_MANAGEGROUPS,),
    Function.ENROL_USERS: (Right.ENROL_MANUAL_ENROL,),
    Function.SEND_MESSAGES: (Right.SITE_SENDMESSAGE,),
    Function.CREATE_NOTES: (Right.NOTES_MANAGE,),
    Function.COURSE_NOTES: (Right.NOTES_VIEW,),
    Function.UPDATE_GROUPS: (Right.COURSE_MANAGEGROUPS,),
}
"""Rights whose absence a function tells by ``nopermissions`` (recordings of 4.0 to 5.1)."""

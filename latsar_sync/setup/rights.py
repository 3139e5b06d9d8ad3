"""What the service accounts need on each side, and how it is proved that a right is there.

The role presets are made of the lists, and doctor takes the functions of the in-class site from them. What the rights
are called stands once, in ``moodle/rights``. What doctor says of functions that lack stands in ``doctor/functions``; of
rights, with what is read by them (``doctor/mooc_people``, ``doctor/in_class_courses``). Tests refuse a right there,
and in the guide, that no list holds.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from latsar_sync.domain.language import _
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.rights import Right
from latsar_sync.setup.checks import Page

VIEWED_KINDS: Final = (
    *("assign", "bigbluebuttonbn", "chat", "choice", "data", "feedback", "folder", "glossary", "h5pactivity", "imscp"),
    *("label", "lesson", "lti", "page", "qbank", "quiz", "resource", "url", "workshop"),
)
"""Standard kinds of activity that have a right to be viewed (Moodle 4.0 to 5.1, ``mod/*/db/access.php``)."""


@dataclass(frozen=True, slots=True)
class AccountNeeds:
    """What one account needs: rights at system level, rights in its courses, the functions of its service.

    ``assigns`` are the short names of roles that the course role must be allowed to assign.
    """

    system: tuple[str, ...]
    course: tuple[str, ...]
    functions: tuple[Function, ...]
    assigns: tuple[str, ...] = ()


MOOC: Final = AccountNeeds(
    system=(Right.WEBSERVICE_REST_USE,),
    course=(
        Right.COURSE_VIEW,
        Right.COURSE_VIEWHIDDENCOURSES,
        Right.COURSE_VIEWPARTICIPANTS,
        Right.COURSE_ENROLREVIEW,
        Right.SITE_ACCESSALLGROUPS,
        Right.USER_VIEWDETAILS,
        Right.USER_VIEWALLDETAILS,
        Right.COURSE_VIEWHIDDENACTIVITIES,
        Right.COURSE_IGNOREAVAILABILITYRESTRICTIONS,
        Right.COURSE_VIEWHIDDENSECTIONS,
        Right.COURSE_VIEWHIDDENGROUPS,
        Right.GRADEREPORT_USER_VIEW,
        Right.GRADE_VIEWALL,
        Right.GRADE_VIEWHIDDEN,
        Right.REPORT_PROGRESS_VIEW,
        Right.REPORT_COMPLETION_VIEW,
        Right.MOD_QUIZ_VIEWREPORTS,
        *(f"mod/{kind}:view" for kind in VIEWED_KINDS),
    ),
    functions=(
        Function.SITE_INFO,
        Function.COURSES_BY_FIELD,
        Function.ENROLLED_USERS,
        Function.GRADE_ITEMS,
        Function.COURSE_CONTENTS,
        Function.ACTIVITIES_COMPLETION_STATUS,
        Function.COURSE_COMPLETION_STATUS,
        Function.QUIZZES_BY_COURSES,
        Function.USER_ATTEMPTS,
        Function.USER_QUIZ_ATTEMPTS,
        Function.CHECK_UPDATES,
        Function.UPDATES_SINCE,
        Function.ACTIVITY_ALLOWED_GROUPS,
        Function.COURSE_USER_PROFILES,
        Function.BEST_GRADE,
        Function.CALL_EXTERNAL_FUNCTIONS,
    ),
)
IN_CLASS: Final = AccountNeeds(
    system=(Right.WEBSERVICE_REST_USE, Right.USER_VIEWDETAILS, Right.USER_VIEWALLDETAILS),
    course=(
        Right.COURSE_VIEW,
        Right.COURSE_VIEWHIDDENCOURSES,
        Right.COURSE_ENROLREVIEW,
        Right.SITE_ACCESSALLGROUPS,
        Right.ENROL_MANUAL_ENROL,
        Right.ROLE_ASSIGN,
        Right.COURSE_MANAGEGROUPS,
        Right.COURSE_VIEWHIDDENGROUPS,
    ),
    functions=(
        Function.SITE_INFO,
        Function.COURSES_BY_FIELD,
        Function.ENROLLED_USERS,
        Function.USERS_BY_FIELD,
        Function.COURSE_GROUPS,
        Function.CREATE_GROUPS,
        Function.ADD_GROUP_MEMBERS,
        Function.ENROL_USERS,
        Function.CALL_EXTERNAL_FUNCTIONS,
    ),
    assigns=("student", "peserta-latsar"),
)


def prove_right(page: Page, capability: str, text: str, call: Callable[[], object]) -> bool:
    """Write down, and return, whether a harmless call that needs the capability was let through.

    Moodle names the first right that lacks, which may be another one than the last; the remedy names this one too.
    """
    made = len(page.checks)
    if page.tried(capability, lambda: (call(),)) is not None:
        page.ok(capability, text)
        return True
    for number, check in enumerate(page.checks[made:], start=made):
        if capability not in check.remedy:
            also = _("Allow {right} in the service account's role in that course.").format(right=capability)
            page.checks[number] = replace(check, remedy=f"{check.remedy} {also}".strip())
    return False
